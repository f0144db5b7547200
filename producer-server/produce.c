#include "producer-server/produce.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/log.h"

#define POOL_MAX 128
#define POOL_BATCH_BYTES_MAX ((size_t)512 * 1024) /* a larger batch is not kept */
#define RETRY_MAX_S 30
#define MARK_REPLY_MAX 64

static const struct tlc_counter_def produce_defs[] = {PRODUCE_COUNTERS(TLC_COUNTER_DEF)};

static const double seconds_bounds[] = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1,
                                        0.2,   0.5,   1,     2,    5,    10,   30};
static const double batch_bounds[] = {1,   2,    5,    10,   20,    50,    100,  200,
                                      500, 1000, 2000, 5000, 10000, 20000, 50000};

struct produce_request {
    struct produce *produce;
    struct produce_request *next; /* pool */
    struct ingest batch;
    struct tlc_http_pending *pending;
    int64_t started_ns, submitted_ns;
    bool marks;
};

/* Rules that only flag never refuse: they have no row. */
static void rules_init(struct produce *p)
{
    size_t n = 0;
    for (size_t i = 0; i < TLC_RULE_N; i++) {
        const struct tlc_rule_info *rule = tlc_rule_info((enum tlc_rule)i);
        if (rule->level != TLC_LEVEL_REJECT) {
            continue;
        }
        snprintf(p->rule_names[n], sizeof p->rule_names[n], "refusals{rule=\"%s\"}", rule->id);
        p->rule_defs[n] = (struct tlc_counter_def){p->rule_names[n], TLC_COUNTER, "records",
                                                   "Records refused, by rule"};
        p->rule_rows[i] = n++;
    }
    tlc_counters_init(&p->rules, p->rule_defs, n);
}

void produce_init(struct produce *p, const struct produce_ports *ports, int64_t inflight_max,
                  int64_t body_max)
{
    memset(p, 0, sizeof *p);
    p->ports = *ports;
    budget_init(&p->budget, inflight_max);
    p->body_max = body_max;
    p->rate_at_ns = ports->now_ns();
    tlc_counters_init(&p->counters, produce_defs, PRODUCE_COUNTER_N);
    rules_init(p);
    tlc_histogram_init(&p->request_s, "request_seconds", "Time from the body to the reply",
                       seconds_bounds, TLC_COUNT(seconds_bounds));
    tlc_histogram_init(&p->batch_n, "batch_events", "Records of a request", batch_bounds,
                       TLC_COUNT(batch_bounds));
    tlc_histogram_init(&p->ack_s, "ack_seconds", "Time from the producer to its acknowledgement",
                       seconds_bounds, TLC_COUNT(seconds_bounds));
    pthread_mutex_init(&p->lock, NULL);
}

static void request_free(struct produce_request *q)
{
    ingest_release(&q->batch);
    free(q);
}

void produce_release(struct produce *p)
{
    while (p->pool) {
        struct produce_request *q = p->pool;
        p->pool = q->next;
        request_free(q);
    }
    pthread_mutex_destroy(&p->lock);
    budget_release(&p->budget);
}

/* --- the budget --- */

static int64_t charge(const struct produce *p, int64_t length)
{
    return length < 0 ? p->body_max : length;
}

int produce_retry_after_s(struct produce *p)
{
    int64_t rate = atomic_load(&p->rate);
    if (rate <= 0) {
        return 1;
    }
    int64_t s = (atomic_load(&p->budget.bytes) + rate - 1) / rate;
    return s < 1 ? 1 : s > RETRY_MAX_S ? RETRY_MAX_S : (int)s;
}

static int turn_away(struct produce *p, struct tlc_http_response *r, int status, const char *rule,
                     const char *text)
{
    tlc_http_error(r, status, rule, "%s", text);
    tlc_http_header_add(r, "Retry-After", "%d", produce_retry_after_s(p));
    return status;
}

int produce_admit(struct produce *p, uint64_t peer, int64_t length,
                  struct tlc_http_response *ret_response)
{
    if (atomic_load(&p->draining)) {
        tlc_counter_add(&p->counters, PRODUCE_AWAY, 1);
        return turn_away(p, ret_response, 503, "stopping", "this server is stopping");
    }
    if (!p->ports.ready(p->ports.kafka)) {
        tlc_counter_add(&p->counters, PRODUCE_AWAY, 1);
        return turn_away(p, ret_response, 503, "broker_unavailable",
                         "the Kafka broker is not reachable or the topic is not there");
    }
    int64_t bytes = charge(p, length);
    int64_t now_ns = p->ports.now_ns();
    /* One that was turned away has until a second after its Retry-After to come back. */
    int64_t back_ns = now_ns + (produce_retry_after_s(p) + 1) * INT64_C(1000000000);
    switch (budget_take(&p->budget, peer, bytes, now_ns, back_ns)) {
    case BUDGET_SPENT:
        tlc_counter_add(&p->counters, PRODUCE_BUDGET, 1);
        return turn_away(p, ret_response, 503, "busy", "too much is in flight already");
    case BUDGET_OVER_SHARE:
        tlc_counter_add(&p->counters, PRODUCE_SHARE, 1);
        return turn_away(p, ret_response, 429, "over_share",
                         "others are waiting, and this client has its share in flight");
    case BUDGET_TAKEN: break;
    }
    tlc_counter_set(&p->counters, PRODUCE_BYTES_IN_FLIGHT, atomic_load(&p->budget.bytes));
    tlc_counter_set(&p->counters, PRODUCE_REQUESTS_IN_FLIGHT,
                    atomic_fetch_add(&p->requests, 1) + 1);
    return 0;
}

void produce_give_back(struct produce *p, uint64_t peer, int64_t length)
{
    int64_t bytes = charge(p, length);
    atomic_fetch_add(&p->released, bytes);
    budget_give_back(&p->budget, peer, bytes);
    tlc_counter_set(&p->counters, PRODUCE_BYTES_IN_FLIGHT, atomic_load(&p->budget.bytes));
    tlc_counter_set(&p->counters, PRODUCE_REQUESTS_IN_FLIGHT,
                    atomic_fetch_sub(&p->requests, 1) - 1);
}

void produce_step(struct produce *p, int64_t now_ns)
{
    int64_t passed_ms = (now_ns - p->rate_at_ns) / 1000000;
    if (passed_ms < 100) {
        return;
    }
    int64_t released = atomic_load(&p->released);
    int64_t now = (released - p->rate_released) * 1000 / passed_ms;
    /* Idle seconds say nothing of how fast it could drain. */
    if (now > 0) {
        int64_t old = atomic_load(&p->rate);
        atomic_store(&p->rate, old == 0 ? now : (old * 3 + now) / 4);
        tlc_counter_set(&p->counters, PRODUCE_DRAIN_RATE, atomic_load(&p->rate));
    }
    p->rate_released = released;
    p->rate_at_ns = now_ns;
}

/* --- requests --- */

struct produce_request *produce_begin(struct produce *p)
{
    pthread_mutex_lock(&p->lock);
    struct produce_request *q = p->pool;
    if (q) {
        p->pool = q->next;
        p->pool_n--;
    }
    pthread_mutex_unlock(&p->lock);
    if (!q) {
        q = calloc(1, sizeof *q);
        if (!q) {
            return NULL;
        }
        q->produce = p;
        ingest_init(&q->batch, (size_t)p->body_max);
    }
    ingest_reset(&q->batch);
    q->batch.now_s = p->ports.wall_ms() / 1000;
    q->started_ns = p->ports.now_ns();
    return q;
}

struct ingest *produce_batch(struct produce_request *q)
{
    return &q->batch;
}

void produce_drop(struct produce_request *q)
{
    struct produce *p = q->produce;
    tlc_histogram_observe(&p->request_s, (double)(p->ports.now_ns() - q->started_ns) / 1e9);
    bool keep = ingest_held_bytes(&q->batch) <= POOL_BATCH_BYTES_MAX;
    pthread_mutex_lock(&p->lock);
    if (p->pool_n < POOL_MAX && keep) {
        q->next = p->pool;
        p->pool = q;
        p->pool_n++;
        q = NULL;
    }
    pthread_mutex_unlock(&p->lock);
    if (q) {
        request_free(q);
    }
}

/* 200 all, 207 some, 422 none usable, 400 not even JSON; what failed outweighs them all. */
static void respond(struct produce_request *q, size_t acked, size_t failed, const char *error,
                    struct tlc_http_response *r)
{
    struct produce *p = q->produce;
    const struct ingest *b = &q->batch;
    if (failed > 0) {
        tlc_http_error(r, 503, "not_acknowledged",
                       "%zu of %zu records were not acknowledged (%s): send the whole batch again",
                       failed, acked + failed, error);
        tlc_http_header_add(r, "Retry-After", "%d", produce_retry_after_s(p));
        return;
    }
    bool none = acked == 0;
    r->status = b->refused == 0 ? 200 : !none ? 207 : ingest_not_json(b) ? 400 : 422;
    if (q->marks) {
        tlc_buf_init(&r->body, MARK_REPLY_MAX);
        tlc_buf_printf(&r->body, "{\"partitions\":%zu}\n", acked);
        return;
    }
    ingest_encode(b, acked, &r->body);
}

static void count_fate(struct produce_request *q, size_t acked, size_t failed)
{
    struct tlc_counters *c = &q->produce->counters;
    if (q->marks) {
        tlc_counter_add(c, PRODUCE_MARKS, (int64_t)acked);
        return;
    }
    tlc_counter_add(c, PRODUCE_ACKED, (int64_t)acked);
    if (failed > 0) {
        tlc_counter_add(c, PRODUCE_FAILED, (int64_t)failed);
    }
}

/* The broker has spoken about every record. The reply goes last: with it the body may be gone. */
static void on_done(void *ctx, size_t acked, size_t failed, const char *error)
{
    struct produce_request *q = ctx;
    struct produce *p = q->produce;
    struct tlc_http_pending *pending = q->pending;
    tlc_histogram_observe(&p->ack_s, (double)(p->ports.now_ns() - q->submitted_ns) / 1e9);
    count_fate(q, acked, failed);
    if (failed > 0) {
        tlc_log(TLC_WARN, "not_acknowledged", "records=%zu failed=%zu error=\"%s\"", acked + failed,
                failed, error);
    }
    struct tlc_http_response response = {0};
    respond(q, acked, failed, error, &response);
    produce_drop(q);
    p->ports.reply(pending, &response);
}

static void count_received(struct produce_request *q)
{
    struct produce *p = q->produce;
    const struct ingest *b = &q->batch;
    tlc_counter_add(&p->counters, PRODUCE_REQUESTS, 1);
    tlc_counter_add(&p->counters, PRODUCE_RECEIVED, (int64_t)b->received);
    tlc_histogram_observe(&p->batch_n, (double)b->received);
    if (b->refused == 0) {
        return;
    }
    tlc_counter_add(&p->counters, PRODUCE_REFUSED, (int64_t)b->refused);
    for (size_t i = 0; i < TLC_RULE_N; i++) {
        if (b->by_rule[i] > 0) {
            tlc_counter_add(&p->rules, p->rule_rows[i], (int64_t)b->by_rule[i]);
        }
    }
}

enum tlc_http_verdict produce_send(struct produce_request *q,
                                   const struct tlc_http_request *request,
                                   struct tlc_http_response *ret_response, bool marks)
{
    struct produce *p = q->produce;
    struct ingest *b = &q->batch;
    q->marks = marks;
    if (b->failed) { /* what was read of it is neither acked nor refused: it never came in */
        turn_away(p, ret_response, 503, "busy", "out of memory");
        produce_drop(q);
        return TLC_HTTP_REPLY;
    }
    if (!marks) {
        count_received(q);
    }
    if (b->n == 0) {
        respond(q, 0, 0, "", ret_response);
        produce_drop(q);
        return TLC_HTTP_REPLY;
    }
    q->pending = p->ports.suspend(request);
    q->submitted_ns = p->ports.now_ns();
    struct tlc_kafka_submission submission = {
        .records = b->records, .n = b->n, .ctx = q, .done = on_done};
    struct tlc_err err;
    size_t n = b->n; /* q may be gone as soon as submit has it */
    if (p->ports.submit(p->ports.kafka, &submission, &err) != 0) {
        on_done(q, 0, n, err.text);
    }
    return TLC_HTTP_PENDING;
}
