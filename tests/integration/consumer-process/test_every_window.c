/* Every kind of window that consumer-process can make, at the edges of its options, of time, of
 * counts, of routes and of sources, is posted to the real dashboard: it takes all of them. */
#include <inttypes.h>

#include "common/base/clock.h"
#include "common/event/codec_json.h"
#include "common/event/tripid.h"
#include "consumer-process/process.h"
#include "tests/support/child.h"
#include "tests/support/unit.h"

#define DEADLINE_MS 20000
#define ROWS 40 /* of a source in a partition */

/* consumer-process without Kafka: partitions that are fed here, its publisher, its HTTP client. */
struct run {
    struct process process; /* first: hooks get it as their ctx */
    struct process_options options;
    struct child dashboard;
    char folder[UNIT_PATH_MAX], base[64];
    int status; /* of the last answer */
    char reply[512];
    struct tlc_buf got; /* by GET */
    bool answered;
    int64_t offset;
};

static struct run run;

/* --- the dashboard --- */

static void dashboard_start(struct run *r)
{
    char db[UNIT_PATH_MAX + 32];
    snprintf(db, sizeof db, "%s/windows.sqlite", unit_temp_dir(r->folder));
    static const char static_dir[] = SOURCE_DIR "/dashboard/static";
    static const char vendor_dir[] = SOURCE_DIR "/.deps/node_modules";
    const char *const argv[] = {DASHBOARD,
                                "--listen",
                                "127.0.0.1:0",
                                "--db",
                                db,
                                "--static",
                                static_dir,
                                "--vendor",
                                vendor_dir,
                                "--server-url",
                                "",
                                "--store-url",
                                "",
                                "--process-url",
                                "",
                                NULL};
    child_start(&r->dashboard, argv);
    const char *at = child_expect(&r->dashboard, "event=listening");
    at = strstr(at, "port=");
    assert_non_null(at);
    snprintf(r->base, sizeof r->base, "http://127.0.0.1:%ld", strtol(at + 5, NULL, 10));
}

static void dashboard_stop(struct run *r)
{
    static const char *const tails[] = {"", ".lock", "-wal", "-shm"};
    child_signal(&r->dashboard, 15);
    assert_int_equal(child_wait(&r->dashboard), 0);
    child_free(&r->dashboard);
    for (size_t i = 0; i < TLC_COUNT(tails); i++) {
        char path[UNIT_PATH_MAX + 32];
        snprintf(path, sizeof path, "%s/windows.sqlite%s", r->folder, tails[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(r->folder), 0);
}

/* --- what is posted, and read back --- */

static void post_done(void *ctx, int status, struct tlc_str reply, int64_t retry_after_ms,
                      const char *text)
{
    struct run *r = ctx;
    r->status = status;
    r->answered = true;
    (void)tlc_str_copy(r->reply, sizeof r->reply, status == 0 ? tlc_str_from(text) : reply);
    publish_done(&r->process.publisher, tlc_now_ms(), status, reply, retry_after_ms, text);
}

static int post(void *ctx, struct tlc_str body, struct tlc_err *err)
{
    struct run *r = ctx;
    const struct tlc_http_call call = {.method = "POST",
                                       .url = r->process.url,
                                       .content_type = "application/json",
                                       .body = body,
                                       .timeout_ms = DEADLINE_MS,
                                       .reply_max = TLC_WINDOW_REPLY_BYTES_MAX,
                                       .done = post_done,
                                       .ctx = r};
    assert_true(body.n <= TLC_WINDOW_MESSAGE_BYTES_MAX);
    return tlc_http_client_submit(r->process.client, &call, err);
}

static void wait_answer(struct run *r)
{
    struct tlc_err err;
    int64_t until = tlc_now_ms() + DEADLINE_MS;
    while (!r->answered) {
        assert_int_equal(tlc_http_client_step(r->process.client, 100, -1, &err), 0);
        assert_true(tlc_now_ms() < until);
    }
    r->answered = false;
}

/* Everything that waits goes out, and all of it is taken. */
static void flush(struct run *r)
{
    struct publisher *p = &r->process.publisher;
    do {
        publish_step(p, tlc_now_ms(), true);
        if (p->under_way) {
            wait_answer(r);
        }
        if (r->status != 200 || p->windows_refused > 0 || strstr(r->reply, "refused") != NULL) {
            fail_msg("--window %" PRId64 "s --lateness %" PRId64 "s: answered %d %s",
                     r->process.rules.window_s, r->process.rules.lateness_s, r->status, r->reply);
        }
    } while (!publish_idle(p));
}

static void get_done(void *ctx, int status, struct tlc_str reply, int64_t retry_after_ms,
                     const char *text)
{
    (void)retry_after_ms;
    (void)text;
    struct run *r = ctx;
    r->status = status;
    r->answered = true;
    tlc_buf_reset(&r->got);
    (void)tlc_buf_add(&r->got, reply);
}

static const char *get(struct run *r, const char *where)
{
    char url[256];
    struct tlc_err err;
    snprintf(url, sizeof url, "%s%s", r->base, where);
    const struct tlc_http_call call = {.method = "GET",
                                       .url = url,
                                       .timeout_ms = DEADLINE_MS,
                                       .reply_max = (size_t)64 << 20,
                                       .done = get_done,
                                       .ctx = r};
    assert_int_equal(tlc_http_client_submit(r->process.client, &call, &err), 0);
    wait_answer(r);
    assert_int_equal(r->status, 200);
    return tlc_buf_cstr(&r->got);
}

/* A number of the dashboard's /status; -1 when it is not told. */
static int64_t told(struct run *r, const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(get(r, "/status"), key);
    return at != NULL ? strtoll(at + strlen(key), NULL, 10) : -1;
}

static void no_logs(void *ctx, struct jsonout *j)
{
    (void)ctx;
    (void)j;
}

static void run_open(struct run *r, int64_t window_s, int64_t lateness_s)
{
    *r = (struct run){.options = {.window_ms = window_s * 1000, .lateness_ms = lateness_s * 1000}};
    struct process *p = &r->process;
    struct tlc_err err;
    if (process_rules(&r->options, &p->rules, &err) != 0) {
        fail_msg("%s", err.text);
    }
    tlc_buf_init(&r->got, (size_t)64 << 20);
    dashboard_start(r);
    snprintf(p->url, sizeof p->url, "%s/api/windows", r->base);
    const struct tlc_http_client_options client = {.connections_max = 1, .user_agent = "test"};
    assert_int_equal(tlc_http_client_open(&client, &p->client, &err), 0);
    window_pool_init(&p->pool);
    const struct publish_hooks hooks = {
        .ctx = p, .post = post, .partitions = process_write_partitions, .logs = no_logs};
    publish_init(&p->publisher, &hooks, &p->rules, &p->pool, 10);
    p->slots = calloc(TLC_WINDOW_PARTITIONS_MAX, sizeof *p->slots);
    assert_non_null(p->slots);
    p->slots_n = TLC_WINDOW_PARTITIONS_MAX;
}

static struct partition *partition(struct run *r, int32_t number)
{
    struct slot *slot = &r->process.slots[number];
    if (slot->partition == NULL) {
        const struct partition_env env = {.rules = &r->process.rules,
                                          .pool = &r->process.pool,
                                          .to_send = &r->process.publisher.to_send};
        slot->partition = partition_new(&env, number, 0, NULL);
        assert_non_null(slot->partition);
    }
    return slot->partition;
}

/* Everything that was counted is in a window of the dashboard. */
static void run_close(struct run *r)
{
    struct process *p = &r->process;
    int64_t counted = 0;
    for (size_t i = 0; i < p->slots_n; i++) {
        counted += p->slots[i].partition ? p->slots[i].partition->ledger.counted : 0;
    }
    assert_int_equal(told(r, "window_events"), counted);
    assert_int_equal(told(r, "refused_windows"), 0);
    for (size_t i = 0; i < p->slots_n; i++) {
        if (p->slots[i].partition) {
            partition_free(p->slots[i].partition);
        }
    }
    free(p->slots);
    publish_release(&p->publisher);
    assert_int_equal(p->pool.in_use, 0);
    window_pool_release(&p->pool);
    tlc_http_client_close(&p->client);
    tlc_buf_release(&r->got);
    dashboard_stop(r);
}

/* --- events --- */

static struct tlc_event event(int32_t source, int64_t row, enum tlc_event_status status,
                              int64_t at_s, uint16_t zone_id)
{
    struct tlc_event e = {.trip_id = tlc_tripid_make(source, row),
                          .at_s = at_s,
                          .zone_id = zone_id,
                          .status = (uint8_t)status};
    bool negative = row % 2 == 0;
    if (status == TLC_START) {
        e.has = TLC_HAS_PASSENGERS;
        e.passengers = UINT8_MAX;
    } else {
        e.has = TLC_HAS_DISTANCE | TLC_HAS_FARE | TLC_HAS_TIP | TLC_HAS_TOTAL;
        e.distance_cmi = negative ? -TLC_DISTANCE_MAX : TLC_DISTANCE_MAX;
        e.fare_cents = e.tip_cents = e.total_cents = negative ? -TLC_CENTS_MAX : TLC_CENTS_MAX;
    }
    return e;
}

static void apply_text(struct run *r, int32_t number, struct tlc_str text, int64_t log_s)
{
    struct tlc_err err;
    struct message m = {.offset = r->offset++, .log_ms = log_s * 1000, .value = text};
    assert_int_equal(partition_apply(partition(r, number), &m, &err), 0);
}

static void apply(struct run *r, int32_t number, const struct tlc_event *e)
{
    char text[TLC_JSON_MAX];
    /* Kafka's clock runs along, so that no source lies in the future and none falls silent. */
    apply_text(r, number, (struct tlc_str){text, tlc_json_encode(e, text)}, e->at_s);
}

static void mark(struct run *r, int32_t number, int32_t source, enum tlc_mark mark, int64_t log_s)
{
    char text[TLC_JSON_MAX];
    apply_text(r, number, (struct tlc_str){text, tlc_json_encode_mark(source, mark, text)}, log_s);
}

static void both(struct run *r, int32_t number, int32_t source, int64_t row, int64_t start_s,
                 int64_t ride_s)
{
    struct tlc_event start = event(source, row, TLC_START, start_s, 1);
    struct tlc_event end = event(source, row, TLC_END, start_s + ride_s, TLC_ZONE_MAX);
    apply(r, number, ride_s < 0 ? &end : &start);
    apply(r, number, ride_s < 0 ? &start : &end);
}

/* What can happen to a trip, from the source's first second on, then at its last one. */
static void live_through(struct run *r, int32_t number, int32_t source)
{
    int64_t first_s, to_s;
    tlc_window_event_span(source, &first_s, &to_s);
    int64_t row = TLC_ROW_MAX - ROWS;
    struct tlc_event end = event(source, row++, TLC_END, first_s, 265); /* its start never comes */
    apply(r, number, &end);
    apply(r, number, &end); /* a copy */
    both(r, number, source, row++, first_s + 10, -10);
    both(r, number, source, row++, first_s, 0);
    int64_t long_row = row;
    for (int64_t ride_s = TLC_WINDOW_TRIP_MAX_S; ride_s <= TLC_WINDOW_TRIP_MAX_S + 1; ride_s++) {
        struct tlc_event start = event(source, row++, TLC_START, first_s, 1);
        apply(r, number, &start);
    }
    for (int i = 0; i < 2 * TLC_WINDOW_LONGEST_MAX; i++) { /* their ends never come */
        struct tlc_event start = event(source, row++, TLC_START, first_s + i, 265);
        apply(r, number, &start);
    }
    flush(r);
    for (int64_t i = 0; i <= 1; i++) {
        struct tlc_event at_day =
            event(source, long_row + i, TLC_END, first_s + TLC_WINDOW_TRIP_MAX_S + i, 1);
        apply(r, number, &at_day);
    }
    flush(r);
    struct tlc_event last = event(source, row++, TLC_START, to_s - 1, 265);
    apply(r, number, &last);
    both(r, number, source, row++, to_s - 1, 0);
    apply(r, number, &end); /* late, if it can be */
    flush(r);
    assert_true(row <= TLC_ROW_MAX);
    mark(r, number, source, TLC_MARK_CLOSED, to_s);
    flush(r);
}

/* A source that is opened again as often as can be, and once more. */
static void opened_again(struct run *r, int32_t number, int32_t source)
{
    int64_t first_s, to_s;
    tlc_window_event_span(source, &first_s, &to_s);
    for (int i = 0; i <= TLC_WINDOW_OPENINGS_MAX + 1; i++) {
        int64_t at_s = first_s + i * r->process.rules.window_s;
        both(r, number, source, 1 + i, at_s, 0);
        mark(r, number, source, TLC_MARK_CLOSED, at_s);
        mark(r, number, source, TLC_MARK_OPEN, at_s);
    }
    mark(r, number, source, TLC_MARK_CLOSED, to_s);
    flush(r);
}

static const int32_t edge_sources[] = {1000000, 5000000, 9000000, 1200701,
                                       1206812, 2202401, 4202402};

static void edges_of_options_and_time__all_taken(void **state)
{
    (void)state;
    static const int64_t widths[] = {TLC_WINDOW_S_MIN, 900, 21600, TLC_WINDOW_S_MAX};
    for (size_t i = 0; i < 2 * TLC_COUNT(widths); i++) {
        int64_t window_s = widths[i / 2];
        int64_t lateness_s = i % 2 == 0 ? 0 : window_s * 4096;
        lateness_s = lateness_s > TLC_LATENESS_S_MAX ? TLC_LATENESS_S_MAX : lateness_s;
        run_open(&run, window_s, lateness_s);
        for (size_t k = 0; k < TLC_COUNT(edge_sources); k++) {
            live_through(&run, k % 2 == 0 ? 0 : TLC_WINDOW_PARTITIONS_MAX - 1, edge_sources[k]);
        }
        opened_again(&run, 1, 2202401);
        /* The first and the last window there can be are in what is read back, too. */
        int64_t first_s, last_s;
        char text[64];
        tlc_window_start_span(5000000, window_s, &first_s, &last_s);
        const char *dump = get(&run, "/api/windows/dump");
        snprintf(text, sizeof text, "\"source\":5000000,\"start\":%" PRId64 ",", first_s);
        assert_non_null(strstr(dump, text));
        snprintf(text, sizeof text, "\"source\":5000000,\"start\":%" PRId64 ",", last_s);
        assert_non_null(strstr(dump, text));
        run_close(&run);
    }
}

/* Amounts at the edge of the format, as a load generator draws them. */
static void largest_amounts__all_taken(void **state)
{
    (void)state;
    run_open(&run, 900, 7200);
    for (int64_t i = 0; i < 20000; i++) { /* rows of one sign in each of two windows */
        struct tlc_event end =
            event(2202401, 2 * i + i % 2 + 1, TLC_END, 1704085200 + i % 2 * 900, 74);
        apply(&run, 0, &end);
    }
    flush(&run);
    mark(&run, 0, 2202401, TLC_MARK_CLOSED, 1704085200);
    flush(&run);
    run_close(&run);
}

static void more_routes_than_a_window_holds__all_taken(void **state)
{
    (void)state;
    run_open(&run, 900, 7200);
    int64_t row = 1;
    for (uint16_t from = 1; from <= TLC_ZONE_MAX; from++) {
        for (uint16_t to = 1; to <= TLC_ZONE_MAX; to++, row++) {
            struct tlc_event start = event(2202401, row, TLC_START, 1704085200, from);
            struct tlc_event end = event(2202401, row, TLC_END, 1704085800, to);
            apply(&run, 0, &start);
            apply(&run, 0, &end);
        }
    }
    assert_true(partition(&run, 0)->books.tally.routes_excess > 0);
    flush(&run);
    run_close(&run);
}

/* More than a log can hold: what its numbers' types can. */
static struct window *widest(struct run *r, int64_t start_s)
{
    struct window_pool *pool = &r->process.pool;
    struct window *w = window_new(pool, TLC_WINDOW_PARTITIONS_MAX - 1, 4202401, start_s);
    assert_non_null(w);
    for (uint32_t key = 0; key < TLC_WINDOW_ROUTES_MAX; key++) {
        uint16_t from = (uint16_t)(TLC_ZONE_MAX - key / TLC_ZONE_MAX);
        uint16_t to = (uint16_t)(TLC_ZONE_MAX - key % TLC_ZONE_MAX);
        assert_true(window_add_ride(pool, w, window_route_key(from, to), TLC_WINDOW_TRIP_MAX_S,
                                    TLC_WINDOW_ROUTES_MAX));
    }
    window_pack(pool, w);
    const uint32_t each = UINT32_MAX / TLC_WINDOW_ROUTES_MAX;
    for (uint32_t i = 0; i < w->routes.n; i++) {
        w->routes.slots[i].trips = each;
        w->routes.slots[i].ride_s = (int64_t)each * TLC_WINDOW_TRIP_MAX_S;
    }
    for (size_t zone = 1; zone < WINDOW_ZONES; zone++) {
        w->starts[zone] = w->ends[zone] = UINT32_MAX;
    }
#define MOST(id, member, least, most) w->member = (most);
    TLC_WINDOW_SUMS(MOST)
    w->ride_bins[WINDOW_RIDE_BINS - 1] = UINT32_MAX;
    w->distance_cmi = -w->distance_cmi;
    w->last_offset = INT64_MAX - 1;
    window_list_push(&r->process.publisher.to_send, w);
    return w;
}

static void widest_windows__all_taken_in_full_messages(void **state)
{
    (void)state;
    struct window *made[12];
    run_open(&run, 900, 7200);
    for (size_t i = 0; i < TLC_COUNT(made); i++) {
        made[i] = widest(&run, 1704085200 + 900 * (int64_t)i);
    }
    struct tlc_buf one;
    tlc_buf_init(&one, TLC_WINDOW_BYTES_MAX);
    window_write_json(made[0], &one);
    assert_false(one.failed);
    tlc_buf_release(&one);
    flush(&run);
    assert_int_equal(told(&run, "windows"), TLC_COUNT(made));
    (void)get(&run, "/api/summary?span=all");
    (void)get(&run, "/api/windows/dump");
    for (size_t i = 0; i < TLC_COUNT(made); i++) {
        window_free(&run.process.pool, made[i]);
    }
    partition(&run, 0)->ledger.counted = told(&run, "window_events");
    run_close(&run);
}

/* In one partition, which forgets all but 64 of them; no message is larger than the others. */
static void every_source_there_is__all_taken(void **state)
{
    (void)state;
    run_open(&run, 900, 7200);
    int64_t sources = 0;
    for (int32_t source = 1000000; source <= 9999999; source++) {
        if (!tlc_source_valid(source)) {
            continue;
        }
        int64_t first_s, to_s;
        tlc_window_event_span(source, &first_s, &to_s);
        struct tlc_event e = event(source, 1, TLC_END, to_s - 1, 74);
        char text[TLC_JSON_MAX];
        apply_text(&run, 0, (struct tlc_str){text, tlc_json_encode(&e, text)}, TLC_TIME_MAX_S);
        if (++sources % 500 == 0) {
            flush(&run);
        }
    }
    flush(&run);
    assert_int_equal(sources, 5 * (62 * 12 + 1) + 1);
    assert_int_equal(told(&run, "windows"), sources);
    (void)get(&run, "/api/summary"); /* all of them fit into what the pages are told */
    run_close(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_of_options_and_time__all_taken),
        cmocka_unit_test(largest_amounts__all_taken),
        cmocka_unit_test(more_routes_than_a_window_holds__all_taken),
        cmocka_unit_test(widest_windows__all_taken_in_full_messages),
        cmocka_unit_test(every_source_there_is__all_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
