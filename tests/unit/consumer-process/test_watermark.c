#include "common/base/str.h"
#include "consumer-process/watermark.h"
#include "tests/support/unit.h"

static const struct rules rules = {.window_s = 900, .lateness_s = 7200};

static void advance__table__final_up_to_a_whole_window(void **state)
{
    (void)state;
    static const struct {
        int64_t at_s;
        bool further;
        int64_t final_until_s;
    } steps[] = {
        {100, false, 0},                                    /* the mark lies before the epoch */
        {7200, false, 0},                                   /* reaches 0: no window ends there */
        {7200 + 899, false, 0},    {7200 + 900, true, 900}, /* reaches the first window's end */
        {7200 + 900, false, 900},  {50, false, 900},        /* goes never back */
        {7200 + 1799, false, 900}, {7200 + 900 * 10 + 5, true, 9000},
    };
    struct watermark w;
    watermark_init(&w);
    for (size_t i = 0; i < TLC_COUNT(steps); i++) {
        assert_int_equal(watermark_advance(&w, &rules, steps[i].at_s), steps[i].further);
        assert_int_equal(w.final_until_s, steps[i].final_until_s);
    }
    assert_int_equal(w.max_event_s, 7200 + 9005);
}

static void late__event_in_a_final_window__and_no_other(void **state)
{
    (void)state;
    struct watermark w;
    watermark_init(&w);
    assert_false(watermark_is_late(&w, 0));
    assert_true(watermark_advance(&w, &rules, 7200 + 1800));
    assert_true(watermark_is_late(&w, 1799));
    assert_false(watermark_is_late(&w, 1800));
}

static void closed__any_event__late(void **state)
{
    (void)state;
    struct watermark w;
    watermark_init(&w);
    assert_false(watermark_closed(&w));
    watermark_close(&w);
    assert_true(watermark_closed(&w));
    assert_true(watermark_is_late(&w, INT64_C(3124242000)));
    assert_false(watermark_advance(&w, &rules, INT64_C(3124242000)));
}

static void no_lateness__mark_is_the_event(void **state)
{
    (void)state;
    static const struct rules strict = {.window_s = 60, .lateness_s = 0};
    struct watermark w;
    watermark_init(&w);
    assert_true(watermark_advance(&w, &strict, 119));
    assert_int_equal(w.final_until_s, 60);
    assert_true(watermark_is_late(&w, 59));
    assert_false(watermark_is_late(&w, 60));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(advance__table__final_up_to_a_whole_window),
        cmocka_unit_test(late__event_in_a_final_window__and_no_other),
        cmocka_unit_test(closed__any_event__late),
        cmocka_unit_test(no_lateness__mark_is_the_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
