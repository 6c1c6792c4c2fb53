// Springboard chains: paths over the steering and intrusion seen, across all organisations of the evidence, each hop
// beginning while or after the one before. They begin at the last visible hop: what lies before it nobody has seen. Pure.
import { byText } from '../ground/ids.ts';
import type { Finding } from '../vocabulary/finding.ts';
import type { Chain } from '../vocabulary/investigation.ts';
import { linkOf } from './attack.ts';
import { targetsOf } from './relays.ts';

interface Link {
  readonly from: string;
  readonly to: string;
  readonly kind: 'steering' | 'intrusion' | 'movement' | 'attack' | 'theft' | 'control';
  readonly first: string;
  readonly last: string;
  readonly score: number;
}

const mostHops = 8;
const mostChains = 100;
/** A finding with more other sides than this says little about any one of them. */
const mostPeers = 50;
/** Targets of one relay that become hops of their own only when something is known of them. */
const mostEnds = 3;

/** All links of the findings, in order of time. */
export function linksOf(findings: readonly Finding[]): readonly Link[] {
  const links = findings.flatMap((finding): readonly Link[] => {
    const kind = linkOf(finding);
    const { first_seen: first, last_seen: last, score } = finding;
    const link = (from: string, to: string, of: Link['kind']): Link => ({
      from,
      to,
      kind: of,
      first,
      last,
      score,
    });
    const peers = finding.peers.length <= mostPeers ? finding.peers : [];
    if (kind === 'steering') {
      return [
        ...peers.map((peer) => link(peer, finding.host, 'steering')),
        ...targetsOf(finding).map((target) => link(finding.host, target, 'attack')),
      ];
    }
    if (kind === 'intrusion') return peers.map((peer) => link(peer, finding.host, 'intrusion'));
    if (kind === 'movement' && finding.weight !== 'background')
      return peers.map((peer) => link(finding.host, peer, 'movement'));
    // Who is called home to steers: the order of control runs against the direction of the flow.
    if (kind === 'control') return peers.map((peer) => link(peer, finding.host, 'control'));
    return [];
  });
  return links.sort(
    (left, right) =>
      byText(left.first, right.first) || byText(left.from, right.from) || byText(left.to, right.to),
  );
}

/**
 * The chains that touch any of the hosts, the best first. A chain has at least one of our machines between two others.
 * @param all findings of every organisation
 */
export function chainsOf(all: readonly Finding[], hosts: ReadonlySet<string>): readonly Chain[] {
  const links = linksOf(all);
  const onward = new Map<string, Link[]>();
  for (const link of links) onward.set(link.from, [...(onward.get(link.from) ?? []), link]);
  const reached = new Set(links.filter(({ kind }) => kind !== 'attack').map(({ to }) => to));
  const paths: Link[][] = [];
  // The first links are those whose origin nobody is seen to steer: the last visible hop.
  for (const link of links) {
    if (link.kind === 'attack' || link.kind === 'movement' || reached.has(link.from)) continue;
    extend([link], onward, paths);
  }
  return paths
    .filter((path) => path.length >= 2 && path.some(({ from, to }) => hosts.has(from) || hosts.has(to)))
    .map(chainOf)
    .sort(
      (left, right) =>
        passedOn(right) - passedOn(left) ||
        right.score - left.score ||
        byText(JSON.stringify(left), JSON.stringify(right)),
    )
    .slice(0, mostChains);
}

/** Follows a path on, hop by hop; every longest path is kept. */
function extend(path: readonly Link[], onward: ReadonlyMap<string, readonly Link[]>, paths: Link[][]): void {
  const last = path.at(-1);
  if (last === undefined || paths.length >= mostChains * 10) return;
  const visited = new Set(path.flatMap(({ from, to }) => [from, to]));
  const next = (onward.get(last.to) ?? []).filter(
    (link) => !visited.has(link.to) && link.last >= last.first && goesOn(last, link),
  );
  // Of third parties nothing more is known of, a few stand for all.
  const known = next.filter((link) => onward.has(link.to) || link.kind !== 'attack');
  const ends = next.filter((link) => !known.includes(link)).slice(0, mostEnds);
  const further = known.length > 0 ? known : ends;
  if (further.length === 0 || path.length >= mostHops) {
    paths.push([...path]);
    return;
  }
  for (const link of further) extend([...path, link], onward, paths);
}

/** Hops through machines, third parties at the end left out. */
function passedOn({ hops }: Chain): number {
  return hops.filter(({ role }) => role !== 'target').length;
}

/** Orders are passed on by whoever is steered or was broken into; control of an implant ends where it is. */
function goesOn(before: Link, link: Link): boolean {
  if (before.kind === 'control') return link.kind === 'movement' || link.kind === 'attack';
  return link.kind !== 'control';
}

/** Hops with the part each plays; the score is that of the weakest hop. */
function chainOf(path: readonly Link[]): Chain {
  const [first] = path;
  const origin = {
    ip: first?.from ?? '',
    role: 'last visible hop',
    from: first?.first ?? '',
    to: first?.last ?? '',
  };
  return {
    score: Math.round(Math.min(...path.map(({ score }) => score)) * 10_000) / 10_000,
    hops: [
      origin,
      ...path.map((link) => ({
        ip: link.to,
        role: partOf(link),
        from: link.first,
        to: link.last,
      })),
    ],
  };
}

function partOf({ kind }: Link): string {
  if (kind === 'attack') return 'target';
  if (kind === 'steering') return 'relay';
  if (kind === 'intrusion') return 'entry';
  return kind === 'movement' ? 'foothold' : 'implant';
}
