/* PostgreSQL: libpq behind connect, exec and classified errors. libpq-fe.h is included by pg.c and
 * consumer-store/copy.c only.
 *
 * Blocking calls, one thread a connection. Every failure is classed by its SQLSTATE (pg_class.h):
 * TLC_RETRY (08 connection, 53 resources, 57P admin shutdown, 40 serialization, 55P03 lock),
 * TLC_REFUSE (22 data, 23 integrity: this row), TLC_FATAL (42 schema or rights, 28 password, 3D no
 * database, 25006 read-only ...) with a remedy in the words.
 *
 * A pooler may give every transaction another session, which others have used before. So nothing is
 * left in a session and nothing of it is relied on: a transaction asks for what it needs
 * (tlc_pg_begin), locks and temporary tables end with it. */
#ifndef TLC_IO_PG_H
#define TLC_IO_PG_H

#include "common/base/err.h"

struct tlc_pg;    /* a connection */
struct pg_result; /* libpq's, opaque here */

/* url: libpq connection string. application_name is shown in pg_stat_activity. statement_ms: of
 * statements in transactions, 0 = no time-out. */
TLC_MUST int tlc_pg_open(const char *url, const char *application_name, int64_t statement_ms,
                         struct tlc_pg **ret_pg, struct tlc_err *err);
void tlc_pg_close(struct tlc_pg **pg);
/* False after a lost connection: close it and open another. */
bool tlc_pg_usable(const struct tlc_pg *pg);
/* Runs SQL (several statements allowed when there are no parameters). params are text, NULL = null.
 */
TLC_MUST int tlc_pg_exec(struct tlc_pg *pg, const char *sql, const char *const *params,
                         int params_n, struct tlc_err *err);
/* One statement, keeps its rows. *ret_result is freed by tlc_pg_result_free. */
TLC_MUST int tlc_pg_query(struct tlc_pg *pg, const char *sql, const char *const *params,
                          int params_n, struct pg_result **ret_result, struct tlc_err *err);
/* What every transaction asks for besides what all of ours do: "SET LOCAL ...; ..." or "". Copied.
 */
void tlc_pg_asks(struct tlc_pg *pg, const char *settings);
/* READ COMMITTED, the role's own search_path, rows hidden by a policy an error, our time-outs. One
 * round trip. Waits as long as a pooler has no connection for it, but not long once a stop was
 * asked. */
TLC_MUST int tlc_pg_begin(struct tlc_pg *pg, struct tlc_err *err);
TLC_MUST int tlc_pg_commit(struct tlc_pg *pg, struct tlc_err *err);
/* After a failure; tlc_pg_sqlstate stays. When it fails the connection is not usable. */
void tlc_pg_rollback(struct tlc_pg *pg);
/* One statement in a transaction of its own. */
TLC_MUST int tlc_pg_exec_alone(struct tlc_pg *pg, const char *sql, const char *const *params,
                               int params_n, struct tlc_err *err);
TLC_MUST int tlc_pg_query_alone(struct tlc_pg *pg, const char *sql, const char *const *params,
                                int params_n, struct pg_result **ret_result, struct tlc_err *err);
int tlc_pg_rows(const struct pg_result *result);
/* Text of a field; n 0 and p NULL for null. Borrowed from the result. */
struct tlc_str tlc_pg_text(const struct pg_result *result, int row, int column);
int64_t tlc_pg_i64(const struct pg_result *result, int row, int column);
/* Rows changed by the last exec. */
int64_t tlc_pg_changed(const struct tlc_pg *pg);
void tlc_pg_result_free(struct pg_result **result);
/* SQLSTATE of the last failure, "" when there was none. */
const char *tlc_pg_sqlstate(const struct tlc_pg *pg);
/* The libpq connection, for copy.c. */
struct pg_conn;
struct pg_conn *tlc_pg_raw(struct tlc_pg *pg);
/* Classes what the connection last said (for copy.c): sets err, returns the class. */
int tlc_pg_failed(struct tlc_pg *pg, const struct pg_result *result, const char *what,
                  struct tlc_err *err);

#endif
