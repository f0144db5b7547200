#include "batch-process/options.h"
#include "tests/support/unit.h"

#define TLC_OPT_STRUCT struct batch_options
static const struct tlc_opt opts[] = {BATCH_OPTIONS(TLC_OPT_ROW)};
static const struct tlc_program program = {.name = "batch-process",
                                           .summary = "",
                                           .arguments = "",
                                           .opts = opts,
                                           .opts_n = TLC_COUNT(opts)};

static const char *no_env(const char *name)
{
    (void)name;
    return NULL;
}

static const char *some_env(const char *name)
{
    if (strcmp(name, "DATABASE_URL") == 0) {
        return "postgresql:///other";
    }
    return strcmp(name, "BATCH_EVERY") == 0 ? "1h" : NULL;
}

static int parse(const char *const *words, int n, const char *(*get_env)(const char *),
                 struct batch_options *ret, struct tlc_err *err)
{
    char *argv[8] = {(char[]){"batch-process"}};
    static char copies[8][64];
    struct tlc_opt_list args;
    for (int i = 0; i < n; i++) {
        snprintf(copies[i], sizeof(copies[i]), "%s", words[i]);
        argv[i + 1] = copies[i];
    }
    memset(ret, 0, sizeof(*ret));
    return tlc_opts_parse(&program, n + 1, argv, get_env, ret, &args, err);
}

static void options__none__run_once_over_what_changed(void **state)
{
    (void)state;
    struct batch_options o;
    struct tlc_err err;
    assert_int_equal(parse(NULL, 0, no_env, &o, &err), TLC_OK);
    assert_string_equal(o.database, "postgresql:///taxi");
    assert_null(o.from);
    assert_null(o.to);
    assert_false(o.all || o.gaps || o.check);
    assert_true(o.migrate);
    assert_int_equal(o.every_ms, 0);
    assert_int_equal(o.routes, 100);
    assert_int_equal(o.wait_ms, 300000);
}

static void options__command_line__wins_over_environment(void **state)
{
    (void)state;
    struct batch_options o;
    struct tlc_err err;
    static const char *const words[] = {"--every", "15m", "--all", "--no-migrate"};
    assert_int_equal(parse(words, TLC_COUNT(words), some_env, &o, &err), TLC_OK);
    assert_string_equal(o.database, "postgresql:///other");
    assert_int_equal(o.every_ms, 900000);
    assert_true(o.all);
    assert_false(o.migrate);
}

static void options__out_of_range__error_names_option_and_value(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"--every", "10ms"}, {"--every", "-1h"},  {"--routes", "0"},
        {"--routes", "x"},   {"--wait", "2000d"}, {"--evry", "1h"},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct batch_options o;
        struct tlc_err err = {0};
        assert_int_equal(parse(cases[i], 2, no_env, &o, &err), TLC_FATAL);
        assert_int_equal(err.exit_code, TLC_EXIT_USAGE);
        assert_non_null(strstr(err.text, cases[i][0]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options__none__run_once_over_what_changed),
        cmocka_unit_test(options__command_line__wins_over_environment),
        cmocka_unit_test(options__out_of_range__error_names_option_and_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
