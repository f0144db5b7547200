#include "consumer-store/schema.h"

#include <stdio.h>

#include "common/event/event.h"
#include "common/event/zone.h"
#include "common/io/pg_migrate.h"

#include "schema_sql.inc"

static const struct tlc_pg_schema schema = {
    .program = "consumer-store",
    .table = "schema_version",
    .lock = 1,
    .rows = migrations,
    .n = TLC_COUNT(migrations),
};

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
    return tlc_pg_schema_version(&schema);
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
        rc = tlc_pg_migrate(pg, &schema, ret_ran, err);
    }
    return rc == TLC_OK ? zones_fill(pg, err) : rc;
}

int schema_check(struct tlc_pg *pg, struct tlc_err *err)
{
    int rc = server_check(pg, err);
    if (rc == TLC_OK) {
        rc = tlc_pg_schema_check(pg, &schema, err);
    }
    if (rc != TLC_OK) {
        return rc;
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
