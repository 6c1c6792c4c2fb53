-- Password guessing in flows alone: many short, alike connections to a login port, where no login of that pair was
-- recorded. One row per source, target and port. Parameters: see detector.ts.
-- Cost: one scan of the conversation roll-up, two of the watched flows.
WITH
told AS
(
    SELECT src_ip, dst_ip
    FROM authentication
    WHERE outcome IN ('failure', 'success')
        -- The first step of every Kerberos login without cached proof; no password was tried.
        AND positionCaseInsensitive(detail, 'PREAUTH_REQUIRED') = 0
),
busy_pair AS
(
    SELECT src_ip, dst_ip, dst_port
    FROM conversation
    WHERE dst_port IN (SELECT toUInt16(arrayJoin({login_ports:Array(String)})))
        AND (src_inside = 0 OR dst_port IN (SELECT toUInt16(arrayJoin({inside_login_ports:Array(String)}))))
        AND (src_inside OR dst_inside)
        AND flows - unanswered >= {min_flows:UInt32}
),
answered AS
(
    SELECT src_ip, dst_ip, dst_port, time, duration_s, bytes_out, bytes_in, service
    FROM watched_flow
    WHERE (src_ip, dst_ip, dst_port) IN (SELECT src_ip, dst_ip, dst_port FROM busy_pair)
        AND protocol IN ('tcp', '')
        AND ifNull(bytes_out, 0) > 0
        AND (bytes_in IS NULL OR bytes_in > 0)
),
-- Few of the busy are quick; only their flows are worth the quantiles.
quick_pair AS
(
    SELECT src_ip, dst_ip, dst_port
    FROM answered
    GROUP BY src_ip, dst_ip, dst_port
    HAVING count() >= {min_flows:UInt32}
        AND count() * 60 >= {min_flows_per_minute:UInt32} * dateDiff('second', min(time), max(time))
),
flow AS
(
    SELECT
        src_ip,
        dst_ip,
        dst_port,
        count() AS flows,
        min(time) AS first_time,
        max(time) AS last_time,
        quantileExact(0.5)(toUnixTimestamp64Micro(time)) AS middle_us,
        quantileExact(0.5)(ifNull(duration_s, 0)) AS median_s,
        quantilesExact(0.1, 0.5, 0.9)(ifNull(bytes_out, 0) + ifNull(bytes_in, 0)) AS sizes,
        max((ifNull(bytes_out, 0) + ifNull(bytes_in, 0), time)) AS largest,
        max((ifNull(duration_s, 0), time)) AS longest,
        max(toString(service)) AS service_name
    FROM answered
    WHERE (src_ip, dst_ip, dst_port) IN (SELECT src_ip, dst_ip, dst_port FROM quick_pair)
    GROUP BY src_ip, dst_ip, dst_port
    HAVING median_s <= {max_flow_s:Float64}
        AND sizes[2] <= {max_flow_bytes:UInt64}
        AND sizes[3] - sizes[1] <= {max_size_spread:Float64} * sizes[2]
)
SELECT
    'flows' AS kind,
    replaceOne(toString(src_ip), '::ffff:', '') AS source,
    replaceOne(toString(dst_ip), '::ffff:', '') AS target_text,
    'dst_ip' AS target_column,
    if(service_name = '', concat('tcp/', toString(dst_port)), service_name) AS service,
    flow.flows AS failures,
    toUInt64(largest.1 >= {min_success_ratio:Float64} * sizes[2]
        AND toUnixTimestamp64Micro(largest.2) > middle_us
        AND longest.1 >= {min_success_ratio:Float64} * greatest(median_s, 0.1)) AS successes,
    concat(replaceOne(toString(first_time), ' ', 'T'), 'Z') AS first_seen,
    concat(replaceOne(toString(last_time), ' ', 'T'), 'Z') AS last_seen,
    greatest(1, dateDiff('second', first_time, last_time)) AS span_s,
    failures AS event_count,
    if(successes > 0, failures, 0) AS failures_before_guess,
    if(successes > 0, concat(replaceOne(toString(largest.2), ' ', 'T'), 'Z'), NULL) AS guessed_time_text,
    [source] AS source_list,
    toUInt64(1) AS source_count,
    dst_port AS port,
    toFloat64(sizes[2]) AS median_bytes,
    toFloat64(largest.1) AS largest_bytes
FROM flow
WHERE (src_ip, dst_ip) NOT IN (SELECT src_ip, dst_ip FROM told)
    AND src_ip NOT IN (SELECT src_ip FROM told WHERE dst_ip = toIPv6('::'))
ORDER BY failures DESC, src_ip, dst_ip, port
LIMIT {max_candidates:UInt32}
