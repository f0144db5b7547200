#include "tests/support/unit.h"

#include "preprocess/rejects.h"

static void format__quotes_commas_long_lines__as_rfc_4180(void **state)
{
    static char longer[REJECTS_TEXT_MAX + 50];
    struct outfile out = {.fd = -1};
    struct rejects r = {&out, TLC_STR("a,b.csv")};
    struct tlc_buf buf;
    (void)state;
    tlc_buf_init(&buf, 1 << 16);
    rejects_format(&r, 7, TLC_RULE_BAD_TIME, TLC_STR("plain text\r"), &buf);
    rejects_format(&r, 8, TLC_RULE_TOO_LONG, TLC_STR("say \"no\",2"), &buf);
    rejects_format(&r, 9, TLC_RULE_TOO_LONG, TLC_STR(""), &buf);
    assert_string_equal(tlc_buf_cstr(&buf), "\"a,b.csv\",7,bad_time,plain text\n"
                                            "\"a,b.csv\",8,too_long,\"say \"\"no\"\",2\"\n"
                                            "\"a,b.csv\",9,too_long,\n");
    tlc_buf_reset(&buf);
    memset(longer, 'x', sizeof longer);
    r.file = TLC_STR("f");
    rejects_format(&r, 1, TLC_RULE_ROW_TOO_LONG, (struct tlc_str){longer, sizeof longer}, &buf);
    assert_int_equal(buf.n, strlen("f,1,row_too_long,\n") + REJECTS_TEXT_MAX);
    tlc_buf_release(&buf);
}

static void format__no_file__counted_only(void **state)
{
    struct rejects r = {NULL, TLC_STR("f")};
    struct tlc_buf buf;
    (void)state;
    tlc_buf_init(&buf, 1 << 10);
    rejects_format(&r, 1, TLC_RULE_BAD_TIME, TLC_STR("x"), &buf);
    assert_int_equal(buf.n, 0);
    tlc_buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(format__quotes_commas_long_lines__as_rfc_4180),
        cmocka_unit_test(format__no_file__counted_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
