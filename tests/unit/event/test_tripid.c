#include "tests/unit/event/unit.h"

#include "common/event/event.h"
#include "common/event/tripid.h"

static void source_valid__table(void **state)
{
    (void)state;
    static const struct {
        int32_t source;
        bool valid;
    } rows[] = {
        {2202401, true},  {1200701, true},  {5206812, true},  {9000000, true},    {5000000, true},
        {0, false},       {202401, false},  {6202401, false}, {8202401, false},   {10202401, false},
        {2202400, false}, {2202413, false}, {2200612, false}, {2206901, false},   {2000001, false},
        {-1, false},      {9202401, false}, {2202499, false}, {INT32_MAX, false},
    };
    for (size_t i = 0; i < TLC_COUNT(rows); i++) {
        assert_int_equal(tlc_source_valid(rows[i].source), rows[i].valid);
    }
}

static void tripid_valid__table(void **state)
{
    (void)state;
    static const struct {
        int64_t id;
        bool valid;
    } rows[] = {
        {INT64_C(2202401000000001), true},
        {INT64_C(2202401999999999), true},
        {INT64_C(9000000000000001), true},
        {INT64_C(5206812999999999), true},
        {INT64_C(2202401000000000), false},
        {0, false},
        {-1, false},
        {INT64_C(-2202401000000001), false},
        {1, false},
        {TLC_TRIP_ID_MAX, false},
        {TLC_TRIP_ID_MAX + 1, false},
        {INT64_MAX, false},
        {INT64_MIN, false},
        {INT64_C(2202413000000001), false},
    };
    for (size_t i = 0; i < TLC_COUNT(rows); i++) {
        assert_int_equal(tlc_tripid_valid(rows[i].id), rows[i].valid);
    }
}

static void make__parts__come_back(void **state)
{
    (void)state;
    const int32_t source = tlc_source_make(TLC_GREEN, 202401);
    assert_int_equal(source, 2202401);
    const int64_t id = tlc_tripid_make(source, 56551);
    assert_true(id == INT64_C(2202401000056551));
    assert_int_equal(tlc_tripid_source(id), source);
    assert_int_equal(tlc_tripid_row(id), 56551);
    assert_int_equal(tlc_source_dataset(source), TLC_GREEN);
    assert_int_equal(tlc_source_month(source), 202401);
}

static void text__names_and_sources(void **state)
{
    (void)state;
    char text[32];
    enum tlc_dataset dataset;
    assert_string_equal(tlc_source_text(2202401, text), "green 2024-01");
    assert_string_equal(tlc_source_text(9000000, text), "live");
    assert_string_equal(tlc_source_text(7202401, text), "unknown 2024-01");
    assert_string_equal(tlc_dataset_name(0), "unknown");
    assert_true(tlc_dataset_parse(TLC_STR("fhvhv"), &dataset) && dataset == TLC_FHVHV);
    assert_false(tlc_dataset_parse(TLC_STR("Yellow"), &dataset));
    assert_false(tlc_dataset_parse(TLC_STR(""), &dataset));
}

static void span__table__new_york_months(void **state)
{
    (void)state;
    static const struct {
        int32_t source;
        int64_t slack_s, from_s, to_s;
    } rows[] = {
        {2202401, 0, 1704085200, 1706763600},                     /* EST to EST */
        {2202403, 0, 1709269200, 1711944000},                     /* EST to EDT: an hour short */
        {1202411, 0, 1730433600, 1733029200},                     /* EDT to EST: an hour long */
        {1202312, 86400, 1701406800 - 86400, 1704085200 + 86400}, /* across the year */
        {9000000, 86400, TLC_TIME_MIN_S, TLC_TIME_MAX_S},
    };
    for (size_t i = 0; i < TLC_COUNT(rows); i++) {
        int64_t from_s, to_s;
        tlc_source_span(rows[i].source, rows[i].slack_s, &from_s, &to_s);
        assert_int_equal(from_s, rows[i].from_s);
        assert_int_equal(to_s, rows[i].to_s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(source_valid__table),          cmocka_unit_test(tripid_valid__table),
        cmocka_unit_test(make__parts__come_back),       cmocka_unit_test(text__names_and_sources),
        cmocka_unit_test(span__table__new_york_months),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
