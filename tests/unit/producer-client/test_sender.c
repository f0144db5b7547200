#include "tests/support/unit.h"

#include "tests/unit/producer-client/fake_server.h"

static const struct tlc_counter_def defs[] = {CLIENT_COUNTERS(TLC_COUNTER_DEF)};
static const char *const inputs[] = {"a.ndjson"};

struct world {
    struct client_options options;
    struct fake_server server;
    struct batches batches;
    struct rejects rejects;
    struct tlc_counters stats;
    struct sender sender;
    struct sources sources;
};

static struct world *world_new(int64_t connections, const char *url, const char *url2)
{
    struct world *w = calloc(1, sizeof *w);
    struct tlc_err err;
    assert_non_null(w);
    w->options.urls.v[0] = url;
    w->options.urls.v[1] = url2;
    w->options.urls.n = url2 ? 2 : 1;
    w->options.connections = connections;
    w->options.timeout_ms = 60000;
    w->options.give_up_ms = 300000;
    tlc_counters_init(&w->stats, defs, STAT_N);
    assert_int_equal(batches_init(&w->batches, (size_t)connections, 2, 1, 3600, &err), 0);
    w->batches.split_n = (size_t)connections;
    assert_int_equal(rejects_open(&w->rejects, NULL, false, &err), 0);
    const struct sender_config config = {.options = &w->options,
                                         .ports = fake_ports(&w->server),
                                         .batches = &w->batches,
                                         .rejects = &w->rejects,
                                         .stats = &w->stats,
                                         .inputs = inputs,
                                         .sources = &w->sources};
    sources_init(&w->sources);
    assert_int_equal(sender_init(&w->sender, &config, &err), 0);
    return w;
}

static void world_free(struct world *w)
{
    rejects_close(&w->rejects);
    batches_release(&w->batches);
    free(w);
}

/* A sealed round: a batch of two events for each connection. */
static void add(struct world *w, int64_t event_s)
{
    struct round *r = batches_filling(&w->batches);
    assert_non_null(r);
    for (size_t i = 0; i < r->batches_n; i++) {
        size_t lane = (i + 1) * LANES_N / r->batches_n - 1; /* the last one of batch i */
        struct batch_line line = {TLC_STR("{\"first\":1}"), 1, lane, event_s};
        assert_int_equal(batches_add(&w->batches, r, &line, 0), BATCHES_ADDED);
        line = (struct batch_line){TLC_STR("{\"second\":2}"), 2, lane, event_s};
        assert_int_equal(batches_add(&w->batches, r, &line, 0), BATCHES_ADDED);
    }
    batches_seal(&w->batches, &(struct position){.offset = 1});
}

static int step(struct world *w)
{
    struct tlc_err err;
    return sender_step(&w->sender, &err);
}

static int64_t stat(const struct world *w, enum client_counter id)
{
    return tlc_counter_get(&w->stats, id);
}

static void step__batches_ready__one_a_connection(void **state)
{
    (void)state;
    struct world *w = world_new(2, "http://a/", NULL);
    add(w, 0);
    add(w, 1);
    assert_int_equal(step(w), 0);
    assert_int_equal(w->server.n, 2);
    assert_string_equal(w->server.calls[0].url, "http://a/trips?errors=10000");
    assert_string_equal(w->server.calls[0].content_type, "application/x-ndjson");
    fake_store(&w->server, 1);
    assert_int_equal(step(w), 0);
    assert_int_equal(w->server.n, 2);
    fake_store(&w->server, 0);
    fake_store(&w->server, 0);
    assert_int_equal(step(w), 0);
    fake_store(&w->server, 0);
    assert_int_equal(stat(w, STAT_ACKED), 8);
    assert_int_equal(stat(w, STAT_SENT), 8);
    assert_int_equal(stat(w, STAT_RETRIES), 0);
    assert_true(batches_idle(&w->batches));
    world_free(w);
}

/* Whatever is no account of this batch may or may not have been stored: the same bytes again. */
static void reply__lost_late_cut_or_wrong__sent_again(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *reply;
    } cases[] = {{0, ""},
                 {408, ""},
                 {500, "{}"},
                 {502, "<html>"},
                 {200, ""},
                 {200, "{\"accepted\":2"},
                 {200, "{\"accepted\":1,\"refused\":0}"},
                 {200, "{\"accepted\":3,\"refused\":-1}"},
                 {200, "{\"accepted\":\"2\",\"refused\":0}"},
                 {200, "[]"},
                 {207, "null"}};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct world *w = world_new(1, "http://a", NULL);
        add(w, 0);
        assert_int_equal(step(w), 0);
        struct tlc_str before = w->server.calls[0].body;
        fake_answer(&w->server, 0, cases[i].status, cases[i].reply, -1);
        assert_int_equal(step(w), 0);
        assert_int_equal(w->server.n, 0); /* backs off first */
        int64_t wait = sender_wait_ms(&w->sender, fake_now_ms);
        assert_in_range(wait, 1, 100);
        fake_now_ms += wait;
        assert_int_equal(step(w), 0);
        assert_int_equal(w->server.n, 1);
        assert_ptr_equal(w->server.calls[0].body.p, before.p);
        assert_int_equal(w->server.calls[0].body.n, before.n);
        fake_store(&w->server, 0);
        assert_int_equal(stat(w, STAT_BROKEN), 1);
        assert_int_equal(stat(w, STAT_RESENT), 2);
        assert_int_equal(stat(w, STAT_ACKED), 2);
        world_free(w);
    }
}

static void reply__busy__waits_as_retry_after_says(void **state)
{
    (void)state;
    static const int statuses[] = {503, 429};
    for (size_t i = 0; i < TLC_COUNT(statuses); i++) {
        struct world *w = world_new(1, "http://a", NULL);
        add(w, 0);
        assert_int_equal(step(w), 0);
        fake_answer(&w->server, 0, statuses[i], "{}", 7000);
        assert_int_equal(sender_wait_ms(&w->sender, fake_now_ms), 7000);
        fake_now_ms += 6999;
        assert_int_equal(step(w), 0);
        assert_int_equal(w->server.n, 0);
        fake_now_ms += 1;
        assert_int_equal(step(w), 0);
        assert_int_equal(w->server.n, 1);
        assert_int_equal(stat(w, STAT_BUSY), 1);
        fake_store(&w->server, 0);
        world_free(w);
    }
}

static void reply__503_without_retry_after__backs_off_longer_each_time(void **state)
{
    (void)state;
    struct world *w = world_new(1, "http://a", NULL);
    add(w, 0);
    int64_t most = 0;
    for (int i = 0; i < 12; i++) {
        assert_int_equal(step(w), 0);
        fake_answer(&w->server, 0, 503, "", -1);
        int64_t wait = sender_wait_ms(&w->sender, fake_now_ms);
        most = wait > most ? wait : most;
        assert_true(wait <= 5000);
        fake_now_ms += wait;
    }
    assert_true(most >= 2500);
    world_free(w);
}

static void reply__requests_of_one_failure__back_off_once(void **state)
{
    (void)state;
    struct world *w = world_new(4, "http://a", NULL);
    add(w, 0);
    assert_int_equal(step(w), 0);
    assert_int_equal(w->server.n, 4);
    while (w->server.n > 0) {
        fake_answer(&w->server, 0, 0, "", -1);
    }
    assert_in_range(sender_wait_ms(&w->sender, fake_now_ms), 50, 100);
    world_free(w);
}

static void reply__refused_records__counted_by_rule(void **state)
{
    (void)state;
    static const int statuses[] = {207, 422, 400};
    static const char *const replies[] = {
        "{\"accepted\":1,\"refused\":1,\"errors\":[{\"line\":2,\"rule\":\"bad_zone\",\"text\":"
        "\"x\"}]}",
        "{\"accepted\":0,\"refused\":2,\"errors\":[{\"line\":1,\"rule\":\"bad_zone\"},"
        "{\"line\":9,\"rule\":\"made_up\"}]}",
        "{\"accepted\":0,\"refused\":2,\"errors\":[]}"};
    static const int64_t refused[] = {1, 2, 2};
    for (size_t i = 0; i < TLC_COUNT(statuses); i++) {
        struct world *w = world_new(1, "http://a", NULL);
        add(w, 0);
        assert_int_equal(step(w), 0);
        fake_answer(&w->server, 0, statuses[i], replies[i], -1);
        assert_int_equal(step(w), 0);
        assert_int_equal(stat(w, STAT_REFUSED), refused[i]);
        assert_int_equal(stat(w, STAT_ACKED), 2 - refused[i]);
        int64_t by_rule = 0;
        for (size_t k = 0; k < w->rejects.rules_n; k++) {
            by_rule += w->rejects.rules[k].n;
        }
        assert_int_equal(by_rule, refused[i]);
        world_free(w);
    }
}

static void reply__wrong_token_or_address__ends_the_run(void **state)
{
    (void)state;
    static const int statuses[] = {400, 401, 403, 404, 405, 411, 413, 415, 301};
    for (size_t i = 0; i < TLC_COUNT(statuses); i++) {
        struct world *w = world_new(1, "http://a", NULL);
        struct tlc_err err;
        add(w, 0);
        assert_int_equal(step(w), 0);
        fake_answer(&w->server, 0, statuses[i], "{\"error\":\"no\"}", -1);
        assert_int_equal(sender_step(&w->sender, &err), TLC_FATAL);
        assert_int_equal(err.exit_code, TLC_EXIT_CONFIG);
        assert_non_null(strstr(err.text, "http://a"));
        assert_int_equal(batches_left(&w->batches), 2);
        world_free(w);
    }
}

static void step__one_server_dead__its_connections_go_to_the_other(void **state)
{
    (void)state;
    struct world *w = world_new(2, "http://a", "http://b");
    add(w, 0);
    assert_int_equal(step(w), 0);
    assert_string_equal(w->server.calls[0].url, "http://a/trips?errors=10000");
    assert_string_equal(w->server.calls[1].url, "http://b/trips?errors=10000");
    fake_answer(&w->server, 0, 0, "", -1);
    assert_int_equal(step(w), 0);
    assert_int_equal(w->server.n, 2);
    assert_string_equal(w->server.calls[1].url, "http://b/trips?errors=10000");
    fake_store(&w->server, 0);
    fake_store(&w->server, 0);
    assert_int_equal(stat(w, STAT_ACKED), 4);
    world_free(w);
}

static void step__no_batch_taken_for_long__gives_up(void **state)
{
    (void)state;
    struct world *w = world_new(1, "http://a", NULL);
    struct tlc_err err;
    add(w, 0);
    int rc = 0;
    int64_t from = fake_now_ms;
    while (rc == 0) {
        rc = sender_step(&w->sender, &err);
        if (w->server.n > 0) {
            fake_answer(&w->server, 0, 0, "", -1);
        }
        int64_t wait = sender_wait_ms(&w->sender, fake_now_ms);
        fake_now_ms += wait < 100 ? wait + 1 : 100;
        assert_true(fake_now_ms - from < 400000);
    }
    assert_int_equal(rc, TLC_FATAL);
    assert_int_equal(err.exit_code, TLC_EXIT_UNAVAILABLE);
    assert_in_range(fake_now_ms - from, 300000, 306000);
    world_free(w);
}

static void step__a_success_between__patience_starts_anew(void **state)
{
    (void)state;
    struct world *w = world_new(1, "http://a", NULL);
    add(w, 0);
    assert_int_equal(step(w), 0);
    fake_answer(&w->server, 0, 0, "", -1);
    fake_now_ms += 299000;
    assert_int_equal(step(w), 0);
    fake_store(&w->server, 0);
    fake_now_ms += 299000;
    assert_int_equal(step(w), 0);
    world_free(w);
}

static void close__two_sources__one_mark_each_with_retries(void **state)
{
    (void)state;
    struct world *w = world_new(2, "http://a", NULL);
    sources_add_trip(&w->sources, 2202401000000001);
    sources_add_trip(&w->sources, 7); /* of no source: nothing to close */
    sources_add_trip(&w->sources, 1202401000000001);
    sender_close_sources(&w->sender);
    assert_int_equal(step(w), 0);
    assert_int_equal(w->server.n, 1); /* one after the other */
    assert_string_equal(w->server.calls[0].url, "http://a/sources/2202401/close");
    fake_answer(&w->server, 0, 503, "", 1000);
    assert_false(sender_is_closed(&w->sender));
    fake_now_ms += 1000;
    assert_int_equal(step(w), 0);
    assert_string_equal(w->server.calls[0].url, "http://a/sources/2202401/close");
    fake_answer(&w->server, 0, 200, "{\"partitions\":4}", -1);
    assert_int_equal(step(w), 0);
    assert_string_equal(w->server.calls[0].url, "http://a/sources/1202401/close");
    fake_answer(&w->server, 0, 200, "{\"partitions\":4}", -1);
    assert_true(sender_is_closed(&w->sender));
    assert_int_equal(stat(w, STAT_MARKS), 2);
    world_free(w);
}

static void close__refused_and_not_told_of_whom__no_mark(void **state)
{
    (void)state;
    struct world *w = world_new(1, "http://a", NULL);
    sources_add_trip(&w->sources, 2202401000000001);
    add(w, 0);
    assert_int_equal(step(w), 0);
    fake_answer(&w->server, 0, 207, "{\"accepted\":1,\"refused\":1}", -1);
    sender_close_sources(&w->sender);
    assert_int_equal(step(w), 0);
    assert_int_equal(w->server.n, 0);
    assert_true(sender_is_closed(&w->sender));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(close__refused_and_not_told_of_whom__no_mark),
        cmocka_unit_test(step__batches_ready__one_a_connection),
        cmocka_unit_test(reply__lost_late_cut_or_wrong__sent_again),
        cmocka_unit_test(reply__busy__waits_as_retry_after_says),
        cmocka_unit_test(reply__503_without_retry_after__backs_off_longer_each_time),
        cmocka_unit_test(reply__requests_of_one_failure__back_off_once),
        cmocka_unit_test(reply__refused_records__counted_by_rule),
        cmocka_unit_test(reply__wrong_token_or_address__ends_the_run),
        cmocka_unit_test(step__one_server_dead__its_connections_go_to_the_other),
        cmocka_unit_test(step__no_batch_taken_for_long__gives_up),
        cmocka_unit_test(step__a_success_between__patience_starts_anew),
        cmocka_unit_test(close__two_sources__one_mark_each_with_retries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
