/* Where batches go: the border between consumer-store's core and PostgreSQL. pg_sink.c is the real
 * one; tests have their own.
 *
 * position is called by the reading thread, write and ledger by the writing thread; both may run at
 * the same time. */
#ifndef CONSUMER_STORE_SINK_H
#define CONSUMER_STORE_SINK_H

#include "consumer-store/batch.h"

/* Sums over all partitions of the topic, as they are durable. read = stored + duplicate + refused +
 * marks; cut + read + gaps = offsets passed. */
struct store_ledger {
    int64_t read, stored, duplicate, refused, marks;
    int64_t cut;            /* offsets that the log did not hold any more when it was read first */
    int64_t gaps;           /* others that held no message for us */
    int64_t stored_besides; /* of other topics, and of logs that this topic was before */
    int64_t partitions_min, partitions_max; /* the topic had when its partitions were read first */
};

/* Where a partition is to be read, and a message that was read of it before. */
struct store_position {
    int64_t next; /* -1: it was never read */
    struct tlc_kafka_witness witness;
};

/* What is written of a partition that is read for the first time. */
struct store_beginning {
    int64_t low;        /* the first offset that the log holds */
    int64_t partitions; /* of the topic */
};

struct store_sink {
    void *ctx;
    /* The position of a partition. When there is none yet it is made, unless beginning is NULL. */
    int (*position)(void *ctx, int32_t partition, const struct store_beginning *beginning,
                    struct store_position *ret_position, struct tlc_err *err);
    /* Writes the whole batch (encoded) in one transaction that moves the positions from `from` to
     * `to`. On success every part is BATCH_STORED or BATCH_FENCED (those were dropped from the
     * batch). TLC_RETRY: nothing is known to be written, call again with the same batch. */
    int (*write)(void *ctx, struct batch *b, struct tlc_err *err);
    int (*ledger)(void *ctx, struct store_ledger *ret_ledger, struct tlc_err *err);
};

#endif
