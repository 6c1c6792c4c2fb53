// What somebody who changes a bundle does next: makes every digest, leaf, root and list anew that the change would show in.
// Takes the files with a change and how far the forger goes; gives files that are consistent as far as that.
import {
  bagitText,
  canonicalJson,
  commitmentsOf,
  commitmentsPath,
  encodeHex,
  figureDigest,
  figureDigestsPath,
  figuresPath,
  investigationPath,
  leavesPath,
  manifestPath,
  type PublishedFigure,
  type Row,
  RowCommitter,
  RunningRoot,
  reportFiguresPath,
  reportPath,
  rowsPath,
  schemaPath,
  shownFigures,
  type TableSchema,
  tagManifestPath,
  withheldPath,
  writeList,
} from '@tocsin/verify';
import { sha256 } from '../../../packages/tocsin/src/ground/ids.ts';
import type { Files } from './archive.ts';

/**
 * `lists`: the two manifests. `commitments`: commitments.json too. `figures`: the figures' digests, their copy, the texts of
 * the report and the digests that figures.json has. `tables`: leaves, roots and schemas. Each does all before it.
 */
export const efforts = ['lists', 'commitments', 'figures', 'tables'] as const;
export type Effort = (typeof efforts)[number];

/** The text of a file of the bundle. @throws Error when there is none */
export function textOf(files: Files, name: string): string {
  const bytes = files.get(name);
  if (bytes === undefined) throw new Error(`no ${name} in the bundle`);
  return bytes.toString('utf8');
}

/** The files with one more, or another one in its place. */
export function replaced(files: Files, name: string, content: string | Uint8Array): Map<string, Buffer> {
  return new Map(files).set(name, typeof content === 'string' ? Buffer.from(content) : Buffer.from(content));
}

/** The names of a bundle's tables. */
export function tablesOf(files: Files): readonly string[] {
  return [...files.keys()].flatMap((name) => /^data\/tables\/(.+)\.schema\.json$/.exec(name)?.[1] ?? []);
}

/** Makes anew what the forger's effort reaches. */
export function forged(files: Files, effort: Effort): Files {
  const made = new Map(files);
  const reach = efforts.indexOf(effort);
  if (reach >= 3) for (const table of tablesOf(made)) forgeTable(made, table);
  if (reach >= 2) forgeFigures(made);
  if (reach >= 1) forgeCommitments(made);
  forgeLists(made);
  return made;
}

function schemaOf(files: Files, table: string): TableSchema {
  return JSON.parse(textOf(files, schemaPath(table))) as TableSchema;
}

function forgeTable(files: Map<string, Buffer>, table: string): void {
  const schema = schemaOf(files, table);
  const lines = textOf(files, rowsPath(table)).split('\n').slice(0, -1);
  const hidden = schema.withheld_sha256 === null ? [] : textOf(files, withheldPath(table)).split('\n');
  const committer = new RowCommitter(schema);
  const root = new RunningRoot();
  const leaves = lines.map((line, at) => {
    const bytes = Buffer.from(hidden[at] ?? '', 'hex');
    const withheld = Array.from({ length: committer.withheld }, (_, cell) =>
      bytes.subarray(cell * 32, cell * 32 + 32),
    );
    const leaf = committer.leaf(at, JSON.parse(line) as Row, withheld);
    root.add(leaf);
    return `${encodeHex(leaf)}\n`;
  });
  files.set(leavesPath(table), Buffer.from(leaves.join('')));
  const digest = (name: string) => sha256(files.get(name) ?? Buffer.alloc(0));
  const anew: TableSchema = {
    ...schema,
    rows: lines.length,
    root: encodeHex(root.root()),
    sha256: digest(rowsPath(table)),
    leaves_sha256: digest(leavesPath(table)),
    withheld_sha256: schema.withheld_sha256 === null ? null : digest(withheldPath(table)),
  };
  files.set(schemaPath(table), Buffer.from(`${canonicalJson(anew)}\n`));
}

function forgeFigures(files: Map<string, Buffer>): void {
  const { figures } = JSON.parse(textOf(files, figuresPath)) as { figures: readonly PublishedFigure[] };
  const investigation = JSON.parse(textOf(files, investigationPath)) as { figures: unknown };
  // As it is where it says the same: a file may be written in more than one way.
  if (canonicalJson(investigation.figures) !== canonicalJson(figures))
    files.set(investigationPath, Buffer.from(`${JSON.stringify({ ...investigation, figures }, null, 1)}\n`));
  const shown = shownFigures(textOf(files, reportPath)).map(({ figure, text }) => ({ figure, text }));
  files.set(reportFiguresPath, Buffer.from(`${canonicalJson(shown)}\n`));
  const commits = Object.fromEntries(
    [...files].flatMap(([name, bytes]) => (isCommitted(name) ? [[name, sha256(bytes)]] : [])),
  );
  files.set(figuresPath, Buffer.from(`${canonicalJson({ schema: 'tocsin-figures-1', figures, commits })}\n`));
  const digests = new Map(figures.map((figure) => [figure.id, figureDigest(figure)]));
  files.set(figureDigestsPath, Buffer.from(writeList(digests)));
}

function isCommitted(name: string): boolean {
  return isPayload(name) && name !== figuresPath && name !== figureDigestsPath;
}

function isPayload(name: string): boolean {
  return name.startsWith('data/') && !name.startsWith('data/attestations/') && name !== commitmentsPath;
}

function forgeCommitments(files: Map<string, Buffer>): void {
  const digests = new Map(
    [...files].flatMap(([name, bytes]) => (isPayload(name) ? [[name, sha256(bytes)]] : [])),
  );
  const schemas = tablesOf(files).map((table) => schemaOf(files, table));
  files.set(commitmentsPath, Buffer.from(`${canonicalJson(commitmentsOf(digests, schemas))}\n`));
}

function forgeLists(files: Map<string, Buffer>): void {
  const payload = [...files].filter(([name]) => name.startsWith('data/'));
  const manifest = writeList(new Map(payload.map(([name, bytes]) => [name, sha256(bytes)])));
  files.set(manifestPath, Buffer.from(manifest));
  forgeTags(files);
}

/** Makes the second list anew, over the first as it is. */
export function forgeTags(files: Map<string, Buffer>): Map<string, Buffer> {
  const digests = new Map([
    ['bagit.txt', sha256(files.get('bagit.txt') ?? bagitText)],
    [manifestPath, sha256(files.get(manifestPath) ?? '')],
  ]);
  return files.set(tagManifestPath, Buffer.from(writeList(digests)));
}
