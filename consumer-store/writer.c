#include "consumer-store/writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/retry.h"

#define RETRY_BASE_MS 100
#define RETRY_CAP_MS 5000
#define LEDGER_SOON_MS 100 /* after a batch */
#define LEDGER_MS 1000     /* otherwise: other instances write too */

struct writer {
    struct store_sink sink;
    struct report *report;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
    struct batch *job;      /* being written */
    struct batch *finished; /* waits to be taken */
    int rc;
    struct tlc_err err;
    bool away, stop;
    /* the thread's own */
    struct tlc_retry retry;
    int64_t ledger_at_ms;
};

/* Waits with the lock held. */
static void wait_for(struct writer *w, pthread_cond_t *cond, int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(cond, &w->lock, &until);
}

static void away_set(struct writer *w, bool away, const char *text)
{
    pthread_mutex_lock(&w->lock);
    bool was = w->away;
    w->away = away;
    pthread_mutex_unlock(&w->lock);
    report_database(w->report, text);
    tlc_counter_set(&w->report->counters, STORE_PAUSED, away);
    if (was && !away) {
        tlc_log(TLC_INFO, "database_back", "");
    } else if (away) {
        tlc_log(TLC_WARN, "database_away", "error=\"%s\"", text);
    }
}

/* Until it is written, given up, or asked to stop. */
static int write_job(struct writer *w, struct batch *b, struct tlc_err *err)
{
    int64_t from_ns = tlc_now_ns();
    for (;;) {
        int rc = w->sink.write(w->sink.ctx, b, err);
        if (rc == TLC_OK) {
            away_set(w, false, "");
            tlc_retry_reset(&w->retry);
            report_batch(w->report, b, (double)(tlc_now_ns() - from_ns) / 1e9);
            return TLC_OK;
        }
        if (rc != TLC_RETRY) {
            return rc;
        }
        tlc_counter_add(&w->report->counters, STORE_RETRIES, 1);
        away_set(w, true, err->text);
        int64_t until_ms = tlc_now_ms() + tlc_retry_next(&w->retry);
        pthread_mutex_lock(&w->lock);
        for (int64_t left; !w->stop && (left = until_ms - tlc_now_ms()) > 0;) {
            wait_for(w, &w->wake, left);
        }
        bool stop = w->stop;
        pthread_mutex_unlock(&w->lock);
        if (stop) {
            return tlc_err_note(err, "given up while stopping");
        }
    }
}

static void ledger_tick(struct writer *w)
{
    if (tlc_now_ms() < w->ledger_at_ms) {
        return;
    }
    struct tlc_err err;
    struct store_ledger ledger;
    if (w->sink.ledger(w->sink.ctx, &ledger, &err) == TLC_OK) {
        report_ledger(w->report, &ledger);
        away_set(w, false, "");
    } else {
        away_set(w, true, err.text);
    }
    w->ledger_at_ms = tlc_now_ms() + LEDGER_MS;
}

static void *writer_main(void *ctx)
{
    struct writer *w = ctx;
    pthread_mutex_lock(&w->lock);
    while (!w->stop) {
        if (!w->job || w->finished) {
            pthread_mutex_unlock(&w->lock);
            ledger_tick(w);
            pthread_mutex_lock(&w->lock);
            if (!w->stop && (!w->job || w->finished)) {
                wait_for(w, &w->wake, LEDGER_SOON_MS);
            }
            continue;
        }
        struct batch *b = w->job;
        pthread_mutex_unlock(&w->lock);
        struct tlc_err err;
        int rc = write_job(w, b, &err);
        int64_t soon_ms = tlc_now_ms() + LEDGER_SOON_MS;
        w->ledger_at_ms = w->ledger_at_ms < soon_ms ? w->ledger_at_ms : soon_ms;
        if (w->ledger_at_ms < tlc_now_ms()) {
            ledger_tick(w); /* batch follows batch: there is no idle moment */
        }
        pthread_mutex_lock(&w->lock);
        w->finished = b;
        w->rc = rc;
        if (rc != TLC_OK) {
            w->err = err;
        }
        pthread_cond_broadcast(&w->done);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

int writer_open(const struct store_sink *sink, struct report *report, struct writer **ret_writer,
                struct tlc_err *err)
{
    struct writer *w = calloc(1, sizeof(*w));
    if (!w) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no memory");
    }
    w->sink = *sink;
    w->report = report;
    tlc_retry_init(&w->retry, RETRY_BASE_MS, RETRY_CAP_MS, (uint64_t)tlc_now_ns());
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, &attr);
    pthread_cond_init(&w->done, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&w->thread, NULL, writer_main, w) != 0) {
        free(w);
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "cannot start the writing thread");
    }
    *ret_writer = w;
    return TLC_OK;
}

void writer_close(struct writer **writer)
{
    struct writer *w = *writer;
    if (!w) {
        return;
    }
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_broadcast(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->wake);
    pthread_cond_destroy(&w->done);
    pthread_mutex_destroy(&w->lock);
    free(w);
    *writer = NULL;
}

bool writer_busy(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    bool busy = w->job != NULL;
    pthread_mutex_unlock(&w->lock);
    return busy;
}

bool writer_away(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    bool away = w->away;
    pthread_mutex_unlock(&w->lock);
    return away;
}

void writer_submit(struct writer *w, struct batch *b)
{
    pthread_mutex_lock(&w->lock);
    w->job = b;
    pthread_cond_broadcast(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

bool writer_wait(struct writer *w, int64_t wait_ms)
{
    int64_t until_ms = tlc_now_ms() + wait_ms;
    pthread_mutex_lock(&w->lock);
    for (int64_t left = wait_ms; w->job && !w->finished && left > 0;
         left = until_ms - tlc_now_ms()) {
        wait_for(w, &w->done, left);
    }
    bool done = !w->job || w->finished;
    pthread_mutex_unlock(&w->lock);
    return done;
}

struct batch *writer_take(struct writer *w, int *ret_rc, struct tlc_err *err)
{
    pthread_mutex_lock(&w->lock);
    struct batch *b = w->finished;
    if (b) {
        *ret_rc = w->rc;
        if (w->rc != TLC_OK) {
            *err = w->err;
        }
        w->finished = NULL;
        w->job = NULL;
    }
    pthread_mutex_unlock(&w->lock);
    return b;
}
