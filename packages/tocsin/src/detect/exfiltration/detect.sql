-- Outbound volume per host and destination against the host's own habits and the destination's popularity.
-- One row per pair with enough bytes sent. Uploads are flows that sent more than they received.
-- Cost: three scans of the conversation roll-up and one of the watched flows.
WITH
(SELECT (began, ended) FROM recorded_period) AS period,
(SELECT outward_hosts FROM recorded_period) AS outward_hosts,
sent AS
(
    SELECT src_ip, dst_ip, sum(bytes_out) AS bytes_out
    FROM conversation
    WHERE src_inside = 1 AND dst_inside = 0
    GROUP BY src_ip, dst_ip
),
habit AS
(
    SELECT src_ip, sum(bytes_out) AS bytes_out, quantileExact(0.9)(bytes_out) AS p90, count() AS destinations
    FROM sent
    GROUP BY src_ip
),
large AS
(
    SELECT src_ip, dst_ip
    FROM watched_pair
    WHERE detector = 'exfiltration'
),
pair AS
(
    SELECT
        src_ip,
        dst_ip,
        sum(flows) AS flows,
        sum(bytes_out) AS bytes_out,
        sum(bytes_in) AS bytes_in,
        sum(uploaded) AS uploaded,
        groupUniqArray(20)(dst_port) AS ports,
        groupUniqArray(20)(toString(service)) AS apps,
        min(first_seen) AS first_seen,
        max(last_seen) AS last_seen
    FROM conversation
    WHERE src_inside = 1 AND dst_inside = 0 AND (src_ip, dst_ip) IN (SELECT src_ip, dst_ip FROM large)
    GROUP BY src_ip, dst_ip
),
candidate AS
(
    SELECT p.src_ip AS src_ip, p.dst_ip AS dst_ip, p.flows AS flows, p.bytes_out AS bytes_out, p.bytes_in AS bytes_in, p.uploaded AS uploaded,
        p.ports AS ports, p.apps AS apps, p.first_seen AS first_seen, p.last_seen AS last_seen, d.sources AS sources, d.discovered AS discovered, h.bytes_out AS host_bytes_out, h.p90 AS host_p90, h.destinations AS destinations
    FROM pair AS p
    INNER JOIN destination AS d ON d.dst_ip = p.dst_ip
    INNER JOIN habit AS h ON h.src_ip = p.src_ip
    WHERE d.sources <= greatest({popular_hosts:UInt32}, outward_hosts * {popular_share:Float64})
),
courier AS
(
    -- Machines that deliver mail to many: uploading is their trade.
    SELECT src_ip
    FROM conversation
    WHERE src_inside = 1 AND dst_inside = 0 AND dst_port = 25 AND unanswered < flows
    GROUP BY src_ip
    HAVING uniqExact(dst_ip) >= {min_mail_servers:UInt32}
),
daily AS
(
    SELECT
        src_ip,
        dst_ip,
        count() AS days,
        max(largest) AS largest_flow,
        sum(answered) AS answered,
        quantileExact(0.5)(sent) AS day_median,
        max(sent) AS day_max
    FROM
    (
        SELECT src_ip, dst_ip, toDate(time) AS day, sum(ifNull(bytes_out, 0)) AS sent, max(ifNull(bytes_out, 0)) AS largest,
            sumIf(ifNull(bytes_in, 0), bytes_out > ifNull(bytes_in, 0)) AS answered
        FROM watched_flow
        WHERE (src_ip, dst_ip) IN (SELECT src_ip, dst_ip FROM large) AND bytes_out > 0
        GROUP BY src_ip, dst_ip, day
    )
    GROUP BY src_ip, dst_ip
)
SELECT
    replaceOne(toString(c.src_ip), '::ffff:', '') AS host,
    replaceOne(toString(c.dst_ip), '::ffff:', '') AS peer,
    c.flows AS flows,
    c.bytes_out AS bytes_out,
    c.bytes_in AS bytes_in,
    c.uploaded AS uploaded,
    arraySort(c.ports) AS ports,
    arraySort(arrayFilter(a -> a != '', c.apps)) AS apps,
    c.first_seen AS first_seen,
    c.last_seen AS last_seen,
    c.sources AS sources,
    toUInt64(outward_hosts) AS active_hosts,
    c.host_bytes_out AS host_bytes_out,
    c.host_p90 AS host_p90,
    c.destinations AS destinations,
    c.discovered AS destination_first_seen,
    y.days AS days,
    y.largest_flow AS largest_flow,
    y.answered AS answered,
    y.day_median AS day_median,
    y.day_max AS day_max,
    c.src_ip IN (SELECT src_ip FROM courier) AS is_courier,
    toUInt32(dateDiff('day', period.1, period.2) + 1) AS period_days,
    dateDiff('second', period.1, c.first_seen) / greatest(1, dateDiff('second', period.1, period.2)) AS began_after,
    dateDiff('second', period.1, c.discovered) / greatest(1, dateDiff('second', period.1, period.2)) AS discovered_after
FROM candidate AS c
INNER JOIN daily AS y ON y.src_ip = c.src_ip AND y.dst_ip = c.dst_ip
ORDER BY uploaded DESC, host, peer
LIMIT {max_rows:UInt32}
