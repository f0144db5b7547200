#include "dashboard/windows_sql.h"

int sql_failed(sqlite3 *handle, const char *what, struct tlc_err *err)
{
    int code = handle != NULL ? sqlite3_errcode(handle) & 0xff : SQLITE_NOMEM;
    const char *text = handle != NULL ? sqlite3_errmsg(handle) : "no memory";
    switch (code) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: return tlc_err_set(err, TLC_REFUSE, "%s: %s", what, text);
    case SQLITE_FULL:
        return tlc_err_set(err, TLC_RETRY, "%s: %s; make room on its disk", what, text);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_NOMEM: return tlc_err_set(err, TLC_RETRY, "%s: %s", what, text);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return tlc_err_fatal(err, TLC_EXIT_CANTCREAT,
                             "%s: %s; give --db a file in a folder that can be written", what,
                             text);
    default: return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "%s: %s", what, text);
    }
}

void sql_bind(sqlite3_stmt *s, const int64_t *values, int n)
{
    for (int i = 0; i < n; i++) {
        sqlite3_bind_int64(s, i + 1, values[i]);
    }
}

int sql_window(sqlite3_stmt *s, struct window *ret_w, uint64_t *ret_hash, struct tlc_err *err)
{
    struct tlc_str body = {sqlite3_column_blob(s, 5), (size_t)sqlite3_column_bytes(s, 5)};
    if (window_decode(body, ret_w, err) != TLC_OK) {
        return err->cls;
    }
    ret_w->source = sqlite3_column_int(s, 0);
    ret_w->start_s = sqlite3_column_int64(s, 1);
    ret_w->partition = sqlite3_column_int(s, 2);
    ret_w->revision = sqlite3_column_int64(s, 3);
    ret_w->final = sqlite3_column_int(s, 4) != 0;
    *ret_hash = window_hash(body);
    return TLC_OK;
}
