-- $1 source, $2 day, $3 its first second, $4 the next day's. The end of a start that met none up to the day's end is looked up.
-- Hours are those of the session's time zone, which session.sql sets: several times cheaper than AT TIME ZONE.
INSERT INTO day_stat (source_id, day, hour, zone_id, starts, ends, matched, orphan_ends, expired_starts, passengers,
                      distance_cmi, fare_cents, tip_cents, total_cents, ride_s, ride_bins_5m, ride_p50_s, ride_p90_s)
SELECT $1::integer, $2::date, hour, zone_id, coalesce(starts, 0), coalesce(ends, 0), coalesce(matched, 0),
       coalesce(ends - matched, 0), coalesce(expired, 0), coalesce(passengers, 0), coalesce(distance_cmi, 0),
       coalesce(fare_cents, 0), coalesce(tip_cents, 0), coalesce(total_cents, 0), coalesce(ride_s, 0),
       coalesce(bins, array_fill(0, ARRAY[13])), quantiles[1], quantiles[2]
FROM (SELECT date_part('hour', at)::smallint AS hour, zone_id, count(*) AS starts, sum(passenger_count) AS passengers
      FROM trip_start
      WHERE trip_id >= $1::bigint * 1000000000 AND trip_id < ($1::bigint + 1) * 1000000000
        AND at >= to_timestamp($3::bigint) AND at < to_timestamp($4::bigint)
      GROUP BY 1, 2) began
FULL JOIN
     (SELECT date_part('hour', end_at)::smallint AS hour, dropoff AS zone_id, count(*) AS ends, count(ride_s) AS matched,
             sum(distance_cmi) AS distance_cmi, sum(fare_cents) AS fare_cents, sum(tip_cents) AS tip_cents,
             sum(total_cents) AS total_cents, sum(ride_s) AS ride_s,
             ARRAY[count(*) FILTER (WHERE ride_s < 300),
                   count(*) FILTER (WHERE ride_s >= 300 AND ride_s < 600),
                   count(*) FILTER (WHERE ride_s >= 600 AND ride_s < 900),
                   count(*) FILTER (WHERE ride_s >= 900 AND ride_s < 1200),
                   count(*) FILTER (WHERE ride_s >= 1200 AND ride_s < 1500),
                   count(*) FILTER (WHERE ride_s >= 1500 AND ride_s < 1800),
                   count(*) FILTER (WHERE ride_s >= 1800 AND ride_s < 2100),
                   count(*) FILTER (WHERE ride_s >= 2100 AND ride_s < 2400),
                   count(*) FILTER (WHERE ride_s >= 2400 AND ride_s < 2700),
                   count(*) FILTER (WHERE ride_s >= 2700 AND ride_s < 3000),
                   count(*) FILTER (WHERE ride_s >= 3000 AND ride_s < 3300),
                   count(*) FILTER (WHERE ride_s >= 3300 AND ride_s < 3600),
                   count(*) FILTER (WHERE ride_s >= 3600)] AS bins,
             percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY ride_s) AS quantiles
      FROM pg_temp.day_pair
      WHERE end_at >= to_timestamp($3::bigint)
      GROUP BY 1, 2) ended USING (hour, zone_id)
FULL JOIN
     (SELECT date_part('hour', booked_at)::smallint AS hour, zone_id, count(*) AS expired
      FROM (SELECT p.pickup AS zone_id,
                   CASE WHEN e.at < p.start_at THEN p.start_at ELSE p.start_at + interval '24 hours' END AS booked_at
            FROM pg_temp.day_pair p
            LEFT JOIN trip_end e ON e.trip_id = p.trip_id
                                AND e.trip_id >= $1::bigint * 1000000000 AND e.trip_id < ($1::bigint + 1) * 1000000000
            WHERE p.start_at IS NOT NULL AND p.ride_s IS NULL
              AND (p.start_at <= e.at AND e.at <= p.start_at + interval '24 hours') IS NOT TRUE) lost
      WHERE booked_at >= to_timestamp($3::bigint) AND booked_at < to_timestamp($4::bigint)
      GROUP BY 1, 2) expired USING (hour, zone_id)
