-- What a session held before: behind a pooler the next transaction may be in another one.

-- A run lives as long as its row says so: whoever wants to begin another one looks at when it was last heard of, and whether the
-- server's process that it used then is still there.
ALTER TABLE batch_run ADD COLUMN alive_at timestamptz NOT NULL DEFAULT clock_timestamp(),
                      ADD COLUMN backend  integer;

-- Starts that met no end up to the beginning of the day that is made, or the end of the one that was made last. Only the run under
-- way knows which, and whether it holds at all.
CREATE TABLE batch_under_way (
    trip_id bigint NOT NULL,
    at      timestamptz NOT NULL,
    zone_id smallint NOT NULL
);
