-- Pairs with many flows to a login port; see flows.sql.
-- Cost: one scan of the conversation roll-up.
SELECT DISTINCT '' AS role, src_ip, dst_ip
FROM conversation
WHERE dst_port IN (SELECT toUInt16(arrayJoin({login_ports:Array(String)})))
  AND (src_inside = 0 OR dst_port IN (SELECT toUInt16(arrayJoin({inside_login_ports:Array(String)}))))
  AND (src_inside OR dst_inside)
  AND flows - unanswered >= {min_flows:UInt32}
