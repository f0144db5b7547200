/* A log and a database in memory, for consumer-store's core.
 *
 * fake_db keeps what store_offset would, and how often each message was written. Several sinks may
 * share one, as instances do. fake_source reads one log; partitions come and go when the test says
 * so, within the next poll, as with Kafka. */
#ifndef TLC_TESTS_CONSUMER_STORE_FAKES_H
#define TLC_TESTS_CONSUMER_STORE_FAKES_H

#include <pthread.h>

#include "consumer-store/store.h"

#define FAKE_PARTITIONS 4
#define FAKE_LENGTH 4000 /* messages of a partition at most */
#define FAKE_VALUE 200   /* bytes of a message at most */
#define FAKE_POLL 300    /* messages of a poll at most */

struct fake_log {
    struct fake_message {
        char text[FAKE_VALUE];
        size_t n;
        bool gap; /* an offset without a message */
    } messages[FAKE_PARTITIONS][FAKE_LENGTH];
    int64_t low[FAKE_PARTITIONS], high[FAKE_PARTITIONS];
};

/* Appends an event of a trip of green 2024-01. */
void fake_log_event(struct fake_log *log, int32_t partition, int64_t row, bool end);
void fake_log_gap(struct fake_log *log, int32_t partition);
void fake_log_text(struct fake_log *log, int32_t partition, const char *text);

enum fake_outcome {
    FAKE_DONE,        /* written */
    FAKE_AWAY,        /* not written, TLC_RETRY */
    FAKE_UNANSWERED,  /* written, but TLC_RETRY: the answer to COMMIT got lost */
    FAKE_NO_SUCH_ROW, /* TLC_FATAL */
};

struct fake_db {
    pthread_mutex_t lock;
    const struct fake_log *log;    /* NULL: one without gaps */
    int64_t next[FAKE_PARTITIONS]; /* -1: no row in store_offset */
    struct tlc_kafka_witness witness[FAKE_PARTITIONS];
    int64_t partitions[FAKE_PARTITIONS]; /* of the topic, when it was read first */
    uint8_t written[FAKE_PARTITIONS][FAKE_LENGTH];
    struct store_ledger ledger;
    int tries, fenced;
    enum fake_outcome all; /* what every try ends in ... */
    unsigned trouble; /* ... unless this many of 100 tries, by rng, are FAKE_AWAY or _UNANSWERED */
    uint64_t rng;
    bool positions_away; /* the reading thread cannot ask */
};

struct fake_sink {
    struct fake_db *db;
    bool unknown; /* as in pg_sink.c */
    int32_t unanswered[FAKE_PARTITIONS];
    size_t unanswered_n;
};

void fake_db_init(struct fake_db *db);
void fake_db_release(struct fake_db *db);
void fake_db_set(struct fake_db *db, enum fake_outcome all);
int fake_db_tries(struct fake_db *db);
/* Messages of a partition below `to` that were not written exactly once, gaps that were; 0 is
 * right. */
int64_t fake_db_faults(struct fake_db *db, int32_t partition, int64_t from, int64_t to);
struct store_sink fake_sink(struct fake_sink *sink);

struct fake_source {
    struct fake_log *log;
    struct tlc_kafka_consumer_hooks hooks;
    bool owned[FAKE_PARTITIONS], started[FAKE_PARTITIONS], paused[FAKE_PARTITIONS];
    bool wanted[FAKE_PARTITIONS]; /* what the group says; takes effect in the next poll */
    bool lost;                    /* revocations come too late */
    int64_t at[FAKE_PARTITIONS], committed[FAKE_PARTITIONS];
    int64_t last[FAKE_PARTITIONS];                 /* offset of the message handed out last, -1 */
    struct tlc_kafka_start start[FAKE_PARTITIONS]; /* what the program said at the assignment */
    struct tlc_kafka_message messages[FAKE_POLL];
    size_t poll_max;
    int seeks;
};

void fake_source_init(struct fake_source *source, struct fake_log *log);
struct store_source fake_source(struct fake_source *source);

#endif
