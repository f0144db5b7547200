#include "producer-server/server.h"

#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/stop.h"

#define STEP_MS 1000
#define REPLIES_MS 3000 /* for the last replies to reach their clients */

/* --- what the outside is for produce --- */

static int kafka_submit(void *kafka, const struct tlc_kafka_submission *submission,
                        struct tlc_err *err)
{
    return tlc_kafka_producer_submit(kafka, submission, err);
}

static bool kafka_ready(void *kafka)
{
    return tlc_kafka_producer_ready(kafka);
}

static int32_t kafka_partitions(void *kafka)
{
    return tlc_kafka_producer_partitions(kafka);
}

/* --- status --- */

static const char *not_ready(void *ctx)
{
    struct server *s = ctx;
    if (atomic_load(&s->produce.draining)) {
        return "stopping";
    }
    return tlc_kafka_producer_ready(s->producer)
               ? NULL
               : "the Kafka broker is not reachable or the topic is not there";
}

static const char *state(void *ctx)
{
    struct server *s = ctx;
    if (atomic_load(&s->produce.draining)) {
        return "draining";
    }
    return tlc_kafka_producer_ready(s->producer) ? "running" : "waiting for the broker";
}

static void detail(void *ctx, struct tlc_buf *out)
{
    struct server *s = ctx;
    tlc_buf_printf(out, ",\"partitions_n\":%d,\"retry_after_s\":%d",
                   (int)tlc_kafka_producer_partitions(s->producer),
                   produce_retry_after_s(&s->produce));
}

static void status_fill(struct server *s)
{
    s->status = (struct tlc_status){
        .name = "producer-server",
        .prefix = "server",
        .tables = {&s->produce.counters, &s->produce.rules,
                   tlc_kafka_producer_counters(s->producer)},
        .histograms = {&s->produce.request_s, &s->produce.batch_n, &s->produce.ack_s},
        .ctx = s,
        .not_ready = not_ready,
        .state = state,
        .detail = detail,
    };
    tlc_status_routes(&s->status, s->routes);
}

/* --- open --- */

static int open_producer(struct server *s, struct tlc_err *err)
{
    const struct server_options *o = s->options;
    const struct tlc_kafka_producer_options options = {
        .brokers = o->brokers,
        .topic = o->topic,
        .client_id = "producer-server",
        .properties = &o->properties,
        .partitions = o->partitions,
        .replication = o->replication,
        .ack_timeout_ms = o->ack_timeout_ms,
        .linger_ms = o->linger_ms,
    };
    return tlc_kafka_producer_open(&options, &s->producer, err);
}

static int open_http(struct server *s, struct tlc_err *err)
{
    const struct server_options *o = s->options;
    const struct tlc_http_server_options options = {
        .listen = o->listen,
        .token_file = o->token_file,
        .tls_cert = o->tls_cert,
        .tls_key = o->tls_key,
        .insecure = o->insecure,
        .connections_max = o->connections,
        .idle_ms = o->idle_ms,
        .request_ms = o->request_ms,
        .threads = o->threads,
    };
    struct tlc_http_server *http = NULL;
    int rc = tlc_http_server_open(&options, s->routes, TLC_COUNT(s->routes), &http, err);
    pthread_mutex_lock(&s->lock);
    s->http = http;
    pthread_mutex_unlock(&s->lock);
    return rc;
}

int server_open(struct server *s, const struct server_options *options, struct tlc_err *err)
{
    s->options = options;
    if (options->body_bytes > options->inflight_bytes) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE,
                             "--body %lld is more than --inflight %lld: no such body could come in",
                             (long long)options->body_bytes, (long long)options->inflight_bytes);
    }
    int rc = open_producer(s, err);
    if (rc != 0) {
        return rc;
    }
    const struct produce_ports ports = {
        .kafka = s->producer,
        .submit = kafka_submit,
        .ready = kafka_ready,
        .partitions = kafka_partitions,
        .suspend = tlc_http_suspend,
        .reply = tlc_http_reply,
        .now_ns = tlc_now_ns,
        .wall_ms = tlc_wall_ms,
    };
    produce_init(&s->produce, &ports, options->inflight_bytes, options->body_bytes);
    s->produce_open = true;
    status_fill(s);
    routes_fill(&s->produce, s->routes + TLC_STATUS_ROUTES_N);
    rc = open_http(s, err);
    if (rc != 0) {
        return rc;
    }
    s->status.tables[3] = tlc_http_server_counters(s->http);
    tlc_log(TLC_INFO, "listening", "address=%s port=%d scheme=%s topic=%s brokers=%s",
            options->listen, tlc_http_server_port(s->http), options->tls_cert ? "https" : "http",
            options->topic, options->brokers);
    return 0;
}

/* --- run --- */

/* Told when it changes, and what it waits for when that changes. */
static void log_readiness(struct server *s)
{
    char why[256] = "";
    bool ready = tlc_kafka_producer_ready(s->producer);
    if (!ready) {
        tlc_kafka_producer_trouble(s->producer, why);
    }
    if (ready == s->was_ready && strcmp(why, s->trouble) == 0) {
        return;
    }
    s->was_ready = ready;
    memcpy(s->trouble, why, sizeof s->trouble);
    if (ready) {
        tlc_log(TLC_INFO, "broker_ready", "partitions=%d",
                (int)tlc_kafka_producer_partitions(s->producer));
    } else {
        tlc_log(TLC_WARN, "broker_away", "brokers=%s reason=\"%s\"", s->options->brokers, why);
    }
}

static void wait_for_requests(struct server *s, int64_t wait_ms)
{
    int64_t until = tlc_now_ms() + wait_ms;
    while (atomic_load(&s->produce.requests) > 0 && tlc_now_ms() < until) {
        tlc_sleep_ms(5);
    }
}

static void drain(struct server *s)
{
    atomic_store(&s->produce.draining, true);
    tlc_http_server_quiesce(s->http);
    tlc_log(TLC_INFO, "draining", "requests=%lld", (long long)atomic_load(&s->produce.requests));
    wait_for_requests(s, s->options->drain_ms);
    tlc_kafka_producer_drain(s->producer, 1000);
    wait_for_requests(s, REPLIES_MS);
}

void server_run(struct server *s)
{
    while (!tlc_stop_wait(STEP_MS)) {
        produce_step(&s->produce, tlc_now_ns());
        log_readiness(s);
    }
    drain(s);
}

void server_close(struct server *s)
{
    pthread_mutex_lock(&s->lock);
    struct tlc_http_server *http = s->http;
    s->http = NULL;
    pthread_mutex_unlock(&s->lock);
    if (s->producer) {
        tlc_kafka_producer_drain(s->producer, 0); /* answers whatever still waits */
    }
    tlc_http_server_close(&http);
    tlc_kafka_producer_close(&s->producer, 0);
    if (s->produce_open) {
        produce_release(&s->produce);
    }
}

void server_reload(void *server)
{
    struct server *s = server;
    struct tlc_err err = {0};
    pthread_mutex_lock(&s->lock);
    int rc = s->http ? tlc_http_server_reload_tokens(s->http, &err) : 0;
    pthread_mutex_unlock(&s->lock);
    if (rc != 0) {
        tlc_log(TLC_ERROR, "tokens_kept", "reason=\"%s\"", err.text);
    } else {
        tlc_log(TLC_INFO, "tokens_read", "file=%s",
                s->options && s->options->token_file ? s->options->token_file : "-");
    }
}

void server_report(const struct server *s)
{
    tlc_counters_report(&s->produce.counters, stderr);
}
