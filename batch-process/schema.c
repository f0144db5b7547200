#include "batch-process/schema.h"

#include "batch-process/sql.h"
#include "common/base/log.h"

static int store_tables_there(struct tlc_pg *pg, struct tlc_err *err)
{
    struct pg_result *r = NULL;
    int rc = tlc_pg_query(pg, sql_store_tables, NULL, 0, &r, err);
    if (rc != TLC_OK) {
        return rc;
    }
    bool there = tlc_str_eq(tlc_pg_text(r, 0, 0), TLC_STR("t"));
    tlc_pg_result_free(&r);
    return there ? TLC_OK
                 : tlc_err_set(err, TLC_RETRY,
                               "consumer-store has not made its tables in this database yet");
}

static int rights_check(struct tlc_pg *pg, struct tlc_err *err)
{
    struct pg_result *r = NULL;
    int rc = tlc_pg_query(pg, sql_rights, NULL, 0, &r, err);
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

int schema_prepare(struct tlc_pg *pg, bool migrate, struct tlc_err *err)
{
    int ran = 0;
    int rc = store_tables_there(pg, err);
    if (rc == TLC_OK && migrate) {
        rc = tlc_pg_migrate(pg, &sql_schema, &ran, err);
    }
    if (rc == TLC_OK && ran > 0) {
        tlc_log(TLC_INFO, "schema_made", "files=%d version=%d", ran,
                tlc_pg_schema_version(&sql_schema));
    }
    if (rc == TLC_OK) {
        rc = tlc_pg_schema_check(pg, &sql_schema, err);
    }
    return rc == TLC_OK ? rights_check(pg, err) : rc;
}
