-- Password guessing in web answers: the same client on the same path, again and again.
-- One row per client, server and path. Parameters: see detector.ts.
-- Cost: two scans of http, the second only over suspects.
WITH
asked AS
(
    SELECT
        time,
        src_ip,
        dst_ip,
        if(dst_ip != toIPv6('::'), '', if(host != '', host, toString(sensor))) AS target_name,
        multiIf(dst_ip != toIPv6('::'), 'dst_ip', host != '', 'host', 'sensor') AS target_column,
        cutQueryStringAndFragment(uri) AS asked_path,
        method = 'POST' AS is_post,
        ifNull(status, 0) AS code,
        code = 401 OR (is_post AND multiMatchAny(lower(asked_path), {login_paths:Array(String)})) AS is_try
    FROM http
),
web_suspect AS
(
    SELECT src_ip, dst_ip, target_name, asked_path
    FROM asked
    WHERE is_try
    GROUP BY src_ip, dst_ip, target_name, asked_path
    HAVING count() >= {min_web_tries:UInt32}
),
web_answer AS
(
    SELECT
        src_ip,
        dst_ip,
        target_name,
        any(target_column) AS answer_column,
        asked_path,
        is_post,
        code,
        count() AS tries,
        min(time) AS first_time,
        max(time) AS last_time,
        quantileExact(0.5)(toUnixTimestamp64Micro(time)) AS middle_us
    FROM asked
    WHERE src_ip IN (SELECT src_ip FROM web_suspect)
        AND (src_ip, dst_ip, target_name, asked_path) IN
            (SELECT src_ip, dst_ip, target_name, asked_path FROM web_suspect)
    GROUP BY src_ip, dst_ip, target_name, asked_path, is_post, code
),
web_pair AS
(
    SELECT
        src_ip,
        dst_ip,
        target_name,
        any(answer_column) AS target_column,
        asked_path,
        groupArray((tries, is_post, code, first_time, last_time, middle_us)) AS answers,
        arrayReverseSort(answer -> (answer.1, answer.2, answer.3),
            arrayFilter(answer -> answer.3 = 401 OR answer.2 = 1, answers))[1] AS usual,
        -- An answer of another kind that begins in the later half and stays rare.
        arraySort(answer -> answer.4, arrayFilter(
            answer -> (usual.3 IN (401, 403) AND answer.3 BETWEEN 200 AND 399
                    OR usual.3 = 200 AND answer.3 BETWEEN 300 AND 399)
                AND toUnixTimestamp64Micro(answer.4) > usual.6
                AND answer.1 * {min_tries_per_success:UInt32} <= usual.1,
            answers)) AS let_in,
        arraySum(answer -> if(answer.2 = usual.2, answer.1, 0), answers) AS same_method_tries
    FROM web_answer
    GROUP BY src_ip, dst_ip, target_name, asked_path
)
SELECT
    'web' AS kind,
    replaceOne(toString(src_ip), '::ffff:', '') AS source,
    if(dst_ip = toIPv6('::'), target_name, replaceOne(toString(dst_ip), '::ffff:', '')) AS target_text,
    target_column,
    concat('http ', toString(usual.3)) AS service,
    usual.1 AS failures,
    arraySum(answer -> answer.1, let_in) AS successes,
    concat(replaceOne(toString(arrayMin(answer -> answer.4, answers) AS first_time), ' ', 'T'), 'Z') AS first_seen,
    concat(replaceOne(toString(arrayMax(answer -> answer.5, answers) AS last_time), ' ', 'T'), 'Z') AS last_seen,
    greatest(1, dateDiff('second', first_time, last_time)) AS span_s,
    arraySum(answer -> answer.1, answers) AS event_count,
    if(empty(let_in), 0, usual.1) AS failures_before_guess,
    if(empty(let_in), NULL, concat(replaceOne(toString(let_in[1].4), ' ', 'T'), 'Z')) AS guessed_time_text,
    [source] AS source_list,
    toUInt64(1) AS source_count,
    asked_path AS path
FROM web_pair
WHERE usual.1 >= {min_web_tries:UInt32}
    AND usual.1 * 100 >= same_method_tries * {min_same_answer_percent:UInt32}
    -- A form that answers everyone alike is guessing only when it is asked faster than people type.
    AND (usual.3 IN (401, 403)
        OR usual.1 * 60 >= {min_web_tries_per_minute:UInt32} * dateDiff('second', usual.4, usual.5))
ORDER BY failures DESC, src_ip, dst_ip, target_name, path
LIMIT {max_candidates:UInt32}
