/* Where messages come from: the border between consumer-store's core and Kafka, so that tests can
 * be the log themselves. The functions mean what those of the same name in
 * common/io/kafka_consumer.h say. */
#ifndef CONSUMER_STORE_SOURCE_H
#define CONSUMER_STORE_SOURCE_H

#include "common/io/kafka_consumer.h"

/* What Kafka keeps beside its copy of a position: by it a copy of ours is told from one that an
 * operator's tool put there. */
#define SOURCE_COMMITTED "copy of store_offset"

struct store_source {
    void *ctx;
    int (*poll)(void *ctx, int64_t wait_ms, struct tlc_kafka_batch *ret_batch, struct tlc_err *err);
    int (*seek)(void *ctx, int32_t partition, int64_t offset, struct tlc_err *err);
    int (*pause)(void *ctx, int32_t partition, bool paused, struct tlc_err *err);
    int (*commit)(void *ctx, int32_t partition, int64_t next_offset, struct tlc_err *err);
    int (*range)(void *ctx, int32_t partition, bool cached, int64_t *ret_low, int64_t *ret_high,
                 struct tlc_err *err);
    int64_t (*position)(void *ctx, int32_t partition);
    struct tlc_kafka_witness (*witness)(void *ctx, int32_t partition);
    int (*partitions)(void *ctx, int64_t *ret_n, struct tlc_err *err);
};

/* The real one. */
struct store_source source_of_kafka(struct tlc_kafka_consumer *consumer);

#endif
