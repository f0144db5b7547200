#include "tests/unit/event/unit.h"

#include <stdlib.h>

#include "common/event/codec_json.h"

#define HEAD                                                                                       \
    "{\"TripID\":2202401000000001,\"VendorID\":2,\"Datetime\":\"2024-01-01T00:12:34-05:00\","
#define START HEAD "\"Status\":\"start\",\"ZoneID\":74"
#define END HEAD "\"Status\":\"end\",\"ZoneID\":75"
#define FULL_START START ",\"Longitude\":-73.937500,\"Latitude\":40.802500,\"PassengerCount\":1}"
#define FULL_END                                                                                   \
    END ",\"Longitude\":-73.937500,\"Latitude\":40.802500,\"TripDistance\":1.42,"                  \
        "\"PaymentType\":1,\"FareAmount\":8.60,\"TipAmount\":-0.05,\"TotalAmount\":14.10}"

static const struct tlc_event full_start = {
    .trip_id = 2202401000000001,
    .at_s = 1704085954,
    .lon_e6 = -73937500,
    .lat_e6 = 40802500,
    .vendor_id = 2,
    .zone_id = 74,
    .status = TLC_START,
    .has = TLC_HAS_OF_START,
    .passengers = 1,
};

static const struct tlc_event full_end = {
    .trip_id = 2202401000000001,
    .at_s = 1704085954,
    .lon_e6 = -73937500,
    .lat_e6 = 40802500,
    .distance_cmi = 142,
    .fare_cents = 860,
    .tip_cents = -5,
    .total_cents = 1410,
    .vendor_id = 2,
    .zone_id = 75,
    .status = TLC_END,
    .has = TLC_HAS_OF_END,
    .payment = 1,
};

/* Decodes an exact copy on the heap, so that the address sanitizer sees a read past the end. */
static enum tlc_json_kind decode(const char *text, struct tlc_event *ret, enum tlc_rule *ret_rule)
{
    const size_t n = strlen(text);
    char *copy = malloc(n > 0 ? n : 1);
    const char *at = NULL;
    assert_non_null(copy);
    memcpy(copy, text, n);
    const enum tlc_json_kind kind = tlc_json_decode((struct tlc_str){copy, n}, ret, ret_rule, &at);
    if (kind == TLC_JSON_BAD) {
        assert_true(at >= copy && at <= copy + n);
        assert_int_equal(tlc_rule_info(*ret_rule)->level, TLC_LEVEL_REJECT);
    } else {
        assert_null(at);
    }
    free(copy);
    return kind;
}

static void encode__full_events__canonical_text(void **state)
{
    (void)state;
    char text[TLC_JSON_MAX];
    size_t n = tlc_json_encode(&full_start, text);
    assert_int_equal(n, strlen(FULL_START));
    assert_memory_equal(text, FULL_START, n);
    n = tlc_json_encode(&full_end, text);
    assert_int_equal(n, strlen(FULL_END));
    assert_memory_equal(text, FULL_END, n);
}

static void encode__absent_fields__left_out(void **state)
{
    (void)state;
    char text[TLC_JSON_MAX];
    struct tlc_event e = full_start;
    e.has = 0;
    const size_t n = tlc_json_encode(&e, text);
    assert_int_equal(n, strlen(START "}"));
    assert_memory_equal(text, START "}", n);
}

static void encode__largest_values__fits(void **state)
{
    (void)state;
    char text[TLC_JSON_MAX];
    struct tlc_event e = full_end, back;
    enum tlc_rule rule;
    const char *at;
    e.vendor_id = TLC_VENDOR_MAX;
    e.lon_e6 = -180000000;
    e.lat_e6 = -90000000;
    e.distance_cmi = e.fare_cents = e.tip_cents = e.total_cents = -TLC_CENTS_MAX;
    const size_t n = tlc_json_encode(&e, text);
    assert_true(n < 320);
    assert_int_equal(tlc_json_decode((struct tlc_str){text, n}, &back, &rule, &at), TLC_JSON_EVENT);
    assert_true(tlc_event_equal(&e, &back));
}

static void decode__canonical__event(void **state)
{
    (void)state;
    struct tlc_event e;
    enum tlc_rule rule;
    assert_int_equal(decode(FULL_START, &e, &rule), TLC_JSON_EVENT);
    assert_true(tlc_event_equal(&e, &full_start));
    assert_int_equal(decode(FULL_END, &e, &rule), TLC_JSON_EVENT);
    assert_true(tlc_event_equal(&e, &full_end));
    assert_int_equal(decode(START "}", &e, &rule), TLC_JSON_EVENT);
    assert_int_equal(e.has, 0);
}

static void decode__same_event_in_other_words__rewritten(void **state)
{
    (void)state;
    static const char *const forms[] = {
        FULL_START "\r",
        " \t" FULL_START " ",
        /* another order, blanks, unknown keys of any type */
        "{ \"ZoneID\" : 74, \"x\":{\"a\":[1,2,{\"b\":null}],\"TripID\":0}, \"PassengerCount\":1,"
        "\"Longitude\":-73.9375,\"Latitude\":40.8025,\"Status\":\"start\",\"y\":"
        "\"\\u00e9\\ud83d\\ude95\","
        "\"z\":[],\"w\":{},\"v\":true,\"u\":false,\"Datetime\":\"2024-01-01 "
        "00:12:34\",\"VendorID\":2,"
        "\"TripID\":2202401000000001}",
        /* numbers in other forms */
        "{\"TripID\":2.202401000000001e15,\"VendorID\":2.0,\"Datetime\":\"2024-01-01T05:12:34Z\","
        "\"Status\":\"start\",\"ZoneID\":740e-1,\"Longitude\":-73.93749999999,\"Latitude\":4."
        "08025E+1,"
        "\"PassengerCount\":1}",
        /* escapes in keys and values, a name for the zone, nulls and keys of the other status */
        "{\"Trip\\u0049D\":2202401000000001,\"VendorID\":2,\"Datetime\":\"2024-01-01T00:12:34.5-05:"
        "00\","
        "\"Status\":\"st\\u0061rt\",\"ZoneID\":null,\"Zone\":\"East Harlem "
        "North\",\"Longitude\":-73.9375,"
        "\"Latitude\":40.8025,\"PassengerCount\":1,\"FareAmount\":\"n/"
        "a\",\"TipAmount\":null,\"Source\":1}",
    };
    for (size_t i = 0; i < TLC_COUNT(forms); i++) {
        struct tlc_event e;
        enum tlc_rule rule = TLC_RULE_NONE;
        const enum tlc_json_kind kind = decode(forms[i], &e, &rule);
        if (kind != TLC_JSON_REWRITTEN || !tlc_event_equal(&e, &full_start)) {
            fail_msg("form %zu: kind %d, rule %s", i, (int)kind, tlc_rule_info(rule)->id);
        }
    }
}

/* Right, but not what encode writes: bytes may not be passed on. */
static void decode__nearly_canonical__rewritten(void **state)
{
    (void)state;
    static const char *const forms[] = {
        END ",\"FareAmount\":8.6}",
        END ",\"FareAmount\":08.60}",
        END ",\"FareAmount\":-0.00}",
        END ",\"FareAmount\":8.600}",
        END ",\"PassengerCount\":1}",
        END ",\"TipAmount\":1.00,\"FareAmount\":8.60}",
        END ",\"Longitude\":-73.9375,\"Latitude\":40.802500}",
        "{\"TripID\":2202401000000001,\"VendorID\":2,\"Datetime\":\"2024-01-01T01:12:34-04:00\","
        "\"Status\":\"end\",\"ZoneID\":75}",
        "{\"TripID\":2202401000000001,\"VendorID\":2,\"Datetime\":\"2024-01-01T05:12:34+00:00\","
        "\"Status\":\"end\",\"ZoneID\":75}",
    };
    for (size_t i = 0; i < TLC_COUNT(forms); i++) {
        struct tlc_event e;
        enum tlc_rule rule = TLC_RULE_NONE;
        const enum tlc_json_kind kind = decode(forms[i], &e, &rule);
        if (i == 1) { /* a leading zero is no JSON at all */
            assert_int_equal(kind, TLC_JSON_BAD);
            assert_int_equal(rule, TLC_RULE_NOT_JSON);
        } else if (kind != TLC_JSON_REWRITTEN) {
            fail_msg("form %zu: kind %d, rule %s", i, (int)kind, tlc_rule_info(rule)->id);
        }
    }
}

static void decode__doubled_hour_without_offset__first_pass(void **state)
{
    (void)state;
    struct tlc_event e;
    enum tlc_rule rule;
    assert_int_equal(decode("{\"TripID\":2202411000000001,\"VendorID\":0,\"Datetime\":\"2024-11-03 "
                            "01:30:00\",\"Status\":\"start\",\"ZoneID\":1}",
                            &e, &rule),
                     TLC_JSON_REWRITTEN);
    assert_int_equal(e.at_s, 1730611800); /* 01:30 EDT */
}

static void decode__mark__its_source(void **state)
{
    (void)state;
    struct tlc_event e;
    enum tlc_rule rule;
    char text[TLC_JSON_MAX];
    size_t n = tlc_json_encode_mark(2202401, TLC_MARK_CLOSED, text);
    assert_int_equal(n, strlen("{\"Source\":2202401,\"Status\":\"closed\"}"));
    assert_memory_equal(text, "{\"Source\":2202401,\"Status\":\"closed\"}", n);
    assert_int_equal(decode("{\"Source\":2202401,\"Status\":\"closed\"}", &e, &rule),
                     TLC_JSON_MARK);
    assert_int_equal(e.trip_id, 2202401);
    assert_int_equal(e.status, TLC_MARK_CLOSED);
    n = tlc_json_encode_mark(9000000, TLC_MARK_OPEN, text);
    assert_int_equal(n, strlen("{\"Source\":9000000,\"Status\":\"open\"}"));
    assert_memory_equal(text, "{\"Source\":9000000,\"Status\":\"open\"}", n);
    assert_int_equal(decode("{\"Source\":9000000,\"Status\":\"open\"}", &e, &rule), TLC_JSON_MARK);
    assert_int_equal(e.trip_id, 9000000);
    assert_int_equal(e.status, TLC_MARK_OPEN);
    assert_int_equal(decode("{\"Status\": \"closed\", \"Source\": 9000000}", &e, &rule),
                     TLC_JSON_MARK);
    assert_int_equal(e.trip_id, 9000000);
}

#define EVENT(id, vendor, time, status, zone)                                                      \
    "{\"TripID\":" id ",\"VendorID\":" vendor ",\"Datetime\":" time ",\"Status\":" status          \
    ",\"ZoneID\":" zone "}"
#define ID "2202401000000001"
#define AT "\"2024-01-01T00:12:34-05:00\""
static const struct {
    const char *text;
    enum tlc_rule rule;
} faults[] = {
    {"", TLC_RULE_NOT_JSON},
    {"  ", TLC_RULE_NOT_JSON},
    {"null", TLC_RULE_NOT_JSON},
    {"[]", TLC_RULE_NOT_JSON},
    {"{", TLC_RULE_NOT_JSON},
    {START, TLC_RULE_NOT_JSON},
    {START "}}", TLC_RULE_NOT_JSON},
    {START "} x", TLC_RULE_NOT_JSON},
    {START ",}", TLC_RULE_NOT_JSON},
    {START ",\"a\":}", TLC_RULE_NOT_JSON},
    {START ",\"a\":01}", TLC_RULE_NOT_JSON},
    {START ",\"a\":+1}", TLC_RULE_NOT_JSON},
    {START ",\"a\":.5}", TLC_RULE_NOT_JSON},
    {START ",\"a\":1.}", TLC_RULE_NOT_JSON},
    {START ",\"a\":1e}", TLC_RULE_NOT_JSON},
    {START ",\"a\":NaN}", TLC_RULE_NOT_JSON},
    {START ",\"a\":'x'}", TLC_RULE_NOT_JSON},
    {START ",\"a\":\"\\x\"}", TLC_RULE_NOT_JSON},
    {START ",\"a\":\"\\u12\"}", TLC_RULE_NOT_JSON},
    {START ",\"a\":\"\\ud800\"}", TLC_RULE_NOT_JSON},
    {START ",\"a\":\"\\udc00\"}", TLC_RULE_NOT_JSON},
    {START ",\"a\":\"\\ud800\\u0041\"}", TLC_RULE_NOT_JSON},
    {START ",\"a\":\"\t\"}", TLC_RULE_NOT_JSON},
    {START ",\"a\":\"\xc0\xaf\"}", TLC_RULE_NOT_JSON},
    {START ",\"a\":\"\xed\xa0\x80\"}", TLC_RULE_NOT_JSON},
    {START ",\"a\":\"\xf4\x90\x80\x80\"}", TLC_RULE_NOT_JSON},
    {START ",\"a\":\"\xe2\x82\"}", TLC_RULE_NOT_JSON},
    {START ",\"a\":[1,]}", TLC_RULE_NOT_JSON},
    {START ",\"a\":{\"b\"}}", TLC_RULE_NOT_JSON},
    {START ",\"a\":[}", TLC_RULE_NOT_JSON},
    {START ",a:1}", TLC_RULE_NOT_JSON},
    {"\xef\xbb\xbf" START "}", TLC_RULE_NOT_JSON},
    {"{}", TLC_RULE_MISSING_KEY},
    {EVENT("null", "2", AT, "\"end\"", "1"), TLC_RULE_MISSING_KEY},
    {EVENT(ID, "null", AT, "\"end\"", "1"), TLC_RULE_MISSING_KEY},
    {EVENT(ID, "2", "null", "\"end\"", "1"), TLC_RULE_MISSING_KEY},
    {EVENT(ID, "2", AT, "null", "1"), TLC_RULE_MISSING_KEY},
    {EVENT(ID, "2", AT, "\"end\"", "null"), TLC_RULE_MISSING_KEY},
    {EVENT("0", "2", AT, "\"end\"", "1"), TLC_RULE_BAD_TRIP_ID},
    {EVENT("-1", "2", AT, "\"end\"", "1"), TLC_RULE_BAD_TRIP_ID},
    {EVENT("\"" ID "\"", "2", AT, "\"end\"", "1"), TLC_RULE_BAD_TRIP_ID},
    {EVENT(ID ".5", "2", AT, "\"end\"", "1"), TLC_RULE_BAD_TRIP_ID},
    {EVENT("9007199254740992", "2", AT, "\"end\"", "1"), TLC_RULE_BAD_TRIP_ID},
    {EVENT("99999999999999999999", "2", AT, "\"end\"", "1"), TLC_RULE_BAD_TRIP_ID},
    {EVENT("2202413000000001", "2", AT, "\"end\"", "1"), TLC_RULE_BAD_TRIP_ID},
    {EVENT("2202401000000000", "2", AT, "\"end\"", "1"), TLC_RULE_BAD_TRIP_ID},
    {EVENT(ID, "-1", AT, "\"end\"", "1"), TLC_RULE_BAD_VENDOR},
    {EVENT(ID, "32768", AT, "\"end\"", "1"), TLC_RULE_BAD_VENDOR},
    {EVENT(ID, "\"CMT\"", AT, "\"end\"", "1"), TLC_RULE_BAD_VENDOR},
    {EVENT(ID, "2", "1704085954", "\"end\"", "1"), TLC_RULE_BAD_TIME},
    {EVENT(ID, "2", "\"yesterday\"", "\"end\"", "1"), TLC_RULE_BAD_TIME},
    {EVENT(ID, "2", "\"2024-02-30T00:00:00-05:00\"", "\"end\"", "1"), TLC_RULE_BAD_TIME},
    {EVENT(ID, "2", "\"2001-01-01T00:00:00-05:00\"", "\"end\"", "1"), TLC_RULE_BAD_TIME},
    {EVENT(ID, "2", "\"2088-01-24T00:25:39-05:00\"", "\"end\"", "1"), TLC_RULE_BAD_TIME},
    {EVENT(ID, "2", "\"2069-01-01T00:00:00-05:00\"", "\"end\"", "1"), TLC_RULE_BAD_TIME},
    {EVENT(ID, "2", AT, "\"stop\"", "1"), TLC_RULE_BAD_STATUS},
    {EVENT(ID, "2", AT, "\"Start\"", "1"), TLC_RULE_BAD_STATUS},
    {EVENT(ID, "2", AT, "1", "1"), TLC_RULE_BAD_STATUS},
    {EVENT(ID, "2", AT, "\"end\"", "0"), TLC_RULE_BAD_ZONE},
    {EVENT(ID, "2", AT, "\"end\"", "266"), TLC_RULE_BAD_ZONE},
    {EVENT(ID, "2", AT, "\"end\"", "74.5"), TLC_RULE_BAD_ZONE},
    {EVENT(ID, "2", AT, "\"end\"", "\"74\""), TLC_RULE_BAD_ZONE},
    {HEAD "\"Status\":\"end\",\"Zone\":\"Atlantis\"}", TLC_RULE_BAD_ZONE},
    {HEAD "\"Status\":\"end\",\"Zone\":7}", TLC_RULE_BAD_ZONE},
    {START ",\"Longitude\":-73.937500}", TLC_RULE_BAD_POINT},
    {START ",\"Latitude\":40.8,\"Longitude\":null}", TLC_RULE_BAD_POINT},
    {START ",\"Longitude\":-180.000001,\"Latitude\":40.802500}", TLC_RULE_BAD_POINT},
    {START ",\"Longitude\":-73.937500,\"Latitude\":90.000001}", TLC_RULE_BAD_POINT},
    {START ",\"PassengerCount\":256}", TLC_RULE_BAD_VALUE},
    {START ",\"PassengerCount\":-1}", TLC_RULE_BAD_VALUE},
    {START ",\"PassengerCount\":1.5}", TLC_RULE_BAD_VALUE},
    {START ",\"PassengerCount\":true}", TLC_RULE_BAD_VALUE},
    {END ",\"PaymentType\":7}", TLC_RULE_BAD_VALUE},
    {END ",\"FareAmount\":10000000.00}", TLC_RULE_BAD_VALUE},
    {END ",\"TotalAmount\":-10000000}", TLC_RULE_BAD_VALUE},
    {END ",\"TipAmount\":\"1.00\"}", TLC_RULE_BAD_VALUE},
    {END ",\"TripDistance\":[]}", TLC_RULE_BAD_VALUE},
    {START ",\"ZoneID\":74}", TLC_RULE_DUPLICATE_KEY},
    {START ",\"Z\\u006fneID\":74}", TLC_RULE_DUPLICATE_KEY},
    {"{\"Status\":\"closed\"}", TLC_RULE_BAD_MARK},
    {"{\"Source\":null,\"Status\":\"closed\"}", TLC_RULE_BAD_MARK},
    {"{\"Source\":2202413,\"Status\":\"closed\"}", TLC_RULE_BAD_MARK},
    {"{\"Source\":\"2202401\",\"Status\":\"closed\"}", TLC_RULE_BAD_MARK},
};

static void decode__faults__their_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < TLC_COUNT(faults); i++) {
        struct tlc_event e;
        enum tlc_rule rule = TLC_RULE_NONE;
        const enum tlc_json_kind kind = decode(faults[i].text, &e, &rule);
        if (kind != TLC_JSON_BAD || rule != faults[i].rule) {
            fail_msg("%s: kind %d, rule %s, wanted %s", faults[i].text, (int)kind,
                     tlc_rule_info(rule)->id, tlc_rule_info(faults[i].rule)->id);
        }
    }
}

static void decode__fault__position_points_at_it(void **state)
{
    (void)state;
    const char *line = EVENT(ID, "2", AT, "\"end\"", "999");
    const char *at = NULL;
    struct tlc_event e;
    enum tlc_rule rule;
    assert_int_equal(tlc_json_decode(tlc_str_from(line), &e, &rule, &at), TLC_JSON_BAD);
    assert_ptr_equal(at, strstr(line, "999"));
}

static void decode__deep_nesting__32_levels(void **state)
{
    (void)state;
    for (int depth = 30; depth <= 34; depth++) {
        char text[TLC_JSON_MAX * 2];
        int n = snprintf(text, sizeof(text), START ",\"a\":");
        for (int i = 1; i < depth; i++) {
            text[n++] = '[';
        }
        for (int i = 1; i < depth; i++) {
            text[n++] = ']';
        }
        text[n++] = '}';
        text[n] = '\0';
        struct tlc_event e;
        enum tlc_rule rule;
        assert_int_equal(decode(text, &e, &rule), depth <= 32 ? TLC_JSON_REWRITTEN : TLC_JSON_BAD);
    }
}

static void decode__size__512_bytes_without_blanks_around(void **state)
{
    (void)state;
    char text[2048];
    struct tlc_event e;
    enum tlc_rule rule = TLC_RULE_NONE;
    const int head = snprintf(text, sizeof(text), START ",\"a\":\"");
    memset(text + head, 'x', sizeof(text) - (size_t)head);
    memcpy(text + TLC_JSON_MAX - 2, "\"}", 3);
    assert_int_equal(decode(text, &e, &rule), TLC_JSON_REWRITTEN);
    memset(text + TLC_JSON_MAX, ' ', 1000);
    text[TLC_JSON_MAX + 1000] = '\0';
    assert_int_equal(decode(text, &e, &rule), TLC_JSON_REWRITTEN);
    memcpy(text + TLC_JSON_MAX - 2, "x\"}", 4);
    assert_int_equal(decode(text, &e, &rule), TLC_JSON_BAD);
    assert_int_equal(rule, TLC_RULE_TOO_LARGE);
}

static void in_month__slack__both_sides(void **state)
{
    (void)state;
    struct tlc_event e = full_start;
    static const struct {
        int64_t id, at_s, slack_s;
        enum tlc_rule rule;
        int64_t now_s;
    } rows[] = {
        {INT64_C(2202401000000001), 1704085200, 0, TLC_RULE_NONE, -1},
        {INT64_C(2202401000000001), 1704085199, 0, TLC_RULE_OUTSIDE_MONTH, -1},
        {INT64_C(2202401000000001), 1704085199, 1, TLC_RULE_NONE, -1},
        {INT64_C(2202401000000001), 1706763599, 0, TLC_RULE_NONE, -1},
        {INT64_C(2202401000000001), 1706763600, 0, TLC_RULE_OUTSIDE_MONTH, -1},
        {INT64_C(1202402000000001), 1706763600, 0, TLC_RULE_NONE, -1},
        {INT64_C(2202401000000001), 1706763600, 86400, TLC_RULE_NONE, -1},
        {INT64_C(9000000000000001), TLC_TIME_MIN_S, 0, TLC_RULE_NONE, -1},
        {INT64_C(9000000000000001), 1704085200, 0, TLC_RULE_NONE, 1704085200 - 3600},
        {INT64_C(9000000000000001), 1704085200, 0, TLC_RULE_IN_THE_FUTURE, 1704085200 - 3601},
        {INT64_C(5000000000000001), TLC_TIME_MAX_S - 1, 0, TLC_RULE_IN_THE_FUTURE, 1704085200},
        {INT64_C(5000000000000001), TLC_TIME_MAX_S - 1, 0, TLC_RULE_NONE, -1},
        {INT64_C(5202401000000001), 1704085200, 0, TLC_RULE_NONE, 1200000000},
        {INT64_C(2202401000000001), 1704085200, 0, TLC_RULE_NONE, 1200000000},
    };
    for (size_t i = 0; i < TLC_COUNT(rows); i++) {
        e.trip_id = rows[i].id;
        e.at_s = rows[i].at_s;
        if (tlc_event_in_month(&e, rows[i].slack_s, rows[i].now_s) != rows[i].rule) {
            fail_msg("row %zu", i);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encode__full_events__canonical_text),
        cmocka_unit_test(encode__absent_fields__left_out),
        cmocka_unit_test(encode__largest_values__fits),
        cmocka_unit_test(decode__canonical__event),
        cmocka_unit_test(decode__same_event_in_other_words__rewritten),
        cmocka_unit_test(decode__nearly_canonical__rewritten),
        cmocka_unit_test(decode__doubled_hour_without_offset__first_pass),
        cmocka_unit_test(decode__mark__its_source),
        cmocka_unit_test(decode__faults__their_rule),
        cmocka_unit_test(decode__fault__position_points_at_it),
        cmocka_unit_test(decode__deep_nesting__32_levels),
        cmocka_unit_test(decode__size__512_bytes_without_blanks_around),
        cmocka_unit_test(in_month__slack__both_sides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
