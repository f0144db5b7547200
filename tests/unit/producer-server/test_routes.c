#include "tests/support/unit.h"

#include "producer-server/routes.h"
#include "tests/unit/producer-server/fake_kafka.h"

#define EVENT                                                                                      \
    "{\"TripID\":2202401000000001,\"VendorID\":2,\"Datetime\":\"2024-01-01T00:12:34-05:00\","      \
    "\"Status\":\"start\",\"ZoneID\":74}\n"

static struct fake_kafka kafka;
static struct produce produce;
static struct tlc_http_route routes[ROUTES_N];
static const char *query_errors;

static int set_up(void **state)
{
    (void)state;
    const struct produce_ports ports = fake_ports(&kafka);
    produce_init(&produce, &ports, 1 << 20, 1 << 20);
    routes_fill(&produce, routes);
    query_errors = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fake_release(&kafka);
    produce_release(&produce);
    return 0;
}

static struct tlc_str lookup(void *connection, char kind, const char *name)
{
    (void)connection;
    bool hit = kind == 'q' && strcmp(name, "errors") == 0;
    return tlc_str_from(hit ? query_errors : NULL);
}

static const struct tlc_http_route *route(const char *path)
{
    for (size_t i = 0; i < ROUTES_N; i++) {
        if (strcmp(routes[i].path, path) == 0) {
            return &routes[i];
        }
    }
    fail_msg("no route %s", path);
    return NULL;
}

static int call(const char *path, const char *param, const char *body, struct tlc_http_response *r)
{
    const struct tlc_http_route *to = route(path);
    const struct tlc_http_request request = {.param = tlc_str_from(param),
                                             .body = tlc_str_from(body),
                                             .connection = &kafka,
                                             .lookup = lookup};
    memset(r, 0, sizeof *r);
    if (to->handler(to->ctx, &request, r) == TLC_HTTP_REPLY) {
        return r->status;
    }
    fake_settle(&kafka, 0);
    *r = kafka.replies[--kafka.replies_n];
    return r->status;
}

static void fill__posts__need_the_token_and_are_admitted(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROUTES_N; i++) {
        bool post = strcmp(routes[i].method, "POST") == 0;
        assert_int_equal(routes[i].token, post);
        assert_int_equal(routes[i].admit != NULL, post);
        assert_int_equal(routes[i].release != NULL, post);
    }
    assert_int_equal(route("/trips")->body_max, 1 << 20);
}

static void trips__bodies__statuses(void **state)
{
    (void)state;
    static const struct {
        const char *body, *errors;
        int status;
        const char *words;
    } cases[] = {{EVENT, NULL, 200, "{\"accepted\":1,\"refused\":0}"},
                 {EVENT "x", NULL, 207, "\"line\":2,\"rule\":\"not_json\""},
                 {EVENT "x", "0", 207, "{\"accepted\":1,\"refused\":1}"},
                 {"{}", NULL, 422, "missing_key"},
                 {"x", NULL, 400, "not_json"},
                 {"", NULL, 400, "empty_body"},
                 {"\n \r\n", NULL, 400, "empty_body"},
                 {EVENT, "-1", 400, "bad_parameter"},
                 {EVENT, "10001", 400, "bad_parameter"},
                 {EVENT, "many", 400, "bad_parameter"}};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct tlc_http_response r;
        query_errors = cases[i].errors;
        int status = call("/trips", NULL, cases[i].body, &r);
        const char *body = tlc_buf_cstr(&r.body);
        if (status != cases[i].status || !strstr(body, cases[i].words)) {
            fail_msg("case %zu: %d %s", i, status, body);
        }
        tlc_http_response_release(&r);
    }
}

static void trip__one_event_only(void **state)
{
    (void)state;
    struct tlc_http_response r;
    assert_int_equal(call("/trip", NULL, EVENT, &r), 200);
    tlc_http_response_release(&r);
    assert_int_equal(call("/trip", NULL, EVENT EVENT, &r), 400);
    tlc_http_response_release(&r);
    assert_int_equal(call("/trip", NULL, "{\"Status\":\"start\"}", &r), 422);
    tlc_http_response_release(&r);
}

static void marks__sources__valid_ones_only(void **state)
{
    (void)state;
    static const char *const bad[] = {"",   "0",        "x",           "2202413", "6202401",
                                      "-1", "2202401x", "99999999999", "9202401", "220240"};
    static const char *const routes_of_marks[] = {"/sources/{source}/close",
                                                  "/sources/{source}/open"};
    struct tlc_http_response r;
    for (size_t k = 0; k < TLC_COUNT(routes_of_marks); k++) {
        assert_int_equal(call(routes_of_marks[k], "2202401", "", &r), 200);
        assert_string_equal(tlc_buf_cstr(&r.body), "{\"partitions\":3}\n");
        assert_non_null(strstr(kafka.values[0], k == 0 ? "closed" : "open"));
        tlc_http_response_release(&r);
        for (size_t i = 0; i < TLC_COUNT(bad); i++) {
            assert_int_equal(call(routes_of_marks[k], bad[i], "", &r), 422);
            assert_non_null(strstr(tlc_buf_cstr(&r.body), "bad_source"));
            tlc_http_response_release(&r);
        }
    }
}

static void openapi__whole_file(void **state)
{
    (void)state;
    struct tlc_http_response r;
    assert_int_equal(call("/openapi.yaml", NULL, "", &r), 200);
    assert_true(tlc_str_starts(r.fixed, TLC_STR("openapi: 3.")));
    assert_int_equal(r.fixed.p[r.fixed.n - 1], '\n'); /* no NUL behind it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fill__posts__need_the_token_and_are_admitted, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(trips__bodies__statuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(trip__one_event_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(marks__sources__valid_ones_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(openapi__whole_file, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
