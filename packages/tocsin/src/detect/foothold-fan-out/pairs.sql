-- Pairs of our machines of which one administered the other and was told something; see detect.sql.
-- Cost: one scan of the conversation roll-up.
SELECT DISTINCT '' AS role, src_ip, dst_ip
FROM conversation
WHERE has({admin_ports:Array(UInt16)}, dst_port) AND bytes_in > 0 AND src_ip != dst_ip
  AND dictHas('constituency', src_ip) AND dictHas('constituency', dst_ip)
