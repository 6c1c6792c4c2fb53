// Holds a table's rows against the committed list of leaves, both read once and in step. Takes the leaf of each row in
// order, tells which row was changed, added or left out. Looks one row and one leaf ahead, no further.
import type { BundleFiles } from './files.ts';
import { LineReader } from './lines.ts';
import { newDigest } from './sha256.ts';

export type RowFinding = {
  readonly code: 'row-digest' | 'row-extra' | 'row-missing';
  /** Counts rows from 1; for `row-missing` it counts in the commitment. */
  readonly row: number;
};

/** The leaf a row would have at a place of the commitment, counted from 0: a leaf holds its place. */
export type LeafAt = (index: number) => string;

/** The walk over both lists: `row` for every row, then `end`. */
export class Leaves {
  readonly #reader: LineReader;
  readonly #digest = newDigest();
  readonly #found: (finding: RowFinding) => void;
  readonly #ahead: (Uint8Array | null)[] = [];
  #rows = 0;
  #taken = 0;
  /** The row before, when it matched no digest: changed, or added if the next row matches in its place. */
  #isPending = false;
  /** What stopped the reading of the list, or null. */
  error: unknown = null;

  constructor(files: BundleFiles, path: string, found: (finding: RowFinding) => void) {
    const stream = files.names.includes(path) ? files.open(path) : noBytes();
    this.#reader = new LineReader(stream, 1024, (chunk) => this.#digest.update(chunk));
    this.#found = found;
  }

  /** Takes the next row. Answers without a promise where it is the one due and already read. */
  row(leafAt: LeafAt): void | Promise<void> {
    if (this.#isPending || this.#ahead.length > 0) return this.#walk(leafAt);
    const due = this.#reader.next();
    if (due instanceof Promise) return this.#walkFrom(due, leafAt);
    if (!isDigest(due, leafAt(this.#taken))) return this.#walkFrom(due, leafAt);
    this.#rows += 1;
    this.#taken += 1;
  }

  async #walkFrom(due: Uint8Array | null | Promise<Uint8Array | null>, leafAt: LeafAt): Promise<void> {
    try {
      this.#ahead.push(await due);
    } catch (error) {
      this.error = error;
    }
    await this.#walk(leafAt);
  }

  async #walk(leafAt: LeafAt): Promise<void> {
    const row = this.#rows + 1;
    if (this.#isPending && isDigest(await this.#peek(0), leafAt(this.#taken))) {
      this.#isPending = false;
      this.#found({ code: 'row-extra', row: this.#rows });
    }
    await this.#settle();
    this.#rows = row;
    if (isDigest(await this.#peek(0), leafAt(this.#taken))) {
      this.#take();
    } else if (isDigest(await this.#peek(1), leafAt(this.#taken + 1))) {
      this.#take();
      this.#found({ code: 'row-missing', row: this.#taken });
      this.#take();
    } else {
      this.#isPending = true;
    }
  }

  /** Ends the walk; the SHA-256 of the list, or null when it could not be read. */
  async end(): Promise<string | null> {
    await this.#settle();
    while ((await this.#peek(0)) !== null) {
      this.#take();
      this.#found({ code: 'row-missing', row: this.#taken });
    }
    return this.error === null ? this.#digest.hex() : null;
  }

  /** A pending row that nothing explained: changed, or added when the list has ended. */
  async #settle(): Promise<void> {
    if (!this.#isPending) return;
    this.#isPending = false;
    if ((await this.#peek(0)) === null) {
      this.#found({ code: 'row-extra', row: this.#rows });
      return;
    }
    this.#take();
    this.#found({ code: 'row-digest', row: this.#rows });
  }

  #take(): void {
    this.#ahead.shift();
    this.#taken += 1;
  }

  async #peek(index: number): Promise<Uint8Array | null> {
    while (this.#ahead.length <= index) {
      if (this.#ahead.at(-1) === null || this.error !== null) return null;
      try {
        this.#ahead.push(await this.#reader.next());
      } catch (error) {
        this.error = error;
      }
    }
    return this.#ahead[index] ?? null;
  }
}

function isDigest(line: Uint8Array | null, digest: string): boolean {
  if (line === null || line.length !== digest.length) return false;
  for (let at = 0; at < line.length; at += 1) if (line[at] !== digest.charCodeAt(at)) return false;
  return true;
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}
