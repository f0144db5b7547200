#include "tests/support/unit.h"

#include "tests/unit/producer-server/fake_kafka.h"

#define EVENT                                                                                      \
    "{\"TripID\":2202401000000001,\"VendorID\":2,\"Datetime\":\"2024-01-01T00:12:34-05:00\","      \
    "\"Status\":\"start\",\"ZoneID\":74}\n"
#define BUDGET 1000
#define BODY_MAX 400
#define PEER 7

static struct fake_kafka kafka;
static struct produce produce;

static int set_up(void **state)
{
    (void)state;
    const struct produce_ports ports = fake_ports(&kafka);
    produce_init(&produce, &ports, BUDGET, BODY_MAX);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fake_release(&kafka);
    produce_release(&produce);
    return 0;
}

static int64_t count(enum produce_counter id)
{
    return tlc_counter_get(&produce.counters, id);
}

/* What routes.c does with a body; the verdict. */
static enum tlc_http_verdict send(const char *body, struct tlc_http_response *r)
{
    struct produce_request *q = produce_begin(&produce);
    const struct tlc_http_request request = {.connection = &kafka};
    assert_non_null(q);
    ingest_lines(produce_batch(q), tlc_str_from(body));
    memset(r, 0, sizeof *r);
    return produce_send(q, &request, r, false);
}

static int admit(int64_t length, struct tlc_http_response *r)
{
    memset(r, 0, sizeof *r);
    int status = produce_admit(&produce, PEER, length, r);
    if (status != 0) {
        assert_int_equal(r->status, status);
        assert_non_null(fake_header(r, "Retry-After"));
        tlc_http_response_release(r);
    }
    return status;
}

static void send__all_acknowledged__200_and_not_before(void **state)
{
    (void)state;
    struct tlc_http_response r;
    assert_int_equal(send(EVENT EVENT, &r), TLC_HTTP_PENDING);
    assert_int_equal(kafka.replies_n, 0);
    assert_int_equal(count(PRODUCE_ACKED), 0);
    fake_settle(&kafka, 0);
    assert_int_equal(kafka.replies_n, 1);
    assert_int_equal(kafka.replies[0].status, 200);
    assert_string_equal(tlc_buf_cstr(&kafka.replies[0].body), "{\"accepted\":2,\"refused\":0}\n");
    assert_int_equal(count(PRODUCE_ACKED), 2);
    assert_int_equal(count(PRODUCE_RECEIVED), 2);
}

static void send__some_refused__207(void **state)
{
    (void)state;
    struct tlc_http_response r;
    assert_int_equal(send(EVENT "garbage\n", &r), TLC_HTTP_PENDING);
    fake_settle(&kafka, 0);
    assert_int_equal(kafka.replies[0].status, 207);
    assert_int_equal(count(PRODUCE_REFUSED), 1);
    assert_int_equal(tlc_counter_get(&produce.rules, produce.rule_rows[TLC_RULE_NOT_JSON]), 1);
}

static void send__none_usable__422_or_400_at_once(void **state)
{
    (void)state;
    struct tlc_http_response r;
    assert_int_equal(send("{\"TripID\":0}\nx\n", &r), TLC_HTTP_REPLY);
    assert_int_equal(r.status, 422);
    tlc_http_response_release(&r);
    assert_int_equal(send("x\ny\n", &r), TLC_HTTP_REPLY);
    assert_int_equal(r.status, 400);
    tlc_http_response_release(&r);
    assert_int_equal(kafka.n, 0);
    assert_int_equal(count(PRODUCE_RECEIVED), 4);
    assert_int_equal(count(PRODUCE_REFUSED), 4);
}

static void send__one_not_acknowledged__503_even_beside_refusals(void **state)
{
    (void)state;
    struct tlc_http_response r;
    assert_int_equal(send(EVENT EVENT "garbage\n", &r), TLC_HTTP_PENDING);
    fake_settle(&kafka, 1);
    assert_int_equal(kafka.replies[0].status, 503);
    assert_non_null(fake_header(&kafka.replies[0], "Retry-After"));
    assert_non_null(strstr(tlc_buf_cstr(&kafka.replies[0].body), "timed out"));
    /* received = acked + refused + failed */
    assert_int_equal(count(PRODUCE_RECEIVED), 3);
    assert_int_equal(count(PRODUCE_ACKED), 1);
    assert_int_equal(count(PRODUCE_REFUSED), 1);
    assert_int_equal(count(PRODUCE_FAILED), 1);
}

static void send__queue_full__503(void **state)
{
    (void)state;
    struct tlc_http_response r;
    kafka.full = true;
    assert_int_equal(send(EVENT, &r), TLC_HTTP_PENDING);
    assert_int_equal(kafka.replies[0].status, 503);
    assert_int_equal(count(PRODUCE_FAILED), 1);
    assert_int_equal(count(PRODUCE_RECEIVED), 1);
}

static void send__of_no_month_and_ahead_of_the_clock__refused(void **state)
{
    (void)state;
    struct tlc_http_response r = {0};
    static const char future[] =
        "{\"TripID\":9000000000000001,\"VendorID\":2,\"Datetime\":\"2024-01-01T01:00:01-05:00\","
        "\"Status\":\"start\",\"ZoneID\":74}";
    assert_int_equal(send(future, &r), TLC_HTTP_REPLY);
    assert_int_equal(r.status, 422);
    assert_non_null(strstr(tlc_buf_cstr(&r.body), "in_the_future"));
    tlc_http_response_release(&r);
}

static void send__marks__counted_apart(void **state)
{
    (void)state;
    struct produce_request *q = produce_begin(&produce);
    const struct tlc_http_request request = {.connection = &kafka};
    struct tlc_http_response r = {0};
    ingest_marks(produce_batch(q), 2202401, TLC_MARK_CLOSED, 3);
    assert_int_equal(produce_send(q, &request, &r, true), TLC_HTTP_PENDING);
    assert_non_null(strstr(kafka.values[0], "2 ={\"Source\":2202401,\"Status\":\"closed\"}"));
    fake_settle(&kafka, 0);
    assert_int_equal(kafka.replies[0].status, 200);
    assert_string_equal(tlc_buf_cstr(&kafka.replies[0].body), "{\"partitions\":3}\n");
    assert_int_equal(count(PRODUCE_MARKS), 3);
    assert_int_equal(count(PRODUCE_RECEIVED), 0);
}

static void admit__budget_spent__503_until_given_back(void **state)
{
    (void)state;
    struct tlc_http_response r;
    assert_int_equal(admit(400, &r), 0);
    assert_int_equal(admit(400, &r), 0);
    assert_int_equal(admit(201, &r), 503);
    assert_int_equal(admit(200, &r), 0); /* to the last byte */
    assert_int_equal(admit(1, &r), 503);
    assert_int_equal(count(PRODUCE_BUDGET), 2);
    assert_int_equal(count(PRODUCE_BYTES_IN_FLIGHT), BUDGET);
    produce_give_back(&produce, PEER, 400);
    assert_int_equal(admit(400, &r), 0);
    produce_give_back(&produce, PEER, 400);
    produce_give_back(&produce, PEER, 400);
    produce_give_back(&produce, PEER, 200);
    assert_int_equal(atomic_load(&produce.budget.bytes), 0);
    assert_int_equal(atomic_load(&produce.requests), 0);
}

static void admit__over_the_share_beside_another_client__429(void **state)
{
    (void)state;
    struct tlc_http_response r = {0};
    assert_int_equal(admit(400, &r), 0);
    assert_int_equal(produce_admit(&produce, PEER + 1, 100, &r), 0);
    assert_int_equal(admit(101, &r), 429);
    assert_int_equal(count(PRODUCE_SHARE), 1);
    assert_int_equal(count(PRODUCE_BUDGET), 0);
    assert_int_equal(admit(100, &r), 0);
    produce_give_back(&produce, PEER, 400);
    produce_give_back(&produce, PEER, 100);
    produce_give_back(&produce, PEER + 1, 100);
}

static void admit__unknown_length__charged_as_the_largest(void **state)
{
    (void)state;
    struct tlc_http_response r;
    assert_int_equal(admit(-1, &r), 0);
    assert_int_equal(atomic_load(&produce.budget.bytes), BODY_MAX);
    produce_give_back(&produce, PEER, -1);
    assert_int_equal(atomic_load(&produce.budget.bytes), 0);
}

static void admit__nothing_in_flight__let_in_whatever_its_size(void **state)
{
    (void)state;
    struct tlc_http_response r;
    assert_int_equal(admit(5 * BUDGET, &r), 0);
    assert_int_equal(admit(1, &r), 503);
    produce_give_back(&produce, PEER, 5 * BUDGET);
}

static void admit__broker_away_or_stopping__503_before_the_body(void **state)
{
    (void)state;
    struct tlc_http_response r;
    kafka.ready = false;
    assert_int_equal(admit(1, &r), 503);
    kafka.ready = true;
    atomic_store(&produce.draining, true);
    assert_int_equal(admit(1, &r), 503);
    assert_int_equal(count(PRODUCE_AWAY), 2);
}

static void retry_after__follows_the_measured_rate(void **state)
{
    (void)state;
    struct tlc_http_response r;
    assert_int_equal(produce_retry_after_s(&produce), 1); /* nothing measured yet */
    assert_int_equal(admit(400, &r), 0);
    produce_give_back(&produce, PEER, 400);
    fake_now_ns += INT64_C(1000000000);
    produce_step(&produce, fake_now_ns); /* 400 bytes a second */
    assert_int_equal(admit(400, &r), 0);
    assert_int_equal(produce_retry_after_s(&produce), 1);
    assert_int_equal(admit(401, &r), 0);
    assert_int_equal(produce_retry_after_s(&produce), 3);
    for (int i = 0; i < 5; i++) { /* idle seconds say nothing of the rate */
        fake_now_ns += INT64_C(1000000000);
        produce_step(&produce, fake_now_ns);
    }
    assert_int_equal(produce_retry_after_s(&produce), 3);
    produce_give_back(&produce, PEER, 400);
    produce_give_back(&produce, PEER, 401);
    assert_int_equal(admit(400000, &r), 0);
    assert_int_equal(produce_retry_after_s(&produce), 30); /* never longer */
    produce_give_back(&produce, PEER, 400000);
}

static void begin__batch_that_grew_large__memory_given_back(void **state)
{
    (void)state;
    struct tlc_http_response r;
    size_t n = 20000;
    char *body = malloc(n * (sizeof EVENT - 1) + 1);
    assert_non_null(body);
    for (size_t i = 0; i < n; i++) {
        memcpy(body + i * (sizeof EVENT - 1), EVENT, sizeof EVENT);
    }
    assert_int_equal(send(body, &r), TLC_HTTP_PENDING);
    fake_settle(&kafka, 0);
    assert_int_equal(produce.pool_n, 0);
    assert_int_equal(send(EVENT, &r), TLC_HTTP_PENDING);
    fake_settle(&kafka, 0);
    assert_int_equal(produce.pool_n, 1); /* a small one is kept */
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(send__all_acknowledged__200_and_not_before, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(send__some_refused__207, set_up, tear_down),
        cmocka_unit_test_setup_teardown(send__none_usable__422_or_400_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(send__one_not_acknowledged__503_even_beside_refusals,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(send__queue_full__503, set_up, tear_down),
        cmocka_unit_test_setup_teardown(send__of_no_month_and_ahead_of_the_clock__refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(send__marks__counted_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(admit__budget_spent__503_until_given_back, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(admit__over_the_share_beside_another_client__429, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(admit__unknown_length__charged_as_the_largest, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(admit__nothing_in_flight__let_in_whatever_its_size, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(admit__broker_away_or_stopping__503_before_the_body, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(retry_after__follows_the_measured_rate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(begin__batch_that_grew_large__memory_given_back, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
