/* Kafka consumer: librdkafka's group consumer in batches. rdkafka.h is included by
 * kafka_producer.c, kafka_consumer.c, kafka_conf.h, kafka_fault.h, kafka_leave.h and
 * kafka_partition.h only.
 *
 * Partitions come from the group (cooperative-sticky); where to begin comes from the program, by
 * the assigned hook. auto.offset.reset is never left to guess: a position that the log no longer
 * holds ends with TLC_FATAL and a message that says what is lost. One thread per consumer: hooks
 * run inside poll. */
#ifndef TLC_IO_KAFKA_CONSUMER_H
#define TLC_IO_KAFKA_CONSUMER_H

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/opts.h"

struct tlc_kafka_consumer;

struct tlc_kafka_message {
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* Kafka's: when it was produced */
    struct tlc_str key, value;
};

/* Messages of one poll: in offset order within a partition. Borrowed until the next poll or
 * tlc_kafka_consumer_close. */
struct tlc_kafka_batch {
    const struct tlc_kafka_message *messages;
    size_t n;
    size_t bytes; /* of the values */
};

/* One message of a log, by which the log is known again: another one, made under the same name, has
 * another message there, or none (docs/decisions/10-witness.md). offset -1: none is known. */
struct tlc_kafka_witness {
    int64_t offset, timestamp_ms;
    int64_t hash; /* 32 bits of key and value */
};
#define TLC_KAFKA_NO_WITNESS ((struct tlc_kafka_witness){.offset = -1})

/* Where a partition begins. */
struct tlc_kafka_start {
    int64_t offset; /* next to read; below 0: the beginning of the log */
    struct tlc_kafka_witness witness;
};

struct tlc_kafka_consumer_hooks {
    void *ctx;
    /* A partition is now ours. In: offset is the group's committed one or -1, metadata what was
     * committed with it. Out: where to begin, and a message that was read of this log before, if
     * one is known: nothing is handed out before it was found there again (retention and
     * compaction may have taken it: then nothing is said), and another log is TLC_FATAL (65). A
     * failure keeps the partition unread and is returned by poll. */
    int (*assigned)(void *ctx, int32_t partition, struct tlc_str metadata,
                    struct tlc_kafka_start *start, struct tlc_err *err);
    /* It is no longer ours: nothing of it may be written any more unless !lost (then: last chance
     * to store and commit). */
    void (*revoked)(void *ctx, int32_t partition, bool lost);
};

struct tlc_kafka_consumer_options {
    const char *brokers, *topic, *group, *client_id;
    /* Its name in the group, letters, digits, ".", "_", "-": who comes back under the same name
     * goes on at once, instead of after the session of the one that crashed. In exchange a member
     * that leaves for good is missed only after its session. NULL = none. */
    const char *instance;
    const struct tlc_opt_list *properties; /* -X name=value; the last word */
    const char *another_log_help; /* what to do then, in a sentence or two, for the error */
    int64_t batch_max;            /* messages a poll */
    int64_t queue_bytes;          /* fetched ahead, in all */
};

#define TLC_KAFKA_INSTANCE_MAX 256
/* The name in the group that an option asked for, or one made of host and listening address, which
 * is the same after a restart and unlike other instances' since nobody else listens there. given:
 * NULL = make one, "-" = none. NULL: none. */
const char *tlc_kafka_instance_name(const char *given, const char *listen,
                                    char dst[TLC_KAFKA_INSTANCE_MAX]);

TLC_MUST int tlc_kafka_consumer_open(const struct tlc_kafka_consumer_options *options,
                                     const struct tlc_kafka_consumer_hooks *hooks,
                                     struct tlc_kafka_consumer **ret_consumer, struct tlc_err *err);
/* Leaves the group (revoked is called for what was assigned). A group that is still sharing out is
 * waited for up to 3.5 s, being let go up to 4.5 s. Sets *consumer to NULL. */
void tlc_kafka_consumer_close(struct tlc_kafka_consumer **consumer);

/* Waits up to wait_ms for messages. 0 with n == 0: nothing came. TLC_RETRY: brokers away
 * (librdkafka goes on trying). */
TLC_MUST int tlc_kafka_consumer_poll(struct tlc_kafka_consumer *consumer, int64_t wait_ms,
                                     struct tlc_kafka_batch *ret_batch, struct tlc_err *err);
/* Reads on from offset; messages already fetched are dropped. */
TLC_MUST int tlc_kafka_consumer_seek(struct tlc_kafka_consumer *consumer, int32_t partition,
                                     int64_t offset, struct tlc_err *err);
TLC_MUST int tlc_kafka_consumer_pause(struct tlc_kafka_consumer *consumer, int32_t partition,
                                      bool paused, struct tlc_err *err);
/* next_offset and metadata (up to 4096 bytes); wait: until the broker has it, else in the
 * background. */
TLC_MUST int tlc_kafka_consumer_commit(struct tlc_kafka_consumer *consumer, int32_t partition,
                                       int64_t next_offset, struct tlc_str metadata, bool wait,
                                       struct tlc_err *err);
/* Partitions of the topic now, by asking. */
TLC_MUST int tlc_kafka_consumer_partitions(struct tlc_kafka_consumer *consumer, int64_t *ret_n,
                                           struct tlc_err *err);
/* The next offset to hand out; at the log's end behind it, whatever lies there without being a
 * message: marks of transactions, what was aborted or compacted. -1: not known yet. */
int64_t tlc_kafka_consumer_position(struct tlc_kafka_consumer *consumer, int32_t partition);
/* The message handed out last, by the last poll or before. */
struct tlc_kafka_witness tlc_kafka_consumer_witness(struct tlc_kafka_consumer *consumer,
                                                    int32_t partition);
/* First offset the log holds and the one after its last; from the last fetch when cached, else
 * asked. */
TLC_MUST int tlc_kafka_consumer_range(struct tlc_kafka_consumer *consumer, int32_t partition,
                                      bool cached, int64_t *ret_low, int64_t *ret_high,
                                      struct tlc_err *err);

#endif
