-- each: week month
-- As series_day, by the period's first day. Quantiles of a zone are found from the bins always: the tables have them of all zones.
SELECT @each@, max(days), sum(starts), sum(ends), sum(matched), sum(orphan_ends), sum(expired_starts), sum(passengers),
       sum(distance_cmi), sum(fare_cents), sum(tip_cents), sum(total_cents), sum(ride_s),
       CASE WHEN count(*) FILTER (WHERE matched > 0) = 1 THEN min(ride_p50_s) END,
       CASE WHEN count(*) FILTER (WHERE matched > 0) = 1 THEN min(ride_p90_s) END,
       CASE WHEN count(ride_p50_s) <> 1 THEN json_agg(ride_bins) FILTER (WHERE matched > 0) END
FROM @each@_stat
WHERE dataset = ANY ($1::smallint[]) AND zone_id = $2::smallint
  AND @each@ >= coalesce($3::date, '-infinity') AND @each@ < coalesce($4::date, 'infinity')
GROUP BY @each@
HAVING sum(starts) + sum(ends) + sum(expired_starts) > 0
ORDER BY @each@
