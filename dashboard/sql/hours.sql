-- $1 datasets, $2 zone (0 = all), $3 day: its hours on the clock.
SELECT hour, sum(starts), sum(ends), sum(matched), sum(total_cents), sum(ride_s)
FROM day_stat
WHERE source_id IN (SELECT source_id FROM day_total WHERE dataset = ANY ($1::smallint[]) AND zone_id = 0 AND day = $3::date)
  AND day = $3::date AND ($2::smallint = 0 OR zone_id = $2::smallint)
GROUP BY hour
ORDER BY hour
