-- Machines of ours that others open sessions to and that themselves open flows to third parties: who may steer each
-- (role steers), and whom it opened flows to that not everybody uses (role acts); see detect.sql.
-- Cost: seven scans of the conversation roll-up.
WITH
crossing AS
(
    SELECT src_ip, dst_ip, dst_port, src_inside, dst_inside, flows, unanswered, bytes_out, bytes_in, duration_s, longest_s
    FROM conversation
    -- Between two organisations of ours there is a row as each sees it.
    WHERE src_inside != dst_inside
),
(SELECT outward_hosts FROM recorded_period) AS callers,
popular AS
(
    -- What many of our machines use by trade: name servers, updates, sites everyone visits.
    SELECT dst_ip
    FROM crossing
    WHERE src_inside = 1 AND flows > unanswered
    GROUP BY dst_ip
    HAVING uniqExact(src_ip) >= {popular_hosts:UInt32} AND uniqExact(src_ip) >= callers * {popular_share:Float64}
),
entered AS
(
    -- Machines that anybody opens a session to which may be one of steering: most are asked nothing from outside.
    SELECT dst_ip
    FROM crossing
    WHERE dst_inside = 1 AND flows > unanswered
    GROUP BY dst_ip, src_ip
    HAVING max(longest_s) >= {min_session_s:Float64} OR sum(bytes_out + bytes_in) >= {min_session_bytes:UInt64}
),
used AS
(
    SELECT DISTINCT src_ip AS host, dst_ip AS peer
    FROM crossing
    WHERE src_inside = 1 AND src_ip IN (SELECT dst_ip FROM entered) AND dst_ip NOT IN (SELECT dst_ip FROM popular)
),
doors AS
(
    -- How many come by each service: an operator's way in is seldom the one everybody uses.
    -- Who merely guesses passwords uses nothing.
    SELECT
        dst_ip,
        dst_port,
        uniqExactIf(src_ip, NOT has({login_ports:Array(UInt16)}, dst_port) OR bytes_out + bytes_in > flows * {max_guess_bytes:UInt64}) AS users
    FROM crossing
    WHERE dst_inside = 1 AND flows > unanswered AND dst_ip IN (SELECT host FROM used)
    GROUP BY dst_ip, dst_port
),
steering AS
(
    -- Sessions worth the name: something was said both ways, and it lasted or was long. Guests of a public service last.
    SELECT host, peer
    FROM
    (
        SELECT
            c.dst_ip AS host,
            c.src_ip AS peer,
            min(d.users) >= {public_callers:UInt32} AS is_guest,
            sum(c.duration_s) AS lasted_s
        FROM crossing AS c
        INNER JOIN doors AS d ON d.dst_ip = c.dst_ip AND d.dst_port = c.dst_port
        WHERE c.dst_inside = 1 AND c.flows > c.unanswered
        GROUP BY c.dst_ip, c.src_ip
        HAVING max(c.longest_s) >= {min_session_s:Float64} OR sum(c.bytes_out + c.bytes_in) >= {min_session_bytes:UInt64}
    )
    ORDER BY host, is_guest, lasted_s DESC, peer
    LIMIT {max_callers:UInt32} BY host
)
SELECT 'steers' AS role, peer AS src_ip, host AS dst_ip FROM steering
UNION ALL
SELECT 'acts' AS role, host AS src_ip, peer AS dst_ip FROM used
