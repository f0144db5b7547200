#include "common/base/retry.h"
#include "consumer-process/trips.h"
#include "tests/support/unit.h"

static struct trip trip_of(uint32_t row)
{
    return (struct trip){.at_s = row * 10, .offset = row * 3, .row = row, .zone_id = 7};
}

static void empty__find_and_walk__nothing(void **state)
{
    (void)state;
    struct trips t;
    uint32_t at = 0;
    trips_init(&t, 10);
    assert_null(trips_find(&t, 1));
    assert_null(trips_next(&t, &at));
    trips_release(&t);
}

static void put__beyond_the_maximum__refused(void **state)
{
    (void)state;
    struct trips t;
    trips_init(&t, 100);
    for (uint32_t row = 1; row <= 100; row++) {
        struct trip one = trip_of(row);
        assert_true(trips_put(&t, &one));
    }
    struct trip more = trip_of(101);
    assert_false(trips_put(&t, &more));
    assert_int_equal(t.n, 100);
    trips_take(&t, trips_find(&t, 50));
    assert_true(trips_put(&t, &more));
    trips_release(&t);
}

/* Against a plain array, rows close together so that they share probes. */
static void any_puts_and_takes__equal_to_an_array(void **state)
{
    (void)state;
    enum { ROWS = 700 };
    for (uint64_t seed = 1; seed <= 20; seed++) {
        uint64_t rng = seed;
        bool there[ROWS + 1] = {false};
        uint32_t n = 0;
        struct trips t;
        trips_init(&t, ROWS);
        for (int i = 0; i < 5000; i++) {
            uint32_t row = 1 + (uint32_t)(tlc_random_next(&rng) % ROWS);
            struct trip *found = trips_find(&t, row);
            assert_int_equal(found != NULL, there[row]);
            if (found) {
                assert_int_equal(found->at_s, row * 10);
                trips_take(&t, found);
                n--;
            } else {
                struct trip one = trip_of(row);
                assert_true(trips_put(&t, &one));
                n++;
            }
            there[row] = !there[row];
            assert_int_equal(t.n, n);
        }
        trips_release(&t);
    }
}

static void walk__taking_every_second__sees_each_once(void **state)
{
    (void)state;
    enum { ROWS = 1000 };
    int seen[ROWS + 1] = {0};
    struct trips t;
    trips_init(&t, ROWS);
    for (uint32_t row = 1; row <= ROWS; row++) {
        struct trip one = trip_of(row);
        assert_true(trips_put(&t, &one));
    }
    struct trip *found;
    for (uint32_t at = 0; (found = trips_next(&t, &at));) {
        if (found->row % 2 == 0) {
            seen[found->row]++;
            trips_take(&t, found);
            at--;
        }
    }
    for (uint32_t row = 1; row <= ROWS; row++) {
        assert_int_equal(seen[row], row % 2 == 0);
        assert_int_equal(trips_find(&t, row) != NULL, row % 2 == 1);
    }
    assert_int_equal(t.n, ROWS / 2);
    trips_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty__find_and_walk__nothing),
        cmocka_unit_test(put__beyond_the_maximum__refused),
        cmocka_unit_test(any_puts_and_takes__equal_to_an_array),
        cmocka_unit_test(walk__taking_every_second__sees_each_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
