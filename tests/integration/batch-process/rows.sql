-- Functions that write rows as consumer-store does: rows, source, dirty_day in one transaction. Every kind of trip occurs: whole,
-- without end, without start, over 24 h, ended before it began, over midnights and over both changes of the clock.

-- A trip's columns from its id and a seed, so that a second load gives the same rows. kind: see trips_add.
CREATE FUNCTION toss(id bigint, seed integer, salt text, n integer) RETURNS integer LANGUAGE sql IMMUTABLE
    RETURN (('x' || substr(md5(id || '/' || seed || '/' || salt), 1, 7))::bit(28)::integer) % n;

-- Days enough to hold a change of the clock, a change of week and one of month.
CREATE VIEW sample_span AS
SELECT s.source_id, p.first, p.days * 86400 AS seconds
FROM source s
JOIN (VALUES (1202403, timestamptz '2024-03-08 00:00-05', 4), (1202404, timestamptz '2024-03-31 12:00-04', 4),
             (2202411, timestamptz '2024-10-31 20:00-04', 5), (9000000, timestamptz '2024-03-09 12:00-05', 2)) p (source_id, first, days)
USING (source_id);

CREATE FUNCTION trip_sample(source integer, from_row integer, to_row integer, seed integer)
RETURNS TABLE (trip_id bigint, start_at timestamptz, end_at timestamptz, pickup smallint, dropoff smallint, has_start boolean,
               has_end boolean)
LANGUAGE sql STABLE AS $$
SELECT id, began, began + ride * interval '1 second', (1 + toss(id, seed, 'p', 7))::smallint, (1 + toss(id, seed, 'd', 7))::smallint,
       kind <> 1, kind <> 2
FROM (SELECT source * 1000000000::bigint + row_number AS id FROM generate_series(from_row, to_row) row_number) ids
CROSS JOIN LATERAL (SELECT toss(id, seed, 'kind', 40) AS kind) k
JOIN sample_span ON source_id = source
CROSS JOIN LATERAL (
    SELECT first + toss(id, seed, 'at', seconds) * interval '1 second' AS began,
           CASE kind WHEN 3 THEN 86400 + toss(id, seed, 'r', 50000)
                     WHEN 4 THEN -1 - toss(id, seed, 'r', 90000)
                     WHEN 5 THEN 86400
                     WHEN 6 THEN 0
                     WHEN 7 THEN 30000 + toss(id, seed, 'r', 56000)
                     ELSE toss(id, seed, 'r', 4000) END AS ride) times
$$;

CREATE FUNCTION source_add(source integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF source / 1000000 <> 9 THEN
        PERFORM make_source_partition(source);
    END IF;
    INSERT INTO source (source_id, dataset, month) VALUES (source, source / 1000000, source % 1000000)
    ON CONFLICT (source_id) DO UPDATE SET last_seen = now();
END $$;

-- Rows that are there already are left as they are, and mark nothing, like a second copy of an event.
CREATE FUNCTION trips_add(source integer, from_row integer, to_row integer, seed integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM source_add(source);
    WITH began AS (
        INSERT INTO trip_start (trip_id, at, zone_id, vendor_id, passenger_count)
        SELECT trip_id, start_at, pickup, 1, nullif(toss(trip_id, seed, 'n', 6), 5)
        FROM trip_sample(source, from_row, to_row, seed) WHERE has_start
        ON CONFLICT DO NOTHING RETURNING at
    ), ended AS (
        INSERT INTO trip_end (trip_id, at, zone_id, vendor_id, distance_mi, payment_type, fare_cents, tip_cents, total_cents)
        SELECT trip_id, end_at, dropoff, 1, nullif(toss(trip_id, seed, 'mi', 3000), 7) / 100.0, 1,
               nullif(toss(trip_id, seed, 'f', 9000), 8) - 300, nullif(toss(trip_id, seed, 't', 900), 9), toss(trip_id, seed, 's', 9900)
        FROM trip_sample(source, from_row, to_row, seed) WHERE has_end
        ON CONFLICT DO NOTHING RETURNING at
    )
    INSERT INTO dirty_day (source_id, day, touched_at)
    SELECT source, (at AT TIME ZONE 'America/New_York')::date, clock_timestamp()
    FROM (SELECT at FROM began UNION ALL SELECT at FROM ended) new
    GROUP BY 2
    ON CONFLICT (source_id, day) DO UPDATE SET touched_at = excluded.touched_at;
END $$;

-- One event, as a late one comes.
CREATE FUNCTION start_add(id bigint, at timestamptz, zone integer) RETURNS void LANGUAGE sql AS $$
    SELECT source_add((id / 1000000000)::integer);
    INSERT INTO trip_start (trip_id, at, zone_id, vendor_id, passenger_count) VALUES (id, at, zone, 1, 1);
    INSERT INTO dirty_day VALUES (id / 1000000000, (at AT TIME ZONE 'America/New_York')::date, clock_timestamp())
    ON CONFLICT (source_id, day) DO UPDATE SET touched_at = excluded.touched_at;
$$;
CREATE FUNCTION end_add(id bigint, at timestamptz, zone integer) RETURNS void LANGUAGE sql AS $$
    SELECT source_add((id / 1000000000)::integer);
    INSERT INTO trip_end (trip_id, at, zone_id, vendor_id, distance_mi, fare_cents, tip_cents, total_cents)
    VALUES (id, at, zone, 1, 1.5, 1000, 100, 1200);
    INSERT INTO dirty_day VALUES (id / 1000000000, (at AT TIME ZONE 'America/New_York')::date, clock_timestamp())
    ON CONFLICT (source_id, day) DO UPDATE SET touched_at = excluded.touched_at;
$$;

-- A month as a whole, the way it is dropped: both of its tables.
CREATE FUNCTION month_drop(source integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP TABLE trip_start_%s, trip_end_%s', source, source);
END $$;
