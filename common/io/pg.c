#include "common/io/pg.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/stop.h"
#include "common/io/pg_class.h"

#define CONNECT_MS 10000
#define BEGIN_MAX ((size_t)16 << 10)
#define STOP_MS 5000 /* so long a transaction may still wait to begin when a stop was asked */
#define POLL_MS 1000

struct tlc_pg {
    PGconn *conn;
    int64_t changed;
    int64_t statement_ms;
    struct tlc_buf begin; /* what begins a transaction */
    char sqlstate[6];
    bool lost; /* not to be used any more, whatever libpq says */
};

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
    const struct tlc_pg_class *row = tlc_pg_class_of(sqlstate, text);
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
    if (PQstatus(pg->conn) == CONNECTION_BAD && state && strncmp(state, "57P", 3) != 0 &&
        strncmp(state, "08", 2) != 0) {
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

/* What other tools call a database by: libpq would take it for the name of a database here. */
static int scheme_check(const char *url, struct tlc_err *err)
{
    const char *end = strstr(url, "://");
    size_t n = end ? (size_t)(end - url) : 0;
    struct tlc_str scheme = {url, n};
    if (!end || strcspn(url, " =\t") < n || tlc_str_eq(scheme, TLC_STR("postgresql")) ||
        tlc_str_eq(scheme, TLC_STR("postgres"))) {
        return TLC_OK;
    }
    return tlc_err_fatal(err, TLC_EXIT_USAGE,
                         "--database: %.*s:// is not known here, postgresql:// is meant:"
                         " postgresql://USER:PASSWORD@HOST:PORT/NAME",
                         TLC_STR_ARG(scheme));
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
    int rc = scheme_check(url, err);
    if (rc != TLC_OK) {
        return rc;
    }
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
                      : tlc_err_fatal(err, TLC_EXIT_USAGE, "--database: %s", text);
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
    tlc_buf_init(&pg->begin, BEGIN_MAX);
    pg->statement_ms = statement_ms;
    int rc = connection_open(pg, url, application_name, err);
    if (rc != TLC_OK) {
        tlc_pg_close(&pg);
        return rc;
    }
    tlc_pg_asks(pg, "");
    *ret_pg = pg;
    return TLC_OK;
}

void tlc_pg_close(struct tlc_pg **pg)
{
    if (*pg) {
        PQfinish((*pg)->conn);
        tlc_buf_release(&(*pg)->begin);
        free(*pg);
        *pg = NULL;
    }
}

bool tlc_pg_usable(const struct tlc_pg *pg)
{
    return pg && !pg->lost && PQstatus(pg->conn) == CONNECTION_OK;
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

/* ---- transactions ---- */

/* A role, a database or another client of the same pooler may have set any of these otherwise. TO
 * DEFAULT is what the role and the database say, whatever a pooled session was left with. */
void tlc_pg_asks(struct tlc_pg *pg, const char *settings)
{
    tlc_buf_reset(&pg->begin);
    tlc_buf_printf(&pg->begin,
                   "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout TO %lld;"
                   " SET LOCAL search_path TO DEFAULT; SET LOCAL row_security TO off;%s %s",
                   (long long)pg->statement_ms,
                   PQserverVersion(pg->conn) >= 170000 ? " SET LOCAL transaction_timeout TO 0;"
                                                       : "",
                   settings);
}

/* Until the answer can be read without waiting. A pooler without a free connection answers when it
 * has one, which may be never: a program that was asked to stop waits a little only. */
static bool answer_wait(struct tlc_pg *pg)
{
    int64_t until_ms = -1;
    while (PQisBusy(pg->conn)) {
        if (until_ms < 0 && tlc_stop_asked()) {
            until_ms = tlc_now_ms() + STOP_MS;
        }
        pg->lost = until_ms >= 0 && tlc_now_ms() >= until_ms;
        if (pg->lost) {
            return false;
        }
        struct pollfd fds[] = {{.fd = PQsocket(pg->conn), .events = POLLIN},
                               {.fd = until_ms < 0 ? tlc_stop_fd() : -1, .events = POLLIN}};
        poll(fds, TLC_COUNT(fds), POLL_MS);
        if (fds[0].revents && PQconsumeInput(pg->conn) != 1) {
            return true; /* PQgetResult has the words */
        }
    }
    return true;
}

int tlc_pg_begin(struct tlc_pg *pg, struct tlc_err *err)
{
    PGresult *failed = NULL;
    pg->sqlstate[0] = '\0';
    if (PQsendQuery(pg->conn, tlc_buf_cstr(&pg->begin)) != 1) {
        return tlc_pg_failed(pg, NULL, "BEGIN", err);
    }
    while (answer_wait(pg)) {
        PGresult *r = PQgetResult(pg->conn);
        if (!r && !failed) {
            return TLC_OK;
        }
        if (!r) {
            break;
        }
        if (failed || PQresultStatus(r) == PGRES_COMMAND_OK) {
            PQclear(r);
        } else {
            failed = r;
        }
    }
    int rc = pg->lost ? tlc_err_set(err, TLC_RETRY, "postgresql: BEGIN: stopped while it waited")
                      : tlc_pg_failed(pg, failed, "BEGIN", err);
    PQclear(failed);
    tlc_pg_rollback(pg);
    return rc;
}

int tlc_pg_commit(struct tlc_pg *pg, struct tlc_err *err)
{
    return tlc_pg_exec(pg, "COMMIT", NULL, 0, err);
}

void tlc_pg_rollback(struct tlc_pg *pg)
{
    struct tlc_err ignored;
    char sqlstate[6];
    memcpy(sqlstate, pg->sqlstate, sizeof(sqlstate));
    if (tlc_pg_usable(pg) && tlc_pg_exec(pg, "ROLLBACK", NULL, 0, &ignored) != TLC_OK) {
        pg->lost = true; /* the transaction goes with the connection */
    }
    memcpy(pg->sqlstate, sqlstate, sizeof(sqlstate));
}

int tlc_pg_query_alone(struct tlc_pg *pg, const char *sql, const char *const *params, int params_n,
                       struct pg_result **ret_result, struct tlc_err *err)
{
    struct pg_result *result = NULL;
    int rc = tlc_pg_begin(pg, err);
    if (rc != TLC_OK) {
        return rc;
    }
    rc = tlc_pg_query(pg, sql, params, params_n, &result, err);
    if (rc == TLC_OK) {
        rc = tlc_pg_commit(pg, err);
    } else {
        tlc_pg_rollback(pg);
    }
    if (rc != TLC_OK) {
        tlc_pg_result_free(&result);
        return rc;
    }
    *ret_result = result;
    return TLC_OK;
}

int tlc_pg_exec_alone(struct tlc_pg *pg, const char *sql, const char *const *params, int params_n,
                      struct tlc_err *err)
{
    struct pg_result *result = NULL;
    int rc = tlc_pg_query_alone(pg, sql, params, params_n, &result, err);
    if (rc == TLC_OK) {
        tlc_pg_result_free(&result);
    }
    return rc;
}

/* ---- results ---- */

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
