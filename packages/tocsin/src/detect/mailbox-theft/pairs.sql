-- Clients of our mail servers from outside the server's organisation; see detect.sql.
-- Cost: two scans of the conversation roll-up, one of the requests.
WITH mail_server AS
(
    SELECT dst_ip
    FROM conversation
    WHERE dst_inside = 1 AND unanswered < flows AND has({mail_ports:Array(UInt16)}, dst_port)
    GROUP BY dst_ip
    HAVING uniqExact(src_ip) >= {min_mail_peers:UInt32}
    UNION DISTINCT
    SELECT dst_ip
    FROM http
    WHERE dst_ip != toIPv6('::') AND src_ip != toIPv6('::') AND multiMatchAny(lower(uri), {mail_paths:Array(String)})
      AND (status IS NULL OR status < 400)
    GROUP BY dst_ip
    HAVING uniqExact(src_ip) >= {min_mail_peers:UInt32}
)
SELECT DISTINCT '' AS role, src_ip, dst_ip
FROM conversation
WHERE dst_ip IN (SELECT dst_ip FROM mail_server)
  AND (has({mailbox_ports:Array(UInt16)}, dst_port) OR has({web_ports:Array(UInt16)}, dst_port))
  AND bytes_in > 0
  AND dictHas('constituency', dst_ip)
  AND (NOT dictHas('constituency', src_ip)
    OR dictGetString('constituency', 'organisation', src_ip) != dictGetString('constituency', 'organisation', dst_ip))
