/* Requests under way to Kafka: the budget of memory, the batch of each request, and the reply when
 * the broker has spoken.
 *
 * Not for: HTTP parsing (http_server) or Kafka itself (kafka_producer): both are reached through
 * struct produce_ports, so that tests drive it with fakes. Any thread may call; counters are
 * atomics, the budget and the pool of batches have a lock each, taken twice a request. */
#ifndef PRODUCER_SERVER_PRODUCE_H
#define PRODUCER_SERVER_PRODUCE_H

#include <pthread.h>

#include "common/base/counters.h"
#include "common/io/http_server.h"
#include "producer-server/budget.h"
#include "producer-server/ingest.h"

struct produce_ports {
    void *kafka;
    int (*submit)(void *kafka, const struct tlc_kafka_submission *submission, struct tlc_err *err);
    bool (*ready)(void *kafka);
    int32_t (*partitions)(void *kafka);
    struct tlc_http_pending *(*suspend)(const struct tlc_http_request *request);
    void (*reply)(struct tlc_http_pending *pending, struct tlc_http_response *response);
    int64_t (*now_ns)(void);
    int64_t (*wall_ms)(void);
};

#define PRODUCE_COUNTERS(X)                                                                        \
    X(PRODUCE_RECEIVED, "records_received", COUNTER, "records", "Records that came in")            \
    X(PRODUCE_ACKED, "records_acked", COUNTER, "records", "Records acknowledged by the broker")    \
    X(PRODUCE_REFUSED, "records_refused", COUNTER, "records", "Records refused by a rule")         \
    X(PRODUCE_FAILED, "records_failed", COUNTER, "records", "Records answered with a 5xx")         \
    X(PRODUCE_MARKS, "marks", COUNTER, "records",                                                  \
      "Marks of sources (closed, opened again) acknowledged by the broker")                        \
    X(PRODUCE_REQUESTS, "requests", COUNTER, "requests",                                           \
      "Requests with records that were handled")                                                   \
    X(PRODUCE_BUDGET, "budget_refusals", COUNTER, "requests",                                      \
      "Requests turned away because the in-flight budget was spent")                               \
    X(PRODUCE_SHARE, "share_refusals", COUNTER, "requests",                                        \
      "Requests turned away because their client held its share of the budget")                    \
    X(PRODUCE_AWAY, "broker_refusals", COUNTER, "requests",                                        \
      "Requests turned away because the broker was not reachable or a stop was under way")         \
    X(PRODUCE_BYTES_IN_FLIGHT, "in_flight_bytes", GAUGE, "bytes",                                  \
      "Request bodies held until they are acknowledged")                                           \
    X(PRODUCE_REQUESTS_IN_FLIGHT, "in_flight_requests", GAUGE, "requests",                         \
      "Requests admitted and not yet answered")                                                    \
    X(PRODUCE_DRAIN_RATE, "drain_bytes_per_second", GAUGE, "bytes a second",                       \
      "Measured rate at which the budget is given back")
enum produce_counter { PRODUCE_COUNTERS(TLC_COUNTER_ENUM) PRODUCE_COUNTER_N };

struct produce_request; /* one request under way, from a pool */

struct produce {
    struct produce_ports ports;
    int64_t body_max;
    atomic_bool draining;
    struct budget budget;
    _Atomic int64_t requests; /* admitted */
    _Atomic int64_t released; /* bytes given back, ever */
    _Atomic int64_t rate;     /* bytes a second, smoothed; 0 = not known yet */
    int64_t rate_at_ns, rate_released;
    struct tlc_counters counters;
    struct tlc_counters rules; /* a row for each rule that refuses */
    struct tlc_counter_def rule_defs[TLC_RULE_N];
    size_t rule_rows[TLC_RULE_N]; /* rule -> its row */
    char rule_names[TLC_RULE_N][48];
    struct tlc_histogram request_s, batch_n, ack_s;
    pthread_mutex_t lock; /* pool */
    struct produce_request *pool;
    size_t pool_n;
};

void produce_init(struct produce *p, const struct produce_ports *ports, int64_t inflight_max,
                  int64_t body_max);
/* Nothing may be under way. */
void produce_release(struct produce *p);

/* Before a body is read: takes its length (the maximum where it is unknown, -1) from the budget, or
 * says 503, or 429 to a client that holds its share. */
int produce_admit(struct produce *p, uint64_t peer, int64_t length,
                  struct tlc_http_response *ret_response);
void produce_give_back(struct produce *p, uint64_t peer, int64_t length);

/* A batch of its own for a request; NULL: out of memory. Ends with produce_send or produce_drop. */
struct produce_request *produce_begin(struct produce *p);
struct ingest *produce_batch(struct produce_request *q);
void produce_drop(struct produce_request *q);
/* Hands the batch to the broker and answers request when it has acknowledged, whatever comes first.
 * Takes q. */
enum tlc_http_verdict produce_send(struct produce_request *q,
                                   const struct tlc_http_request *request,
                                   struct tlc_http_response *ret_response, bool marks);
/* Once a second or so: measures how fast the budget drains. */
void produce_step(struct produce *p, int64_t now_ns);
/* Seconds after which a client may find room again, 1 to 30. */
int produce_retry_after_s(struct produce *p);

#endif
