-- $1 dataset, $2 the week's first day, $3 the next week's. Quantiles come from the ride times of all its days.
WITH total AS MATERIALIZED (
    SELECT * FROM day_total
    WHERE dataset = $1::smallint AND day >= $2::date AND day < $3::date
), bins AS MATERIALIZED (
    SELECT zone_id, array_agg(n ORDER BY minute) AS ride_bins
    FROM (SELECT zone_id, minute, sum(n) AS n
          FROM total CROSS JOIN LATERAL unnest(ride_bins) WITH ORDINALITY AS b (n, minute)
          GROUP BY 1, 2) summed
    GROUP BY 1
), rides AS (
    SELECT r.ride_s, sum(sum(r.trips)) OVER (ORDER BY r.ride_s) AS upto, sum(sum(r.trips)) OVER () AS n
    FROM ride_day d
    CROSS JOIN LATERAL unnest(d.ride_s, d.trips) AS r (ride_s, trips)
    WHERE d.source_id / 1000000 = $1::smallint AND d.day >= $2::date AND d.day < $3::date
    GROUP BY r.ride_s
), quantiles AS MATERIALIZED (
    SELECT 0::smallint AS zone_id, min(ride_s) FILTER (WHERE upto >= 0.5 * n) AS p50,
           min(ride_s) FILTER (WHERE upto >= 0.9 * n) AS p90, min(ride_s) FILTER (WHERE upto >= 0.99 * n) AS p99
    FROM rides
)
INSERT INTO week_stat (dataset, week, zone_id, days, starts, ends, matched, orphan_ends, expired_starts, passengers,
                     distance_cmi, fare_cents, tip_cents, total_cents, ride_s, ride_bins, ride_p50_s, ride_p90_s, ride_p99_s)
SELECT $1::smallint, $2::date, zone_id, count(DISTINCT day) FILTER (WHERE starts + ends > 0), sum(starts), sum(ends),
       sum(matched), sum(orphan_ends), sum(expired_starts), sum(passengers), sum(distance_cmi), sum(fare_cents),
       sum(tip_cents), sum(total_cents), sum(ride_s), bins.ride_bins, p50, p90, p99
FROM total
JOIN bins USING (zone_id)
LEFT JOIN quantiles USING (zone_id)
GROUP BY zone_id, bins.ride_bins, p50, p90, p99
