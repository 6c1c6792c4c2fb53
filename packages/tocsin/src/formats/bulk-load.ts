// Loads an evidence item in blocks of raw lines that the engine itself parses. A sound block takes one strict pass; a
// block with a bad record is loaded again record by record judged, so that nothing is lost and nothing is guessed.
import { isUtf8 } from 'node:buffer';
import { blocksOf } from '../evidence/blocks.ts';
import { TocsinError } from '../ground/errors.ts';
import type { LineCells, Parameters } from '../store/events/engine.ts';
import type { BulkFormat, CellReading, Projection, Segment } from './format.ts';
import type { LoadLanes } from './row-writer.ts';
import { textOf } from './sample.ts';
import type { Tally } from './tally.ts';

export interface BulkLoad {
  readonly format: BulkFormat;
  readonly chunks: AsyncIterable<Buffer>;
  readonly lanes: LoadLanes;
  readonly tally: Tally;
  readonly evidenceId: string;
  readonly sensor: string;
  readonly blockBytes: number;
  readonly maxRecordBytes: number;
}

const sampleLines = 50;
const [lineEnd, carriageReturn, backslash, brace] = [0x0a, 0x0d, 0x5c, 0x7b];

/** Starts the load of all blocks. @throws CutShort when the evidence breaks off; what came before is in the lanes */
export async function loadBulk(load: BulkLoad): Promise<void> {
  const reader = new SegmentReader(load);
  for await (const block of blocksOf(load.chunks, load.blockBytes)) {
    if ('tooLong' in block) {
      load.tally.records += 1;
      load.tally.reject(block.record, 'too-long', `the record is longer than ${load.maxRecordBytes} bytes`);
      continue;
    }
    if ('cutOff' in block) {
      load.tally.records += 1;
      load.tally.reject(block.record, 'cut-off', 'the evidence breaks off in this record');
      continue;
    }
    load.tally.records += block.lines;
    for (const part of partsOf(block.bytes, load.format.headerMark))
      await reader.take(part, block.firstRecord);
  }
}

interface Part {
  readonly header: readonly string[];
  readonly data: Buffer;
  /** Lines of the block before the header of this part. */
  readonly linesBefore: number;
  /** Lines of the data, and the length of the longest, bytes. */
  readonly lines: number;
  readonly longest: number;
}

const longestHeader = 65_536;

/** Cuts a block where header lines stand. */
function* partsOf(bytes: Buffer, mark: string | null): Generator<Part> {
  const first = mark?.charCodeAt(0) ?? null;
  let linesBefore = 0;
  for (let at = 0; at < bytes.length; ) {
    const header: string[] = [];
    while (at < bytes.length && bytes[at] === first) {
      const end = endOfLine(bytes, at);
      // What is longer explains nothing; the mark alone stands for it.
      header.push(
        end - at <= longestHeader ? textOf(bytes.subarray(at, end)).replace(/\r$/, '') : (mark ?? ''),
      );
      at = end + 1;
    }
    const from = at;
    let lines = 0;
    let longest = 0;
    while (at < bytes.length && bytes[at] !== first) {
      const end = endOfLine(bytes, at);
      longest = Math.max(longest, end - at);
      lines += 1;
      at = end + 1;
    }
    yield { header, data: bytes.subarray(from, at), linesBefore, lines, longest };
    linesBefore += header.length + lines;
  }
}

function endOfLine(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(lineEnd, from);
  return end < 0 ? bytes.length : end;
}

class SegmentReader {
  readonly #load: BulkLoad;
  #segment: Segment | null = null;

  constructor(load: BulkLoad) {
    this.#load = load;
  }

  async take(part: Part, firstRecord: number): Promise<void> {
    const { format, tally } = this.#load;
    tally.headers += part.header.length;
    const needsSegment = part.header.length > 0 || this.#segment === null;
    if (needsSegment) this.#segment = format.segment(part.header, firstLines(part.data)) ?? this.#segment;
    if (part.data.length === 0) return;
    const dataFrom = firstRecord + part.linesBefore + part.header.length;
    if (this.#segment === null) {
      for (let at = 0; at < part.lines; at += 1)
        tally.reject(dataFrom + at, 'no-header', 'no header explains this record');
      return;
    }
    await this.#store(this.#segment, part, dataFrom);
  }

  async #store(segment: Segment, { data, lines, longest }: Part, dataFrom: number): Promise<void> {
    const { format, lanes, tally, evidenceId, sensor, maxRecordBytes } = this.#load;
    const parameters = { evidence: evidenceId, sensor, base: dataFrom, max_record: maxRecordBytes };
    const storing = { lanes, parameters };
    // Asked now: the memory is used again while the block is loaded from its file.
    const isPlain = longest <= maxRecordBytes && plain[format.cellFormat ?? 'none'](data, lines);
    await lanes.start(data, async (path) => {
      const kinds = segment.tell === null ? [] : await kindsIn(path, segment.tell, storing);
      let isSound = true;
      for (const projection of segment.projections(kinds)) {
        isSound = (await storeProjection({ path, isPlain }, projection, storing)) && isSound;
      }
      if (isSound) return;
      const [blanks = '0'] = await notesOn(
        path,
        { about: 'blank', select: `SELECT count() AS note FROM LINES WHERE ${blank}` },
        storing,
      );
      tally.headers += Number(blanks);
    });
  }
}

/** Whether the engine's own reader of a form and an expression over each line see the same in a block. */
const plain: Readonly<Record<LineCells['format'] | 'none', (data: Buffer, lines: number) => boolean>> = {
  none: () => false,
  // It would undo escapes, and the line ends of Windows.
  TSV: (data) => !data.includes(backslash) && !data.includes(carriageReturn),
  // It finds objects wherever they stand, several in a line or one in several; and does not ask for UTF-8.
  JSONEachRow: (data, lines) => isUtf8(data) && opensEachLine(data, lines),
};

/** True when every line begins with a brace and has no other. */
function opensEachLine(data: Buffer, lines: number): boolean {
  let found = 0;
  for (let at = data.indexOf(brace); at >= 0; at = data.indexOf(brace, at + 1)) {
    if (at > 0 && data[at - 1] !== lineEnd) return false;
    found += 1;
  }
  return found === lines;
}

function firstLines(data: Buffer): readonly string[] {
  const lines = textOf(data.subarray(0, 65_536)).split('\n');
  if (data.length > 65_536) lines.pop();
  return lines.slice(0, sampleLines).filter((line) => line !== '');
}

/** The kinds of record in a block, sorted; found by the engine in the block itself. */
async function kindsIn(path: string, tell: string, storing: Storing): Promise<readonly string[]> {
  const kinds = await notesOn(
    path,
    { about: 'kinds', select: `SELECT DISTINCT ${tell} AS note FROM LINES` },
    storing,
  );
  return kinds
    .map((kind) => (/^[\w.:-]{1,64}$/.test(kind) ? kind : ''))
    .filter((kind, at, all) => all.indexOf(kind) === at);
}

/** Answers of a query over a block's lines, sorted. An insert is the only statement both engines feed lines to. */
async function notesOn(
  path: string,
  { about, select }: { readonly about: string; readonly select: string },
  { lanes, parameters }: Storing,
): Promise<readonly string[]> {
  const block = `${String(parameters['evidence'])}:${String(parameters['base'])}:${about}`;
  const sql = `INSERT INTO block_note (block, note) SELECT {block:String}, toString(note) FROM (${select}) LIMIT 1000`;
  await lanes.engine.loadLines({ path, sql, parameters: { ...parameters, block } });
  const rows = await lanes.engine.query(
    'SELECT note FROM block_note WHERE block = {block:String} ORDER BY note',
    { block },
  );
  return rows.map((row) => String(row['note']));
}

interface Storing {
  readonly lanes: LoadLanes;
  readonly parameters: Parameters;
}

/** Stores a block's records of one projection; false when it took the slow way. */
async function storeProjection(
  { path, isPlain }: { readonly path: string; readonly isPlain: boolean },
  projection: Projection,
  { lanes, parameters }: Storing,
): Promise<boolean> {
  // Each reading fails at anything it does not take, and with it the whole insert; the next takes more.
  const { quick } = projection;
  if (isPlain && quick !== null) {
    const sql = quickSql(projection, quick);
    if (await isStored(lanes.engine.loadLines({ path, sql, parameters, cells: quick.cells }))) return true;
  }
  if (await isStored(lanes.engine.loadLines({ path, sql: insertSql(projection, null), parameters })))
    return true;
  const judged = withRejects(projection);
  await lanes.engine.loadLines({ path, sql: insertSql(projection, judged), parameters });
  await lanes.engine.loadLines({ path, sql: rejectSql(projection, judged), parameters });
  return false;
}

async function isStored(load: Promise<void>): Promise<boolean> {
  try {
    await load;
    return true;
  } catch (error) {
    if (!(error instanceof TocsinError) || error.code !== 'engine-failed') throw error;
    return false;
  }
}

type Judged = Projection['rejects'];

function withRejects(projection: Projection): Judged {
  return [
    {
      when: 'length(line) > {max_record:UInt64}',
      code: 'too-long',
      reason: 'the record is longer than the limit',
    },
    ...projection.rejects,
  ];
}

const blank = "match(line, '^\\\\s*$')";

function ctes(projection: Projection): string {
  return Object.entries(projection.with)
    .map(([name, sql]) => `${sql} AS ${name}`)
    .join(', ');
}

/** INSERT of the records by their cells. */
function quickSql(projection: Projection, quick: CellReading): string {
  const names = Object.keys(quick.columns);
  const mine = quick.where ?? '1';
  const sound = quick.sound.map((condition) => `throwIf((${mine}) AND NOT (${condition}), 'unsound') = 0`);
  return [
    `INSERT INTO ${projection.table} (evidence_id, record, ${names.join(', ')})`,
    `SELECT {evidence:String}, n + {base:UInt64}, ${names.map((name) => withSensor(name, quick.columns)).join(', ')}`,
    `FROM LINES`,
    `WHERE ${[mine, ...sound].join(' AND ')}`,
  ].join('\n');
}

/** A column's expression; the sensor is that of the evidence where the record names none. */
function withSensor(name: string, columns: Projection['columns']): string {
  const sql = columns[name] ?? '';
  return name === 'sensor' ? `if(${sql} = '', {sensor:String}, ${sql})` : sql;
}

/** INSERT of the records; with `judged`, only those no reject condition holds for. */
function insertSql(projection: Projection, judged: Judged | null): string {
  const names = Object.keys(projection.columns);
  const values = names.map((name) => withSensor(name, projection.columns));
  const sound =
    judged === null
      ? [soundOrThrow(projection)]
      : [`NOT ${blank}`, ...judged.map((rule) => `NOT (${rule.when})`)];
  // The order matters: `where` parts are evaluated from left to right only inside AND with short circuit, and
  // a strict column is read only for rows that passed.
  const where = [...(projection.where === null ? [] : [projection.where]), ...sound].join(' AND ');
  return [
    `INSERT INTO ${projection.table} (evidence_id, record, ${names.join(', ')})`,
    `WITH ${ctes(projection)}`,
    `SELECT {evidence:String}, n + {base:UInt64}, ${values.join(', ')}`,
    `FROM LINES`,
    `WHERE ${where}`,
  ].join('\n');
}

/** True for a sound record; throws for an overlong or incomplete one, which sends the block to the slow way. */
function soundOrThrow(projection: Projection): string {
  const shape = projection.shape === null ? '' : ` OR NOT (${projection.shape})`;
  return `throwIf(length(line) > {max_record:UInt64}${shape}, 'unsound') = 0`;
}

function rejectSql(projection: Projection, judged: Judged): string {
  const any = judged.map((rule) => `(${rule.when})`).join(' OR ');
  const pick = (value: (rule: Judged[number]) => string) =>
    `multiIf(${judged.map((rule) => `${rule.when}, ${value(rule)}`).join(', ')}, '')`;
  const where = [...(projection.where === null ? [] : [projection.where]), `NOT ${blank}`, `(${any})`].join(
    ' AND ',
  );
  return [
    'INSERT INTO reject (evidence_id, record, code, reason)',
    `WITH ${ctes(projection)}`,
    `SELECT {evidence:String}, n + {base:UInt64}, ${pick((rule) => `'${rule.code}'`)}, ${pick((rule) => `'${rule.reason.replace(/'/g, '')}'`)}`,
    'FROM LINES',
    `WHERE ${where}`,
  ].join('\n');
}
