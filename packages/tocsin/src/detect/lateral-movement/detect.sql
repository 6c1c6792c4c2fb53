-- Administration protocols between two of our machines, where the target is no server of that kind to others. The
-- machine of another organisation of the constituency is a neighbour, not the outside.
-- One row per pair of hosts, with what is known of their habits. Parameters: see detector.ts.
-- Cost: three scans of the conversation roll-up and one of the watched flows; remote calls and files
-- are looked up for the candidates only.
WITH
(SELECT (began, ended) FROM recorded_period) AS period,
(SELECT uniqExact(toDate(time)) FROM network) AS days_recorded,
admin AS
(
    SELECT src_ip, dst_ip, dst_port, src_inside = 0 AS is_neighbour, flows, bytes_out, bytes_in, longest_s, first_seen, last_seen
    FROM conversation
    -- Between two organisations there is a row as each sees it; the one of the target is taken.
    WHERE dst_inside = 1 AND (src_inside = 1 OR dictHas('constituency', src_ip)) AND src_ip != dst_ip AND protocol = 'tcp'
      AND has({admin_ports:Array(UInt16)}, dst_port) AND unanswered < flows
),
habit AS
(
    -- A way used from the first tenth of the period on, on many of its days; and one merely used again and again.
    SELECT
        src_ip,
        dst_ip,
        dst_port,
        uniqExact(toDate(time)) AS days,
        -- A scan's touch comes before the session and is none.
        minIf(time, ifNull(bytes_out, 0) + ifNull(bytes_in, 0) >= {min_session_bytes:UInt64}) AS opened,
        min(time) <= period.1 + toIntervalSecond(toUInt64(dateDiff('second', period.1, period.2) * {early_share:Float64}))
            AND days >= {min_habit_days:UInt32} AND days >= days_recorded * {habit_share:Float64} AS is_habit,
        days >= {min_habit_days:UInt32}
            AND dateDiff('second', min(time), max(time)) >= dateDiff('second', period.1, period.2) * {habit_share:Float64} AS is_repeated
    FROM watched_flow
    WHERE protocol = 'tcp' AND has({admin_ports:Array(UInt16)}, dst_port)
      AND (src_ip, dst_ip) IN (SELECT src_ip, dst_ip FROM watched_pair WHERE detector = 'lateral-movement')
    GROUP BY src_ip, dst_ip, dst_port
),
trade AS
(
    -- Machines whose trade it is to administer others in this way: monitoring, jump hosts, software distribution. An
    -- intruder seldom returns to each of many machines day after day.
    SELECT *, countIf(is_repeated) OVER (PARTITION BY src_ip, dst_port) AS repeated_targets
    FROM habit
),
spread AS
(
    SELECT src_ip, uniqExact(dst_ip) AS reached
    FROM admin
    GROUP BY src_ip
),
server AS
(
    -- Who merely touches a service (a scanner) does not make its machine a server, nor does who administers them all.
    SELECT
        a.dst_ip AS dst_ip,
        uniqExact(a.src_ip) AS clients,
        uniqExactIf(a.src_ip, w.reached <= {max_reached:UInt32} AND a.bytes_out + a.bytes_in >= a.flows * {min_session_bytes:UInt64}) AS users
    FROM admin AS a
    INNER JOIN spread AS w ON w.src_ip = a.src_ip
    GROUP BY a.dst_ip
),
exposed AS
(
    -- Machines that serve the outside in something else than administration: nobody works at their keyboards.
    SELECT dst_ip, uniqExact(src_ip) AS outsiders
    FROM conversation
    WHERE src_inside = 0 AND dst_inside = 1 AND NOT dictHas('constituency', src_ip) AND unanswered < flows AND NOT has({admin_ports:Array(UInt16)}, dst_port)
      AND dst_ip IN (SELECT src_ip FROM admin)
    GROUP BY dst_ip
    HAVING outsiders >= 3
),
pair AS
(
    SELECT
        a.src_ip AS src_ip,
        a.dst_ip AS dst_ip,
        arraySort(groupUniqArray(a.dst_port)) AS ports,
        arraySort(groupUniqArrayIf(a.dst_port, h.is_habit OR h.repeated_targets >= {min_trade_targets:UInt32})) AS usual_ports,
        sum(a.flows) AS flows,
        sum(a.bytes_out) AS bytes_out,
        sum(a.bytes_in) AS bytes_in,
        max(a.is_neighbour) AS is_neighbour,
        max(a.longest_s) AS longest_s,
        if(countIf(h.opened >= a.first_seen) > 0, minIf(h.opened, h.opened >= a.first_seen), min(a.first_seen)) AS first_seen,
        max(a.last_seen) AS last_seen,
        max(h.days) AS days
    FROM admin AS a
    INNER JOIN trade AS h ON h.src_ip = a.src_ip AND h.dst_ip = a.dst_ip AND h.dst_port = a.dst_port
    GROUP BY a.src_ip, a.dst_ip
),
candidate AS
(
    SELECT p.src_ip AS src_ip, p.dst_ip AS dst_ip, p.ports AS ports, p.usual_ports AS usual_ports, p.flows AS flows, p.bytes_out AS bytes_out,
        p.bytes_in AS bytes_in, p.is_neighbour AS is_neighbour, p.longest_s AS longest_s, p.first_seen AS first_seen, p.last_seen AS last_seen, p.days AS days,
        s.clients AS clients, s.users AS users, w.reached AS reached, e.outsiders AS outsiders
    FROM pair AS p
    INNER JOIN server AS s ON s.dst_ip = p.dst_ip
    INNER JOIN spread AS w ON w.src_ip = p.src_ip
    LEFT JOIN exposed AS e ON e.dst_ip = p.src_ip
    WHERE s.users <= {max_clients:UInt32}
      -- A server everyone uses: only a newcomer that takes an interactive way in, or at whose keyboard nobody works, is
      -- worth noting.
      OR (dateDiff('second', period.1, p.first_seen) >= dateDiff('second', period.1, period.2) * {early_share:Float64}
        AND (hasAny(p.ports, {interactive_ports:Array(UInt16)}) OR e.outsiders > 0))
      OR (p.src_ip, p.dst_ip) IN (SELECT src_ip, dst_ip FROM remote_call)
      OR (p.src_ip, p.dst_ip) IN (SELECT src_ip, dst_ip FROM planted_file)
),
remote_call AS
(
    SELECT
        src_ip,
        dst_ip,
        arraySort(groupUniqArray(20)(concat(lower(toString(endpoint)), '.', lower(toString(operation))))) AS calls
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
    WHERE lower(source) = 'smb'
      AND match(lower(name), '\\.(exe|dll|ps1|bat|vbs|msi|scr|sys|hta|jar)$')
      AND lower(action) IN ('open', 'write', 'transfer', 'create', 'rename')
      AND match(lower(concat(path, '\\', name)), '(admin\\$|[c-z]\\$|ipc\\$|psexe|\\\\temp\\\\|paexec)')
    GROUP BY src_ip, dst_ip
)
SELECT
    replaceOne(toString(c.src_ip), '::ffff:', '') AS host,
    replaceOne(toString(c.dst_ip), '::ffff:', '') AS target,
    c.ports AS ports,
    c.usual_ports AS usual_ports,
    c.flows AS flows,
    c.bytes_out AS bytes_out,
    c.bytes_in AS bytes_in,
    c.is_neighbour = 1 AS is_neighbour,
    c.longest_s AS longest_s,
    c.first_seen AS first_seen,
    c.last_seen AS last_seen,
    c.days AS days,
    c.clients AS clients,
    c.users AS users,
    c.reached AS reached,
    c.outsiders AS outsiders,
    r.calls AS calls,
    f.names AS files,
    dateDiff('second', period.1, c.first_seen) / greatest(1, dateDiff('second', period.1, period.2)) AS began_after
FROM candidate AS c
LEFT JOIN remote_call AS r ON r.src_ip = c.src_ip AND r.dst_ip = c.dst_ip
LEFT JOIN planted_file AS f ON f.src_ip = c.src_ip AND f.dst_ip = c.dst_ip
ORDER BY first_seen, host, target
LIMIT {max_rows:UInt32}
