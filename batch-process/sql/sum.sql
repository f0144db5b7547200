-- each: week month
-- $1 dataset, $2 the period's first day, $3 the next one's. Quantiles come from the ride times of all its days.
WITH rides AS (
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
INSERT INTO @each@_stat (dataset, @each@, zone_id, days, starts, ends, matched, orphan_ends, expired_starts, passengers,
                     distance_cmi, fare_cents, tip_cents, total_cents, ride_s, ride_bins, ride_p50_s, ride_p90_s, ride_p99_s)
SELECT $1::smallint, $2::date, zone_id, count(DISTINCT day) FILTER (WHERE starts + ends > 0), sum(starts), sum(ends),
       sum(matched), sum(orphan_ends), sum(expired_starts), sum(passengers), sum(distance_cmi), sum(fare_cents),
       sum(tip_cents), sum(total_cents), sum(ride_s),
       ARRAY[sum(ride_bins[1]), sum(ride_bins[2]), sum(ride_bins[3]), sum(ride_bins[4]), sum(ride_bins[5]),
                 sum(ride_bins[6]), sum(ride_bins[7]), sum(ride_bins[8]), sum(ride_bins[9]), sum(ride_bins[10]),
                 sum(ride_bins[11]), sum(ride_bins[12]), sum(ride_bins[13]), sum(ride_bins[14]), sum(ride_bins[15]),
                 sum(ride_bins[16]), sum(ride_bins[17]), sum(ride_bins[18]), sum(ride_bins[19]), sum(ride_bins[20]),
                 sum(ride_bins[21]), sum(ride_bins[22]), sum(ride_bins[23]), sum(ride_bins[24]), sum(ride_bins[25]),
                 sum(ride_bins[26]), sum(ride_bins[27]), sum(ride_bins[28]), sum(ride_bins[29]), sum(ride_bins[30]),
                 sum(ride_bins[31]), sum(ride_bins[32]), sum(ride_bins[33]), sum(ride_bins[34]), sum(ride_bins[35]),
                 sum(ride_bins[36]), sum(ride_bins[37]), sum(ride_bins[38]), sum(ride_bins[39]), sum(ride_bins[40]),
                 sum(ride_bins[41]), sum(ride_bins[42]), sum(ride_bins[43]), sum(ride_bins[44]), sum(ride_bins[45]),
                 sum(ride_bins[46]), sum(ride_bins[47]), sum(ride_bins[48]), sum(ride_bins[49]), sum(ride_bins[50]),
                 sum(ride_bins[51]), sum(ride_bins[52]), sum(ride_bins[53]), sum(ride_bins[54]), sum(ride_bins[55]),
                 sum(ride_bins[56]), sum(ride_bins[57]), sum(ride_bins[58]), sum(ride_bins[59]), sum(ride_bins[60]),
                 sum(ride_bins[61])],
       min(p50), min(p90), min(p99)
FROM day_total
LEFT JOIN quantiles USING (zone_id)
WHERE dataset = $1::smallint AND day >= $2::date AND day < $3::date
GROUP BY zone_id
