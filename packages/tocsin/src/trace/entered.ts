// When a machine was really entered by an administration protocol: a scan touches its port first, and a finding that
// counts all conversations of two machines begins with that touch. Gives the first session that carried something.
import { byText } from '../ground/ids.ts';
import type { EventsEngine } from '../store/events/engine.ts';
import { addressNumber } from '../vocabulary/address.ts';
import type { Finding } from '../vocabulary/finding.ts';
import type { Instant } from '../vocabulary/instant.ts';
import { linkOf, tacticFor } from './attack.ts';
import type { Entry } from './roles.ts';

/** A flow with fewer payload bytes, or a smaller part of the pair's greatest, touched a service and did not use it. */
const leastBytes = 1500;
const leastShare = 0.05;

const sql = `
SELECT
    replaceOne(toString(src_ip), '::ffff:', '') AS source,
    replaceOne(toString(dst_ip), '::ffff:', '') AS target,
    min(time) AS entered
FROM
(
    SELECT
        src_ip,
        dst_ip,
        time,
        ifNull(bytes_out, 0) + ifNull(bytes_in, 0) AS carried,
        max(carried) OVER (PARTITION BY src_ip, dst_ip) AS greatest_carried
    FROM network
    WHERE is_repeat = 0 AND src_ip IN ({sources:Array(IPv6)}) AND dst_ip IN ({targets:Array(IPv6)})
)
WHERE carried >= {least_bytes:UInt64} AND carried >= greatest_carried * {least_share:Float64}
GROUP BY src_ip, dst_ip`;

/** One machine that came to another by hand, as a finding says. */
export interface Visit {
  readonly finding: Finding;
  readonly source: string;
  readonly target: string;
}

/** The visits that findings tell of; of one that names many machines, one for each. */
export function visitsOf(findings: readonly Finding[]): readonly Visit[] {
  return findings
    .filter(isByHand)
    .flatMap((finding) =>
      finding.peers.map((peer) =>
        finding.direction === 'inbound'
          ? { finding, source: peer, target: finding.host }
          : { finding, source: finding.host, target: peer },
      ),
    );
}

/** When the first session of each pair began that carried something, by "source target"; pairs without one are left out. */
export async function enteredAt(
  engine: EventsEngine,
  visits: readonly Visit[],
): Promise<ReadonlyMap<string, Instant>> {
  const addresses = (of: (visit: Visit) => string) =>
    [...new Set(visits.map(of))].filter((ip) => addressNumber(ip) !== null).sort(byText);
  const [sources, targets] = [addresses(({ source }) => source), addresses(({ target }) => target)];
  if (sources.length === 0 || targets.length === 0) return new Map();
  const rows = await engine.query(sql, {
    sources,
    targets,
    least_bytes: leastBytes,
    least_share: leastShare,
  });
  return new Map(
    rows.map((row) => [`${String(row['source'])} ${String(row['target'])}`, String(row['entered'])] as const),
  );
}

/** The earliest visit to any of the hosts by a machine of another organisation, as that one's findings tell; null when none. */
export function firstVisit(
  visits: readonly Visit[],
  entered: ReadonlyMap<string, Instant>,
  { hosts, organisation }: { readonly hosts: ReadonlySet<string>; readonly organisation: string | null },
): Entry | null {
  const [first] = visits
    .filter(({ finding, target }) => finding.organisation !== organisation && hosts.has(target))
    .flatMap(({ finding, source, target }) => {
      const time = entered.get(`${source} ${target}`);
      return time === undefined ? [] : [{ host: target, from: source, time, technique: finding.technique }];
    })
    .sort((left, right) => byText(left.time, right.time) || byText(left.host, right.host));
  return first ?? null;
}

const callerSql = `
SELECT replaceOne(toString(argMin(src_ip, (apart, src_ip))), '::ffff:', '') AS caller
FROM
(
    SELECT src_ip, abs(dateDiff('millisecond', time, parseDateTime64BestEffort({at:String}, 6, 'UTC'))) AS apart
    FROM http
    WHERE src_ip IN ({callers:Array(IPv6)}) AND time >= parseDateTime64BestEffort({at:String}, 6, 'UTC') - toIntervalSecond(1)
    UNION ALL
    SELECT src_ip, abs(dateDiff('millisecond', time, parseDateTime64BestEffort({at:String}, 6, 'UTC'))) AS apart
    FROM network
    WHERE src_ip IN ({callers:Array(IPv6)}) AND dst_ip = {host:IPv6} AND time >= parseDateTime64BestEffort({at:String}, 6, 'UTC') - toIntervalSecond(1)
)
HAVING count() > 0`;

/** Of several who came to a host, the one who was there first from the instant on; null when none is seen. */
export async function firstCaller(
  engine: EventsEngine,
  visit: { readonly host: string; readonly callers: readonly string[]; readonly at: Instant },
): Promise<string | null> {
  const callers = visit.callers.filter((ip) => addressNumber(ip) !== null);
  if (callers.length === 0 || addressNumber(visit.host) === null) return null;
  const [row] = await engine.query(callerSql, { callers, host: visit.host, at: visit.at });
  return row === undefined ? null : String(row['caller']);
}

function isByHand(finding: Finding): boolean {
  const kind = linkOf(finding);
  return (kind === 'movement' || kind === 'intrusion') && tacticFor(finding.technique) === 'lateral-movement';
}
