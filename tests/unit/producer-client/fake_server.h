/* A transport that keeps the calls until the test answers them, and a clock that the test moves. */
#ifndef TLC_TESTS_UNIT_PRODUCER_CLIENT_FAKE_SERVER_H
#define TLC_TESTS_UNIT_PRODUCER_CLIENT_FAKE_SERVER_H

#include "producer-client/sender.h"

#define FAKE_CALLS_MAX 256

struct fake_server {
    struct tlc_http_call calls[FAKE_CALLS_MAX]; /* not answered yet, in the order of sending */
    size_t n;
    size_t sent_n; /* ever */
};

static int64_t fake_now_ms;

static int64_t fake_clock(void)
{
    return fake_now_ms;
}

static int fake_submit(void *ctx, const struct tlc_http_call *call, struct tlc_err *err)
{
    (void)err;
    struct fake_server *f = ctx;
    assert_true(f->n < FAKE_CALLS_MAX);
    f->calls[f->n++] = *call;
    f->sent_n++;
    return 0;
}

static struct sender_ports fake_ports(struct fake_server *f)
{
    *f = (struct fake_server){.n = 0};
    fake_now_ms = 1000;
    return (struct sender_ports){f, fake_submit, fake_clock};
}

static inline size_t fake_lines(const struct tlc_http_call *call)
{
    size_t n = 0;
    for (size_t i = 0; i < call->body.n; i++) {
        n += call->body.p[i] == '\n';
    }
    return n;
}

static inline void fake_answer(struct fake_server *f, size_t i, int status, const char *reply,
                               int64_t retry_after_ms)
{
    assert_true(i < f->n);
    struct tlc_http_call call = f->calls[i];
    memmove(&f->calls[i], &f->calls[i + 1], (f->n - i - 1) * sizeof f->calls[0]);
    f->n--;
    call.done(call.ctx, status, tlc_str_from(reply), retry_after_ms, status == 0 ? "refused" : "");
}

/* 200: all of it stored. */
static inline void fake_store(struct fake_server *f, size_t i)
{
    char reply[64];
    snprintf(reply, sizeof reply, "{\"accepted\":%zu,\"refused\":0}\n", fake_lines(&f->calls[i]));
    fake_answer(f, i, 200, reply, -1);
}

#endif
