#include "dashboard/windows_db.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "dashboard/db_file.h"
#include "dashboard/windows_sql.h"

enum statement {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_PUT_WINDOW,
    SQL_PUT_CLAIM,
    SQL_DROP_CLAIM,
    SQL_PUT_PROGRESS,
    SQL_PUT_LOG,
    SQL_ALL_LOGS,
    SQL_PUT_REFUSED,
    SQL_GET_REFUSED,
    SQL_DROP_REFUSED,
    SQL_DROP_ALL_REFUSED,
    SQL_SUM_REFUSED,
    SQL_FIRST_REFUSED,
    SQL_PUT_META,
    SQL_GET_META,
    SQL_ALL_PROGRESS,
    SQL_ALL_WINDOWS,
    SQL_ALL_CLAIMS,
    SQL_N
};

/* meta.value holds text; numbers are written as such. events and duplicates stand beside the body
 * for people with sqlite3. */
static const char *const schema_sql =
    "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS progress("
    " source INTEGER NOT NULL, partition INTEGER NOT NULL, position INTEGER NOT NULL,"
    " late INTEGER NOT NULL, refused INTEGER NOT NULL,"
    " watermark_s INTEGER NOT NULL, max_event_s INTEGER NOT NULL,"
    " PRIMARY KEY(source, partition)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS window("
    " source INTEGER NOT NULL, start INTEGER NOT NULL, partition INTEGER NOT NULL,"
    " revision INTEGER NOT NULL, final INTEGER NOT NULL, events INTEGER NOT NULL,"
    " body BLOB NOT NULL, PRIMARY KEY(source, start, partition));"
    "CREATE TABLE IF NOT EXISTS superseded("
    " source INTEGER NOT NULL, start INTEGER NOT NULL, partition INTEGER NOT NULL,"
    " revision INTEGER NOT NULL, final INTEGER NOT NULL, events INTEGER NOT NULL,"
    " body BLOB NOT NULL, PRIMARY KEY(source, start, partition, revision));"
    "CREATE TABLE IF NOT EXISTS log(partition INTEGER PRIMARY KEY, offset INTEGER NOT NULL,"
    " timestamp_ms INTEGER NOT NULL, hash INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS refused_window("
    " source INTEGER NOT NULL, start INTEGER NOT NULL, partition INTEGER NOT NULL,"
    " revision INTEGER NOT NULL, events INTEGER NOT NULL, reason TEXT NOT NULL,"
    " PRIMARY KEY(source, start, partition)) WITHOUT ROWID;";

static const char *const statement_sql[SQL_N] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_PUT_WINDOW] = "INSERT INTO window(source, start, partition, revision, final, events, body)"
                       " VALUES(?,?,?,?,?,?,?) ON CONFLICT(source, start, partition) DO UPDATE SET"
                       " revision=excluded.revision, final=excluded.final, events=excluded.events,"
                       " body=excluded.body",
    [SQL_PUT_CLAIM] = "INSERT OR REPLACE INTO superseded"
                      "(source, start, partition, revision, final, events, body)"
                      " VALUES(?,?,?,?,?,?,?)",
    [SQL_DROP_CLAIM] = "DELETE FROM superseded"
                       " WHERE source=? AND start=? AND partition=? AND revision=?",
    [SQL_PUT_PROGRESS] = "INSERT OR REPLACE INTO progress"
                         "(source, partition, position, late, refused, watermark_s, max_event_s)"
                         " VALUES(?,?,?,?,?,?,?)",
    [SQL_PUT_LOG] =
        "INSERT OR REPLACE INTO log(partition, offset, timestamp_ms, hash) VALUES(?,?,?,?)",
    [SQL_ALL_LOGS] = "SELECT partition, offset, timestamp_ms, hash FROM log",
    [SQL_PUT_REFUSED] = "INSERT OR REPLACE INTO refused_window"
                        "(source, start, partition, revision, events, reason)"
                        " VALUES(?,?,?,?,?,?)",
    [SQL_GET_REFUSED] = "SELECT revision, events FROM refused_window"
                        " WHERE source=? AND start=? AND partition=?",
    [SQL_DROP_REFUSED] = "DELETE FROM refused_window WHERE source=? AND start=? AND partition=?",
    [SQL_DROP_ALL_REFUSED] = "DELETE FROM refused_window",
    [SQL_SUM_REFUSED] = "SELECT count(*), coalesce(sum(events), 0) FROM refused_window",
    [SQL_FIRST_REFUSED] = "SELECT source, start, partition, revision, events, reason"
                          " FROM refused_window ORDER BY source, start, partition LIMIT ?",
    [SQL_PUT_META] = "INSERT OR REPLACE INTO meta(key, value) VALUES(?,?)",
    [SQL_GET_META] = "SELECT value FROM meta WHERE key=?",
    [SQL_ALL_PROGRESS] = "SELECT source, partition, position, late, refused, watermark_s,"
                         " max_event_s FROM progress",
    [SQL_ALL_WINDOWS] = "SELECT source, start, partition, revision, final, body FROM window"
                        " ORDER BY source, start, partition",
    [SQL_ALL_CLAIMS] = "SELECT source, start, partition, revision, final, body FROM superseded"
                       " ORDER BY source, start, partition, revision",
};

struct windows_db {
    sqlite3 *handle;
    sqlite3_stmt *statements[SQL_N];
    struct windows_db_meta meta;
    int lock_fd;
    struct db_file_seen seen;
    bool cut; /* the file was found shorter than it was */
    char path[PATH_MAX];
};

/* Runs a statement that gives no rows, and leaves it ready for the next time. */
static int run(struct windows_db *db, enum statement which, struct tlc_err *err)
{
    int code = sqlite3_step(db->statements[which]);
    int result = code == SQLITE_DONE ? TLC_OK : sql_failed(db->handle, "write windows", err);
    sqlite3_reset(db->statements[which]);
    return result;
}

static int put_meta(struct windows_db *db, const char *key, const char *value, struct tlc_err *err)
{
    sqlite3_stmt *s = db->statements[SQL_PUT_META];
    sqlite3_bind_text(s, 1, key, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(s, 2, value, -1, SQLITE_TRANSIENT);
    return run(db, SQL_PUT_META, err);
}

static int put_meta_int(struct windows_db *db, const char *key, int64_t value, struct tlc_err *err)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%lld", (long long)value);
    return put_meta(db, key, text, err);
}

/* "" when there is no such key. */
static void get_meta(struct windows_db *db, const char *key, char *dst, size_t dst_size)
{
    sqlite3_stmt *s = db->statements[SQL_GET_META];
    dst[0] = '\0';
    sqlite3_bind_text(s, 1, key, -1, SQLITE_TRANSIENT);
    if (sqlite3_step(s) == SQLITE_ROW) {
        (void)tlc_str_copy(dst, dst_size, tlc_str_from((const char *)sqlite3_column_text(s, 0)));
    }
    sqlite3_reset(s);
}

static int64_t get_meta_int(struct windows_db *db, const char *key)
{
    char text[24];
    int64_t value = 0;
    get_meta(db, key, text, sizeof text);
    return tlc_str_to_i64(tlc_str_from(text), 0, INT64_MAX, &value) ? value : 0;
}

/* RFC 9562, version 4. */
static int make_store_id(char dst[WINDOWS_STORE_ID_N + 1], struct tlc_err *err)
{
    unsigned char b[16];
    if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no random bytes: %s", strerror(errno));
    }
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    size_t n = 0;
    for (size_t i = 0; i < sizeof b; i++) {
        const char *dash = i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "";
        n += (size_t)snprintf(dst + n, WINDOWS_STORE_ID_N + 1 - n, "%s%02x", dash, b[i]);
    }
    return TLC_OK;
}

static int exec(sqlite3 *handle, const char *sql, const char *what, struct tlc_err *err)
{
    return sqlite3_exec(handle, sql, NULL, NULL, NULL) == SQLITE_OK ? TLC_OK
                                                                    : sql_failed(handle, what, err);
}

static int quick_check(sqlite3 *handle, struct tlc_err *err)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(handle, "PRAGMA quick_check(1)", -1, &s, NULL) != SQLITE_OK) {
        return sql_failed(handle, "check", err);
    }
    int result = TLC_OK;
    if (sqlite3_step(s) != SQLITE_ROW) {
        result = sql_failed(handle, "check", err);
    } else if (strcmp((const char *)sqlite3_column_text(s, 0), "ok") != 0) {
        result = tlc_err_set(err, TLC_REFUSE, "check: %s", (const char *)sqlite3_column_text(s, 0));
    }
    sqlite3_finalize(s);
    return result;
}

static int get_pair(struct windows_db *db, enum statement which, int64_t ret_pair[2],
                    struct tlc_err *err)
{
    sqlite3_stmt *s = db->statements[which];
    int code = sqlite3_step(s);
    for (int i = 0; i < 2; i++) {
        ret_pair[i] = code == SQLITE_ROW ? sqlite3_column_int64(s, i) : 0;
    }
    int result = code == SQLITE_ROW || code == SQLITE_DONE
                     ? TLC_OK
                     : sql_failed(db->handle, "read refused windows", err);
    sqlite3_reset(s);
    return result;
}

/* A new id makes the sender send everything again, refused windows too: they are forgotten until
 * then. */
static int renew(struct windows_db *db, struct tlc_err *err)
{
    struct windows_db_meta *m = &db->meta;
    if (make_store_id(m->store_id, err) != TLC_OK || run(db, SQL_BEGIN, err) != TLC_OK ||
        put_meta(db, "store_id", m->store_id, err) != TLC_OK ||
        put_meta(db, "schema", "1", err) != TLC_OK ||
        run(db, SQL_DROP_ALL_REFUSED, err) != TLC_OK) {
        return err->cls;
    }
    m->refused_windows = m->refused_events = 0;
    return run(db, SQL_COMMIT, err);
}

static int load_meta(struct windows_db *db, bool anew, struct tlc_err *err)
{
    struct windows_db_meta *m = &db->meta;
    int64_t refused[2];
    get_meta(db, "store_id", m->store_id, sizeof m->store_id);
    m->revision = get_meta_int(db, "revision");
    m->window_s = get_meta_int(db, "window_s");
    m->lateness_s = get_meta_int(db, "lateness_s");
    int64_t schema = get_meta_int(db, "schema");
    if (m->store_id[0] != '\0' && schema != 1) {
        return tlc_err_fatal(err, TLC_EXIT_CONFIG, "file has schema %lld, this program knows 1",
                             (long long)schema);
    }
    if (get_pair(db, SQL_SUM_REFUSED, refused, err) != TLC_OK) {
        return err->cls;
    }
    m->asked_again = refused[0];
    return anew || refused[0] > 0 || m->store_id[0] == '\0' ? renew(db, err) : TLC_OK;
}

static void handle_close(struct windows_db *db)
{
    for (size_t i = 0; i < SQL_N; i++) {
        sqlite3_finalize(db->statements[i]);
        db->statements[i] = NULL;
    }
    sqlite3_close(db->handle);
    db->handle = NULL;
}

static int handle_open(struct windows_db *db, bool anew, struct tlc_err *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(db->path, &db->handle, flags, NULL) != SQLITE_OK) {
        return sql_failed(db->handle, "open", err);
    }
    sqlite3_busy_timeout(db->handle, 1000);
    if (exec(db->handle, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", "open", err) !=
            TLC_OK ||
        quick_check(db->handle, err) != TLC_OK ||
        exec(db->handle, schema_sql, "make tables", err) != TLC_OK) {
        return err->cls;
    }
    for (size_t i = 0; i < SQL_N; i++) {
        if (sqlite3_prepare_v3(db->handle, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &db->statements[i], NULL) != SQLITE_OK) {
            return sql_failed(db->handle, "prepare", err);
        }
    }
    if (load_meta(db, anew, err) != TLC_OK) {
        return err->cls;
    }
    db_file_look(db->path, &db->seen);
    return TLC_OK;
}

int windows_db_open(const char *path, const struct windows_db_how *how, struct windows_db **ret_db,
                    char *ret_aside, size_t aside_size, struct tlc_err *err)
{
    struct windows_db *db = calloc(1, sizeof *db);
    if (db == NULL) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no memory");
    }
    ret_aside[0] = '\0';
    int result = db_file_lock(path, &db->lock_fd, err);
    if (result != TLC_OK) {
        free(db);
        return tlc_err_note(err, "%s", path);
    }
    (void)tlc_str_copy(db->path, sizeof db->path, tlc_str_from(path));
    result = handle_open(db, how->anew, err);
    if (result == TLC_REFUSE) {
        handle_close(db);
        result = db_file_set_aside(path, how->stamp, ret_aside, aside_size, err);
        result = result == TLC_OK ? handle_open(db, how->anew, err) : result;
    }
    if (result != TLC_OK) {
        windows_db_close(&db);
        if (err->cls == TLC_RETRY) { /* there is nothing to go on with at start */
            err->cls = TLC_FATAL;
            err->exit_code = TLC_EXIT_IO;
        }
        return tlc_err_note(err, "%s", path);
    }
    *ret_db = db;
    return TLC_OK;
}

void windows_db_close(struct windows_db **db)
{
    if (*db != NULL) {
        handle_close(*db);
        close((*db)->lock_fd);
        free(*db);
        *db = NULL;
    }
}

bool windows_db_gone(struct windows_db *db)
{
    int moved = 0; /* in WAL mode SQLite does not look itself */
    (void)sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    bool changed = db_file_changed(db->path, &db->seen, &db->cut);
    return moved != 0 || changed;
}

void windows_db_leave(struct windows_db **db)
{
    struct windows_db *d = *db;
    if (d == NULL) {
        return;
    }
    if (!d->cut) { /* a file that was only renamed gets what it lacks */
        (void)sqlite3_wal_checkpoint_v2(d->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    }
    int on = 1;
    (void)sqlite3_db_config(d->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, &on);
    handle_close(d);
    db_file_drop_wal(d->path, &d->seen);
    windows_db_close(db);
}

const struct windows_db_meta *windows_db_meta(const struct windows_db *db)
{
    return &db->meta;
}

/* --- load --- */

typedef int row_fn(sqlite3_stmt *s, const struct windows_db_visitor *v, struct tlc_err *err);

static int load_log(sqlite3_stmt *s, const struct windows_db_visitor *v, struct tlc_err *err)
{
    const struct window_log log = {true, sqlite3_column_int64(s, 1), sqlite3_column_int64(s, 2),
                                   sqlite3_column_int64(s, 3)};
    return v->log(v->ctx, sqlite3_column_int(s, 0), &log, err);
}

static int load_progress(sqlite3_stmt *s, const struct windows_db_visitor *v, struct tlc_err *err)
{
    struct window_progress p = {.source = sqlite3_column_int(s, 0),
                                .partition = sqlite3_column_int(s, 1),
                                .position = sqlite3_column_int64(s, 2),
                                .late = sqlite3_column_int64(s, 3),
                                .refused = sqlite3_column_int64(s, 4),
                                .watermark_s = sqlite3_column_int64(s, 5),
                                .max_event_s = sqlite3_column_int64(s, 6)};
    return v->progress(v->ctx, &p, err);
}

static int load_window(sqlite3_stmt *s, const struct windows_db_visitor *v, struct tlc_err *err)
{
    struct window w;
    uint64_t hash;
    int result = sql_window(s, &w, &hash, err);
    if (result == TLC_OK) {
        result = v->window(v->ctx, &w, hash, err);
        window_release(&w);
    }
    return result;
}

static int load_claim(sqlite3_stmt *s, const struct windows_db_visitor *v, struct tlc_err *err)
{
    struct window w;
    uint64_t hash;
    int result = sql_window(s, &w, &hash, err);
    if (result == TLC_OK) {
        result = v->claim(v->ctx, &w, hash, err);
        window_release(&w);
    }
    return result;
}

int windows_db_load(struct windows_db *db, const struct windows_db_visitor *visitor,
                    struct tlc_err *err)
{
    static const struct {
        enum statement statement;
        row_fn *take;
    } tables[] = {{SQL_ALL_LOGS, load_log},
                  {SQL_ALL_PROGRESS, load_progress},
                  {SQL_ALL_WINDOWS, load_window},
                  {SQL_ALL_CLAIMS, load_claim}};
    int result = TLC_OK;
    for (size_t i = 0; i < TLC_COUNT(tables) && result == TLC_OK; i++) {
        sqlite3_stmt *s = db->statements[tables[i].statement];
        int code = SQLITE_DONE;
        while (result == TLC_OK && (code = sqlite3_step(s)) == SQLITE_ROW) {
            result = tables[i].take(s, visitor, err);
        }
        if (result == TLC_OK && code != SQLITE_DONE) {
            result = sql_failed(db->handle, "read windows", err);
        }
        sqlite3_reset(s);
    }
    return result;
}

/* --- write --- */

/* Takes a window out of the refused ones when it is among them, at an older revision. */
static int drop_refused(struct windows_db *db, const int64_t key[3], int64_t revision,
                        struct tlc_err *err)
{
    int64_t held[2]; /* revision, events */
    sql_bind(db->statements[SQL_GET_REFUSED], key, 3);
    if (get_pair(db, SQL_GET_REFUSED, held, err) != TLC_OK) {
        return err->cls;
    }
    if (held[0] == 0 || held[0] > revision) {
        return TLC_OK;
    }
    db->meta.refused_windows--;
    db->meta.refused_events -= held[1];
    sql_bind(db->statements[SQL_DROP_REFUSED], key, 3);
    return run(db, SQL_DROP_REFUSED, err);
}

static int write_refusal(struct windows_db *db, const struct window_refusal *r, struct tlc_err *err)
{
    const int64_t values[] = {r->source, r->start_s, r->partition, r->revision, r->events};
    if (drop_refused(db, values, INT64_MAX, err) != TLC_OK) {
        return err->cls;
    }
    sql_bind(db->statements[SQL_PUT_REFUSED], values, 5);
    sqlite3_bind_text(db->statements[SQL_PUT_REFUSED], 6, r->text, -1, SQLITE_STATIC);
    db->meta.refused_windows++;
    db->meta.refused_events += r->events;
    return run(db, SQL_PUT_REFUSED, err);
}

static int write_change(struct windows_db *db, const struct windows_db_change *c,
                        struct tlc_err *err)
{
    const struct window *w = c->window;
    const int64_t key[] = {w->source, w->start_s, w->partition, c->replaces};
    if (db->meta.refused_windows > 0 && drop_refused(db, key, w->revision, err) != TLC_OK) {
        return err->cls;
    }
    if (c->claim && c->replaces != 0) {
        sql_bind(db->statements[SQL_DROP_CLAIM], key, 4);
        if (run(db, SQL_DROP_CLAIM, err) != TLC_OK) {
            return err->cls;
        }
    }
    enum statement which = c->claim ? SQL_PUT_CLAIM : SQL_PUT_WINDOW;
    const int64_t values[] = {w->source,   w->start_s,       w->partition,
                              w->revision, w->final ? 1 : 0, w->starts_n + w->ends_n};
    sql_bind(db->statements[which], values, 6);
    sqlite3_bind_blob(db->statements[which], 7, c->encoded.p, (int)c->encoded.n, SQLITE_STATIC);
    return run(db, which, err);
}

static int write_progress(struct windows_db *db, const struct window_progress *p,
                          struct tlc_err *err)
{
    const int64_t values[] = {p->source,  p->partition,   p->position,   p->late,
                              p->refused, p->watermark_s, p->max_event_s};
    sql_bind(db->statements[SQL_PUT_PROGRESS], values, 7);
    return run(db, SQL_PUT_PROGRESS, err);
}

static int write_log(struct windows_db *db, size_t partition, const struct window_log *l,
                     struct tlc_err *err)
{
    const int64_t values[] = {(int64_t)partition, l->offset, l->timestamp_ms, l->hash};
    sql_bind(db->statements[SQL_PUT_LOG], values, 4);
    return l->known ? run(db, SQL_PUT_LOG, err) : TLC_OK;
}

static int write_all(struct windows_db *db, const struct windows_db_batch *b, struct tlc_err *err)
{
    for (size_t i = 0; i < b->changes_n; i++) {
        if (write_change(db, &b->changes[i], err) != TLC_OK) {
            return err->cls;
        }
    }
    for (size_t i = 0; i < b->progress_n; i++) {
        if (write_progress(db, b->progress[i], err) != TLC_OK) {
            return err->cls;
        }
    }
    for (size_t i = 0; i < b->logs_n; i++) {
        if (write_log(db, i, &b->logs[i], err) != TLC_OK) {
            return err->cls;
        }
    }
    for (size_t i = 0; i < b->refusals_n; i++) {
        if (write_refusal(db, b->refusals[i], err) != TLC_OK) {
            return err->cls;
        }
    }
    if (put_meta_int(db, "revision", b->revision, err) != TLC_OK ||
        put_meta_int(db, "window_s", b->window_s, err) != TLC_OK ||
        put_meta_int(db, "lateness_s", b->lateness_s, err) != TLC_OK) {
        return err->cls;
    }
    return run(db, SQL_COMMIT, err);
}

int windows_db_write(struct windows_db *db, const struct windows_db_batch *batch,
                     struct tlc_err *err)
{
    const struct windows_db_meta before = db->meta;
    if (run(db, SQL_BEGIN, err) != TLC_OK) {
        return err->cls;
    }
    int result = write_all(db, batch, err);
    if (result != TLC_OK) {
        struct tlc_err ignored;
        db->meta = before;
        if (sqlite3_get_autocommit(db->handle) == 0) {
            (void)run(db, SQL_ROLLBACK, &ignored);
        }
        return result;
    }
    db->meta.revision = batch->revision;
    db->meta.window_s = batch->window_s;
    db->meta.lateness_s = batch->lateness_s;
    return TLC_OK;
}

size_t windows_db_refused(struct windows_db *db, struct window_refusal *ret_refusals, size_t max)
{
    sqlite3_stmt *s = db->statements[SQL_FIRST_REFUSED];
    size_t n = 0;
    sqlite3_bind_int64(s, 1, (int64_t)max);
    while (n < max && sqlite3_step(s) == SQLITE_ROW) {
        struct window_refusal *r = &ret_refusals[n++];
        *r = (struct window_refusal){.source = sqlite3_column_int64(s, 0),
                                     .start_s = sqlite3_column_int64(s, 1),
                                     .partition = sqlite3_column_int64(s, 2),
                                     .revision = sqlite3_column_int64(s, 3),
                                     .events = sqlite3_column_int64(s, 4)};
        (void)tlc_str_copy(r->text, sizeof r->text,
                           tlc_str_from((const char *)sqlite3_column_text(s, 5)));
    }
    sqlite3_reset(s);
    return n;
}
