#include "common/io/pg.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"

#define CONNECT_MS 10000

struct tlc_pg {
    PGconn *conn;
    int64_t changed;
    char sqlstate[6];
};

/* What a SQLSTATE asks of us; the first row whose prefix fits. Source: PostgreSQL 15, appendix A.
 */
static const struct class_row {
    const char *prefix;
    enum tlc_class cls;
    const char *remedy; /* "" where the server's words say enough */
} classes[] = {
    {"08", TLC_RETRY, ""},
    {"53100", TLC_RETRY, " (make room on the database's disk; it goes on by itself)"},
    {"53", TLC_RETRY, ""},
    {"57P04", TLC_FATAL, " (the database was dropped)"},
    {"57P", TLC_RETRY, ""},
    {"57014", TLC_RETRY, ""},
    {"58", TLC_RETRY, ""},
    {"40", TLC_RETRY, ""},
    {"55P03", TLC_RETRY, ""},
    {"55006", TLC_RETRY, ""},
    {"22", TLC_REFUSE, ""},
    {"23", TLC_REFUSE, ""},
    {"25P03", TLC_RETRY, ""},
    {"25006", TLC_FATAL,
     " (the database is read-only: name the primary, or clear default_transaction_read_only)"},
    {"28", TLC_FATAL, " (check user and password in --database, and pg_hba.conf)"},
    {"3D", TLC_FATAL, " (create it: createdb NAME, or name another in --database)"},
    {"42501", TLC_FATAL, " (grant the right, or connect as the owner of the tables)"},
    {"42P01", TLC_FATAL, " (a table is missing: start with --migrate)"},
    {"42", TLC_FATAL, " (the schema is not the one this program was built for)"},
};

static const struct class_row *class_find(const char *sqlstate)
{
    static const struct class_row lost = {"", TLC_RETRY, ""};
    static const struct class_row other = {"", TLC_FATAL, ""};
    if (sqlstate[0] == '\0') {
        return &lost;
    }
    for (size_t i = 0; i < TLC_COUNT(classes); i++) {
        if (strncmp(sqlstate, classes[i].prefix, strlen(classes[i].prefix)) == 0) {
            return &classes[i];
        }
    }
    return &other;
}

/* libpq's messages have several lines; one is enough. */
static void one_line(char *dst, size_t size, const char *text)
{
    size_t n = 0;
    for (; *text && n + 1 < size; text++) {
        char ch = *text == '\n' || *text == '\r' || *text == '\t' ? ' ' : *text;
        if (ch != ' ' || (n > 0 && dst[n - 1] != ' ')) {
            dst[n++] = ch;
        }
    }
    while (n > 0 && dst[n - 1] == ' ') {
        n--;
    }
    dst[n] = '\0';
}

static int class_set(struct tlc_err *err, const char *sqlstate, const char *what, const char *text)
{
    const struct class_row *row = class_find(sqlstate);
    char line[700];
    one_line(line, sizeof(line), text);
    const char *open = sqlstate[0] ? " [" : "";
    const char *shut = sqlstate[0] ? "]" : "";
    if (row->cls == TLC_FATAL) {
        return tlc_err_fatal(err, TLC_EXIT_CONFIG, "postgresql: %s: %s%s%s%s%s", what, line, open,
                             sqlstate, shut, row->remedy);
    }
    return tlc_err_set(err, row->cls, "postgresql: %s: %s%s%s%s%s", what, line, open, sqlstate,
                       shut, row->remedy);
}

int tlc_pg_failed(struct tlc_pg *pg, const struct pg_result *result, const char *what,
                  struct tlc_err *err)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    if (PQstatus(pg->conn) == CONNECTION_BAD && (!state || strncmp(state, "57P", 3) != 0)) {
        state = NULL; /* lost on the way: whatever the result says, the answer is unknown */
    }
    tlc_str_copy(pg->sqlstate, sizeof(pg->sqlstate), tlc_str_from(state ? state : ""));
    const char *text = result && state ? PQresultErrorMessage(result) : PQerrorMessage(pg->conn);
    return class_set(err, pg->sqlstate, what, text[0] ? text : "connection lost");
}

/* ---- connecting ---- */

static void on_notice(void *ctx, const PGresult *result)
{
    (void)ctx;
    (void)result;
}

/* A refused connection has no result to ask for its SQLSTATE; with verbose messages it stands in
 * the text: "FATAL:  3D000: database ...". */
static void state_from_text(const char *text, char ret_state[6])
{
    ret_state[0] = '\0';
    for (const char *p = strstr(text, ":  "); p; p = strstr(p + 1, ":  ")) {
        if (strspn(p + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 && p[8] == ':') {
            memcpy(ret_state, p + 3, 5);
            ret_state[5] = '\0';
            return;
        }
    }
}

static PostgresPollingStatusType connect_wait(PGconn *conn)
{
    int64_t deadline_ms = tlc_now_ms() + CONNECT_MS;
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING) {
        int64_t left_ms = deadline_ms - tlc_now_ms();
        struct pollfd fd = {.fd = PQsocket(conn),
                            .events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT};
        if (left_ms <= 0 || (poll(&fd, 1, (int)left_ms) < 0)) {
            return status;
        }
        status = PQconnectPoll(conn);
    }
    return status;
}

static int connection_open(struct tlc_pg *pg, const char *url, const char *application_name,
                           struct tlc_err *err)
{
    /* what comes after dbname cannot be overridden by the URL */
    const char *const names[] = {"keepalives_idle",           "keepalives_interval",
                                 "keepalives_count",          "tcp_user_timeout",
                                 "fallback_application_name", "dbname",
                                 "client_encoding",           NULL};
    const char *const values[] = {"10", "5", "3", "20000", application_name, url, "UTF8", NULL};
    pg->conn = PQconnectStartParams(names, values, 1);
    if (!pg->conn) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "postgresql: no memory");
    }
    PQsetNoticeReceiver(pg->conn, on_notice, NULL);
    if (PQsocket(pg->conn) < 0 && PQstatus(pg->conn) == CONNECTION_BAD) {
        const char *text = PQerrorMessage(pg->conn);
        bool nobody = strstr(text, "connection to server") || strstr(text, "translate host");
        return nobody ? class_set(err, "", "connect", text)
                      : tlc_err_fatal(err, TLC_EXIT_USAGE, "--database %s: %s", url, text);
    }
    PQsetErrorVerbosity(pg->conn, PQERRORS_VERBOSE);
    PostgresPollingStatusType status = connect_wait(pg->conn);
    if (status == PGRES_POLLING_OK) {
        PQsetErrorVerbosity(pg->conn, PQERRORS_DEFAULT);
        return TLC_OK;
    }
    if (status != PGRES_POLLING_FAILED) {
        return tlc_err_set(err, TLC_RETRY, "postgresql: connect: no answer within %d s",
                           CONNECT_MS / 1000);
    }
    state_from_text(PQerrorMessage(pg->conn), pg->sqlstate);
    return class_set(err, pg->sqlstate, "connect", PQerrorMessage(pg->conn));
}

int tlc_pg_open(const char *url, const char *application_name, int64_t statement_ms,
                struct tlc_pg **ret_pg, struct tlc_err *err)
{
    struct tlc_pg *pg = calloc(1, sizeof(*pg));
    if (!pg) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "postgresql: no memory");
    }
    int rc = connection_open(pg, url, application_name, err);
    if (rc == TLC_OK && statement_ms > 0) {
        char ms[24];
        snprintf(ms, sizeof(ms), "%lld", (long long)statement_ms);
        const char *const params[] = {ms};
        rc = tlc_pg_exec(pg, "SELECT set_config('statement_timeout', $1, false)", params, 1, err);
    }
    if (rc != TLC_OK) {
        tlc_pg_close(&pg);
        return rc;
    }
    *ret_pg = pg;
    return TLC_OK;
}

void tlc_pg_close(struct tlc_pg **pg)
{
    if (*pg) {
        PQfinish((*pg)->conn);
        free(*pg);
        *pg = NULL;
    }
}

bool tlc_pg_usable(const struct tlc_pg *pg)
{
    return pg && PQstatus(pg->conn) == CONNECTION_OK;
}

/* ---- statements ---- */

/* The first words of a statement, to name it in an error. */
static void head_of(const char *sql, char dst[48])
{
    char line[96];
    one_line(line, sizeof(line), sql);
    snprintf(dst, 48, "%.40s%s", line, strlen(line) > 40 ? "..." : "");
}

static int run(struct tlc_pg *pg, const char *sql, const char *const *params, int params_n,
               PGresult **ret_result, struct tlc_err *err)
{
    pg->sqlstate[0] = '\0';
    pg->changed = 0;
    PGresult *result = params_n == 0
                           ? PQexec(pg->conn, sql)
                           : PQexecParams(pg->conn, sql, params_n, NULL, params, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_COPY_IN &&
        status != PGRES_EMPTY_QUERY) {
        char head[48];
        head_of(sql, head);
        int rc = tlc_pg_failed(pg, result, head, err);
        PQclear(result);
        return rc;
    }
    struct tlc_str n = tlc_str_from(PQcmdTuples(result));
    if (!tlc_str_to_i64(n, 0, INT64_MAX, &pg->changed)) {
        pg->changed = 0;
    }
    *ret_result = result;
    return TLC_OK;
}

int tlc_pg_exec(struct tlc_pg *pg, const char *sql, const char *const *params, int params_n,
                struct tlc_err *err)
{
    PGresult *result = NULL;
    int rc = run(pg, sql, params, params_n, &result, err);
    if (rc == TLC_OK) {
        PQclear(result);
    }
    return rc;
}

int tlc_pg_query(struct tlc_pg *pg, const char *sql, const char *const *params, int params_n,
                 struct pg_result **ret_result, struct tlc_err *err)
{
    return run(pg, sql, params, params_n, ret_result, err);
}

int tlc_pg_rows(const struct pg_result *result)
{
    return PQntuples(result);
}

struct tlc_str tlc_pg_text(const struct pg_result *result, int row, int column)
{
    if (PQgetisnull(result, row, column)) {
        return (struct tlc_str){NULL, 0};
    }
    return (struct tlc_str){PQgetvalue(result, row, column),
                            (size_t)PQgetlength(result, row, column)};
}

int64_t tlc_pg_i64(const struct pg_result *result, int row, int column)
{
    int64_t value = 0;
    if (!tlc_str_to_i64(tlc_pg_text(result, row, column), INT64_MIN, INT64_MAX, &value)) {
        return 0;
    }
    return value;
}

int64_t tlc_pg_changed(const struct tlc_pg *pg)
{
    return pg->changed;
}

void tlc_pg_result_free(struct pg_result **result)
{
    PQclear(*result);
    *result = NULL;
}

const char *tlc_pg_sqlstate(const struct tlc_pg *pg)
{
    return pg->sqlstate;
}

struct pg_conn *tlc_pg_raw(struct tlc_pg *pg)
{
    return pg->conn;
}
