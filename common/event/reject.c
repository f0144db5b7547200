#include "common/event/reject.h"

#define RULE_ROW(rule, name, rule_level, words) [rule] = {name, TLC_LEVEL_##rule_level, words},
static const struct tlc_rule_info rules[TLC_RULE_N] = {TLC_RULES(RULE_ROW)};

const struct tlc_rule_info *tlc_rule_info(enum tlc_rule rule)
{
    return &rules[(unsigned)rule < TLC_RULE_N ? rule : TLC_RULE_NONE];
}

enum tlc_rule tlc_rule_find(struct tlc_str id)
{
    for (int i = 0; i < TLC_RULE_N; i++) {
        if (tlc_str_eq(id, tlc_str_from(rules[i].id))) {
            return (enum tlc_rule)i;
        }
    }
    return TLC_RULE_N;
}
