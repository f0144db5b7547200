-- $1 datasets, $2 zone (0 = all), $3 first day or null, $4 the day after the last or null. Quantiles are exact where one source makes
-- up the day; of several there are the bins, to find them to the minute.
SELECT day, 1, sum(starts), sum(ends), sum(matched), sum(orphan_ends), sum(expired_starts), sum(passengers), sum(distance_cmi),
       sum(fare_cents), sum(tip_cents), sum(total_cents), sum(ride_s),
       CASE WHEN count(ride_p50_s) = 1 THEN min(ride_p50_s) END, CASE WHEN count(ride_p50_s) = 1 THEN min(ride_p90_s) END,
       CASE WHEN count(ride_p50_s) > 1 THEN json_agg(ride_bins) FILTER (WHERE ride_p50_s IS NOT NULL) END
FROM day_total
WHERE dataset = ANY ($1::smallint[]) AND zone_id = $2::smallint
  AND day >= coalesce($3::date, '-infinity') AND day < coalesce($4::date, 'infinity')
GROUP BY day
HAVING sum(starts) + sum(ends) + sum(expired_starts) > 0
ORDER BY day
