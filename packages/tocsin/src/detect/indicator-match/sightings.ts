// Finds listed indicators among the events. Takes the store with its table `indicator`, gives the table
// `indicator_sighting`: one row per event and indicator. What the events hold is gathered first and compared with the
// lists once, so the cost follows the lists and the distinct values, not their product.
import type { EventsEngine } from '../../store/events/engine.ts';
import { columnsOf, eventTables, type TableName } from '../../vocabulary/dictionary.ts';
import { placeColumns } from '../event-place.ts';

export const sightingTable = 'indicator_sighting';
const seenTable = 'indicator_seen';

const tablesWith = (column: string): readonly TableName[] =>
  eventTables
    .filter((table) => columnsOf(table).some((field) => field.name === column))
    // The dictionary's names are the TableNames.
    .map((table) => table.name as TableName);

/** A host name without port and final dot, in lower case. */
const nameSql = (text: string): string =>
  `trimRight(lower(replaceRegexpOne(${text}, ':[0-9]{1,5}$', '')), '.')`;

const hostName = nameSql('host');
/** As feeds/indicators/indicator.ts makes the key of a URL: no scheme, no usual port, no fragment. */
const urlSql = `if(match(uri, '^[a-zA-Z][a-zA-Z0-9+.-]*://'),
    concat(
      replaceRegexpOne(trimRight(lower(domain(uri)), '.'), '^$', ${hostName}),
      if(port(uri) IN (0, 80, 443), '', concat(':', toString(port(uri)))),
      if(empty(path(uri)), '/', path(uri)),
      if(empty(queryString(uri)), '', concat('?', queryString(uri)))),
    concat(
      ${hostName},
      if(match(host, ':[0-9]{1,5}$') AND NOT match(host, ':(80|443)$'), extract(host, ':[0-9]{1,5}$'), ''),
      if(startsWith(uri, '/'), '', '/'),
      splitByChar('#', uri)[1]))`;

/** A value the events hold: where, as what, and the SQL of one or of a list of them. */
interface Look {
  readonly table: TableName;
  readonly kind: string;
  /** SQL of an array of texts in normal form. */
  readonly values: string;
}

const hashesSql = "arrayMap(h -> lower(splitByChar('=', h)[-1]), hashes)";
const mailDomain = (address: string): string => `lower(splitByChar('@', ${address})[-1])`;

const looks: readonly Look[] = [
  { table: 'dns', kind: 'domain', values: "[trimRight(lower(query), '.')]" },
  { table: 'http', kind: 'domain', values: `[${hostName}]` },
  { table: 'tls', kind: 'domain', values: "[trimRight(lower(server_name), '.')]" },
  {
    table: 'email',
    kind: 'domain',
    values: `arrayConcat([${mailDomain('mail_from')}], arrayMap(a -> ${mailDomain('a')}, rcpt_to))`,
  },
  { table: 'http', kind: 'url', values: `[${urlSql}]` },
  { table: 'file', kind: 'hash', values: hashesSql },
  { table: 'process', kind: 'hash', values: hashesSql },
  { table: 'email', kind: 'email', values: 'arrayMap(a -> lower(a), arrayConcat([mail_from], rcpt_to))' },
  { table: 'tls', kind: 'ja3', values: '[lower(ja3), lower(ja3s)]' },
];

/** Addresses that events name in text: in answers to questions, and in place of a host's name. */
const namedAddresses: readonly { readonly table: TableName; readonly texts: string }[] = [
  { table: 'dns', texts: 'answers' },
  {
    table: 'http',
    texts: `[replaceRegexpOne(replaceRegexpOne(host, ':[0-9]{1,5}$', ''), '^\\\\[(.*)\\\\]$', '\\\\1')]`,
  },
  { table: 'tls', texts: '[server_name]' },
];

/** Every statement of a matching over some tables, in order: for running, and for the digest of the method. */
export function matchingStatements(
  filled: ReadonlySet<string> = new Set(eventTables.map((table) => table.name)),
): readonly string[] {
  const isFilled = ({ table }: { readonly table: string }) => filled.has(table);
  const seen = looks.filter(isFilled);
  const named = namedAddresses.filter(isFilled);
  const withAddresses = tablesWith('src_ip').filter((table) => filled.has(table));
  const kinds = [...new Set(seen.map(({ kind }) => kind))];
  return [
    `DROP TABLE IF EXISTS ${seenTable}`,
    `CREATE TABLE ${seenTable} (kind LowCardinality(String), seen String, ip IPv6, value String) ENGINE = MergeTree ORDER BY (kind, seen)`,
    `DROP TABLE IF EXISTS ${sightingTable}`,
    `CREATE TABLE ${sightingTable}
(
    kind LowCardinality(String),
    value String,
    seen String,
    table_name LowCardinality(String),
    evidence_id LowCardinality(String),
    record UInt64,
    time DateTime64(6, 'UTC'),
    event_sensor String,
    event_host String,
    event_src IPv6,
    event_dst IPv6,
    bytes_out UInt64,
    bytes_in UInt64
)
ENGINE = MergeTree
ORDER BY (kind, value, time)`,
    ...(withAddresses.length === 0 ? [] : [seenAddresses(withAddresses, named)]),
    ...kinds.map((kind) => seenTexts(kind, seen)),
    ...withAddresses.map(addressSightings),
    ...named.map(namedSightings),
    ...seen.map(textSightings),
    `DROP TABLE ${seenTable}`,
  ];
}

/** Runs the matching. @throws TocsinError engine-failed */
export async function findSightings(engine: EventsEngine): Promise<void> {
  const counts = eventTables.map(({ name }) => `(SELECT count() FROM ${name}) AS ${name}`);
  const [rows] = await engine.query(`SELECT ${counts.join(', ')}`);
  const filled = new Set(eventTables.map(({ name }) => name).filter((name) => Number(rows?.[name]) > 0));
  for (const statement of matchingStatements(filled)) await engine.execute(statement);
}

/** Takes the tables of a matching away. */
export async function closeSightings(engine: EventsEngine): Promise<void> {
  for (const table of [seenTable, sightingTable]) await engine.execute(`DROP TABLE IF EXISTS ${table}`);
}

const asAddress = (text: string): string => `toIPv6OrDefault(${text})`;

/** Addresses of the events that are listed, or lie in a listed prefix: each tried with every length of prefix listed. */
function seenAddresses(withAddresses: readonly TableName[], namedIn: typeof namedAddresses): string {
  // The roll-up has the pairs of `network`, each once.
  const tables = withAddresses.map((table) => (table === 'network' ? 'conversation' : table));
  const pairs = tables.flatMap((table) => [
    `SELECT src_ip AS ip FROM ${table}`,
    `SELECT dst_ip AS ip FROM ${table}`,
  ]);
  const named = namedIn.map(
    ({ table, texts }) => `SELECT ${asAddress('text')} AS ip FROM ${table} ARRAY JOIN ${texts} AS text`,
  );
  return `INSERT INTO ${seenTable}
WITH
lengths AS (SELECT groupUniqArray(bits) AS all_bits FROM indicator WHERE kind = 'address'),
addresses AS
(
    SELECT DISTINCT ip
    FROM (${[...pairs, ...named].join(' UNION ALL ')})
    WHERE ip != toIPv6('::')
),
tried AS
(
    SELECT ip, length_bits, tupleElement(IPv6CIDRToRange(ip, length_bits), 1) AS first
    FROM addresses
    ARRAY JOIN (SELECT all_bits FROM lengths) AS length_bits
)
SELECT DISTINCT 'address', replaceOne(toString(ip), '::ffff:', ''), ip, listed.value
FROM (SELECT low, bits, value FROM indicator WHERE kind = 'address') AS listed
INNER JOIN tried ON listed.low = tried.first AND listed.bits = tried.length_bits`;
}

/** Texts of the events that are listed; a name is listed when a name above it is. */
function seenTexts(kind: string, among: readonly Look[]): string {
  const parts = among
    .filter((look) => look.kind === kind)
    .map(({ table, values }) => `SELECT DISTINCT arrayJoin(${values}) AS text FROM ${table}`);
  const forms =
    kind === 'domain'
      ? "arrayMap(n -> arrayStringConcat(arraySlice(splitByChar('.', text), n), '.'), range(1, toUInt32(least(length(splitByChar('.', text)), 20))))"
      : '[text]';
  return `INSERT INTO ${seenTable}
WITH
texts AS (SELECT DISTINCT text FROM (${parts.join(' UNION ALL ')}) WHERE text != ''),
forms AS (SELECT text, arrayJoin(${forms}) AS form FROM texts)
SELECT DISTINCT '${kind}', text, toIPv6('::'), listed.value
FROM (SELECT value FROM indicator WHERE kind = '${kind}') AS listed
INNER JOIN forms ON listed.value = forms.form`;
}

const bytesOf = (table: TableName): string => {
  if (table === 'network') return 'ifNull(bytes_out, 0), ifNull(bytes_in, 0)';
  return table === 'http' ? 'ifNull(request_bytes, 0), ifNull(response_bytes, 0)' : '0, 0';
};

function addressSightings(table: TableName): string {
  const once = table === 'network' ? 'is_repeat = 0 AND' : '';
  const listed = `(SELECT ip FROM ${seenTable} WHERE kind = 'address')`;
  return `INSERT INTO ${sightingTable}
SELECT 'address', s.value, s.seen, '${table}', evidence_id, record, time, event_sensor, event_host, event_src, event_dst, out_bytes, in_bytes
FROM
(
    SELECT evidence_id, record, time, ${placeColumns(table)}, tupleElement((${bytesOf(table)}), 1) AS out_bytes,
      tupleElement((${bytesOf(table)}), 2) AS in_bytes, arrayJoin(arrayDistinct([src_ip, dst_ip])) AS side
    FROM ${table}
    WHERE ${once} (src_ip IN ${listed} OR dst_ip IN ${listed})
) AS e
INNER JOIN (SELECT ip, seen, value FROM ${seenTable} WHERE kind = 'address') AS s ON e.side = s.ip`;
}

function namedSightings({ table, texts }: { readonly table: TableName; readonly texts: string }): string {
  const listed = `(SELECT ip FROM ${seenTable} WHERE kind = 'address')`;
  return `INSERT INTO ${sightingTable}
SELECT 'address', s.value, s.seen, '${table}', evidence_id, record, time, event_sensor, event_host, event_src, event_dst, 0, 0
FROM
(
    SELECT evidence_id, record, time, ${placeColumns(table)},
      arrayJoin(arrayDistinct(arrayMap(t -> ${asAddress('t')}, ${texts}))) AS side
    FROM ${table}
    WHERE arrayExists(t -> ${asAddress('t')} IN ${listed}, ${texts})
) AS e
INNER JOIN (SELECT ip, seen, value FROM ${seenTable} WHERE kind = 'address') AS s ON e.side = s.ip
WHERE side != event_src AND side != event_dst`;
}

function textSightings({ table, kind, values }: Look): string {
  const listed = `(SELECT seen FROM ${seenTable} WHERE kind = '${kind}')`;
  return `INSERT INTO ${sightingTable}
SELECT '${kind}', s.value, s.seen, '${table}', evidence_id, record, time, event_sensor, event_host, event_src, event_dst, out_bytes, in_bytes
FROM
(
    SELECT evidence_id, record, time, ${placeColumns(table)}, tupleElement((${bytesOf(table)}), 1) AS out_bytes,
      tupleElement((${bytesOf(table)}), 2) AS in_bytes, arrayJoin(arrayDistinct(${values})) AS text
    FROM ${table}
    WHERE arrayExists(v -> v IN ${listed}, ${values})
) AS e
INNER JOIN (SELECT seen, value FROM ${seenTable} WHERE kind = '${kind}') AS s ON e.text = s.seen`;
}
