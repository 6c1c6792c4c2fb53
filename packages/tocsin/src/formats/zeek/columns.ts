// From a column's source in a Zeek record to SQL over the record's text: the strict reading, and when it would throw.
import type { Spelling } from './spelling.ts';
import type { ColumnSource, Reading } from './streams.ts';

/** Text as an SQL literal; only for names from Zeek headers, whose characters are restricted by the caller. */
export function sqlText(value: string): string {
  return `'${value.replace(/[^\w.:-]/g, '_')}'`;
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

/** When a column's strict reading throws; null when it never does. */
export function rejectOf(
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
