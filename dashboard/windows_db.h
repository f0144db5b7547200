/* The windows on disk: one SQLite file, WAL, one transaction a change. The only file that includes
 * sqlite3.h is windows_sql.h.
 *
 * For: durability and what is too large for memory (all windows with their routes). Not for: the
 * page's queries (windows.h). A change is durable when windows_db_write returned 0
 * (synchronous=FULL). One thread at a time writes; cursors have a connection of their own and may
 * run on any thread beside it. A second dashboard on the same file is refused (FILE.lock). A file
 * that is no database or is damaged is renamed to FILE.corrupt-<time> and a new one begun: its new
 * store_id makes consumer-process send everything again. The same goes for a file that was found
 * deleted or replaced while in use, and for one that holds refused windows when it is opened. */
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
    int64_t refused_windows, refused_events; /* noted in the file by name */
    int64_t asked_again; /* refused windows that were in it when it was opened, forgotten since */
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
    const struct window_log *logs; /* by partition; those that are known are kept */
    size_t logs_n;
    /* Each takes the place of what was noted of its name; its events are those that are held
     * nowhere else. */
    const struct window_refusal *const *refusals;
    size_t refusals_n;
    int64_t revision, window_s, lateness_s; /* new values */
};

/* What load hands over, row by row; a result other than 0 ends it. window may be emptied (moved) by
 * the callee. */
struct windows_db_visitor {
    void *ctx;
    int (*log)(void *ctx, int32_t partition, const struct window_log *log, struct tlc_err *err);
    int (*progress)(void *ctx, const struct window_progress *p, struct tlc_err *err);
    int (*window)(void *ctx, struct window *window, uint64_t hash, struct tlc_err *err);
    int (*claim)(void *ctx, const struct window *window, uint64_t hash, struct tlc_err *err);
};

struct windows_db_how {
    const char *stamp; /* put into the name of a file that is set aside */
    bool anew;         /* whatever it holds, everything has to be sent again: a new store_id */
};
/* ret_aside: name of a damaged file that was set aside, "" when there was no need; size PATH_MAX.
 */
TLC_MUST int windows_db_open(const char *path, const struct windows_db_how *how,
                             struct windows_db **ret_db, char *ret_aside, size_t aside_size,
                             struct tlc_err *err);
void windows_db_close(struct windows_db **db);
/* Whether the file was deleted, replaced or cut short since it was opened: what is written then is
 * lost with it. Some stat calls. */
bool windows_db_gone(struct windows_db *db);
/* Closes one that is gone, so that nothing of it gets into what stands in its place. */
void windows_db_leave(struct windows_db **db);
const struct windows_db_meta *windows_db_meta(const struct windows_db *db);
/* Logs, progress, then windows by source, start and partition, then claims in order of revision. */
TLC_MUST int windows_db_load(struct windows_db *db, const struct windows_db_visitor *visitor,
                             struct tlc_err *err);
/* All or nothing. TLC_RETRY: disk full, locked or unreadable: nothing was written, the caller may
 * send it again. */
TLC_MUST int windows_db_write(struct windows_db *db, const struct windows_db_batch *batch,
                              struct tlc_err *err);

/* The first of the refused windows by source, start and partition. Returns how many. */
size_t windows_db_refused(struct windows_db *db, struct window_refusal *ret_refusals, size_t max);

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
