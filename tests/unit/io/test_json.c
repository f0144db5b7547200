#include "tests/support/unit.h"

#include "common/io/json.h"

static void load__not_json__says_where(void **state)
{
    (void)state;
    static const char *const bad[] = {"",          "{",    "{\"a\":1} x", "{\"a\":1,\"a\":2}",
                                      "{'a':1}",   "[1,]", "\"\xff\"",    "nul",
                                      "{\"a\":01}"};
    for (size_t i = 0; i < TLC_COUNT(bad); i++) {
        json_t *root = NULL;
        struct tlc_err err;
        assert_int_equal(tlc_json_load(tlc_str_from(bad[i]), &root, &err), TLC_REFUSE);
        assert_null(root);
        assert_non_null(strstr(err.text, "line 1"));
    }
}

static void integer__missing_other_type_or_range__refused(void **state)
{
    (void)state;
    json_t *root = NULL;
    struct tlc_err err;
    int64_t v = 42;
    assert_int_equal(tlc_json_load(TLC_STR("{\"a\":7,\"b\":\"7\",\"c\":7.0}"), &root, &err), 0);
    assert_int_equal(tlc_json_int(root, "b", 0, 9, &v, &err), TLC_REFUSE);
    assert_int_equal(tlc_json_int(root, "c", 0, 9, &v, &err), TLC_REFUSE);
    assert_int_equal(tlc_json_int(root, "d", 0, 9, &v, &err), TLC_REFUSE);
    assert_int_equal(tlc_json_int(root, "a", 0, 6, &v, &err), TLC_REFUSE);
    assert_int_equal(v, 42);
    assert_int_equal(tlc_json_int(root, "a", 7, 7, &v, &err), 0);
    assert_int_equal(v, 7);
    json_decref(root);
}

/* Whatever the bytes are: the quoted form is JSON, and what was valid UTF-8 comes back. */
static void quote__any_bytes__a_json_string(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {{"", "\"\""},
                 {"a\"b\\c\n\t\x7f", "\"a\\\"b\\\\c\\n\\u0009\\u007f\""},
                 {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x9a\x95",
                  "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x9a\x95\""},
                 {"\xff\xc3", "\"\\ufffd\\ufffd\""},
                 {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""}};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct tlc_buf out;
        struct tlc_err err;
        json_t *root = NULL;
        tlc_buf_init(&out, 1024);
        tlc_json_quote(&out, tlc_str_from(cases[i].in));
        assert_string_equal(tlc_buf_cstr(&out), cases[i].out);
        assert_int_equal(tlc_json_load(tlc_buf_str(&out), &root, &err), 0);
        json_decref(root);
        tlc_buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(load__not_json__says_where),
        cmocka_unit_test(integer__missing_other_type_or_range__refused),
        cmocka_unit_test(quote__any_bytes__a_json_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
