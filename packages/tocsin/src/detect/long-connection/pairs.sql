-- Pairs whose connections are long enough together for one of them to be long; see detect.sql.
-- Cost: one scan of the conversation roll-up.
WITH
(SELECT (began, ended) FROM recorded_period) AS period,
dateDiff('second', period.1, period.2) AS whole_s
SELECT DISTINCT '' AS role, c.src_ip AS src_ip, c.dst_ip AS dst_ip
FROM conversation AS c
INNER JOIN destination AS d ON d.dst_ip = c.dst_ip
WHERE c.src_inside = 1 AND c.dst_inside = 0
  AND c.protocol IN ('tcp', 'udp', '')
  AND d.sources <= {popular_hosts:UInt32}
  AND (c.duration_s >= {min_duration_s:Float64}
    OR (c.duration_s >= {min_short_s:Float64} AND c.duration_s >= whole_s * {min_period_share:Float64}))
