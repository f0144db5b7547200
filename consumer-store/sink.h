/* Where batches go: the border between consumer-store's core and PostgreSQL. pg_sink.c is the real
 * one; tests have their own.
 *
 * position is called by the reading thread, write and ledger by the writing thread; both may run at
 * the same time. */
#ifndef CONSUMER_STORE_SINK_H
#define CONSUMER_STORE_SINK_H

#include "consumer-store/batch.h"

/* Sums over all partitions of the topic, as they are durable. read = stored + duplicate + refused +
 * marks. */
struct store_ledger {
    int64_t read, stored, duplicate, refused, marks;
};

struct store_sink {
    void *ctx;
    /* The position of a partition. When there is none yet it is made: low. */
    int (*position)(void *ctx, int32_t partition, int64_t low, int64_t *ret_next,
                    struct tlc_err *err);
    /* Writes the whole batch (encoded) in one transaction that moves the positions from `from` to
     * `to`. On success every part is BATCH_STORED or BATCH_FENCED (those were dropped from the
     * batch). TLC_RETRY: nothing is known to be written, call again with the same batch. */
    int (*write)(void *ctx, struct batch *b, struct tlc_err *err);
    int (*ledger)(void *ctx, struct store_ledger *ret_ledger, struct tlc_err *err);
};

#endif
