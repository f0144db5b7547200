#include "consumer-store/schema.h"

#include <stdio.h>

#include "common/base/log.h"
#include "common/event/event.h"
#include "common/event/zone.h"
#include "common/io/pg_check.h"
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
    " UNION ALL SELECT 'schema ' || coalesce(current_schema(), 'of the search_path') || ': CREATE'"
    " WHERE has_schema_privilege(current_schema(), 'CREATE') IS NOT TRUE";
static const char policy_tables[] = "{trip_start,trip_end,source,store_offset,refused_event,"
                                    "dirty_day,zone}";

/* The counts stay, under a name of their own: rows = stored holds over all of them. */
static const char sql_forget[] =
    "WITH name AS (SELECT $1 || to_char(clock_timestamp() AT TIME ZONE 'UTC',"
    " '\" before \"YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS name),"
    " refused AS (UPDATE refused_event SET topic = name FROM name WHERE topic = $1)"
    " UPDATE store_offset SET topic = name FROM name WHERE topic = $1";

int schema_version(void)
{
    return tlc_pg_schema_version(&schema);
}

static int zones_write(struct tlc_pg *pg, struct tlc_err *err)
{
    int rc = TLC_OK;
    for (int id = 1; rc == TLC_OK && id <= TLC_ZONE_MAX; id++) {
        const struct tlc_zone *z = tlc_zone_get(id);
        char number[16];
        snprintf(number, sizeof(number), "%d", id);
        const char *const params[] = {number, z->borough, z->name, z->service_zone};
        rc = tlc_pg_exec(pg, sql_zone, params, 4, err);
    }
    return rc == TLC_OK ? rc : tlc_err_note(err, "zones");
}

/* Tables in a schema where the role no longer looks are no fault: someone may want both. But
 * whoever changed a search_path would wonder where the rows are. */
static int fits(struct tlc_pg *pg, struct tlc_err *err)
{
    bool there = false;
    int rc = tlc_pg_server_check(pg, false, err);
    if (rc == TLC_OK && tlc_pg_table_find(pg, "trip_start", &there, err) == TLC_FATAL) {
        tlc_log(TLC_WARN, "tables_elsewhere", "note=\"new tables are made: %s\"", err->text);
    }
    return rc;
}

static int all_fits(struct tlc_pg *pg, struct tlc_err *err)
{
    bool there = false; /* what is not is for the version to say */
    int rc = tlc_pg_server_check(pg, false, err);
    rc = rc == TLC_OK ? tlc_pg_table_find(pg, "trip_start", &there, err) : rc;
    rc = rc == TLC_OK ? tlc_pg_schema_check(pg, &schema, err) : rc;
    rc = rc == TLC_OK ? tlc_pg_rights_check(pg, sql_rights, err) : rc;
    return rc == TLC_OK ? tlc_pg_policies_check(pg, policy_tables, err) : rc;
}

static int in_transaction(struct tlc_pg *pg, int (*fn)(struct tlc_pg *pg, struct tlc_err *err),
                          struct tlc_err *err)
{
    int rc = tlc_pg_begin(pg, err);
    if (rc != TLC_OK) {
        return rc;
    }
    rc = fn(pg, err);
    rc = rc == TLC_OK ? tlc_pg_commit(pg, err) : rc;
    if (rc != TLC_OK) {
        tlc_pg_rollback(pg);
    }
    return rc;
}

int schema_migrate(struct tlc_pg *pg, int *ret_ran, struct tlc_err *err)
{
    *ret_ran = 0;
    int rc = in_transaction(pg, fits, err);
    if (rc == TLC_OK) {
        rc = tlc_pg_migrate(pg, &schema, ret_ran, err);
    }
    return rc == TLC_OK ? in_transaction(pg, zones_write, err) : rc;
}

int schema_check(struct tlc_pg *pg, struct tlc_err *err)
{
    return in_transaction(pg, all_fits, err);
}

int schema_forget_positions(struct tlc_pg *pg, const char *topic, int64_t *ret_n,
                            struct tlc_err *err)
{
    const char *const params[] = {topic};
    int rc = tlc_pg_begin(pg, err);
    rc = rc == TLC_OK ? tlc_pg_exec(pg, sql_forget, params, 1, err) : rc;
    *ret_n = tlc_pg_changed(pg);
    return rc == TLC_OK ? tlc_pg_commit(pg, err) : rc;
}
