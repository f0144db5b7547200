#include "common/io/kafka_leave.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/clock.h"

#define POLL_MS 20
#define DESTROY_MS 3000               /* it takes milliseconds, or for ever */
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
    (void)kafka_end(rk);
}

/* Shared with a thread that may never return: who is the last to leave frees it. */
struct ending {
    rd_kafka_t *rk;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool done, alone; /* alone: nobody waits any more */
};

static void ending_free(struct ending *e)
{
    pthread_cond_destroy(&e->ended);
    pthread_mutex_destroy(&e->lock);
    free(e);
}

static void *destroy(void *ctx)
{
    struct ending *e = ctx;
    rd_kafka_destroy(e->rk);
    pthread_mutex_lock(&e->lock);
    e->done = true;
    bool alone = e->alone;
    pthread_cond_signal(&e->ended);
    pthread_mutex_unlock(&e->lock);
    if (alone) {
        ending_free(e);
    }
    return NULL;
}

/* NULL: no memory, or no thread. */
static struct ending *ending_start(rd_kafka_t *rk)
{
    struct ending *e = calloc(1, sizeof(*e));
    pthread_attr_t attr;
    pthread_t thread;
    if (!e) {
        return NULL;
    }
    e->rk = rk;
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->ended, NULL);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    int failed = pthread_create(&thread, &attr, destroy, e);
    pthread_attr_destroy(&attr);
    if (failed) {
        ending_free(e);
        return NULL;
    }
    return e;
}

bool kafka_end(rd_kafka_t *rk)
{
    struct ending *e = ending_start(rk);
    if (!e) {
        rd_kafka_destroy(rk);
        return true;
    }
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += DESTROY_MS / 1000;
    int rc = 0;
    pthread_mutex_lock(&e->lock);
    while (!e->done && rc != ETIMEDOUT) {
        rc = pthread_cond_timedwait(&e->ended, &e->lock, &until);
    }
    bool done = e->done;
    e->alone = !done;
    pthread_mutex_unlock(&e->lock);
    if (done) {
        ending_free(e);
    }
    return done;
}
