#include "tests/support/pg_test.h"

#include <pthread.h>

#include "consumer-store/schema.h"

static struct pg_test db;

static int setup(void **state)
{
    (void)state;
    pg_test_open(&db, "schema", "");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pg_test_close(&db);
    return 0;
}

static int migrate(int *ret_ran)
{
    struct tlc_err err;
    int rc = schema_migrate(db.pg, ret_ran, &err);
    if (rc != TLC_OK) {
        print_message("%s\n", err.text);
    }
    return rc;
}

static void migrate__new_database__all_then_nothing(void **state)
{
    (void)state;
    struct tlc_err err;
    int ran = -1;
    assert_int_equal(schema_check(db.pg, &err), TLC_FATAL); /* no tables yet */
    assert_non_null(strstr(err.text, "--migrate"));
    assert_int_equal(migrate(&ran), TLC_OK);
    assert_int_equal(ran, schema_version());
    assert_int_equal(migrate(&ran), TLC_OK);
    assert_int_equal(ran, 0);
    assert_int_equal(schema_check(db.pg, &err), TLC_OK);
    assert_string_equal(pg_text(db.pg, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
                                       " AND pid = pg_backend_pid()"),
                        "0");
}

/* The zone table is what data/zones.csv says. */
static void migrate__zones__all_facts(void **state)
{
    (void)state;
    int ran = 0, zones = 0;
    char line[256];
    assert_int_equal(migrate(&ran), TLC_OK);
    FILE *file = fopen("data/zones.csv", "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    while (fgets(line, sizeof(line), file)) {
        char facts[256] = "", sql[256];
        const char *rest = line;
        for (int comma = 0; comma < 4; comma++) { /* id,borough,name,service_zone */
            rest = strchr(rest, ',');
            assert_non_null(rest);
            rest++;
        }
        memcpy(facts, line, (size_t)(rest - line) - 1);
        snprintf(sql, sizeof(sql),
                 "SELECT concat_ws(',', zone_id, borough, name, service_zone) FROM zone"
                 " WHERE zone_id = %ld",
                 strtol(line, NULL, 10));
        assert_string_equal(pg_text(db.pg, sql), facts);
        zones++;
    }
    fclose(file);
    assert_int_equal(zones, 265);
    assert_string_equal(pg_text(db.pg, "SELECT count(*) FROM zone"), "265");
}

struct runner {
    pthread_t thread;
    int rc, ran;
    struct tlc_err err;
};

static void *run_migration(void *ctx)
{
    struct runner *r = ctx;
    struct tlc_pg *pg = NULL;
    r->rc = tlc_pg_open(db.pool_url, "test", 0, &pg, &r->err);
    int ran = 0;
    while (r->rc == TLC_OK || r->rc == TLC_RETRY) { /* who does not get the lock asks again */
        r->rc = schema_migrate(pg, &ran, &r->err);
        r->ran += ran;
        if (r->rc == TLC_OK) {
            break;
        }
    }
    tlc_pg_close(&pg);
    return NULL;
}

static void migrate__four_at_once__each_file_once(void **state)
{
    (void)state;
    struct runner runners[4];
    memset(runners, 0, sizeof(runners));
    for (size_t i = 0; i < TLC_COUNT(runners); i++) {
        assert_int_equal(pthread_create(&runners[i].thread, NULL, run_migration, &runners[i]), 0);
    }
    int ran = 0;
    for (size_t i = 0; i < TLC_COUNT(runners); i++) {
        pthread_join(runners[i].thread, NULL);
        if (runners[i].rc != TLC_OK) {
            fail_msg("%s", runners[i].err.text);
        }
        ran += runners[i].ran;
    }
    assert_int_equal(ran, schema_version());
}

static void *run_partitions(void *ctx)
{
    struct runner *r = ctx;
    struct tlc_pg *pg = NULL;
    r->rc = tlc_pg_open(db.pool_url, "test", 0, &pg, &r->err);
    if (r->rc == TLC_OK) {
        tlc_pg_asks(pg, "SET LOCAL lock_timeout TO '10s'");
    }
    for (int month = 202401; r->rc == TLC_OK && month <= 202406; month++) {
        char sql[96];
        snprintf(sql, sizeof(sql), "SELECT make_source_partition(%d)", 2000000 + month);
        r->rc = tlc_pg_exec_alone(pg, sql, NULL, 0, &r->err);
    }
    tlc_pg_close(&pg);
    return NULL;
}

static void partitions__four_at_once_with_live_rows__made_once(void **state)
{
    (void)state;
    struct runner runners[4];
    int ran = 0;
    assert_int_equal(migrate(&ran), TLC_OK);
    pg_run(db.pg, "INSERT INTO trip_start (trip_id, at, zone_id, vendor_id)"
                  " VALUES (9000000000000001, now(), 1, 1)");
    memset(runners, 0, sizeof(runners));
    for (size_t i = 0; i < TLC_COUNT(runners); i++) {
        assert_int_equal(pthread_create(&runners[i].thread, NULL, run_partitions, &runners[i]), 0);
    }
    for (size_t i = 0; i < TLC_COUNT(runners); i++) {
        pthread_join(runners[i].thread, NULL);
        if (runners[i].rc != TLC_OK) {
            fail_msg("%s", runners[i].err.text);
        }
    }
    assert_string_equal(pg_text(db.pg, "SELECT count(*) FROM pg_inherits"
                                       " WHERE inhparent = 'trip_start'::regclass"),
                        "7"); /* six months and the default */
    pg_run(db.pg, "INSERT INTO trip_end (trip_id, at, zone_id, vendor_id)"
                  " VALUES (2202406000000001, now(), 1, 1), (2202401999999999, now(), 1, 1)");
    assert_string_equal(pg_text(db.pg, "SELECT string_agg(tableoid::regclass::text, ' ' ORDER BY 1)"
                                       " FROM trip_end"),
                        "trip_end_2202401 trip_end_2202406");
    /* a primary key each, so that a row cannot be there twice */
    assert_string_equal(pg_text(db.pg, "SELECT count(*) FROM pg_index WHERE indisprimary AND"
                                       " indrelid::regclass::text ~ '^trip_(start|end)_22024'"),
                        "12");
}

static void migrate__made_by_a_newer_program__left_alone(void **state)
{
    (void)state;
    int ran = 0;
    struct tlc_err err;
    assert_int_equal(migrate(&ran), TLC_OK);
    pg_run(db.pg, "INSERT INTO schema_version (version, name) VALUES (99, '099_future')");
    assert_int_equal(schema_migrate(db.pg, &ran, &err), TLC_FATAL);
    assert_int_equal(err.exit_code, TLC_EXIT_CONFIG);
    assert_non_null(strstr(err.text, "version 99"));
    assert_int_equal(schema_check(db.pg, &err), TLC_FATAL);
}

static void migrate__fails_half_way__nothing_of_that_file(void **state)
{
    (void)state;
    int ran = 0;
    struct tlc_err err;
    pg_run(db.pg, "CREATE TABLE dirty_day (n integer)"); /* the last table of the first file */
    assert_int_equal(schema_migrate(db.pg, &ran, &err), TLC_FATAL);
    assert_non_null(strstr(err.text, "001_tables"));
    assert_string_equal(pg_text(db.pg, "SELECT to_regclass('trip_start') IS NULL"), "t");
    pg_run(db.pg, "DROP TABLE dirty_day");
    assert_int_equal(migrate(&ran), TLC_OK);
    assert_int_equal(ran, schema_version());
}

static void check__read_only__says_so(void **state)
{
    (void)state;
    int ran = 0;
    struct tlc_err err;
    assert_int_equal(migrate(&ran), TLC_OK);
    pg_run(db.pg, "SET default_transaction_read_only = on");
    assert_int_equal(schema_check(db.pg, &err), TLC_FATAL);
    assert_int_equal(err.exit_code, TLC_EXIT_CONFIG);
    assert_non_null(strstr(err.text, "read-only"));
    assert_int_equal(schema_migrate(db.pg, &ran, &err), TLC_FATAL);
}

static void check__without_rights__names_what_is_missing(void **state)
{
    (void)state;
    int ran = 0;
    struct tlc_err err;
    char sql[512];
    assert_int_equal(migrate(&ran), TLC_OK);
    snprintf(sql, sizeof(sql),
             "CREATE ROLE %s_reader LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA"
             " public TO %s_reader; SET ROLE %s_reader",
             db.name, db.name, db.name);
    pg_run(db.pg, sql);
    assert_int_equal(schema_check(db.pg, &err), TLC_FATAL);
    assert_int_equal(err.exit_code, TLC_EXIT_CONFIG);
    assert_non_null(strstr(err.text, "lacks rights"));
    snprintf(sql, sizeof(sql), "RESET ROLE; DROP OWNED BY %s_reader; DROP ROLE %s_reader", db.name,
             db.name);
    pg_run(db.pg, sql);
    assert_int_equal(schema_check(db.pg, &err), TLC_OK);
}

static void migrate__wrong_encoding__says_how_to_make_it(void **state)
{
    (void)state;
    struct pg_test latin;
    struct tlc_err err;
    int ran = 0;
    pg_test_open(&latin, "schema_latin", "ENCODING 'LATIN1' TEMPLATE template0");
    assert_int_equal(schema_migrate(latin.pg, &ran, &err), TLC_FATAL);
    assert_int_equal(err.exit_code, TLC_EXIT_CONFIG);
    assert_non_null(strstr(err.text, "createdb -E UTF8"));
    assert_int_equal(ran, 0);
    pg_test_close(&latin);
}

#define WITH_DATABASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DATABASE(migrate__new_database__all_then_nothing),
        WITH_DATABASE(migrate__zones__all_facts),
        WITH_DATABASE(migrate__four_at_once__each_file_once),
        WITH_DATABASE(partitions__four_at_once_with_live_rows__made_once),
        WITH_DATABASE(migrate__made_by_a_newer_program__left_alone),
        WITH_DATABASE(migrate__fails_half_way__nothing_of_that_file),
        WITH_DATABASE(check__read_only__says_so),
        WITH_DATABASE(check__without_rights__names_what_is_missing),
        cmocka_unit_test(migrate__wrong_encoding__says_how_to_make_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
