// When the hours of acts say nothing of anybody's working day: too few acts, a timer, or hours all alike. Takes times in
// milliseconds since the epoch.

/** Length of a working day with its edges, hours. */
export const dayHours = 10;
/** Chance below which something is not put down to chance. */
export const level = 0.05;

/** Fewer sittings than this say nothing. */
const leastSittings = 12;
/**
 * Nor do those of fewer days. What is done on one day hangs together, and with chance (10 / 24) a day falls into the ten
 * hours of the first: four more of them are the first number that is less likely than the level.
 */
const leastDays = 5;
/** A machine keeps the minute: this part of the acts is enough to tell it. */
const timerShare = 0.8;
/** Acts within one slot of this many minutes count once: a burst is no sign of a timer. */
const slotMinutes = 5;
/** Periods a timer may have, minutes: whole parts of a day. Longer ones drift, and spread over all hours. */
const timerPeriods = [1440, 720, 480, 360, 240, 180, 120, 60, 30] as const;
const timerMinutes = 20;
/** Gaps between the acts of a timer lie this close to the usual one; people who come once a day are as regular. */
const gapTolerance = 0.2;
const longestRegularGapMinutes = 120;

export type Silence = 'too few' | 'timer' | 'spread';

/** Why acts say nothing; null when they may say something. `sittings` are those acts that count. */
export function silenceOf(acts: readonly number[], sittings: readonly number[]): Silence | null {
  const days = new Set(sittings.map((at) => Math.floor(at / 86_400_000))).size;
  if (sittings.length < leastSittings || days < leastDays) return 'too few';
  if (isTimed(acts)) return 'timer';
  return isConcentrated(sittings) ? null : 'spread';
}

/** True when acts fall on the same minutes of a period, or follow each other at the same distance. */
function isTimed(acts: readonly number[]): boolean {
  const slots = slotsOf(acts, slotMinutes);
  const isFolded = timerPeriods.some(
    (period) => mostWithin(slots, period, Math.min(timerMinutes, period / 6)) >= slots.length * timerShare,
  );
  return isFolded || isRegular(slotsOf(acts, 1));
}

/** Slots of so many minutes that hold an act, as minutes since the epoch, in order. */
function slotsOf(acts: readonly number[], minutes: number): readonly number[] {
  return [...new Set(acts.map((at) => Math.floor(at / 60_000 / minutes) * minutes))].sort(
    (left, right) => left - right,
  );
}

function isRegular(minutes: readonly number[]): boolean {
  const gaps = minutes.slice(1).map((minute, at) => minute - (minutes[at] ?? minute));
  const usual = [...gaps].sort((left, right) => left - right)[Math.floor(gaps.length / 2)] ?? 0;
  // A gap of a few minutes is the grain of whole minutes, not a regularity.
  if (usual < 5 || usual > longestRegularGapMinutes) return false;
  const alike = gaps.filter((gap) => Math.abs(gap - usual) <= usual * gapTolerance).length;
  return alike >= gaps.length * timerShare;
}

/** Most of the minutes that lie in one stretch of `width` minutes once all are folded into a period. */
function mostWithin(minutes: readonly number[], period: number, width: number): number {
  const folded = minutes.map((minute) => minute % period).sort((left, right) => left - right);
  const doubled = [...folded, ...folded.map((minute) => minute + period)];
  let most = 0;
  let from = 0;
  doubled.forEach((minute, at) => {
    while (minute - (doubled[from] ?? minute) > width) from += 1;
    most = Math.max(most, at - from + 1);
  });
  return most;
}

/** True when ten hours of the day hold more of the sittings than chance would put into any ten hours. */
function isConcentrated(sittings: readonly number[]): boolean {
  const hours = sittings.map((at) => (at / 3_600_000) % 24);
  const most = Math.max(
    ...Array.from(
      { length: 24 },
      (_, from) => hours.filter((hour) => (hour - from + 24) % 24 < dayHours).length,
    ),
  );
  return atLeast(most, sittings.length, dayHours / 24) * 24 < level;
}

/** Probability of at most k successes in n tries of probability q (binomial distribution). */
export function atMost(k: number, n: number, q: number): number {
  let sum = 0;
  for (let at = 0; at <= Math.min(k, n); at += 1)
    sum += Math.exp(logChoose(n, at) + at * Math.log(q) + (n - at) * Math.log(1 - q));
  return Math.min(1, sum);
}

function atLeast(k: number, n: number, q: number): number {
  return k <= 0 ? 1 : Math.max(0, 1 - atMost(k - 1, n, q));
}

function logChoose(n: number, k: number): number {
  let log = 0;
  for (let at = 1; at <= k; at += 1) log += Math.log(n - k + at) - Math.log(at);
  return log;
}
