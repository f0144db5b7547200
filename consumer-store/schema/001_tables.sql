-- Trips, month by month; the position in the log; what was refused. See ARCHITECTURE in docs/.

CREATE TABLE zone (
    zone_id      smallint PRIMARY KEY,
    borough      text NOT NULL,
    name         text NOT NULL,
    service_zone text NOT NULL
);

-- One row a source: one file of one dataset and month, or a live feed.
CREATE TABLE source (
    source_id  integer PRIMARY KEY,          -- dataset * 1,000,000 + yyyymm
    dataset    smallint NOT NULL,            -- 1 yellow, 2 green, 3 fhv, 4 fhvhv, 5 other files, 9 live
    month      integer NOT NULL,             -- yyyymm, 0 if its file names none
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen  timestamptz NOT NULL DEFAULT now(),
    closed_at  timestamptz                   -- a close mark said that it has been sent whole
);

-- trip_id / 1,000,000,000 is the source. A source's rows are one partition of each table.
CREATE TABLE trip_start (
    trip_id         bigint PRIMARY KEY,
    at              timestamptz NOT NULL,
    zone_id         smallint NOT NULL,
    vendor_id       smallint NOT NULL,
    passenger_count smallint,
    longitude       double precision,
    latitude        double precision
) PARTITION BY RANGE (trip_id);

CREATE TABLE trip_end (
    trip_id      bigint PRIMARY KEY,
    at           timestamptz NOT NULL,
    zone_id      smallint NOT NULL,
    vendor_id    smallint NOT NULL,
    distance_mi  real,
    payment_type smallint,
    fare_cents   integer,
    tip_cents    integer,
    total_cents  integer,
    longitude    double precision,
    latitude     double precision
) PARTITION BY RANGE (trip_id);

-- Live ids (dataset 9) have no file and no month. The check spares a scan whenever a month's partition is attached.
CREATE TABLE trip_start_live PARTITION OF trip_start (CHECK (trip_id >= 9000000000000000)) DEFAULT;
CREATE TABLE trip_end_live PARTITION OF trip_end (CHECK (trip_id >= 9000000000000000)) DEFAULT;

-- Makes both partitions of a source unless they are there. Attaching, unlike CREATE ... PARTITION OF, lets others go on writing
-- to the parent; the lock lets several instances ask at the same time.
CREATE FUNCTION make_source_partition(wanted integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    leaf   text;
BEGIN
    PERFORM pg_advisory_xact_lock(7401, 2);
    FOREACH parent IN ARRAY ARRAY['trip_start', 'trip_end'] LOOP
        leaf := parent || '_' || wanted;
        CONTINUE WHEN EXISTS (SELECT FROM pg_inherits
                              WHERE inhparent = parent::regclass AND inhrelid = to_regclass(leaf));
        EXECUTE format('CREATE TABLE IF NOT EXISTS %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS'
                       ' INCLUDING INDEXES INCLUDING STORAGE)', leaf, parent);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', parent, leaf,
                       wanted * 1000000000::bigint, (wanted + 1) * 1000000000::bigint);
    END LOOP;
END $$;

-- The position of consumer-store in each partition of the log, and what became of the messages before it. Rows and position move
-- in one transaction, so messages_read = stored + duplicate + refused + marks holds at any moment.
CREATE TABLE store_offset (
    topic         text NOT NULL,
    partition     integer NOT NULL,
    next_offset   bigint NOT NULL,
    messages_read bigint NOT NULL DEFAULT 0,
    stored        bigint NOT NULL DEFAULT 0,
    duplicate     bigint NOT NULL DEFAULT 0,
    refused       bigint NOT NULL DEFAULT 0,
    marks         bigint NOT NULL DEFAULT 0,
    updated_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

-- Messages that are no event, and rows that the database would not take.
CREATE TABLE refused_event (
    topic      text NOT NULL,
    partition  integer NOT NULL,
    "offset"   bigint NOT NULL,
    rule       text NOT NULL,
    payload    bytea,                         -- its first KiB
    logged_at  timestamptz,                   -- when Kafka took it
    refused_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition, "offset")
);

-- New York days whose rows changed since batch-process last looked.
CREATE TABLE dirty_day (
    source_id  integer NOT NULL,
    day        date NOT NULL,
    touched_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source_id, day)
) WITH (fillfactor = 50);
