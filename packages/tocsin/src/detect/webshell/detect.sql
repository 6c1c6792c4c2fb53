-- Web shells: paths that run something and answer very few clients while the rest of the site answers many.
-- One row per server and path with what the statistics need; the judging is done outside.
-- Cost: one scan of http over requests that may call a script (a materialised CTE), one per server for the baseline,
-- one over the suspects' other requests; memory per script path and per server.
WITH
call AS
(
    SELECT
        time,
        evidence_id,
        record,
        src_ip,
        dst_ip,
        if(dst_ip != toIPv6('::'), '', if(host != '', host, toString(sensor))) AS target_name,
        multiIf(dst_ip != toIPv6('::'), 'dst_ip', host != '', 'host', 'sensor') AS target_column,
        cutQueryStringAndFragment(uri) AS asked_path,
        method IN ('POST', 'PUT') AS is_post,
        ifNull(status, 0) AS code,
        ifNull(toInt64(response_bytes), -1) AS answer_bytes,
        referrer,
        user_agent,
        uri,
        -- A machine of another organisation of the constituency comes from outside.
        dictHas('constituency', src_ip) AND (dst_ip = toIPv6('::')
            OR dictGetString('constituency', 'organisation', src_ip) = dictGetString('constituency', 'organisation', dst_ip)) AS is_inside,
        multiMatchAny(lower(asked_path), [{script_pattern:String}]) AS is_script,
        position(uri, '?') > 0 AND multiMatchAny(lower(substring(decodeURLComponent(uri), 1, 2000)),
            {command_patterns:Array(String)}) AS has_command
    FROM http
    WHERE src_ip != toIPv6('::')
        AND (is_script OR is_post OR has_command)
        AND (dst_ip = toIPv6('::') OR dictHas('constituency', dst_ip))
        -- Only what was answered counts: scanners ask for every name, and are refused.
        AND (status BETWEEN 200 AND 299 OR status = 500)
),
shell AS
(
    SELECT
        dst_ip,
        target_name,
        asked_path,
        any(target_column) AS server_column,
        max(is_script) AS script,
        count() AS calls,
        countIf(is_post) AS posts,
        countIf(has_command) AS commands,
        countIf(referrer NOT IN ('', '-')) AS referred,
        countIf(is_inside) AS inside_calls,
        uniqExact(src_ip) AS clients,
        uniqExactIf(src_ip, NOT is_inside) AS outside_clients,
        arraySort(groupUniqArray(10)(src_ip)) AS client_ips,
        uniqExact(user_agent) AS agents,
        uniqExact(answer_bytes) AS answer_sizes,
        max(answer_bytes) AS largest_answer,
        min(time) AS first_call,
        max(time) AS last_call,
        minIf(time, is_post AND code = 201) AS created_at,
        uniqExact(toDate(time)) AS days,
        arraySort(groupArraySorted(500)(toUnixTimestamp64Milli(time))) AS call_ms,
        groupArraySorted(201)((toString(evidence_id), record)) AS records,
        groupArraySorted(3)((NOT has_command, substring(uri, 1, 200))) AS examples
    FROM call
    GROUP BY dst_ip, target_name, asked_path
    HAVING calls >= {min_answers:UInt32} AND clients <= {max_clients:UInt32}
        AND (outside_clients > 0 OR commands > 0)
        AND (script OR posts > 0 OR commands > 0)
    ORDER BY commands DESC, script DESC, posts DESC, calls DESC, dst_ip, target_name, asked_path
    LIMIT {max_candidates:UInt32}
),
site AS
(
    SELECT
        dst_ip,
        if(dst_ip != toIPv6('::'), '', if(host != '', host, toString(sensor))) AS target_name,
        count() AS site_requests,
        uniqExact(src_ip) AS site_clients,
        countIf(referrer NOT IN ('', '-')) AS site_referred,
        min(time) AS site_first,
        max(time) AS site_last
    FROM http
    WHERE (dst_ip, target_name) IN (SELECT dst_ip, target_name FROM shell)
    GROUP BY dst_ip, target_name
),
-- What the callers did on the site besides: a browser also fetches the pictures of a page.
caller AS
(
    SELECT
        dst_ip,
        target_name,
        asked_path,
        sum(other_requests) AS caller_requests,
        sum(assets) AS caller_assets
    FROM
    (
        SELECT dst_ip, target_name, asked_path, arrayJoin(client_ips) AS src_ip FROM shell
    ) AS used
    INNER JOIN
    (
        SELECT
            src_ip,
            dst_ip,
            if(dst_ip != toIPv6('::'), '', if(host != '', host, toString(sensor))) AS target_name,
            count() AS other_requests,
            countIf(multiMatchAny(lower(cutQueryStringAndFragment(uri)), [{asset_pattern:String}])
                AND ifNull(status, 0) < 400) AS assets
        FROM http
        WHERE src_ip IN (SELECT arrayJoin(client_ips) FROM shell)
        GROUP BY src_ip, dst_ip, target_name
    ) AS did USING (src_ip, dst_ip, target_name)
    GROUP BY dst_ip, target_name, asked_path
)
SELECT
    if(shell.dst_ip = toIPv6('::'), shell.target_name, replaceOne(toString(shell.dst_ip), '::ffff:', '')) AS server_text,
    server_column,
    shell.asked_path AS path,
    script,
    calls,
    posts,
    commands,
    referred,
    inside_calls,
    clients,
    outside_clients,
    arrayMap(ip -> replaceOne(toString(ip), '::ffff:', ''), client_ips) AS client_list,
    agents,
    answer_sizes,
    largest_answer,
    concat(replaceOne(toString(first_call), ' ', 'T'), 'Z') AS first_seen,
    concat(replaceOne(toString(last_call), ' ', 'T'), 'Z') AS last_seen,
    toUnixTimestamp64Milli(created_at) > 0 AS created,
    days,
    call_ms,
    arrayMap(entry -> entry.1, records) AS record_evidence,
    arrayMap(entry -> entry.2, records) AS record_numbers,
    arrayMap(entry -> entry.2, examples) AS example_uris,
    site_requests,
    site_clients,
    site_referred,
    toUnixTimestamp64Milli(site_first) AS site_first_ms,
    toUnixTimestamp64Milli(site_last) AS site_last_ms,
    caller_requests,
    caller_assets
FROM shell
LEFT JOIN site USING (dst_ip, target_name)
LEFT JOIN caller USING (dst_ip, target_name, asked_path)
ORDER BY server_text, path
