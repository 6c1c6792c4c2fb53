// A table of a bundle: its schema file, and the one way a row is written as a line. Takes parsed JSON, gives the schema
// or what is wrong; takes a row, gives its line. The writer of bundles uses the same functions.
import { type Column, columnTypes, isCell, namePattern } from './column.ts';
import type { Cell, Row } from './definition.ts';

export interface TableSchema {
  readonly table: string;
  readonly columns: readonly Column[];
  readonly rows: number;
  /** SHA-256 of the rows' file. */
  readonly sha256: string;
  /** SHA-256 of the list of row digests. */
  readonly leaves_sha256: string;
}

export const digestPattern = /^[0-9a-f]{64}$/;

const schemaKeys = 'columns,leaves_sha256,rows,sha256,table';
const maximumColumns = 256;

/** Reads a schema; a sentence when it is none. */
export function readSchema(value: unknown): TableSchema | string {
  const fields = fieldsOf(value);
  if (!fields || Object.keys(fields).sort().join() !== schemaKeys) return `the keys are not ${schemaKeys}`;
  const { table, rows, sha256, leaves_sha256, columns } = fields;
  if (typeof table !== 'string' || !namePattern.test(table)) return 'the table has no name';
  if (typeof rows !== 'number' || !Number.isSafeInteger(rows) || rows < 0) return 'rows is no count';
  if (typeof sha256 !== 'string' || !digestPattern.test(sha256)) return 'sha256 is no digest';
  if (typeof leaves_sha256 !== 'string' || !digestPattern.test(leaves_sha256))
    return 'leaves_sha256 is no digest';
  const read = readColumns(columns);
  return typeof read === 'string' ? read : { table, rows, sha256, leaves_sha256, columns: read };
}

/** Reads the columns of a schema; a sentence when they are none. */
export function readColumns(value: unknown): readonly Column[] | string {
  if (!Array.isArray(value) || value.length === 0 || value.length > maximumColumns) {
    return `there are not 1 to ${maximumColumns} columns`;
  }
  const columns: Column[] = [];
  const names = new Set<string>();
  for (const item of value) {
    const { name, type, unit, meaning, ...rest } = fieldsOf(item) ?? {};
    const known = columnTypes.find((word) => word === type);
    if (typeof name !== 'string' || !namePattern.test(name) || names.has(name))
      return 'a column has no name of its own';
    if (known === undefined || typeof meaning !== 'string') return `column ${name} has no type or meaning`;
    if ((unit !== undefined && typeof unit !== 'string') || Object.keys(rest).length > 0) {
      return `column ${name} has keys that are none`;
    }
    names.add(name);
    columns.push({ name, type: known, ...(unit === undefined ? {} : { unit }), meaning });
  }
  return columns;
}

/** The fields of a JSON object, or null. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return isRecord(value) ? value : null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export type RowReading = { readonly row: Row } | { readonly column: string | null };

/** A table's rows as lines: JSON with the columns in the schema's order, no spaces, nothing left out. */
export class RowForm {
  readonly #columns: readonly {
    readonly name: string;
    readonly type: Column['type'];
    readonly key: string;
  }[];

  constructor(columns: readonly Column[]) {
    this.#columns = columns.map(({ name, type }, at) => ({
      name,
      type,
      key: `${at === 0 ? '{' : ','}"${name}":`,
    }));
  }

  /** The line of a row, without its newline. */
  line(row: Row): string {
    let line = '';
    for (const { name, key } of this.#columns) line += key + cellJson(row[name] ?? null);
    return `${line}}`;
  }

  /** The name of the first column whose cell does not conform, or null. */
  misfit(row: Readonly<Record<string, unknown>>): string | null {
    for (const { name, type } of this.#columns) {
      const cell = row[name];
      if (cell === undefined || !isCell(cell, type)) return name;
    }
    return null;
  }

  /** The row of a line; the column that does not conform, or null when the line as a whole does not. */
  read(line: string): RowReading {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      // Not JSON: the line as a whole is no row, which is what the caller reports.
      return { column: null };
    }
    const fields = fieldsOf(value);
    if (!fields) return { column: null };
    const column = this.misfit(fields);
    if (column !== null) return { column };
    // Every cell was checked to be a Cell; other keys, spaces and orders show in the comparison.
    const row = fields as Row;
    return this.line(row) === line ? { row } : { column: null };
  }
}

function cellJson(cell: Cell): string {
  return typeof cell === 'number' ? String(cell) : JSON.stringify(cell);
}
