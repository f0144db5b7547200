#include "tests/support/unit.h"

#include "common/base/clock.h"
#include "common/base/counters.h"
#include "common/io/kafka_producer.h"
#include "tests/support/mock_kafka.h"

#define TOPIC "trips"
#define PARTITIONS 3
#define DEADLINE_MS 20000
#define RECORDS_MAX 5000

struct fate {
    _Atomic int done_n;
    size_t acked, failed;
    char error[256];
};

static char keys[RECORDS_MAX][20];
static struct tlc_kafka_record records[RECORDS_MAX];

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < RECORDS_MAX; i++) {
        snprintf(keys[i], sizeof keys[i], "%lld", 2202401000000001 + (long long)i);
        records[i] = (struct tlc_kafka_record){
            .key = tlc_str_from(keys[i]), .value = tlc_str_from(keys[i]), .partition = -1};
    }
    return 0;
}

static void on_done(void *ctx, size_t acked, size_t failed, const char *error)
{
    struct fate *f = ctx;
    f->acked = acked;
    f->failed = failed;
    tlc_str_copy(f->error, sizeof f->error, tlc_str_from(error));
    atomic_fetch_add(&f->done_n, 1);
}

static struct tlc_kafka_producer *open_with(const char *brokers, int64_t timeout_ms,
                                            const char *property)
{
    struct tlc_opt_list properties = {.v = {property}, .n = property ? 1 : 0};
    const struct tlc_kafka_producer_options o = {.brokers = brokers,
                                                 .topic = TOPIC,
                                                 .client_id = "test",
                                                 .properties = &properties,
                                                 .partitions = PARTITIONS,
                                                 .replication = 1,
                                                 .ack_timeout_ms = timeout_ms};
    struct tlc_kafka_producer *p = NULL;
    struct tlc_err err;
    assert_int_equal(tlc_kafka_producer_open(&o, &p, &err), 0);
    return p;
}

static void wait_ready(struct tlc_kafka_producer *p, bool want)
{
    int64_t until = tlc_now_ms() + DEADLINE_MS;
    while (tlc_kafka_producer_ready(p) != want) {
        assert_true(tlc_now_ms() < until);
        tlc_sleep_ms(2);
    }
}

static void wait_done(const struct fate *f)
{
    int64_t until = tlc_now_ms() + DEADLINE_MS;
    while (atomic_load(&f->done_n) == 0) {
        assert_true(tlc_now_ms() < until);
        tlc_sleep_ms(2);
    }
}

static int submit(struct tlc_kafka_producer *p, size_t n, struct fate *f)
{
    struct tlc_err err;
    const struct tlc_kafka_submission s = {.records = records, .n = n, .ctx = f, .done = on_done};
    return tlc_kafka_producer_submit(p, &s, &err);
}

/* Murmur2 as Kafka's Java client has it (org.apache.kafka.common.utils.Utils.murmur2). */
static uint32_t murmur2(const char *key, size_t n)
{
    const uint32_t m = 0x5bd1e995;
    uint32_t h = 0x9747b28c ^ (uint32_t)n;
    const unsigned char *p = (const unsigned char *)key;
    for (; n >= 4; n -= 4, p += 4) {
        uint32_t k =
            (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        k *= m;
        k ^= k >> 24;
        h = h * m ^ k * m;
    }
    for (size_t i = n; i > 0; i--) {
        h ^= (uint32_t)p[i - 1] << 8 * (i - 1);
    }
    h = n > 0 ? h * m : h;
    h ^= h >> 13;
    h *= m;
    return h ^ h >> 15;
}

static void check_message(void *ctx, const rd_kafka_message_t *message)
{
    int64_t *last = ctx; /* of each partition: order is that of submission */
    uint32_t h = murmur2(message->key, message->key_len);
    assert_int_equal(message->partition, (h & 0x7fffffff) % PARTITIONS);
    int64_t id;
    assert_true(
        tlc_str_to_i64((struct tlc_str){message->payload, message->len}, 0, INT64_MAX, &id));
    assert_true(id > last[message->partition]);
    last[message->partition] = id;
}

static void submit__brokers_there__all_acked_partitioned_as_java_does(void **state)
{
    (void)state;
    struct mock_kafka m = mock_kafka_new(1, TOPIC, PARTITIONS);
    struct tlc_kafka_producer *p = open_with(mock_kafka_brokers(&m), 10000, NULL);
    struct fate f = {0};
    assert_int_equal(submit(p, 1, &f), TLC_RETRY); /* the topic is not known yet */
    wait_ready(p, true);
    assert_int_equal(tlc_kafka_producer_partitions(p), PARTITIONS);
    assert_int_equal(submit(p, RECORDS_MAX, &f), 0);
    wait_done(&f);
    assert_int_equal(f.acked, RECORDS_MAX);
    assert_int_equal(f.failed, 0);
    assert_string_equal(f.error, "");
    tlc_kafka_producer_close(&p, 1000);
    assert_null(p);
    int64_t last[PARTITIONS] = {0};
    assert_int_equal(mock_kafka_read(&m, TOPIC, PARTITIONS, check_message, last), RECORDS_MAX);
    mock_kafka_free(&m);
}

static void submit__one_partitions_leader_gone__its_records_fail(void **state)
{
    (void)state;
    struct mock_kafka m = mock_kafka_new(2, TOPIC, PARTITIONS);
    for (int i = 0; i < PARTITIONS; i++) {
        rd_kafka_mock_partition_set_leader(m.cluster, TOPIC, i, i == 1 ? 2 : 1);
    }
    struct tlc_kafka_producer *p = open_with(mock_kafka_brokers(&m), 1500, NULL);
    struct fate f = {0};
    wait_ready(p, true);
    rd_kafka_mock_broker_set_down(m.cluster, 2);
    size_t want = 0;
    for (size_t i = 0; i < 300; i++) {
        want += (murmur2(keys[i], strlen(keys[i])) & 0x7fffffff) % PARTITIONS == 1;
    }
    assert_int_equal(submit(p, 300, &f), 0);
    wait_done(&f);
    assert_int_equal(f.failed, want);
    assert_int_equal(f.acked, 300 - want);
    assert_true(f.error[0] != '\0');
    assert_int_equal(atomic_load(&f.done_n), 1);
    tlc_kafka_producer_close(&p, 0);
    mock_kafka_free(&m);
}

static void submit__brokers_gone__fails_in_time_and_not_ready(void **state)
{
    (void)state;
    struct mock_kafka m = mock_kafka_new(1, TOPIC, PARTITIONS);
    struct tlc_kafka_producer *p = open_with(mock_kafka_brokers(&m), 1000, NULL);
    struct fate f = {0};
    wait_ready(p, true);
    mock_kafka_down(&m);
    int64_t from = tlc_now_ms();
    assert_int_equal(submit(p, 50, &f), 0);
    wait_done(&f);
    assert_int_equal(f.failed, 50);
    assert_true(tlc_now_ms() - from < 8000);
    wait_ready(p, false);
    char why[256];
    assert_true(tlc_kafka_producer_trouble(p, why)[0] != '\0');
    mock_kafka_up(&m);
    wait_ready(p, true);
    struct fate again = {0};
    assert_int_equal(submit(p, 50, &again), 0);
    wait_done(&again);
    assert_int_equal(again.acked, 50);
    tlc_kafka_producer_close(&p, 1000);
    mock_kafka_free(&m);
}

/* Errors that a broker recovers from: retried, acknowledged, and each record once in the log. */
static void submit__leader_changes__once_in_the_log(void **state)
{
    (void)state;
    struct mock_kafka m = mock_kafka_new(2, TOPIC, PARTITIONS);
    struct tlc_kafka_producer *p = open_with(mock_kafka_brokers(&m), 10000, NULL);
    struct fate f = {0};
    wait_ready(p, true);
    rd_kafka_mock_push_request_errors(
        m.cluster, MOCK_PRODUCE, 3, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
    assert_int_equal(submit(p, 1000, &f), 0);
    wait_done(&f);
    assert_int_equal(f.acked, 1000);
    tlc_kafka_producer_close(&p, 1000);
    int64_t last[PARTITIONS] = {0};
    assert_int_equal(mock_kafka_read(&m, TOPIC, PARTITIONS, check_message, last), 1000);
    mock_kafka_free(&m);
}

static void submit__queue_full__nothing_taken(void **state)
{
    (void)state;
    struct mock_kafka m = mock_kafka_new(1, TOPIC, PARTITIONS);
    struct tlc_kafka_producer *p =
        open_with(mock_kafka_brokers(&m), 10000, "queue.buffering.max.messages=1000");
    struct fate f = {0}, g = {0}, h = {0};
    wait_ready(p, true);
    rd_kafka_mock_broker_set_rtt(m.cluster, 1, 300);
    assert_int_equal(submit(p, 900, &f), 0);
    assert_int_equal(submit(p, 101, &g), TLC_RETRY);
    assert_int_equal(submit(p, 100, &h), 0); /* to the last place */
    wait_done(&f);
    wait_done(&h);
    assert_int_equal(atomic_load(&g.done_n), 0);
    assert_int_equal(submit(p, 101, &g), 0); /* places come back */
    wait_done(&g);
    rd_kafka_mock_broker_set_rtt(m.cluster, 1, 0);
    tlc_kafka_producer_close(&p, 1000);
    assert_int_equal(mock_kafka_read(&m, TOPIC, PARTITIONS, NULL, NULL), 1101);
    mock_kafka_free(&m);
}

static void drain__in_flight__waited_for_then_nothing_more(void **state)
{
    (void)state;
    struct mock_kafka m = mock_kafka_new(1, TOPIC, PARTITIONS);
    struct tlc_kafka_producer *p = open_with(mock_kafka_brokers(&m), 10000, NULL);
    struct fate f = {0}, g = {0};
    wait_ready(p, true);
    rd_kafka_mock_broker_set_rtt(m.cluster, 1, 200);
    assert_int_equal(submit(p, 100, &f), 0);
    tlc_kafka_producer_drain(p, DEADLINE_MS);
    assert_int_equal(atomic_load(&f.done_n), 1);
    assert_int_equal(f.acked, 100);
    assert_int_equal(submit(p, 1, &g), TLC_RETRY);
    assert_false(tlc_kafka_producer_ready(p));
    tlc_kafka_producer_close(&p, 0);
    mock_kafka_free(&m);
}

static void drain__brokers_gone__every_record_gets_its_fate(void **state)
{
    (void)state;
    struct mock_kafka m = mock_kafka_new(1, TOPIC, PARTITIONS);
    struct tlc_kafka_producer *p = open_with(mock_kafka_brokers(&m), 60000, NULL);
    struct fate f[20] = {{0}};
    wait_ready(p, true);
    mock_kafka_down(&m);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(submit(p, 10 + i, &f[i]), 0);
    }
    tlc_kafka_producer_drain(p, 0);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(atomic_load(&f[i].done_n), 1);
        assert_int_equal(f[i].acked + f[i].failed, 10 + i);
    }
    tlc_kafka_producer_close(&p, 0);
    mock_kafka_free(&m);
}

static void open__no_broker_anywhere__opens_and_is_not_ready(void **state)
{
    (void)state;
    struct tlc_kafka_producer *p = open_with("127.0.0.1:1", 1000, NULL);
    struct fate f = {0};
    assert_false(tlc_kafka_producer_ready(p));
    assert_int_equal(submit(p, 1, &f), TLC_RETRY);
    tlc_kafka_producer_close(&p, 0);
    assert_int_equal(atomic_load(&f.done_n), 0);
}

static void open__wrong_property__usage_error(void **state)
{
    (void)state;
    static const char *const bad[] = {"no.such.property=1", "linger.ms=soon", "linger.ms", "=1"};
    for (size_t i = 0; i < TLC_COUNT(bad); i++) {
        struct tlc_opt_list properties = {.v = {bad[i]}, .n = 1};
        const struct tlc_kafka_producer_options o = {.brokers = "127.0.0.1:1",
                                                     .topic = TOPIC,
                                                     .client_id = "test",
                                                     .properties = &properties,
                                                     .partitions = 1,
                                                     .replication = 1,
                                                     .ack_timeout_ms = 1000};
        struct tlc_kafka_producer *p = NULL;
        struct tlc_err err;
        assert_int_equal(tlc_kafka_producer_open(&o, &p, &err), TLC_FATAL);
        assert_int_equal(err.exit_code, TLC_EXIT_USAGE);
        assert_non_null(strstr(err.text, bad[i]));
        assert_null(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(submit__brokers_there__all_acked_partitioned_as_java_does),
        cmocka_unit_test(submit__one_partitions_leader_gone__its_records_fail),
        cmocka_unit_test(submit__brokers_gone__fails_in_time_and_not_ready),
        cmocka_unit_test(submit__leader_changes__once_in_the_log),
        cmocka_unit_test(submit__queue_full__nothing_taken),
        cmocka_unit_test(drain__in_flight__waited_for_then_nothing_more),
        cmocka_unit_test(drain__brokers_gone__every_record_gets_its_fate),
        cmocka_unit_test(open__no_broker_anywhere__opens_and_is_not_ready),
        cmocka_unit_test(open__wrong_property__usage_error),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
