/* A database of its own for a test, in the cluster of pg.cmake. */
#ifndef TLC_TESTS_SUPPORT_PG_TEST_H
#define TLC_TESTS_SUPPORT_PG_TEST_H

#include "common/io/pg.h"
#include "tests/support/unit.h"

struct pg_test {
    char name[64];
    char url[256];
    struct tlc_pg *pg; /* the test's own connection */
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

static inline void pg_test_open(struct pg_test *t, const char *purpose, const char *how)
{
    char admin[256], sql[256];
    struct tlc_err err;
    struct tlc_pg *pg = NULL;
    snprintf(t->name, sizeof(t->name), "%s_%ld", purpose, (long)getpid());
    snprintf(admin, sizeof(admin), "%s dbname=postgres", pg_test_cluster());
    snprintf(t->url, sizeof(t->url), "%s dbname=%s", pg_test_cluster(), t->name);
    if (tlc_pg_open(admin, "test", 0, &pg, &err) != TLC_OK) {
        fprintf(stderr, "SKIPPED: %s\n", err.text);
        exit(77);
    }
    snprintf(sql, sizeof(sql), "CREATE DATABASE %s %s", t->name, how);
    pg_run(pg, sql);
    tlc_pg_close(&pg);
    assert_int_equal(tlc_pg_open(t->url, "test", 0, &t->pg, &err), TLC_OK);
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
