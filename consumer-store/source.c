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
    return tlc_kafka_consumer_commit(ctx, partition, next_offset, TLC_STR(SOURCE_COMMITTED), false,
                                     err);
}

static int source_range(void *ctx, int32_t partition, bool cached, int64_t *ret_low,
                        int64_t *ret_high, struct tlc_err *err)
{
    return tlc_kafka_consumer_range(ctx, partition, cached, ret_low, ret_high, err);
}

static int64_t source_position(void *ctx, int32_t partition)
{
    return tlc_kafka_consumer_position(ctx, partition);
}

static struct tlc_kafka_witness source_witness(void *ctx, int32_t partition)
{
    return tlc_kafka_consumer_witness(ctx, partition);
}

static int source_partitions(void *ctx, int64_t *ret_n, struct tlc_err *err)
{
    return tlc_kafka_consumer_partitions(ctx, ret_n, err);
}

struct store_source source_of_kafka(struct tlc_kafka_consumer *consumer)
{
    return (struct store_source){.ctx = consumer,
                                 .poll = source_poll,
                                 .seek = source_seek,
                                 .pause = source_pause,
                                 .commit = source_commit,
                                 .range = source_range,
                                 .position = source_position,
                                 .witness = source_witness,
                                 .partitions = source_partitions};
}
