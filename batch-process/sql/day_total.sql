-- $1 source, $2 day; after day_stat and from the same day_pair. Gives back the rows that went in.
WITH counted AS MATERIALIZED (
    SELECT dropoff, least(ride_s / 60, 60) AS minute, count(*) AS n
    FROM pg_temp.day_pair WHERE ride_s IS NOT NULL
    GROUP BY 1, 2
)
INSERT INTO day_total (source_id, day, zone_id, starts, ends, matched, orphan_ends, expired_starts, passengers, distance_cmi,
                       fare_cents, tip_cents, total_cents, ride_s, ride_bins, ride_p50_s, ride_p90_s, ride_p99_s)
SELECT $1::integer, $2::date, zone_id, starts, ends, matched, orphan_ends, expired_starts, passengers, distance_cmi,
       fare_cents, tip_cents, total_cents, d.ride_s, coalesce(bins, array_fill(0, ARRAY[61])),
       quantiles[1], quantiles[2], quantiles[3]
FROM (SELECT coalesce(zone_id, 0) AS zone_id, sum(starts) AS starts, sum(ends) AS ends, sum(matched) AS matched,
             sum(orphan_ends) AS orphan_ends, sum(expired_starts) AS expired_starts, sum(passengers) AS passengers,
             sum(distance_cmi) AS distance_cmi, sum(fare_cents) AS fare_cents, sum(tip_cents) AS tip_cents,
             sum(total_cents) AS total_cents, sum(ride_s) AS ride_s
      FROM day_stat
      WHERE source_id = $1::integer AND day = $2::date
      GROUP BY GROUPING SETS ((zone_id), ())
      HAVING count(*) > 0) d
LEFT JOIN
     (SELECT zone_id, array_agg(n ORDER BY minute) AS bins
      FROM (SELECT zone_id, minute, sum(n)::integer AS n
            FROM (SELECT dropoff AS zone_id, minute, n FROM counted
                  UNION ALL
                  SELECT 0, minute, n FROM counted
                  UNION ALL
                  SELECT z, minute, 0
                  FROM (SELECT DISTINCT dropoff AS z FROM counted UNION ALL SELECT 0) zones
                  CROSS JOIN generate_series(0, 60) minute) filled
            GROUP BY 1, 2) summed
      GROUP BY zone_id) b USING (zone_id)
LEFT JOIN
     (SELECT coalesce(dropoff, 0) AS zone_id,
             percentile_disc(ARRAY[0.5, 0.9, 0.99]) WITHIN GROUP (ORDER BY ride_s) AS quantiles
      FROM pg_temp.day_pair WHERE ride_s IS NOT NULL
      GROUP BY GROUPING SETS ((dropoff), ())) q USING (zone_id)
RETURNING CASE zone_id WHEN 0 THEN starts + ends ELSE 0 END
