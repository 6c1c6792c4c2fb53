// The theft ledger: what left, flow by flow, with a least, a best and a greatest reading of each flow. Flows come from the
// store, doubly seen ones once; the bounds are sums, so that anyone can add them up again.
import { byText } from '../ground/ids.ts';
import type { EventsEngine, Row } from '../store/events/engine.ts';
import { addressNumber } from '../vocabulary/address.ts';
import type { Finding } from '../vocabulary/finding.ts';
import { microsOf } from '../vocabulary/instant.ts';
import type { Theft } from '../vocabulary/investigation.ts';
import { linkOf } from './attack.ts';

/** One flow of the ledger. */
export interface TheftFlow {
  readonly incident: string;
  readonly event_id: string;
  readonly evidence_id: string;
  readonly record: number;
  readonly time: string;
  readonly day: string;
  readonly src_ip: string;
  readonly dst_ip: string;
  readonly victim: string;
  readonly destination: string;
  readonly minimum_bytes: number;
  readonly best_bytes: number;
  readonly maximum_bytes: number;
}

export interface TheftQuestion {
  readonly incident: string;
  readonly findings: readonly Finding[];
  /** Our hosts in the incident. */
  readonly hosts: readonly string[];
  /** Outside addresses that steer, break in or receive. */
  readonly outside: readonly string[];
}

const rules: Theft['rules'] = {
  minimum:
    'Payload of the flows to the receiving addresses that carried at least four times as much out as in: plain uploads and nothing else.',
  best: 'Payload of all flows from the robbed machines to the receiving addresses, each flow once however many sensors saw it.',
  maximum:
    'Everything any machine of the incident sent to any outside address of it, packet headers included where the sensor counted them.',
};

/** Shares a flow between the readings; the pairs that carry the theft are bound, never written into the text. */
const sql = `
SELECT
    concat(evidence_id, ':', toString(record)) AS id,
    evidence_id,
    record,
    time,
    toString(toDate(time)) AS day,
    replaceOne(toString(src_ip), '::ffff:', '') AS src,
    replaceOne(toString(dst_ip), '::ffff:', '') AS dst,
    src_port,
    dst_port,
    is_ours_src,
    is_theft,
    payload,
    back,
    greatest(payload, wire) AS most
FROM
(
    SELECT
        evidence_id, record, time, src_ip, dst_ip, src_port, dst_port,
        src_ip IN ({hosts:Array(IPv6)}) AS is_ours_src,
        has({pairs:Array(String)}, if(is_ours_src,
            concat(replaceOne(toString(src_ip), '::ffff:', ''), ' ', replaceOne(toString(dst_ip), '::ffff:', '')),
            concat(replaceOne(toString(dst_ip), '::ffff:', ''), ' ', replaceOne(toString(src_ip), '::ffff:', '')))) AS is_theft,
        ifNull(if(is_ours_src, bytes_out, bytes_in), 0) AS payload,
        ifNull(if(is_ours_src, bytes_in, bytes_out), 0) AS back,
        ifNull(if(is_ours_src, wire_bytes_out, wire_bytes_in), 0) AS wire
    FROM network
    WHERE is_repeat = 0
      AND ((src_ip IN ({hosts:Array(IPv6)}) AND dst_ip IN ({outside:Array(IPv6)}))
        OR (src_ip IN ({outside:Array(IPv6)}) AND dst_ip IN ({hosts:Array(IPv6)})))
)
WHERE payload > 0 OR wire > 0
ORDER BY time, evidence_id, record`;

/** The theft of an incident and its flows; null when nothing is known to have left. */
export async function theftOf(
  engine: EventsEngine,
  question: TheftQuestion,
): Promise<{ readonly theft: Theft; readonly flows: readonly TheftFlow[] } | null> {
  const thefts = question.findings.filter((finding) => linkOf(finding) === 'theft');
  const pairs = [
    ...new Set(thefts.flatMap((finding) => finding.peers.map((peer) => `${finding.host} ${peer}`))),
  ].sort(byText);
  if (pairs.length === 0) return null;
  const rows = await engine.query(sql, {
    hosts: question.hosts.filter(isAddress),
    outside: question.outside.filter(isAddress),
    pairs,
  });
  const flows = seenOnce(rows).map((row): TheftFlow => {
    const isOursSource = Number(row['is_ours_src']) === 1;
    const isTheft = Number(row['is_theft']) === 1;
    const payload = Number(row['payload']);
    const isUpload = payload >= 4 * Number(row['back']);
    const [src, dst] = [String(row['src']), String(row['dst'])];
    return {
      incident: question.incident,
      event_id: String(row['id']),
      evidence_id: String(row['evidence_id']),
      record: Number(row['record']),
      time: String(row['time']),
      day: String(row['day']),
      src_ip: src,
      dst_ip: dst,
      victim: isOursSource ? src : dst,
      destination: isOursSource ? dst : src,
      minimum_bytes: isTheft && isUpload ? payload : 0,
      best_bytes: isTheft ? payload : 0,
      maximum_bytes: Number(row['most']),
    };
  });
  return { theft: ledgerOf(flows, await fileNames(engine, thefts)), flows };
}

/** Two records of one flow are no further apart, seconds, and differ by no more of their payload. */
const mostApartS = 3600;
const mostDifference = 0.05;
const slackBytes = 2000;

/**
 * Without what another file of evidence tells again: where sensors saw too little in common for their clocks to be
 * compared, the same endpoints with as much payload at about the same time are one flow.
 */
function seenOnce(rows: readonly Row[]): readonly Row[] {
  const known = new Map<string, Row[]>();
  return rows.filter((row) => {
    const { src, dst, src_port: from, dst_port: to } = row;
    if (Number(from) === 0) return true;
    const key = `${String(src)} ${String(from)} ${String(dst)} ${String(to)}`;
    const before = known.get(key) ?? [];
    if (before.some((other) => isSameFlow(other, row))) return false;
    known.set(key, [...before, row]);
    return true;
  });
}

function isSameFlow(one: Row, other: Row): boolean {
  const apartS = Number(microsOf(String(other['time'])) - microsOf(String(one['time']))) / 1e6;
  const [left, right] = [Number(one['payload']), Number(other['payload'])];
  return (
    one['evidence_id'] !== other['evidence_id'] &&
    Math.abs(apartS) <= mostApartS &&
    Math.abs(left - right) <= Math.max(left, right) * mostDifference + slackBytes
  );
}

function isAddress(text: string): boolean {
  return addressNumber(text) !== null;
}

function ledgerOf(flows: readonly TheftFlow[], files: readonly string[]): Theft {
  const total = (key: 'minimum_bytes' | 'best_bytes' | 'maximum_bytes', of = flows) =>
    of.reduce((sum, flow) => sum + flow[key], 0);
  const stolen = flows.filter((flow) => flow.best_bytes > 0);
  const groups = new Map<string, TheftFlow[]>();
  for (const flow of stolen) {
    const key = `${flow.day} ${flow.victim} ${flow.destination}`;
    groups.set(key, [...(groups.get(key) ?? []), flow]);
  }
  const destinations = new Map<string, number>();
  for (const flow of stolen)
    destinations.set(flow.destination, (destinations.get(flow.destination) ?? 0) + flow.best_bytes);
  return {
    minimum_bytes: total('minimum_bytes'),
    best_bytes: total('best_bytes'),
    maximum_bytes: total('maximum_bytes'),
    to: [...destinations]
      .map(([ip, bytes]) => ({ ip, bytes }))
      .sort((left, right) => right.bytes - left.bytes || byText(left.ip, right.ip)),
    ledger: [...groups]
      .sort(([left], [right]) => byText(left, right))
      .map(([key, group]) => {
        const [day = '', victim = '', destination = ''] = key.split(' ');
        return {
          victim,
          destination,
          day,
          minimum_bytes: total('minimum_bytes', group),
          best_bytes: total('best_bytes', group),
          maximum_bytes: total('maximum_bytes', group),
          flows: group.length,
        };
      }),
    files: [...files],
    rules,
  };
}

/** Names of files the logs name on the way out: uploads by HTTP and files a sensor saw pass. */
async function fileNames(engine: EventsEngine, thefts: readonly Finding[]): Promise<readonly string[]> {
  const hosts = thefts.map((finding) => finding.host).filter(isAddress);
  const peers = thefts.flatMap((finding) => finding.peers).filter(isAddress);
  const rows = await engine.query(
    `SELECT DISTINCT name FROM (
       SELECT arrayJoin(if(empty(file_names), [splitByChar('/', cutQueryString(uri))[-1]], file_names)) AS name
       FROM http
       WHERE src_ip IN ({hosts:Array(IPv6)}) AND dst_ip IN ({peers:Array(IPv6)}) AND method IN ('PUT', 'POST')
       UNION ALL
       SELECT name FROM file
       WHERE src_ip IN ({hosts:Array(IPv6)}) AND dst_ip IN ({peers:Array(IPv6)}) AND ifNull(sent_by_src, 1) = 1
     ) WHERE name != '' ORDER BY name LIMIT 200`,
    { hosts, peers },
  );
  return rows.map((row) => String(row['name']));
}
