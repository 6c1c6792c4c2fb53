// The quick way for long CSV lists: the engine takes the lines whose value is plainly what it says, and gives back the
// others (quoted, defanged, odd or wrong) for csv.ts to read. What is plain has the same normal form either way.
import type { EventsEngine } from '../../store/events/engine.ts';
import type { CsvLayout } from './csv.ts';
import { hashLengthOf, isKnownType, typesOf } from './indicator.ts';

// A label is at most 63 long; the engine's expressions do not count so far within a repetition, so it is asked apart.
const label = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const domainPattern = `(?:${label}\\\\.)+[a-z](?:[a-z0-9-]*[a-z0-9])?`;
const longLabel = '[a-z0-9-]{64}';

const kinds = ['address', 'domain', 'url', 'hash'] as const;
const known = kinds.flatMap((kind) =>
  typesOf(kind).map((type) => ({ type, kind, length: hashLengthOf(type) })),
);
const listSql = (items: readonly (string | number)[]): string =>
  `[${items.map((item) => (typeof item === 'string' ? `'${item}'` : item)).join(', ')}]`;

/** SQL of the kind a line's type `t` promises (`any` without a type), and of the length of its hashes. */
const promisedSql = `transform(t, ${listSql(['', ...known.map(({ type }) => type)])}, ${listSql(['any', ...known.map(({ kind }) => kind)])}, '')`;
const lengthSql = `transform(t, ${listSql(known.map(({ type }) => type))}, ${listSql(known.map(({ length }) => length))}, 0)`;

/** SQL of the kind a value plainly is, as promised; '' when its form leaves a doubt. */
const plainSql = `multiIf(
  promised IN ('address', 'any') AND four != toIPv4('0.0.0.0') AND toString(four) = v, 'address',
  promised IN ('hash', 'any') AND length(v) IN (32, 40, 64, 128) AND hash_length IN (0, length(v))
    AND match(v, '^[0-9a-f]+$') AND NOT has({nothing:Array(String)}, v), 'hash',
  promised IN ('url', 'any') AND position(v, '://') > 0 AND length(v) <= 253
    AND match(v, '^https?://${domainPattern}(?:/[!$-&*-Z^-~]*)?$') AND (length(v) < 64 OR NOT match(v, '${longLabel}')), 'url',
  promised IN ('domain', 'any') AND length(v) <= 253
    AND match(v, '^${domainPattern}$') AND (length(v) < 64 OR NOT match(v, '${longLabel}')), 'domain',
  '')`;

const nothing = [
  'd41d8cd98f00b204e9800998ecf8427e',
  'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
];

/** A line the engine left to be read singly. */
export interface LeftLine {
  /** From 1. */
  readonly record: number;
  readonly text: string;
}

export interface BulkReading {
  readonly taken: number;
  readonly left: readonly LeftLine[];
}

/** The cells of a note, by their places. */
function noteSql(notes: readonly number[]): string {
  const cells = notes.map((at) => `cells[${at + 1}]`);
  if (cells.length < 2) return cells[0] ?? "''";
  return `arrayStringConcat(arrayFilter(c -> c != '', [${cells.join(', ')}]), ' · ')`;
}

/** Lines left at most; a list of which more is odd is read singly as a whole. */
const maxLeft = 200_000;

/**
 * Puts the plain lines of a CSV file into `table`, and the others too, whole and without a kind, to be read singly; null
 * when those are too many, and then nothing of the file is there.
 * @param layout as the file's first lines say, with `first` the record the indicators begin at
 */
export async function bulkRead(
  engine: EventsEngine,
  {
    path,
    name,
    layout,
    first,
    table,
  }: {
    readonly path: string;
    readonly name: string;
    readonly layout: CsvLayout;
    readonly first: number;
    readonly table: string;
  },
): Promise<BulkReading | null> {
  if (typeof layout.type === 'string' && !isKnownType(layout.type)) return null;
  await engine.loadLines({
    path,
    isAlone: true,
    sql: `INSERT INTO ${table} (kind, value, low, bits, type, file, record, note)
SELECT
  plain,
  multiIf(plain = '', line, plain != 'url', v, position(without, '/') = 0, concat(without, '/'), without),
  if(plain = 'address', toIPv6(four), toIPv6('::')),
  if(plain = 'address', 128, 0),
  if(given = '', plain, given),
  {name:String}, record, note
FROM
(
    SELECT n + 1 AS record, line, v, given, note, toIPv4OrDefault(v) AS four, if(is_odd, '', ${plainSql}) AS plain,
      substring(if(plain = 'url', v, ''), position(v, '://') + 3) AS without
    FROM
    (
        SELECT n, line, splitByChar(',', trimRight(line, '\\r')) AS cells,
          trimBoth(cells[{value_cell:UInt32}]) AS v,
          trimBoth(toLowCardinality(${typeof layout.type === 'number' ? 'cells[{type_cell:UInt32}]' : '{all_type:String}'})) AS given,
          replaceRegexpAll(lower(given), '[^a-z0-9]', '') AS t,
          ${promisedSql} AS promised,
          ${lengthSql} AS hash_length,
          ${noteSql(layout.notes)} AS note,
          position(line, '"') > 0 OR startsWith(line, '#') OR length(note) > 250
            OR match(note, '^\\\\s|\\\\s$|\\\\s\\\\s|[\\\\t\\\\r\\\\n]') AS is_odd
        FROM LINES
        WHERE n >= ${first - 1}
    )
)`,
    parameters: {
      value_cell: layout.value + 1,
      type_cell: typeof layout.type === 'number' ? layout.type + 1 : 0,
      all_type: typeof layout.type === 'string' ? layout.type : '',
      nothing,
      name,
    },
  });
  const [counts] = await engine.query(
    `SELECT countIf(kind != '') AS taken, countIf(kind = '') AS others FROM ${table} WHERE file = {name:String}`,
    { name },
  );
  if (Number(counts?.['others'] ?? 0) > maxLeft) {
    await engine.execute(
      `ALTER TABLE ${table} DELETE WHERE file = {name:String} SETTINGS mutations_sync = 1`,
      { name },
    );
    return null;
  }
  const rows = await engine.query(
    `SELECT record, value FROM ${table} WHERE kind = '' AND file = {name:String} ORDER BY record`,
    { name },
  );
  return {
    taken: Number(counts?.['taken'] ?? 0),
    left: rows.map((row) => ({ record: Number(row['record']), text: String(row['value']) })),
  };
}
