-- Conversations of our hosts to outside that repeat by the clock: intervals and sizes by robust statistics.
-- One row per pair, port and protocol with enough flows. Popular destinations are left out unless all their
-- visitors came late, which no update server, time server or CDN does.
-- Cost: two scans of the roll-ups of conversations and destinations, one of the flows of the candidates (sorted), one of the hours of their
-- hosts; memory: twenty-four bytes a candidate flow.
WITH
(SELECT (began, ended) FROM recorded_period) AS period,
(SELECT outward_hosts FROM recorded_period) AS outward_hosts,
candidate AS
(
    SELECT c.src_ip AS src_ip, c.dst_ip AS dst_ip, c.dst_port AS dst_port, c.protocol AS protocol, c.service AS service, c.flows AS flows,
        c.unanswered AS unanswered, c.bytes_out AS bytes_out, c.bytes_in AS bytes_in, c.first_seen AS first_seen,
        c.last_seen AS last_seen, d.sources AS sources, d.discovered AS discovered
    FROM conversation AS c
    INNER JOIN destination AS d ON d.dst_ip = c.dst_ip
    WHERE c.src_inside = 1 AND c.dst_inside = 0
      AND c.flows >= {min_flows:UInt32}
      AND c.protocol IN ('tcp', 'udp', '')
      AND NOT has({silent_ports:Array(UInt16)}, c.dst_port)
      -- A minute of regular calls says something in a capture of minutes, nothing in one of days.
      AND dateDiff('second', c.first_seen, c.last_seen)
        >= greatest({min_span_s:UInt32}, least({max_span_s:UInt32}, dateDiff('second', period.1, period.2) * 0.1))
      AND (d.sources <= greatest({popular_hosts:UInt32}, outward_hosts * {popular_share:Float64})
        OR dateDiff('second', period.1, d.discovered) >= dateDiff('second', period.1, period.2) * {late_share:Float64})
),
series AS
(
    -- The earliest contacts up to the bound, so that the same evidence always gives the same series.
    SELECT
        src_ip,
        dst_ip,
        dst_port,
        protocol,
        arraySlice(arraySort(groupArray(toUnixTimestamp64Micro(time))), 1, {max_flows:UInt32}) AS times,
        groupArray(toInt64(ifNull(bytes_out, 0))) AS unsorted_sizes,
        quantileExact(0.5)(toInt64(ifNull(bytes_in, 0))) AS received_median
    FROM network
    -- One number is found quicker than two addresses. What else these pairs have, and any pair of the same number, is
    -- left out where the candidates are joined.
    WHERE is_repeat = 0
      AND cityHash64(src_ip, dst_ip) IN (SELECT cityHash64(src_ip, dst_ip) FROM candidate)
    GROUP BY src_ip, dst_ip, dst_port, protocol
    HAVING count() >= {min_flows:UInt32}
),
awake AS
(
    -- Hours in which a candidate's host talked to anybody: a laptop switched off for the night misses no beat.
    SELECT src_ip, arraySort(groupUniqArray(toUInt32(intDiv(toUnixTimestamp(time), 3600)))) AS hours
    FROM network
    WHERE is_repeat = 0
      AND src_ip IN (SELECT src_ip FROM conversation WHERE src_inside = 1 AND dst_inside = 0 AND flows >= {min_flows:UInt32})
    GROUP BY src_ip
),
timed AS
(
    SELECT
        *,
        arraySort(arrayMap(d -> d / 1000000.0, arrayPopFront(arrayDifference(times)))) AS intervals,
        intervals[intDiv(length(intervals) + 1, 2)] AS interval_median,
        arraySort(arrayMap(i -> abs(i - interval_median), intervals))[intDiv(length(intervals) + 1, 2)] AS interval_mad,
        arrayMap(t -> least(23, intDiv((t - times[1]) * 24, greatest(1, times[-1] - times[1]))), times) AS slots,
        arrayMap(slot -> countEqual(slots, slot), range(24)) AS slot_counts
    FROM series
),
-- Most have no rhythm: the rest is measured of the others only.
rhythmic AS
(
    SELECT *
    FROM timed
    WHERE interval_mad <= interval_median * {max_relative_mad:Float64}
       OR arrayReduce('stddevPop', slot_counts) <= arrayAvg(slot_counts) * {max_rate_variation:Float64}
       OR interval_median < 10
),
measured AS
(
    SELECT
        *,
        intervals[intDiv(length(intervals) + 3, 4)] AS interval_q1,
        intervals[intDiv(3 * length(intervals) + 3, 4)] AS interval_q3,
        arraySort(unsorted_sizes) AS sizes,
        sizes[intDiv(length(sizes) + 1, 2)] AS size_median,
        arraySort(arrayMap(s -> abs(s - size_median), sizes))[intDiv(length(sizes) + 1, 2)] AS size_mad,
        sizes[intDiv(length(sizes) + 3, 4)] AS size_q1,
        sizes[intDiv(3 * length(sizes) + 3, 4)] AS size_q3,
        arrayMap(at -> toUInt32(intDiv(at, 3600000000)), times) AS hour_of_each,
        arrayCompact(hour_of_each) AS contact_hours,
        -- The hours stand in order: each holds as many contacts as lie between its first and the next one's.
        arrayPopFront(arrayDifference(arrayPushBack(
            arrayFilter((at, step) -> at = 1 OR step != 0, arrayEnumerate(hour_of_each), arrayDifference(hour_of_each)),
            toUInt32(length(hour_of_each) + 1)))) AS contact_counts
    FROM rhythmic
),
handshake AS
(
    SELECT
        src_ip,
        dst_ip,
        dst_port,
        count() AS handshakes,
        countIf(server_name != '' AND NOT match(server_name, '^[0-9.:]+$')) AS named,
        countIf(validation ILIKE '%self%signed%' OR (subject != '' AND subject = issuer)) AS self_signed
    FROM tls
    WHERE (src_ip, dst_ip, dst_port) IN
        (SELECT src_ip, dst_ip, dst_port FROM conversation WHERE src_inside = 1 AND dst_inside = 0 AND flows >= {min_flows:UInt32})
    GROUP BY src_ip, dst_ip, dst_port
)
SELECT
    replaceOne(toString(m.src_ip), '::ffff:', '') AS host,
    replaceOne(toString(m.dst_ip), '::ffff:', '') AS peer,
    m.dst_port AS port,
    toString(m.protocol) AS transport,
    toString(c.service) AS app,
    c.flows AS flows,
    c.unanswered AS unanswered,
    c.bytes_out AS bytes_out,
    c.bytes_in AS bytes_in,
    m.interval_q1 AS interval_q1,
    m.interval_median AS interval_median,
    m.interval_q3 AS interval_q3,
    m.interval_mad AS interval_mad,
    m.size_q1 AS size_q1,
    m.size_median AS size_median,
    m.size_q3 AS size_q3,
    m.size_mad AS size_mad,
    m.received_median AS received_median,
    m.slot_counts AS slot_counts,
    m.contact_hours AS contact_hours,
    m.contact_counts AS contact_counts,
    arrayFilter(hour -> hour BETWEEN contact_hours[1] AND contact_hours[-1], a.hours) AS awake_hours,
    c.first_seen AS first_seen,
    c.last_seen AS last_seen,
    c.sources AS sources,
    toUInt64(outward_hosts) AS active_hosts,
    dateDiff('second', period.1, c.discovered) / greatest(1, dateDiff('second', period.1, period.2)) AS discovered_after,
    dateDiff('second', period.1, c.first_seen) / greatest(1, dateDiff('second', period.1, period.2)) AS began_after,
    toFloat64(dateDiff('second', period.1, period.2)) AS period_s,
    h.handshakes AS handshakes,
    h.named AS named,
    h.self_signed AS self_signed
FROM measured AS m
INNER JOIN candidate AS c ON c.src_ip = m.src_ip AND c.dst_ip = m.dst_ip AND c.dst_port = m.dst_port AND c.protocol = m.protocol
INNER JOIN awake AS a ON a.src_ip = m.src_ip
LEFT JOIN handshake AS h ON h.src_ip = m.src_ip AND h.dst_ip = m.dst_ip AND h.dst_port = m.dst_port
WHERE m.interval_mad <= m.interval_median * {max_relative_mad:Float64}
   OR arrayReduce('stddevPop', m.slot_counts) <= arrayAvg(m.slot_counts) * {max_rate_variation:Float64}
   OR (c.flows >= {min_fast_flows:UInt32} AND m.interval_median < 10 AND h.handshakes > h.named)
ORDER BY c.flows DESC, host, peer, port, transport
LIMIT {max_rows:UInt32}
