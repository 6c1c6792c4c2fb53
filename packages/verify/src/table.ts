// Checks one table of a bundle in one pass over its rows, and computes the figures on it while it passes. Takes the
// files and the table's schema; gives problems that name rows, and feeds the accumulators. Memory does not grow with rows.
import type { Accumulator } from './evaluate.ts';
import { TooManyCellsError } from './evaluate.ts';
import type { BundleFiles } from './files.ts';
import { Leaves, type RowFinding } from './leaves.ts';
import { LineReader, LongLineError } from './lines.ts';
import { ContainerError, type Problem } from './problem.ts';
import { RowForm, type TableSchema } from './schema.ts';
import { newDigest, sha256 } from './sha256.ts';

const longestRowBytes = 16 * 2 ** 20;
/** Rows named of one table; the rest is counted. */
const namedRows = 100;

export interface TableCheck {
  readonly rows: number;
  readonly problems: readonly Problem[];
  /** True when every row could be read, so that figures on the table mean something. */
  readonly isReadable: boolean;
  /** Digests of the files read, by path; a file cut short has none. */
  readonly digests: ReadonlyMap<string, string>;
  /** Figures that ran out of memory, by id. */
  readonly overflowed: ReadonlySet<string>;
}

export const rowsPath = (table: string): string => `data/tables/${table}.ndjson`;
export const leavesPath = (table: string): string => `data/tables/${table}.leaves`;
export const schemaPath = (table: string): string => `data/tables/${table}.schema.json`;

/** Checks a table and feeds every row to the accumulators. */
export async function checkTable(
  files: BundleFiles,
  schema: TableSchema,
  accumulators: ReadonlyMap<string, Accumulator>,
): Promise<TableCheck> {
  const pass = new TablePass(files, schema, accumulators);
  await pass.run();
  return pass;
}

class TablePass implements TableCheck {
  rows = 0;
  isReadable = true;
  readonly problems: Problem[] = [];
  readonly digests = new Map<string, string>();
  readonly overflowed = new Set<string>();
  readonly #files: BundleFiles;
  readonly #schema: TableSchema;
  readonly #form: RowForm;
  readonly #accumulators: Map<string, Accumulator>;
  #unnamed = 0;

  constructor(files: BundleFiles, schema: TableSchema, accumulators: ReadonlyMap<string, Accumulator>) {
    this.#files = files;
    this.#schema = schema;
    this.#form = new RowForm(schema.columns);
    this.#accumulators = new Map(accumulators);
  }

  async run(): Promise<void> {
    const { table } = this.#schema;
    const findings: RowFinding[] = [];
    let unnamed = 0;
    const leaves = new Leaves(this.#files, leavesPath(table), (finding) => {
      if (findings.length < namedRows) findings.push(finding);
      else unnamed += 1;
    });
    let isWhole = true;
    try {
      await this.#rowsOf(table, leaves);
    } catch (error) {
      isWhole = false;
      this.isReadable = false;
      this.#unreadable(rowsPath(table), error);
    }
    // Where the rows were cut short, what the list still holds says nothing more.
    const leavesDigest = isWhole ? await leaves.end() : null;
    if (leaves.error !== null) this.#unreadable(leavesPath(table), leaves.error);
    if (leavesDigest !== null) this.digests.set(leavesPath(table), leavesDigest);
    const areRowsIntact = this.digests.get(rowsPath(table)) === this.#schema.sha256;
    for (const { code, row } of findings) {
      // The rows are as the schema commits to them, so it is the list that was changed.
      this.problems.push({ code: areRowsIntact ? 'leaf-digest' : code, table, row });
    }
    const more = unnamed + this.#unnamed;
    if (more > 0) this.problems.push({ code: 'row-more', table, count: more });
    if (isWhole) this.#whole(areRowsIntact);
  }

  #whole(areRowsIntact: boolean): void {
    const { table, rows, leaves_sha256: expected } = this.#schema;
    if (this.rows !== rows)
      this.problems.push({ code: 'row-count', table, expected: rows, found: this.rows });
    if (!areRowsIntact) this.problems.push({ code: 'table-digest', table });
    const found = this.digests.get(leavesPath(table));
    if (found !== undefined && found !== expected) this.problems.push({ code: 'leaves-digest', table });
  }

  async #rowsOf(table: string, leaves: Leaves): Promise<void> {
    const path = rowsPath(table);
    const digest = newDigest();
    const reader = new LineReader(this.#files.open(path), longestRowBytes, (chunk) => digest.update(chunk));
    while (true) {
      // A promise a row would cost more than the row: waited for only at the end of a chunk.
      const next = reader.next();
      const line = next instanceof Promise ? await next : next;
      if (line === null) break;
      const step = leaves.row(sha256(line));
      if (step instanceof Promise) await step;
      this.#row(line);
    }
    this.digests.set(path, digest.hex());
    if (!reader.isEnded) {
      this.problems.push({
        code: 'file-form',
        file: path,
        line: this.rows,
        detail: 'the last line has no end',
      });
    }
  }

  #row(line: Uint8Array): void {
    this.rows += 1;
    const { table } = this.#schema;
    const text = decoded(line);
    const reading = text === null ? { column: null } : this.#form.read(text);
    if ('column' in reading) {
      this.isReadable = false;
      this.#name({ code: 'row-form', table, row: this.rows, column: reading.column });
      return;
    }
    for (const [figure, accumulator] of this.#accumulators) {
      try {
        accumulator.add(reading.row);
      } catch (error) {
        if (!(error instanceof TooManyCellsError)) throw error;
        this.#accumulators.delete(figure);
        this.overflowed.add(figure);
      }
    }
  }

  #name(problem: Problem): void {
    if (this.problems.length < namedRows) this.problems.push(problem);
    else this.#unnamed += 1;
  }

  #unreadable(file: string, error: unknown): void {
    if (error instanceof ContainerError) this.problems.push(error.problem);
    else if (error instanceof LongLineError)
      this.problems.push({ code: 'file-unreadable', file, detail: error.message });
    else throw error;
  }
}

const strictText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decoded(line: Uint8Array): string | null {
  try {
    return strictText.decode(line);
  } catch {
    // Not UTF-8: reported by the caller as a row that does not conform.
    return null;
  }
}
