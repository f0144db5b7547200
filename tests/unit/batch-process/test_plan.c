#include "batch-process/plan.h"
#include "tests/support/unit.h"

static void plan_add__thousands__keeps_their_order(void **state)
{
    (void)state;
    struct plan p;
    plan_init(&p);
    for (int64_t i = 0; i < 6000; i++) {
        struct period period = {.kind = PERIOD_DAY, .owner = 1202401, .start = i};
        assert_true(plan_add(&p, &period));
    }
    assert_int_equal(p.n, 6000);
    for (size_t i = 0; i < p.n; i++) {
        assert_int_equal(p.v[i].start, i);
    }
    plan_release(&p);
    assert_int_equal(p.n, 0);
}

static void plan_range_params__open_bound__is_null(void **state)
{
    (void)state;
    char text[2][DATE_TEXT_N];
    const char *params[2];
    struct range r = {.has_from = true, .from = 19737};
    plan_range_params(&r, text, params);
    assert_string_equal(params[0], "2024-01-15");
    assert_null(params[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_add__thousands__keeps_their_order),
        cmocka_unit_test(plan_range_params__open_bound__is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
