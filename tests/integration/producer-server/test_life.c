/* Start, stop, and a broker that comes and goes. */
#include "tests/support/unit.h"

#include <signal.h>

#include "common/base/clock.h"
#include "common/base/str.h"
#include "tests/support/server_under_test.h"

static void start__wrong_options__exit_code_and_remedy(void **state)
{
    (void)state;
    char occupied[64];
    struct sut other;
    sut_start(&other, NULL);
    snprintf(occupied, sizeof occupied, "--listen=127.0.0.1:%d", other.port);
    const struct {
        const char *a, *b;
        int code;
        const char *words;
    } cases[] = {
        {"--no-such-option", NULL, 64, "--no-such-option"},
        {"--linger=soon", NULL, 64, "--linger"},
        {"--inflight=1MiB", "--body=2MiB", 64, "--body"},
        {"-X", "no.such.property=1", 64, "no.such.property"},
        {"--listen=nonsense", NULL, 64, "ADDRESS:PORT"},
        {"--listen=0.0.0.0:0", NULL, 78, "--token-file"},
        {"--token-file=/nonexistent/t", NULL, 66, "/nonexistent/t"},
        {"--tls-cert=/nonexistent/c", NULL, 64, "--tls-key"},
        {"--tls-cert=/nonexistent/c", "--tls-key=/nonexistent/k", 66, "/nonexistent/c"},
        {occupied, NULL, 69, "--listen"},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct child c;
        const char *argv[] = {PRODUCER_SERVER,
                              "--listen=127.0.0.1:0",
                              "--brokers=127.0.0.1:1",
                              cases[i].a,
                              cases[i].b,
                              NULL};
        child_start(&c, argv);
        int code = child_wait(&c);
        if (code != cases[i].code || !strstr(child_output(&c), cases[i].words)) {
            fail_msg("%s: %d\n%s", cases[i].a, code, c.text);
        }
        child_free(&c);
    }
    sut_stop(&other);
    sut_free(&other);
}

static void broker__not_there_at_first__503_until_it_comes(void **state)
{
    (void)state;
    struct sut s;
    char after[256];
    sut_open(&s);
    mock_kafka_down(&s.kafka);
    sut_serve(&s, 0, NULL);
    assert_int_equal(raw_ask(s.port, "GET /healthz HTTP/1.1", NULL).status, 200);
    assert_int_equal(raw_ask(s.port, "GET /readyz HTTP/1.1", NULL).status, 503);
    struct raw_reply r = raw_ask(s.port, SUT_TRIPS, SUT_EVENT);
    assert_int_equal(r.status, 503);
    assert_non_null(strstr(r.body, "broker_unavailable"));
    assert_string_equal(raw_header(&r, "Retry-After", after), "1");
    mock_kafka_up(&s.kafka);
    sut_wait_ready(&s, true);
    assert_int_equal(raw_ask(s.port, SUT_TRIPS, SUT_EVENT).status, 200);
    sut_stop(&s);
    sut_free(&s);
}

static void broker__gone_with_records_under_way__503_then_back(void **state)
{
    (void)state;
    struct sut s;
    const char *options[] = {"--ack-timeout=1s", NULL};
    sut_start(&s, options);
    sut_wait_ready(&s, true);
    rd_kafka_mock_broker_set_rtt(s.kafka.cluster, 1, 300);
    int fd = raw_connect(s.port);
    char request[512];
    snprintf(request, sizeof request, SUT_TRIPS "\r\nHost: a\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(SUT_EVENT), SUT_EVENT);
    raw_text(fd, request);
    int64_t until = tlc_now_ms() + RAW_DEADLINE_MS;
    while (sut_status(&s, "kafka_records_in_flight") < 1) {
        assert_true(tlc_now_ms() < until);
    }
    mock_kafka_down(&s.kafka);
    struct raw_reply r = raw_read(fd);
    assert_int_equal(r.status, 503);
    assert_non_null(strstr(r.body, "not_acknowledged"));
    rd_kafka_mock_broker_set_rtt(s.kafka.cluster, 1, 0);
    mock_kafka_up(&s.kafka);
    sut_wait_ready(&s, true);
    raw_text(fd, request);
    assert_int_equal(raw_read(fd).status, 200);
    close(fd);
    sut_stop(&s);
    sut_free(&s);
}

static void stop__requests_under_way__answered_truly(void **state)
{
    (void)state;
    struct sut s;
    sut_start(&s, NULL);
    sut_wait_ready(&s, true);
    rd_kafka_mock_broker_set_rtt(s.kafka.cluster, 1, 400);
    int idle = raw_connect(s.port), fds[8];
    char request[512], connection[256];
    snprintf(request, sizeof request, SUT_TRIPS "\r\nHost: a\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(SUT_EVENT), SUT_EVENT);
    for (int i = 0; i < 8; i++) {
        fds[i] = raw_connect(s.port);
        raw_text(fds[i], request);
    }
    int64_t until = tlc_now_ms() + RAW_DEADLINE_MS;
    while (sut_status(&s, "records_received") < 8) {
        assert_true(tlc_now_ms() < until);
    }
    child_signal(&s.server, SIGTERM);
    child_expect(&s.server, "event=draining");
    for (int i = 0; i < 8; i++) {
        struct raw_reply r = raw_read(fds[i]);
        assert_int_equal(r.status, 200);
        assert_string_equal(raw_header(&r, "Connection", connection), "close");
        close(fds[i]);
    }
    assert_int_equal(child_wait(&s.server), 0);
    assert_int_equal(raw_connect(s.port), -1);
    close(idle);
    rd_kafka_mock_broker_set_rtt(s.kafka.cluster, 1, 0);
    assert_int_equal(mock_kafka_read(&s.kafka, SUT_TOPIC, SUT_PARTITIONS, NULL, NULL), 8);
    sut_free(&s);
}

static void stop__broker_gone__ends_by_its_deadline(void **state)
{
    (void)state;
    struct sut s;
    const char *options[] = {"--drain=500ms", NULL};
    sut_start(&s, options);
    sut_wait_ready(&s, true);
    rd_kafka_mock_broker_set_rtt(s.kafka.cluster, 1, 300);
    int fd = raw_connect(s.port);
    char request[512];
    snprintf(request, sizeof request, SUT_TRIPS "\r\nHost: a\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(SUT_EVENT), SUT_EVENT);
    raw_text(fd, request);
    int64_t until = tlc_now_ms() + RAW_DEADLINE_MS;
    while (sut_status(&s, "kafka_records_in_flight") < 1) {
        assert_true(tlc_now_ms() < until);
    }
    mock_kafka_down(&s.kafka);
    child_signal(&s.server, SIGTERM);
    assert_int_equal(raw_read(fd).status, 503); /* not a success for what is not stored */
    assert_int_equal(child_wait(&s.server), 0);
    close(fd);
    sut_free(&s);
}

static void stop__second_signal__at_once(void **state)
{
    (void)state;
    struct sut s;
    sut_start(&s, NULL);
    sut_wait_ready(&s, true);
    rd_kafka_mock_broker_set_rtt(s.kafka.cluster, 1, 20000);
    int fd = raw_connect(s.port);
    char request[512];
    snprintf(request, sizeof request, SUT_TRIPS "\r\nHost: a\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(SUT_EVENT), SUT_EVENT);
    raw_text(fd, request);
    int64_t until = tlc_now_ms() + RAW_DEADLINE_MS;
    while (sut_status(&s, "records_received") < 1) {
        assert_true(tlc_now_ms() < until);
    }
    child_signal(&s.server, SIGTERM);
    child_expect(&s.server, "event=draining");
    child_signal(&s.server, SIGTERM);
    assert_int_equal(child_wait(&s.server), 128 + SIGTERM);
    assert_int_equal(raw_read(fd).status, 0);
    close(fd);
    sut_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(start__wrong_options__exit_code_and_remedy),
        cmocka_unit_test(broker__not_there_at_first__503_until_it_comes),
        cmocka_unit_test(broker__gone_with_records_under_way__503_then_back),
        cmocka_unit_test(stop__requests_under_way__answered_truly),
        cmocka_unit_test(stop__broker_gone__ends_by_its_deadline),
        cmocka_unit_test(stop__second_signal__at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
