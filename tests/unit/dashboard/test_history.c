#include <string.h>

#include "dashboard/history_routes.h"
#include "tests/unit/dashboard/unit.h"

#define MARCH_10_S INT64_C(1710046800) /* 2024-03-10 00:00 in New York, a day of 23 hours */

static struct store store;
static struct history history;
static struct tlc_http_route routes[HISTORY_ROUTES_N];
static const char *folder;

static int set_up(void **state)
{
    (void)state;
    struct tlc_err err;
    static char path[512];
    folder = unit_folder_make();
    (void)snprintf(path, sizeof path, "%s/windows.sqlite", folder);
    assert_int_equal(store_open(&store, path, 0, &err), TLC_OK);
    assert_int_equal(history_open(&history, "", &store, &err), TLC_OK);
    history_routes_fill(&history, routes);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    history_stop(&history);
    history_close(&history);
    store_close(&store);
    unit_folder_remove(folder);
    return 0;
}

static json_t *get(const char *path, const char *const *query, int status)
{
    struct unit_request request;
    struct tlc_http_response r = {0};
    unit_request_init(&request, path, query, NULL);
    for (size_t i = 0; i < HISTORY_ROUTES_N; i++) {
        if (strcmp(routes[i].path, path) == 0) {
            assert_int_equal(routes[i].handler(routes[i].ctx, &request.request, &r),
                             TLC_HTTP_REPLY);
            assert_int_equal(r.status, status);
            json_t *root = unit_json(tlc_str_trim(tlc_buf_str(&r.body)));
            tlc_http_response_release(&r);
            return root;
        }
    }
    fail_msg("no route %s", path);
    return NULL;
}

static void text_is(json_t *root, const char *key, const char *wanted)
{
    assert_string_equal(json_string_value(json_object_get(root, key)), wanted);
    json_decref(root);
}

static void no_database__each_answer_says_so(void **state)
{
    (void)state;
    const char *const day[] = {"day=2024-01-15", NULL};
    text_is(get("/api/history", NULL, 200), "state", "none");
    text_is(get("/api/history/series", NULL, 503), "rule", "no_database");
    text_is(get("/api/history/day", day, 503), "rule", "no_database");
    text_is(get("/api/history/diff", NULL, 200), "note", "no database is connected");
}

static void bad_query__400_naming_it(void **state)
{
    (void)state;
    static const char *const bad[][3] = {
        {"/api/history/series", "by=year", "by"},
        {"/api/history/series", "from=2024-02-30", "from"},
        {"/api/history/series", "from=2024-1-01", "from"},
        {"/api/history/series", "from=2024-01-01x", "from"},
        {"/api/history/series", "to=-024-01-01", "to"},
        {"/api/history/series", "to=0000-01-01", "to"},
        {"/api/history/series", "dataset=purple", "dataset"},
        {"/api/history/series", "zone=266", "zone"},
        {"/api/history/series", "zone=0", "zone"},
        {"/api/history/day", "zone=74", "day"},
        {"/api/history/day", "day=2023-02-29", "day"},
    };
    for (size_t i = 0; i < TLC_COUNT(bad); i++) {
        const char *const query[] = {bad[i][1], NULL};
        json_t *root = get(bad[i][0], query, 400);
        const char *words = json_string_value(json_object_get(root, "error"));
        if (strncmp(words, bad[i][2], strlen(bad[i][2])) != 0) {
            fail_msg("%s?%s: %s", bad[i][0], bad[i][1], words);
        }
        text_is(root, "rule", "bad_query");
    }
    const char *const reversed[] = {"from=2024-01-02", "to=2024-01-02", NULL};
    text_is(get("/api/history/series", reversed, 400), "rule", "bad_query");
}

static void good_query__read_whole(void **state)
{
    (void)state;
    const char *const words[] = {"by=week",       "from=2024-02-29", "to=2024-03-01",
                                 "dataset=fhvhv", "zone=265",        NULL};
    struct unit_request request;
    struct history_query q;
    struct tlc_err err;
    unit_request_init(&request, "/api/history/series", words, NULL);
    assert_int_equal(history_query_parse(&request.request, HISTORY_SERIES, &q, &err), TLC_OK);
    assert_int_equal(q.by, HISTORY_BY_WEEK);
    assert_int_equal(q.dataset, 4);
    assert_int_equal(q.zone, 265);
    assert_string_equal(q.from, "2024-02-29");
    assert_string_equal(q.to, "2024-03-01");
}

/* Windows at both ends of a day of 23 hours and of the days around it. */
static void days__by_source_day_and_zone_with_what_was_late(void **state)
{
    (void)state;
    const struct spec specs[] = {
        {0, 2202403, MARCH_10_S - QUARTER, 1, true, 74, 75, 3, 0, 0, 0, 0},
        {0, 2202403, MARCH_10_S, 2, true, 74, 75, 5, 4, 4, 12, 0},
        {1, 2202403, MARCH_10_S + 23 * HOUR - QUARTER, 1, false, 74, 41, 2, 1, 1, 12, 0},
        {1, 2202403, MARCH_10_S + 23 * HOUR, 2, true, 7, 75, 1, 1, 1, 12, 0},
        {0, 1202403, MARCH_10_S, 3, true, 7, 7, 9, 0, 0, 0, 0},
    };
    const struct window_progress progress[] = {
        {.partition = 0, .source = 2202403, .position = 9, .late = 6},
        {.partition = 1, .source = 2202403, .position = 9, .late = 5}};
    struct window_message m = unit_message(specs, TLC_COUNT(specs), progress, 2);
    struct store_reply reply;
    struct tlc_err err;
    assert_int_equal(store_take(&store, &m, 0, &reply, &err), TLC_OK);
    window_message_release(&m);
    json_t *root = get("/api/windows/days", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(root, "days")), 4);
    assert_int_equal(unit_json_int(root, "days/0/source"), 1202403);
    assert_string_equal(json_string_value(unit_json_at(root, "days/1/day")), "2024-03-09");
    assert_string_equal(json_string_value(unit_json_at(root, "days/2/day")), "2024-03-10");
    assert_int_equal(unit_json_int(root, "days/2/start"), MARCH_10_S);
    assert_int_equal(unit_json_int(root, "days/2/starts/0/0"), 74);
    assert_int_equal(unit_json_int(root, "days/2/starts/0/1"), 7);
    assert_int_equal(unit_json_int(root, "days/2/ends/0/0"), 41);
    assert_int_equal(unit_json_int(root, "days/2/ends/1/1"), 4);
    assert_int_equal(unit_json_int(root, "days/2/matched"), 5);
    assert_true(json_is_false(unit_json_at(root, "days/2/final")));
    assert_int_equal(unit_json_int(root, "days/3/start"), MARCH_10_S + 23 * HOUR);
    assert_int_equal(unit_json_int(root, "sources/1/late"), 11);
    json_decref(root);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(no_database__each_answer_says_so),
        TEST(bad_query__400_naming_it),
        TEST(good_query__read_whole),
        TEST(days__by_source_day_and_zone_with_what_was_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
