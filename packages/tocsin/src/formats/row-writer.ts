// Events on their way into the store: rows in ClickHouse's TabSeparated form, a block file per table, loaded in lanes.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventsEngine } from '../store/events/engine.ts';
import { canonicalAddress } from '../vocabulary/address.ts';
import { columnsOf, eventTable } from '../vocabulary/dictionary.ts';
import type { Event, FieldValue } from '../vocabulary/event.ts';

const flushBytes = 8 * 1024 * 1024;

/** Loads blocks side by side, as many as the engine has lanes, and removes each file when it is stored. */
export class LoadLanes {
  readonly #engine: EventsEngine;
  readonly #scratch: string;
  readonly #running = new Set<Promise<void>>();
  #blocks = 0;
  #failure: { readonly error: unknown } | null = null;

  constructor(engine: EventsEngine, scratch: string) {
    this.#engine = engine;
    this.#scratch = scratch;
  }

  get engine(): EventsEngine {
    return this.#engine;
  }

  /** Writes a block and starts `load` on it; waits while all lanes are busy. @throws what an earlier load threw */
  async start(bytes: Uint8Array, load: (path: string) => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#engine.loadLanes) await Promise.race(this.#running);
    this.#check();
    this.#blocks += 1;
    const path = join(this.#scratch, `block-${this.#blocks}`);
    writeFileSync(path, bytes);
    const work = load(path)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        rmSync(path, { force: true });
        this.#running.delete(work);
      });
    this.#running.add(work);
  }

  /** Waits until everything started is stored. @throws what a load threw */
  async settle(): Promise<void> {
    await Promise.all(this.#running);
    this.#check();
  }

  #check(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}

interface TableBuffer {
  readonly columns: readonly { readonly name: string; readonly isAddress: boolean; readonly empty: string }[];
  parts: Buffer[];
  text: string;
  bytes: number;
}

/** Collects events of one evidence item. */
export class RowWriter {
  readonly #lanes: LoadLanes;
  readonly #evidenceId: string;
  readonly #sensor: string;
  readonly #buffers = new Map<string, TableBuffer>();

  constructor(lanes: LoadLanes, evidenceId: string, sensor: string) {
    this.#lanes = lanes;
    this.#evidenceId = evidenceId;
    this.#sensor = sensor;
  }

  /**
   * Adds an event.
   * @param isUtf8 false when the record was read as Latin-1 because it is no UTF-8: its characters are bytes
   */
  async add(event: Event, record: number, isUtf8: boolean): Promise<void> {
    const buffer = this.#bufferOf(event.table);
    const time = event.time.slice(0, -1).replace('T', ' ');
    let row = `${this.#evidenceId}\t${record}\t${cell(event.sensor ?? this.#sensor, '')}\t${time}`;
    for (const column of buffer.columns) {
      const value = event.fields[column.name];
      row += `\t${column.isAddress ? address(value) : cell(value, column.empty)}`;
    }
    row += '\n';
    if (isUtf8) buffer.text += row;
    else {
      this.#seal(buffer);
      buffer.parts.push(rawBytes(row));
    }
    buffer.bytes += row.length;
    if (buffer.bytes >= flushBytes) await this.#flush(event.table, buffer);
  }

  async end(): Promise<void> {
    for (const [table, buffer] of this.#buffers) await this.#flush(table, buffer);
  }

  #bufferOf(table: string): TableBuffer {
    let buffer = this.#buffers.get(table);
    if (buffer === undefined) {
      const columns = eventTable(table).fields.map((field) => ({
        name: field.name,
        isAddress: field.type === 'IPv6',
        empty: field.type.startsWith('Nullable')
          ? '\\N'
          : field.type.startsWith('Array')
            ? '[]'
            : /^UInt/.test(field.type)
              ? '0'
              : '',
      }));
      buffer = { columns, parts: [], text: '', bytes: 0 };
      this.#buffers.set(table, buffer);
    }
    return buffer;
  }

  #seal(buffer: TableBuffer): void {
    if (buffer.text === '') return;
    buffer.parts.push(Buffer.from(buffer.text, 'utf8'));
    buffer.text = '';
  }

  async #flush(table: string, buffer: TableBuffer): Promise<void> {
    this.#seal(buffer);
    if (buffer.parts.length === 0) return;
    const bytes = Buffer.concat(buffer.parts);
    buffer.parts = [];
    buffer.bytes = 0;
    const columns = columnsOf(eventTable(table)).map((column) => column.name);
    await this.#lanes.start(bytes, (path) => this.#lanes.engine.loadRows({ path, table, columns }));
  }
}

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\0': '\\0',
  '\b': '\\b',
  '\f': '\\f',
};

function escaped(text: string): string {
  return /[\\\t\n\r\0\b\f]/.test(text)
    ? text.replace(/[\\\t\n\r\0\b\f]/g, (found) => escapes[found] ?? found)
    : text;
}

function cell(value: FieldValue | undefined, empty: string): string {
  if (value === undefined || value === null) return empty;
  if (typeof value === 'string') return escaped(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return `[${value.map((item) => `'${escaped(item).replaceAll("'", "\\'")}'`).join(',')}]`;
}

function address(value: FieldValue | undefined): string {
  return typeof value === 'string' && value !== '' ? (canonicalAddress(value) ?? '::') : '::';
}

/** Latin-1 characters as the bytes they stand for; anything beyond came from an escape and is written as UTF-8. */
function rawBytes(row: string): Buffer {
  let isNarrow = true;
  for (let at = 0; at < row.length && isNarrow; at += 1) isNarrow = row.charCodeAt(at) < 256;
  if (isNarrow) return Buffer.from(row, 'latin1');
  return Buffer.concat(
    Array.from(row, (character) =>
      character.length === 1 && character.charCodeAt(0) < 256
        ? Buffer.from(character, 'latin1')
        : Buffer.from(character, 'utf8'),
    ),
  );
}
