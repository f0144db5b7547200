#include "consumer-process/longest.h"

#include "tests/support/unit.h"

static void put(struct trips *t, uint32_t row, int64_t at_s, uint16_t zone)
{
    const struct trip trip = {.at_s = at_s, .row = row, .zone_id = zone, .offset = row};
    assert_true(trips_put(t, &trip));
}

static void no_trip__nothing_found(void **state)
{
    (void)state;
    struct trips open;
    struct trip found[LONGEST_MAX];
    trips_init(&open, 10);
    assert_int_equal(longest_find(&open, found), 0);
    trips_release(&open);
}

static void few_trips__in_order_of_start_then_row(void **state)
{
    (void)state;
    struct trips open;
    struct trip found[LONGEST_MAX];
    trips_init(&open, 10);
    put(&open, 9, 300, 74);
    put(&open, 7, 100, 75);
    put(&open, 8, 300, 76);
    assert_int_equal(longest_find(&open, found), 3);
    assert_int_equal(found[0].row, 7);
    assert_int_equal(found[1].row, 8);
    assert_int_equal(found[2].row, 9);
    assert_int_equal(found[1].zone_id, 76);
    trips_release(&open);
}

static int by_start(const void *a, const void *b)
{
    const struct trip *x = a, *y = b;
    return x->at_s != y->at_s ? (x->at_s < y->at_s ? -1 : 1)
                              : (x->row > y->row) - (x->row < y->row);
}

static void many_trips__the_first_ten_of_all(void **state)
{
    (void)state;
    enum { N = 5000 };
    struct trips open;
    static struct trip all[N];
    struct trip found[LONGEST_MAX];
    trips_init(&open, N);
    uint32_t x = 1;
    for (uint32_t row = 1; row <= N; row++) {
        x = x * 1664525u + 1013904223u;
        all[row - 1] = (struct trip){.at_s = x >> 20, .row = row, .zone_id = 1};
        put(&open, row, all[row - 1].at_s, 1);
    }
    qsort(all, N, sizeof all[0], by_start);
    assert_int_equal(longest_find(&open, found), LONGEST_MAX);
    for (size_t i = 0; i < LONGEST_MAX; i++) {
        assert_int_equal(found[i].row, all[i].row);
    }
    trips_take(&open, trips_find(&open, all[0].row));
    assert_int_equal(longest_find(&open, found), LONGEST_MAX);
    assert_int_equal(found[0].row, all[1].row);
    assert_int_equal(found[LONGEST_MAX - 1].row, all[LONGEST_MAX].row);
    trips_release(&open);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_trip__nothing_found),
        cmocka_unit_test(few_trips__in_order_of_start_then_row),
        cmocka_unit_test(many_trips__the_first_ten_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
