#include "tests/support/pg_test.h"

#include <libpq-fe.h>
#include <pthread.h>

#include "common/base/clock.h"
#include "consumer-store/pg_sink.h"
#include "consumer-store/report.h"
#include "consumer-store/schema.h"
#include "tests/integration/consumer-store/commit_proxy.h"

#define GREEN 2202401
#define DEADLINE_MS 30000
#define JANUARY_S INT64_C(1704085200) /* 2024-01-01T00:00:00-05:00 */

/* A database with our tables, one instance's sink, one batch. */
static struct pg_test db;
static struct pg_sink *sink;
static struct store_sink functions;
static struct report report;
static struct batch batch;

static void sink_use(const char *url)
{
    struct tlc_err err;
    pg_sink_close(&sink);
    assert_int_equal(pg_sink_open(url, "trips", &report.counters, &sink, &err), TLC_OK);
    functions = pg_sink_functions(sink);
}

static int setup(void **state)
{
    (void)state;
    struct tlc_err err;
    int ran = 0;
    pg_test_open(&db, "sink", "");
    assert_int_equal(schema_migrate(db.pg, &ran, &err), TLC_OK);
    pg_run(db.pg, "INSERT INTO store_offset (topic, partition, next_offset)"
                  " SELECT 'trips', p, 0 FROM generate_series(0, 3) p");
    report_init(&report);
    batch_init(&batch);
    sink_use(db.pool_url);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pg_sink_close(&sink);
    batch_release(&batch);
    report_release(&report);
    pg_test_close(&db);
    return 0;
}

static int64_t counter(enum store_counter id)
{
    return tlc_counter_get(&report.counters, id);
}

/* ---- batches ---- */

static void add_value(struct batch *b, int32_t partition, int64_t offset, struct tlc_str value)
{
    struct tlc_err err;
    struct tlc_kafka_message m = {
        .partition = partition, .offset = offset, .timestamp_ms = 1710000000000, .value = value};
    assert_int_equal(batch_add(b, &m, offset, &err), TLC_OK);
}

static void add_event(struct batch *b, int32_t partition, int64_t offset, const struct tlc_event *e)
{
    char text[TLC_JSON_MAX];
    add_value(b, partition, offset, (struct tlc_str){text, tlc_json_encode(e, text)});
}

static struct tlc_event event(int64_t row, enum tlc_event_status status)
{
    return (struct tlc_event){
        .trip_id = tlc_tripid_make(GREEN, row),
        .at_s = JANUARY_S + row * 60 + (status == TLC_END ? 600 : 0),
        .vendor_id = 2,
        .zone_id = (uint16_t)(1 + row % 265),
        .status = (uint8_t)status,
        .has = status == TLC_END ? TLC_HAS_FARE : 0,
        .fare_cents = status == TLC_END ? (int32_t)row : 0,
    };
}

/* n trips from row on: their starts, then their ends; offsets go on from `offset`. */
static void add_trips(struct batch *b, int32_t partition, int64_t offset, int64_t row, int64_t n)
{
    for (int64_t i = 0; i < 2 * n; i++) {
        struct tlc_event e = event(row + i % n, i < n ? TLC_START : TLC_END);
        add_event(b, partition, offset + i, &e);
    }
}

static int try_write(struct tlc_err *err)
{
    assert_int_equal(batch_encode(&batch, err), TLC_OK);
    return functions.write(functions.ctx, &batch, err);
}

static void write_done(void)
{
    struct tlc_err err;
    if (try_write(&err) != TLC_OK) {
        fail_msg("%s", err.text);
    }
}

#define expect(wanted, sql) assert_string_equal(pg_text(db.pg, sql), wanted)
#define LEDGER                                                                                     \
    "SELECT concat_ws(' ', sum(messages_read), sum(stored), sum(duplicate), sum(refused),"         \
    " sum(marks)) FROM store_offset"
#define ROWS "SELECT (SELECT count(*) FROM trip_start) || ' ' || (SELECT count(*) FROM trip_end)"
#define NEXT "SELECT string_agg(next_offset::text, ' ' ORDER BY partition) FROM store_offset"

/* ---- what arrives ---- */

static void write__every_field__reads_back(void **state)
{
    (void)state;
    struct tlc_event start = {
        .trip_id = 2202401000000001,
        .at_s = 1704085954,
        .vendor_id = 32767,
        .zone_id = 265,
        .status = TLC_START,
        .has = TLC_HAS_OF_START,
        .passengers = 255,
        .lon_e6 = -73985130,
        .lat_e6 = 40758896,
    };
    struct tlc_event end = {
        .trip_id = 2202401000000001,
        .at_s = 1704089554,
        .zone_id = 1,
        .status = TLC_END,
        .has = TLC_HAS_OF_END,
        .distance_cmi = 1234,
        .payment = 6,
        .fare_cents = -999999999,
        .tip_cents = 5,
        .total_cents = 999999999,
        .lon_e6 = 1,
        .lat_e6 = -1,
    };
    struct tlc_event bare_start = event(2, TLC_START), bare_end = event(2, TLC_END);
    bare_end.has = 0;
    add_event(&batch, 0, 0, &start);
    add_event(&batch, 0, 1, &end);
    add_event(&batch, 0, 2, &bare_start);
    add_event(&batch, 0, 3, &bare_end);
    write_done();
    pg_run(db.pg, "SET timezone = 'America/New_York'");
    expect("(2202401000000001,\"2024-01-01 00:12:34-05\",265,32767,255,-73.98513,40.758896)",
           "SELECT trip_start::text FROM trip_start ORDER BY trip_id LIMIT 1");
    expect("(2202401000000001,\"2024-01-01 01:12:34-05\",1,0,12.34,6,-999999999,5,999999999,"
           "1e-06,-1e-06)",
           "SELECT trip_end::text FROM trip_end ORDER BY trip_id LIMIT 1");
    expect("(2202401000000002,\"2024-01-01 00:02:00-05\",3,2,,,)",
           "SELECT trip_start::text FROM trip_start ORDER BY trip_id DESC LIMIT 1");
    expect("(2202401000000002,\"2024-01-01 00:12:00-05\",3,2,,,,,,,)",
           "SELECT trip_end::text FROM trip_end ORDER BY trip_id DESC LIMIT 1");
    expect("01:00:00 -9999999.99 Newark Airport",
           "SELECT concat_ws(' ', duration, fare, dropoff_zone) FROM trip"
           " WHERE trip_id = 2202401000000001");
    assert_int_equal(counter(STORE_CAREFUL), 0);
}

static void write__two_sources_and_live__in_their_partitions(void **state)
{
    (void)state;
    struct tlc_event yellow = event(1, TLC_START), live = event(1, TLC_START);
    yellow.trip_id = 1202401000000001;
    live.trip_id = 9000000000000001;
    add_trips(&batch, 0, 0, 1, 1);
    add_event(&batch, 0, 2, &yellow);
    add_event(&batch, 0, 3, &live);
    write_done();
    expect("trip_start_1202401 trip_start_2202401 trip_start_live",
           "SELECT string_agg(tableoid::regclass::text, ' ' ORDER BY 1) FROM trip_start");
    expect("1202401 2202401 9000000",
           "SELECT string_agg(source_id::text, ' ' ORDER BY source_id) FROM source");
    expect("2 202401", "SELECT dataset || ' ' || month FROM source WHERE source_id = 2202401");
}

static void write__counts_source_and_days__in_the_same_transaction(void **state)
{
    (void)state;
    add_trips(&batch, 0, 0, 1, 10);
    add_value(&batch, 0, 20, TLC_STR("not json"));
    add_value(&batch, 1, 0, TLC_STR("{\"Source\":2202401,\"Status\":\"closed\"}"));
    struct tlc_event late = event(1441, TLC_START); /* the second of January */
    add_event(&batch, 2, 0, &late);
    write_done();
    expect("23 21 0 1 1", LEDGER);
    expect("21 1 1 0", NEXT);
    expect("t", "SELECT closed_at IS NOT NULL FROM source");
    expect("2024-01-01 2024-01-02", "SELECT string_agg(day::text, ' ' ORDER BY day) FROM dirty_day"
                                    " WHERE source_id = 2202401");
    expect("trips 0 20 not_json not json 1710000000",
           "SELECT concat_ws(' ', topic, partition, \"offset\", rule, convert_from(payload,"
           " 'UTF8'), extract(epoch FROM logged_at)::bigint) FROM refused_event");
    assert_int_equal(batch.parts[0].outcome, BATCH_STORED);
    struct store_ledger ledger;
    struct tlc_err err;
    assert_int_equal(functions.ledger(functions.ctx, &ledger, &err), TLC_OK);
    assert_int_equal(ledger.read, 23);
    assert_int_equal(ledger.stored, 21);
    assert_int_equal(ledger.refused, 1);
    assert_int_equal(ledger.marks, 1);
}

static void write__refused_of_any_bytes__kept(void **state)
{
    (void)state;
    static char large[5000];
    memset(large, 'x', sizeof(large));
    add_value(&batch, 0, 0, (struct tlc_str){NULL, 0});
    add_value(&batch, 0, 1, (struct tlc_str){"\0\377\200", 3});
    add_value(&batch, 0, 2, (struct tlc_str){large, sizeof(large)});
    for (int64_t i = 3; i < 5000; i++) { /* more than one statement takes */
        add_value(&batch, 0, i, TLC_STR("{"));
    }
    write_done();
    expect("5000", "SELECT count(*) FROM refused_event");
    expect("t", "SELECT payload IS NULL FROM refused_event WHERE \"offset\" = 0");
    expect("00ff80", "SELECT encode(payload, 'hex') FROM refused_event WHERE \"offset\" = 1");
    expect("1024", "SELECT octet_length(payload) FROM refused_event WHERE \"offset\" = 2");
    expect("5000 0 0 5000 0", LEDGER);
}

/* ---- duplicates ---- */

static void write__seen_before__counted_and_stored_once(void **state)
{
    (void)state;
    add_trips(&batch, 0, 0, 1, 100);
    write_done();
    batch_reset(&batch);
    add_trips(&batch, 0, 200, 51, 100); /* half of them again */
    add_trips(&batch, 1, 0, 101, 100);  /* the same through another partition of the log */
    write_done();
    expect("200 200", ROWS);
    expect("600 400 200 0 0", LEDGER);
    assert_int_equal(counter(STORE_CAREFUL), 1);
    batch_reset(&batch);
    add_trips(&batch, 0, 400, 1, 100); /* duplicates are expected now: no failed COPY first */
    write_done();
    assert_int_equal(counter(STORE_CAREFUL), 1);
    expect("800 400 400 0 0", LEDGER);
    batch_reset(&batch);
    add_trips(&batch, 0, 600, 1001, 10);
    write_done();
    batch_reset(&batch);
    add_trips(&batch, 0, 620, 2001, 10); /* new throughout: COPY again */
    write_done();
    expect("220 220", ROWS);
    expect("640 200 0 0", NEXT);
    expect("840 440 400 0 0", LEDGER);
}

static void write__twice_in_one_batch__stored_once(void **state)
{
    (void)state;
    add_trips(&batch, 0, 0, 1, 10);
    add_trips(&batch, 0, 20, 1, 10);
    write_done();
    expect("10 10", ROWS);
    expect("40 20 20 0 0", LEDGER);
}

static void write__days_of_duplicates_only__not_touched(void **state)
{
    (void)state;
    add_trips(&batch, 0, 0, 1, 10);
    write_done();
    pg_run(db.pg, "DELETE FROM dirty_day");
    batch_reset(&batch);
    add_trips(&batch, 0, 20, 1, 10);
    write_done();
    expect("0", "SELECT count(*) FROM dirty_day");
}

/* ---- rows that the database refuses ---- */

static void write__bad_rows__found_by_halving(void **state)
{
    (void)state;
    add_trips(&batch, 0, 0, 1, 10);
    write_done();
    pg_run(db.pg, "ALTER TABLE trip_end_2202401 ADD CHECK (fare_cents NOT IN (300, 301, 777))");
    batch_reset(&batch);
    add_trips(&batch, 0, 20, 101, 700);
    add_trips(&batch, 1, 0, 6, 5); /* duplicates beside them */
    add_value(&batch, 1, 10, TLC_STR("x"));
    write_done();
    expect("710 707", ROWS);
    expect("1431 1417 10 4 0", LEDGER);
    expect("0 919 bad_row, 0 920 bad_row, 0 1396 bad_row, 1 10 not_json",
           "SELECT string_agg(concat_ws(' ', partition, \"offset\", rule), ', '"
           " ORDER BY partition, \"offset\") FROM refused_event");
    expect("7.77", "SELECT convert_from(payload, 'UTF8')::json ->> 'FareAmount' FROM refused_event"
                   " WHERE \"offset\" = 1396");
    expect("0", "SELECT count(*) FROM trip_end WHERE fare_cents IN (300, 301, 777)");
}

/* ---- whose partition it is ---- */

static void write__position_moved_on__nothing_written(void **state)
{
    (void)state;
    pg_run(db.pg, "UPDATE store_offset SET next_offset = 7 WHERE partition = 0");
    add_trips(&batch, 0, 0, 1, 10);
    write_done();
    assert_int_equal(batch.parts[0].outcome, BATCH_FENCED);
    expect("7 0 0 0", NEXT);
    expect("0 0", ROWS);
    expect("0", "SELECT count(*) FROM dirty_day");
}

static void write__one_part_moved_on__the_others_written(void **state)
{
    (void)state;
    pg_run(db.pg, "UPDATE store_offset SET next_offset = 7 WHERE partition = 1");
    add_trips(&batch, 0, 0, 1, 10);
    add_trips(&batch, 1, 0, 11, 10);
    add_trips(&batch, 2, 0, 21, 10);
    write_done();
    assert_int_equal(batch.parts[0].outcome, BATCH_STORED);
    assert_int_equal(batch.parts[1].outcome, BATCH_FENCED);
    assert_int_equal(batch.parts[2].outcome, BATCH_STORED);
    expect("20 7 20 0", NEXT);
    expect("20 20", ROWS);
    expect("0", "SELECT count(*) FROM trip WHERE trip_id % 1000000000 BETWEEN 11 AND 20");
}

static void position__made_once_then_kept(void **state)
{
    (void)state;
    struct tlc_err err;
    struct store_position at = {0};
    const struct store_beginning first = {42, 12}, later = {0, 12};
    assert_int_equal(functions.position(functions.ctx, 9, NULL, &at, &err), TLC_OK);
    assert_int_equal(at.next, -1);
    assert_int_equal(functions.position(functions.ctx, 9, &first, &at, &err), TLC_OK);
    assert_int_equal(at.next, 42);
    assert_int_equal(at.witness.offset, -1);
    assert_int_equal(functions.position(functions.ctx, 9, &later, &at, &err), TLC_OK);
    assert_int_equal(at.next, 42);
}

/* ---- faults ---- */

/* Ends the session when it meets the 300th of the starts. */
static const char sql_trap_copy[] =
    "CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " IF new.trip_id % 1000000000 = 300 THEN PERFORM pg_terminate_backend(pg_backend_pid());"
    " PERFORM pg_sleep(0); END IF; RETURN new; END $$;"
    "CREATE TRIGGER trap BEFORE INSERT ON trip_start_2202401 FOR EACH ROW"
    " EXECUTE FUNCTION trap()";

static void write__session_ended_in_mid_copy__same_batch_again(void **state)
{
    (void)state;
    struct tlc_err err;
    add_trips(&batch, 0, 0, 5001, 1);
    write_done();
    batch_reset(&batch);
    pg_run(db.pg, sql_trap_copy);
    add_trips(&batch, 0, 2, 1, 2000);
    assert_int_equal(try_write(&err), TLC_RETRY);
    assert_int_equal(try_write(&err), TLC_RETRY);
    expect("1 1", ROWS);
    expect("2 0 0 0", NEXT);
    pg_run(db.pg, "DROP TRIGGER trap ON trip_start_2202401");
    write_done();
    expect("2001 2001", ROWS);
    expect("4002 4002 0 0 0", LEDGER);
    assert_int_equal(counter(STORE_CONNECTS), 3);
}

static void write__session_ended_at_commit__written_once(void **state)
{
    (void)state;
    struct tlc_err err;
    pg_run(db.pg,
           "CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
           " PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(0); RETURN NULL;"
           " END $$;"
           "CREATE CONSTRAINT TRIGGER trap AFTER UPDATE ON store_offset DEFERRABLE"
           " INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION trap()");
    add_trips(&batch, 0, 0, 1, 50);
    assert_int_equal(try_write(&err), TLC_RETRY);
    assert_non_null(strstr(err.text, "while committing"));
    expect("0 0", ROWS);
    pg_run(db.pg, "DROP TRIGGER trap ON store_offset");
    write_done();
    assert_int_equal(batch.parts[0].outcome, BATCH_STORED);
    expect("50 50", ROWS);
    expect("100 100 0 0 0", LEDGER);
}

static void write__answer_to_commit_lost__not_written_again(void **state)
{
    (void)state;
    struct commit_proxy proxy;
    struct tlc_err err;
    char url[256], server[108];
    assert_int_equal(sscanf(db.url, "host=%107s", server), 1);
    commit_proxy_open(&proxy, server);
    snprintf(url, sizeof(url), "host=%s user=taxi dbname=%s", proxy.folder, db.name);
    sink_use(url);
    add_trips(&batch, 0, 0, 1, 50);
    add_trips(&batch, 1, 0, 51, 50);
    atomic_store(&proxy.swallow, 1);
    assert_int_equal(try_write(&err), TLC_RETRY);
    assert_non_null(strstr(err.text, "partitions of source"));
    atomic_store(&proxy.pass, 1); /* the same again */
    atomic_store(&proxy.swallow, 1);
    assert_int_equal(try_write(&err), TLC_RETRY);
    assert_non_null(strstr(err.text, "while committing"));
    expect("100 100", ROWS); /* it is durable, only we do not know */
    /* and another owner has gone on from one of the two positions since */
    pg_run(db.pg, "UPDATE store_offset SET next_offset = 150 WHERE partition = 1");
    write_done();
    assert_int_equal(batch.parts[0].outcome, BATCH_STORED);
    assert_int_equal(batch.parts[0].stored, 100);
    assert_int_equal(batch.parts[1].outcome, BATCH_FENCED);
    expect("100 100", ROWS);
    expect("200 200 0 0 0", LEDGER);
    expect("100 150 0 0", NEXT);
    pg_sink_close(&sink);
    commit_proxy_close(&proxy);
}

/* A peer was stopped in the middle of its COPY: its rows are locked, and no time-out of the server
 * ends it. */
static void write__stopped_peer_in_the_way__ended(void **state)
{
    (void)state;
    struct tlc_err err;
    struct tlc_pg *peer = NULL;
    add_trips(&batch, 0, 0, 5001, 1);
    write_done();
    batch_reset(&batch);
    add_trips(&batch, 0, 2, 1, 2000);
    assert_int_equal(tlc_pg_open(db.pool_url, "consumer-store", 0, &peer, &err), TLC_OK);
    tlc_pg_asks(peer, "SET LOCAL idle_in_transaction_session_timeout TO 0");
    assert_int_equal(tlc_pg_begin(peer, &err), TLC_OK);
    pg_run(peer, "COPY trip_start_2202401 (trip_id, at, zone_id, vendor_id, passenger_count,"
                 " longitude, latitude) FROM STDIN (FORMAT binary)");
    PGconn *conn = tlc_pg_raw(peer);
    assert_int_equal(batch_encode(&batch, &err), TLC_OK);
    const struct tlc_buf *copy = &batch.groups[0]->copy;
    assert_int_equal(PQputCopyData(conn, copy->p, (int)copy->n), 1); /* and never the end */
    assert_int_equal(PQflush(conn), 0);
    int64_t until_ms = tlc_now_ms() + DEADLINE_MS;
    while (strcmp(pg_text(db.pg, "SELECT tuples_processed FROM pg_stat_progress_copy"), "2000") !=
           0) {
        assert_true(tlc_now_ms() < until_ms); /* of them the first 1000 are in the table */
    }
    int rc = TLC_RETRY;
    for (int i = 0; i < 5 && rc == TLC_RETRY; i++) {
        rc = try_write(&err);
    }
    if (rc != TLC_OK) {
        fail_msg("%s", err.text);
    }
    expect("2001 2001", ROWS);
    expect("4002 4002 0 0 0", LEDGER);
    assert_int_equal(tlc_pg_exec(peer, "COMMIT", NULL, 0, &err), TLC_RETRY);
    tlc_pg_close(&peer);
}

static void write__month_dropped__made_again(void **state)
{
    (void)state;
    struct tlc_err err;
    add_trips(&batch, 0, 0, 1, 10);
    write_done();
    pg_run(db.pg, "DROP TABLE trip_start_2202401, trip_end_2202401");
    batch_reset(&batch);
    add_trips(&batch, 0, 20, 1, 10);
    assert_int_equal(try_write(&err), TLC_RETRY);
    write_done();
    expect("10 10", ROWS);
    expect("40 40 0 0 0", LEDGER);
}

static void write__table_gone__gives_up_with_the_remedy(void **state)
{
    (void)state;
    struct tlc_err err;
    pg_run(db.pg, "ALTER TABLE dirty_day RENAME TO lost");
    add_trips(&batch, 0, 0, 1, 10);
    assert_int_equal(try_write(&err), TLC_FATAL);
    assert_int_equal(err.exit_code, TLC_EXIT_CONFIG);
    assert_non_null(strstr(err.text, "--migrate"));
    expect("0 0", ROWS);
}

/* ---- several instances ---- */

struct instance {
    pthread_t thread;
    int32_t partition;
    int failed;
    char words[256];
};

/* Writes the same trips as the others, through a partition of its own, batch after batch. */
static void *instance_main(void *ctx)
{
    struct instance *in = ctx;
    struct tlc_err err;
    struct pg_sink *own = NULL;
    struct batch b;
    batch_init(&b);
    int rc = pg_sink_open(db.pool_url, "trips", &report.counters, &own, &err);
    struct store_sink f = pg_sink_functions(own);
    for (int64_t i = 0; rc == TLC_OK && i < 10; i++) {
        batch_reset(&b);
        add_trips(&b, in->partition, 200 * i, 1 + 100 * ((i * 7 + in->partition) % 10), 100);
        rc = batch_encode(&b, &err);
        do {
            rc = f.write(f.ctx, &b, &err);
        } while (rc == TLC_RETRY);
    }
    if (rc != TLC_OK) {
        in->failed = 1;
        snprintf(in->words, sizeof(in->words), "%.255s", err.text);
    }
    pg_sink_close(&own);
    batch_release(&b);
    return NULL;
}

static void write__four_instances_with_the_same_trips__each_once(void **state)
{
    (void)state;
    struct instance instances[4];
    memset(instances, 0, sizeof(instances));
    for (int32_t i = 0; i < 4; i++) {
        instances[i].partition = i;
        assert_int_equal(pthread_create(&instances[i].thread, NULL, instance_main, &instances[i]),
                         0);
    }
    for (int32_t i = 0; i < 4; i++) {
        pthread_join(instances[i].thread, NULL);
    }
    for (int32_t i = 0; i < 4; i++) {
        if (instances[i].failed) {
            fail_msg("%s", instances[i].words);
        }
    }
    expect("1000 1000", ROWS);
    expect("8000 2000 6000 0 0", LEDGER);
    expect("2000 2000 2000 2000", NEXT);
}

#define WITH_DATABASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DATABASE(write__every_field__reads_back),
        WITH_DATABASE(write__two_sources_and_live__in_their_partitions),
        WITH_DATABASE(write__counts_source_and_days__in_the_same_transaction),
        WITH_DATABASE(write__refused_of_any_bytes__kept),
        WITH_DATABASE(write__seen_before__counted_and_stored_once),
        WITH_DATABASE(write__twice_in_one_batch__stored_once),
        WITH_DATABASE(write__days_of_duplicates_only__not_touched),
        WITH_DATABASE(write__bad_rows__found_by_halving),
        WITH_DATABASE(write__position_moved_on__nothing_written),
        WITH_DATABASE(write__one_part_moved_on__the_others_written),
        WITH_DATABASE(position__made_once_then_kept),
        WITH_DATABASE(write__session_ended_in_mid_copy__same_batch_again),
        WITH_DATABASE(write__session_ended_at_commit__written_once),
        WITH_DATABASE(write__answer_to_commit_lost__not_written_again),
        WITH_DATABASE(write__stopped_peer_in_the_way__ended),
        WITH_DATABASE(write__month_dropped__made_again),
        WITH_DATABASE(write__table_gone__gives_up_with_the_remedy),
        WITH_DATABASE(write__four_instances_with_the_same_trips__each_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
