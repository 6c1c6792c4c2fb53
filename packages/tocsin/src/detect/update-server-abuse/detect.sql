-- Machines of ours that hand the same payload to many others, new outside addresses that several machines call again and
-- again, and how many addresses each machine calls: the raw material for the comparison in aftermath.ts.
-- One row per payload size of a machine's service (reach), per new address (destination), and one of all machines (host).
-- Cost: four scans of the conversation roll-up, one of the flows between our machines; memory: about thirty bytes a
-- delivery. Parameters: see detector.ts.
WITH
(SELECT (began, ended) FROM recorded_period) AS period,
delivery AS
(
    -- What ran mostly one way, from the machine that serves (pull) or that reaches out (push).
    SELECT
        if(bytes_out > bytes_in, src_ip, dst_ip) AS server,
        if(bytes_out > bytes_in, dst_ip, src_ip) AS host,
        if(bytes_out > bytes_in, 'push', 'pull') AS way,
        dst_port,
        time,
        assumeNotNull(greatest(bytes_out, bytes_in)) AS payload,
        -- Sizes in steps of five hundredths.
        toInt32(floor(log(greatest(payload, 1)) / log(1.05))) AS step
    FROM network
    WHERE is_repeat = 0
      AND greatest(bytes_out, bytes_in) >= {min_payload_bytes:UInt64}
      AND greatest(bytes_out, bytes_in) >= 2 * least(bytes_out, bytes_in)
      AND protocol IN ('tcp', '')
      AND src_ip != dst_ip
      -- Looking addresses up in a set is quicker than finding the network each is in.
      AND src_ip IN (SELECT src_ip FROM conversation WHERE src_inside = 1)
      AND dst_ip IN (SELECT dst_ip FROM conversation WHERE dst_inside = 1)
),
stepped AS
(
    SELECT server, way, dst_port, step, uniqExact(host) AS hosts, count() AS flows, groupArray((host, time, payload)) AS deliveries
    FROM delivery
    GROUP BY server, way, dst_port, step
),
peak AS
(
    -- Many machines got the same, hardly any got a little more or less, and nobody gets it all the time.
    SELECT server, way, dst_port, step, same, deliveries
    FROM
    (
        SELECT
            server,
            way,
            dst_port,
            step,
            sum(hosts) OVER (PARTITION BY server, way, dst_port ORDER BY step RANGE BETWEEN CURRENT ROW AND 1 FOLLOWING) AS same,
            sum(flows) OVER (PARTITION BY server, way, dst_port ORDER BY step RANGE BETWEEN CURRENT ROW AND 1 FOLLOWING) AS same_flows,
            sum(hosts) OVER (PARTITION BY server, way, dst_port ORDER BY step RANGE BETWEEN 1 PRECEDING AND 2 FOLLOWING) - same AS beside,
            groupArrayArray(stepped.deliveries) OVER (PARTITION BY server, way, dst_port ORDER BY step RANGE BETWEEN CURRENT ROW AND 1 FOLLOWING) AS deliveries
        FROM stepped
    )
    WHERE same >= {min_hosts:UInt32} AND same >= beside * {min_peak:Float64} AND same_flows <= same * {max_repeats:Float64}
    ORDER BY same DESC, server, way, dst_port, step
    LIMIT {max_reaches:UInt32}
),
reach AS
(
    SELECT
        server AS address,
        dst_port AS port,
        way,
        arrayMap(
            (host, at, payload) -> (replaceOne(toString(host), '::ffff:', ''), dateDiff('microsecond', period.1, at) / 1e6, dateDiff('microsecond', period.1, at) / 1e6, toFloat64(payload)),
            deliveries.1, deliveries.2, deliveries.3) AS items
    FROM peak
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
    SELECT 'reach' AS kind, * FROM reach
    UNION ALL
    SELECT 'destination' AS kind, * FROM newcomer
    UNION ALL
    SELECT 'host' AS kind, * FROM outward
)
ORDER BY kind, address, port, way, arraySort(items)
