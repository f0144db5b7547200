/* Clients that nobody wants: slow, silent, half gone, too many, without a token. */
#include "tests/support/unit.h"

#include <signal.h>
#include <sys/resource.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "tests/support/server_under_test.h"

static struct sut sut;

static int tear_down(void **state)
{
    (void)state;
    sut_stop(&sut);
    sut_free(&sut);
    return 0;
}

static void start(const char *const *options)
{
    sut_start(&sut, options);
    sut_wait_ready(&sut, true);
}

/* Sends a byte now and then until the server has had enough. */
static int64_t drip(int fd, const char *text)
{
    int64_t from = tlc_now_ms();
    char bytes[4096];
    for (size_t i = 0;; i = text[i + 1] ? i + 1 : i) {
        raw_send(fd, text + i, 1);
        tlc_sleep_ms(20); /* the slow client itself */
        if (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) == 0) {
            return tlc_now_ms() - from;
        }
        assert_true(tlc_now_ms() - from < RAW_DEADLINE_MS);
    }
}

static void slow__headers_or_body_byte_by_byte__ended_in_time(void **state)
{
    (void)state;
    const char *options[] = {"--request-timeout=600ms", "--idle=600ms", NULL};
    start(options);
    int fd = raw_connect(sut.port);
    assert_in_range(drip(fd, "GET /status HTTP/1.1\r\nX-A: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"),
                    500, 8000);
    close(fd);
    fd = raw_connect(sut.port);
    raw_text(fd, SUT_TRIPS "\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
    assert_in_range(drip(fd, "{{{{{{{{{{{{{{{{{{"), 500, 8000);
    close(fd);
    assert_true(sut_status(&sut, "http_timeouts") >= 2);
    assert_int_equal(sut_status(&sut, "in_flight_bytes"), 0);
}

static void silent__after_half_a_body__408(void **state)
{
    (void)state;
    const char *options[] = {"--request-timeout=400ms", NULL};
    start(options);
    int fd = raw_connect(sut.port);
    raw_text(fd, SUT_TRIPS "\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" SUT_EVENT);
    struct raw_reply r = raw_read(fd);
    assert_int_equal(r.status, 408);
    assert_non_null(strstr(r.body, "timeout"));
    assert_true(raw_closed(fd));
    close(fd);
    assert_int_equal(sut_status(&sut, "records_received"), 0);
}

static void silent__without_a_request__closed(void **state)
{
    (void)state;
    const char *options[] = {"--idle=300ms", NULL};
    start(options);
    int fd = raw_connect(sut.port);
    assert_true(raw_closed(fd));
    close(fd);
}

static void many__idle_connections__others_are_served(void **state)
{
    (void)state;
    enum { N = 1000 };
    static int fds[N];
    const struct rlimit limit = {N + 200, N + 200};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    const char *options[] = {"--connections=200", NULL};
    start(options);
    int64_t before = child_rss(&sut.server);
    for (int i = 0; i < N; i++) {
        fds[i] = raw_connect(sut.port);
        assert_true(fds[i] >= 0);
    }
    for (int i = 0; i < 20; i++) {
        assert_int_equal(raw_ask(sut.port, SUT_TRIPS, SUT_EVENT).status, 200);
    }
    assert_true(sut_status(&sut, "http_evictions") > 0);
    assert_true(child_rss(&sut.server) - before < 32 << 20);
    for (int i = 0; i < N; i++) {
        close(fds[i]);
    }
}

static void garbage__of_any_kind__memory_flat(void **state)
{
    (void)state;
    start(NULL);
    static char noise[64 * 1024];
    uint64_t x = 88172645463325252;
    int64_t after_first = 0;
    for (int round = 0; round < 300; round++) {
        for (size_t i = 0; i < sizeof noise; i++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            noise[i] = (char)x;
        }
        int fd = raw_connect(sut.port);
        if (round % 3 > 0) { /* as a body, perhaps cut off */
            char head[200];
            snprintf(head, sizeof head, SUT_TRIPS "\r\nHost: a\r\nContent-Length: %zu\r\n\r\n",
                     sizeof noise + (round % 3 == 1));
            raw_text(fd, head);
        }
        raw_send(fd, noise, sizeof noise);
        if (round % 3 != 1) {
            assert_true(raw_read(fd).status < 500);
        }
        close(fd);
        after_first = round == 100 ? child_rss(&sut.server) : after_first;
    }
    assert_true(child_rss(&sut.server) - after_first < 8 << 20);
    assert_int_equal(raw_ask(sut.port, SUT_TRIPS, SUT_EVENT).status, 200);
}

static void budget__spent__503_with_retry_after_then_served(void **state)
{
    (void)state;
    const char *options[] = {"--inflight=64KiB", "--body=64KiB", NULL};
    start(options);
    rd_kafka_mock_broker_set_rtt(sut.kafka.cluster, 1, 500);
    static char body[40000];
    memset(body, '\n', sizeof body);
    memcpy(body, SUT_EVENT, strlen(SUT_EVENT));
    char head[256], after[256];
    snprintf(head, sizeof head, SUT_TRIPS "\r\nHost: a\r\nContent-Length: %zu\r\n\r\n",
             sizeof body);
    int first = raw_connect(sut.port), second = raw_connect(sut.port);
    raw_text(first, head);
    raw_send(first, body, sizeof body);
    int64_t until = tlc_now_ms() + RAW_DEADLINE_MS;
    while (sut_status(&sut, "in_flight_bytes") < (int64_t)sizeof body) {
        assert_true(tlc_now_ms() < until);
    }
    raw_text(second, head);
    raw_send(second, body, sizeof body);
    struct raw_reply r = raw_read(second);
    assert_int_equal(r.status, 503);
    assert_non_null(strstr(r.body, "busy"));
    assert_in_range(strtol(raw_header(&r, "Retry-After", after), NULL, 10), 1, 30);
    assert_int_equal(raw_read(first).status, 200);
    raw_text(second, head); /* the connection goes on */
    raw_send(second, body, sizeof body);
    assert_int_equal(raw_read(second).status, 200);
    close(first);
    close(second);
    rd_kafka_mock_broker_set_rtt(sut.kafka.cluster, 1, 0);
}

/* headers: more of them, each with its line end. */
static int begin_body_with(const char *headers, const char *address, const char *body, size_t n)
{
    char head[512];
    int fd = raw_connect_from(address, sut.port);
    assert_true(fd >= 0);
    snprintf(head, sizeof head, SUT_TRIPS "\r\nHost: a\r\n%sContent-Length: %zu\r\n\r\n", headers,
             n);
    raw_text(fd, head);
    raw_send(fd, body, n - 1);
    return fd;
}

static int begin_body(const char *address, const char *body, size_t n)
{
    return begin_body_with("", address, body, n);
}

static void wait_in_flight(int64_t bytes)
{
    int64_t until = tlc_now_ms() + RAW_DEADLINE_MS;
    while (sut_status(&sut, "in_flight_bytes") != bytes) {
        assert_true(tlc_now_ms() < until);
    }
}

static char large_body[30000];

/* Bodies whose last byte has not come hold their part of the budget. */
static void two_clients_begin(int *ret_greedy, int *ret_modest)
{
    const char *options[] = {"--inflight=64KiB", "--body=64KiB", NULL};
    start(options);
    memset(large_body, '\n', sizeof large_body);
    memcpy(large_body, SUT_EVENT, strlen(SUT_EVENT));
    *ret_greedy = begin_body("127.0.0.1", large_body, 30000);
    *ret_modest = begin_body("127.0.0.2", large_body, 5000);
    wait_in_flight(35000);
}

static void budget__two_clients__one_over_its_share_429_the_other_served(void **state)
{
    (void)state;
    char after[256];
    int greedy, modest;
    two_clients_begin(&greedy, &modest);
    int more = begin_body("127.0.0.1", large_body, 10000);
    raw_text(more, "\n");
    struct raw_reply r = raw_read(more);
    assert_int_equal(r.status, 429);
    assert_non_null(strstr(r.body, "over_share"));
    assert_in_range(strtol(raw_header(&r, "Retry-After", after), NULL, 10), 1, 30);
    int served = begin_body("127.0.0.2", large_body, 10000);
    raw_text(served, "\n");
    assert_int_equal(raw_read(served).status, 200);
    raw_text(modest, "\n");
    assert_int_equal(raw_read(modest).status, 200);
    wait_in_flight(30000);
    int fds[] = {greedy, modest, more, served, begin_body("127.0.0.1", large_body, 10000)};
    raw_text(fds[4], "\n"); /* alone again */
    assert_int_equal(raw_read(fds[4]).status, 200);
    raw_text(greedy, "\n");
    assert_int_equal(raw_read(greedy).status, 200);
    assert_int_equal(sut_status(&sut, "share_refusals"), 1);
    for (size_t i = 0; i < TLC_COUNT(fds); i++) {
        close(fds[i]);
    }
}

#define FORGED(address)                                                                            \
    "X-Forwarded-For: " address "\r\nX-Real-IP: " address "\r\nForwarded: for=" address            \
    ";proto=https\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: " address                       \
    "\r\nX-Forwarded-Prefix: /x\r\n"

/* Whoever asks can write such a header: a client is the address that the connection comes from. */
static void forwarded__forged__changes_nothing(void **state)
{
    (void)state;
    int fds[4];
    two_clients_begin(&fds[0], &fds[1]);
    fds[2] = begin_body_with(FORGED("127.0.0.3"), "127.0.0.1", large_body, 10000);
    raw_text(fds[2], "\n");
    assert_int_equal(raw_read(fds[2]).status, 429);
    fds[3] = begin_body_with(FORGED("127.0.0.1"), "127.0.0.3", large_body, 10000);
    raw_text(fds[3], "\n");
    assert_int_equal(raw_read(fds[3]).status, 200);
    for (size_t i = 0; i < TLC_COUNT(fds); i++) {
        close(fds[i]);
    }
}

static void token__needed_to_write__read_again_on_sighup(void **state)
{
    (void)state;
    char path[UNIT_PATH_MAX], option[UNIT_PATH_MAX + 16], challenge[256];
    struct tlc_err err;
    snprintf(option, sizeof option, "--token-file=%s", unit_temp_file(path, "alpha\nbeta\n"));
    const char *options[] = {option, NULL};
    start(options);
    struct raw_reply r = raw_ask(sut.port, SUT_TRIPS, SUT_EVENT);
    assert_int_equal(r.status, 401);
    assert_non_null(strstr(raw_header(&r, "WWW-Authenticate", challenge), "Bearer"));
    assert_int_equal(raw_ask(sut.port, "POST /sources/2202401/close HTTP/1.1", NULL).status, 401);
    assert_int_equal(
        raw_ask(sut.port, SUT_TRIPS "\r\nX-Forwarded-For: 127.0.0.1", SUT_EVENT).status, 401);
    assert_int_equal(raw_ask(sut.port, "GET /status HTTP/1.1", NULL).status, 200);
    assert_int_equal(
        raw_ask(sut.port, SUT_TRIPS "\r\nAuthorization: Bearer beta", SUT_EVENT).status, 200);
    assert_int_equal(tlc_file_save(path, TLC_STR("gamma\n"), &err), 0);
    child_signal(&sut.server, SIGHUP);
    child_expect(&sut.server, "event=tokens_read");
    assert_int_equal(
        raw_ask(sut.port, SUT_TRIPS "\r\nAuthorization: Bearer beta", SUT_EVENT).status, 401);
    assert_int_equal(
        raw_ask(sut.port, SUT_TRIPS "\r\nAuthorization: Bearer gamma", SUT_EVENT).status, 200);
    unlink(path);
    child_signal(&sut.server, SIGHUP); /* no file: the old tokens stay */
    child_expect(&sut.server, "event=tokens_kept");
    assert_int_equal(
        raw_ask(sut.port, SUT_TRIPS "\r\nAuthorization: Bearer gamma", SUT_EVENT).status, 200);
    assert_null(strstr(child_output(&sut.server), "gamma"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(slow__headers_or_body_byte_by_byte__ended_in_time, tear_down),
        cmocka_unit_test_teardown(silent__after_half_a_body__408, tear_down),
        cmocka_unit_test_teardown(silent__without_a_request__closed, tear_down),
        cmocka_unit_test_teardown(many__idle_connections__others_are_served, tear_down),
        cmocka_unit_test_teardown(garbage__of_any_kind__memory_flat, tear_down),
        cmocka_unit_test_teardown(budget__spent__503_with_retry_after_then_served, tear_down),
        cmocka_unit_test_teardown(budget__two_clients__one_over_its_share_429_the_other_served,
                                  tear_down),
        cmocka_unit_test_teardown(forwarded__forged__changes_nothing, tear_down),
        cmocka_unit_test_teardown(token__needed_to_write__read_again_on_sighup, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
