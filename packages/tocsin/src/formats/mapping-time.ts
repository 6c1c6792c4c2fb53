// Times of a table nobody knows, as its mapping file describes them: a word (iso, unix_s ...) or a pattern of date and
// time. Takes the description, gives a reader of times; null for a description that names no whole date.
import {
  type Instant,
  instantOfIso,
  instantOfMicros,
  instantOfMs,
  instantOfParts,
  offsetMinutes,
} from '../vocabulary/instant.ts';

export interface MappedTime {
  readonly time: Instant;
  /** True when the text itself says its zone. */
  readonly isZoneWritten: boolean;
}

/** Reads one time; `zoneMinutes` east of UTC is for text that names no zone. Null for text that is no such time. */
export type TimeReader = (text: string, zoneMinutes: number) => MappedTime | null;

/** The reader of a time format; null when the format is none. */
export function timeReader(format: string): TimeReader | null {
  return words.get(format) ?? patternReader(format);
}

const isoZone = /(?:Z|:\d\d(?:[.,]\d{1,9})?\s?[+-]\d\d(?::?\d\d)?)$/;

const words: ReadonlyMap<string, TimeReader> = new Map<string, TimeReader>([
  [
    'iso',
    (text, zoneMinutes) => {
      const time = instantOfIso(text, zoneMinutes);
      return time === null ? null : { time, isZoneWritten: isoZone.test(text) };
    },
  ],
  ['unix_s', (text) => epoch(text, 6)],
  ['unix_ms', (text) => epoch(text, 3)],
  ['unix_us', (text) => epoch(text, 0)],
]);

/** Time since the epoch in a unit of 10^`digits` microseconds, without passing through a float. */
function epoch(text: string, digits: number): MappedTime | null {
  const match = /^(\d{1,17})(?:\.(\d{1,9}))?$/.exec(text);
  if (match === null) return null;
  const [, whole = '', fraction = ''] = match;
  const micros = BigInt(whole + fraction.slice(0, digits).padEnd(digits, '0'));
  if (instantOfMs(Number(micros) / 1000) === null) return null;
  return { time: instantOfMicros(micros), isZoneWritten: true };
}

interface Token {
  /** Part of the date it reads; each once in a pattern. */
  readonly part: string;
  readonly group: string;
}

const tokens: ReadonlyMap<string, Token> = new Map([
  ['yyyy', { part: 'year', group: '(?<year>\\d{4})' }],
  ['MMM', { part: 'month', group: '(?<month>[A-Za-z]{3})' }],
  ['MM', { part: 'month', group: '(?<month>\\d{1,2})' }],
  ['dd', { part: 'day', group: '(?<day>\\d{1,2})' }],
  ['HH', { part: 'hour', group: '(?<hour>\\d{1,2})' }],
  ['hh', { part: 'hour', group: '(?<hour>\\d{1,2})' }],
  ['a', { part: 'half', group: '(?<half>[AaPp][Mm])' }],
  ['mm', { part: 'minute', group: '(?<minute>\\d{2})' }],
  ['ss', { part: 'second', group: '(?<second>\\d{2})' }],
  ['SSS', { part: 'fraction', group: '(?<fraction>\\d{1,9})' }],
  ['ZZ', { part: 'zone', group: '(?<zone>Z|[+-]\\d\\d:?\\d\\d)' }],
]);
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

function patternReader(format: string): TimeReader | null {
  const pattern = patternOf(format);
  if (pattern === null) return null;
  return (text, zoneMinutes) => {
    const parts = pattern.exec(text)?.groups;
    if (parts === undefined) return null;
    const number = (part: string): number => Number(parts[part] ?? '0');
    const { month = '', half, zone } = parts;
    if (half !== undefined && (number('hour') < 1 || number('hour') > 12)) return null;
    const noon = half?.toLowerCase() === 'pm' ? 12 : 0;
    const time = instantOfParts({
      year: number('year'),
      month: /^\d/.test(month) ? Number(month) : months.indexOf(month.toLowerCase()) + 1,
      day: number('day'),
      hour: half === undefined ? number('hour') : (number('hour') % 12) + noon,
      minute: number('minute'),
      second: number('second'),
      micros: Number((parts['fraction'] ?? '').slice(0, 6).padEnd(6, '0')),
      offsetMinutes: zone === undefined ? zoneMinutes : offsetMinutes(zone),
    });
    return time === null ? null : { time, isZoneWritten: zone !== undefined };
  };
}

/** A pattern as a regular expression; null when it names no whole date, a part twice, or a letter that is no token. */
function patternOf(format: string): RegExp | null {
  const used = new Set<string>();
  let text = '';
  for (const piece of format.split(/(yyyy|MMM|MM|dd|HH|hh|mm|ss|SSS|ZZ|a)/)) {
    const token = tokens.get(piece);
    if (token === undefined ? /[A-SU-Za-z]/.test(piece) : used.has(token.part)) return null;
    if (token !== undefined) used.add(token.part);
    text += token?.group ?? piece.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  }
  const isDate = ['year', 'month', 'day'].every((part) => used.has(part));
  return isDate && format.includes('hh') === used.has('half') ? new RegExp(`^${text}$`) : null;
}
