#include "tests/support/unit.h"

#include "producer-client/replay.h"
#include "tests/unit/producer-client/fake_server.h"

#define BASE_S INT64_C(1704085200) /* 2024-01-01T00:00:00-05:00 */

struct world {
    struct client_options options;
    struct fake_server server;
    struct replay replay;
    char input[UNIT_PATH_MAX];
};

static const char *no_env(const char *name)
{
    (void)name;
    return NULL;
}

/* One event a second of event time. */
static void write_events_of(const char *path, int n, long long first_id)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i < n; i++) {
        fprintf(f,
                "{\"TripID\":%lld,\"VendorID\":2,\"Datetime\":\"2024-01-01T00:%02d:%02d-05:00\","
                "\"Status\":\"start\",\"ZoneID\":74}\n",
                first_id + i, i / 60 % 60, i % 60);
    }
    fclose(f);
}

static void write_events(const char *path, int n)
{
    write_events_of(path, n, 2202401000000001);
}

static struct world *world_open(const char *input, int argc, const char **argv)
{
    struct world *w = calloc(1, sizeof *w);
    struct tlc_opt_list paths;
    struct tlc_err err;
    assert_non_null(w);
    snprintf(w->input, sizeof w->input, "%s", input);
    const char *all[16] = {"producer-client", w->input};
    for (int i = 0; i < argc; i++) {
        all[2 + i] = argv[i];
    }
    assert_int_equal(tlc_opts_parse(&client_program, argc + 2, (char **)(uintptr_t)all, no_env,
                                    &w->options, &paths, &err),
                     0);
    const struct sender_ports ports = fake_ports(&w->server);
    assert_int_equal(replay_open(&w->replay, &w->options, &paths, &ports, &err), 0);
    return w;
}

static struct world *world_new(int events, int argc, const char **argv)
{
    char input[UNIT_PATH_MAX];
    write_events(unit_temp_file(input, ""), events);
    return world_open(input, argc, argv);
}

static void world_close(struct world *w)
{
    replay_close(&w->replay);
    free(w);
}

static void world_free(struct world *w)
{
    unlink(w->input);
    world_close(w);
}

static void step(struct world *w, bool stop)
{
    struct tlc_err err;
    assert_int_equal(replay_step(&w->replay, fake_now_ms, stop, &err), 0);
}

static int64_t stat(const struct world *w, enum client_counter id)
{
    return tlc_counter_get(&w->replay.stats, id);
}

static void step__full_speed__all_sent_then_source_closed(void **state)
{
    (void)state;
    const char *argv[] = {"--speed=max", "--batch=10", "--connections=2"};
    struct world *w = world_new(95, 3, argv);
    int turns = 0;
    while (w->replay.phase == REPLAY_READING) {
        step(w, false);
        assert_true(w->server.n <= 2);
        if (w->server.n > 0 && w->replay.phase == REPLAY_READING) {
            fake_store(&w->server, 0);
        }
        assert_true(++turns < 100);
    }
    assert_int_equal(w->replay.phase, REPLAY_CLOSING);
    assert_int_equal(stat(w, STAT_ACKED), 95);
    assert_string_equal(w->server.calls[0].url, "http://127.0.0.1:8080/sources/2202401/close");
    fake_answer(&w->server, 0, 200, "{\"partitions\":4}", -1);
    step(w, false);
    assert_int_equal(w->replay.phase, REPLAY_DONE);
    assert_int_equal(replay_exit_code(&w->replay), 0);
    world_free(w);
}

static void turns_until_done(struct world *w)
{
    for (int turns = 0; w->replay.phase == REPLAY_READING; turns++) {
        step(w, false);
        if (w->server.n > 0 && w->replay.phase == REPLAY_READING) {
            fake_store(&w->server, 0);
        }
        assert_true(turns < 100);
    }
}

/* Mended and sent later it would be late. */
static void step__a_record_refused__its_source_is_not_closed(void **state)
{
    (void)state;
    const char *argv[] = {"--speed=max", "--batch=10", "--connections=1"};
    struct world *w = world_new(95, 3, argv);
    step(w, false);
    fake_answer(&w->server, 0, 207,
                "{\"accepted\":9,\"refused\":1,\"errors\":[{\"line\":3,\"rule\":\"bad_zone\","
                "\"text\":\"no\"}]}",
                -1);
    turns_until_done(w);
    step(w, false);
    assert_int_equal(w->replay.phase, REPLAY_DONE);
    assert_int_equal(w->server.n, 0);
    assert_int_equal(stat(w, STAT_ACKED), 94);
    assert_int_equal(stat(w, STAT_MARKS), 0);
    assert_int_equal(replay_exit_code(&w->replay), TLC_EXIT_REFUSED);
    world_free(w);
}

static void step__source_without_a_month__is_not_closed(void **state)
{
    (void)state;
    const char *argv[] = {"--speed=max"};
    char input[UNIT_PATH_MAX];
    write_events_of(unit_temp_file(input, ""), 20, 9000000000000001);
    struct world *w = world_open(input, 1, argv);
    turns_until_done(w);
    step(w, false);
    assert_int_equal(w->replay.phase, REPLAY_DONE);
    assert_int_equal(w->server.n, 0);
    assert_int_equal(stat(w, STAT_ACKED), 20);
    assert_int_equal(stat(w, STAT_MARKS), 0);
    world_free(w);
}

static void step__reopen__opened_before_its_first_event(void **state)
{
    (void)state;
    const char *argv[] = {"--speed=max", "--batch=10", "--connections=2", "--reopen"};
    struct world *w = world_new(40, 4, argv);
    step(w, false);
    step(w, false);
    assert_int_equal(w->server.n, 1);
    assert_string_equal(w->server.calls[0].url, "http://127.0.0.1:8080/sources/2202401/open");
    fake_answer(&w->server, 0, 503, "", 1000);
    step(w, false);
    assert_int_equal(w->server.n, 0);
    fake_now_ms += 1000;
    step(w, false);
    assert_string_equal(w->server.calls[0].url, "http://127.0.0.1:8080/sources/2202401/open");
    fake_answer(&w->server, 0, 200, "{\"partitions\":4}", -1);
    step(w, false);
    assert_string_equal(w->server.calls[0].url, "http://127.0.0.1:8080/trips?errors=10000");
    turns_until_done(w);
    assert_int_equal(w->replay.phase, REPLAY_CLOSING);
    assert_int_equal(stat(w, STAT_OPENED), 1);
    world_free(w);
}

static void step__paced__nothing_before_it_is_due(void **state)
{
    (void)state;
    const char *argv[] = {"--speed=10", "--no-close", "--flush=100ms"};
    struct world *w = world_new(100, 3, argv);
    step(w, false);
    assert_int_equal(stat(w, STAT_READ), 1); /* the first starts the clock */
    fake_now_ms += 99;
    step(w, false);
    assert_int_equal(w->server.sent_n, 0); /* waits for company */
    fake_now_ms += 1;
    step(w, false);
    assert_int_equal(stat(w, STAT_READ), 2);
    assert_int_equal(w->server.sent_n, 1); /* flushed */
    assert_int_equal(fake_lines(&w->server.calls[0]), 2);
    fake_store(&w->server, 0);
    fake_now_ms += 4900;
    step(w, false);
    assert_int_equal(stat(w, STAT_READ), 51);
    assert_in_range(replay_wait_ms(&w->replay, fake_now_ms), 1, 100);
    world_free(w);
}

static void step__paused__no_reading_until_continued(void **state)
{
    (void)state;
    const char *argv[] = {"--speed=10", "--no-close"};
    struct world *w = world_new(100, 2, argv);
    step(w, false);
    replay_pause(&w->replay);
    step(w, false);
    fake_now_ms += 5000;
    step(w, false);
    assert_int_equal(stat(w, STAT_READ), 1);
    replay_continue(&w->replay);
    step(w, false);
    fake_now_ms += 1000;
    step(w, false);
    assert_int_equal(stat(w, STAT_READ), 11); /* the pause is not made up for */
    world_free(w);
}

static void step__from_and_to__cut_and_not_closed(void **state)
{
    (void)state;
    const char *argv[] = {"--speed=max", "--from=2024-01-01 00:00:10", "--to=2024-01-01 00:00:20"};
    struct world *w = world_new(60, 3, argv);
    step(w, false);
    assert_int_equal(w->server.n, 1);
    assert_int_equal(fake_lines(&w->server.calls[0]), 10);
    fake_store(&w->server, 0);
    step(w, false);
    assert_int_equal(w->replay.phase, REPLAY_DONE);
    assert_int_equal(stat(w, STAT_SKIPPED), 50);
    assert_int_equal(w->replay.first_s, BASE_S + 10);
    assert_int_equal(w->replay.last_s, BASE_S + 19);
    assert_int_equal(w->server.n, 0); /* no mark: the source was not sent whole */
    world_free(w);
}

static void stop__batches_under_way__waits_for_replies(void **state)
{
    (void)state;
    const char *argv[] = {"--speed=max", "--batch=10", "--connections=1"};
    struct world *w = world_new(200, 3, argv);
    step(w, false);
    assert_int_equal(w->server.n, 1);
    step(w, true);
    assert_int_equal(w->replay.phase, REPLAY_READING);
    int64_t read = stat(w, STAT_READ);
    while (w->replay.phase == REPLAY_READING) { /* what was read goes, nothing more is read */
        fake_store(&w->server, 0);
        step(w, true);
    }
    assert_int_equal(w->replay.phase, REPLAY_DONE);
    assert_int_equal(stat(w, STAT_READ), read);
    assert_int_equal(stat(w, STAT_ACKED), read);
    assert_int_equal(w->server.n, 0); /* and no close mark */
    assert_int_equal(replay_exit_code(&w->replay), 130);
    world_free(w);
}

static void stop__server_silent__ends_at_the_deadline(void **state)
{
    (void)state;
    const char *argv[] = {"--speed=max", "--drain=5s"};
    struct world *w = world_new(10, 2, argv);
    step(w, false);
    step(w, true);
    fake_now_ms += 4999;
    step(w, true);
    assert_int_equal(w->replay.phase, REPLAY_READING);
    fake_now_ms += 1;
    step(w, true);
    assert_int_equal(w->replay.phase, REPLAY_DONE);
    world_free(w);
}

#define EVENTS 100

struct tally {
    size_t seen[EVENTS + 1]; /* how often each event was stored */
    size_t copies;
    size_t last_of[LANES_N]; /* the last first copy of each lane: they keep the order of the file */
};

static void store(struct tally *t, struct tlc_str body)
{
    struct tlc_str line;
    while (tlc_str_split(&body, '\n', &line) && line.n > 0) {
        int64_t trip_id = strtoll(line.p + strlen("{\"TripID\":"), NULL, 10);
        size_t row = (size_t)(trip_id % 1000000000), lane = batches_lane(trip_id);
        assert_in_range(row, 1, EVENTS);
        if (t->seen[row]++ > 0) {
            t->copies++;
            continue;
        }
        assert_true(row > t->last_of[lane]);
        t->last_of[lane] = row;
    }
}

/* The server stores one of the batches under way, in any order; its reply reaches the client. */
static void store_any(struct world *w, struct tally *t, uint64_t *rng)
{
    size_t i = tlc_random_next(rng) % w->server.n;
    store(t, w->server.calls[i].body);
    fake_store(&w->server, i);
}

/* One life of the client, some turns long; true when it got to the end. Nothing is saved behind it:
 * as after kill -9. */
static bool live(const char *input, const char **argv, struct tally *t, uint64_t *rng)
{
    struct world *w = world_open(input, 4, argv);
    size_t turns = tlc_random_next(rng) % 12;
    for (size_t turn = 0; turn < turns && w->replay.phase == REPLAY_READING; turn++) {
        step(w, false);
        if (w->server.n > 0 && w->replay.phase == REPLAY_READING) {
            store_any(w, t, rng);
        }
    }
    bool over = w->replay.phase != REPLAY_READING;
    while (w->server.n > 0 && !over) { /* stored all the same, but nobody is there for the reply */
        store(t, w->server.calls[--w->server.n].body);
    }
    world_close(w);
    return over;
}

/* Killed anywhere, started again with --resume: every event arrives, in order, and no more than
 * what was under way arrives twice. */
static void resume__killed_at_any_moment__all_arrive(void **state)
{
    (void)state;
    char state_path[UNIT_PATH_MAX], input[UNIT_PATH_MAX], resume_opt[UNIT_PATH_MAX + 16];
    unit_temp_file(state_path, "");
    write_events(unit_temp_file(input, ""), EVENTS);
    snprintf(resume_opt, sizeof resume_opt, "--resume=%s", state_path);
    const char *argv[] = {"--speed=max", "--batch=5", "--connections=3", resume_opt};
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct tally t = {.copies = 0};
        uint64_t rng = seed;
        size_t lives = 1;
        unlink(state_path);
        while (!live(input, argv, &t, &rng)) {
            assert_true(++lives < 1000);
        }
        for (size_t i = 1; i <= EVENTS; i++) {
            if (t.seen[i] == 0) {
                fail_msg("seed %llu: event %zu never came", (unsigned long long)seed, i);
            }
        }
        /* Each kill: three batches of five under way, and one whose reply was not noted yet. */
        assert_true(t.copies <= lives * 20);
    }
    unlink(state_path);
    unlink(input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(step__full_speed__all_sent_then_source_closed),
        cmocka_unit_test(step__a_record_refused__its_source_is_not_closed),
        cmocka_unit_test(step__source_without_a_month__is_not_closed),
        cmocka_unit_test(step__reopen__opened_before_its_first_event),
        cmocka_unit_test(step__paced__nothing_before_it_is_due),
        cmocka_unit_test(step__paused__no_reading_until_continued),
        cmocka_unit_test(step__from_and_to__cut_and_not_closed),
        cmocka_unit_test(stop__batches_under_way__waits_for_replies),
        cmocka_unit_test(stop__server_silent__ends_at_the_deadline),
        cmocka_unit_test(resume__killed_at_any_moment__all_arrive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
