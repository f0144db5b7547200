-- $1 source, $2 day: what an earlier run made.
WITH a AS (DELETE FROM day_stat WHERE source_id = $1::integer AND day = $2::date),
     b AS (DELETE FROM day_total WHERE source_id = $1::integer AND day = $2::date),
     c AS (DELETE FROM route_day WHERE source_id = $1::integer AND day = $2::date)
DELETE FROM ride_day WHERE source_id = $1::integer AND day = $2::date
