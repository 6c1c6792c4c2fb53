// The mapping file of --mapping: how the columns of a table nobody knows become fields of the dictionary. Parsed and
// checked before any evidence is read; applied by the generic formats.
import { isIP } from 'node:net';
import { z } from 'zod';
import { TocsinError } from '../ground/errors.ts';
import { byText } from '../ground/ids.ts';
import { eventTables, type Field, type TableName } from '../vocabulary/dictionary.ts';
import type { FieldValue } from '../vocabulary/event.ts';
import { offsetMinutes } from '../vocabulary/instant.ts';
import type { Assumption, Outcome, ParseSettings } from './format.ts';
import { timeReader } from './mapping-time.ts';

const column = z.string().min(1).max(200);
const source = z.union(
  [
    column,
    z.strictObject({ value: z.union([z.string(), z.number()]) }),
    z.strictObject({
      column,
      /** Values of the evidence to values of the dictionary; others pass as they are. */
      map: z.record(z.string(), z.string()).optional(),
      multiply: z.number().positive().optional(),
      lower: z.boolean().optional(),
    }),
  ],
  {
    error:
      'give the name of a column, {"column": name} with map, multiply (above 0) or lower, or {"value": constant}',
  },
);
const schema = z.strictObject({
  table: z.enum(eventTables.map((table) => table.name) as [string, ...string[]]),
  format: z.enum(['csv', 'json']).optional(),
  delimiter: z.enum([',', ';', '\t', '|']).optional(),
  time: z.strictObject({
    column: z.union([column, z.array(column).min(1).max(3)]),
    format: z.string().min(1).max(64).default('iso'),
    zone: z
      .string()
      .regex(/^(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/, 'give an offset such as +02:00, or Z')
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
  for (const [name, entry] of Object.entries(parsed.data.fields)) {
    const field = known.get(name);
    const fault = field === undefined || typeof entry === 'string' ? null : faultOf(entry, field);
    if (fault !== null) throw fail(`key fields.${name}.${fault}`);
  }
  if (timeReader(parsed.data.time.format) === null)
    throw fail(
      'key time.format: give iso, unix_s, unix_ms, unix_us, or a pattern such as dd/MM/yyyy HH:mm:ss (hh with a for AM and PM)',
    );
  return { ...parsed.data, table: parsed.data.table as TableName };
}

/** What is wrong with a source whatever the evidence holds; null when nothing is. */
function faultOf(entry: Exclude<Source, string>, field: Field): string | null {
  const isText = field.type === 'IPv6' || field.type.includes('String');
  if ('column' in entry)
    return isText && entry.multiply !== undefined ? `multiply: ${field.name} is no number` : null;
  if (field.type === 'Array(String)') return null;
  const value = typed(textOf(entry.value), field, 1);
  return isFault(value) ? `value: ${value.reason}` : null;
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

/** Applies a mapping. The assumed zone of the settings is for times without one where the mapping names none. */
export function openMapping(
  mapping: Mapping,
  { assumedZoneMinutes, isZoneSet }: Pick<ParseSettings, 'assumedZoneMinutes' | 'isZoneSet'>,
): { readonly read: (cell: Cell) => Outcome; readonly assumptions: () => readonly Assumption[] } {
  const types = new Map(
    eventTables.find((table) => table.name === mapping.table)?.fields.map((field) => [field.name, field]),
  );
  const zone = mapping.time.zone === undefined ? assumedZoneMinutes : offsetMinutes(mapping.time.zone);
  const readTime = timeReader(mapping.time.format);
  let isAssumed = false;
  const read = (cell: Cell): Outcome => {
    const written = timeColumns(mapping)
      .map((name) => textOf(cell(name)))
      .join(' ');
    const read = readTime?.(written, zone) ?? null;
    if (read === null) return { reject: { code: 'bad-time', reason: 'the mapped time cannot be read' } };
    isAssumed ||= mapping.time.zone === undefined && !read.isZoneWritten;
    const fields: Record<string, FieldValue> = {};
    for (const [name, entry] of Object.entries(mapping.fields)) {
      const field = types.get(name);
      if (field === undefined) continue;
      const value = mappedValue(entry, cell, field);
      if (isFault(value)) return { reject: value };
      // A flow is between two addresses; in other tables a log may not know one.
      if (value === '' && field.type === 'IPv6' && mapping.table === 'network')
        return { reject: { code: 'bad-address', reason: `${name} is missing` } };
      fields[name] = value;
    }
    const sensor = mapping.sensor === undefined ? '' : textOf(cell(mapping.sensor));
    return { event: { table: mapping.table, time: read.time, ...(sensor === '' ? {} : { sensor }), fields } };
  };
  return { read, assumptions: () => (isAssumed && !isZoneSet ? [zoneAssumed] : []) };
}

const zoneAssumed: Assumption = {
  about: 'zone',
  value: '+00:00',
  text: 'Neither the file nor its mapping names a zone; times are taken as UTC. Set one in the mapping or with --assume-zone.',
};

type Source = Mapping['fields'][string];
type Fault = { readonly code: 'bad-address' | 'bad-number'; readonly reason: string };

function isFault(value: FieldValue | Fault): value is Fault {
  return typeof value === 'object' && value !== null && 'code' in value;
}

function mappedValue(entry: Source, cell: Cell, field: Field): FieldValue | Fault {
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
  if (!/^-?\d{1,20}(?:\.\d{1,20})?(?:e[+-]?\d{1,3})?$/i.test(text) || !Number.isFinite(number)) return fault;
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
