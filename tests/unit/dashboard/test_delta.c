#include <string.h>

#include "dashboard/delta.h"
#include "tests/unit/dashboard/unit.h"

static struct tlc_buf out;

static int set_up(void **state)
{
    (void)state;
    tlc_buf_init(&out, 1 << 16);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tlc_buf_release(&out);
    return 0;
}

static void members_that_differ__in_the_delta_and_no_other(void **state)
{
    (void)state;
    const struct {
        const char *older, *newer, *delta;
    } cases[] = {
        {"{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2}", "{}"},
        {"{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":3}", "{\"b\":3}"},
        {"{\"a\":1,\"b\":2}", "{\"a\":10,\"b\":30}", "{\"a\":10,\"b\":30}"},
        {"{\"a\":[1,2],\"b\":{\"a\":1}}", "{\"a\":[1,3],\"b\":{\"a\":1}}", "{\"a\":[1,3]}"},
        {"{\"a\":[10,20,30]}", "{\"a\":[10,20,31]}", "{\"~a\":[3,2,31]}"},
        {"{\"a\":[10,20,30]}", "{\"a\":[10,20]}", "{\"~a\":[2]}"},
        {"{\"a\":[10,20,30]}", "{\"a\":[10,20,30,40]}", "{\"~a\":[4,3,40]}"},
        {"{\"a\":[[1,2],[3,4]]}", "{\"a\":[[1,2],[3,5]]}", "{\"~a\":[2,1,[3,5]]}"},
        {"{\"a\":{\"x\":1,\"y\":2}}", "{\"a\":{\"x\":1,\"y\":3}}", "{\"~a\":{\"y\":3}}"},
        {"{\"a\":{\"x\":[1,\"],\",2],\"y\":2}}", "{\"a\":{\"x\":[1,\"],\",7],\"y\":2}}",
         "{\"~a\":{\"~x\":[3,2,7]}}"},
        {"{\"a\":{\"x\":1}}", "{\"a\":{\"z\":1}}", "{\"a\":{\"z\":1}}"},
        {"{\"a\":[]}", "{\"a\":{}}", "{\"a\":{}}"},
        {"{\"a\":[],\"b\":{\"c\":[1,{}]}}", "{\"a\":[],\"b\":{\"c\":[1,{\"d\":1}]}}",
         "{\"b\":{\"c\":[1,{\"d\":1}]}}"},
        {"{\"a\":\"},\\\"b\\\":1\",\"b\":1}", "{\"a\":\"},\\\"b\\\":2\",\"b\":1}",
         "{\"a\":\"},\\\"b\\\":2\"}"},
        {"{\"a\":\"\\\\\",\"b\":null}", "{\"a\":\"\\\\\",\"b\":true}", "{\"b\":true}"},
        {"{}", "{}", "{}"},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        tlc_buf_reset(&out);
        assert_true(delta_encode(tlc_str_from(cases[i].older), tlc_str_from(cases[i].newer), &out));
        assert_string_equal(tlc_buf_cstr(&out), cases[i].delta);
    }
}

static void another_make__no_delta_and_nothing_appended(void **state)
{
    (void)state;
    const struct {
        const char *older, *newer;
    } cases[] = {
        {"{\"a\":1}", "{\"b\":1}"},
        {"{\"a\":1}", "{\"a\":1,\"b\":1}"},
        {"{\"a\":1,\"b\":1}", "{\"a\":1}"},
        {"{}", "{\"a\":1}"},
        {"[]", "{\"a\":1}"},
        {"{\"a\":1}", "{\"a\":\"cut}"},
        {"{\"a\":1}", "{\"a\":[1}"},
        {"{\"a\":1}", "{\"a\":1]}"},
        {"{\"a\":1}", "{\"a\":}"},
        {"{\"a\":1}", "{a:1}"},
        {"", ""},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        tlc_buf_reset(&out);
        tlc_buf_printf(&out, "before");
        assert_false(
            delta_encode(tlc_str_from(cases[i].older), tlc_str_from(cases[i].newer), &out));
        assert_string_equal(tlc_buf_cstr(&out), "before");
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(members_that_differ__in_the_delta_and_no_other),
        TEST(another_make__no_delta_and_nothing_appended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
