-- Machines of ours that ask for very many long, never repeated names below one registered domain.
-- One row per machine and domain, with the first names asked. Names that lead back from addresses (reverse zones, blocklists,
-- names made of an address), names of service discovery and names without a public domain are left out.
-- Cost: five scans of the look-ups; distinct names are counted for the candidates only. Parameters: see detector.ts.
WITH
asked AS
(
    SELECT
        src_ip,
        dst_ip,
        time,
        query,
        query_type,
        response_code,
        answers,
        lower(trimRight(query, '.')) AS name,
        splitByChar('.', name) AS labels,
        -- The registered domain is the last two labels, three where the last is a country's and the one before it says what kind of holder.
        least(length(labels), if(length(labels[-1]) = 2 AND has({holder_labels:Array(String)}, labels[-2]), 3, 2)) AS depth,
        arrayStringConcat(arraySlice(labels, -depth), '.') AS domain,
        substring(name, 1, greatest(0, toInt32(length(name)) - toInt32(length(domain)) - 1)) AS below
    FROM dns
    WHERE dictHas('constituency', src_ip)
      AND below != ''
      AND NOT has({private_ends:Array(String)}, labels[-1])
      AND NOT match(name, '(^|\\.)_')
      AND NOT match(below, '\\d{1,3}[-.]\\d{1,3}[-.]\\d{1,3}[-.]\\d{1,3}')
      AND NOT match(below, '^([0-9a-f]\\.){15}')
),
candidate AS
(
    SELECT src_ip, domain, askers
    FROM
    (
        SELECT src_ip, domain, count() AS queries, avg(length(below)) AS mean_length, count() OVER (PARTITION BY domain) AS askers
        FROM asked
        GROUP BY src_ip, domain
    )
    WHERE queries >= {min_names:UInt32} AND mean_length >= {min_length:Float64} * 0.5
),
named AS
(
    SELECT
        a.src_ip AS src_ip,
        a.domain AS domain,
        query,
        any(c.askers) AS askers,
        any(below) AS part,
        count() AS queries,
        min(time) AS first_time,
        max(time) AS last_time,
        countIf(query_type NOT IN ('A', 'AAAA', 'PTR', 'SRV', 'NS', 'SOA', 'HTTPS', 'SVCB', '')) AS carrying,
        countIf(response_code IN ('NXDOMAIN', '3')) AS missing,
        countIf(notEmpty(answers) AND arrayAll(answer -> startsWith(answer, '127.'), answers)) AS verdicts,
        sum(length(arrayStringConcat(answers))) AS answer_length,
        groupUniqArray(dst_ip) AS asked_of
    FROM asked AS a
    INNER JOIN candidate AS c ON c.src_ip = a.src_ip AND c.domain = a.domain
    GROUP BY a.src_ip, a.domain, query
),
pair AS
(
    SELECT
        src_ip,
        domain,
        any(askers) AS askers,
        sum(queries) AS total,
        uniqExact(part) AS names,
        sum(length(part)) / count() AS mean_length,
        sum(length(part)) AS carried,
        sum(carrying) AS carrying_queries,
        sum(missing) AS missing_queries,
        sum(verdicts) AS verdict_queries,
        sum(answer_length) AS answered_length,
        min(first_time) AS first_seen,
        max(last_time) AS last_seen,
        arraySlice(arraySort(groupUniqArrayArray(asked_of)), 1, 20) AS servers,
        arrayMap(item -> (item.2, item.3), groupArraySorted(1000)((first_time, query, queries))) AS samples
    FROM named
    GROUP BY src_ip, domain
    HAVING names >= {min_names:UInt32} AND mean_length >= {min_length:Float64} AND names >= total * {min_unique_share:Float64}
),
server AS
(
    -- A server that is asked for other domains too is a resolver, no party to the tunnel.
    SELECT dst_ip
    FROM dns
    GROUP BY dst_ip
    HAVING uniqExact(cutToFirstSignificantSubdomain(lower(query))) <= 1
),
outward AS
(
    SELECT uniqExact(src_ip) AS hosts
    FROM dns
    WHERE dictHas('constituency', src_ip)
)
SELECT
    replaceOne(toString(p.src_ip), '::ffff:', '') AS host,
    p.domain AS domain,
    p.total AS queries,
    p.names AS names,
    p.mean_length AS mean_length,
    p.carried AS carried,
    p.carrying_queries AS carrying_queries,
    p.missing_queries AS missing_queries,
    p.verdict_queries AS verdict_queries,
    p.answered_length AS answer_length,
    p.first_seen AS first_seen,
    p.last_seen AS last_seen,
    p.samples AS samples,
    arraySort(arrayMap(address -> replaceOne(toString(address), '::ffff:', ''),
        arrayFilter(address -> address IN (SELECT dst_ip FROM server), p.servers))) AS own_servers,
    p.askers AS askers,
    (SELECT hosts FROM outward) AS asking_hosts,
    p.src_ip IN (SELECT DISTINCT dst_ip FROM dns) AS is_resolver
FROM pair AS p
ORDER BY names DESC, host, domain
LIMIT {max_rows:UInt32}
