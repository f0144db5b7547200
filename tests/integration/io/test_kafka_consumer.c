#include "tests/support/unit.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "common/base/clock.h"
#include "common/io/kafka_consumer.h"

/* The mock cluster shares out in rounds of 5 s, and may need several of them. */
#define DEADLINE_MS 120000
#define PARTITIONS 4
#define TOPIC "trips"
#define FETCH 1 /* ApiKey of the Kafka protocol */

/* One broker in memory and a producer. */
struct cluster {
    rd_kafka_t *rk;
    rd_kafka_mock_cluster_t *mock;
    const char *brokers;
};

static void quiet(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    (void)level;
    (void)facility;
    (void)text;
}

static void conf_put(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char words[256];
    assert_int_equal(rd_kafka_conf_set(conf, name, value, words, sizeof(words)), RD_KAFKA_CONF_OK);
}

static void cluster_open(struct cluster *c)
{
    char words[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    conf_put(conf, "test.mock.num.brokers", "1");
    conf_put(conf, "linger.ms", "5");
    rd_kafka_conf_set_log_cb(conf, quiet);
    c->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, words, sizeof(words));
    assert_non_null(c->rk);
    c->mock = rd_kafka_handle_mock_cluster(c->rk);
    assert_non_null(c->mock);
    c->brokers = rd_kafka_mock_cluster_bootstraps(c->mock);
    assert_int_equal(rd_kafka_mock_topic_create(c->mock, TOPIC, PARTITIONS, 1), 0);
}

static void cluster_close(struct cluster *c)
{
    rd_kafka_destroy(c->rk);
}

/* Values are "partition:number", counting from first. */
static void produce(struct cluster *c, int32_t partition, int first, int n)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(c->rk, TOPIC, NULL);
    for (int i = first; i < first + n; i++) {
        char value[32];
        int length = snprintf(value, sizeof(value), "%" PRId32 ":%d", partition, i);
        assert_int_equal(rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, value,
                                          (size_t)length, "k", 1, NULL),
                         0);
    }
    assert_int_equal(rd_kafka_flush(c->rk, DEADLINE_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_destroy(topic);
}

/* A member of the group, as a program would be: begins where `begin` says, checks that nothing is
 * skipped or out of order. */
struct member {
    struct tlc_kafka_consumer *consumer;
    int64_t begin[PARTITIONS]; /* -1: where the group stands, or the beginning */
    int64_t next[PARTITIONS];
    struct tlc_kafka_witness witness[PARTITIONS]; /* offset -1: none */
    bool owned[PARTITIONS], lost[PARTITIONS];
    char metadata[PARTITIONS][5000];
    size_t metadata_n[PARTITIONS];
    int64_t committed[PARTITIONS];
    int assigned_n, revoked_n, refusals;
    int64_t read_n;
};

static int on_assigned(void *ctx, int32_t partition, struct tlc_str metadata,
                       struct tlc_kafka_start *start, struct tlc_err *err)
{
    struct member *m = ctx;
    if (m->refusals > 0) {
        m->refusals--;
        return tlc_err_set(err, TLC_RETRY, "the database is away");
    }
    m->committed[partition] = start->offset;
    m->metadata_n[partition] = metadata.n;
    if (metadata.n > 0) {
        memcpy(m->metadata[partition], metadata.p, metadata.n);
    }
    int64_t begin = m->begin[partition] >= 0 ? m->begin[partition]
                    : start->offset >= 0     ? start->offset
                                             : 0;
    *start = (struct tlc_kafka_start){begin, m->witness[partition]};
    m->next[partition] = begin;
    m->owned[partition] = true;
    m->assigned_n++;
    return TLC_OK;
}

static void on_revoked(void *ctx, int32_t partition, bool lost)
{
    struct member *m = ctx;
    m->owned[partition] = false;
    m->lost[partition] = lost;
    m->revoked_n++;
}

static int member_open(struct member *m, const char *brokers, const char *property,
                       struct tlc_err *err)
{
    for (int i = 0; i < PARTITIONS; i++) {
        m->begin[i] = -1;
        m->witness[i] = TLC_KAFKA_NO_WITNESS;
    }
    static struct tlc_opt_list properties;
    properties.v[0] = property;
    properties.n = property ? 1 : 0;
    struct tlc_kafka_consumer_hooks hooks = {m, on_assigned, on_revoked};
    struct tlc_kafka_consumer_options options = {
        .brokers = brokers,
        .topic = TOPIC,
        .group = "g",
        .client_id = "test",
        .properties = &properties,
        .batch_max = 1000,
        .queue_bytes = 16 << 20,
    };
    return tlc_kafka_consumer_open(&options, &hooks, &m->consumer, err);
}

static void member_join(struct member *m, struct cluster *c)
{
    struct tlc_err err;
    if (member_open(m, c->brokers, NULL, &err) != TLC_OK) {
        fail_msg("%s", err.text);
    }
}

static int turn(struct member *m, struct tlc_err *err)
{
    struct tlc_kafka_batch batch;
    int rc = tlc_kafka_consumer_poll(m->consumer, 50, &batch, err);
    for (size_t i = 0; rc == TLC_OK && i < batch.n; i++) {
        const struct tlc_kafka_message *msg = &batch.messages[i];
        char want[32];
        assert_true(m->owned[msg->partition]);
        assert_int_equal(msg->offset, m->next[msg->partition]);
        snprintf(want, sizeof(want), "%" PRId32 ":%" PRId64, msg->partition, msg->offset);
        assert_true(tlc_str_eq(msg->value, tlc_str_from(want)));
        assert_true(msg->timestamp_ms > 0);
        m->next[msg->partition]++;
        m->read_n++;
    }
    return rc;
}

static void read_until(struct member *m, int64_t n)
{
    int64_t until_ms = tlc_now_ms() + DEADLINE_MS;
    struct tlc_err err = {.cls = TLC_OK};
    while (m->read_n < n) {
        if (tlc_now_ms() >= until_ms) {
            fail_msg("%lld of %lld messages: %s", (long long)m->read_n, (long long)n,
                     err.cls ? err.text : "");
        }
        int rc = turn(m, &err);
        assert_int_not_equal(rc, TLC_FATAL);
    }
    assert_int_equal(m->read_n, n);
}

static int owned_n(const struct member *m)
{
    int n = 0;
    for (int i = 0; i < PARTITIONS; i++) {
        n += m->owned[i];
    }
    return n;
}

static struct member *member_new(void)
{
    struct member *m = calloc(1, sizeof(*m));
    assert_non_null(m);
    return m;
}

static void member_free(struct member *m)
{
    tlc_kafka_consumer_close(&m->consumer);
    free(m);
}

static void poll__four_partitions__all_in_order(void **state)
{
    (void)state;
    struct cluster c;
    struct member *m = member_new();
    cluster_open(&c);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        produce(&c, p, 0, 2500);
    }
    member_join(m, &c);
    read_until(m, 4 * 2500);
    assert_int_equal(m->assigned_n, PARTITIONS);
    tlc_kafka_consumer_close(&m->consumer);
    assert_int_equal(m->revoked_n, PARTITIONS);
    member_free(m);
    cluster_close(&c);
}

static void assigned__begins_where_the_program_says(void **state)
{
    (void)state;
    struct cluster c;
    struct member *m = member_new();
    cluster_open(&c);
    produce(&c, 1, 0, 100);
    member_join(m, &c);
    m->begin[1] = 60;
    read_until(m, 40);
    assert_int_equal(m->next[1], 100);
    member_free(m);
    cluster_close(&c);
}

static void assigned__refuses_twice__asked_again_and_nothing_missed(void **state)
{
    (void)state;
    struct cluster c;
    struct member *m = member_new();
    struct tlc_err err;
    cluster_open(&c);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        produce(&c, p, 0, 100);
    }
    m->refusals = 2 * PARTITIONS;
    member_join(m, &c);
    int64_t until_ms = tlc_now_ms() + DEADLINE_MS;
    while (turn(m, &err) != TLC_RETRY) {
        assert_true(tlc_now_ms() < until_ms);
    }
    assert_non_null(strstr(err.text, "the database is away"));
    assert_int_equal(m->read_n, 0);
    read_until(m, 400);
    member_free(m);
    cluster_close(&c);
}

static void seek__back_and_forth__goes_on_from_there(void **state)
{
    (void)state;
    struct cluster c;
    struct member *m = member_new();
    struct tlc_err err;
    cluster_open(&c);
    produce(&c, 2, 0, 3000);
    member_join(m, &c);
    read_until(m, 3000);
    assert_int_equal(tlc_kafka_consumer_seek(m->consumer, 2, 1000, &err), TLC_OK);
    m->next[2] = 1000;
    read_until(m, 5000);
    assert_int_equal(tlc_kafka_consumer_seek(m->consumer, 2, 2999, &err), TLC_OK);
    m->next[2] = 2999;
    read_until(m, 5001);
    assert_int_equal(tlc_kafka_consumer_seek(m->consumer, 9, 0, &err), TLC_RETRY);
    member_free(m);
    cluster_close(&c);
}

static void pause__what_was_fetched_too__stays_away_until_resumed(void **state)
{
    (void)state;
    struct cluster c;
    struct member *m = member_new();
    struct tlc_err err;
    cluster_open(&c);
    produce(&c, 0, 0, 5000);
    produce(&c, 1, 0, 10);
    member_join(m, &c);
    int64_t until_ms = tlc_now_ms() + DEADLINE_MS;
    while (m->next[0] == 0) { /* some are read, more are fetched */
        assert_true(tlc_now_ms() < until_ms);
        assert_int_not_equal(turn(m, &err), TLC_FATAL);
    }
    for (int32_t p = 0; p < PARTITIONS; p++) {
        assert_int_equal(tlc_kafka_consumer_pause(m->consumer, p, true, &err), TLC_OK);
    }
    int64_t at = m->next[0];
    assert_true(at < 5000);
    produce(&c, 1, 10, 10);
    for (int i = 0; i < 10; i++) {
        assert_int_not_equal(turn(m, &err), TLC_FATAL);
        assert_int_equal(m->next[0], at);
    }
    for (int32_t p = 0; p < PARTITIONS; p++) {
        assert_int_equal(tlc_kafka_consumer_pause(m->consumer, p, false, &err), TLC_OK);
    }
    read_until(m, 5020);
    member_free(m);
    cluster_close(&c);
}

static void commit__offset_and_metadata__come_back(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 300, 4096};
    struct cluster c;
    cluster_open(&c);
    produce(&c, 0, 0, 10);
    for (size_t i = 0; i < TLC_COUNT(sizes); i++) {
        struct member *m = member_new();
        struct tlc_err err;
        char text[4096];
        for (size_t j = 0; j < sizes[i]; j++) {
            text[j] = (char)('!' + (j * 7 + i) % 90);
        }
        member_join(m, &c);
        m->begin[0] = 0;
        read_until(m, 10);
        int64_t offset = 3 + (int64_t)i;
        if (tlc_kafka_consumer_commit(m->consumer, 0, offset, (struct tlc_str){text, sizes[i]},
                                      true, &err) != TLC_OK) {
            fail_msg("%s", err.text);
        }
        member_free(m);
        m = member_new();
        member_join(m, &c);
        read_until(m, 10 - offset);
        assert_int_equal(m->committed[0], offset);
        assert_int_equal(m->metadata_n[0], sizes[i]);
        assert_memory_equal(m->metadata[0], text, sizes[i]);
        member_free(m);
    }
    cluster_close(&c);
}

static void commit__in_the_background__arrives(void **state)
{
    (void)state;
    struct cluster c;
    cluster_open(&c);
    produce(&c, 0, 0, 10);
    struct member *m = member_new();
    struct tlc_err err;
    member_join(m, &c);
    read_until(m, 10);
    int64_t until_ms = tlc_now_ms() + DEADLINE_MS, seen = -1;
    while (seen != 7) { /* another connection sees it */
        assert_true(tlc_now_ms() < until_ms);
        assert_int_equal(
            tlc_kafka_consumer_commit(m->consumer, 0, 7, (struct tlc_str){NULL, 0}, false, &err),
            TLC_OK);
        assert_int_not_equal(turn(m, &err), TLC_FATAL);
        rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        conf_put(conf, "bootstrap.servers", c.brokers);
        conf_put(conf, "group.id", "g");
        rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0);
        rd_kafka_topic_partition_list_add(list, TOPIC, 0);
        assert_int_equal(rd_kafka_committed(rk, list, DEADLINE_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
        seen = list->elems[0].offset;
        rd_kafka_topic_partition_list_destroy(list);
        rd_kafka_destroy(rk);
    }
    member_free(m);
    cluster_close(&c);
}

static void range__asked_and_cached(void **state)
{
    (void)state;
    struct cluster c;
    struct member *m = member_new();
    struct tlc_err err;
    int64_t low = -1, high = -1;
    cluster_open(&c);
    produce(&c, 3, 0, 123);
    member_join(m, &c);
    read_until(m, 123);
    assert_int_equal(tlc_kafka_consumer_range(m->consumer, 3, true, &low, &high, &err), TLC_OK);
    assert_int_equal(high, 123);
    produce(&c, 3, 123, 7);
    assert_int_equal(tlc_kafka_consumer_range(m->consumer, 3, false, &low, &high, &err), TLC_OK);
    assert_int_equal(low, 0);
    assert_int_equal(high, 130);
    member_free(m);
    cluster_close(&c);
}

static void fatal_turn(struct member *m, struct tlc_err *err)
{
    int64_t until_ms = tlc_now_ms() + DEADLINE_MS;
    while (turn(m, err) != TLC_FATAL) {
        assert_true(tlc_now_ms() < until_ms);
    }
    assert_int_equal(err->exit_code, TLC_EXIT_DATA);
    assert_non_null(strstr(err->text, "partition 0 is another log than the one that was read"));
    assert_int_equal(m->read_n, 0);
}

static void poll__position_past_the_log__fatal_and_says_what_is_lost(void **state)
{
    (void)state;
    struct cluster c;
    struct member *m = member_new();
    struct tlc_err err;
    cluster_open(&c);
    produce(&c, 0, 0, 10);
    member_join(m, &c);
    m->begin[0] = 5000; /* the topic was deleted and made anew */
    fatal_turn(m, &err);
    assert_non_null(strstr(err.text, "it holds offsets 0 to 10, and is to be read at 5000"));
    member_free(m);
    cluster_close(&c);
}

/* A second life of the member: goes on at the end of the first, or where begin says. */
static struct member *member_again(const struct member *before, struct cluster *c)
{
    struct member *m = member_new();
    member_join(m, c);
    for (int i = 0; i < PARTITIONS; i++) {
        m->begin[i] = before->next[i];
        m->witness[i] = before->witness[i];
    }
    return m;
}

static void remember(struct member *m)
{
    for (int i = 0; i < PARTITIONS; i++) {
        m->witness[i] = tlc_kafka_consumer_witness(m->consumer, i);
    }
}

static void witness__is_the_message_handed_out_last(void **state)
{
    (void)state;
    struct cluster c;
    struct member *m = member_new();
    cluster_open(&c);
    produce(&c, 1, 0, 2500);
    member_join(m, &c);
    read_until(m, 2500);
    remember(m);
    assert_int_equal(m->witness[0].offset, -1);
    assert_int_equal(m->witness[1].offset, 2499);
    assert_true(m->witness[1].timestamp_ms > 0);
    assert_int_equal(tlc_kafka_consumer_position(m->consumer, 1), 2500);
    member_free(m);
    cluster_close(&c);
}

static void assigned__same_log__goes_on_and_hands_out_no_witness_twice(void **state)
{
    (void)state;
    struct cluster c;
    struct member *m = member_new();
    cluster_open(&c);
    produce(&c, 0, 0, 100);
    produce(&c, 1, 0, 100);
    member_join(m, &c);
    read_until(m, 200);
    remember(m);
    produce(&c, 0, 100, 50);
    struct member *again = member_again(m, &c);
    again->begin[1] = 20; /* far before the witness */
    member_free(m);
    read_until(again, 50 + 80);
    assert_int_equal(again->next[0], 150);
    assert_int_equal(again->next[1], 100);
    member_free(again);
    cluster_close(&c);
}

/* The log of another cluster under the same names: longer, of other times; or the same bytes, at
 * another time. */
static void assigned__another_log__fatal_and_nothing_is_handed_out(void **state)
{
    (void)state;
    struct cluster c;
    struct member *m = member_new();
    struct tlc_err err;
    cluster_open(&c);
    produce(&c, 0, 0, 100);
    member_join(m, &c);
    read_until(m, 100);
    remember(m);
    cluster_close(&c);
    cluster_open(&c);
    tlc_sleep_ms(2); /* no two messages of the same time */
    produce(&c, 0, 0, 300);
    struct member *again = member_again(m, &c);
    member_free(m);
    fatal_turn(again, &err);
    assert_non_null(strstr(err.text, "its message at offset 99 is another one"));
    member_free(again);
    cluster_close(&c);
}

static void assigned__shorter_log__fatal(void **state)
{
    (void)state;
    struct cluster c;
    struct tlc_err err;
    cluster_open(&c);
    produce(&c, 0, 0, 10);
    static const int64_t begins[] = {0, 4000}; /* from the beginning, or where the old log ended */
    for (size_t i = 0; i < TLC_COUNT(begins); i++) {
        struct member *m = member_new();
        member_join(m, &c);
        m->begin[0] = begins[i];
        m->witness[0] = (struct tlc_kafka_witness){.offset = 3999, .timestamp_ms = 1, .hash = 1};
        fatal_turn(m, &err);
        assert_non_null(strstr(err.text, "it holds offsets 0 to 10, and is to be read at 3999"));
        member_free(m);
    }
    cluster_close(&c);
}

/* A log made anew that has grown past the place before its range is asked for looks like this. */
static void out_of_range__holds_it_by_now__goes_on_where_it_is_the_same_log(void **state)
{
    (void)state;
    struct cluster c;
    struct member *m = member_new();
    cluster_open(&c);
    produce(&c, 0, 0, 100);
    member_join(m, &c);
    read_until(m, 100);
    static const int more[] = {50, 0, 50}; /* none: it is at the log's end */
    for (size_t i = 0; i < TLC_COUNT(more); i++) {
        rd_kafka_mock_push_request_errors(c.mock, FETCH, 1, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE);
        produce(&c, 0, (int)m->next[0], more[i]);
        read_until(m, m->read_n + more[i]);
    }
    member_free(m);
    cluster_close(&c);
}

/* Both go on reading while partitions move; what one leaves off the other takes up, by positions
 * they share (as a database would keep them). */
static void two_members__one_joins_and_leaves__every_message_once(void **state)
{
    (void)state;
    struct cluster c;
    struct member *a = member_new(), *b = member_new();
    struct tlc_err err;
    cluster_open(&c);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        produce(&c, p, 0, 500);
    }
    member_join(a, &c);
    read_until(a, 2000);
    for (int i = 0; i < PARTITIONS; i++) {
        b->next[i] = a->next[i];
    }
    if (member_open(b, c.brokers, NULL, &err) != TLC_OK) {
        fail_msg("%s", err.text);
    }
    int64_t until_ms = tlc_now_ms() + DEADLINE_MS;
    while (owned_n(a) != 2 || owned_n(b) != 2) {
        assert_true(tlc_now_ms() < until_ms);
        for (int i = 0; i < PARTITIONS; i++) {
            b->begin[i] = a->next[i];
        }
        assert_int_not_equal(turn(a, &err), TLC_FATAL);
        assert_int_not_equal(turn(b, &err), TLC_FATAL);
    }
    assert_int_equal(a->revoked_n, 2); /* cooperative: only what moves is taken away */
    for (int32_t p = 0; p < PARTITIONS; p++) {
        produce(&c, p, 500, 100);
    }
    while (a->read_n < 2200 || b->read_n < 200) {
        assert_true(tlc_now_ms() < until_ms);
        assert_int_not_equal(turn(a, &err), TLC_FATAL);
        assert_int_not_equal(turn(b, &err), TLC_FATAL);
    }
    for (int i = 0; i < PARTITIONS; i++) {
        assert_true(a->owned[i] != b->owned[i]);
        a->begin[i] = b->owned[i] ? b->next[i] : -1;
    }
    tlc_kafka_consumer_close(&b->consumer);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        produce(&c, p, 600, 50);
    }
    read_until(a, 2200 + 4 * 50);
    assert_int_equal(owned_n(a), PARTITIONS);
    member_free(a);
    member_free(b);
    cluster_close(&c);
}

/* A pause ends with the assignment: whoever gets the partition back begins unpaused. */
static void pause__partition_goes_and_comes_back__is_read(void **state)
{
    (void)state;
    struct cluster c;
    struct member *a = member_new(), *b = member_new();
    struct tlc_err err;
    cluster_open(&c);
    member_join(a, &c);
    int64_t until_ms = tlc_now_ms() + DEADLINE_MS;
    while (owned_n(a) != PARTITIONS) {
        assert_true(tlc_now_ms() < until_ms);
        assert_int_not_equal(turn(a, &err), TLC_FATAL);
    }
    for (int32_t p = 0; p < PARTITIONS; p++) {
        assert_int_equal(tlc_kafka_consumer_pause(a->consumer, p, true, &err), TLC_OK);
    }
    if (member_open(b, c.brokers, NULL, &err) != TLC_OK) {
        fail_msg("%s", err.text);
    }
    while (owned_n(a) != 2 || owned_n(b) != 2) {
        assert_true(tlc_now_ms() < until_ms);
        assert_int_not_equal(turn(a, &err), TLC_FATAL);
        assert_int_not_equal(turn(b, &err), TLC_FATAL);
    }
    bool moved[PARTITIONS];
    memcpy(moved, b->owned, sizeof(moved));
    tlc_kafka_consumer_close(&b->consumer);
    while (owned_n(a) != PARTITIONS) {
        assert_true(tlc_now_ms() < until_ms);
        assert_int_not_equal(turn(a, &err), TLC_FATAL);
    }
    for (int32_t p = 0; p < PARTITIONS; p++) {
        produce(&c, p, 0, 10);
    }
    read_until(a, 20);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        assert_int_equal(a->next[p], moved[p] ? 10 : 0);
    }
    member_free(a);
    member_free(b);
    cluster_close(&c);
}

static void open__unknown_property__usage(void **state)
{
    (void)state;
    struct member *m = member_new();
    struct tlc_err err;
    assert_int_equal(member_open(m, "127.0.0.1:1", "no.such.thing=1", &err), TLC_FATAL);
    assert_int_equal(err.exit_code, TLC_EXIT_USAGE);
    assert_int_equal(member_open(m, "127.0.0.1:1", "nothing", &err), TLC_FATAL);
    assert_int_equal(err.exit_code, TLC_EXIT_USAGE);
    free(m);
}

static void poll__no_broker__retry_with_words(void **state)
{
    (void)state;
    struct member *m = member_new();
    struct tlc_err err;
    assert_int_equal(member_open(m, "127.0.0.1:1", NULL, &err), TLC_OK);
    int64_t until_ms = tlc_now_ms() + DEADLINE_MS;
    int rc = TLC_OK;
    while (rc != TLC_RETRY) {
        assert_true(tlc_now_ms() < until_ms);
        rc = turn(m, &err);
    }
    assert_non_null(strstr(err.text, "no broker can be reached"));
    member_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(poll__four_partitions__all_in_order),
        cmocka_unit_test(assigned__begins_where_the_program_says),
        cmocka_unit_test(assigned__refuses_twice__asked_again_and_nothing_missed),
        cmocka_unit_test(seek__back_and_forth__goes_on_from_there),
        cmocka_unit_test(pause__what_was_fetched_too__stays_away_until_resumed),
        cmocka_unit_test(commit__offset_and_metadata__come_back),
        cmocka_unit_test(commit__in_the_background__arrives),
        cmocka_unit_test(range__asked_and_cached),
        cmocka_unit_test(witness__is_the_message_handed_out_last),
        cmocka_unit_test(assigned__same_log__goes_on_and_hands_out_no_witness_twice),
        cmocka_unit_test(assigned__another_log__fatal_and_nothing_is_handed_out),
        cmocka_unit_test(assigned__shorter_log__fatal),
        cmocka_unit_test(out_of_range__holds_it_by_now__goes_on_where_it_is_the_same_log),
        cmocka_unit_test(poll__position_past_the_log__fatal_and_says_what_is_lost),
        cmocka_unit_test(two_members__one_joins_and_leaves__every_message_once),
        cmocka_unit_test(pause__partition_goes_and_comes_back__is_read),
        cmocka_unit_test(open__unknown_property__usage),
        cmocka_unit_test(poll__no_broker__retry_with_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
