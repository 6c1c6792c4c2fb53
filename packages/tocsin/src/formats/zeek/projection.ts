// From a Zeek stream's mapping to the projection the engine runs. The two spellings differ only in how the text of
// a field is reached; this is told by `access`.
import type { CellReading, Projection } from '../format.ts';
import { type ColumnSource, fieldsOf, mappingOf, otherStream, type Reading } from './streams.ts';

export interface Spelling {
  /** CTE expressions the accessors stand on. */
  readonly with: Readonly<Record<string, string>>;
  /** SQL for the text of a field, '' when unset; null when the record cannot have it. */
  readonly text: (field: string) => string | null;
  /** SQL for a vector or set of text; null when the record cannot have it. */
  readonly list: (field: string) => string | null;
  /** Cheap condition of a whole record where a bad one could pass the strict columns; null when it cannot. */
  readonly shape: string | null;
  /** Condition that a line is a whole record of this spelling; never throws. */
  readonly isWhole: string;
  readonly notWhole: { readonly code: string; readonly reason: string };
  /** SQL for the sensor's name, '' when the record has none. */
  readonly sensor: string;
  /** How the same fields are reached where the engine takes the lines apart; null where it cannot. */
  readonly cells: Cells | null;
}

export interface Cells {
  /** How many cells a record has. */
  readonly count: number;
  /** Place of a field's cell, from 1; null when the record cannot have it. */
  readonly place: (field: string) => number | null;
  readonly text: (field: string) => string | null;
  readonly list: (field: string) => string | null;
}

const timeField = 'ts';

/** The projection of one stream; `where` tells its lines from those of other streams in the file. */
export function projectionOf(stream: string, spelling: Spelling, where: string | null): Projection {
  const mapping = mappingOf(stream);
  const sources = mapping?.columns ?? otherStream;
  const columns: Record<string, string> = { sensor: spelling.sensor, time: timeSql(spelling) };
  const rejects: { when: string; code: string; reason: string }[] = [
    { when: `NOT (${spelling.isWhole})`, ...spelling.notWhole },
    { when: `isNull(${timeOrNullSql(spelling)})`, code: 'bad-time', reason: 'field ts is no time' },
  ];
  for (const [column, source] of Object.entries(sources)) {
    const sql = columnSql(source, spelling);
    if (sql !== null) columns[column] = sql;
    const bad = rejectOf(source, spelling);
    if (bad !== null) rejects.push(bad);
  }
  if (mapping === undefined) {
    columns['stream'] = sqlText(stream);
    columns['raw'] = 'line';
  }
  return {
    table: mapping?.table ?? 'base_event',
    columns,
    with: spelling.with,
    where,
    shape: spelling.shape,
    rejects,
    // What is kept whole needs the line.
    cells:
      mapping === undefined || spelling.cells === null
        ? null
        : cellReading(sources, spelling.cells, spelling),
  };
}

/** The largest whole number up to which every whole number is a Float64. */
const exactBelow = '9007199254740992';
// An integer column of the engine takes an empty cell for 0 and drops the top of a number that is too long for it; a
// fraction takes neither.
const whole = (cell: string) => `ifNull(${cell} < ${exactBelow}, 1)`;

/** Readings the engine has a type for; the rest are expressions over a cell's text. */
const typed: Partial<
  Readonly<
    Record<
      Reading,
      {
        readonly type: string;
        readonly sql: (cell: string) => string;
        readonly sound?: (cell: string) => string;
      }
    >
  >
> = {
  address: { type: 'IPv6', sql: (cell) => cell },
  port: { type: 'Float64', sql: (cell) => `accurateCast(${cell}, 'UInt16')` },
  count: {
    type: 'Nullable(Float64)',
    sql: (cell) => `accurateCast(${cell}, 'Nullable(UInt64)')`,
    sound: whole,
  },
  'small-count': { type: 'Nullable(Float64)', sql: (cell) => `accurateCast(${cell}, 'Nullable(UInt16)')` },
  seconds: { type: 'Nullable(Float64)', sql: (cell) => cell },
};
const timeType = 'Decimal64(6)';

function cellReading(
  sources: Readonly<Record<string, ColumnSource>>,
  cells: Cells,
  spelling: Spelling,
): CellReading | null {
  const timeAt = cells.place(timeField);
  if (timeAt === null) return null;
  const asText = new Set<number>();
  const noted = (reach: (field: string) => string | null) => (field: string) => {
    asText.add(cells.place(field) ?? 0);
    return reach(field);
  };
  const over: Spelling = { ...spelling, text: noted(cells.text), list: noted(cells.list) };
  const direct = (source: ColumnSource) => {
    if (!('as' in source)) return null;
    const places = source.fields.map(cells.place).filter((place) => place !== null);
    const reading = typed[source.as];
    return reading === undefined || places.length !== 1 ? null : { place: places[0] ?? 0, reading };
  };
  const columns: Record<string, string> = { sensor: spelling.sensor };
  for (const [column, source] of Object.entries(sources)) {
    const sql = direct(source) === null ? columnSql(source, over) : null;
    if (sql !== null) columns[column] = sql;
  }
  if (asText.has(timeAt)) return null;
  const types = Array.from({ length: cells.count }, () => 'String');
  types[timeAt - 1] = timeType;
  columns['time'] = `toDateTime64(c${timeAt}, 6, 'UTC')`;
  // An empty cell reads as 0 too.
  const sound = [`c${timeAt} != 0`];
  for (const [column, source] of Object.entries(sources)) {
    const found = direct(source);
    if (found === null) continue;
    const { place, reading } = found;
    if (asText.has(place)) {
      const sql = columnSql(source, over);
      if (sql !== null) columns[column] = sql;
      continue;
    }
    // Two columns of one cell would have to agree on its type.
    if (types[place - 1] !== 'String' && types[place - 1] !== reading.type) return null;
    types[place - 1] = reading.type;
    columns[column] = reading.sql(`c${place}`);
    if (reading.sound !== undefined) sound.push(reading.sound(`c${place}`));
  }
  return { types, columns, sound };
}

/** Fields a stream of this name reads; for the accessors that must declare them beforehand. */
export function fieldsOfStream(stream: string): readonly string[] {
  return [...fieldsOf(mappingOf(stream)?.columns ?? otherStream), timeField];
}

/** Text as an SQL literal; only for names from Zeek headers, whose characters are restricted by the caller. */
export function sqlText(value: string): string {
  return `'${value.replace(/[^\w.:-]/g, '_')}'`;
}

const epoch = '^-?\\\\d{1,11}(\\\\.\\\\d+)?$';

/** Milliseconds since 1970 have thirteen digits and no point until 2286; a decimal of seconds would not hold them. */
const isMillis = (ts: string): string => `length(${ts}) = 13 AND match(${ts}, '^\\\\d{13}$')`;

function timeSql(spelling: Spelling): string {
  const ts = spelling.text(timeField) ?? "''";
  const millis = isMillis(ts);
  return (
    `if(position(${ts}, 'T') > 0, parseDateTime64BestEffort(${ts}, 6, 'UTC'), ` +
    `if(${millis}, fromUnixTimestamp64Milli(toInt64(if(${millis}, ${ts}, '0')), 'UTC'), ` +
    `toDateTime64(toDecimal64(if(${millis}, '0', ${ts}), 6), 6, 'UTC')))`
  );
}

function timeOrNullSql(spelling: Spelling): string {
  const ts = spelling.text(timeField) ?? "''";
  return (
    `if(position(${ts}, 'T') > 0, parseDateTime64BestEffortOrNull(${ts}, 6, 'UTC'), ` +
    `if(match(${ts}, '${epoch}') OR match(${ts}, '^\\\\d{13}$'), toDateTime64(0, 6, 'UTC'), NULL))`
  );
}

function firstText(fields: readonly string[], spelling: Spelling): string | null {
  const found = fields.map((field) => spelling.text(field)).filter((sql) => sql !== null);
  if (found.length === 0) return null;
  return found.reduceRight((rest, sql) => `if(${sql} != '', ${sql}, ${rest})`);
}

function columnSql(source: ColumnSource, spelling: Spelling): string | null {
  if ('constant' in source) return sqlText(source.constant);
  if ('sql' in source) {
    const sql = source.sql.replace(/\{([\w.]+)(:list)?\}/g, (_, field: string, isList: string | undefined) =>
      isList === undefined
        ? (spelling.text(field) ?? "''")
        : (spelling.list(field) ?? "CAST([], 'Array(String)')"),
    );
    return source.fields.some((field) => (spelling.text(field) ?? spelling.list(field)) !== null)
      ? sql
      : null;
  }
  if (source.as === 'list')
    return source.fields.map((field) => spelling.list(field)).find((sql) => sql !== null) ?? null;
  const value = firstText(source.fields, spelling);
  return value === null ? null : strict[source.as](value);
}

/** A whole number, also written 5.0 or 1e3 as JSON may have it; throws at anything else. */
function wholeNumber(sql: string, type: string): string {
  return `if(isNull(accurateCastOrNull(${sql}, '${type}')), accurateCast(toFloat64(${sql}), '${type}'), assumeNotNull(accurateCastOrNull(${sql}, '${type}')))`;
}

const isNoWholeNumber = (sql: string, type: string) =>
  `isNull(accurateCastOrNull(${sql}, '${type}')) AND isNull(accurateCastOrNull(toFloat64OrNull(${sql}), '${type}'))`;

/** Reading of a field's text that throws on a bad value: the quick way, taken while a block is sound. */
const strict: Readonly<Record<Reading, (sql: string) => string>> = {
  text: (sql) => sql,
  word: (sql) => `lower(${sql})`,
  address: (sql) => `toIPv6(if(${sql} = '', '::', ${sql}))`,
  port: (sql) => wholeNumber(`if(${sql} = '', '0', ${sql})`, 'UInt16'),
  count: (sql) => `if(${sql} = '', NULL, ${wholeNumber(sql, 'UInt64')})`,
  'small-count': (sql) => `if(${sql} = '', NULL, ${wholeNumber(sql, 'UInt16')})`,
  seconds: (sql) => `if(${sql} = '', NULL, toFloat64(${sql}))`,
  list: (sql) => sql,
  flag: (sql) => `if(${sql} = '', NULL, toUInt8(${sql} IN ('T', 'true')))`,
};

/** Condition under which the strict reading throws. */
const bad: Partial<
  Readonly<Record<Reading, { readonly when: (sql: string) => string; readonly code: string }>>
> = {
  address: { when: (sql) => `${sql} != '' AND isNull(toIPv6OrNull(${sql}))`, code: 'bad-address' },
  port: {
    when: (sql) => `${sql} != '' AND ${isNoWholeNumber(sql, 'UInt16')}`,
    code: 'bad-number',
  },
  count: {
    when: (sql) => `${sql} != '' AND ${isNoWholeNumber(sql, 'UInt64')}`,
    code: 'bad-number',
  },
  'small-count': {
    when: (sql) => `${sql} != '' AND ${isNoWholeNumber(sql, 'UInt16')}`,
    code: 'bad-number',
  },
  seconds: { when: (sql) => `${sql} != '' AND isNull(toFloat64OrNull(${sql}))`, code: 'bad-number' },
};

function rejectOf(
  source: ColumnSource,
  spelling: Spelling,
): { when: string; code: string; reason: string } | null {
  if (!('as' in source)) {
    if (!('sql' in source) || !source.sql.startsWith('toIPv6')) return null;
    const inner = columnSql({ ...source, sql: source.sql.replace(/^toIPv6\((.*)\)$/s, '$1') }, spelling);
    return inner === null
      ? null
      : {
          when: `isNull(toIPv6OrNull(${inner}))`,
          code: 'bad-address',
          reason: `field ${source.fields[0] ?? ''} is no address`,
        };
  }
  const rule = bad[source.as];
  const value = firstText(source.fields, spelling);
  if (rule === undefined || value === null) return null;
  const kind = rule.code === 'bad-address' ? 'address' : 'number in its range';
  return { when: rule.when(value), code: rule.code, reason: `field ${source.fields[0] ?? ''} is no ${kind}` };
}
