// An events store of its own for a test file: opened once in a temporary folder, with scratch space beside it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { eventTables } from '../../vocabulary/dictionary.ts';
import type { EngineSettings, EventsEngine } from './engine.ts';
import { openEventsStore } from './open.ts';

/** Small enough that two test files run side by side. */
export const testSettings: EngineSettings = { memoryBytes: 1_000_000_000, threads: 2 };

export interface TemporaryStore {
  readonly engine: EventsEngine;
  /** A folder for files, removed at the end. */
  readonly scratch: string;
  /** Writes a file under the scratch folder and gives its path. */
  readonly file: (name: string, content: string | Uint8Array) => string;
  /** Empties the events, the rejects and what is derived from them. */
  readonly clear: () => Promise<void>;
  /** Adds rows to a table; what a row leaves out gets its default. */
  readonly insert: (table: string, rows: readonly Readonly<Record<string, unknown>>[]) => Promise<void>;
  /** Makes the prefixes ours. */
  readonly setConstituency: (prefixes: readonly string[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function openTemporaryStore(): Promise<TemporaryStore> {
  const directory = mkdtempSync(join(tmpdir(), 'tocsin-store-'));
  const scratch = join(directory, 'scratch');
  mkdirSync(scratch);
  const engine = await openEventsStore({ ...testSettings, url: null, directory: join(directory, 'events') });
  return {
    engine,
    scratch,
    file(name, content) {
      const path = join(scratch, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      return path;
    },
    async clear() {
      const names = [
        ...eventTables.map((table) => table.name),
        'reject',
        'twin',
        'conversation',
        'block_note',
      ];
      for (const name of names) await engine.execute(`TRUNCATE TABLE ${name}`);
    },
    async insert(table, rows) {
      const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
      const values = names.map((name) =>
        name === 'time' ? "parseDateTime64BestEffort(time, 6, 'UTC')" : name,
      );
      const known = await engine.query('SELECT name, type FROM system.columns WHERE table = {table:String}', {
        table,
      });
      const typeOf = (name: string) => String(known.find((column) => column['name'] === name)?.['type']);
      const structure = names
        .map((name) => `${name} ${name === 'time' ? 'String' : typeOf(name)}`)
        .join(', ');
      await engine.execute(
        `INSERT INTO ${table} (${names.join(', ')}) SELECT ${values.join(', ')} FROM format(JSONEachRow, {structure:String}, {rows:String})`,
        { structure, rows: rows.map((row) => JSON.stringify(row)).join('\n') },
      );
    },
    async setConstituency(prefixes) {
      await engine.execute('TRUNCATE TABLE constituency_prefix');
      await engine.execute(
        "INSERT INTO constituency_prefix SELECT arrayJoin({prefixes:Array(String)}), 'Ours', 'test', ''",
        { prefixes },
      );
      await engine.execute(
        `CREATE OR REPLACE DICTIONARY constituency (prefix String, organisation String DEFAULT '', sector String DEFAULT '')
         PRIMARY KEY prefix SOURCE(CLICKHOUSE(TABLE 'constituency_prefix')) LAYOUT(IP_TRIE) LIFETIME(0)`,
      );
    },
    async close() {
      await engine.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
