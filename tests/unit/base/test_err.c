#include "tests/unit/base/unit.h"

#include "common/base/err.h"

static void note__context_goes_in_front(void **state)
{
    (void)state;
    struct tlc_err e;
    assert_int_equal(tlc_err_set(&e, TLC_RETRY, "connection lost\n"), TLC_RETRY);
    assert_int_equal(tlc_err_note(&e, "copy %s", "trip_start"), TLC_RETRY);
    assert_int_equal(tlc_err_note(&e, "store batch %d", 118), TLC_RETRY);
    assert_string_equal(e.text, "store batch 118: copy trip_start: connection lost");
}

static void set__own_text_as_argument__kept(void **state)
{
    (void)state;
    struct tlc_err e;
    tlc_err_set(&e, TLC_RETRY, "away");
    tlc_err_fatal(&e, TLC_EXIT_UNAVAILABLE, "gave up: %s", e.text);
    assert_string_equal(e.text, "gave up: away");
    assert_int_equal(tlc_err_exit_code(&e), 69);
}

static void exit_code__never_zero(void **state)
{
    (void)state;
    struct tlc_err e = {0};
    assert_int_equal(tlc_err_exit_code(&e), 70);
}

static void note__long_context__cause_is_kept(void **state)
{
    (void)state;
    struct tlc_err e;
    char context[2000];
    memset(context, 'x', sizeof(context) - 1);
    context[sizeof(context) - 1] = '\0';
    tlc_err_set(&e, TLC_FATAL, "the cause");
    tlc_err_note(&e, "%s", context);
    assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
    assert_string_equal(e.text + strlen(e.text) - strlen(": the cause"), ": the cause");
    tlc_err_set(&e, TLC_FATAL, "%s", context);
    tlc_err_note(&e, "front");
    assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(note__context_goes_in_front),
        cmocka_unit_test(set__own_text_as_argument__kept),
        cmocka_unit_test(exit_code__never_zero),
        cmocka_unit_test(note__long_context__cause_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
