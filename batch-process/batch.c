#include "batch-process/batch.h"

#include <inttypes.h>
#include <stdio.h>

#include "batch-process/leaf.h"
#include "batch-process/make.h"
#include "batch-process/plan.h"
#include "batch-process/schema.h"
#include "batch-process/sql.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/stop.h"

/* A run under way. */
struct run {
    struct batch *b;
    struct make make;
    struct plan plan;
    char first_refusal[512]; /* "" while every period could be made */
};

int batch_init(struct batch *b, const struct batch_options *options, struct report *report,
               struct tlc_err *err)
{
    *b = (struct batch){.options = options, .report = report};
    return range_parse(options->from, options->to, &b->range, err);
}

void batch_release(struct batch *b)
{
    tlc_pg_close(&b->pg);
}

int batch_connect(struct batch *b, struct tlc_err *err)
{
    if (tlc_pg_usable(b->pg)) {
        return TLC_OK;
    }
    tlc_pg_close(&b->pg);
    int rc = tlc_pg_open(b->options->database, "batch-process", 0, &b->pg, err);
    if (rc == TLC_OK) {
        tlc_pg_asks(b->pg, sql_session);
        rc = schema_prepare(b->pg, b->options->migrate && !b->options->check, err);
    }
    if (rc != TLC_OK) {
        tlc_pg_close(&b->pg);
    }
    return rc;
}

/* ---- the run log ---- */

static void run_words(const struct batch *b, char *dst, size_t size)
{
    char from[DATE_TEXT_N] = "", to[DATE_TEXT_N] = "";
    if (b->range.has_from || b->range.has_to) {
        snprintf(dst, size, "days asked for%s%s%s%s", b->range.has_from ? " from " : "",
                 b->range.has_from ? date_text(b->range.from, from) : "",
                 b->range.has_to ? " before " : "",
                 b->range.has_to ? date_text(b->range.to, to) : "");
    } else {
        snprintf(dst, size, "%s", b->options->all && !b->asked ? "all days" : "days that changed");
    }
}

/* *ret_run: 0 when another run is under way. */
static int run_insert(struct batch *b, const char *why, int64_t *ret_run, struct tlc_err *err)
{
    char unended[24];
    struct pg_result *r = NULL;
    snprintf(unended, sizeof(unended), "%" PRId64, b->unended);
    const char *const params[] = {why, b->unended != 0 ? unended : NULL};
    *ret_run = 0;
    int rc = tlc_pg_query(b->pg, sql_run_turn_try, NULL, 0, &r, err);
    if (rc != TLC_OK) {
        return rc;
    }
    bool turn = tlc_str_eq(tlc_pg_text(r, 0, 0), TLC_STR("t"));
    tlc_pg_result_free(&r);
    rc = turn ? tlc_pg_query(b->pg, sql_run_begin, params, TLC_COUNT(params), &r, err) : TLC_OK;
    if (rc == TLC_OK && turn) {
        *ret_run = tlc_pg_rows(r) > 0 ? tlc_pg_i64(r, 0, 0) : 0;
        tlc_pg_result_free(&r);
    }
    return rc;
}

/* One at a time. TLC_RETRY: the database is away, or another one is under way. */
static int run_begin(struct run *run, struct tlc_err *err)
{
    struct batch *b = run->b;
    char why[64];
    run_words(b, why, sizeof(why));
    int rc = tlc_pg_begin(b->pg, err);
    if (rc == TLC_OK) {
        rc = run_insert(b, why, &run->make.run_id, err);
    }
    if (rc == TLC_OK) {
        rc = tlc_pg_commit(b->pg, err);
    }
    if (rc != TLC_OK) {
        tlc_pg_rollback(b->pg);
        return rc;
    }
    if (run->make.run_id == 0) {
        report_state(b->report, BATCH_WAITING);
        return tlc_err_set(err, TLC_RETRY, "another run is under way in this database");
    }
    b->unended = run->make.run_id;
    tlc_log(TLC_INFO, "run_started", "run=%" PRId64 " why=\"%s\"", run->make.run_id, why);
    return TLC_OK;
}

/* error "": it ended well. */
static int run_end(const struct run *run, const char *error, struct tlc_err *err)
{
    char run_id[24];
    snprintf(run_id, sizeof(run_id), "%" PRId64, run->make.run_id);
    const char *const params[] = {run_id, error[0] ? error : NULL};
    int rc = tlc_pg_exec_alone(run->b->pg, sql_run_end, params, 2, err);
    run->b->unended = rc == TLC_OK ? 0 : run->make.run_id;
    return rc;
}

static int backlog_note(const struct batch *b, struct tlc_err *err)
{
    static const enum batch_counter gauges[] = {BATCH_DIRTY, BATCH_TODO, BATCH_GAPS};
    struct pg_result *r = NULL;
    int rc = tlc_pg_query_alone(b->pg, sql_backlog, NULL, 0, &r, err);
    if (rc != TLC_OK) {
        return rc;
    }
    for (size_t i = 0; i < TLC_COUNT(gauges); i++) {
        tlc_counter_set(&b->report->counters, gauges[i], tlc_pg_i64(r, 0, (int)i));
    }
    tlc_pg_result_free(&r);
    return TLC_OK;
}

/* ---- periods ---- */

static void made_note(const struct run *run, const struct period *p, int64_t rows, int64_t took_ns)
{
    static const enum batch_counter counters[PERIOD_KINDS] = {BATCH_DAYS, BATCH_WEEKS,
                                                              BATCH_MONTHS};
    struct report *r = run->b->report;
    char date[DATE_TEXT_N];
    run->b->made++;
    tlc_counter_add(&r->counters, counters[p->kind], 1);
    tlc_counter_add(&r->counters, BATCH_ROWS, rows);
    tlc_histogram_observe(&r->period_seconds, (double)took_ns / 1e9);
    tlc_log(TLC_DEBUG, "made", "period=%s owner=%" PRId32 " start=%s rows=%" PRId64 " ms=%" PRId64,
            period_name(p->kind), p->owner, date_text(p->start, date), rows, took_ns / 1000000);
}

/* The period's marks stay: the next run tries it again. */
static void refused_note(struct run *run, const struct tlc_err *err)
{
    run->b->refused++;
    tlc_counter_add(&run->b->report->counters, BATCH_REFUSED, 1);
    tlc_log(TLC_ERROR, "refused", "error=\"%s\"", err->text);
    if (!run->first_refusal[0]) {
        tlc_str_copy(run->first_refusal, sizeof(run->first_refusal), tlc_str_from(err->text));
    }
}

static int plan_make(struct run *run, struct tlc_err *err)
{
    int32_t prepared = -1;
    for (size_t i = 0; i < run->plan.n; i++) {
        const struct period *p = &run->plan.v[i];
        if (tlc_stop_asked()) {
            return tlc_err_set(err, TLC_STOP, "stopped as asked, %zu periods of this step are left",
                               run->plan.n - i);
        }
        if (p->kind == PERIOD_DAY && p->owner != prepared) {
            leaf_prepare(run->b->pg, p->owner);
            prepared = p->owner;
        }
        int64_t began_ns = tlc_now_ns(), rows = 0;
        int rc = make_period(&run->make, p, &rows, err);
        if (rc == TLC_OK) {
            made_note(run, p, rows, tlc_now_ns() - began_ns);
        } else if (rc == TLC_REFUSE) {
            refused_note(run, err);
        } else {
            return rc;
        }
    }
    return TLC_OK;
}

/* Only what has no mark: days found on the way. What was stored meanwhile is for the next run, or a
 * busy writer would keep this one going for ever. */
static void unmarked_keep(struct plan *plan)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->n; i++) {
        if (!plan->v[i].touched_at[0]) {
            plan->v[n++] = plan->v[i];
        }
    }
    plan->n = n;
}

/* Making a day can mark days after it; most of them come later in the same plan. */
static int days_make(struct run *run, struct tlc_err *err)
{
    int rc = plan_load_days(&run->plan, run->b->pg, &run->b->range, err);
    while (rc == TLC_OK && run->plan.n > 0) {
        rc = plan_make(run, err);
        if (rc != TLC_OK || run->b->refused > 0) {
            return rc;
        }
        rc = plan_load_days(&run->plan, run->b->pg, &run->b->range, err);
        unmarked_keep(&run->plan);
    }
    return rc;
}

static int everything_make(struct run *run, struct tlc_err *err)
{
    struct batch *b = run->b;
    int rc = TLC_OK;
    bool asking = b->options->all || b->range.has_from || b->range.has_to;
    if (asking && !b->asked) {
        rc = plan_ask(b->pg, &b->range, err);
        b->asked = rc == TLC_OK;
    }
    if (rc == TLC_OK) {
        rc = plan_reloaded(b->pg, err);
    }
    if (rc == TLC_OK) {
        rc = days_make(run, err);
    }
    for (int kind = PERIOD_WEEK; rc == TLC_OK && kind < PERIOD_KINDS; kind++) {
        rc = plan_load_todo(&run->plan, b->pg, (enum period_kind)kind, err);
        if (rc == TLC_OK) {
            rc = plan_make(run, err);
        }
    }
    return rc == TLC_OK ? backlog_note(b, err) : rc;
}

/* ---- a run ---- */

/* Makes what there is to make, and says in the run log how it ended. */
static int run_make(struct run *run, struct tlc_err *err)
{
    struct batch *b = run->b;
    struct tlc_err ending;
    int64_t began_ms = tlc_now_ms(), made_before = b->made;
    int rc = everything_make(run, err);
    const char *error = rc == TLC_OK ? run->first_refusal : err->text;
    if (tlc_pg_usable(b->pg)) {
        int end_rc = run_end(run, error, &ending);
        if (rc == TLC_OK && end_rc != TLC_OK) {
            *err = ending;
            rc = end_rc;
        }
    }
    report_run(b->report, error);
    tlc_log(rc == TLC_OK ? TLC_INFO : TLC_WARN, "run_ended",
            "run=%" PRId64 " periods=%" PRId64 " refused=%" PRId64 " gap_days=%" PRId64
            " ms=%" PRId64,
            run->make.run_id, b->made - made_before, b->refused,
            tlc_counter_get(&b->report->counters, BATCH_GAPS), tlc_now_ms() - began_ms);
    return rc;
}

int batch_run(struct batch *b, struct tlc_err *err)
{
    int rc = batch_connect(b, err);
    if (rc != TLC_OK) {
        return rc;
    }
    struct run run = {.b = b, .make = {.pg = b->pg, .routes = b->options->routes}};
    rc = run_begin(&run, err);
    if (rc != TLC_OK) {
        return rc;
    }
    report_state(b->report, BATCH_RUNNING);
    report_trouble(b->report, "");
    b->refused = 0;
    plan_init(&run.plan);
    rc = run_make(&run, err);
    plan_release(&run.plan);
    return rc;
}

int batch_gaps(struct batch *b, int64_t *ret_n, struct tlc_err *err)
{
    char text[2][DATE_TEXT_N];
    const char *params[2];
    struct pg_result *r = NULL;
    plan_range_params(&b->range, text, params);
    int rc = batch_connect(b, err);
    if (rc == TLC_OK) {
        rc = tlc_pg_query_alone(b->pg, sql_gaps, params, 2, &r, err);
    }
    if (rc != TLC_OK) {
        return rc;
    }
    *ret_n = tlc_pg_rows(r);
    for (int row = 0; row < tlc_pg_rows(r); row++) {
        printf("%.*s %.*s\n", TLC_STR_ARG(tlc_pg_text(r, row, 0)),
               TLC_STR_ARG(tlc_pg_text(r, row, 1)));
    }
    tlc_pg_result_free(&r);
    return TLC_OK;
}
