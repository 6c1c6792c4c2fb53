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
  /** SHA-256 of the list of leaves. */
  readonly leaves_sha256: string;
  /** Root of the RFC 6962 tree over the leaves, 64 hex digits. */
  readonly root: string;
  /** By column, in the order of their names: the secret its salts come from, 64 hex digits; null where it is withheld. */
  readonly secrets: Readonly<Record<string, string | null>>;
  /** Columns of pseudonyms, with the withheld column whose values they stand for. */
  readonly stands_for: Readonly<Record<string, string>>;
  /** SHA-256 of the list of withheld cells' commitments; null where every column is disclosed. */
  readonly withheld_sha256: string | null;
}

export const digestPattern = /^[0-9a-f]{64}$/;

const schemaKeys = 'columns,leaves_sha256,root,rows,secrets,sha256,stands_for,table,withheld_sha256';
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
  const { root, withheld_sha256 } = fields;
  if (typeof root !== 'string' || !digestPattern.test(root)) return 'root is no digest';
  if (
    withheld_sha256 !== null &&
    (typeof withheld_sha256 !== 'string' || !digestPattern.test(withheld_sha256))
  )
    return 'withheld_sha256 is no digest';
  const read = readColumns(columns);
  if (typeof read === 'string') return read;
  const names = read.map(({ name }) => name);
  const secrets = readSecrets(fields.secrets, names);
  if (secrets === null) return 'secrets does not have each column with a secret or null';
  const isWithheld = (name: string) => secrets[name] === null;
  if (names.some(isWithheld) !== (withheld_sha256 !== null))
    return 'withheld_sha256 does not fit the secrets';
  const standsFor: Record<string, string> = {};
  for (const [name, column] of Object.entries(fieldsOf(fields.stands_for) ?? { none: null })) {
    if (typeof column !== 'string' || !names.includes(name) || isWithheld(name) || !isWithheld(column))
      return 'stands_for does not name disclosed columns for withheld ones';
    standsFor[name] = column;
  }
  return {
    table,
    rows,
    sha256,
    leaves_sha256,
    columns: read,
    root,
    secrets,
    stands_for: standsFor,
    withheld_sha256,
  };
}

function readSecrets(value: unknown, names: readonly string[]): Record<string, string | null> | null {
  const fields = fieldsOf(value);
  if (!fields || Object.keys(fields).length !== names.length) return null;
  const secrets: Record<string, string | null> = {};
  for (const name of names) {
    const secret = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (secret !== null && (typeof secret !== 'string' || !digestPattern.test(secret))) return null;
    secrets[name] = secret;
  }
  return secrets;
}

/** The columns whose cells the rows hold: all but those that are withheld. */
export function disclosedColumns({
  columns,
  secrets,
}: Pick<TableSchema, 'columns' | 'secrets'>): readonly Column[] {
  return columns.filter(({ name }) => secrets[name] !== null);
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
