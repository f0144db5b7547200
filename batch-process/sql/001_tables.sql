-- Days, weeks and months, made from the rows of trip_start and trip_end. Times are New York's: a day is 23 or 25 hours long twice
-- a year. zone_id 0 stands for all zones together. What the columns mean is the same as in the live windows (docs/windows.md):
-- starts, passengers and expired starts belong to the zone of the start, everything else to the zone of the end.

CREATE FUNCTION ny_midnight(day date) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN day::timestamp AT TIME ZONE 'America/New_York';
CREATE FUNCTION ny_day(at timestamptz) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (at AT TIME ZONE 'America/New_York')::date;

-- The finest: by source, day, hour on the clock (the doubled hour of November is one) and zone. What did not happen has no row.
CREATE TABLE day_stat (
    source_id      integer NOT NULL,         -- dataset * 1,000,000 + yyyymm of the file
    day            date NOT NULL,
    hour           smallint NOT NULL,
    zone_id        smallint NOT NULL,
    starts         integer NOT NULL,
    ends           integer NOT NULL,
    matched        integer NOT NULL,         -- trips that end here and have 0 <= duration <= 24 h
    orphan_ends    integer NOT NULL,         -- ends - matched
    expired_starts integer NOT NULL,         -- starts without such an end, booked at start + 24 h
    passengers     bigint NOT NULL,
    distance_cmi   bigint NOT NULL,          -- hundredths of a mile
    fare_cents     bigint NOT NULL,
    tip_cents      bigint NOT NULL,
    total_cents    bigint NOT NULL,
    ride_s         bigint NOT NULL,          -- of matched trips
    ride_bins_5m   integer[] NOT NULL,       -- thirteen: below 5, 10 ... 60 minutes, and 60 or over
    ride_p50_s     integer,                  -- the least ride time that at least half of them do not pass
    ride_p90_s     integer,
    PRIMARY KEY (source_id, day, hour, zone_id)
);

-- A whole day by source and zone, and all zones together (zone_id 0).
CREATE TABLE day_total (
    source_id      integer NOT NULL,
    day            date NOT NULL,
    zone_id        smallint NOT NULL,
    dataset        smallint NOT NULL GENERATED ALWAYS AS ((source_id / 1000000)::smallint) STORED,
    starts         integer NOT NULL,
    ends           integer NOT NULL,
    matched        integer NOT NULL,
    orphan_ends    integer NOT NULL,
    expired_starts integer NOT NULL,
    passengers     bigint NOT NULL,
    distance_cmi   bigint NOT NULL,
    fare_cents     bigint NOT NULL,
    tip_cents      bigint NOT NULL,
    total_cents    bigint NOT NULL,
    ride_s         bigint NOT NULL,
    ride_bins      integer[] NOT NULL,       -- sixty-one: by whole minute, and 60 or over
    ride_p50_s     integer,
    ride_p90_s     integer,
    ride_p99_s     integer,
    PRIMARY KEY (source_id, day, zone_id)
);
CREATE INDEX day_total_series ON day_total (dataset, zone_id, day);

-- The day's busiest routes.
CREATE TABLE route_day (
    source_id       integer NOT NULL,
    day             date NOT NULL,
    pickup_zone_id  smallint NOT NULL,
    dropoff_zone_id smallint NOT NULL,
    trips           integer NOT NULL,
    ride_s          bigint NOT NULL,
    mean_ride_s     integer NOT NULL GENERATED ALWAYS AS (((ride_s * 2 + trips) / (trips * 2))::integer) STORED,
    PRIMARY KEY (source_id, day, pickup_zone_id, dropoff_zone_id)
);

-- How often each ride time occurred, so that quantiles of weeks and months are as exact as those of days.
CREATE TABLE ride_day (
    source_id integer NOT NULL,
    day       date NOT NULL,
    ride_s    integer[] NOT NULL,            -- ascending
    trips     integer[] NOT NULL,            -- how many took so long
    PRIMARY KEY (source_id, day)
);

-- ISO weeks and calendar months, of all sources of a dataset together. Quantiles only for all zones together.
CREATE TABLE week_stat (
    dataset        smallint NOT NULL,
    week           date NOT NULL,            -- its Monday
    zone_id        smallint NOT NULL,
    iso_year       smallint NOT NULL GENERATED ALWAYS AS (extract(isoyear FROM week)::smallint) STORED,
    iso_week       smallint NOT NULL GENERATED ALWAYS AS (extract(week FROM week)::smallint) STORED,
    days           smallint NOT NULL,        -- days with a start or an end
    starts         bigint NOT NULL,
    ends           bigint NOT NULL,
    matched        bigint NOT NULL,
    orphan_ends    bigint NOT NULL,
    expired_starts bigint NOT NULL,
    passengers     bigint NOT NULL,
    distance_cmi   bigint NOT NULL,
    fare_cents     bigint NOT NULL,
    tip_cents      bigint NOT NULL,
    total_cents    bigint NOT NULL,
    ride_s         bigint NOT NULL,
    ride_bins      bigint[] NOT NULL,
    ride_p50_s     integer,
    ride_p90_s     integer,
    ride_p99_s     integer,
    PRIMARY KEY (dataset, zone_id, week)
);
CREATE TABLE month_stat (
    dataset        smallint NOT NULL,
    month          date NOT NULL,            -- its first day
    zone_id        smallint NOT NULL,
    days           smallint NOT NULL,
    starts         bigint NOT NULL,
    ends           bigint NOT NULL,
    matched        bigint NOT NULL,
    orphan_ends    bigint NOT NULL,
    expired_starts bigint NOT NULL,
    passengers     bigint NOT NULL,
    distance_cmi   bigint NOT NULL,
    fare_cents     bigint NOT NULL,
    tip_cents      bigint NOT NULL,
    total_cents    bigint NOT NULL,
    ride_s         bigint NOT NULL,
    ride_bins      bigint[] NOT NULL,
    ride_p50_s     integer,
    ride_p90_s     integer,
    ride_p99_s     integer,
    PRIMARY KEY (dataset, zone_id, month)
);

-- Periods to be made again besides the days of dirty_day: what was asked for, what rests on a day that changed. A period's row is
-- deleted by the transaction that makes the period, so no crash forgets one.
CREATE TABLE batch_todo (
    period   text NOT NULL CHECK (period IN ('day', 'week', 'month')),
    owner    integer NOT NULL,               -- the source of a day, the dataset of a week or month
    start    date NOT NULL,
    why      text NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (period, owner, start)
);

-- A digest of the starts that met no end on their day: all that later days can rest on. While it stays, they need not be made again.
CREATE TABLE batch_open (
    source_id integer NOT NULL,
    day       date NOT NULL,
    digest    text NOT NULL,
    PRIMARY KEY (source_id, day)
);

-- Which tables held a source's rows when its days were made: another one now means that it was dropped or loaded anew.
CREATE TABLE batch_leaf (
    source_id  integer PRIMARY KEY,
    identities text NOT NULL
);
CREATE VIEW batch_leaf_now AS
SELECT s.source_id,
       string_agg(c.oid || '/' || c.relfilenode, ' ' ORDER BY c.relname) AS identities
FROM (SELECT source_id, dataset FROM source) s
JOIN pg_class c ON c.relname IN ('trip_start_' || CASE s.dataset WHEN 9 THEN 'live' ELSE s.source_id::text END,
                                 'trip_end_' || CASE s.dataset WHEN 9 THEN 'live' ELSE s.source_id::text END)
JOIN pg_inherits i ON i.inhrelid = c.oid
WHERE i.inhparent IN ('trip_start'::regclass, 'trip_end'::regclass)
GROUP BY s.source_id;

-- The run log. ended_at and error both empty: it is running, or was killed and the next run will say so.
CREATE TABLE batch_run (
    run_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at   timestamptz,
    why        text NOT NULL,
    days       integer NOT NULL DEFAULT 0,
    weeks      integer NOT NULL DEFAULT 0,
    months     integer NOT NULL DEFAULT 0,
    rows_read  bigint NOT NULL DEFAULT 0,
    error      text
);

-- Days of a source's month on which nothing started and nothing ended; up to its last day with data unless it was sent whole.
-- A day that is yet to be made is none.
CREATE VIEW batch_gap AS
SELECT s.source_id, d.day
FROM (SELECT source_id, closed_at, to_date(month::text, 'YYYYMM') AS first
      FROM source WHERE month > 0) s
CROSS JOIN LATERAL (
    SELECT max(day) AS last FROM day_total t
    WHERE t.source_id = s.source_id AND t.zone_id = 0 AND t.starts + t.ends > 0) seen
CROSS JOIN LATERAL (
    SELECT g::date AS day
    FROM generate_series(s.first::timestamp, s.first + interval '1 month' - interval '1 day', interval '1 day') g) d
WHERE (s.closed_at IS NOT NULL OR d.day < seen.last)
  AND NOT EXISTS (SELECT FROM day_total t
                  WHERE t.source_id = s.source_id AND t.day = d.day AND t.zone_id = 0 AND t.starts + t.ends > 0)
  AND NOT EXISTS (SELECT FROM dirty_day m WHERE m.source_id = s.source_id AND m.day = d.day)
  AND NOT EXISTS (SELECT FROM batch_todo m WHERE m.period = 'day' AND m.owner = s.source_id AND m.start = d.day);

-- Where the stream's windows and the days differ. windows: an array of docs/windows.md's window objects (or of sums of them;
-- only source, start, starts and ends are used, and no window may span a New York midnight). A trip that was late for its
-- window is in the days only. No row: they are the same.
CREATE FUNCTION stream_batch_diff(windows jsonb)
RETURNS TABLE (source_id integer, day date, zone_id smallint, what text, stream bigint, batch bigint)
LANGUAGE sql STABLE AS $$
WITH w AS (
    SELECT source, ny_day(to_timestamp(start)) AS day, starts, ends
    FROM jsonb_to_recordset(windows) AS r (source integer, start bigint, starts jsonb, ends jsonb)
), one AS (
    SELECT w.source, w.day, (z.pair->>0)::smallint AS zone_id, k.what, (z.pair->>1)::bigint AS n
    FROM w
    CROSS JOIN LATERAL (VALUES ('starts', w.starts), ('ends', w.ends)) k (what, zones)
    CROSS JOIN LATERAL jsonb_array_elements(coalesce(k.zones, '[]')) z (pair)
), stream AS (
    SELECT source AS source_id, one.day, one.zone_id, one.what, sum(n)::bigint AS n
    FROM one GROUP BY 1, 2, 3, 4
), batch AS (
    SELECT t.source_id, t.day, t.zone_id, k.what, k.n
    FROM day_total t
    CROSS JOIN LATERAL (VALUES ('starts', t.starts::bigint), ('ends', t.ends::bigint)) k (what, n)
    WHERE t.zone_id > 0 AND k.n > 0
)
SELECT source_id, day, zone_id, what, coalesce(stream.n, 0), coalesce(batch.n, 0)
FROM stream FULL JOIN batch USING (source_id, day, zone_id, what)
WHERE stream.n IS DISTINCT FROM batch.n
ORDER BY 1, 2, 3, 4
$$;
