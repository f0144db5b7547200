#include "common/event/codec_json.h"
#include "common/event/tripid.h"
#include "consumer-process/process.h"
#include "tests/support/unit.h"

static void rules__table__taken_or_refused_in_words(void **state)
{
    (void)state;
    static const struct {
        int64_t window_ms, lateness_ms;
        const char *words; /* NULL: taken */
    } cases[] = {
        {900000, 7200000, NULL},           {60000, 0, NULL},
        {60000, 4096 * 60000, NULL},       {60000, 4097 * 60000, "wider --window"},
        {60500, 7200000, "whole seconds"}, {900000, 7200001, "whole seconds"},
        {420000, 7200000, "divide a day"}, {86400000, 604800000, NULL},
        {50400000, 0, "divide a day"},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct process_options options = {.window_ms = cases[i].window_ms,
                                          .lateness_ms = cases[i].lateness_ms};
        struct rules rules;
        struct tlc_err err;
        int rc = process_rules(&options, &rules, &err);
        if (!cases[i].words) {
            assert_int_equal(rc, 0);
            assert_int_equal(rules.window_s, cases[i].window_ms / 1000);
            assert_int_equal(rules.lateness_s, cases[i].lateness_ms / 1000);
            assert_true(rules.lateness_s / rules.window_s < SEEN_MODULUS / 2);
            continue;
        }
        assert_int_equal(rc, TLC_FATAL);
        assert_int_equal(tlc_err_exit_code(&err), TLC_EXIT_USAGE);
        assert_non_null(strstr(err.text, cases[i].words));
    }
}

/* More sources than /status can name: it stays one that the dashboard reads. */
static void status__of_more_sources_than_fit__says_how_many_it_leaves_out(void **state)
{
    (void)state;
    enum { PARTITIONS = 500 };
    static struct process p;
    struct tlc_err err;
    p = (struct process){.rules = {.window_s = 900,
                                   .lateness_s = 7200,
                                   .trip_max_s = 86400,
                                   .silence_ms = 86400000,
                                   .sources_max = SOURCES_MAX,
                                   .open_max = 10,
                                   .seen_max = 10,
                                   .routes_max = 10}};
    static const struct tlc_counter_def defs[] = {PROCESS_COUNTERS(TLC_COUNTER_DEF)};
    tlc_counters_init(&p.counters, defs, PROCESS_COUNTER_N);
    pthread_mutex_init(&p.lock, NULL);
    tlc_buf_init(&p.detail, TLC_STATUS_BYTES_MAX);
    window_pool_init(&p.pool);
    window_list_init(&p.publisher.to_send, WINDOW_TO_SEND);
    p.slots = calloc(PARTITIONS, sizeof(*p.slots));
    assert_non_null(p.slots);
    p.slots_n = PARTITIONS;
    struct partition_env env = {
        .rules = &p.rules, .pool = &p.pool, .to_send = &p.publisher.to_send};
    for (int32_t i = 0; i < PARTITIONS; i++) {
        p.slots[i].partition = partition_new(&env, i, 0, NULL);
        for (int32_t k = 0; k < SOURCES_MAX; k++) {
            int32_t source = 1200700 + k / 12 * 100 + k % 12 + 1;
            int64_t from_s, to_s;
            tlc_source_span(source, 0, &from_s, &to_s);
            struct tlc_event e = {.trip_id = tlc_tripid_make(source, 1),
                                  .at_s = from_s,
                                  .zone_id = 74,
                                  .status = TLC_START};
            char text[TLC_JSON_MAX];
            struct message m = {k, 1, {text, tlc_json_encode(&e, text)}};
            assert_int_equal(partition_apply(p.slots[i].partition, &m, &err), 0);
        }
    }
    process_report(&p);
    assert_false(p.detail.failed);
    assert_true(p.detail.n < TLC_STATUS_BYTES_MAX - (512 << 10));
    assert_non_null(strstr(tlc_buf_cstr(&p.detail), "\"sources_left_out\":"));
    assert_non_null(strstr(tlc_buf_cstr(&p.detail), "\"dashboard\":{\"away\":false"));
    for (size_t i = 0; i < PARTITIONS; i++) {
        partition_free(p.slots[i].partition);
    }
    free(p.slots);
    window_pool_release(&p.pool);
    tlc_buf_release(&p.detail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules__table__taken_or_refused_in_words),
        cmocka_unit_test(status__of_more_sources_than_fit__says_how_many_it_leaves_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
