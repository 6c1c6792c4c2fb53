// The count of one evidence item while it is read: what came in, what was a header, what was rejected and why.
import type { Assumption } from './format.ts';

export interface RejectedRecord {
  readonly record: number;
  readonly code: string;
  readonly reason: string;
}

export class Tally {
  records = 0;
  headers = 0;
  /** Rejects found in this process; those the engine finds go to its reject table at once. */
  readonly rejects: RejectedRecord[] = [];
  #assumptions: readonly Assumption[] = [];

  reject(record: number, code: string, reason: string): void {
    this.rejects.push({ record, code, reason });
  }

  assume(assumptions: readonly Assumption[]): void {
    this.#assumptions = [...this.#assumptions, ...assumptions];
  }

  get assumptions(): readonly Assumption[] {
    return this.#assumptions;
  }
}
