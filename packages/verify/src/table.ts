// Checks one table of a bundle in one pass over its rows, and computes the figures on it while it passes. Takes the
// files and the table's schema; gives problems that name rows, and feeds the accumulators. Memory does not grow with rows.

import { RowCommitter, RunningRoot } from './commitment.ts';
import type { Accumulator } from './evaluate.ts';
import { TooManyCellsError } from './evaluate.ts';
import type { BundleFiles } from './files.ts';
import { type LeafAt, Leaves, type RowFinding } from './leaves.ts';
import { LineReader, LongLineError } from './lines.ts';
import { ContainerError, type Problem } from './problem.ts';
import { disclosedColumns, RowForm, type TableSchema } from './schema.ts';
import { newDigest } from './sha256.ts';
import { decodeHex, encodeHex } from './sign/encoding.ts';

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
export const withheldPath = (table: string): string => `data/tables/${table}.withheld`;
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

interface WithheldReader {
  readonly reader: LineReader;
  readonly digest: ReturnType<typeof newDigest>;
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
  readonly #committer: RowCommitter;
  readonly #root = new RunningRoot();
  #unnamed = 0;

  constructor(files: BundleFiles, schema: TableSchema, accumulators: ReadonlyMap<string, Accumulator>) {
    this.#files = files;
    this.#schema = schema;
    this.#form = new RowForm(disclosedColumns(schema));
    this.#committer = new RowCommitter(schema);
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
    // Where rows and list are both as the schema says and do not lead to its root, the schema itself was changed.
    const isSchemas =
      areRowsIntact &&
      leavesDigest === this.#schema.leaves_sha256 &&
      encodeHex(this.#root.root()) !== this.#schema.root;
    for (const { code, row } of isSchemas ? [] : findings) {
      // The rows are as the schema commits to them, so it is the list that was changed.
      this.problems.push({ code: areRowsIntact ? 'leaf-digest' : code, table, row });
    }
    const more = (isSchemas ? 0 : unnamed) + this.#unnamed;
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
    if (this.isReadable && encodeHex(this.#root.root()) !== this.#schema.root)
      this.problems.push({ code: 'table-root', table });
  }

  async #rowsOf(table: string, leaves: Leaves): Promise<void> {
    const path = rowsPath(table);
    const digest = newDigest();
    const reader = new LineReader(this.#files.open(path), longestRowBytes, (chunk) => digest.update(chunk));
    const withheld = this.#withheldReader(table);
    while (true) {
      // A promise a row would cost more than the row: waited for only at the end of a chunk.
      const next = reader.next();
      const line = next instanceof Promise ? await next : next;
      if (line === null) break;
      const hidden = withheld?.reader.next() ?? null;
      const commitments = hidden instanceof Promise ? await hidden : hidden;
      const step = leaves.row(this.#row(line, commitments));
      if (step instanceof Promise) await step;
    }
    if (withheld !== null) await this.#endWithheld(table, withheld);
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

  #withheldReader(table: string): WithheldReader | null {
    if (this.#schema.withheld_sha256 === null) return null;
    const path = withheldPath(table);
    if (!this.#files.names.includes(path)) throw new ContainerError('not-a-bundle', path);
    const digest = newDigest();
    return {
      digest,
      reader: new LineReader(this.#files.open(path), longestRowBytes, (chunk) => digest.update(chunk)),
    };
  }

  async #endWithheld(table: string, { reader, digest }: WithheldReader): Promise<void> {
    let more = 0;
    while ((await reader.next()) !== null) more += 1;
    const found = digest.hex();
    this.digests.set(withheldPath(table), found);
    if (more > 0 || found !== this.#schema.withheld_sha256)
      this.problems.push({ code: 'withheld-digest', table });
  }

  /** Reads a row, feeds the figures, and tells its leaf in hex; of a row that cannot be read, what is no leaf. */
  #row(line: Uint8Array, withheld: Uint8Array | null): LeafAt {
    const at = this.rows;
    this.rows += 1;
    const { table } = this.#schema;
    const text = decoded(line);
    const reading = text === null ? { column: null } : this.#form.read(text);
    const commitments = this.#commitments(withheld);
    if ('column' in reading || commitments === null) {
      this.isReadable = false;
      const column = 'column' in reading ? reading.column : null;
      this.#name({ code: 'row-form', table, row: this.rows, column });
      return () => '';
    }
    const { row } = reading;
    for (const [figure, accumulator] of this.#accumulators) {
      try {
        accumulator.add(row);
      } catch (error) {
        if (!(error instanceof TooManyCellsError)) throw error;
        this.#accumulators.delete(figure);
        this.overflowed.add(figure);
      }
    }
    const leaf = this.#committer.leaf(at, row, commitments);
    this.#root.add(leaf);
    const own = encodeHex(leaf);
    return (index) => (index === at ? own : encodeHex(this.#committer.leaf(index, row, commitments)));
  }

  /** The commitments of a row's withheld cells; null when the line is none. */
  #commitments(line: Uint8Array | null): readonly Uint8Array[] | null {
    const wanted = this.#committer.withheld;
    if (wanted === 0) return [];
    const text = line === null ? null : decoded(line);
    const bytes = text === null ? null : decodeHex(text);
    if (bytes === null || bytes.length !== wanted * 32) return null;
    return Array.from({ length: wanted }, (_, at) => bytes.subarray(at * 32, at * 32 + 32));
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
