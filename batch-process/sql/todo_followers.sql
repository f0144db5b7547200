-- $1 source, $2 day, $3 its first second, $4 the last day that can rest on it. Marks the days after it if the starts that met no end on
-- their day are others than when it was last made.
WITH open AS (
    SELECT coalesce(md5(string_agg(concat_ws(' ', trip_id, start_at, pickup, CASE WHEN end_at >= to_timestamp($3::bigint) THEN end_at END), ',' ORDER BY trip_id)), '') AS digest
    FROM pg_temp.day_pair
    WHERE start_at >= to_timestamp($3::bigint) AND ride_s IS NULL
), noted AS (
    INSERT INTO batch_open (source_id, day, digest)
    SELECT $1::integer, $2::date, digest FROM open
    WHERE digest <> '' OR EXISTS (SELECT FROM batch_open WHERE source_id = $1::integer AND day = $2::date)
    ON CONFLICT (source_id, day) DO UPDATE SET digest = excluded.digest WHERE batch_open.digest <> excluded.digest
    RETURNING day
)
INSERT INTO batch_todo (period, owner, start, why)
SELECT 'day', $1::integer, later::date, 'trips under way at the end of a day before it changed'
FROM noted
CROSS JOIN generate_series(noted.day + 1, $4::date, interval '1 day') later
ON CONFLICT (period, owner, start) DO NOTHING
