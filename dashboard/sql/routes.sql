-- $1 datasets, $2 zone (0 = any), $3 day: its ten busiest routes, of those from or to the zone.
SELECT pickup_zone_id, dropoff_zone_id, sum(trips), sum(ride_s)
FROM route_day
WHERE source_id IN (SELECT source_id FROM day_total WHERE dataset = ANY ($1::smallint[]) AND zone_id = 0 AND day = $3::date)
  AND day = $3::date AND ($2::smallint = 0 OR $2::smallint IN (pickup_zone_id, dropoff_zone_id))
GROUP BY 1, 2
ORDER BY 3 DESC, 1, 2
LIMIT 10
