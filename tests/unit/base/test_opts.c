#include "tests/unit/base/unit.h"

#include "common/base/opts.h"

#define TEST_OPTIONS(X)                                                                            \
    X(STR, listen, "listen", "T_LISTEN", "127.0.0.1:8080", 0, 0, "ADDR:PORT", "where to serve")    \
    X(INT, batch, "batch", "T_BATCH", "1000", 1, 10000, "N", "events a request")                   \
    X(REAL, share, "share", NULL, "0.5", 0, 1, "SHARE", "part of the whole")                       \
    X(BYTES, inflight_bytes, "inflight", NULL, "64MiB", 1 << 20, 1LL << 34, "BYTES", "bytes held") \
    X(MS, flush_ms, "flush", "T_FLUSH", "100ms", 1, 60000, "TIME", "longest wait")                 \
    X(BOOL, close, "close", "T_CLOSE", "true", 0, 0, NULL, "send close marks")                     \
    X(BOOL, json, "json", NULL, NULL, 0, 0, NULL, "summary as JSON")                               \
    X(LIST, x, "X", "T_X", NULL, 0, 0, "NAME=VALUE", "a property for librdkafka | any")            \
    X(STR, database, "database", NULL, NULL, 0, 0, "URL", "which database")
struct test_options {
    TEST_OPTIONS(TLC_OPT_FIELD)
};
#define TLC_OPT_STRUCT struct test_options
static const struct tlc_opt opts[] = {TEST_OPTIONS(TLC_OPT_ROW)};

static const struct tlc_program program = {
    .name = "tester",
    .summary = "tests options",
    .arguments = "FILE...",
    .opts = opts,
    .opts_n = TLC_COUNT(opts),
    .args_min = 0,
    .args_max = 2,
};

static const char *env_name, *env_value;

static const char *fake_env(const char *name)
{
    return env_name != NULL && strcmp(name, env_name) == 0 ? env_value : NULL;
}

static struct test_options o;
static struct tlc_opt_list args;
static struct tlc_err err;

/* Parses a line of words. */
static int parse(const char *line)
{
    static char copy[512];
    static char *argv[32];
    int argc = 1;
    snprintf(copy, sizeof(copy), "%s", line);
    argv[0] = "tester";
    for (char *save = NULL, *w = strtok_r(copy, " ", &save); w != NULL;
         w = strtok_r(NULL, " ", &save)) {
        argv[argc++] = w;
    }
    argv[argc] = NULL;
    memset(&err, 0, sizeof(err));
    return tlc_opts_parse(&program, argc, argv, fake_env, &o, &args, &err);
}

static int no_env(void **state)
{
    (void)state;
    env_name = NULL;
    return 0;
}

static void parse__nothing_given__defaults(void **state)
{
    (void)state;
    assert_int_equal(parse(""), 0);
    assert_string_equal(o.listen, "127.0.0.1:8080");
    assert_int_equal(o.batch, 1000);
    assert_true(o.share > 0.49 && o.share < 0.51);
    assert_int_equal(o.inflight_bytes, 64 << 20);
    assert_int_equal(o.flush_ms, 100);
    assert_true(o.close);
    assert_false(o.json);
    assert_int_equal(o.x.n, 0);
    assert_null(o.database);
    assert_int_equal(args.n, 0);
}

static void parse__every_form__taken(void **state)
{
    (void)state;
    assert_int_equal(parse("--listen :9 --batch=7 a --flush 2 --no-close --json -X a=1 -Xb=2 "
                           "--share 0.25 - "),
                     0);
    assert_string_equal(o.listen, ":9");
    assert_int_equal(o.batch, 7);
    assert_int_equal(o.flush_ms, 2000);
    assert_false(o.close);
    assert_true(o.json);
    assert_int_equal(o.x.n, 2);
    assert_string_equal(o.x.v[0], "a=1");
    assert_string_equal(o.x.v[1], "b=2");
    assert_int_equal(args.n, 2);
    assert_string_equal(args.v[0], "a");
    assert_string_equal(args.v[1], "-");
    assert_int_equal(parse("--json=false -- --batch"), 0);
    assert_false(o.json);
    assert_string_equal(args.v[0], "--batch");
}

static void parse__environment__between_default_and_line(void **state)
{
    (void)state;
    env_name = "T_BATCH";
    env_value = "55";
    assert_int_equal(parse(""), 0);
    assert_int_equal(o.batch, 55);
    assert_int_equal(parse("--batch 66"), 0);
    assert_int_equal(o.batch, 66);
    env_value = "";
    assert_int_equal(parse(""), 0);
    assert_int_equal(o.batch, 1000);
    env_name = "T_CLOSE";
    env_value = "off";
    assert_int_equal(parse(""), 0);
    assert_false(o.close);
    env_name = "T_X";
    env_value = " a=1  b=2 ";
    assert_int_equal(parse(""), 0);
    assert_int_equal(o.x.n, 2);
    assert_string_equal(o.x.v[1], "b=2");
    assert_int_equal(parse("-X c=3"), 0); /* the line replaces the list */
    assert_int_equal(o.x.n, 1);
    assert_string_equal(o.x.v[0], "c=3");
}

static void parse__errors__name_option_value_and_remedy(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *text;
    } rows[] = {
        {"--batch 0", "--batch: \"0\" is not a whole number from 1 to 10000"},
        {"--batch 1e3", "--batch: \"1e3\" is not a whole number from 1 to 10000"},
        {"--batch", "option --batch needs a value: N"},
        {"--batch --json", "option --batch needs a value: N"},
        {"--inflight 1k",
         "--inflight: \"1k\" is not an amount of bytes such as 64MiB from 1MiB to 16GiB"},
        {"--flush 2h",
         "--flush: \"2h\" is not a duration such as 250ms, 30s, 15m or 2h from 1ms to 1m"},
        {"--share 1.5", "--share: \"1.5\" is not a number from 0 to 1"},
        {"--share nan", "--share: \"nan\" is not a number from 0 to 1"},
        {"--json=maybe", "--json: \"maybe\" is not true or false"},
        {"--no-json=1", "option --no-json takes no value"},
        {"--bacth 5", "unknown option --bacth; did you mean --batch?"},
        {"--inf 5", "unknown option --inf; did you mean --inflight?"},
        {"--no-batch", "unknown option --no-batch; did you mean --batch?"},
        {"--zzzzzzzz", "unknown option --zzzzzzzz; --help lists them"},
        {"-batch 5", "unknown option -batch; did you mean --batch?"},
        {"a b c", "unexpected argument \"c\" (expected: FILE...)"},
        {"--log-level loud", "--log-level: \"loud\" is not debug, info, warn or error"},
    };
    for (size_t i = 0; i < TLC_COUNT(rows); i++) {
        assert_int_equal(parse(rows[i].line), TLC_FATAL);
        assert_string_equal(err.text, rows[i].text);
        assert_int_equal(tlc_err_exit_code(&err), TLC_EXIT_USAGE);
    }
    env_name = "T_BATCH";
    env_value = "many";
    assert_int_equal(parse(""), TLC_FATAL);
    assert_string_equal(err.text,
                        "environment T_BATCH: \"many\" is not a whole number from 1 to 10000");
}

static void parse__too_few_arguments__told(void **state)
{
    (void)state;
    struct tlc_program needs = program;
    needs.args_min = 1;
    char *argv[] = {"tester", NULL};
    assert_int_equal(tlc_opts_parse(&needs, 1, argv, fake_env, &o, &args, &err), TLC_FATAL);
    assert_string_equal(err.text, "argument missing: FILE...; --help explains it");
    char *help[] = {"tester", "--help", NULL};
    assert_int_equal(tlc_opts_parse(&needs, 2, help, fake_env, &o, &args, &err), 0);
}

static void help__every_option_default_and_environment(void **state)
{
    (void)state;
    struct tlc_buf out;
    tlc_buf_init(&out, 1 << 16);
    tlc_opts_help(&program, &out);
    const char *text = tlc_buf_cstr(&out);
    assert_non_null(strstr(text, "Usage: tester [OPTION...] FILE..."));
    assert_non_null(strstr(text, "  --batch N                   events a request "
                                 "[default: 1000, env: T_BATCH]\n"));
    assert_non_null(
        strstr(text, "  --no-close                  send close marks [env: T_CLOSE]\n"));
    assert_non_null(strstr(text, "  -X NAME=VALUE "));
    assert_non_null(strstr(text, "\nGeneral:\n  --log-level LEVEL "));
    assert_null(strstr(text, "help-markdown"));
    struct tlc_str rest = tlc_buf_str(&out);
    struct tlc_str line;
    while (tlc_str_split(&rest, '\n', &line)) {
        assert_true(line.n <= 100);
    }
    tlc_buf_release(&out);
}

static void markdown__a_row_an_option(void **state)
{
    (void)state;
    struct tlc_buf out;
    tlc_buf_init(&out, 1 << 16);
    tlc_opts_markdown(&program, &out);
    const char *text = tlc_buf_cstr(&out);
    assert_non_null(strstr(text, "| `--batch N` | `T_BATCH` | `1000` | events a request |\n"));
    assert_non_null(strstr(text, "a property for librdkafka \\| any |\n"));
    tlc_buf_release(&out);
}

static void print_config__passwords_are_starred(void **state)
{
    (void)state;
    struct tlc_buf out;
    tlc_buf_init(&out, 1 << 16);
    assert_int_equal(parse("--database postgresql://me:hush@host/db?password=hush2 "
                           "-X sasl.password=hush3 -X a=b --flush 30s"),
                     0);
    tlc_opts_print_config(&program, &o, &out);
    const char *text = tlc_buf_cstr(&out);
    assert_null(strstr(text, "hush"));
    assert_non_null(strstr(text, "database = postgresql://me:***@host/db?password=***\n"));
    assert_non_null(strstr(text, "X = sasl.password=*** a=b\n"));
    assert_non_null(strstr(text, "flush = 30s\n"));
    assert_non_null(strstr(text, "inflight = 64MiB\n"));
    tlc_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(parse__nothing_given__defaults, no_env),
        cmocka_unit_test_setup(parse__every_form__taken, no_env),
        cmocka_unit_test_setup(parse__environment__between_default_and_line, no_env),
        cmocka_unit_test_setup(parse__errors__name_option_value_and_remedy, no_env),
        cmocka_unit_test_setup(parse__too_few_arguments__told, no_env),
        cmocka_unit_test_setup(help__every_option_default_and_environment, no_env),
        cmocka_unit_test_setup(markdown__a_row_an_option, no_env),
        cmocka_unit_test_setup(print_config__passwords_are_starred, no_env),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
