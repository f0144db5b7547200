#include "common/base/retry.h"
#include "consumer-process/seen.h"
#include "tests/support/unit.h"

static int64_t seen_at(struct seen *s, int status, uint32_t row, int64_t live)
{
    struct seen_block *b = seen_block(s, row, live);
    assert_non_null(b);
    return seen_in(b, status, row, live);
}

static void see(struct seen *s, int status, uint32_t row, int64_t window, int64_t live)
{
    struct seen_block *b = seen_block(s, row, live);
    assert_non_null(b);
    seen_set(b, status, row, window);
}

static void seen__start_and_end__kept_apart(void **state)
{
    (void)state;
    struct seen s;
    seen_init(&s, 100);
    see(&s, 0, 5, 1000, 1000);
    assert_int_equal(seen_at(&s, 0, 5, 1000), 1000);
    assert_int_equal(seen_at(&s, 1, 5, 1000), -1);
    assert_int_equal(seen_at(&s, 0, 6, 1000), -1);
    seen_release(&s);
}

static void window_final__no_longer_seen(void **state)
{
    (void)state;
    struct seen s;
    seen_init(&s, 100);
    see(&s, 1, 20, 1000, 1000);
    assert_int_equal(seen_at(&s, 1, 20, 1000), 1000);
    assert_int_equal(seen_at(&s, 1, 20, 1001), -1);
    seen_release(&s);
}

/* Windows are kept modulo 65535: one a whole modulus ago must not come alive again. */
static void old_entry__any_leap_of_event_time__stays_old(void **state)
{
    (void)state;
    static const int64_t leaps[] = {1,
                                    100,
                                    16384,
                                    16385,
                                    32767,
                                    32768,
                                    65534,
                                    65535,
                                    65536,
                                    100000,
                                    131070,
                                    1000000,
                                    65535 * INT64_C(7)};
    for (size_t i = 0; i < sizeof(leaps) / sizeof(leaps[0]); i++) {
        struct seen s;
        seen_init(&s, 100);
        see(&s, 0, 1, 5000, 5000);
        see(&s, 1, 1, 5003, 5000);
        int64_t live = 5003 + leaps[i];
        assert_int_equal(seen_at(&s, 0, 1, live), -1);
        assert_int_equal(seen_at(&s, 1, 1, live), -1);
        see(&s, 1, 1, live + 2, live);
        assert_int_equal(seen_at(&s, 1, 1, live), live + 2);
        seen_release(&s);
    }
}

static void kept_block__old_entries_beside_live_ones__stay_old(void **state)
{
    (void)state;
    struct seen s;
    seen_init(&s, 100);
    see(&s, 0, 1, 100, 100);
    for (int64_t live = 100; live < 100 + 2 * SEEN_MODULUS; live += 500) {
        see(&s, 1, 2, live + 1, live);
        assert_int_equal(seen_at(&s, 0, 1, live), live == 100 ? 100 : -1);
        assert_int_equal(seen_at(&s, 1, 2, live), live + 1);
    }
    seen_release(&s);
}

static void full__what_is_final_makes_room__else_refused(void **state)
{
    (void)state;
    struct seen s;
    seen_init(&s, 64);
    for (uint32_t block = 0; block < 64; block++) {
        see(&s, 0, block * SEEN_ROWS, block < 32 ? 10 : 20, 10);
    }
    assert_null(seen_block(&s, 64 * SEEN_ROWS, 10));
    assert_non_null(seen_block(&s, 64 * SEEN_ROWS, 11)); /* the windows numbered 10 are final */
    assert_int_equal(seen_at(&s, 0, 40 * SEEN_ROWS, 11), 20);
    assert_int_equal(seen_at(&s, 0, 1 * SEEN_ROWS, 11), -1);
    seen_release(&s);
}

/* Ids rise with event time, as in a month: the set stays as large as its live part. */
static void a_month_goes_by__set_stays_small(void **state)
{
    (void)state;
    struct seen s;
    seen_init(&s, 1000000);
    for (int64_t window = 0; window < 3000; window++) {
        int64_t live = window < 8 ? 0 : window - 8;
        for (uint32_t i = 0; i < 200; i++) {
            uint32_t row = 1 + (uint32_t)window * 200 + i;
            assert_int_equal(seen_at(&s, 0, row, live), -1);
            see(&s, 0, row, window, live);
        }
    }
    assert_true(s.cap <= 1024); /* nine windows of 200 rows are 113 blocks */
    seen_release(&s);
}

static void any_sequence__equal_to_an_array(void **state)
{
    (void)state;
    enum { ROWS = 3000 };
    static int64_t last[2][ROWS];
    for (uint64_t seed = 1; seed <= 5; seed++) {
        uint64_t rng = seed;
        struct seen s;
        int64_t live = 100;
        seen_init(&s, ROWS);
        for (int i = 0; i < 2 * ROWS; i++) {
            last[i % 2][i / 2] = -1;
        }
        for (int i = 0; i < 40000; i++) {
            live += tlc_random_next(&rng) % 100 == 0;
            live +=
                tlc_random_next(&rng) % 10000 == 0 ? (int64_t)(tlc_random_next(&rng) % 90000) : 0;
            uint32_t row = (uint32_t)(tlc_random_next(&rng) % ROWS);
            int status = (int)(tlc_random_next(&rng) % 2);
            int64_t want = last[status][row] >= live ? last[status][row] : -1;
            assert_int_equal(seen_at(&s, status, row, live), want);
            int64_t window = live + (int64_t)(tlc_random_next(&rng) % 10);
            if (window > want) {
                see(&s, status, row, window, live);
                last[status][row] = window;
            }
        }
        seen_release(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seen__start_and_end__kept_apart),
        cmocka_unit_test(window_final__no_longer_seen),
        cmocka_unit_test(old_entry__any_leap_of_event_time__stays_old),
        cmocka_unit_test(kept_block__old_entries_beside_live_ones__stay_old),
        cmocka_unit_test(full__what_is_final_makes_room__else_refused),
        cmocka_unit_test(a_month_goes_by__set_stays_small),
        cmocka_unit_test(any_sequence__equal_to_an_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
