/* The reading side: messages from the source into a batch, full or old batches to the writer,
 * positions back from it.
 *
 * Positions come only from the sink. A part of a batch that was fenced, or whose partition was
 * given away, is dropped and read again by whoever owns the partition now. Each partition belongs
 * to one lane, which has a writer and so a connection of its own: what PostgreSQL does for one lane
 * does not wait for another. One thread drives a store: step, the hooks (from within the source's
 * poll), drain. */
#ifndef CONSUMER_STORE_STORE_H
#define CONSUMER_STORE_STORE_H

#include "consumer-store/report.h"
#include "consumer-store/source.h"
#include "consumer-store/writer.h"

#define STORE_POLL_MESSAGES 10000 /* a poll */
#define STORE_LANES_MAX 8

struct store_partition {
    bool owned;
    bool paused;
    bool misplaced; /* fenced: its position has to be read again; what comes meanwhile is dropped */
    int64_t next;   /* the next message expected from the log */
    int64_t stored_to; /* durable up to here */
};

struct store_settings {
    int64_t batch_rows;
    int64_t flush_ms;
};

struct store_lane {
    struct writer *writer;
    struct batch batches[2];
    struct batch *open;  /* is being filled */
    struct batch *spare; /* NULL while the writer has it */
};

struct store {
    struct store_settings settings;
    struct store_source source;
    struct store_sink sink; /* asked for positions */
    struct report *report;
    struct store_lane lanes[STORE_LANES_MAX]; /* partition p is in lane p % lanes_n */
    size_t lanes_n;
    struct store_partition *partitions; /* by number */
    size_t partitions_n;
    bool resting; /* partitions are paused: full, and the database is away */
    int64_t place_at_ms, publish_at_ms;
    int64_t give_back_until_ms; /* of the rebalance within the present poll; 0: none yet */
    int64_t now_ms;
};

/* source may be set later, before the first step. A lane for each of the writers, at most
 * STORE_LANES_MAX; they and report are borrowed. */
void store_init(struct store *s, const struct store_settings *settings,
                const struct store_sink *sink, struct writer *const *writers, size_t writers_n,
                struct report *report);
void store_release(struct store *s);
/* The hooks of the Kafka consumer; ctx is the store. */
struct tlc_kafka_consumer_hooks store_hooks(struct store *s);
/* One turn. TLC_RETRY: nothing is lost, say it and go on; TLC_FATAL: stop. */
TLC_MUST int store_step(struct store *s, int64_t now_ms, struct tlc_err *err);
/* Stores what was read, without reading on. TLC_RETRY: not done by the deadline; the log still has
 * the rest. */
TLC_MUST int store_drain(struct store *s, int64_t wait_ms, struct tlc_err *err);

#endif
