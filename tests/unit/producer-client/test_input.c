#include "tests/support/unit.h"

#include "producer-client/input.h"

#define AT_1 INT64_C(1704086400) /* 2024-01-01T00:20:00-05:00 */

static struct input open_text(char path[UNIT_PATH_MAX], const char *text)
{
    struct input in;
    struct tlc_err err;
    assert_int_equal(input_open(&in, unit_temp_file(path, text), &err), 0);
    return in;
}

static enum input_state next(struct input *in)
{
    enum input_state s = INPUT_WAIT;
    struct tlc_err err;
    assert_int_equal(input_next(in, &s, &err), 0);
    return s;
}

#define EVENT(row, time)                                                                           \
    "{\"TripID\":220240100000000" row ",\"VendorID\":2,\"Datetime\":\"" time                       \
    "\",\"Status\":\"start\",\"ZoneID\":74}"

static void scan__layouts__time_and_id(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool ok;
        int64_t at_s, id;
    } cases[] = {
        {EVENT("1", "2024-01-01T00:20:00-05:00"), true, AT_1, 2202401000000001},
        {EVENT("2", "2024-01-01T05:20:00+00:00"), true, AT_1, 2202401000000002},
        {EVENT("3", "2024-07-01T00:00:00-04:00"), true, 1719806400, 2202401000000003},
        {EVENT("4", "2024-01-01T10:50:00+05:30"), true, AT_1, 2202401000000004},
        {"{ \"Datetime\": \"2024-01-01 00:20:00\", \"Status\":\"start\",\"ZoneID\":1, "
         "\"VendorID\":1, \"TripID\": 2202401000000005 }",
         true, AT_1, 2202401000000005},
        {EVENT("6", "2024-01-01T00:60:00-05:00"), false, 0, 0},
        {EVENT("7", "2024-13-01T00:20:00-05:00"), false, 0, 0},
        {"{\"TripID\":", false, 0, 0},
        {"{\"TripID\":1,\"VendorID\":", false, 0, 0},
        {"garbage", false, 0, 0},
        {"", false, 0, 0},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct input_scan scan = {0};
        int64_t at_s = 0, id = 0;
        bool ok = input_scan_line(&scan, tlc_str_from(cases[i].line), &at_s, &id);
        if (ok != cases[i].ok || (ok && (at_s != cases[i].at_s || id != cases[i].id))) {
            fail_msg("case %zu: %d %lld %lld", i, ok, (long long)at_s, (long long)id);
        }
    }
}

static void next__mixed_lines__blank_ones_left_out_but_counted(void **state)
{
    (void)state;
    char path[UNIT_PATH_MAX];
    struct input in = open_text(
        path, "\n" EVENT("1", "2024-01-01T00:20:00-05:00") "\r\n   \n"
                                                           "garbage\n" EVENT(
                                                               "2", "2024-01-01T00:20:01-05:00"));
    assert_int_equal(next(&in), INPUT_LINE);
    assert_int_equal(in.line_no, 2);
    assert_int_equal(in.event_s, AT_1);
    assert_int_equal(next(&in), INPUT_LINE); /* keeps the time of the line before */
    assert_int_equal(in.line_no, 4);
    assert_int_equal(in.event_s, AT_1);
    assert_int_equal(in.trip_id, 0);
    assert_int_equal(next(&in), INPUT_LINE); /* no line feed at the end */
    assert_int_equal(in.line_no, 5);
    assert_int_equal(in.event_s, AT_1 + 1);
    assert_int_equal(in.offset, in.size);
    assert_int_equal(next(&in), INPUT_END);
    assert_int_equal(in.undecoded_n, 1);
    input_close(&in);
    unlink(path);
}

static void next__lines_across_blocks__whole(void **state)
{
    (void)state;
    char dir[UNIT_PATH_MAX];
    unit_temp_file(dir, "");
    FILE *f = fopen(dir, "w");
    assert_non_null(f);
    for (int i = 0; i < 20000; i++) {
        fprintf(f,
                "{\"TripID\":%lld,\"VendorID\":1,\"Datetime\":\"2024-01-01T00:20:00-05:00\"%*s}\n",
                (long long)(2202401000000001 + i), i % 90, "");
    }
    fclose(f);
    struct input in;
    struct tlc_err err;
    assert_int_equal(input_open(&in, dir, &err), 0);
    for (int i = 0; i < 20000; i++) {
        assert_int_equal(next(&in), INPUT_LINE);
        assert_int_equal(in.trip_id, 2202401000000001 + i);
        assert_int_equal(in.line.p[in.line.n - 1], '}');
    }
    assert_int_equal(next(&in), INPUT_END);
    input_close(&in);
    unlink(dir);
}

static void skip__middle__goes_on_there(void **state)
{
    (void)state;
    char path[UNIT_PATH_MAX];
    struct tlc_err err;
    const char *text =
        EVENT("1", "2024-01-01T00:20:00-05:00") "\n" EVENT("2", "2024-01-01T00:20:01-05:00") "\n";
    struct input in = open_text(path, text);
    assert_int_equal(next(&in), INPUT_LINE);
    int64_t offset = in.offset;
    input_close(&in);
    assert_int_equal(input_open(&in, path, &err), 0);
    assert_int_equal(input_skip(&in, offset, 1, AT_1, &err), 0);
    assert_int_equal(next(&in), INPUT_LINE);
    assert_int_equal(in.trip_id, 2202401000000002);
    assert_int_equal(in.line_no, 2);
    input_close(&in);
    unlink(path);
}

static void next__line_without_end__refused_with_its_number(void **state)
{
    (void)state;
    char path[UNIT_PATH_MAX];
    static char text[INPUT_LINE_MAX + 3];
    text[0] = '\n';
    memset(text + 1, 'x', INPUT_LINE_MAX + 1);
    struct input in = open_text(path, text);
    enum input_state s;
    struct tlc_err err;
    assert_int_equal(input_next(&in, &s, &err), TLC_FATAL);
    assert_int_equal(err.exit_code, TLC_EXIT_DATA);
    assert_non_null(strstr(err.text, "line 2"));
    input_close(&in);
    unlink(path);
}

static void open__missing_or_folder__no_input(void **state)
{
    (void)state;
    struct input in;
    struct tlc_err err;
    assert_int_equal(input_open(&in, "/nonexistent/x.ndjson", &err), TLC_FATAL);
    assert_int_equal(err.exit_code, TLC_EXIT_NOINPUT);
    assert_int_equal(input_open(&in, "/", &err), TLC_FATAL);
    assert_int_equal(err.exit_code, TLC_EXIT_NOINPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scan__layouts__time_and_id),
        cmocka_unit_test(next__mixed_lines__blank_ones_left_out_but_counted),
        cmocka_unit_test(next__lines_across_blocks__whole),
        cmocka_unit_test(skip__middle__goes_on_there),
        cmocka_unit_test(next__line_without_end__refused_with_its_number),
        cmocka_unit_test(open__missing_or_folder__no_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
