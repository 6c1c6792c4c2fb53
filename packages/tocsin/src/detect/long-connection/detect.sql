-- Connections of our hosts to outside that stayed open unusually long.
-- One row per pair, port and protocol with a connection beyond the threshold, or one that spans most of a short capture.
-- Cost: one scan of the conversation roll-up; TLS is looked up for the candidates only.
WITH
(SELECT dateDiff('second', min(first_seen), max(last_seen)) FROM conversation) AS whole_s,
destination AS
(
    SELECT dst_ip, uniqExact(src_ip) AS sources
    FROM conversation
    WHERE src_inside = 1 AND dst_inside = 0
    GROUP BY dst_ip
),
candidate AS
(
    SELECT *
    FROM conversation
    WHERE src_inside = 1 AND dst_inside = 0
      AND protocol IN ('tcp', 'udp', '')
      AND (longest_s >= {min_duration_s:Float64}
        OR (longest_s >= {min_short_s:Float64} AND longest_s >= whole_s * {min_period_share:Float64}))
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
    WHERE (src_ip, dst_ip, dst_port) IN (SELECT src_ip, dst_ip, dst_port FROM candidate)
    GROUP BY src_ip, dst_ip, dst_port
)
SELECT
    replaceOne(toString(c.src_ip), '::ffff:', '') AS host,
    replaceOne(toString(c.dst_ip), '::ffff:', '') AS peer,
    c.dst_port AS port,
    toString(c.protocol) AS transport,
    toString(c.service) AS app,
    c.flows AS flows,
    c.longest_s AS longest_s,
    c.duration_s AS duration_s,
    c.bytes_out AS bytes_out,
    c.bytes_in AS bytes_in,
    c.first_seen AS first_seen,
    c.last_seen AS last_seen,
    d.sources AS sources,
    h.handshakes AS handshakes,
    h.named AS named,
    h.self_signed AS self_signed,
    toFloat64(whole_s) AS period_s
FROM candidate AS c
INNER JOIN destination AS d ON d.dst_ip = c.dst_ip
LEFT JOIN handshake AS h ON h.src_ip = c.src_ip AND h.dst_ip = c.dst_ip AND h.dst_port = c.dst_port
WHERE d.sources <= {popular_hosts:UInt32}
ORDER BY longest_s DESC, host, peer, port, transport
LIMIT {max_rows:UInt32}
