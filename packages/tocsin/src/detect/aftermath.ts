// What follows when one machine of ours reaches many: those it reached call outside addresses nobody called before, those
// it did not reach do not. Shared by the detectors of pushed software and of footholds; each says what a touch is. Pure.
import { z } from 'zod';
import { byText } from '../ground/ids.ts';
import { atLeast, choices, type Exposure, exposureOf, touchedCallers } from './exposure.ts';

/**
 * A row is one of three: `reach`, what one machine did to others (items: host, seconds, seconds, payload bytes);
 * `destination`, who called a new outside address (host, first and last call in seconds, flows); and `host`, all that call
 * outside (host, 0, 0, addresses called). Seconds count from `began`.
 */
export const aftermathRow = z.object({
  kind: z.enum(['reach', 'destination', 'host']),
  address: z.string(),
  port: z.number(),
  /** Who opened the flows of a reach: the machine itself (`push`) or those it reached (`pull`). */
  way: z.string(),
  items: z.array(
    z
      .tuple([z.string(), z.number(), z.number(), z.number()])
      .transform(([host, from, to, amount]) => ({ host, from, to, amount })),
  ),
  began: z.string(),
});
export type AftermathRow = z.infer<typeof aftermathRow>;
type Item = AftermathRow['items'][number];

export interface AftermathSettings {
  /** How long after it was reached a machine's new call is taken for a consequence. */
  readonly windowS: number;
  /** Reaches further apart than this are different waves. */
  readonly waveGapS: number;
  /** Least machines that must behave anew. */
  readonly minHosts: number;
  /** Least part of the callers of a destination that were reached before. */
  readonly minTouchedShare: number;
  /** Greatest corrected probability that chance gives it. */
  readonly maxP: number;
}

export interface Aftermath {
  readonly reach: AftermathRow;
  /** The reaches that count: of waves most of whose machines behaved anew. */
  readonly touches: readonly Item[];
  readonly waves: number;
  readonly hosts: readonly string[];
  readonly callers: readonly string[];
  readonly destinations: readonly AftermathRow[];
  readonly exposure: Exposure;
  /** Corrected for everything that was tried. */
  readonly p: number;
  readonly lastCall: number;
}

/** The reaches that were followed by new calls beyond chance; at most one per machine, the clearest. */
export function aftermathsOf(
  rows: readonly AftermathRow[],
  settings: AftermathSettings,
): readonly Aftermath[] {
  const destinations = rows.filter(({ kind }) => kind === 'destination');
  const reaches = rows.filter(({ kind }) => kind === 'reach');
  const curiosity = new Map(
    rows
      .filter(({ kind }) => kind === 'host')
      .flatMap(({ items }) => items.map((item) => [item.host, item.amount])),
  );
  const tried = { reaches: reaches.length, destinations: destinations.length };
  const best = new Map<string, Aftermath>();
  for (const reach of reaches) {
    const found = aftermathOf({ reach, destinations, curiosity, tried }, settings);
    const before = best.get(reach.address);
    if (found !== null && (before === undefined || isClearer(found, before))) best.set(reach.address, found);
  }
  return [...best.values()].sort((left, right) => byText(left.reach.address, right.reach.address));
}

const isClearer = (found: Aftermath, before: Aftermath): boolean =>
  found.callers.length === before.callers.length
    ? found.p < before.p
    : found.callers.length > before.callers.length;

interface Trial {
  readonly reach: AftermathRow;
  readonly destinations: readonly AftermathRow[];
  readonly curiosity: ReadonlyMap<string, number>;
  readonly tried: { readonly reaches: number; readonly destinations: number };
}

function aftermathOf(trial: Trial, settings: AftermathSettings): Aftermath | null {
  const { reach, tried } = trial;
  const ask = asking(trial, settings);
  const followed = trial.destinations.flatMap((destination) => {
    if (destination.address === reach.address) return [];
    const exposure = ask(destination.items);
    return exposure !== null && exposure.p <= settings.maxP ? [{ destination, exposure }] : [];
  });
  const first = firstCalls(followed.map(({ destination }) => destination));
  const together = ask([...first.values()]);
  if (together === null) return null;
  // The clearest destination by itself, or all of them together chosen from all that were tried.
  const single = Math.min(...followed.map(({ exposure }) => exposure.p)) * tried.destinations;
  const chosen = together.p * choices(tried.destinations, followed.length);
  const p = Math.min(1, Math.min(single, chosen) * tried.reaches);
  if (p > settings.maxP) return null;
  const newcomers = new Map(together.touchedCallers.map((host) => [host, first.get(host)?.from ?? 0]));
  const kept = wavesOf(reach.items, newcomers, settings);
  const hosts = [...new Set(kept.flat().map(({ host }) => host))].sort(byText);
  const destinations = [
    ...followed.map(({ destination }) => destination),
    ...laterDestinations(trial, new Set(hosts), settings).filter((later) =>
      followed.every(({ destination }) => destination !== later),
    ),
  ];
  const calls = destinations.flatMap(({ items }) => items).filter(({ host }) => hosts.includes(host));
  const callers = [...new Set(calls.map(({ host }) => host))].sort(byText);
  if (callers.length < settings.minHosts) return null;
  return {
    reach,
    touches: kept.flat(),
    waves: kept.length,
    hosts,
    callers,
    destinations,
    exposure: together,
    p,
    lastCall: Math.max(...calls.map(({ to }) => to)),
  };
}

/** Asks for the exposure of callers; null where too few of them, or too small a part, had been reached before. */
function asking({ reach, curiosity }: Trial, { windowS, minHosts, minTouchedShare }: AftermathSettings) {
  const touches = reach.items.map(({ host, from }) => ({ host, at: from }));
  return (items: readonly Item[]): Exposure | null => {
    const calls = items
      .filter(({ host }) => host !== reach.address)
      .map(({ host, from }) => ({ host, at: from }));
    // Soon after for the beginning; who comes late, from another controller, need only have been reached.
    const soon = touchedCallers(touches, calls, windowS).length;
    const ever = touchedCallers(touches, calls, Number.POSITIVE_INFINITY).length;
    if (soon < minHosts || ever < calls.length * minTouchedShare) return null;
    return exposureOf({ touches, calls, curiosity, windowS });
  };
}

/** The first call of each machine to any of the destinations. */
function firstCalls(destinations: readonly AftermathRow[]): ReadonlyMap<string, Item> {
  const first = new Map<string, Item>();
  for (const item of destinations.flatMap(({ items }) => items)) {
    const before = first.get(item.host);
    if (before === undefined || item.from < before.from) first.set(item.host, item);
  }
  return first;
}

/** New destinations that, however late, those reached share beyond chance: a controller takes the place of another. */
function laterDestinations(
  { reach, destinations, curiosity, tried }: Trial,
  hosts: ReadonlySet<string>,
  { minHosts, minTouchedShare, maxP }: AftermathSettings,
): readonly AftermathRow[] {
  const total = (names: Iterable<string>) =>
    [...names].reduce((sum, host) => sum + (curiosity.get(host) ?? 0), 0);
  const share = total(hosts) / Math.max(1, total(curiosity.keys()));
  return destinations.filter(({ items }) => {
    const callers = items.filter(({ host }) => host !== reach.address);
    const reached = callers.filter(({ host }) => hosts.has(host)).length;
    if (reached < minHosts || reached < callers.length * minTouchedShare) return false;
    return (
      atLeast(
        reached,
        callers.map(() => share),
      ) *
        tried.destinations <=
      maxP
    );
  });
}

/**
 * Runs of reaches without a longer pause, at least half of whose machines behaved anew within the window. Where there
 * are such with enough machines, smaller ones are taken for chance.
 * @param newCallAt first new call by machine, seconds
 */
function wavesOf(
  items: readonly Item[],
  newCallAt: ReadonlyMap<string, number>,
  { waveGapS, windowS, minHosts }: AftermathSettings,
): readonly (readonly Item[])[] {
  const waves: Item[][] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const item of [...items].sort(
    (left, right) => left.from - right.from || byText(left.host, right.host),
  )) {
    if (item.from - last > waveGapS) waves.push([]);
    waves.at(-1)?.push(item);
    last = item.from;
  }
  const hostsOf = (wave: readonly Item[]) => new Set(wave.map(({ host }) => host)).size;
  const isFollowed = ({ host, from }: Item) => {
    const call = newCallAt.get(host);
    return call !== undefined && from <= call && call - from <= windowS;
  };
  const followed = waves.filter((wave) => hostsOf(wave.filter(isFollowed)) * 2 >= hostsOf(wave));
  const large = followed.filter((wave) => hostsOf(wave) >= minHosts);
  return large.length > 0 ? large : followed;
}
