#include "common/io/pg_class.h"

#define PASSWORD " (check user and password in --database, and pg_hba.conf or the pooler's users)"
#define NO_DATABASE " (create it: createdb NAME, or name another in --database)"

/* Sources: PostgreSQL 18, appendix A; PgBouncer 1.18, as it answered. */
static const struct tlc_pg_class classes[] = {
    {"08P01", "unsupported startup parameter", TLC_FATAL,
     " (a pooler does not hand options of the connection on: take them out of --database and"
     " PGOPTIONS, and set them by ALTER ROLE ... SET)"},
    {"08P01", "statement pooling mode", TLC_FATAL,
     " (transactions are wanted: pool_mode = transaction or session)"},
    {"08P01", "query_wait_timeout", TLC_RETRY,
     " (all connections of the pooler are taken: raise default_pool_size, or take pool_mode ="
     " transaction)"},
    {"08P01", "authentication failed", TLC_FATAL, PASSWORD},
    {"08P01", "no such user", TLC_FATAL, PASSWORD},
    {"08P01", "role \"", TLC_FATAL, PASSWORD},
    {"08P01", "no such database", TLC_FATAL, NO_DATABASE},
    {"08P01", "\" does not exist", TLC_FATAL, NO_DATABASE},
    {"08", NULL, TLC_RETRY, ""},
    {"53100", NULL, TLC_RETRY, " (make room on the database's disk; it goes on by itself)"},
    {"53", NULL, TLC_RETRY, ""},
    {"57P04", NULL, TLC_FATAL, " (the database was dropped)"},
    {"57P", NULL, TLC_RETRY, ""},
    {"57014", NULL, TLC_RETRY, ""},
    {"58", NULL, TLC_RETRY, ""},
    {"40", NULL, TLC_RETRY, ""},
    {"55P03", NULL, TLC_RETRY, ""},
    {"55006", NULL, TLC_RETRY, ""},
    {"22", NULL, TLC_REFUSE, ""},
    {"23", NULL, TLC_REFUSE, ""},
    {"25P03", NULL, TLC_RETRY, ""},
    {"25P04", NULL, TLC_RETRY, ""},
    {"25006", NULL, TLC_FATAL,
     " (the database is read-only: name the primary, or clear default_transaction_read_only)"},
    {"28", NULL, TLC_FATAL, PASSWORD},
    {"3D", NULL, TLC_FATAL, NO_DATABASE},
    {"3F", NULL, TLC_FATAL, " (name a schema in the role's search_path: ALTER ROLE ... SET)"},
    {"42501", "row-level security", TLC_FATAL,
     " (connect as the owner of the tables, or as a role with BYPASSRLS)"},
    {"42501", NULL, TLC_FATAL, " (grant the right, or connect as the owner of the tables)"},
    {"0A000", "row-level security", TLC_FATAL,
     " (connect as the owner of the tables, or as a role with BYPASSRLS)"},
    {"42P01", NULL, TLC_FATAL, " (a table is missing: start with --migrate)"},
    {"42", NULL, TLC_FATAL, " (the schema is not the one this program was built for)"},
};

const struct tlc_pg_class *tlc_pg_class_of(const char *sqlstate, const char *text)
{
    static const struct tlc_pg_class lost = {"", NULL, TLC_RETRY, ""};
    static const struct tlc_pg_class other = {"", NULL, TLC_FATAL, ""};
    if (sqlstate[0] == '\0') {
        return &lost;
    }
    for (size_t i = 0; i < TLC_COUNT(classes); i++) {
        const struct tlc_pg_class *row = &classes[i];
        if (strncmp(sqlstate, row->state, strlen(row->state)) == 0 &&
            (!row->words || strstr(text, row->words))) {
            return row;
        }
    }
    return &other;
}
