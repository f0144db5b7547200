#include <stdlib.h>

#include "dashboard/windows_db.h"
#include "dashboard/windows_sql.h"

struct windows_cursor {
    sqlite3 *handle;
    sqlite3_stmt *statement;
    bool finals;
    bool at_row; /* statement stands on a row that was not yet handed out */
};

static const char *const cursor_sql =
    "SELECT source, start, partition, revision, final, body FROM window"
    " WHERE (?1 = 0 OR source = ?1) AND start >= ?2 AND start < ?3 ORDER BY source, start, "
    "partition";

static int cursor_step(struct windows_cursor *c, struct tlc_err *err)
{
    int code = sqlite3_step(c->statement);
    c->at_row = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? TLC_OK
                                                     : sql_failed(c->handle, "read windows", err);
}

int windows_cursor_open(const char *path, const struct windows_cursor_range *range,
                        struct windows_cursor **ret_cursor, struct tlc_err *err)
{
    struct windows_cursor *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return tlc_err_set(err, TLC_RETRY, "no memory");
    }
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &c->handle, flags, NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(c->handle, 5000) != SQLITE_OK ||
        sqlite3_prepare_v2(c->handle, cursor_sql, -1, &c->statement, NULL) != SQLITE_OK) {
        int result = sql_failed(c->handle, "read windows", err);
        windows_cursor_close(&c);
        return result;
    }
    const int64_t values[] = {range->source, range->from_s, range->to_s};
    sql_bind(c->statement, values, 3);
    c->finals = range->finals;
    if (cursor_step(c, err) != TLC_OK) {
        int result = err->cls;
        windows_cursor_close(&c);
        return result;
    }
    *ret_cursor = c;
    return TLC_OK;
}

void windows_cursor_close(struct windows_cursor **cursor)
{
    if (*cursor != NULL) {
        sqlite3_finalize((*cursor)->statement);
        sqlite3_close((*cursor)->handle);
        free(*cursor);
        *cursor = NULL;
    }
}

/* Adds up the rows of one source and start. */
static int cursor_sum(struct windows_cursor *c, struct windows_cursor_row *row, struct tlc_err *err)
{
    window_total_reset(&row->total);
    row->source = sqlite3_column_int(c->statement, 0);
    row->start_s = sqlite3_column_int64(c->statement, 1);
    row->final = true;
    while (c->at_row && sqlite3_column_int(c->statement, 0) == row->source &&
           sqlite3_column_int64(c->statement, 1) == row->start_s) {
        struct window w;
        uint64_t hash;
        if (sql_window(c->statement, &w, &hash, err) != TLC_OK) {
            return err->cls;
        }
        bool added = window_total_add(&row->total, &w);
        row->final = row->final && w.final;
        window_release(&w);
        if (!added) {
            return tlc_err_set(err, TLC_RETRY, "no memory");
        }
        if (cursor_step(c, err) != TLC_OK) {
            return err->cls;
        }
    }
    return TLC_OK;
}

int windows_cursor_next(struct windows_cursor *cursor, struct windows_cursor_row *row,
                        struct tlc_err *err)
{
    while (cursor->at_row) {
        if (cursor_sum(cursor, row, err) != TLC_OK) {
            return err->cls;
        }
        if (row->final || !cursor->finals) {
            return 1;
        }
    }
    return 0;
}

bool windows_cursor_more(const struct windows_cursor *cursor)
{
    return cursor->at_row;
}
