// Flows that two sensors recorded: found, their clocks compared, and counted once. Both records stay; the one that
// does not count is marked.
import type { EventsEngine } from '../store/events/engine.ts';
import type { Sighting } from '../vocabulary/investigation.ts';

/** Clocks further apart than this are not compared, seconds. */
const maxClockOffsetS = 3600;
/** Distance of two sightings of one flow once the clock offset is taken off, seconds. */
const toleranceS = 2;

const source = "concat(evidence_id, '/', sensor)";

/** Pairs of records with the same endpoints and matching counts in two sources, however far apart within an hour. */
const candidates = `
INSERT INTO twin
WITH
  shared AS
  (
    SELECT cityHash64(src_ip, src_port, dst_ip, dst_port, protocol) AS endpoints
    FROM network
    WHERE src_port != 0 OR dst_port != 0
    GROUP BY endpoints
    HAVING min(${source}) != max(${source})
  ),
  seen AS
  (
    SELECT cityHash64(src_ip, src_port, dst_ip, dst_port, protocol) AS endpoints,
      ${source} AS source, evidence_id, record, time,
      ifNull(bytes_out, 0) AS bo, ifNull(bytes_in, 0) AS bi, ifNull(packets_out, 0) + ifNull(packets_in, 0) AS packets
    FROM network
    WHERE (src_port != 0 OR dst_port != 0) AND endpoints IN (SELECT endpoints FROM shared)
  )
SELECT a.source, b.source, a.evidence_id, a.record, b.evidence_id, b.record,
  dateDiff('microsecond', a.time, b.time) / 1000000.0,
  a.bo + a.bi >= b.bo + b.bi
FROM seen AS a
INNER JOIN seen AS b ON a.endpoints = b.endpoints
WHERE a.source < b.source
  AND abs(dateDiff('second', a.time, b.time)) <= ${maxClockOffsetS}
  AND abs(toInt64(a.bo) - toInt64(b.bo)) <= greatest(a.bo, b.bo) / 20 + 64 * greatest(a.packets, b.packets)
  AND abs(toInt64(a.bi) - toInt64(b.bi)) <= greatest(a.bi, b.bi) / 20 + 64 * greatest(a.packets, b.packets)
`;

/** With fewer sightings than this a clock offset beyond the tolerance is not believed: one look-alike would make it. */
const minTwins = 3;

/**
 * Clock offset per pair of sources: the median over flows that have one counterpart only, believed when most of them
 * lie close to it. A poll that repeats from one port has as many counterparts as repetitions and says nothing here.
 */
const offsets = `
SELECT first_source, second_source, offset
FROM
(
  SELECT first_source, second_source, quantileExact(0.5)(distance_s) AS offset, groupArray(distance_s) AS distances
  FROM
  (
    SELECT
      first_source, second_source, distance_s,
      count() OVER (PARTITION BY first_evidence, first_record, second_source) AS of_first,
      count() OVER (PARTITION BY second_evidence, second_record, first_source) AS of_second
    FROM twin
  )
  WHERE of_first = 1 AND of_second = 1
  GROUP BY first_source, second_source
)
WHERE arrayCount(d -> abs(d - offset) <= ${toleranceS}, distances) * 2 > length(distances)
  AND (length(distances) >= ${minTwins} OR abs(offset) <= ${toleranceS})
`;

const matched = `
SELECT first_source, second_source, offset, first_evidence, first_record, second_evidence, second_record, kept
FROM
(
  SELECT *
  FROM
  (
    SELECT t.*, o.offset AS offset, abs(t.distance_s - o.offset) AS off
    FROM twin AS t
    INNER JOIN (${offsets}) AS o ON t.first_source = o.first_source AND t.second_source = o.second_source
    WHERE off <= ${toleranceS}
  )
  ORDER BY off, first_evidence, first_record, second_evidence, second_record
  LIMIT 1 BY first_evidence, first_record, second_source
)
ORDER BY off, first_evidence, first_record, second_evidence, second_record
LIMIT 1 BY second_evidence, second_record, first_source
`;

/**
 * Marks the second sighting of every flow two sensors saw.
 * @returns one entry per pair of sensors, flows counted once and the clock offset in seconds
 */
export async function markRepeatedSightings(engine: EventsEngine): Promise<readonly Sighting[]> {
  const [sources] = await engine.query(`SELECT uniqExact(${source}) AS sources FROM network`);
  if (Number(sources?.['sources'] ?? 0) < 2) return [];
  await engine.execute('TRUNCATE TABLE twin');
  await engine.execute(candidates);
  const rows = await engine.query(`
    SELECT first_source, second_source, count() AS flows, any(offset) AS clock_offset
    FROM (${matched}) GROUP BY first_source, second_source ORDER BY first_source, second_source`);
  if (rows.length === 0) return [];
  await engine.execute(`
    ALTER TABLE network UPDATE is_repeat = 1
    WHERE (evidence_id, record) IN (
      SELECT if(kept = 1, second_evidence, first_evidence), if(kept = 1, second_record, first_record) FROM (${matched})
    )
    SETTINGS mutations_sync = 2, allow_nondeterministic_mutations = 1`);
  return rows.map((row) => ({
    sensors: [sensorOf(row['first_source']), sensorOf(row['second_source'])],
    flows: Number(row['flows']),
    clock_offset_s: Math.round(Number(row['clock_offset']) * 1e6) / 1e6,
  }));
}

/** The sensor's name behind the evidence id in a source. */
function sensorOf(value: unknown): string {
  const text = String(value);
  return text.slice(text.indexOf('/') + 1);
}
