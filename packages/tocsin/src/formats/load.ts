// From received evidence to stored events: recognises each item, reads it with its format, and accounts for every
// record: records in = events + rejects + headers.
import { createHash, type Hash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ReceivedItem } from '../evidence/intake.ts';
import { CutShort, type ExpansionLimits, unpacked } from '../evidence/unpack.ts';
import type { EventsEngine } from '../store/events/engine.ts';
import { eventTables } from '../vocabulary/dictionary.ts';
import type { EvidenceItem } from '../vocabulary/investigation.ts';
import { accountFor, type ReadItem } from './account.ts';
import { loadBulk } from './bulk-load.ts';
import { asUtf8 } from './encoding.ts';
import type { Format, ParseSettings } from './format.ts';
import { recogniseFormat } from './recognise.ts';
import { loadRecords } from './record-load.ts';
import { LoadLanes, RowWriter } from './row-writer.ts';
import { type Opened, openSample } from './sample.ts';
import { sensorName } from './sensor-name.ts';
import { Tally } from './tally.ts';
import { loadTool } from './tool-load.ts';

export interface LoadSettings {
  readonly scratch: string;
  readonly blockBytes: number;
  readonly maxRecordBytes: number;
  readonly limits: ExpansionLimits;
  readonly assumedZoneMinutes: number | null;
  readonly assumedYear: number | null;
  /** Text of the mapping file, for the files no other format claims. */
  readonly mapping: string | null;
  /** Folders to look for programs in, as in PATH. */
  readonly searchPath: string;
  /** Called as each item begins (done false) and ends. */
  readonly onItem?: (path: string, records: number, done: boolean) => void;
}

/** Loads all items and returns their account, in the order given. */
export async function loadEvidence(
  engine: EventsEngine,
  items: readonly ReceivedItem[],
  settings: LoadSettings,
): Promise<readonly EvidenceItem[]> {
  mkdirSync(settings.scratch, { recursive: true });
  const reader = new Reader(engine, settings);
  const read = new Map<ReceivedItem, ReadItem>();
  const late: ReceivedItem[] = [];
  for (const item of items) {
    const result = await reader.read(item, false);
    if (result === 'later') late.push(item);
    else read.set(item, result);
  }
  if (late.length > 0) await reader.beginLate();
  for (const item of late) {
    const result = await reader.read(item, true);
    if (result !== 'later') read.set(item, result);
  }
  await reader.settle();
  return accountFor(
    engine,
    items.map((item) => read.get(item)).filter((item) => item !== undefined),
  );
}

class Reader {
  readonly #engine: EventsEngine;
  readonly #settings: LoadSettings;
  /** Id of the item first read with that content, by SHA-256 of the file and of its unpacked content. */
  readonly #known = new Map<string, string>();

  readonly #lanes: LoadLanes;
  #evidenceLast: string | null = null;

  constructor(engine: EventsEngine, settings: LoadSettings) {
    this.#engine = engine;
    this.#settings = settings;
    this.#lanes = new LoadLanes(engine, settings.scratch);
  }

  /** Waits until everything read is stored. */
  async settle(): Promise<void> {
    await this.#lanes.settle();
    await this.#engine.execute('TRUNCATE TABLE block_note');
  }

  /** What was read so far tells the year of what follows. */
  async beginLate(): Promise<void> {
    await this.#lanes.settle();
    this.#evidenceLast = await this.#latest();
  }

  async read(item: ReceivedItem, isLate: boolean): Promise<ReadItem | 'later'> {
    const tally = new Tally();
    const plain = { item, tally, note: item.note, duplicateOf: null };
    if (item.kind === 'archive') return { ...plain, format: 'archive' };
    if (item.kind === 'unreadable') return { ...plain, format: 'unreadable' };
    const before = this.#known.get(item.sha256);
    if (before !== undefined) return { ...plain, format: 'duplicate', duplicateOf: before };
    const content = createHash('sha256');
    const plainBytes = unpacked(item.file, item.compression, this.#settings.limits);
    const opened = await openSample(
      asUtf8(item.compression === 'none' ? plainBytes : hashed(plainBytes, content), tally),
    );
    try {
      return await this.#readOpened(item, opened, { tally, content, isLate });
    } finally {
      await opened.close();
    }
  }

  async #readOpened(
    item: ReceivedItem,
    opened: Opened,
    { tally, content, isLate }: { readonly tally: Tally; readonly content: Hash; readonly isLate: boolean },
  ): Promise<ReadItem | 'later'> {
    const plain = { item, tally, note: item.note, duplicateOf: null };
    if (opened.sample.bytes.length === 0) {
      this.#known.set(item.sha256, item.id);
      return {
        ...plain,
        format: 'empty',
        note:
          item.note ??
          (item.bytes === 0
            ? 'the file is empty'
            : (await troubleIn(opened.chunks)) === null
              ? 'what it unpacks to is empty'
              : 'nothing could be unpacked from it: the archive is damaged'),
      };
    }
    const format = recogniseFormat(opened.sample, this.#settings.mapping);
    if (format === null) {
      this.#known.set(item.sha256, item.id);
      const trouble = item.compression === 'none' ? null : await troubleIn(opened.chunks);
      return {
        ...plain,
        format: 'unknown',
        note: item.note ?? trouble ?? 'no format recognises its content; nothing was read from it',
      };
    }
    if (format.kind !== 'tool' && format.lacksYear === true && !isLate) return 'later';
    this.#settings.onItem?.(item.path, 0, false);
    const note = await this.#load(item, format, { opened, tally });
    this.#settings.onItem?.(item.path, tally.records, true);
    this.#known.set(item.sha256, item.id);
    if (item.compression === 'none') return { ...plain, format: format.id, note: item.note ?? note };
    const digest = content.digest('hex');
    const same = this.#known.get(digest);
    if (same !== undefined && same !== item.id) {
      await this.#forget(item.id);
      return { item, tally: new Tally(), format: 'duplicate', note: null, duplicateOf: same };
    }
    this.#known.set(digest, item.id);
    return { ...plain, format: format.id, note: item.note ?? note };
  }

  async #load(
    item: ReceivedItem,
    format: Format,
    {
      opened,
      tally,
    }: {
      readonly opened: Opened;
      readonly tally: Tally;
    },
  ): Promise<string | null> {
    const { blockBytes, maxRecordBytes, mapping } = this.#settings;
    const lanes = this.#lanes;
    const sensor = sensorName(item.path);
    const writer = new RowWriter(lanes, item.id, sensor);
    const { sample, chunks } = opened;
    const settings: ParseSettings = {
      assumedZoneMinutes: this.#settings.assumedZoneMinutes ?? 0,
      isZoneSet: this.#settings.assumedZoneMinutes !== null,
      assumedYear: this.#settings.assumedYear,
      evidenceLast: this.#evidenceLast,
      mapping,
      path: item.path,
    };
    try {
      if (format.kind === 'bulk') {
        await loadBulk({
          format,
          chunks,
          lanes,
          tally,
          evidenceId: item.id,
          sensor,
          blockBytes,
          maxRecordBytes,
        });
      } else if (format.kind === 'tool') {
        return await loadTool({
          format,
          chunks,
          scratch: join(this.#settings.scratch, `tool-${item.id}`),
          writer,
          tally,
          searchPath: this.#settings.searchPath,
          readLog: (log) => this.#readLog(item, log, tally),
        });
      } else {
        await loadRecords({ format, sample, chunks, settings, writer, tally, maxRecordBytes });
      }
    } catch (error) {
      if (!(error instanceof CutShort)) throw error;
      tally.records += 1;
      const why = error.code === 'expansion-limit' ? 'expands beyond the limit' : 'is damaged from here on';
      tally.reject(tally.records, error.code, `the compressed file ${why}; the rest was not read`);
    }
    return null;
  }

  /** A log that a program made of the item: its records count as the item's own. */
  async #readLog(item: ReceivedItem, log: AsyncIterable<Buffer>, tally: Tally): Promise<void> {
    const { sample, chunks, close } = await openSample(log);
    try {
      const format = recogniseFormat(sample, null);
      if (format?.kind !== 'bulk') return;
      const { blockBytes, maxRecordBytes } = this.#settings;
      const common = { lanes: this.#lanes, tally, evidenceId: item.id, sensor: sensorName(item.path) };
      await loadBulk({ format, chunks, ...common, blockBytes, maxRecordBytes });
    } finally {
      await close();
    }
  }

  /** Takes back what an item stored: its content was read under another name before. */
  async #forget(evidenceId: string): Promise<void> {
    await this.#lanes.settle();
    const tables = await this.#engine.query(
      "SELECT DISTINCT table FROM system.columns WHERE database = currentDatabase() AND name = 'evidence_id' ORDER BY table",
    );
    for (const row of tables) {
      await this.#engine.execute(
        `DELETE FROM ${String(row['table'])} WHERE evidence_id = {evidence:String}`,
        { evidence: evidenceId },
      );
    }
  }

  /** Time of the latest event stored so far; null when there is none. */
  async #latest(): Promise<string | null> {
    const tables = eventTables.map(
      ({ name }) => `SELECT max(time) AS latest, count() AS events FROM ${name}`,
    );
    const [row] = await this.#engine.query(
      `SELECT max(latest) AS latest, sum(events) AS events FROM (${tables.join(' UNION ALL ')})`,
    );
    return Number(row?.['events']) > 0 ? String(row?.['latest']) : null;
  }
}

/** Most that is unpacked of something nobody can read, to tell whether it is a bomb or damaged, bytes. */
const lookedThroughBytes = 1024 * 1024 * 1024;

/** What is wrong with a compressed item of no known format; null when its beginning unpacks well. */
async function troubleIn(chunks: AsyncIterable<Buffer>): Promise<string | null> {
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > lookedThroughBytes) break;
    }
  } catch (error) {
    if (!(error instanceof CutShort)) throw error;
    return error.code === 'expansion-limit'
      ? 'the compressed file expands beyond the limit and is of no known format; nothing was read from it'
      : 'the compressed file is damaged and of no known format; nothing was read from it';
  }
  return null;
}

async function* hashed(chunks: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}
