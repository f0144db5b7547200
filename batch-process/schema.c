#include "batch-process/schema.h"

#include "batch-process/sql.h"
#include "common/base/log.h"
#include "common/io/pg_check.h"

static const char policy_tables[] = "{trip_start,trip_end,source,dirty_day,day_stat,day_total,"
                                    "route_day,ride_day,week_stat,month_stat,batch_todo,batch_open,"
                                    "batch_leaf,batch_under_way,batch_run}";

static int store_tables_there(struct tlc_pg *pg, struct tlc_err *err)
{
    static const char *const tables[] = {"trip_start", "trip_end", "source", "dirty_day"};
    int rc = tlc_pg_server_check(pg, false, err);
    bool there = true;
    for (size_t i = 0; rc == TLC_OK && there && i < TLC_COUNT(tables); i++) {
        rc = tlc_pg_table_find(pg, tables[i], &there, err);
    }
    return rc != TLC_OK || there
               ? rc
               : tlc_err_set(err, TLC_RETRY,
                             "consumer-store has not made its tables in this database yet");
}

static int all_fits(struct tlc_pg *pg, struct tlc_err *err)
{
    int rc = tlc_pg_schema_check(pg, &sql_schema, err);
    rc = rc == TLC_OK ? tlc_pg_rights_check(pg, sql_rights, err) : rc;
    return rc == TLC_OK ? tlc_pg_policies_check(pg, policy_tables, err) : rc;
}

/* What reads only. */
static int look(struct tlc_pg *pg, int (*fn)(struct tlc_pg *pg, struct tlc_err *err),
                struct tlc_err *err)
{
    int rc = tlc_pg_begin(pg, err);
    if (rc == TLC_OK) {
        rc = fn(pg, err);
        tlc_pg_rollback(pg);
    }
    return rc;
}

int schema_prepare(struct tlc_pg *pg, bool migrate, struct tlc_err *err)
{
    int ran = 0;
    int rc = look(pg, store_tables_there, err);
    if (rc == TLC_OK && migrate) {
        rc = tlc_pg_migrate(pg, &sql_schema, &ran, err);
    }
    if (rc == TLC_OK && ran > 0) {
        tlc_log(TLC_INFO, "schema_made", "files=%d version=%d", ran,
                tlc_pg_schema_version(&sql_schema));
    }
    return rc == TLC_OK ? look(pg, all_fits, err) : rc;
}
