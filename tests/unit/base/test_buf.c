#include "tests/unit/base/unit.h"

#include "common/base/buf.h"

static void append__past_maximum__failed_and_nothing_kept(void **state)
{
    (void)state;
    struct tlc_buf b;
    tlc_buf_init(&b, 8);
    assert_true(tlc_buf_append(&b, "12345678", 8));
    assert_false(tlc_buf_append(&b, "9", 1));
    assert_true(b.failed);
    assert_int_equal(b.n, 8);
    assert_true(tlc_str_eq(tlc_buf_str(&b), TLC_STR("12345678")));
    tlc_buf_reset(&b);
    assert_false(b.failed);
    assert_true(tlc_buf_append(&b, "x", 1));
    assert_false(tlc_buf_append(&b, NULL, SIZE_MAX));
    tlc_buf_release(&b);
}

static void printf__grows_and_stays_exact(void **state)
{
    (void)state;
    struct tlc_buf b;
    tlc_buf_init(&b, 1 << 20);
    for (int i = 0; i < 1000; i++) {
        assert_true(tlc_buf_printf(&b, "%03d,", i));
    }
    assert_int_equal(b.n, 4000);
    assert_memory_equal(b.p, "000,001,", 8);
    assert_memory_equal(b.p + 3996, "999,", 4);
    tlc_buf_release(&b);
}

static void printf__past_maximum__failed(void **state)
{
    (void)state;
    struct tlc_buf b;
    tlc_buf_init(&b, 10);
    assert_true(tlc_buf_printf(&b, "%s", "12345"));
    assert_false(tlc_buf_printf(&b, "%s", "678901234"));
    assert_true(b.failed);
    assert_int_equal(b.n, 5);
    tlc_buf_release(&b);
}

static void consume__front_goes(void **state)
{
    (void)state;
    struct tlc_buf b;
    tlc_buf_init(&b, 100);
    tlc_buf_add(&b, TLC_STR("hello world"));
    tlc_buf_consume(&b, 6);
    assert_string_equal(tlc_buf_cstr(&b), "world");
    assert_int_equal(b.n, 5);
    tlc_buf_consume(&b, 99);
    assert_int_equal(b.n, 0);
    assert_string_equal(tlc_buf_cstr(&b), "");
    tlc_buf_release(&b);
}

static void cstr__full_buffer__empty_text_not_overrun(void **state)
{
    (void)state;
    struct tlc_buf b;
    tlc_buf_init(&b, 3);
    assert_true(tlc_buf_append(&b, "abc", 3));
    assert_string_equal(tlc_buf_cstr(&b), "");
    assert_false(b.failed);
    tlc_buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(append__past_maximum__failed_and_nothing_kept),
        cmocka_unit_test(printf__grows_and_stays_exact),
        cmocka_unit_test(printf__past_maximum__failed),
        cmocka_unit_test(consume__front_goes),
        cmocka_unit_test(cstr__full_buffer__empty_text_not_overrun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
