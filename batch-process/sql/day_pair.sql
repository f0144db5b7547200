-- Trips of the day: every end, with its start when both are one trip; and every start of this day and of the 24 hours before that
-- met no end up to the day's end. A pooled session may have one that an older version left there.
DROP TABLE IF EXISTS pg_temp.day_pair;
CREATE TEMPORARY TABLE pg_temp.day_pair (
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
) ON COMMIT DROP
