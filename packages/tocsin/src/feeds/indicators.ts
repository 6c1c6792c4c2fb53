// Lists of known bad addresses, names, URLs and file hashes: `--indicators PATH`, a file or a folder of CSV, MISP and
// STIX 2.1 files told apart by content. Reads them strictly and puts them into the store, block by block.
import {
  appendFileSync,
  closeSync,
  createReadStream,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { TocsinError } from '../ground/errors.ts';
import { byText } from '../ground/ids.ts';
import type { EventsEngine } from '../store/events/engine.ts';
import { bulkRead } from './indicators/bulk.ts';
import { CsvReader } from './indicators/csv.ts';
import { isMisp, mispIndicators } from './indicators/misp.ts';
import { badRecord, type ListedIndicator, type OnSkipped } from './indicators/record.ts';
import { isStix, stixIndicators } from './indicators/stix.ts';

export interface IndicatorSummary {
  /** Indicators read, repeats included. */
  readonly indicators: number;
  /** Records that hold nothing that can be matched, by their type, most first. */
  readonly skipped: readonly { readonly type: string; readonly records: number }[];
}

/** Bytes of a JSON file that are read at once; a longer text does not fit into one string. */
const maxJsonBytes = 400 * 1024 * 1024;
const maxFiles = 10_000;
/** Lists of so many bytes at most are held in memory, where they are read from once or twice; longer ones on disk. */
const heldBytes = 128 * 1024 * 1024;
const blockCharacters = 64_000_000;
const maxLineCharacters = 1_000_000;

/**
 * The store's table of what was read; anew with each reading. It is read once or twice: packing its values would cost
 * more than the space it spares, and names, hashes and addresses hardly repeat.
 */
export const indicatorTable = 'indicator';

/**
 * Reads the file or folder into the store's table `indicator`.
 * @throws TocsinError path-missing, indicators-file
 */
export async function establishIndicators(
  engine: EventsEngine,
  path: string,
  scratch: string,
): Promise<IndicatorSummary> {
  const files = filesOf(path);
  const bytes = files.reduce((sum, file) => sum + statSync(file.path).size, 0);
  await engine.execute(`DROP TABLE IF EXISTS ${indicatorTable}`);
  await engine.execute(`CREATE TABLE ${indicatorTable}
(
    kind LowCardinality(String),
    value String CODEC(NONE),
    low IPv6 CODEC(NONE),
    bits UInt8,
    type LowCardinality(String),
    file LowCardinality(String),
    record UInt64 CODEC(NONE),
    note String
)
ENGINE = ${bytes <= heldBytes ? 'Memory' : 'MergeTree ORDER BY tuple()'}`);
  const skipped = new Map<string, number>();
  const onSkipped: OnSkipped = (type) => void skipped.set(type, (skipped.get(type) ?? 0) + 1);
  let count = 0;
  let characters = 0;
  const block = join(scratch, 'indicators');
  const flush = async () => {
    if (characters === 0) return;
    characters = 0;
    await engine.loadRows({
      path: block,
      table: indicatorTable,
      columns: ['kind', 'value', 'low', 'bits', 'type', 'file', 'record', 'note'],
    });
    rmSync(block);
  };
  for (const file of files) {
    const bulk = await inBulk(engine, file, onSkipped);
    if (bulk !== null) {
      count += bulk.taken;
      const rows = bulk.listed.map((listed) => rowOf(listed, escaped(file.name))).join('');
      appendFileSync(block, rows);
      count += bulk.listed.length;
      characters += rows.length;
      continue;
    }
    const name = escaped(file.name);
    for await (const batch of readIndicators(file.path, onSkipped)) {
      const rows = batch.map((listed) => rowOf(listed, name)).join('');
      appendFileSync(block, rows);
      count += batch.length;
      characters += rows.length;
      if (characters > blockCharacters) await flush();
    }
  }
  await flush();
  return {
    indicators: count,
    skipped: [...skipped]
      .map(([type, records]) => ({ type, records }))
      .sort((left, right) => right.records - left.records || byText(left.type, right.type)),
  };
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const escaped = (text: string): string =>
  /[\\\t\n\r]/.test(text) ? text.replace(/[\\\t\n\r]/g, (found) => escapes[found] ?? found) : text;

function rowOf({ kind, value, low, bits, type, record, note }: ListedIndicator, file: string): string {
  return `${kind}\t${escaped(value)}\t${low}\t${bits}\t${escaped(type)}\t${file}\t${record}\t${escaped(note)}\n`;
}

interface ListFile {
  readonly path: string;
  /** Relative to the folder given. */
  readonly name: string;
}

function filesOf(path: string): readonly ListFile[] {
  const found: ListFile[] = [];
  const walk = (folder: string, below: string): void => {
    const entries = readdirSync(folder, { withFileTypes: true });
    for (const entry of entries.sort((left, right) => byText(left.name, right.name))) {
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) walk(join(folder, entry.name), name);
      else if (entry.isFile() && !entry.name.startsWith('.'))
        found.push({ path: join(folder, entry.name), name });
      if (found.length > maxFiles)
        throw new TocsinError('indicators-file', {
          path,
          record: 'folder',
          detail: `more than ${maxFiles} files`,
        });
    }
  };
  try {
    if (statSync(path).isFile()) return [{ path, name: path.split(/[\\/]/).at(-1) ?? path }];
    walk(path, '');
  } catch (error) {
    if (error instanceof TocsinError) throw error;
    throw new TocsinError('path-missing', { path }, error);
  }
  return found;
}

/** The indicators of one file in batches, in its order. @throws TocsinError indicators-file, path-unreadable */
export async function* readIndicators(
  path: string,
  onSkipped: OnSkipped,
): AsyncGenerator<readonly ListedIndicator[]> {
  if (!/^(?:\ufeff)?\s*[[{]/.test(beginningOf(path))) {
    yield* csvBatches(path, onSkipped);
    return;
  }
  const value = jsonOf(path);
  if (isStix(value)) yield [...stixIndicators(value, { path, onSkipped })];
  else if (isMisp(value)) yield [...mispIndicators(value, { path, onSkipped })];
  else throw badRecord(path, 'file', 'the JSON is neither a MISP event nor a STIX bundle');
}

/** CSV files from this size on go the quick way. */
const bulkBytes = 1024 * 1024;

/** Reads a long CSV file the quick way; null for a file that is none or short, or has too many odd lines. */
async function inBulk(
  engine: EventsEngine,
  { path, name }: ListFile,
  onSkipped: OnSkipped,
): Promise<{ readonly taken: number; readonly listed: readonly ListedIndicator[] } | null> {
  const beginning = beginningOf(path);
  if (/^(?:\ufeff)?\s*[[{]/.test(beginning) || statSync(path).size < bulkBytes) return null;
  const reader = new CsvReader({ path, onSkipped });
  let isHeader = true;
  for (const line of beginning.split(/\r?\n/).slice(0, -1)) {
    isHeader = reader.line(line) === null;
    if (reader.layout !== null) break;
  }
  if (reader.layout === null) return null;
  const first = isHeader ? reader.record + 1 : reader.record;
  const read = await bulkRead(engine, { path, name, layout: reader.layout, first, table: indicatorTable });
  if (read === null) return null;
  const listed = read.left.flatMap(({ text, record }) => reader.lineAt(text, record) ?? []);
  return { taken: read.taken, listed };
}

async function* csvBatches(path: string, onSkipped: OnSkipped): AsyncGenerator<readonly ListedIndicator[]> {
  const reader = new CsvReader({ path, onSkipped });
  const batchOf = (lines: readonly string[]) => lines.flatMap((line) => reader.line(line) ?? []);
  let rest = '';
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
    const lines = (rest + String(chunk)).split(/\r?\n/);
    rest = lines.pop() ?? '';
    if (rest.length > maxLineCharacters) throw badRecord(path, 'file', 'a line is too long for an indicator');
    yield batchOf(lines);
  }
  yield batchOf([rest]);
}

function beginningOf(path: string): string {
  try {
    const handle = openSync(path, 'r');
    const bytes = Buffer.alloc(16_384);
    const length = readSync(handle, bytes, 0, bytes.length, 0);
    closeSync(handle);
    return bytes.subarray(0, length).toString('utf8');
  } catch (error) {
    const detail = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new TocsinError('path-unreadable', { path, detail }, error);
  }
}

function jsonOf(path: string): unknown {
  if (statSync(path).size > maxJsonBytes)
    throw badRecord(
      path,
      'file',
      `JSON of more than ${maxJsonBytes / 1024 / 1024} MiB is not read at once; split it`,
    );
  const text = readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    // Not every version of the parser says where it stopped.
    const where =
      position === undefined ? 'file' : `line ${text.slice(0, Number(position)).split('\n').length}`;
    throw badRecord(path, where, 'it is no JSON', error);
  }
}
