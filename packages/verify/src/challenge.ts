// The auditor's challenge: which rows of a publication its publisher must open. They follow from the checkpoint of the log
// that the statement stands in, so that neither side picks them. Takes the files and a count; gives tables and rows.
import { type BundleFiles, wholeFile } from './files.ts';
import { hashBytes } from './hash.ts';
import { parseTlogProof } from './log/proof.ts';
import { proofPath } from './manifest.ts';
import { ContainerError } from './problem.ts';
import { readSchema, type TableSchema } from './schema.ts';
import { concatBytes, encodeText } from './sign/encoding.ts';
import { compareBytes, parseJson } from './text.ts';

export const mostChallenged = 100_000;

export interface ChallengedRow {
  readonly table: string;
  /** Counted from 1, as in the list of rows. */
  readonly row: number;
}

export interface Challenge {
  /** Tables with withheld columns, in byte order of their names. */
  readonly tables: readonly TableSchema[];
  /** Rows of those tables together. */
  readonly of: number;
  /** By table, then by row. */
  readonly rows: readonly ChallengedRow[];
}

/**
 * The rows that a challenge of so many picks: all of them where there are no more. A sentence where none can be picked.
 * @throws ContainerError when the files cannot be read
 */
export async function challengeOf(files: BundleFiles, count: number): Promise<Challenge | string> {
  if (!Number.isSafeInteger(count) || count < 1 || count > mostChallenged)
    return `a challenge is of 1 to ${mostChallenged} rows`;
  if (!files.names.includes(proofPath)) return 'it was not logged, so there is no checkpoint to pick rows by';
  const proof = parseTlogProof(await wholeFile(files, proofPath, 2 ** 20));
  if (!proof.ok) return 'the proof of the log cannot be read, so there is no checkpoint to pick rows by';
  const tables = await withheldTables(files);
  if (tables === null) return 'a schema cannot be read';
  const of = tables.reduce((sum, { rows }) => sum + rows, 0);
  const seed = hashBytes(encodeText(`tocsin-challenge-1\u0000${proof.value.checkpoint.note.text}`));
  const rows: ChallengedRow[] = [];
  const places = [...placesBelow(seed, of, count)].sort((left, right) => left - right);
  let first = 0;
  let at = 0;
  for (const { table, rows: length } of tables) {
    for (; (places[at] ?? Number.POSITIVE_INFINITY) < first + length; at += 1)
      rows.push({ table, row: (places[at] ?? 0) - first + 1 });
    first += length;
  }
  return { tables, of, rows };
}

/** Different numbers below a bound: each the first 53 bits of a SHA-256 over seed and counter, evenly folded. */
function placesBelow(seed: Uint8Array, bound: number, count: number): ReadonlySet<number> {
  if (count >= bound) return new Set(Array.from({ length: bound }, (_, at) => at));
  const places = new Set<number>();
  const even = Math.floor(2 ** 53 / bound) * bound;
  for (let counter = 0; places.size < count; counter += 1) {
    const message = new Uint8Array(8);
    new DataView(message.buffer).setBigUint64(0, BigInt(counter));
    const digest = hashBytes(concatBytes(seed, message));
    const number = Number(new DataView(digest.buffer, digest.byteOffset).getBigUint64(0) >> 11n);
    if (number < even) places.add(number % bound);
  }
  return places;
}

async function withheldTables(files: BundleFiles): Promise<readonly TableSchema[] | null> {
  const tables: TableSchema[] = [];
  for (const name of files.names.filter((one) => /^data\/tables\/[^/]+\.schema\.json$/.test(one))) {
    const schema = await schemaIn(files, name);
    if (schema === null) return null;
    if (schema.withheld_sha256 !== null) tables.push(schema);
  }
  return tables.sort((left, right) => compareBytes(left.table, right.table));
}

async function schemaIn(files: BundleFiles, name: string): Promise<TableSchema | null> {
  try {
    const text = new TextDecoder().decode(await wholeFile(files, name, 16 * 2 ** 20));
    const schema = readSchema(parseJson(text));
    return typeof schema === 'string' ? null : schema;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof ContainerError) return null;
    throw error;
  }
}
