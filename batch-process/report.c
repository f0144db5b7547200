#include "batch-process/report.h"

#include "common/base/clock.h"
#include "common/io/status_http.h"

static const struct tlc_counter_def defs[] = {BATCH_COUNTERS(TLC_COUNTER_DEF)};
static const double seconds_bounds[] = {0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100};

void report_init(struct report *r)
{
    memset(r, 0, sizeof(*r));
    tlc_counters_init(&r->counters, defs, BATCH_COUNTER_N);
    tlc_histogram_init(&r->period_seconds, "period_seconds", "Time to make one period",
                       seconds_bounds, TLC_COUNT(seconds_bounds));
    pthread_mutex_init(&r->lock, NULL);
}

void report_release(struct report *r)
{
    pthread_mutex_destroy(&r->lock);
}

void report_state(struct report *r, enum batch_state state)
{
    pthread_mutex_lock(&r->lock);
    r->state = state;
    pthread_mutex_unlock(&r->lock);
}

void report_trouble(struct report *r, const char *text)
{
    pthread_mutex_lock(&r->lock);
    tlc_str_copy(r->trouble, sizeof(r->trouble), tlc_str_from(text));
    pthread_mutex_unlock(&r->lock);
}

void report_run(struct report *r, const char *error)
{
    pthread_mutex_lock(&r->lock);
    tlc_str_copy(r->last_error, sizeof(r->last_error), tlc_str_from(error));
    pthread_mutex_unlock(&r->lock);
    tlc_counter_add(&r->counters, error[0] ? BATCH_RUNS_FAILED : BATCH_RUNS, 1);
    tlc_counter_set(&r->counters, BATCH_ENDED, tlc_wall_ms() / 1000);
}

/* ---- for status_http ---- */

static const char *not_ready(void *ctx)
{
    struct report *r = ctx;
    const char *why = NULL;
    pthread_mutex_lock(&r->lock);
    if (r->state == BATCH_DRAINING) {
        why = "draining";
    } else if (r->trouble[0] && r->state != BATCH_WAITING) {
        why = "the database is away";
    } else if (r->state == BATCH_STARTING) {
        why = "not connected yet";
    }
    pthread_mutex_unlock(&r->lock);
    return why;
}

static const char *state(void *ctx)
{
    static const char *const words[] = {"starting", "running", "waiting: another run is under way",
                                        "idle until the next run", "draining"};
    struct report *r = ctx;
    pthread_mutex_lock(&r->lock);
    bool away = r->trouble[0] && r->state != BATCH_WAITING;
    const char *word = away ? "waiting: database away" : words[r->state];
    pthread_mutex_unlock(&r->lock);
    return word;
}

/* Text of ours and the server's inside a JSON string. */
static void quoted(struct tlc_buf *out, const char *key, const char *text)
{
    tlc_buf_printf(out, ",\"%s\":\"", key);
    for (const char *p = text; *p; p++) {
        unsigned char ch = (unsigned char)*p;
        if (ch == '"' || ch == '\\') {
            tlc_buf_printf(out, "\\%c", ch);
        } else if (ch >= 0x20) {
            tlc_buf_append(out, p, 1);
        }
    }
    tlc_buf_append(out, "\"", 1);
}

static void detail(void *ctx, struct tlc_buf *out)
{
    struct report *r = ctx;
    pthread_mutex_lock(&r->lock);
    quoted(out, "trouble", r->trouble);
    quoted(out, "last_run_error", r->last_error);
    pthread_mutex_unlock(&r->lock);
}

void report_status(struct report *r, struct tlc_status *ret_status)
{
    *ret_status = (struct tlc_status){
        .name = "batch-process",
        .prefix = "batch",
        .tables = {&r->counters},
        .histograms = {&r->period_seconds},
        .ctx = r,
        .not_ready = not_ready,
        .state = state,
        .detail = detail,
    };
}
