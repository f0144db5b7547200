/* A Kafka that keeps submissions until the test settles them, and the HTTP side of a pending reply.
 */
#ifndef TLC_TESTS_UNIT_PRODUCER_SERVER_FAKE_KAFKA_H
#define TLC_TESTS_UNIT_PRODUCER_SERVER_FAKE_KAFKA_H

#include "producer-server/produce.h"

#define FAKE_MAX 16

struct fake_kafka {
    bool ready;
    bool full;                                    /* submit says TLC_RETRY */
    struct tlc_kafka_submission flying[FAKE_MAX]; /* not settled yet */
    size_t n;
    char values[FAKE_MAX][4096]; /* of each flying one: key=value lines */
    struct tlc_http_response replies[FAKE_MAX];
    size_t replies_n;
};

static int64_t fake_now_ns;

static int64_t fake_clock(void)
{
    return fake_now_ns;
}

static int fake_submit(void *kafka, const struct tlc_kafka_submission *s, struct tlc_err *err)
{
    struct fake_kafka *f = kafka;
    if (f->full) {
        return tlc_err_set(err, TLC_RETRY, "queue full");
    }
    assert_true(f->n < FAKE_MAX);
    char *to = f->values[f->n];
    size_t at = 0;
    for (size_t i = 0; i < s->n && at < sizeof f->values[0]; i++) {
        at += (size_t)snprintf(to + at, sizeof f->values[0] - at, "%d %.*s=%.*s\n",
                               (int)s->records[i].partition, TLC_STR_ARG(s->records[i].key),
                               TLC_STR_ARG(s->records[i].value));
    }
    f->flying[f->n++] = *s;
    return 0;
}

static bool fake_ready(void *kafka)
{
    return ((struct fake_kafka *)kafka)->ready;
}

static int32_t fake_partitions(void *kafka)
{
    (void)kafka;
    return 3;
}

/* The request carries the fake where the server has its connection. */
static struct tlc_http_pending *fake_suspend(const struct tlc_http_request *request)
{
    return request->connection;
}

static void fake_reply(struct tlc_http_pending *pending, struct tlc_http_response *response)
{
    struct fake_kafka *f = (struct fake_kafka *)(void *)pending;
    assert_true(f->replies_n < FAKE_MAX);
    f->replies[f->replies_n++] = *response;
    memset(response, 0, sizeof *response);
}

static int64_t fake_wall_clock(void)
{
    return INT64_C(1704085200000); /* 2024-01-01 00:00:00 in New York */
}

static struct produce_ports fake_ports(struct fake_kafka *f)
{
    memset(f, 0, sizeof *f);
    f->ready = true;
    fake_now_ns = 1000000000;
    return (struct produce_ports){.kafka = f,
                                  .submit = fake_submit,
                                  .ready = fake_ready,
                                  .partitions = fake_partitions,
                                  .suspend = fake_suspend,
                                  .reply = fake_reply,
                                  .now_ns = fake_clock,
                                  .wall_ms = fake_wall_clock};
}

/* The oldest submission ends: that many of its records failed. */
static inline void fake_settle(struct fake_kafka *f, size_t failed)
{
    assert_true(f->n > 0);
    struct tlc_kafka_submission s = f->flying[0];
    f->n--;
    memmove(f->flying, f->flying + 1, f->n * sizeof f->flying[0]);
    memmove(f->values, f->values + 1, f->n * sizeof f->values[0]);
    s.done(s.ctx, s.n - failed, failed, failed > 0 ? "timed out" : "");
}

static inline void fake_release(struct fake_kafka *f)
{
    for (size_t i = 0; i < f->replies_n; i++) {
        tlc_http_response_release(&f->replies[i]);
    }
}

static inline const char *fake_header(const struct tlc_http_response *r, const char *name)
{
    for (size_t i = 0; i < r->headers_n; i++) {
        if (strcmp(r->headers[i].name, name) == 0) {
            return r->headers[i].value;
        }
    }
    return NULL;
}

#endif
