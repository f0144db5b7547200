-- $1 first day or null, $2 the day after the last or null: all days of that range that a source can have rows of, and those that
-- have figures. Without a range the rows themselves say which days there are.
INSERT INTO batch_todo (period, owner, start, why)
SELECT 'day', source_id, day, 'asked for'
FROM (SELECT s.source_id, d::date AS day
      FROM source s
      CROSS JOIN LATERAL (
          SELECT min(at) AS first, max(at) AS last
          FROM (SELECT min(at) AS at FROM trip_start
                WHERE trip_id >= s.source_id::bigint * 1000000000 AND trip_id < (s.source_id::bigint + 1) * 1000000000
                UNION ALL SELECT max(at) + interval '24 hours' FROM trip_start
                WHERE trip_id >= s.source_id::bigint * 1000000000 AND trip_id < (s.source_id::bigint + 1) * 1000000000
                UNION ALL SELECT min(at) FROM trip_end
                WHERE trip_id >= s.source_id::bigint * 1000000000 AND trip_id < (s.source_id::bigint + 1) * 1000000000
                UNION ALL SELECT max(at) FROM trip_end
                WHERE trip_id >= s.source_id::bigint * 1000000000 AND trip_id < (s.source_id::bigint + 1) * 1000000000) a) span
      CROSS JOIN LATERAL generate_series(ny_day(span.first)::timestamp, ny_day(span.last)::timestamp, interval '1 day') d
      WHERE s.month = 0
         OR ($1::date IS NULL OR to_date(s.month::text, 'YYYYMM') + interval '1 month 4 days' > $1::date)
        AND ($2::date IS NULL OR to_date(s.month::text, 'YYYYMM') - interval '4 days' < $2::date)
      UNION SELECT source_id, day FROM day_total WHERE zone_id = 0) days
WHERE ($1::date IS NULL OR day >= $1::date) AND ($2::date IS NULL OR day < $2::date)
ON CONFLICT (period, owner, start) DO NOTHING
