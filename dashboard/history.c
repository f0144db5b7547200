#include "dashboard/history.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/io/pg.h"
#include "dashboard/pages.h"

/* So long a database that could not be reached is not tried again. */
#define AWAY_MS 1000

static const struct tlc_counter_def counter_defs[] = {HISTORY_COUNTERS(TLC_COUNTER_DEF)};
static const double seconds_bounds[] = {0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10};

/* A thread's connection. */
struct link {
    const char *url;
    struct tlc_pg *pg;
    int64_t away_until_ms;
    struct tlc_err away; /* why it is */
};

/* --- connection --- */

static int link_connect(struct link *l, struct tlc_err *err)
{
    if (tlc_pg_usable(l->pg)) {
        return TLC_OK;
    }
    tlc_pg_close(&l->pg);
    if (tlc_now_ms() < l->away_until_ms) {
        *err = l->away;
        return err->cls;
    }
    int rc = tlc_pg_open(l->url, "dashboard", HISTORY_STATEMENT_MS, &l->pg, err);
    if (rc == TLC_OK) {
        history_session(l->pg);
    } else {
        l->away = *err;
        l->away_until_ms = tlc_now_ms() + AWAY_MS;
    }
    return rc;
}

/* A connection that was lost while it was idle shows with the next statement: once more on a new
 * one. */
static int link_answer(struct link *l, const struct history_query *query, struct tlc_buf *out,
                       struct tlc_err *err)
{
    bool fresh = !tlc_pg_usable(l->pg);
    int rc = link_connect(l, err);
    rc = rc == TLC_OK ? history_answer(l->pg, query, out, err) : rc;
    if (rc == TLC_RETRY && !fresh && !tlc_pg_usable(l->pg)) {
        tlc_buf_reset(out);
        rc = link_connect(l, err);
        rc = rc == TLC_OK ? history_answer(l->pg, query, out, err) : rc;
    }
    return rc;
}

/* --- answers --- */

static void fail(struct tlc_http_response *r, const struct tlc_err *err)
{
    if (err->cls == TLC_REFUSE) {
        tlc_http_error(r, 400, "bad_query", "%s", err->text);
        return;
    }
    tlc_http_error(r, 503, err->cls == TLC_RETRY ? "database_away" : "database_refuses", "%s",
                   err->text);
    tlc_http_header_add(r, "Retry-After", "1");
}

/* The overview always is an answer: the page shows what is wrong in its words. */
static void reply(const struct history_query *query, int rc, struct tlc_buf *body,
                  const struct tlc_err *err, struct tlc_http_pending *pending)
{
    struct tlc_http_response r = {0};
    if (rc != TLC_OK && query->kind == HISTORY_OVERVIEW) {
        tlc_buf_reset(body);
        history_overview_without(rc == TLC_RETRY ? "away" : "refused", err->text, body);
        rc = TLC_OK;
    }
    if (rc == TLC_OK && body->failed) {
        tlc_http_error(&r, 503, "busy", "out of memory");
    } else if (rc == TLC_OK) {
        r.status = 200;
        r.gzip = true;
        r.body = *body;
        tlc_buf_init(body, HISTORY_BYTES_MAX);
        pages_headers(&r, "no-store");
    } else {
        fail(&r, err);
    }
    tlc_http_reply(pending, &r);
    tlc_buf_release(body);
}

static void job_do(struct history *h, struct link *l, const struct history_job *job)
{
    struct tlc_buf body;
    struct tlc_err err = {.cls = TLC_OK};
    int64_t began_ns = tlc_now_ns();
    tlc_buf_init(&body, HISTORY_BYTES_MAX);
    pthread_mutex_lock(&h->lock);
    bool stopping = h->stopping;
    pthread_mutex_unlock(&h->lock);
    int rc = stopping ? tlc_err_set(&err, TLC_RETRY, "the dashboard stops")
                      : link_answer(l, &job->query, &body, &err);
    tlc_counter_add(&h->counters, rc == TLC_OK ? HISTORY_QUERIES : HISTORY_FAILED, 1);
    tlc_histogram_observe(&h->answer_seconds, (double)(tlc_now_ns() - began_ns) / 1e9);
    if (rc != TLC_OK) {
        tlc_log(TLC_WARN, "history_not_read", "reason=\"%s\"", err.text);
    }
    reply(&job->query, rc, &body, &err, job->pending);
}

static bool job_next(struct history *h, struct history_job *ret)
{
    pthread_mutex_lock(&h->lock);
    while (h->waiting_n == 0 && !h->stopping) {
        pthread_cond_wait(&h->wake, &h->lock);
    }
    bool have = h->waiting_n > 0;
    if (have) {
        *ret = h->queue[h->first];
        h->first = (h->first + 1) % HISTORY_QUEUE_MAX;
        h->waiting_n--;
    }
    pthread_mutex_unlock(&h->lock);
    return have;
}

static void *reader(void *ctx)
{
    struct history *h = ctx;
    struct link link = {.url = h->url};
    struct history_job job;
    while (job_next(h, &job)) {
        job_do(h, &link, &job);
    }
    tlc_pg_close(&link.pg);
    return NULL;
}

/* --- stream = batch --- */

static int compare(struct history *h, struct link *l, const struct history_check *last,
                   struct history_check *ret, struct tlc_err *err)
{
    struct history_backlog backlog;
    struct days stream;
    int rc = history_backlog_read(l->pg, &backlog, err);
    if (rc != TLC_OK) {
        return rc;
    }
    if (!backlog.tables || backlog.run_id == 0) {
        return tlc_err_set(err, TLC_RETRY, "batch-process has never run here");
    }
    store_read_begin(h->store);
    bool same = last->done && last->revision == h->store->windows.revision &&
                last->run_id == backlog.run_id && last->dirty == backlog.dirty &&
                last->todo == backlog.todo;
    bool made = same || days_make(&h->store->windows, &stream);
    store_read_end(h->store);
    if (same || !made) {
        return same ? TLC_STOP : tlc_err_set(err, TLC_RETRY, "out of memory");
    }
    rc = history_check_make(l->pg, &stream, &backlog, ret, err);
    days_release(&stream);
    tlc_counter_add(&h->counters, HISTORY_CHECKS, 1);
    return rc;
}

/* TLC_STOP from compare: nothing has changed, the newest stays. */
static void check_step(struct history *h, struct link *l)
{
    struct history_check made = {.done = false};
    struct tlc_err err = {.cls = TLC_OK};
    int rc = link_connect(l, &err);
    rc = rc == TLC_OK ? tlc_pg_begin(l->pg, &err) : rc;
    if (rc == TLC_OK) {
        rc = compare(h, l, &h->check, &made, &err); /* only this thread changes check */
        tlc_pg_rollback(l->pg);
    }
    if (rc == TLC_STOP) {
        return;
    }
    if (rc != TLC_OK) {
        (void)tlc_str_copy(made.note, sizeof made.note, tlc_str_from(err.text));
    }
    pthread_mutex_lock(&h->lock);
    history_check_release(&h->check);
    h->check = made;
    pthread_mutex_unlock(&h->lock);
}

/* false when it stops. */
static bool pause_between(struct history *h)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += HISTORY_CHECK_MS / 1000;
    pthread_mutex_lock(&h->lock);
    while (!h->stopping && pthread_cond_timedwait(&h->wake, &h->lock, &until) != ETIMEDOUT) {
    }
    bool go_on = !h->stopping;
    pthread_mutex_unlock(&h->lock);
    return go_on;
}

static void *checker(void *ctx)
{
    struct history *h = ctx;
    struct link link = {.url = h->url};
    do {
        check_step(h, &link);
    } while (pause_between(h));
    tlc_pg_close(&link.pg);
    return NULL;
}

void history_verdict(struct history *h, struct history_check *ret)
{
    store_read_begin(h->store);
    int64_t revision = h->store->windows.revision;
    store_read_end(h->store);
    pthread_mutex_lock(&h->lock);
    *ret = h->check;
    pthread_mutex_unlock(&h->lock);
    ret->days = NULL;
    ret->days_n = ret->days_cap = 0;
    if (!history_has_database(h)) {
        (void)snprintf(ret->note, sizeof ret->note, "no database is connected");
    } else if (ret->done && ret->dirty + ret->todo > 0) {
        ret->done = false;
        (void)snprintf(ret->note, sizeof ret->note,
                       "%" PRId64 " days have changed since batch-process ran",
                       ret->dirty + ret->todo);
    } else if (ret->done && ret->revision != revision) {
        ret->done = false;
        (void)snprintf(ret->note, sizeof ret->note, "windows have changed, it is compared again");
    } else if (!ret->done && ret->note[0] == '\0') {
        (void)snprintf(ret->note, sizeof ret->note, "not compared yet");
    }
}

void history_diff_json(struct history *h, struct tlc_buf *out)
{
    struct history_check verdict;
    history_verdict(h, &verdict);
    pthread_mutex_lock(&h->lock);
    verdict.days = h->check.days;
    verdict.days_n = h->check.days_n;
    history_check_json(&verdict, out);
    pthread_mutex_unlock(&h->lock);
}

/* --- open, close --- */

bool history_has_database(const struct history *h)
{
    return h->url != NULL && h->url[0] != '\0';
}

int history_open(struct history *h, const char *url, struct store *store, struct tlc_err *err)
{
    pthread_condattr_t attr;
    *h = (struct history){.url = url, .store = store};
    tlc_counters_init(&h->counters, counter_defs, HISTORY_COUNTER_N);
    tlc_histogram_init(&h->answer_seconds, "history_answer_seconds",
                       "Time the database took for an answer", seconds_bounds,
                       TLC_COUNT(seconds_bounds));
    pthread_mutex_init(&h->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&h->wake, &attr);
    pthread_condattr_destroy(&attr);
    size_t wanted = history_has_database(h) ? TLC_COUNT(h->threads) : 0;
    for (; h->threads_n < wanted; h->threads_n++) {
        void *(*work)(void *) = h->threads_n < HISTORY_READERS ? reader : checker;
        if (pthread_create(&h->threads[h->threads_n], NULL, work, h) != 0) {
            return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "history: no thread");
        }
    }
    return TLC_OK;
}

void history_stop(struct history *h)
{
    if (h->store == NULL) {
        return;
    }
    pthread_mutex_lock(&h->lock);
    h->stopping = true;
    pthread_cond_broadcast(&h->wake);
    pthread_mutex_unlock(&h->lock);
    for (size_t i = 0; i < h->threads_n; i++) {
        pthread_join(h->threads[i], NULL);
    }
    h->threads_n = 0;
}

void history_close(struct history *h)
{
    if (h->store == NULL) {
        return;
    }
    history_stop(h);
    history_check_release(&h->check);
    pthread_cond_destroy(&h->wake);
    pthread_mutex_destroy(&h->lock);
    h->store = NULL;
}

bool history_submit(struct history *h, const struct history_query *query,
                    struct tlc_http_pending *pending)
{
    pthread_mutex_lock(&h->lock);
    bool room = !h->stopping && h->waiting_n < HISTORY_QUEUE_MAX;
    if (room) {
        h->queue[(h->first + h->waiting_n) % HISTORY_QUEUE_MAX] =
            (struct history_job){.query = *query, .pending = pending};
        h->waiting_n++;
        pthread_cond_broadcast(&h->wake);
    }
    pthread_mutex_unlock(&h->lock);
    tlc_counter_add(&h->counters, HISTORY_BUSY, room ? 0 : 1);
    return room;
}
