#include "common/io/kafka_producer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/counters.h"
#include "common/io/kafka_conf.h"
#include "common/io/kafka_leave.h"

#define CHUNK 512 /* messages handed over at once: their table stands on the stack */
#define PARTITION_PLACES 64
#define WATCH_READY_MS 5000
#define WATCH_AWAY_MS 500
#define ASK_MS 2000
#define POLL_MS 200
#define FLIGHTS_SPARE_MAX 256

#define KAFKA_COUNTERS(X)                                                                          \
    X(KAFKA_IN_FLIGHT, "kafka_records_in_flight", GAUGE, "records",                                \
      "Records handed to librdkafka and not yet acknowledged")                                     \
    X(KAFKA_ACKED, "kafka_records_acked", COUNTER, "records", "Records the broker acknowledged")   \
    X(KAFKA_FAILED, "kafka_records_failed", COUNTER, "records",                                    \
      "Records the broker did not acknowledge")                                                    \
    X(KAFKA_QUEUE_FULL, "kafka_queue_full", COUNTER, "batches",                                    \
      "Batches turned away because the queue was full")                                            \
    X(KAFKA_ERRORS, "kafka_errors", COUNTER, "errors", "Errors that librdkafka told of")           \
    X(KAFKA_TOPICS_MADE, "kafka_topics_made", COUNTER, "topics", "Topics created")
enum kafka_counter { KAFKA_COUNTERS(TLC_COUNTER_ENUM) KAFKA_COUNTER_N };
static const struct tlc_counter_def kafka_defs[] = {KAFKA_COUNTERS(TLC_COUNTER_DEF)};

/* One submission under way. The submitter holds one more share of `left`, so that it cannot end
 * before it was handed over whole. */
struct flight {
    struct flight *next; /* spare list */
    struct tlc_kafka_producer *producer;
    void (*done)(void *ctx, size_t acked, size_t failed, const char *error);
    void *ctx;
    size_t n;
    _Atomic size_t left;
    _Atomic size_t failed;
    _Atomic int error; /* rd_kafka_resp_err_t of the first failure */
};

struct tlc_kafka_producer {
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    _Atomic(rd_kafka_topic_t *) rkt; /* NULL until the topic is known to exist */
    char *topic;
    int partitions_wanted, replication;
    size_t queue_max;
    struct tlc_counters counters;
    _Atomic size_t in_flight;
    atomic_int submitting;
    atomic_bool draining, stop;
    atomic_bool ready;
    _Atomic int32_t partitions;
    pthread_mutex_t lock; /* spare, trouble */
    pthread_cond_t wake;  /* of the watcher */
    struct flight *spare;
    size_t spare_n;
    char trouble[256];
    pthread_t reporter, watcher;
    bool reporter_runs, watcher_runs;
    bool has_controller; /* the watcher's */
};

/* --- state of the outside --- */

static void trouble_set(struct tlc_kafka_producer *p, const char *text)
{
    pthread_mutex_lock(&p->lock);
    tlc_str_copy(p->trouble, sizeof p->trouble, tlc_str_from(text));
    pthread_mutex_unlock(&p->lock);
}

static void trouble_print(struct tlc_kafka_producer *p, const char *what, const char *why)
{
    char text[256];
    snprintf(text, sizeof text, "%s: %s", what, why);
    trouble_set(p, text);
}

const char *tlc_kafka_producer_trouble(struct tlc_kafka_producer *producer, char dst[256])
{
    pthread_mutex_lock(&producer->lock);
    memcpy(dst, producer->trouble, 256);
    pthread_mutex_unlock(&producer->lock);
    return dst;
}

static int32_t topic_partitions(const rd_kafka_metadata_t *m, const char *topic)
{
    for (int i = 0; i < m->topic_cnt; i++) {
        if (strcmp(m->topics[i].topic, topic) == 0 &&
            m->topics[i].err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            return m->topics[i].partition_cnt;
        }
    }
    return 0;
}

static rd_kafka_resp_err_t create_answer(rd_kafka_event_t *event, char why[256])
{
    if (!event) {
        snprintf(why, 256, "no answer");
        return RD_KAFKA_RESP_ERR__TIMED_OUT;
    }
    rd_kafka_resp_err_t rc = rd_kafka_event_error(event);
    const char *text = rd_kafka_event_error_string(event);
    const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
    size_t n = 0;
    const rd_kafka_topic_result_t **topics =
        rc == 0 && result ? rd_kafka_CreateTopics_result_topics(result, &n) : NULL;
    if (n > 0) {
        rc = rd_kafka_topic_result_error(topics[0]);
        text = rd_kafka_topic_result_error_string(topics[0]);
    }
    tlc_str_copy(why, 256, tlc_str_from(text ? text : ""));
    rd_kafka_event_destroy(event);
    return rc;
}

/* True when the topic is there now, or is made when it is first named: so does a cluster whose
 * controller is none of its brokers, which only librdkafka's mock cluster is. */
static bool topic_create(struct tlc_kafka_producer *p)
{
    char why[256];
    if (!p->has_controller) {
        return true;
    }
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(p->topic, p->partitions_wanted, p->replication, why, sizeof why);
    if (!topic) {
        trouble_print(p, "create topic", why);
        return false;
    }
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(p->rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_AdminOptions_set_request_timeout(options, 2 * ASK_MS, why, sizeof why);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(p->rk);
    rd_kafka_CreateTopics(p->rk, &topic, 1, options, queue);
    rd_kafka_resp_err_t rc = create_answer(rd_kafka_queue_poll(queue, 3 * ASK_MS), why);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_NewTopic_destroy(topic);
    if (rc == RD_KAFKA_RESP_ERR_NO_ERROR) {
        tlc_counter_add(&p->counters, KAFKA_TOPICS_MADE, 1);
        return true;
    }
    if (rc == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS ||
        rc == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE) {
        return true;
    }
    trouble_print(p, "create topic", why);
    return false;
}

/* Asks for all topics, never for one by its name: that could make the broker create it with its own
 * defaults. */
static bool watch_ask(struct tlc_kafka_producer *p, int32_t *ret_partitions)
{
    const rd_kafka_metadata_t *m = NULL;
    rd_kafka_topic_t *rkt = atomic_load(&p->rkt);
    rd_kafka_resp_err_t rc = rd_kafka_metadata(p->rk, rkt ? 0 : 1, rkt, &m, ASK_MS);
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR) {
        trouble_print(p, "brokers not reachable", rd_kafka_err2str(rc));
        return false;
    }
    *ret_partitions = topic_partitions(m, p->topic);
    int32_t controller = rd_kafka_controllerid(p->rk, 0);
    p->has_controller = false;
    for (int i = 0; i < m->broker_cnt; i++) {
        p->has_controller = p->has_controller || m->brokers[i].id == controller;
    }
    rd_kafka_metadata_destroy(m);
    return true;
}

static void watch_step(struct tlc_kafka_producer *p)
{
    int32_t n = 0;
    if (!watch_ask(p, &n)) {
        atomic_store(&p->ready, false);
        return;
    }
    if (n == 0 && !topic_create(p)) {
        atomic_store(&p->ready, false);
        return;
    }
    if (!atomic_load(&p->rkt)) {
        atomic_store(&p->rkt, rd_kafka_topic_new(p->rk, p->topic, NULL));
    }
    if (n == 0 && (!watch_ask(p, &n) || n == 0)) { /* made a moment ago: maybe not yet everywhere */
        atomic_store(&p->ready, false);
        trouble_set(p, "topic is being created");
        return;
    }
    char why[128];
    if (rd_kafka_fatal_error(p->rk, why, sizeof why) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        atomic_store(&p->ready, false);
        trouble_print(p, "producer stopped for good, restart it", why);
        return;
    }
    atomic_store(&p->partitions, n);
    if (!atomic_exchange(&p->ready, true)) {
        trouble_set(p, "");
    }
}

static void *watch_main(void *ctx)
{
    struct tlc_kafka_producer *p = ctx;
    while (!atomic_load(&p->stop)) {
        watch_step(p);
        int64_t wait_ms = atomic_load(&p->ready) ? WATCH_READY_MS : WATCH_AWAY_MS;
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += wait_ms / 1000;
        until.tv_nsec += wait_ms % 1000 * 1000000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000;
        }
        pthread_mutex_lock(&p->lock);
        if (!atomic_load(&p->stop)) {
            pthread_cond_timedwait(&p->wake, &p->lock, &until);
        }
        pthread_mutex_unlock(&p->lock);
    }
    return NULL;
}

static void watch_wake(struct tlc_kafka_producer *p)
{
    pthread_mutex_lock(&p->lock);
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
}

/* --- flights and their reports --- */

static struct flight *flight_new(struct tlc_kafka_producer *p)
{
    pthread_mutex_lock(&p->lock);
    struct flight *f = p->spare;
    if (f) {
        p->spare = f->next;
        p->spare_n--;
    }
    pthread_mutex_unlock(&p->lock);
    return f ? f : malloc(sizeof *f);
}

static void flight_free(struct tlc_kafka_producer *p, struct flight *f)
{
    pthread_mutex_lock(&p->lock);
    if (p->spare_n < FLIGHTS_SPARE_MAX) {
        f->next = p->spare;
        p->spare = f;
        p->spare_n++;
        f = NULL;
    }
    pthread_mutex_unlock(&p->lock);
    free(f);
}

/* n records (or the submitter's share) are over. */
static void flight_settle(struct flight *f, size_t n, size_t failed, rd_kafka_resp_err_t error)
{
    struct tlc_kafka_producer *p = f->producer;
    if (failed > 0) {
        int none = 0;
        atomic_compare_exchange_strong(&f->error, &none, (int)error);
        atomic_fetch_add(&f->failed, failed);
    }
    if (atomic_fetch_sub(&f->left, n) != n) {
        return;
    }
    size_t bad = atomic_load(&f->failed);
    rd_kafka_resp_err_t why = (rd_kafka_resp_err_t)atomic_load(&f->error);
    f->done(f->ctx, f->n - bad, bad, bad > 0 ? rd_kafka_err2str(why) : "");
    flight_free(p, f);
}

/* Messages of one report come in runs of the same flight and fate: one atomic step a run. */
static size_t report_run(const rd_kafka_message_t **m, size_t n, size_t *ret_failed)
{
    size_t i = 1;
    while (i < n && m[i]->_private == m[0]->_private && m[i]->err == m[0]->err) {
        i++;
    }
    *ret_failed = m[0]->err != RD_KAFKA_RESP_ERR_NO_ERROR ? i : 0;
    flight_settle(m[0]->_private, i, *ret_failed, m[0]->err);
    return i;
}

static void report_delivery(struct tlc_kafka_producer *p, rd_kafka_event_t *event)
{
    const rd_kafka_message_t *m[CHUNK];
    size_t total = 0, failed_n = 0, n;
    while ((n = rd_kafka_event_message_array(event, m, CHUNK)) > 0) {
        for (size_t i = 0, failed; i < n; failed_n += failed) {
            i += report_run(m + i, n - i, &failed);
        }
        total += n;
    }
    tlc_counter_add(&p->counters, KAFKA_ACKED, (int64_t)(total - failed_n));
    tlc_counter_add(&p->counters, KAFKA_FAILED, (int64_t)failed_n);
    rd_kafka_event_destroy(event); /* gives the places in librdkafka's queue back */
    tlc_counter_set(&p->counters, KAFKA_IN_FLIGHT,
                    (int64_t)(atomic_fetch_sub(&p->in_flight, total) - total));
    if (failed_n > 0) {
        watch_wake(p);
    }
}

static void report_error(struct tlc_kafka_producer *p, rd_kafka_event_t *event)
{
    tlc_counter_add(&p->counters, KAFKA_ERRORS, 1);
    rd_kafka_resp_err_t rc = rd_kafka_event_error(event);
    if (rc == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || rc == RD_KAFKA_RESP_ERR__FATAL) {
        atomic_store(&p->ready, false);
        trouble_print(p, rd_kafka_err2name(rc), rd_kafka_event_error_string(event));
        watch_wake(p);
    }
}

static void *report_main(void *ctx)
{
    struct tlc_kafka_producer *p = ctx;
    while (!atomic_load(&p->stop) || atomic_load(&p->in_flight) > 0) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(p->queue, POLL_MS);
        if (!event) {
            continue;
        }
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR) {
            report_delivery(p, event);
            continue;
        }
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR) {
            report_error(p, event);
        }
        rd_kafka_event_destroy(event);
    }
    return NULL;
}

/* --- submit --- */

/* Messages of one partition lie side by side, in their order: librdkafka then looks the partition
 * up once a run, not once a message, and its sender finds whole batches. Partitions share a place
 * when there are more of them than places; they stay in order all the same. */
static void sort_by_partition(const int32_t *partitions, size_t n, uint16_t ret_order[CHUNK])
{
    uint16_t at[PARTITION_PLACES + 1] = {0};
    for (size_t i = 0; i < n; i++) {
        at[(uint32_t)partitions[i] % PARTITION_PLACES + 1]++;
    }
    for (size_t i = 0; i < PARTITION_PLACES; i++) {
        at[i + 1] = (uint16_t)(at[i + 1] + at[i]);
    }
    for (size_t i = 0; i < n; i++) {
        ret_order[at[(uint32_t)partitions[i] % PARTITION_PLACES]++] = (uint16_t)i;
    }
}

/* The partition that librdkafka's partitioner "murmur2" would choose, as Java clients do;
 * unassigned while their number is not known. */
static int32_t partition_of(rd_kafka_topic_t *rkt, const struct tlc_kafka_record *r, int32_t count)
{
    if (r->partition >= 0 || count <= 0) {
        return r->partition;
    }
    return rd_kafka_msg_partitioner_murmur2(rkt, r->key.p, r->key.n, count, NULL, NULL);
}

static size_t hand_over_chunk(rd_kafka_topic_t *rkt, int32_t count,
                              const struct tlc_kafka_record *r, size_t n, struct flight *f,
                              rd_kafka_resp_err_t *ret_error)
{
    rd_kafka_message_t m[CHUNK];
    int32_t partitions[CHUNK];
    uint16_t order[CHUNK];
    for (size_t i = 0; i < n; i++) {
        partitions[i] = partition_of(rkt, &r[i], count);
    }
    sort_by_partition(partitions, n, order);
    for (size_t i = 0; i < n; i++) {
        const struct tlc_kafka_record *one = &r[order[i]];
        m[i] = (rd_kafka_message_t){
            .partition = partitions[order[i]],
            .payload = (void *)(uintptr_t)one->value.p,
            .len = one->value.n,
            .key = (void *)(uintptr_t)one->key.p,
            .key_len = one->key.n,
            ._private = f,
        };
    }
    int good =
        rd_kafka_produce_batch(rkt, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_PARTITION, m, (int)n);
    for (size_t i = 0; i < n && (size_t)good < n && *ret_error == 0; i++) {
        *ret_error = m[i].err;
    }
    return good > 0 ? (size_t)good : 0;
}

/* Returns how many were taken; *ret_error why the first other was not. */
static size_t hand_over(struct tlc_kafka_producer *p, rd_kafka_topic_t *rkt,
                        const struct tlc_kafka_submission *s, struct flight *f,
                        rd_kafka_resp_err_t *ret_error)
{
    int32_t count = atomic_load(&p->partitions);
    size_t taken = 0;
    for (size_t at = 0; at < s->n; at += CHUNK) {
        size_t n = s->n - at < CHUNK ? s->n - at : CHUNK;
        taken += hand_over_chunk(rkt, count, s->records + at, n, f, ret_error);
    }
    return taken;
}

static int submit_reserved(struct tlc_kafka_producer *p, rd_kafka_topic_t *rkt,
                           const struct tlc_kafka_submission *s, struct tlc_err *err)
{
    struct flight *f = flight_new(p);
    if (!f) {
        atomic_fetch_sub(&p->in_flight, s->n);
        return tlc_err_set(err, TLC_RETRY, "kafka: out of memory");
    }
    f->producer = p;
    f->done = s->done;
    f->ctx = s->ctx;
    f->n = s->n;
    atomic_store(&f->left, s->n + 1);
    atomic_store(&f->failed, 0);
    atomic_store(&f->error, 0);
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
    size_t taken = hand_over(p, rkt, s, f, &error);
    atomic_fetch_sub(&p->in_flight, s->n - taken);
    if (taken == 0) {
        flight_free(p, f);
        tlc_counter_add(&p->counters, KAFKA_QUEUE_FULL, 1);
        return tlc_err_set(err, TLC_RETRY, "kafka: %s", rd_kafka_err2str(error));
    }
    flight_settle(f, s->n - taken + 1, s->n - taken, error);
    return 0;
}

static int submit(struct tlc_kafka_producer *p, const struct tlc_kafka_submission *s,
                  struct tlc_err *err)
{
    rd_kafka_topic_t *rkt = atomic_load(&p->rkt);
    if (!rkt || atomic_load(&p->draining)) {
        return tlc_err_set(err, TLC_RETRY, rkt ? "kafka: stopping" : "kafka: no topic yet");
    }
    /* The place is taken before anything is handed over, so that a batch goes whole or not at all.
     */
    size_t before = atomic_fetch_add(&p->in_flight, s->n);
    if (before + s->n > p->queue_max) {
        atomic_fetch_sub(&p->in_flight, s->n);
        tlc_counter_add(&p->counters, KAFKA_QUEUE_FULL, 1);
        return tlc_err_set(err, TLC_RETRY, "kafka: %zu records wait for the broker already",
                           before);
    }
    tlc_counter_set(&p->counters, KAFKA_IN_FLIGHT, (int64_t)(before + s->n));
    return submit_reserved(p, rkt, s, err);
}

int tlc_kafka_producer_submit(struct tlc_kafka_producer *producer,
                              const struct tlc_kafka_submission *submission, struct tlc_err *err)
{
    atomic_fetch_add(&producer->submitting, 1);
    int rc = submit(producer, submission, err);
    atomic_fetch_sub(&producer->submitting, 1);
    return rc;
}

/* --- open, close --- */

static size_t queue_max_of(const rd_kafka_conf_t *conf)
{
    char text[32] = "";
    size_t n = sizeof text;
    int64_t value;
    if (rd_kafka_conf_get(conf, "queue.buffering.max.messages", text, &n) != RD_KAFKA_CONF_OK ||
        !tlc_str_to_i64(tlc_str_from(text), 1, INT32_MAX, &value)) {
        return 100000;
    }
    return (size_t)value;
}

static int start(struct tlc_kafka_producer *p, const struct tlc_kafka_producer_options *o,
                 struct tlc_err *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, NULL);
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    int rc = kafka_conf_producer(conf, o, err);
    if (rc != 0) {
        rd_kafka_conf_destroy(conf);
        return rc;
    }
    p->queue_max = queue_max_of(conf);
    char text[512];
    p->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (!p->rk) {
        rd_kafka_conf_destroy(conf);
        return tlc_err_fatal(err, TLC_EXIT_CONFIG, "kafka producer: %s", text);
    }
    p->queue = rd_kafka_queue_get_main(p->rk);
    p->reporter_runs = pthread_create(&p->reporter, NULL, report_main, p) == 0;
    p->watcher_runs = p->reporter_runs && pthread_create(&p->watcher, NULL, watch_main, p) == 0;
    if (!p->watcher_runs) {
        return tlc_err_set(err, TLC_FATAL, "kafka producer: cannot start a thread");
    }
    return 0;
}

int tlc_kafka_producer_open(const struct tlc_kafka_producer_options *options,
                            struct tlc_kafka_producer **ret_producer, struct tlc_err *err)
{
    struct tlc_kafka_producer *p = calloc(1, sizeof *p);
    if (!p) {
        return tlc_err_set(err, TLC_FATAL, "kafka producer: out of memory");
    }
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    tlc_counters_init(&p->counters, kafka_defs, KAFKA_COUNTER_N);
    p->topic = strdup(options->topic);
    p->partitions_wanted = (int)options->partitions;
    p->replication = (int)options->replication;
    trouble_set(p, "not connected yet");
    int rc = p->topic ? start(p, options, err)
                      : tlc_err_set(err, TLC_FATAL, "kafka producer: out of memory");
    if (rc != 0) {
        tlc_kafka_producer_close(&p, 0);
        return rc;
    }
    *ret_producer = p;
    return 0;
}

void tlc_kafka_producer_drain(struct tlc_kafka_producer *producer, int64_t wait_ms)
{
    struct tlc_kafka_producer *p = producer;
    atomic_store(&p->draining, true);
    while (atomic_load(&p->submitting) > 0) {
        tlc_sleep_ms(1);
    }
    if (!p->rk || !p->reporter_runs) {
        return;
    }
    rd_kafka_flush(p->rk, (int)wait_ms);
    if (atomic_load(&p->in_flight) > 0) {
        rd_kafka_purge(p->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    }
    while (atomic_load(&p->in_flight) > 0) {
        tlc_sleep_ms(1);
    }
}

void tlc_kafka_producer_close(struct tlc_kafka_producer **producer, int64_t wait_ms)
{
    struct tlc_kafka_producer *p = *producer;
    if (!p) {
        return;
    }
    *producer = NULL;
    tlc_kafka_producer_drain(p, wait_ms);
    atomic_store(&p->stop, true);
    watch_wake(p);
    if (p->watcher_runs) {
        pthread_join(p->watcher, NULL);
    }
    if (p->reporter_runs) {
        pthread_join(p->reporter, NULL);
    }
    if (atomic_load(&p->rkt)) {
        rd_kafka_topic_destroy(atomic_load(&p->rkt));
    }
    if (p->queue) {
        rd_kafka_queue_destroy(p->queue);
    }
    if (p->rk) {
        (void)kafka_end(p->rk);
    }
    while (p->spare) {
        struct flight *f = p->spare;
        p->spare = f->next;
        free(f);
    }
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p->topic);
    free(p);
}

int32_t tlc_kafka_producer_partitions(struct tlc_kafka_producer *producer)
{
    return atomic_load(&producer->partitions);
}

bool tlc_kafka_producer_ready(struct tlc_kafka_producer *producer)
{
    return atomic_load(&producer->ready) && !atomic_load(&producer->draining);
}

const struct tlc_counters *tlc_kafka_producer_counters(const struct tlc_kafka_producer *producer)
{
    return &producer->counters;
}
