#include "tests/support/unit.h"

#include "common/io/http_server_internal.h"

static const struct tlc_http_route routes[] = {
    {.method = "GET", .path = "/status"},
    {.method = "POST", .path = "/trips"},
    {.method = "POST", .path = "/sources/{source}/close"},
    {.method = "GET", .path = "/api/{name}"},
    {.method = "POST", .path = "/api/{name}"},
};
#define N TLC_COUNT(routes)

static void find__paths_and_methods(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path, *param;
        int route; /* -1: other method, -2: no such path */
    } cases[] = {
        {"GET", "/status", "", 0},
        {"POST", "/status", "", -1},
        {"POST", "/trips", "", 1},
        {"POST", "/trips/", "", -2},
        {"POST", "/Trips", "", -2},
        {"POST", "/trip", "", -2},
        {"POST", "", "", -2},
        {"POST", "/sources/2202401/close", "2202401", 2},
        {"POST", "/sources//close", "", -2},
        {"POST", "/sources/1/2/close", "", -2},
        {"POST", "/sources/1/clos", "", -2},
        {"POST", "/sources/close", "", -2},
        {"GET", "/sources/1/close", "", -1},
        {"GET", "/api/zones", "zones", 3},
        {"POST", "/api/x", "x", 4},
        {"PUT", "/api/x", "", -1},
        {"GET", "/api/", "", -2},
        {"GET", "/api/a/b", "", -2},
        {"GET", "/api/..", "..", 3},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct http_match m =
            http_route_find(routes, N, tlc_str_from(cases[i].method), tlc_str_from(cases[i].path));
        int got = m.route ? (int)(m.route - routes) : m.path_known ? -1 : -2;
        if (got != cases[i].route ||
            (m.route && !tlc_str_eq(m.param, tlc_str_from(cases[i].param)))) {
            fail_msg("%s %s: route %d", cases[i].method, cases[i].path, got);
        }
    }
}

static void allow__methods_of_a_path(void **state)
{
    (void)state;
    char text[120];
    http_route_allow(routes, N, TLC_STR("/status"), text, sizeof text);
    assert_string_equal(text, "GET, HEAD");
    http_route_allow(routes, N, TLC_STR("/api/x"), text, sizeof text);
    assert_string_equal(text, "GET, HEAD, POST");
    http_route_allow(routes, N, TLC_STR("/api/x"), text, 12); /* too small: whole names only */
    assert_string_equal(text, "GET, HEAD");
}

static void type__media_types(void **state)
{
    (void)state;
    static const struct {
        const char *types, *given;
        bool ok;
    } cases[] = {{NULL, NULL, true},
                 {NULL, "anything", true},
                 {"application/json", NULL, false},
                 {"application/json", "", false},
                 {"application/json", "application/json", true},
                 {"application/json", "Application/JSON ; charset=utf-8", true},
                 {"application/json", "application/jsonx", false},
                 {"application/json", "application/js", false},
                 {"application/json text/plain", "text/plain;a=b;c", true},
                 {"application/json text/plain", ";", false}};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        assert_int_equal(http_type_allowed(cases[i].types, tlc_str_from(cases[i].given)),
                         cases[i].ok);
    }
}

static void gzip__accept_encoding(void **state)
{
    (void)state;
    static const struct {
        const char *given;
        bool ok;
    } cases[] = {{NULL, false},           {"", false},
                 {"gzip", true},          {"deflate, GZIP;q=0.5", true},
                 {"gzip;q=0", false},     {"gzip; q=0.000", false},
                 {"gzip; q=0.001", true}, {"br, deflate", false},
                 {"xgzip", false},        {",,gzip", true}};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        if (http_accepts_gzip(tlc_str_from(cases[i].given)) != cases[i].ok) {
            fail_msg("\"%s\"", cases[i].given);
        }
    }
}

static void error__text_of_a_client__escaped(void **state)
{
    (void)state;
    struct tlc_http_response r = {0};
    tlc_http_error(&r, 400, "bad", "%s", "say \"\\\x01\xff\"");
    assert_string_equal(tlc_buf_cstr(&r.body),
                        "{\"error\":\"say \\\"\\\\\\u0001\\u00ff\\\"\",\"rule\":\"bad\"}\n");
    tlc_http_response_release(&r);
}

static void headers__more_than_fit__left_out(void **state)
{
    (void)state;
    struct tlc_http_response r = {0};
    for (int i = 0; i < TLC_HTTP_HEADERS_MAX + 3; i++) {
        tlc_http_header_add(&r, "X-A", "%d", i);
    }
    assert_int_equal(r.headers_n, TLC_HTTP_HEADERS_MAX);
    tlc_http_response_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(find__paths_and_methods),
        cmocka_unit_test(allow__methods_of_a_path),
        cmocka_unit_test(type__media_types),
        cmocka_unit_test(gzip__accept_encoding),
        cmocka_unit_test(error__text_of_a_client__escaped),
        cmocka_unit_test(headers__more_than_fit__left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
