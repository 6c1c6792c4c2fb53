// What a contender reports of its work.
import type { Lap } from './stopwatch.ts';

export interface Timing extends Lap {
  readonly rows: number;
  /** What each further step took, by name, in order. */
  readonly steps: Readonly<Record<string, Lap>>;
}
