// Writes a published bundle: report, investigation, figures and the tables they stand on, with the digests that make a
// change of any of them visible. Takes rows as streams, gives one deterministic zip archive. See docs/bundle.md.
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  bagitText,
  CellCommitter,
  type Column,
  canonicalJson,
  checkDefinition,
  columnSecret,
  commitmentsOf,
  commitmentsPath,
  compareBytes,
  disclosedColumns,
  encodeHex,
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
  RowCommitter,
  RowForm,
  RunningRoot,
  readColumns,
  reportFiguresPath,
  reportPath,
  rowsPath,
  Salts,
  schemaPath,
  secretBytes,
  shownFigures,
  type TableSchema,
  tagManifestPath,
  withheldPath,
  writeList,
} from '@tocsin/verify';
import { sha256 } from '../../ground/ids.ts';
import { DigestedFile } from './digested-file.ts';
import { ZipWriter } from './zip.ts';

export interface BundleTable {
  /** Lower-case letters, digits and `_`. */
  readonly name: string;
  readonly columns: readonly Column[];
  /** In the order they are published in, which must be the same every time; with every column, withheld ones too. */
  readonly rows: Iterable<Row> | AsyncIterable<Row>;
  /** Withheld columns by the column of pseudonyms that stands for them. */
  readonly standsFor?: Readonly<Record<string, string>>;
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
  /** What salts come from, 32 bytes; without it the public secret, which withholds nothing. */
  readonly secret?: Uint8Array;
  /** Other files under data/, by path: the report on paper, exchange formats, the policy of the publication. */
  readonly others?: ReadonlyMap<string, Uint8Array>;
  /** Attestations over the commitments, by path under data/attestations/. */
  readonly attest?: (commitments: Uint8Array) => Promise<ReadonlyMap<string, Uint8Array>>;
}

/** The secret of bundles in which everything is disclosed: known to all, so that they are the same on every machine. */
export const publicSecret: Uint8Array = new Uint8Array(secretBytes);

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
    const secret = content.secret ?? publicSecret;
    for await (const table of content.tables) tables.push(await writeTable(table, secret, parts));
    checkFigures(content.figures, tables);
    parts.text(investigationPath, content.investigationJson);
    parts.text(reportPath, content.reportHtml);
    const shown = shownFigures(content.reportHtml).map(({ figure, text }) => ({ figure, text }));
    parts.text(reportFiguresPath, `${canonicalJson(shown)}\n`);
    parts.text(lineagePath, `${canonicalJson(content.lineage)}\n`);
    for (const [name, bytes] of content.others ?? []) parts.bytes(name, bytes);
    const commits = Object.fromEntries(parts.digests);
    parts.text(
      figuresPath,
      `${canonicalJson({ schema: figuresSchema, figures: content.figures, commits })}\n`,
    );
    parts.text(
      figureDigestsPath,
      writeList(new Map(content.figures.map((figure) => [figure.id, figureDigest(figure)]))),
    );
    const commitments = Buffer.from(`${canonicalJson(commitmentsOf(parts.digests, tables))}\n`);
    parts.bytes(commitmentsPath, commitments);
    for (const [name, bytes] of (await content.attest?.(commitments)) ?? []) parts.bytes(name, bytes);
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
    this.bytes(name, Buffer.from(text));
  }

  bytes(name: string, bytes: Uint8Array): void {
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

async function writeTable(table: BundleTable, secret: Uint8Array, parts: Parts): Promise<TableSchema> {
  if (!namePattern.test(table.name))
    throw new BundleContentError('a table has no name of lower-case letters, digits and _');
  const columns = readColumns(table.columns);
  if (typeof columns === 'string') throw new BundleContentError(`table ${table.name}: ${columns}`);
  const standsFor = table.standsFor ?? {};
  const hidden = new Set(Object.values(standsFor));
  const secrets = new Map(columns.map(({ name }) => [name, columnSecret(secret, table.name, name)]));
  const allSecrets = Object.fromEntries([...secrets].map(([name, bytes]) => [name, encodeHex(bytes)]));
  const form = new RowForm(columns);
  const shown = new RowForm(columns.filter(({ name }) => !hidden.has(name)));
  const committer = new RowCommitter({ table: table.name, columns, secrets: allSecrets });
  const withheld = columns
    .filter(({ name }) => hidden.has(name))
    .map(({ name }) => ({
      name,
      salts: new Salts(secrets.get(name) ?? publicSecret),
      cells: new CellCommitter(table.name, name),
    }));
  const root = new RunningRoot();
  const create = async (name: string) => new DigestedFile(await open(join(parts.folder, name), 'w'));
  const files = {
    rows: await create(`${table.name}.ndjson`),
    leaves: await create(`${table.name}.leaves`),
    withheld: withheld.length === 0 ? null : await create(`${table.name}.withheld`),
  };
  let rows = 0;
  try {
    for await (const row of table.rows) {
      const at = rows;
      rows += 1;
      const column = form.misfit(row);
      if (column !== null)
        throw new BundleContentError(`table ${table.name}, row ${rows}: column ${column} does not conform`);
      const leaf = committer.leaf(at, row, []);
      root.add(leaf);
      if (files.rows.line(shown.line(row))) await files.rows.flush();
      if (files.leaves.line(encodeHex(leaf))) await files.leaves.flush();
      const commitments = withheld.map(({ name, salts, cells }) =>
        encodeHex(cells.commit(at, salts.of(at), row[name] ?? null)),
      );
      if (files.withheld?.line(commitments.join('')) === true) await files.withheld.flush();
    }
  } finally {
    await files.rows.close();
    await files.leaves.close();
    await files.withheld?.close();
  }
  const schema: TableSchema = {
    table: table.name,
    columns,
    rows,
    sha256: files.rows.sha256(),
    leaves_sha256: files.leaves.sha256(),
    root: encodeHex(root.root()),
    secrets: Object.fromEntries(
      columns.map(({ name }) => [name, hidden.has(name) ? null : (allSecrets[name] ?? null)]),
    ),
    stands_for: standsFor,
    withheld_sha256: files.withheld?.sha256() ?? null,
  };
  parts.file(rowsPath(table.name), join(parts.folder, `${table.name}.ndjson`), schema.sha256);
  parts.file(leavesPath(table.name), join(parts.folder, `${table.name}.leaves`), schema.leaves_sha256);
  if (schema.withheld_sha256 !== null)
    parts.file(
      withheldPath(table.name),
      join(parts.folder, `${table.name}.withheld`),
      schema.withheld_sha256,
    );
  parts.text(schemaPath(table.name), `${canonicalJson(schema)}\n`);
  return schema;
}

function checkFigures(figures: readonly PublishedFigure[], tables: readonly TableSchema[]): void {
  const columns = new Map(tables.map((table) => [table.table, disclosedColumns(table)]));
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
