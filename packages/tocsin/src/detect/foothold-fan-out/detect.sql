-- Machines of ours that begin to administer others they never administered before, new outside addresses that several
-- machines call again and again, and how many addresses each machine calls: the raw material for the comparison in
-- aftermath.ts. One row per machine that fans out (reach), per new address (destination), and one of all machines (host).
-- Cost: two scans of the conversation roll-up, one of the watched flows. Parameters: see detector.ts.
WITH
(SELECT (began, ended) FROM recorded_period) AS period,
session AS
(
    SELECT
        src_ip,
        dst_ip,
        count() AS flows,
        -- The first flow worth the name; a mere touch, as a scan makes, is none.
        minIf((time, dst_port), ifNull(bytes_in, 0) > 0 AND ifNull(bytes_out, 0) + ifNull(bytes_in, 0) >= {min_session_bytes:UInt64}) AS opened,
        max(time) AS last_seen
    FROM watched_flow
    WHERE has({admin_ports:Array(UInt16)}, dst_port)
      AND (src_ip, dst_ip) IN (SELECT src_ip, dst_ip FROM watched_pair WHERE detector = 'foothold-fan-out')
    GROUP BY src_ip, dst_ip
    -- What was there in the first part of the period may be a habit.
    HAVING opened.1 >= period.1 + toIntervalSecond(toUInt64(dateDiff('second', period.1, period.2) * {early_share:Float64}))
),
reach AS
(
    SELECT
        src_ip AS address,
        sumMap([opened.2], [toUInt32(1)]) AS ports,
        -- The service most of them were entered by.
        arraySort((port, hosts) -> (-toInt64(hosts), port), ports.1, ports.2)[1] AS port,
        'push' AS way,
        groupArray((replaceOne(toString(dst_ip), '::ffff:', ''), dateDiff('microsecond', period.1, opened.1) / 1e6, dateDiff('microsecond', period.1, last_seen) / 1e6, toFloat64(flows))) AS items
    FROM session
    GROUP BY src_ip
    HAVING count() >= {min_hosts:UInt32}
    ORDER BY count() DESC, address
    LIMIT {max_reaches:UInt32}
),
call AS
(
    SELECT dst_ip, src_ip, sum(flows) AS flows, min(first_seen) AS first_seen, max(last_seen) AS last_seen
    FROM conversation
    WHERE src_inside = 1 AND dst_inside = 0
      AND dst_ip IN
      (
          -- Nobody called it in the first part of the period.
          SELECT dst_ip
          FROM destination
          WHERE sources >= {min_callers:UInt32} AND flows > unanswered
            AND discovered >= period.1 + toIntervalSecond(toUInt64(dateDiff('second', period.1, period.2) * {early_share:Float64}))
      )
    GROUP BY dst_ip, src_ip
),
newcomer AS
(
    SELECT
        dst_ip AS address,
        toUInt16(0) AS port,
        '' AS way,
        groupArray((replaceOne(toString(src_ip), '::ffff:', ''), dateDiff('microsecond', period.1, first_seen) / 1e6, dateDiff('microsecond', period.1, last_seen) / 1e6, toFloat64(flows))) AS items
    FROM call
    GROUP BY dst_ip
    HAVING countIf(flows >= {min_calls:UInt32} AND dateDiff('second', first_seen, last_seen) >= {min_call_span_s:UInt32}) >= {min_callers:UInt32}
    ORDER BY count() DESC, address
    LIMIT {max_destinations:UInt32}
),
outward AS
(
    SELECT
        toIPv6('::') AS address,
        toUInt16(0) AS port,
        '' AS way,
        groupArray((host, 0., 0., addresses)) AS items
    FROM
    (
        SELECT replaceOne(toString(src_ip), '::ffff:', '') AS host, toFloat64(uniqExact(dst_ip)) AS addresses
        FROM conversation
        WHERE src_inside = 1 AND dst_inside = 0
        GROUP BY src_ip
    )
)
SELECT
    kind,
    replaceOne(toString(address), '::ffff:', '') AS address,
    port,
    way,
    arraySort(items) AS items,
    period.1 AS began
FROM
(
    SELECT 'reach' AS kind, address, port, way, items FROM reach
    UNION ALL
    SELECT 'destination' AS kind, * FROM newcomer
    UNION ALL
    SELECT 'host' AS kind, * FROM outward
)
ORDER BY kind, address, port, way, arraySort(items)
