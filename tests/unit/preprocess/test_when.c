#include "tests/support/unit.h"

#include "common/event/ny_time.h"
#include "preprocess/when.h"

/* "2024-01-05 10:00:00" or, with a zone, the moment behind it: "... = 2024-01-05 15:00:00". */
static const char *shown(const char *text, enum date_order order)
{
    static char out[64];
    struct when w;
    struct tlc_civil face, at;
    if (!when_parse(tlc_str_from(text), order, &w)) {
        return "no";
    }
    tlc_civil_from_wall_s(w.face_s, &face);
    tlc_civil_from_wall_s(w.at_s, &at);
    const int n = snprintf(out, sizeof out, "%d-%02d-%02d %02d:%02d:%02d", face.year, face.month,
                           face.day, face.hour, face.minute, face.second);
    if (w.zoned) {
        snprintf(out + n, sizeof out - (size_t)n, " = %02d %02d:%02d", at.day, at.hour, at.minute);
    }
    return out;
}

static void parse__spellings_of_tools__the_time(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        /* TLC, Arrow, R */
        {"2024-01-05 10:00:00", "2024-01-05 10:00:00"},
        {"2024-01-05T10:00:00", "2024-01-05 10:00:00"},
        {"2024-01-05 10:00:00.000000000", "2024-01-05 10:00:00"},
        {"2024-01-05 10:00", "2024-01-05 10:00:00"},
        {"2024-1-5 9:05", "2024-01-05 09:05:00"},
        {"2024/01/05 10:00:00", "2024-01-05 10:00:00"},
        /* NYC Open Data, spreadsheets: month first here */
        {"01/05/2018 10:00:00 AM", "2018-01-05 10:00:00"},
        {"01/05/2018 12:00:00 AM", "2018-01-05 00:00:00"},
        {"01/05/2018 12:30:00 PM", "2018-01-05 12:30:00"},
        {"01/05/2018 11:59:59 pm", "2018-01-05 23:59:59"},
        {"1/5/2024 10:00", "2024-01-05 10:00:00"},
        {"1/5/2024, 10:00", "2024-01-05 10:00:00"},
        {"1-5-2024 10:00", "2024-01-05 10:00:00"},
        {"1.5.2024 10:00", "2024-01-05 10:00:00"},
        {"1/5/2024  1:02PM", "2024-01-05 13:02:00"},
        /* with a zone: pandas, DuckDB, Polars and pyarrow, Spark, JSON, BigQuery */
        {"2024-01-05 10:00:00-05:00", "2024-01-05 10:00:00 = 05 15:00"},
        {"2024-01-05 10:00:00-05", "2024-01-05 10:00:00 = 05 15:00"},
        {"2024-01-05T10:00:00.000000-0500", "2024-01-05 10:00:00 = 05 15:00"},
        {"2024-01-05T10:00:00.000-05:00", "2024-01-05 10:00:00 = 05 15:00"},
        {"2024-01-05T15:00:00Z", "2024-01-05 15:00:00 = 05 15:00"},
        {"2024-01-05T15:00:00.123z", "2024-01-05 15:00:00 = 05 15:00"},
        {"2024-01-05 15:00:00 UTC", "2024-01-05 15:00:00 = 05 15:00"},
        {"2024-01-05 15:00:00+00:00", "2024-01-05 15:00:00 = 05 15:00"},
        {"2024-01-06 01:30:00+1030", "2024-01-06 01:30:00 = 05 15:00"},
        {"2024-01-05 10:00 EST", "2024-01-05 10:00:00 = 05 15:00"},
        {"2024-07-05 10:00 EDT", "2024-07-05 10:00:00 = 05 14:00"},
        /* none */
        {"2024-01-05", "no"},
        {"10:00:00", "no"},
        {"", "no"},
        {"2024-01-05 ", "no"},
        {"2024-01-0510:00", "no"},
        {"2024-01-05 10", "no"},
        {"2024-01-05 10:0", "no"},
        {"2024-01-05 10:00:0", "no"},
        {"2024-01-05 10:00:00.", "no"},
        {"2024-01-05 24:00:00", "no"},
        {"2024-01-05 10:00:60", "no"},
        {"2024-02-30 10:00:00", "no"},
        {"2024-13-01 10:00:00", "no"},
        {"13/13/2024 10:00", "no"},
        {"13/01/2024 10:00", "no"},
        {"01/05/2018 13:00 PM", "no"},
        {"01/05/2018 00:00 AM", "no"},
        {"01/05/18 10:00", "no"},
        {"2024-01/05 10:00", "no"},
        {"2024.01.05 10:00", "no"},
        {"024-01-05 10:00", "no"},
        {"2024-01-05 10:00:00 CET", "no"},
        {"2024-01-05 10:00:00-5", "no"},
        {"2024-01-05 10:00:00-050", "no"},
        {"2024-01-05 10:00:00-05:0", "no"},
        {"2024-01-05 10:00:00-05:60", "no"},
        {"2024-01-05 10:00:00-24:00", "no"},
        {"2024-01-05 10:00:00 x", "no"},
        {"2024-01-05 10:00:00ZZ", "no"},
    };
    (void)state;
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        const char *got = shown(cases[i].text, DATE_ORDER_MDY);
        if (strcmp(got, cases[i].expected) != 0) {
            fail_msg("\"%s\": %s, expected %s", cases[i].text, got, cases[i].expected);
        }
    }
}

static void parse__day_first__by_the_order_only(void **state)
{
    (void)state;
    assert_string_equal(shown("13/01/2024 10:00", DATE_ORDER_DMY), "2024-01-13 10:00:00");
    assert_string_equal(shown("01/13/2024 10:00", DATE_ORDER_DMY), "no");
    assert_string_equal(shown("1/5/2024 10:00", DATE_ORDER_DMY), "2024-05-01 10:00:00");
    assert_string_equal(shown("1/5/2024 10:00", DATE_ORDER_UNKNOWN), "no");
    assert_string_equal(shown("5/5/2024 10:00", DATE_ORDER_UNKNOWN), "2024-05-05 10:00:00");
    assert_string_equal(shown("2024-01-05 10:00", DATE_ORDER_UNKNOWN), "2024-01-05 10:00:00");
}

static void orders__what_a_date_may_be__bits(void **state)
{
    const unsigned mdy = 1U << DATE_ORDER_MDY, dmy = 1U << DATE_ORDER_DMY;
    (void)state;
    assert_int_equal(when_orders(TLC_STR("1/5/2024 10:00")), mdy | dmy);
    assert_int_equal(when_orders(TLC_STR("13/5/2024 10:00")), dmy);
    assert_int_equal(when_orders(TLC_STR("5/13/2024 10:00")), mdy);
    assert_int_equal(when_orders(TLC_STR("5/5/2024 10:00")), 0);
    assert_int_equal(when_orders(TLC_STR("2024-01-05 10:00")), 0);
    assert_int_equal(when_orders(TLC_STR("1/5/2024")), 0);
    assert_int_equal(when_orders(TLC_STR("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__spellings_of_tools__the_time),
        cmocka_unit_test(parse__day_first__by_the_order_only),
        cmocka_unit_test(orders__what_a_date_may_be__bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
