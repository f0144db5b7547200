/* What batch-process counts, and what it tells others about itself. */
#ifndef BATCH_PROCESS_REPORT_H
#define BATCH_PROCESS_REPORT_H

#include <pthread.h>

#include "common/base/counters.h"

#define BATCH_COUNTERS(X)                                                                          \
    X(BATCH_RUNS, "runs", COUNTER, "runs", "Runs that ended well")                                 \
    X(BATCH_RUNS_FAILED, "runs_failed", COUNTER, "runs", "Runs that ended with an error")          \
    X(BATCH_DAYS, "periods_made{kind=\"day\"}", COUNTER, "periods", "Periods made, by kind")       \
    X(BATCH_WEEKS, "periods_made{kind=\"week\"}", COUNTER, "periods", "Periods made, by kind")     \
    X(BATCH_MONTHS, "periods_made{kind=\"month\"}", COUNTER, "periods", "Periods made, by kind")   \
    X(BATCH_ROWS, "rows_read", COUNTER, "rows", "Rows of trips that went into days")               \
    X(BATCH_REFUSED, "periods_refused", COUNTER, "periods", "Periods that could not be made")      \
    X(BATCH_RETRIES, "retries", COUNTER, "tries", "Times the database was away or busy")           \
    X(BATCH_DIRTY, "dirty", GAUGE, "days", "Days with rows newer than their figures")              \
    X(BATCH_TODO, "periods_todo", GAUGE, "periods", "Periods waiting to be made again")            \
    X(BATCH_GAPS, "gaps", GAUGE, "days", "Days without data inside a source's month")              \
    X(BATCH_ENDED, "last_run_end_timestamp_seconds", GAUGE, "seconds",                             \
      "When the last run ended, since the epoch")

enum batch_counter { BATCH_COUNTERS(TLC_COUNTER_ENUM) BATCH_COUNTER_N };

enum batch_state { BATCH_STARTING, BATCH_RUNNING, BATCH_WAITING, BATCH_IDLE, BATCH_DRAINING };

/* Shared between the threads; lock before touching what is not a counter. */
struct report {
    struct tlc_counters counters;
    struct tlc_histogram period_seconds;
    pthread_mutex_t lock;
    enum batch_state state;
    char trouble[256];    /* why the last try failed, "" when it did not */
    char last_error[256]; /* of the last run that ended, "" when there was none */
};

struct tlc_status;

void report_init(struct report *r);
void report_release(struct report *r);
void report_state(struct report *r, enum batch_state state);
/* text "": all is well again. */
void report_trouble(struct report *r, const char *text);
/* error "": it ended well. */
void report_run(struct report *r, const char *error);
/* Fills what status_http.h renders. */
void report_status(struct report *r, struct tlc_status *ret_status);

#endif
