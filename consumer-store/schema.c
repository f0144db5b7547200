#include "consumer-store/schema.h"

#include <stdio.h>

#include "common/event/event.h"
#include "common/event/zone.h"
#include "common/io/pg.h"

struct migration {
    int version;
    const char *name;
    const char *sql;
};

#include "schema_sql.inc"

/* The lock may be held by a peer that is stopped: then it is asked for again. */
static const char sql_lock_patience[] = "SET lock_timeout = '10s'";
static const char sql_lock[] = "SELECT pg_advisory_lock(7401, 1)";
static const char sql_unlock[] = "SELECT pg_advisory_unlock(7401, 1)";
static const char sql_exists[] = "SELECT to_regclass('schema_version') IS NOT NULL";
static const char sql_version[] = "SELECT coalesce(max(version), 0) FROM schema_version";
static const char sql_table[] =
    "CREATE TABLE IF NOT EXISTS schema_version (version integer PRIMARY KEY, name text NOT NULL,"
    " applied_at timestamptz NOT NULL DEFAULT now())";
static const char sql_note[] = "INSERT INTO schema_version (version, name) VALUES ($1, $2)";
static const char sql_zone[] =
    "INSERT INTO zone (zone_id, borough, name, service_zone) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (zone_id) DO UPDATE SET borough = excluded.borough, name = excluded.name,"
    " service_zone = excluded.service_zone"
    " WHERE (zone.borough, zone.name, zone.service_zone) IS DISTINCT FROM"
    " (excluded.borough, excluded.name, excluded.service_zone)";
static const char sql_server[] =
    "SELECT current_setting('server_encoding'), pg_is_in_recovery()::text,"
    " current_setting('default_transaction_read_only'), current_database(), current_user";
/* Rows: what is missing. Attaching a partition takes the owner of the table. */
static const char sql_rights[] =
    "SELECT t.name || ': ' || t.need FROM (VALUES"
    " ('source', 'INSERT'), ('source', 'UPDATE'), ('store_offset', 'INSERT'),"
    " ('store_offset', 'UPDATE'), ('refused_event', 'INSERT'), ('dirty_day', 'INSERT'),"
    " ('dirty_day', 'UPDATE'), ('trip_start', 'INSERT'), ('trip_end', 'INSERT')) t (name, need)"
    " WHERE to_regclass(t.name) IS NULL OR NOT has_table_privilege(to_regclass(t.name), t.need)"
    " UNION ALL SELECT c.relname || ': ownership' FROM pg_class c"
    " WHERE c.oid IN (to_regclass('trip_start'), to_regclass('trip_end'))"
    " AND NOT pg_has_role(c.relowner, 'USAGE')"
    " UNION ALL SELECT 'schema ' || current_schema() || ': CREATE'"
    " WHERE NOT has_schema_privilege(current_schema(), 'CREATE')";

int schema_version(void)
{
    return migrations[TLC_COUNT(migrations) - 1].version;
}

/* 0 for a database without our tables. */
static int version_get(struct tlc_pg *pg, int *ret_version, struct tlc_err *err)
{
    struct pg_result *r = NULL;
    int rc = tlc_pg_query(pg, sql_exists, NULL, 0, &r, err);
    if (rc != TLC_OK) {
        return rc;
    }
    bool exists = tlc_str_eq(tlc_pg_text(r, 0, 0), TLC_STR("t"));
    tlc_pg_result_free(&r);
    *ret_version = 0;
    if (!exists) {
        return TLC_OK;
    }
    rc = tlc_pg_query(pg, sql_version, NULL, 0, &r, err);
    if (rc == TLC_OK) {
        *ret_version = (int)tlc_pg_i64(r, 0, 0);
        tlc_pg_result_free(&r);
    }
    return rc;
}

static int newer(int version, struct tlc_err *err)
{
    return tlc_err_fatal(err, TLC_EXIT_CONFIG,
                         "the database has schema version %d, this program knows up to %d: it was "
                         "made by a newer consumer-store; start that one, or name another database",
                         version, schema_version());
}

static int migration_run(struct tlc_pg *pg, const struct migration *m, struct tlc_err *err)
{
    char number[16];
    snprintf(number, sizeof(number), "%d", m->version);
    const char *const params[] = {number, m->name};
    int rc = tlc_pg_exec(pg, "BEGIN", NULL, 0, err);
    if (rc == TLC_OK) {
        rc = tlc_pg_exec(pg, m->sql, NULL, 0, err);
    }
    if (rc == TLC_OK) {
        rc = tlc_pg_exec(pg, sql_note, params, 2, err);
    }
    if (rc == TLC_OK) {
        rc = tlc_pg_exec(pg, "COMMIT", NULL, 0, err);
    }
    if (rc != TLC_OK) {
        tlc_err_note(err, "schema %s", m->name);
        struct tlc_err ignored;
        if (tlc_pg_exec(pg, "ROLLBACK", NULL, 0, &ignored) != TLC_OK) {
            return rc; /* the connection is gone, and the transaction with it */
        }
    }
    return rc;
}

static int zones_fill(struct tlc_pg *pg, struct tlc_err *err)
{
    int rc = tlc_pg_exec(pg, "BEGIN", NULL, 0, err);
    for (int id = 1; rc == TLC_OK && id <= TLC_ZONE_MAX; id++) {
        const struct tlc_zone *z = tlc_zone_get(id);
        char number[16];
        snprintf(number, sizeof(number), "%d", id);
        const char *const params[] = {number, z->borough, z->name, z->service_zone};
        rc = tlc_pg_exec(pg, sql_zone, params, 4, err);
    }
    return rc == TLC_OK ? tlc_pg_exec(pg, "COMMIT", NULL, 0, err) : tlc_err_note(err, "zones");
}

static int migrate_locked(struct tlc_pg *pg, int *ret_ran, struct tlc_err *err)
{
    int version = 0;
    int rc = version_get(pg, &version, err);
    if (rc == TLC_OK && version > schema_version()) {
        rc = newer(version, err);
    }
    if (rc == TLC_OK && version == 0) {
        rc = tlc_pg_exec(pg, sql_table, NULL, 0, err);
    }
    for (size_t i = 0; rc == TLC_OK && i < TLC_COUNT(migrations); i++) {
        if (migrations[i].version > version) {
            rc = migration_run(pg, &migrations[i], err);
            *ret_ran += rc == TLC_OK;
        }
    }
    return rc == TLC_OK ? zones_fill(pg, err) : rc;
}

/* What would make a migration fail half-way or every batch later. */
static int server_check(struct tlc_pg *pg, struct tlc_err *err)
{
    struct pg_result *r = NULL;
    int rc = tlc_pg_query(pg, sql_server, NULL, 0, &r, err);
    if (rc != TLC_OK) {
        return rc;
    }
    struct tlc_str encoding = tlc_pg_text(r, 0, 0), database = tlc_pg_text(r, 0, 3);
    if (!tlc_str_eq(encoding, TLC_STR("UTF8"))) {
        rc = tlc_err_fatal(err, TLC_EXIT_CONFIG,
                           "database %.*s has encoding %.*s, UTF8 is needed: createdb -E UTF8 -T "
                           "template0 NAME",
                           TLC_STR_ARG(database), TLC_STR_ARG(encoding));
    } else if (tlc_str_starts(tlc_pg_text(r, 0, 1), TLC_STR("t")) ||
               tlc_str_eq(tlc_pg_text(r, 0, 2), TLC_STR("on"))) {
        rc = tlc_err_fatal(err, TLC_EXIT_CONFIG,
                           "database %.*s is read-only: name the primary in --database, or clear "
                           "default_transaction_read_only",
                           TLC_STR_ARG(database));
    }
    tlc_pg_result_free(&r);
    return rc;
}

int schema_migrate(struct tlc_pg *pg, int *ret_ran, struct tlc_err *err)
{
    *ret_ran = 0;
    int rc = server_check(pg, err);
    if (rc == TLC_OK) {
        rc = tlc_pg_exec(pg, sql_lock_patience, NULL, 0, err);
    }
    if (rc == TLC_OK) {
        rc = tlc_pg_exec(pg, sql_lock, NULL, 0, err);
    }
    if (rc != TLC_OK) {
        return rc;
    }
    rc = migrate_locked(pg, ret_ran, err);
    struct tlc_err ignored;
    if (rc == TLC_OK) {
        return tlc_pg_exec(pg, sql_unlock, NULL, 0, err);
    }
    if (tlc_pg_exec(pg, "ROLLBACK", NULL, 0, &ignored) != TLC_OK ||
        tlc_pg_exec(pg, sql_unlock, NULL, 0, &ignored) != TLC_OK) {
        return rc; /* the lock goes with the connection */
    }
    return rc;
}

int schema_check(struct tlc_pg *pg, struct tlc_err *err)
{
    int version = 0;
    int rc = server_check(pg, err);
    if (rc == TLC_OK) {
        rc = version_get(pg, &version, err);
    }
    if (rc != TLC_OK) {
        return rc;
    }
    if (version > schema_version()) {
        return newer(version, err);
    }
    if (version < schema_version()) {
        return tlc_err_fatal(
            err, TLC_EXIT_CONFIG,
            "the database has schema version %d, %d is needed: start with --migrate", version,
            schema_version());
    }
    struct pg_result *r = NULL;
    rc = tlc_pg_query(pg, sql_rights, NULL, 0, &r, err);
    if (rc != TLC_OK) {
        return rc;
    }
    if (tlc_pg_rows(r) > 0) {
        rc = tlc_err_fatal(err, TLC_EXIT_CONFIG,
                           "the database user lacks rights (%.*s and %d more): grant them, or "
                           "connect as the owner of the tables",
                           TLC_STR_ARG(tlc_pg_text(r, 0, 0)), tlc_pg_rows(r) - 1);
    }
    tlc_pg_result_free(&r);
    return rc;
}
