#include "tests/unit/base/unit.h"

#include <stdlib.h>

#include "common/base/counters.h"

#define TEST_COUNTERS(X)                                                                           \
    X(T_READ, "messages_read", COUNTER, "messages", "Messages that came in")                       \
    X(T_BAD_TIME, "refused{rule=\"bad_time\"}", COUNTER, "records", "Refused records")             \
    X(T_BAD_ZONE, "refused{rule=\"bad_zone\"}", COUNTER, "records", "Refused records")             \
    X(T_HELD, "bytes_held", GAUGE, "bytes", "Bytes in memory")
enum test_counter { TEST_COUNTERS(TLC_COUNTER_ENUM) T_N };
static const struct tlc_counter_def defs[] = {TEST_COUNTERS(TLC_COUNTER_DEF)};

static void fill(struct tlc_counters *c)
{
    tlc_counters_init(c, defs, T_N);
    tlc_counter_add(c, T_READ, 40);
    tlc_counter_add(c, T_READ, 2);
    tlc_counter_add(c, T_BAD_TIME, 3);
    tlc_counter_set(c, T_HELD, -5);
}

static void prometheus__one_head_for_a_family(void **state)
{
    (void)state;
    struct tlc_counters c;
    struct tlc_buf out;
    fill(&c);
    tlc_buf_init(&out, 1 << 16);
    tlc_counters_prometheus(&c, "store", &out);
    assert_string_equal(tlc_buf_cstr(&out),
                        "# HELP tlc_store_messages_read_total Messages that came in (messages).\n"
                        "# TYPE tlc_store_messages_read_total counter\n"
                        "tlc_store_messages_read_total 42\n"
                        "# HELP tlc_store_refused_total Refused records (records).\n"
                        "# TYPE tlc_store_refused_total counter\n"
                        "tlc_store_refused_total{rule=\"bad_time\"} 3\n"
                        "tlc_store_refused_total{rule=\"bad_zone\"} 0\n"
                        "# HELP tlc_store_bytes_held Bytes in memory (bytes).\n"
                        "# TYPE tlc_store_bytes_held gauge\n"
                        "tlc_store_bytes_held -5\n");
    tlc_buf_release(&out);
}

static void json_and_report__all_rows_and_rows_that_moved(void **state)
{
    (void)state;
    struct tlc_counters c;
    struct tlc_buf out;
    fill(&c);
    tlc_buf_init(&out, 1 << 16);
    tlc_counters_json(&c, &out);
    assert_string_equal(tlc_buf_cstr(&out),
                        "{\"messages_read\":42,\"refused{rule=\\\"bad_time\\\"}\":3,"
                        "\"refused{rule=\\\"bad_zone\\\"}\":0,\"bytes_held\":-5}");
    tlc_buf_release(&out);
    char *text = NULL;
    size_t n = 0;
    FILE *report = open_memstream(&text, &n);
    tlc_counters_report(&c, report);
    fclose(report);
    assert_string_equal(text, "messages_read 42 messages\n"
                              "refused{rule=\"bad_time\"} 3 records\n"
                              "bytes_held -5 bytes\n");
    free(text);
}

static void histogram__buckets_add_up(void **state)
{
    (void)state;
    static const double bounds[] = {0.001, 0.01, 0.1};
    struct tlc_histogram h;
    struct tlc_buf out;
    tlc_histogram_init(&h, "request_seconds", "Time to answer", bounds, 3);
    tlc_histogram_observe(&h, 0.001);
    tlc_histogram_observe(&h, 0.02);
    tlc_histogram_observe(&h, 5);
    tlc_buf_init(&out, 1 << 16);
    tlc_histogram_prometheus(&h, "server", &out);
    assert_string_equal(tlc_buf_cstr(&out), "# HELP tlc_server_request_seconds Time to answer.\n"
                                            "# TYPE tlc_server_request_seconds histogram\n"
                                            "tlc_server_request_seconds_bucket{le=\"0.001\"} 1\n"
                                            "tlc_server_request_seconds_bucket{le=\"0.01\"} 1\n"
                                            "tlc_server_request_seconds_bucket{le=\"0.1\"} 2\n"
                                            "tlc_server_request_seconds_bucket{le=\"+Inf\"} 3\n"
                                            "tlc_server_request_seconds_sum 5.021000\n"
                                            "tlc_server_request_seconds_count 3\n");
    tlc_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prometheus__one_head_for_a_family),
        cmocka_unit_test(json_and_report__all_rows_and_rows_that_moved),
        cmocka_unit_test(histogram__buckets_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
