// The published vectors of the bundle format: this implementation and the Python script are both held to them.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { prefixTest } from './address.ts';
import { type Column, type ColumnType, isCell } from './column.ts';
import { CellCommitter, columnSecret, RowCommitter, RunningRoot, rowLeaf, Salts } from './commitment.ts';
import type { Cell, Row } from './definition.ts';
import { evaluate } from './evaluate.ts';
import { figureDigest, type StatedFigure } from './figures.ts';
import { disclosedColumns, RowForm, readSchema, type TableSchema } from './schema.ts';
import { sha256 } from './sha256.ts';
import { canStandFor, shownFigures } from './shown.ts';
import { decodeHex, encodeHex } from './sign/encoding.ts';
import { canonicalJson, compareBytes } from './text.ts';
import { checkDefinition, DefinitionError } from './validate.ts';

interface Vectors {
  readonly version: number;
  readonly canonical: readonly { readonly value: unknown; readonly text: string }[];
  readonly order: readonly string[];
  readonly cells: readonly { readonly type: ColumnType; readonly cell: unknown; readonly valid: boolean }[];
  readonly secrets: readonly {
    readonly secret: string;
    readonly table: string;
    readonly column: string;
    readonly column_secret: string;
  }[];
  readonly salts: readonly { readonly column_secret: string; readonly row: number; readonly salt: string }[];
  readonly commitments: readonly {
    readonly table: string;
    readonly column: string;
    readonly row: number;
    readonly salt: string;
    readonly cell: Cell;
    readonly commitment: string;
  }[];
  readonly leaves: readonly { readonly commitments: readonly string[]; readonly leaf: string }[];
  readonly roots: readonly { readonly leaves: readonly string[]; readonly root: string }[];
  readonly table: {
    readonly ndjson: string;
    readonly leaves: string;
    readonly withheld: string;
    readonly schema: TableSchema;
    readonly withheld_cells: readonly { readonly cell: Cell; readonly salt: string }[];
  };
  readonly prefixes: readonly {
    readonly prefix: string;
    readonly asked: readonly string[];
    readonly inside: readonly string[] | null;
  }[];
  readonly figures: {
    readonly columns: readonly Column[];
    readonly rows: readonly Row[];
    readonly cases: readonly {
      readonly definition: unknown;
      readonly value?: unknown;
      readonly refused?: readonly [string, string];
    }[];
  };
  readonly figure_digest: { readonly figure: StatedFigure; readonly sha256: string };
  readonly texts: readonly { readonly text: string; readonly value: number; readonly stands: boolean }[];
  readonly html: readonly { readonly html: string; readonly shown: readonly (string | null)[][] }[];
}

const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../vectors/bundle/vectors.json', import.meta.url), 'utf8'),
);
const bytes = (hex: string) => decodeHex(hex) ?? new Uint8Array();

describe('the vectors of the bundle format', () => {
  it('are those of the version that is read', () => expect(vectors.version).toBe(2));

  it.each(vectors.canonical)('write $value canonically', ({ value, text }) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('order text by its UTF-8 bytes', () => {
    expect([...vectors.order].reverse().sort(compareBytes)).toEqual(vectors.order);
  });

  it.each(vectors.cells)('$cell as a cell of type $type: $valid', ({ type, cell, valid }) => {
    expect(isCell(cell, type)).toBe(valid);
  });

  it.each(vectors.secrets)('derive the secret of $table.$column', ({ secret, table, column, ...due }) => {
    expect(encodeHex(columnSecret(bytes(secret), table, column))).toBe(due.column_secret);
  });

  it.each(vectors.salts)('derive the salt of row $row', ({ column_secret, row, salt }) => {
    expect(encodeHex(new Salts(bytes(column_secret)).of(row))).toBe(salt);
  });

  it.each(vectors.commitments)('commit to $cell in row $row of $table.$column', (due) => {
    const { table, column, row, salt, cell } = due;
    expect(encodeHex(new CellCommitter(table, column).commit(row, bytes(salt), cell))).toBe(due.commitment);
  });

  it('join commitments to leaves, and leaves to roots', () => {
    for (const { commitments, leaf } of vectors.leaves)
      expect(encodeHex(rowLeaf(commitments.map(bytes)))).toBe(leaf);
    for (const { leaves, root } of vectors.roots) {
      const tree = new RunningRoot();
      for (const leaf of leaves) tree.add(bytes(leaf));
      expect(encodeHex(tree.root())).toBe(root);
    }
  });

  it('hold a whole table with a withheld column, and open its cells', () => {
    const { ndjson, leaves, withheld, withheld_cells, schema } = vectors.table;
    const read = readSchema(schema);
    expect(read).toEqual(schema);
    expect([sha256(ndjson), sha256(leaves), sha256(withheld)]).toEqual([
      schema.sha256,
      schema.leaves_sha256,
      schema.withheld_sha256,
    ]);
    const form = new RowForm(disclosedColumns(schema));
    const committer = new RowCommitter(schema);
    const hidden = new CellCommitter('flow', 'host_withheld');
    const tree = new RunningRoot();
    const found = ndjson
      .split('\n')
      .slice(0, -1)
      .map((line, at) => {
        const reading = form.read(line);
        if (!('row' in reading)) throw new Error(`row ${at + 1} is none`);
        const { cell, salt } = withheld_cells[at] ?? { cell: '', salt: '' };
        const commitment = hidden.commit(at, bytes(salt), cell);
        expect(withheld.split('\n')[at]).toBe(encodeHex(commitment));
        const leaf = committer.leaf(at, reading.row, [commitment]);
        tree.add(leaf);
        return `${encodeHex(leaf)}\n`;
      });
    expect(found.join('')).toBe(leaves);
    expect(encodeHex(tree.root())).toBe(schema.root);
  });

  it.each(vectors.prefixes)('say what is inside $prefix', ({ prefix, asked, inside }) => {
    const test = prefixTest(prefix);
    expect(test === null ? null : asked.filter(test)).toEqual(inside);
  });

  it.each(vectors.figures.cases)('compute $definition', ({ definition, value, refused }) => {
    const { columns, rows } = vectors.figures;
    const judge = () => {
      try {
        const checked = checkDefinition(definition, new Map([['rows', columns]]));
        return { value: evaluate(checked, columns, rows) };
      } catch (error) {
        if (!(error instanceof DefinitionError)) throw error;
        return { refused: [error.code, error.at] };
      }
    };
    expect(judge()).toEqual(refused === undefined ? { value } : { refused });
  });

  it('digest what a figure means', () => {
    expect(figureDigest(vectors.figure_digest.figure)).toBe(vectors.figure_digest.sha256);
  });

  it.each(vectors.texts)('$text for $value: $stands', ({ text, value, stands }) => {
    expect(canStandFor(text, value)).toBe(stands);
  });

  it.each(vectors.html)('find the figures of $html', ({ html, shown }) => {
    expect(shownFigures(html).map(({ figure, value, text }) => [figure, value, text])).toEqual(shown);
  });
});

const hasPython =
  spawnSync('python3', ['-c', 'import zoneinfo; zoneinfo.ZoneInfo("Asia/Tehran")']).status === 0;

describe.skipIf(!hasPython)('the Python script', () => {
  it('is held to the same vectors, and to those of Ed25519', () => {
    const script = fileURLToPath(new URL('../python/check_vectors.py', import.meta.url));
    const { status, stdout, stderr } = spawnSync('python3', [script], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    const counts = new Map(
      [...stdout.matchAll(/^(\w+) +(\d+) hold$/gm)].map(([, name, count]) => [name, Number(count)]),
    );
    expect(counts.get('figures')).toBe(vectors.figures.cases.length);
    expect(counts.get('cells')).toBe(vectors.cells.length);
    expect([counts.get('cctv'), counts.get('wycheproof')]).toEqual([914, 151]);
  });
});
