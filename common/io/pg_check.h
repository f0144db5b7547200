/* What a database has to be so that our tables can live in it, looked at before anything is done.
 *
 * Each of these would make a migration fail half-way, or every batch later, or some rows be left
 * out without a word. All inside the caller's transaction. One thread. */
#ifndef TLC_IO_PG_CHECK_H
#define TLC_IO_PG_CHECK_H

#include "common/io/pg.h"

/* Encoding, read-only, a schema to make tables in; TLC_FATAL (78) with the remedy. makes: tables
 * are to be made. */
TLC_MUST int tlc_pg_server_check(struct tlc_pg *pg, bool makes, struct tlc_err *err);
/* sql gives a row for each right that is missing: its name. */
TLC_MUST int tlc_pg_rights_check(struct tlc_pg *pg, const char *sql, struct tlc_err *err);
/* Tables with row-level security that hides rows from this user: names, as a parameter {a,b,c}. */
TLC_MUST int tlc_pg_policies_check(struct tlc_pg *pg, const char *tables, struct tlc_err *err);
/* Whether a table is there. One of another schema than those that the role looks in is TLC_FATAL
 * (78). */
TLC_MUST int tlc_pg_table_find(struct tlc_pg *pg, const char *table, bool *ret_there,
                               struct tlc_err *err);

#endif
