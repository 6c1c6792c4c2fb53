// What the two Windows formats share: reading one record's text, and judging a sample. Takes text; gives an Outcome.
import type { Outcome, ParseSettings, RecordParser } from '../format.ts';
import { eventOf } from './mapping.ts';
import { type WindowsRecord, windowsRecord } from './shapes.ts';
import { derivedZone, openTimes } from './times.ts';

/** Lines an exporter writes between records: blank ones, `Record 12` of evtx_dump, the brackets of an array. */
const between = /^(?:Record \d{1,12}|[[\],]{1,2})?$/;

/** The JSON value of a record's text, or undefined. */
export function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined; // The caller rejects it.
  }
}

/** Text without a byte order mark, white space at its ends, and the comma after an array's element. */
export function bare(text: string): string {
  const trimmed = text.trim();
  return trimmed.endsWith('},') ? trimmed.slice(0, -1) : trimmed;
}

/** Opens a parser of Windows events; `sample` holds the records the file begins with, to derive a missing zone. */
export function openRecords(sample: readonly WindowsRecord[], settings: ParseSettings): RecordParser {
  const times = openTimes(settings, derivedZone(sample));
  const record = (raw: string): Outcome => {
    const text = bare(raw);
    if (text.length < 40 && between.test(text)) return { header: true };
    const value = jsonOf(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return { reject: { code: 'not-json', reason: 'no JSON object' } };
    }
    const windows = windowsRecord(value);
    if (!windows) return { reject: { code: 'pattern-mismatch', reason: 'no event number' } };
    const time = times.of(windows);
    if (time === null) return { reject: { code: 'bad-time', reason: 'no time of the event' } };
    return { event: eventOf(windows, time, raw) };
  };
  return { record, assumptions: times.assumptions };
}
