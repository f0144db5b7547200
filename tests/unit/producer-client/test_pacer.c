#include "tests/support/unit.h"

#include "producer-client/pacer.h"

#define T0 INT64_C(1704085200)

static void horizon__real_time__follows_the_clock(void **state)
{
    (void)state;
    struct pacer p;
    pacer_init(&p, 1);
    assert_true(pacer_horizon_s(&p, 5) == INT64_MAX); /* nothing to be ahead of yet */
    pacer_start(&p, T0, 1000);
    assert_int_equal(pacer_horizon_s(&p, 1000), T0);
    assert_int_equal(pacer_horizon_s(&p, 1999), T0);
    assert_int_equal(pacer_horizon_s(&p, 61000), T0 + 60);
}

static void start__twice__first_counts(void **state)
{
    (void)state;
    struct pacer p;
    pacer_init(&p, 10);
    pacer_start(&p, T0, 1000);
    pacer_start(&p, T0 + 500, 9000);
    assert_int_equal(pacer_horizon_s(&p, 2000), T0 + 10);
}

static void horizon__max__never_ends(void **state)
{
    (void)state;
    struct pacer p;
    pacer_init(&p, 0);
    pacer_start(&p, T0, 1000);
    assert_true(pacer_horizon_s(&p, 1000) == INT64_MAX);
    assert_int_equal(pacer_wait_ms(&p, T0 + 1000000, 1000), 0);
}

/* Issue: exact to 1 % over any minute. */
static void horizon__any_minute__within_a_hundredth(void **state)
{
    (void)state;
    static const double speeds[] = {0.5, 1, 60, 600, 3600, 86400, 1e6};
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
        struct pacer p;
        pacer_init(&p, speeds[i]);
        pacer_start(&p, T0, 12345);
        for (int64_t at = 12345; at < 12345 + 3600000; at += 7777) {
            double went = (double)(pacer_horizon_s(&p, at + 60000) - pacer_horizon_s(&p, at));
            double want = 60 * speeds[i];
            assert_true(went >= want * 0.99 - 1 && went <= want * 1.01 + 1);
        }
    }
}

static void wait__event_ahead__until_it_is_due(void **state)
{
    (void)state;
    struct pacer p;
    pacer_init(&p, 60);
    pacer_start(&p, T0, 0);
    assert_int_equal(pacer_wait_ms(&p, T0 + 60, 0), 1000);
    assert_int_equal(pacer_wait_ms(&p, T0 + 60, 400), 600);
    assert_int_equal(pacer_wait_ms(&p, T0 + 60, 1000), 0);
    assert_int_equal(pacer_wait_ms(&p, T0 - 999, 0), 0);
    /* When the wait is over, the event is due: a loop that waits so does not spin. */
    for (int64_t ahead = 1; ahead < 5000; ahead++) {
        int64_t wait = pacer_wait_ms(&p, T0 + ahead, 0);
        assert_true(pacer_horizon_s(&p, wait) >= T0 + ahead);
    }
}

static void pause__its_time__does_not_count(void **state)
{
    (void)state;
    struct pacer p;
    pacer_init(&p, 60);
    pacer_start(&p, T0, 0);
    pacer_pause(&p, 1000);
    pacer_pause(&p, 5000); /* again: nothing new */
    assert_true(pacer_horizon_s(&p, 9000) == INT64_MIN);
    assert_true(pacer_wait_ms(&p, T0, 9000) == INT64_MAX);
    pacer_resume(&p, 101000);
    pacer_resume(&p, 200000);
    assert_int_equal(pacer_horizon_s(&p, 101000), T0 + 60);
    assert_int_equal(pacer_horizon_s(&p, 102000), T0 + 120);
}

static void pause__before_the_first_event__starts_afterwards(void **state)
{
    (void)state;
    struct pacer p;
    pacer_init(&p, 1);
    pacer_pause(&p, 0);
    pacer_resume(&p, 5000);
    pacer_start(&p, T0, 6000);
    assert_int_equal(pacer_horizon_s(&p, 7000), T0 + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(horizon__real_time__follows_the_clock),
        cmocka_unit_test(start__twice__first_counts),
        cmocka_unit_test(horizon__max__never_ends),
        cmocka_unit_test(horizon__any_minute__within_a_hundredth),
        cmocka_unit_test(wait__event_ahead__until_it_is_due),
        cmocka_unit_test(pause__its_time__does_not_count),
        cmocka_unit_test(pause__before_the_first_event__starts_afterwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
