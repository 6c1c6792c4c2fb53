// Whether machines begin something new because they were touched: at each first call of a destination, the chance that a
// machine drawn by its general curiosity would be one that was touched shortly before. Pure.
import { byText } from '../ground/ids.ts';

/** Something that reached a machine, seconds since any fixed instant. */
export interface Touch {
  readonly host: string;
  readonly at: number;
}

/** The first time a machine did the new thing, same clock. */
export interface FirstCall {
  readonly host: string;
  readonly at: number;
}

export interface ExposureQuestion {
  readonly touches: readonly Touch[];
  readonly calls: readonly FirstCall[];
  /** Machines that could have called, with how many outside addresses each visits. */
  readonly curiosity: ReadonlyMap<string, number>;
  /** How long after a touch a machine counts as touched. */
  readonly windowS: number;
}

export interface Exposure {
  /** Machines that called within the window after a touch, in order of their calls. */
  readonly touchedCallers: readonly string[];
  readonly callers: number;
  /** Touched callers that chance gives. */
  readonly expected: number;
  /** Probability of at least as many touched callers by chance, uncorrected. */
  readonly p: number;
}

/** Those that called within the window after a touch, in order of their calls. */
export function touchedCallers(
  touches: readonly Touch[],
  calls: readonly FirstCall[],
  windowS: number,
): readonly string[] {
  const calledAt = new Map(calls.map(({ host, at }) => [host, at]));
  const touched = new Set<string>();
  for (const { host, at } of touches) {
    const call = calledAt.get(host);
    if (call !== undefined && at <= call && call - at <= windowS) touched.add(host);
  }
  return [...calls]
    .filter(({ host }) => touched.has(host))
    .sort((left, right) => left.at - right.at || byText(left.host, right.host))
    .map(({ host }) => host);
}

/** At one instant touches begin to count first, then calls are made, then touches cease to count. */
const turns = { touched: 0, calls: 1, over: 2 } as const;

/**
 * Compares touched and untouched machines call by call, as a log-rank test does: who has called is no longer at risk.
 * @see Mantel, N. (1966), Evaluation of survival data and two new rank order statistics arising in its consideration
 */
export function exposureOf({ touches, calls, curiosity, windowS }: ExposureQuestion): Exposure {
  const turn = (kind: keyof typeof turns, host: string, at: number) => ({
    order: turns[kind],
    kind,
    host,
    at,
  });
  const events = [
    ...touches.flatMap(({ host, at }) => [turn('touched', host, at), turn('over', host, at + windowS)]),
    ...calls.map(({ host, at }) => turn('calls', host, at)),
  ].sort((left, right) => left.at - right.at || left.order - right.order || byText(left.host, right.host));
  const active = new Map<string, number>();
  const hasCalled = new Set<string>();
  let atRisk = [...curiosity.values()].reduce((sum, weight) => sum + weight, 0);
  let exposed = 0;
  const chances: number[] = [];
  for (const { kind, host } of events) {
    const before = active.get(host) ?? 0;
    const weight = hasCalled.has(host) ? 0 : (curiosity.get(host) ?? 0);
    if (kind === 'calls') {
      chances.push(atRisk <= 0 ? 1 : Math.min(1, exposed / atRisk));
      if (before > 0) exposed -= weight;
      atRisk -= weight;
      hasCalled.add(host);
      continue;
    }
    const after = before + (kind === 'touched' ? 1 : -1);
    active.set(host, after);
    if (before === 0) exposed += weight;
    if (after === 0) exposed -= weight;
  }
  const touched = touchedCallers(touches, calls, windowS);
  return {
    touchedCallers: touched,
    callers: calls.length,
    expected: chances.reduce((sum, chance) => sum + chance, 0),
    p: atLeast(touched.length, chances),
  };
}

/** Probability of `count` or more successes in independent trials with these chances (Poisson binomial). */
export function atLeast(count: number, chances: readonly number[]): number {
  if (count <= 0) return 1;
  // Probability of each number of successes below `count`; what falls off the end has reached it.
  const below = new Float64Array(count);
  below[0] = 1;
  let reached = 0;
  for (const chance of chances) {
    reached += (below[count - 1] ?? 0) * chance;
    for (let at = count - 1; at > 0; at -= 1)
      below[at] = (below[at] ?? 0) * (1 - chance) + (below[at - 1] ?? 0) * chance;
    below[0] = (below[0] ?? 0) * (1 - chance);
  }
  return Math.min(1, Math.max(0, reached));
}

/** Number of ways to choose `few` of `many`; grows large quickly and is then Infinity. */
export function choices(many: number, few: number): number {
  let ways = 1;
  for (let at = 1; at <= Math.min(few, many); at += 1) ways *= (many - at + 1) / at;
  return ways;
}
