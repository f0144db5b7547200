#include "batch-process/periods.h"
#include "tests/support/unit.h"

static int64_t date(const char *text)
{
    int64_t d = 0;
    assert_true(date_parse(tlc_str_from(text), &d));
    return d;
}

static void date_parse__what_is_no_day__refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",           "2024",       "2024-1-15",  "2024-01-1",  "2024-02-30", "2023-02-29",
        "2024-13-01", "2024-00-10", "2024-01-00", "2024/01/15", "20240115",   "2024-01-15 ",
        "2006-12-31", "2070-01-01", "-024-01-15", "2024-01-1x", "tomorrow",   "2024-01-15T00:00:00",
    };
    for (size_t i = 0; i < TLC_COUNT(bad); i++) {
        int64_t d = 7;
        assert_false(date_parse(tlc_str_from(bad[i]), &d));
        assert_int_equal(d, 7);
    }
}

static void date_text__of_what_was_parsed__is_the_same(void **state)
{
    (void)state;
    static const char *const good[] = {"2007-01-01", "2024-02-29", "2024-12-31", "2068-12-31"};
    for (size_t i = 0; i < TLC_COUNT(good); i++) {
        char text[DATE_TEXT_N];
        assert_string_equal(date_text(date(good[i]), text), good[i]);
    }
}

static void day__of_a_changing_clock__has_23_or_25_hours(void **state)
{
    (void)state;
    static const struct {
        const char *day;
        int64_t hours;
    } cases[] = {
        {"2024-03-09", 24}, {"2024-03-10", 23}, {"2024-03-11", 24}, {"2024-11-02", 24},
        {"2024-11-03", 25}, {"2024-11-04", 24}, {"2013-03-10", 23}, {"2013-11-03", 25},
        {"2024-02-29", 24}, {"2023-12-31", 24},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        int64_t d = date(cases[i].day);
        assert_int_equal(day_start_s(d + 1) - day_start_s(d), cases[i].hours * 3600);
    }
    assert_int_equal(day_start_s(date("2024-01-01")), INT64_C(1704085200)); /* 05:00 UTC */
    assert_int_equal(day_start_s(date("2024-07-01")), INT64_C(1719806400)); /* 04:00 UTC */
}

static void day_last_touched__reaches_24_hours_on(void **state)
{
    (void)state;
    static const struct {
        const char *day, *last;
    } cases[] = {
        {"2024-01-15", "2024-01-16"}, {"2024-03-09", "2024-03-11"}, /* 23:30 and 24 h is 00:30 after
                                                                       the day of 23 hours */
        {"2024-03-10", "2024-03-11"}, {"2024-11-02", "2024-11-03"}, {"2024-11-03", "2024-11-04"},
        {"2024-12-31", "2025-01-01"},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        assert_int_equal(day_last_touched(date(cases[i].day)), date(cases[i].last));
    }
}

static void period__of_a_day__is_its_iso_week_and_month(void **state)
{
    (void)state;
    static const struct {
        const char *day, *week, *next_week, *month, *next_month;
    } cases[] = {
        {"2024-01-01", "2024-01-01", "2024-01-08", "2024-01-01", "2024-02-01"},
        {"2024-01-07", "2024-01-01", "2024-01-08", "2024-01-01", "2024-02-01"},
        {"2023-01-01", "2022-12-26", "2023-01-02", "2023-01-01", "2023-02-01"},
        {"2020-12-31", "2020-12-28", "2021-01-04", "2020-12-01", "2021-01-01"},
        {"2024-02-29", "2024-02-26", "2024-03-04", "2024-02-01", "2024-03-01"},
        {"2024-03-10", "2024-03-04", "2024-03-11", "2024-03-01", "2024-04-01"},
        {"2024-11-03", "2024-10-28", "2024-11-04", "2024-11-01", "2024-12-01"},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        int64_t d = date(cases[i].day);
        int64_t week = period_start(PERIOD_WEEK, d), month = period_start(PERIOD_MONTH, d);
        assert_int_equal(period_start(PERIOD_DAY, d), d);
        assert_int_equal(period_next(PERIOD_DAY, d), d + 1);
        assert_int_equal(week, date(cases[i].week));
        assert_int_equal(period_next(PERIOD_WEEK, week), date(cases[i].next_week));
        assert_int_equal(month, date(cases[i].month));
        assert_int_equal(period_next(PERIOD_MONTH, month), date(cases[i].next_month));
    }
}

static void period__over_sixty_years__weeks_and_months_follow_each_other(void **state)
{
    (void)state;
    for (int64_t d = date("2007-01-01"); d < date("2068-12-31"); d++) {
        for (int kind = PERIOD_DAY; kind < PERIOD_KINDS; kind++) {
            int64_t start = period_start((enum period_kind)kind, d);
            int64_t next = period_next((enum period_kind)kind, start);
            assert_true(start <= d && d < next);
            assert_int_equal(period_start((enum period_kind)kind, next), next);
            assert_int_equal(period_start((enum period_kind)kind, next - 1), start);
        }
    }
}

static void range__holds_no_day__is_a_usage_error_that_names_the_option(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *word;
    } cases[] = {
        {"2024-01-15", "2024-01-15",
         "--from 2024-01-15 --to 2024-01-15 holds no day: --to is the day after"},
        {"2024-01-15", "2024-01-15", "2024-01-15 alone is --from 2024-01-15 --to 2024-01-16"},
        {"2024-02-29", "2024-02-29", "2024-02-29 alone is --from 2024-02-29 --to 2024-03-01"},
        {"2024-01-16", "2024-01-15",
         "--from 2024-01-16 --to 2024-01-15 holds no day: --to is before --from"},
        {"15.1.2024", NULL, "--from 15.1.2024"},
        {NULL, "yesterday", "--to yesterday"},
        {"", NULL, "--from"},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct range r = {0};
        struct tlc_err err = {0};
        assert_int_equal(range_parse(cases[i].from, cases[i].to, &r, &err), TLC_FATAL);
        assert_int_equal(err.exit_code, TLC_EXIT_USAGE);
        assert_non_null(strstr(err.text, cases[i].word));
    }
}

static void range__open_ends__hold_all_days_beyond(void **state)
{
    (void)state;
    struct range all, from, to, both;
    struct tlc_err err;
    assert_int_equal(range_parse(NULL, NULL, &all, &err), TLC_OK);
    assert_int_equal(range_parse("2024-01-15", NULL, &from, &err), TLC_OK);
    assert_int_equal(range_parse(NULL, "2024-01-15", &to, &err), TLC_OK);
    assert_int_equal(range_parse("2024-01-15", "2024-01-16", &both, &err), TLC_OK);
    int64_t d = date("2024-01-15");
    assert_true(range_holds(&all, d - 9999) && range_holds(&all, d + 9999));
    assert_true(!range_holds(&from, d - 1) && range_holds(&from, d) && range_holds(&from, d + 99));
    assert_true(range_holds(&to, d - 99) && range_holds(&to, d - 1) && !range_holds(&to, d));
    assert_true(!range_holds(&both, d - 1) && range_holds(&both, d) && !range_holds(&both, d + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(date_parse__what_is_no_day__refused),
        cmocka_unit_test(date_text__of_what_was_parsed__is_the_same),
        cmocka_unit_test(day__of_a_changing_clock__has_23_or_25_hours),
        cmocka_unit_test(day_last_touched__reaches_24_hours_on),
        cmocka_unit_test(period__of_a_day__is_its_iso_week_and_month),
        cmocka_unit_test(period__over_sixty_years__weeks_and_months_follow_each_other),
        cmocka_unit_test(range__holds_no_day__is_a_usage_error_that_names_the_option),
        cmocka_unit_test(range__open_ends__hold_all_days_beyond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
