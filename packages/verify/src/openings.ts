// The publisher's answer to a challenge: cells and salts of the rows picked, and of no other. Takes the files and the bytes
// of the answer; says whether the cells are those committed to, and whether each pseudonym stands for one value.
import { challengeOf } from './challenge.ts';
import { isCell } from './column.ts';
import { CellCommitter, saltBytes, secretBytes } from './commitment.ts';
import type { Cell } from './definition.ts';
import { type BundleFiles, wholeFile } from './files.ts';
import { LineReader, LongLineError } from './lines.ts';
import { commitmentsPath } from './manifest.ts';
import { ContainerError } from './problem.ts';
import { fieldsOf, type TableSchema } from './schema.ts';
import { sha256 } from './sha256.ts';
import { decodeHex, decodeText, equalBytes } from './sign/encoding.ts';
import { rowsPath, withheldPath } from './table.ts';
import { canonicalJson, parseJson } from './text.ts';

export const openingsFormat = 'tocsin-openings/1';
const mostBytes = 64 * 2 ** 20;
const longestLineBytes = 16 * 2 ** 20;

export interface OpenedCell {
  readonly cell: Cell;
  /** 32 hex digits. */
  readonly salt: string;
}

export interface OpenedRow {
  readonly table: string;
  /** Counted from 1. */
  readonly row: number;
  /** The withheld cells, by column. */
  readonly cells: Readonly<Record<string, OpenedCell>>;
}

export interface Openings {
  readonly format: typeof openingsFormat;
  /** SHA-256 of data/commitments.json of the publication. */
  readonly commitments_sha256: string;
  /** How many rows the challenge asked for. */
  readonly rows: number;
  readonly openings: readonly OpenedRow[];
}

export interface OpeningsCheck {
  /** What is wrong, in words; null when all holds. */
  readonly problem: string | null;
  /** Rows that were opened and hold, by table. */
  readonly opened: ReadonlyMap<string, number>;
  readonly cells: number;
  /** Different pseudonyms among them. */
  readonly pseudonyms: number;
  /** Rows of all tables with withheld columns. */
  readonly of: number;
}

/** Openings as the one line of a file. */
export function formatOpenings(openings: Openings): string {
  return `${canonicalJson(openings)}\n`;
}

function wrong(problem: string, of = 0): OpeningsCheck {
  return { problem, opened: new Map(), cells: 0, pseudonyms: 0, of };
}

/** Checks openings against a publication. Never throws for what either holds. */
export async function checkOpenings(files: BundleFiles, bytes: Uint8Array): Promise<OpeningsCheck> {
  try {
    return await check(files, bytes);
  } catch (error) {
    if (error instanceof ContainerError || error instanceof LongLineError)
      return wrong('the publication cannot be read');
    throw error;
  }
}

async function check(files: BundleFiles, bytes: Uint8Array): Promise<OpeningsCheck> {
  const openings = readOpenings(bytes);
  if (typeof openings === 'string') return wrong(openings);
  if (!files.names.includes(commitmentsPath)) return wrong('the publication has no commitments');
  if (sha256(await wholeFile(files, commitmentsPath, mostBytes)) !== openings.commitments_sha256)
    return wrong('these openings are of another publication');
  const challenge = await challengeOf(files, openings.rows);
  if (typeof challenge === 'string') return wrong(challenge);
  const given = openings.openings.map(({ table, row }) => `${table} ${row}`);
  const wanted = challenge.rows.map(({ table, row }) => `${table} ${row}`);
  const present = new Set(given);
  const missing = wanted.find((one) => !present.has(one));
  if (missing !== undefined)
    return wrong(`row ${rowText(missing)} was picked and is not opened`, challenge.of);
  if (given.join() !== wanted.join())
    return wrong('other rows are opened than those picked, or in another order', challenge.of);
  const seen = new Pseudonyms();
  const opened = new Map<string, number>();
  let cells = 0;
  for (const schema of challenge.tables) {
    const rows = openings.openings.filter(({ table }) => table === schema.table);
    if (rows.length === 0) continue;
    const numbers = new Set(rows.map(({ row }) => row));
    const shown = await linesAt(files, rowsPath(schema.table), numbers);
    const committed = await linesAt(files, withheldPath(schema.table), numbers);
    for (const row of rows) {
      const problem =
        cellProblem(schema, row, committed.get(row.row)) ?? seen.problem(schema, row, shown.get(row.row));
      if (problem !== null) return wrong(`table ${schema.table}, row ${row.row}: ${problem}`, challenge.of);
      cells += Object.keys(row.cells).length;
    }
    opened.set(schema.table, rows.length);
  }
  return { problem: null, opened, cells, pseudonyms: seen.count(), of: challenge.of };
}

function rowText(key: string): string {
  const [table, row] = key.split(' ');
  return `${row} of table ${table}`;
}

/** Reads openings; a sentence when they are none. */
function readOpenings(bytes: Uint8Array): Openings | string {
  const text = bytes.length > mostBytes ? null : decodeText(bytes);
  let value: unknown;
  try {
    value = parseJson(text ?? '');
  } catch {
    return 'the openings are no JSON';
  }
  const fields = fieldsOf(value);
  if (fields?.format !== openingsFormat) return `the openings are not of the format ${openingsFormat}`;
  const { commitments_sha256, rows, openings } = fields;
  if (typeof commitments_sha256 !== 'string' || typeof rows !== 'number' || !Array.isArray(openings))
    return 'the openings lack a part';
  const read: OpenedRow[] = [];
  for (const [at, item] of openings.entries()) {
    const row = readRow(item);
    if (row === null) return `opening ${at + 1} is none`;
    read.push(row);
  }
  return { format: openingsFormat, commitments_sha256, rows, openings: read };
}

function readRow(value: unknown): OpenedRow | null {
  const { table, row, cells } = fieldsOf(value) ?? {};
  const fields = fieldsOf(cells);
  if (typeof table !== 'string' || typeof row !== 'number' || fields === null) return null;
  const read: [string, OpenedCell][] = [];
  for (const [column, item] of Object.entries(fields)) {
    const { cell, salt } = fieldsOf(item) ?? {};
    if (!isCell(cell, 'text') && !isCell(cell, 'integer') && !isCell(cell, 'texts')) return null;
    if (typeof salt !== 'string') return null;
    read.push([column, { cell, salt }]);
  }
  return { table, row, cells: Object.fromEntries(read) };
}

/** What is wrong with the cells of a row, held against the line of its commitments; null when nothing is. */
function cellProblem(
  schema: TableSchema,
  { row, cells }: OpenedRow,
  line: string | undefined,
): string | null {
  const hidden = schema.columns.filter(({ name }) => schema.secrets[name] === null);
  if (Object.keys(cells).length !== hidden.length) return 'not every withheld cell of it is opened';
  const commitments = decodeHex(line ?? '');
  if (commitments?.length !== hidden.length * secretBytes) return 'there are no commitments of it';
  for (const [at, { name, type }] of hidden.entries()) {
    const opened = Object.hasOwn(cells, name) ? cells[name] : undefined;
    const salt = decodeHex(opened?.salt ?? '');
    if (opened === undefined || salt?.length !== saltBytes) return `the cell of column ${name} is not opened`;
    if (!isCell(opened.cell, type)) return `the cell of column ${name} is none of its type`;
    const commitment = new CellCommitter(schema.table, name).commit(row - 1, salt, opened.cell);
    if (!equalBytes(commitment, commitments.subarray(at * secretBytes, (at + 1) * secretBytes)))
      return `the cell of column ${name} is not the one committed to`;
  }
  return null;
}

/** Which value each pseudonym stood for so far, and the other way round, over the whole publication. */
class Pseudonyms {
  readonly #values = new Map<string, string>();
  readonly #shown = new Map<string, string>();

  count(): number {
    return this.#values.size;
  }

  /** What does not fit the rows before; null when all does. */
  problem(schema: TableSchema, { cells }: OpenedRow, line: string | undefined): string | null {
    const row = rowOf(line);
    if (row === null) return 'the row itself cannot be read';
    for (const [column, hidden] of Object.entries(schema.stands_for)) {
      const value = cells[hidden]?.cell;
      const shown = row[column];
      // Nothing shown stands for nothing: it is withheld without a pseudonym.
      if (typeof value !== 'string' || typeof shown !== 'string' || shown === '') continue;
      // Logs write one name in several ways.
      const folded = value.toLowerCase();
      if ((this.#shown.get(folded) ?? shown) !== shown)
        return `in column ${column} one value has two pseudonyms`;
      if ((this.#values.get(shown) ?? folded) !== folded)
        return `in column ${column} one pseudonym stands for two values`;
      this.#shown.set(folded, shown);
      this.#values.set(shown, folded);
    }
    return null;
  }
}

function rowOf(line: string | undefined): Readonly<Record<string, unknown>> | null {
  try {
    return fieldsOf(parseJson(line ?? ''));
  } catch {
    // The check of the table names the row.
    return null;
  }
}

/** Lines of a file by their number from 1, only those asked for. */
async function linesAt(
  files: BundleFiles,
  path: string,
  numbers: ReadonlySet<number>,
): Promise<ReadonlyMap<number, string>> {
  const lines = new Map<number, string>();
  if (!files.names.includes(path)) return lines;
  const reader = new LineReader(files.open(path), longestLineBytes);
  for (let number = 1; ; number += 1) {
    const line = await reader.next();
    if (line === null) return lines;
    if (numbers.has(number)) lines.set(number, new TextDecoder().decode(line));
  }
}
