-- Alerts and notices of other sensors, grouped per host of ours, direction and family.
-- Inbound alerts of the noise families become one group per host, however many outside parties raised them.
-- Cost: one scan of sensor_alert; memory per host and family.
WITH
alert AS
(
    SELECT
        time,
        toString(sensor) AS sensor_name,
        toString(signature) AS signature_text,
        src_ip,
        dst_ip,
        ifNull(severity, 0) AS severity_level,
        action = 'blocked' AS is_blocked,
        multiMatchAllIndices(lower(concat(signature, ' | ', category)), {family_patterns:Array(String)}) AS matches,
        if(empty(matches), {other_family:String}, {family_names:Array(String)}[arrayMin(matches)]) AS family,
        src_ip != toIPv6('::') AS src_known,
        dst_ip != toIPv6('::') AS dst_known,
        src_known AND dictHas('constituency', src_ip) AS src_inside,
        dst_known AND (dictHas('constituency', dst_ip)
            OR dst_ip BETWEEN toIPv6('224.0.0.0') AND toIPv6('239.255.255.255')
            OR dst_ip >= toIPv6('ff00::')
            OR dst_ip = toIPv6('255.255.255.255')) AS dst_near,
        src_known AND NOT src_inside AND dst_near
            AND has({answer_families:Array(String)}, family)
            AND has({server_ports:Array(String)}, toString(src_port))
            AND dst_port >= {first_client_port:UInt16} AS is_answer
    FROM sensor_alert
),
placed AS
(
    SELECT
        *,
        multiIf(
            src_inside AND dst_near, 'internal',
            src_inside AND dst_known, 'outbound',
            src_inside, 'local',
            is_answer, 'outbound',
            src_known AND (dst_near OR NOT dst_known), 'inbound',
            src_known, 'foreign',
            'local') AS direction,
        multiIf(src_inside, src_ip, dst_near, dst_ip, toIPv6('::')) AS host_ip,
        multiIf(src_inside, dst_ip, src_known, src_ip, toIPv6('::')) AS peer_ip,
        if(host_ip = toIPv6('::'), sensor_name, replaceOne(toString(host_ip), '::ffff:', '')) AS host,
        if(direction = 'inbound' AND has({noise_families:Array(String)}, family),
            {noise_family:String}, family) AS topic
    FROM alert
)
SELECT
    host,
    host_ip != toIPv6('::') AS host_is_address,
    direction,
    topic,
    count() AS alerts,
    countIf(severity_level = 1) AS severe_alerts,
    countIf(is_blocked) AS blocked_alerts,
    minIf(severity_level, severity_level > 0) AS worst_severity,
    uniqExact(intDiv(toUnixTimestamp(time), {occasion_s:UInt32})) AS occasions,
    concat(replaceOne(toString(min(time)), ' ', 'T'), 'Z') AS first_seen,
    concat(replaceOne(toString(max(time)), ' ', 'T'), 'Z') AS last_seen,
    uniqExactIf(peer_ip, peer_ip != toIPv6('::')) AS peer_count,
    arraySlice(
        arraySort(arrayMap(
            peer -> replaceOne(toString(peer), '::ffff:', ''),
            groupUniqArrayIf(peer_ip, peer_ip != toIPv6('::')))),
        1, {max_peers:UInt32}) AS peers,
    sumMap([signature_text], [toUInt64(1)]) AS by_signature,
    arraySlice(by_signature.1, 1, {max_signatures:UInt32}) AS signatures,
    arraySlice(by_signature.2, 1, {max_signatures:UInt32}) AS signature_alerts,
    length(by_signature.1) AS signature_count,
    arraySort(groupUniqArray(family)) AS families,
    countIf(host_ip = src_ip) AS alerts_as_src
FROM placed
WHERE direction != 'foreign'
GROUP BY
    host_ip,
    host,
    direction,
    topic
ORDER BY
    direction = 'inbound',
    severe_alerts DESC,
    alerts DESC,
    host,
    direction,
    topic
LIMIT {max_groups:UInt32}
