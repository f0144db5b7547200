#include "tests/unit/base/unit.h"

#include "common/base/arena.h"

static void take__many_sizes__aligned_and_apart(void **state)
{
    (void)state;
    struct tlc_arena a;
    tlc_arena_init(&a, 4 << 20);
    unsigned char *seen[500];
    for (size_t i = 0; i < 500; i++) {
        seen[i] = tlc_arena_take(&a, i);
        assert_non_null(seen[i]);
        assert_int_equal((uintptr_t)seen[i] % _Alignof(max_align_t), 0);
        memset(seen[i], (int)(i & 0xff), i);
    }
    for (size_t i = 1; i < 500; i++) {
        assert_int_equal(seen[i][0], i & 0xff);
        assert_int_equal(seen[i][i - 1], i & 0xff);
    }
    tlc_arena_release(&a);
}

static void take__past_maximum__null(void **state)
{
    (void)state;
    struct tlc_arena a;
    tlc_arena_init(&a, 100000);
    assert_null(tlc_arena_take(&a, 100001));
    assert_null(tlc_arena_take(&a, SIZE_MAX));
    assert_non_null(tlc_arena_take(&a, 90000));
    assert_null(tlc_arena_take(&a, 90000));
    assert_true(a.total <= 100000);
    tlc_arena_release(&a);
}

static void reset__keeps_one_block__no_growth_over_batches(void **state)
{
    (void)state;
    struct tlc_arena a;
    tlc_arena_init(&a, 10 << 20);
    size_t held = 0;
    for (int batch = 0; batch < 50; batch++) {
        for (int i = 0; i < 1000; i++) {
            assert_non_null(tlc_arena_take(&a, 300));
        }
        tlc_arena_reset(&a);
        if (batch == 10) {
            held = a.total;
        }
        assert_true(batch < 10 || a.total == held);
    }
    assert_true(held > 0);
    tlc_arena_release(&a);
}

static void copy__is_terminated(void **state)
{
    (void)state;
    struct tlc_arena a;
    tlc_arena_init(&a, 1 << 20);
    struct tlc_str s = tlc_arena_copy(&a, (struct tlc_str){"abcdef", 3});
    assert_string_equal(s.p, "abc");
    assert_int_equal(s.n, 3);
    tlc_arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(take__many_sizes__aligned_and_apart),
        cmocka_unit_test(take__past_maximum__null),
        cmocka_unit_test(reset__keeps_one_block__no_growth_over_batches),
        cmocka_unit_test(copy__is_terminated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
