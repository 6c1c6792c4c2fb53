// Writes a published bundle: report, investigation, figures and the tables they stand on, with the digests that make a
// change of any of them visible. Takes rows as streams, gives one deterministic zip archive. See docs/bundle.md.
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  bagitText,
  type Column,
  canonicalJson,
  checkDefinition,
  compareBytes,
  figureDigest,
  figureDigestsPath,
  figureIdPattern,
  figuresPath,
  figuresSchema,
  investigationPath,
  leavesPath,
  lineagePath,
  manifestPath,
  namePattern,
  type PublishedFigure,
  type Row,
  RowForm,
  readColumns,
  reportFiguresPath,
  reportPath,
  rowsPath,
  schemaPath,
  shownFigures,
  type TableSchema,
  tagManifestPath,
  writeList,
} from '@tocsin/verify';
import { sha256 } from '../../ground/ids.ts';
import { DigestedFile } from './digested-file.ts';
import { ZipWriter } from './zip.ts';

export interface BundleTable {
  /** Lower-case letters, digits and `_`. */
  readonly name: string;
  readonly columns: readonly Column[];
  /** In the order they are published in, which must be the same every time. */
  readonly rows: Iterable<Row> | AsyncIterable<Row>;
}

export interface BundleContent {
  /** Where the archive goes; replaced whole, or not at all. */
  readonly out: string;
  readonly investigationJson: string;
  readonly reportHtml: string;
  readonly figures: readonly PublishedFigure[];
  readonly tables: Iterable<BundleTable> | AsyncIterable<BundleTable>;
  /** What every table was made of: evidence digests, parsers and their versions. Any JSON. */
  readonly lineage: unknown;
}

export interface WrittenBundle {
  readonly sizeBytes: number;
  /** Of the tag manifest, which through its digests stands for the whole content, however it is packed. */
  readonly contentSha256: string;
  readonly tables: readonly TableSchema[];
}

/** What was to be published is not as the format says; the message names the table, row and column or the figure. */
export class BundleContentError extends Error {}

/**
 * Writes a bundle.
 * @throws BundleContentError; DefinitionError; ArchiveTooLargeError; the file system's errors.
 */
export async function writeBundle(content: BundleContent): Promise<WrittenBundle> {
  const folder = await mkdtemp(join(dirname(content.out), `.${basename(content.out)}-`));
  try {
    const parts = new Parts(folder);
    const tables: TableSchema[] = [];
    for await (const table of content.tables) tables.push(await writeTable(table, parts));
    checkFigures(content.figures, tables);
    parts.text(investigationPath, content.investigationJson);
    parts.text(reportPath, content.reportHtml);
    const shown = shownFigures(content.reportHtml).map(({ figure, text }) => ({ figure, text }));
    parts.text(reportFiguresPath, `${canonicalJson(shown)}\n`);
    parts.text(lineagePath, `${canonicalJson(content.lineage)}\n`);
    const commits = Object.fromEntries(parts.digests);
    parts.text(
      figuresPath,
      `${canonicalJson({ schema: figuresSchema, figures: content.figures, commits })}\n`,
    );
    parts.text(
      figureDigestsPath,
      writeList(new Map(content.figures.map((figure) => [figure.id, figureDigest(figure)]))),
    );
    const manifest = writeList(parts.digests);
    const tagManifest = writeList(
      new Map([
        ['bagit.txt', sha256(bagitText)],
        [manifestPath, sha256(manifest)],
      ]),
    );
    parts.text('bagit.txt', bagitText);
    parts.text(manifestPath, manifest);
    parts.text(tagManifestPath, tagManifest);
    const sizeBytes = await pack(parts, join(folder, 'bundle.zip'));
    await rename(join(folder, 'bundle.zip'), content.out);
    return { sizeBytes, contentSha256: sha256(tagManifest), tables };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The files on their way into the archive: small ones as text, tables on disk. */
class Parts {
  readonly folder: string;
  readonly digests = new Map<string, string>();
  readonly #opens = new Map<string, () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>>();

  constructor(folder: string) {
    this.folder = folder;
  }

  text(name: string, text: string): void {
    const bytes = Buffer.from(text);
    this.#put(name, sha256(bytes), () => [bytes]);
  }

  file(name: string, path: string, digest: string): void {
    this.#put(name, digest, () => createReadStream(path, { highWaterMark: 256 * 1024 }));
  }

  names(): readonly string[] {
    return [...this.#opens.keys()].sort(compareBytes);
  }

  open(name: string): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
    return this.#opens.get(name)?.() ?? [];
  }

  #put(name: string, digest: string, opens: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>): void {
    if (this.#opens.has(name)) throw new BundleContentError(`two files of one name: ${name}`);
    this.digests.set(name, digest);
    this.#opens.set(name, opens);
  }
}

async function writeTable(table: BundleTable, parts: Parts): Promise<TableSchema> {
  if (!namePattern.test(table.name))
    throw new BundleContentError('a table has no name of lower-case letters, digits and _');
  const columns = readColumns(table.columns);
  if (typeof columns === 'string') throw new BundleContentError(`table ${table.name}: ${columns}`);
  const form = new RowForm(columns);
  const rowsFile = new DigestedFile(await open(join(parts.folder, `${table.name}.ndjson`), 'w'));
  const leavesFile = new DigestedFile(await open(join(parts.folder, `${table.name}.leaves`), 'w'));
  let rows = 0;
  try {
    for await (const row of table.rows) {
      rows += 1;
      const column = form.misfit(row);
      if (column !== null)
        throw new BundleContentError(`table ${table.name}, row ${rows}: column ${column} does not conform`);
      const line = form.line(row);
      if (rowsFile.line(line)) await rowsFile.flush();
      if (leavesFile.line(sha256(line))) await leavesFile.flush();
    }
  } finally {
    await rowsFile.close();
    await leavesFile.close();
  }
  const schema: TableSchema = {
    table: table.name,
    columns,
    rows,
    sha256: rowsFile.sha256(),
    leaves_sha256: leavesFile.sha256(),
  };
  parts.file(rowsPath(table.name), join(parts.folder, `${table.name}.ndjson`), schema.sha256);
  parts.file(leavesPath(table.name), join(parts.folder, `${table.name}.leaves`), schema.leaves_sha256);
  parts.text(schemaPath(table.name), `${canonicalJson(schema)}\n`);
  return schema;
}

function checkFigures(figures: readonly PublishedFigure[], tables: readonly TableSchema[]): void {
  const columns = new Map(tables.map((table) => [table.table, table.columns]));
  const ids = new Set<string>();
  for (const { id, table, definition } of figures) {
    if (!figureIdPattern.test(id) || ids.has(id))
      throw new BundleContentError(`figure id ${id}: no id of its own`);
    if (definition.table !== table)
      throw new BundleContentError(`figure ${id}: its table is not that of its definition`);
    checkDefinition(definition, columns);
    ids.add(id);
  }
}

async function pack(parts: Parts, path: string): Promise<number> {
  const zip = await ZipWriter.create(path);
  try {
    for (const name of parts.names()) await zip.add(name, parts.open(name));
  } catch (error) {
    await zip.abandon();
    throw error;
  }
  return zip.close();
}
