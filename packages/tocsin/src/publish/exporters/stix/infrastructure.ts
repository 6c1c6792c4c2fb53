// The machines of others' and of hijacked victims that the intruders used: as infrastructure, which may itself be
// hijacked, never as a threat actor. Those that others may look for get an indicator as well.
import { byText } from '../../../ground/ids.ts';
import type { Investigation } from '../../../vocabulary/investigation.ts';
import { type Artefact, artefactCaveats, artefactsOf } from '../../exchange/artefacts.ts';
import { type Party, type PartyRole, roleCaveats } from '../../exchange/parties.ts';
import { nameText } from '../../exchange/text.ts';
import { earlierOf } from '../../exchange/times.ts';
import type { Draft } from './draft.ts';
import { equals } from './pattern.ts';
import { putMachine } from './traffic.ts';

/** Words of the open vocabulary `infrastructure-type-ov`. A hop says only that somebody came from there. */
const types: Readonly<Record<Exclude<PartyRole, 'target'>, string>> = {
  controller: 'command-and-control',
  drop: 'exfiltration',
  hop: 'unknown',
  relay: 'anonymization',
};

const titles: Readonly<Record<Exclude<PartyRole, 'target'>, string>> = {
  controller: 'Controller',
  drop: 'Drop',
  hop: 'Hop',
  relay: 'Hijacked relay',
};

const phases: Readonly<Record<Exclude<PartyRole, 'target'>, string>> = {
  controller: 'command-and-control',
  drop: 'exfiltration',
  hop: 'initial-access',
  relay: 'command-and-control',
};

/** Ids of infrastructure and indicators, by role and value. */
export interface Placed {
  readonly infrastructure: ReadonlyMap<string, string>;
  /** By value. */
  readonly indicators: ReadonlyMap<string, string>;
}

export function placeKey(role: PartyRole, shown: string): string {
  return `${role} ${shown}`;
}

/** Puts all infrastructure in, with the networks it stands in. */
export function placeInfrastructure(draft: Draft, parties: readonly Party[]): Placed {
  const infrastructure = new Map<string, string>();
  for (const [key, group] of grouped(parties, ({ role, shown }) => placeKey(role, shown))) {
    const [party] = group;
    if (party === undefined || party.role === 'target') continue;
    const since = group.reduce((time, { first_seen }) => earlierOf(time, first_seen), party.first_seen);
    const last =
      group
        .map(({ last_seen }) => last_seen)
        .sort(byText)
        .at(-1) ?? since;
    const id = draft.domain(
      { type: 'infrastructure', seed: [party.role, party.shown], since },
      {
        name: `${titles[party.role]} ${nameText(party.shown, 'without a name')}`,
        description: [roleCaveats[party.role], ...placesOf(group)].join(' '),
        infrastructure_types: [types[party.role]],
        kill_chain_phases: [phaseOf(phases[party.role])],
        first_seen: since,
        last_seen: last,
        confidence: highest(group),
      },
    );
    infrastructure.set(key, id);
    if (party.observable !== null) {
      const machine = putMachine(draft, party.observable);
      draft.relationship({ source: id, type: 'consists-of', target: machine }, { since });
    }
    placeInNetworks(draft, id, group, since);
  }
  return { infrastructure, indicators: placeIndicators(draft, parties, infrastructure) };
}

/**
 * Where data on networks place an address, in words: the bundle schema of OASIS has no place for objects of type
 * location, though the specification has them.
 */
function placesOf(group: readonly Party[]): readonly string[] {
  const countries = new Set(
    group.flatMap(({ country }) => (country !== null && /^[A-Z]{2}$/.test(country) ? [country] : [])),
  );
  return [...countries]
    .sort(byText)
    .map((country) => `Data on networks place the address in ${country}, which says nothing of who used it.`);
}

/** The network as the networks' data give it: it says who runs the address, not who used it. */
function placeInNetworks(draft: Draft, id: string, group: readonly Party[], since: string): void {
  for (const { asn, as_name: name } of group) {
    if (asn === null || !Number.isSafeInteger(asn) || asn < 0) continue;
    const system = draft.observable(
      'autonomous-system',
      { number: asn },
      name === null ? {} : { name: nameText(name, 'unnamed') },
    );
    draft.relationship({ source: id, type: 'consists-of', target: system }, { since });
  }
}

function placeIndicators(
  draft: Draft,
  parties: readonly Party[],
  infrastructure: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const indicators = new Map<string, string>();
  for (const [value, group] of grouped(
    parties.filter(({ isIndicator }) => isIndicator),
    ({ shown }) => shown,
  )) {
    const [party] = group;
    const observable = party?.observable ?? null;
    if (party === undefined || observable === null || party.role === 'target') continue;
    const since = group.reduce((time, { first_seen }) => earlierOf(time, first_seen), party.first_seen);
    const roles = [...new Set(group.map(({ role }) => role))].sort(byText);
    const words = roles.flatMap((role) => (role === 'target' ? [] : [titles[role]]));
    const id = draft.domain(
      { type: 'indicator', seed: [observable.kind, value], since },
      {
        name: `${words.join(', ')} ${value}`,
        description: roles.map((role) => roleCaveats[role]).join(' '),
        indicator_types: roles.includes('relay') ? ['compromised'] : ['malicious-activity'],
        pattern: equals(`${observable.kind}:value`, value),
        pattern_type: 'stix',
        pattern_version: '2.1',
        valid_from: since,
        kill_chain_phases: [...new Set(roles.flatMap((role) => (role === 'target' ? [] : [phases[role]])))]
          .sort(byText)
          .map(phaseOf),
        confidence: highest(group),
      },
    );
    indicators.set(value, id);
    for (const role of roles) {
      const target = infrastructure.get(placeKey(role, value));
      if (target !== undefined) draft.relationship({ source: id, type: 'indicates', target }, { since });
    }
  }
  return indicators;
}

/** Puts indicators in for what was left or used besides addresses; gives their ids by incident. */
export function placeArtefacts(
  draft: Draft,
  investigation: Investigation,
): ReadonlyMap<string, readonly string[]> {
  const byIncident = new Map<string, readonly string[]>();
  const groups = grouped(artefactsOf(investigation), ({ kind, value }) => `${kind} ${value}`);
  for (const [, group] of groups) {
    const [artefact] = group;
    if (artefact === undefined) continue;
    const since = group.reduce((time, { first_seen }) => earlierOf(time, first_seen), artefact.first_seen);
    const id = draft.domain(
      { type: 'indicator', seed: [artefact.kind, artefact.value], since },
      {
        name: `${artefact.role === 'tunnel' ? 'Tunnel' : 'Web shell'} ${nameText(artefact.value, 'without a name')}`,
        description: artefactCaveats[artefact.role],
        indicator_types: ['malicious-activity'],
        pattern: equals(artefactPath[artefact.kind], artefact.value),
        pattern_type: 'stix',
        pattern_version: '2.1',
        valid_from: since,
        kill_chain_phases: [phaseOf(artefact.role === 'tunnel' ? 'command-and-control' : 'persistence')],
        confidence: group.reduce((best, { confidence }) => Math.max(best, confidence), 0),
      },
    );
    for (const { incident } of group) byIncident.set(incident, [...(byIncident.get(incident) ?? []), id]);
  }
  return byIncident;
}

const artefactPath: Readonly<Record<Artefact['kind'], string>> = {
  'domain-name': 'domain-name:value',
  'uri-path': "network-traffic:extensions.'http-request-ext'.request_value",
};

/** A phase of the ATT&CK kill chain. */
export function phaseOf(tactic: string): { readonly kill_chain_name: string; readonly phase_name: string } {
  return { kill_chain_name: 'mitre-attack', phase_name: tactic };
}

function highest(group: readonly Party[]): number {
  return group.reduce((best, { confidence }) => Math.max(best, confidence), 0);
}

/** Items by a key, in order of the keys. */
function grouped<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
): readonly (readonly [string, readonly T[]])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups].sort(([left], [right]) => byText(left, right));
}
