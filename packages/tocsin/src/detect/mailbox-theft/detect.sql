-- Outside addresses that take far more from a mail server of ours than its other clients do, or read many mailboxes.
-- One row per mail server and such client, with what the server's clients usually take. From flows; where a server has
-- none, from the requests its log names. Parameters: see detector.ts.
-- Cost: four scans of the conversation roll-up, one of the flows to mail servers, six of the requests, one of the logins.
WITH
-- Without the thousandth at either end: one record of a clock that stood wrong must not stretch it.
(SELECT (quantileExact(0.001)(time), quantileExact(0.999)(time)) FROM (SELECT first_seen AS time FROM conversation UNION ALL SELECT last_seen FROM conversation UNION ALL SELECT time FROM http)) AS period,
mail_request AS
(
    SELECT
        dst_ip,
        toString(host) AS host_name,
        toString(sensor) AS sensor_name,
        src_ip,
        time,
        ifNull(response_bytes, 0) AS taken,
        user_agent,
        uri ILIKE '/microsoft-server-activesync%' AS is_telephone,
        lower(if(username IN ('', '-'), decodeURLComponent(extract(uri, '(?i)[?&](?:user|email|mailbox|mailboxid)=([^&]{1,200})')), username)) AS account
    FROM http
    WHERE multiMatchAny(lower(uri), {mail_paths:Array(String)})
      AND (status IS NULL OR status < 400)
      AND src_ip != toIPv6('::')
),
website AS
(
    -- Machines whose log shows that mail is the lesser part of what they serve.
    SELECT dst_ip
    FROM http
    WHERE dst_ip != toIPv6('::') AND dictHas('constituency', dst_ip)
    GROUP BY dst_ip
    HAVING countIf(multiMatchAny(lower(uri), {mail_paths:Array(String)})) < count() * {min_mail_share:Float64}
),
by_flow AS
(
    SELECT dst_ip, src_ip, time, ifNull(bytes_in, 0) AS taken, ifNull(bytes_out, 0) AS sent
    FROM watched_flow
    WHERE (src_ip, dst_ip) IN (SELECT src_ip, dst_ip FROM watched_pair WHERE detector = 'mailbox-theft')
      AND ifNull(bytes_in, 0) > 0
      AND (has({mailbox_ports:Array(UInt16)}, dst_port)
        OR (has({web_ports:Array(UInt16)}, dst_port) AND dst_ip NOT IN (SELECT dst_ip FROM website)))
),
taken AS
(
    SELECT replaceOne(toString(dst_ip), '::ffff:', '') AS target, 'dst_ip' AS target_column, src_ip, time, taken, sent, 'network' AS source
    FROM by_flow
    UNION ALL
    SELECT
        multiIf(dst_ip != toIPv6('::'), replaceOne(toString(dst_ip), '::ffff:', ''), host_name != '', host_name, sensor_name) AS target,
        multiIf(dst_ip != toIPv6('::'), 'dst_ip', host_name != '', 'host', 'sensor') AS target_column,
        src_ip, time, taken, 0 AS sent, 'http' AS source
    FROM mail_request
    WHERE dst_ip NOT IN
    (
        SELECT dst_ip
        FROM conversation
        WHERE src_inside = 0 AND dst_inside = 1 AND bytes_in > 0
          AND (has({mailbox_ports:Array(UInt16)}, dst_port) OR has({web_ports:Array(UInt16)}, dst_port))
    )
      AND (NOT dictHas('constituency', src_ip)
        OR (dst_ip != toIPv6('::') AND dictGetString('constituency', 'organisation', src_ip) != dictGetString('constituency', 'organisation', dst_ip)))
),
client AS
(
    SELECT
        target,
        target_column,
        src_ip,
        source,
        count() AS events,
        sum(taken) AS bytes_taken,
        sum(sent) AS bytes_sent,
        quantileExact(0.5)(taken) AS median_event,
        sumMap([toDate(time)], [toUInt64(taken)]) AS daily,
        arrayMax(daily.2) AS best_day,
        min(time) AS first_seen,
        max(time) AS last_seen
    FROM taken
    GROUP BY target, target_column, src_ip, source
),
usual AS
(
    SELECT
        *,
        count() OVER (PARTITION BY target, target_column, source) AS clients,
        quantileExact(0.75)(best_day) OVER (PARTITION BY target, target_column, source) AS usual_day,
        quantileExact(0.75)(median_event) OVER (PARTITION BY target, target_column, source) AS usual_event
    FROM client
),
named AS
(
    -- Who named which mailbox; DOMAIN\user, user@domain and user are one.
    SELECT
        target,
        splitByChar('@', splitByChar('\\', account)[-1])[1] AS name,
        arraySlice(arraySort(groupUniqArray(src_ip)), 1, 50) AS addresses,
        groupUniqArray((src_ip, is_telephone, agent)) AS uses
    FROM
    (
        SELECT
            multiIf(dst_ip != toIPv6('::'), replaceOne(toString(dst_ip), '::ffff:', ''), host_name != '', host_name, sensor_name) AS target,
            src_ip, account, is_telephone, user_agent AS agent
        FROM mail_request
        WHERE account != '' AND account NOT LIKE '%healthmailbox%'
        UNION ALL
        SELECT replaceOne(toString(dst_ip), '::ffff:', '') AS target, src_ip, lower(username) AS account, 0 AS is_telephone, '' AS agent
        FROM authentication
        WHERE outcome = 'success' AND username != ''
          AND match(lower(toString(service)), '^(imap|pop|owa|ews|exchange|mapi|dovecot|activesync|webmail)')
    )
    GROUP BY target, name
),
account AS
(
    -- Many telephones share the address of their carrier, and their kind: they do not count.
    SELECT
        target,
        use.1 AS src_ip,
        uniqExactIf(name, NOT use.2) AS accounts,
        arraySlice(arraySort(groupUniqArrayIf(name, NOT use.2)), 1, 20) AS account_names,
        uniqExactIf(use.3, use.3 != '') AS agents,
        -- Where the one mailbox it named was read from besides.
        if(uniqExact(name) = 1, arrayFilter(address -> address != src_ip, any(addresses)), []) AS elsewhere
    FROM named
    ARRAY JOIN uses AS use
    GROUP BY target, src_ip
),
asked AS
(
    -- All requests of a client, since it is by these that its events are pointed at.
    SELECT
        multiIf(dst_ip != toIPv6('::'), replaceOne(toString(dst_ip), '::ffff:', ''), host != '', toString(host), toString(sensor)) AS target,
        src_ip,
        count() AS requests
    FROM http
    GROUP BY target, src_ip
)
SELECT
    c.target AS target_text,
    c.target_column AS target_column,
    replaceOne(toString(c.src_ip), '::ffff:', '') AS reader,
    c.source AS source,
    c.events AS events,
    c.bytes_taken AS bytes_taken,
    c.bytes_sent AS bytes_sent,
    c.median_event AS median_event,
    arrayMap(day -> toString(day), c.daily.1) AS days,
    c.daily.2 AS day_bytes,
    c.first_seen AS first_seen,
    c.last_seen AS last_seen,
    c.clients AS clients,
    c.usual_day AS usual_day,
    c.usual_event AS usual_event,
    a.accounts AS accounts,
    a.account_names AS account_names,
    a.agents AS agents,
    arrayMap(address -> replaceOne(toString(address), '::ffff:', ''), a.elsewhere) AS elsewhere,
    c.target IN (SELECT replaceOne(toString(dst_ip), '::ffff:', '') FROM website) AS is_website,
    h.requests AS requests,
    dateDiff('second', period.1, c.first_seen) / greatest(1, dateDiff('second', period.1, period.2)) AS began_after
FROM usual AS c
LEFT JOIN account AS a ON a.target = c.target AND a.src_ip = c.src_ip
LEFT JOIN asked AS h ON h.target = c.target AND h.src_ip = c.src_ip
WHERE c.best_day >= greatest(toFloat64({min_day_bytes:UInt64}), c.usual_day * {min_times_usual:Float64})
   OR a.accounts >= {min_accounts:UInt32}
   -- One great reading at a time by somebody who does nothing else.
   OR (c.best_day >= greatest(toFloat64({min_day_bytes:UInt64}), c.usual_day * {min_times_usual_lump:Float64})
     AND c.median_event >= c.usual_event * {min_times_usual_lump_event:Float64})
ORDER BY target_text, target_column, bytes_taken DESC, reader
LIMIT {max_rows:UInt32}
