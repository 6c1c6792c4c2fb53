// The columns of a bundle's table: a closed set of types, and what a cell of each may be.
import { isAddress } from './address.ts';
import type { Cell } from './definition.ts';
import { isWellFormed } from './text.ts';

/**
 * text: any Unicode text. integer: -2^63 to 2^64-1, a number where that is exact and decimal text beyond.
 * address: an IPv4 or IPv6 address. time: UTC with six decimals, `2024-03-05T01:02:03.000000Z`.
 * texts: a list of text, which no figure can refer to. Every cell may also be null: not known.
 */
export const columnTypes = ['text', 'integer', 'address', 'time', 'texts'] as const;

export type ColumnType = (typeof columnTypes)[number];

export interface Column {
  /** Lower-case letters, digits and `_`, beginning with a letter; at most 64. */
  readonly name: string;
  readonly type: ColumnType;
  readonly unit?: string;
  readonly meaning: string;
}

export const namePattern = /^[a-z][a-z0-9_]{0,63}$/;

const lowest = -(2n ** 63n);
const highest = 2n ** 64n - 1n;
const timePattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.\d{6}Z$/;
const daysIn = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** True for a time cell's text: a moment that exists, in the years 1900 to 2298. */
export function isTime(text: string): boolean {
  const match = timePattern.exec(text);
  if (!match) return false;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  if (year < 1900 || year > 2298 || hour > 23 || minute > 59 || second > 59) return false;
  if (day < 1 || day > (daysIn[month - 1] ?? 0)) return false;
  return month !== 2 || day < 29 || new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1;
}

/** True when the value is a cell of that type, in its one canonical form. */
export function isCell(value: unknown, type: ColumnType): value is Cell {
  if (value === null) return true;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Number.isSafeInteger(value) && !Object.is(value, -0) : isBig(value);
    case 'texts':
      return Array.isArray(value) && value.every((item) => typeof item === 'string' && isWellFormed(item));
    case 'address':
      return typeof value === 'string' && isAddress(value);
    case 'time':
      return typeof value === 'string' && isTime(value);
    case 'text':
      return typeof value === 'string' && isWellFormed(value);
  }
}

function isBig(value: unknown): boolean {
  if (typeof value !== 'string' || !/^-?[1-9]\d{15,19}$/.test(value)) return false;
  const number = BigInt(value);
  return !Number.isSafeInteger(Number(value)) && number >= lowest && number <= highest;
}
