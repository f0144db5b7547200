#include "batch-process/leaf.h"

#include <inttypes.h>
#include <stdio.h>

#include "batch-process/sql.h"
#include "common/base/log.h"
#include "common/event/tripid.h"
#include "common/io/pg.h"

#define STATEMENT_MAX 512

/* Runs what the server wrote as statements, each by itself: CONCURRENTLY wants no transaction of
 * ours, and goes by the role's own time-outs then. */
static int statements_run(struct tlc_pg *pg, const struct pg_result *r, bool concurrently,
                          struct tlc_err *err)
{
    char sql[STATEMENT_MAX];
    for (int row = 0; row < tlc_pg_rows(r); row++) {
        for (int column = 0; column < 2; column++) {
            struct tlc_str text = tlc_pg_text(r, row, column);
            if (!text.p || !tlc_str_copy(sql, sizeof(sql), text)) {
                continue;
            }
            int rc = concurrently ? tlc_pg_exec(pg, sql, NULL, 0, err)
                                  : tlc_pg_exec_alone(pg, sql, NULL, 0, err);
            if (rc != TLC_OK) {
                return rc;
            }
        }
    }
    return TLC_OK;
}

/* Runs the statements that a query about the leaf gives. */
static int leaf_do(struct tlc_pg *pg, const char *query, const char *leaf, bool concurrently,
                   struct tlc_err *err)
{
    const char *const params[] = {leaf};
    struct pg_result *r = NULL;
    int rc = tlc_pg_query_alone(pg, query, params, 1, &r, err);
    if (rc == TLC_OK) {
        rc = statements_run(pg, r, concurrently, err);
        tlc_pg_result_free(&r);
    }
    return rc;
}

static int leaf_index(struct tlc_pg *pg, const char *leaf, struct tlc_err *err)
{
    const char *const params[] = {leaf};
    int rc = leaf_do(pg, sql_leaf_index, leaf, true, err);
    rc = rc == TLC_OK ? tlc_pg_exec_alone(pg, sql_leaf_summarize, params, 1, err) : rc;
    return rc == TLC_OK ? leaf_do(pg, sql_leaf_analyze, leaf, false, err) : rc;
}

void leaf_prepare(struct tlc_pg *pg, int32_t source)
{
    char leaf[16];
    struct tlc_err err;
    if (tlc_source_dataset(source) == TLC_LIVE) {
        snprintf(leaf, sizeof(leaf), "live");
    } else {
        snprintf(leaf, sizeof(leaf), "%" PRId32, source);
    }
    if (leaf_index(pg, leaf, &err) != TLC_OK) {
        tlc_log(TLC_WARN, "no_index", "source=%" PRId32 " error=\"%s\"", source, err.text);
    }
}
