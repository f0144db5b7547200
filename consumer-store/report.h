/* What consumer-store counts, and what it tells others about itself. */
#ifndef CONSUMER_STORE_REPORT_H
#define CONSUMER_STORE_REPORT_H

#include <pthread.h>

#include "common/base/counters.h"
#include "consumer-store/sink.h"

#define STORE_COUNTERS(X)                                                                          \
    X(STORE_READ, "messages_read", COUNTER, "messages", "Messages whose fate is durable")          \
    X(STORE_STORED, "stored", COUNTER, "rows", "Rows new to trip_start or trip_end")               \
    X(STORE_DUPLICATE, "duplicate", COUNTER, "rows", "Events that were stored before")             \
    X(STORE_REFUSED, "refused", COUNTER, "messages", "Messages that went to refused_event")        \
    X(STORE_MARKS, "marks", COUNTER, "messages", "Close marks")                                    \
    X(STORE_GAPS, "gaps", COUNTER, "offsets",                                                      \
      "Offsets that held no message: marks of transactions, what was aborted or compacted")        \
    X(STORE_BATCHES, "batches", COUNTER, "batches", "Transactions committed")                      \
    X(STORE_CAREFUL, "batches_careful", COUNTER, "batches",                                        \
      "Batches written again because a row was refused")                                           \
    X(STORE_RETRIES, "retries", COUNTER, "tries", "Batches tried again after a failure")           \
    X(STORE_FENCED, "fenced", COUNTER, "partitions",                                               \
      "Parts of batches dropped because someone else had moved on")                                \
    X(STORE_CONNECTS, "connects", COUNTER, "connections", "Connections made to write")             \
    X(STORE_ROWS_LAST, "batch_rows", GAUGE, "rows", "Rows of the last batch")                      \
    X(STORE_ASSIGNED, "partitions_assigned", GAUGE, "partitions", "Partitions that are ours")      \
    X(STORE_LAG, "lag", GAUGE, "messages", "Messages of our partitions not stored yet")            \
    X(STORE_PAUSED, "paused", GAUGE, "", "1 while reading rests because the database is away")

enum store_counter { STORE_COUNTERS(TLC_COUNTER_ENUM) STORE_COUNTER_N };

#define REPORT_PARTITIONS_MAX 1024
struct report_partition {
    int32_t partition;
    int64_t position, end; /* -1: not known */
};

/* Shared between the threads; lock before touching what is not a counter. */
struct report {
    struct tlc_counters counters;
    struct tlc_histogram batch_seconds;
    pthread_mutex_t lock;
    struct report_partition partitions[REPORT_PARTITIONS_MAX];
    size_t partitions_n;
    struct store_ledger ledger;
    bool ledger_known;
    bool grown; /* the topic has more partitions than when it was read first; said once */
    bool draining;
    char database[256]; /* why the database is away, "" when it is not */
    char kafka[256];    /* why Kafka is away */
};

struct tlc_status;

void report_init(struct report *r);
void report_release(struct report *r);
void report_batch(struct report *r, const struct batch *b, double seconds);
/* It only grows: an older one than the last is passed over. */
void report_ledger(struct report *r, const struct store_ledger *ledger);
/* text "": it is there again. */
void report_database(struct report *r, const char *text);
void report_kafka(struct report *r, const char *text);
void report_draining(struct report *r);
void report_partitions(struct report *r, const struct report_partition *partitions, size_t n);
/* Fills what status_http.h renders. */
void report_status(struct report *r, struct tlc_status *ret_status);

#endif
