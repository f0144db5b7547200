-- $1 source, $2 the day's first second. An end of this day that lies before its start moves where that start is booked: from start
-- + 24 h to the start. Such trips come from clients with a wrong clock only, but their days have to be found.
INSERT INTO batch_todo (period, owner, start, why)
SELECT DISTINCT 'day', $1::integer, ny_day(s.at + k.shift), 'a trip that ends before it starts'
FROM pg_temp.day_pair p
JOIN trip_start s ON s.trip_id = p.trip_id
                 AND s.trip_id >= $1::bigint * 1000000000 AND s.trip_id < ($1::bigint + 1) * 1000000000
CROSS JOIN (VALUES (interval '0'), (interval '24 hours')) k (shift)
WHERE p.end_at >= to_timestamp($2::bigint) AND p.ride_s IS NULL AND s.at > p.end_at
ON CONFLICT (period, owner, start) DO NOTHING
