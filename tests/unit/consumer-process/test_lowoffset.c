#include "consumer-process/lowoffset.h"
#include "tests/support/unit.h"

static struct recovery recovery_make(size_t sources)
{
    struct recovery r = {.window_s = 900,
                         .lateness_s = 7200,
                         .store_id = "3f2a-17",
                         .effects = 1000,
                         .position = 2000,
                         .ledger = {2000, 1500, 100, 300, 90, 10, 5},
                         .witness = {1999, INT64_C(1750000000000), 4000000000},
                         .refused_unknown = 7,
                         .marks_n = sources,
                         .totals_n = sources};
    for (size_t i = 0; i < sources; i++) {
        int32_t source = 9000000 - (int32_t)i;
        r.marks[i] =
            (struct source_mark){.source = source,
                                 .mark = {.max_event_s = INT64_C(3124241999),
                                          .final_until_s = i % 2 ? INT64_MAX : INT64_C(3124234800)},
                                 .seen_ms = INT64_C(1999999999999),
                                 .seen_offset = INT64_C(999999999) - (int64_t)i};
        r.totals[i] = (struct source_total){.source = source,
                                            .late = INT64_C(99999),
                                            .refused = (int64_t)i,
                                            .settled_until_s = INT64_C(3124234800)};
    }
    return r;
}

static void assert_same(const struct recovery *a, const struct recovery *b)
{
    assert_int_equal(a->window_s, b->window_s);
    assert_int_equal(a->lateness_s, b->lateness_s);
    assert_string_equal(a->store_id, b->store_id);
    assert_int_equal(a->effects, b->effects);
    assert_int_equal(a->position, b->position);
    assert_memory_equal(&a->ledger, &b->ledger, sizeof(a->ledger));
    assert_int_equal(a->refused_unknown, b->refused_unknown);
    assert_int_equal(a->marks_n, b->marks_n);
    assert_int_equal(a->totals_n, b->totals_n);
    for (size_t i = 0; i < a->marks_n; i++) {
        assert_int_equal(a->marks[i].source, b->marks[i].source);
        assert_int_equal(a->marks[i].mark.max_event_s, b->marks[i].mark.max_event_s);
        assert_int_equal(a->marks[i].mark.final_until_s, b->marks[i].mark.final_until_s);
        assert_int_equal(a->marks[i].seen_ms, b->marks[i].seen_ms);
        assert_int_equal(a->marks[i].seen_offset, b->marks[i].seen_offset);
    }
    for (size_t i = 0; i < a->totals_n; i++) {
        assert_int_equal(a->totals[i].source, b->totals[i].source);
        assert_int_equal(a->totals[i].late, b->totals[i].late);
        assert_int_equal(a->totals[i].refused, b->totals[i].refused);
        assert_int_equal(a->totals[i].settled_until_s, b->totals[i].settled_until_s);
    }
}

static void metadata__any_number_of_sources__comes_back_the_same(void **state)
{
    (void)state;
    static const size_t cases[] = {0, 1, 2, SOURCES_MAX};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct recovery r = recovery_make(cases[i]);
        struct recovery back;
        struct tlc_err err;
        struct tlc_buf text;
        tlc_buf_init(&text, METADATA_MAX);
        assert_true(recovery_encode(&r, &text)); /* the most sources fit */
        assert_int_equal(recovery_decode(tlc_buf_str(&text), &back, &err), 0);
        assert_same(&r, &back);
        tlc_buf_release(&text);
    }
}

static void metadata__no_store_yet__comes_back_empty(void **state)
{
    (void)state;
    struct recovery r = recovery_make(0), back;
    struct tlc_err err;
    struct tlc_buf text;
    r.store_id[0] = '\0';
    tlc_buf_init(&text, METADATA_MAX);
    assert_true(recovery_encode(&r, &text));
    assert_int_equal(recovery_decode(tlc_buf_str(&text), &back, &err), 0);
    assert_string_equal(back.store_id, "");
    tlc_buf_release(&text);
}

static void metadata__longer_than_the_broker_takes__not_written(void **state)
{
    (void)state;
    struct recovery r = recovery_make(SOURCES_MAX);
    struct tlc_buf text;
    for (size_t i = 0; i < SOURCES_MAX; i++) {
        r.marks[i].seen_offset = r.totals[i].late = r.totals[i].refused = INT64_MAX / 40;
    }
    tlc_buf_init(&text, METADATA_MAX * 4);
    assert_false(recovery_encode(&r, &text));
    tlc_buf_release(&text);
}

static void metadata__not_ours__refused_in_words(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "1",
        "2 p0 5k0 - 1 2 0 0 0 0 0 0 0 S T",       /* another version */
        "1 p0 5k0 - 2 1 0 0 0 0 0 0 0 S T",       /* effects behind position */
        "1 p0 5k0 - 1 2 0 0 0 0 0 0 S T",         /* a field short */
        "1 p0 5k0 - 1 2 0 0 0 0 0 0 0 S",         /* cut off */
        "1 p0 5k0 - 1 2 0 0 0 0 0 0 0 T",         /* no sources */
        "1 p0 5k0 - 1 2 0 0 0 0 0 0 0 S 1,2,3 T", /* a mark cut off */
        "1 p0 5k0 - 1 2 0 0 0 0 0 0 0 S T 1,2,3",
        "1 p0 5k0 - 1 2 0 0 0 0 0 0 0 S 0,1,2,3,4 T", /* no source 0 */
        "1 p0 5k0 - 1 2 0 0 0 0 0 0 0 S zzzzzzzz,1,2,3,4 T",
        "1 p0 5k0 - 1 2 0 0 0 0 0 0 0 S 1,A,2,3,4 T",
        "1 p0 5k0 - 1 zzzzzzzzzzzzz 0 0 0 0 0 0 0 S T", /* over 63 bits */
        "1 p0 5k0 - 1 2 -3 0 0 0 0 0 0 S T",
        "1  5k0 - 1 2 0 0 0 0 0 0 0 S T",
        "some other program's metadata",
        "{\"version\":1}",
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct recovery r = {.position = 77};
        struct tlc_err err;
        assert_int_equal(recovery_decode(tlc_str_from(cases[i]), &r, &err), TLC_REFUSE);
        assert_non_null(strstr(err.text, "not of this program"));
        assert_int_equal(r.position, 77);
    }
}

/* Cut anywhere, or one byte another: taken or refused, never read beyond its end (asan watches). */
static void metadata__cut_or_bent_anywhere__taken_or_refused(void **state)
{
    (void)state;
    struct recovery r = recovery_make(3), back;
    struct tlc_err err;
    struct tlc_buf text;
    tlc_buf_init(&text, METADATA_MAX);
    assert_true(recovery_encode(&r, &text));
    for (size_t n = 0; n < text.n; n++) {
        char *copy = malloc(n + 1);
        memcpy(copy, text.p, n);
        if (recovery_decode((struct tlc_str){copy, n}, &back, &err) == 0) {
            assert_true(back.effects <= back.position);
        }
        memcpy(copy, text.p, n);
        copy[n] = (char)0xff;
        assert_int_equal(recovery_decode((struct tlc_str){copy, n + 1}, &back, &err), TLC_REFUSE);
        free(copy);
    }
    tlc_buf_release(&text);
}

static void sources__more_than_there_may_be__refused(void **state)
{
    (void)state;
    struct recovery r;
    struct tlc_err err;
    struct tlc_buf text;
    tlc_buf_init(&text, 1 << 20);
    (void)tlc_buf_printf(&text, "1 p0 5k0 - 1 2 0 0 0 0 0 0 0 S");
    for (int i = 1; i <= SOURCES_MAX + 1; i++) {
        (void)tlc_buf_printf(&text, " %d,1,1,1,1", i % 10 + 1);
    }
    (void)tlc_buf_printf(&text, " T");
    assert_int_equal(recovery_decode(tlc_buf_str(&text), &r, &err), TLC_REFUSE);
    tlc_buf_release(&text);
}

static void snapshot_at(struct history *h, int64_t offset)
{
    struct source_mark mark = {.source = 1, .seen_offset = offset};
    history_snapshot(h, offset, &mark, 1);
}

static void restart__table__newest_snapshot_before_all_that_is_needed(void **state)
{
    (void)state;
    static const struct {
        int64_t effects, open_first, want;
    } cases[] = {
        {500, INT64_MAX, 500}, /* nothing open: from effects itself */
        {599, INT64_MAX, 500}, {600, INT64_MAX, 600}, {600, 350, 300}, /* an open window's first
                                                                          event */
        {600, 300, 300},       {600, 299, 200},       {600, 0, 0},     {90000, INT64_MAX, 900},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        static struct history h;
        history_init(&h);
        for (int64_t offset = 0; offset < 1000; offset += 100) {
            snapshot_at(&h, offset);
        }
        const struct snapshot *s = history_restart(&h, cases[i].effects, cases[i].open_first);
        assert_non_null(s);
        assert_int_equal(s->offset, cases[i].want);
        assert_int_equal(s->marks[0].seen_offset, cases[i].want);
        history_release(&h);
    }
}

static void restart__window_closed_behind_effects__its_first_event_is_needed(void **state)
{
    (void)state;
    static struct history h;
    history_init(&h);
    for (int64_t offset = 0; offset < 1000; offset += 100) {
        snapshot_at(&h, offset);
    }
    history_closed(&h, 150, 400);
    history_closed(&h, 350, 700);
    assert_int_equal(history_restart(&h, 390, INT64_MAX)->offset, 100); /* both were open at 390 */
    assert_int_equal(history_restart(&h, 500, INT64_MAX)->offset, 300);
    assert_int_equal(history_restart(&h, 700, INT64_MAX)->offset,
                     300); /* 700 still found it open */
    assert_int_equal(history_restart(&h, 701, INT64_MAX)->offset, 700);
    history_release(&h);
}

static void restart__no_snapshot_that_early__none(void **state)
{
    (void)state;
    static struct history h;
    history_init(&h);
    assert_null(history_restart(&h, 10, INT64_MAX));
    snapshot_at(&h, 100);
    assert_null(history_restart(&h, 99, INT64_MAX));
    assert_non_null(history_restart(&h, 100, INT64_MAX));
    history_release(&h);
}

/* Full, it gets coarser: what is promised moves down, never up. */
static void history__full__bounded_and_never_above_the_truth(void **state)
{
    (void)state;
    static struct history h;
    history_init(&h);
    int64_t taken = 0;
    for (int64_t offset = 0; offset < INT64_C(40000000); offset += 500) {
        if (history_due(&h, offset)) {
            snapshot_at(&h, offset);
            taken++;
        }
        history_closed(&h, offset, offset + 1000000);
        assert_true(h.snapshots_n <= HISTORY_SNAPSHOTS);
        assert_true(h.closed_n <= HISTORY_CLOSED);
    }
    assert_true(taken > HISTORY_SNAPSHOTS && taken < 2000);
    int64_t effects = INT64_C(30000000);
    const struct snapshot *s = history_restart(&h, effects, INT64_MAX);
    assert_non_null(s);
    assert_true(s->offset <=
                effects - 1000000); /* open at effects: what began up to 1,000,000 earlier */
    assert_true(s->offset > effects - 3000000);
    history_release(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metadata__any_number_of_sources__comes_back_the_same),
        cmocka_unit_test(metadata__no_store_yet__comes_back_empty),
        cmocka_unit_test(metadata__longer_than_the_broker_takes__not_written),
        cmocka_unit_test(metadata__not_ours__refused_in_words),
        cmocka_unit_test(metadata__cut_or_bent_anywhere__taken_or_refused),
        cmocka_unit_test(sources__more_than_there_may_be__refused),
        cmocka_unit_test(restart__table__newest_snapshot_before_all_that_is_needed),
        cmocka_unit_test(restart__window_closed_behind_effects__its_first_event_is_needed),
        cmocka_unit_test(restart__no_snapshot_that_early__none),
        cmocka_unit_test(history__full__bounded_and_never_above_the_truth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
