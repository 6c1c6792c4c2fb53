-- Administration protocols between two of our machines, where the target is no server of that kind to others.
-- One row per pair of hosts. Parameters: see detector.ts.
-- Cost: two scans of the conversation roll-up; remote calls and files are looked up for the candidates only.
WITH
(SELECT (min(first_seen), max(last_seen)) FROM conversation) AS period,
admin AS
(
    SELECT src_ip, dst_ip, dst_port, flows, unanswered, bytes_out, bytes_in, longest_s, first_seen, last_seen
    FROM conversation
    WHERE src_inside = 1 AND dst_inside = 1 AND src_ip != dst_ip AND protocol = 'tcp'
      AND has({admin_ports:Array(UInt16)}, dst_port)
),
server AS
(
    SELECT dst_ip, uniqExactIf(src_ip, unanswered < flows) AS clients
    FROM admin
    GROUP BY dst_ip
),
spread AS
(
    SELECT src_ip, uniqExactIf(dst_ip, unanswered < flows) AS reached
    FROM admin
    GROUP BY src_ip
),
pair AS
(
    SELECT
        src_ip,
        dst_ip,
        arraySort(groupUniqArrayIf(dst_port, unanswered < flows)) AS ports,
        sum(flows) AS flows,
        sum(bytes_out) AS bytes_out,
        sum(bytes_in) AS bytes_in,
        max(longest_s) AS longest_s,
        min(first_seen) AS first_seen,
        max(last_seen) AS last_seen
    FROM admin
    GROUP BY src_ip, dst_ip
    HAVING notEmpty(ports)
),
candidate AS
(
    SELECT p.src_ip AS src_ip, p.dst_ip AS dst_ip, p.ports AS ports, p.flows AS flows, p.bytes_out AS bytes_out, p.bytes_in AS bytes_in,
        p.longest_s AS longest_s, p.first_seen AS first_seen, p.last_seen AS last_seen, s.clients AS clients, w.reached AS reached
    FROM pair AS p
    INNER JOIN server AS s ON s.dst_ip = p.dst_ip
    INNER JOIN spread AS w ON w.src_ip = p.src_ip
    WHERE s.clients <= {max_clients:UInt32}
      -- A server everyone uses: only a newcomer that takes an interactive way in is worth noting.
      OR (dateDiff('second', period.1, p.first_seen) >= dateDiff('second', period.1, period.2) * {late_share:Float64}
        AND hasAny(p.ports, {interactive_ports:Array(UInt16)}))
),
remote_call AS
(
    SELECT
        src_ip,
        dst_ip,
        arraySort(groupUniqArray(20)(concat(lower(toString(endpoint)), '.', toString(operation)))) AS calls
    FROM smb
    WHERE match(lower(concat(toString(endpoint), '.', toString(operation))), {strong_calls:String})
    GROUP BY src_ip, dst_ip
),
planted_file AS
(
    SELECT
        src_ip,
        dst_ip,
        arraySort(groupUniqArray(20)(name)) AS names
    FROM file
    WHERE (source = 'SMB' OR source = 'smb')
      AND match(lower(name), '\\.(exe|dll|ps1|bat|vbs|msi|scr|sys|hta|jar)$')
      AND (lower(action) IN ('open', 'write', 'transfer', 'create', 'rename'))
      AND match(lower(concat(path, '\\', name)), '(admin\\$|c\\$|d\\$|ipc\\$|psexe|\\\\temp\\\\|paexec)')
    GROUP BY src_ip, dst_ip
)
SELECT
    replaceOne(toString(c.src_ip), '::ffff:', '') AS host,
    replaceOne(toString(c.dst_ip), '::ffff:', '') AS target,
    c.ports AS ports,
    c.flows AS flows,
    c.bytes_out AS bytes_out,
    c.bytes_in AS bytes_in,
    c.longest_s AS longest_s,
    c.first_seen AS first_seen,
    c.last_seen AS last_seen,
    c.clients AS clients,
    c.reached AS reached,
    r.calls AS calls,
    f.names AS files,
    dateDiff('second', period.1, c.first_seen) / greatest(1, dateDiff('second', period.1, period.2)) AS began_after
FROM candidate AS c
LEFT JOIN remote_call AS r ON r.src_ip = c.src_ip AND r.dst_ip = c.dst_ip
LEFT JOIN planted_file AS f ON f.src_ip = c.src_ip AND f.dst_ip = c.dst_ip
ORDER BY first_seen, host, target
LIMIT {max_rows:UInt32}
