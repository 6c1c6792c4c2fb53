// What a parser gives for one record of evidence.
import type { TableName } from './dictionary.ts';
import type { Instant } from './instant.ts';

export type FieldValue = string | number | bigint | boolean | null | readonly string[];

/**
 * One event on its way into a table. `fields` holds any of that table's own columns by dictionary name;
 * what is left out gets the column's empty value (null, '', 0 or []). Addresses are any text `canonicalAddress`
 * accepts; counts are non-negative integers.
 */
export interface Event {
  readonly table: TableName;
  readonly time: Instant;
  /** Name of the recording sensor when the record tells it. */
  readonly sensor?: string;
  readonly fields: Readonly<Record<string, FieldValue>>;
}

/** Why a record is no event. A closed list, shown in the report with counts. */
export const rejectCodes = {
  'not-json': 'The line is not a JSON object.',
  'not-delimited': 'The line does not have the number of fields its header declares.',
  'not-text': 'The record holds bytes that are no text of this format.',
  'bad-time': 'The time is missing or cannot be read.',
  'bad-address': 'An address is missing or cannot be read.',
  'bad-number': 'A count or port is no number in its range.',
  'pattern-mismatch': 'The line does not have the shape of this format.',
  'too-long': 'The record is longer than the limit.',
  'cut-off': 'The record ends before it is complete.',
  'no-header': 'The record comes before any header that would explain it.',
  'expansion-limit': 'The archive expands beyond the limit; the rest was not read.',
  'damaged-archive': 'The archive is damaged from here on.',
} as const;

export type RejectCode = keyof typeof rejectCodes;

export interface Reject {
  readonly code: RejectCode;
  /** Names the field or the limit; never quotes evidence. */
  readonly reason: string;
}
