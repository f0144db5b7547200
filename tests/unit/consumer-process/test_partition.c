#include "common/event/codec_json.h"
#include "common/event/tripid.h"
#include "consumer-process/partition.h"
#include "tests/support/unit.h"

#define GREEN 2202401
#define YELLOW 1202401
#define HIRED 4202401
#define LIVE 9000000
#define BEGIN_S INT64_C(1704085200)
#define LOG_MS INT64_C(1750000000000)
#define HOUR_MS INT64_C(3600000)

static const struct rules rules = {.window_s = 900,
                                   .lateness_s = 7200,
                                   .trip_max_s = 86400,
                                   .silence_ms = 24 * HOUR_MS,
                                   .sources_max = 2,
                                   .open_max = 1000,
                                   .seen_max = 1000,
                                   .routes_max = 1000};

struct world {
    struct window_pool pool;
    struct window_list to_send;
    struct partition *partition;
    int64_t offset;
    int64_t log_ms;
};

static void world_open(struct world *w, int64_t start, const struct recovery *recovery)
{
    *w = (struct world){.offset = start, .log_ms = LOG_MS};
    window_pool_init(&w->pool);
    window_list_init(&w->to_send, WINDOW_TO_SEND);
    struct partition_env env = {.rules = &rules, .pool = &w->pool, .to_send = &w->to_send};
    w->partition = partition_new(&env, 0, start, recovery);
    assert_non_null(w->partition);
}

static void world_close(struct world *w)
{
    partition_free(w->partition);
    assert_int_equal(w->pool.in_use, 0);
    window_pool_release(&w->pool);
}

static void apply(struct world *w, struct tlc_str value)
{
    struct message m = {.offset = w->offset++, .log_ms = w->log_ms, .value = value};
    struct tlc_err err;
    assert_int_equal(partition_apply(w->partition, &m, &err), 0);
}

static void event(struct world *w, int32_t source, int status, int64_t row, int64_t minute)
{
    char text[TLC_JSON_MAX];
    struct tlc_event e = {.trip_id = tlc_tripid_make(source, row),
                          .at_s = BEGIN_S + minute * 60,
                          .zone_id = 74,
                          .status = (uint8_t)status};
    apply(w, (struct tlc_str){text, tlc_json_encode(&e, text)});
}

static void put_mark(struct world *w, int32_t source, enum tlc_mark mark)
{
    char text[TLC_JSON_MAX];
    apply(w, (struct tlc_str){text, tlc_json_encode_mark(source, mark, text)});
}

static void mark(struct world *w, int32_t source)
{
    put_mark(w, source, TLC_MARK_CLOSED);
}

/* Acknowledges every window that waits. */
static void acknowledge(struct world *w)
{
    while (w->to_send.first) {
        struct window *x = w->to_send.first;
        window_list_remove(x, WINDOW_TO_SEND);
        x->sent_revision = window_revision(x);
        window_settle(&w->pool, x);
    }
}

static const struct source *source_of(const struct world *w, int32_t id)
{
    for (size_t i = 0; i < w->partition->sources_n; i++) {
        if (w->partition->sources[i]->id == id) {
            return w->partition->sources[i];
        }
    }
    return NULL;
}

static void assert_ledger(const struct world *w, struct ledger want)
{
    const struct ledger *got = &w->partition->ledger;
    assert_int_equal(got->read, want.read);
    assert_int_equal(got->counted, want.counted);
    assert_int_equal(got->duplicate, want.duplicate);
    assert_int_equal(got->late, want.late);
    assert_int_equal(got->refused, want.refused);
    assert_int_equal(got->marks, want.marks);
    assert_int_equal(got->read,
                     got->counted + got->duplicate + got->late + got->refused + got->marks);
}

static void message__no_event__refused_and_nothing_else(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "tea",
        "{}",
        "[]",
        "null",
        "{\"TripID\":1}",
        "\xff\xfe",
        ("{\"TripID\":2202401000000001,\"VendorID\":2,\"Datetime\":\"2088-01-01T00:12:34-05:00\","
         "\"Status\":\"start\",\"ZoneID\":74}"),
        "{\"Source\":7,\"Status\":\"closed\"}",
    };
    struct world w;
    world_open(&w, 0, NULL);
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        apply(&w, tlc_str_from(cases[i]));
    }
    apply(&w, (struct tlc_str){NULL, 0});
    assert_ledger(&w,
                  (struct ledger){.read = TLC_COUNT(cases) + 1, .refused = TLC_COUNT(cases) + 1});
    assert_int_equal(w.partition->refused_unknown, TLC_COUNT(cases) + 1);
    assert_int_equal(w.partition->sources_n, 0);
    assert_int_equal(w.to_send.n, 0);
    world_close(&w);
}

static void event__outside_its_month__refused_and_pushes_no_watermark(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, 0, NULL);
    event(&w, GREEN, TLC_START, 1, 31 * 1440 + 3000); /* over two days after it */
    assert_int_equal(w.partition->refused_unknown, 1);
    event(&w, GREEN, TLC_START, 1, 10);
    event(&w, GREEN, TLC_START, 2, 31 * 1440 + 3000);
    event(&w, GREEN, TLC_START, 2, -3000);
    event(&w, GREEN, TLC_START, 3, 5); /* would be late otherwise */
    assert_int_equal(source_of(&w, GREEN)->refused, 2);
    assert_ledger(&w, (struct ledger){.read = 5, .counted = 2, .refused = 3});
    event(&w, GREEN, TLC_START, 4, 31 * 1440 + 2879); /* within two days */
    assert_ledger(&w, (struct ledger){.read = 6, .counted = 3, .refused = 3});
    world_close(&w);
}

/* One of them would make all that follow late, for ever. */
static void event__of_no_month_and_ahead_of_the_log__refused(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, 0, NULL);
    w.log_ms = BEGIN_S * 1000; /* of Kafka's timestamp, not of a clock */
    event(&w, LIVE, TLC_START, 1, 0);
    event(&w, LIVE, TLC_START, 2, 44 * INT64_C(525600)); /* in 2068 */
    event(&w, LIVE, TLC_START, 3, 61);
    event(&w, LIVE, TLC_START, 4, 60);
    event(&w, LIVE, TLC_END, 1, 5);
    assert_ledger(&w, (struct ledger){.read = 5, .counted = 3, .refused = 2});
    assert_int_equal(source_of(&w, LIVE)->refused, 2);
    event(&w, GREEN, TLC_START, 1, 20000); /* a month may be replayed before it was */
    assert_ledger(&w, (struct ledger){.read = 6, .counted = 4, .refused = 2});
    world_close(&w);
}

static void message__below_position__changes_nothing(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, 10, NULL);
    event(&w, GREEN, TLC_START, 1, 0);
    w.offset = 10;
    event(&w, GREEN, TLC_START, 1, 0);
    assert_ledger(&w, (struct ledger){.read = 1, .counted = 1});
    w.offset = 15; /* gaps are nothing special */
    event(&w, GREEN, TLC_START, 1, 0);
    assert_ledger(&w, (struct ledger){.read = 2, .counted = 1, .duplicate = 1});
    assert_int_equal(w.partition->position, 16);
    world_close(&w);
}

static void sources__two_months_at_once__watermarks_apart(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, 0, NULL);
    event(&w, GREEN, TLC_START, 1, 20000);
    event(&w, YELLOW, TLC_START, 1, 0);
    event(&w, GREEN, TLC_END, 1, 20010);
    event(&w, YELLOW, TLC_END, 1, 10);
    assert_ledger(&w, (struct ledger){.read = 4, .counted = 4});
    assert_int_equal(w.partition->books.tally.matched, 2);
    world_close(&w);
}

static void mark__open__counts_again_behind_its_last_window(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, 0, NULL);
    put_mark(&w, GREEN, TLC_MARK_OPEN); /* nobody knows it */
    event(&w, GREEN, TLC_START, 1, 20);
    put_mark(&w, GREEN, TLC_MARK_OPEN); /* it is not closed */
    event(&w, GREEN, TLC_START, 2, 10);
    assert_int_equal(source_of(&w, GREEN)->openings, 0);
    mark(&w, GREEN);
    acknowledge(&w);
    put_mark(&w, GREEN, TLC_MARK_OPEN);
    event(&w, GREEN, TLC_END, 2, 29);          /* in the window of the last event: final */
    event(&w, GREEN, TLC_END, 1, 30);          /* its start expired with the close */
    event(&w, GREEN, TLC_START, 3, 20 + 1440); /* in the window of an expired start */
    assert_ledger(&w, (struct ledger){.read = 9, .counted = 4, .late = 1, .marks = 4});
    assert_int_equal(w.to_send.n, 2);
    for (struct window *x = w.to_send.first; x; x = x->links[WINDOW_TO_SEND].next) {
        assert_int_equal(x->opening, 1);
        assert_int_equal(x->expired_starts, 0);
    }
    world_close(&w);
}

static void pass__offsets_without_a_message__counted_as_gaps(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, 0, NULL);
    w.offset = 3;
    event(&w, GREEN, TLC_START, 1, 0);
    w.offset = 6;
    event(&w, GREEN, TLC_END, 1, 10);
    assert_int_equal(w.partition->ledger.gaps, 5);
    partition_pass(w.partition, 9); /* the log's end */
    partition_pass(w.partition, 9);
    partition_pass(w.partition, 7);
    assert_int_equal(w.partition->position, 9);
    assert_int_equal(w.partition->ledger.gaps, 7);
    assert_int_equal(w.partition->ledger.read + w.partition->ledger.gaps, 9);
    world_close(&w);
}

static void mark__of_a_source__its_windows_final_others_not(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, 0, NULL);
    event(&w, GREEN, TLC_START, 1, 0);
    event(&w, YELLOW, TLC_START, 1, 0);
    mark(&w, HIRED); /* nobody knows it */
    assert_int_equal(w.partition->books.finals.n, 0);
    mark(&w, GREEN);
    assert_int_equal(w.partition->books.finals.n, 2); /* and where the open trip expired */
    mark(&w, GREEN);
    assert_int_equal(w.partition->books.finals.n, 2);
    event(&w, GREEN, TLC_END, 1, 10);
    event(&w, YELLOW, TLC_END, 1, 10);
    assert_ledger(&w, (struct ledger){.read = 7, .counted = 3, .late = 1, .marks = 3});
    assert_int_equal(source_of(&w, GREEN)->late, 1);
    world_close(&w);
}

static void silence__a_day_of_log_time__closed_and_forgotten(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, 0, NULL);
    event(&w, GREEN, TLC_START, 1, 0);
    w.log_ms += 24 * HOUR_MS - 1;
    event(&w, YELLOW, TLC_START, 1, 0);
    assert_non_null(source_of(&w, GREEN));
    w.log_ms += 1;
    apply(&w, TLC_STR("garbage")); /* says nothing of sources */
    assert_non_null(source_of(&w, GREEN));
    event(&w, YELLOW, TLC_START, 2, 0);
    assert_null(source_of(&w, GREEN));
    assert_non_null(source_of(&w, YELLOW));
    assert_int_equal(w.partition->books.finals.n, 2);
    event(&w, GREEN, TLC_START, 1, 0); /* begins afresh */
    assert_ledger(&w, (struct ledger){.read = 5, .counted = 4, .refused = 1});
    world_close(&w);
}

static void silence__log_time_goes_back__nobody_expires(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, 0, NULL);
    event(&w, GREEN, TLC_START, 1, 0);
    w.log_ms -= 100 * HOUR_MS;
    event(&w, YELLOW, TLC_START, 1, 0);
    event(&w, GREEN, TLC_START, 2, 0);
    assert_int_equal(w.partition->sources_n, 2);
    assert_int_equal(source_of(&w, GREEN)->seen_ms, LOG_MS);
    world_close(&w);
}

static void sources__one_more_than_may_be__least_recently_seen_forgotten(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, 0, NULL);
    event(&w, GREEN, TLC_START, 1, 0);
    event(&w, YELLOW, TLC_START, 1, 0);
    event(&w, GREEN, TLC_START, 2, 0);
    event(&w, HIRED, TLC_START, 1, 0);
    assert_int_equal(w.partition->sources_n, 2);
    assert_null(source_of(&w, YELLOW));
    assert_int_equal(w.partition->books.finals.n, 2);
    world_close(&w);
}

static void lowoffset__windows_acknowledged__moves_up(void **state)
{
    (void)state;
    struct world w;
    struct recovery r;
    int64_t low = -1;
    world_open(&w, 0, NULL);
    assert_false(
        partition_lowoffset(w.partition, "s", &low, &r)); /* nothing read, nothing to say */
    event(&w, GREEN, TLC_START, 1, 0);
    event(&w, GREEN, TLC_END, 1, 10);
    assert_true(partition_lowoffset(w.partition, "s", &low, &r));
    assert_int_equal(r.effects, 0);
    mark(&w, GREEN);
    assert_true(partition_lowoffset(w.partition, "s", &low, &r));
    assert_int_equal(r.effects, 0); /* final, but nobody has it */
    acknowledge(&w);
    assert_true(partition_lowoffset(w.partition, "s", &low, &r));
    assert_int_equal(r.effects, 3);
    assert_int_equal(r.position, 3);
    assert_int_equal(low, 3); /* nothing open: nothing is read again */
    assert_string_equal(r.store_id, "s");
    assert_int_equal(w.pool.in_use, 0);
    world_close(&w);
}

/* A restart would build the last one again, as it knows only up to where all are settled. */
static void window_settled__an_earlier_one_is_not__what_it_rests_on_is_kept(void **state)
{
    (void)state;
    struct world w;
    struct recovery r;
    int64_t low = 0;
    world_open(&w, 0, NULL);
    event(&w, GREEN, TLC_START, 1, 0);
    event(&w, GREEN, TLC_START, 2, 30);
    event(&w, GREEN, TLC_END, 2, 31);
    event(&w, GREEN, TLC_END, 1, 60); /* its window rests on the first event */
    mark(&w, GREEN);
    assert_int_equal(w.partition->books.finals.n, 3);
    struct window *between = NULL;
    for (struct window *x = w.to_send.first; x; x = x->links[WINDOW_TO_SEND].next) {
        between = x->start_s == BEGIN_S + 30 * 60 ? x : between;
    }
    assert_non_null(between);
    window_list_remove(between, WINDOW_TO_SEND);
    acknowledge(&w);
    assert_true(partition_lowoffset(w.partition, "s", &low, &r));
    assert_int_equal(r.effects, 0);
    assert_int_equal(w.partition->books.finals.n, 2);
    window_list_push(&w.to_send, between);
    acknowledge(&w);
    assert_true(partition_lowoffset(w.partition, "s", &low, &r));
    assert_int_equal(r.effects, 5);
    assert_int_equal(w.partition->books.finals.n, 0);
    world_close(&w);
}

static void settled__back_after_retention__knows_its_closed_source(void **state)
{
    (void)state;
    struct world w;
    struct recovery r;
    int64_t low = 0;
    world_open(&w, 0, NULL);
    event(&w, GREEN, TLC_START, 1, 0);
    mark(&w, GREEN);
    event(&w, GREEN, TLC_END, 1, 9); /* late */
    acknowledge(&w);
    assert_true(partition_lowoffset(w.partition, "s", &low, &r));
    world_close(&w);

    world_open(&w, low, &r); /* of the log nothing is left */
    assert_false(partition_recovering(w.partition));
    assert_ledger(&w, (struct ledger){.read = 3, .counted = 1, .late = 1, .marks = 1});
    event(&w, GREEN, TLC_START, 1, 0);
    assert_ledger(&w, (struct ledger){.read = 4, .counted = 1, .late = 2, .marks = 1});
    assert_int_equal(source_of(&w, GREEN)->late, 2);
    world_close(&w);
}

static void recovery__until_position__commits_nothing_and_counts_nothing(void **state)
{
    (void)state;
    struct world w;
    struct recovery r, again;
    int64_t low = 0;
    world_open(&w, 0, NULL);
    event(&w, GREEN, TLC_START, 1, 0);
    event(&w, GREEN, TLC_START, 1, 0);
    apply(&w, TLC_STR("tea"));
    assert_true(partition_lowoffset(w.partition, "s", &low, &r));
    world_close(&w);

    world_open(&w, low, &r);
    assert_true(partition_recovering(w.partition));
    assert_false(partition_lowoffset(w.partition, "s", &low, &again));
    event(&w, GREEN, TLC_START, 1, 0);
    event(&w, GREEN, TLC_START, 1, 0);
    assert_true(partition_recovering(w.partition));
    apply(&w, TLC_STR("tea"));
    assert_false(partition_recovering(w.partition));
    assert_ledger(&w, (struct ledger){.read = 3, .counted = 1, .duplicate = 1, .refused = 1});
    event(&w, GREEN, TLC_END, 1, 5);
    assert_ledger(&w, (struct ledger){.read = 4, .counted = 2, .duplicate = 1, .refused = 1});
    assert_int_equal(w.partition->books.tally.matched, 1);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message__no_event__refused_and_nothing_else),
        cmocka_unit_test(event__outside_its_month__refused_and_pushes_no_watermark),
        cmocka_unit_test(event__of_no_month_and_ahead_of_the_log__refused),
        cmocka_unit_test(mark__open__counts_again_behind_its_last_window),
        cmocka_unit_test(pass__offsets_without_a_message__counted_as_gaps),
        cmocka_unit_test(message__below_position__changes_nothing),
        cmocka_unit_test(sources__two_months_at_once__watermarks_apart),
        cmocka_unit_test(mark__of_a_source__its_windows_final_others_not),
        cmocka_unit_test(silence__a_day_of_log_time__closed_and_forgotten),
        cmocka_unit_test(silence__log_time_goes_back__nobody_expires),
        cmocka_unit_test(sources__one_more_than_may_be__least_recently_seen_forgotten),
        cmocka_unit_test(lowoffset__windows_acknowledged__moves_up),
        cmocka_unit_test(window_settled__an_earlier_one_is_not__what_it_rests_on_is_kept),
        cmocka_unit_test(settled__back_after_retention__knows_its_closed_source),
        cmocka_unit_test(recovery__until_position__commits_nothing_and_counts_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
