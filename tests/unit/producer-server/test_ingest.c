#include "tests/support/unit.h"

#include "producer-server/ingest.h"

#define START                                                                                      \
    "{\"TripID\":2202401000000001,\"VendorID\":2,\"Datetime\":\"2024-01-01T00:12:34-05:00\","      \
    "\"Status\":\"start\",\"ZoneID\":74,\"PassengerCount\":1}"
#define END                                                                                        \
    "{\"TripID\":2202401000000001,\"VendorID\":2,\"Datetime\":\"2024-01-01T00:20:00-05:00\","      \
    "\"Status\":\"end\",\"ZoneID\":75,\"TripDistance\":1.42,\"PaymentType\":1,"                    \
    "\"FareAmount\":8.60,\"TipAmount\":2.00,\"TotalAmount\":14.10}"

static struct ingest batch;

static void read_lines(const char *body)
{
    ingest_reset(&batch);
    ingest_lines(&batch, tlc_str_from(body));
    assert_false(batch.failed);
    assert_int_equal(batch.received, batch.n + batch.refused);
}

static int set_up(void **state)
{
    (void)state;
    ingest_init(&batch, (size_t)8 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ingest_release(&batch);
    return 0;
}

static void lines__canonical__the_same_bytes_keyed_by_trip(void **state)
{
    (void)state;
    static const char body[] = START "\n" END "\n";
    read_lines(body);
    assert_int_equal(batch.n, 2);
    assert_int_equal(batch.refused, 0);
    assert_ptr_equal(batch.records[0].value.p, body); /* not copied */
    assert_true(tlc_str_eq(batch.records[0].value, TLC_STR(START)));
    assert_true(tlc_str_eq(batch.records[1].value, TLC_STR(END)));
    assert_true(tlc_str_eq(batch.records[1].key, TLC_STR("2202401000000001")));
    assert_int_equal(batch.records[1].partition, -1);
}

static void lines__odd_layout__written_anew(void **state)
{
    (void)state;
    read_lines("\r\n  { \"Zone\": \"Central Park\", \"Status\": \"start\", \"VendorID\": 2.0e0,\t"
               "\"Datetime\": \"2024-01-01 00:12:34\", \"TripID\": 2202401000000001, "
               "\"more\": [1, {}] }\r\n\n" START "\r\n" END);
    assert_int_equal(batch.n, 3);
    assert_true(tlc_str_eq(batch.records[0].value,
                           TLC_STR("{\"TripID\":2202401000000001,\"VendorID\":2,\"Datetime\":"
                                   "\"2024-01-01T00:12:34-05:00\",\"Status\":\"start\","
                                   "\"ZoneID\":43}")));
    assert_true(tlc_str_eq(batch.records[0].key, TLC_STR("2202401000000001")));
    assert_true(tlc_str_eq(batch.records[1].value, TLC_STR(START)));
}

static void lines__bad_ones__named_by_line_and_rule(void **state)
{
    (void)state;
    read_lines(START "\n"
                     "garbage\n"
                     "\n"
                     "{\"TripID\":2202401000000001,\"VendorID\":2,\"Datetime\":"
                     "\"2024-01-01T00:12:34-05:00\",\"Status\":\"start\",\"ZoneID\":300}\n"
                     "{\"TripID\":2202401000000001,\"VendorID\":2,\"Datetime\":"
                     "\"2024-03-01T00:12:34-05:00\",\"Status\":\"start\",\"ZoneID\":3}\n"
                     "{\"Source\":2202401,\"Status\":\"closed\"}\n" END);
    static const struct {
        size_t line;
        enum tlc_rule rule;
    } want[] = {{2, TLC_RULE_NOT_JSON},
                {4, TLC_RULE_BAD_ZONE},
                {5, TLC_RULE_OUTSIDE_MONTH},
                {6, TLC_RULE_BAD_STATUS}};
    assert_int_equal(batch.n, 2);
    assert_int_equal(batch.refused, TLC_COUNT(want));
    assert_int_equal(batch.errors_n, TLC_COUNT(want));
    for (size_t i = 0; i < TLC_COUNT(want); i++) {
        assert_int_equal(batch.errors[i].line, want[i].line);
        assert_int_equal(batch.errors[i].rule, want[i].rule);
        assert_int_equal(batch.by_rule[want[i].rule], 1);
    }
    assert_false(ingest_not_json(&batch));
}

static void lines__month_bounds__two_days_of_slack(void **state)
{
    (void)state;
    static const struct {
        const char *time;
        bool taken;
    } cases[] = {{"2023-12-30T00:00:00-05:00", true},  {"2023-12-29T23:59:59-05:00", false},
                 {"2024-02-02T23:59:59-05:00", true},  {"2024-02-03T00:00:00-05:00", false},
                 {"2088-01-24T00:00:00-05:00", false}, {"2001-01-24T00:00:00-05:00", false}};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        char line[256];
        snprintf(line, sizeof line,
                 "{\"TripID\":2202401000000001,\"VendorID\":2,\"Datetime\":\"%s\","
                 "\"Status\":\"start\",\"ZoneID\":74}",
                 cases[i].time);
        read_lines(line);
        assert_int_equal(batch.n, cases[i].taken);
    }
}

static void lines__nothing_but_garbage__not_json(void **state)
{
    (void)state;
    read_lines("<html>\n</html>\n");
    assert_true(ingest_not_json(&batch));
    read_lines("<html>\n" START);
    assert_false(ingest_not_json(&batch));
    read_lines(" \n\r\n\t\n");
    assert_int_equal(batch.received, 0);
    assert_false(ingest_not_json(&batch));
}

static void lines__longer_than_an_event__too_large(void **state)
{
    (void)state;
    static char line[TLC_JSON_MAX + 64];
    memset(line, ' ', sizeof line - 1);
    memcpy(line, "{\"x\":1", 6);
    line[sizeof line - 2] = '}';
    read_lines(line);
    assert_int_equal(batch.by_rule[TLC_RULE_TOO_LARGE], 1);
}

static void lines__events_without_line_ends__told_so(void **state)
{
    (void)state;
    struct tlc_buf reply;
    read_lines(START START END START END);
    ingest_encode(&batch, 0, &reply);
    assert_int_equal(batch.by_rule[TLC_RULE_TOO_LARGE], 1);
    assert_non_null(strstr(reply.p, "several events want a line end between them, or one array"));
    tlc_buf_release(&reply);
}

static void lines__byte_order_mark__skipped(void **state)
{
    (void)state;
    read_lines("\xef\xbb\xbf" START "\n" END "\n");
    assert_int_equal(batch.n, 2);
    assert_true(tlc_str_eq(batch.records[0].value, TLC_STR(START)));
    read_lines("\xef\xbb\xbf[" START "]");
    assert_int_equal(batch.n, 1);
    read_lines("\xef\xbb\xbf\r\n");
    assert_int_equal(batch.received, 0);
    read_lines(START "\n\xef\xbb\xbf" END); /* no mark there, but garbage */
    assert_int_equal(batch.refused, 1);
    ingest_reset(&batch);
    ingest_one(&batch, TLC_STR("\xef\xbb\xbf" START));
    assert_int_equal(batch.n, 1);
}

static void lines__array__each_element_as_a_line(void **state)
{
    (void)state;
    static const char tricky[] = "{\"a\":\"]},\\\"[{\",\"b\":[[1],{\"c\":\"\\\\\"}]}";
    static const struct {
        const char *body;
        size_t taken, refused, line;
        enum tlc_rule rule; /* of the first refusal, in that line */
    } cases[] = {
        {"[" START "]", 1, 0, 0, 0},
        {" \r\n[ " START " ,\n " END "\n]\n", 2, 0, 0, 0},
        {"[]", 0, 0, 0, 0},
        {"[ \n ]", 0, 0, 0, 0},
        {"[" START ",{},\n" END ",7]", 2, 2, 2, TLC_RULE_MISSING_KEY},
        {"[" START "," END, 2, 1, 3, TLC_RULE_NOT_JSON}, /* not closed */
        {"[" START ",{\"TripID\":22024", 1, 2, 2, TLC_RULE_NOT_JSON},
        {"[" START "]\n" END, 1, 1, 2, TLC_RULE_NOT_JSON}, /* something follows */
        {"[" START ",]", 1, 1, 2, TLC_RULE_NOT_JSON},
        {"[,]", 0, 2, 1, TLC_RULE_NOT_JSON},
        {"[", 0, 1, 2, TLC_RULE_NOT_JSON},
        {"[\"\\", 0, 2, 1, TLC_RULE_NOT_JSON},
        {"[[" START "]]", 0, 1, 1, TLC_RULE_NOT_JSON},
        {"[}" START "]", 0, 1, 1, TLC_RULE_NOT_JSON},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        read_lines(cases[i].body);
        if (batch.n != cases[i].taken || batch.refused != cases[i].refused ||
            (batch.refused > 0 &&
             (batch.errors[0].line != cases[i].line || batch.errors[0].rule != cases[i].rule))) {
            fail_msg("%s: %zu taken, %zu refused, first in %zu by %d", cases[i].body, batch.n,
                     batch.refused, batch.errors_n > 0 ? batch.errors[0].line : 0,
                     batch.errors_n > 0 ? (int)batch.errors[0].rule : 0);
        }
    }
    char body[2048];
    snprintf(body, sizeof body, "[%s,%s,%s]", START, tricky, END);
    read_lines(body);
    assert_int_equal(batch.n, 2);
    assert_int_equal(batch.by_rule[TLC_RULE_MISSING_KEY], 1);
    assert_true(tlc_str_eq(batch.records[1].value, TLC_STR(END)));
}

/* Whatever stands between the brackets: every element has one fate, and nothing is read beyond the
 * end (the body is as long as its memory). */
static void lines__any_array__each_element_one_fate(void **state)
{
    (void)state;
    /* Not in the table, or the linter takes START for a forgotten comma. */
    static const char start[] = START, end[] = END;
    static const char *const pieces[] = {start, end, "{",  "}", "[", "]",    ",",  "\"",
                                         "\\",  " ", "\n", "7", "x", "\\\"", "{}", "\"]\""};
    uint64_t x = 88172645463325252;
    for (int round = 0; round < 20000; round++) {
        struct tlc_buf body;
        tlc_buf_init(&body, 1 << 16);
        tlc_buf_append(&body, "[", 1);
        for (int i = 0; i < 12; i++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            const char *piece = pieces[x >> 32 & (TLC_COUNT(pieces) - 1)];
            tlc_buf_append(&body, piece, strlen(piece));
        }
        char *exact = malloc(body.n);
        assert_non_null(exact);
        memcpy(exact, body.p, body.n);
        ingest_reset(&batch);
        ingest_lines(&batch, (struct tlc_str){exact, body.n});
        assert_int_equal(batch.received, batch.n + batch.refused);
        assert_true(batch.received > 0 || body.p[1] == ']' || body.p[1] == ' ' ||
                    body.p[1] == '\n');
        free(exact);
        tlc_buf_release(&body);
    }
}

static void one__event_over_several_lines__taken(void **state)
{
    (void)state;
    ingest_reset(&batch);
    ingest_one(&batch, TLC_STR("\n{\n\"TripID\": 2202401000000001,\n\"VendorID\": 2,\n"
                               "\"Datetime\": \"2024-01-01T00:12:34-05:00\",\n"
                               "\"Status\": \"start\",\n\"ZoneID\": 74\n}\n"));
    assert_int_equal(batch.received, 1);
    assert_int_equal(batch.n, 1);
    ingest_reset(&batch);
    ingest_one(&batch, TLC_STR(START "\n" END));
    assert_int_equal(batch.refused, 1);
}

static void marks__one_a_partition_without_key(void **state)
{
    (void)state;
    ingest_reset(&batch);
    ingest_marks(&batch, 2202401, TLC_MARK_CLOSED, 3);
    assert_int_equal(batch.n, 3);
    for (int32_t i = 0; i < 3; i++) {
        assert_int_equal(batch.records[i].partition, i);
        assert_int_equal(batch.records[i].key.n, 0);
        assert_true(tlc_str_eq(batch.records[i].value,
                               TLC_STR("{\"Source\":2202401,\"Status\":\"closed\"}")));
    }
}

static void encode__refusals__as_the_api_says(void **state)
{
    (void)state;
    struct tlc_buf out;
    read_lines(START "\nx\n");
    ingest_encode(&batch, 1, &out);
    assert_string_equal(tlc_buf_cstr(&out),
                        "{\"accepted\":1,\"refused\":1,\"errors\":[{\"line\":2,\"rule\":"
                        "\"not_json\",\"text\":\"not one JSON object (byte 1)\"}]}\n");
    tlc_buf_release(&out);
    read_lines(START);
    ingest_encode(&batch, 1, &out);
    assert_string_equal(tlc_buf_cstr(&out), "{\"accepted\":1,\"refused\":0}\n");
    tlc_buf_release(&out);
}

static void lines__many_refused__as_many_told_as_asked_for(void **state)
{
    (void)state;
    static char body[2 * 20000 + 1];
    for (size_t i = 0; i < 20000; i++) {
        memcpy(body + 2 * i, "x\n", 2);
    }
    static const size_t asked[] = {0, 1, INGEST_ERRORS_DEFAULT, INGEST_ERRORS_MAX};
    for (size_t i = 0; i < TLC_COUNT(asked); i++) {
        struct tlc_buf out;
        ingest_reset(&batch);
        batch.errors_max = asked[i];
        ingest_lines(&batch, tlc_str_from(body));
        assert_int_equal(batch.errors_n, asked[i]);
        assert_int_equal(batch.refused, 20000);
        ingest_encode(&batch, 0, &out);
        assert_false(out.failed);
        assert_int_equal(out.p[out.n - 2], '}');
        tlc_buf_release(&out);
    }
    read_lines(body); /* a new request asks anew */
    assert_int_equal(batch.errors_n, INGEST_ERRORS_DEFAULT);
}

static void lines__body_of_the_largest_size__all_records(void **state)
{
    (void)state;
    size_t n = ((size_t)8 << 20) / sizeof START;
    char *body = malloc(n * sizeof START);
    assert_non_null(body);
    for (size_t i = 0; i < n; i++) {
        memcpy(body + i * sizeof START, START "\n", sizeof START);
    }
    ingest_reset(&batch);
    ingest_lines(&batch, (struct tlc_str){body, n * sizeof START});
    assert_int_equal(batch.n, n);
    assert_true(ingest_held_bytes(&batch) >= n * sizeof *batch.records);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines__canonical__the_same_bytes_keyed_by_trip),
        cmocka_unit_test(lines__odd_layout__written_anew),
        cmocka_unit_test(lines__bad_ones__named_by_line_and_rule),
        cmocka_unit_test(lines__month_bounds__two_days_of_slack),
        cmocka_unit_test(lines__nothing_but_garbage__not_json),
        cmocka_unit_test(lines__longer_than_an_event__too_large),
        cmocka_unit_test(lines__events_without_line_ends__told_so),
        cmocka_unit_test(lines__byte_order_mark__skipped),
        cmocka_unit_test(lines__array__each_element_as_a_line),
        cmocka_unit_test(lines__any_array__each_element_one_fate),
        cmocka_unit_test(one__event_over_several_lines__taken),
        cmocka_unit_test(marks__one_a_partition_without_key),
        cmocka_unit_test(encode__refusals__as_the_api_says),
        cmocka_unit_test(lines__many_refused__as_many_told_as_asked_for),
        cmocka_unit_test(lines__body_of_the_largest_size__all_records),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
