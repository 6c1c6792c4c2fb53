-- Who tried many targets or many ports and mostly got no answer.
-- One row per source, kind and port (horizontal) or target (vertical). Parameters: see detector.ts.
-- Cost: two grouped scans of the conversation roll-up.
WITH horizontal AS
(
    SELECT
        src_ip,
        dst_port,
        protocol,
        any(src_inside) AS src_inside,
        uniqExact(dst_ip) AS targets,
        uniqExactIf(dst_ip, unanswered = flows) AS silent,
        countIf(dst_inside = 1) > 0 AS any_inside,
        countIf(dst_inside = 0) > 0 AS any_outside,
        sum(flows) AS flows,
        min(first_seen) AS first_seen,
        max(last_seen) AS last_seen,
        arraySort(groupUniqArray(1000)(dst_ip)) AS peers
    FROM conversation
    GROUP BY src_ip, dst_port, protocol
    HAVING silent >= {min_targets:UInt32} AND silent >= targets * {min_silent_share:Float64}
),
vertical AS
(
    SELECT
        src_ip,
        dst_ip,
        protocol,
        any(src_inside) AS src_inside,
        any(dst_inside) AS dst_inside,
        uniqExact(dst_port) AS ports,
        uniqExactIf(dst_port, unanswered = flows) AS silent,
        sum(flows) AS flows,
        min(first_seen) AS first_seen,
        max(last_seen) AS last_seen,
        arraySort(groupUniqArray(1000)(dst_port)) AS port_list
    FROM conversation
    WHERE protocol IN ('tcp', 'udp')
    GROUP BY src_ip, dst_ip, protocol
    HAVING silent >= {min_ports:UInt32} AND silent >= ports * {min_silent_share:Float64}
)
SELECT
    'horizontal' AS kind,
    replaceOne(toString(src_ip), '::ffff:', '') AS source,
    '' AS target,
    dst_port AS port,
    toString(protocol) AS transport,
    src_inside = 1 AS from_inside,
    any_inside = 1 AS to_inside,
    any_outside = 1 AS to_outside,
    targets AS tried,
    silent,
    flows,
    first_seen,
    last_seen,
    arrayMap(ip -> replaceOne(toString(ip), '::ffff:', ''), peers) AS peers,
    CAST([], 'Array(UInt16)') AS ports
FROM horizontal
UNION ALL
SELECT
    'vertical' AS kind,
    replaceOne(toString(src_ip), '::ffff:', '') AS source,
    replaceOne(toString(dst_ip), '::ffff:', '') AS target,
    0 AS port,
    toString(protocol) AS transport,
    src_inside = 1 AS from_inside,
    dst_inside = 1 AS to_inside,
    dst_inside = 0 AS to_outside,
    ports AS tried,
    silent,
    flows,
    first_seen,
    last_seen,
    [replaceOne(toString(dst_ip), '::ffff:', '')] AS peers,
    port_list AS ports
FROM vertical
ORDER BY kind, source, target, port, transport
LIMIT {max_rows:UInt32}
