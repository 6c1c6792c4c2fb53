// A bundle as a later step reads it (a publication made of it, an answer to it): what it says, what its figures stand on,
// and the digest that names it.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  accumulate,
  type BundleFiles,
  ContainerError,
  disclosedColumns,
  type FigureDefinition,
  type FigureValue,
  figuresPath,
  investigationPath,
  openBundle,
  type PublishedFigure,
  type Row,
  rowsPath,
  schemaPath,
  type TableSchema,
  tagManifestPath,
} from '@tocsin/verify';
import { TocsinError } from '../../ground/errors.ts';
import type { Investigation } from '../../vocabulary/investigation.ts';

export interface ReadBundle {
  readonly bytes: Uint8Array;
  /** SHA-256 of the tag manifest, which stands for the whole content however it is packed. */
  readonly contentSha256: string;
  readonly investigation: Investigation;
  readonly figures: readonly PublishedFigure[];
  /** Computes another definition over the rows of the bundle. @throws DefinitionError */
  compute(definition: FigureDefinition): Promise<FigureValue>;
  /** The rows of a table, as far as they are disclosed. */
  rows(table: string): Promise<readonly Row[]>;
}

/** Reads a bundle. @throws TocsinError `path-missing`, `bundle-unreadable` */
export async function readBundle(path: string): Promise<ReadBundle> {
  const bytes = bytesOf(path);
  try {
    const files = await openBundle(bytes);
    const tagManifest = await whole(files, tagManifestPath);
    return {
      bytes,
      contentSha256: createHash('sha256').update(tagManifest).digest('hex'),
      investigation: JSON.parse((await whole(files, investigationPath)).toString()) as Investigation,
      figures: figuresOf(await whole(files, figuresPath)),
      compute: async (definition) => {
        const schema = JSON.parse(
          (await whole(files, schemaPath(definition.table))).toString(),
        ) as TableSchema;
        const accumulator = accumulate(definition, disclosedColumns(schema));
        for await (const row of rowsOf(files, definition.table)) accumulator.add(row);
        return accumulator.value();
      },
      rows: async (table) => {
        const rows: Row[] = [];
        for await (const row of rowsOf(files, table)) rows.push(row);
        return rows;
      },
    };
  } catch (error) {
    if (error instanceof ContainerError || error instanceof SyntaxError)
      throw new TocsinError('bundle-unreadable', { path, detail: error.message }, error);
    throw error;
  }
}

function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new TocsinError('path-missing', { path }, error);
  }
}

function figuresOf(bytes: Buffer): readonly PublishedFigure[] {
  const { figures } = JSON.parse(bytes.toString()) as { readonly figures: readonly PublishedFigure[] };
  return figures;
}

async function whole(files: BundleFiles, name: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of files.open(name)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* rowsOf(files: BundleFiles, table: string): AsyncGenerator<Row> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of files.open(rowsPath(table))) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line) as Row;
  }
}
