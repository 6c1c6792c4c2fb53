// Rhythm: do the hours of hands-on acts speak for a working day somewhere? Every zone of the tz database is tried with its
// offset at each act's own date, and so is the rival that they were done while the victim slept. A verdict is on hours,
// never on a country. Pure.
import { byText } from '../ground/ids.ts';
import { type Instant, microsOf } from '../vocabulary/instant.ts';
import type { Rhythm } from '../vocabulary/investigation.ts';

export type Verdict = 'consistent' | 'not discriminating' | 'excluded';

/** Length of a working day with its edges, hours. */
const dayHours = 10;
/** Local hours at which a working day may begin; the inner ones are usual, the outer ones possible. */
const possibleStarts = [7, 8, 9, 10, 11] as const;
const usualStarts: readonly number[] = [8, 9, 10];
const workingWeeks: readonly (readonly number[])[] = [
  [1, 2, 3, 4, 5],
  [0, 1, 2, 3, 4],
];
/** Part of the acts of people at work that may be expected inside their working hours. */
const expectedInside = 0.95;
/** Fewer acts than this say nothing. */
const leastActs = 12;
const level = 0.05;
/** Acts closer than this belong to one sitting, seconds. */
const sittingS = 1800;
/** A machine keeps the minute: this part of the acts within this many minutes of the day is a timer. */
const timerShare = 0.8;
const timerMinutes = 20;

/** Beginnings of sittings: acts that follow each other closely count once. */
export function sittingsOf(times: readonly Instant[]): readonly Instant[] {
  const sorted = [...times].sort(byText);
  const begins: Instant[] = [];
  let last = 0;
  for (const time of sorted) {
    const at = Number(microsOf(time) / 1_000_000n);
    if (begins.length === 0 || at - last > sittingS) begins.push(time);
    last = at;
  }
  return begins;
}

/** Hours of the day (UTC) in which the victim itself is least active: `from` inclusive, ten hours long. */
export interface Night {
  readonly fromHour: number;
}

/** The quietest ten hours of a day from activity per UTC hour; null when all hours are alike. */
export function nightOf(activityByHour: readonly number[]): Night | null {
  if (activityByHour.length !== 24) return null;
  const total = activityByHour.reduce((sum, value) => sum + value, 0);
  const sums = activityByHour.map((_, from) =>
    Array.from({ length: dayHours }, (_hour, at) => activityByHour[(from + at) % 24] ?? 0).reduce(
      (sum, value) => sum + value,
      0,
    ),
  );
  const least = Math.min(...sums);
  // A house that never sleeps has no night to speak of.
  return total === 0 || least > (total * dayHours * 0.6) / 24 ? null : { fromHour: sums.indexOf(least) };
}

/**
 * The verdict on every zone, the most fitting first.
 * @param zones names of the tz database
 * @returns null when there are no acts
 */
export function rhythmOf(
  acts: readonly Instant[],
  { zones, night }: { readonly zones: readonly string[]; readonly night: Night | null },
): Rhythm | null {
  if (acts.length === 0) return null;
  const ms = acts.map((act) => Number(microsOf(act) / 1000n));
  const saysNothing = acts.length < leastActs || isTimed(ms) || !isConcentrated(ms);
  const judged = zones.map((zone) => judge(zone, localTimes(ms, zone), saysNothing));
  const behaviours = new Set(judged.map(({ key }) => key)).size;
  const results = judged.map(({ zone, window, raw, isUsual }) => {
    const p = Math.min(1, raw * behaviours);
    return { zone, window, p: round(p), verdict: verdictOf(p, isUsual, saysNothing) };
  });
  const rival = night === null ? [] : [judgeNight(ms, night, saysNothing)];
  const rank: readonly Verdict[] = ['consistent', 'not discriminating', 'excluded'];
  return {
    acts: acts.length,
    zones: [
      ...rival,
      ...results.sort(
        (left, right) =>
          rank.indexOf(left.verdict) - rank.indexOf(right.verdict) || byText(left.zone, right.zone),
      ),
    ],
  };
}

function verdictOf(p: number, isUsual: boolean, saysNothing: boolean): Verdict {
  if (saysNothing) return 'not discriminating';
  if (p < level) return 'excluded';
  return isUsual ? 'consistent' : 'not discriminating';
}

interface Local {
  /** Hours since local midnight, with fractions. */
  readonly hour: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

function judge(
  zone: string,
  local: readonly Local[],
  saysNothing: boolean,
): {
  readonly zone: string;
  readonly window: readonly [number, number];
  readonly raw: number;
  readonly isUsual: boolean;
  /** Zones in which the acts fall on the same hours say the same. */
  readonly key: string;
} {
  let best = { start: 9, inside: -1 };
  for (const start of possibleStarts) {
    for (const week of workingWeeks) {
      const inside = local.filter(
        ({ hour, weekday }) => week.includes(weekday) && hour >= start && hour < start + dayHours,
      ).length;
      const isBetter =
        inside > best.inside || (inside === best.inside && Math.abs(start - 9) < Math.abs(best.start - 9));
      if (isBetter) best = { start, inside };
    }
  }
  return {
    zone,
    window: [best.start, best.start + dayHours],
    raw: saysNothing ? 1 : atMost(best.inside, local.length, expectedInside),
    isUsual: usualStarts.includes(best.start),
    key: local.map(({ hour, weekday }) => `${weekday}:${hour.toFixed(2)}`).join(' '),
  };
}

function judgeNight(
  ms: readonly number[],
  { fromHour }: Night,
  saysNothing: boolean,
): Rhythm['zones'][number] {
  const inside = ms.filter((at) => {
    const hour = (at / 3_600_000) % 24;
    return (hour - fromHour + 24) % 24 < dayHours;
  }).length;
  const p = saysNothing ? 1 : atMost(inside, ms.length, expectedInside);
  return {
    zone: "the victim's night (UTC)",
    window: [fromHour, (fromHour + dayHours) % 24],
    p: round(p),
    // That they worked while the victim slept explains the hours just as well: no zone follows from them then.
    verdict: p < level ? 'excluded' : 'not discriminating',
  };
}

/** True when ten hours of the day hold more of the acts than chance would put into any ten hours. */
function isConcentrated(ms: readonly number[]): boolean {
  const hours = ms.map((at) => (at / 3_600_000) % 24);
  const most = Math.max(
    ...Array.from(
      { length: 24 },
      (_, from) => hours.filter((hour) => (hour - from + 24) % 24 < dayHours).length,
    ),
  );
  return atLeastProbability(most, ms.length, dayHours / 24) * 24 < level;
}

/** True when most acts fall on the same minutes of the day: a timer, not a person. */
function isTimed(ms: readonly number[]): boolean {
  const minutes = ms.map((at) => (at / 60_000) % 1440).sort((left, right) => left - right);
  const doubled = [...minutes, ...minutes.map((minute) => minute + 1440)];
  let most = 0;
  let from = 0;
  doubled.forEach((minute, at) => {
    while (minute - (doubled[from] ?? minute) > timerMinutes) from += 1;
    most = Math.max(most, at - from + 1);
  });
  return most >= ms.length * timerShare;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Local hour and weekday of each instant (ms since the epoch) in a zone. */
export function localTimes(ms: readonly number[], zone: string): readonly Local[] {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    formats.set(zone, format);
  }
  const offsets = new Map<number, number>();
  return ms.map((at) => {
    // Offsets change on whole quarters of an hour at most.
    const quarter = Math.floor(at / 900_000);
    let offset = offsets.get(quarter);
    if (offset === undefined) {
      offset = offsetMs(format, at);
      offsets.set(quarter, offset);
    }
    const local = at + offset;
    return { hour: (((local / 3_600_000) % 24) + 24) % 24, weekday: new Date(local).getUTCDay() };
  });
}

function offsetMs(format: Intl.DateTimeFormat, at: number): number {
  const name = format.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name);
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match ?? [];
  const size = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  return sign === '-' ? -size : size;
}

/** Probability of at most k successes in n tries of probability q. */
export function atMost(k: number, n: number, q: number): number {
  let sum = 0;
  for (let at = 0; at <= Math.min(k, n); at += 1)
    sum += Math.exp(logChoose(n, at) + at * Math.log(q) + (n - at) * Math.log(1 - q));
  return Math.min(1, sum);
}

function atLeastProbability(k: number, n: number, q: number): number {
  return k <= 0 ? 1 : Math.max(0, 1 - atMost(k - 1, n, q));
}

function logChoose(n: number, k: number): number {
  let log = 0;
  for (let at = 1; at <= k; at += 1) log += Math.log(n - k + at) - Math.log(at);
  return log;
}

function round(p: number): number {
  return Math.round(p * 1e6) / 1e6;
}
