-- $1 first day or null, $2 the day after the last or null: all days of that range that a source can have figures of, and those
-- that have some. A file's rows lie within a day of its month, a live client's within two, and a start counts up to 24 h later;
-- of a source without a month the rows themselves say which days there are.
INSERT INTO batch_todo (period, owner, start, why)
SELECT 'day', source_id, day, 'asked for'
FROM (SELECT s.source_id, d::date AS day
      FROM source s
      CROSS JOIN LATERAL (
          SELECT to_date(s.month::text, 'YYYYMM') - 3 AS first,
                 (to_date(s.month::text, 'YYYYMM') + interval '1 month 3 days')::date AS last
          WHERE s.month > 0
          UNION ALL
          SELECT ny_day(min(at)), ny_day(max(at) + interval '24 hours')
          FROM (SELECT at FROM trip_start
                WHERE trip_id >= s.source_id::bigint * 1000000000 AND trip_id < (s.source_id::bigint + 1) * 1000000000
                UNION ALL
                SELECT at FROM trip_end
                WHERE trip_id >= s.source_id::bigint * 1000000000 AND trip_id < (s.source_id::bigint + 1) * 1000000000) a
          WHERE s.month = 0
          HAVING count(*) > 0) span
      CROSS JOIN LATERAL generate_series(greatest(span.first, $1::date)::timestamp,
                                         least(span.last, $2::date - 1)::timestamp, interval '1 day') d
      UNION
      SELECT source_id, day FROM day_total
      WHERE zone_id = 0 AND ($1::date IS NULL OR day >= $1::date) AND ($2::date IS NULL OR day < $2::date)) days
ON CONFLICT (period, owner, start) DO NOTHING
