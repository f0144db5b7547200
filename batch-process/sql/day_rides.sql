-- $1 source, $2 day.
INSERT INTO ride_day (source_id, day, ride_s, trips)
SELECT $1::integer, $2::date, array_agg(ride_s ORDER BY ride_s), array_agg(n ORDER BY ride_s)
FROM (SELECT ride_s, count(*)::integer AS n FROM pg_temp.day_pair WHERE ride_s IS NOT NULL GROUP BY 1) r
HAVING count(*) > 0
