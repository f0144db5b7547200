#include "batch-process/plan.h"

#include <stdlib.h>

#include "batch-process/make.h"
#include "batch-process/sql.h"

void plan_init(struct plan *p)
{
    *p = (struct plan){0};
}

void plan_release(struct plan *p)
{
    free(p->v);
    plan_init(p);
}

bool plan_add(struct plan *p, const struct period *period)
{
    if (p->n == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 64;
        struct period *grown = realloc(p->v, cap * sizeof(*grown));
        if (!grown) {
            return false;
        }
        p->v = grown;
        p->cap = cap;
    }
    p->v[p->n++] = *period;
    return true;
}

void plan_range_params(const struct range *range, char text[2][DATE_TEXT_N],
                       const char *ret_params[2])
{
    ret_params[0] = range->has_from ? date_text(range->from, text[0]) : NULL;
    ret_params[1] = range->has_to ? date_text(range->to, text[1]) : NULL;
}

int plan_ask(struct tlc_pg *pg, const struct range *range, struct tlc_err *err)
{
    char text[2][DATE_TEXT_N];
    const char *params[2];
    plan_range_params(range, text, params);
    return tlc_pg_exec_alone(pg, sql_plan_range, params, 2, err);
}

int plan_reloaded(struct tlc_pg *pg, struct tlc_err *err)
{
    int rc = tlc_pg_begin(pg, err);
    if (rc != TLC_OK) {
        return rc;
    }
    rc = tlc_pg_exec(pg, sql_plan_reloaded, NULL, 0, err);
    rc = rc == TLC_OK ? tlc_pg_exec(pg, sql_plan_leaves, NULL, 0, err) : rc;
    rc = rc == TLC_OK ? tlc_pg_commit(pg, err) : rc;
    if (rc != TLC_OK) {
        tlc_pg_rollback(pg);
    }
    return rc;
}

/* Rows of (owner, date[, touched_at]). */
static int rows_take(struct plan *p, const struct pg_result *r, enum period_kind kind,
                     struct tlc_err *err)
{
    for (int row = 0; row < tlc_pg_rows(r); row++) {
        struct period period = {.kind = kind, .owner = (int32_t)tlc_pg_i64(r, row, 0)};
        struct tlc_str date = tlc_pg_text(r, row, 1);
        if (!date_parse(date, &period.start)) {
            return tlc_err_fatal(err, TLC_EXIT_DATA, "a marked %s is no date: %.*s",
                                 period_name(kind), TLC_STR_ARG(date));
        }
        if (kind == PERIOD_DAY &&
            !tlc_str_copy(period.touched_at, sizeof(period.touched_at), tlc_pg_text(r, row, 2))) {
            return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "touched_at is too long");
        }
        if (!plan_add(p, &period)) {
            return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no memory for the plan");
        }
    }
    return TLC_OK;
}

int plan_load_days(struct plan *p, struct tlc_pg *pg, const struct range *range,
                   struct tlc_err *err)
{
    char text[2][DATE_TEXT_N];
    const char *params[2];
    struct pg_result *r = NULL;
    plan_range_params(range, text, params);
    p->n = 0;
    int rc = tlc_pg_query_alone(pg, sql_plan_dirty, params, 2, &r, err);
    if (rc != TLC_OK) {
        return rc;
    }
    rc = rows_take(p, r, PERIOD_DAY, err);
    tlc_pg_result_free(&r);
    return rc;
}

int plan_load_todo(struct plan *p, struct tlc_pg *pg, enum period_kind kind, struct tlc_err *err)
{
    const char *const params[] = {period_name(kind)};
    struct pg_result *r = NULL;
    p->n = 0;
    int rc = tlc_pg_query_alone(pg, sql_plan_todo, params, 1, &r, err);
    if (rc == TLC_OK) {
        rc = rows_take(p, r, kind, err);
        tlc_pg_result_free(&r);
    }
    return rc;
}
