#include "tests/support/unit.h"

#include "common/base/file.h"
#include "common/io/json.h"
#include "producer-client/rejects.h"

static const char *const inputs[] = {"a.ndjson", "b \"c\".ndjson"};

static json_t *first_line(const char *path)
{
    struct tlc_buf text;
    struct tlc_err err;
    json_t *root = NULL;
    tlc_buf_init(&text, 65536);
    assert_int_equal(tlc_file_load(path, &text, &err), 0);
    struct tlc_str rest = tlc_buf_str(&text), line;
    assert_true(tlc_str_split(&rest, '\n', &line));
    assert_int_equal(tlc_json_load(line, &root, &err), 0);
    tlc_buf_release(&text);
    return root;
}

static void add__record_with_control_bytes__valid_json(void **state)
{
    (void)state;
    char path[UNIT_PATH_MAX];
    struct rejects r;
    struct tlc_err err;
    assert_int_equal(rejects_open(&r, unit_temp_file(path, "old\n"), false, &err), 0);
    const struct reject one = {.origin = UINT64_C(1) << 48 | 17,
                               .rule = "bad_zone",
                               .text = "no such zone",
                               .record = TLC_STR("{\"a\":\"\x01\xff\"}\r")};
    rejects_add(&r, inputs, &one);
    assert_int_equal(rejects_flush(&r, &err), 0);
    rejects_close(&r);
    json_t *root = first_line(path);
    assert_string_equal(json_string_value(json_object_get(root, "input")), inputs[1]);
    assert_int_equal(json_integer_value(json_object_get(root, "line")), 17);
    assert_string_equal(json_string_value(json_object_get(root, "rule")), "bad_zone");
    assert_non_null(json_string_value(json_object_get(root, "record")));
    json_decref(root);
    unlink(path);
}

static void open__append__earlier_lines_stay(void **state)
{
    (void)state;
    char path[UNIT_PATH_MAX];
    struct rejects r;
    struct tlc_err err;
    assert_int_equal(rejects_open(&r, unit_temp_file(path, "{\"kept\":1}\n"), true, &err), 0);
    rejects_close(&r);
    json_t *root = first_line(path);
    assert_int_equal(json_integer_value(json_object_get(root, "kept")), 1);
    json_decref(root);
    unlink(path);
}

static void open__no_such_folder__cannot_create(void **state)
{
    (void)state;
    struct rejects r;
    struct tlc_err err;
    assert_int_equal(rejects_open(&r, "/nonexistent/rejects", false, &err), TLC_FATAL);
    assert_int_equal(err.exit_code, TLC_EXIT_CANTCREAT);
    rejects_close(&r);
}

static void count__more_rules_than_places__others_together(void **state)
{
    (void)state;
    struct rejects r;
    struct tlc_err err;
    assert_int_equal(rejects_open(&r, NULL, false, &err), 0);
    int64_t sum = 0;
    for (int i = 0; i < 2 * REJECT_RULES_MAX; i++) {
        char rule[32];
        snprintf(rule, sizeof rule, "rule_%d", i);
        rejects_count(&r, rule, 2);
        rejects_count(&r, "rule_0", 1);
    }
    for (size_t i = 0; i < r.rules_n; i++) {
        sum += r.rules[i].n;
    }
    assert_int_equal(sum, 2 * REJECT_RULES_MAX * 3);
    assert_int_equal(r.rules_n, REJECT_RULES_MAX);
    assert_string_equal(r.rules[REJECT_RULES_MAX - 1].rule, "other");
    rejects_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add__record_with_control_bytes__valid_json),
        cmocka_unit_test(open__append__earlier_lines_stay),
        cmocka_unit_test(open__no_such_folder__cannot_create),
        cmocka_unit_test(count__more_rules_than_places__others_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
