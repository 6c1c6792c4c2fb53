-- Command interpreters that programs serving others started: a web or database server rarely needs one.
-- One row per machine, service and account. Parameters: see detector.ts.
-- Cost: three scans of the programs started, which are few beside flows.
WITH
started AS
(
    SELECT
        evidence_id,
        record,
        host,
        time,
        username,
        pid,
        parent_pid,
        command_line,
        detail != 'did not start' AS ran,
        lower(extract(executable, '([^\\\\/]+)$')) AS program,
        lower(extract(parent_executable, '([^\\\\/]+)$')) AS parent
    FROM process
),
-- Processes that are a service, or still were when they tried to become another program.
serving AS
(
    SELECT host AS on_host, pid AS of_pid, min(program) AS known, min(time) AS since
    FROM started
    WHERE pid IS NOT NULL AND match(program, {services:String})
    GROUP BY host, pid
),
shells AS
(
    SELECT
        evidence_id,
        record,
        host,
        time,
        username,
        pid,
        program,
        command_line,
        multiIf(
            match(parent, {services:String}), parent,
            itself.known != '' AND itself.since <= time, itself.known,
            above.known != '' AND above.since <= time, above.known,
            '') AS service
    FROM started
    LEFT JOIN serving AS itself ON itself.on_host = host AND itself.of_pid = pid
    LEFT JOIN serving AS above ON above.on_host = host AND above.of_pid = parent_pid
    WHERE ran AND match(program, {interpreters:String})
        AND (service != '' OR match(lower(username), {accounts:String}))
),
groups AS
(
    SELECT
        host,
        username,
        max(service) AS served,
        arraySort(groupUniqArray(program)) AS interpreters,
        count() AS starts,
        uniqExact(toDate(time)) AS days,
        arraySlice(arraySort(groupUniqArray(substringUTF8(command_line, 1, {max_length:UInt32}))), 1, {max_commands:UInt32}) AS commands,
        groupUniqArray(assumeNotNull(pid)) AS pids,
        groupArraySorted(1000)((toString(evidence_id), record)) AS places,
        min(time) AS first_seen,
        max(time) AS last_seen
    FROM shells
    GROUP BY host, username
)
SELECT
    host,
    username,
    served,
    interpreters,
    starts,
    days,
    commands,
    places,
    first_seen,
    last_seen,
    -- What the account ran after its first shell: all of it where only the service has the account, else what a shell started.
    arraySort(groupUniqArrayIf(
        started.program,
        match(started.program, {discovery:String})
            AND started.time >= first_seen AND started.time <= last_seen + toIntervalMinute({after_min:UInt32})
            AND (match(lower(username), {accounts:String}) OR has(pids, started.parent_pid)))) AS discovered
FROM groups
INNER JOIN started ON started.host = groups.host AND started.username = groups.username
GROUP BY host, username, served, interpreters, starts, days, commands, places, first_seen, last_seen
ORDER BY host, username
LIMIT {max_rows:UInt32}
