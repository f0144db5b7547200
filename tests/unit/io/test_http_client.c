#include "tests/support/unit.h"

#include "common/base/clock.h"
#include "common/io/http_client.h"
#include "tests/support/script_server.h"

#define DEADLINE_MS 20000
#define OK(body) "HTTP/1.1 200 OK\r\nContent-Length: " body

struct answer {
    int done_n, status;
    char reply[256], text[256];
    int64_t retry_after_ms;
};

static void on_done(void *ctx, int status, struct tlc_str reply, int64_t retry_after_ms,
                    const char *text)
{
    struct answer *a = ctx;
    a->done_n++;
    a->status = status;
    a->retry_after_ms = retry_after_ms;
    tlc_str_copy(a->reply, sizeof a->reply, reply);
    tlc_str_copy(a->text, sizeof a->text, tlc_str_from(text));
}

static struct tlc_http_client *open_client(int64_t connections, const char *token)
{
    const struct tlc_http_client_options o = {
        .connections_max = connections, .token = token, .user_agent = "test/1"};
    struct tlc_http_client *c = NULL;
    struct tlc_err err;
    assert_int_equal(tlc_http_client_open(&o, &c, &err), 0);
    return c;
}

static void submit(struct tlc_http_client *c, const char *url, const char *body, int64_t timeout_ms,
                   struct answer *a)
{
    struct tlc_err err;
    const struct tlc_http_call call = {.method = body ? "POST" : "GET",
                                       .url = url,
                                       .content_type = body ? "application/x-ndjson" : NULL,
                                       .body = tlc_str_from(body),
                                       .timeout_ms = timeout_ms,
                                       .reply_max = 200,
                                       .done = on_done,
                                       .ctx = a};
    assert_int_equal(tlc_http_client_submit(c, &call, &err), 0);
}

static void run(struct tlc_http_client *c)
{
    struct tlc_err err;
    int64_t until = tlc_now_ms() + DEADLINE_MS;
    while (tlc_http_client_in_flight(c) > 0) {
        assert_true(tlc_now_ms() < until);
        assert_int_equal(tlc_http_client_step(c, 100, -1, &err), 0);
    }
}

static struct answer ask(const struct script_row *row, int64_t timeout_ms)
{
    struct script_server *s = script_server_new(row, 1);
    struct tlc_http_client *c = open_client(1, NULL);
    struct answer a = {0};
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/trips", script_server_port(s));
    submit(c, url, "{}\n", timeout_ms, &a);
    run(c);
    assert_int_equal(a.done_n, 1);
    tlc_http_client_close(&c);
    script_server_free(s);
    return a;
}

static void reply__whole__status_and_body(void **state)
{
    (void)state;
    struct answer a = ask(&(struct script_row){SCRIPT_KEEP, OK("5\r\n\r\nhello")}, 5000);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.reply, "hello");
    assert_int_equal(a.retry_after_ms, -1);
    a = ask(&(struct script_row){SCRIPT_KEEP, "HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n"}, 5000);
    assert_int_equal(a.status, 404);
    assert_string_equal(a.reply, "");
}

static void reply__retry_after__seconds_or_date_up_to_six_hours(void **state)
{
    (void)state;
    struct answer a =
        ask(&(struct script_row){SCRIPT_KEEP, "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\n"
                                              "Content-Length: 0\r\n\r\n"},
            5000);
    assert_int_equal(a.status, 503);
    assert_int_equal(a.retry_after_ms, 7000);
    a = ask(&(struct script_row){SCRIPT_KEEP,
                                 "HTTP/1.1 429 Busy\r\nRetry-After: Fri, 31 Dec 2999 23:59:59 "
                                 "GMT\r\nContent-Length: 0\r\n\r\n"},
            5000);
    assert_int_equal(a.retry_after_ms, INT64_C(6) * 3600 * 1000);
    a = ask(&(struct script_row){SCRIPT_KEEP, "HTTP/1.1 503 Busy\r\nRetry-After: 86400\r\n"
                                              "Content-Length: 0\r\n\r\n"},
            5000);
    assert_int_equal(a.retry_after_ms, INT64_C(6) * 3600 * 1000);
    a = ask(&(struct script_row){SCRIPT_KEEP,
                                 "HTTP/1.1 503 Busy\r\nRetry-After: Sat, 01 Jan 2000 00:00:00 "
                                 "GMT\r\nContent-Length: 0\r\n\r\n"},
            5000);
    assert_int_equal(a.retry_after_ms, 0);
    a = ask(&(struct script_row){SCRIPT_KEEP, "HTTP/1.1 503 Busy\r\nRetry-After: presently\r\n"
                                              "Content-Length: 0\r\n\r\n"},
            5000);
    assert_int_equal(a.retry_after_ms, 0);
    a = ask(&(struct script_row){SCRIPT_KEEP, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"},
            5000);
    assert_int_equal(a.retry_after_ms, -1);
}

static void reply__broken__no_status_but_words(void **state)
{
    (void)state;
    static const struct script_row rows[] = {
        {SCRIPT_CLOSE, ""},                              /* nothing */
        {SCRIPT_CLOSE, "HTTP/1.1 200 OK\r\nContent-Le"}, /* half a head */
        {SCRIPT_CLOSE, OK("10\r\n\r\nhalf")},            /* half a body */
        {SCRIPT_CLOSE, "SSH-2.0-OpenSSH_9.2\r\n\r\n"},   /* no HTTP */
        {SCRIPT_SILENT, NULL},                           /* never */
        {SCRIPT_KEEP, OK("1000000\r\n\r\n") "0123456789012345678901234567890123456789"
                                            "012345678901234567890123456789012345678901234567890123"
                                            "4567890123456789"
                                            "012345678901234567890123456789012345678901234567890123"
                                            "4567890123456789"
                                            "012345678901234567890123456789012345678901234567890123"
                                            "4567890123456789"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer a = ask(&rows[i], 300);
        assert_int_equal(a.status, 0);
        assert_true(a.text[0] != '\0');
        assert_string_equal(a.reply, "");
    }
}

static void submit__nobody_listens__says_so(void **state)
{
    (void)state;
    /* A port that was free a moment ago. */
    struct script_server *s = script_server_new(&(struct script_row){SCRIPT_SILENT, NULL}, 1);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", script_server_port(s));
    script_server_free(s);
    struct tlc_http_client *c = open_client(1, NULL);
    struct answer a = {0};
    submit(c, url, NULL, 5000, &a);
    run(c);
    assert_int_equal(a.done_n, 1);
    assert_int_equal(a.status, 0);
    assert_true(a.text[0] != '\0');
    tlc_http_client_close(&c);
}

static void submit__many__few_kept_connections(void **state)
{
    (void)state;
    struct script_server *s = script_server_new(&(struct script_row){SCRIPT_STORE, NULL}, 1);
    struct tlc_http_client *c = open_client(3, "s3cret");
    struct answer a = {0};
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/trips", script_server_port(s));
    for (int i = 0; i < 200; i++) {
        submit(c, url, "{}\n{}\n", 5000, &a);
    }
    run(c);
    assert_int_equal(a.done_n, 200);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.reply, "{\"accepted\":2,\"refused\":0}");
    assert_int_equal(script_server_requests(s), 200);
    assert_in_range(script_server_connections(s), 1, 3);
    const char *head = script_server_last_head(s);
    assert_non_null(strstr(head, "Authorization: Bearer s3cret\r\n"));
    assert_non_null(strstr(head, "Content-Type: application/x-ndjson\r\n"));
    assert_non_null(strstr(head, "User-Agent: test/1\r\n"));
    assert_null(strstr(head, "Expect:"));
    tlc_http_client_close(&c);
    script_server_free(s);
}

static void close__requests_under_way__each_is_told(void **state)
{
    (void)state;
    struct script_server *s = script_server_new(&(struct script_row){SCRIPT_SILENT, NULL}, 1);
    struct tlc_http_client *c = open_client(2, NULL);
    struct answer a = {.status = -1};
    struct tlc_err err;
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", script_server_port(s));
    for (int i = 0; i < 5; i++) {
        submit(c, url, "{}", 60000, &a);
    }
    assert_int_equal(tlc_http_client_step(c, 0, -1, &err), 0);
    tlc_http_client_close(&c);
    assert_int_equal(a.done_n, 5);
    assert_int_equal(a.status, 0);
    script_server_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reply__whole__status_and_body),
        cmocka_unit_test(reply__retry_after__seconds_or_date_up_to_six_hours),
        cmocka_unit_test(reply__broken__no_status_but_words),
        cmocka_unit_test(submit__nobody_listens__says_so),
        cmocka_unit_test(submit__many__few_kept_connections),
        cmocka_unit_test(close__requests_under_way__each_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
