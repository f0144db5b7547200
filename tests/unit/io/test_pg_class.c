#include "tests/support/unit.h"

#include "common/io/pg_class.h"

static void class_of__sqlstate_and_words__what_is_asked_of_us(void **state)
{
    (void)state;
    static const struct {
        const char *state, *text;
        enum tlc_class cls;
        const char *remedy; /* what it holds */
    } cases[] = {
        {"", "server closed the connection unexpectedly", TLC_RETRY, ""},
        {"08006", "connection failure", TLC_RETRY, ""},
        {"40001", "could not serialize access", TLC_RETRY, ""},
        {"25P04", "terminating connection due to transaction timeout", TLC_RETRY, ""},
        {"57P05", "terminating connection due to idle-session timeout", TLC_RETRY, ""},
        {"23505", "duplicate key", TLC_REFUSE, ""},
        {"3F000", "no schema has been selected to create in", TLC_FATAL, "search_path"},
        {"42501", "permission denied for table x", TLC_FATAL, "grant"},
        {"42501", "query would be affected by row-level security policy for table \"x\"", TLC_FATAL,
         "BYPASSRLS"},
        {"0A000", "COPY FROM not supported with row-level security", TLC_FATAL, "BYPASSRLS"},
        {"0A000", "something else", TLC_FATAL, ""},
        /* PgBouncer 1.18 */
        {"08P01", "unsupported startup parameter: options", TLC_FATAL, "ALTER ROLE"},
        {"08P01", "transaction blocks not allowed in statement pooling mode", TLC_FATAL,
         "pool_mode"},
        {"08P01", "query_wait_timeout", TLC_RETRY, "default_pool_size"},
        {"08P01", "password authentication failed", TLC_FATAL, "password"},
        {"08P01", "role \"nobody\" does not exist", TLC_FATAL, "user"},
        {"08P01", "database \"absent\" does not exist", TLC_FATAL, "createdb"},
        {"08P01", "no such database: absent", TLC_FATAL, "createdb"},
        {"08P01", "server conn crashed?", TLC_RETRY, ""},
        {"08P01", "pgbouncer cannot connect to server", TLC_RETRY, ""},
        {"ZZ999", "of the future", TLC_FATAL, ""},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        const struct tlc_pg_class *row = tlc_pg_class_of(cases[i].state, cases[i].text);
        if (row->cls != cases[i].cls || !strstr(row->remedy, cases[i].remedy)) {
            fail_msg("%s %s: class %d%s", cases[i].state, cases[i].text, row->cls, row->remedy);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(class_of__sqlstate_and_words__what_is_asked_of_us),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
