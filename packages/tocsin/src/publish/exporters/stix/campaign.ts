// An incident as a campaign: whom it hit, by which techniques, over which machines, and where its indicators were
// sighted. Nobody is named as having done it.
import { byText } from '../../../ground/ids.ts';
import { tactics } from '../../../trace/attack.ts';
import type { Finding } from '../../../vocabulary/finding.ts';
import type { Incident } from '../../../vocabulary/investigation.ts';
import { techniqueOf } from '../../exchange/attack.ts';
import { confidenceOf, type Party } from '../../exchange/parties.ts';
import { type Fill, nameText } from '../../exchange/text.ts';
import { observableOf } from '../../exchange/value.ts';
import type { Draft } from './draft.ts';
import { type Placed, phaseOf, placeKey } from './infrastructure.ts';
import { mostCounted, observeFiles, observeTraffic, type Seen } from './traffic.ts';

export interface Told {
  readonly incident: Incident;
  readonly findings: ReadonlyMap<string, Finding>;
  /** Of this incident only. */
  readonly parties: readonly Party[];
  readonly placed: Placed;
  /** Indicators besides machines. */
  readonly artefacts: readonly string[];
  readonly fill: Fill;
}

const noActor =
  'An incident is what the evidence joins. It names no actor: an outside address is the last visible hop, and may itself be hijacked.';

/** Puts an incident in. */
export function placeCampaign(draft: Draft, told: Told): void {
  const { incident, parties, placed, fill } = told;
  const since = incident.first_seen;
  const campaign = draft.domain(
    { type: 'campaign', seed: [incident.id], since },
    {
      name: nameText(fill(incident.title), 'Incident without a title'),
      description: [...incident.summary.map(fill), noActor].join('\n'),
      ...(incident.last_seen < since ? {} : { first_seen: since, last_seen: incident.last_seen }),
    },
  );
  const victim = placeVictim(draft, incident);
  if (victim !== null) draft.relationship({ source: campaign, type: 'targets', target: victim }, { since });
  placeTechniques(draft, campaign, told);
  for (const { role, shown, first_seen: first } of parties) {
    const infrastructure = placed.infrastructure.get(placeKey(role, shown));
    if (infrastructure === undefined) continue;
    const type = role === 'relay' ? 'compromises' : 'uses';
    draft.relationship({ source: campaign, type, target: infrastructure }, { since: first });
  }
  placeSteering(draft, told);
  const seen = observeTraffic(draft, incident);
  const files = observeFiles(draft, incident);
  if (files !== null && victim !== null)
    draft.relationship(
      { source: files, type: 'related-to', target: victim },
      { since, description: 'Files that the logs name in the theft.' },
    );
  placeSightings(draft, { told, campaign, victim, seen });
}

/** The organisation that was hit, as the investigation names it; null where it does not. */
function placeVictim(draft: Draft, { organisation, sector }: Incident): string | null {
  if (organisation === null || organisation.trim() === '') return null;
  return draft.domain(
    { type: 'identity', seed: ['victim', organisation], since: null },
    {
      name: nameText(organisation, 'Organisation without a name'),
      description: 'A victim.',
      identity_class: 'organization',
      ...(sector === null || sector.trim() === ''
        ? {}
        : { sectors: [nameText(sector, 'other').toLowerCase()] }),
    },
  );
}

function placeTechniques(draft: Draft, campaign: string, { incident, findings }: Told): void {
  const known = new Set<string>(tactics);
  for (const stage of incident.stages) {
    for (const id of stage.techniques) {
      const technique = techniqueOf(id);
      if (technique === null) continue;
      const pattern = draft.domain(
        { type: 'attack-pattern', seed: [id, stage.tactic], since: null },
        {
          name: technique.name ?? id,
          ...(known.has(stage.tactic) ? { kill_chain_phases: [phaseOf(stage.tactic)] } : {}),
          external_references: [{ source_name: 'mitre-attack', external_id: id, url: technique.url }],
        },
      );
      const behind = stage.findings.flatMap((finding) => findings.get(finding) ?? []);
      const ofIt = behind.filter((finding) => finding.technique === id);
      draft.relationship(
        { source: campaign, type: 'uses', target: pattern },
        {
          since: stage.first_seen,
          ...(stage.last_seen > stage.first_seen
            ? { start_time: stage.first_seen, stop_time: stage.last_seen }
            : {}),
          ...(ofIt.length === 0 ? {} : { confidence: confidenceOf(ofIt) }),
        },
      );
    }
  }
}

/** Who steered which relay, and over which hops a chain went. */
function placeSteering(draft: Draft, { incident, parties, placed }: Told): void {
  const shownOf = (ip: string) => observableOf(ip)?.value ?? ip;
  const byShown = new Map<string, string>();
  for (const { role, shown } of parties) {
    const id = placed.infrastructure.get(placeKey(role, shown));
    if (id !== undefined && !byShown.has(shown)) byShown.set(shown, id);
  }
  for (const relay of incident.relays) {
    const target = placed.infrastructure.get(placeKey('relay', shownOf(relay.host)));
    if (target === undefined) continue;
    for (const controller of [...relay.controllers].sort(byText)) {
      const source = placed.infrastructure.get(placeKey('controller', shownOf(controller)));
      if (source !== undefined)
        draft.relationship({ source, type: 'controls', target }, { since: incident.first_seen });
    }
  }
  for (const { hops } of incident.chains) {
    for (const [at, hop] of hops.entries()) {
      const next = hops[at + 1];
      const source = byShown.get(shownOf(hop.ip));
      const target = next === undefined ? undefined : byShown.get(shownOf(next.ip));
      if (source === undefined || target === undefined || source === target) continue;
      draft.relationship(
        { source, type: 'communicates-with', target },
        { since: hop.from, description: 'Next to each other in a chain of hops that fit in time.' },
      );
    }
  }
}

interface Sighted {
  readonly told: Told;
  readonly campaign: string;
  readonly victim: string | null;
  readonly seen: ReadonlyMap<string, Seen>;
}

function placeSightings(draft: Draft, { told, campaign, victim, seen }: Sighted): void {
  const { incident, placed } = told;
  const since = incident.first_seen;
  const values = [
    ...new Set(told.parties.filter(({ isIndicator }) => isIndicator).map(({ shown }) => shown)),
  ];
  for (const value of values.sort(byText)) {
    const indicator = placed.indicators.get(value);
    if (indicator === undefined) continue;
    draft.relationship({ source: indicator, type: 'indicates', target: campaign }, { since });
    const where = seen.get(value);
    draft.domain(
      { type: 'sighting', seed: [indicator, incident.id], since },
      {
        sighting_of_ref: indicator,
        ...(where === undefined
          ? {}
          : {
              first_seen: where.first,
              last_seen: where.last,
              count: Math.min(mostCounted, where.flows),
              observed_data_refs: where.refs,
            }),
        ...(victim === null ? {} : { where_sighted_refs: [victim] }),
      },
    );
  }
  for (const indicator of told.artefacts)
    draft.relationship({ source: indicator, type: 'indicates', target: campaign }, { since });
}
