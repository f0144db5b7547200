#include <string.h>

#include "dashboard/routes.h"
#include "dashboard/summary.h"
#include "tests/unit/dashboard/unit.h"

static struct store store;
static struct topics topics;
static struct stream_hub hub;
static struct peers peers;
static struct history history;
static struct pages pages;
static struct routes_context context;
static struct tlc_http_route routes[ROUTES_N];
static const char *folder;

static int64_t clock_now(void)
{
    return 1000;
}

static enum tlc_http_verdict own_status(void *ctx, const struct tlc_http_request *request,
                                        struct tlc_http_response *r)
{
    (void)ctx;
    (void)request;
    tlc_buf_init(&r->body, 100);
    tlc_buf_printf(&r->body, "{\"name\":\"dashboard\"}\n");
    r->status = 200;
    return TLC_HTTP_REPLY;
}

static int set_up(void **state)
{
    (void)state;
    struct tlc_err err;
    static char path[512];
    const struct peers_options nobody = {.poll_ms = 1000};
    folder = unit_folder_make();
    (void)snprintf(path, sizeof path, "%s/windows.sqlite", folder);
    assert_int_equal(store_open(&store, path, 0, &err), TLC_OK);
    assert_int_equal(peers_open(&peers, &nobody, &err), TLC_OK);
    assert_int_equal(history_open(&history, NULL, &store, &err), TLC_OK);
    topics = (struct topics){.store = &store,
                             .peers = &peers,
                             .history = &history,
                             .label = "a \"label\"",
                             .own_status = {.handler = own_status},
                             .now_ms = clock_now};
    topics_init(&topics);
    stream_hub_init(&hub, topics.rows, TOPICS_N, clock_now, tlc_http_stream_wake,
                    tlc_http_stream_cut);
    context = (struct routes_context){
        .store = &store, .hub = &hub, .topics = &topics, .pages = &pages, .now_ms = clock_now};
    routes_fill(&context, routes);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    stream_hub_release(&hub);
    history_close(&history);
    peers_close(&peers);
    store_close(&store);
    unit_folder_remove(folder);
    return 0;
}

static struct tlc_http_response call(const char *method, const char *path, const char *body,
                                     const char *const *query)
{
    struct unit_request request;
    struct tlc_http_response r = {0};
    unit_request_init(&request, path, query, NULL);
    request.request.body = tlc_str_from(body);
    for (size_t i = 0; i < ROUTES_N; i++) {
        if (strcmp(routes[i].path, path) == 0 && strcmp(routes[i].method, method) == 0) {
            assert_int_equal(routes[i].handler(routes[i].ctx, &request.request, &r),
                             TLC_HTTP_REPLY);
            return r;
        }
    }
    fail_msg("no route %s %s", method, path);
    return r;
}

static json_t *get(const char *path, const char *const *query)
{
    struct tlc_http_response r = call("GET", path, "", query);
    assert_int_equal(r.status, 200);
    assert_string_equal(unit_header(&r, "Cache-Control"), "no-store");
    json_t *root = unit_json(tlc_buf_str(&r.body));
    tlc_http_response_release(&r);
    return root;
}

/* A window in JSON: n trips of 12 minutes from 74 to 75. */
static void post(int partition, int64_t start_s, int n, bool final)
{
    static int64_t revision;
    char body[2048];
    revision++;
    (void)snprintf(
        body, sizeof body,
        "{\"window_s\":900,\"lateness_s\":7200,\"windows\":[{\"partition\":%d,\"source\":2202401,"
        "\"start\":%lld,\"revision\":%lld,\"final\":%s,\"matched\":%d,\"orphan_ends\":0,"
        "\"expired_starts\":0,\"duplicates\":0,\"passengers\":0,\"distance_cmi\":0,"
        "\"fare_cents\":0,\"tip_cents\":0,\"total_cents\":%d,\"ride_s\":%d,"
        "\"ride_bins\":[0,0,0,0,0,0,0,0,0,0,0,0,%d],\"starts\":[[74,%d]],\"ends\":[[75,%d]],"
        "\"routes\":[[74,75,%d,%d]]}],\"partitions\":[{\"partition\":%d,\"source\":2202401,"
        "\"position\":%lld,\"late\":0,\"refused\":0,\"watermark_s\":0,\"max_event_s\":%lld}]}",
        partition, (long long)start_s, (long long)revision, final ? "true" : "false", n, n * 1000,
        n * 720, n, n, n, n, n * 720, partition, (long long)revision, (long long)start_s + 899);
    struct tlc_http_response r = call("POST", "/api/windows", body, NULL);
    assert_int_equal(r.status, 200);
    json_t *root = unit_json(tlc_buf_str(&r.body));
    assert_string_equal(json_string_value(json_object_get(root, "store_id")), store.store_id);
    assert_int_equal(unit_json_int(root, "accepted"), 1);
    json_decref(root);
    tlc_http_response_release(&r);
}

static void posted_windows__in_every_answer(void **state)
{
    (void)state;
    post(0, JAN_1_S, 3, false);
    post(1, JAN_1_S, 2, false);
    post(0, JAN_1_S + HOUR, 4, false);
    json_t *root = get("/api/summary", NULL);
    assert_int_equal(unit_json_int(root, "figures/started"), 9);
    assert_int_equal(unit_json_int(root, "figures/completed"), 9);
    assert_int_equal(unit_json_int(root, "figures/revenue_cents"), 9000);
    assert_int_equal(unit_json_int(root, "figures/median_ride_s"), 750);
    assert_int_equal(unit_json_int(root, "hours/0/starts"), 5);
    assert_int_equal(unit_json_int(root, "hours/1/completed"), 4);
    assert_int_equal(unit_json_int(root, "zones/pickups/0/1"), 9);
    assert_int_equal(unit_json_int(root, "routes/0/2"), 9);
    assert_int_equal(unit_json_int(root, "routes/0/3"), 9 * 720);
    assert_int_equal(unit_json_int(root, "ride_bins/2"), 9);
    assert_int_equal(unit_json_int(root, "clock_s"), JAN_1_S + HOUR + 899);
    assert_string_equal(json_string_value(json_object_get(root, "label")), "a \"label\"");
    json_decref(root);
    root = get("/api/zones", NULL);
    assert_int_equal(unit_json_int(root, "net/0/1"), 9);
    assert_int_equal(unit_json_int(root, "net/1/1"), -9);
    json_decref(root);
    root = get("/api/status", NULL);
    assert_int_equal(unit_json_int(root, "ledger/5/left"), 18);
    json_decref(root);
}

static void windows__summed_over_partitions_within_the_range(void **state)
{
    (void)state;
    post(0, JAN_1_S, 3, true);
    post(1, JAN_1_S, 2, false);
    post(0, JAN_1_S + QUARTER, 4, true);
    post(0, JAN_1_S + 2 * QUARTER, 1, true);
    json_t *root = get("/api/windows", NULL);
    assert_int_equal(json_array_size(json_object_get(root, "windows")), 3);
    assert_int_equal(unit_json_int(root, "windows/0/matched"), 5);
    assert_int_equal(unit_json_int(root, "windows/0/starts/0/1"), 5);
    assert_true(json_is_false(unit_json_at(root, "windows/0/final")));
    assert_true(json_is_true(unit_json_at(root, "windows/1/final")));
    assert_null(unit_json_at(root, "windows/0/routes"));
    assert_true(json_is_false(json_object_get(root, "more")));
    json_decref(root);
    char from[32];
    (void)snprintf(from, sizeof from, "from=%lld", (long long)(JAN_1_S + QUARTER));
    const char *const query[] = {from, "limit=1", "source=2202401", NULL};
    root = get("/api/windows", query);
    assert_int_equal(json_array_size(json_object_get(root, "windows")), 1);
    assert_int_equal(unit_json_int(root, "windows/0/matched"), 4);
    assert_true(json_is_true(json_object_get(root, "more")));
    json_decref(root);
    const char *const other[] = {"source=2202402", NULL};
    root = get("/api/windows", other);
    assert_int_equal(json_array_size(json_object_get(root, "windows")), 0);
    json_decref(root);
}

static void dump__final_windows_with_routes_a_line_each(void **state)
{
    (void)state;
    post(0, JAN_1_S + QUARTER, 4, true);
    post(1, JAN_1_S + QUARTER, 1, true);
    post(0, JAN_1_S, 3, true);
    post(1, JAN_1_S, 2, false); /* so that one is not final as a whole */
    struct tlc_http_response r = call("GET", "/api/windows/dump", "", NULL);
    assert_int_equal(r.status, 200);
    assert_int_equal(context.dumps_n, 1);
    char text[4096];
    size_t n = 0;
    int64_t got;
    while ((got = r.pull(r.stream_ctx, text + n, 33)) > 0) {
        n += (size_t)got;
        assert_true(n + 33 < sizeof text);
    }
    assert_int_equal(got, -1);
    r.closed(r.stream_ctx);
    assert_int_equal(context.dumps_n, 0);
    struct tlc_str rest = {text, n}, line;
    assert_true(tlc_str_split(&rest, '\n', &line));
    json_t *root = unit_json(line);
    assert_int_equal(unit_json_int(root, "start"), JAN_1_S + QUARTER);
    assert_int_equal(unit_json_int(root, "routes/0/2"), 5);
    json_decref(root);
    assert_int_equal(rest.n, 0);
}

static void too_many_dumps__503(void **state)
{
    (void)state;
    struct tlc_http_response r[ROUTES_DUMPS_MAX + 1];
    for (size_t i = 0; i < TLC_COUNT(r); i++) {
        r[i] = call("GET", "/api/windows/dump", "", NULL);
        assert_int_equal(r[i].status, i < ROUTES_DUMPS_MAX ? 200 : 503);
    }
    for (size_t i = 0; i < ROUTES_DUMPS_MAX; i++) {
        r[i].closed(r[i].stream_ctx);
    }
    tlc_http_response_release(&r[ROUTES_DUMPS_MAX]);
}

static void bad_query__400_naming_it(void **state)
{
    (void)state;
    const struct {
        const char *path, *query, *words;
    } cases[] = {
        {"/api/summary", "dataset=purple", "dataset"},
        {"/api/summary", "source=0", "source"},
        {"/api/summary", "source=2202413", "source"},
        {"/api/summary", "source=x", "source"},
        {"/api/summary", "zone=0", "zone"},
        {"/api/summary", "zone=266", "zone"},
        {"/api/summary", "route=74", "route"},
        {"/api/summary", "route=74-266", "route"},
        {"/api/summary", "route=0-74", "route"},
        {"/api/summary", "route=-74-75", "route"},
        {"/api/summary", "route=74-75-76", "route"},
        {"/api/summary", "zone=99999999999999999999", "zone"},
        {"/api/summary", "span=year", "span"},
        {"/api/summary", "hours=\"<script>", "hours"},
        {"/api/stream", "span=year", "span"},
        {"/api/zones", "zone=-1", "zone"},
        {"/api/windows", "limit=0", "limit"},
        {"/api/windows", "limit=100000", "limit"},
        {"/api/windows", "from=yesterday", "from"},
        {"/api/windows", "to=-1", "to"},
        {"/api/windows", "source=-5", "source"},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        const char *const query[] = {cases[i].query, NULL};
        struct tlc_http_response r = call("GET", cases[i].path, "", query);
        json_t *root = unit_json(tlc_str_trim(tlc_buf_str(&r.body)));
        if (r.status != 400 ||
            strstr(json_string_value(json_object_get(root, "error")), cases[i].words) == NULL) {
            fail_msg("%s?%s: %d", cases[i].path, cases[i].query, r.status);
        }
        assert_string_equal(json_string_value(json_object_get(root, "rule")), "bad_query");
        json_decref(root);
        tlc_http_response_release(&r);
    }
}

static void bad_message__422_and_nothing_taken(void **state)
{
    (void)state;
    const char *const bodies[] = {"", "x", "{}", "{\"window_s\":900}", "[1,2]"};
    for (size_t i = 0; i < TLC_COUNT(bodies); i++) {
        struct tlc_http_response r = call("POST", "/api/windows", bodies[i], NULL);
        assert_int_equal(r.status, 422);
        tlc_http_response_release(&r);
    }
    assert_int_equal(store.windows.revision, 0);
    assert_int_equal(tlc_counter_get(&store.counters, STORE_REFUSED), TLC_COUNT(bodies));
}

#define ENTRY(start)                                                                               \
    "{\"partition\":3,\"source\":2202401,\"start\":" start ",\"revision\":5,\"final\":true,"       \
    "\"matched\":0,\"orphan_ends\":0,\"expired_starts\":0,\"duplicates\":0,\"passengers\":0,"      \
    "\"distance_cmi\":0,\"fare_cents\":0,\"tip_cents\":0,\"total_cents\":0,\"ride_s\":0,"          \
    "\"ride_bins\":[],\"starts\":[[74,2]],\"ends\":[],\"routes\":[]}"
#define MESSAGE(windows, partitions)                                                               \
    "{\"window_s\":900,\"lateness_s\":7200,\"windows\":[" windows "],\"partitions\":[" partitions  \
    "]}"

static void bad_window__named_in_the_answer_the_others_taken(void **state)
{
    (void)state;
    struct tlc_http_response r = call(
        "POST", "/api/windows",
        MESSAGE(ENTRY("1704085200") "," ENTRY("1704085201") "," ENTRY("1704086100"), "[7]"), NULL);
    assert_int_equal(r.status, 200);
    json_t *root = unit_json(tlc_buf_str(&r.body));
    assert_string_equal(json_string_value(json_object_get(root, "store_id")), store.store_id);
    assert_int_equal(unit_json_int(root, "accepted"), 2);
    assert_int_equal(json_array_size(json_object_get(root, "refused")), 2);
    assert_string_equal(json_string_value(unit_json_at(root, "refused/0/rule")), "bad_window");
    assert_int_equal(unit_json_int(root, "refused/0/partition"), 3);
    assert_int_equal(unit_json_int(root, "refused/0/source"), 2202401);
    assert_int_equal(unit_json_int(root, "refused/0/start"), 1704085201);
    assert_int_equal(unit_json_int(root, "refused/0/revision"), 5);
    assert_string_equal(json_string_value(unit_json_at(root, "refused/0/text")),
                        "start 1704085201 is no multiple of window_s");
    assert_string_equal(json_string_value(unit_json_at(root, "refused/1/rule")), "bad_partition");
    assert_int_equal(unit_json_int(root, "refused_windows"), 1);
    json_decref(root);
    tlc_http_response_release(&r);
    assert_int_equal(tlc_counter_get(&store.counters, STORE_REFUSALS), 1);
    assert_int_equal(tlc_counter_get(&store.counters, STORE_BAD_PROGRESS), 1);
    /* Who sends nothing that is refused is told only that something stands refused. */
    r = call("POST", "/api/windows", MESSAGE("", ""), NULL);
    char want[128];
    (void)snprintf(want, sizeof want,
                   "{\"store_id\":\"%s\",\"accepted\":0,\"superseded\":0,\"refused_windows\":1,"
                   "\"logs\":[]}\n",
                   store.store_id);
    assert_int_equal(r.body.n, strlen(want));
    assert_memory_equal(r.body.p, want, r.body.n);
    tlc_http_response_release(&r);
}

/* A partition's windows of before and after its source was opened again; and whose log they are of,
 * for who asks without windows, also after a restart. */
static void opened_again_and_logs__both_windows_held_and_the_log_told(void **state)
{
    (void)state;
    static const char opened[] = "{\"window_s\":900,\"lateness_s\":7200,\"windows\":[" ENTRY(
        "1704085200") "," ENTRY("1704085200,\"opening\":1") "],\"partitions\":[],\"logs\":[[3,77,"
                                                            "1750000000000,4294967295],"
                                                            "[3,1],[9999,1,1,1]]}";
    struct tlc_http_response r = call("POST", "/api/windows", opened, NULL);
    assert_int_equal(r.status, 200);
    json_t *root = unit_json(tlc_buf_str(&r.body));
    assert_int_equal(unit_json_int(root, "accepted"), 2);
    assert_null(json_object_get(root, "logs"));
    json_decref(root);
    tlc_http_response_release(&r);
    struct store_totals totals;
    store_totals(&store, &totals);
    assert_int_equal(totals.events, 4);
    struct tlc_err err;
    for (int i = 0; i < 2; i++) {
        r = call("POST", "/api/windows", MESSAGE("", ""), NULL);
        assert_non_null(
            strstr(tlc_buf_cstr(&r.body), "\"logs\":[[3,77,1750000000000,4294967295]]}"));
        tlc_http_response_release(&r);
        const char *path = store.path;
        store_close(&store);
        assert_int_equal(store_open(&store, path, 1000, &err), 0);
    }
}

/* As many as a message may have, all wrong: the sender can still read the answer. */
static void many_bad_partitions__answer_names_the_first(void **state)
{
    (void)state;
    struct tlc_buf body;
    tlc_buf_init(&body, TLC_WINDOW_MESSAGE_BYTES_MAX);
    tlc_buf_printf(&body, "{\"window_s\":900,\"lateness_s\":0,\"windows\":[" ENTRY(
                              "1704085201") "],\"partitions\":[0");
    for (int i = 1; i < TLC_WINDOW_MESSAGE_ENTRIES_MAX; i++) {
        tlc_buf_printf(&body, ",%d", i);
    }
    tlc_buf_printf(&body, "]}");
    struct tlc_http_response r = call("POST", "/api/windows", tlc_buf_cstr(&body), NULL);
    tlc_buf_release(&body);
    assert_int_equal(r.status, 200);
    assert_true(r.body.n < TLC_WINDOW_REPLY_BYTES_MAX);
    json_t *root = unit_json(tlc_buf_str(&r.body));
    assert_int_equal(json_array_size(json_object_get(root, "refused")),
                     1 + TLC_WINDOW_REPLY_PARTITIONS);
    json_decref(root);
    tlc_http_response_release(&r);
}

/* The longest answer that consumer-process can be given. */
static void every_window_refused__answer_within_its_bound(void **state)
{
    (void)state;
    struct window_refusal refusal = {.rule = WINDOW_BAD_PROGRESS,
                                     .partition = INT64_MIN,
                                     .source = INT64_MIN,
                                     .start_s = INT64_MIN,
                                     .revision = INT64_MIN};
    memset(refusal.text, '"', sizeof refusal.text - 1);
    struct window_message m = {.window_s = 900};
    for (int i = 0; i < TLC_WINDOW_POST_MAX + 1000; i++) {
        refusal.rule = i < TLC_WINDOW_POST_MAX ? WINDOW_BAD : WINDOW_BAD_PROGRESS;
        assert_true(window_message_refuse(&m, &refusal));
    }
    struct tlc_http_response r = {0};
    const struct store_reply reply = {.accepted = INT64_MAX, .refused_windows = INT64_MAX};
    assert_int_equal(routes_tell_taken(&m, &reply, &r), TLC_HTTP_REPLY);
    assert_true(r.body.n < TLC_WINDOW_REPLY_BYTES_MAX);
    json_decref(unit_json(tlc_buf_str(&r.body)));
    tlc_http_response_release(&r);
    window_message_release(&m);
}

static void no_room__507_names_what_did_not_fit_and_what_ends_it(void **state)
{
    (void)state;
    store.cells_max = 1;
    struct tlc_http_response r = call(
        "POST", "/api/windows", MESSAGE(ENTRY("1704085200") "," ENTRY("1704086100"), ""), NULL);
    assert_int_equal(r.status, 507);
    json_t *root = unit_json(tlc_buf_str(&r.body));
    assert_int_equal(unit_json_int(root, "accepted"), 1);
    assert_string_equal(json_string_value(json_object_get(root, "rule")), "full");
    assert_non_null(strstr(json_string_value(json_object_get(root, "error")),
                           "it holds 1 windows, as many as --windows lets it"));
    assert_int_equal(json_array_size(json_object_get(root, "refused")), 1);
    assert_int_equal(unit_json_int(root, "refused/0/start"), 1704086100);
    json_decref(root);
    tlc_http_response_release(&r);
}

static void post__wants_the_token_nothing_else_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROUTES_N; i++) {
        assert_int_equal(routes[i].token, strcmp(routes[i].method, "POST") == 0);
        assert_int_equal(routes[i].body_max > 0, strcmp(routes[i].method, "POST") == 0);
    }
}

static void status_stream__the_same_object_as_an_event(void **state)
{
    (void)state;
    struct tlc_http_response r = call("GET", "/api/status/stream", "", NULL);
    assert_int_equal(r.status, 200);
    char text[8192];
    int64_t n = r.pull(r.stream_ctx, text, sizeof text);
    assert_true(n > 0 && n < (int64_t)sizeof text);
    const char head[] = "id: 1\nevent: status\ndata: ";
    assert_memory_equal(text, head, sizeof head - 1);
    json_t *root = unit_json(
        tlc_str_trim((struct tlc_str){text + sizeof head - 1, (size_t)n - sizeof head + 1}));
    assert_int_equal(json_array_size(json_object_get(root, "parts")), PEERS_N);
    json_decref(root);
    assert_int_equal(r.pull(r.stream_ctx, text, sizeof text), 0);
    r.closed(r.stream_ctx);
}

static void nothing_yet__summary_says_so(void **state)
{
    (void)state;
    json_t *root = get("/api/summary", NULL);
    assert_true(json_is_false(json_object_get(root, "have_data")));
    assert_int_equal(unit_json_int(root, "clock_s"), 0);
    assert_int_equal(json_array_size(json_object_get(root, "hours")), 0);
    json_decref(root);
    root = get("/api/meta", NULL);
    assert_int_equal(json_array_size(json_object_get(root, "zones")), WINDOW_ZONES - 1);
    json_decref(root);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(posted_windows__in_every_answer),
        TEST(windows__summed_over_partitions_within_the_range),
        TEST(dump__final_windows_with_routes_a_line_each),
        TEST(too_many_dumps__503),
        TEST(bad_query__400_naming_it),
        TEST(bad_message__422_and_nothing_taken),
        TEST(bad_window__named_in_the_answer_the_others_taken),
        TEST(opened_again_and_logs__both_windows_held_and_the_log_told),
        TEST(post__wants_the_token_nothing_else_does),
        TEST(many_bad_partitions__answer_names_the_first),
        TEST(every_window_refused__answer_within_its_bound),
        TEST(no_room__507_names_what_did_not_fit_and_what_ends_it),
        TEST(post__wants_the_token_nothing_else_does),
        TEST(status_stream__the_same_object_as_an_event),
        TEST(nothing_yet__summary_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
