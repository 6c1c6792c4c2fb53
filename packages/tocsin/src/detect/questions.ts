// What detectors ask the engine. Most look at the single flows of a few pairs of addresses only: their pairs.sql name
// these beforehand, from the roll-up, and one pass over all flows sets aside those that any of them needs.
import { existsSync, readFileSync } from 'node:fs';
import { sha256 } from '../ground/ids.ts';
import type { EventsEngine, Row } from '../store/events/engine.ts';
import type { TableName } from '../vocabulary/dictionary.ts';
import type { Detector, Parameter, Question } from './detector.ts';
import { side } from './side.ts';

export type ParameterValues = Readonly<Record<string, Parameter['value']>>;

const pairsFile = 'pairs.sql';

const urlOf = (id: string, file: string): URL => new URL(`./${id}/${file}`, import.meta.url);
const textOf = (id: string, file: string): string => readFileSync(urlOf(id, file), 'utf8');

type Asking = Pick<Detector, 'id' | 'tables' | 'also'>;

function questionsOf({ tables, also = [] }: Asking): readonly Question[] {
  return [{ file: 'detect.sql', tables }, ...also];
}

/** Files of a detector's SQL, in the order they are asked in. */
export function sqlFilesOf(detector: Asking): readonly string[] {
  const files = questionsOf(detector).map(({ file }) => file);
  return existsSync(urlOf(detector.id, pairsFile)) ? [pairsFile, ...files] : files;
}

/** Events tables that a detector reads; with all of them empty it has nothing to ask. */
export function tablesOf(detector: Asking): readonly TableName[] {
  return [...new Set(questionsOf(detector).flatMap(({ tables }) => tables))];
}

/** Digest of all of a detector's SQL, whichever part of it the evidence calls for. */
export function sqlDigestOf(detector: Asking): string {
  return sha256(
    sqlFilesOf(detector)
      .map((file) => textOf(detector.id, file))
      .join('\n'),
  );
}

/** The parameters as they are declared. */
export function valuesOf(detector: Pick<Detector, 'parameters'>): ParameterValues {
  return Object.fromEntries(
    Object.entries(detector.parameters).map(([name, parameter]) => [name, parameter.value]),
  );
}

/** Columns of `watched_flow`, which has those of `network` that say what passed. */
const flowColumns =
  'time, sensor, src_ip, src_port, dst_ip, dst_port, protocol, service, duration_s, bytes_out, bytes_in, packets_in, state';

/** What is asked for a detector. */
export interface Asked {
  readonly detector: Asking;
  readonly values: ParameterValues;
}

/** Whether a detector asks for flows that are to be set aside first. */
export function isWatching({ detector }: Asked): boolean {
  return sqlFilesOf(detector).includes(pairsFile);
}

/**
 * Fills `watched_pair` from the detectors' pairs.sql and `watched_flow` with the flows of these pairs; needs the
 * roll-ups of rebuildConversations. Pairs are told apart by a hash, which is found quicker than two addresses: a flow of
 * another pair may be among them, so that detectors ask for their pairs.
 */
export async function watchFlows(engine: EventsEngine, asked: readonly Asked[]): Promise<void> {
  for (const table of ['watched_pair', 'watched_flow']) await engine.execute(`TRUNCATE TABLE ${table}`);
  const insert = ({ detector: { id }, values }: Asked) =>
    engine.execute(
      `INSERT INTO watched_pair SELECT {watching:String}, role, src_ip, dst_ip FROM (\n${textOf(id, pairsFile)})`,
      { ...values, watching: id },
    );
  await Promise.all(side(asked.filter(isWatching), insert));
  await engine.execute(
    `INSERT INTO watched_flow SELECT ${flowColumns} FROM network
WHERE is_repeat = 0 AND cityHash64(src_ip, dst_ip) IN (SELECT cityHash64(src_ip, dst_ip) FROM watched_pair)
SETTINGS max_insert_threads = 2`,
  );
}

/** Rows of all questions of a detector that the evidence has tables for, in the order of the questions. */
export async function rowsFor(
  engine: EventsEngine,
  { detector, values }: Asked,
  filled: ReadonlySet<string>,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const { file, tables } of questionsOf(detector)) {
    if (!tables.some((table) => filled.has(table))) continue;
    for (const row of await engine.query(textOf(detector.id, file), values)) rows.push(row);
  }
  return rows;
}
