#include "tests/unit/base/unit.h"

#include "common/base/str.h"

static void to_i64__table__value_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t min, max;
        bool ok;
        int64_t value;
    } rows[] = {
        {"0", 0, 10, true, 0},
        {"-7", -10, 10, true, -7},
        {"+7", -10, 10, true, 7},
        {"9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX},
        {"-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN},
        {"9223372036854775808", INT64_MIN, INT64_MAX, false, 0},
        {"-9223372036854775809", INT64_MIN, INT64_MAX, false, 0},
        {"11", 0, 10, false, 0},
        {"-1", 0, 10, false, 0},
        {"", 0, 10, false, 0},
        {"-", -10, 10, false, 0},
        {" 1", 0, 10, false, 0},
        {"1 ", 0, 10, false, 0},
        {"0x1", 0, 10, false, 0},
        {"1e3", 0, 10000, false, 0},
    };
    for (size_t i = 0; i < TLC_COUNT(rows); i++) {
        int64_t v = -99;
        bool ok = tlc_str_to_i64(tlc_str_from(rows[i].text), rows[i].min, rows[i].max, &v);
        if (ok != rows[i].ok || v != (rows[i].ok ? rows[i].value : -99)) {
            fail_msg("row %zu: \"%s\" gave %d, %lld", i, rows[i].text, ok, (long long)v);
        }
    }
}

static void load_8__any_machine__first_byte_lowest(void **state)
{
    (void)state;
    const char text[] = "?\x01\x02\x03\x04\x05\x06\x07\xff"; /* from an odd address */
    assert_true(tlc_load_8(text + 1) == UINT64_C(0xff07060504030201));
}

struct unit_row {
    const char *text;
    int64_t value; /* -1: refused */
};

static void to_bytes__table__value_or_refused(void **state)
{
    (void)state;
    static const struct unit_row rows[] = {
        {"512", 512},   {"64KiB", 65536}, {"8MiB", 8 << 20}, {"2GiB", INT64_C(2) << 30},
        {"3k", 3072},   {"1M", 1 << 20},  {"1g", 1 << 30},   {"1.5MiB", 3 << 19},
        {"0", 0},       {"-1", -1},       {"", -1},          {"MiB", -1},
        {"1 MiB", -1},  {"1.", -1},       {".5k", -1},       {"9223372036854775807k", -1},
        {"64Kib ", -1}, {"1s", -1},
    };
    for (size_t i = 0; i < TLC_COUNT(rows); i++) {
        int64_t v = -1;
        bool ok = tlc_str_to_bytes(tlc_str_from(rows[i].text), &v);
        if (ok != (rows[i].value >= 0) || v != rows[i].value) {
            fail_msg("\"%s\" gave %d, %lld", rows[i].text, ok, (long long)v);
        }
    }
}

static void to_ms__table__value_or_refused(void **state)
{
    (void)state;
    static const struct unit_row rows[] = {
        {"250ms", 250},
        {"15m", 900000},
        {"24h", 86400000},
        {"2d", 172800000},
        {"1.5s", 1500},
        {"7", 7000},
        {"0", 0},
        {"1w", 604800000},
        {"0.1s", 100},
        {"0.001s", 1},
        {"2.25m", 135000},
        {"5x", -1},
        {"m", -1},
        {"-5s", -1},
        {"1h30m", -1},
        {"99999999999999999d", -1},
        {"1.0000000000s", -1},
    };
    for (size_t i = 0; i < TLC_COUNT(rows); i++) {
        int64_t v = -1;
        bool ok = tlc_str_to_ms(tlc_str_from(rows[i].text), &v);
        if (ok != (rows[i].value >= 0) || v != rows[i].value) {
            fail_msg("\"%s\" gave %d, %lld", rows[i].text, ok, (long long)v);
        }
    }
}

static void split__empty_parts__all_given_out(void **state)
{
    (void)state;
    struct tlc_str rest = TLC_STR("a,,b,");
    static const char *const want[] = {"a", "", "b", ""};
    struct tlc_str part;
    size_t n = 0;
    while (tlc_str_split(&rest, ',', &part)) {
        assert_true(n < TLC_COUNT(want));
        assert_true(tlc_str_eq(part, tlc_str_from(want[n])));
        n++;
    }
    assert_int_equal(n, 4);
}

static void trim_and_compare__ascii(void **state)
{
    (void)state;
    assert_true(tlc_str_eq(tlc_str_trim(TLC_STR(" \t a b\r\n")), TLC_STR("a b")));
    assert_int_equal(tlc_str_trim(TLC_STR(" \n")).n, 0);
    assert_true(tlc_str_eq_nocase(TLC_STR("PULocationID"), TLC_STR("pulocationid")));
    assert_false(tlc_str_eq_nocase(TLC_STR("ab"), TLC_STR("abc")));
    assert_true(tlc_str_ends(TLC_STR("x.csv.gz"), TLC_STR(".gz")));
    assert_false(tlc_str_ends(TLC_STR("gz"), TLC_STR(".gz")));
}

static void copy__too_long__cut_and_terminated(void **state)
{
    (void)state;
    char dst[4];
    assert_false(tlc_str_copy(dst, sizeof(dst), TLC_STR("abcdef")));
    assert_string_equal(dst, "abc");
    assert_true(tlc_str_copy(dst, sizeof(dst), TLC_STR("abc")));
    assert_true(tlc_str_copy(dst, sizeof(dst), (struct tlc_str){NULL, 0}));
    assert_string_equal(dst, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(load_8__any_machine__first_byte_lowest),
        cmocka_unit_test(to_i64__table__value_or_refused),
        cmocka_unit_test(to_bytes__table__value_or_refused),
        cmocka_unit_test(to_ms__table__value_or_refused),
        cmocka_unit_test(split__empty_parts__all_given_out),
        cmocka_unit_test(trim_and_compare__ascii),
        cmocka_unit_test(copy__too_long__cut_and_terminated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
