// What a reader of an indicator file gives for one record, and how a bad one is refused. Shared by the readers.
import { TocsinError } from '../../ground/errors.ts';
import type { Indicator } from './indicator.ts';

export interface ListedIndicator extends Indicator {
  /** Type in the list's own words. */
  readonly type: string;
  /** Position in the file: line of a CSV file, place of an attribute or object otherwise; from 1. */
  readonly record: number;
  /** What the list says of it, shortened. */
  readonly note: string;
}

/** Told of each record that holds no indicator that can be matched, with its type. */
export type OnSkipped = (type: string) => void;

const maxNote = 300;

/** One line of at most 300 characters. */
export function noteOf(...parts: readonly unknown[]): string {
  const text = parts.filter((part): part is string => typeof part === 'string' && part !== '').join(' · ');
  return (/\s/.test(text) ? text.replace(/\s+/g, ' ').trim() : text).slice(0, maxNote);
}

/** The error that names file, record and what is wrong with it. */
export function badRecord(path: string, record: string, detail: string, cause?: unknown): TocsinError {
  return new TocsinError('indicators-file', { path, record, detail }, cause);
}
