#include "batch-process/make.h"

#include <inttypes.h>
#include <stdio.h>

#include "batch-process/sql.h"

#define NUMBER_N 24

/* A period as text, for parameters. */
struct words {
    char owner[NUMBER_N], dataset[NUMBER_N], routes[NUMBER_N];
    char date[DATE_TEXT_N], next[DATE_TEXT_N];
    char begin_s[NUMBER_N], end_s[NUMBER_N]; /* of a day */
};

static const char *number(char dst[NUMBER_N], int64_t v)
{
    snprintf(dst, NUMBER_N, "%" PRId64, v);
    return dst;
}

static void words_of(const struct make *m, const struct period *p, struct words *ret)
{
    int64_t next = period_next(p->kind, p->start);
    number(ret->owner, p->owner);
    number(ret->dataset, p->owner / 1000000);
    number(ret->routes, m->routes);
    date_text(p->start, ret->date);
    date_text(next, ret->next);
    number(ret->begin_s, day_start_s(p->start));
    number(ret->end_s, day_start_s(next));
}

static int todo_add(struct tlc_pg *pg, enum period_kind kind, const char *owner, int64_t start,
                    const char *why, struct tlc_err *err)
{
    char date[DATE_TEXT_N];
    const char *const params[] = {period_name(kind), owner, date_text(start, date), why};
    return tlc_pg_exec(pg, sql_todo_add, params, 4, err);
}

/* The days that rest on a day, and its week and month. */
static int followers_add(const struct make *m, const struct period *p, const struct words *w,
                         struct tlc_err *err)
{
    static const enum period_kind above[] = {PERIOD_WEEK, PERIOD_MONTH};
    int rc = TLC_OK;
    for (size_t i = 0; rc == TLC_OK && i < TLC_COUNT(above); i++) {
        rc = todo_add(m->pg, above[i], w->dataset, period_start(above[i], p->start),
                      "a day of it was made", err);
    }
    if (rc == TLC_OK) {
        char last[DATE_TEXT_N];
        const char *const params[] = {w->owner, w->date, w->begin_s,
                                      date_text(day_last_touched(p->start), last)};
        rc = tlc_pg_exec(m->pg, sql_todo_followers, params, TLC_COUNT(params), err);
    }
    if (rc == TLC_OK && p->touched_at[0]) {
        const char *const params[] = {w->owner, w->begin_s};
        rc = tlc_pg_exec(m->pg, sql_todo_reversed, params, TLC_COUNT(params), err);
    }
    return rc;
}

/* What is under way at the beginning of a day: found by reading the day before, unless it was made
 * just now. What is stored of that day meanwhile marks it, and it marks this one again if it
 * changes what this one rests on. */
static int open_find(const struct make *m, const struct period *p, const struct words *w,
                     struct tlc_err *err)
{
    const char *const before[] = {w->owner, w->begin_s};
    if (m->open_source == p->owner && m->open_date == p->start) {
        return TLC_OK;
    }
    int rc = tlc_pg_exec(m->pg, sql_day_open_clear, NULL, 0, err);
    return rc == TLC_OK ? tlc_pg_exec(m->pg, sql_day_open, before, TLC_COUNT(before), err) : rc;
}

/* For the day after it, should it come next. */
static int open_keep(const struct make *m, struct tlc_err *err)
{
    int rc = tlc_pg_exec(m->pg, sql_day_open_clear, NULL, 0, err);
    return rc == TLC_OK ? tlc_pg_exec(m->pg, sql_day_open_keep, NULL, 0, err) : rc;
}

/* The figures of one day. *ret_rows: starts and ends in them. */
static int day_make(const struct make *m, const struct words *w, int64_t *ret_rows,
                    struct tlc_err *err)
{
    const char *const span[] = {w->owner, w->begin_s, w->end_s};
    const char *const day[] = {w->owner, w->date};
    const char *const day_span[] = {w->owner, w->date, w->begin_s, w->end_s};
    const char *const routes[] = {w->owner, w->date, w->routes};
    const struct {
        const char *sql;
        const char *const *params;
        int n;
    } steps[] = {
        {sql_day_pair, NULL, 0},
        {sql_day_pairs, span, TLC_COUNT(span)},
        {sql_day_clear, day, TLC_COUNT(day)},
        {sql_day_stat, day_span, TLC_COUNT(day_span)},
        {sql_day_routes, routes, TLC_COUNT(routes)},
        {sql_day_rides, day, TLC_COUNT(day)},
    };
    for (size_t i = 0; i < TLC_COUNT(steps); i++) {
        int rc = tlc_pg_exec(m->pg, steps[i].sql, steps[i].params, steps[i].n, err);
        if (rc != TLC_OK) {
            return rc;
        }
    }
    struct pg_result *r = NULL;
    int rc = tlc_pg_query(m->pg, sql_day_total, day, TLC_COUNT(day), &r, err);
    if (rc == TLC_OK) {
        *ret_rows = 0;
        for (int row = 0; row < tlc_pg_rows(r); row++) {
            *ret_rows += tlc_pg_i64(r, row, 0);
        }
        tlc_pg_result_free(&r);
    }
    return rc;
}

static int sum_make(const struct make *m, const struct period *p, const struct words *w,
                    struct tlc_err *err)
{
    bool week = p->kind == PERIOD_WEEK;
    const char *const params[] = {w->owner, w->date, w->next};
    int rc = tlc_pg_exec(m->pg, week ? sql_sum_clear_week : sql_sum_clear_month, params, 2, err);
    return rc == TLC_OK ? tlc_pg_exec(m->pg, week ? sql_sum_week : sql_sum_month, params, 3, err)
                        : rc;
}

static int run_add(const struct make *m, const struct period *p, int64_t rows, struct tlc_err *err)
{
    char run_id[NUMBER_N], read[NUMBER_N];
    const char *params[] = {number(run_id, m->run_id), "0", "0", "0", number(read, rows)};
    params[1 + p->kind] = "1";
    return tlc_pg_exec(m->pg, sql_run_add, params, TLC_COUNT(params), err);
}

/* The marks go last: whoever stores rows of this day waits for them the shortest time. */
static int marks_take(const struct make *m, const struct period *p, const struct words *w,
                      struct tlc_err *err)
{
    const char *const todo[] = {period_name(p->kind), w->owner, w->date};
    int rc = tlc_pg_exec(m->pg, sql_todo_done, todo, TLC_COUNT(todo), err);
    if (rc == TLC_OK && p->touched_at[0]) {
        const char *const dirty[] = {w->owner, w->date, p->touched_at};
        rc = tlc_pg_exec(m->pg, sql_dirty_done, dirty, TLC_COUNT(dirty), err);
    }
    return rc;
}

static int period_write(const struct make *m, const struct period *p, int64_t *ret_rows,
                        struct tlc_err *err)
{
    struct words w;
    words_of(m, p, &w);
    int rc = TLC_OK;
    if (p->kind == PERIOD_DAY) {
        rc = open_find(m, p, &w, err);
        rc = rc == TLC_OK ? day_make(m, &w, ret_rows, err) : rc;
        rc = rc == TLC_OK ? followers_add(m, p, &w, err) : rc;
        rc = rc == TLC_OK ? open_keep(m, err) : rc;
    } else {
        rc = sum_make(m, p, &w, err);
    }
    if (rc == TLC_OK) {
        rc = run_add(m, p, *ret_rows, err);
    }
    return rc == TLC_OK ? marks_take(m, p, &w, err) : rc;
}

/* One run at a time: whoever took over has ended ours. */
static int run_claim(const struct make *m, struct tlc_err *err)
{
    char run_id[NUMBER_N];
    const char *const params[] = {number(run_id, m->run_id)};
    int rc = tlc_pg_exec(m->pg, sql_run_turn, NULL, 0, err);
    rc = rc == TLC_OK ? tlc_pg_exec(m->pg, sql_run_claim, params, TLC_COUNT(params), err) : rc;
    return rc != TLC_OK || tlc_pg_changed(m->pg) == 1
               ? rc
               : tlc_err_set(err, TLC_RETRY, "another run took over: this one was not heard of");
}

int make_period(struct make *m, const struct period *p, int64_t *ret_rows, struct tlc_err *err)
{
    *ret_rows = 0;
    int rc = tlc_pg_begin(m->pg, err);
    if (rc == TLC_OK) {
        rc = run_claim(m, err);
    }
    if (rc == TLC_OK) {
        rc = period_write(m, p, ret_rows, err);
    }
    if (rc == TLC_OK) {
        rc = tlc_pg_commit(m->pg, err);
    }
    /* Rolled back, or not known to be committed, batch_under_way is not what it says. */
    m->open_source = rc == TLC_OK && p->kind == PERIOD_DAY ? p->owner : 0;
    m->open_date = period_next(p->kind, p->start);
    if (rc != TLC_OK) {
        char date[DATE_TEXT_N];
        tlc_err_note(err, "%s %s of %d", period_name(p->kind), date_text(p->start, date),
                     (int)p->owner);
        tlc_pg_rollback(m->pg);
    }
    return rc;
}
