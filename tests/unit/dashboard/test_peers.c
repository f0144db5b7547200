#include <string.h>

#include "common/io/status_http.h"
#include "dashboard/peers.h"
#include "tests/unit/dashboard/unit.h"

#define SERVER_STATUS                                                                              \
    "{\"name\":\"producer-server\",\"counters\":{\"records_received\":100,\"records_acked\":90,"   \
    "\"records_refused\":7,\"records_failed\":3}}\n"
#define STORE_STATUS                                                                               \
    "{\"ledger\":{\"read\":94,\"stored\":80,\"duplicate\":9,\"refused\":1,\"marks\":4},"           \
    "\"partitions\":[{\"end\":50,\"lag\":0},{\"end\":44,\"lag\":0}]}"
#define PROCESS_STATUS                                                                             \
    "{\"ledger\":{\"read\":93,\"counted\":85,\"duplicate\":1,\"late\":2,\"refused\":1,"            \
    "\"marks\":4},\"partitions\":[{\"end\":50,\"lag\":1},{\"end\":44,\"lag\":0}]}"

static struct peers peers;
static const struct peers_options nobody = {.poll_ms = 1000};

static int set_up(void **state)
{
    (void)state;
    struct tlc_err err;
    assert_int_equal(peers_open(&peers, &nobody, &err), TLC_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    peers_close(&peers);
    return 0;
}

static void tell(enum peer_id id, const char *status)
{
    peers_take(&peers, id, 200, tlc_str_from(status), "");
}

static struct history_check check;

static json_t *render(int64_t events, int64_t superseded)
{
    const struct store_totals own = {.events = events, .superseded_events = superseded};
    struct tlc_buf out;
    tlc_buf_init(&out, 1 << 20);
    peers_json(&peers, TLC_STR("{\"name\":\"dashboard\"}"), &own, &check, &out);
    json_t *root = unit_json(tlc_buf_str(&out));
    tlc_buf_release(&out);
    return root;
}

static bool is_ok(const json_t *root, int line)
{
    char path[32];
    (void)snprintf(path, sizeof path, "ledger/%d/ok", line);
    return json_is_true(unit_json_at(root, path));
}

static void all_tell__each_line_holds_or_not_by_its_numbers(void **state)
{
    (void)state;
    tell(PEER_SERVER, SERVER_STATUS);
    tell(PEER_STORE, STORE_STATUS);
    tell(PEER_PROCESS, PROCESS_STATUS);
    /* 85 counted and 2 late, 9 copies for the store and 1 for the process: 79 rows are right. */
    check =
        (struct history_check){.done = true, .stream = 80, .superseded = 5, .late = 2, .batch = 79};
    json_t *root = render(80, 5);
    const bool want[] = {true, true, true, false /* one message of lag */, true, true, true};
    assert_int_equal(json_array_size(json_object_get(root, "ledger")), TLC_COUNT(want));
    for (int i = 0; i < (int)TLC_COUNT(want); i++) {
        assert_int_equal(is_ok(root, i), want[i]);
    }
    assert_int_equal(unit_json_int(root, "ledger/0/left"), 100);
    assert_int_equal(unit_json_int(root, "ledger/3/left"), 94);
    assert_int_equal(unit_json_int(root, "ledger/3/right"), 93);
    assert_int_equal(unit_json_int(root, "ledger/5/left"), 85);
    assert_int_equal(json_array_size(json_object_get(root, "parts")), PEERS_N);
    assert_int_equal(unit_json_int(root, "parts/1/status/ledger/stored"), 80);
    json_decref(root);
}

static void windows_and_days__balance_by_number_and_at_every_place(void **state)
{
    (void)state;
    tell(PEER_STORE, STORE_STATUS);
    tell(PEER_PROCESS, PROCESS_STATUS);
    const struct {
        struct history_check check;
        bool ok;
    } cases[] = {
        {{.done = true, .stream = 80, .superseded = 5, .late = 2, .batch = 79}, true},
        {{.done = true, .stream = 85, .late = 2, .batch = 79}, true},
        {{.done = true, .stream = 85, .late = 2, .batch = 80}, false},
        {{.done = true, .stream = 85, .late = 2, .batch = 79, .wrong = 1}, false},
        {{.done = true, .stream = 85, .late = 2, .batch = 79, .unlikely = 1}, false},
        {{.done = false, .stream = 85, .late = 2, .batch = 79, .note = "3 days \"changed\""},
         false},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        check = cases[i].check;
        json_t *root = render(85, 0);
        assert_int_equal(is_ok(root, 6), cases[i].ok);
        assert_int_equal(json_is_null(unit_json_at(root, "ledger/6/left")), !check.done);
        if (!check.done) {
            assert_string_equal(json_string_value(unit_json_at(root, "ledger/6/note")), check.note);
        }
        json_decref(root);
    }
}

static void part_that_does_not_tell__null_and_not_ok(void **state)
{
    (void)state;
    tell(PEER_SERVER, SERVER_STATUS);
    tell(PEER_PROCESS, PROCESS_STATUS);
    check = (struct history_check){.done = true};
    json_t *root = render(84, 0);
    assert_true(json_is_null(unit_json_at(root, "ledger/6/right")));
    assert_true(is_ok(root, 0));
    assert_true(json_is_null(unit_json_at(root, "ledger/1/left")));
    assert_false(is_ok(root, 1));
    assert_false(is_ok(root, 2));
    assert_false(is_ok(root, 5)); /* 84 of 85 */
    assert_true(json_is_false(unit_json_at(root, "parts/1/up")));
    json_decref(root);
}

static void part_that_went_away__its_old_numbers_are_not_shown(void **state)
{
    (void)state;
    tell(PEER_SERVER, SERVER_STATUS);
    peers_take(&peers, PEER_SERVER, 0, (struct tlc_str){NULL, 0}, "connection \"refused\"");
    json_t *root = render(0, 0);
    assert_true(json_is_false(unit_json_at(root, "parts/0/up")));
    assert_true(json_is_null(unit_json_at(root, "parts/0/status")));
    assert_string_equal(json_string_value(unit_json_at(root, "parts/0/reason")),
                        "no answer: connection \"refused\"");
    assert_true(json_is_null(unit_json_at(root, "ledger/0/left")));
    json_decref(root);
}

static void answer_that_is_no_status__not_up(void **state)
{
    (void)state;
    const struct {
        int status;
        const char *text;
    } cases[] = {{200, "{"}, {200, "[]"}, {200, ""}, {503, SERVER_STATUS}, {200, "{}x"}};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        tell(PEER_SERVER, SERVER_STATUS);
        peers_take(&peers, PEER_SERVER, cases[i].status, tlc_str_from(cases[i].text), "");
        json_t *root = render(0, 0);
        assert_true(json_is_false(unit_json_at(root, "parts/0/up")));
        json_decref(root);
    }
    /* An object without the numbers is a status that does not tell. */
    tell(PEER_SERVER, "{\"counters\":{\"records_received\":\"100\"}}");
    json_t *root = render(0, 0);
    assert_true(json_is_true(unit_json_at(root, "parts/0/up")));
    assert_true(json_is_null(unit_json_at(root, "ledger/0/left")));
    json_decref(root);
}

/* What consumer-process says of some thousand sources. */
static void large_status__still_read(void **state)
{
    (void)state;
    char *status = malloc(TLC_STATUS_BYTES_MAX + 1);
    assert_non_null(status);
    memset(status, ' ', TLC_STATUS_BYTES_MAX);
    memcpy(status, PROCESS_STATUS, sizeof PROCESS_STATUS - 2);
    status[TLC_STATUS_BYTES_MAX - 1] = '}';
    status[TLC_STATUS_BYTES_MAX] = '\0';
    tell(PEER_PROCESS, status);
    assert_true(peers.rows[PEER_PROCESS].up);
    assert_int_equal(peers.rows[PEER_PROCESS].numbers[PEER_COUNTED], 85);
    free(status);
}

/* The sum holds with the events of windows that were refused, and the line is red all the same. */
static void refused_windows__in_the_sum_and_not_ok(void **state)
{
    (void)state;
    tell(PEER_PROCESS, PROCESS_STATUS);
    tell(PEER_STORE, STORE_STATUS);
    check = (struct history_check){.done = true, .stream = 78, .late = 2, .batch = 79};
    const struct store_totals own = {.events = 78, .refused_windows = 2, .refused_events = 7};
    struct tlc_buf out;
    tlc_buf_init(&out, 1 << 20);
    peers_json(&peers, TLC_STR("{\"name\":\"dashboard\"}"), &own, &check, &out);
    json_t *root = unit_json(tlc_buf_str(&out));
    tlc_buf_release(&out);
    assert_int_equal(unit_json_int(root, "ledger/5/left"), 85);
    assert_int_equal(unit_json_int(root, "ledger/5/right"), 85);
    assert_false(is_ok(root, 5));
    assert_non_null(strstr(json_string_value(unit_json_at(root, "ledger/5/note")),
                           "7 events of 2 refused windows"));
    assert_true(is_ok(root, 6)); /* the days have them */
    json_decref(root);
}

static void address__with_and_without_slash_too_long_refused(void **state)
{
    (void)state;
    char address[1024];
    memset(address, 'a', sizeof address);
    address[sizeof address - 1] = '\0';
    struct peers other;
    struct tlc_err err;
    struct peers_options options = {.urls = {"http://127.0.0.1:1", "http://127.0.0.1:1/"},
                                    .poll_ms = 1000};
    assert_int_equal(peers_open(&other, &options, &err), TLC_OK);
    assert_string_equal(other.rows[0].url, "http://127.0.0.1:1/status");
    assert_string_equal(other.rows[1].url, "http://127.0.0.1:1/status");
    assert_string_equal(other.rows[2].url, "");
    peers_close(&other);
    options.urls[2] = address;
    assert_int_equal(peers_open(&other, &options, &err), TLC_FATAL);
    assert_int_equal(tlc_err_exit_code(&err), TLC_EXIT_USAGE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(all_tell__each_line_holds_or_not_by_its_numbers),
        TEST(windows_and_days__balance_by_number_and_at_every_place),
        TEST(part_that_does_not_tell__null_and_not_ok),
        TEST(part_that_went_away__its_old_numbers_are_not_shown),
        TEST(answer_that_is_no_status__not_up),
        TEST(large_status__still_read),
        TEST(refused_windows__in_the_sum_and_not_ok),
        TEST(address__with_and_without_slash_too_long_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
