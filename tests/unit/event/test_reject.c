#include "tests/unit/event/unit.h"

#include "common/event/reject.h"

static void rules__every_row__unique_id_and_text(void **state)
{
    (void)state;
    for (int i = 0; i < TLC_RULE_N; i++) {
        const struct tlc_rule_info *info = tlc_rule_info((enum tlc_rule)i);
        assert_non_null(info->id);
        assert_true(strlen(info->text) > 4);
        assert_int_equal(tlc_rule_find(tlc_str_from(info->id)), i);
    }
}

static void rules__level__as_the_table_says(void **state)
{
    (void)state;
    assert_int_equal(tlc_rule_info(TLC_RULE_END_BEFORE_START)->level, TLC_LEVEL_REJECT);
    assert_int_equal(tlc_rule_info(TLC_RULE_NEGATIVE_FARE)->level, TLC_LEVEL_FLAG);
    assert_string_equal(tlc_rule_info(TLC_RULE_OUTSIDE_MONTH)->id, "outside_month");
}

static void rules__unknown__none(void **state)
{
    (void)state;
    assert_ptr_equal(tlc_rule_info(TLC_RULE_N), tlc_rule_info(TLC_RULE_NONE));
    assert_ptr_equal(tlc_rule_info((enum tlc_rule) - 1), tlc_rule_info(TLC_RULE_NONE));
    assert_int_equal(tlc_rule_find(TLC_STR("no_such_rule")), TLC_RULE_N);
    assert_int_equal(tlc_rule_find(TLC_STR("")), TLC_RULE_N);
    assert_int_equal(tlc_rule_find(TLC_STR("BAD_TIME")), TLC_RULE_N);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules__every_row__unique_id_and_text),
        cmocka_unit_test(rules__level__as_the_table_says),
        cmocka_unit_test(rules__unknown__none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
