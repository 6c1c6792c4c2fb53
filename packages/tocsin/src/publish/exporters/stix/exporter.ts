// STIX 2.1: the investigation as one bundle of objects. Ids, order and times follow from the investigation alone.
// https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html
import { byText } from '../../../ground/ids.ts';
import type { Investigation } from '../../../vocabulary/investigation.ts';
import { type Exporter, type ExportSettings, jsonText } from '../../exchange/exporter.ts';
import { partiesOf } from '../../exchange/parties.ts';
import { filler } from '../../exchange/text.ts';
import { lastMoment, milliseconds } from '../../exchange/times.ts';
import { nameOf } from '../../exchange/uuid.ts';
import { placeCampaign } from './campaign.ts';
import { Draft } from './draft.ts';
import { placeArtefacts, placeInfrastructure } from './infrastructure.ts';
import type { StixObject } from './object.ts';

export interface StixBundle {
  readonly type: 'bundle';
  readonly id: string;
  readonly objects: readonly StixObject[];
}

/** The investigation as a STIX 2.1 bundle. */
export function stixBundle(investigation: Investigation, settings: ExportSettings): StixBundle {
  const asOf = lastMoment(investigation);
  const draft = new Draft(settings, asOf);
  const { publisher } = settings;
  if (publisher !== null)
    draft.publisher({
      name: publisher.name,
      identity_class: 'organization',
      roles: [publisher.category],
      ...(publisher.contact === undefined ? {} : { contact_information: publisher.contact }),
      external_references: [{ source_name: publisher.name, url: publisher.namespace }],
    });
  const fill = filler(investigation);
  const parties = partiesOf(investigation, settings);
  const placed = placeInfrastructure(draft, parties);
  const artefacts = placeArtefacts(draft, investigation);
  const findings = new Map(investigation.findings.map((finding) => [finding.id, finding]));
  const incidents = [...investigation.incidents].sort((left, right) => byText(left.id, right.id));
  for (const incident of incidents)
    placeCampaign(draft, {
      incident,
      findings,
      parties: parties.filter((party) => party.incident === incident.id),
      placed,
      artefacts: artefacts.get(incident.id) ?? [],
      fill,
    });
  // What identifies the account: its incidents, or, where there are none, what was read.
  const seed =
    incidents.length > 0 ? incidents.map(({ id }) => id) : investigation.evidence.map(({ id }) => id);
  const first = incidents.map(({ first_seen }) => first_seen).sort(byText)[0] ?? asOf;
  const told = draft.ids();
  if (told.length > 0) {
    const account = incidents.map(({ title }) => fill(title)).join('\n') || 'The evidence shows no incident.';
    const unseen = investigation.limits.map((limit) => `- ${fill(limit)}`).join('\n');
    draft.domain(
      { type: 'report', seed, since: first },
      {
        name: reportName(incidents.length),
        description: unseen === '' ? account : `${account}\n\nWhat could not be seen:\n${unseen}`,
        report_types:
          incidents.length === 0
            ? ['observed-data']
            : ['campaign', 'attack-pattern', 'indicator', 'observed-data'],
        published: milliseconds(asOf),
        object_refs: told,
      },
    );
  }
  return { type: 'bundle', id: `bundle--${nameOf(settings, 'stix bundle', seed)}`, objects: draft.objects() };
}

function reportName(incidents: number): string {
  if (incidents === 0) return 'Investigation without an incident';
  return incidents === 1 ? 'Account of an incident' : 'Account of several incidents';
}

export const exporters: readonly Exporter[] = [
  {
    id: 'stix',
    about: 'STIX 2.1 bundle',
    needsPublisher: false,
    write: (investigation, settings) => ({
      name: 'stix-bundle.json',
      text: jsonText(stixBundle(investigation, settings)),
    }),
  },
];
