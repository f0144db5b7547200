/* Against the C library's own time zone data, which come from another source: the tz database. */
#include "tests/unit/event/unit.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/event/event.h"
#include "common/event/ny_time.h"

#define HOUR_S 3600

static int32_t libc_offset_s(int64_t at_s)
{
    const time_t t = at_s;
    struct tm tm;
    assert_non_null(localtime_r(&t, &tm));
    return (int32_t)tm.tm_gmtoff;
}

static void offset__every_hour_2007_to_2068__as_tz_database(void **state)
{
    (void)state;
    int changes = 0;
    int32_t before = libc_offset_s(TLC_TIME_MIN_S);
    for (int64_t at_s = TLC_TIME_MIN_S; at_s < TLC_TIME_MAX_S; at_s += HOUR_S) {
        const int32_t want = libc_offset_s(at_s);
        if (tlc_ny_offset_s(at_s) != want || tlc_ny_offset_s(at_s - 1) != before ||
            tlc_ny_offset_s(at_s + 1) != want) {
            fail_msg("offset at %lld", (long long)at_s);
        }
        changes += want != before;
        before = want;
    }
    assert_int_equal(changes, 2 * (2069 - 2007));
}

static void from_wall__every_half_hour_2007_to_2068__fold_as_tz_database(void **state)
{
    (void)state;
    int doubled = 0, skipped = 0;
    const int64_t from_s = TLC_TIME_MIN_S - 18000, to_s = TLC_TIME_MAX_S - 18000;
    for (int64_t wall_s = from_s; wall_s < to_s; wall_s += HOUR_S / 2) {
        const bool summer = libc_offset_s(wall_s + 14400) == -14400;
        const bool winter = libc_offset_s(wall_s + 18000) == -18000;
        int64_t at_s;
        const enum tlc_ny_fold fold = tlc_ny_from_wall(wall_s, &at_s);
        const enum tlc_ny_fold want = summer && winter   ? TLC_NY_DOUBLED
                                      : summer || winter ? TLC_NY_ONCE
                                                         : TLC_NY_SKIPPED;
        if (fold != want || at_s != wall_s + (summer ? 14400 : 18000)) {
            fail_msg("wall %lld: %d", (long long)wall_s, (int)fold);
        }
        if (want != TLC_NY_SKIPPED && tlc_ny_wall_s(at_s) != wall_s) {
            fail_msg("wall %lld does not come back", (long long)wall_s);
        }
        doubled += fold == TLC_NY_DOUBLED;
        skipped += fold == TLC_NY_SKIPPED;
    }
    assert_int_equal(doubled, 2 * (2069 - 2007));
    assert_int_equal(skipped, 2 * (2069 - 2007));
}

static void format__every_5_hours_2007_to_2068__as_strftime_and_back(void **state)
{
    (void)state;
    for (int64_t at_s = TLC_TIME_MIN_S; at_s < TLC_TIME_MAX_S; at_s += 5 * HOUR_S + 61) {
        char text[TLC_NY_TEXT_N], want[40];
        const time_t t = at_s;
        struct tm tm;
        localtime_r(&t, &tm);
        strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S%z", &tm); /* "-0500" at the end */
        tlc_ny_format(at_s, text);
        int64_t strict_s = 0, loose_s = 0;
        if (memcmp(text, want, 22) != 0 || text[22] != ':' ||
            memcmp(text + 23, want + 22, 2) != 0 || !tlc_ny_parse(text, &strict_s) ||
            strict_s != at_s ||
            !tlc_rfc3339_parse((struct tlc_str){text, TLC_NY_TEXT_N}, &loose_s) ||
            loose_s != at_s) {
            fail_msg("%.25s for %s", text, want);
        }
        int64_t first_s;
        const bool doubled = tlc_ny_from_wall(tlc_ny_wall_s(at_s), &first_s) == TLC_NY_DOUBLED;
        text[21] = text[21] == '5' ? '4' : '5'; /* right only in the hour that comes twice */
        if (tlc_ny_parse(text, &strict_s) != doubled) {
            fail_msg("%.25s taken as New York's", text);
        }
    }
}

static void civil__days_of_ten_thousand_years__as_gmtime(void **state)
{
    (void)state;
    for (int64_t day = -719528; day <= 2932896; day += day > -30000 && day < 60000 ? 1 : 89) {
        const time_t t = day * 86400 + 45296; /* 12:34:56 */
        struct tm tm;
        struct tlc_civil c;
        gmtime_r(&t, &tm);
        tlc_civil_from_wall_s(t, &c);
        if (c.year != tm.tm_year + 1900 || c.month != tm.tm_mon + 1 || c.day != tm.tm_mday ||
            c.hour != 12 || c.minute != 34 || c.second != 56 || !tlc_civil_valid(&c) ||
            tlc_civil_to_wall_s(&c) != t || tlc_days_from_civil(c.year, c.month, c.day) != day) {
            fail_msg("day %lld", (long long)day);
        }
    }
}

static void civil_valid__table(void **state)
{
    (void)state;
    static const struct {
        struct tlc_civil c;
        bool valid;
    } rows[] = {
        {{2024, 2, 29, 23, 59, 59}, true}, {{2023, 2, 29, 0, 0, 0}, false},
        {{2000, 2, 29, 0, 0, 0}, true},    {{2100, 2, 29, 0, 0, 0}, false},
        {{2024, 0, 1, 0, 0, 0}, false},    {{2024, 13, 1, 0, 0, 0}, false},
        {{2024, 4, 31, 0, 0, 0}, false},   {{2024, 4, 0, 0, 0, 0}, false},
        {{2024, 4, 30, 24, 0, 0}, false},  {{2024, 4, 30, 0, 60, 0}, false},
        {{2024, 4, 30, 0, 0, 60}, false},  {{2024, 4, 30, -1, 0, 0}, false},
    };
    for (size_t i = 0; i < TLC_COUNT(rows); i++) {
        assert_int_equal(tlc_civil_valid(&rows[i].c), rows[i].valid);
    }
}

static void rfc3339_parse__table(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t at_s;
    } rows[] = {
        {"2024-01-01T00:12:34-05:00", true, 1704085954},
        {"2024-01-01t05:12:34z", true, 1704085954},
        {"2024-01-01 05:12:34Z", true, 1704085954},
        {"2024-01-01T06:12:34.999999999+01:00", true, 1704085954},
        {"2024-01-01T10:42:34+05:30", true, 1704085954},
        {"2024-01-01T05:12:34+00:00", true, 1704085954},
        {"2024-01-01T05:12:34-00:00", true, 1704085954},
        {"1970-01-01T00:00:00Z", true, 0},
        {"0000-01-01T00:00:00Z", true, -INT64_C(62167219200)},
        {"2024-01-01T05:12:34", false, 0},
        {"2024-01-01T05:12:34.Z", false, 0},
        {"2024-01-01T05:12:34+0500", false, 0},
        {"2024-01-01T05:12:34+24:00", false, 0},
        {"2024-01-01T05:12:34+05:60", false, 0},
        {"2024-01-01T05:12:34 Z", false, 0},
        {"2024-01-01T05:12:34ZZ", false, 0},
        {"2024-01-01T24:00:00Z", false, 0},
        {"2024-12-31T23:59:60Z", false, 0},
        {"2023-02-29T00:00:00Z", false, 0},
        {"2024-1-01T00:00:00Z", false, 0},
        {"2024/01/01T00:00:00Z", false, 0},
        {"2024-01-01_00:00:00Z", false, 0},
        {"24-01-01T00:00:00Z", false, 0},
        {"", false, 0},
        {"2024-01-01", false, 0},
        {"2024-0/-01T00:00:00Z", false, 0},
        {"2024-01-01T0::00:00Z", false, 0},
    };
    for (size_t i = 0; i < TLC_COUNT(rows); i++) {
        int64_t at_s = -99;
        const bool ok = tlc_rfc3339_parse(tlc_str_from(rows[i].text), &at_s);
        if (ok != rows[i].ok || at_s != (ok ? rows[i].at_s : -99)) {
            fail_msg("\"%s\": %d, %lld", rows[i].text, ok, (long long)at_s);
        }
    }
}

static void wall_parse__table(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t wall_s;
    } rows[] = {
        {"2024-01-01 00:12:34", true, 1704067954},
        {"2024-01-01T00:12:34", true, 1704067954},
        {"2024-01-01 00:12:34.000000000", true, 1704067954},
        {"2024-01-01 00:12:34.", false, 0},
        {"2024-01-01 00:12:34Z", false, 0},
        {"2024-01-01 00:12:34-05:00", false, 0},
        {"2024-01-01 00:12", false, 0},
        {"2024-13-01 00:12:34", false, 0},
        {" 2024-01-01 00:12:34", false, 0},
    };
    for (size_t i = 0; i < TLC_COUNT(rows); i++) {
        int64_t wall_s = -99;
        const bool ok = tlc_wall_parse(tlc_str_from(rows[i].text), &wall_s);
        if (ok != rows[i].ok || wall_s != (ok ? rows[i].wall_s : -99)) {
            fail_msg("\"%s\": %d, %lld", rows[i].text, ok, (long long)wall_s);
        }
    }
}

static void ny_parse__anything_else_than_format_writes__refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "2024-07-01T00:00:00-05:00", "2024-01-01T00:00:00-04:00", "2024-01-01 00:00:00-05:00",
        "2024-01-01t00:00:00-05:00", "2024-03-10T02:30:00-05:00", "2024-03-10T02:30:00-04:00",
        "2024-01-01T00:00:00+05:00", "2024-01-01T00:00:00-05:30", "2024-01-01T00:00:00-06:00",
        "2024-01-32T00:00:00-05:00", "2024-01-01T00:60:00-05:00", "2024-01-01T00:00:00-15:00",
    };
    for (size_t i = 0; i < TLC_COUNT(bad); i++) {
        int64_t at_s;
        if (tlc_ny_parse(bad[i], &at_s)) {
            fail_msg("%s taken", bad[i]);
        }
    }
    int64_t first_s, second_s; /* the doubled hour: both passes are canonical */
    assert_true(tlc_ny_parse("2024-11-03T01:30:00-04:00", &first_s));
    assert_true(tlc_ny_parse("2024-11-03T01:30:00-05:00", &second_s));
    assert_int_equal(second_s - first_s, HOUR_S);
}

static void day_start__days_of_change__23_and_25_hours(void **state)
{
    (void)state;
    static const struct {
        const char *noon, *start;
        int hours;
    } rows[] = {
        {"2024-01-15T12:00:00-05:00", "2024-01-15T00:00:00-05:00", 24},
        {"2024-03-10T12:00:00-04:00", "2024-03-10T00:00:00-05:00", 23},
        {"2024-11-03T12:00:00-05:00", "2024-11-03T00:00:00-04:00", 25},
    };
    for (size_t i = 0; i < TLC_COUNT(rows); i++) {
        int64_t noon_s, start_s;
        assert_true(tlc_ny_parse(rows[i].noon, &noon_s));
        assert_true(tlc_ny_parse(rows[i].start, &start_s));
        const int64_t end_s = start_s + rows[i].hours * HOUR_S;
        assert_int_equal(tlc_ny_day_start_s(noon_s), start_s);
        assert_int_equal(tlc_ny_day_start_s(start_s), start_s);
        assert_int_equal(tlc_ny_day_start_s(end_s - 1), start_s);
        assert_int_equal(tlc_ny_day_start_s(end_s), end_s);
    }
}

static void offset__extreme_moments__no_overflow(void **state)
{
    (void)state;
    assert_true(tlc_ny_offset_s(INT64_MAX) != 0);
    assert_true(tlc_ny_offset_s(INT64_MIN) != 0);
    assert_int_equal(tlc_ny_offset_s(1704085954), -18000);
}

int main(void)
{
    if (access("/usr/share/zoneinfo/America/New_York", R_OK) != 0) {
        fprintf(stderr, "SKIPPED: no tz database (Debian package tzdata)\n");
        return 77;
    }
    setenv("TZ", "America/New_York", 1);
    tzset();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offset__every_hour_2007_to_2068__as_tz_database),
        cmocka_unit_test(from_wall__every_half_hour_2007_to_2068__fold_as_tz_database),
        cmocka_unit_test(format__every_5_hours_2007_to_2068__as_strftime_and_back),
        cmocka_unit_test(civil__days_of_ten_thousand_years__as_gmtime),
        cmocka_unit_test(civil_valid__table),
        cmocka_unit_test(rfc3339_parse__table),
        cmocka_unit_test(wall_parse__table),
        cmocka_unit_test(ny_parse__anything_else_than_format_writes__refused),
        cmocka_unit_test(day_start__days_of_change__23_and_25_hours),
        cmocka_unit_test(offset__extreme_moments__no_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
