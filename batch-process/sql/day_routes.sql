-- $1 source, $2 day, $3 how many routes.
INSERT INTO route_day (source_id, day, pickup_zone_id, dropoff_zone_id, trips, ride_s)
SELECT $1::integer, $2::date, pickup, dropoff, count(*), sum(ride_s)
FROM pg_temp.day_pair
WHERE ride_s IS NOT NULL
GROUP BY pickup, dropoff
ORDER BY count(*) DESC, pickup, dropoff
LIMIT $3::integer
