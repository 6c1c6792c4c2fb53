// The roll-up detectors stand on: one row per pair of endpoints, service port and protocol, ordered by endpoints.
// Rebuilt in one scan of the flows; sightings that do not count are left out. A conversation between two organisations
// of the constituency has two rows, as each sees the other outside.
import type { EventsEngine } from '../store/events/engine.ts';

/** Protocols of nearly all flows; with an IPv4 target they make a key of fixed width, by which grouping is far faster. */
const commonProtocols = "['tcp', 'udp', 'icmp', '']";
const isCompact = `startsWith(reinterpretAsFixedString(dst_ip), unhex('00000000000000000000FFFF')) AND has(${commonProtocols}, toString(protocol))`;
const compactKey = `src_ip,
        bitOr(
            bitShiftLeft(toUInt64(reinterpretAsUInt32(substring(reinterpretAsFixedString(dst_ip), 13, 4))), 32),
            bitOr(bitShiftLeft(toUInt64(dst_port), 16), toUInt64(indexOf(${commonProtocols}, toString(protocol)))))`;

const measures = `
        count() AS flows,
        countIf(state IN ('S0', 'REJ', 'RSTOS0', 'RSTRH', 'SH', 'SHR')
            OR (state = '' AND ifNull(packets_in, 0) = 0 AND ifNull(bytes_in, 0) = 0)) AS unanswered,
        sum(ifNull(bytes_out, 0)) AS bytes_out,
        sum(ifNull(bytes_in, 0)) AS bytes_in,
        sumIf(ifNull(bytes_out, 0), ifNull(bytes_out, 0) > ifNull(bytes_in, 0)) AS uploaded,
        sum(ifNull(duration_s, 0)) AS duration_s,
        max(ifNull(duration_s, 0)) AS longest_s,
        min(time) AS first_seen,
        max(time) AS last_seen,
        max(service) AS service`;

const grouped = (condition: string, ends: string, keys: string) => `
    SELECT ${ends}, ${measures}
    FROM network
    WHERE is_repeat = 0 AND ${condition}
      -- Multicast and broadcast have no other party (RFC 5771, RFC 4291).
      AND NOT (dst_ip BETWEEN toIPv6('::ffff:224.0.0.0') AND toIPv6('::ffff:255.255.255.255'))
      AND dst_ip < toIPv6('ff00::')
    GROUP BY ${keys}`;

const build = `
INSERT INTO conversation
SELECT
    src_ip, dst_ip, dst_port, protocol, side.1 AS src_inside, side.2 AS dst_inside,
    flows, unanswered, bytes_out, bytes_in, uploaded, duration_s, longest_s, first_seen, last_seen, service
FROM
(
    ${grouped(isCompact, 'src_ip, any(dst_ip) AS dst_ip, any(dst_port) AS dst_port, any(protocol) AS protocol', compactKey)}
    UNION ALL
    ${grouped(`NOT (${isCompact})`, 'src_ip, dst_ip, dst_port, protocol', 'src_ip, dst_ip, dst_port, protocol')}
)
ARRAY JOIN if(
    dictHas('constituency', src_ip) AND dictHas('constituency', dst_ip)
        AND dictGetString('constituency', 'organisation', src_ip) != dictGetString('constituency', 'organisation', dst_ip),
    [(1, 0), (0, 1)],
    [(dictHas('constituency', src_ip), dictHas('constituency', dst_ip))]) AS side`;

/** Fills the `conversation` table from `network`. */
export async function rebuildConversations(engine: EventsEngine): Promise<void> {
  await engine.execute('TRUNCATE TABLE conversation');
  await engine.execute(build);
}
