// The quickest reading of a Zeek stream: the engine's own reader takes the lines apart and reads each cell as its type;
// what no type says is an expression over a cell's text.
import type { CellReading } from '../format.ts';
import { columnSql } from './columns.ts';
import { type Spelling, timeField } from './spelling.ts';
import type { ColumnSource, Reading } from './streams.ts';

interface TypedReading {
  /** Type of a cell that is null when it is not set. */
  readonly type: string;
  /** Type of a cell that is the only one to hold the field, where another is quicker; then unset reads as `unset`. */
  readonly alone?: string;
  readonly unset?: string;
  readonly sql: (value: string) => string;
  readonly sound?: (cell: string) => string;
}

/** The largest whole number up to which every whole number is a Float64. */
const exactBelow = '9007199254740992';

/** Readings the engine has a type for. */
const typed: Partial<Readonly<Record<Reading, TypedReading>>> = {
  address: { type: 'Nullable(IPv6)', alone: 'IPv6', unset: "toIPv6('::')", sql: (value) => value },
  // An integer column of the engine takes an empty cell for 0 and drops the top of a number that is too long for it; a
  // fraction takes neither.
  port: {
    type: 'Nullable(Float64)',
    alone: 'Float64',
    unset: '0',
    sql: (value) => `accurateCast(${value}, 'UInt16')`,
  },
  count: {
    type: 'Nullable(Float64)',
    sql: (value) => `accurateCast(${value}, 'Nullable(UInt64)')`,
    sound: (cell) => `ifNull(${cell} < ${exactBelow}, 1)`,
  },
  'small-count': { type: 'Nullable(Float64)', sql: (value) => `accurateCast(${value}, 'Nullable(UInt16)')` },
  seconds: {
    type: 'Nullable(Float64)',
    sql: (value) => value,
    sound: (cell) => `ifNull(isFinite(${cell}), 1)`,
  },
};

/** The first of a field's cells that is set. */
function firstOf({ alone, unset }: TypedReading, cells: readonly string[]): string {
  if (cells.length === 1 && (alone !== undefined || unset === undefined)) return `${cells[0]}`;
  return `coalesce(${[...cells, ...(unset === undefined ? [] : [unset])].join(', ')})`;
}

const timeType = 'Decimal64(6)';
const quoted = (name: string) => `\`${name}\``;

/** The reading of a stream's columns; null when a cell would have to be of two types. */
export function quickReading(
  sources: Readonly<Record<string, ColumnSource>>,
  spelling: Spelling,
): CellReading | null {
  const { cells } = spelling;
  const timeCell = cells?.of(timeField)[0];
  if (cells === null || timeCell === undefined) return null;
  const asText = new Set<string>(cells.lists);
  const noted = (reach: (field: string) => string | null) => (field: string) => {
    for (const cell of cells.of(field)) asText.add(cell);
    return reach(field);
  };
  const overText: Spelling = { ...spelling, text: noted(cells.text), list: noted(cells.list) };
  const direct = (source: ColumnSource) => {
    const reading = 'as' in source ? typed[source.as] : undefined;
    const names = 'as' in source ? source.fields.flatMap(cells.of) : [];
    return reading === undefined || names.length === 0 ? null : { names, reading };
  };
  const columns: Record<string, string> = { sensor: cells.sensor };
  const byText = (column: string, source: ColumnSource) => {
    const sql = columnSql(source, overText);
    if (sql !== null) columns[column] = sql;
  };
  for (const [column, source] of Object.entries(sources)) if (direct(source) === null) byText(column, source);
  if (asText.has(timeCell)) return null;
  const types = new Map<string, string>([[timeCell, timeType]]);
  columns['time'] = `toDateTime64(${quoted(timeCell)}, 6, 'UTC')`;
  // A cell that is empty or not there reads as 0 too.
  const sound = [`${quoted(timeCell)} != 0`];
  for (const [column, source] of Object.entries(sources)) {
    const found = direct(source);
    if (found === null) continue;
    const { names, reading } = found;
    if (names.some((name) => asText.has(name))) {
      byText(column, source);
      continue;
    }
    const type = names.length === 1 ? (reading.alone ?? reading.type) : reading.type;
    if (names.some((name) => (types.get(name) ?? type) !== type)) return null;
    for (const name of names) types.set(name, type);
    columns[column] = reading.sql(firstOf(reading, names.map(quoted)));
    if (reading.sound !== undefined) sound.push(...names.map(quoted).map(reading.sound));
  }
  // A cell taken for text after all, by a column seen later than the one that gave it a type.
  if ([...types.keys()].some((name) => asText.has(name))) return null;
  const typeOf = (name: string) =>
    types.get(name) ?? (cells.lists.includes(name) ? 'Array(String)' : 'String');
  return {
    cells: { format: cells.format, columns: cells.names.map((name) => ({ name, type: typeOf(name) })) },
    columns,
    where: cells.where,
    sound,
  };
}
