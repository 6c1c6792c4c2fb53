// Commitments of a table's rows: each cell under a salt of its own, a leaf over the cells of a row, an RFC 6962 tree over
// the rows. A disclosed column discloses the secret its salts come from; of a withheld one only the commitments are shown,
// which tell nothing of a value that can be guessed. See docs/bundle.md, "Commitments".
import type { Cell, Row } from './definition.ts';
import { hashBytes, hmacBytes } from './hash.ts';
import { leafHash, nodeHash, rootOfNothing } from './merkle.ts';
import type { TableSchema } from './schema.ts';
import { decodeHex } from './sign/encoding.ts';

/** Bytes of a salt, of a secret and of a commitment. */
export const saltBytes = 16;
export const secretBytes = 32;

const encoder = new TextEncoder();
const nul = '\u0000';

/** The secret of one column of one table, from the secret of a publication. */
export function columnSecret(secret: Uint8Array, table: string, column: string): Uint8Array {
  return hmacBytes(secret, encoder.encode(['tocsin-column-2', table, column].join(nul)));
}

/** Salts of a column, by row from 0: half of a SHA-256 over the column's secret and half the row's number. */
export class Salts {
  readonly #message = new Uint8Array(secretBytes + 8);
  #block = -1;
  #salts: Uint8Array = new Uint8Array(secretBytes);

  constructor(secret: Uint8Array) {
    this.#message.set(secret);
  }

  of(row: number): Uint8Array {
    const block = Math.floor(row / 2);
    if (block !== this.#block) {
      writeCount(this.#message, secretBytes, block);
      this.#salts = hashBytes(this.#message);
      this.#block = block;
    }
    const from = (row % 2) * saltBytes;
    return this.#salts.subarray(from, from + saltBytes);
  }
}

/** Bytes of the digest that stands for a column in each of its cells' commitments; short, so that most fit one block. */
const headBytes = 16;
const valueAt = headBytes + 8 + saltBytes;

/** Commits the cells of one column: SHA-256 over table and column, row, salt and the cell as the table's file writes it. */
export class CellCommitter {
  #message = new Uint8Array(512);

  constructor(table: string, column: string) {
    this.#message.set(
      hashBytes(encoder.encode(['tocsin-cell-2', table, column].join(nul))).subarray(0, headBytes),
    );
  }

  commit(row: number, salt: Uint8Array, cell: Cell): Uint8Array {
    const value = typeof cell === 'number' ? String(cell) : JSON.stringify(cell);
    // A UTF-16 unit becomes three bytes at most.
    const room = valueAt + value.length * 3;
    if (room > this.#message.length) {
      const larger = new Uint8Array(room * 2);
      larger.set(this.#message.subarray(0, headBytes));
      this.#message = larger;
    }
    writeCount(this.#message, headBytes, row);
    this.#message.set(salt, headBytes + 8);
    const { written } = encoder.encodeInto(value, this.#message.subarray(valueAt));
    return hashBytes(this.#message.subarray(0, valueAt + written));
  }
}

/** The leaf of a row: the RFC 6962 leaf hash of its cells' commitments, one after another in the order of the schema. */
export function rowLeaf(commitments: readonly Uint8Array[]): Uint8Array {
  const content = new Uint8Array(commitments.length * secretBytes);
  for (const [at, commitment] of commitments.entries()) content.set(commitment, at * secretBytes);
  return leafHash(content);
}

/** Commits the rows of a table as its schema discloses them. */
export class RowCommitter {
  readonly #columns: readonly {
    readonly name: string;
    /** Null for a withheld column. */
    readonly own: { readonly salts: Salts; readonly cells: CellCommitter } | null;
  }[];
  /** How many columns are withheld. */
  readonly withheld: number;

  constructor({ table, columns, secrets }: Pick<TableSchema, 'table' | 'columns' | 'secrets'>) {
    this.#columns = columns.map(({ name }) => {
      const secret = decodeHex(secrets[name] ?? '');
      return {
        name,
        own:
          secret?.length === secretBytes
            ? { salts: new Salts(secret), cells: new CellCommitter(table, name) }
            : null,
      };
    });
    this.withheld = this.#columns.filter(({ own }) => own === null).length;
  }

  /** The leaf of a row, counted from 0; `withheld` has the commitments of its withheld cells in the schema's order. */
  leaf(at: number, row: Row, withheld: readonly Uint8Array[]): Uint8Array {
    let hidden = 0;
    return rowLeaf(
      this.#columns.map(({ name, own }) => {
        if (own !== null) return own.cells.commit(at, own.salts.of(at), row[name] ?? null);
        const commitment = withheld[hidden] ?? new Uint8Array(secretBytes);
        hidden += 1;
        return commitment;
      }),
    );
  }
}

/** The root over leaves that come one by one; holds as many hashes as the tree is high. */
export class RunningRoot {
  /** Roots of complete subtrees, the largest first; null where there is none of that height. */
  readonly #heights: (Uint8Array | null)[] = [];

  add(leaf: Uint8Array): void {
    let node = leaf;
    let height = 0;
    for (; this.#heights[height]; height += 1) {
      node = nodeHash(this.#heights[height] ?? node, node);
      this.#heights[height] = null;
    }
    this.#heights[height] = node;
  }

  root(): Uint8Array {
    let node: Uint8Array | null = null;
    for (const subtree of this.#heights) {
      if (!subtree) continue;
      node = node === null ? subtree : nodeHash(subtree, node);
    }
    return node ?? rootOfNothing();
  }
}

/** A count of up to 2^53 as eight bytes, the highest first. */
function writeCount(bytes: Uint8Array, at: number, count: number): void {
  const high = Math.floor(count / 2 ** 32);
  for (let place = 0; place < 4; place += 1) {
    bytes[at + 3 - place] = high >>> (8 * place);
    bytes[at + 7 - place] = count >>> (8 * place);
  }
}
