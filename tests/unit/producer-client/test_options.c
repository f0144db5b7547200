#include "tests/support/unit.h"

#include "producer-client/options.h"

static const char *no_env(const char *name)
{
    (void)name;
    return NULL;
}

static int parse(struct client_options *o, struct tlc_err *err, const char *a, const char *b)
{
    const char *argv[] = {"producer-client", "in.ndjson", a, b, NULL};
    int argc = a == NULL ? 2 : b == NULL ? 3 : 4;
    struct tlc_opt_list args;
    return tlc_opts_parse(&client_program, argc, (char **)(uintptr_t)argv, no_env, o, &args, err);
}

static void check__good_values__numbers(void **state)
{
    (void)state;
    struct client_options o;
    struct tlc_err err;
    assert_int_equal(parse(&o, &err, NULL, NULL), 0);
    assert_true(o.speed_factor > 0.999 && o.speed_factor < 1.001);
    assert_true(o.from_s == INT64_MIN && o.to_s == INT64_MAX);
    assert_true(o.close);
    assert_int_equal(parse(&o, &err, "--speed", "max"), 0);
    assert_true(o.speed_factor <= 0);
    assert_int_equal(parse(&o, &err, "--speed", "600x"), 0);
    assert_true(o.speed_factor > 599 && o.speed_factor < 601);
    assert_int_equal(parse(&o, &err, "--no-close", NULL), 0);
    assert_false(o.close);
}

static void check__times__new_york_unless_told(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t at_s;
    } cases[] = {
        {"2024-01-15", 1705294800},
        {"2024-07-15", 1721016000},
        {"2024-01-15 08:00:00", 1705323600},
        {"2024-01-15T08:00:00-05:00", 1705323600},
        {"2024-01-15T13:00:00Z", 1705323600},
        {"2024-11-03 01:30:00", 1730611800}, /* the doubled hour: its first pass */
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct client_options o;
        struct tlc_err err;
        assert_int_equal(parse(&o, &err, "--from", cases[i].text), 0);
        assert_int_equal(o.from_s, cases[i].at_s);
    }
}

static void check__bad_values__named_with_a_remedy(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"--speed", "fast", "--speed"},     {"--speed", "0", "--speed"},
        {"--speed", "-3", "--speed"},       {"--speed", "nan", "--speed"},
        {"--speed", "1e99", "--speed"},     {"--speed", "", "--speed"},
        {"--from", "yesterday", "--from"},  {"--to", "2024-02-30", "--to"},
        {"--url", "127.0.0.1:1", "--url"},  {"--progress", "rainbow", "--progress"},
        {"--batch", "0", "--batch"},        {"--connections", "65", "--connections"},
        {"--skew", "1 fortnight", "--skew"}};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct client_options o;
        struct tlc_err err;
        if (parse(&o, &err, cases[i][0], cases[i][1]) != TLC_FATAL) {
            fail_msg("%s %s was taken", cases[i][0], cases[i][1]);
        }
        assert_int_equal(tlc_err_exit_code(&err), TLC_EXIT_USAGE);
        assert_non_null(strstr(err.text, cases[i][2]));
    }
}

static void check__from_not_before_to__refused(void **state)
{
    (void)state;
    struct client_options o;
    struct tlc_err err;
    assert_int_equal(parse(&o, &err, "--from=2024-01-02", "--to=2024-01-02"), TLC_FATAL);
    assert_int_equal(parse(&o, &err, "--from=2024-01-02", "--to=2024-01-03"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check__good_values__numbers),
        cmocka_unit_test(check__times__new_york_unless_told),
        cmocka_unit_test(check__bad_values__named_with_a_remedy),
        cmocka_unit_test(check__from_not_before_to__refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
