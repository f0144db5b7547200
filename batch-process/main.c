/* batch-process: days, weeks and months from the rows that consumer-store keeps. */
#include <inttypes.h>
#include <stdio.h>

#include "batch-process/batch.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/retry.h"
#include "common/base/stop.h"
#include "common/io/status_http.h"

#define TLC_OPT_STRUCT struct batch_options
static const struct tlc_opt opts[] = {BATCH_OPTIONS(TLC_OPT_ROW)};

static const struct tlc_program program = {
    .name = "batch-process",
    .summary = "Makes the figures of days, weeks and months from the stored trips.",
    .arguments = "",
    .details =
        "Without --all, --from and --to only days whose rows changed, and what rests on them. It "
        "may be started\nagain after any crash, beside consumer-store and beside another one of "
        "its kind.\n\nExamples:\n  batch-process                                     what changed "
        "since the last run\n  batch-process --every 1h                          stay and repeat\n"
        "  batch-process --from 2024-01-01 --to 2024-02-01   all of January again\n",
    .opts = opts,
    .opts_n = TLC_COUNT(opts),
};

struct app {
    struct batch_options options;
    struct report report;
    struct tlc_status status;
    struct tlc_http_route routes[TLC_STATUS_ROUTES_N];
    struct tlc_http_server *http;
    struct batch batch;
};

static int give_up(const struct tlc_err *err)
{
    tlc_log(TLC_ERROR, "fatal", "error=\"%s\"", err->text);
    return tlc_err_exit_code(err);
}

static int http_start(struct app *a, struct tlc_err *err)
{
    if (a->options.every_ms == 0) {
        return TLC_OK;
    }
    report_status(&a->report, &a->status);
    tlc_status_routes(&a->status, a->routes);
    struct tlc_http_server_options options = {
        .listen = a->options.status_listen,
        .token_file = a->options.token_file,
        .insecure = a->options.insecure,
        .connections_max = 64,
        .idle_ms = 30000,
        .threads = 1,
    };
    return tlc_http_server_open(&options, a->routes, TLC_STATUS_ROUTES_N, &a->http, err);
}

/* What is tried until it works, or has failed for too long without getting anywhere. */
static int persist(struct app *a, int (*fn)(struct batch *b, struct tlc_err *err),
                   struct tlc_err *err)
{
    struct tlc_retry retry;
    int64_t failing_since_ms = -1, made = -1;
    tlc_retry_init(&retry, 100, 5000, (uint64_t)tlc_now_ns());
    for (;;) {
        int rc = fn(&a->batch, err);
        if (rc != TLC_RETRY) {
            return rc;
        }
        int64_t now_ms = tlc_now_ms();
        if (failing_since_ms < 0 || made != a->batch.made) {
            failing_since_ms = now_ms;
            made = a->batch.made;
            tlc_retry_reset(&retry);
        }
        bool patient = a->options.every_ms > 0 && !a->options.check;
        if (!patient && now_ms - failing_since_ms >= a->options.wait_ms) {
            char text[sizeof(err->text)];
            tlc_str_copy(text, sizeof(text), tlc_str_from(err->text));
            return tlc_err_fatal(err, TLC_EXIT_UNAVAILABLE, "%s (--wait is over)", text);
        }
        report_trouble(&a->report, err->text);
        tlc_counter_add(&a->report.counters, BATCH_RETRIES, 1);
        tlc_log(TLC_WARN, "waiting", "error=\"%s\"", err->text);
        if (tlc_stop_wait(tlc_retry_next(&retry))) {
            return tlc_err_set(err, TLC_STOP, "stopped while waiting");
        }
    }
}

static int check(struct app *a, struct tlc_err *err)
{
    int rc = persist(a, batch_connect, err);
    if (rc == TLC_OK) {
        printf("schema and rights are as needed\n");
    }
    return rc == TLC_OK ? TLC_EXIT_OK : give_up(err);
}

static int gaps(struct app *a, struct tlc_err *err)
{
    int64_t n = 0;
    int rc = persist(a, batch_connect, err);
    if (rc == TLC_OK) {
        rc = batch_gaps(&a->batch, &n, err);
    }
    if (rc != TLC_OK) {
        return give_up(err);
    }
    return n > 0 ? TLC_EXIT_REFUSED : TLC_EXIT_OK;
}

static int run(struct app *a, struct tlc_err *err)
{
    int rc = http_start(a, err);
    while (rc == TLC_OK) {
        rc = persist(a, batch_run, err);
        if (rc != TLC_OK || a->options.every_ms == 0) {
            break;
        }
        report_state(&a->report, BATCH_IDLE);
        if (tlc_stop_wait(a->options.every_ms)) {
            break;
        }
    }
    report_state(&a->report, BATCH_DRAINING);
    if (rc != TLC_OK && rc != TLC_STOP) {
        return give_up(err);
    }
    return a->batch.refused > 0 ? TLC_EXIT_REFUSED : TLC_EXIT_OK;
}

int main(int argc, char **argv)
{
    static struct app app;
    struct tlc_opt_list args;
    struct tlc_err err = {.cls = TLC_OK};
    int status = 0;
    tlc_stop_init();
    if (tlc_opts_main(&program, argc, argv, &app.options, &args, &status) == TLC_OPTS_EXIT) {
        return status;
    }
    report_init(&app.report);
    if (batch_init(&app.batch, &app.options, &app.report, &err) != TLC_OK) {
        status = give_up(&err);
    } else if (app.options.check) {
        status = check(&app, &err);
    } else if (app.options.gaps) {
        status = gaps(&app, &err);
    } else {
        status = run(&app, &err);
        tlc_counters_report(&app.report.counters, stdout);
    }
    batch_release(&app.batch);
    tlc_http_server_close(&app.http);
    report_release(&app.report);
    return status;
}
