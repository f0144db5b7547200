-- $1 source, $2 the day's first second, $3 the next day's (seconds since the epoch); after day_open. A start 24 hours before the day
-- cannot be part of it any more.
INSERT INTO pg_temp.day_pair
SELECT trip_id,
       s.at,
       e.at,
       s.zone_id,
       e.zone_id,
       CASE WHEN s.at <= e.at AND e.at <= s.at + interval '24 hours' THEN date_part('epoch', e.at - s.at)::integer END,
       round(e.distance_mi::double precision * 100)::bigint,
       e.fare_cents,
       e.tip_cents,
       e.total_cents
FROM (SELECT trip_id, at, zone_id
      FROM trip_start
      WHERE trip_id >= $1::bigint * 1000000000 AND trip_id < ($1::bigint + 1) * 1000000000
        AND at >= to_timestamp($2::bigint) AND at < to_timestamp($3::bigint)
      UNION ALL
      SELECT trip_id, at, zone_id FROM batch_under_way WHERE at >= to_timestamp($2::bigint - 86400)) s
FULL JOIN
     (SELECT trip_id, at, zone_id, distance_mi, fare_cents, tip_cents, total_cents
      FROM trip_end
      WHERE trip_id >= $1::bigint * 1000000000 AND trip_id < ($1::bigint + 1) * 1000000000
        AND at >= to_timestamp($2::bigint) AND at < to_timestamp($3::bigint)) e USING (trip_id)
