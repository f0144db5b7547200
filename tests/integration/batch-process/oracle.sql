-- What the tables should hold, computed another way: one row an effect of a trip, from all rows at once, no period known.
CREATE VIEW effect AS
WITH trip AS (
    SELECT trip_id, s.at AS s_at, e.at AS e_at, s.zone_id AS s_zone, e.zone_id AS e_zone, s.passenger_count,
           e.distance_mi, e.fare_cents, e.tip_cents, e.total_cents, extract(epoch FROM e.at) - extract(epoch FROM s.at) AS ride
    FROM trip_start s FULL JOIN trip_end e USING (trip_id)
), one AS (
    SELECT trip_id, s_at AS at, s_zone AS zone_id, 'starts' AS what, 1::bigint AS n, NULL::smallint AS other FROM trip WHERE s_at IS NOT NULL
    UNION ALL SELECT trip_id, s_at, s_zone, 'passengers', passenger_count, NULL FROM trip WHERE passenger_count > 0
    UNION ALL SELECT trip_id, e_at, e_zone, 'ends', 1, NULL FROM trip WHERE e_at IS NOT NULL
    UNION ALL SELECT trip_id, e_at, e_zone, 'ride', ride::bigint, s_zone FROM trip WHERE ride BETWEEN 0 AND 86400
    UNION ALL SELECT trip_id, e_at, e_zone, 'orphan_ends', 1, NULL FROM trip WHERE e_at IS NOT NULL AND (ride BETWEEN 0 AND 86400) IS NOT TRUE
    UNION ALL SELECT trip_id, CASE WHEN ride < 0 THEN s_at ELSE to_timestamp(extract(epoch FROM s_at) + 86400) END, s_zone,
                     'expired_starts', 1, NULL
              FROM trip WHERE s_at IS NOT NULL AND (ride BETWEEN 0 AND 86400) IS NOT TRUE
    UNION ALL SELECT trip_id, e_at, e_zone, 'distance_cmi', (distance_mi::text::numeric * 100)::bigint, NULL FROM trip WHERE distance_mi <> 0
    UNION ALL SELECT trip_id, e_at, e_zone, 'fare_cents', fare_cents, NULL FROM trip WHERE fare_cents IS NOT NULL
    UNION ALL SELECT trip_id, e_at, e_zone, 'tip_cents', tip_cents, NULL FROM trip WHERE tip_cents IS NOT NULL
    UNION ALL SELECT trip_id, e_at, e_zone, 'total_cents', total_cents, NULL FROM trip WHERE total_cents IS NOT NULL
)
SELECT (trip_id / 1000000000)::integer AS source_id, (trip_id / 1000000000000000)::smallint AS dataset,
       to_char(at AT TIME ZONE 'America/New_York', 'YYYY-MM-DD')::date AS day,
       to_char(at AT TIME ZONE 'America/New_York', 'HH24')::smallint AS hour, zone_id, other, what, n
FROM one;

-- The least ride time that at least that share of the rides do not pass.
CREATE FUNCTION least_covering(rides bigint[], share numeric) RETURNS integer LANGUAGE sql IMMUTABLE
    RETURN (SELECT r FROM unnest(rides) WITH ORDINALITY AS u (r, i) WHERE i >= share * cardinality(rides) ORDER BY i LIMIT 1);
CREATE FUNCTION minutes_of(rides bigint[], step integer, bins integer) RETURNS bigint[] LANGUAGE sql IMMUTABLE
    RETURN (SELECT array_agg(coalesce(n, 0) ORDER BY b)
            FROM generate_series(0, bins - 1) b
            LEFT JOIN (SELECT least(r / step, bins - 1) AS b, count(*) AS n FROM unnest(rides) r GROUP BY 1) c USING (b));

CREATE VIEW want_day_stat AS
SELECT source_id, day, hour, zone_id,
       coalesce(sum(n) FILTER (WHERE what = 'starts'), 0) AS starts, coalesce(sum(n) FILTER (WHERE what = 'ends'), 0) AS ends,
       count(*) FILTER (WHERE what = 'ride') AS matched, coalesce(sum(n) FILTER (WHERE what = 'orphan_ends'), 0) AS orphan_ends,
       coalesce(sum(n) FILTER (WHERE what = 'expired_starts'), 0) AS expired_starts,
       coalesce(sum(n) FILTER (WHERE what = 'passengers'), 0) AS passengers,
       coalesce(sum(n) FILTER (WHERE what = 'distance_cmi'), 0) AS distance_cmi,
       coalesce(sum(n) FILTER (WHERE what = 'fare_cents'), 0) AS fare_cents,
       coalesce(sum(n) FILTER (WHERE what = 'tip_cents'), 0) AS tip_cents,
       coalesce(sum(n) FILTER (WHERE what = 'total_cents'), 0) AS total_cents,
       coalesce(sum(n) FILTER (WHERE what = 'ride'), 0) AS ride_s,
       coalesce(array_agg(n ORDER BY n) FILTER (WHERE what = 'ride'), '{}') AS rides
FROM effect GROUP BY 1, 2, 3, 4;

CREATE VIEW want_total AS
SELECT source_id, dataset, day, z.zone_id, what, n
FROM effect CROSS JOIN LATERAL (VALUES (effect.zone_id), (0::smallint)) z (zone_id);

-- kind: source (a day of a source), week, month.
CREATE VIEW want_period AS
SELECT kind, owner, start, zone_id, count(DISTINCT day) FILTER (WHERE what IN ('starts', 'ends')) AS days,
       coalesce(sum(n) FILTER (WHERE what = 'starts'), 0) AS starts, coalesce(sum(n) FILTER (WHERE what = 'ends'), 0) AS ends,
       count(*) FILTER (WHERE what = 'ride') AS matched, coalesce(sum(n) FILTER (WHERE what = 'orphan_ends'), 0) AS orphan_ends,
       coalesce(sum(n) FILTER (WHERE what = 'expired_starts'), 0) AS expired_starts,
       coalesce(sum(n) FILTER (WHERE what = 'passengers'), 0) AS passengers,
       coalesce(sum(n) FILTER (WHERE what = 'distance_cmi'), 0) AS distance_cmi,
       coalesce(sum(n) FILTER (WHERE what = 'fare_cents'), 0) AS fare_cents,
       coalesce(sum(n) FILTER (WHERE what = 'tip_cents'), 0) AS tip_cents,
       coalesce(sum(n) FILTER (WHERE what = 'total_cents'), 0) AS total_cents,
       coalesce(sum(n) FILTER (WHERE what = 'ride'), 0) AS ride_s,
       coalesce(array_agg(n ORDER BY n) FILTER (WHERE what = 'ride'), '{}') AS rides
FROM want_total
CROSS JOIN LATERAL (VALUES ('day', source_id, day),
                           ('week', dataset::integer, day - (extract(isodow FROM day)::integer - 1)),
                           ('month', dataset::integer, make_date(extract(year FROM day)::integer, extract(month FROM day)::integer, 1))
                   ) p (kind, owner, start)
GROUP BY 1, 2, 3, 4;

CREATE VIEW want_route AS
SELECT source_id, day, other AS pickup, zone_id AS dropoff, count(*) AS trips, sum(n) AS ride_s,
       row_number() OVER (PARTITION BY source_id, day ORDER BY count(*) DESC, other, zone_id) AS place
FROM effect WHERE what = 'ride' GROUP BY 1, 2, 3, 4;

-- Every difference between what is and what should be; empty when all is well. routes: how many a day are kept.
CREATE FUNCTION differences(routes integer) RETURNS TABLE (what text, side text, owner integer, day date, line text)
LANGUAGE sql STABLE SET jit = off AS $$
WITH want AS (
    SELECT 'day_stat' AS what, source_id AS owner, day,
           concat_ws(' ', hour, zone_id, starts, ends, matched, orphan_ends, expired_starts, passengers, distance_cmi, fare_cents,
                     tip_cents, total_cents, ride_s, minutes_of(rides, 300, 13), least_covering(rides, 0.5),
                     least_covering(rides, 0.9)) AS line
    FROM want_day_stat
    UNION ALL
    SELECT kind, p.owner, start,
           concat_ws(' ', zone_id, CASE kind WHEN 'day' THEN 0 ELSE days END, starts, ends, matched, orphan_ends, expired_starts,
                     passengers, distance_cmi, fare_cents, tip_cents, total_cents, ride_s, minutes_of(rides, 60, 61),
                     CASE WHEN kind = 'day' OR zone_id = 0 THEN concat_ws(' ', least_covering(rides, 0.5),
                     least_covering(rides, 0.9), least_covering(rides, 0.99)) END)
    FROM want_period p
    UNION ALL
    SELECT 'route', source_id, day, concat_ws(' ', pickup, dropoff, trips, ride_s, round(ride_s / trips))
    FROM want_route WHERE place <= routes
), got AS (
    SELECT 'day_stat' AS what, source_id AS owner, day,
           concat_ws(' ', hour, zone_id, starts, ends, matched, orphan_ends, expired_starts, passengers, distance_cmi, fare_cents,
                     tip_cents, total_cents, ride_s, ride_bins_5m, ride_p50_s, ride_p90_s) AS line
    FROM day_stat
    UNION ALL
    SELECT 'day', source_id, day,
           concat_ws(' ', zone_id, 0, starts, ends, matched, orphan_ends, expired_starts, passengers, distance_cmi, fare_cents,
                     tip_cents, total_cents, ride_s, ride_bins, concat_ws(' ', ride_p50_s, ride_p90_s, ride_p99_s))
    FROM day_total
    UNION ALL
    SELECT 'week', dataset, week,
           concat_ws(' ', zone_id, days, starts, ends, matched, orphan_ends, expired_starts, passengers, distance_cmi, fare_cents,
                     tip_cents, total_cents, ride_s, ride_bins,
                     CASE zone_id WHEN 0 THEN concat_ws(' ', ride_p50_s, ride_p90_s, ride_p99_s) END)
    FROM week_stat
    UNION ALL
    SELECT 'month', dataset, month,
           concat_ws(' ', zone_id, days, starts, ends, matched, orphan_ends, expired_starts, passengers, distance_cmi, fare_cents,
                     tip_cents, total_cents, ride_s, ride_bins,
                     CASE zone_id WHEN 0 THEN concat_ws(' ', ride_p50_s, ride_p90_s, ride_p99_s) END)
    FROM month_stat
    UNION ALL
    SELECT 'route', source_id, day, concat_ws(' ', pickup_zone_id, dropoff_zone_id, trips, ride_s, mean_ride_s) FROM route_day
)
(SELECT what, 'should be', owner, day, line FROM (TABLE want EXCEPT ALL TABLE got) a)
UNION ALL
(SELECT what, 'is', owner, day, line FROM (TABLE got EXCEPT ALL TABLE want) b)
$$;

-- Whatever happened to a run: no day may be half made. Days whose parts do not belong together.
CREATE VIEW half_made AS
SELECT coalesce(t.source_id, s.source_id) AS source_id, coalesce(t.day, s.day) AS day
FROM (SELECT source_id, day, starts, ends, matched, expired_starts, ride_s FROM day_total WHERE zone_id = 0) t
FULL JOIN (SELECT source_id, day, sum(starts) AS starts, sum(ends) AS ends, sum(matched) AS matched,
                  sum(expired_starts) AS expired, sum(ride_s) AS ride_s FROM day_stat GROUP BY 1, 2) s USING (source_id, day)
FULL JOIN (SELECT source_id, day, sum(n) AS n FROM ride_day CROSS JOIN LATERAL unnest(trips) n GROUP BY 1, 2) r USING (source_id, day)
WHERE (t.starts, t.ends, t.matched, t.expired_starts, t.ride_s) IS DISTINCT FROM (s.starts, s.ends, s.matched, s.expired, s.ride_s)
   OR t.matched IS DISTINCT FROM coalesce(r.n, 0);
