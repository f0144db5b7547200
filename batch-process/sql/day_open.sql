-- $1 source, $2 the day's first second: starts of the 24 hours before the day that met no end before it. When the run made the day
-- before just now, day_open_keep has left them there.
INSERT INTO batch_under_way
SELECT trip_id, at, zone_id
FROM trip_start s
WHERE trip_id >= $1::bigint * 1000000000 AND trip_id < ($1::bigint + 1) * 1000000000
  AND at >= to_timestamp($2::bigint - 86400) AND at < to_timestamp($2::bigint)
  AND NOT EXISTS (SELECT FROM trip_end e
                  WHERE e.trip_id = s.trip_id
                    AND e.trip_id >= $1::bigint * 1000000000 AND e.trip_id < ($1::bigint + 1) * 1000000000
                    AND e.at >= to_timestamp($2::bigint - 86400) AND e.at < to_timestamp($2::bigint) AND e.at >= s.at)
