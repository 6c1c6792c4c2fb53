-- Pairs of our machines between which an administration protocol was used; see detect.sql.
-- Cost: one scan of the conversation roll-up.
SELECT DISTINCT '' AS role, src_ip, dst_ip
FROM conversation
-- Between two organisations there is a row as each sees it; the one of the target is taken.
WHERE dst_inside = 1 AND has({admin_ports:Array(UInt16)}, dst_port) AND protocol = 'tcp' AND src_ip != dst_ip
  AND unanswered < flows AND (src_inside = 1 OR dictHas('constituency', src_ip))
