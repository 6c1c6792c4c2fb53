// Times of an export: all of them from the evidence, so that no clock decides what a file says.
import { byText } from '../../ground/ids.ts';
import { type Instant, microsOf } from '../../vocabulary/instant.ts';
import type { Investigation } from '../../vocabulary/investigation.ts';

/** Stands where the evidence has no time at all, and for what no evidence made: publishers, techniques. */
export const fixedMoment: Instant = '2022-10-01T00:00:00.000000Z';

/** The last moment the evidence tells of; what an export says is as of then. */
export function lastMoment({ evidence, findings, incidents }: Investigation): Instant {
  const times = [
    ...evidence.map(({ last }) => last ?? ''),
    ...findings.map(({ last_seen }) => last_seen),
    ...incidents.map(({ last_seen }) => last_seen),
  ];
  return times.reduce<Instant>((last, time) => (byText(last, time) < 0 ? time : last), '') || fixedMoment;
}

/** The moment with three decimals: `2024-03-05T01:02:03.000Z`. */
export function milliseconds(instant: Instant): string {
  return `${instant.slice(0, 23)}Z`;
}

/** The moment in whole seconds: `2024-03-05T01:02:03Z`. */
export function seconds(instant: Instant): string {
  return `${instant.slice(0, 19)}Z`;
}

/** Seconds since 1970, not below 0. */
export function epochSeconds(instant: Instant): number {
  return Math.max(0, Number(microsOf(instant) / 1_000_000n));
}

export function laterOf(left: Instant, right: Instant): Instant {
  return byText(left, right) < 0 ? right : left;
}

export function earlierOf(left: Instant, right: Instant): Instant {
  return byText(right, left) < 0 ? right : left;
}
