// Who of an investigation stands outside, in which parts, and who is a victim. It decides what may be an indicator: an
// address of ours, a third party that was attacked, and what only somebody else's list calls bad are none.
import { byText } from '../../ground/ids.ts';
import { isWithin, parsePrefix } from '../../vocabulary/address.ts';
import type { Finding } from '../../vocabulary/finding.ts';
import type { Instant } from '../../vocabulary/instant.ts';
import type { Incident, Investigation, OutsideRole } from '../../vocabulary/investigation.ts';
import type { ExportSettings } from './exporter.ts';
import { earlierOf, laterOf } from './times.ts';
import { isGlobal, type Observable, observableOf } from './value.ts';

export type PartyRole = OutsideRole | 'relay';

/** One machine in one part in one incident. */
export interface Party {
  /** As the investigation shows it: an address, a name or a pseudonym. */
  readonly shown: string;
  /** Null where it is a pseudonym or nothing that can be looked for. */
  readonly observable: Observable | null;
  readonly role: PartyRole;
  readonly incident: string;
  readonly first_seen: Instant;
  readonly last_seen: Instant;
  /** Highest score of the findings behind it, 0 to 100: a lead, not a verdict. */
  readonly confidence: number;
  readonly country: string | null;
  readonly asn: number | null;
  readonly as_name: string | null;
  /** True when others may look for it. */
  readonly isIndicator: boolean;
}

/** What must be said wherever an address of a part is named. */
export const roleCaveats: Readonly<Record<PartyRole, string>> = {
  controller:
    'The last visible hop from which machines were steered. It may itself be hijacked; who steered it is not known.',
  hop: 'The last visible hop of a break-in. It may itself be hijacked or shared; who used it is not known.',
  drop: 'Where data went. It may itself be hijacked or shared; who fetched the data from it is not known.',
  target: 'Attacked by way of a hijacked machine: a victim.',
  relay: 'A hijacked machine of a victim, steered from outside. Its owner did not attack anyone.',
};

/** All parties of all incidents, by role, value and incident; no order of the investigation shows through. */
export function partiesOf(
  investigation: Investigation,
  { tlp, publisher }: ExportSettings,
): readonly Party[] {
  const findings = new Map(investigation.findings.map((finding) => [finding.id, finding]));
  const isVictim = victimTest(investigation);
  // A list that was given to us carries a label we do not know: only the strictest export repeats it.
  const isListShown = tlp === 'RED';
  const parties = investigation.incidents.flatMap((incident): readonly Party[] => {
    const seen = lastSeenIn(incident);
    const found = (ids: readonly string[]) => ids.flatMap((id) => findings.get(id) ?? []);
    const outside = incident.outside.map((party): Party => {
      const behind = found(party.findings);
      const observable = observableOf(party.ip);
      const isOwn = behind.length === 0 || behind.some((finding) => !isFromList(finding));
      return {
        shown: observable?.value ?? party.ip,
        observable,
        role: party.role,
        incident: incident.id,
        first_seen: party.first_seen,
        last_seen: laterOf(party.first_seen, laterOf(seen.get(party.ip) ?? '', lastOf(behind))),
        confidence: confidenceOf(behind),
        country: party.country,
        asn: party.asn,
        as_name: party.as_name,
        isIndicator:
          party.role !== 'target' &&
          observable !== null &&
          isGlobal(observable) &&
          !isVictim(observable.value) &&
          (isOwn || isListShown),
      };
    });
    const relays = incident.relays.map((relay): Party => {
      const own = incident.hosts.filter(({ ip }) => ip === relay.host);
      const behind = found(own.filter(({ role }) => role === 'relay').flatMap((host) => host.findings));
      const observable = observableOf(relay.host);
      const first = own.reduce((time, host) => earlierOf(time, host.first_seen), incident.last_seen);
      return {
        shown: observable?.value ?? relay.host,
        observable,
        role: 'relay',
        incident: incident.id,
        first_seen: first,
        last_seen: laterOf(first, laterOf(seen.get(relay.host) ?? '', lastOf(behind))),
        confidence: confidenceOf(behind),
        country: null,
        asn: null,
        as_name: null,
        isIndicator:
          observable !== null && isGlobal(observable) && (publisher?.relays_as_indicators ?? false),
      };
    });
    return [...outside, ...relays];
  });
  return merged(parties);
}

/** True for a finding that repeats what a list given to us says. */
export function isFromList({ detail }: Pick<Finding, 'detail'>): boolean {
  return Object.hasOwn(detail, 'listed_record') && Object.hasOwn(detail, 'listings');
}

/** The highest score of findings, 0 to 100. */
export function confidenceOf(findings: readonly Pick<Finding, 'score'>[]): number {
  const highest = findings.reduce((best, { score }) => Math.max(best, Number.isFinite(score) ? score : 0), 0);
  return Math.round(100 * Math.min(1, highest));
}

/** Tells machines of victims: those of the constituency, and those that were attacked by way of one. */
export function victimTest({ constituency, incidents }: Investigation): (value: string) => boolean {
  const prefixes = constituency.organisations
    .flatMap((organisation) => organisation.prefixes)
    .flatMap((text) => parsePrefix(text) ?? []);
  const named = new Set(
    incidents
      .flatMap(({ hosts, relays, entry, theft }) => [
        ...hosts.map(({ ip }) => ip),
        ...relays.map(({ host }) => host),
        ...(entry === null ? [] : [entry.host]),
        ...(theft?.ledger ?? []).map(({ victim }) => victim),
      ])
      .map((text) => observableOf(text)?.value ?? text),
  );
  return (value) => named.has(value) || isWithin(value, prefixes);
}

function lastOf(findings: readonly Finding[]): Instant {
  return findings.reduce((last, finding) => laterOf(last, finding.last_seen), '');
}

/** When each machine of an incident was last seen in its traffic. */
function lastSeenIn({ edges }: Incident): ReadonlyMap<string, Instant> {
  const seen = new Map<string, Instant>();
  for (const { from, to, last_seen } of edges)
    for (const ip of [from, to]) seen.set(ip, laterOf(seen.get(ip) ?? '', last_seen));
  return seen;
}

/** One party for each role, value and incident. */
function merged(parties: readonly Party[]): readonly Party[] {
  const byKey = new Map<string, Party>();
  for (const party of parties) {
    const key = [party.role, party.shown, party.incident].join('\u0000');
    const other = byKey.get(key);
    byKey.set(
      key,
      other === undefined
        ? party
        : {
            ...other,
            first_seen: earlierOf(other.first_seen, party.first_seen),
            last_seen: laterOf(other.last_seen, party.last_seen),
            confidence: Math.max(other.confidence, party.confidence),
            isIndicator: other.isIndicator && party.isIndicator,
          },
    );
  }
  return [...byKey].sort(([left], [right]) => byText(left, right)).map(([, party]) => party);
}
