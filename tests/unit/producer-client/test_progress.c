#include "tests/support/unit.h"

#include "producer-client/progress.h"

static const char *render(struct progress_view v, bool bar, struct tlc_buf *out)
{
    tlc_buf_init(out, 1024);
    progress_render(&v, bar, out);
    return tlc_buf_cstr(out);
}

static void render__half_way__bar_rate_clock_left(void **state)
{
    (void)state;
    struct tlc_buf out;
    const struct progress_view v = {.events = 5000,
                                    .bytes_done = 50,
                                    .bytes_total = 100,
                                    .event_s = 1704086400,
                                    .elapsed_ms = 60000,
                                    .events_per_s = 1234.4};
    assert_string_equal(render(v, true, &out),
                        "[############............] done=50% events=5000 rate=1234/s "
                        "clock=2024-01-01T00:20 left=0:01:00");
    tlc_buf_release(&out);
}

static void render__pipe__no_bar_no_time_left(void **state)
{
    (void)state;
    struct tlc_buf out;
    const struct progress_view v = {.events = 1, .event_s = INT64_MIN, .waiting = true};
    assert_string_equal(render(v, true, &out), "events=1 rate=0/s waiting for the server");
    tlc_buf_release(&out);
    const struct progress_view paused = {.event_s = INT64_MIN, .paused = true, .waiting = true};
    assert_string_equal(render(paused, false, &out), "events=0 rate=0/s paused");
    tlc_buf_release(&out);
}

static void render__all_done__full_bar(void **state)
{
    (void)state;
    struct tlc_buf out;
    const struct progress_view v = {
        .bytes_done = 7, .bytes_total = 7, .event_s = INT64_MIN, .elapsed_ms = 1};
    assert_non_null(strstr(render(v, true, &out), "[########################] done=100%"));
    tlc_buf_release(&out);
}

static void step__before_its_time__keeps_still(void **state)
{
    (void)state;
    struct progress p;
    progress_init(&p, "lines", 1000);
    struct progress_view v = {.events = 100, .event_s = INT64_MIN};
    progress_step(&p, &v, 1500);
    assert_int_equal(p.last_events, 0);
    progress_step(&p, &v, 11000);
    assert_int_equal(p.last_events, 100);
    assert_true(v.events_per_s > 9.9 && v.events_per_s < 10.1);
    v.events = 300; /* 20 a second now: the shown rate follows smoothly */
    progress_step(&p, &v, 21000);
    assert_true(v.events_per_s > 12 && v.events_per_s < 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(render__half_way__bar_rate_clock_left),
        cmocka_unit_test(render__pipe__no_bar_no_time_left),
        cmocka_unit_test(render__all_done__full_bar),
        cmocka_unit_test(step__before_its_time__keeps_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
