// The zone of a log that names none: its clients and their times, held against flows of the same clients, tell by how much
// its clock is off from UTC. Where they tell it clearly, the log's times are set right, and that is noted as an assumption;
// where they do not, or the user named a zone, everything stays as it was read.
import type { EventsEngine } from '../store/events/engine.ts';
import { eventTables } from '../vocabulary/dictionary.ts';
import { type Instant, instantOfMicros, microsOf } from '../vocabulary/instant.ts';
import type { EvidenceItem } from '../vocabulary/investigation.ts';
import { isZoneOpen } from './assumed-zone.ts';
import { logTables } from './logged-server.ts';

/** Width of the time slots in which a logged act and its connection must both fall (or in neighbouring ones), seconds. */
const slotS = 10;
/** A connection that is kept open carries many requests; its first minutes are enough. */
const longestSlots = 30;
/** Acts of a log that are compared; a sample of more, the same in every run. */
const sampledActs = 5000;
const minClients = 2;
const minActs = 5;
const minShare = 0.3;
/** An act that fits more offsets than these tells nothing: its client comes all the time. */
const mostOffsets = 6;

/** Offsets from UTC in use anywhere, minutes: every half hour, and the few between. */
const offsets: readonly number[] = [
  ...Array.from({ length: 53 }, (_, at) => (at - 24) * 30),
  345,
  525,
  765,
  825,
];

const sql = ({ table }: { readonly table: string }) => `
WITH
acts AS
(
    SELECT DISTINCT evidence_id AS log_id, src_ip AS client, intDiv(toUnixTimestamp(time), ${slotS}) AS slot
    FROM ${table}
    WHERE evidence_id IN ({logs:Array(String)}) AND src_ip != toIPv6('::')
    ORDER BY log_id, cityHash64(client, slot), client, slot
    LIMIT ${sampledActs} BY log_id
),
reached AS
(
    SELECT DISTINCT
        src_ip AS caller,
        arrayJoin(range(toUInt32(least(${longestSlots}, 3 + intDiv(toUInt64(ifNull(duration_s, 0)), ${slotS}))))) - 1
            + intDiv(toUnixTimestamp(time), ${slotS}) AS reached_slot
    FROM network
    WHERE is_repeat = 0 AND protocol = 'tcp' AND dst_port IN ({ports:Array(UInt16)})
      AND src_ip IN (SELECT client FROM acts) AND dictHas('constituency', dst_ip)
),
known AS (SELECT log_id, client, slot FROM acts WHERE client IN (SELECT caller FROM reached)),
fits AS
(
    SELECT log_id, client, slot, offset, count() OVER (PARTITION BY log_id, client, slot) AS offsets_of_act
    FROM
    (
        SELECT log_id, client, slot, arrayJoin({offsets:Array(Int32)}) AS offset,
          toInt64(slot) - intDiv(offset * 60, ${slotS}) AS true_slot
        FROM known
    )
    INNER JOIN reached ON caller = client AND reached_slot = true_slot
)
SELECT log_id, offset, count() AS matched, uniqExact(client) AS clients, any(acts_of_log) - any(idle_of_log) AS acts
FROM fits
INNER JOIN (SELECT log_id, count() AS acts_of_log FROM known GROUP BY log_id) AS whole USING (log_id)
INNER JOIN
(
    SELECT log_id, uniqExactIf((client, slot), offsets_of_act > ${mostOffsets}) AS idle_of_log FROM fits GROUP BY log_id
) AS idle USING (log_id)
WHERE offsets_of_act <= ${mostOffsets}
GROUP BY log_id, offset
ORDER BY log_id, offset`;

interface Fit {
  readonly offset: number;
  readonly matched: number;
  readonly clients: number;
  /** Acts of the log that could tell, matched or not. */
  readonly acts: number;
}

/** The offset that clearly fits best, minutes east of UTC; null where none does. */
function clearOffset(fits: readonly Fit[]): number | null {
  const [best, second] = fits.toSorted((left, right) => right.matched - left.matched);
  const isClear =
    best !== undefined &&
    best.clients >= minClients &&
    best.matched >= Math.max(minActs, minShare * best.acts, 2 * (second?.matched ?? 0));
  return isClear ? best.offset : null;
}

/** Sets the times of logs right whose zone the evidence tells, and notes so in the account of the evidence. */
export async function settleZones(
  engine: EventsEngine,
  evidence: readonly EvidenceItem[],
): Promise<readonly EvidenceItem[]> {
  const open = evidence.filter(({ assumptions }) => assumptions.some(isZoneOpen)).map(({ id }) => id);
  if (open.length === 0) return evidence;
  const found = new Map<string, number>();
  for (const logTable of logTables) {
    const fits = new Map<string, Fit[]>();
    for (const row of await engine.query(sql(logTable), { logs: open, ports: logTable.ports, offsets })) {
      const list = fits.get(String(row['log_id'])) ?? [];
      list.push({
        offset: Number(row['offset']),
        matched: Number(row['matched']),
        clients: Number(row['clients']),
        acts: Number(row['acts']),
      });
      fits.set(String(row['log_id']), list);
    }
    for (const [id, list] of fits) {
      const offset = clearOffset(list);
      if (offset !== null && !found.has(id)) found.set(id, offset);
    }
  }
  for (const [id, offset] of found) if (offset !== 0) await shift(engine, id, offset);
  return evidence.map((item) => {
    const offset = found.get(item.id);
    return offset === undefined ? item : settled(item, offset);
  });
}

/** Moves all events of an item: they are stored in the order of time, so they are written anew. */
async function shift(engine: EventsEngine, id: string, offset: number): Promise<void> {
  for (const { name } of eventTables) {
    const [row] = await engine.query(
      `SELECT count() AS events FROM ${name} WHERE evidence_id = {id:String}`,
      {
        id,
      },
    );
    if (Number(row?.['events']) === 0) continue;
    await engine.execute('DROP TABLE IF EXISTS zone_shifted');
    await engine.execute(
      `CREATE TABLE zone_shifted ENGINE = MergeTree ORDER BY tuple() AS
       SELECT * REPLACE (time - toIntervalMinute({offset:Int32}) AS time) FROM ${name} WHERE evidence_id = {id:String}`,
      { id, offset },
    );
    await engine.execute(`DELETE FROM ${name} WHERE evidence_id = {id:String}`, { id });
    await engine.execute(`INSERT INTO ${name} SELECT * FROM zone_shifted`);
    await engine.execute('DROP TABLE zone_shifted');
  }
}

function settled(item: EvidenceItem, offset: number): EvidenceItem {
  const moved = (instant: Instant | null) =>
    instant === null ? null : instantOfMicros(microsOf(instant) - BigInt(offset) * 60_000_000n);
  return {
    ...item,
    first: moved(item.first),
    last: moved(item.last),
    assumptions: item.assumptions.map((assumption) =>
      isZoneOpen(assumption)
        ? {
            about: 'zone',
            value: offsetText(offset),
            text: 'The log names no zone; taken so, its clients are seen in the flows at the times it says. Set another with --assume-zone.',
          }
        : assumption,
    ),
  };
}

function offsetText(minutes: number): string {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
}
