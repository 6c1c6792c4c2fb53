// The mapping file of --mapping: how the columns of a table nobody knows become fields of the dictionary. Parsed and
// checked before any evidence is read; applied by the generic formats.
import { isIP } from 'node:net';
import { z } from 'zod';
import { TocsinError } from '../ground/errors.ts';
import { byText } from '../ground/ids.ts';
import { eventTables, type Field, type TableName } from '../vocabulary/dictionary.ts';
import type { FieldValue } from '../vocabulary/event.ts';
import {
  type Instant,
  instantOfIso,
  instantOfMs,
  instantOfParts,
  offsetMinutes,
} from '../vocabulary/instant.ts';
import type { Outcome } from './format.ts';

const column = z.string().min(1).max(200);
const source = z.union([
  column,
  z.strictObject({ value: z.union([z.string(), z.number()]) }),
  z.strictObject({
    column,
    /** Values of the evidence to values of the dictionary; others pass as they are. */
    map: z.record(z.string(), z.string()).optional(),
    multiply: z.number().positive().optional(),
    lower: z.boolean().optional(),
  }),
]);
const schema = z.strictObject({
  table: z.enum(eventTables.map((table) => table.name) as [string, ...string[]]),
  format: z.enum(['csv', 'json']).optional(),
  delimiter: z.enum([',', ';', '\t', '|']).optional(),
  time: z.strictObject({
    column: z.union([column, z.array(column).min(1).max(3)]),
    format: z.string().min(1).max(64).default('iso'),
    zone: z
      .string()
      .regex(/^(?:Z|[+-]\d\d:\d\d)$/)
      .optional(),
  }),
  sensor: column.optional(),
  fields: z.record(z.string(), source),
});

export type Mapping = z.infer<typeof schema> & { readonly table: TableName };

/**
 * A mapping from the text of its file.
 * @param path names the file in the error
 * @throws TocsinError `mapping-file` naming the key and what is wrong with it
 */
export function parseMapping(text: string, path: string): Mapping {
  const fail = (detail: string) => new TocsinError('mapping-file', { path, detail });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw fail('it is no JSON');
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw fail(`key ${issue?.path.join('.') || '(top)'}: ${issue?.message ?? 'not accepted'}`);
  }
  const table = eventTables.find((candidate) => candidate.name === parsed.data.table);
  const known = new Map(table?.fields.map((field) => [field.name, field]));
  for (const name of Object.keys(parsed.data.fields)) {
    if (!known.has(name)) {
      const names = [...known.keys()].sort(byText).join(', ');
      throw fail(`key fields.${name}: table ${parsed.data.table} has no such field; it has ${names}`);
    }
  }
  if (!timeFormats.has(parsed.data.time.format) && patternOf(parsed.data.time.format) === null)
    throw fail('key time.format: iso, unix_s, unix_ms, unix_us, or a pattern such as dd/MM/yyyy HH:mm:ss');
  return { ...parsed.data, table: parsed.data.table as TableName };
}

/** Columns of the evidence a mapping needs. */
export function columnsNeeded(mapping: Mapping): readonly string[] {
  const fields = Object.values(mapping.fields).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : 'column' in entry ? [entry.column] : [],
  );
  return [...new Set([...timeColumns(mapping), ...fields, ...(mapping.sensor ? [mapping.sensor] : [])])];
}

/** Columns without which no record can be read. */
export function timeColumns({ time }: Mapping): readonly string[] {
  return typeof time.column === 'string' ? [time.column] : time.column;
}

/** The value of a column in one record; undefined when the record has none. */
export type Cell = (column: string) => unknown;

/** Applies a mapping. `zoneMinutes` is for times without a zone where the mapping names none. */
export function openMapping(
  mapping: Mapping,
  zoneMinutes: number,
): { readonly read: (cell: Cell) => Outcome; readonly isZoneAssumed: () => boolean } {
  const types = new Map(
    eventTables.find((table) => table.name === mapping.table)?.fields.map((field) => [field.name, field]),
  );
  const zone = mapping.time.zone === undefined ? zoneMinutes : offsetMinutes(mapping.time.zone);
  const readTime = timeReader(mapping.time.format, zone);
  let isAssumed = false;
  const read = (cell: Cell): Outcome => {
    const written = timeColumns(mapping)
      .map((name) => textOf(cell(name)))
      .join(' ');
    const time = readTime(written);
    if (time === null) return { reject: { code: 'bad-time', reason: 'the mapped time cannot be read' } };
    isAssumed ||=
      mapping.time.zone === undefined &&
      !mapping.time.format.startsWith('unix') &&
      !/(?:Z|[+-]\d\d:?\d\d)$/.test(written.slice(8));
    const fields: Record<string, FieldValue> = {};
    for (const [name, entry] of Object.entries(mapping.fields)) {
      const field = types.get(name);
      if (field === undefined) continue;
      const value = valueOf(entry, cell, field);
      if (typeof value === 'object' && value !== null && 'code' in value) return { reject: value };
      fields[name] = value;
    }
    const sensor = mapping.sensor === undefined ? '' : textOf(cell(mapping.sensor));
    return { event: { table: mapping.table, time, ...(sensor === '' ? {} : { sensor }), fields } };
  };
  return { read, isZoneAssumed: () => isAssumed };
}

type Source = Mapping['fields'][string];
type Fault = { readonly code: 'bad-address' | 'bad-number'; readonly reason: string };

function valueOf(entry: Source, cell: Cell, field: Field): FieldValue | Fault {
  const raw = typeof entry === 'string' ? cell(entry) : 'column' in entry ? cell(entry.column) : entry.value;
  if (field.type === 'Array(String)')
    return Array.isArray(raw) ? raw.map(textOf) : [textOf(raw)].filter((text) => text !== '');
  let text = textOf(raw);
  if (typeof entry === 'object' && 'column' in entry) {
    if (entry.map !== undefined && Object.hasOwn(entry.map, text)) text = entry.map[text] ?? text;
    if (entry.lower === true) text = text.toLowerCase();
  }
  const factor = typeof entry === 'object' && 'column' in entry ? (entry.multiply ?? 1) : 1;
  return typed(text === '-' ? '' : text, field, factor);
}

function typed(text: string, field: Field, factor: number): FieldValue | Fault {
  if (field.type === 'IPv6') {
    if (text === '') return '';
    return isIP(text) > 0 ? text : { code: 'bad-address', reason: `${field.name} is no address` };
  }
  if (field.type.includes('String')) return text;
  if (text === '') return field.type.startsWith('Nullable') ? null : 0;
  const number = Number(text) * factor;
  const fault: Fault = { code: 'bad-number', reason: `${field.name} is no number in its range` };
  if (!/^-?\d{1,20}(?:\.\d{1,20})?$/.test(text) || !Number.isFinite(number)) return fault;
  if (field.type.includes('Float')) return number;
  const bits = Number(/UInt(\d+)/.exec(field.type)?.[1] ?? 64);
  const whole = factor === 1 && /^\d+$/.test(text) ? BigInt(text) : BigInt(Math.round(number));
  return whole < 0n || whole >= 2n ** BigInt(bits) ? fault : whole;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  return value === null || value === undefined ? '' : JSON.stringify(value);
}

const timeFormats: ReadonlyMap<string, (text: string, zoneMinutes: number) => Instant | null> = new Map([
  ['iso', (text, zoneMinutes) => instantOfIso(text, zoneMinutes)],
  ['unix_s', (text) => epoch(text, 1000)],
  ['unix_ms', (text) => epoch(text, 1)],
  ['unix_us', (text) => epoch(text, 0.001)],
]);

function epoch(text: string, toMs: number): Instant | null {
  return /^\d{1,17}(?:\.\d{1,9})?$/.test(text) ? instantOfMs(Number(text) * toMs) : null;
}

function timeReader(format: string, zoneMinutes: number): (text: string) => Instant | null {
  const known = timeFormats.get(format);
  if (known !== undefined) return (text) => known(text, zoneMinutes);
  const pattern = patternOf(format);
  if (pattern === null) return () => null;
  return (text) => {
    const match = pattern.exec(text)?.groups;
    if (match === undefined) return null;
    const part = (name: string, otherwise: string) => match[name] ?? otherwise;
    const zone = match['zone'];
    const month = months.indexOf(part('name', ''));
    return instantOfParts({
      year: Number(part('year', '0')),
      month: month >= 0 ? month + 1 : Number(part('month', '0')),
      day: Number(part('day', '0')),
      hour: Number(part('hour', '0')),
      minute: Number(part('minute', '0')),
      second: Number(part('second', '0')),
      micros: Number(part('fraction', '').slice(0, 6).padEnd(6, '0')),
      offsetMinutes: zone === undefined ? zoneMinutes : offsetMinutes(zone),
    });
  };
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const tokens: ReadonlyMap<string, string> = new Map([
  ['yyyy', '(?<year>\\d{4})'],
  ['MMM', '(?<name>[A-Z][a-z]{2})'],
  ['MM', '(?<month>\\d{1,2})'],
  ['dd', '(?<day>\\d{1,2})'],
  ['HH', '(?<hour>\\d{1,2})'],
  ['mm', '(?<minute>\\d{2})'],
  ['ss', '(?<second>\\d{2})'],
  ['SSS', '(?<fraction>\\d{1,9})'],
  ['ZZ', '(?<zone>Z|[+-]\\d\\d:?\\d\\d)'],
]);

/** A pattern of date and time as a regular expression; null when it names no year, month and day. */
function patternOf(format: string): RegExp | null {
  const used = new Set<string>();
  let text = '';
  for (const piece of format.split(/(yyyy|MMM|MM|dd|HH|mm|ss|SSS|ZZ)/)) {
    const token = tokens.get(piece);
    if (token !== undefined && used.has(piece)) return null;
    if (token !== undefined) used.add(piece);
    text += token ?? piece.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  }
  const isDate = used.has('yyyy') && (used.has('MM') || used.has('MMM')) && used.has('dd');
  return isDate ? new RegExp(`^${text}$`) : null;
}
