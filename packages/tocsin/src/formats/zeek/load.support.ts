// Loads Zeek logs as an investigation does, for the tests of both spellings: files or texts in, the account and the
// stored rows out. One engine per test process; every load starts from empty tables.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { receive } from '../../evidence/intake.ts';
import { openEventsStore } from '../../store/events/open.ts';
import { columnsOf, eventTable, eventTables, type TableName } from '../../vocabulary/dictionary.ts';
import type { EvidenceItem } from '../../vocabulary/investigation.ts';
import { loadEvidence } from '../load.ts';

export interface Loaded {
  readonly account: EvidenceItem;
  /** Rows of a table by column, in order of their record; only columns that are not empty. */
  readonly rows: (table: TableName) => Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export interface LogLoader {
  /** @param blockBytes size of the blocks the file is cut into, at least a line; 1 MiB unless given */
  readonly load: (content: string | Buffer, blockBytes?: number) => Promise<Loaded>;
  readonly close: () => Promise<void>;
}

const limits = { maxExpandedBytes: 1e9, maxRatio: 200, maxMembers: 100 };

export async function openLogLoader(): Promise<LogLoader> {
  const directory = mkdtempSync(join(tmpdir(), 'tocsin-zeek-'));
  const engine = await openEventsStore({
    url: null,
    directory: join(directory, 'events'),
    memoryBytes: 1_000_000_000,
    threads: 2,
  });
  const path = join(directory, 'evidence', 'zeek.log');
  mkdirSync(join(directory, 'evidence'));
  return {
    async load(content, blockBytes = 1_048_576) {
      for (const { name } of eventTables) await engine.execute(`TRUNCATE TABLE ${name}`);
      await engine.execute('TRUNCATE TABLE reject');
      writeFileSync(path, content);
      const items = await receive([path], { ...limits, scratch: join(directory, 'archives'), maxDepth: 1 });
      const [account] = await loadEvidence(engine, items, {
        scratch: join(directory, 'blocks'),
        blockBytes,
        maxRecordBytes: 65_536,
        limits,
        assumedZoneMinutes: null,
        assumedYear: null,
        mapping: null,
        searchPath: '',
      });
      if (account === undefined) throw new Error('nothing was received');
      return { account, rows: (table) => rowsOf(table) };
    },
    async close() {
      await engine.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };

  async function rowsOf(table: TableName): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const columns = columnsOf(eventTable(table)).filter(
      ({ name }) => !['event_id', 'evidence_id'].includes(name),
    );
    const names = columns.map(({ name, type }) =>
      type === 'IPv6' ? `replaceOne(toString(${name}), '::ffff:', '') AS ${name}` : name,
    );
    const rows = await engine.query(`SELECT ${names.join(', ')} FROM ${table} ORDER BY record`);
    return rows.map((row) => Object.fromEntries(Object.entries(row).filter(([, value]) => !isEmpty(value))));
  }
}

function isEmpty(value: unknown): boolean {
  return (
    value === null ||
    value === '' ||
    value === '::' ||
    value === 0 ||
    (Array.isArray(value) && value.length === 0)
  );
}

/** Rejects by their code, whatever the field. */
export function countsByCode({ rejected }: EvidenceItem): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { code, count } of rejected) counts[code] = (counts[code] ?? 0) + count;
  return counts;
}
