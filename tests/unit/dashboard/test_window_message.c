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

#define SIXTY_FIVE "1234567890123456789012345678901234567890123456789012345678901234x"
enum refused { WHOLE, WINDOW_ONLY, PARTITION_ONLY };

/* The good message with one piece replaced, the words the refusal must have, and what it is about.
 */
static const struct {
    const char *piece, *instead, *words;
    enum refused refused;
} bad[] = {
    {"\"window_s\":900", "\"window_s\":-900", "window_s", WHOLE},
    {"\"window_s\":900", "\"window_s\":7000", "does not divide a day", WHOLE},
    {"\"window_s\":900", "\"window_s\":\"900\"", "window_s", WHOLE},
    {"\"lateness_s\":7200,", "", "lateness_s", WHOLE},
    {"\"partitions\":[", "\"partition\":[", "partitions", WHOLE},
    {"\"windows\":[", "\"windows\":1,\"x\":[", "windows", WHOLE},
    {"\"windows\":[", "\"store_id\":7,\"windows\":[", "store_id", WHOLE},
    {"\"windows\":[", "\"store_id\":null,\"windows\":[", "store_id", WHOLE},
    {"\"windows\":[", "\"store_id\":\"" SIXTY_FIVE "\",\"windows\":[", "store_id", WHOLE},
    {"\"partition\":0,\"source\":2202401,\"start\"",
     "\"partition\":-1,\"source\":2202401,\"start\"", "partition", WINDOW_ONLY},
    {"\"partition\":0,\"source\":2202401,\"start\"",
     "\"partition\":70000,\"source\":2202401,\"start\"", "partition", WINDOW_ONLY},
    {"2202401,\"start\"", "2202413,\"start\"", "source 2202413 is none", WINDOW_ONLY},
    {"2202401,\"start\"", "0,\"start\"", "source 0 is none", WINDOW_ONLY},
    {"\"start\":1704085200", "\"start\":1704085201", "no multiple", WINDOW_ONLY},
    {"\"start\":1704085200", "\"start\":3704085200", "start", WINDOW_ONLY},
    {"\"start\":1704085200", "\"start\":-900", "start", WINDOW_ONLY},
    {"\"revision\":1234", "\"revision\":0", "revision", WINDOW_ONLY},
    {"\"revision\":1234", "\"revision\":1e3", "revision", WINDOW_ONLY},
    {"\"revision\":1234,", "", "revision", WINDOW_ONLY},
    {"\"final\":false", "\"final\":0", "final", WINDOW_ONLY},
    {"\"matched\":10", "\"matched\":-10", "matched", WINDOW_ONLY},
    {"\"matched\":10", "\"matched\":99999999999999999", "matched", WINDOW_ONLY},
    {"\"matched\":10", "\"matched\":999999999999999999999999", "", WHOLE},
    {"\"matched\":10", "\"matched\":11", "ride_bins sum to 10", WINDOW_ONLY},
    {"\"duplicates\":0,", "", "duplicates", WINDOW_ONLY},
    {"\"passengers\":14", "\"passengers\":-1", "passengers", WINDOW_ONLY},
    {"\"fare_cents\":15200", "\"fare_cents\":4294967290705032706", "fare_cents", WINDOW_ONLY},
    {"\"fare_cents\":15200", "\"fare_cents\":null", "fare_cents", WINDOW_ONLY},
    {"\"total_cents\":19900", "\"total_cents\":199.5", "total_cents", WINDOW_ONLY},
    {"\"ride_bins\":[0,0,10]", "\"ride_bins\":[0,0,-10]", "ride_bins: entry 2", WINDOW_ONLY},
    {"\"ride_bins\":[0,0,10]", "\"ride_bins\":{}", "ride_bins", WINDOW_ONLY},
    {"[[74,5],[75,6]]", "[[0,5],[75,6]]", "starts: entry 0", WINDOW_ONLY},
    {"[[74,5],[75,6]]", "[[74,5],[266,6]]", "starts: entry 1", WINDOW_ONLY},
    {"[[74,5],[75,6]]", "[[75,5],[74,6]]", "not above", WINDOW_ONLY},
    {"[[74,5],[75,6]]", "[[74,5],[74,6]]", "not above", WINDOW_ONLY},
    {"[[74,5],[75,6]]", "[[74,0],[75,6]]", "starts: entry 0", WINDOW_ONLY},
    {"[[74,5],[75,6]]", "[[74,5,1],[75,6]]", "no array of 2", WINDOW_ONLY},
    {"[[74,5],[75,6]]", "[[74,99999999999],[75,6]]", "starts: entry 0", WINDOW_ONLY},
    {"[[41,4],[42,6]]", "[[41,4]]", "more than the 4 ends", WINDOW_ONLY},
    {"[[74,42,3,1830]]", "[[74,42,30,1830]]", "more than the 10 matched", WINDOW_ONLY},
    {"[[74,42,3,1830]]", "[[74,42,3,-1]]", "routes: entry 0", WINDOW_ONLY},
    {"[[74,42,3,1830]]", "[[74,42,3,1830],[74,42,1,1]]", "not ascending", WINDOW_ONLY},
    {"[[74,42,3,1830]]", "[[74,300,3,1830]]", "routes: entry 0", WINDOW_ONLY},
    {"\"position\":5678", "\"position\":-1", "position", PARTITION_ONLY},
    {"\"late\":1", "\"late\":-1", "late", PARTITION_ONLY},
    {"\"max_event_s\":1704097200", "\"max_event_s\":1804097200", "outside the month",
     PARTITION_ONLY},
    {"\"watermark_s\":1704090000,", "", "watermark_s", PARTITION_ONLY},
    {"\"longest\":[", "\"longest\":7,\"x\":[", "longest", PARTITION_ONLY},
    {"1704085333,74]", "1704085333,266]", "longest", PARTITION_ONLY},
    {"1704085333,74]", "-5,74]", "longest", PARTITION_ONLY},
    {"1704085333,74]", "1704085333]", "longest", PARTITION_ONLY},
    {"1704085333,74]", "1704085400,74]", "not behind the one before", PARTITION_ONLY},
    {"[[2202401000000008", "[[2202402000000008", "longest", PARTITION_ONLY},
    {"[[2202401000000008",
     "[[1,1,1],[1,1,1],[1,1,1],[1,1,1],[1,1,1],[1,1,1],[1,1,1],[1,1,1],[1,1,1],[1", "longest",
     PARTITION_ONLY},
    {"}]}", "}]", "", WHOLE},
    {"}]}", "}]}x", "", WHOLE},
    {"{\"window_s\"", "[\"window_s\"", "", WHOLE},
    {"\"lateness_s\"", "\"window_s\":900,\"lateness_s\"", "", WHOLE},
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

/* The good message with another window and another partition behind the ones that are replaced. */
#define SECOND_WINDOW                                                                              \
    "{\"partition\":1,\"source\":2202401,\"start\":1704086100,\"revision\":7,\"final\":true,"      \
    "\"matched\":0,\"orphan_ends\":0,\"expired_starts\":0,\"duplicates\":0,\"passengers\":0,"      \
    "\"distance_cmi\":0,\"fare_cents\":0,\"tip_cents\":0,\"total_cents\":0,\"ride_s\":0,"          \
    "\"ride_bins\":[],\"starts\":[],\"ends\":[],\"routes\":[]}"
#define SECOND_PARTITION                                                                           \
    "{\"partition\":1,\"source\":2202401,\"position\":9,\"late\":0,\"refused\":0,"                 \
    "\"watermark_s\":0,\"max_event_s\":0}"
#define MESSAGE_OF_TWO                                                                             \
    "{\"window_s\":900,\"lateness_s\":7200,\"windows\":[" WINDOW "," SECOND_WINDOW                 \
    "],\"partitions\":[" PARTITION "," SECOND_PARTITION "]}"

static void check_alone(size_t row, const struct window_message *m)
{
    bool window = bad[row].refused == WINDOW_ONLY;
    const struct window_refusal *r = m->refusals;
    if (m->refusals_n != 1 || strstr(r->text, bad[row].words) == NULL) {
        fail_msg("row %zu (%s): %zu refused, \"%s\"", row, bad[row].instead, m->refusals_n,
                 m->refusals_n > 0 ? r->text : "");
    }
    assert_int_equal(m->windows_n, window ? 1 : 2);
    assert_int_equal(m->progress_n, window ? 2 : 1);
    assert_int_equal(m->windows[m->windows_n - 1].start_s, 1704086100);
    assert_int_equal(m->progress[m->progress_n - 1].position, 9);
    assert_string_equal(window_refusal_name(r->rule), window ? "bad_window" : "bad_partition");
}

static void bad_entry__refused_alone_naming_the_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < TLC_COUNT(bad); i++) {
        char *text = replaced(MESSAGE_OF_TWO, bad[i].piece, bad[i].instead);
        struct window_message m;
        struct tlc_err err = {.text = ""};
        int rc = window_message_decode(tlc_str_from(text), &m, &err);
        bool whole = bad[i].refused == WHOLE;
        if (rc != (whole ? TLC_REFUSE : TLC_OK) || (whole && !strstr(err.text, bad[i].words))) {
            fail_msg("row %zu (%s): class %d, \"%s\"", i, bad[i].instead, rc, err.text);
        }
        if (!whole) {
            check_alone(i, &m);
            window_message_release(&m);
        }
        free(text);
    }
}

static void bad_window__named_with_the_events_it_counts(void **state)
{
    (void)state;
    char *text = replaced(MESSAGE, "\"matched\":10", "\"matched\":11");
    struct window_message m;
    struct tlc_err err;
    assert_int_equal(window_message_decode(tlc_str_from(text), &m, &err), TLC_OK);
    assert_int_equal(m.refusals_n, 1);
    assert_int_equal(m.refusals[0].partition, 0);
    assert_int_equal(m.refusals[0].source, GREEN_2024_01);
    assert_int_equal(m.refusals[0].start_s, JAN_1_S);
    assert_int_equal(m.refusals[0].revision, 1234);
    assert_int_equal(m.refusals[0].events, 5 + 6 + 4 + 6);
    window_message_release(&m);
    free(text);
    /* Without its name it is told by its place. */
    assert_int_equal(window_message_decode(TLC_STR("{\"window_s\":900,\"lateness_s\":0,"
                                                   "\"windows\":[7],\"partitions\":[]}"),
                                           &m, &err),
                     TLC_OK);
    assert_int_equal(m.refusals_n, 1);
    assert_string_equal(m.refusals[0].text, "windows[0]: no object");
    assert_int_equal(m.refusals[0].source, -1);
    window_message_release(&m);
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
        cmocka_unit_test(bad_entry__refused_alone_naming_the_number),
        cmocka_unit_test(bad_window__named_with_the_events_it_counts),
        cmocka_unit_test(empty_body__refused),
        cmocka_unit_test(partition_without_event__taken_with_no_clock),
        cmocka_unit_test(partition_without_longest__taken_as_not_told),
        cmocka_unit_test(compact_form__gives_the_window_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
