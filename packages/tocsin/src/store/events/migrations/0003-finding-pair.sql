CREATE TABLE IF NOT EXISTS finding_pair
(
    finding UInt32,
    src_ip IPv6,
    dst_ip IPv6,
    ports Array(UInt16),
    protocols Array(String),
    first DateTime64(6, 'UTC'),
    last DateTime64(6, 'UTC')
)
ENGINE = MergeTree
ORDER BY (src_ip, dst_ip);
