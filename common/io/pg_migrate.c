#include "common/io/pg_migrate.h"

#include <stdio.h>

#include "common/io/pg_check.h"

static const char sql_lock[] = "SELECT pg_try_advisory_xact_lock(7401, $1::integer)";
/* Not to_regclass: in a transaction it goes on saying what it said before a peer committed. */
static const char sql_exists[] =
    "SELECT EXISTS (SELECT FROM pg_class WHERE relname = $1 AND pg_table_is_visible(oid))";

#define SQL_MAX 256

int tlc_pg_schema_version(const struct tlc_pg_schema *schema)
{
    return schema->rows[schema->n - 1].version;
}

/* 0 for a database without these tables. */
static int version_get(struct tlc_pg *pg, const struct tlc_pg_schema *schema, int *ret_version,
                       struct tlc_err *err)
{
    struct pg_result *r = NULL;
    const char *const params[] = {schema->table};
    *ret_version = 0;
    int rc = tlc_pg_query(pg, sql_exists, params, 1, &r, err);
    if (rc != TLC_OK) {
        return rc;
    }
    bool exists = tlc_str_eq(tlc_pg_text(r, 0, 0), TLC_STR("t"));
    tlc_pg_result_free(&r);
    if (!exists) {
        return TLC_OK;
    }
    char sql[SQL_MAX];
    snprintf(sql, sizeof(sql), "SELECT coalesce(max(version), 0) FROM %s", schema->table);
    rc = tlc_pg_query(pg, sql, NULL, 0, &r, err);
    if (rc == TLC_OK) {
        *ret_version = (int)tlc_pg_i64(r, 0, 0);
        tlc_pg_result_free(&r);
    }
    return rc;
}

static int table_make(struct tlc_pg *pg, const struct tlc_pg_schema *schema, struct tlc_err *err)
{
    char sql[SQL_MAX];
    snprintf(sql, sizeof(sql),
             "CREATE TABLE IF NOT EXISTS %s (version integer PRIMARY KEY, name text NOT NULL,"
             " applied_at timestamptz NOT NULL DEFAULT now())",
             schema->table);
    return tlc_pg_exec(pg, sql, NULL, 0, err);
}

static int newer(const struct tlc_pg_schema *schema, int version, struct tlc_err *err)
{
    return tlc_err_fatal(err, TLC_EXIT_CONFIG,
                         "%s has version %d, this program knows up to %d: the tables were made by "
                         "a newer %s; start that one, or name another database",
                         schema->table, version, tlc_pg_schema_version(schema), schema->program);
}

static int migration_run(struct tlc_pg *pg, const struct tlc_pg_schema *schema,
                         const struct tlc_migration *m, struct tlc_err *err)
{
    char number[16], sql[SQL_MAX];
    snprintf(number, sizeof(number), "%d", m->version);
    snprintf(sql, sizeof(sql), "INSERT INTO %s (version, name) VALUES ($1, $2)", schema->table);
    const char *const params[] = {number, m->name};
    int rc = tlc_pg_exec(pg, m->sql, NULL, 0, err);
    if (rc == TLC_OK) {
        rc = tlc_pg_exec(pg, sql, params, 2, err);
    }
    return rc == TLC_OK ? rc : tlc_err_note(err, "schema %s", m->name);
}

/* Not waited for: who is asked to stop has to hear it, and a peer may be stopped while it has it.
 */
static int lock_take(struct tlc_pg *pg, const struct tlc_pg_schema *schema, struct tlc_err *err)
{
    char number[16];
    struct pg_result *r = NULL;
    snprintf(number, sizeof(number), "%d", schema->lock);
    const char *const params[] = {number};
    int rc = tlc_pg_query(pg, sql_lock, params, 1, &r, err);
    if (rc != TLC_OK) {
        return rc;
    }
    bool locked = tlc_str_eq(tlc_pg_text(r, 0, 0), TLC_STR("t"));
    tlc_pg_result_free(&r);
    return locked ? TLC_OK
                  : tlc_err_set(err, TLC_RETRY, "another %s makes the tables", schema->program);
}

/* The first file that is missing, in a transaction of its own. *ret_ran: false when none is. */
static int next_run(struct tlc_pg *pg, const struct tlc_pg_schema *schema, bool *ret_ran,
                    struct tlc_err *err)
{
    int version = 0;
    *ret_ran = false;
    int rc = version_get(pg, schema, &version, err);
    if (rc == TLC_OK && version < tlc_pg_schema_version(schema)) {
        rc = tlc_pg_server_check(pg, true, err);
        rc = rc == TLC_OK ? lock_take(pg, schema, err) : rc;
        rc = rc == TLC_OK ? version_get(pg, schema, &version, err) : rc;
    }
    if (rc == TLC_OK && version > tlc_pg_schema_version(schema)) {
        rc = newer(schema, version, err);
    }
    if (rc == TLC_OK && version == 0) {
        rc = table_make(pg, schema, err);
    }
    for (size_t i = 0; rc == TLC_OK && !*ret_ran && i < schema->n; i++) {
        if (schema->rows[i].version > version) {
            rc = migration_run(pg, schema, &schema->rows[i], err);
            *ret_ran = rc == TLC_OK;
        }
    }
    return rc;
}

int tlc_pg_migrate(struct tlc_pg *pg, const struct tlc_pg_schema *schema, int *ret_ran,
                   struct tlc_err *err)
{
    bool ran = true;
    *ret_ran = 0;
    while (ran) {
        int rc = tlc_pg_begin(pg, err);
        if (rc == TLC_OK) {
            rc = next_run(pg, schema, &ran, err);
        }
        if (rc == TLC_OK) {
            rc = tlc_pg_commit(pg, err);
        }
        if (rc != TLC_OK) {
            tlc_pg_rollback(pg);
            return rc;
        }
        *ret_ran += ran;
    }
    return TLC_OK;
}

int tlc_pg_schema_check(struct tlc_pg *pg, const struct tlc_pg_schema *schema, struct tlc_err *err)
{
    int version = 0;
    int rc = version_get(pg, schema, &version, err);
    if (rc != TLC_OK) {
        return rc;
    }
    if (version > tlc_pg_schema_version(schema)) {
        return newer(schema, version, err);
    }
    if (version < tlc_pg_schema_version(schema)) {
        return tlc_err_fatal(err, TLC_EXIT_CONFIG,
                             "%s has version %d, %d is needed: start with --migrate", schema->table,
                             version, tlc_pg_schema_version(schema));
    }
    return TLC_OK;
}
