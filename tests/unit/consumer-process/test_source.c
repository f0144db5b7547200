/* The rules at the top of source.h, one case each: what is said of every event, and what the final
 * windows hold. */
#include "common/event/tripid.h"
#include "consumer-process/source.h"
#include "tests/support/unit.h"

#define SOURCE 2202401
#define DAY_S 86400
#define BEGIN_S INT64_C(1704085200) /* a whole window */

static const struct rules rules = {.window_s = 900,
                                   .lateness_s = 7200,
                                   .trip_max_s = DAY_S,
                                   .sources_max = 4,
                                   .open_max = 50,
                                   .seen_max = 1000,
                                   .routes_max = 1000};

struct world {
    struct window_pool pool;
    struct window_list to_send;
    struct books books;
    struct source *source;
    int64_t offset;
};

static void world_open(struct world *w, const struct rules *r)
{
    *w = (struct world){.offset = 100};
    window_pool_init(&w->pool);
    window_list_init(&w->to_send, WINDOW_TO_SEND);
    w->books = (struct books){
        .rules = r, .pool = &w->pool, .to_send = &w->to_send, .muted_before = INT64_MIN};
    window_list_init(&w->books.finals, WINDOW_FINAL);
    history_init(&w->books.history);
    w->source = source_new(r, SOURCE);
    assert_non_null(w->source);
}

static void world_close(struct world *w)
{
    source_free(w->source, &w->books);
    while (w->books.finals.first) {
        window_free(&w->pool, w->books.finals.first);
    }
    history_release(&w->books.history);
    assert_int_equal(w->pool.in_use, 0);
    window_pool_release(&w->pool);
}

static char apply(struct world *w, char kind, int64_t row, int64_t minute)
{
    struct tlc_event e = {.trip_id = tlc_tripid_make(SOURCE, row),
                          .at_s = BEGIN_S + minute * 60,
                          .zone_id = (uint16_t)(kind == 'S' ? 74 : 42),
                          .status = kind == 'S' ? TLC_START : TLC_END};
    return "CDL"[source_apply(w->source, &w->books, &e, w->offset++)];
}

static struct window *final_at(const struct world *w, int64_t minute)
{
    for (struct window *x = w->books.finals.first; x; x = x->links[WINDOW_FINAL].next) {
        if (x->start_s == window_start_of(&rules, BEGIN_S + minute * 60)) {
            return x;
        }
    }
    return NULL;
}

/* verdicts: one letter an event: Counted, Duplicate, Late. booked_minute: where orphan or expired
 * were booked, -1 = do not look. */
struct step {
    char kind; /* S, E; 0 ends */
    int64_t row, minute;
};
static const struct rule_case {
    const char *name;
    struct step steps[8];
    const char *verdicts;
    int matched, orphans, expired, duplicates;
    int64_t orphan_minute, expired_minute, matched_minute;
} cases[] = {
    {"a trip", {{'S', 1, 0}, {'E', 1, 20}}, "CC", 1, 0, 0, 0, -1, -1, 20},
    {"a ride of no time", {{'S', 1, 5}, {'E', 1, 5}}, "CC", 1, 0, 0, 0, -1, -1, 5},
    {"a ride of just 24 h", {{'S', 1, 0}, {'E', 1, 1440}}, "CC", 1, 0, 0, 0, -1, -1, 1440},
    {"a minute more", {{'S', 1, 0}, {'E', 1, 1441}}, "CC", 0, 1, 1, 0, 1441, 1440, -1},
    {"end overtakes start", {{'E', 1, 20}, {'S', 1, 0}}, "CC", 1, 0, 0, 0, -1, -1, 20},
    {"end lies before start", {{'S', 1, 40}, {'E', 1, 20}}, "CC", 0, 1, 1, 0, 20, 40, -1},
    {"start alone", {{'S', 1, 7}}, "C", 0, 0, 1, 0, -1, 1447, -1},
    {"start alone, its day passes",
     {{'S', 1, 7}, {'S', 2, 1700}, {'E', 2, 1700}},
     "CCC",
     1,
     0,
     1,
     0,
     -1,
     1447,
     1700},
    {"end alone", {{'E', 1, 7}}, "C", 0, 1, 0, 0, 7, -1, -1},
    {"end alone, its window passes, then its start",
     {{'E', 1, 7}, {'S', 2, 200}, {'S', 1, 90}},
     "CCC",
     0,
     1,
     2,
     0,
     7,
     1530,
     -1},
    {"start twice", {{'S', 1, 0}, {'S', 1, 0}, {'E', 1, 20}}, "CDC", 1, 0, 0, 1, -1, -1, 20},
    {"end twice", {{'S', 1, 0}, {'E', 1, 20}, {'E', 1, 20}}, "CCD", 1, 0, 0, 1, -1, -1, 20},
    {"end twice before its start",
     {{'E', 1, 20}, {'E', 1, 20}, {'S', 1, 0}},
     "CDC",
     1,
     0,
     0,
     1,
     -1,
     -1,
     20},
    {"start again when its trip is over",
     {{'S', 1, 0}, {'E', 1, 20}, {'S', 1, 0}},
     "CCD",
     1,
     0,
     0,
     1,
     -1,
     -1,
     20},
    {"start again with another time: the end meets the later copy",
     {{'S', 1, 0}, {'S', 2, 200}, {'S', 1, 100}, {'E', 1, 110}},
     "CCDC",
     1,
     0,
     1,
     1,
     -1,
     1640,
     110},
    {"all of it twice, in time",
     {{'S', 1, 0}, {'E', 1, 20}, {'S', 1, 0}, {'E', 1, 20}},
     "CCDD",
     1,
     0,
     0,
     2,
     -1,
     -1,
     20},
    {"late start", {{'S', 2, 150}, {'S', 1, 0}}, "CL", 0, 0, 1, 0, -1, 1590, -1},
    {"copy of an event whose window is final is late",
     {{'S', 1, 0}, {'S', 2, 150}, {'S', 1, 0}},
     "CCL",
     0,
     0,
     2,
     0,
     -1,
     1440,
     -1},
    {"late end of an open trip: the trip expires",
     {{'S', 1, 0}, {'S', 2, 170}, {'E', 1, 10}},
     "CCL",
     0,
     0,
     2,
     0,
     -1,
     1440,
     -1},
    {"just not late", {{'S', 2, 134}, {'S', 1, 14}, {'E', 1, 29}}, "CCC", 1, 0, 1, 0, -1, 1574, 29},
    {"just late", {{'S', 2, 135}, {'S', 1, 14}, {'S', 3, 15}}, "CLC", 0, 0, 2, 0, -1, 1575, -1},
};

static void rule__table__verdicts_and_final_windows(void **state)
{
    (void)state;
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        const struct rule_case *c = &cases[i];
        struct world w;
        world_open(&w, &rules);
        char verdicts[9] = "";
        for (size_t k = 0; c->steps[k].kind; k++) {
            verdicts[k] = apply(&w, c->steps[k].kind, c->steps[k].row, c->steps[k].minute);
        }
        source_close(w.source, &w.books, w.offset);
        int matched = 0, orphans = 0, expired = 0, duplicates = 0;
        for (struct window *x = w.books.finals.first; x; x = x->links[WINDOW_FINAL].next) {
            assert_true(x->final);
            matched += (int)x->matched;
            orphans += (int)x->orphan_ends;
            expired += (int)x->expired_starts;
            duplicates += (int)x->duplicates;
        }
        bool good = strcmp(verdicts, c->verdicts) == 0 && matched == c->matched &&
                    orphans == c->orphans && expired == c->expired && duplicates == c->duplicates;
        if (!good) {
            print_error("%s: %s, matched %d orphans %d expired %d duplicates %d\n", c->name,
                        verdicts, matched, orphans, expired, duplicates);
        }
        assert_true(good);
        if (c->orphan_minute >= 0) {
            assert_int_equal(final_at(&w, c->orphan_minute)->orphan_ends, 1);
        }
        if (c->expired_minute >= 0) {
            assert_int_equal(final_at(&w, c->expired_minute)->expired_starts, 1);
        }
        if (c->matched_minute >= 0) {
            assert_int_equal(final_at(&w, c->matched_minute)->matched, 1);
        }
        world_close(&w);
    }
}

static void window_close__late_event__changes_no_window(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &rules);
    assert_int_equal(apply(&w, 'S', 1, 3), 'C');
    assert_int_equal(apply(&w, 'S', 2, 160), 'C');
    struct window *x = final_at(&w, 3);
    assert_non_null(x);
    int64_t revision = window_revision(x);
    assert_int_equal(apply(&w, 'S', 3, 4), 'L');
    assert_int_equal(apply(&w, 'E', 1, 14), 'L');
    assert_int_equal(window_revision(x), revision);
    assert_int_equal(window_events(x), 1);
    world_close(&w);
}

static void closed__whatever_comes__late(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &rules);
    assert_int_equal(apply(&w, 'S', 1, 3), 'C');
    source_close(w.source, &w.books, w.offset++);
    assert_int_equal(apply(&w, 'E', 1, 5), 'L');
    assert_int_equal(apply(&w, 'S', 2, 90000), 'L');
    world_close(&w);
}

static void mark_leaps_over_many_windows__all_final_at_once(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &rules);
    for (int64_t k = 0; k < 8; k++) {
        assert_int_equal(apply(&w, 'S', k + 1, k * 15), 'C');
    }
    assert_int_equal(w.books.finals.n, 0);
    assert_int_equal(apply(&w, 'S', 99, 30000), 'C'); /* weeks later */
    assert_int_equal(w.books.tally.windows_final,
                     8 + 8); /* and those in which the starts expired */
    assert_int_equal(w.books.tally.expired_starts, 8);
    world_close(&w);
}

static void open_trips__beyond_the_maximum__counted_and_said(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &rules);
    for (int64_t row = 1; row <= 52; row++) {
        assert_int_equal(apply(&w, 'S', row, 1), 'C');
    }
    assert_int_equal(w.books.tally.open_excess, 2);
    for (int64_t row = 1; row <= 52; row++) {
        assert_int_equal(apply(&w, 'E', row, 9), 'C');
    }
    source_close(w.source, &w.books, w.offset);
    assert_int_equal(w.books.tally.matched, 50);
    assert_int_equal(w.books.tally.orphan_ends, 2);
    assert_int_equal(window_events(final_at(&w, 1)), 104);
    world_close(&w);
}

static void seen_set__beyond_the_maximum__counted_and_said(void **state)
{
    (void)state;
    struct rules small = rules;
    small.seen_max = 64;
    struct world w;
    world_open(&w, &small);
    for (int64_t row = 0; row < 66; row++) {
        assert_int_equal(apply(&w, 'E', 1 + row * SEEN_ROWS, 1), 'C');
    }
    assert_int_equal(w.books.tally.seen_excess, 2);
    world_close(&w);
}

static void effects__table_of_moments__smallest_offset_still_needed(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &rules);
    assert_int_equal(source_effects(w.source), INT64_MAX);
    assert_int_equal(apply(&w, 'S', 1, 1), 'C');  /* 100 */
    assert_int_equal(apply(&w, 'S', 2, 2), 'C');  /* 101 */
    assert_int_equal(apply(&w, 'E', 2, 30), 'C'); /* 102 */
    assert_int_equal(source_effects(w.source), 100);
    assert_int_equal(apply(&w, 'S', 3, 160), 'C');   /* 103: the first window is final */
    assert_int_equal(source_effects(w.source), 100); /* trip 1 is open */
    assert_int_equal(apply(&w, 'E', 1, 161), 'C');   /* 104 */
    assert_int_equal(source_effects(w.source), 100); /* its window rests on its start */
    assert_int_equal(source_open_first(w.source), 102);
    assert_int_equal(apply(&w, 'E', 3, 330), 'C'); /* 105: that window is final */
    assert_int_equal(source_effects(w.source), 103);
    world_close(&w);
}

/* Found by the property test: the end's window may be acknowledged before the start's. */
static void start_meets_waiting_end__its_window_rests_on_the_end(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &rules);
    assert_int_equal(apply(&w, 'E', 1, 40), 'C'); /* 100 */
    assert_int_equal(apply(&w, 'S', 2, 5), 'C');  /* 101 */
    assert_int_equal(apply(&w, 'S', 1, 20), 'C'); /* 102 */
    source_close(w.source, &w.books, w.offset);
    assert_int_equal(final_at(&w, 20)->low_offset, 100);
    assert_int_equal(final_at(&w, 5)->low_offset, 101);
    world_close(&w);
}

/* A copy whose verdict rests on what came before: that must be read again as long as the verdict is
 * needed. */
static void duplicate__of_a_trip_over_or_open__its_window_rests_on_the_trip(void **state)
{
    (void)state;
    for (int over = 0; over <= 1; over++) {
        struct world w;
        world_open(&w, &rules);
        assert_int_equal(apply(&w, 'S', 1, 0), 'C'); /* 100 */
        if (over) {
            assert_int_equal(apply(&w, 'E', 1, 100), 'C');
        }
        assert_int_equal(apply(&w, 'S', 2, 200), 'C'); /* the first start's window is final */
        assert_int_equal(apply(&w, 'S', 1, 110), 'D');
        source_close(w.source, &w.books, w.offset);
        assert_int_equal(final_at(&w, 110)->low_offset, 100);
        world_close(&w);
    }
}

/* Found by the property test: the window of the end that counted is final and acknowledged; what
 * still tells of an end is the window of its copy. */
static void copy_of_an_end__its_window_rests_on_the_trip(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &rules);
    assert_int_equal(apply(&w, 'S', 1, 0), 'C');   /* 100 */
    assert_int_equal(apply(&w, 'E', 1, 100), 'C'); /* 101 */
    assert_int_equal(apply(&w, 'E', 1, 130), 'D'); /* 102 */
    assert_int_equal(apply(&w, 'S', 2, 230), 'C'); /* the first end's window is final */
    assert_int_equal(apply(&w, 'S', 1, 140), 'D'); /* 104 */
    source_close(w.source, &w.books, w.offset);
    assert_int_equal(final_at(&w, 100)->low_offset, 100);
    assert_int_equal(final_at(&w, 130)->low_offset, 100);
    assert_int_equal(final_at(&w, 140)->low_offset, 100);
    world_close(&w);
}

static void before_effects__event__seen_but_not_booked(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &rules);
    w.books.muted_before = 102;
    assert_int_equal(apply(&w, 'S', 1, 1), 'C');
    assert_int_equal(apply(&w, 'S', 2, 1), 'C');
    assert_int_equal(w.to_send.n, 0);
    assert_int_equal(w.source->open.n, 0);
    assert_int_equal(apply(&w, 'S', 2, 20), 'D'); /* from here on as ever */
    assert_int_equal(w.to_send.n, 1);
    assert_int_equal(source_open_first(w.source), 100);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule__table__verdicts_and_final_windows),
        cmocka_unit_test(window_close__late_event__changes_no_window),
        cmocka_unit_test(closed__whatever_comes__late),
        cmocka_unit_test(mark_leaps_over_many_windows__all_final_at_once),
        cmocka_unit_test(open_trips__beyond_the_maximum__counted_and_said),
        cmocka_unit_test(seen_set__beyond_the_maximum__counted_and_said),
        cmocka_unit_test(effects__table_of_moments__smallest_offset_still_needed),
        cmocka_unit_test(start_meets_waiting_end__its_window_rests_on_the_end),
        cmocka_unit_test(duplicate__of_a_trip_over_or_open__its_window_rests_on_the_trip),
        cmocka_unit_test(copy_of_an_end__its_window_rests_on_the_trip),
        cmocka_unit_test(before_effects__event__seen_but_not_booked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
