-- Once a connection. The parents of the partitions have no statistics, so the planner would take loops for the joins of two days.
SET lock_timeout = '10s';
SET idle_in_transaction_session_timeout = '30s';
SET client_connection_check_interval = '2s';
SET timezone = 'America/New_York';
SET datestyle = 'ISO, YMD';
SET jit = off;
SET work_mem = '64MB';
SET enable_mergejoin = off;
SET max_parallel_workers_per_gather = 0;
-- Starts that met no end up to the beginning of the day that is made.
CREATE TEMP TABLE IF NOT EXISTS day_open (
    trip_id bigint NOT NULL,
    at      timestamptz NOT NULL,
    zone_id smallint NOT NULL
);
-- Trips of the day: every end, with its start when both are one trip; and every start of this day and of the 24 hours before that
-- met no end up to the day's end.
CREATE TEMP TABLE IF NOT EXISTS day_pair (
    trip_id      bigint NOT NULL,
    start_at     timestamptz,
    end_at       timestamptz,
    pickup       smallint,
    dropoff      smallint,
    ride_s       integer,
    distance_cmi bigint,
    fare_cents   integer,
    tip_cents    integer,
    total_cents  integer
) ON COMMIT DELETE ROWS;
