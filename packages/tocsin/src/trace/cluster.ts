// Which findings belong to one story. Pure: findings in, groups of findings out. A group needs a core that is more than
// a lead; leads join it by shared hosts, shared outside addresses and time, and never pull in the rest of the network.
import { byText } from '../ground/ids.ts';
import type { Finding } from '../vocabulary/finding.ts';
import { microsOf } from '../vocabulary/instant.ts';
import { type LinkKind, linkOf, movedTo, reachedBy, tacticFor } from './attack.ts';
import { targetsOf } from './relays.ts';

export interface ClusterSettings {
  /** A finding with more other sides than this names targets or noise, not accomplices. */
  readonly maxPeers: number;
  /** Movement below this score into a host where something begins soon after does not show how that host was taken. */
  readonly minMovementScore: number;
  /** Movement below this score does not carry an incident on to a host of which nothing else is known. */
  readonly minOnwardScore: number;
  /** A theft begins no longer than this before what else is known of its machine, seconds: clocks differ. */
  readonly theftLeadTimeS: number;
  /** Leads this long before the first certain event may still belong to it, seconds. */
  readonly leadTimeS: number;
}

export const usualClusterSettings: ClusterSettings = {
  maxPeers: 50,
  minMovementScore: 0.4,
  minOnwardScore: 0.7,
  theftLeadTimeS: 3600,
  leadTimeS: 86_400,
};

/** Groups of findings, each of one organisation; findings in order of time, groups by their first finding. */
export function clusterFindings(
  findings: readonly Finding[],
  settings: ClusterSettings = usualClusterSettings,
): readonly (readonly Finding[])[] {
  const byOrganisation = new Map<string, Finding[]>();
  for (const finding of findings) {
    // Background never adds to an incident; movement may still show that two of its parts are one.
    if (finding.weight === 'background' && linkOf(finding) !== 'movement') continue;
    const key = finding.organisation ?? '';
    byOrganisation.set(key, [...(byOrganisation.get(key) ?? []), finding]);
  }
  const taken = takenHosts(findings);
  const isOld = oldness(findings);
  return [...byOrganisation]
    .sort(([left], [right]) => byText(left, right))
    .flatMap(([, group]) => clusterOne(withoutPassedOn(group), settings, { taken, isOld }))
    .map((group) =>
      [...group].sort(
        (left, right) => byText(left.first_seen, right.first_seen) || byText(left.id, right.id),
      ),
    )
    .sort(
      (left, right) =>
        byText(left[0]?.first_seen ?? '', right[0]?.first_seen ?? '') ||
        byText(left[0]?.id ?? '', right[0]?.id ?? ''),
    );
}

/** Machines of any organisation that something certain is said of, or that were certainly moved to. */
function takenHosts(findings: readonly Finding[]): ReadonlySet<string> {
  return new Set(
    findings
      .filter(({ weight }) => weight === 'incident')
      .flatMap((finding) => [finding.host, ...movedTo(finding)]),
  );
}

/**
 * Without the thefts that are none: what a relay sends to those it is used against, or to those who steer it, is not its
 * own, and what it pours at one that answers nothing is a flood.
 */
function withoutPassedOn(findings: readonly Finding[]): readonly Finding[] {
  const against = new Set(
    findings.flatMap((finding) => targetsOf(finding).map((target) => `${finding.host} ${target}`)),
  );
  const steering = findings.filter((finding) => linkOf(finding) === 'steering');
  const relays = new Set(steering.map(({ host }) => host));
  const steered = new Set(steering.flatMap(({ host, peers }) => peers.map((peer) => `${host} ${peer}`)));
  return findings.filter((finding) => {
    if (linkOf(finding) !== 'theft') return true;
    // What its controller fetches by way of it is others', not what it keeps.
    if (finding.direction === 'inbound')
      return !finding.peers.every((peer) => steered.has(`${finding.host} ${peer}`));
    if (relays.has(finding.host) && finding.detail['bytes_in'] === 0) return false;
    return !finding.peers.some((peer) => against.has(`${finding.host} ${peer}`));
  });
}

function clusterOne(
  findings: readonly Finding[],
  settings: ClusterSettings,
  { taken, isOld }: { readonly taken: ReadonlySet<string>; readonly isOld: (finding: Finding) => boolean },
): readonly (readonly Finding[])[] {
  const core = new Set(findings.filter((finding) => finding.weight === 'incident'));
  for (const finding of concurring(findings, isOld)) core.add(finding);
  const groups = new Groups();
  for (const finding of core) {
    groups.join(`h:${finding.host}`, `h:${finding.host}`);
    for (const peer of reachedBy(finding)) groups.join(`h:${finding.host}`, `h:${peer}`);
    for (const peer of accomplices(finding, settings)) groups.join(`h:${finding.host}`, `o:${peer}`);
    // Machines used against the same third parties are used by the same hand.
    for (const target of targetsOf(finding)) groups.join(`h:${finding.host}`, `t:${target}`);
  }
  const joined = new Set(core);
  const certainFrom = [...core].map((finding) => finding.first_seen).sort(byText)[0] ?? '';
  const join = (finding: Finding) => {
    joined.add(finding);
    for (const peer of reachedBy(finding)) groups.join(`h:${finding.host}`, `h:${peer}`);
    if (linkOf(finding) === 'theft' || isFromTaken(finding, taken))
      for (const peer of accomplices(finding, settings)) groups.join(`h:${finding.host}`, `o:${peer}`);
  };
  // Each round may bring in a host, and with it what the next round looks at; there are no more rounds than findings.
  for (let isGrowing = true; isGrowing; ) {
    isGrowing = false;
    const began = beginnings(joined);
    for (const finding of findings) {
      if (joined.has(finding) || !belongs(finding, { groups, began, settings, certainFrom, taken, findings }))
        continue;
      join(finding);
      isGrowing = true;
    }
    if (isGrowing) continue;
    // Only when all else is told: where did those come from of whom nothing says how they were taken?
    const known = explained(joined);
    for (const finding of findings) {
      if (joined.has(finding) || !explains(finding, { began, known, settings })) continue;
      join(finding);
      isGrowing = true;
    }
  }
  const byRoot = new Map<string, Finding[]>();
  for (const finding of joined) {
    const root = groups.rootOf(`h:${finding.host}`);
    byRoot.set(root, [...(byRoot.get(root) ?? []), finding]);
  }
  return [...byRoot.values()];
}

/** Outside addresses a finding ties its host to: those that steer, break in or receive, not those that are attacked. */
function accomplices(finding: Finding, settings: ClusterSettings): readonly string[] {
  const kind: LinkKind = linkOf(finding);
  if (kind !== 'control' && kind !== 'theft' && kind !== 'intrusion' && kind !== 'steering') return [];
  return finding.peers.length <= settings.maxPeers ? finding.peers : [];
}

/** A machine that calls more addresses than this at regular times watches over them. */
const mostControllers = 3;

/** Part of the time that findings span which counts as its beginning. */
const earlyShare = 0.1;

/** True of findings that begin when all of them do, or whose destination was called then. */
function oldness(findings: readonly Finding[]): (finding: Finding) => boolean {
  const times = findings.flatMap(({ first_seen, last_seen }) => [first_seen, last_seen]).sort(byText);
  const from = microsOf(times[0] ?? '1970-01-01T00:00:00.000000Z');
  const span = Number(microsOf(times.at(-1) ?? '1970-01-01T00:00:00.000000Z') - from);
  return ({ first_seen, detail }) => {
    const { destination_first_seen: discovered } = detail;
    const [began = first_seen] = [first_seen, ...(typeof discovered === 'string' ? [discovered] : [])].sort(
      byText,
    );
    return span > 0 && Number(microsOf(began) - from) < span * earlyShare;
  };
}

function kindsOf(findings: readonly Finding[]): number {
  return new Set(findings.map((finding) => linkOf(finding))).size;
}

/** Leads that say different things of the same outside address: together they are more than a lead. */
function concurring(findings: readonly Finding[], isOld: (finding: Finding) => boolean): readonly Finding[] {
  const called = new Map<string, Set<string | null>>();
  for (const finding of findings)
    if (linkOf(finding) === 'control')
      called.set(finding.host, (called.get(finding.host) ?? new Set()).add(finding.peer));
  const byPeer = new Map<string, Finding[]>();
  for (const finding of findings) {
    const kind = linkOf(finding);
    if (
      finding.weight === 'background' ||
      finding.peer === null ||
      (kind === 'control' && (called.get(finding.host)?.size ?? 0) > mostControllers) ||
      (kind !== 'control' && kind !== 'theft' && kind !== 'intrusion' && kind !== 'steering')
    )
      continue;
    byPeer.set(finding.peer, [...(byPeer.get(finding.peer) ?? []), finding]);
  }
  return [...byPeer.values()]
    .filter((group) => {
      const hosts = new Set(group.map(({ host }) => host));
      const isOfOne = [...hosts].some(
        (host) => kindsOf(group.filter((finding) => finding.host === host)) >= 2,
      );
      // What different machines do with an address that was there from the beginning is what it is there for.
      return isOfOne || (kindsOf(group) >= 2 && !group.some(isOld));
    })
    .flat();
}

/** When each host's part in anything begins, by host. */
function beginnings(joined: ReadonlySet<Finding>): ReadonlyMap<string, string> {
  const began = new Map<string, string>();
  const note = (host: string, time: string) => {
    const before = began.get(host);
    if (before === undefined || time < before) began.set(host, time);
  };
  for (const finding of joined) {
    note(finding.host, finding.first_seen);
    for (const peer of movedTo(finding)) note(peer, finding.first_seen);
  }
  return began;
}

interface Growth {
  readonly groups: Groups;
  readonly began: ReadonlyMap<string, string>;
  readonly settings: ClusterSettings;
  /** When the first certain thing of the organisation was seen. */
  readonly certainFrom: string;
  /** Machines of any organisation that are certainly in an intruder's hands. */
  readonly taken: ReadonlySet<string>;
  readonly findings: readonly Finding[];
}

/** True when a host outside the incident, or one before it was taken, took as much to the same place before. */
function usedBefore(finding: Finding, { findings, began, settings }: Growth): boolean {
  return findings.some((other) => {
    if (linkOf(other) !== 'theft' || other.peer === null || other.peer !== finding.peer) return false;
    const taken = began.get(other.host);
    return taken === undefined
      ? other.first_seen < finding.first_seen
      : other !== finding && !isAfter(other.first_seen, taken, -settings.theftLeadTimeS);
  });
}

/** True for entering, by a protocol of administration, from a machine of another organisation that is itself taken. */
function isFromTaken(finding: Finding, taken: ReadonlySet<string>): boolean {
  return (
    linkOf(finding) === 'intrusion' &&
    tacticFor(finding.technique) === 'lateral-movement' &&
    finding.peer !== null &&
    taken.has(finding.peer)
  );
}

function belongs(finding: Finding, growth: Growth): boolean {
  const { groups, began, settings, certainFrom, taken } = growth;
  const kind = linkOf(finding);
  const hostBegan = began.get(finding.host);
  const peerBegan = finding.peer === null ? undefined : began.get(finding.peer);
  if (kind === 'movement' && finding.peer !== null) {
    const isCarried = hostBegan !== undefined && isAfter(finding.last_seen, hostBegan, 0);
    // Two hosts that are both part of something and move between each other are part of the same.
    if (hostBegan !== undefined && peerBegan !== undefined)
      return isAfter(finding.last_seen, hostBegan, 0) || isAfter(finding.last_seen, peerBegan, -3600);
    if (finding.weight === 'background' || peerBegan !== undefined) return false;
    return isCarried && finding.score >= settings.minOnwardScore;
  }
  // What the other organisation's evidence is certain of needs nothing more on this side.
  if (hostBegan === undefined) return isFromTaken(finding, taken) && taken.has(finding.host);
  const { destination_first_seen: discovered } = finding.detail;
  // A place our machines sent to before anything certain was seen is no drop of the intruder's.
  if (kind === 'theft' && typeof discovered === 'string' && discovered < certainFrom) return false;
  // Nor is one that a machine with no part in anything used before.
  if (kind === 'theft' && usedBefore(finding, growth)) return false;
  // Nor one that this machine sent to before it was taken.
  if (kind === 'theft' && !isAfter(finding.first_seen, hostBegan, -settings.theftLeadTimeS)) return false;
  const known = finding.peer !== null && groups.isJoined(`h:${finding.host}`, `o:${finding.peer}`);
  if (known || isFromTaken(finding, taken)) return true;
  if (!isAfter(finding.first_seen, hostBegan, -settings.leadTimeS)) return false;
  return kind === 'theft' || kind === 'intrusion' || kind === 'control' ? finding.score >= 0.6 : true;
}

/** Hosts of which something joined says how they were taken. */
function explained(joined: ReadonlySet<Finding>): ReadonlySet<string> {
  const known = new Set<string>();
  for (const finding of joined) {
    const kind = linkOf(finding);
    if (kind === 'intrusion' || kind === 'steering') known.add(finding.host);
    for (const peer of movedTo(finding)) known.add(peer);
  }
  return known;
}

interface Gap {
  readonly began: ReadonlyMap<string, string>;
  readonly known: ReadonlySet<string>;
  readonly settings: ClusterSettings;
}

/** Movement, a day before at most, into a host of which nothing else says how it was taken. */
function explains(finding: Finding, { began, known, settings }: Gap): boolean {
  if (linkOf(finding) !== 'movement' || finding.weight === 'background' || finding.peer === null)
    return false;
  const peerBegan = began.get(finding.peer);
  return (
    peerBegan !== undefined &&
    !known.has(finding.peer) &&
    finding.score >= settings.minMovementScore &&
    isAfter(peerBegan, finding.first_seen, 0) &&
    !isAfter(peerBegan, finding.first_seen, 86_400)
  );
}

/** True when `time` lies at least `seconds` after `reference`. */
function isAfter(time: string, reference: string, seconds: number): boolean {
  return microsOf(time) - microsOf(reference) >= BigInt(seconds) * 1_000_000n;
}

/** Disjoint sets of names. */
class Groups {
  readonly #parent = new Map<string, string>();

  rootOf(name: string): string {
    let root = name;
    for (
      let next = this.#parent.get(root);
      next !== undefined && next !== root;
      next = this.#parent.get(root)
    )
      root = next;
    return root;
  }

  join(left: string, right: string): void {
    const [first, second] = [this.rootOf(left), this.rootOf(right)].sort(byText);
    if (first === undefined || second === undefined) return;
    this.#parent.set(second, first);
    this.#parent.set(first, first);
  }

  isJoined(left: string, right: string): boolean {
    return this.#parent.has(right) && this.rootOf(left) === this.rootOf(right);
  }
}
