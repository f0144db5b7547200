#include "tests/unit/event/unit.h"

#include <stdlib.h>

#include "common/event/csv.h"

#define MAX 4

static void split__table__fields(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        char sep;
        int n;
        const char *fields[MAX];
    } rows[] = {
        {"", ',', 0, {NULL}},
        {" \t\r", ',', 0, {NULL}},
        {"a", ',', 1, {"a"}},
        {",", ',', 2, {"", ""}},
        {"a,b,c", ',', 3, {"a", "b", "c"}},
        {"a,b,c\r", ',', 3, {"a", "b", "c"}},
        {" a , b ,c ", ',', 3, {"a", "b", "c"}},
        {"a;b,c", ';', 2, {"a", "b,c"}},
        {"a\tb\t\t", '\t', 4, {"a", "b", "", ""}},
        {"a,b,,", ',', 4, {"a", "b", "", ""}},
        {"a,b,c,d,e,f", ',', 6, {"a", "b", "c", "d"}},
        {"\"a,b\",c", ',', 2, {"a,b", "c"}},
        {"\"a\",\"\"", ',', 2, {"a", ""}},
        {" \" a \" ,b", ',', 2, {"a", "b"}},
        {"\"say \"\"hi\"\"\",b", ',', 2, {"say \"\"hi\"\"", "b"}},
        {"\"a\"x,b", ',', 2, {"\"a\"x", "b"}},
        {"5\" pipe,b", ',', 2, {"5\" pipe", "b"}},
        {"\"a,b", ',', -1, {NULL}},
        {"a,\"", ',', -1, {NULL}},
        {"a,\"b\"\"", ',', -1, {NULL}},
        {"1,2,3,4,\"5,6\"", ',', 5, {"1", "2", "3", "4"}},
        {"2024-01-01 00:57:55,12345678,,1.72",
         ',',
         4,
         {"2024-01-01 00:57:55", "12345678", "", "1.72"}},
    };
    for (size_t i = 0; i < TLC_COUNT(rows); i++) {
        struct tlc_str fields[MAX + 1];
        fields[MAX] = TLC_STR("untouched");
        /* An exact copy on the heap, so that the address sanitizer sees a read past the end. */
        const size_t n = strlen(rows[i].line);
        char *copy = malloc(n + 1);
        assert_non_null(copy);
        memcpy(copy, rows[i].line, n);
        copy[n] = '"';
        const int got = tlc_csv_split((struct tlc_str){copy, n}, rows[i].sep, fields, MAX);
        if (got != rows[i].n) {
            fail_msg("row %zu: %d fields", i, got);
        }
        for (int f = 0; f < got && f < MAX; f++) {
            if (!tlc_str_eq(fields[f], tlc_str_from(rows[i].fields[f]))) {
                fail_msg("row %zu, field %d: \"%.*s\"", i, f, TLC_STR_ARG(fields[f]));
            }
        }
        assert_true(tlc_str_eq(fields[MAX], TLC_STR("untouched")));
        free(copy);
    }
}

static void number_scaled__table__rounded_half_away_from_zero(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int decimals;
        int64_t limit;
        bool ok;
        int64_t value;
    } rows[] = {
        {"0", 2, 100, true, 0},
        {"-0", 2, 100, true, 0},
        {"12.5", 2, 10000, true, 1250},
        {"-12.5", 2, 10000, true, -1250},
        {".88", 2, 100, true, 88},
        {"-.5", 0, 100, true, -1},
        {"7.", 2, 1000, true, 700},
        {"+1", 2, 100, true, 100},
        {"0.004", 2, 100, true, 0},
        {"0.005", 2, 100, true, 1},
        {"-0.005", 2, 100, true, -1},
        {"0.0049999999999999999999999999", 2, 100, true, 0},
        {"1.005", 2, 1000, true, 101}, /* a double would give 100 */
        {"12.349999999999999", 2, 10000, true, 1235},
        {"9.4E-4", 6, 10000, true, 940},
        {"1e3", 2, 1000000, true, 100000},
        {"1E+3", 0, 1000, true, 1000},
        {"0.5e-400", 6, 100, true, 0},
        {"0e999999999999999999", 2, 100, true, 0},
        {"1e999999999999999999", 2, INT64_C(1000000000000000000), false, 0},
        {"1e-999999999999999999", 2, 100, true, 0},
        {"-73.98765432109876", 6, 180000000, true, -73987654},
        {"1000000000000000000", 0, INT64_C(1000000000000000000), true,
         INT64_C(1000000000000000000)},
        {"1000000000000000001", 0, INT64_C(1000000000000000000), false, 0},
        {"0000000000000000000000000000000000000012.50", 2, 2000, true, 1250},
        {"100", 2, 9999, false, 0},
        {"-100", 2, 9999, false, 0},
        {"99.99", 2, 9999, true, 9999},
        {"99.995", 2, 9999, false, 0},
        {"", 2, 100, false, 0},
        {"-", 2, 100, false, 0},
        {"+", 2, 100, false, 0},
        {".", 2, 100, false, 0},
        {"-.", 2, 100, false, 0},
        {"e5", 2, 100, false, 0},
        {"1e", 2, 100, false, 0},
        {"1e+", 2, 100, false, 0},
        {"1e5.", 2, 100, false, 0},
        {"1.2.3", 2, 1000, false, 0},
        {"1,5", 2, 1000, false, 0},
        {"--1", 2, 1000, false, 0},
        {"+-1", 2, 1000, false, 0},
        {" 1", 2, 1000, false, 0},
        {"1 ", 2, 1000, false, 0},
        {"0x10", 2, 10000, false, 0},
        {"nan", 2, 1000, false, 0},
        {"inf", 2, 1000, false, 0},
    };
    for (size_t i = 0; i < TLC_COUNT(rows); i++) {
        int64_t v = -99;
        const bool ok =
            tlc_number_scaled(tlc_str_from(rows[i].text), rows[i].decimals, rows[i].limit, &v);
        if (ok != rows[i].ok || v != (rows[i].ok ? rows[i].value : -99)) {
            fail_msg("\"%s\" with %d: %d, %lld", rows[i].text, rows[i].decimals, ok, (long long)v);
        }
    }
}

static void number_integer__table__whole_values_only(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
    } rows[] = {
        {"74", true, 74},     {"74.0", true, 74}, {"7.4e1", true, 74},      {"740e-1", true, 74},
        {"-3", true, -3},     {"74.5", false, 0}, {"74.0000001", false, 0}, {"1e-1", false, 0},
        {"1000", true, 1000}, {"1001", false, 0}, {"", false, 0},           {"0.0", true, 0},
    };
    for (size_t i = 0; i < TLC_COUNT(rows); i++) {
        int64_t v = -99;
        const bool ok = tlc_number_integer(tlc_str_from(rows[i].text), 1000, &v);
        if (ok != rows[i].ok || v != (rows[i].ok ? rows[i].value : -99)) {
            fail_msg("\"%s\": %d, %lld", rows[i].text, ok, (long long)v);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(split__table__fields),
        cmocka_unit_test(number_scaled__table__rounded_half_away_from_zero),
        cmocka_unit_test(number_integer__table__whole_values_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
