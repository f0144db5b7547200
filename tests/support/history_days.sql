-- Made-up days in batch-process' tables, as the History page reads them: MONTHS months of DATASET from 2019-01 on, every day and zone,
-- a source a month, with the days that a source has before and after its month. No trips behind them.
-- psql -v dataset=1 -v months=60 -f history_days.sql
\set ON_ERROR_STOP on
INSERT INTO source (source_id, dataset, month)
SELECT :dataset * 1000000 + to_char(m, 'YYYYMM')::integer, :dataset, to_char(m, 'YYYYMM')::integer
FROM generate_series(timestamp '2019-01-01', timestamp '2019-01-01' + (:months - 1) * interval '1 month', interval '1 month') m
ON CONFLICT DO NOTHING;

CREATE TEMP TABLE made AS
SELECT source_id, day::date, zone::smallint AS zone_id,
       CASE WHEN stray THEN (zone % 2) ELSE (40 + 400 * (zone % 7) / 7.0 * (1 + 0.3 * sin(extract(doy FROM day) / 58.0))
            * CASE WHEN extract(isodow FROM day) > 5 THEN 0.8 ELSE 1 END + (zone * 31 + extract(doy FROM day)::integer * 17) % 23)::integer END AS n
FROM source
CROSS JOIN LATERAL (SELECT to_date(month::text, 'YYYYMM')::timestamp AS first) f
CROSS JOIN LATERAL generate_series(first - interval '1 day', first + interval '1 month', interval '1 day') day
CROSS JOIN LATERAL (SELECT day < first OR day = first + interval '1 month' AS stray) s
CROSS JOIN generate_series(1, 263) zone
WHERE dataset = :dataset AND month > 0;

INSERT INTO day_total (source_id, day, zone_id, starts, ends, matched, orphan_ends, expired_starts, passengers, distance_cmi,
                       fare_cents, tip_cents, total_cents, ride_s, ride_bins, ride_p50_s, ride_p90_s, ride_p99_s)
SELECT source_id, day, zone_id, n, n, n, 0, 0, n * 3 / 2, n * 290, n * 1450, n * 260, n * 1990, n * 840,
       (SELECT array_agg((n / 61 + CASE WHEN b < n % 61 THEN 1 ELSE 0 END)::integer ORDER BY b) FROM generate_series(0, 60) b),
       600 + zone_id, 1500 + zone_id, 2900
FROM (SELECT source_id, day, zone_id, n FROM made WHERE n > 0
      UNION ALL SELECT source_id, day, 0::smallint, sum(n)::integer FROM made GROUP BY 1, 2 HAVING sum(n) > 0) all_zones;

INSERT INTO week_stat (dataset, week, zone_id, days, starts, ends, matched, orphan_ends, expired_starts, passengers, distance_cmi,
                       fare_cents, tip_cents, total_cents, ride_s, ride_bins, ride_p50_s, ride_p90_s, ride_p99_s)
SELECT dataset, date_trunc('week', day)::date, zone_id, count(DISTINCT day), sum(starts), sum(ends), sum(matched), 0, 0, sum(passengers),
       sum(distance_cmi), sum(fare_cents), sum(tip_cents), sum(total_cents), sum(ride_s), array_fill(1, ARRAY[61]),
       CASE zone_id WHEN 0 THEN 640 END, CASE zone_id WHEN 0 THEN 1540 END, CASE zone_id WHEN 0 THEN 2900 END
FROM day_total WHERE dataset = :dataset GROUP BY 1, 2, 3;
INSERT INTO month_stat (dataset, month, zone_id, days, starts, ends, matched, orphan_ends, expired_starts, passengers, distance_cmi,
                        fare_cents, tip_cents, total_cents, ride_s, ride_bins, ride_p50_s, ride_p90_s, ride_p99_s)
SELECT dataset, date_trunc('month', day)::date, zone_id, count(DISTINCT day), sum(starts), sum(ends), sum(matched), 0, 0, sum(passengers),
       sum(distance_cmi), sum(fare_cents), sum(tip_cents), sum(total_cents), sum(ride_s), array_fill(1, ARRAY[61]),
       CASE zone_id WHEN 0 THEN 640 END, CASE zone_id WHEN 0 THEN 1540 END, CASE zone_id WHEN 0 THEN 2900 END
FROM day_total WHERE dataset = :dataset GROUP BY 1, 2, 3;

-- Hours and routes of the first month only: a question is about one day.
INSERT INTO day_stat (source_id, day, hour, zone_id, starts, ends, matched, orphan_ends, expired_starts, passengers, distance_cmi,
                      fare_cents, tip_cents, total_cents, ride_s, ride_bins_5m)
SELECT source_id, day, hour, zone_id, n / 24, n / 24, n / 24, 0, 0, 0, 0, 0, 0, n * 80, n * 35, array_fill(0, ARRAY[13])
FROM made CROSS JOIN generate_series(0, 23) hour WHERE n > 24 AND source_id = :dataset * 1000000 + 201901;
INSERT INTO route_day (source_id, day, pickup_zone_id, dropoff_zone_id, trips, ride_s)
SELECT source_id, day, zone_id, 1 + zone_id % 263, n, n * 840
FROM made WHERE n > 0 AND zone_id <= 100 AND source_id = :dataset * 1000000 + 201901;
INSERT INTO batch_run (why, ended_at) VALUES ('made up', clock_timestamp());
DROP TABLE made;
ANALYZE day_total, week_stat, month_stat, day_stat, route_day;
