// From a Zeek stream's mapping to the projection the engine runs. The two spellings differ only in how the text of
// a field is reached; this is told by `access`.
import type { Projection } from '../format.ts';
import { type Cells, quickReading } from './cells.ts';
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

export const timeField = 'ts';

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
    quick: mapping === undefined || spelling.cells === null ? null : quickReading(sources, spelling),
  };
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

/** The SQL of a column; null when the record cannot have it. */
export function columnSql(source: ColumnSource, spelling: Spelling): string | null {
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
