// Where a single event happened, seen from the constituency, and how a finding points at single events: for detections
// that come with the user's own rules and lists. SQL over event_host, event_sensor, event_src, event_dst.
import { byText } from '../ground/ids.ts';
import { columnsOf, eventTable, eventTables, type TableName } from '../vocabulary/dictionary.ts';
import type { Direction, EventSelector } from '../vocabulary/finding.ts';

/**
 * Columns of a table that say where an event happened, under names all tables share. The machine's name is only taken
 * from tables whose `host` is one: in `http` it is a header.
 */
export function placeColumns(table: TableName): string {
  const own = new Set(columnsOf(eventTable(table)).map((field) => field.name));
  return `toString(sensor) AS event_sensor,
  ${own.has('host') && table !== 'http' ? 'host' : "''"} AS event_host,
  ${own.has('src_ip') ? 'src_ip' : "toIPv6('::')"} AS event_src,
  ${own.has('dst_ip') ? 'dst_ip' : "toIPv6('::')"} AS event_dst`;
}

/** The columns host, direction and peer over those. An event between strangers has no host. */
export const placeSql = `
  event_src != toIPv6('::') AS src_known,
  event_dst != toIPv6('::') AS dst_known,
  src_known AND dictHas('constituency', event_src) AS src_inside,
  dst_known AND dictHas('constituency', event_dst) AS dst_inside,
  if(event_host != '', event_host, event_sensor) AS machine,
  multiIf(
    src_inside AND dst_known, replaceOne(toString(event_src), '::ffff:', ''),
    dst_inside, replaceOne(toString(event_dst), '::ffff:', ''),
    dst_known AND src_known, '',
    machine) AS place_host,
  multiIf(
    src_inside AND dst_inside, 'internal',
    src_inside AND dst_known, 'outbound',
    NOT src_known, 'local',
    src_inside, 'internal',
    'inbound') AS direction,
  multiIf(src_inside AND dst_known, event_dst, src_known, event_src, toIPv6('::')) AS peer_ip,
  if(peer_ip = toIPv6('::'), '', replaceOne(toString(peer_ip), '::ffff:', '')) AS peer`;

/** Events listed with a finding; its event_count has them all. */
export const maxListedEvents = 1000;
/** And those whose ids are kept with it. */
export const maxEventIds = 100;
/** Other sides listed with a finding. */
export const maxListedPeers = 1000;

export function directionOf(text: string): Direction {
  return text === 'internal' || text === 'outbound' || text === 'inbound' ? text : 'local';
}

/** One event of a table. */
export interface EventReference {
  readonly table: string;
  readonly evidenceId: string;
  readonly record: number;
}

/** Selectors of single events, by table and evidence item. */
export function selectorsOf(references: readonly EventReference[]): readonly EventSelector[] {
  // The dictionary's names are the TableNames.
  const known = new Map(eventTables.map((table) => [table.name, table.name as TableName]));
  interface Group {
    readonly table: TableName;
    readonly evidenceId: string;
    readonly records: Set<number>;
  }
  const groups = new Map<string, Group>();
  for (const { table: name, evidenceId, record } of references) {
    const table = known.get(name);
    if (table === undefined) continue;
    const key = `${name} ${evidenceId}`;
    const group = groups.get(key) ?? { table, evidenceId, records: new Set() };
    group.records.add(record);
    groups.set(key, group);
  }
  return [...groups]
    .sort(([left], [right]) => byText(left, right))
    .map(([, { table, evidenceId, records }]) => ({
      table,
      where: [
        { column: 'evidence_id', op: 'in', values: [evidenceId] },
        { column: 'record', op: 'in', values: [...records].sort((left, right) => left - right) },
      ],
    }));
}

/** The events of a row that lists them in three columns: evidence_ids, records, tables. */
export function referencesOf(row: Readonly<Record<string, unknown>>): readonly EventReference[] {
  const tables = textsOf(row['tables']);
  const evidenceIds = textsOf(row['evidence_ids']);
  const records: readonly unknown[] = Array.isArray(row['records']) ? row['records'] : [];
  return records.map((record, at) => ({
    table: tables[at] ?? '',
    evidenceId: evidenceIds[at] ?? '',
    record: Number(record),
  }));
}

/** Ids of the first events, in the order given. */
export function eventIds(references: readonly EventReference[]): readonly string[] {
  const ids = new Set<string>();
  for (const { evidenceId, record } of references) {
    if (ids.size === maxEventIds) break;
    ids.add(`${evidenceId}:${record}`);
  }
  return [...ids];
}

/** SQL of those columns: the first events of a group. */
export const listedEventsSql = `groupArraySorted(${maxListedEvents})((time, evidence_id, record, table_name)) AS listed,
  arrayMap(e -> e.2, listed) AS evidence_ids,
  arrayMap(e -> e.3, listed) AS records,
  arrayMap(e -> e.4, listed) AS tables`;

/** An array of a row as texts. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
