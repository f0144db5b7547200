/* SQLite for the two that read the windows' file: what a failure asks of the caller, and a window
 * out of a row. Only for windows_db.c and windows_cursor.c, which are the home of sqlite3.h. */
#ifndef TLC_DASHBOARD_WINDOWS_SQL_H
#define TLC_DASHBOARD_WINDOWS_SQL_H

#include <sqlite3.h>

#include "dashboard/window.h"

/* What the caller should do about a result code. Damage is TLC_REFUSE here; open turns that into a
 * new file. */
int sql_failed(sqlite3 *handle, const char *what, struct tlc_err *err);
/* Parameters 1 to n. */
void sql_bind(sqlite3_stmt *s, const int64_t *values, int n);
/* The window in columns source, start, partition, revision, final, body. */
TLC_MUST int sql_window(sqlite3_stmt *s, struct window *ret_w, uint64_t *ret_hash,
                        struct tlc_err *err);

#endif
