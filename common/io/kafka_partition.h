/* The partitions of a consumer: where each begins, that its log is the one that was read before,
 * and where it stands. Only for kafka_consumer.c, on whose thread all of it runs. */
#ifndef TLC_IO_KAFKA_PARTITION_H
#define TLC_IO_KAFKA_PARTITION_H

#include <librdkafka/rdkafka.h>

#include "common/io/kafka_consumer.h"

/* What is known of one partition number. */
struct partition {
    bool owned;
    bool started;   /* its position is decided and librdkafka fetches from there */
    bool paused;    /* by the program */
    bool checking;  /* fetched from the witness on, to see whether it is the same log */
    bool check_due; /* the topic was gone: what comes next may be of another one */
    bool seek_due;  /* librdkafka has to be told where to go on; what comes until then is dropped */
    bool stopped;   /* librdkafka fetches no more of it, and refuses to seek: it was out of range */
    bool owned_before; /* at the beginning of this poll */
    int assigned_n;    /* times within this poll */
    int64_t expected;  /* next offset to hand out; -1: whatever comes first */
    struct tlc_kafka_witness witness;
    const rd_kafka_message_t *last; /* handed out by this poll */
};

#define FENCED_MAX 3 /* so often within a minute: there is a second one of our name */

struct tlc_kafka_consumer {
    rd_kafka_conf_t *conf; /* to begin again from */
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    struct tlc_kafka_consumer_hooks hooks;
    char *topic;
    const char *another_log_help;
    rd_kafka_message_t **kept; /* of the last poll, destroyed by the next */
    size_t kept_n;
    struct tlc_kafka_message *messages;
    size_t batch_max;
    struct partition *partitions; /* by number */
    int32_t partitions_n;
    int64_t away_until_ms; /* brokers are unreachable, 0 = not known to be */
    int64_t start_again_ms;
    bool topic_missing; /* so it said last, and nobody joins for a topic that is not there */
    bool settled;       /* this client has been given its partitions, even if none, at least once */
    bool closing;       /* what is given now is not taken up any more */
    int refused; /* why the group does not know us by our name: fenced, name taken; 0: it does */
    int64_t join_again_ms;
    int64_t fenced_at_ms[FENCED_MAX];
    int64_t fenced_n;
    struct tlc_err failure; /* of a hook or an error message; cls 0: none */
    char away_text[256];
};

/* NULL: no such partition was ever ours. */
struct partition *partition_get(struct tlc_kafka_consumer *c, int32_t number);
rd_kafka_topic_partition_list_t *partition_list(const struct tlc_kafka_consumer *c, int32_t number,
                                                int64_t offset);

/* In a rebalance callback. A partition whose start cannot be decided is taken all the same (the
 * group must go on), but paused. */
void partitions_take(struct tlc_kafka_consumer *c, rd_kafka_topic_partition_list_t *list);
void partitions_give(struct tlc_kafka_consumer *c, rd_kafka_topic_partition_list_t *list);
/* Without a good-bye of the group: what was ours may be someone else's already. */
void partitions_lose(struct tlc_kafka_consumer *c);

/* Around a poll: tries again what could not be started; then sends librdkafka to where it has to
 * go on. */
void partitions_before_poll(struct tlc_kafka_consumer *c);
void partitions_after_poll(struct tlc_kafka_consumer *c);
/* Whether a message is to be handed out; takes note of it. */
bool partition_takes(struct tlc_kafka_consumer *c, const rd_kafka_message_t *m);
/* The log's end was reached there: offsets before it that held no message are passed. */
void partition_at_end(struct tlc_kafka_consumer *c, int32_t number, int64_t end);
/* The log does not hold what was to be fetched. */
void partition_out_of_range(struct tlc_kafka_consumer *c, int32_t number);
/* The topic is not there: if it comes back, it may be another one. */
void partitions_doubt(struct tlc_kafka_consumer *c);

#endif
