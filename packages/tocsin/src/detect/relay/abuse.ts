// Abuse: what a machine does to third parties that no honest use explains. Pure: acts in, what was done and to whom out.
import { byText } from '../../ground/ids.ts';
import type { Act } from './sessions.ts';

export type AbuseKind = 'scan' | 'brute-force' | 'flood' | 'exploit';

export interface Abuse {
  readonly kind: AbuseKind;
  readonly port: number;
  readonly targets: readonly string[];
  readonly tries: number;
  readonly acts: readonly Act[];
}

/** Services that ask for a password before anything else. */
export const loginPorts: ReadonlySet<number> = new Set([
  21, 22, 23, 110, 139, 143, 445, 1433, 2222, 3306, 3389, 5432, 5900, 5985, 6379, 8291,
]);
const leastScanned = 20;
const leastSilentShare = 0.5;
const leastGuesses = 15;
/** A refused login says no more than this, both ways, per try. */
export const mostGuessBytes = 12_000;
const leastFlood = 3000;
/** Bytes poured at one third party that answers nothing. */
const leastTorrentBytes = 30_000_000;

/**
 * Everything abusive among the acts of one machine, the gravest first.
 * @param exploited machines that their own logs show to be attacked from this one: all it does to them counts
 */
export function abusesOf(acts: readonly Act[], exploited: readonly string[] = []): readonly Abuse[] {
  return [...scans(acts), ...guessing(acts), ...floods(acts), ...exploits(acts, exploited)].sort(
    (left, right) => right.tries - left.tries || byText(left.kind, right.kind) || left.port - right.port,
  );
}

/** Many third parties tried on one port, most of them silent. */
function scans(acts: readonly Act[]): readonly Abuse[] {
  return grouped(acts, (act) => String(act.port)).flatMap(([, group]) => {
    const port = group[0]?.port ?? 0;
    // Mail is tried again where a server is away.
    if (port === 25) return [];
    const targets = distinct(group);
    const tries = group.reduce((sum, act) => sum + act.tries, 0);
    const silent = group.reduce((sum, act) => sum + act.tries - act.answered, 0);
    if (targets.length < leastScanned || silent < tries * leastSilentShare) return [];
    return [abuse('scan', port, group)];
  });
}

/** Many short conversations with a login service of one third party. */
function guessing(acts: readonly Act[]): readonly Abuse[] {
  const guessed = grouped(
    acts.filter((act) => loginPorts.has(act.port) && act.answered > 0),
    (act) => `${act.port} ${act.peer}`,
  ).filter(([, group]) => {
    const answered = group.filter((act) => (act.sent + act.returned) / act.tries <= mostGuessBytes);
    return busiestHour(answered) >= leastGuesses;
  });
  return grouped(
    guessed.flatMap(([, group]) => group),
    (act) => String(act.port),
  ).map(([, group]) => abuse('brute-force', group[0]?.port ?? 0, group));
}

/** All contacts with machines that were attacked: how an intruder goes on looks like any other request. */
function exploits(acts: readonly Act[], exploited: readonly string[]): readonly Abuse[] {
  const victims = new Set(exploited);
  return grouped(
    acts.filter((act) => victims.has(act.peer)),
    (act) => String(act.port),
  ).map(([, group]) => abuse('exploit', group[0]?.port ?? 0, group));
}

/** Thousands of flows at one third party within minutes, or a torrent that nobody answers. */
function floods(acts: readonly Act[]): readonly Abuse[] {
  return [...floodsOfFlows(acts), ...torrents(acts)];
}

function torrents(acts: readonly Act[]): readonly Abuse[] {
  const unanswered = acts.filter((act) => act.returned === 0 && act.sent >= leastTorrentBytes / 60);
  const poured = grouped(unanswered, (act) => act.peer).filter(
    ([, group]) => group.reduce((sum, act) => sum + act.sent, 0) >= leastTorrentBytes,
  );
  return grouped(
    poured.flatMap(([, group]) => group),
    (act) => String(act.port),
  ).map(([, group]) => abuse('flood', group[0]?.port ?? 0, group));
}

function floodsOfFlows(acts: readonly Act[]): readonly Abuse[] {
  const flooding = acts.filter((act) => act.tries >= leastFlood / 6);
  return grouped(flooding, (act) => String(act.port)).flatMap(([, group]) => {
    const found = abuse('flood', group[0]?.port ?? 0, group);
    return found.tries >= leastFlood ? [found] : [];
  });
}

function abuse(kind: AbuseKind, port: number, acts: readonly Act[]): Abuse {
  return { kind, port, targets: distinct(acts), tries: acts.reduce((sum, act) => sum + act.tries, 0), acts };
}

function distinct(acts: readonly Act[]): readonly string[] {
  return [...new Set(acts.map((act) => act.peer))].sort(byText);
}

/** Most tries within an hour. */
function busiestHour(acts: readonly Act[]): number {
  const sorted = [...acts].sort((left, right) => left.began - right.began);
  let most = 0;
  let tries = 0;
  let from = 0;
  for (const act of sorted) {
    tries += act.tries;
    while ((sorted[from]?.began ?? act.began) < act.began - 3600) {
      tries -= sorted[from]?.tries ?? 0;
      from += 1;
    }
    most = Math.max(most, tries);
  }
  return most;
}

function grouped(
  acts: readonly Act[],
  key: (act: Act) => string,
): readonly (readonly [string, readonly Act[]])[] {
  const groups = new Map<string, Act[]>();
  for (const act of acts) {
    const known = groups.get(key(act));
    if (known === undefined) groups.set(key(act), [act]);
    else known.push(act);
  }
  return [...groups].sort(([left], [right]) => byText(left, right));
}
