#include "tests/support/unit.h"

#include <math.h>
#include <stdlib.h>

#include "common/event/event.h"
#include "preprocess/cell.h"

/* The state as a letter, then the value: "=123", "empty", "bad". */
static const char *shown(enum cell_state state, int64_t value)
{
    static char text[32];
    snprintf(text, sizeof text,
             state == CELL_OK      ? "=%lld"
             : state == CELL_ZONED ? "zoned=%lld"
             : state == CELL_EMPTY ? "empty"
                                   : "bad",
             (long long)value);
    return text;
}

struct cell_case {
    enum cell_kind kind;
    const char *text, *expected;
};

static const struct cell_case forms[] = {
    {CELL_HUNDREDTH, "14.5", "=1450"},
    {CELL_HUNDREDTH, ".88", "=88"},
    {CELL_HUNDREDTH, "7.", "=700"},
    {CELL_HUNDREDTH, "-19.80", "=-1980"},
    {CELL_HUNDREDTH, "2.6299999999999999", "=263"},
    {CELL_HUNDREDTH, "9.4000000000000004", "=940"},
    {CELL_HUNDREDTH, "2.675", "=268"},
    {CELL_HUNDREDTH, "-2.675", "=-268"},
    {CELL_HUNDREDTH, "2.674999", "=267"},
    {CELL_HUNDREDTH, "0.005", "=1"},
    {CELL_HUNDREDTH, "-0.004", "=0"},
    {CELL_HUNDREDTH, "1e1", "=1000"},
    {CELL_HUNDREDTH, "+1", "=100"},
    {CELL_HUNDREDTH, "9999999.99", "=999999999"},
    {CELL_HUNDREDTH, "10000000", "bad"},
    {CELL_HUNDREDTH, "99999999999999999999", "bad"},
    {CELL_HUNDREDTH, " 3 ", "=300"},
    {CELL_HUNDREDTH, "", "empty"},
    {CELL_HUNDREDTH, "  ", "empty"},
    {CELL_HUNDREDTH, "NaN", "empty"},
    {CELL_HUNDREDTH, "\\N", "empty"},
    {CELL_HUNDREDTH, "1,5", "bad"},
    {CELL_HUNDREDTH, ".", "bad"},
    {CELL_HUNDREDTH, "-", "bad"},
    {CELL_HUNDREDTH, "1.2.3", "bad"},
    {CELL_HUNDREDTH, "$5", "bad"},
    {CELL_DEGREE, "-73.991956999999999", "=-73991957"},
    {CELL_DEGREE, "9.3999999999999997E-4", "=940"},
    {CELL_DEGREE, "-1.6577000000000001E-2", "=-16577"},
    {CELL_DEGREE, "0", "=0"},
    {CELL_ZONE, "264", "=264"},
    {CELL_ZONE, "264.0", "=264"},
    {CELL_ZONE, "264.5", "bad"},
    {CELL_ZONE, "2e2", "=200"},
    {CELL_ZONE, "-1", "=-1"},
    {CELL_ZONE, "Queens", "bad"},
    {CELL_COUNT, "1", "=1"},
    {CELL_COUNT, "1.0", "=1"},
    {CELL_VENDOR, "2", "=2"},
    {CELL_VENDOR, "2.0", "=2"},
    {CELL_VENDOR, "VTS", "=2"},
    {CELL_VENDOR, "cmt", "=1"},
    {CELL_VENDOR, "DDS", "=3"},
    {CELL_VENDOR, "32767", "=32767"},
    {CELL_VENDOR, "32768", "bad"},
    {CELL_VENDOR, "-1", "bad"},
    {CELL_VENDOR, "", "empty"},
    {CELL_LICENCE, "HV0003", "=3"},
    {CELL_LICENCE, "B02884", "=2884"},
    {CELL_LICENCE, "b00013 ", "=13"},
    {CELL_LICENCE, "B99999", "bad"},
    {CELL_LICENCE, "unknown", "bad"},
    {CELL_LICENCE, "  ", "empty"},
    {CELL_PAYMENT, "1", "=1"},
    {CELL_PAYMENT, "0", "=0"},
    {CELL_PAYMENT, "7", "bad"},
    {CELL_PAYMENT, "-1", "bad"},
    {CELL_PAYMENT, "CREDIT", "=1"},
    {CELL_PAYMENT, "Cre", "=1"},
    {CELL_PAYMENT, "CSH", "=2"},
    {CELL_PAYMENT, "Cash", "=2"},
    {CELL_PAYMENT, "No Charge", "=3"},
    {CELL_PAYMENT, "NOC", "=3"},
    {CELL_PAYMENT, "Dispute", "=4"},
    {CELL_PAYMENT, "NA ", "empty"},
    {CELL_PAYMENT, "None", "empty"},
    {CELL_PAYMENT, "credit card", "=1"},
    {CELL_PAYMENT, "UNK", "=5"},
    {CELL_PAYMENT, "barter", "bad"},
    {CELL_TIME, "1970-01-02 00:00:01", "=86401"},
    {CELL_TIME, "1970-01-02T00:00:01", "=86401"},
    {CELL_TIME, " 1970-01-02 00:00:01 ", "=86401"},
    {CELL_TIME, "1970-01-02 00:00:01.999999999", "=86401"},
    {CELL_TIME, "2020-02-29 23:59:59", "=1583020799"},
    {CELL_TIME, "2021-02-29 00:00:00", "bad"},
    {CELL_TIME, "2024-01-01 24:00:00", "bad"},
    {CELL_TIME, "2024-01-01 10:60:00", "bad"},
    {CELL_TIME, "1970-01-02 0:00:01", "=86401"},
    {CELL_TIME, "1970-01-02", "bad"},
    {CELL_TIME, "1970-01-02 00:00:01 UTC", "zoned=86401"},
    {CELL_TIME, "1970-01-01 19:00:01-0500", "zoned=68401"},
    {CELL_TIME, "01/02/2024 10:00", "bad"},
    {CELL_TIME, "never", "bad"},
    {CELL_TIME, "NaT", "empty"},
    {CELL_TIME, "<NA>", "empty"},
    {CELL_TIME, "N/A", "empty"},
    {CELL_TIME, "#N/A", "empty"},
    {CELL_TIME, "none", "empty"},
    {CELL_HUNDREDTH, "NA", "empty"},
    {CELL_HUNDREDTH, " null ", "empty"},
    {CELL_ZONE, "<NA>", "empty"},
    {CELL_ZONE, "None", "empty"},
    {CELL_VENDOR, "N/A", "empty"},
    {CELL_LICENCE, "NA", "empty"},
    {CELL_ZONE_NAME, "Astoria Park", "=8"},
    {CELL_ZONE_NAME, " astoria park ", "=8"},
    {CELL_ZONE_NAME, "8", "=8"},
    {CELL_ZONE_NAME, "8.0", "=8"},
    {CELL_ZONE_NAME, "EWR", "=1"},
    {CELL_ZONE_NAME, "Newark Airport", "=1"},
    {CELL_ZONE_NAME, "Corona", "bad"},
    {CELL_ZONE_NAME, "Queens", "bad"},
    {CELL_ZONE_NAME, "Atlantis", "bad"},
    {CELL_ZONE_NAME, "Unknown", "bad"},
    {CELL_ZONE_NAME, "N/A", "empty"},
    {CELL_ZONE_NAME, "", "empty"},
    {CELL_TIME, "", "empty"},
};

static void read__every_form_of_tlc__value(void **state)
{
    static struct cell_times times;
    (void)state;
    for (int pass = 0; pass < 2; pass++) { /* the second finds the dates in its cache */
        for (size_t i = 0; i < TLC_COUNT(forms); i++) {
            int64_t v = 0;
            const enum cell_state s =
                cell_read(forms[i].kind, &times, tlc_str_from(forms[i].text), &v);
            if (strcmp(shown(s, v), forms[i].expected) != 0) {
                fail_msg("\"%s\" of kind %d: %s, expected %s", forms[i].text, (int)forms[i].kind,
                         shown(s, v), forms[i].expected);
            }
        }
    }
}

static void time__same_day_cached__clock_still_checked(void **state)
{
    static const char *const bad[] = {
        "2024-03-05 24:00:00",  "2024-03-05 00:60:00",     "2024-03-05 00:00:60",
        "2024-03-05 aa:00:00",  "2024-03-05 00-00-00",     "2024-03-05 00:00:00x",
        "2024-03-05 00:00:00.", "2024-03-05 00:00:00.1zz",
    };
    static struct cell_times times;
    int64_t v;
    (void)state;
    assert_int_equal(cell_time(&times, TLC_STR("2024-03-05 00:00:00"), &v), CELL_OK);
    for (size_t i = 0; i < TLC_COUNT(bad); i++) {
        if (cell_time(&times, tlc_str_from(bad[i]), &v) != CELL_BAD) {
            fail_msg("\"%s\" was taken", bad[i]);
        }
    }
}

static void real__near_a_tie__as_its_shortest_text_says(void **state)
{
    static const struct {
        double value;
        const char *expected;
    } cases[] = {
        {2.675, "=268"},  {1.005, "=101"}, {-1.005, "=-101"},
        {14.1f, "=1410"}, {0.285, "=29"},  {1e12, "bad"},
        {-1e300, "bad"},  {0.0, "=0"},     {9999999.99, "=999999999"},
    };
    (void)state;
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        int64_t v = 0;
        const enum cell_state s = cell_from_real(CELL_HUNDREDTH, cases[i].value, &v);
        if (strcmp(shown(s, v), cases[i].expected) != 0) {
            fail_msg("%.17g: %s, expected %s", cases[i].value, shown(s, v), cases[i].expected);
        }
    }
}

/* The same number as text and as a double must become the same cents, for every thousandth. */
static void real__every_thousandth__same_as_its_text(void **state)
{
    (void)state;
    for (int i = -30000; i <= 300000; i++) {
        char text[32];
        int64_t by_text = 0, by_value = 1;
        const double value = (double)i / 1000;
        snprintf(text, sizeof text, "%.15g", value);
        assert_int_equal(cell_number(tlc_str_from(text), 2, TLC_CENTS_MAX, &by_text), CELL_OK);
        assert_int_equal(cell_from_real(CELL_HUNDREDTH, value, &by_value), CELL_OK);
        if (by_text != by_value) {
            fail_msg("%s: %lld as text, %lld as value", text, (long long)by_text,
                     (long long)by_value);
        }
    }
}

/* A float prints as few digits as mean it; so do the cents of it, for every thousandth. */
static void float__every_thousandth__same_as_its_text(void **state)
{
    (void)state;
    for (int i = -30000; i <= 300000; i++) {
        char text[32];
        int64_t by_text = 0, by_value = 1;
        const float value = (float)i / 1000;
        int n = 0;
        for (int digits = 6; digits <= 9; digits++) {
            n = snprintf(text, sizeof text, "%.*g", digits, (double)value);
            if (strtof(text, NULL) == value) {
                break;
            }
        }
        assert_int_equal(cell_number((struct tlc_str){text, (size_t)n}, 2, TLC_CENTS_MAX, &by_text),
                         CELL_OK);
        assert_int_equal(cell_from_float(CELL_HUNDREDTH, value, &by_value), CELL_OK);
        if (by_text != by_value) {
            fail_msg("%s: %lld as text, %lld as value", text, (long long)by_text,
                     (long long)by_value);
        }
    }
}

static void float__ties_and_ends__as_printed(void **state)
{
    static const struct {
        enum cell_kind kind;
        float value;
        const char *expected;
    } cases[] = {
        {CELL_HUNDREDTH, 1.005F, "=101"},     {CELL_HUNDREDTH, 2.675F, "=268"},
        {CELL_HUNDREDTH, 7.145F, "=715"},     {CELL_HUNDREDTH, -7.145F, "=-715"},
        {CELL_HUNDREDTH, 0.0F, "=0"},         {CELL_HUNDREDTH, 1e-30F, "=0"},
        {CELL_HUNDREDTH, 1e30F, "bad"},       {CELL_HUNDREDTH, INFINITY, "bad"},
        {CELL_HUNDREDTH, NAN, "empty"},       {CELL_HUNDREDTH, 9999999.0F, "=999999900"},
        {CELL_HUNDREDTH, 1e7F, "bad"},        {CELL_DEGREE, -73.98123F, "=-73981230"},
        {CELL_DEGREE, 40.7501F, "=40750100"}, {CELL_DEGREE, 9.4e-4F, "=940"},
        {CELL_ZONE, 264.0F, "=264"},          {CELL_ZONE, 264.5F, "bad"},
    };
    (void)state;
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        int64_t v = 0;
        const enum cell_state s = cell_from_float(cases[i].kind, cases[i].value, &v);
        if (strcmp(shown(s, v), cases[i].expected) != 0) {
            fail_msg("%.9g: %s, expected %s", (double)cases[i].value, shown(s, v),
                     cases[i].expected);
        }
    }
}

static void typed__whole_kinds__range_and_fraction_checked(void **state)
{
    int64_t v;
    (void)state;
    assert_int_equal(cell_from_real(CELL_ZONE, 74.0, &v), CELL_OK);
    assert_int_equal(v, 74);
    assert_int_equal(cell_from_real(CELL_ZONE, 74.5, &v), CELL_BAD);
    assert_int_equal(cell_from_real(CELL_ZONE, NAN, &v), CELL_EMPTY);
    assert_int_equal(cell_from_real(CELL_ZONE, INFINITY, &v), CELL_BAD);
    assert_int_equal(cell_from_integer(CELL_PAYMENT, 7, &v), CELL_BAD);
    assert_int_equal(cell_from_integer(CELL_VENDOR, 32767, &v), CELL_OK);
    assert_int_equal(cell_from_integer(CELL_HUNDREDTH, 7, &v), CELL_OK);
    assert_int_equal(v, 700);
    assert_int_equal(cell_from_integer(CELL_HUNDREDTH, INT64_MAX, &v), CELL_BAD);
    assert_int_equal(cell_from_real(CELL_DEGREE, -73.991957, &v), CELL_OK);
    assert_int_equal(v, -73991957);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read__every_form_of_tlc__value),
        cmocka_unit_test(time__same_day_cached__clock_still_checked),
        cmocka_unit_test(real__near_a_tie__as_its_shortest_text_says),
        cmocka_unit_test(real__every_thousandth__same_as_its_text),
        cmocka_unit_test(float__every_thousandth__same_as_its_text),
        cmocka_unit_test(float__ties_and_ends__as_printed),
        cmocka_unit_test(typed__whole_kinds__range_and_fraction_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
