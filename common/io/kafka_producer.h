/* Kafka producer: one idempotent librdkafka producer, whole batches in, one callback a batch out.
 *
 * acks=all, enable.idempotence, lz4, partitioner murmur2 on the key (as Java clients do). Payloads
 * are not copied: they must stay until the batch is done. Any thread may submit; done runs on the
 * producer's own thread, or within submit when that is the last to know. A thread of its own looks
 * after the topic: it makes it when it is missing and notices when the brokers are away. */
#ifndef TLC_IO_KAFKA_PRODUCER_H
#define TLC_IO_KAFKA_PRODUCER_H

#include "common/base/err.h"
#include "common/base/opts.h"

struct tlc_kafka_producer;
struct tlc_counters;

struct tlc_kafka_record {
    struct tlc_str key;   /* n 0: none, then partition must be set */
    struct tlc_str value; /* borrowed until done */
    int32_t partition;    /* -1: by key */
    uint32_t tag;         /* the caller's: which line of its request this was */
};

struct tlc_kafka_submission {
    const struct tlc_kafka_record *records; /* borrowed during submit only */
    size_t n;
    void *ctx;
    /* Once, when every record is acknowledged or has failed for good. acked + failed = n. error: of
     * the first failed one, "" else. */
    void (*done)(void *ctx, size_t acked, size_t failed, const char *error);
};

struct tlc_kafka_producer_options {
    const char *brokers, *topic, *client_id;
    const struct tlc_opt_list *properties; /* -X name=value; the last word */
    int64_t partitions;                    /* of a topic that has to be made */
    int64_t replication;
    int64_t ack_timeout_ms; /* a record not acknowledged by then has failed */
    int64_t linger_ms;
};

/* Makes the topic when it is missing. The brokers may be away: then it opens all the same and ready
 * says no. */
TLC_MUST int tlc_kafka_producer_open(const struct tlc_kafka_producer_options *options,
                                     struct tlc_kafka_producer **ret_producer, struct tlc_err *err);
/* Takes nothing more (submit says TLC_RETRY), waits up to wait_ms for what is in flight, then fails
 * the rest: afterwards every done was called. */
void tlc_kafka_producer_drain(struct tlc_kafka_producer *producer, int64_t wait_ms);
/* Drains, then closes. */
void tlc_kafka_producer_close(struct tlc_kafka_producer **producer, int64_t wait_ms);
/* Never blocks. TLC_RETRY: the queue is full, nothing was taken, done will not be called. */
TLC_MUST int tlc_kafka_producer_submit(struct tlc_kafka_producer *producer,
                                       const struct tlc_kafka_submission *submission,
                                       struct tlc_err *err);
/* Number of partitions of the topic; 0 while it is not known. */
int32_t tlc_kafka_producer_partitions(struct tlc_kafka_producer *producer);
/* A broker is reachable and the topic is there. Cheap: from the last statistics or error callback.
 */
bool tlc_kafka_producer_ready(struct tlc_kafka_producer *producer);
/* Why it is not ready, or what went wrong last: one line, "" when nothing did. Returns dst. */
const char *tlc_kafka_producer_trouble(struct tlc_kafka_producer *producer, char dst[256]);
/* Records in flight, acknowledged, failed, broker errors ... for /metrics. */
const struct tlc_counters *tlc_kafka_producer_counters(const struct tlc_kafka_producer *producer);

#endif
