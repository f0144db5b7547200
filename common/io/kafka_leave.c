#include "common/io/kafka_leave.h"

#include "common/base/clock.h"

#define POLL_MS 20
#define DESTROYS_UNSETTLED 0x02030000 /* the version that does */

bool kafka_has_member_id(rd_kafka_t *rk)
{
    char *id = rd_kafka_memberid(rk);
    bool has = id && id[0] != '\0';
    rd_kafka_mem_free(rk, id);
    return has;
}

void kafka_park(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++) {
        list->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    rd_kafka_pause_partitions(rk, list);
    rd_kafka_error_t *error = rd_kafka_incremental_assign(rk, list);
    if (error) {
        rd_kafka_error_destroy(error); /* they go with the membership */
    }
}

bool kafka_discard(rd_kafka_queue_t *queue, int64_t wait_ms, bool *topic_missing)
{
    rd_kafka_message_t *m = rd_kafka_consume_queue(queue, (int)wait_ms);
    if (!m) {
        return false;
    }
    if (m->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        m->err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) {
        *topic_missing = true;
    }
    rd_kafka_message_destroy(m);
    return true;
}

/* rd_kafka_consumer_close has no deadline, and until 2.4 it waits forever when an assignment comes
 * together with the request to close (librdkafka's issue 4527). */
bool kafka_leave(rd_kafka_t *rk, int64_t wait_ms)
{
    int64_t until_ms = tlc_now_ms() + wait_ms;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(rk, queue);
    bool closed = error != NULL; /* after a fatal error there is nothing to leave */
    if (error) {
        rd_kafka_error_destroy(error);
    }
    while (!closed && tlc_now_ms() < until_ms) {
        bool ignored;
        (void)kafka_discard(queue, POLL_MS, &ignored);
        closed = rd_kafka_consumer_closed(rk) != 0;
    }
    if (closed) {
        rd_kafka_queue_destroy(queue);
    }
    return closed;
}

/* Before 2.3 librdkafka aborts the process when a client is destroyed between the answer to its
 * first joining and its first assignment, whatever the flags (its issue 4312). One that may be
 * there stays until the process ends, which is soon: out of the group, its threads idle. */
void kafka_destroy(rd_kafka_t *rk, rd_kafka_queue_t *queue, bool unsettled)
{
    if (unsettled && rd_kafka_version() < DESTROYS_UNSETTLED) {
        return;
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
}
