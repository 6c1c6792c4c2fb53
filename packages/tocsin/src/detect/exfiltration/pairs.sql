-- Pairs of a host of ours and an outside address that it sent enough to; see detect.sql.
-- Cost: one scan of the conversation roll-up.
SELECT '' AS role, src_ip, dst_ip
FROM conversation
WHERE src_inside = 1 AND dst_inside = 0
GROUP BY src_ip, dst_ip
HAVING sum(uploaded) >= {min_bytes:UInt64} AND sum(uploaded) >= sum(bytes_out) * {min_upload_share:Float64}
