// The roll-up detectors stand on: one row per pair of endpoints, service port and protocol, ordered by endpoints.
// Rebuilt in one scan of the flows; sightings that do not count are left out. A conversation between two organisations
// of the constituency has two rows, as each sees the other outside.
import type { EventsEngine } from '../store/events/engine.ts';

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

/** An IPv4 address, as IPv6 writes it (RFC 4291, 2.5.5.2). */
const isIPv4 = (address: string): string =>
  `${address} BETWEEN toIPv6('::ffff:0.0.0.0') AND toIPv6('::ffff:255.255.255.255')`;

// Grouping by two addresses, port and protocol takes twice as long by IPv6 addresses as by IPv4 ones, of which most
// evidence has nothing else; so the two kinds of pairs are rolled up apart.
const bothIPv4 = `(${isIPv4('src_ip')}) AND (${isIPv4('dst_ip')})`;

const rolledUp = `
    SELECT
        toIPv6(toIPv4(src_v4)) AS src_ip,
        toIPv6(toIPv4(dst_v4)) AS dst_ip,
        dst_port, protocol, flows, unanswered, bytes_out, bytes_in, uploaded, duration_s, longest_s, first_seen,
        last_seen, service
    FROM
    (
        SELECT
            toUInt32(toUInt128(network.src_ip)) AS src_v4,
            toUInt32(toUInt128(network.dst_ip)) AS dst_v4,
            dst_port, protocol, ${measures}
        FROM network
        WHERE is_repeat = 0 AND ${bothIPv4}
        GROUP BY src_v4, dst_v4, dst_port, protocol
    )
    UNION ALL
    SELECT src_ip, dst_ip, dst_port, protocol, ${measures}
    FROM network
    WHERE is_repeat = 0 AND NOT (${bothIPv4})
    GROUP BY src_ip, dst_ip, dst_port, protocol`;

const build = `
INSERT INTO conversation
SELECT
    src_ip, dst_ip, dst_port, protocol, side.1 AS src_inside, side.2 AS dst_inside,
    flows, unanswered, bytes_out, bytes_in, uploaded, duration_s, longest_s, first_seen, last_seen, service
FROM (${rolledUp})
ARRAY JOIN if(
    dictHas('constituency', src_ip) AND dictHas('constituency', dst_ip)
        AND dictGetString('constituency', 'organisation', src_ip) != dictGetString('constituency', 'organisation', dst_ip),
    [(1, 0), (0, 1)],
    [(dictHas('constituency', src_ip), dictHas('constituency', dst_ip))]) AS side
-- Multicast and broadcast have no other party (RFC 5771, RFC 4291).
WHERE NOT (dst_ip BETWEEN toIPv6('::ffff:224.0.0.0') AND toIPv6('::ffff:255.255.255.255'))
    AND dst_ip < toIPv6('ff00::')`;

/** Fills the `conversation` table from `network`. */
export async function rebuildConversations(engine: EventsEngine): Promise<void> {
  await engine.execute('TRUNCATE TABLE conversation');
  await engine.execute(build);
}
