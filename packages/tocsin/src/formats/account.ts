// The account of the evidence: what the store holds of each item, set against what came in.
import type { ReceivedItem } from '../evidence/intake.ts';
import { TocsinError } from '../ground/errors.ts';
import { byText } from '../ground/ids.ts';
import type { EventsEngine } from '../store/events/engine.ts';
import { eventTables } from '../vocabulary/dictionary.ts';
import type { EvidenceItem } from '../vocabulary/investigation.ts';
import type { Tally } from './tally.ts';

export interface ReadItem {
  readonly item: ReceivedItem;
  readonly format: string;
  readonly tally: Tally;
  readonly note: string | null;
  readonly duplicateOf: string | null;
}

/** One item per input, in its order. @throws TocsinError engine-failed when a record is unaccounted for, a defect */
export async function accountFor(
  engine: EventsEngine,
  read: readonly ReadItem[],
): Promise<readonly EvidenceItem[]> {
  await storeRejects(engine, read);
  const stored = await storedEvents(engine);
  const rejected = await storedRejects(engine);
  return read.map(({ item, format, tally, note, duplicateOf }) => {
    const isRead = duplicateOf === null && item.kind === 'file';
    const tables = isRead ? (stored.get(item.id) ?? []) : [];
    const rejects = isRead ? (rejected.get(item.id) ?? []) : [];
    const events = tables.reduce((sum, entry) => sum + entry.events, 0);
    const rejectCount = rejects.reduce((sum, entry) => sum + entry.count, 0);
    if (tally.records !== events + rejectCount + tally.headers) {
      const detail = `${item.id}: ${tally.records} records, ${events} events, ${rejectCount} rejects, ${tally.headers} headers`;
      throw new TocsinError('engine-failed', { detail });
    }
    return {
      id: item.id,
      path: item.path,
      sha256: item.sha256,
      bytes: item.bytes,
      format,
      records: tally.records,
      events,
      rejects: rejectCount,
      headers: tally.headers,
      first: tables.map((entry) => entry.first).sort(byText)[0] ?? null,
      last:
        tables
          .map((entry) => entry.last)
          .sort(byText)
          .at(-1) ?? null,
      tables: Object.fromEntries(tables.map((entry) => [entry.table, entry.events])),
      rejected: rejects,
      assumptions: [
        ...tally.assumptions,
        ...clockAssumption(
          tables
            .map((entry) => entry.last)
            .sort(byText)
            .at(-1),
        ),
      ],
      duplicate_of: duplicateOf,
      container: item.container,
      compression: item.compression,
      note,
    };
  });
}

/** A log that ends before 1980 counts its time from the start of the capture, not from the epoch. */
function clockAssumption(last: string | undefined): EvidenceItem['assumptions'] {
  if (last === undefined || last >= '1980') return [];
  return [
    {
      about: 'clock',
      value: 'relative',
      text: 'Its times count from the start of the recording, not from a date; they are shown as if it had begun at the Unix epoch.',
    },
  ];
}

async function storeRejects(engine: EventsEngine, read: readonly ReadItem[]): Promise<void> {
  for (const { item, tally, duplicateOf } of read) {
    if (duplicateOf !== null) continue;
    for (let at = 0; at < tally.rejects.length; at += 10_000) {
      const batch = tally.rejects.slice(at, at + 10_000);
      await engine.execute(
        `INSERT INTO reject (evidence_id, record, code, reason)
         SELECT {evidence:String}, tupleElement(r, 1), tupleElement(r, 2), tupleElement(r, 3)
         FROM (SELECT arrayJoin(arrayZip({records:Array(UInt64)}, {codes:Array(String)}, {reasons:Array(String)})) AS r)`,
        {
          evidence: item.id,
          records: batch.map((reject) => reject.record),
          codes: batch.map((reject) => reject.code),
          reasons: batch.map((reject) => reject.reason),
        },
      );
    }
  }
}

interface StoredTable {
  readonly table: string;
  readonly events: number;
  readonly first: string;
  readonly last: string;
}

async function storedEvents(engine: EventsEngine): Promise<ReadonlyMap<string, readonly StoredTable[]>> {
  const stored = new Map<string, StoredTable[]>();
  for (const { name } of eventTables) {
    const rows = await engine.query(
      `SELECT evidence_id, count() AS events, min(time) AS first, max(time) AS last FROM ${name} GROUP BY evidence_id ORDER BY evidence_id`,
    );
    for (const row of rows) {
      const list = stored.get(String(row['evidence_id'])) ?? [];
      list.push({
        table: name,
        events: Number(row['events']),
        first: String(row['first']),
        last: String(row['last']),
      });
      stored.set(String(row['evidence_id']), list);
    }
  }
  return stored;
}

async function storedRejects(engine: EventsEngine): Promise<ReadonlyMap<string, EvidenceItem['rejected']>> {
  const rows = await engine.query(
    `SELECT evidence_id, code, reason, count() AS rejects, min(record) AS first_record FROM reject
     GROUP BY evidence_id, code, reason ORDER BY evidence_id, code, reason`,
  );
  const rejected = new Map<string, EvidenceItem['rejected'][number][]>();
  for (const row of rows) {
    const list = rejected.get(String(row['evidence_id'])) ?? [];
    list.push({
      code: String(row['code']),
      reason: String(row['reason']),
      count: Number(row['rejects']),
      first_record: Number(row['first_record']),
    });
    rejected.set(String(row['evidence_id']), list);
  }
  return rejected;
}
