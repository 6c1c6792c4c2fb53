-- Who tried many targets or many ports and mostly got no answer.
-- One row per source, kind, sides (inside or outside) and port (horizontal) or target (vertical). Parameters: see detector.ts.
-- Cost: five scans of the conversation roll-up, two of them of what went unanswered alone, and one pass over the answers
-- of name look-ups.
WITH
(SELECT (began, ended) FROM recorded_period) AS period,
asked AS
(
    -- Addresses a name was looked up for: programs call by name, a scanner by number.
    SELECT DISTINCT toIPv6OrNull(answer) AS ip
    FROM dns
    ARRAY JOIN answers AS answer
    WHERE ip IS NOT NULL
),
-- Few rows went unanswered; who has too few of them needs no look at all the others.
suspect AS
(
    SELECT src_ip, dst_port
    FROM conversation
    WHERE unanswered = flows AND protocol IN ('tcp', 'udp', '')
    GROUP BY src_ip, dst_port
    HAVING count() >= {min_targets:UInt32}
),
suspect_pair AS
(
    SELECT src_ip, dst_ip
    FROM conversation
    WHERE unanswered = flows AND protocol IN ('tcp', 'udp')
    GROUP BY src_ip, dst_ip
    HAVING count() >= {min_ports:UInt32}
),
horizontal AS
(
    -- The roll-up has a row per target: counting rows counts targets.
    SELECT
        src_ip,
        dst_port,
        protocol,
        src_inside,
        dst_inside,
        count() AS targets,
        countIf(unanswered = flows) AS silent,
        countIf(unanswered = flows AND dst_ip IN (SELECT ip FROM asked)) AS silent_named,
        -- Tried at least three times over two days or more.
        countIf(flows >= 3 AND dateDiff('hour', first_seen, last_seen) >= 48) AS recurring,
        sum(flows) AS flows,
        min(first_seen) AS first_seen,
        max(last_seen) AS last_seen,
        groupArraySorted(1000)(dst_ip) AS peers
    FROM conversation
    WHERE protocol IN ('tcp', 'udp', '') AND (src_inside = 1 OR dst_inside = 1)
      AND (src_ip, dst_port) IN (SELECT src_ip, dst_port FROM suspect)
    GROUP BY src_ip, dst_port, protocol, src_inside, dst_inside
    HAVING silent >= {min_targets:UInt32} AND silent >= targets * {min_silent_share:Float64}
),
stray AS
(
    -- Silent targets on high ports that hardly any other silent target shares: what peers of a peer-to-peer program look like.
    SELECT src_ip, protocol, uniqExactArray(unanswered_targets) AS scattered
    FROM
    (
        SELECT src_ip, protocol, dst_port, groupUniqArray(3)(dst_ip) AS unanswered_targets
        FROM conversation
        WHERE src_inside = 1 AND dst_inside = 0 AND unanswered = flows AND dst_port > 1023
          AND (src_ip, protocol) IN (SELECT src_ip, protocol FROM horizontal WHERE src_inside = 1 AND dst_inside = 0)
        GROUP BY src_ip, protocol, dst_port
        HAVING length(unanswered_targets) <= 2
    )
    GROUP BY src_ip, protocol
),
vertical AS
(
    -- As many rows as ports.
    SELECT
        src_ip,
        dst_ip,
        protocol,
        src_inside,
        dst_inside,
        count() AS ports,
        countIf(unanswered = flows) AS silent,
        countIf(unanswered = flows AND dst_port < 1024) AS silent_low,
        countIf(flows >= 3 AND dateDiff('hour', first_seen, last_seen) >= 48) AS recurring,
        sum(flows) AS flows,
        min(first_seen) AS first_seen,
        max(last_seen) AS last_seen,
        groupArraySorted(1000)(dst_port) AS port_list
    FROM conversation
    WHERE protocol IN ('tcp', 'udp') AND (src_inside = 1 OR dst_inside = 1)
      -- Traceroute counts its hops up from UDP port 33434.
      AND NOT (protocol = 'udp' AND dst_port BETWEEN 33434 AND 33534)
      AND (src_ip, dst_ip) IN (SELECT src_ip, dst_ip FROM suspect_pair)
    GROUP BY src_ip, dst_ip, protocol, src_inside, dst_inside
    HAVING silent >= {min_ports:UInt32} AND silent >= ports * {min_silent_share:Float64}
)
SELECT *
FROM
(
    SELECT
        'horizontal' AS kind,
        replaceOne(toString(h.src_ip), '::ffff:', '') AS source,
        '' AS target,
        h.dst_port AS port,
        toString(h.protocol) AS transport,
        h.src_inside = 1 AS from_inside,
        h.dst_inside = 1 AS to_inside,
        h.targets AS tried,
        h.silent AS silent,
        h.silent_named AS silent_named,
        s.scattered AS scattered,
        toUInt64(0) AS silent_low,
        h.recurring AS recurring,
        h.flows AS flows,
        h.first_seen AS first_seen,
        h.last_seen AS last_seen,
        dateDiff('second', period.1, h.first_seen) / greatest(1, dateDiff('second', period.1, period.2)) AS began_after,
        arraySort(arrayMap(ip -> replaceOne(toString(ip), '::ffff:', ''), h.peers)) AS peers,
        CAST([], 'Array(UInt16)') AS ports
    FROM horizontal AS h
    LEFT JOIN stray AS s ON s.src_ip = h.src_ip AND s.protocol = h.protocol
    UNION ALL
    SELECT
        'vertical' AS kind,
        replaceOne(toString(src_ip), '::ffff:', '') AS source,
        replaceOne(toString(dst_ip), '::ffff:', '') AS target,
        0 AS port,
        toString(protocol) AS transport,
        src_inside = 1 AS from_inside,
        dst_inside = 1 AS to_inside,
        ports AS tried,
        silent,
        toUInt64(0) AS silent_named,
        toUInt64(0) AS scattered,
        silent_low,
        recurring,
        flows,
        first_seen,
        last_seen,
        dateDiff('second', period.1, first_seen) / greatest(1, dateDiff('second', period.1, period.2)) AS began_after,
        [replaceOne(toString(dst_ip), '::ffff:', '')] AS peers,
        port_list AS ports
    FROM vertical
)
-- The strongest first, and our own machines before the noise from outside.
ORDER BY from_inside DESC, silent DESC, kind, source, target, port, transport, to_inside
LIMIT {max_rows:UInt32}
