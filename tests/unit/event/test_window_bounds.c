#include "common/event/tripid.h"
#include "common/event/window_bounds.h"
#include "tests/unit/event/unit.h"

static void width__divides_a_day_within_its_range(void **state)
{
    (void)state;
    static const struct {
        int64_t window_s;
        bool valid;
    } cases[] = {{60, true},     {900, true},     {43200, true}, {86400, true},
                 {0, false},     {-900, false},   {59, false},   {30, false},
                 {86401, false}, {172800, false}, {420, false},  {50400, false}};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        assert_int_equal(tlc_window_width_valid(cases[i].window_s), cases[i].valid);
    }
}

/* Of each source: every event it can have lies in the span of its events, and the windows of them
 * and of a start that expires lie in the span of its windows. */
static void spans__of_every_source__hold_what_it_can_have(void **state)
{
    (void)state;
    static const int64_t widths[] = {60, 900, 21600, 86400};
    for (int32_t source = 1000000; source <= 9999999; source++) {
        if (!tlc_source_valid(source)) {
            continue;
        }
        int64_t first_s, to_s, month_s, end_s;
        tlc_window_event_span(source, &first_s, &to_s);
        tlc_source_span(source, TLC_MONTH_SLACK_STREAM_S, &month_s, &end_s);
        assert_true(first_s >= TLC_TIME_MIN_S && to_s <= TLC_TIME_MAX_S && first_s < to_s);
        assert_true(first_s == TLC_TIME_MIN_S || first_s == month_s);
        assert_true(to_s == TLC_TIME_MAX_S || to_s == end_s);
        for (size_t i = 0; i < TLC_COUNT(widths); i++) {
            int64_t from_s, last_s, width_s = widths[i];
            tlc_window_start_span(source, width_s, &from_s, &last_s);
            assert_int_equal(from_s % width_s, 0);
            assert_int_equal(last_s % width_s, 0);
            assert_true(from_s <= first_s && first_s < from_s + width_s);
            assert_true(last_s <= to_s - 1 + 86400 && to_s - 1 + 86400 < last_s + width_s);
            assert_true(from_s >= TLC_WINDOW_START_FIRST_S && last_s < TLC_WINDOW_START_TO_S);
        }
    }
}

#define CHECK_SUM(id, member, least, most) assert_true((least) <= 0 && (most) / 2 > 0);

static void sums__of_a_window__fit_64_bits_twice(void **state)
{
    (void)state;
    TLC_WINDOW_SUMS(CHECK_SUM)
    assert_true(TLC_WINDOW_CENTS_MAX <= INT64_MAX / 2);
    assert_int_equal(TLC_WINDOW_CENTS_MAX / TLC_CENTS_MAX, TLC_WINDOW_COUNT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(width__divides_a_day_within_its_range),
        cmocka_unit_test(spans__of_every_source__hold_what_it_can_have),
        cmocka_unit_test(sums__of_a_window__fit_64_bits_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
