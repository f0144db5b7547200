/* A database of its own for a test, in the cluster of pg.cmake. */
#ifndef TLC_TESTS_SUPPORT_PG_TEST_H
#define TLC_TESTS_SUPPORT_PG_TEST_H

#include "common/io/pg.h"
#include "tests/support/unit.h"

struct pg_test {
    char name[64];
    char url[256];
    char pool_url[256]; /* by the pooler, where the test is run behind one; else the same */
    struct tlc_pg *pg;  /* the test's own connection, without it */
};

/* Runs SQL, or fails the test with the server's words. */
static inline void pg_run(struct tlc_pg *pg, const char *sql)
{
    struct tlc_err err;
    if (tlc_pg_exec(pg, sql, NULL, 0, &err) != TLC_OK) {
        fail_msg("%s: %s", sql, err.text);
    }
}

/* The first field of the first row as text, "" when it is null or there is no row; valid until the
 * next call. */
static inline const char *pg_text(struct tlc_pg *pg, const char *sql)
{
    static char text[4096];
    struct tlc_err err;
    struct pg_result *r = NULL;
    if (tlc_pg_query(pg, sql, NULL, 0, &r, &err) != TLC_OK) {
        fail_msg("%s: %s", sql, err.text);
    }
    text[0] = '\0';
    if (tlc_pg_rows(r) > 0) {
        tlc_str_copy(text, sizeof(text), tlc_pg_text(r, 0, 0));
    }
    tlc_pg_result_free(&r);
    return text;
}

/* The cluster's connection string; ends the program as skipped where there is none. */
static inline const char *pg_test_cluster(void)
{
    const char *cluster = getenv("TLC_TEST_PG");
    if (!cluster) {
        fprintf(stderr, "SKIPPED: no PostgreSQL cluster (run it by ctest)\n");
        exit(77);
    }
    return cluster;
}

/* What a database, a role or another client of the same pooler may have set; nobody is to mind. */
static inline void pg_test_unkind(struct pg_test *t)
{
    static const char *const settings[] = {
        "default_transaction_isolation = 'serializable'",
        "statement_timeout = '250ms'",
        "lock_timeout = '1ms'",
        "idle_in_transaction_session_timeout = '250ms'",
        "timezone = 'Asia/Tokyo'",
        "datestyle = 'German'",
    };
    char sql[256];
    for (size_t i = 0; i < TLC_COUNT(settings); i++) {
        snprintf(sql, sizeof(sql), "ALTER DATABASE %s SET %s", t->name, settings[i]);
        pg_run(t->pg, sql);
    }
    if (strtol(pg_text(t->pg, "SHOW server_version_num"), NULL, 10) >= 170000) {
        snprintf(sql, sizeof(sql), "ALTER DATABASE %s SET transaction_timeout = '250ms'", t->name);
        pg_run(t->pg, sql);
    }
}

/* What tools leave in the sessions of a pool when they take it for a server (pg_dump and psql do so
 * with the first), and what older versions of ours left there. */
static inline void pg_test_poison(struct pg_test *t)
{
    struct tlc_pg *clients[3]; /* as many as the pool has sessions, at the same time */
    struct tlc_err err;
    for (size_t i = 0; i < TLC_COUNT(clients); i++) {
        assert_int_equal(tlc_pg_open(t->pool_url, "test", 0, &clients[i], &err), TLC_OK);
        tlc_pg_asks(clients[i], "SET LOCAL idle_in_transaction_session_timeout TO 0");
        assert_int_equal(tlc_pg_begin(clients[i], &err), TLC_OK);
    }
    for (size_t i = 0; i < TLC_COUNT(clients); i++) {
        pg_run(clients[i], "CREATE TEMPORARY TABLE stage_start (n integer);"
                           "CREATE TEMPORARY TABLE day_pair (n integer);"
                           "SELECT set_config('search_path', '', false);"
                           "SELECT set_config('row_security', 'on', false);"
                           "SELECT set_config('statement_timeout', '250ms', false)");
        assert_int_equal(tlc_pg_commit(clients[i], &err), TLC_OK);
    }
    for (size_t i = 0; i < TLC_COUNT(clients); i++) {
        tlc_pg_close(&clients[i]);
    }
}

static inline void pg_test_open(struct pg_test *t, const char *purpose, const char *how)
{
    char admin[256], sql[256];
    struct tlc_err err;
    struct tlc_pg *pg = NULL;
    snprintf(t->name, sizeof(t->name), "%s_%ld", purpose, (long)getpid());
    snprintf(admin, sizeof(admin), "%s dbname=postgres", pg_test_cluster());
    snprintf(t->url, sizeof(t->url), "%s dbname=%s", pg_test_cluster(), t->name);
    const char *pooler = getenv("TLC_TEST_POOLER");
    snprintf(t->pool_url, sizeof(t->pool_url), "%s dbname=%s", pooler ? pooler : pg_test_cluster(),
             t->name);
    if (tlc_pg_open(admin, "test", 0, &pg, &err) != TLC_OK) {
        fprintf(stderr, "SKIPPED: %s\n", err.text);
        exit(77);
    }
    snprintf(sql, sizeof(sql), "CREATE DATABASE %s %s", t->name, how);
    pg_run(pg, sql);
    tlc_pg_close(&pg);
    assert_int_equal(tlc_pg_open(t->url, "test", 0, &t->pg, &err), TLC_OK);
    if (pooler) {
        pg_test_unkind(t);
        pg_test_poison(t);
    }
}

static inline void pg_test_close(struct pg_test *t)
{
    char admin[256], sql[256];
    struct tlc_err err;
    struct tlc_pg *pg = NULL;
    tlc_pg_close(&t->pg);
    snprintf(admin, sizeof(admin), "%s dbname=postgres", pg_test_cluster());
    assert_int_equal(tlc_pg_open(admin, "test", 0, &pg, &err), TLC_OK);
    snprintf(sql, sizeof(sql), "DROP DATABASE %s WITH (FORCE)", t->name);
    pg_run(pg, sql);
    tlc_pg_close(&pg);
}

#endif
