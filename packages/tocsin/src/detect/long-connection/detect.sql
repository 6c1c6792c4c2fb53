-- Connections of our hosts to outside that stayed open unusually long.
-- One row per pair, port and protocol with a connection beyond the threshold, or one that spans most of a short capture.
-- A sensor that restarts, or reports flows in slices, cuts one connection into many records: they are put together again.
-- Cost: two scans of the conversation roll-up and one of the watched flows; TLS is looked up for those only
-- whose connections are long enough together.
WITH
(SELECT (began, ended) FROM recorded_period) AS period,
dateDiff('second', period.1, period.2) AS whole_s,
possible AS
(
    -- No connection is longer than all of its pair's together.
    SELECT c.src_ip AS src_ip, c.dst_ip AS dst_ip, c.dst_port AS dst_port, c.protocol AS protocol, c.service AS service, c.flows AS flows,
        c.bytes_out AS bytes_out, c.bytes_in AS bytes_in, c.first_seen AS first_seen, c.last_seen AS last_seen, d.sources AS sources
    FROM conversation AS c
    INNER JOIN destination AS d ON d.dst_ip = c.dst_ip
    WHERE c.src_inside = 1 AND c.dst_inside = 0
      AND c.protocol IN ('tcp', 'udp', '')
      AND d.sources <= {popular_hosts:UInt32}
      AND (c.duration_s >= {min_duration_s:Float64}
        OR (c.duration_s >= {min_short_s:Float64} AND c.duration_s >= whole_s * {min_period_share:Float64}))
),
slice AS
(
    SELECT
        src_ip,
        src_port,
        dst_ip,
        dst_port,
        protocol,
        toUnixTimestamp64Micro(time) / 1e6 AS opened,
        opened + ifNull(duration_s, 0) AS closed,
        max(closed) OVER (PARTITION BY src_ip, src_port, dst_ip, dst_port, protocol ORDER BY opened, closed
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS closed_before
    FROM watched_flow
    -- What else these pairs have is left out at the end.
    WHERE (src_ip, dst_ip) IN (SELECT src_ip, dst_ip FROM watched_pair WHERE detector = 'long-connection')
),
piece AS
(
    SELECT
        *,
        sum(opened > closed_before + {max_gap_s:Float64}) OVER (PARTITION BY src_ip, src_port, dst_ip, dst_port, protocol
            ORDER BY opened, closed ROWS UNBOUNDED PRECEDING) AS connection
    FROM slice
),
candidate AS
(
    SELECT src_ip, dst_ip, dst_port, protocol, max(lasted_s) AS longest_s, argMax(slices, lasted_s) AS slices
    FROM
    (
        SELECT src_ip, dst_ip, dst_port, protocol, max(closed) - min(opened) AS lasted_s, count() AS slices
        FROM piece
        -- Without a port of its own, one connection cannot be told from the next.
        GROUP BY src_ip, src_port, dst_ip, dst_port, protocol, connection, if(src_port = 0, opened, 0)
    )
    GROUP BY src_ip, dst_ip, dst_port, protocol
    HAVING longest_s >= {min_duration_s:Float64}
      OR (longest_s >= {min_short_s:Float64} AND longest_s >= whole_s * {min_period_share:Float64})
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
        (SELECT src_ip, dst_ip, dst_port FROM conversation WHERE src_inside = 1 AND dst_inside = 0 AND duration_s >= {min_short_s:Float64})
    GROUP BY src_ip, dst_ip, dst_port
)
SELECT
    replaceOne(toString(c.src_ip), '::ffff:', '') AS host,
    replaceOne(toString(c.dst_ip), '::ffff:', '') AS peer,
    c.dst_port AS port,
    toString(c.protocol) AS transport,
    toString(p.service) AS app,
    p.flows AS flows,
    c.longest_s AS longest_s,
    c.slices AS slices,
    p.bytes_out AS bytes_out,
    p.bytes_in AS bytes_in,
    p.first_seen AS first_seen,
    p.last_seen AS last_seen,
    p.sources AS sources,
    h.handshakes AS handshakes,
    h.named AS named,
    h.self_signed AS self_signed,
    toFloat64(whole_s) AS period_s,
    dateDiff('second', period.1, p.first_seen) / greatest(1, whole_s) AS began_after
FROM candidate AS c
INNER JOIN possible AS p ON p.src_ip = c.src_ip AND p.dst_ip = c.dst_ip AND p.dst_port = c.dst_port AND p.protocol = c.protocol
LEFT JOIN handshake AS h ON h.src_ip = c.src_ip AND h.dst_ip = c.dst_ip AND h.dst_port = c.dst_port
ORDER BY longest_s DESC, host, peer, port, transport
LIMIT {max_rows:UInt32}
