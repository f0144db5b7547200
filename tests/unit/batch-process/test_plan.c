#include "batch-process/plan.h"
#include "tests/support/unit.h"

static void add(struct plan *p, int32_t owner, int64_t start, const char *touched_at)
{
    struct period period = {.kind = PERIOD_DAY, .owner = owner, .start = start};
    snprintf(period.touched_at, sizeof(period.touched_at), "%s", touched_at);
    assert_true(plan_add(p, &period));
}

static void plan_sort__same_day_twice__keeps_the_one_with_its_mark(void **state)
{
    (void)state;
    struct plan p;
    plan_init(&p);
    add(&p, 2202401, 9, "");
    add(&p, 1202401, 8, "");
    add(&p, 1202401, 7, "");
    add(&p, 1202401, 8, "2024-01-15 00:00:00.5-05");
    add(&p, 1202401, 8, "");
    plan_sort(&p);
    assert_int_equal(p.n, 3);
    assert_int_equal(p.v[0].start, 7);
    assert_int_equal(p.v[1].start, 8);
    assert_string_equal(p.v[1].touched_at, "2024-01-15 00:00:00.5-05");
    assert_int_equal(p.v[2].owner, 2202401);
    plan_release(&p);
}

static void plan_sort__nothing_or_one__stays(void **state)
{
    (void)state;
    struct plan p;
    plan_init(&p);
    plan_sort(&p);
    assert_int_equal(p.n, 0);
    add(&p, 1, 1, "");
    plan_sort(&p);
    assert_int_equal(p.n, 1);
    plan_release(&p);
}

static void plan_sort__thousands__sorted_and_each_once(void **state)
{
    (void)state;
    struct plan p;
    plan_init(&p);
    for (int64_t i = 0; i < 6000; i++) {
        add(&p, (int32_t)(i * 7919 % 4), i * 7919 % 500, "");
    }
    plan_sort(&p);
    for (size_t i = 1; i < p.n; i++) {
        assert_true(p.v[i - 1].owner < p.v[i].owner ||
                    (p.v[i - 1].owner == p.v[i].owner && p.v[i - 1].start < p.v[i].start));
    }
    assert_int_equal(p.n, 500); /* 4 divides 500, so a date has one owner */
    plan_release(&p);
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
        cmocka_unit_test(plan_sort__same_day_twice__keeps_the_one_with_its_mark),
        cmocka_unit_test(plan_sort__nothing_or_one__stays),
        cmocka_unit_test(plan_sort__thousands__sorted_and_each_once),
        cmocka_unit_test(plan_range_params__open_bound__is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
