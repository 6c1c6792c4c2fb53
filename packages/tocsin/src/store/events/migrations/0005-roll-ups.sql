CREATE TABLE IF NOT EXISTS recorded_period
(
    began DateTime64(6, 'UTC'),
    ended DateTime64(6, 'UTC'),
    outward_hosts UInt64
)
ENGINE = MergeTree
ORDER BY tuple();

CREATE TABLE IF NOT EXISTS destination
(
    dst_ip IPv6,
    sources UInt64,
    discovered DateTime64(6, 'UTC')
)
ENGINE = MergeTree
ORDER BY dst_ip;
