#include "tests/support/unit.h"

#include "common/io/json.h"
#include "common/io/status_http.h"

enum { EVENTS, BYTES, REFUSED_A, REFUSED_B, COUNTER_N };
static const struct tlc_counter_def defs[] = {
    {"events", TLC_COUNTER, "events", "Events that came"},
    {"held_bytes", TLC_GAUGE, "bytes", "Bytes held"},
    {"refusals{rule=\"bad_time\"}", TLC_COUNTER, "events", "Refused, by rule"},
    {"refusals{rule=\"bad_zone\"}", TLC_COUNTER, "events", "Refused, by rule"},
};
static const double bounds[] = {0.1, 1};

static struct tlc_counters counters, none;
static struct tlc_histogram histogram;
static const char *trouble;
static struct tlc_status status;
static struct tlc_http_route routes[TLC_STATUS_ROUTES_N];

static const char *not_ready(void *ctx)
{
    (void)ctx;
    return trouble;
}

static const char *doing(void *ctx)
{
    (void)ctx;
    return trouble ? "waiting" : "running";
}

static void detail(void *ctx, struct tlc_buf *out)
{
    (void)ctx;
    tlc_buf_printf(out, ",\"lag\":7");
}

static int set_up(void **state)
{
    (void)state;
    tlc_counters_init(&counters, defs, COUNTER_N);
    tlc_counters_init(&none, defs, 0);
    tlc_histogram_init(&histogram, "wait_seconds", "Waits", bounds, 2);
    tlc_counter_add(&counters, EVENTS, 5);
    tlc_counter_set(&counters, BYTES, 9);
    tlc_counter_add(&counters, REFUSED_B, 2);
    tlc_histogram_observe(&histogram, 0.05);
    tlc_histogram_observe(&histogram, 0.5);
    tlc_histogram_observe(&histogram, 20);
    trouble = NULL;
    status = (struct tlc_status){.name = "tester",
                                 .prefix = "test",
                                 .tables = {&counters, &none},
                                 .histograms = {&histogram},
                                 .not_ready = not_ready,
                                 .state = doing,
                                 .detail = detail};
    tlc_status_routes(&status, routes);
    return 0;
}

static struct tlc_http_response get(const char *path)
{
    const struct tlc_http_request request = {.path = tlc_str_from(path)};
    struct tlc_http_response r = {0};
    for (size_t i = 0; i < TLC_STATUS_ROUTES_N; i++) {
        if (strcmp(routes[i].path, path) == 0) {
            assert_int_equal(routes[i].handler(routes[i].ctx, &request, &r), TLC_HTTP_REPLY);
            return r;
        }
    }
    fail_msg("no route %s", path);
    return r;
}

static void healthz_and_readyz__follow_the_state(void **state)
{
    (void)state;
    struct tlc_http_response r = get("/healthz");
    assert_int_equal(r.status, 200);
    r = get("/readyz");
    assert_int_equal(r.status, 200);
    assert_string_equal(tlc_buf_cstr(&r.body), "{\"ready\":true}\n");
    tlc_http_response_release(&r);
    trouble = "no broker";
    r = get("/healthz");
    assert_int_equal(r.status, 200);
    r = get("/readyz");
    assert_int_equal(r.status, 503);
    assert_string_equal(tlc_buf_cstr(&r.body), "{\"ready\":false,\"reason\":\"no broker\"}\n");
    tlc_http_response_release(&r);
}

static void status__json_with_counters_and_detail(void **state)
{
    (void)state;
    struct tlc_http_response r = get("/status");
    struct tlc_err err;
    json_t *root = NULL;
    assert_int_equal(tlc_json_load(tlc_buf_str(&r.body), &root, &err), 0);
    json_t *values = json_object_get(root, "counters");
    assert_int_equal(json_integer_value(json_object_get(values, "events")), 5);
    assert_int_equal(json_integer_value(json_object_get(values, "refusals{rule=\"bad_zone\"}")), 2);
    assert_int_equal(json_integer_value(json_object_get(root, "lag")), 7);
    assert_string_equal(json_string_value(json_object_get(root, "state")), "running");
    assert_true(json_is_true(json_object_get(root, "ready")));
    assert_true(json_integer_value(json_object_get(root, "rss_bytes")) > 100000);
    json_decref(root);
    tlc_http_response_release(&r);
}

static bool has_line(struct tlc_str text, const char *want)
{
    struct tlc_str line;
    while (tlc_str_split(&text, '\n', &line)) {
        if (tlc_str_eq(line, tlc_str_from(want))) {
            return true;
        }
    }
    return false;
}

static void metrics__prometheus_text(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "# TYPE tlc_test_events_total counter",
        "tlc_test_events_total 5",
        "# TYPE tlc_test_held_bytes gauge",
        "tlc_test_held_bytes 9",
        "# TYPE tlc_test_refusals_total counter",
        "tlc_test_refusals_total{rule=\"bad_time\"} 0",
        "tlc_test_refusals_total{rule=\"bad_zone\"} 2",
        "# TYPE tlc_test_wait_seconds histogram",
        "tlc_test_wait_seconds_bucket{le=\"0.1\"} 1",
        "tlc_test_wait_seconds_bucket{le=\"1\"} 2",
        "tlc_test_wait_seconds_bucket{le=\"+Inf\"} 3",
        "tlc_test_wait_seconds_count 3",
        "tlc_test_ready 1",
    };
    struct tlc_http_response r = get("/metrics");
    struct tlc_str text = tlc_buf_str(&r.body);
    for (size_t i = 0; i < TLC_COUNT(lines); i++) {
        if (!has_line(text, lines[i])) {
            fail_msg("no line \"%s\" in\n%s", lines[i], tlc_buf_cstr(&r.body));
        }
    }
    tlc_http_response_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(healthz_and_readyz__follow_the_state, set_up),
        cmocka_unit_test_setup(status__json_with_counters_and_detail, set_up),
        cmocka_unit_test_setup(metrics__prometheus_text, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
