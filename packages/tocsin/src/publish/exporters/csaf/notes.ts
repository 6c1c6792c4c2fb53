// The notes of a CSAF document: the account in sentences, the techniques, what others can look for, and what must be said
// with all of it. Takes an investigation, whole or redacted; gives notes whose text is never empty.
import { byText } from '../../../ground/ids.ts';
import type { Incident, Investigation } from '../../../vocabulary/investigation.ts';
import { artefactCaveats, artefactsOf } from '../../exchange/artefacts.ts';
import { techniqueOf } from '../../exchange/attack.ts';
import type { ExportSettings } from '../../exchange/exporter.ts';
import { type PartyRole, partiesOf, roleCaveats } from '../../exchange/parties.ts';
import { filler, nameText } from '../../exchange/text.ts';
import { seconds } from '../../exchange/times.ts';
import { visible } from '../html/markup.ts';

export interface Note {
  readonly category: 'summary' | 'details' | 'description' | 'general' | 'other';
  readonly text: string;
  readonly title: string;
}

/** Lines of a timeline or list: a document is read by people. */
const mostLines = 200;
const noIncident = 'The evidence that was examined shows no incident.';

/** Incidents in the order in which they began. */
export function inOrder({ incidents }: Investigation): readonly Incident[] {
  return [...incidents].sort(
    (left, right) => byText(left.first_seen, right.first_seen) || byText(left.id, right.id),
  );
}

/** The notes both documents begin with: what happened, in the words of the report. */
export function summaryNotes(investigation: Investigation): readonly Note[] {
  const fill = filler(investigation);
  const text = inOrder(investigation)
    .flatMap(({ title, summary }) => [
      nameText(fill(title), 'Incident without a title'),
      ...summary.map(fill),
    ])
    .filter((line) => line.trim() !== '')
    .join('\n');
  return [{ category: 'summary', text: text === '' ? noIncident : text, title: 'Summary' }];
}

/** One note for each incident: when, what stages, and the course of events. */
export function incidentNotes(investigation: Investigation): readonly Note[] {
  const fill = filler(investigation);
  return inOrder(investigation).map((incident) => ({
    category: 'details',
    text: [
      `From ${seconds(incident.first_seen)} to ${seconds(incident.last_seen)} (UTC).`,
      ...limited(
        incident.timeline.map(({ time, stage, technique, text }) => {
          const named = techniqueOf(technique);
          const place = [nameText(stage, 'stage not known'), ...(named === null ? [] : [named.id])].join(
            ', ',
          );
          return `${seconds(time)} (${place}): ${fill(text)}`;
        }),
      ),
    ].join('\n'),
    title: `Course of incident ${nameText(incident.id, 'without an id')}`,
  }));
}

/** What others can look for in their own logs; none where nothing may be an indicator. */
export function indicatorNotes(investigation: Investigation, settings: ExportSettings): readonly Note[] {
  const parties = partiesOf(investigation, settings).filter(({ isIndicator }) => isIndicator);
  const artefacts = artefactsOf(investigation);
  if (parties.length + artefacts.length === 0) return [];
  const lines = [
    ...parties.map(
      ({ shown, role, first_seen, last_seen }) =>
        `${shown}: ${role}, ${seconds(first_seen)} to ${seconds(last_seen)}`,
    ),
    ...artefacts.map(({ value, role }) => `${visible(value)}: ${role}`),
  ];
  const roles = [...new Set<PartyRole>(parties.map(({ role }) => role))].sort(byText);
  const kinds = [...new Set(artefacts.map(({ role }) => role))].sort(byText);
  return [
    {
      category: 'general',
      text: [
        ...limited([...new Set(lines)]),
        ...roles.map((role) => `About each ${role}: ${roleCaveats[role]}`),
        ...kinds.map((role) => `About each ${role}: ${artefactCaveats[role]}`),
      ].join('\n'),
      title: 'What to look for',
    },
  ];
}

/** The techniques of ATT&CK, by id; none where none was seen. */
export function techniqueNotes(investigation: Investigation): readonly Note[] {
  const ids = techniqueIds(investigation);
  if (ids.length === 0) return [];
  const lines = ids.map((id) => [id, techniqueOf(id)?.name ?? ''].join(' ').trim());
  return [{ category: 'description', text: lines.join('\n'), title: 'Techniques (MITRE ATT&CK)' }];
}

/** Ids of the techniques that were seen, in order. */
export function techniqueIds({ incidents }: Investigation): readonly string[] {
  const ids = incidents.flatMap(({ stages }) => stages.flatMap(({ techniques }) => techniques));
  return [...new Set(ids)].filter((id) => techniqueOf(id) !== null).sort(byText);
}

/** How to read the document, and what could not be seen. */
export function closingNotes(investigation: Investigation): readonly Note[] {
  const fill = filler(investigation);
  const limits = investigation.limits.map(fill).filter((line) => line.trim() !== '');
  return [
    ...(limits.length === 0
      ? []
      : [{ category: 'general', text: limits.join('\n'), title: 'What could not be seen' } as const]),
    {
      category: 'other',
      text: 'Findings are leads, not verdicts. An outside address is the last visible hop and may itself be hijacked; nobody is named as having acted. All dates of this document, those of its release included, are taken from the evidence: it is as of the last moment the evidence tells of.',
      title: 'How to read this document',
    },
  ];
}

function limited(lines: readonly string[]): readonly string[] {
  return lines.length <= mostLines
    ? lines
    : [...lines.slice(0, mostLines), `(cut here: ${lines.length} lines in all, see the published bundle)`];
}
