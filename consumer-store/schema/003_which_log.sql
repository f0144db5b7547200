-- Which log a position is of, and what is no message in it. A position knows the log by the last message read of it: another log, made
-- under the same name, has another one there (docs/decisions/10-witness.md). first_offset + messages_read + gaps = next_offset.

ALTER TABLE store_offset
    ADD COLUMN first_offset   bigint NOT NULL DEFAULT 0,  -- where the log began when it was read first
    ADD COLUMN gaps           bigint NOT NULL DEFAULT 0,  -- marks of transactions, what was aborted or compacted
    ADD COLUMN witness_offset bigint NOT NULL DEFAULT -1, -- -1: none is known
    ADD COLUMN witness_ms     bigint NOT NULL DEFAULT -1, -- Kafka's timestamp of it
    ADD COLUMN witness_hash   bigint NOT NULL DEFAULT 0,  -- of key and value
    ADD COLUMN partitions     integer;                    -- of the topic, when this one was read first
