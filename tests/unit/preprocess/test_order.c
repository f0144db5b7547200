#include "tests/support/unit.h"

#include "preprocess/order.h"

static uint64_t seed = 1;

static uint32_t random_below(uint32_t n)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)((seed >> 33) % n);
}

static void put_trip(struct order *o, int64_t start_s, int64_t end_s, bool skip)
{
    const size_t slot = o->slots_n++;
    struct cleaned c = {.start_s = start_s, .end_s = end_s, .has_end = end_s >= 0};
    c.trip.pu_zone = 1;
    c.trip.do_zone = 2;
    if (skip) {
        order_skip(o, slot);
        return;
    }
    order_put(o, slot, &c);
    order_note(o, start_s < end_s || end_s < 0 ? start_s : end_s, start_s > end_s ? start_s : end_s,
               c.has_end ? 2 : 1);
}

/* All events in bucket order must rise, and be as many as were put. */
static void assert_sorted(struct order *o)
{
    struct tlc_err err;
    struct tlc_event last = {0};
    int64_t events_n = 0;
    size_t hint = 0;
    const int64_t expected = o->events_n;
    assert_int_equal(order_sort(o, &err), 0);
    for (size_t b = 0; b < o->buckets_n; b++) {
        size_t n;
        const uint64_t *keys = order_bucket(o, b, &n);
        for (size_t i = 0; i < n; i++) {
            struct tlc_event e;
            order_event(o, keys[i], &hint, &e);
            assert_true(events_n == 0 || tlc_event_compare(&last, &e) < 0);
            assert_true(tlc_tripid_valid(e.trip_id));
            last = e;
            events_n++;
        }
    }
    assert_int_equal(events_n, expected);
}

static void sort__spans_of_any_width__rising(void **state)
{
    static const uint32_t spans[] = {1, 2, 60, 4096, 4097, 86400 * 40, 86400U * 365 * 20};
    (void)state;
    for (size_t i = 0; i < TLC_COUNT(spans); i++) {
        for (int threads = 1; threads <= 3; threads++) {
            struct order o;
            struct tlc_err err;
            assert_int_equal(order_init(&o, threads, 1, "/tmp", &err), 0);
            assert_int_equal(order_begin(&o, tlc_source_make(TLC_YELLOW, 202401), 1, false, &err),
                             0);
            for (int k = 0; k < 20000; k++) {
                const int64_t at_s = TLC_TIME_MIN_S + random_below(spans[i]);
                put_trip(&o, at_s, random_below(9) == 0 ? -1 : at_s + random_below(4000),
                         random_below(7) == 0);
            }
            assert_sorted(&o);
            order_release(&o);
        }
    }
}

static void sort__one_second_for_all__by_trip_then_start_before_end(void **state)
{
    struct order o;
    struct tlc_err err;
    (void)state;
    assert_int_equal(order_init(&o, 2, 1, "/tmp", &err), 0);
    assert_int_equal(order_begin(&o, tlc_source_make(TLC_YELLOW, 202401), 1, false, &err), 0);
    for (int k = 0; k < 5000; k++) {
        put_trip(&o, TLC_TIME_MIN_S, TLC_TIME_MIN_S, false);
    }
    assert_int_equal(order_begin(&o, tlc_source_make(TLC_GREEN, 202401), 1, false, &err), 0);
    for (int k = 0; k < 5000; k++) {
        put_trip(&o, TLC_TIME_MIN_S, TLC_TIME_MIN_S, false);
    }
    assert_sorted(&o);
    order_release(&o);
}

static void sort__nothing_but_rejects__no_event(void **state)
{
    struct order o;
    struct tlc_err err;
    (void)state;
    assert_int_equal(order_init(&o, 2, 1, "/tmp", &err), 0);
    assert_int_equal(order_begin(&o, tlc_source_make(TLC_YELLOW, 202401), 1, false, &err), 0);
    for (int k = 0; k < 100; k++) {
        put_trip(&o, TLC_TIME_MIN_S, TLC_TIME_MIN_S, true);
    }
    assert_sorted(&o);
    order_release(&o);
}

static void spill__folder_missing__error_names_the_remedy(void **state)
{
    struct order o;
    struct tlc_err err;
    (void)state;
    assert_int_equal(order_init(&o, 1, 1, "/nothing/here", &err), 0);
    assert_int_equal(order_begin(&o, tlc_source_make(TLC_YELLOW, 202401), 1, false, &err), 0);
    put_trip(&o, TLC_TIME_MIN_S, TLC_TIME_MIN_S, false);
    assert_int_equal(order_spill(&o, &err), TLC_FATAL);
    assert_int_equal(tlc_err_exit_code(&err), TLC_EXIT_CANTCREAT);
    assert_non_null(strstr(err.text, "--temp"));
    order_release(&o);
}

static void spill__more_than_the_disk_will_hold__error_before_anything_is_written(void **state)
{
    struct order o;
    struct tlc_err err;
    (void)state;
    assert_int_equal(order_init(&o, 1, 1, "/tmp", &err), 0);
    assert_int_equal(order_begin(&o, tlc_source_make(TLC_YELLOW, 202401), 1, false, &err), 0);
    put_trip(&o, TLC_TIME_MIN_S, TLC_TIME_MIN_S, false);
    o.events_n = INT64_C(1) << 50; /* as if this run were a petabyte */
    assert_int_equal(order_spill(&o, &err), TLC_FATAL);
    assert_int_equal(tlc_err_exit_code(&err), TLC_EXIT_CANTCREAT);
    assert_non_null(strstr(err.text, "are free"));
    assert_int_equal(o.temp_bytes, 0);
    order_release(&o);
}

/* Under the address sanitizer: a slot opens when its row is put, points only where the file has
 * them, and shuts again with the run. */
static void put__slots__only_what_a_row_wrote_can_be_read(void **state)
{
    (void)state;
#ifdef ORDER_POISONS
    struct order o;
    struct tlc_err err;
    assert_int_equal(order_init(&o, 1, 1, "/tmp", &err), 0);
    for (int points = 0; points < 2; points++) {
        assert_int_equal(
            order_begin(&o, tlc_source_make(TLC_YELLOW, 202401 + points), 1, points == 1, &err), 0);
        put_trip(&o, TLC_TIME_MIN_S, TLC_TIME_MIN_S, false);
        assert_int_equal(__asan_address_is_poisoned(&o.trips[0]), 0);
        assert_int_equal(__asan_address_is_poisoned(&o.points[0]), points == 0);
        assert_int_equal(__asan_address_is_poisoned(&o.trips[1]), 1);
        assert_int_equal(__asan_address_is_poisoned(&o.points[1]), 1);
        assert_int_equal(order_spill(&o, &err), 0);
        assert_int_equal(__asan_address_is_poisoned(&o.trips[0]), 1);
        assert_int_equal(__asan_address_is_poisoned(&o.points[0]), 1);
    }
    order_release(&o);
#else
    print_message("SKIPPED: not built with the address sanitizer\n");
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put__slots__only_what_a_row_wrote_can_be_read),
        cmocka_unit_test(sort__spans_of_any_width__rising),
        cmocka_unit_test(sort__one_second_for_all__by_trip_then_start_before_end),
        cmocka_unit_test(sort__nothing_but_rejects__no_event),
        cmocka_unit_test(spill__folder_missing__error_names_the_remedy),
        cmocka_unit_test(spill__more_than_the_disk_will_hold__error_before_anything_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
