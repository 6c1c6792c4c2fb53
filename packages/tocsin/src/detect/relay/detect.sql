-- Machines of ours that others open sessions to and that themselves open flows to third parties: for each, those
-- sessions and those flows, as raw material for the permutation tests in coupling.ts and conservation.ts.
-- "Others" are all parties but the machine's own organisation. One row per machine. Parameters: see detector.ts.
-- What two sensors with different clocks saw of one machine is told on the clock of the sensor that saw most of it.
-- Cost: three scans of the conversation roll-up, two of the watched flows; with several sensors one of the flows.
WITH
(SELECT (began, ended) FROM recorded_period) AS period,
(SELECT outward_hosts FROM recorded_period) AS callers,
watched AS
(
    SELECT role, src_ip, dst_ip
    FROM watched_pair
    WHERE detector = 'relay'
),
candidate AS
(
    SELECT DISTINCT dst_ip AS host
    FROM watched
    WHERE role = 'steers'
),
used AS
(
    SELECT DISTINCT src_ip AS host, dst_ip AS peer
    FROM conversation
    WHERE src_inside = 1 AND dst_inside = 0 AND src_ip IN (SELECT host FROM candidate)
),
popular AS
(
    -- Of these, what many of our machines use by trade: name servers, updates, sites everyone visits.
    SELECT dst_ip
    FROM conversation
    WHERE src_inside = 1 AND dst_inside = 0 AND flows > unanswered AND dst_ip IN (SELECT peer FROM used)
    GROUP BY dst_ip
    HAVING uniqExact(src_ip) >= {popular_hosts:UInt32} AND uniqExact(src_ip) >= callers * {popular_share:Float64}
),
abroad AS
(
    SELECT host, count() AS peers, countIf(peer IN (SELECT dst_ip FROM popular)) AS popular_peers
    FROM used
    GROUP BY host
),
exploited AS
(
    -- Attacks that another organisation's machine logged and answered.
    SELECT src_ip AS attacker, arraySort(groupUniqArray(100)(replaceOne(toString(dst_ip), '::ffff:', ''))) AS victims
    FROM http
    WHERE src_ip IN (SELECT host FROM candidate)
      AND dst_ip != toIPv6('::')
      AND dictGetString('constituency', 'organisation', dst_ip) != dictGetString('constituency', 'organisation', src_ip)
      AND (status BETWEEN 200 AND 399 OR status = 500)
      -- One expression: few requests are looked at, and Hyperscan would take longer to compile its set.
      AND match(
          lower(toValidUTF8(concat(method, ' ', substring(uri, 1, 2000), '\n', decodeURLComponent(substring(uri, 1, 2000)), '\n'))),
          {attack_pattern:String})
    GROUP BY attacker
),
clock_offset AS
(
    -- How far the clock of one sensor is ahead of another's, by what most flows that both saw say.
    SELECT pair.1 AS from_sensor, pair.2 AS to_sensor, pair.3 AS ahead_s
    FROM
    (
        SELECT
            substring(first_source, position(first_source, '/') + 1) AS one,
            substring(second_source, position(second_source, '/') + 1) AS other,
            topK(1)(round(distance_s, 1))[1] AS distance
        FROM twin
        GROUP BY one, other
        HAVING one != other
    )
    ARRAY JOIN [(one, other, distance), (other, one, -distance)] AS pair
),
own_sensor AS
(
    SELECT src_ip AS own_host, topK(1)(toString(sensor))[1] AS own
    FROM network
    WHERE (SELECT count() FROM clock_offset) > 0 AND src_ip IN (SELECT host FROM candidate)
    GROUP BY src_ip
),
ahead AS
(
    -- What a record of a machine must be moved by, where another sensor's counts.
    SELECT own_host AS seen_host, from_sensor AS recorded_by, any(clock_offset.ahead_s) AS ahead_s
    FROM own_sensor
    INNER JOIN clock_offset ON to_sensor = own
    GROUP BY seen_host, recorded_by
),
inbound AS
(
    SELECT
        host,
        groupArray((peer, port, began, ended, sent, returned)) AS sessions
    FROM
    (
        SELECT
            dst_ip AS host,
            replaceOne(toString(src_ip), '::ffff:', '') AS peer,
            dst_port AS port,
            dateDiff('microsecond', period.1, time) / 1e6 + ifNull(a.ahead_s, 0) AS began,
            began + ifNull(duration_s, 0) AS ended,
            ifNull(bytes_out, 0) AS sent,
            ifNull(bytes_in, 0) AS returned
        FROM watched_flow AS n
        LEFT JOIN ahead AS a ON a.seen_host = n.dst_ip AND a.recorded_by = toString(n.sensor)
        WHERE (src_ip, dst_ip) IN (SELECT src_ip, dst_ip FROM watched WHERE role = 'steers')
        ORDER BY host, began, peer, port, sent, returned
        LIMIT {max_flows:UInt32} BY host
    )
    GROUP BY host
),
outbound AS
(
    SELECT
        host,
        groupArray((peer, port, began, ended, sent, returned, tries, answered)) AS acts
    FROM
    (
        -- Flows to one service of one target within ten seconds are one act.
        SELECT
            src_ip AS host,
            replaceOne(toString(dst_ip), '::ffff:', '') AS peer,
            dst_port AS port,
            min(dateDiff('microsecond', period.1, time) / 1e6 + ifNull(a.ahead_s, 0)) AS began,
            max(dateDiff('microsecond', period.1, time) / 1e6 + ifNull(a.ahead_s, 0) + ifNull(duration_s, 0)) AS ended,
            sum(ifNull(bytes_out, 0)) AS sent,
            sum(ifNull(bytes_in, 0)) AS returned,
            count() AS tries,
            countIf(ifNull(bytes_in, 0) > 0 OR (ifNull(packets_in, 0) > 0 AND state NOT IN ('REJ', 'RSTOS0', 'RSTRH', 'SH', 'SHR'))) AS answered
        FROM watched_flow AS n
        LEFT JOIN ahead AS a ON a.seen_host = n.src_ip AND a.recorded_by = toString(n.sensor)
        WHERE (src_ip, dst_ip) IN (SELECT src_ip, dst_ip FROM watched WHERE role = 'acts')
          AND dst_port NOT IN (53, 123)
        GROUP BY src_ip, dst_ip, dst_port, intDiv(toUnixTimestamp(time), 10)
        -- Where there are more, some targets stand for all.
        ORDER BY host, cityHash64(peer), began, port
        LIMIT {max_flows:UInt32} BY host
    )
    GROUP BY host
)
SELECT
    replaceOne(toString(i.host), '::ffff:', '') AS host,
    period.1 AS began,
    dateDiff('microsecond', period.1, period.2) / 1e6 AS period_s,
    i.sessions AS sessions,
    o.acts AS acts,
    a.peers AS peers_abroad,
    a.popular_peers AS popular_abroad,
    e.victims AS exploited,
    count() OVER () AS hosts_tried
FROM inbound AS i
INNER JOIN outbound AS o ON o.host = i.host
INNER JOIN abroad AS a ON a.host = i.host
LEFT JOIN exploited AS e ON e.attacker = i.host
ORDER BY i.host
LIMIT {max_rows:UInt32}
