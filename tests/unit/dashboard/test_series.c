#include "common/event/ny_time.h"
#include "dashboard/series.h"
#include "tests/unit/dashboard/unit.h"

/* 2024-03-10 00:00 EST: a day of 23 hours; 2024-11-03 00:00 EDT: one of 25. */
#define SPRING_S INT64_C(1710046800)
#define AUTUMN_S INT64_C(1730606400)
#define YELLOW_2024_11 1202411

static struct windows windows;

static int set_up(void **state)
{
    (void)state;
    windows_init(&windows);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    windows_release(&windows);
    return 0;
}

static void put(struct spec spec)
{
    spec.revision = spec.revision != 0 ? spec.revision : 1;
    struct window w = unit_window(&spec);
    int64_t replaces;
    assert_int_equal(windows_judge(&windows, &w, 1, &replaces), WINDOWS_STORE);
    assert_true(windows_put(&windows, &w, 1));
    window_release(&w);
}

static void clock_at(int32_t source, int64_t at_s)
{
    const struct window_progress p = {
        .source = source, .position = at_s, .watermark_s = at_s - 7200, .max_event_s = at_s};
    assert_true(windows_progress_put(&windows, &p));
}

static void day_before__same_wall_clock_over_both_changes(void **state)
{
    (void)state;
    const struct {
        int64_t at_s, before_s;
    } cases[] = {
        {JAN_1_S, JAN_1_S - 24 * HOUR},
        {SPRING_S + 12 * HOUR, SPRING_S - 11 * HOUR}, /* 13:00 EDT -> 13:00 EST */
        {SPRING_S + 23 * HOUR, SPRING_S},             /* midnights: 23 hours apart */
        {AUTUMN_S + 12 * HOUR, AUTUMN_S - 13 * HOUR}, /* 11:00 EST -> 11:00 EDT */
        {AUTUMN_S + 25 * HOUR, AUTUMN_S},             /* midnights: 25 hours apart */
        {SPRING_S + 25 * HOUR, SPRING_S + 2 * HOUR},  /* 02:00 EDT, a time that day skipped */
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        assert_int_equal(series_day_before_s(cases[i].at_s), cases[i].before_s);
    }
}

/* One start an hour, one trip an hour that ends 30 minutes later: under way is 0 at each end. */
static void fill_hours(int32_t source, int64_t from_s, int hours)
{
    for (int i = 0; i < hours; i++) {
        put((struct spec){.source = source,
                          .start_s = from_s + i * HOUR,
                          .starts = 1,
                          .ends = 1,
                          .matched = 1,
                          .ride_min = 7});
    }
    clock_at(source, from_s + hours * HOUR - 1);
}

static void days_of_23_and_25_hours__hours_and_figures_whole(void **state)
{
    (void)state;
    const struct {
        int32_t source;
        int64_t day_s;
        int hours;
    } cases[] = {{YELLOW_2024_03, SPRING_S, 23}, {YELLOW_2024_11, AUTUMN_S, 25}};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        fill_hours(cases[i].source, cases[i].day_s, cases[i].hours);
        const struct windows_filter f = {.source = cases[i].source};
        int64_t clock_s = windows_clock_s(&windows, &f);
        assert_int_equal(tlc_ny_day_start_s(clock_s), cases[i].day_s);
        struct series s;
        assert_true(series_make(&windows, &f, &s));
        assert_int_equal(s.n, cases[i].hours);
        struct series_figures figures;
        series_figures(&windows, &f, cases[i].day_s, clock_s + 1, &figures);
        assert_int_equal(figures.started, cases[i].hours);
        assert_int_equal(figures.completed, cases[i].hours);
        double mean[7][24];
        series_rhythm(&s, mean);
        for (int h = 0; h < 24; h++) { /* both are Sundays; in March 02:00 was not */
            assert_float_equal(mean[6][h], cases[i].hours == 23 && h == 2 ? -1 : 1, 1e-9);
        }
        series_release(&s);
    }
}

static void under_way__runs_over_hours_and_counts_expired_starts(void **state)
{
    (void)state;
    put((struct spec){.source = GREEN_2024_01, .start_s = JAN_1_S, .starts = 5});
    put((struct spec){.source = GREEN_2024_01,
                      .start_s = JAN_1_S + HOUR,
                      .starts = 1,
                      .ends = 3,
                      .matched = 3,
                      .ride_min = 50});
    struct spec expired = {.source = GREEN_2024_01, .start_s = JAN_1_S + 3 * HOUR};
    struct window w = unit_window(&expired);
    w.revision = 1;
    w.sums[WINDOW_EXPIRED_STARTS] = 2;
    assert_true(windows_put(&windows, &w, 1));
    clock_at(GREEN_2024_01, JAN_1_S + 3 * HOUR + 10);
    const struct windows_filter f = {.dataset = 2};
    struct series s;
    assert_true(series_make(&windows, &f, &s));
    const int64_t want[] = {5, 3, 3, 1};
    assert_int_equal(s.n, TLC_COUNT(want));
    for (size_t i = 0; i < s.n; i++) {
        assert_int_equal(s.hours[i].under_way, want[i]);
    }
    struct series_figures figures;
    series_figures(&windows, &f, JAN_1_S + HOUR, JAN_1_S + 2 * HOUR, &figures);
    assert_int_equal(figures.under_way, 3);
    assert_int_equal(figures.started, 1);
    series_release(&s);
}

static void filter__takes_its_sources_only(void **state)
{
    (void)state;
    put((struct spec){.source = GREEN_2024_01, .start_s = JAN_1_S, .starts = 5});
    put((struct spec){.source = YELLOW_2024_03, .start_s = SPRING_S, .starts = 7});
    clock_at(GREEN_2024_01, JAN_1_S + 60);
    clock_at(YELLOW_2024_03, SPRING_S + 60);
    const struct {
        struct windows_filter f;
        int64_t started, clock_s;
    } cases[] = {{{.dataset = 0}, 12, SPRING_S + 60},
                 {{.dataset = 2}, 5, JAN_1_S + 60},
                 {{.dataset = 1}, 7, SPRING_S + 60},
                 {{.source = GREEN_2024_01}, 5, JAN_1_S + 60},
                 {{.dataset = 4}, 0, 0}};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct series_figures figures;
        series_figures(&windows, &cases[i].f, 0, INT64_MAX / 2, &figures);
        assert_int_equal(figures.started, cases[i].started);
        assert_int_equal(windows_clock_s(&windows, &cases[i].f), cases[i].clock_s);
    }
}

static void places__span_zone_and_ties(void **state)
{
    (void)state;
    const struct {
        uint16_t from, to;
        uint32_t n;
        int64_t hour;
    } rows[] = {{10, 20, 3, 0}, {11, 20, 3, 5}, {12, 21, 9, 5}, {10, 21, 3, 5}};
    for (size_t i = 0; i < TLC_COUNT(rows); i++) {
        put((struct spec){.source = GREEN_2024_01,
                          .start_s = JAN_1_S + rows[i].hour * HOUR + (int64_t)i * QUARTER,
                          .from = rows[i].from,
                          .to = rows[i].to,
                          .starts = rows[i].n,
                          .ends = rows[i].n,
                          .matched = rows[i].n,
                          .ride_min = 10});
    }
    clock_at(GREEN_2024_01, JAN_1_S + 6 * HOUR - 1);
    struct series_places p;
    struct windows_filter f = {.span = WINDOWS_HOUR};
    assert_true(series_places(&windows, &f, &p));
    assert_int_equal(p.top_n, 3);
    assert_int_equal(p.top[0].from, 12);
    assert_int_equal(p.top[1].from, 10); /* equal counts: the lower pair first */
    assert_int_equal(p.top[2].from, 11);
    assert_int_equal(p.pickups[10], 3);
    assert_int_equal(p.dropoffs[20], 3);
    f.span = WINDOWS_ALL;
    f.zone = 20;
    assert_true(series_places(&windows, &f, &p));
    assert_int_equal(p.top_n, 2);
    assert_int_equal(p.pickups[10], 6);
    assert_int_equal(p.top[0].ride_s, 3 * 600);
    f.span = WINDOWS_SIX_HOURS;
    assert_true(series_places(&windows, &f, &p));
    assert_int_equal(p.pickups[10], 6);
}

static void quantile__linear_within_its_minute(void **state)
{
    (void)state;
    int64_t bins[WINDOW_BINS] = {0};
    assert_int_equal(series_quantile_s(bins, 0.5), 0);
    bins[10] = 4;
    assert_int_equal(series_quantile_s(bins, 0.5), 630);
    bins[0] = 4;
    assert_int_equal(series_quantile_s(bins, 0.5), 60);
    assert_int_equal(series_quantile_s(bins, 1), 660);
    bins[60] = 100;
    assert_int_equal(series_quantile_s(bins, 0.9), 3600);
}

static void provisional__until_final(void **state)
{
    (void)state;
    put((struct spec){.source = GREEN_2024_01, .start_s = JAN_1_S, .starts = 1, .final = true});
    put((struct spec){.source = GREEN_2024_01, .start_s = JAN_1_S + 5 * HOUR, .starts = 1});
    clock_at(GREEN_2024_01, JAN_1_S + 5 * HOUR + 60); /* watermark: 03:01 */
    const struct windows_filter f = {.source = GREEN_2024_01};
    struct series s;
    assert_true(series_make(&windows, &f, &s));
    const bool want[] = {false, false, false, true, true, true};
    assert_int_equal(s.n, TLC_COUNT(want));
    for (size_t i = 0; i < s.n; i++) {
        assert_int_equal(s.hours[i].provisional, want[i]);
    }
    series_release(&s);
    put((struct spec){.source = GREEN_2024_01,
                      .start_s = JAN_1_S + 5 * HOUR,
                      .starts = 1,
                      .revision = 2,
                      .final = true});
    assert_true(series_make(&windows, &f, &s));
    for (size_t i = 0; i < s.n; i++) {
        assert_false(s.hours[i].provisional);
    }
    series_release(&s);
}

static void route__its_trips_of_today_by_hour_of_their_end(void **state)
{
    (void)state;
    const int64_t day_s = JAN_1_S + 24 * HOUR;
    const struct spec specs[] = {
        {.start_s = day_s - QUARTER, .starts = 9, .ends = 9, .matched = 9, .ride_min = 5},
        {.start_s = day_s, .starts = 4, .ends = 4, .matched = 4, .ride_min = 10},
        {.start_s = day_s + 2 * QUARTER, .starts = 3, .ends = 2, .matched = 2, .ride_min = 7},
        {.partition = 1, .start_s = day_s, .starts = 1, .ends = 1, .matched = 1, .ride_min = 3},
        {.start_s = day_s + QUARTER, .from = 7, .starts = 5, .ends = 5, .matched = 5},
        {.start_s = day_s + 2 * HOUR, .starts = 8, .ends = 8, .matched = 8, .ride_min = 1},
    };
    for (size_t i = 0; i < TLC_COUNT(specs); i++) {
        struct spec spec = specs[i];
        spec.source = GREEN_2024_01;
        put(spec);
    }
    clock_at(GREEN_2024_01, day_s + 2 * HOUR + 60);
    const struct windows_filter route = {.route_from = 74, .route_to = 75};
    struct series s;
    assert_true(series_route(&windows, &route, &s));
    assert_int_equal(s.first_s, day_s);
    assert_int_equal(s.n, 3);
    const int64_t trips[] = {7, 0, 8}, ride_s[] = {4 * 600 + 2 * 420 + 180, 0, 8 * 60};
    for (size_t i = 0; i < s.n; i++) {
        assert_int_equal(s.hours[i].completed, trips[i]);
        assert_int_equal(s.hours[i].ride_s, ride_s[i]);
        assert_int_equal(s.hours[i].starts, 0);
    }
    series_release(&s);
    const struct windows_filter other = {.route_from = 75, .route_to = 74};
    assert_true(series_route(&windows, &other, &s));
    assert_int_equal(s.hours[0].completed, 0);
    series_release(&s);
    const struct windows_filter nothing = {
        .source = YELLOW_2024_03, .route_from = 1, .route_to = 1};
    assert_true(series_route(&windows, &nothing, &s));
    assert_int_equal(s.n, 0);
}

/* Trips of a partition, rows first to first + n - 1, each a minute behind the one before. */
static void longest_told(int32_t source, int32_t partition, int64_t first_s, int64_t first,
                         size_t n)
{
    struct window_progress p = {.source = source,
                                .partition = partition,
                                .position = first_s,
                                .max_event_s = first_s,
                                .longest_told = true,
                                .longest_n = n};
    for (size_t i = 0; i < n; i++) {
        p.longest[i] = (struct window_trip){first + (int64_t)i, first_s + (int64_t)i * 60, 74};
    }
    assert_true(windows_progress_put(&windows, &p));
}

static void longest__merged_over_partitions_and_sources(void **state)
{
    (void)state;
    const struct windows_filter all = {.dataset = 0}, green = {.source = GREEN_2024_01};
    struct window_trip trips[WINDOW_LONGEST_MAX];
    size_t n;
    assert_true(series_longest(&windows, &all, trips, &n)); /* no source: nothing to tell */
    assert_int_equal(n, 0);
    put((struct spec){.source = GREEN_2024_01, .start_s = JAN_1_S, .starts = 30});
    clock_at(GREEN_2024_01, JAN_1_S + 5);
    assert_false(series_longest(&windows, &all, trips, &n)); /* not told */
    longest_told(GREEN_2024_01, 0, JAN_1_S + 30, 100, 8);
    longest_told(GREEN_2024_01, 1, JAN_1_S, 200, 6);
    put((struct spec){.source = YELLOW_2024_03, .start_s = SPRING_S, .starts = 3});
    longest_told(YELLOW_2024_03, 0, SPRING_S, 300, 1);
    assert_true(series_longest(&windows, &all, trips, &n));
    assert_int_equal(n, WINDOW_LONGEST_MAX);
    const int64_t ids[WINDOW_LONGEST_MAX] = {200, 100, 201, 101, 202, 102, 203, 103, 204, 104};
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(trips[i].trip_id, ids[i]);
    }
    const struct windows_filter yellow = {.source = YELLOW_2024_03};
    assert_true(series_longest(&windows, &yellow, trips, &n));
    assert_int_equal(n, 1);
    assert_int_equal(trips[0].trip_id, 300);
    put((struct spec){
        .source = GREEN_2024_01, .start_s = JAN_1_S, .starts = 30, .revision = 2, .final = true});
    assert_true(series_longest(&windows, &green, trips, &n)); /* its trips have ended or expired */
    assert_int_equal(n, 0);
}

static void nothing__no_series(void **state)
{
    (void)state;
    const struct windows_filter f = {.dataset = 0};
    struct series s;
    assert_true(series_make(&windows, &f, &s));
    assert_int_equal(s.n, 0);
    clock_at(GREEN_2024_01, JAN_1_S); /* a clock without a window */
    assert_true(series_make(&windows, &f, &s));
    assert_int_equal(s.n, 0);
    series_release(&s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(day_before__same_wall_clock_over_both_changes),
        TEST(days_of_23_and_25_hours__hours_and_figures_whole),
        TEST(under_way__runs_over_hours_and_counts_expired_starts),
        TEST(filter__takes_its_sources_only),
        TEST(places__span_zone_and_ties),
        TEST(quantile__linear_within_its_minute),
        TEST(provisional__until_final),
        TEST(route__its_trips_of_today_by_hour_of_their_end),
        TEST(longest__merged_over_partitions_and_sources),
        TEST(nothing__no_series),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
