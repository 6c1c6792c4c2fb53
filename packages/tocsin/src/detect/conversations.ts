// The roll-up detectors stand on: one row per pair of endpoints, service port and protocol, ordered by endpoints.
// Rebuilt in one scan of the flows; sightings that do not count are left out. A conversation between two organisations
// of the constituency has two rows, as each sees the other outside.
import type { EventsEngine } from '../store/events/engine.ts';

const isUnanswered = `(state IN ('S0', 'REJ', 'RSTOS0', 'RSTRH', 'SH', 'SHR')
            OR (state = '' AND ifNull(packets_in, 0) = 0 AND ifNull(bytes_in, 0) = 0))`;

// Every aggregate visits the state of every group again, which is no longer in the processor's cache: as few as can be.
const measures = `
        sum(1 + bitShiftLeft(toUInt64(${isUnanswered}), 32)) AS counts,
        sum(ifNull(bytes_out, 0)) AS bytes_out,
        sum(ifNull(bytes_in, 0)) AS bytes_in,
        sum(if(ifNull(bytes_out, 0) > ifNull(bytes_in, 0), assumeNotNull(bytes_out), 0)) AS uploaded,
        sum(ifNull(duration_s, 0)) AS duration_s,
        max(ifNull(duration_s, 0)) AS longest_s,
        min(time) AS first_seen,
        max(time) AS last_seen,
        max(service) AS service`;

const measured = `bitAnd(counts, 0xffffffff) AS flows, bitShiftRight(counts, 32) AS unanswered, bytes_out, bytes_in,
        uploaded, duration_s, longest_s, first_seen, last_seen, service`;

/** An IPv4 address, as IPv6 writes it (RFC 4291, 2.5.5.2). */
const isIPv4 = (address: string): string =>
  `${address} BETWEEN toIPv6('::ffff:0.0.0.0') AND toIPv6('::ffff:255.255.255.255')`;

/** Protocols by the number they have in a packed key. */
const packable = ['', 'tcp', 'udp', 'icmp', 'sctp', 'igmp', 'esp', 'gre'];
const quoted = packable.map((name) => `'${name}'`).join(', ');
const numbers = packable.map((_, at) => String(at)).join(', ');

// Nearly all flows are between IPv4 addresses by a well-known protocol: address, address, port and protocol are 84 bits,
// and grouping by one number of 128 takes half as long as grouping by four columns with two IPv6 addresses among them.
const isPackable = `(${isIPv4('src_ip')}) AND (${isIPv4('dst_ip')}) AND protocol IN (${quoted})`;
const packed = `bitOr(
            bitShiftLeft(toUInt128(toUInt32(toUInt128(network.src_ip))), 64),
            toUInt128(bitOr(
                bitShiftLeft(toUInt64(toUInt32(toUInt128(network.dst_ip))), 32),
                bitOr(bitShiftLeft(toUInt64(network.dst_port), 8), transform(network.protocol, [${quoted}], [${numbers}], 0)))))`;

const rolledUp = `
    SELECT
        toIPv6(toIPv4(toUInt32(bitShiftRight(packed, 64)))) AS src_ip,
        toIPv6(toIPv4(toUInt32(bitAnd(bitShiftRight(packed, 32), 0xffffffff)))) AS dst_ip,
        toUInt16(bitAnd(bitShiftRight(packed, 8), 0xffff)) AS dst_port,
        [${quoted}][toUInt8(bitAnd(packed, 0xff)) + 1] AS protocol,
        ${measured}
    FROM
    (
        SELECT ${packed} AS packed, ${measures}
        FROM network
        WHERE is_repeat = 0 AND ${isPackable}
        GROUP BY packed
    )
    UNION ALL
    SELECT src_ip, dst_ip, dst_port, protocol, ${measured}
    FROM
    (
        SELECT src_ip, dst_ip, dst_port, toString(protocol) AS protocol, ${measures}
        FROM network
        WHERE is_repeat = 0 AND NOT (${isPackable})
        GROUP BY src_ip, dst_ip, dst_port, protocol
    )`;

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
    AND dst_ip < toIPv6('ff00::')
-- The sums compiled into one function visit each state once; the engine else does so only for what is asked thrice.
SETTINGS min_count_to_compile_aggregate_expression = 0, max_block_size = 16384, max_insert_threads = 2`;

// Asked by nearly every detector, so computed once. Without the thousandth at either end: one record of a clock that
// stood wrong must not stretch the period.
const period = `
INSERT INTO recorded_period
SELECT quantileExact(0.001)(first_seen), quantileExact(0.999)(last_seen), uniqExactIf(src_ip, src_inside = 1 AND dst_inside = 0)
FROM conversation`;

const destinations = `
INSERT INTO destination
SELECT dst_ip, uniqExact(src_ip), min(first_seen), sum(flows), sum(unanswered)
FROM conversation
WHERE src_inside = 1 AND dst_inside = 0
GROUP BY dst_ip`;

/** Fills `conversation` from `network`, and from it `recorded_period` (one row) and `destination` (of our hosts, outside). */
export async function rebuildConversations(engine: EventsEngine): Promise<void> {
  for (const table of ['conversation', 'recorded_period', 'destination'])
    await engine.execute(`TRUNCATE TABLE ${table}`);
  await engine.execute(build);
  await Promise.all([engine.execute(period), engine.execute(destinations)]);
}
