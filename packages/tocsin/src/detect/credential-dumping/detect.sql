-- Programs that read the memory of the process in which Windows keeps credentials (lsass.exe), as Sysmon sees it.
-- One row per machine and program. Parameters: see detector.ts.
-- Cost: one scan of the events that no other table holds.
WITH
access AS
(
    SELECT
        evidence_id,
        record,
        host,
        time,
        coalesce(
            nullIf(JSONExtractString(raw, 'SourceImage'), ''),
            nullIf(JSONExtractString(raw, 'EventData', 'SourceImage'), ''),
            nullIf(JSONExtractString(raw, 'winlog', 'event_data', 'SourceImage'), ''),
            extract(message, 'SourceImage: ([^\\r\\n]{1,400})')) AS program,
        coalesce(
            nullIf(JSONExtractString(raw, 'TargetImage'), ''),
            nullIf(JSONExtractString(raw, 'EventData', 'TargetImage'), ''),
            nullIf(JSONExtractString(raw, 'winlog', 'event_data', 'TargetImage'), ''),
            extract(message, 'TargetImage: ([^\\r\\n]{1,400})')) AS target,
        coalesce(
            nullIf(JSONExtractString(raw, 'GrantedAccess'), ''),
            nullIf(JSONExtractString(raw, 'EventData', 'GrantedAccess'), ''),
            nullIf(JSONExtractString(raw, 'winlog', 'event_data', 'GrantedAccess'), ''),
            extract(message, 'GrantedAccess: (0x[0-9A-Fa-f]{1,8})')) AS granted
    FROM base_event
    WHERE stream = {stream:String} AND code = {code:String}
)
SELECT
    host,
    program,
    count() AS reads,
    arraySort(groupUniqArray(20)(granted)) AS rights,
    groupArraySorted(1000)((toString(evidence_id), record)) AS places,
    min(time) AS first_seen,
    max(time) AS last_seen
FROM access
-- PROCESS_VM_READ is bit 0x10: the last digit but one is odd.
WHERE match(target, '(?i)\\\\lsass\\.exe$') AND match(granted, '(?i)^0x[0-9a-f]*[13579bdf][0-9a-f]$') AND program != ''
GROUP BY host, program
ORDER BY host, program
LIMIT {max_rows:UInt32}
