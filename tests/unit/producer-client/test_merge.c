#include "tests/support/unit.h"

#include "producer-client/merge.h"

#define LINE(id, second)                                                                           \
    "{\"TripID\":" id ",\"VendorID\":2,\"Datetime\":\"2024-01-01T00:00:" second                    \
    "-05:00\",\"Status\":\"start\",\"ZoneID\":74}\n"

static int64_t take_id(struct merge *m)
{
    enum input_state s;
    struct input *in = NULL;
    struct tlc_err err;
    assert_int_equal(merge_peek(m, &s, &in, &err), 0);
    if (s != INPUT_LINE) {
        assert_int_equal(s, INPUT_END);
        return -1;
    }
    struct input *again = NULL;
    assert_int_equal(merge_peek(m, &s, &again, &err), 0);
    assert_ptr_equal(in, again); /* looking does not take */
    int64_t id = in->trip_id;
    merge_take(m);
    return id;
}

static void peek__three_files__one_stream_by_time_then_id(void **state)
{
    (void)state;
    char a[UNIT_PATH_MAX], b[UNIT_PATH_MAX], c[UNIT_PATH_MAX];
    const char *const paths[] = {
        unit_temp_file(a, LINE("1202401000000001", "05") LINE("1202401000000002", "09")),
        unit_temp_file(b, LINE("2202401000000001", "01") LINE("2202401000000002", "05")),
        unit_temp_file(c, ""),
    };
    struct merge m;
    struct tlc_err err;
    assert_int_equal(merge_open(&m, paths, 3, &err), 0);
    assert_int_equal(take_id(&m), 2202401000000001);
    assert_int_equal(take_id(&m), 1202401000000001);
    assert_int_equal(take_id(&m), 2202401000000002);
    assert_int_equal(take_id(&m), 1202401000000002);
    assert_int_equal(take_id(&m), -1);
    merge_close(&m);
    unlink(a);
    unlink(b);
    unlink(c);
}

static void peek__pipe_without_data__waits_for_it(void **state)
{
    (void)state;
    int ends[2];
    char file[UNIT_PATH_MAX], pipe_path[64];
    assert_int_equal(pipe(ends), 0);
    snprintf(pipe_path, sizeof pipe_path, "/dev/fd/%d", ends[0]);
    const char *const paths[] = {unit_temp_file(file, LINE("1202401000000001", "05")), pipe_path};
    struct merge m;
    struct tlc_err err;
    enum input_state s;
    struct input *in;
    assert_int_equal(merge_open(&m, paths, 2, &err), 0);
    assert_int_equal(merge_peek(&m, &s, &in, &err), 0);
    assert_int_equal(s, INPUT_WAIT); /* the pipe's first line may be older */
    const char *line = LINE("2202401000000001", "01");
    assert_int_equal(write(ends[1], line, strlen(line)), (ssize_t)strlen(line));
    assert_int_equal(take_id(&m), 2202401000000001);
    close(ends[1]);
    assert_int_equal(take_id(&m), 1202401000000001);
    assert_int_equal(take_id(&m), -1);
    merge_close(&m);
    close(ends[0]);
    unlink(file);
}

static void open__one_missing__none_stays_open(void **state)
{
    (void)state;
    char file[UNIT_PATH_MAX];
    const char *const paths[] = {unit_temp_file(file, ""), "/nonexistent/b"};
    struct merge m;
    struct tlc_err err;
    assert_int_equal(merge_open(&m, paths, 2, &err), TLC_FATAL);
    assert_int_equal(m.n, 0);
    assert_non_null(strstr(err.text, "/nonexistent/b"));
    unlink(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peek__three_files__one_stream_by_time_then_id),
        cmocka_unit_test(peek__pipe_without_data__waits_for_it),
        cmocka_unit_test(open__one_missing__none_stays_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
