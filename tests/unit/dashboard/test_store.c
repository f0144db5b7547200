#include "common/event/tripid.h"
#include "tests/unit/dashboard/store_fixture.h"

static void newer_revision__replaces(void **state)
{
    struct fixture *f = *state;
    struct spec newer = first;
    newer.revision = 20;
    newer.starts = 7;
    assert_int_equal(take_good(f, &first, 1).accepted, 1);
    assert_int_equal(events(f), 8);
    assert_int_equal(take_good(f, &newer, 1).accepted, 1);
    assert_int_equal(events(f), 10);
}

static void stale_revision__changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct spec older = first;
    older.revision = 9;
    older.starts = 70;
    take_good(f, &first, 1);
    int64_t revision = f->store.windows.revision;
    struct store_reply reply = take_good(f, &older, 1);
    assert_int_equal(reply.accepted, 0);
    reply = take_good(f, &first, 1);
    assert_int_equal(reply.accepted, 0);
    assert_int_equal(events(f), 8);
    assert_int_equal(f->store.windows.revision, revision);
}

static void same_revision_now_final__taken(void **state)
{
    struct fixture *f = *state;
    struct spec final = first;
    final.final = true;
    take_good(f, &first, 1);
    assert_int_equal(take_good(f, &final, 1).accepted, 1);
    assert_true(windows_source_final(windows_source_find(&f->store.windows, GREEN_2024_01)));
}

static void claim_for_a_final_window__kept_beside_it_and_counted(void **state)
{
    struct fixture *f = *state;
    struct spec final = first, claim = first;
    final.final = true;
    claim.revision = 30;
    claim.starts = 2;
    claim.ends = 0;
    take_good(f, &final, 1);
    struct store_reply reply = take_good(f, &claim, 1);
    assert_int_equal(reply.accepted, 0);
    assert_int_equal(reply.superseded, 1);
    struct store_totals t;
    store_totals(&f->store, &t);
    assert_int_equal(t.events, 8);
    assert_int_equal(t.superseded_events, 2);
    claim.revision = 31; /* the same claim, grown: takes the place of the first */
    claim.starts = 4;
    assert_int_equal(take_good(f, &claim, 1).superseded, 1);
    store_totals(&f->store, &t);
    assert_int_equal(t.superseded_events, 4);
    assert_int_equal(t.superseded_windows, 1);
}

static void key_twice_in_a_message__both_judged_in_order(void **state)
{
    struct fixture *f = *state;
    struct spec both[2] = {first, first};
    both[0].final = true;
    both[1].revision = 40;
    both[1].starts = 1;
    both[1].ends = 0;
    struct store_reply reply = take_good(f, both, 2);
    assert_int_equal(reply.accepted, 1);
    assert_int_equal(reply.superseded, 1);
    assert_int_equal(events(f), 8);
}

static void other_window_size__refused(void **state)
{
    struct fixture *f = *state;
    take_good(f, &first, 1);
    struct window_message m = unit_message(&first, 1, NULL, 0);
    m.window_s = 300;
    m.windows[0].revision = 99;
    struct store_reply reply;
    struct tlc_err err;
    assert_int_equal(store_take(&f->store, &m, 1, &reply, &err), TLC_REFUSE);
    assert_int_equal(reply.refusal, STORE_OTHER_SIZE);
    assert_non_null(strstr(err.text, "--window 900s"));
    window_message_release(&m);
    assert_int_equal(events(f), 8);
}

static void meant_for_another_store__nothing_taken_and_told_who_it_is(void **state)
{
    struct fixture *f = *state;
    struct window_message m = unit_message(&first, 1, NULL, 0);
    struct store_reply reply;
    struct tlc_err err;
    (void)tlc_str_copy(m.store_id, sizeof m.store_id, TLC_STR("the one before"));
    assert_int_equal(store_take(&f->store, &m, 1, &reply, &err), TLC_OK);
    assert_int_equal(reply.accepted, 0);
    assert_string_equal(reply.store_id, f->store.store_id);
    assert_int_equal(events(f), 0);
    (void)tlc_str_copy(m.store_id, sizeof m.store_id, tlc_str_from(reply.store_id));
    assert_int_equal(store_take(&f->store, &m, 1, &reply, &err), TLC_OK);
    assert_int_equal(reply.accepted, 1);
    assert_int_equal(events(f), 8);
    window_message_release(&m);
}

/* More than any log can make of it; taken away again it leaves what was there. */
static void sums_beyond_64_bits__wrap_and_come_back(void **state)
{
    struct fixture *f = *state;
    struct spec specs[4] = {first, first, first, first};
    for (int32_t i = 0; i < 4; i++) {
        specs[i].partition = i;
        specs[i].total_cents = i == 0 ? 700 : TLC_WINDOW_CENTS_MAX;
    }
    take_good(f, specs, TLC_COUNT(specs));
    for (size_t i = 1; i < TLC_COUNT(specs); i++) {
        specs[i].revision++;
        specs[i].total_cents = 1;
    }
    take_good(f, specs, TLC_COUNT(specs));
    assert_int_equal(f->store.windows.sources[0]->cells[0]->sums[WINDOW_TOTAL_CENTS], 703);
}

/* Every source that there can be: five datasets with each month and without one, and live. */
static void one_window_of_every_source__all_fit(void **state)
{
    struct fixture *f = *state;
    enum { SOURCES = 5 * (62 * 12 + 1) + 1 };
    struct spec *specs = calloc(SOURCES, sizeof *specs);
    assert_non_null(specs);
    size_t n = 0;
    for (int32_t source = 1000000; source <= 9000000; source++) {
        if (tlc_source_valid(source)) {
            assert_true(n < SOURCES);
            specs[n++] = (struct spec){
                .source = source, .start_s = JAN_1_S, .revision = 1, .starts = 1, .ends = 1};
        }
    }
    assert_int_equal(n, SOURCES);
    assert_int_equal(take_good(f, specs, n).accepted, SOURCES);
    assert_int_equal(events(f), 2 * SOURCES);
    free(specs);
}

/* Takes specs, of which some do not fit: they are named, the others are taken. */
static struct store_reply take_some(struct fixture *f, const struct spec *specs, size_t n,
                                    size_t refused_n)
{
    struct window_message m = unit_message(specs, n, NULL, 0);
    struct store_reply reply;
    struct tlc_err err = {.text = ""};
    int rc = store_take(&f->store, &m, 1, &reply, &err);
    if (rc != TLC_OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(m.refusals_n, refused_n);
    assert_int_equal(reply.full, refused_n > 0);
    for (size_t i = 0; i < m.refusals_n; i++) {
        assert_int_equal(m.refusals[i].rule, WINDOW_NO_ROOM);
        assert_non_null(strstr(m.refusals[i].text, "larger --windows"));
    }
    window_message_release(&m);
    return reply;
}

static void more_windows_than_fit__named_and_the_others_taken(void **state)
{
    struct fixture *f = *state;
    f->store.cells_max = 2;
    struct spec specs[4] = {first, first, first, first};
    specs[1].start_s += QUARTER;
    specs[2].start_s += 2 * QUARTER; /* no room */
    specs[3].partition = 5;          /* of a window that is held: needs none */
    struct store_reply reply = take_some(f, specs, 4, 1);
    assert_int_equal(reply.accepted, 3);
    assert_int_equal(reply.refused_windows, 1);
    assert_int_equal(events(f), 24);
    /* Again, and grown: still one name. The others go on. */
    for (size_t i = 0; i < TLC_COUNT(specs); i++) {
        specs[i].revision++;
        specs[i].starts++;
    }
    reply = take_some(f, specs, 4, 1);
    assert_int_equal(reply.accepted, 3);
    assert_int_equal(reply.refused_windows, 1);
    struct store_totals t;
    store_totals(&f->store, &t);
    assert_int_equal(t.events, 27);
    assert_int_equal(t.refused_windows, 1);
    assert_int_equal(t.refused_events, 9);
    assert_int_equal(f->store.refused_n, 1);
    assert_int_equal(f->store.refused[0].start_s, JAN_1_S + 2 * QUARTER);
    assert_int_equal(f->store.refused[0].revision, 11);
    /* There is room: it is taken at its next revision, and its name is gone. */
    f->store.cells_max = 3;
    specs[2].revision++;
    reply = take_some(f, &specs[2], 1, 0);
    assert_int_equal(reply.accepted, 1);
    assert_int_equal(reply.refused_windows, 0);
    store_totals(&f->store, &t);
    assert_int_equal(t.events, 36);
    assert_int_equal(t.refused_events, 0);
    assert_int_equal(f->store.refused_n, 0);
}

static void refused_windows_in_the_file__asked_for_again_at_start(void **state)
{
    struct fixture *f = *state;
    struct spec specs[2] = {first, first};
    specs[1].start_s += QUARTER;
    f->store.cells_max = 1;
    (void)take_some(f, specs, 2, 1);
    char id[sizeof f->store.store_id];
    memcpy(id, f->store.store_id, sizeof id);
    store_close(&f->store);
    store_fixture_open(f);
    assert_string_not_equal(f->store.store_id, id); /* so everything is sent again */
    assert_int_equal(windows_db_meta(f->store.db)->asked_again, 1);
    assert_int_equal(events(f), 8);
    struct store_reply reply = take_some(f, specs, 2, 0);
    assert_int_equal(reply.accepted, 1); /* the other one is no news */
    assert_int_equal(reply.refused_windows, 0);
    memcpy(id, f->store.store_id, sizeof id);
    store_close(&f->store);
    store_fixture_open(f);
    assert_string_equal(f->store.store_id, id);
    assert_int_equal(events(f), 16);
}

/* A window that was refused counts what is held nowhere else, whatever is held of it. */
static void refused_window__counts_what_no_held_one_has(void **state)
{
    struct fixture *f = *state;
    const struct {
        bool final;       /* the one held, of 8 events at revision 10 */
        int64_t revision; /* of the refused one, of 11 events */
        int64_t windows, events;
    } cases[] = {{false, 12, 1, 3}, {false, 10, 0, 0}, {false, 9, 0, 0}, {true, 12, 1, 11}};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct spec held = first;
        held.partition = (int32_t)i;
        held.final = cases[i].final;
        struct window_message m = unit_message(&held, 1, NULL, 0);
        const struct window_refusal refusal = {.rule = WINDOW_BAD,
                                               .partition = held.partition,
                                               .source = held.source,
                                               .start_s = held.start_s,
                                               .revision = cases[i].revision,
                                               .events = 11,
                                               .text = "it is bad"};
        assert_true(window_message_refuse(&m, &refusal));
        struct store_totals before, after;
        struct store_reply reply;
        struct tlc_err err = {.text = ""};
        store_totals(&f->store, &before);
        assert_int_equal(store_take(&f->store, &m, 1, &reply, &err), TLC_OK);
        window_message_release(&m);
        store_totals(&f->store, &after);
        assert_int_equal(reply.accepted, 1);
        assert_int_equal(after.refused_windows - before.refused_windows, cases[i].windows);
        assert_int_equal(after.refused_events - before.refused_events, cases[i].events);
    }
}

static void progress__only_forward_also_over_a_restart(void **state)
{
    struct fixture *f = *state;
    const struct window_progress rows[] = {
        {.source = GREEN_2024_01, .position = 50, .late = 2, .max_event_s = JAN_1_S + 5},
        {.source = GREEN_2024_01, .position = 70, .late = 3, .max_event_s = JAN_1_S + 9},
        {.source = GREEN_2024_01, .position = 60, .late = 9, .max_event_s = JAN_1_S + 7}};
    for (size_t n = 3; n > 0; n--) { /* all in one message, then older ones again */
        struct window_message m = unit_message(&first, 1, rows, n == 3 ? 3 : 1);
        struct store_reply reply;
        struct tlc_err err;
        assert_int_equal(store_take(&f->store, &m, 1, &reply, &err), TLC_OK);
        window_message_release(&m);
    }
    for (int restarts = 0; restarts < 2; restarts++) {
        const struct windows_source *s = windows_source_find(&f->store.windows, GREEN_2024_01);
        assert_int_equal(s->progress_n, 1);
        assert_int_equal(s->progress[0].position, 70);
        assert_int_equal(s->progress[0].late, 3);
        assert_int_equal(windows_source_clock_s(s), JAN_1_S + 9);
        store_close(&f->store);
        store_fixture_open(f);
    }
}

static void longest_trips__not_durable_taken_again_at_the_same_position(void **state)
{
    struct fixture *f = *state;
    struct window_progress p = {.source = GREEN_2024_01,
                                .position = 50,
                                .max_event_s = JAN_1_S + 5,
                                .longest_told = true,
                                .longest_n = 1,
                                .longest = {{INT64_C(2202401000000001), JAN_1_S, 74}}};
    for (int restarts = 0; restarts < 2; restarts++) {
        struct window_message m = unit_message(&first, 1, &p, 1);
        struct store_reply reply;
        struct tlc_err err;
        assert_int_equal(store_take(&f->store, &m, 1, &reply, &err), TLC_OK);
        window_message_release(&m);
        const struct windows_source *s = windows_source_find(&f->store.windows, GREEN_2024_01);
        assert_int_equal(s->progress[0].longest_n, 1);
        store_close(&f->store);
        store_fixture_open(f);
        s = windows_source_find(&f->store.windows, GREEN_2024_01);
        assert_int_equal(s->progress[0].position, 50);
        assert_false(s->progress[0].longest_told);
    }
}

static void restart__same_windows_claims_and_revision(void **state)
{
    struct fixture *f = *state;
    struct spec final = first, claim = first;
    final.final = true;
    claim.revision = 30;
    claim.starts = 2;
    take_good(f, &final, 1);
    take_good(f, &claim, 1);
    struct store_totals before, after;
    store_totals(&f->store, &before);
    int64_t revision = f->store.windows.revision;
    char id[sizeof f->store.store_id];
    memcpy(id, f->store.store_id, sizeof id);
    store_close(&f->store);
    store_fixture_open(f);
    store_totals(&f->store, &after);
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(f->store.windows.revision, revision);
    assert_string_equal(f->store.store_id, id);
    assert_int_equal(take_good(f, &claim, 1).superseded, 0); /* known */
}

int main(void)
{
#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, store_fixture_set_up, store_fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(newer_revision__replaces),
        TEST(stale_revision__changes_nothing),
        TEST(same_revision_now_final__taken),
        TEST(claim_for_a_final_window__kept_beside_it_and_counted),
        TEST(key_twice_in_a_message__both_judged_in_order),
        TEST(other_window_size__refused),
        TEST(meant_for_another_store__nothing_taken_and_told_who_it_is),
        TEST(sums_beyond_64_bits__wrap_and_come_back),
        TEST(one_window_of_every_source__all_fit),
        TEST(more_windows_than_fit__named_and_the_others_taken),
        TEST(refused_windows_in_the_file__asked_for_again_at_start),
        TEST(refused_window__counts_what_no_held_one_has),
        TEST(progress__only_forward_also_over_a_restart),
        TEST(longest_trips__not_durable_taken_again_at_the_same_position),
        TEST(restart__same_windows_claims_and_revision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
