#include "consumer-process/process.h"
#include "tests/support/unit.h"

static void rules__table__taken_or_refused_in_words(void **state)
{
    (void)state;
    static const struct {
        int64_t window_ms, lateness_ms;
        const char *words; /* NULL: taken */
    } cases[] = {
        {900000, 7200000, NULL},           {60000, 0, NULL},
        {60000, 4096 * 60000, NULL},       {60000, 4097 * 60000, "wider --window"},
        {60500, 7200000, "whole seconds"}, {900000, 7200001, "whole seconds"},
        {420000, 7200000, "divide a day"}, {86400000, 604800000, NULL},
        {50400000, 0, "divide a day"},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct process_options options = {.window_ms = cases[i].window_ms,
                                          .lateness_ms = cases[i].lateness_ms};
        struct rules rules;
        struct tlc_err err;
        int rc = process_rules(&options, &rules, &err);
        if (!cases[i].words) {
            assert_int_equal(rc, 0);
            assert_int_equal(rules.window_s, cases[i].window_ms / 1000);
            assert_int_equal(rules.lateness_s, cases[i].lateness_ms / 1000);
            assert_true(rules.lateness_s / rules.window_s < SEEN_MODULUS / 2);
            continue;
        }
        assert_int_equal(rc, TLC_FATAL);
        assert_int_equal(tlc_err_exit_code(&err), TLC_EXIT_USAGE);
        assert_non_null(strstr(err.text, cases[i].words));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rules__table__taken_or_refused_in_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
