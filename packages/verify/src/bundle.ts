// Checks a published bundle: every file against its digests, every row against its schema and commitment, every figure
// by computing it anew, every number of the report against its figure. Takes bytes or files, gives a Verification.
import { type Accumulator, accumulate } from './evaluate.ts';
import {
  checkCopy,
  checkDigests,
  checkReport,
  checkShown,
  type FiguresFile,
  readFigures,
  type StatedFigure,
} from './figures.ts';
import { type BundleFiles, type ByteSource, bytesSource, fromRoot } from './files.ts';
import * as paths from './manifest.ts';
import { Reading, readList } from './manifest.ts';
import { ContainerError, type Problem } from './problem.ts';
import { restsOnPseudonyms } from './reliance.ts';
import { disclosedColumns, readSchema, type TableSchema } from './schema.ts';
import { newDigest } from './sha256.ts';
import { shownFigures } from './shown.ts';
import { checkTable, rowsPath, type TableCheck } from './table.ts';

import { canonicalJson, isTooDeep } from './text.ts';

import { checkDefinition, DefinitionError } from './validate.ts';
import { foreignVersion } from './version.ts';
import { openZip } from './zip.ts';

export interface Verification {
  /** True when nothing is wrong; the command exits 0. */
  readonly isVerified: boolean;
  readonly figures: readonly {
    readonly id: string;
    readonly label: string;
    readonly unit: string;
    readonly table: string;
    /** As published; judged only when `verified`. */
    readonly value: unknown;
    /** What the rows give, where that is something else; else null. */
    readonly computed: unknown;
    /**
     * `partly-verified`: the value follows from the rows as they are shown; that each pseudonym in them stands for one
     * machine or name is checked for `checkedRows` of the table's rows only.
     */
    readonly status: 'verified' | 'partly-verified' | 'mismatch' | 'not-verifiable';
    /** Rows whose pseudonyms were held against openings; null where the figure rests on none. */
    readonly checkedRows: number | null;
  }[];
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly isIntact: boolean }[];
  readonly files: number;
  readonly problems: readonly Problem[];
}

/**
 * Opens a bundle in a zip archive.
 * @throws ContainerError when it is no readable archive or holds no bundle.
 */
export async function openBundle(content: Uint8Array | ByteSource): Promise<BundleFiles> {
  return fromRoot(await openZip(content instanceof Uint8Array ? bytesSource(content) : content));
}

/** Checks a bundle in a zip archive. Never throws for what the archive holds: that is a problem in the result. */
export async function verifyBundle(content: Uint8Array | ByteSource): Promise<Verification> {
  try {
    return await verifyFiles(await openBundle(content));
  } catch (error) {
    if (error instanceof ContainerError) return refusal(error);
    throw error;
  }
}

/** The result for something that is not even a readable bundle. */
export function refusal(error: ContainerError): Verification {
  return { isVerified: false, figures: [], tables: [], files: 0, problems: [error.problem] };
}

/** Checks the files of a bundle. */
export async function verifyFiles(files: BundleFiles): Promise<Verification> {
  const foreign = await foreignVersion(files);
  if (foreign !== null) return refusal(new ContainerError(foreign.code));
  const reading = new Reading(files);
  const { problems } = reading;
  const tag = readList((await reading.text(paths.tagManifestPath)) ?? '', paths.tagManifestPath, problems);
  const manifest = readList((await reading.text(paths.manifestPath)) ?? '', paths.manifestPath, problems);
  const bagit = await reading.text('bagit.txt');
  if (bagit !== null && bagit !== paths.bagitText) {
    problems.push({
      code: 'file-form',
      file: 'bagit.txt',
      line: 1,
      detail: 'not the declaration of a BagIt 1.0 bag',
    });
  }
  const stated = await statedFigures(reading);
  const { tables, figures } = await checkTables(reading, stated);
  await checkWords(reading, stated);
  await digestRest(reading);
  await checkCommitments(reading, tables);
  const tagged = ['bagit.txt', paths.manifestPath];
  compareDigests(reading, paths.tagManifestPath, tag, tagged);
  const payload = files.names.filter((name) => name.startsWith('data/'));
  compareDigests(reading, paths.manifestPath, manifest, payload);
  await checkForm(reading, paths.tagManifestPath, tag, tagged);
  await checkForm(reading, paths.manifestPath, manifest, payload);
  if (stated) {
    const own = payload.filter((name) => !isAttestation(name) && name !== paths.commitmentsPath);
    const self = [paths.figuresPath, paths.figureDigestsPath];
    const others = own.filter((name) => !self.includes(name));
    compareDigests(reading, paths.figuresPath, stated.commits, others);
  }
  const listed = new Set([...tag.keys(), ...manifest.keys(), paths.tagManifestPath]);
  for (const file of files.names)
    if (!listed.has(file) || (isAttestation(file) && !paths.attestationPaths.includes(file)))
      problems.push({ code: 'file-extra', file });
  return conclude(reading, stated?.figures ?? [], tables, figures);
}

function isAttestation(name: string): boolean {
  return name.startsWith(paths.attestationsFolder);
}

/** commitments.json must be what the files and tables give: it is made anew and compared. */
async function checkCommitments(
  reading: Reading,
  tables: readonly { readonly schema: TableSchema }[],
): Promise<void> {
  const file = paths.commitmentsPath;
  const text = await reading.text(file);
  if (text === null) return;
  const digests = [...reading.digests].filter(
    ([name]) => name.startsWith('data/') && name !== file && !isAttestation(name),
  );
  const due = paths.commitmentsOf(
    new Map(digests),
    tables.map(({ schema }) => schema),
  );
  if (`${canonicalJson(due)}\n` !== text)
    reading.problems.push({
      code: 'file-form',
      file,
      line: 1,
      detail: 'not what the files and tables of the bundle give',
    });
}

async function statedFigures(reading: Reading): Promise<FiguresFile | null> {
  const file = paths.figuresPath;
  const text = await reading.text(file);
  if (text === null) return null;
  const wrong = (detail: string) => {
    reading.problems.push({ code: 'file-form', file, line: 0, detail });
    return null;
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Which of its figures are damaged cannot be said of a file that is no JSON.
    return wrong('not JSON');
  }
  if (isTooDeep(value)) return wrong('nested too deep');
  if (`${canonicalJson(value)}\n` !== text) wrong('not in canonical form');
  const read = readFigures(value);
  if (typeof read === 'string') return wrong(read);
  const list = await reading.text(paths.figureDigestsPath);
  if (list !== null) {
    checkDigests(read.figures, readList(list, paths.figureDigestsPath, reading.problems), reading.problems);
  }
  return read;
}

type FigureStatus = Exclude<Verification['figures'][number]['status'], 'partly-verified'>;

/** Reads every table once and computes every figure on the way. */
async function checkTables(reading: Reading, stated: FiguresFile | null) {
  const tables: { readonly schema: TableSchema; readonly check: TableCheck }[] = [];
  const figures = new Map<string, FigureStatus>();
  const schemas = await readSchemas(reading);
  const columns = new Map(schemas.map((schema) => [schema.table, disclosedColumns(schema)]));
  const accumulators = new Map<string, Map<string, Accumulator>>();
  for (const figure of stated?.figures ?? []) {
    try {
      const definition = checkDefinition(figure.definition, columns);
      if (definition.table !== figure.table)
        throw new DefinitionError({ code: 'unknown-table', at: 'table' });
      const onTable = accumulators.get(definition.table) ?? new Map<string, Accumulator>();
      onTable.set(figure.id, accumulate(definition, columns.get(definition.table) ?? []));
      accumulators.set(definition.table, onTable);
    } catch (error) {
      if (!(error instanceof DefinitionError)) throw error;
      figures.set(figure.id, 'not-verifiable');
      reading.problems.push({
        code: 'definition-invalid',
        figure: figure.id,
        reason: error.code,
        at: error.at,
      });
    }
  }
  for (const schema of schemas) {
    const onTable = accumulators.get(schema.table) ?? new Map<string, Accumulator>();
    const check = await checkTable(reading.files, schema, onTable);
    reading.problems.push(...check.problems);
    for (const [file, digest] of check.digests) reading.digests.set(file, digest);
    tables.push({ schema, check });
    for (const figure of stated?.figures ?? []) {
      const accumulator = onTable.get(figure.id);
      if (accumulator) figures.set(figure.id, judge(figure, accumulator, check, reading.problems));
    }
  }
  return { tables, figures };
}

const schemaName = /^data\/tables\/([^/]+)\.schema\.json$/;

async function readSchemas(reading: Reading): Promise<readonly TableSchema[]> {
  const schemas: TableSchema[] = [];
  for (const file of reading.files.names) {
    const name = schemaName.exec(file)?.[1];
    if (name === undefined) continue;
    const value = await reading.json(file);
    if (value === null) continue;
    const schema = readSchema(value);
    if (typeof schema === 'string') {
      reading.problems.push({ code: 'file-form', file, line: 0, detail: schema });
    } else if (schema.table !== name || !reading.files.names.includes(rowsPath(name))) {
      reading.problems.push({ code: 'file-missing', file: rowsPath(schema.table) });
    } else {
      schemas.push(schema);
    }
  }
  return schemas;
}

function judge(
  figure: StatedFigure,
  accumulator: Accumulator,
  check: TableCheck,
  problems: Problem[],
): FigureStatus {
  if (check.overflowed.has(figure.id)) {
    problems.push({
      code: 'figure-unchecked',
      figure: figure.id,
      detail: 'more different cells than can be held',
    });
    return 'not-verifiable';
  }
  const computed = accumulator.value();
  if (canonicalJson(computed) === canonicalJson(figure.value)) {
    if (check.isReadable) return 'verified';
    problems.push({
      code: 'figure-unchecked',
      figure: figure.id,
      detail: `table ${figure.table} cannot be read whole`,
    });
    return 'not-verifiable';
  }
  problems.push({ code: 'figure-mismatch', figure: figure.id, stated: figure.value, computed });
  return 'mismatch';
}

/** The copies of figures in the words of the bundle: investigation.json and the report. */
async function checkWords(reading: Reading, stated: FiguresFile | null): Promise<void> {
  const copy = await reading.json(paths.investigationPath);
  const html = await reading.text(paths.reportPath);
  const committed = await reading.json(paths.reportFiguresPath);
  if (!stated) return;
  if (copy !== null) checkCopy(stated.figures, copy, reading.problems);
  if (html !== null) checkReport(shownFigures(html), committed, stated.figures, reading.problems);
  for (const file of reading.files.names) {
    if (!paths.otherReportPattern.test(file)) continue;
    const other = await reading.text(file);
    if (other !== null) checkShown(shownFigures(other), stated.figures, reading.problems);
  }
}

/** Digests of files that nothing above read: those of tables whose schema is damaged, lineage, files that are extra. */
async function digestRest(reading: Reading): Promise<void> {
  const { files, digests, problems } = reading;
  const unreadable = new Set(problems.flatMap((problem) => ('file' in problem ? [problem.file] : [])));
  for (const file of files.names) {
    if (digests.has(file) || unreadable.has(file)) continue;
    const digest = newDigest();
    try {
      for await (const chunk of files.open(file)) digest.update(chunk);
      digests.set(file, digest.hex());
    } catch (error) {
      if (!(error instanceof ContainerError)) throw error;
      problems.push(error.problem);
    }
  }
}

/** Holds the digests found against one list; `needed` are the files it must name. */
function compareDigests(
  { digests, files, problems }: Reading,
  listedIn: string,
  list: ReadonlyMap<string, string>,
  needed: readonly string[],
): void {
  for (const [file, digest] of list) {
    const found = digests.get(file);
    if (!files.names.includes(file)) problems.push({ code: 'file-missing', file });
    else if (found !== undefined && found !== digest) problems.push({ code: 'file-digest', file, listedIn });
  }
  for (const file of needed) if (!list.has(file)) problems.push({ code: 'file-unlisted', file, listedIn });
}

/** A list has one form only, because the digest of the second one stands for the whole content. */
async function checkForm(
  reading: Reading,
  file: string,
  list: ReadonlyMap<string, string>,
  needed: readonly string[],
): Promise<void> {
  const text = await reading.text(file);
  const isWhole = list.size === needed.length && needed.every((name) => list.has(name));
  if (text !== null && isWhole && text !== paths.writeList(list))
    reading.problems.push({ code: 'file-form', file, line: 0, detail: 'not in byte order' });
  else if (text !== null && list.size > needed.length)
    reading.problems.push({ code: 'file-form', file, line: 0, detail: 'lists more files than it should' });
}

function conclude(
  reading: Reading,
  figures: readonly StatedFigure[],
  tables: readonly { readonly schema: TableSchema; readonly check: TableCheck }[],
  statuses: ReadonlyMap<string, FigureStatus>,
): Verification {
  const problems = withoutRepeats(reading.problems);
  const named = new Set(problems.flatMap((problem) => ('figure' in problem ? [problem.figure] : [])));
  const damaged = new Set(problems.flatMap((problem) => ('table' in problem ? [problem.table] : [])));
  const computed = new Map(
    problems.flatMap((problem): [string, unknown][] =>
      problem.code === 'figure-mismatch' ? [[problem.figure, problem.computed]] : [],
    ),
  );
  return {
    isVerified: problems.length === 0,
    figures: figures.map(({ id, label, unit, table, value, definition }) => {
      const status = statuses.get(id) ?? 'not-verifiable';
      const isWhole = !damaged.has(table);
      const held = status === 'verified' && !isWhole ? 'not-verifiable' : status;
      const judged = held === 'verified' && named.has(id) ? 'mismatch' : held;
      const found = tables.find(({ schema }) => schema.table === table);
      const isOfNames =
        found !== undefined && found.check.rows > 0 && restsOnPseudonyms(definition, found.schema);
      return {
        ...{ id, label, unit, table, value, computed: computed.get(id) ?? null },
        status: judged === 'verified' && isOfNames ? 'partly-verified' : judged,
        checkedRows: isOfNames ? 0 : null,
      };
    }),
    tables: tables.map(({ schema, check }) => ({
      name: schema.table,
      rows: check.rows,
      isIntact: !damaged.has(schema.table),
    })),
    files: reading.files.names.length,
    problems,
  };
}

function withoutRepeats(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Map(problems.map((problem) => [canonicalJson(problem), problem]));
  return [...seen.values()];
}
