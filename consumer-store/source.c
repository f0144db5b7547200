#include "consumer-store/source.h"

static int source_poll(void *ctx, int64_t wait_ms, struct tlc_kafka_batch *ret_batch,
                       struct tlc_err *err)
{
    return tlc_kafka_consumer_poll(ctx, wait_ms, ret_batch, err);
}

static int source_seek(void *ctx, int32_t partition, int64_t offset, struct tlc_err *err)
{
    return tlc_kafka_consumer_seek(ctx, partition, offset, err);
}

static int source_pause(void *ctx, int32_t partition, bool paused, struct tlc_err *err)
{
    return tlc_kafka_consumer_pause(ctx, partition, paused, err);
}

static int source_commit(void *ctx, int32_t partition, int64_t next_offset, struct tlc_err *err)
{
    return tlc_kafka_consumer_commit(ctx, partition, next_offset, (struct tlc_str){NULL, 0}, false,
                                     err);
}

static int source_range(void *ctx, int32_t partition, bool cached, int64_t *ret_low,
                        int64_t *ret_high, struct tlc_err *err)
{
    return tlc_kafka_consumer_range(ctx, partition, cached, ret_low, ret_high, err);
}

struct store_source source_of_kafka(struct tlc_kafka_consumer *consumer)
{
    return (struct store_source){consumer,     source_poll,   source_seek,
                                 source_pause, source_commit, source_range};
}
