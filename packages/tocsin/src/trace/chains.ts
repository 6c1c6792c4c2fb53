// Springboard chains: time-respecting paths over the steering, intrusion and movement seen, across all organisations of
// the evidence. A hop goes on from another only where what it did began while, or soon after, the one before was there.
// They begin at the last visible hop: what lies before it nobody has seen. Pure.
import { byText } from '../ground/ids.ts';
import type { Finding } from '../vocabulary/finding.ts';
import { microsOf } from '../vocabulary/instant.ts';
import type { Chain } from '../vocabulary/investigation.ts';
import { linkOf } from './attack.ts';
import type { Contact, Contacts } from './contacts.ts';
import { targetsOf } from './relays.ts';

export interface Link {
  readonly from: string;
  readonly to: string;
  readonly kind: 'steering' | 'intrusion' | 'movement' | 'attack' | 'control';
  readonly first: string;
  readonly last: string;
  readonly score: number;
  readonly reasons: readonly string[];
}

/** A link with how well it follows from the one before: part of its contacts that began in the hands of that one. */
interface Step {
  readonly link: Link;
  readonly held: number;
}

const mostHops = 8;
const mostChains = 100;
/** A finding with more other sides than this says little about any one of them. */
const mostPeers = 50;
/** Of those reached or attacked of whom nothing more is known, so many stand for all. */
const mostEnds = 3;
/** Contacts of one pair looked at. */
const mostContacts = 2000;
/** Who is steered acts while the session lasts, or this much longer; who was broken into is gone on from within hours. */
const holdS = { steering: 60, other: 6 * 3600 } as const;

const rank = { steering: 0, intrusion: 1, movement: 2, control: 3, attack: 4 } as const;

/** All links of the findings, one for each pair of machines, in order of time. */
export function linksOf(findings: readonly Finding[]): readonly Link[] {
  const merged = new Map<string, Link>();
  for (const link of findings.flatMap(linksOfOne)) {
    const key = `${link.from} ${link.to}`;
    const known = merged.get(key);
    merged.set(key, known === undefined ? link : joined(known, link));
  }
  return [...merged.values()].sort(
    (left, right) =>
      byText(left.first, right.first) || byText(left.from, right.from) || byText(left.to, right.to),
  );
}

function joined(left: Link, right: Link): Link {
  const isLeftMain =
    rank[left.kind] < rank[right.kind] || (rank[left.kind] === rank[right.kind] && left.score >= right.score);
  const [first = ''] = [left.first, right.first].sort(byText);
  const [, last = ''] = [left.last, right.last].sort(byText);
  return {
    ...(isLeftMain ? left : right),
    first,
    last,
    score: Math.max(left.score, right.score),
    reasons: [...new Set([...left.reasons, ...right.reasons])].sort(byText),
  };
}

function linksOfOne(finding: Finding): readonly Link[] {
  const kind = linkOf(finding);
  const { first_seen: first, last_seen: last, score } = finding;
  const link = (from: string, to: string, of: Link['kind'], reasons: readonly string[]): Link => ({
    from,
    to,
    kind: of,
    first,
    last,
    score,
    reasons,
  });
  const peers = finding.peers.length <= mostPeers ? finding.peers : [];
  switch (kind) {
    case 'steering':
      return [
        ...peers.map((peer) => link(peer, finding.host, 'steering', signalsOf(finding))),
        ...targetsOf(finding).map((target) =>
          link(finding.host, target, 'attack', ['acted against while a controller held a session']),
        ),
      ];
    case 'intrusion':
      return peers.map((peer) =>
        link(peer, finding.host, 'intrusion', [`broke in or used the break-in (${finding.technique})`]),
      );
    case 'movement':
      return finding.weight === 'background'
        ? []
        : finding.peers.map((peer) =>
            link(finding.host, peer, 'movement', [`reached from inside (${finding.technique})`]),
          );
    // Who is called home to steers: the order of control runs against the direction of the flow.
    case 'control':
      return peers.map((peer) => link(peer, finding.host, 'control', ['is called at regular times']));
    default:
      return [];
  }
}

const signalWords: Readonly<Record<string, string>> = {
  coupling: 'acts fall into its sessions beyond chance',
  conservation: 'the same bytes come in and go out together',
  abuse: 'third parties are abused meanwhile',
};

function signalsOf({ detail }: Finding): readonly string[] {
  const { signals } = detail;
  if (!Array.isArray(signals)) return [];
  return signals.flatMap((signal) => signalWords[String(signal)] ?? []);
}

/** Pairs whose contacts tell whether the links hang together, flow source first. */
export function pairsOf(links: readonly Link[]): readonly (readonly [string, string])[] {
  return links.flatMap(({ from, to, kind }): readonly (readonly [string, string])[] =>
    kind === 'control' ? [[to, from]] : [[from, to]],
  );
}

/**
 * The chains that touch any of the hosts: those with most hops passed on first, then the surest. A chain has at least
 * one machine between two others, or ends where someone broke in and went no further.
 * @param links of all organisations
 * @param contacts when they talked; without it the times of the findings are all there is
 */
export function chainsOf(
  links: readonly Link[],
  hosts: ReadonlySet<string>,
  contacts: Contacts = new Map(),
): readonly Chain[] {
  const onward = new Map<string, Link[]>();
  for (const link of links) onward.set(link.from, [...(onward.get(link.from) ?? []), link]);
  const steps = (before: Link) =>
    (onward.get(before.to) ?? []).flatMap((link): readonly Step[] => {
      const held = heldBy(before, link, contacts);
      return held === null ? [] : [{ link, held }];
    });
  const followed = new Set(links.flatMap((link) => steps(link).map((step) => step.link)));
  const paths: Step[][] = [];
  // The first links are those whose origin nobody is seen to steer: the last visible hop.
  for (const link of links) {
    if (link.kind === 'attack' || link.kind === 'movement' || followed.has(link)) continue;
    extend([{ link, held: 1 }], { steps, hosts }, paths);
  }
  const found = paths
    .filter((path) => path.length >= 2 || path[0]?.link.kind === 'intrusion')
    .filter((path) => path.some(({ link }) => hosts.has(link.from) || hosts.has(link.to)))
    .map(chainOf)
    .sort(
      (left, right) =>
        passedOn(right) - passedOn(left) ||
        right.score - left.score ||
        byText(JSON.stringify(left), JSON.stringify(right)),
    );
  return representatives(found).slice(0, mostChains);
}

/**
 * Of chains that differ only in the third party at the end, or that put together anew what others show, the surest: each
 * passing on by a machine, from whom and to whom, is shown at least once.
 */
function representatives(chains: readonly Chain[]): readonly Chain[] {
  const shown = new Set<string>();
  return chains.filter(({ hops }) => {
    const names = hops.map(({ ip, role }) => (role === 'target' ? 'a third party' : ip));
    const parts =
      names.length < 3
        ? [names.join(' ')]
        : names.slice(2).map((name, at) => [names[at], names[at + 1], name].join(' '));
    const isNew = parts.some((part) => !shown.has(part));
    for (const part of parts) shown.add(part);
    return isNew;
  });
}

interface Search {
  readonly steps: (before: Link) => readonly Step[];
  /** Machines whose chains are asked for. */
  readonly hosts: ReadonlySet<string>;
}

/**
 * Follows a path on, hop by hop; every longest path is kept, and of its bare ends the surest few, those asked for before
 * others.
 */
function extend(path: readonly Step[], search: Search, paths: Step[][]): void {
  const { steps, hosts } = search;
  const last = path.at(-1)?.link;
  if (last === undefined || paths.length >= mostChains * 10) return;
  const visited = new Set(path.flatMap(({ link }) => [link.from, link.to]));
  const next = steps(last).filter(({ link }) => !visited.has(link.to));
  const further = next.filter(({ link }) => steps(link).some((step) => !visited.has(step.link.to)));
  const ends = next
    .filter((step) => !further.includes(step))
    .sort(
      (left, right) =>
        Number(hosts.has(right.link.to)) - Number(hosts.has(left.link.to)) ||
        right.held - left.held ||
        right.link.score - left.link.score ||
        byText(left.link.first, right.link.first) ||
        byText(left.link.to, right.link.to),
    )
    .slice(0, mostEnds);
  if (next.length === 0 || path.length >= mostHops) {
    paths.push([...path]);
    return;
  }
  for (const step of further.length > 0 ? further : ends) extend([...path, step], search, paths);
}

/** Hops through machines, third parties at the end left out. */
function passedOn({ hops }: Chain): number {
  return hops.filter(({ role }) => role !== 'target').length;
}

/**
 * Part of a link's contacts that began while the one before held its machine; null when none did, or when the link cannot
 * follow at all: orders are passed on by whoever is steered or was broken into, and control of an implant ends where it is.
 */
function heldBy(before: Link, link: Link, contacts: Contacts): number | null {
  if (link.to === before.from || link.kind === 'control') return null;
  if (before.kind === 'attack' && link.kind === 'attack') return null;
  const holding = contactsOfLink(before, contacts);
  const acting = contactsOfLink(link, contacts);
  const tail = before.kind === 'steering' || before.kind === 'attack' ? holdS.steering : holdS.other;
  const inside = acting.filter(({ began }) =>
    holding.some((contact) => contact.began <= began + 1 && began <= contact.ended + tail),
  ).length;
  if (inside > 0) return inside / acting.length;
  // An implant, and a machine broken into once, can be used at any later time.
  const isLasting = before.kind !== 'steering' && before.kind !== 'attack';
  const held = holding[0];
  const acted = acting.at(-1);
  return isLasting && held !== undefined && acted !== undefined && held.began <= acted.began ? 0 : null;
}

/** Contacts along a link; the time its findings span where none are known. */
function contactsOfLink({ from, to, kind, first, last }: Link, contacts: Contacts): readonly Contact[] {
  const known = contacts.get(kind === 'control' ? `${to} ${from}` : `${from} ${to}`);
  return known === undefined || known.length === 0
    ? [{ began: secondsOf(first), ended: secondsOf(last) }]
    : known.slice(0, mostContacts);
}

function secondsOf(time: string): number {
  return Number(microsOf(time)) / 1e6;
}

/** Hops with the part each plays; a hop counts less the fewer of its acts were held, and the weakest is the chain's score. */
function chainOf(path: readonly Step[]): Chain {
  const first = path[0]?.link;
  const scored = path.map(({ link, held }) => ({
    link,
    held,
    score: rounded(link.score * (0.5 + held / 2)),
  }));
  return {
    score: Math.min(...scored.map(({ score }) => score)),
    hops: [
      {
        ip: first?.from ?? '',
        role: 'last visible hop',
        from: first?.first ?? '',
        to: first?.last ?? '',
        score: scored[0]?.score ?? 0,
        reasons: ['nobody is seen to steer it'],
      },
      ...scored.map(({ link, held, score }, at) => ({
        ip: link.to,
        role: partOf(link, at === path.length - 1),
        from: link.first,
        to: link.last,
        score,
        reasons: [...link.reasons, ...(at === 0 ? [] : [wordsFor(held)])],
      })),
    ],
  };
}

function wordsFor(held: number): string {
  if (held === 0) return 'later than the hop before, at times of its own';
  if (held === 1) return 'always while or soon after the hop before was there';
  return held >= 0.5
    ? 'mostly while or soon after the hop before was there'
    : 'at times while or soon after the hop before was there';
}

function rounded(score: number): number {
  return Math.round(score * 10_000) / 10_000;
}

/** A third party that is itself seen to go on is used like any other machine. */
function partOf({ kind }: Link, isEnd: boolean): string {
  if (kind === 'attack') return isEnd ? 'target' : 'relay';
  if (kind === 'steering') return 'relay';
  if (kind === 'intrusion') return 'entry';
  return kind === 'movement' ? 'foothold' : 'implant';
}
