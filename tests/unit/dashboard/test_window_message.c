#include <string.h>

#include "tests/unit/dashboard/unit.h"

#define PARTITION                                                                                  \
    "{\"partition\":0,\"source\":2202401,\"position\":5678,\"late\":1,\"refused\":2,"              \
    "\"watermark_s\":1704090000,\"max_event_s\":1704097200,"                                       \
    "\"longest\":[[2202401000000008,1704085333,74],[2202401000000007,1704085400,75]]}"
#define WINDOW                                                                                     \
    "{\"partition\":0,\"source\":2202401,\"start\":1704085200,\"revision\":1234,\"final\":false,"  \
    "\"matched\":10,\"orphan_ends\":0,\"expired_starts\":0,\"duplicates\":0,\"passengers\":14,"    \
    "\"distance_cmi\":3120,\"fare_cents\":15200,\"tip_cents\":2100,\"total_cents\":19900,"         \
    "\"ride_s\":7260,\"ride_bins\":[0,0,10],\"starts\":[[74,5],[75,6]],\"ends\":[[41,4],[42,6]],"  \
    "\"routes\":[[74,42,3,1830]]}"
#define MESSAGE                                                                                    \
    "{\"window_s\":900,\"lateness_s\":7200,\"windows\":[" WINDOW "],\"partitions\":[" PARTITION "]}"

static void good_message__every_number_taken(void **state)
{
    (void)state;
    struct window_message m;
    struct tlc_err err;
    assert_int_equal(window_message_decode(tlc_str_from(MESSAGE), &m, &err), TLC_OK);
    assert_int_equal(m.window_s, 900);
    assert_int_equal(m.windows_n, 1);
    const struct window *w = &m.windows[0];
    assert_int_equal(w->source, GREEN_2024_01);
    assert_int_equal(w->start_s, JAN_1_S);
    assert_int_equal(w->revision, 1234);
    assert_false(w->final);
    assert_int_equal(w->starts_n, 11);
    assert_int_equal(w->ends_n, 10);
    assert_int_equal(w->sums[WINDOW_TOTAL_CENTS], 19900);
    assert_int_equal(w->sums[WINDOW_RIDE_S], 7260);
    assert_int_equal(w->bins[2], 10);
    assert_int_equal(window_ends(w)[1].zone, 42);
    assert_int_equal(w->routes[0].ride_s, 1830);
    assert_int_equal(m.progress_n, 1);
    assert_int_equal(m.progress[0].position, 5678);
    assert_int_equal(m.progress[0].late, 1);
    assert_int_equal(m.progress[0].refused, 2);
    assert_true(m.progress[0].longest_told);
    assert_int_equal(m.progress[0].longest_n, 2);
    assert_int_equal(m.progress[0].longest[0].trip_id, INT64_C(2202401000000008));
    assert_int_equal(m.progress[0].longest[0].start_s, 1704085333);
    assert_int_equal(m.progress[0].longest[1].zone, 75);
    window_message_release(&m);
}

/* The good message with one piece replaced, and the words the refusal must have. */
static const struct {
    const char *piece, *instead, *words;
} bad[] = {
    {"\"window_s\":900", "\"window_s\":-900", "window_s"},
    {"\"window_s\":900", "\"window_s\":7000", "does not divide a day"},
    {"\"window_s\":900", "\"window_s\":\"900\"", "window_s"},
    {"\"lateness_s\":7200,", "", "lateness_s"},
    {"\"partitions\":[", "\"partition\":[", "partitions"},
    {"\"windows\":[", "\"windows\":1,\"x\":[", "windows"},
    {"\"partition\":0,\"source\":2202401,\"start\"",
     "\"partition\":-1,\"source\":2202401,\"start\"", "partition"},
    {"\"partition\":0,\"source\":2202401,\"start\"",
     "\"partition\":70000,\"source\":2202401,\"start\"", "partition"},
    {"2202401,\"start\"", "2202413,\"start\"", "source 2202413 is none"},
    {"2202401,\"start\"", "0,\"start\"", "source 0 is none"},
    {"\"start\":1704085200", "\"start\":1704085201", "no multiple"},
    {"\"start\":1704085200", "\"start\":3704085200", "start"},
    {"\"start\":1704085200", "\"start\":-900", "start"},
    {"\"revision\":1234", "\"revision\":0", "revision"},
    {"\"revision\":1234", "\"revision\":1e3", "revision"},
    {"\"revision\":1234,", "", "revision"},
    {"\"final\":false", "\"final\":0", "final"},
    {"\"matched\":10", "\"matched\":-10", "matched"},
    {"\"matched\":10", "\"matched\":99999999999999999", "matched"},
    {"\"matched\":10", "\"matched\":999999999999999999999999", ""},
    {"\"matched\":10", "\"matched\":11", "ride_bins sum to 10"},
    {"\"duplicates\":0,", "", "duplicates"},
    {"\"passengers\":14", "\"passengers\":-1", "passengers"},
    {"\"fare_cents\":15200", "\"fare_cents\":4294967290705032706", "fare_cents"},
    {"\"fare_cents\":15200", "\"fare_cents\":null", "fare_cents"},
    {"\"total_cents\":19900", "\"total_cents\":199.5", "total_cents"},
    {"\"ride_bins\":[0,0,10]", "\"ride_bins\":[0,0,-10]", "ride_bins: entry 2"},
    {"\"ride_bins\":[0,0,10]", "\"ride_bins\":{}", "ride_bins"},
    {"[[74,5],[75,6]]", "[[0,5],[75,6]]", "starts: entry 0"},
    {"[[74,5],[75,6]]", "[[74,5],[266,6]]", "starts: entry 1"},
    {"[[74,5],[75,6]]", "[[75,5],[74,6]]", "not above"},
    {"[[74,5],[75,6]]", "[[74,5],[74,6]]", "not above"},
    {"[[74,5],[75,6]]", "[[74,0],[75,6]]", "starts: entry 0"},
    {"[[74,5],[75,6]]", "[[74,5,1],[75,6]]", "no array of 2"},
    {"[[74,5],[75,6]]", "[[74,99999999999],[75,6]]", "starts: entry 0"},
    {"[[41,4],[42,6]]", "[[41,4]]", "more than the 4 ends"},
    {"[[74,42,3,1830]]", "[[74,42,30,1830]]", "more than the 10 matched"},
    {"[[74,42,3,1830]]", "[[74,42,3,-1]]", "routes: entry 0"},
    {"[[74,42,3,1830]]", "[[74,42,3,1830],[74,42,1,1]]", "not ascending"},
    {"[[74,42,3,1830]]", "[[74,300,3,1830]]", "routes: entry 0"},
    {"\"position\":5678", "\"position\":-1", "position"},
    {"\"late\":1", "\"late\":-1", "late"},
    {"\"max_event_s\":1704097200", "\"max_event_s\":1804097200", "outside the month"},
    {"\"watermark_s\":1704090000,", "", "watermark_s"},
    {"\"longest\":[", "\"longest\":7,\"x\":[", "longest"},
    {"1704085333,74]", "1704085333,266]", "longest"},
    {"1704085333,74]", "-5,74]", "longest"},
    {"1704085333,74]", "1704085333]", "longest"},
    {"1704085333,74]", "1704085400,74]", "not behind the one before"},
    {"[[2202401000000008", "[[2202402000000008", "longest"},
    {"[[2202401000000008",
     "[[1,1,1],[1,1,1],[1,1,1],[1,1,1],[1,1,1],[1,1,1],[1,1,1],[1,1,1],[1,1,1],[1", "longest"},
    {"}]}", "}]", ""},
    {"}]}", "}]}x", ""},
    {"{\"window_s\"", "[\"window_s\"", ""},
    {"\"lateness_s\"", "\"window_s\":900,\"lateness_s\"", ""},
};

static char *replaced(const char *text, const char *piece, const char *instead)
{
    const char *at = strstr(text, piece);
    assert_non_null(at);
    size_t head = (size_t)(at - text), size = strlen(text) + strlen(instead) + 1;
    char *made = malloc(size);
    assert_non_null(made);
    (void)snprintf(made, size, "%.*s%s%s", (int)head, text, instead, at + strlen(piece));
    return made;
}

static void bad_message__refused_whole_naming_the_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < TLC_COUNT(bad); i++) {
        char *text = replaced(MESSAGE, bad[i].piece, bad[i].instead);
        struct window_message m;
        struct tlc_err err = {.text = ""};
        int rc = window_message_decode(tlc_str_from(text), &m, &err);
        if (rc != TLC_REFUSE || strstr(err.text, bad[i].words) == NULL) {
            fail_msg("row %zu (%s): class %d, \"%s\"", i, bad[i].instead, rc, err.text);
        }
        free(text);
    }
}

static void empty_body__refused(void **state)
{
    (void)state;
    struct window_message m;
    struct tlc_err err;
    assert_int_equal(window_message_decode((struct tlc_str){NULL, 0}, &m, &err), TLC_REFUSE);
    assert_int_equal(window_message_decode(TLC_STR("null"), &m, &err), TLC_REFUSE);
}

static void partition_without_event__taken_with_no_clock(void **state)
{
    (void)state;
    char *text =
        replaced(MESSAGE, "\"max_event_s\":1704097200", "\"max_event_s\":-9007199254740992");
    struct window_message m;
    struct tlc_err err;
    assert_int_equal(window_message_decode(tlc_str_from(text), &m, &err), TLC_OK);
    assert_int_equal(m.progress[0].max_event_s, 0);
    window_message_release(&m);
    free(text);
}

static void partition_without_longest__taken_as_not_told(void **state)
{
    (void)state;
    char *text = replaced(MESSAGE, "\"longest\":", "\"later\":");
    struct window_message m;
    struct tlc_err err;
    assert_int_equal(window_message_decode(tlc_str_from(text), &m, &err), TLC_OK);
    assert_false(m.progress[0].longest_told);
    assert_int_equal(m.progress[0].longest_n, 0);
    window_message_release(&m);
    free(text);
}

static void compact_form__gives_the_window_back(void **state)
{
    (void)state;
    struct window_message m;
    struct tlc_err err;
    assert_int_equal(window_message_decode(tlc_str_from(MESSAGE), &m, &err), TLC_OK);
    struct tlc_buf a, b;
    tlc_buf_init(&a, 1 << 16);
    tlc_buf_init(&b, 1 << 16);
    window_encode(&m.windows[0], &a);
    struct window back;
    assert_int_equal(window_decode(tlc_buf_str(&a), &back, &err), TLC_OK);
    assert_int_equal(back.starts_n, 11);
    assert_int_equal(back.ends_n, 10);
    assert_int_equal(back.sums[WINDOW_DISTANCE_CMI], 3120);
    window_encode(&back, &b);
    assert_true(tlc_str_eq(tlc_buf_str(&a), tlc_buf_str(&b)));
    window_release(&back);
    for (size_t n = 0; n < a.n; n++) { /* cut anywhere it is refused, never read past */
        assert_int_equal(window_decode((struct tlc_str){a.p, n}, &back, &err), TLC_REFUSE);
    }
    tlc_buf_release(&a);
    tlc_buf_release(&b);
    window_message_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_message__every_number_taken),
        cmocka_unit_test(bad_message__refused_whole_naming_the_number),
        cmocka_unit_test(empty_body__refused),
        cmocka_unit_test(partition_without_event__taken_with_no_clock),
        cmocka_unit_test(partition_without_longest__taken_as_not_told),
        cmocka_unit_test(compact_form__gives_the_window_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
