/* Leaving a consumer group, past what librdkafka cannot do. Not for other parts than
 * kafka_consumer.c, on whose thread it runs. */
#ifndef TLC_IO_KAFKA_LEAVE_H
#define TLC_IO_KAFKA_LEAVE_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

/* Whether the group has answered us. */
bool kafka_has_member_id(rd_kafka_t *rk);
/* Drops the oldest of the queue and runs the callbacks before it. false: nothing was there.
 * *topic_missing: set when that was its message. */
bool kafka_discard(rd_kafka_queue_t *queue, int64_t wait_ms, bool *topic_missing);
/* Takes what the group assigns, paused: it waits for an answer, and the program is done. In a
 * rebalance callback. */
void kafka_park(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list);
/* Closes the consumer; rebalance callbacks run in here. false: not in time, and rk must not be
 * destroyed: that would wait without end. */
bool kafka_leave(rd_kafka_t *rk, int64_t wait_ms);
/* rd_kafka_destroy, but for 3 s at most: a thread of its own that it waits for may never end (seen
 * with 2.0.2). false: the client stays until the process ends. For producers too. */
bool kafka_end(rd_kafka_t *rk);
/* After kafka_leave. unsettled: it may have been let in without having been assigned anything. */
void kafka_destroy(rd_kafka_t *rk, rd_kafka_queue_t *queue, bool unsettled);

#endif
