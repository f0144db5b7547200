#include "common/io/pg_check.h"

static const char sql_server[] =
    "SELECT current_setting('server_encoding'), current_database(),"
    " pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on',"
    " current_user, current_setting('search_path'), current_schema(),"
    " has_schema_privilege(current_schema(), 'CREATE'),"
    " has_database_privilege(current_database(), 'TEMPORARY')";
/* FORCE ROW LEVEL SECURITY binds the owner, too. */
static const char sql_policies[] =
    "SELECT t FROM unnest($1::text[]) t"
    " WHERE to_regclass(t) IS NOT NULL AND row_security_active(to_regclass(t))";
static const char sql_table[] =
    "SELECT to_regclass($1) IS NOT NULL,"
    " (SELECT min(n.nspname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    "  WHERE c.relname = $1 AND c.relkind IN ('r', 'p') AND n.oid <> pg_my_temp_schema()),"
    " current_user, current_setting('search_path')";

static bool is_true(const struct pg_result *r, int column)
{
    return tlc_str_eq(tlc_pg_text(r, 0, column), TLC_STR("t"));
}

static int server_judge(const struct pg_result *r, bool makes, struct tlc_err *err)
{
    struct tlc_str encoding = tlc_pg_text(r, 0, 0), database = tlc_pg_text(r, 0, 1);
    struct tlc_str user = tlc_pg_text(r, 0, 3), path = tlc_pg_text(r, 0, 4);
    struct tlc_str schema = tlc_pg_text(r, 0, 5);
    if (!tlc_str_eq(encoding, TLC_STR("UTF8"))) {
        return tlc_err_fatal(err, TLC_EXIT_CONFIG,
                             "database %.*s has encoding %.*s, UTF8 is needed: createdb -E UTF8 -T "
                             "template0 NAME",
                             TLC_STR_ARG(database), TLC_STR_ARG(encoding));
    }
    if (is_true(r, 2)) {
        return tlc_err_fatal(err, TLC_EXIT_CONFIG,
                             "database %.*s is read-only: name the primary in --database, or clear "
                             "default_transaction_read_only",
                             TLC_STR_ARG(database));
    }
    if (!is_true(r, 7)) {
        return tlc_err_fatal(err, TLC_EXIT_CONFIG,
                             "the database user lacks rights: GRANT TEMPORARY ON DATABASE %.*s TO "
                             "%.*s",
                             TLC_STR_ARG(database), TLC_STR_ARG(user));
    }
    if (makes && !schema.p) {
        return tlc_err_fatal(
            err, TLC_EXIT_CONFIG,
            "no schema to make tables in: the search_path of %.*s is \"%.*s\", and "
            "none of it is there or may be used: CREATE SCHEMA %.*s AUTHORIZATION "
            "%.*s, or ALTER ROLE %.*s SET search_path = ...",
            TLC_STR_ARG(user), TLC_STR_ARG(path), TLC_STR_ARG(user), TLC_STR_ARG(user),
            TLC_STR_ARG(user));
    }
    if (makes && !is_true(r, 6)) {
        return tlc_err_fatal(err, TLC_EXIT_CONFIG,
                             "%.*s may not make tables in schema %.*s: CREATE SCHEMA %.*s "
                             "AUTHORIZATION %.*s, or GRANT CREATE ON SCHEMA %.*s TO %.*s",
                             TLC_STR_ARG(user), TLC_STR_ARG(schema), TLC_STR_ARG(user),
                             TLC_STR_ARG(user), TLC_STR_ARG(schema), TLC_STR_ARG(user));
    }
    return TLC_OK;
}

int tlc_pg_server_check(struct tlc_pg *pg, bool makes, struct tlc_err *err)
{
    struct pg_result *r = NULL;
    int rc = tlc_pg_query(pg, sql_server, NULL, 0, &r, err);
    if (rc != TLC_OK) {
        return rc;
    }
    rc = server_judge(r, makes, err);
    tlc_pg_result_free(&r);
    return rc;
}

int tlc_pg_rights_check(struct tlc_pg *pg, const char *sql, struct tlc_err *err)
{
    struct pg_result *r = NULL;
    int rc = tlc_pg_query(pg, sql, NULL, 0, &r, err);
    if (rc != TLC_OK) {
        return rc;
    }
    if (tlc_pg_rows(r) > 0) {
        rc = tlc_err_fatal(err, TLC_EXIT_CONFIG,
                           "the database user lacks rights (%.*s and %d more): grant them, or "
                           "connect as the owner of the tables",
                           TLC_STR_ARG(tlc_pg_text(r, 0, 0)), tlc_pg_rows(r) - 1);
    }
    tlc_pg_result_free(&r);
    return rc;
}

int tlc_pg_policies_check(struct tlc_pg *pg, const char *tables, struct tlc_err *err)
{
    struct pg_result *r = NULL;
    const char *const params[] = {tables};
    int rc = tlc_pg_query(pg, sql_policies, params, 1, &r, err);
    if (rc != TLC_OK) {
        return rc;
    }
    if (tlc_pg_rows(r) > 0) {
        rc = tlc_err_fatal(err, TLC_EXIT_CONFIG,
                           "row-level security would hide rows of %.*s (and of %d more tables): "
                           "connect as the tables' owner, or as a role with BYPASSRLS, and take "
                           "FORCE ROW LEVEL SECURITY away",
                           TLC_STR_ARG(tlc_pg_text(r, 0, 0)), tlc_pg_rows(r) - 1);
    }
    tlc_pg_result_free(&r);
    return rc;
}

int tlc_pg_table_find(struct tlc_pg *pg, const char *table, bool *ret_there, struct tlc_err *err)
{
    struct pg_result *r = NULL;
    const char *const params[] = {table};
    int rc = tlc_pg_query(pg, sql_table, params, 1, &r, err);
    if (rc != TLC_OK) {
        return rc;
    }
    struct tlc_str schema = tlc_pg_text(r, 0, 1), user = tlc_pg_text(r, 0, 2);
    *ret_there = is_true(r, 0);
    if (!*ret_there && schema.p) {
        rc = tlc_err_fatal(
            err, TLC_EXIT_CONFIG,
            "%s is in schema %.*s, where %.*s does not look (search_path %.*s): "
            "GRANT USAGE ON SCHEMA %.*s TO %.*s, and ALTER ROLE %.*s SET search_path "
            "= %.*s",
            table, TLC_STR_ARG(schema), TLC_STR_ARG(user), TLC_STR_ARG(tlc_pg_text(r, 0, 3)),
            TLC_STR_ARG(schema), TLC_STR_ARG(user), TLC_STR_ARG(user), TLC_STR_ARG(schema));
    }
    tlc_pg_result_free(&r);
    return rc;
}
