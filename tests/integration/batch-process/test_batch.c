/* Runs of batch-process over made-up rows, compared with an oracle that knows no periods. */
#include "batch-process/make.h"
#include "batch-process/plan.h"
#include "batch_test.h"

static int setup(void **state)
{
    static struct batch_test t;
    batch_test_open(&t, "batch");
    *state = &t;
    return 0;
}

static int teardown(void **state)
{
    batch_test_close(*state);
    return 0;
}

/* Days, weeks and months of the newest run. */
static const char *last_run(struct batch_test *t)
{
    return pg_text(t->db.pg,
                   "SELECT concat_ws(' ', days, weeks, months) || coalesce(' ' || error, '')"
                   " FROM batch_run ORDER BY run_id DESC LIMIT 1");
}

static void sample_add(struct batch_test *t)
{
    batch_test_do(t,
                  "SELECT trips_add(%d, 1, 350, 1), trips_add(%d, 1, 350, 1),"
                  " trips_add(%d, 1, 350, 1), trips_add(%d, 1, 200, 1)",
                  SOURCE_MARCH, SOURCE_APRIL, SOURCE_NOVEMBER, SOURCE_LIVE);
}

static void run__months_and_a_live_source__equals_the_oracle(void **state)
{
    struct batch_test *t = *state;
    sample_add(t);
    batch_test_run(t, NULL, NULL, false);
    batch_test_equals_oracle(t);
    assert_int_equal(batch_test_number(t, "SELECT count(*) FROM dirty_day"), 0);
    assert_int_equal(batch_test_number(t, "SELECT count(*) FROM batch_todo"), 0);
    assert_int_equal(batch_test_number(t, "SELECT count(*) FROM half_made"), 0);
    assert_true(batch_test_number(t, "SELECT sum(orphan_ends) FROM day_total WHERE zone_id = 0") >
                25);
    assert_true(
        batch_test_number(t, "SELECT sum(expired_starts) FROM day_total WHERE zone_id = 0") > 25);
}

static void run__nothing_changed__makes_nothing(void **state)
{
    struct batch_test *t = *state;
    sample_add(t);
    batch_test_run(t, NULL, NULL, false);
    batch_test_do(t, "SELECT trips_add(%d, 1, 300, 1)", SOURCE_MARCH); /* the same rows again */
    batch_test_run(t, NULL, NULL, false);
    assert_string_equal(last_run(t), "0 0 0");
}

static void run__all__changes_nothing_that_was_right(void **state)
{
    struct batch_test *t = *state;
    sample_add(t);
    batch_test_run(t, NULL, NULL, false);
    batch_test_do(t, "CREATE TABLE before AS SELECT * FROM day_stat");
    batch_test_run(t, NULL, NULL, true);
    batch_test_equals_oracle(t);
    assert_int_equal(
        batch_test_number(t, "SELECT count(*) FROM (TABLE before EXCEPT ALL TABLE day_stat) d"), 0);
}

static void run__late_end__makes_its_day_the_next_and_their_week_and_month(void **state)
{
    struct batch_test *t = *state;
    for (int day = 1; day <= 28; day++) {
        batch_test_do(t, "SELECT start_add(%d%09d, '2024-04-%02d 15:00-04', 5)", SOURCE_APRIL, day,
                      day);
    }
    batch_test_do(t, "SELECT start_add(%d000009001, '2024-04-10 13:00-04', 5)", SOURCE_APRIL);
    batch_test_run(t, NULL, NULL, false);
    int64_t expired = batch_test_number(
        t,
        "SELECT expired_starts FROM day_total WHERE source_id = %d AND zone_id = 5"
        " AND day = '2024-04-11'",
        SOURCE_APRIL);
    batch_test_do(t, "SELECT end_add(%d000009001, '2024-04-10 13:20-04', 6)", SOURCE_APRIL);
    batch_test_run(t, NULL, NULL, false);
    batch_test_equals_oracle(t);
    assert_string_equal(last_run(t), "2 1 1");
    assert_int_equal(
        batch_test_number(
            t,
            "SELECT coalesce(sum(expired_starts), 0) FROM day_total WHERE source_id = %d"
            " AND zone_id = 5 AND day = '2024-04-11'",
            SOURCE_APRIL),
        expired - 1);
}

static void run__late_trip_within_a_day__makes_that_day_only(void **state)
{
    struct batch_test *t = *state;
    for (int day = 1; day <= 28; day++) {
        batch_test_do(t, "SELECT start_add(%d%09d, '2024-04-%02d 23:00-04', 5)", SOURCE_APRIL, day,
                      day);
        batch_test_do(t, "SELECT end_add(%d%09d, '2024-04-%02d 00:30-04', 5)", SOURCE_APRIL, day,
                      day + 1);
    }
    batch_test_run(t, NULL, NULL, false);
    batch_test_do(t,
                  "SELECT start_add(%d000009001, '2024-04-10 13:00-04', 5), end_add(%d000009001, "
                  "'2024-04-10 13:20-04', 6)",
                  SOURCE_APRIL, SOURCE_APRIL);
    batch_test_run(t, NULL, NULL, false);
    batch_test_equals_oracle(t);
    assert_string_equal(last_run(t), "1 1 1");
    batch_test_do(t, "SELECT start_add(%d000009002, '2024-04-10 23:59-04', 5)", SOURCE_APRIL);
    batch_test_run(t, NULL, NULL, false);
    batch_test_equals_oracle(t);
    assert_string_equal(last_run(t), "2 1 1");
}

static void run__late_rows_of_all_kinds__equals_the_oracle(void **state)
{
    struct batch_test *t = *state;
    sample_add(t);
    batch_test_run(t, NULL, NULL, false);
    for (int part = 0; part < 4; part++) {
        batch_test_do(t, "SELECT trips_add(%d, %d, %d, 1), trips_add(%d, %d, %d, 1)", SOURCE_MARCH,
                      2000 + part * 3, 2002 + part * 3, SOURCE_NOVEMBER, 2000 + part * 3,
                      2002 + part * 3);
        batch_test_run(t, NULL, NULL, false);
        batch_test_equals_oracle(t);
    }
}

static void run__end_before_its_start_comes_late__moves_where_the_start_is_booked(void **state)
{
    struct batch_test *t = *state;
    batch_test_do(t, "SELECT start_add(%d000000001, '2024-04-20 13:00-04', 5)", SOURCE_APRIL);
    batch_test_run(t, NULL, NULL, false);
    batch_test_equals_oracle(t);
    batch_test_do(t, "SELECT end_add(%d000000001, '2024-04-10 13:00-04', 5)", SOURCE_APRIL);
    batch_test_run(t, NULL, NULL, false);
    batch_test_equals_oracle(t);
    assert_int_equal(batch_test_number(t,
                                       "SELECT expired_starts FROM day_total WHERE zone_id = 0 AND"
                                       " day = '2024-04-20'"),
                     1);
}

static void run__day_before_the_clock_goes_forward__reaches_two_days_on(void **state)
{
    struct batch_test *t = *state;
    /* 23:30 and 24 h is 00:30 of the day after next: the day between has 23 hours. */
    batch_test_do(t, "SELECT start_add(%d000000001, '2024-03-09 23:30-05', 5)", SOURCE_MARCH);
    batch_test_run(t, NULL, NULL, false);
    assert_string_equal(pg_text(t->db.pg, "SELECT day FROM day_total WHERE zone_id = 0 AND"
                                          " expired_starts = 1"),
                        "2024-03-11");
    batch_test_do(t, "SELECT end_add(%d000000001, '2024-03-09 23:40-05', 5)", SOURCE_MARCH);
    batch_test_run(t, NULL, NULL, false);
    batch_test_equals_oracle(t);
    assert_int_equal(
        batch_test_number(t, "SELECT count(*) FROM day_total WHERE day > '2024-03-09'"), 0);
}

static void run__days_of_a_changing_clock__have_23_and_24_hours_on_the_clock(void **state)
{
    struct batch_test *t = *state;
    batch_test_do(t,
                  "SELECT count(start_add(%d000000000 + n, timestamptz '2024-03-10 00:10-05' + n * "
                  "interval '1 hour', 1)) FROM generate_series(0, 30) n",
                  SOURCE_MARCH);
    batch_test_do(t,
                  "SELECT count(start_add(%d000000000 + n, timestamptz '2024-11-03 00:10-04' + n * "
                  "interval '1 hour', 1)) FROM generate_series(0, 30) n",
                  SOURCE_NOVEMBER);
    batch_test_run(t, NULL, NULL, false);
    batch_test_equals_oracle(t);
    static const char hours[] = "SELECT string_agg(hour || ':' || starts, ' ' ORDER BY hour) FROM "
                                "day_stat WHERE starts > 0 AND day = '%s'";
    char sql[256];
    snprintf(sql, sizeof(sql), hours, "2024-03-10");
    assert_string_equal(pg_text(t->db.pg, sql),
                        "0:1 1:1 3:1 4:1 5:1 6:1 7:1 8:1 9:1 10:1 11:1 12:1 13:1 14:1 15:1 16:1 "
                        "17:1 18:1 19:1 20:1 21:1 22:1 23:1");
    snprintf(sql, sizeof(sql), hours, "2024-11-03");
    assert_string_equal(pg_text(t->db.pg, sql),
                        "0:1 1:2 2:1 3:1 4:1 5:1 6:1 7:1 8:1 9:1 10:1 11:1 12:1 13:1 14:1 15:1 "
                        "16:1 17:1 18:1 19:1 20:1 21:1 22:1 23:1");
}

static void run__month_dropped_and_loaded_again_with_less__equals_the_oracle(void **state)
{
    struct batch_test *t = *state;
    sample_add(t);
    batch_test_run(t, NULL, NULL, false);
    batch_test_do(t, "SELECT month_drop(%d)", SOURCE_MARCH);
    batch_test_do(t, "SELECT trips_add(%d, 1, 20, 2)", SOURCE_MARCH);
    batch_test_run(t, NULL, NULL, false);
    batch_test_equals_oracle(t);
}

static void run__month_dropped__its_figures_go_and_only_they(void **state)
{
    struct batch_test *t = *state;
    sample_add(t);
    batch_test_run(t, NULL, NULL, false);
    int64_t days = batch_test_number(
        t, "SELECT count(*) FROM day_total WHERE zone_id = 0 AND source_id = %d", SOURCE_NOVEMBER);
    batch_test_do(t, "SELECT month_drop(%d)", SOURCE_NOVEMBER);
    batch_test_run(t, NULL, NULL, false);
    batch_test_equals_oracle(t);
    assert_int_equal(
        batch_test_number(t, "SELECT days FROM batch_run ORDER BY run_id DESC LIMIT 1"), days);
    assert_int_equal(batch_test_number(t, "SELECT count(*) FROM day_total WHERE source_id = %d",
                                       SOURCE_NOVEMBER),
                     0);
    assert_int_equal(batch_test_number(t, "SELECT count(*) FROM month_stat WHERE dataset = 2"), 0);
    batch_test_run(t, NULL, NULL, false);
    assert_string_equal(last_run(t), "0 0 0");
}

static void run__month_truncated__its_figures_go(void **state)
{
    struct batch_test *t = *state;
    sample_add(t);
    batch_test_run(t, NULL, NULL, false);
    batch_test_do(t, "TRUNCATE trip_end_%d", SOURCE_MARCH);
    batch_test_run(t, NULL, NULL, false);
    batch_test_equals_oracle(t);
}

static void run__range__makes_its_days_whether_they_changed_or_not(void **state)
{
    struct batch_test *t = *state;
    sample_add(t);
    batch_test_run(t, NULL, NULL, false);
    batch_test_do(
        t, "DELETE FROM trip_end WHERE at >= '2024-04-02 00:00-04' AND at < '2024-04-03 00:00-04'");
    batch_test_run(t, NULL, NULL, false);
    assert_string_equal(last_run(t), "0 0 0"); /* nothing says that rows have gone */
    batch_test_run(t, "2024-04-02", "2024-04-05", false);
    batch_test_equals_oracle(t);
    /* of the April file and of March's, which may reach so far */
    assert_string_equal(last_run(t), "6 1 1");
}

static void run__range__leaves_other_days_marked(void **state)
{
    struct batch_test *t = *state;
    batch_test_do(t, "SELECT trips_add(%d, 1, 900, 1)", SOURCE_APRIL);
    batch_test_run(t, "2024-04-01", "2024-04-03", false);
    assert_int_equal(batch_test_number(t, "SELECT count(DISTINCT day) FROM day_total"), 2);
    assert_int_equal(
        batch_test_number(
            t, "SELECT count(*) FROM dirty_day WHERE day IN ('2024-04-01', '2024-04-02')"),
        0);
    batch_test_run(t, NULL, NULL, false);
    batch_test_equals_oracle(t);
}

static void run__range_without_rows__makes_nothing_of_it(void **state)
{
    struct batch_test *t = *state;
    sample_add(t);
    batch_test_run(t, NULL, NULL, false);
    batch_test_run(t, "2031-01-01", "2031-02-01", false);
    assert_string_equal(last_run(t), "0 0 0");
    batch_test_equals_oracle(t);
}

static void make__row_stored_after_the_mark_was_read__keeps_the_mark(void **state)
{
    struct batch_test *t = *state;
    struct tlc_err err;
    struct plan plan;
    int64_t rows = 0;
    const struct range everything = {0};
    batch_test_do(t, "SELECT start_add(%d000000001, '2024-04-10 13:00-04', 5)", SOURCE_APRIL);
    batch_test_run(t, NULL, NULL, false);
    batch_test_do(t, "SELECT end_add(%d000000001, '2024-04-10 13:10-04', 5)", SOURCE_APRIL);
    plan_init(&plan);
    assert_int_equal(plan_load_days(&plan, t->batch.pg, &everything, &err), TLC_OK);
    assert_int_equal(plan.n, 1);
    batch_test_do(t, "SELECT start_add(%d000000002, '2024-04-10 14:00-04', 5)", SOURCE_APRIL);
    struct make make = {.pg = t->batch.pg, .run_id = 1, .routes = 20};
    assert_int_equal(make_period(&make, &plan.v[0], &rows, &err), TLC_RETRY); /* it has ended */
    batch_test_do(t, "UPDATE batch_run SET ended_at = NULL");
    assert_int_equal(make_period(&make, &plan.v[0], &rows, &err), TLC_OK);
    batch_test_do(t, "UPDATE batch_run SET ended_at = clock_timestamp()");
    assert_int_equal(batch_test_number(t, "SELECT count(*) FROM dirty_day"), 1);
    plan_release(&plan);
    batch_test_run(t, NULL, NULL, false);
    batch_test_equals_oracle(t);
    assert_int_equal(batch_test_number(t, "SELECT count(*) FROM dirty_day"), 0);
}

static void run__a_day_cannot_be_made__others_are_and_the_log_says_why(void **state)
{
    struct batch_test *t = *state;
    sample_add(t);
    struct tlc_err err;
    batch_test_do(t, "ALTER TABLE day_stat ADD CONSTRAINT refuses CHECK (day <> '2024-04-02')");
    assert_int_equal(batch_run(&t->batch, &err), TLC_OK);
    assert_int_equal(t->batch.refused, 1);
    assert_int_equal(batch_test_number(t, "SELECT count(*) FROM dirty_day"), 1);
    assert_int_equal(
        batch_test_number(
            t, "SELECT count(*) FROM batch_run WHERE error LIKE 'day 2024-04-02 of 1202404: %%'"),
        1);
    batch_test_do(t, "ALTER TABLE day_stat DROP CONSTRAINT refuses");
    batch_test_run(t, NULL, NULL, false);
    batch_test_equals_oracle(t);
    assert_int_equal(t->batch.refused, 0);
}

static void gaps__month_with_holes__are_listed(void **state)
{
    struct batch_test *t = *state;
    batch_test_do(t,
                  "SELECT count(start_add(%d000000000 + n, timestamptz '2024-04-01 12:00-04' + n * "
                  "interval '1 day', 1)) FROM generate_series(0, 25) n WHERE n NOT IN (3, 4, 17)",
                  SOURCE_APRIL);
    batch_test_run(t, NULL, NULL, false);
    static const char listed[] =
        "SELECT string_agg(to_char(day, 'DD'), ' ' ORDER BY day) FROM batch_gap";
    assert_string_equal(pg_text(t->db.pg, listed), "04 05 18");
    batch_test_do(t,
                  "UPDATE source SET closed_at = now()"); /* sent whole: the end is missing too */
    assert_string_equal(pg_text(t->db.pg, listed), "04 05 18 27 28 29 30");
    int64_t n = 0;
    struct tlc_err err;
    assert_int_equal(batch_gaps(&t->batch, &n, &err), TLC_OK);
    assert_int_equal(n, 7);
}

static void stream_batch_diff__only_what_was_late__is_listed(void **state)
{
    struct batch_test *t = *state;
    batch_test_do(t,
                  "SELECT start_add(%d000000001, '2024-04-10 13:05-04', 5),"
                  " start_add(%d000000002, '2024-04-10 13:20-04', 5),"
                  " end_add(%d000000001, '2024-04-10 23:59-04', 7)",
                  SOURCE_APRIL, SOURCE_APRIL, SOURCE_APRIL);
    batch_test_run(t, NULL, NULL, false);
    static const char diff[] =
        "SELECT string_agg(concat_ws(' ', source_id, day, zone_id, what, stream, batch), ', ') "
        "FROM "
        "stream_batch_diff('[{\"source\":1202404,\"start\":1712768400,\"starts\":[[5,%d]],\"ends\":"
        "[]},"
        "{\"source\":1202404,\"start\":1712807100,\"starts\":[],\"ends\":[[7,1]]}]')";
    char sql[512];
    snprintf(sql, sizeof(sql), diff, 2);
    assert_string_equal(pg_text(t->db.pg, sql), "");
    snprintf(sql, sizeof(sql), diff, 1);
    assert_string_equal(pg_text(t->db.pg, sql), "1202404 2024-04-10 5 starts 1 2");
    assert_string_equal(pg_text(t->db.pg, "SELECT count(*) FROM stream_batch_diff('[]')"), "2");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(run__months_and_a_live_source__equals_the_oracle),
        T(run__nothing_changed__makes_nothing),
        T(run__all__changes_nothing_that_was_right),
        T(run__late_end__makes_its_day_the_next_and_their_week_and_month),
        T(run__late_trip_within_a_day__makes_that_day_only),
        T(run__late_rows_of_all_kinds__equals_the_oracle),
        T(run__end_before_its_start_comes_late__moves_where_the_start_is_booked),
        T(run__day_before_the_clock_goes_forward__reaches_two_days_on),
        T(run__days_of_a_changing_clock__have_23_and_24_hours_on_the_clock),
        T(run__month_dropped_and_loaded_again_with_less__equals_the_oracle),
        T(run__month_dropped__its_figures_go_and_only_they),
        T(run__month_truncated__its_figures_go),
        T(run__range__makes_its_days_whether_they_changed_or_not),
        T(run__range__leaves_other_days_marked),
        T(run__range_without_rows__makes_nothing_of_it),
        T(make__row_stored_after_the_mark_was_read__keeps_the_mark),
        T(run__a_day_cannot_be_made__others_are_and_the_log_says_why),
        T(gaps__month_with_holes__are_listed),
        T(stream_batch_diff__only_what_was_late__is_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
