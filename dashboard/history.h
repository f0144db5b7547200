/* The History page's side of PostgreSQL: a few connections in threads of their own, so that no
 * handler ever waits for the database.
 *
 * A handler hands its request over (the connection is suspended) and one of the threads answers it.
 * A further thread compares windows and days every few seconds when either changed. Connections
 * only read, with a statement time-out; one that was lost is opened again with the next question.
 * Without a database every answer says so. Any thread may call; open, stop and close are the main
 * thread's. */
#ifndef TLC_DASHBOARD_HISTORY_H
#define TLC_DASHBOARD_HISTORY_H

#include <pthread.h>

#include "common/base/counters.h"
#include "dashboard/history_check.h"
#include "dashboard/store.h"

#define HISTORY_READERS 2
#define HISTORY_QUEUE_MAX 64
#define HISTORY_STATEMENT_MS 5000
#define HISTORY_CHECK_MS 2000

#define HISTORY_COUNTERS(X)                                                                        \
    X(HISTORY_QUERIES, "history_queries", COUNTER, "queries",                                      \
      "Questions to the database answered")                                                        \
    X(HISTORY_FAILED, "history_failed", COUNTER, "queries", "Questions that the database failed")  \
    X(HISTORY_BUSY, "history_busy", COUNTER, "queries", "Questions turned away: too many waited")  \
    X(HISTORY_CHECKS, "history_checks", COUNTER, "checks", "Comparisons of windows and days")
enum history_counter { HISTORY_COUNTERS(TLC_COUNTER_ENUM) HISTORY_COUNTER_N };

struct history_job {
    struct history_query query;
    struct tlc_http_pending *pending;
};

struct history {
    const char *url; /* NULL or "": no database */
    struct store *store;
    pthread_t threads[HISTORY_READERS + 1];
    size_t threads_n;
    pthread_mutex_t lock; /* all below */
    pthread_cond_t wake;
    struct history_job queue[HISTORY_QUEUE_MAX];
    size_t first, waiting_n;
    bool stopping;
    struct history_check check; /* the newest */
    struct tlc_counters counters;
    struct tlc_histogram answer_seconds;
};

/* url and store are borrowed. history_close follows in any case. */
TLC_MUST int history_open(struct history *h, const char *url, struct store *store,
                          struct tlc_err *err);
/* Turns away what waits and what still comes, ends the threads: before the HTTP server is closed.
 */
void history_stop(struct history *h);
/* After it is closed. */
void history_close(struct history *h);

/* Whether there is a database to ask. */
bool history_has_database(const struct history *h);
/* Takes the request over, to be answered by tlc_http_reply. false: too many wait, or it stops. */
TLC_MUST bool history_submit(struct history *h, const struct history_query *query,
                             struct tlc_http_pending *pending);

/* What the newest comparison found, without its days. done is false while there is none, or windows
 * have changed since; the note says which. */
void history_verdict(struct history *h, struct history_check *ret);
/* Appends GET /api/history/diff's object. */
void history_diff_json(struct history *h, struct tlc_buf *out);

#endif
