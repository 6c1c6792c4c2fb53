// The events behind each group of matches: how many, when, with whom, and the first of them. Takes rows of
// `sigma_match`, gives a group per rule, place and direction. Which events are listed is found by sorting the matches
// once by time; gathering the first of each group as they come compares them many times over. Of events that the same
// rules matched at one place only the first are gone on with, before each is taken apart by rule.
import type { EventsEngine, Row } from '../../store/events/engine.ts';
import type { Direction, EventSelector } from '../../vocabulary/finding.ts';
import {
  directionOf,
  eventIds,
  maxEventIds,
  maxListedEvents,
  maxListedPeers,
  placeSql,
  selectorsOf,
  textsOf,
} from '../event-place.ts';
import { matchTable } from './scan.ts';

/** Matches of one rule on one machine of ours in one direction. */
export interface MatchGroup {
  readonly rule: number;
  readonly host: string;
  readonly direction: Direction;
  readonly eventCount: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly peerCount: number;
  readonly peers: readonly string[];
  /** Selectors of the first events by time, and ids of the very first. */
  readonly selectors: readonly EventSelector[];
  readonly events: readonly string[];
  readonly listedEvents: number;
}

const group = 'rule, place_host, direction';
const listedOrder = 'time, evidence_id, record, table_name';

/**
 * The groups of some rules, of each rule those with most events first.
 * @param mostGroups of each rule
 */
export async function groupsOf(
  engine: EventsEngine,
  { rules, mostGroups }: { readonly rules: readonly number[]; readonly mostGroups: number },
): Promise<readonly MatchGroup[]> {
  const rows = await engine.query(
    `WITH placed AS
(
    SELECT *
    FROM (SELECT rules, time, evidence_id, record, table_name, ${placeSql} FROM ${matchTable})
    WHERE place_host != ''
),
heads AS
(
    SELECT ${group}, count() AS events, min(time) AS first_time, max(time) AS last_time,
      uniqExactIf(peer, peer != '') AS peer_count,
      arraySlice(arraySort(groupUniqArrayIf(peer, peer != '')), 1, ${maxListedPeers}) AS peers
    FROM placed
    ARRAY JOIN rules AS rule
    WHERE rule IN ({rules:Array(UInt32)})
    GROUP BY ${group}
    ORDER BY rule, events DESC, place_host, direction
    LIMIT ${mostGroups} BY rule
),
alike AS
(
    SELECT rules, place_host, direction, ${listedOrder}
    FROM placed
    ORDER BY ${listedOrder}
    LIMIT ${maxListedEvents} BY rules, place_host, direction
),
first_events AS
(
    SELECT ${group}, ${listedOrder}
    FROM alike
    ARRAY JOIN rules AS rule
    WHERE rule IN ({rules:Array(UInt32)})
    ORDER BY ${listedOrder}
    LIMIT ${maxListedEvents} BY ${group}
),
firsts AS
(
    SELECT ${group},
      arraySort(arrayZip(groupArray(time), groupArray(evidence_id), groupArray(record), groupArray(table_name))) AS listed
    FROM first_events
    GROUP BY ${group}
)
SELECT ${group}, events, peer_count, peers,
  concat(replaceOne(toString(first_time), ' ', 'T'), 'Z') AS first_seen,
  concat(replaceOne(toString(last_time), ' ', 'T'), 'Z') AS last_seen,
  arrayDistinct(arrayMap(e -> e.2, listed)) AS evidence_ids,
  arrayDistinct(arrayMap(e -> e.4, listed)) AS tables,
  if(length(evidence_ids) = 1, [], arrayMap(e -> indexOf(evidence_ids, e.2) - 1, listed)) AS evidence_at,
  if(length(tables) = 1, [], arrayMap(e -> indexOf(tables, e.4) - 1, listed)) AS table_at,
  arrayMap(e -> e.3, listed) AS records
FROM heads INNER JOIN firsts USING (${group})
ORDER BY rule, events DESC, place_host, direction`,
    { rules },
  );
  return rows.map(groupOfRow);
}

function groupOfRow(row: Row): MatchGroup {
  return {
    rule: Number(row['rule']),
    host: String(row['place_host']),
    direction: directionOf(String(row['direction'])),
    eventCount: Number(row['events']),
    firstSeen: String(row['first_seen']),
    lastSeen: String(row['last_seen']),
    peerCount: Number(row['peer_count']),
    peers: textsOf(row['peers']),
    ...listedOfRow(row),
  };
}

/**
 * Items and tables come once each, and of every event which of them it is of, unless there is one only: thousands of
 * events are of a few.
 */
function listedOfRow(row: Row): Pick<MatchGroup, 'selectors' | 'events' | 'listedEvents'> {
  const tables = textsOf(row['tables']);
  const evidenceIds = textsOf(row['evidence_ids']);
  const records = numbersOf(row['records']);
  const [table] = tables;
  const [evidenceId] = evidenceIds;
  if (tables.length === 1 && table !== undefined && evidenceIds.length === 1 && evidenceId !== undefined) {
    const isInOrder = records.every((record, at) => at === 0 || record > (records[at - 1] ?? 0));
    // In order, no event stands there twice and nothing is left to sort; that is how most evidence is written.
    if (isInOrder) {
      const [first] = selectorsOf([{ table, evidenceId, record: 0 }]);
      return {
        selectors: first === undefined ? [] : [{ ...first, where: first.where.map(withRecords(records)) }],
        events: records.slice(0, maxEventIds).map((record) => `${evidenceId}:${record}`),
        listedEvents: records.length,
      };
    }
  }
  const [tableAt, evidenceAt] = [numbersOf(row['table_at']), numbersOf(row['evidence_at'])];
  const references = records.map((record, at) => ({
    table: tables[tableAt[at] ?? 0] ?? '',
    evidenceId: evidenceIds[evidenceAt[at] ?? 0] ?? '',
    record,
  }));
  return { selectors: selectorsOf(references), events: eventIds(references), listedEvents: records.length };
}

type Where = EventSelector['where'][number];

const withRecords =
  (records: readonly number[]) =>
  (where: Where): Where =>
    where.column === 'record' && where.op === 'in' ? { ...where, values: records } : where;

function numbersOf(value: unknown): readonly number[] {
  if (!Array.isArray(value)) return [];
  return value.every((one) => typeof one === 'number') ? value : value.map(Number);
}
