// Planted acts for tests of the rhythm: people at work in a zone, on its working days, and programs. Seeded.
import { type Instant, instantOfMicros } from '../vocabulary/instant.ts';
import { localTimes } from './rhythm-zones.ts';

export const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** The time of so many milliseconds since the epoch. */
export const instant = (ms: number): Instant => instantOfMicros(BigInt(Math.round(ms)) * 1000n);

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface Plan {
  readonly seed: number;
  readonly zone: string;
  /** First day, `2024-10-07`. */
  readonly from: string;
  readonly weeks: number;
  readonly perDay: number;
  /** 0 is Sunday. */
  readonly weekdays?: readonly number[];
  readonly hours?: readonly [from: number, to: number];
  /** Days without work. */
  readonly off?: readonly string[];
}

/** Acts at random moments of the working hours of a zone, at its own offset of each day. */
export function workOf({ seed, zone, from, weeks, perDay, weekdays, hours, off }: Plan): Instant[] {
  const next = dice(seed);
  const [first, last] = hours ?? [10, 20];
  const acts: number[] = [];
  for (let day = 0; day < weeks * 7; day += 1) {
    const midnight = Date.parse(`${from}T00:00:00Z`) + day * dayMs;
    const date = new Date(midnight).toISOString().slice(0, 10);
    if (!(weekdays ?? [1, 2, 3, 4, 5]).includes(new Date(midnight).getUTCDay()) || off?.includes(date))
      continue;
    for (let act = 0; act < perDay; act += 1) {
      const wanted = first + next() * (last - first);
      // The offset of noon holds for the working day: clocks change at night.
      const [noon] = localTimes([midnight + 12 * hourMs], zone);
      const offset = (((noon?.hour ?? 12) - 12 + 36) % 24) - 12;
      acts.push(midnight + (wanted - offset) * hourMs);
    }
  }
  return acts.sort((left, right) => left - right).map(instant);
}
