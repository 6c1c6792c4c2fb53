// CSAF 2.0: an investigation as a security incident response document and as an informational advisory. It names no
// product and no vulnerability, as evidence of traffic and logs shows neither.
// https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html
import { TocsinError } from '../../../ground/errors.ts';
import type { Investigation } from '../../../vocabulary/investigation.ts';
import { techniqueOf } from '../../exchange/attack.ts';
import { type Exporter, type ExportSettings, jsonText } from '../../exchange/exporter.ts';
import type { Publisher } from '../../exchange/publisher.ts';
import { filler, nameText } from '../../exchange/text.ts';
import { lastMoment, seconds } from '../../exchange/times.ts';
import { csafFileName, csafTlp, distributionText, trackingIdOf } from './names.ts';
import {
  closingNotes,
  incidentNotes,
  indicatorNotes,
  inOrder,
  type Note,
  summaryNotes,
  techniqueIds,
  techniqueNotes,
} from './notes.ts';

export interface CsafSettings extends ExportSettings {
  readonly publisher: Publisher;
  /** Id of the publisher's own for both documents, which get it with `-sir` and `-advisory`; null: one is derived. */
  readonly trackingId?: string | null;
}

export type CsafKind = 'sir' | 'advisory';

const kinds = {
  sir: { category: 'csaf_security_incident_response', title: 'Security incident response' },
  advisory: { category: 'csaf_informational_advisory', title: 'Informational advisory' },
} as const;

export interface CsafDocument {
  readonly document: { readonly [property: string]: unknown };
}

/** Name and content of a document. @throws TocsinError usage for a tracking id that CSAF does not allow */
export function csafDocument(
  kind: CsafKind,
  investigation: Investigation,
  settings: CsafSettings,
): { readonly name: string; readonly content: CsafDocument } {
  const { publisher, tlp } = settings;
  const base = settings.trackingId ?? trackingIdOf(investigation, settings);
  // CSAF wants it neither to begin nor to end in white space; as it names a file, the rest is bounded as well.
  if (!/^[A-Za-z0-9][A-Za-z0-9.:+_-]{0,99}$/.test(base))
    throw new TocsinError('usage', {
      detail: 'a tracking id is 1 to 100 letters, digits and .:+_-, a letter or digit first',
    });
  const id = `${base}-${kind}`;
  const name = csafFileName(id);
  const date = seconds(lastMoment(investigation));
  const word = csafTlp[tlp];
  return {
    name,
    // Keys are in alphabetical order (CSAF 2.0, 6.2.13).
    content: {
      document: {
        category: kinds[kind].category,
        csaf_version: '2.0',
        distribution: {
          text: distributionText(tlp),
          tlp: { label: word, url: 'https://www.first.org/tlp/' },
        },
        lang: 'en',
        notes: notesOf(kind, investigation, settings),
        publisher: {
          category: publisher.category,
          ...(publisher.contact === undefined ? {} : { contact_details: publisher.contact }),
          ...(publisher.issuing_authority === undefined
            ? {}
            : { issuing_authority: publisher.issuing_authority }),
          name: publisher.name,
          namespace: publisher.namespace,
        },
        references: [
          ...selfReference(publisher, [word.toLowerCase(), date.slice(0, 4), name]),
          { category: 'external', summary: `Publisher: ${publisher.name}`, url: publisher.namespace },
          ...techniqueReferences(investigation),
        ],
        title: titleOf(kind, investigation),
        tracking: {
          current_release_date: date,
          generator: { engine: { name: 'Tocsin' } },
          id,
          initial_release_date: date,
          revision_history: [{ date, number: '1', summary: 'As of the last moment of the evidence.' }],
          status: 'final',
          version: '1',
        },
      },
    },
  };
}

function notesOf(kind: CsafKind, investigation: Investigation, settings: ExportSettings): readonly Note[] {
  const middle = {
    sir: () => [...incidentNotes(investigation), ...techniqueNotes(investigation)],
    advisory: () => techniqueNotes(investigation),
  };
  return [
    ...summaryNotes(investigation),
    ...middle[kind](),
    ...indicatorNotes(investigation, settings),
    ...closingNotes(investigation),
  ];
}

function titleOf(kind: CsafKind, investigation: Investigation): string {
  const [first, ...more] = inOrder(investigation);
  const subject =
    first === undefined
      ? 'no incident found'
      : nameText(filler(investigation)(first.title), 'incident without a title');
  return `${kinds[kind].title}: ${subject}${more.length === 0 ? '' : ', and other incidents'}`;
}

function selfReference({ csaf_url: folder }: Publisher, path: readonly string[]): readonly unknown[] {
  if (folder === undefined) return [];
  return [
    {
      category: 'self',
      summary: 'The canonical URL of this document',
      url: [folder.replace(/\/$/, ''), ...path].join('/'),
    },
  ];
}

function techniqueReferences(investigation: Investigation): readonly unknown[] {
  return techniqueIds(investigation).flatMap((id) => {
    const technique = techniqueOf(id);
    return technique === null
      ? []
      : [
          {
            category: 'external',
            summary: `MITRE ATT&CK ${[id, technique.name ?? ''].join(' ').trim()}`,
            url: technique.url,
          },
        ];
  });
}

function exporterOf(kind: CsafKind, about: string): Exporter {
  return {
    id: `csaf-${kind}`,
    about,
    needsPublisher: true,
    write: (investigation, settings) => {
      const { publisher } = settings;
      if (publisher === null)
        throw new TocsinError('usage', { detail: 'a CSAF document needs a publisher (--publisher FILE)' });
      const { name, content } = csafDocument(kind, investigation, { ...settings, publisher });
      return { name, text: jsonText(content) };
    },
  };
}

export const exporters: readonly Exporter[] = [
  exporterOf('sir', 'CSAF 2.0 security incident response'),
  exporterOf('advisory', 'CSAF 2.0 informational advisory'),
];
