/* The windows on disk: one SQLite file, WAL, one transaction a change. The only file that includes
 * sqlite3.h is windows_db.c.
 *
 * For: durability and what is too large for memory (all windows with their routes). Not for: the
 * page's queries (windows.h). A change is durable when windows_db_write returned 0
 * (synchronous=FULL). One thread at a time writes; cursors have a connection of their own and may
 * run on any thread beside it. A second dashboard on the same file is refused (FILE.lock). A file
 * that is no database or is damaged is renamed to FILE.corrupt-<time> and a new one begun: its new
 * store_id makes consumer-process send everything again. */
#ifndef TLC_DASHBOARD_WINDOWS_DB_H
#define TLC_DASHBOARD_WINDOWS_DB_H

#include "dashboard/window.h"
#include "dashboard/window_message.h"

struct windows_db;
struct windows_cursor;

#define WINDOWS_STORE_ID_N 36

struct windows_db_meta {
    char store_id[WINDOWS_STORE_ID_N + 1]; /* a random UUID, made with the file */
    int64_t revision, window_s, lateness_s;
};

/* One row to write: a window that takes the place of what was held, or a claim beside a final one.
 */
struct windows_db_change {
    const struct window *window;
    struct tlc_str encoded;
    bool claim;
    int64_t replaces; /* for a claim: revision of the one it takes the place of, 0 = none */
};

struct windows_db_batch {
    const struct windows_db_change *changes;
    size_t changes_n;
    const struct window_progress *const *progress;
    size_t progress_n;
    int64_t revision, window_s, lateness_s; /* new values */
};

/* What load hands over, row by row; a result other than 0 ends it. window may be emptied (moved) by
 * the callee. */
struct windows_db_visitor {
    void *ctx;
    int (*progress)(void *ctx, const struct window_progress *p, struct tlc_err *err);
    int (*window)(void *ctx, struct window *window, uint64_t hash, struct tlc_err *err);
    int (*claim)(void *ctx, const struct window *window, uint64_t hash, struct tlc_err *err);
};

/* stamp: put into the name of a file that is set aside. ret_aside: that name, "" when there was no
 * need; size PATH_MAX. */
TLC_MUST int windows_db_open(const char *path, const char *stamp, struct windows_db **ret_db,
                             char *ret_aside, size_t aside_size, struct tlc_err *err);
void windows_db_close(struct windows_db **db);
/* Renames a file that is closed, and what belongs to it, to FILE.corrupt-<stamp>: for one whose
 * content makes no sense. */
TLC_MUST int windows_db_set_aside(const char *path, const char *stamp, char *ret_aside,
                                  size_t aside_size, struct tlc_err *err);
const struct windows_db_meta *windows_db_meta(const struct windows_db *db);
/* Progress, then windows by source, start and partition, then claims in order of revision. */
TLC_MUST int windows_db_load(struct windows_db *db, const struct windows_db_visitor *visitor,
                             struct tlc_err *err);
/* All or nothing. TLC_RETRY: disk full, locked or unreadable: nothing was written, the caller may
 * send it again. */
TLC_MUST int windows_db_write(struct windows_db *db, const struct windows_db_batch *batch,
                              struct tlc_err *err);

/* Windows summed over partitions, by source and start. finals: only those whose every part is
 * final. source 0 = all. */
struct windows_cursor_range {
    int32_t source;
    int64_t from_s, to_s; /* half-open */
    bool finals;
};
TLC_MUST int windows_cursor_open(const char *path, const struct windows_cursor_range *range,
                                 struct windows_cursor **ret_cursor, struct tlc_err *err);
void windows_cursor_close(struct windows_cursor **cursor);
struct windows_cursor_row {
    int32_t source;
    int64_t start_s;
    bool final;
    struct window_total
        total; /* owned by the row: zero before the first call, release after the last */
};
/* 1: a row; 0: no more; else a class. */
TLC_MUST int windows_cursor_next(struct windows_cursor *cursor, struct windows_cursor_row *row,
                                 struct tlc_err *err);
/* Whether windows are left that were not read yet (final or not). */
bool windows_cursor_more(const struct windows_cursor *cursor);

#endif
