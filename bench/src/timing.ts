// What a contender reports of its work.
export interface Timing {
  readonly rows: number;
  readonly seconds: number;
  /** Seconds of each further step, by name. */
  readonly steps: Readonly<Record<string, number>>;
}
