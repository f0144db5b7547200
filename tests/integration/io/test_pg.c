#include "tests/support/pg_test.h"

static struct pg_test db;

static int group_setup(void **state)
{
    (void)state;
    pg_test_open(&db, "io_pg", "");
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    pg_test_close(&db);
    return 0;
}

static int try_open(const char *url, struct tlc_err *err)
{
    struct tlc_pg *pg = NULL;
    int rc = tlc_pg_open(url, "test", 0, &pg, err);
    tlc_pg_close(&pg);
    return rc;
}

static void open__nobody_listens__retry(void **state)
{
    (void)state;
    struct tlc_err err;
    assert_int_equal(try_open("host=/nonexistent dbname=x", &err), TLC_RETRY);
    assert_null(strchr(err.text, '\n'));
    assert_int_equal(try_open("host=127.0.0.1 port=1 dbname=x", &err), TLC_RETRY);
}

static void open__no_such_database__fatal_with_the_remedy(void **state)
{
    (void)state;
    struct tlc_err err;
    char url[256];
    snprintf(url, sizeof(url), "%s dbname=absent", pg_test_cluster());
    assert_int_equal(try_open(url, &err), TLC_FATAL);
    assert_int_equal(err.exit_code, TLC_EXIT_CONFIG);
    assert_non_null(strstr(err.text, "3D000"));
    assert_non_null(strstr(err.text, "createdb"));
}

static void open__no_such_user__fatal(void **state)
{
    (void)state;
    struct tlc_err err;
    char url[256];
    snprintf(url, sizeof(url), "%s dbname=%s user=nobody_here", pg_test_cluster(), db.name);
    assert_int_equal(try_open(url, &err), TLC_FATAL);
    assert_non_null(strstr(err.text, "28000"));
}

static void open__not_a_connection_string__usage(void **state)
{
    (void)state;
    struct tlc_err err;
    assert_int_equal(try_open("colour=blue", &err), TLC_FATAL);
    assert_int_equal(err.exit_code, TLC_EXIT_USAGE);
}

static void open__scheme_of_another_tool__names_the_right_one(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "postgresql+psycopg2://taxi:secret@db/taxi", "postgresql+asyncpg://taxi:secret@db/taxi",
        "jdbc:postgresql://db/taxi?user=taxi&password=secret", "pgsql://taxi:secret@db/taxi",
        "mysql://taxi:secret@db/taxi"};
    for (size_t i = 0; i < TLC_COUNT(urls); i++) {
        struct tlc_err err;
        assert_int_equal(try_open(urls[i], &err), TLC_FATAL);
        assert_int_equal(err.exit_code, TLC_EXIT_USAGE);
        assert_non_null(strstr(err.text, "postgresql:// is meant"));
        assert_null(strstr(err.text, "secret"));
    }
    struct tlc_err err;
    assert_int_equal(try_open("postgres://127.0.0.1:1/taxi", &err), TLC_RETRY);
    assert_int_equal(try_open("host=127.0.0.1 port=1 application_name=a://b", &err), TLC_RETRY);
    assert_int_equal(try_open("postgresql://taxi:secret@db:x/taxi", &err), TLC_FATAL);
    assert_null(strstr(err.text, "secret"));
}

static void begin__unkind_defaults__what_ours_ask_for(void **state)
{
    (void)state;
    struct tlc_err err;
    struct tlc_pg *pg = NULL;
    assert_int_equal(tlc_pg_open(db.url, "test", 1234, &pg, &err), TLC_OK);
    pg_run(pg, "SET default_transaction_isolation = 'serializable'; SET search_path = '';"
               "SET statement_timeout = '1h'; SET row_security = on");
    tlc_pg_asks(pg, "SET LOCAL lock_timeout = '5s'");
    assert_int_equal(tlc_pg_begin(pg, &err), TLC_OK);
    assert_string_equal(
        pg_text(pg, "SELECT concat_ws(' ', current_setting('transaction_isolation'),"
                    " current_setting('search_path'), current_setting('statement_timeout'),"
                    " current_setting('row_security'), current_setting('lock_timeout'))"),
        "read committed \"$user\", public 1234ms off 5s");
    assert_int_equal(tlc_pg_commit(pg, &err), TLC_OK);
    assert_string_equal(pg_text(pg, "SHOW search_path"), "\"\""); /* it is as it was left */
    assert_string_equal(pg_text(pg, "SHOW lock_timeout"), "0");
    tlc_pg_close(&pg);
}

static void exec_alone__refused__the_next_goes_on(void **state)
{
    (void)state;
    struct tlc_err err;
    assert_int_equal(tlc_pg_exec_alone(db.pg, "SELECT 1/0", NULL, 0, &err), TLC_REFUSE);
    assert_string_equal(tlc_pg_sqlstate(db.pg), "22012");
    assert_int_equal(tlc_pg_exec_alone(db.pg, "SELECT 1", NULL, 0, &err), TLC_OK);
}

static void exec__by_sqlstate__classed(void **state)
{
    (void)state;
    static const struct {
        const char *state;
        enum tlc_class cls;
    } cases[] = {
        {"08006", TLC_RETRY},  {"53100", TLC_RETRY},  {"53300", TLC_RETRY},  {"57P01", TLC_RETRY},
        {"57P04", TLC_FATAL},  {"57014", TLC_RETRY},  {"58030", TLC_RETRY},  {"40001", TLC_RETRY},
        {"40P01", TLC_RETRY},  {"55P03", TLC_RETRY},  {"22003", TLC_REFUSE}, {"22021", TLC_REFUSE},
        {"23505", TLC_REFUSE}, {"23514", TLC_REFUSE}, {"25P03", TLC_RETRY},  {"25006", TLC_FATAL},
        {"28P01", TLC_FATAL},  {"3D000", TLC_FATAL},  {"42501", TLC_FATAL},  {"42P01", TLC_FATAL},
        {"42703", TLC_FATAL},  {"XX000", TLC_FATAL},  {"0A000", TLC_FATAL},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        char sql[128];
        struct tlc_err err;
        snprintf(sql, sizeof(sql), "DO $$ BEGIN RAISE SQLSTATE '%s'; END $$", cases[i].state);
        int rc = tlc_pg_exec(db.pg, sql, NULL, 0, &err);
        if (rc != (int)cases[i].cls) {
            fail_msg("%s: class %d: %s", cases[i].state, rc, err.text);
        }
        assert_string_equal(tlc_pg_sqlstate(db.pg), cases[i].state);
        assert_non_null(strstr(err.text, cases[i].state));
        assert_true(tlc_pg_usable(db.pg));
    }
}

static void exec__after_success__no_sqlstate(void **state)
{
    (void)state;
    struct tlc_err err;
    assert_int_equal(tlc_pg_exec(db.pg, "SELECT 1/0", NULL, 0, &err), TLC_REFUSE);
    assert_string_equal(tlc_pg_sqlstate(db.pg), "22012");
    pg_run(db.pg, "SELECT 1");
    assert_string_equal(tlc_pg_sqlstate(db.pg), "");
}

static void exec__session_ended__retry_and_unusable(void **state)
{
    (void)state;
    struct tlc_err err;
    struct tlc_pg *pg = NULL;
    assert_int_equal(tlc_pg_open(db.url, "test", 0, &pg, &err), TLC_OK);
    assert_true(tlc_pg_usable(pg));
    assert_int_equal(
        tlc_pg_exec(pg, "SELECT pg_terminate_backend(pg_backend_pid())", NULL, 0, &err), TLC_RETRY);
    assert_false(tlc_pg_usable(pg));
    assert_int_equal(tlc_pg_exec(pg, "SELECT 1", NULL, 0, &err), TLC_RETRY);
    tlc_pg_close(&pg);
    assert_false(tlc_pg_usable(pg));
}

static void exec__takes_too_long__retry(void **state)
{
    (void)state;
    struct tlc_err err;
    struct tlc_pg *pg = NULL;
    assert_int_equal(tlc_pg_open(db.url, "test", 20, &pg, &err), TLC_OK);
    assert_int_equal(tlc_pg_exec_alone(pg, "SELECT pg_sleep(60)", NULL, 0, &err), TLC_RETRY);
    assert_string_equal(tlc_pg_sqlstate(pg), "57014");
    assert_true(tlc_pg_usable(pg));
    tlc_pg_close(&pg);
}

static void query__fields__as_text_and_numbers(void **state)
{
    (void)state;
    struct tlc_err err;
    struct pg_result *r = NULL;
    const char *const params[] = {"9007199254740991", NULL, "x y"};
    assert_int_equal(tlc_pg_query(db.pg,
                                  "SELECT $1::bigint, $2::text, $3::text, ''"
                                  " UNION ALL SELECT -1, 'b', 'c', 'd'",
                                  params, 3, &r, &err),
                     TLC_OK);
    assert_int_equal(tlc_pg_rows(r), 2);
    assert_int_equal(tlc_pg_i64(r, 0, 0), 9007199254740991);
    assert_null(tlc_pg_text(r, 0, 1).p);
    assert_true(tlc_str_eq(tlc_pg_text(r, 0, 2), TLC_STR("x y")));
    assert_non_null(tlc_pg_text(r, 0, 3).p);
    assert_int_equal(tlc_pg_text(r, 0, 3).n, 0);
    assert_int_equal(tlc_pg_i64(r, 1, 0), -1);
    tlc_pg_result_free(&r);
    assert_null(r);
}

static void exec__changed__rows_of_the_last_statement(void **state)
{
    (void)state;
    pg_run(db.pg, "CREATE TABLE t (n integer); INSERT INTO t SELECT generate_series(1, 5)");
    struct tlc_err err;
    assert_int_equal(tlc_pg_exec(db.pg, "DELETE FROM t WHERE n > 2", NULL, 0, &err), TLC_OK);
    assert_int_equal(tlc_pg_changed(db.pg), 3);
    pg_run(db.pg, "DROP TABLE t");
    assert_int_equal(tlc_pg_changed(db.pg), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open__nobody_listens__retry),
        cmocka_unit_test(open__no_such_database__fatal_with_the_remedy),
        cmocka_unit_test(open__no_such_user__fatal),
        cmocka_unit_test(open__not_a_connection_string__usage),
        cmocka_unit_test(open__scheme_of_another_tool__names_the_right_one),
        cmocka_unit_test(begin__unkind_defaults__what_ours_ask_for),
        cmocka_unit_test(exec_alone__refused__the_next_goes_on),
        cmocka_unit_test(exec__by_sqlstate__classed),
        cmocka_unit_test(exec__after_success__no_sqlstate),
        cmocka_unit_test(exec__session_ended__retry_and_unusable),
        cmocka_unit_test(exec__takes_too_long__retry),
        cmocka_unit_test(query__fields__as_text_and_numbers),
        cmocka_unit_test(exec__changed__rows_of_the_last_statement),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
