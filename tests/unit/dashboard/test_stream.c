#include <string.h>

#include "dashboard/db_file.h"
#include "dashboard/topics.h"
#include "tests/unit/dashboard/unit.h"

static struct store store;
static struct topics topics;
static struct stream_hub hub;
static const char *folder;
static int64_t now_ms;
static int woken_n, cut_n;

static int64_t clock_now(void)
{
    return now_ms;
}

static void count_wake(struct tlc_http_stream *stream)
{
    (void)stream;
    woken_n++;
}

static void count_cut(struct tlc_http_stream *stream)
{
    (void)stream;
    cut_n++;
}

static int set_up(void **state)
{
    (void)state;
    struct tlc_err err;
    static char path[512];
    folder = unit_folder_make();
    (void)snprintf(path, sizeof path, "%s/windows.sqlite", folder);
    now_ms = 1000000;
    woken_n = cut_n = 0;
    assert_int_equal(store_open(&store, path, now_ms, &err), TLC_OK);
    topics = (struct topics){.store = &store, .label = "synthetic", .now_ms = clock_now};
    topics_init(&topics);
    stream_hub_init(&hub, topics.rows, TOPICS_N, clock_now, count_wake, count_cut);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    stream_hub_release(&hub);
    store_close(&store);
    unit_folder_remove(folder);
    return 0;
}

static void news(void)
{
    static int64_t revision;
    revision++;
    /* Now one more hour, now more in the last one, now another zone. */
    const int64_t start_s = JAN_1_S + revision / 3 * HOUR;
    const struct spec spec = {.source = GREEN_2024_01,
                              .start_s = start_s,
                              .revision = revision,
                              .from = (uint16_t)(1 + revision % 3),
                              .starts = (uint32_t)(1 + revision % 7),
                              .ends = 2,
                              .matched = 2,
                              .ride_min = (uint32_t)(revision % 61)};
    const struct window_progress progress = {
        .source = GREEN_2024_01, .position = revision, .max_event_s = start_s + 60};
    struct window_message m = unit_message(&spec, 1, &progress, 1);
    struct store_reply reply;
    struct tlc_err err;
    assert_int_equal(store_take(&store, &m, now_ms, &reply, &err), TLC_OK);
    window_message_release(&m);
}

/* A client: its response, opened as the server would. */
static struct tlc_http_response join(const struct windows_filter *filter, const char *last)
{
    struct tlc_http_response r = {0};
    stream_open(&hub, &topics.rows[TOPIC_SUMMARY], filter, tlc_str_from(last), &r);
    if (r.status == 200) {
        r.opened(r.stream_ctx, (struct tlc_http_stream *)&r);
    }
    return r;
}

/* One whole message in pieces of 100 bytes; false when there is nothing to pull. */
static bool pull(struct tlc_http_response *r, char *dst, size_t size)
{
    size_t n = 0;
    int64_t got;
    while ((got = r->pull(r->stream_ctx, dst + n, 100)) > 0) {
        n += (size_t)got;
        assert_true(n + 100 < size);
        if (n >= 2 && dst[n - 1] == '\n' && dst[n - 2] == '\n') {
            break;
        }
    }
    dst[n] = '\0';
    return n > 0;
}

static char text[65536];
static const struct windows_filter everything = {.dataset = 0};

static int64_t counter(enum stream_counter id)
{
    return tlc_counter_get(&hub.counters, id);
}

static void new_client__gets_the_summary_at_once(void **state)
{
    (void)state;
    news();
    struct tlc_http_response r = join(&everything, "");
    assert_string_equal(r.content_type, "text/event-stream; charset=utf-8");
    assert_string_equal(unit_header(&r, "Cache-Control"), "no-cache, no-transform");
    assert_string_equal(unit_header(&r, "X-Accel-Buffering"), "no");
    assert_true(pull(&r, text, sizeof text));
    assert_int_equal(strncmp(text, "id: 1.", 6), 0);
    assert_non_null(strstr(text, "\nevent: summary\ndata: {"));
    json_t *root = unit_json(tlc_str_trim(tlc_str_from(strstr(text, "data: ") + 6)));
    assert_int_equal(unit_json_int(root, "revision"), 1);
    assert_string_equal(json_string_value(json_object_get(root, "label")), "synthetic");
    json_decref(root);
    assert_false(pull(&r, text, sizeof text));
    r.closed(r.stream_ctx);
}

static void news__four_messages_a_second_at_most(void **state)
{
    (void)state;
    struct tlc_http_response r = join(&everything, "");
    int got = 0;
    for (int64_t ms = 0; ms < 5000; ms += 10) {
        now_ms += 10;
        news();
        if (ms % 50 == 0) {
            stream_step(&hub, now_ms);
        }
        got += pull(&r, text, sizeof text) ? 1 : 0;
    }
    assert_in_range(got, 15, 20);
    /* The last one holds the last news. */
    now_ms += STREAM_EVERY_MS;
    stream_step(&hub, now_ms);
    assert_true(pull(&r, text, sizeof text));
    char id[32];
    (void)snprintf(id, sizeof id, "id: %lld.", (long long)store.windows.revision);
    assert_int_equal(strncmp(text, id, strlen(id)), 0);
    r.closed(r.stream_ctx);
}

static void pull_after_its_step__no_step_is_missed(void **state)
{
    (void)state;
    int64_t steps_ms = now_ms;
    now_ms += 90; /* joins between two steps */
    struct tlc_http_response r = join(&everything, "");
    assert_true(pull(&r, text, sizeof text));
    int got = 0;
    for (int i = 1; i <= 20; i++) {
        now_ms = steps_ms + i * STREAM_EVERY_MS + i % 3;
        news();
        int before = woken_n;
        stream_step(&hub, now_ms);
        now_ms += 20; /* the server's thread is a little later */
        got += woken_n > before && pull(&r, text, sizeof text) ? 1 : 0;
    }
    assert_in_range(got, 19, 20);
    r.closed(r.stream_ctx);
}

static void hundred_clients__one_encoding(void **state)
{
    (void)state;
    struct tlc_http_response r[100];
    news();
    for (size_t i = 0; i < TLC_COUNT(r); i++) {
        r[i] = join(&everything, "");
        assert_true(pull(&r[i], text, sizeof text));
    }
    assert_int_equal(counter(STREAM_ENCODED), 1);
    news();
    now_ms += STREAM_EVERY_MS;
    stream_step(&hub, now_ms);
    assert_int_equal(counter(STREAM_ENCODED), 2);
    assert_int_equal(woken_n, 100);
    for (size_t i = 0; i < TLC_COUNT(r); i++) {
        assert_true(pull(&r[i], text, sizeof text));
        r[i].closed(r[i].stream_ctx);
    }
    assert_int_equal(counter(STREAM_SENT), 200);
    assert_int_equal(counter(STREAM_CLIENTS), 0);
    assert_int_equal(counter(STREAM_CHANNELS), 0);
}

static void nothing_new__nobody_woken_but_for_a_heartbeat(void **state)
{
    (void)state;
    struct tlc_http_response r = join(&everything, "");
    assert_true(pull(&r, text, sizeof text));
    for (int64_t ms = 0; ms < 14000; ms += 250) {
        now_ms += 250;
        stream_step(&hub, now_ms);
    }
    assert_int_equal(woken_n, 0);
    assert_int_equal(counter(STREAM_ENCODED), 1);
    now_ms += 1000;
    stream_step(&hub, now_ms);
    assert_int_equal(woken_n, 1);
    assert_true(pull(&r, text, sizeof text));
    assert_string_equal(text, ":\n\n");
    assert_false(pull(&r, text, sizeof text));
    r.closed(r.stream_ctx);
}

static void last_event_id__known_one_gets_nothing_other_ones_the_summary(void **state)
{
    (void)state;
    news();
    struct tlc_http_response watcher = join(&everything, "");
    assert_true(pull(&watcher, text, sizeof text));
    char id[64];
    assert_int_equal(sscanf(text, "id: %63s", id), 1);
    struct tlc_http_response r = join(&everything, id);
    assert_false(pull(&r, text, sizeof text));
    news();
    now_ms += STREAM_EVERY_MS;
    stream_step(&hub, now_ms);
    assert_true(pull(&r, text, sizeof text));
    r.closed(r.stream_ctx);
    r = join(&everything, id); /* old by now */
    assert_true(pull(&r, text, sizeof text));
    r.closed(r.stream_ctx);
    r = join(&everything, "1.00000000-0000-4000-8000-000000000000"); /* of another store */
    assert_true(pull(&r, text, sizeof text));
    r.closed(r.stream_ctx);
    watcher.closed(watcher.stream_ctx);
}

static void slow_client__dropped_and_may_come_back(void **state)
{
    (void)state;
    news();
    struct tlc_http_response slow = join(&everything, ""), quick = join(&everything, "");
    char piece[16];
    assert_int_equal(slow.pull(slow.stream_ctx, piece, sizeof piece), sizeof piece);
    for (int64_t ms = 0; ms <= STREAM_SLOW_MS + 500; ms += 250) {
        now_ms += 250;
        news();
        stream_step(&hub, now_ms);
        assert_true(pull(&quick, text, sizeof text));
    }
    assert_int_equal(counter(STREAM_DROPPED), 1);
    assert_int_equal(cut_n, 1);
    assert_int_equal(slow.pull(slow.stream_ctx, piece, sizeof piece), -1);
    slow.closed(slow.stream_ctx);
    slow = join(&everything, "");
    assert_true(pull(&slow, text, sizeof text));
    slow.closed(slow.stream_ctx);
    quick.closed(quick.stream_ctx);
}

/* The socket's buffer is full between two messages: nothing was begun, but nothing is pulled
 * either. */
static void deaf_client_between_messages__dropped_only_while_there_is_news(void **state)
{
    (void)state;
    news();
    struct tlc_http_response deaf = join(&everything, "");
    assert_true(pull(&deaf, text, sizeof text));
    for (int64_t ms = 0; ms <= 2 * STREAM_SLOW_MS; ms += 250) { /* quiet for long: nobody is slow */
        now_ms += 250;
        stream_step(&hub, now_ms);
        if (now_ms % 1000 == 0) {
            (void)pull(&deaf, text, sizeof text); /* the heartbeat */
        }
    }
    assert_int_equal(counter(STREAM_DROPPED), 0);
    news();
    for (int64_t ms = 0; ms <= STREAM_SLOW_MS; ms += 250) {
        assert_int_equal(counter(STREAM_DROPPED), 0);
        now_ms += 250;
        stream_step(&hub, now_ms);
    }
    now_ms += 250;
    stream_step(&hub, now_ms);
    assert_int_equal(counter(STREAM_DROPPED), 1);
    assert_int_equal(cut_n, 1);
    deaf.closed(deaf.stream_ctx);
}

static void busy_client__skips_to_the_newest(void **state)
{
    (void)state;
    struct tlc_http_response r = join(&everything, "");
    char piece[16];
    assert_int_equal(r.pull(r.stream_ctx, piece, sizeof piece), sizeof piece);
    for (int i = 0; i < 5; i++) {
        now_ms += STREAM_EVERY_MS;
        news();
        stream_step(&hub, now_ms);
    }
    assert_true(pull(&r, text, sizeof text)); /* the rest of the first */
    assert_true(pull(&r, text, sizeof text));
    char id[32];
    (void)snprintf(id, sizeof id, "id: %lld.", (long long)store.windows.revision);
    assert_int_equal(strncmp(text, id, strlen(id)), 0);
    assert_false(pull(&r, text, sizeof text));
    r.closed(r.stream_ctx);
}

/* As delta.h says it, in place. */
static void apply(json_t *held, json_t *delta)
{
    const char *name;
    json_t *value;
    json_object_foreach(delta, name, value)
    {
        json_t *of = name[0] == '~' ? json_object_get(held, name + 1) : NULL;
        if (name[0] != '~') {
            assert_int_equal(json_object_set(held, name, value), 0);
        } else if (json_is_object(value)) {
            apply(of, value);
        } else {
            size_t length = (size_t)json_integer_value(json_array_get(value, 0));
            while (json_array_size(of) > length) {
                assert_int_equal(json_array_remove(of, json_array_size(of) - 1), 0);
            }
            for (size_t i = 1; i < json_array_size(value); i += 2) {
                size_t at = (size_t)json_integer_value(json_array_get(value, i));
                json_t *element = json_array_get(value, i + 1);
                assert_int_equal(at == json_array_size(of) ? json_array_append(of, element)
                                                           : json_array_set(of, at, element),
                                 0);
            }
        }
    }
}

/* What a client holds after each message is the whole object as it was then. */
static void follow(json_t **held, const char *event)
{
    json_t *data = unit_json(tlc_str_trim(tlc_str_from(strstr(event, "data: ") + 6)));
    if (strstr(event, "\nevent: delta\n") != NULL) {
        assert_non_null(*held);
        apply(*held, data);
        json_decref(data);
    } else {
        json_decref(*held);
        *held = data;
    }
}

static void deltas__add_up_to_the_whole(void **state)
{
    (void)state;
    json_t *steady = NULL, *sleepy = NULL, *whole = NULL;
    struct tlc_http_response a = join(&everything, ""), b = join(&everything, "");
    int deltas = 0;
    for (int i = 0; i < 12; i++) {
        news();
        now_ms += STREAM_EVERY_MS;
        stream_step(&hub, now_ms);
        assert_true(pull(&a, text, sizeof text));
        deltas += strstr(text, "\nevent: delta\n") != NULL ? 1 : 0;
        follow(&steady, text);
        if (i % 3 == 0 && pull(&b, text, sizeof text)) { /* misses two of three */
            assert_null(strstr(text, "\nevent: delta\n"));
            follow(&sleepy, text);
        }
        struct tlc_http_response fresh = join(&everything, "");
        assert_true(pull(&fresh, text, sizeof text));
        fresh.closed(fresh.stream_ctx);
        follow(&whole, text);
        assert_true(json_equal(steady, whole));
        assert_true(i % 3 != 0 || json_equal(sleepy, whole));
    }
    assert_int_equal(deltas, 11);
    json_decref(steady);
    json_decref(sleepy);
    json_decref(whole);
    a.closed(a.stream_ctx);
    b.closed(b.stream_ctx);
}

static void too_many_filters__503_known_ones_still_served(void **state)
{
    (void)state;
    struct tlc_http_response r[STREAM_CHANNELS_MAX];
    for (size_t i = 0; i < TLC_COUNT(r); i++) {
        const struct windows_filter f = {.zone = (int32_t)i + 1};
        r[i] = join(&f, "");
        assert_int_equal(r[i].status, 200);
    }
    struct tlc_http_response more = join(&everything, "");
    assert_int_equal(more.status, 503);
    assert_string_equal(unit_header(&more, "Retry-After"), "5");
    tlc_http_response_release(&more);
    const struct windows_filter f = {.zone = 7};
    more = join(&f, "");
    assert_int_equal(more.status, 200);
    more.closed(more.stream_ctx);
    for (size_t i = 0; i < TLC_COUNT(r); i++) {
        r[i].closed(r[i].stream_ctx);
    }
    assert_int_equal(counter(STREAM_CHANNELS), 0);
}

/* A clock that runs with every look at it makes each encoding take a step's whole time. */
static int64_t clock_that_runs(void)
{
    now_ms += STREAM_STEP_MS;
    return now_ms;
}

static void more_filters_than_time__each_has_its_turn(void **state)
{
    (void)state;
    struct tlc_http_response r[8];
    for (size_t i = 0; i < TLC_COUNT(r); i++) {
        const struct windows_filter f = {.zone = (int32_t)i + 1};
        r[i] = join(&f, "");
        assert_true(pull(&r[i], text, sizeof text));
    }
    hub.now_ms = clock_that_runs;
    for (size_t i = 0; i < TLC_COUNT(r); i++) {
        news();
        stream_step(&hub, now_ms);
    }
    for (size_t i = 0; i < TLC_COUNT(r); i++) {
        assert_true(pull(&r[i], text, sizeof text));
        r[i].closed(r[i].stream_ctx);
    }
    assert_int_equal(counter(STREAM_ENCODED), 16);
}

static void store_lost__new_picture_though_its_revision_is_lower(void **state)
{
    (void)state;
    news();
    news();
    struct tlc_http_response r = join(&everything, "");
    assert_true(pull(&r, text, sizeof text));
    struct tlc_err err;
    const char *path = store.path;
    store_close(&store);
    char aside[512];
    assert_int_equal(db_file_set_aside(path, "test", aside, sizeof aside, &err), TLC_OK);
    assert_int_equal(store_open(&store, path, now_ms, &err), TLC_OK);
    news();
    now_ms += STREAM_EVERY_MS;
    stream_step(&hub, now_ms);
    assert_true(pull(&r, text, sizeof text));
    assert_int_equal(strncmp(text, "id: 1.", 6), 0);
    assert_non_null(strstr(text, store.store_id));
    r.closed(r.stream_ctx);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(new_client__gets_the_summary_at_once),
        TEST(news__four_messages_a_second_at_most),
        TEST(pull_after_its_step__no_step_is_missed),
        TEST(hundred_clients__one_encoding),
        TEST(nothing_new__nobody_woken_but_for_a_heartbeat),
        TEST(last_event_id__known_one_gets_nothing_other_ones_the_summary),
        TEST(slow_client__dropped_and_may_come_back),
        TEST(deaf_client_between_messages__dropped_only_while_there_is_news),
        TEST(busy_client__skips_to_the_newest),
        TEST(deltas__add_up_to_the_whole),
        TEST(too_many_filters__503_known_ones_still_served),
        TEST(more_filters_than_time__each_has_its_turn),
        TEST(store_lost__new_picture_though_its_revision_is_lower),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
