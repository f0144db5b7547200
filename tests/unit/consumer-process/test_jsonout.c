#include "consumer-process/jsonout.h"
#include "tests/support/unit.h"

static void written__every_kind__commas_in_place(void **state)
{
    (void)state;
    struct tlc_buf out;
    struct jsonout j;
    tlc_buf_init(&out, 1000);
    jsonout_init(&j, &out);
    jsonout_open(&j, NULL, '{');
    jsonout_i64(&j, "a", 1);
    jsonout_open(&j, "b", '[');
    jsonout_close(&j, ']');
    jsonout_open(&j, "c", '[');
    jsonout_open(&j, NULL, '[');
    jsonout_i64(&j, NULL, 1);
    jsonout_i64(&j, NULL, 2);
    jsonout_close(&j, ']');
    jsonout_open(&j, NULL, '{');
    jsonout_close(&j, '}');
    jsonout_close(&j, ']');
    jsonout_bool(&j, "d", true);
    jsonout_bool(&j, "e", false);
    jsonout_text(&j, "f", TLC_STR("x y"));
    jsonout_close(&j, '}');
    assert_string_equal(tlc_buf_cstr(&out),
                        "{\"a\":1,\"b\":[],\"c\":[[1,2],{}],\"d\":true,\"e\":false,\"f\":\"x y\"}");
    tlc_buf_release(&out);
}

static void number__any_int64__as_printf_writes_it(void **state)
{
    (void)state;
    static const int64_t cases[] = {0, 1, -1, 9, 10, -10, 1000000000, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct tlc_buf out;
        struct jsonout j;
        char want[32];
        tlc_buf_init(&out, 100);
        jsonout_init(&j, &out);
        jsonout_i64(&j, NULL, cases[i]);
        snprintf(want, sizeof(want), "%lld", (long long)cases[i]);
        assert_string_equal(tlc_buf_cstr(&out), want);
        tlc_buf_release(&out);
    }
}

static void written__buffer_full__says_so(void **state)
{
    (void)state;
    struct tlc_buf out;
    struct jsonout j;
    tlc_buf_init(&out, 16);
    jsonout_init(&j, &out);
    jsonout_open(&j, NULL, '[');
    for (int i = 0; i < 20; i++) {
        jsonout_text(&j, NULL, TLC_STR("four"));
    }
    assert_true(out.failed);
    assert_true(out.n <= 16);
    tlc_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written__every_kind__commas_in_place),
        cmocka_unit_test(number__any_int64__as_printf_writes_it),
        cmocka_unit_test(written__buffer_full__says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
