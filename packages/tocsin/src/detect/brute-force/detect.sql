-- Password guessing in recorded logins; web.sql and flows.sql ask the same of web answers and of flows alone.
-- One row per source, target and service; sources below the minimum are pooled per target and service.
-- An attempt that the attacked machine's log and a sensor on the way both tell of is one attempt: of each source, target,
-- service and hour those logins count that the one witness told who told of most; the others are records of the same.
-- Cost: a few scans of authentication; memory per account and source.
WITH
told AS
(
    SELECT
        time,
        toStartOfHour(time) AS period,
        -- Files of one log follow one another: what tells witnesses apart is who they are, not which file it is.
        (host != '', toString(sensor)) AS witness,
        src_ip,
        dst_ip,
        if(dst_ip != toIPv6('::'), '', if(host != '', host, toString(sensor))) AS target_name,
        multiIf(dst_ip != toIPv6('::'), 'dst_ip', host != '', 'host', 'sensor') AS target_column,
        toString(service) AS service_name,
        username,
        outcome = 'failure' AS is_failure
    FROM authentication
    WHERE outcome IN ('failure', 'success')
        -- The first step of every Kerberos login without cached proof; no password was tried.
        AND positionCaseInsensitive(detail, 'PREAUTH_REQUIRED') = 0
),
-- Few targets have several witnesses; looking at those alone spares the rest.
told_by_several AS
(
    SELECT dst_ip, target_name, service_name
    FROM told
    GROUP BY dst_ip, target_name, service_name
    HAVING min(witness) != max(witness)
),
told_again AS
(
    SELECT src_ip, dst_ip, target_name, service_name, period, witness
    FROM
    (
        SELECT
            src_ip, dst_ip, target_name, service_name, period, witness,
            row_number() OVER (
                PARTITION BY src_ip, dst_ip, target_name, service_name, period
                ORDER BY count() DESC, witness DESC) AS place
        FROM told
        WHERE (SELECT count() FROM told_by_several) > 0
            AND (dst_ip, target_name, service_name) IN (SELECT dst_ip, target_name, service_name FROM told_by_several)
        GROUP BY src_ip, dst_ip, target_name, service_name, period, witness
    )
    WHERE place > 1
),
login AS
(
    SELECT
        time,
        src_ip,
        dst_ip,
        target_name,
        target_column,
        service_name,
        username,
        (SELECT count() FROM told_by_several) > 0
            AND (src_ip, dst_ip, target_name, service_name, period, witness) IN
            (SELECT src_ip, dst_ip, target_name, service_name, period, witness FROM told_again) AS is_again,
        told.is_failure AND NOT is_again AS is_failure,
        NOT told.is_failure AND NOT is_again AS is_success
    FROM told
),
account AS
(
    SELECT
        src_ip,
        dst_ip,
        target_name,
        target_column,
        service_name,
        username,
        countIf(is_failure) AS failures,
        countIf(is_success) AS successes,
        count() AS records,
        min(time) AS first_time,
        max(time) AS last_time,
        minIf(time, is_failure) AS first_failure,
        minIf(time, is_success) AS first_success
    FROM login
    GROUP BY src_ip, dst_ip, target_name, target_column, service_name, username
),
-- What the account's source did to the same target in all, and how many sources failed on the account there. Windows
-- rather than further looks at the accounts: each would have the engine plan and run the scan of the logins anew.
weighed AS
(
    SELECT
        *,
        sum(failures) OVER (PARTITION BY src_ip, dst_ip, target_name, target_column, service_name) AS all_failures,
        sum(successes) OVER (PARTITION BY src_ip, dst_ip, target_name, target_column, service_name) AS all_successes,
        countIf(failures > 0) OVER (PARTITION BY dst_ip, target_name, service_name, username) AS failing_sources
    FROM account
),
source AS
(
    SELECT
        src_ip,
        dst_ip,
        target_name,
        target_column,
        service_name,
        sum(failures) AS source_failures,
        sum(successes) AS source_successes,
        sum(records) AS source_records,
        countIf(failures > 0) AS accounts,
        min(first_time) AS source_first,
        max(last_time) AS source_last,
        groupArraySortedIf(20)((-toInt64(failures), username), failures > 0) AS busiest
    FROM account
    GROUP BY src_ip, dst_ip, target_name, target_column, service_name
),
-- First logins of accounts from sources that also failed often: was it a guess?
first_login AS
(
    SELECT
        src_ip,
        dst_ip,
        target_name,
        service_name,
        username AS guessed_name,
        first_success AS guessed_time
    FROM weighed
    WHERE successes > 0 AND all_failures >= {min_failures:UInt32}
    ORDER BY src_ip, dst_ip, target_name, service_name, first_success, username
    LIMIT {max_first_logins:UInt32} BY src_ip, dst_ip, target_name, service_name
),
before_login AS
(
    SELECT
        src_ip,
        dst_ip,
        target_name,
        service_name,
        guessed_name,
        guessed_time,
        countIf(is_failure AND time < guessed_time) AS failures_before,
        countIf(is_failure AND time < guessed_time AND username = guessed_name) AS account_failures_before,
        countIf(is_success AND time < guessed_time) AS successes_before
    FROM login
    INNER JOIN first_login USING (src_ip, dst_ip, target_name, service_name)
    WHERE time >= guessed_time - toIntervalSecond({guess_window_s:UInt32}) AND time <= guessed_time
        OR is_success
    GROUP BY src_ip, dst_ip, target_name, service_name, guessed_name, guessed_time
),
guess AS
(
    SELECT
        src_ip,
        dst_ip,
        target_name,
        service_name,
        argMin(guessed_name, (guessed_time, guessed_name)) AS guessed_account,
        min(guessed_time) AS guessed_at,
        argMin(failures_before, (guessed_time, guessed_name)) AS failures_before_guess
    FROM before_login
    WHERE account_failures_before >= {min_failures:UInt32}
        OR (successes_before = 0 AND failures_before >= {min_failures:UInt32})
    GROUP BY src_ip, dst_ip, target_name, service_name
),
logins AS
(
    SELECT
        'logins' AS kind,
        source.src_ip AS src,
        source.dst_ip AS dst,
        source.target_name AS target,
        source.target_column AS target_column,
        source.service_name AS service,
        source_failures AS failures,
        source_successes AS successes,
        accounts,
        arrayMap(entry -> entry.2, busiest) AS account_names,
        source_first AS first_time,
        source_last AS last_time,
        source_records AS event_count,
        failures_before_guess,
        guessed_account,
        guessed_at,
        [source.src_ip] AS sources,
        toUInt64(1) AS source_count
    FROM source
    LEFT JOIN guess
        ON guess.src_ip = source.src_ip AND guess.dst_ip = source.dst_ip
        AND guess.target_name = source.target_name AND guess.service_name = source.service_name
    WHERE source_failures >= {min_failures:UInt32}
        AND (source_failures >= source_successes * {min_failures_per_success:UInt32} OR failures_before_guess > 0)
    ORDER BY failures_before_guess > 0 DESC, source_failures DESC, src, dst, target, service
    LIMIT {max_candidates:UInt32}
),
-- Sources that each stay below the minimum, seen together: all outside ones that never got in, and any on one account.
weak AS
(
    SELECT
        *,
        failing_sources >= {min_sources:UInt32} AS is_shared,
        is_shared AND successes > 0 AND first_failure < first_success AS is_guessed
    FROM weighed
    WHERE failures > 0
        AND src_ip != toIPv6('::')
        AND all_failures < {min_failures:UInt32}
        AND (is_shared OR (all_successes = 0 AND NOT dictHas('constituency', src_ip)))
),
together AS
(
    SELECT
        'distributed' AS kind,
        toIPv6('::') AS src,
        dst_ip AS dst,
        target_name AS target,
        any(target_column) AS together_column,
        service_name AS service,
        sum(failures) AS together_failures,
        sum(successes) AS together_successes,
        uniqExact(username) AS accounts,
        arraySlice(arraySort(groupUniqArray(username)), 1, 20) AS account_names,
        min(first_time) AS together_first,
        max(last_time) AS together_last,
        sum(records) AS event_count,
        countIf(is_guessed) AS failures_before_guess,
        argMinIf(username, (first_success, username), is_guessed) AS guessed_account,
        minIf(first_success, is_guessed) AS guessed_at,
        arraySlice(arraySort(groupUniqArray(src_ip)), 1, {max_peers:UInt32}) AS sources,
        uniqExact(src_ip) AS source_count
    FROM weak
    GROUP BY dst_ip, target_name, service_name, dictHas('constituency', src_ip)
    HAVING source_count >= {min_sources:UInt32} AND together_failures >= {min_failures:UInt32}
    ORDER BY together_failures DESC, dst, target, service
    LIMIT {max_candidates:UInt32}
),
found AS
(
    SELECT * FROM logins
    UNION ALL
    SELECT * FROM together
)
SELECT
    kind,
    replaceOne(toString(src), '::ffff:', '') AS source,
    if(dst = toIPv6('::'), target, replaceOne(toString(dst), '::ffff:', '')) AS target_text,
    target_column,
    service,
    failures,
    successes,
    accounts,
    account_names,
    concat(replaceOne(toString(first_time), ' ', 'T'), 'Z') AS first_seen,
    concat(replaceOne(toString(last_time), ' ', 'T'), 'Z') AS last_seen,
    greatest(1, dateDiff('second', first_time, last_time)) AS span_s,
    event_count,
    failures_before_guess,
    guessed_account,
    if(failures_before_guess = 0, NULL, concat(replaceOne(toString(guessed_at), ' ', 'T'), 'Z')) AS guessed_time_text,
    arraySort(arrayMap(address -> replaceOne(toString(address), '::ffff:', ''), sources)) AS source_list,
    source_count
FROM found
ORDER BY kind, target_text, service, source
