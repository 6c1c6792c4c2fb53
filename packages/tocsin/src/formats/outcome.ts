// What a format is shown, and what it makes of a record.
import type { Event, Reject } from '../vocabulary/event.ts';

/** The beginning of an evidence item, unpacked. */
export interface Sample {
  /** Up to 64 KiB. */
  readonly bytes: Uint8Array;
  /** The same as text: UTF-8 where it is valid, else Latin-1, so that no byte is lost. */
  readonly text: string;
  /** Complete lines of `text`, without line ends; blank lines kept. */
  readonly lines: readonly string[];
}

/** What one record became. A record without event or reject is a header (or blank) line. */
export type Outcome = { readonly event: Event } | { readonly reject: Reject } | { readonly header: true };

/** Something the evidence does not say and the reader must know was assumed. */
export interface Assumption {
  /** `year`, `zone`, `clock`, `direction` ... */
  readonly about: string;
  /** The value taken. */
  readonly value: string;
  /** One sentence for the report, naming how to set it otherwise. */
  readonly text: string;
}
