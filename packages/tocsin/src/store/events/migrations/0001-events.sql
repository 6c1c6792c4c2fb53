CREATE TABLE IF NOT EXISTS network
(
    evidence_id LowCardinality(String),
    record UInt64,
    event_id String ALIAS concat(evidence_id, ':', toString(record)),
    sensor LowCardinality(String),
    time DateTime64(6, 'UTC'),
    uid String,
    src_ip IPv6,
    src_port UInt16,
    dst_ip IPv6,
    dst_port UInt16,
    protocol LowCardinality(String),
    service LowCardinality(String),
    duration_s Nullable(Float64),
    bytes_out Nullable(UInt64),
    bytes_in Nullable(UInt64),
    packets_out Nullable(UInt64),
    packets_in Nullable(UInt64),
    wire_bytes_out Nullable(UInt64),
    wire_bytes_in Nullable(UInt64),
    state LowCardinality(String),
    history LowCardinality(String),
    is_repeat UInt8
)
ENGINE = MergeTree
ORDER BY time;

CREATE TABLE IF NOT EXISTS http
(
    evidence_id LowCardinality(String),
    record UInt64,
    event_id String ALIAS concat(evidence_id, ':', toString(record)),
    sensor LowCardinality(String),
    time DateTime64(6, 'UTC'),
    uid String,
    src_ip IPv6,
    src_port UInt16,
    dst_ip IPv6,
    dst_port UInt16,
    method LowCardinality(String),
    host String,
    uri String,
    referrer String,
    user_agent String,
    status Nullable(UInt16),
    request_bytes Nullable(UInt64),
    response_bytes Nullable(UInt64),
    username String,
    mime_type LowCardinality(String),
    request_headers String,
    file_names Array(String)
)
ENGINE = MergeTree
ORDER BY time;

CREATE TABLE IF NOT EXISTS dns
(
    evidence_id LowCardinality(String),
    record UInt64,
    event_id String ALIAS concat(evidence_id, ':', toString(record)),
    sensor LowCardinality(String),
    time DateTime64(6, 'UTC'),
    uid String,
    src_ip IPv6,
    src_port UInt16,
    dst_ip IPv6,
    dst_port UInt16,
    protocol LowCardinality(String),
    query String,
    query_type LowCardinality(String),
    response_code LowCardinality(String),
    answers Array(String)
)
ENGINE = MergeTree
ORDER BY time;

CREATE TABLE IF NOT EXISTS tls
(
    evidence_id LowCardinality(String),
    record UInt64,
    event_id String ALIAS concat(evidence_id, ':', toString(record)),
    sensor LowCardinality(String),
    time DateTime64(6, 'UTC'),
    uid String,
    src_ip IPv6,
    src_port UInt16,
    dst_ip IPv6,
    dst_port UInt16,
    version LowCardinality(String),
    cipher LowCardinality(String),
    server_name String,
    subject String,
    issuer String,
    ja3 String,
    ja3s String,
    validation LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY time;

CREATE TABLE IF NOT EXISTS authentication
(
    evidence_id LowCardinality(String),
    record UInt64,
    event_id String ALIAS concat(evidence_id, ':', toString(record)),
    sensor LowCardinality(String),
    time DateTime64(6, 'UTC'),
    uid String,
    src_ip IPv6,
    src_port UInt16,
    dst_ip IPv6,
    dst_port UInt16,
    service LowCardinality(String),
    username String,
    domain String,
    host String,
    outcome LowCardinality(String),
    method LowCardinality(String),
    detail String
)
ENGINE = MergeTree
ORDER BY time;

CREATE TABLE IF NOT EXISTS email
(
    evidence_id LowCardinality(String),
    record UInt64,
    event_id String ALIAS concat(evidence_id, ':', toString(record)),
    sensor LowCardinality(String),
    time DateTime64(6, 'UTC'),
    uid String,
    src_ip IPv6,
    src_port UInt16,
    dst_ip IPv6,
    dst_port UInt16,
    helo String,
    mail_from String,
    rcpt_to Array(String),
    subject String,
    message_id String,
    status String,
    bytes Nullable(UInt64)
)
ENGINE = MergeTree
ORDER BY time;

CREATE TABLE IF NOT EXISTS process
(
    evidence_id LowCardinality(String),
    record UInt64,
    event_id String ALIAS concat(evidence_id, ':', toString(record)),
    sensor LowCardinality(String),
    time DateTime64(6, 'UTC'),
    host String,
    username String,
    pid Nullable(UInt64),
    parent_pid Nullable(UInt64),
    executable String,
    command_line String,
    parent_executable String,
    hashes Array(String),
    detail String
)
ENGINE = MergeTree
ORDER BY time;

CREATE TABLE IF NOT EXISTS file
(
    evidence_id LowCardinality(String),
    record UInt64,
    event_id String ALIAS concat(evidence_id, ':', toString(record)),
    sensor LowCardinality(String),
    time DateTime64(6, 'UTC'),
    uid String,
    src_ip IPv6,
    src_port UInt16,
    dst_ip IPv6,
    dst_port UInt16,
    host String,
    action LowCardinality(String),
    name String,
    path String,
    mime_type LowCardinality(String),
    bytes Nullable(UInt64),
    sent_by_src Nullable(UInt8),
    hashes Array(String),
    source LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY time;

CREATE TABLE IF NOT EXISTS smb
(
    evidence_id LowCardinality(String),
    record UInt64,
    event_id String ALIAS concat(evidence_id, ':', toString(record)),
    sensor LowCardinality(String),
    time DateTime64(6, 'UTC'),
    uid String,
    src_ip IPv6,
    src_port UInt16,
    dst_ip IPv6,
    dst_port UInt16,
    endpoint LowCardinality(String),
    operation LowCardinality(String),
    named_pipe String,
    share String,
    share_type LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY time;

CREATE TABLE IF NOT EXISTS sensor_alert
(
    evidence_id LowCardinality(String),
    record UInt64,
    event_id String ALIAS concat(evidence_id, ':', toString(record)),
    sensor LowCardinality(String),
    time DateTime64(6, 'UTC'),
    uid String,
    src_ip IPv6,
    src_port UInt16,
    dst_ip IPv6,
    dst_port UInt16,
    protocol LowCardinality(String),
    signature LowCardinality(String),
    signature_id LowCardinality(String),
    category LowCardinality(String),
    severity Nullable(UInt8),
    message String,
    action LowCardinality(String),
    metadata Array(String)
)
ENGINE = MergeTree
ORDER BY time;

CREATE TABLE IF NOT EXISTS base_event
(
    evidence_id LowCardinality(String),
    record UInt64,
    event_id String ALIAS concat(evidence_id, ':', toString(record)),
    sensor LowCardinality(String),
    time DateTime64(6, 'UTC'),
    src_ip IPv6,
    src_port UInt16,
    dst_ip IPv6,
    dst_port UInt16,
    stream LowCardinality(String),
    host String,
    code LowCardinality(String),
    message String,
    raw String
)
ENGINE = MergeTree
ORDER BY time;
