#include "consumer-process/window.h"
#include "tests/support/unit.h"

static struct window_pool pool;

static struct window *window_make(void)
{
    struct window *w = window_new(&pool, 3, 2202401, 900);
    assert_non_null(w);
    return w;
}

static void assert_json(const struct window *w, const char *want)
{
    struct tlc_buf out;
    tlc_buf_init(&out, 1 << 20);
    window_write_json(w, &out);
    assert_false(out.failed);
    assert_string_equal(tlc_buf_cstr(&out), want);
    tlc_buf_release(&out);
}

static void json__empty_window__every_member(void **state)
{
    (void)state;
    struct window *w = window_make();
    assert_json(w,
                "{\"partition\":3,\"source\":2202401,\"start\":900,\"revision\":0,\"final\":false,"
                "\"matched\":0,\"orphan_ends\":0,\"expired_starts\":0,\"duplicates\":0,"
                "\"passengers\":0,\"distance_cmi\":0,\"fare_cents\":0,\"tip_cents\":0,"
                "\"total_cents\":0,\"ride_s\":0,\"ride_bins\":[],\"starts\":[],\"ends\":[],"
                "\"routes\":[]}");
    window_free(&pool, w);
}

static void json__one_trip__as_in_docs_windows_md(void **state)
{
    (void)state;
    struct window *w = window_make();
    struct tlc_event start = {
        .zone_id = 74, .status = TLC_START, .has = TLC_HAS_PASSENGERS, .passengers = 2};
    struct tlc_event end = {.zone_id = 42,
                            .status = TLC_END,
                            .has = TLC_HAS_DISTANCE | TLC_HAS_FARE | TLC_HAS_TIP | TLC_HAS_TOTAL,
                            .distance_cmi = 142,
                            .fare_cents = -860,
                            .tip_cents = 200,
                            .total_cents = 1410};
    window_add_start(w, &start, 10);
    window_add_end(w, &end, 11);
    assert_true(window_add_ride(&pool, w, window_route_key(74, 42), 125, 10));
    w->final = true;
    assert_json(w,
                "{\"partition\":3,\"source\":2202401,\"start\":900,\"revision\":12,\"final\":true,"
                "\"matched\":1,\"orphan_ends\":0,\"expired_starts\":0,\"duplicates\":0,"
                "\"passengers\":2,\"distance_cmi\":142,\"fare_cents\":-860,\"tip_cents\":200,"
                "\"total_cents\":1410,\"ride_s\":125,\"ride_bins\":[0,0,1],\"starts\":[[74,1]],"
                "\"ends\":[[42,1]],\"routes\":[[74,42,1,125]]}");
    assert_int_equal(window_events(w), 2);
    window_free(&pool, w);
}

static void event__without_optional_values__adds_none(void **state)
{
    (void)state;
    struct window *w = window_make();
    struct tlc_event end = {.zone_id = 1, .status = TLC_END, .fare_cents = 99, .distance_cmi = 9};
    struct tlc_event start = {.zone_id = 265, .status = TLC_START, .passengers = 9};
    window_add_end(w, &end, 1);
    window_add_start(w, &start, 2);
    assert_int_equal(w->fare_cents + w->distance_cmi + w->passengers, 0);
    assert_int_equal(w->ends[1], 1);
    assert_int_equal(w->starts[265], 1);
    window_free(&pool, w);
}

static void ride__table__its_bin(void **state)
{
    (void)state;
    static const struct {
        int64_t ride_s;
        size_t bin;
    } cases[] = {{0, 0}, {59, 0}, {60, 1}, {3540, 59}, {3599, 59}, {3600, 60}, {86400, 60}};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct window *w = window_make();
        assert_true(window_add_ride(&pool, w, window_route_key(1, 1), cases[i].ride_s, 10));
        for (size_t bin = 0; bin < WINDOW_RIDE_BINS; bin++) {
            assert_int_equal(w->ride_bins[bin], bin == cases[i].bin);
        }
        window_free(&pool, w);
    }
}

static void routes__many__ascending_and_summed(void **state)
{
    (void)state;
    struct window *w = window_make();
    for (int pass = 0; pass < 2; pass++) {
        for (int from = 265; from > 0; from -= 3) {
            for (int to = 1; to <= 265; to += 7) {
                uint32_t key = window_route_key((uint16_t)from, (uint16_t)to);
                assert_true(window_add_ride(&pool, w, key, 10 + pass, 20000));
            }
        }
    }
    uint32_t n = w->routes.n;
    struct tlc_buf loose, packed;
    tlc_buf_init(&loose, 1 << 20);
    tlc_buf_init(&packed, 1 << 20);
    window_write_json(w, &loose);
    window_pack(&pool, w);
    window_write_json(w, &packed);
    assert_string_equal(tlc_buf_cstr(&loose), tlc_buf_cstr(&packed));
    assert_int_equal(w->routes.n, n);
    for (uint32_t i = 0; i < n; i++) {
        assert_true(i == 0 || w->routes.slots[i - 1].key < w->routes.slots[i].key);
        assert_int_equal(w->routes.slots[i].trips, 2);
        assert_int_equal(w->routes.slots[i].ride_s, 21);
    }
    tlc_buf_release(&loose);
    tlc_buf_release(&packed);
    window_free(&pool, w);
}

static void routes__at_the_maximum__trip_counts_route_does_not(void **state)
{
    (void)state;
    struct window *w = window_make();
    assert_true(window_add_ride(&pool, w, window_route_key(1, 1), 5, 2));
    assert_true(window_add_ride(&pool, w, window_route_key(1, 2), 5, 2));
    assert_false(window_add_ride(&pool, w, window_route_key(1, 3), 5, 2));
    assert_true(window_add_ride(&pool, w, window_route_key(1, 2), 5, 2));
    assert_int_equal(w->matched, 4);
    assert_int_equal(w->routes.n, 2);
    window_free(&pool, w);
}

static void pool__windows_come_and_go__memory_is_known_and_clean(void **state)
{
    (void)state;
    struct window_pool own;
    window_pool_init(&own);
    for (int round = 0; round < 3; round++) {
        struct window *w = window_new(&own, 0, 1, 0);
        assert_int_equal(w->matched, 0);
        assert_int_equal(w->routes.n, 0);
        for (uint16_t to = 1; to <= 200; to++) {
            assert_true(window_add_ride(&own, w, window_route_key(9, to), 60, 20000));
        }
        assert_int_equal(w->routes.n, 200);
        assert_true(own.bytes >= sizeof(*w) + 200 * sizeof(struct route));
        if (round == 1) {
            window_pack(&own, w);
        }
        window_free(&own, w);
        assert_int_equal(own.bytes, 0);
        assert_int_equal(own.in_use, 0);
    }
    window_pool_release(&own);
}

static void offsets__touched_and_rested_on__lowest_and_last(void **state)
{
    (void)state;
    struct window *w = window_make();
    struct tlc_event e = {.zone_id = 1, .status = TLC_START};
    window_add_start(w, &e, 100);
    window_add_duplicate(w, 120);
    window_rests_on(w, 40);
    window_touch(w, 130);
    assert_int_equal(w->first_offset, 100);
    assert_int_equal(w->low_offset, 40);
    assert_int_equal(window_revision(w), 131);
    window_free(&pool, w);
}

static void list__pushed_twice__once_in_order(void **state)
{
    (void)state;
    struct window_list list;
    window_list_init(&list, WINDOW_TO_SEND);
    struct window *a = window_make(), *b = window_make(), *c = window_make();
    window_list_push(&list, a);
    window_list_push(&list, b);
    window_list_push(&list, a);
    window_list_push_front(&list, c);
    window_list_push_front(&list, b);
    assert_int_equal(list.n, 3);
    assert_ptr_equal(list.first, c);
    assert_ptr_equal(list.last, b);
    window_free(&pool, a); /* out of the middle by itself */
    assert_int_equal(list.n, 2);
    assert_ptr_equal(list.first->links[WINDOW_TO_SEND].next, b);
    window_free(&pool, c);
    window_free(&pool, b);
    assert_null(list.first);
    assert_null(list.last);
}

static int release(void **state)
{
    (void)state;
    window_pool_release(&pool);
    return pool.bytes == 0 && pool.in_use == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json__empty_window__every_member),
        cmocka_unit_test(json__one_trip__as_in_docs_windows_md),
        cmocka_unit_test(event__without_optional_values__adds_none),
        cmocka_unit_test(ride__table__its_bin),
        cmocka_unit_test(routes__many__ascending_and_summed),
        cmocka_unit_test(routes__at_the_maximum__trip_counts_route_does_not),
        cmocka_unit_test(pool__windows_come_and_go__memory_is_known_and_clean),
        cmocka_unit_test(offsets__touched_and_rested_on__lowest_and_last),
        cmocka_unit_test(list__pushed_twice__once_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
