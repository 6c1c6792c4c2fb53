CREATE TABLE IF NOT EXISTS reject
(
    evidence_id LowCardinality(String),
    record UInt64,
    code LowCardinality(String),
    reason String
)
ENGINE = MergeTree
ORDER BY (evidence_id, record);

CREATE TABLE IF NOT EXISTS constituency_prefix
(
    prefix String,
    organisation String,
    sector String,
    contact String
)
ENGINE = MergeTree
ORDER BY prefix;

CREATE TABLE IF NOT EXISTS network_prefix
(
    origin LowCardinality(String),
    prefix String,
    country String,
    asn UInt32,
    as_name String
)
ENGINE = MergeTree
ORDER BY (origin, prefix);

CREATE TABLE IF NOT EXISTS conversation
(
    src_ip IPv6,
    dst_ip IPv6,
    dst_port UInt16,
    protocol LowCardinality(String),
    src_inside UInt8,
    dst_inside UInt8,
    flows UInt64,
    unanswered UInt64,
    bytes_out UInt64,
    bytes_in UInt64,
    uploaded UInt64,
    duration_s Float64,
    longest_s Float64,
    first_seen DateTime64(6, 'UTC'),
    last_seen DateTime64(6, 'UTC'),
    service LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY (src_ip, dst_ip, dst_port);


CREATE TABLE IF NOT EXISTS block_note
(
    block String,
    note String
)
ENGINE = MergeTree
ORDER BY block;

CREATE TABLE IF NOT EXISTS twin
(
    first_source String,
    second_source String,
    first_evidence String,
    first_record UInt64,
    second_evidence String,
    second_record UInt64,
    distance_s Float64,
    kept UInt8
)
ENGINE = MergeTree
ORDER BY (first_source, second_source);
