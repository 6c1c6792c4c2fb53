CREATE TABLE IF NOT EXISTS watched_pair
(
    detector LowCardinality(String),
    role LowCardinality(String),
    src_ip IPv6,
    dst_ip IPv6
)
ENGINE = MergeTree
ORDER BY (detector, role);

CREATE TABLE IF NOT EXISTS watched_flow
(
    time DateTime64(6, 'UTC'),
    sensor LowCardinality(String),
    src_ip IPv6,
    src_port UInt16,
    dst_ip IPv6,
    dst_port UInt16,
    protocol LowCardinality(String),
    service LowCardinality(String),
    duration_s Nullable(Float64),
    bytes_out Nullable(UInt64),
    bytes_in Nullable(UInt64),
    packets_in Nullable(UInt64),
    state LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY tuple();

ALTER TABLE destination ADD COLUMN IF NOT EXISTS flows UInt64;

ALTER TABLE destination ADD COLUMN IF NOT EXISTS unanswered UInt64
