#include "tests/support/unit.h"

#include <time.h>

#include "common/event/ny_time.h"
#include "preprocess/clean.h"
#include "preprocess/zonegrid.h"

#define B(c) (1U << (c))

static struct clean clean;
static struct clean_days days;

static int set_up(void **state)
{
    (void)state;
    memset(&days, 0, sizeof days);
    clean_init(&clean);
    clean.max_duration_s = 24 * 3600;
    clean.long_s = 6 * 3600;
    clean.slack_s = TLC_MONTH_SLACK_FILE_S;
    clean.high_cents = 50000;
    clean.far_cmi = 10000;
    return 0;
}

static void set(struct raw_trip *raw, enum column c, int64_t v)
{
    raw->v[c] = v;
    raw->ok |= B(c);
}

static int64_t wall(const char *text)
{
    int64_t s = 0;
    assert_true(tlc_wall_parse(tlc_str_from(text), &s));
    return s;
}

static int unknown_ends(const struct cleaned *c)
{
    return (int)(c->end_flags[0] >> TLC_RULE_UNKNOWN_ZONE & 1) +
           (int)(c->end_flags[1] >> TLC_RULE_UNKNOWN_ZONE & 1);
}

static struct raw_trip trip_of(const char *pickup, const char *dropoff)
{
    struct raw_trip raw = {.ok = 0};
    set(&raw, COL_PICKUP, wall(pickup));
    set(&raw, COL_DROPOFF, wall(dropoff));
    set(&raw, COL_PU_ZONE, 74);
    set(&raw, COL_DO_ZONE, 75);
    return raw;
}

static const uint32_t zone_columns =
    B(COL_PICKUP) | B(COL_DROPOFF) | B(COL_PU_ZONE) | B(COL_DO_ZONE);

static const char *text_of(int64_t at_s)
{
    static char text[2][TLC_NY_TEXT_N + 1];
    static int which;
    which = !which;
    tlc_ny_format(at_s, text[which]);
    return text[which];
}

/* What a trip's clock readings mean on the days the clock changes. */
static void times__doubled_and_skipped_hour__shortest_trip_that_fits(void **state)
{
    static const struct {
        const char *pickup, *dropoff, *start, *end;
        bool skipped;
    } cases[] = {
        /* November: 01:00 to 02:00 twice */
        {"2024-11-03 00:50:00", "2024-11-03 01:10:00", "2024-11-03T00:50:00-04:00",
         "2024-11-03T01:10:00-04:00", false},
        {"2024-11-03 01:10:00", "2024-11-03 01:50:00", "2024-11-03T01:10:00-04:00",
         "2024-11-03T01:50:00-04:00", false},
        {"2024-11-03 01:50:00", "2024-11-03 01:10:00", "2024-11-03T01:50:00-04:00",
         "2024-11-03T01:10:00-05:00", false},
        {"2024-11-03 01:50:00", "2024-11-03 02:10:00", "2024-11-03T01:50:00-05:00",
         "2024-11-03T02:10:00-05:00", false},
        {"2024-11-03 00:30:00", "2024-11-03 02:10:00", "2024-11-03T00:30:00-04:00",
         "2024-11-03T02:10:00-05:00", false},
        {"2024-11-03 02:00:00", "2024-11-03 02:10:00", "2024-11-03T02:00:00-05:00",
         "2024-11-03T02:10:00-05:00", false},
        /* March: 02:00 to 03:00 is not there */
        {"2024-03-10 01:50:00", "2024-03-10 03:10:00", "2024-03-10T01:50:00-05:00",
         "2024-03-10T03:10:00-04:00", false},
        {"2024-03-10 01:50:00", "2024-03-10 02:10:00", "2024-03-10T01:50:00-05:00",
         "2024-03-10T03:10:00-04:00", true},
        {"2024-03-10 02:10:00", "2024-03-10 02:20:00", "2024-03-10T03:10:00-04:00",
         "2024-03-10T03:20:00-04:00", true},
        {"2024-03-10 02:30:00", "2024-03-10 03:10:00", "2024-03-10T01:30:00-05:00",
         "2024-03-10T03:10:00-04:00", true},
        {"2024-03-10 02:30:00", "2024-03-10 03:40:00", "2024-03-10T03:30:00-04:00",
         "2024-03-10T03:40:00-04:00", true},
    };
    (void)state;
    clean_file(&clean, tlc_source_make(TLC_YELLOW, 0), zone_columns);
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct cleaned c;
        const struct raw_trip raw = trip_of(cases[i].pickup, cases[i].dropoff);
        assert_int_equal(clean_trip(&clean, &days, &raw, &c), TLC_RULE_NONE);
        assert_string_equal(text_of(c.start_s), cases[i].start);
        assert_string_equal(text_of(c.end_s), cases[i].end);
        assert_int_equal((c.flags >> TLC_RULE_SKIPPED_HOUR) & 1, cases[i].skipped);
    }
}

/* Both days of the change, every minute, many years: the moment must read on libc's clock as it did
 * in the file. */
static void times__days_of_change__as_libc_has_them(void **state)
{
    static const char *const changes[] = {
        "2009-03-08", "2009-11-01", "2012-03-11", "2012-11-04", "2015-03-08",
        "2015-11-01", "2018-03-11", "2018-11-04", "2020-03-08", "2020-11-01",
        "2024-03-10", "2024-11-03", "2025-03-09", "2025-11-02",
    };
    (void)state;
    setenv("TZ", "America/New_York", 1);
    tzset();
    struct tm probe;
    const time_t summer = 1719835200; /* 2024-07-01T08:00:00-04:00 */
    if (!localtime_r(&summer, &probe) || probe.tm_hour != 8) {
        print_message("SKIPPED: this machine has no tz database\n");
        skip();
    }
    clean_file(&clean, tlc_source_make(TLC_YELLOW, 0), zone_columns);
    for (size_t i = 0; i < TLC_COUNT(changes); i++) {
        for (int minute = 0; minute < 24 * 60; minute++) {
            char text[32];
            struct cleaned c;
            struct tm local;
            snprintf(text, sizeof text, "%s %02d:%02d:00", changes[i], minute / 60, minute % 60);
            const struct raw_trip raw = trip_of(text, text);
            assert_int_equal(clean_trip(&clean, &days, &raw, &c), TLC_RULE_NONE);
            const time_t at = (time_t)c.start_s;
            assert_non_null(localtime_r(&at, &local));
            const bool skipped = (c.flags >> TLC_RULE_SKIPPED_HOUR) & 1;
            const int shown = local.tm_hour * 60 + local.tm_min;
            if (shown != minute + (skipped ? 60 : 0) || (skipped && minute / 60 != 2)) {
                fail_msg("%s became %s", text, text_of(c.start_s));
            }
        }
    }
}

static void rules__one_fault_each__that_rule(void **state)
{
    static const struct {
        const char *pickup, *dropoff;
        enum tlc_rule rule;
    } cases[] = {
        {"2024-01-10 10:00:00", "2024-01-10 10:00:00", TLC_RULE_NONE},
        {"2024-01-10 10:00:01", "2024-01-10 10:00:00", TLC_RULE_END_BEFORE_START},
        {"2024-01-10 10:00:00", "2024-01-11 10:00:00", TLC_RULE_NONE},
        {"2024-01-10 10:00:00", "2024-01-11 10:00:01", TLC_RULE_TOO_LONG},
        {"2023-12-31 00:00:00", "2023-12-31 00:10:00", TLC_RULE_NONE},
        {"2023-12-30 23:59:59", "2023-12-31 00:10:00", TLC_RULE_OUTSIDE_MONTH},
        {"2024-02-01 23:59:59", "2024-02-02 00:10:00", TLC_RULE_NONE},
        {"2024-02-02 00:00:00", "2024-02-02 00:10:00", TLC_RULE_OUTSIDE_MONTH},
        {"2001-01-01 00:00:00", "2001-01-01 00:10:00", TLC_RULE_OUTSIDE_MONTH},
        {"2088-01-24 00:00:00", "2088-01-24 00:10:00", TLC_RULE_OUTSIDE_MONTH},
    };
    (void)state;
    clean_file(&clean, tlc_source_make(TLC_GREEN, 202401), zone_columns);
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct cleaned c;
        const struct raw_trip raw = trip_of(cases[i].pickup, cases[i].dropoff);
        const enum tlc_rule rule = clean_trip(&clean, &days, &raw, &c);
        if (rule != cases[i].rule) {
            fail_msg("%s: %s, expected %s", cases[i].pickup, tlc_rule_info(rule)->id,
                     tlc_rule_info(cases[i].rule)->id);
        }
    }
}

static void levels__outside_of_the_format__rejected_whatever_is_allowed(void **state)
{
    struct tlc_err err;
    struct cleaned c;
    (void)state;
    assert_int_equal(clean_set_level(&clean, "outside_month", TLC_LEVEL_FLAG, &err), 0);
    clean_file(&clean, tlc_source_make(TLC_GREEN, 202401), zone_columns);
    struct raw_trip raw = trip_of("2010-06-01 00:00:00", "2010-06-01 00:10:00");
    assert_int_equal(clean_trip(&clean, &days, &raw, &c), TLC_RULE_NONE);
    assert_true((c.flags >> TLC_RULE_OUTSIDE_MONTH) & 1);
    raw = trip_of("1999-06-01 00:00:00", "1999-06-01 00:10:00");
    assert_int_equal(clean_trip(&clean, &days, &raw, &c), TLC_RULE_OUTSIDE_MONTH);
    raw = trip_of("2088-06-01 00:00:00", "2088-06-01 00:10:00");
    assert_int_equal(clean_trip(&clean, &days, &raw, &c), TLC_RULE_OUTSIDE_MONTH);
}

static void levels__wrong_rule__usage_error(void **state)
{
    struct tlc_err err;
    (void)state;
    assert_int_equal(clean_set_level(&clean, "bad_time", TLC_LEVEL_FLAG, &err), TLC_FATAL);
    assert_int_equal(tlc_err_exit_code(&err), TLC_EXIT_USAGE);
    assert_int_equal(clean_set_level(&clean, "not_json", TLC_LEVEL_REJECT, &err), TLC_FATAL);
    assert_int_equal(clean_set_level(&clean, "ok", TLC_LEVEL_REJECT, &err), TLC_FATAL);
    assert_int_equal(clean_set_level(&clean, "zero_distance", TLC_LEVEL_REJECT, &err), 0);
}

static void flags__odd_but_true__kept_and_counted(void **state)
{
    struct cleaned c;
    (void)state;
    struct raw_trip raw = trip_of("2024-01-10 10:00:00", "2024-01-10 16:00:00");
    set(&raw, COL_FARE, -1980);
    set(&raw, COL_TOTAL, 50001);
    set(&raw, COL_DISTANCE, 0);
    set(&raw, COL_PASSENGERS, 0);
    set(&raw, COL_DO_ZONE, 264);
    raw.bad = B(COL_TIP);
    clean_file(&clean, tlc_source_make(TLC_GREEN, 202401), UINT32_MAX >> (32 - COL_N));
    assert_int_equal(clean_trip(&clean, &days, &raw, &c), TLC_RULE_NONE);
    const uint64_t expected =
        UINT64_C(1) << TLC_RULE_NEGATIVE_FARE | UINT64_C(1) << TLC_RULE_HIGH_TOTAL |
        UINT64_C(1) << TLC_RULE_ZERO_DISTANCE | UINT64_C(1) << TLC_RULE_ZERO_PASSENGERS |
        UINT64_C(1) << TLC_RULE_UNKNOWN_ZONE | UINT64_C(1) << TLC_RULE_LONG |
        UINT64_C(1) << TLC_RULE_BAD_OPTIONAL;
    assert_int_equal(c.flags, expected);
    assert_int_equal(unknown_ends(&c), 1);
    assert_int_equal(c.trip.fare_cents, -1980);
    assert_int_equal(c.trip.has_end & TLC_HAS_TIP, 0);
}

static void fhv__no_end__one_event(void **state)
{
    struct cleaned c;
    struct raw_trip raw = {.ok = 0};
    (void)state;
    set(&raw, COL_PICKUP, wall("2015-01-01 00:30:00"));
    set(&raw, COL_BASE, 2884);
    clean_file(&clean, tlc_source_make(TLC_FHV, 201501), B(COL_PICKUP) | B(COL_BASE));
    assert_int_equal(clean_trip(&clean, &days, &raw, &c), TLC_RULE_NONE);
    assert_false(c.has_end);
    assert_int_equal(c.trip.pu_zone, TLC_ZONE_UNKNOWN);
    assert_int_equal(c.trip.vendor_id, 2884);
    assert_int_equal(unknown_ends(&c), 1);
    clean_file(&clean, tlc_source_make(TLC_YELLOW, 201501), B(COL_PICKUP) | B(COL_DROPOFF));
    assert_int_equal(clean_trip(&clean, &days, &raw, &c), TLC_RULE_MISSING_TIME);
}

static void points__zero_and_far__unknown_and_outside(void **state)
{
    static const struct {
        int64_t lon, lat;
        enum tlc_rule flag;
        bool has_point;
    } cases[] = {
        {0, 0, TLC_RULE_ZERO_POINT, false},
        {0, 40750000, TLC_RULE_ZERO_POINT, false},
        {-115180000, 36140000, TLC_RULE_FAR_POINT, true},
        {-736533332, 40734857, TLC_RULE_FAR_POINT, false},
        {-73980000, 40750000, TLC_RULE_NONE, true},
    };
    (void)state;
    const uint32_t columns = B(COL_PU_LON) | B(COL_PU_LAT) | B(COL_DO_LON) | B(COL_DO_LAT) |
                             B(COL_PICKUP) | B(COL_DROPOFF);
    clean_file(&clean, tlc_source_make(TLC_YELLOW, 201402), columns);
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct cleaned c;
        struct raw_trip raw = trip_of("2014-02-10 10:00:00", "2014-02-10 10:10:00");
        raw.ok &= ~(B(COL_PU_ZONE) | B(COL_DO_ZONE));
        set(&raw, COL_PU_LON, cases[i].lon);
        set(&raw, COL_PU_LAT, cases[i].lat);
        set(&raw, COL_DO_LON, -73980000);
        set(&raw, COL_DO_LAT, 40750000);
        assert_int_equal(clean_trip(&clean, &days, &raw, &c), TLC_RULE_NONE);
        assert_int_equal(c.trip.pu_zone, TLC_ZONE_UNKNOWN); /* no shapes given */
        assert_int_equal((c.trip.has_start & TLC_HAS_POINT) != 0, cases[i].has_point);
        const uint64_t flag = cases[i].flag ? UINT64_C(1) << cases[i].flag : 0;
        assert_int_equal(c.flags & ~(UINT64_C(1) << TLC_RULE_UNKNOWN_ZONE), flag);
    }
}

/* ---- zones beside points ---- */

#define SQUARE_E6 10000 /* a zone is a square so wide, in millionths of a degree */

/* Zones 10 and 20 side by side, zone 56 behind them. */
static struct zonegrid *make_grid(void)
{
    static const int zones[] = {10, 20, 56};
    struct zone_shapes shapes;
    memset(&shapes, 0, sizeof shapes);
    for (int i = 0; i < 3; i++) {
        const int64_t x = (-73980000 + i * SQUARE_E6) * INT64_C(1000), y = 40750000000;
        const int64_t w = SQUARE_E6 * INT64_C(1000);
        const struct zone_vertex v[] = {{x, y}, {x + w, y}, {x + w, y + w}, {x, y + w}};
        for (size_t k = 0; k < TLC_COUNT(v); k++) {
            assert_true(zone_shapes_add(&shapes, v[k]));
        }
        assert_true(zone_shapes_end_ring(&shapes, zones[i]));
    }
    struct zonegrid *grid = zonegrid_new(&shapes);
    zone_shapes_release(&shapes);
    assert_non_null(grid);
    return grid;
}

/* The pickup's end of a trip in a file that has both zones, both names and both points. */
static void places__cell_name_and_point__in_this_order(void **state)
{
    enum { NONE = -1, BAD = -2 };
    static const int64_t in_10 = -73975000, in_20 = -73965000, in_56 = -73955000,
                         nowhere = -73900000, las_vegas = -115180000;
    const struct {
        int64_t zone, name, lon;
        int expected; /* 0: the row is rejected */
        bool point;
        enum tlc_rule flag[2];
    } cases[] = {
        {10, NONE, in_10, 10, true, {0}},
        {20, NONE, in_10, 20, true, {TLC_RULE_ZONE_NOT_AT_POINT}},
        {57, NONE, in_56, 57, true, {0}}, /* one shape for both ids */
        {264, NONE, in_10, 264, true, {TLC_RULE_UNKNOWN_ZONE}},
        {265, NONE, in_10, 265, true, {TLC_RULE_UNKNOWN_ZONE, TLC_RULE_ZONE_NOT_AT_POINT}},
        {265, NONE, nowhere, 265, true, {TLC_RULE_UNKNOWN_ZONE}},
        {10, NONE, 0, 10, false, {TLC_RULE_ZERO_POINT}},
        {10, NONE, NONE, 10, false, {0}},
        {10, NONE, BAD, 10, false, {TLC_RULE_BAD_OPTIONAL}},
        {NONE, NONE, in_20, 20, true, {TLC_RULE_ZONE_BY_POINT}},
        {0, NONE, in_20, 20, true, {TLC_RULE_ZONE_BY_POINT}},
        {999, NONE, in_20, 20, true, {TLC_RULE_ZONE_BY_POINT, TLC_RULE_BAD_OPTIONAL}},
        {BAD, NONE, in_20, 20, true, {TLC_RULE_ZONE_BY_POINT, TLC_RULE_BAD_OPTIONAL}},
        {NONE, NONE, nowhere, 265, true, {TLC_RULE_ZONE_BY_POINT, TLC_RULE_UNKNOWN_ZONE}},
        {10, NONE, las_vegas, 10, true, {TLC_RULE_FAR_POINT, TLC_RULE_ZONE_NOT_AT_POINT}},
        {NONE, NONE, NONE, 264, false, {TLC_RULE_UNKNOWN_ZONE}},
        {NONE, NONE, 0, 264, false, {TLC_RULE_UNKNOWN_ZONE, TLC_RULE_ZERO_POINT}},
        {BAD, NONE, NONE, 0, false, {0}},
        {NONE, NONE, BAD, 0, false, {0}},
        {BAD, NONE, 0, 0, false, {0}},
        {NONE, 20, in_20, 20, true, {TLC_RULE_ZONE_BY_NAME}},
        {NONE, 20, in_10, 20, true, {TLC_RULE_ZONE_BY_NAME, TLC_RULE_ZONE_NOT_AT_POINT}},
        {10, 20, NONE, 10, false, {0}},
        {NONE, BAD, in_10, 10, true, {TLC_RULE_ZONE_NAME_UNCLEAR, TLC_RULE_ZONE_BY_POINT}},
        {NONE, BAD, NONE, 264, false, {TLC_RULE_ZONE_NAME_UNCLEAR, TLC_RULE_UNKNOWN_ZONE}},
    };
    struct zonegrid *grid = make_grid();
    (void)state;
    clean.grid = grid;
    clean_file(&clean, tlc_source_make(TLC_GREEN, 202401), UINT32_MAX >> (32 - COL_N));
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct cleaned c;
        struct raw_trip raw = trip_of("2024-01-10 10:00:00", "2024-01-10 10:10:00");
        set(&raw, COL_PASSENGERS, 1);
        raw.ok &= ~B(COL_PU_ZONE);
        const struct {
            enum column column;
            int64_t v;
        } cells[] = {{COL_PU_ZONE, cases[i].zone},
                     {COL_PU_ZONE_NAME, cases[i].name},
                     {COL_PU_LON, cases[i].lon},
                     {COL_PU_LAT, cases[i].lon == NONE ? NONE : 40755000}};
        for (size_t k = 0; k < TLC_COUNT(cells); k++) {
            if (cells[k].v == BAD) {
                raw.bad |= B(cells[k].column);
            } else if (cells[k].v != NONE) {
                set(&raw, cells[k].column, cells[k].v);
            }
        }
        const enum tlc_rule rule = clean_trip(&clean, &days, &raw, &c);
        uint64_t flags = 0;
        for (int k = 0; k < 2; k++) {
            flags |= cases[i].flag[k] ? UINT64_C(1) << cases[i].flag[k] : 0;
        }
        if (cases[i].expected == 0) {
            assert_int_equal(rule, TLC_RULE_BAD_NUMBER);
        } else if (rule != TLC_RULE_NONE || c.trip.pu_zone != cases[i].expected ||
                   c.flags != flags ||
                   ((c.trip.has_start & TLC_HAS_POINT) != 0) != cases[i].point ||
                   c.trip.do_zone != 75 || (c.trip.has_end & TLC_HAS_POINT) != 0) {
            fail_msg("case %zu: rule %d, zone %d, flags %llx not %llx, point %d", i, (int)rule,
                     c.trip.pu_zone, (unsigned long long)c.flags, (unsigned long long)flags,
                     c.trip.has_start & TLC_HAS_POINT);
        }
    }
    zonegrid_free(grid);
}

/* ---- times with a zone ---- */

static struct raw_trip zoned_trip(int64_t start_s, int64_t end_s)
{
    struct raw_trip raw = trip_of("2024-11-03 06:10:00", "2024-11-03 06:20:00");
    raw.v[COL_PICKUP] = raw.at_s[COL_PICKUP] = start_s; /* as Parquet has them: the face is UTC's */
    raw.v[COL_DROPOFF] = raw.at_s[COL_DROPOFF] = end_s;
    raw.zoned = B(COL_PICKUP) | B(COL_DROPOFF);
    return raw;
}

static void zoned__doubled_hour__the_moment_decides(void **state)
{
    struct cleaned c;
    (void)state;
    clean_file(&clean, tlc_source_make(TLC_YELLOW, 202411), zone_columns);
    /* 00:50 to 01:10, an hour later than the shortest trip would have it */
    struct raw_trip raw = zoned_trip(wall("2024-11-03 04:50:00"), wall("2024-11-03 06:10:00"));
    assert_int_equal(clean_trip(&clean, &days, &raw, &c), TLC_RULE_NONE);
    assert_string_equal(text_of(c.start_s), "2024-11-03T00:50:00-04:00");
    assert_string_equal(text_of(c.end_s), "2024-11-03T01:10:00-05:00");
    clean.zoned_is_wall = true;
    assert_int_equal(clean_trip(&clean, &days, &raw, &c), TLC_RULE_NONE);
    assert_string_equal(text_of(c.start_s), "2024-11-03T04:50:00-05:00");
    /* one with a zone, the other without */
    clean.zoned_is_wall = false;
    raw.zoned = B(COL_PICKUP);
    raw.v[COL_DROPOFF] = wall("2024-11-03 03:10:00");
    assert_int_equal(clean_trip(&clean, &days, &raw, &c), TLC_RULE_NONE);
    assert_string_equal(text_of(c.start_s), "2024-11-03T00:50:00-04:00");
    assert_string_equal(text_of(c.end_s), "2024-11-03T03:10:00-05:00");
}

static void zoned__edge_of_the_month__both_readings_compared(void **state)
{
    struct cleaned c;
    (void)state;
    clean_file(&clean, tlc_source_make(TLC_YELLOW, 202411), zone_columns);
    struct raw_trip raw = zoned_trip(wall("2024-11-01 00:10:00"), wall("2024-11-01 00:20:00"));
    assert_int_equal(clean_trip(&clean, &days, &raw, &c), TLC_RULE_NONE);
    assert_true(c.out_by_moment && !c.out_by_wall);
    raw = zoned_trip(wall("2024-12-01 04:10:00"), wall("2024-12-01 04:20:00"));
    assert_int_equal(clean_trip(&clean, &days, &raw, &c), TLC_RULE_NONE);
    assert_true(!c.out_by_moment && c.out_by_wall);
    raw.zoned = 0;
    assert_int_equal(clean_trip(&clean, &days, &raw, &c), TLC_RULE_NONE);
    assert_true(!c.out_by_moment && !c.out_by_wall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(times__doubled_and_skipped_hour__shortest_trip_that_fits, set_up),
        cmocka_unit_test_setup(times__days_of_change__as_libc_has_them, set_up),
        cmocka_unit_test_setup(rules__one_fault_each__that_rule, set_up),
        cmocka_unit_test_setup(levels__outside_of_the_format__rejected_whatever_is_allowed, set_up),
        cmocka_unit_test_setup(levels__wrong_rule__usage_error, set_up),
        cmocka_unit_test_setup(flags__odd_but_true__kept_and_counted, set_up),
        cmocka_unit_test_setup(fhv__no_end__one_event, set_up),
        cmocka_unit_test_setup(places__cell_name_and_point__in_this_order, set_up),
        cmocka_unit_test_setup(zoned__doubled_hour__the_moment_decides, set_up),
        cmocka_unit_test_setup(zoned__edge_of_the_month__both_readings_compared, set_up),
        cmocka_unit_test_setup(points__zero_and_far__unknown_and_outside, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
