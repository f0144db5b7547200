/* The windows that the dashboard holds: in memory behind a read-write lock, on disk first.
 *
 * For: taking messages (durable, then visible) and letting queries read. Not for: JSON (summary.h),
 * HTTP (routes.h). One writer at a time, by a mutex that is held while the disk is written; readers
 * wait only while memory is changed. Any thread. */
#ifndef TLC_DASHBOARD_STORE_H
#define TLC_DASHBOARD_STORE_H

#include <limits.h>
#include <pthread.h>

#include "common/base/counters.h"
#include "dashboard/windows.h"
#include "dashboard/windows_db.h"

#define STORE_COUNTERS(X)                                                                          \
    X(STORE_POSTS, "posts", COUNTER, "messages", "Window messages taken")                          \
    X(STORE_REFUSED, "posts_refused", COUNTER, "messages", "Window messages that were no such")    \
    X(STORE_FAILED, "posts_failed", COUNTER, "messages",                                           \
      "Window messages turned away because they could not be made durable")                        \
    X(STORE_WINDOWS, "windows_stored", COUNTER, "windows", "Windows that replaced what was held")  \
    X(STORE_STALE, "windows_stale", COUNTER, "windows", "Windows that were no news")               \
    X(STORE_CLAIMS, "windows_superseded", COUNTER, "windows",                                      \
      "Windows kept beside one that was final already")                                            \
    X(STORE_REFUSALS, "windows_refused", COUNTER, "windows",                                       \
      "Windows not taken, each named in the answer")                                               \
    X(STORE_BAD_PROGRESS, "partitions_refused", COUNTER, "entries",                                \
      "Entries of partitions not taken, each named in the answer")                                 \
    X(STORE_REFUSED_HELD, "refused_windows", GAUGE, "windows",                                     \
      "Windows that were refused and have not been taken since")                                   \
    X(STORE_GONE, "files_gone", COUNTER, "files",                                                  \
      "Database files found deleted or replaced while in use")                                     \
    X(STORE_SET_ASIDE, "files_set_aside", COUNTER, "files", "Damaged database files set aside")    \
    X(STORE_CELLS, "windows_held", GAUGE, "windows", "Windows in memory, summed over partitions")  \
    X(STORE_EVENTS, "events_held", GAUGE, "events", "Events that the windows count")
enum store_counter { STORE_COUNTERS(TLC_COUNTER_ENUM) STORE_COUNTER_N };

/* Maximum of windows held, when not told otherwise; a further one is refused as "full". */
#define STORE_CELLS_MAX 2000000
/* Refused windows that /status names; the others stand in the file. */
#define STORE_REFUSED_SHOWN 20

/* Whether the file is still the one that was opened. */
enum store_file {
    STORE_FILE_GOOD,
    STORE_FILE_GONE, /* deleted or replaced: the next message is answered by 503 and begins anew */
    STORE_FILE_ANEW, /* begun anew, and no message taken yet: the windows have not come again */
};

struct store {
    const char *path;
    int64_t cells_max;
    _Atomic int file;       /* enum store_file */
    pthread_rwlock_t lock;  /* windows, store_id, refused */
    pthread_mutex_t writer; /* db, and the right to change windows */
    struct windows windows;
    char store_id[WINDOWS_STORE_ID_N + 1];
    struct windows_db *db;
    char aside[PATH_MAX]; /* where a damaged file went last, "" = nowhere */
    struct window_refusal refused[STORE_REFUSED_SHOWN]; /* the first of them */
    size_t refused_n;
    struct tlc_counters counters;
};

struct store_totals {
    int64_t windows_n, events; /* events: of the windows held */
    int64_t superseded_windows, superseded_events;
    int64_t refused_windows,
        refused_events; /* not taken; events: those that are held nowhere else */
};

enum store_refusal {
    STORE_TAKEN,
    STORE_OTHER_SIZE,  /* the windows are of another size than those held: 409 */
    STORE_UNAVAILABLE, /* disk full, locked, damaged, gone: 503, send it again */
};

struct store_reply {
    enum store_refusal refusal;
    int64_t accepted, superseded;
    int64_t refused_windows; /* that stand refused now, of all messages */
    bool full;               /* some of this message's did not fit */
    char store_id[WINDOWS_STORE_ID_N + 1];
    bool asked; /* the message held nothing, or is another store's: logs are told */
    struct window_log logs[TLC_WINDOW_PARTITIONS_MAX];
};

/* Reads the file into memory; a damaged one is set aside (s->aside). path is borrowed. On failure
 * nothing has to be closed. */
TLC_MUST int store_open(struct store *s, const char *path, int64_t now_ms, struct tlc_err *err);
void store_close(struct store *s);

/* Takes a message but for the windows that it names in m->refusals: those that were no windows, and
 * those for which there is no room. What was taken is durable, and so are their names. Empties the
 * windows of m. 0, or a class with ret_reply->refusal set. */
TLC_MUST int store_take(struct store *s, struct window_message *m, int64_t now_ms,
                        struct store_reply *ret_reply, struct tlc_err *err);
/* A sample for the rates, and a look at the file, every WINDOWS_PULSE_MS. */
void store_pulse(struct store *s, int64_t now_ms);
void store_totals(struct store *s, struct store_totals *ret_totals);

/* Between the two s->windows and s->store_id stay as they are. */
void store_read_begin(struct store *s);
void store_read_end(struct store *s);

#endif
