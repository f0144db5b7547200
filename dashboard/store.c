#include "dashboard/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/clock.h"
#include "dashboard/db_file.h"

static const struct tlc_counter_def store_defs[] = {STORE_COUNTERS(TLC_COUNTER_DEF)};

/* Of compact windows: never longer than the JSON they came in. */
#define ENCODED_BYTES_MAX ((size_t)2 * TLC_WINDOW_MESSAGE_BYTES_MAX)

/* --- load --- */

static int load_log(void *ctx, int32_t partition, const struct window_log *log, struct tlc_err *err)
{
    struct store *s = ctx;
    if (partition < 0 || partition >= TLC_WINDOW_PARTITIONS_MAX) {
        return tlc_err_set(err, TLC_REFUSE, "a log of partition %d", (int)partition);
    }
    s->windows.logs[partition] = *log;
    return TLC_OK;
}

static int load_progress(void *ctx, const struct window_progress *p, struct tlc_err *err)
{
    struct store *s = ctx;
    return windows_progress_put(&s->windows, p)
               ? TLC_OK
               : tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no memory for the windows");
}

static int load_window(void *ctx, struct window *window, uint64_t hash, struct tlc_err *err)
{
    struct store *s = ctx;
    return windows_put(&s->windows, window, hash)
               ? TLC_OK
               : tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no memory for the windows");
}

static int load_claim(void *ctx, const struct window *window, uint64_t hash, struct tlc_err *err)
{
    struct store *s = ctx;
    int64_t replaces;
    if (windows_judge(&s->windows, window, hash, &replaces) != WINDOWS_SUPERSEDE) {
        return tlc_err_set(err, TLC_REFUSE, "a superseded window has no final one beside it");
    }
    windows_claim(&s->windows, window, hash);
    return TLC_OK;
}

static int load(struct store *s, int64_t now_ms, struct tlc_err *err)
{
    const struct windows_db_visitor visitor = {s, load_log, load_progress, load_window, load_claim};
    const struct windows_db_meta *meta = windows_db_meta(s->db);
    windows_release(&s->windows);
    s->windows.window_s = meta->window_s;
    s->windows.lateness_s = meta->lateness_s;
    s->windows.revision = meta->revision;
    s->windows.changed_ms = now_ms;
    (void)tlc_str_copy(s->store_id, sizeof s->store_id, tlc_str_from(meta->store_id));
    int rc = windows_db_load(s->db, &visitor, err);
    windows_pulse(&s->windows, now_ms, true);
    return rc;
}

/* For the name of a file that is set aside. */
static void make_stamp(char dst[32])
{
    time_t now = (time_t)(tlc_wall_ms() / 1000);
    struct tm tm;
    gmtime_r(&now, &tm);
    (void)strftime(dst, 32, "%Y%m%dT%H%M%SZ", &tm);
}

/* A file that opens, but whose content makes no sense, is damaged too: it goes aside on the second
 * try. */
static int open_and_load(struct store *s, int64_t now_ms, struct tlc_err *err)
{
    char stamp[32], aside[PATH_MAX];
    make_stamp(stamp);
    const struct windows_db_how how = {.stamp = stamp, .anew = s->file == STORE_FILE_GONE};
    int rc = windows_db_open(s->path, &how, &s->db, aside, sizeof aside, err);
    rc = rc == TLC_OK ? load(s, now_ms, err) : rc;
    if (rc == TLC_REFUSE && aside[0] == '\0') {
        windows_db_close(&s->db);
        rc = db_file_set_aside(s->path, stamp, aside, sizeof aside, err);
        char again[PATH_MAX];
        rc = rc == TLC_OK ? windows_db_open(s->path, &how, &s->db, again, sizeof again, err) : rc;
        rc = rc == TLC_OK ? load(s, now_ms, err) : rc;
    }
    if (aside[0] != '\0') {
        memcpy(s->aside, aside, sizeof s->aside);
        tlc_counter_add(&s->counters, STORE_SET_ASIDE, 1);
    }
    return rc;
}

static void lock_init(pthread_rwlock_t *lock)
{
    /* Pages that are asked for without end must not keep windows from coming in. */
    pthread_rwlockattr_t a;
    pthread_rwlockattr_init(&a);
    pthread_rwlockattr_setkind_np(&a, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(lock, &a);
    pthread_rwlockattr_destroy(&a);
}

int store_open(struct store *s, const char *path, int64_t now_ms, struct tlc_err *err)
{
    *s = (struct store){.path = path, .cells_max = STORE_CELLS_MAX};
    windows_init(&s->windows);
    tlc_counters_init(&s->counters, store_defs, STORE_COUNTER_N);
    lock_init(&s->lock);
    pthread_mutex_init(&s->writer, NULL);
    int rc = open_and_load(s, now_ms, err);
    if (rc != TLC_OK) {
        store_close(s);
    }
    return rc;
}

void store_close(struct store *s)
{
    if (s->path != NULL) {
        windows_db_close(&s->db);
        windows_release(&s->windows);
        pthread_mutex_destroy(&s->writer);
        pthread_rwlock_destroy(&s->lock);
        s->path = NULL;
    }
}

void store_read_begin(struct store *s)
{
    pthread_rwlock_rdlock(&s->lock);
}

void store_read_end(struct store *s)
{
    pthread_rwlock_unlock(&s->lock);
}

/* Whether what is written now would be lost with a file that is gone. Under s->writer. */
static bool file_gone(struct store *s)
{
    if (s->file != STORE_FILE_GONE && s->db != NULL && windows_db_gone(s->db)) {
        s->file = STORE_FILE_GONE;
        tlc_counter_add(&s->counters, STORE_GONE, 1);
    }
    return s->file == STORE_FILE_GONE;
}

void store_pulse(struct store *s, int64_t now_ms)
{
    pthread_rwlock_wrlock(&s->lock);
    windows_pulse(&s->windows, now_ms, false);
    pthread_rwlock_unlock(&s->lock);
    if (pthread_mutex_trylock(&s->writer) == 0) { /* else a message is taken, which looks itself */
        (void)file_gone(s);
        pthread_mutex_unlock(&s->writer);
    }
}

static int64_t count_events(const struct windows *w)
{
    int64_t events = 0;
    for (size_t i = 0; i < w->sources_n; i++) {
        events += w->sources[i]->events;
    }
    return events;
}

void store_totals(struct store *s, struct store_totals *ret_totals)
{
    store_read_begin(s);
    *ret_totals = (struct store_totals){
        .windows_n = s->windows.cells_n,
        .events = count_events(&s->windows),
        .superseded_windows = s->windows.superseded_windows,
        .superseded_events = s->windows.superseded_events,
        .refused_windows = s->windows.refused_windows,
        .refused_events = s->windows.refused_events,
    };
    store_read_end(s);
    tlc_counter_set(&s->counters, STORE_CELLS, ret_totals->windows_n);
    tlc_counter_set(&s->counters, STORE_EVENTS, ret_totals->events);
    tlc_counter_set(&s->counters, STORE_REFUSED_HELD, ret_totals->refused_windows);
}

/* --- take --- */

/* One window of the message. A key may come more than once (a source that was forgotten and spoke
 * again): the second of a key goes into the second round, and so on, each a transaction. */
struct entry {
    struct window *window;
    size_t at, n; /* compact form within intake.encoded */
    uint64_t hash;
    uint32_t round;
};

struct intake {
    struct window_message *message;
    struct entry *entries;
    struct tlc_buf encoded;
    uint32_t rounds_n;
    /* Of the round that is being taken: */
    struct windows_db_change *changes;
    struct entry **changed; /* one a change */
    size_t changes_n;
    const struct window_progress **progress;
    size_t progress_n;
    const struct window *fresh; /* the last one that needs room of its own */
    int64_t fresh_n;
};

#define COMPARE(a, b) ((a) < (b) ? -1 : (a) > (b))

static int compare_entries(const void *pa, const void *pb)
{
    const struct window *a = ((const struct entry *)pa)->window;
    const struct window *b = ((const struct entry *)pb)->window;
    int order = COMPARE(a->source, b->source);
    order = order != 0 ? order : COMPARE(a->start_s, b->start_s);
    order = order != 0 ? order : COMPARE(a->partition, b->partition);
    return order != 0 ? order : COMPARE(a, b); /* as sent */
}

static bool same_key(const struct window *a, const struct window *b)
{
    return a->source == b->source && a->start_s == b->start_s && a->partition == b->partition;
}

static int compare_progress(const void *pa, const void *pb)
{
    const struct window_progress *a = pa, *b = pb;
    int order = COMPARE(a->source, b->source);
    order = order != 0 ? order : COMPARE(a->partition, b->partition);
    return order != 0 ? order : COMPARE(a->position, b->position);
}

static void intake_release(struct intake *in)
{
    free(in->entries);
    free(in->changes);
    free(in->changed);
    free(in->progress);
    tlc_buf_release(&in->encoded);
}

/* Everything that needs no lock. */
static int intake_prepare(struct intake *in, struct window_message *m, struct tlc_err *err)
{
    size_t n = m->windows_n;
    *in = (struct intake){.message = m};
    tlc_buf_init(&in->encoded, ENCODED_BYTES_MAX);
    in->entries = calloc(n + 1, sizeof *in->entries);
    in->changes = calloc(n + 1, sizeof *in->changes);
    in->changed = calloc(n + 1, sizeof *in->changed);
    in->progress = calloc(m->progress_n + 1, sizeof *in->progress);
    if (!in->entries || !in->changes || !in->changed || !in->progress) {
        return tlc_err_set(err, TLC_RETRY, "no memory for a message");
    }
    for (size_t i = 0; i < n; i++) {
        struct entry *e = &in->entries[i];
        *e = (struct entry){.window = &m->windows[i], .at = in->encoded.n};
        window_encode(e->window, &in->encoded);
        if (in->encoded.failed) {
            return tlc_err_set(err, TLC_RETRY, "no memory for a message");
        }
        e->n = in->encoded.n - e->at;
        e->hash = window_hash((struct tlc_str){in->encoded.p + e->at, e->n});
    }
    qsort(in->entries, n, sizeof *in->entries, compare_entries);
    for (size_t i = 0; i < n; i++) {
        bool again = i > 0 && same_key(in->entries[i].window, in->entries[i - 1].window);
        in->entries[i].round = again ? in->entries[i - 1].round + 1 : 0;
        in->rounds_n =
            in->entries[i].round >= in->rounds_n ? in->entries[i].round + 1 : in->rounds_n;
    }
    in->rounds_n = in->rounds_n == 0 ? 1 : in->rounds_n;
    qsort(m->progress, m->progress_n, sizeof *m->progress, compare_progress);
    return TLC_OK;
}

/* Whether the message fits to what is held, before any of it is taken. */
static int check_fit(const struct windows *w, const struct intake *in,
                     struct store_reply *ret_reply, struct tlc_err *err)
{
    const struct window_message *m = in->message;
    if (w->window_s != 0 && m->window_s != w->window_s) {
        ret_reply->refusal = STORE_OTHER_SIZE;
        return tlc_err_set(err, TLC_REFUSE,
                           "window_s is %lld, but the windows held are of %lld s; start the "
                           "dashboard with another --db, or consumer-process with --window %llds",
                           (long long)m->window_s, (long long)w->window_s, (long long)w->window_s);
    }
    return TLC_OK;
}

/* Entries come by source and start, so that windows of other partitions follow the first of them.
 */
static bool has_room(const struct store *s, struct intake *in, const struct window *w)
{
    const struct window *last = in->fresh;
    if ((last != NULL && last->source == w->source && last->start_s == w->start_s) ||
        windows_cell_held(&s->windows, w)) {
        return true;
    }
    if (s->windows.cells_n + in->fresh_n >= s->cells_max) {
        return false;
    }
    in->fresh = w;
    in->fresh_n++;
    return true;
}

static int refuse_full(const struct store *s, struct intake *in, const struct window *w,
                       struct store_reply *ret_reply, struct tlc_err *err)
{
    struct window_refusal r = {.rule = WINDOW_NO_ROOM,
                               .partition = w->partition,
                               .source = w->source,
                               .start_s = w->start_s,
                               .revision = w->revision,
                               .events = w->starts_n + w->ends_n};
    (void)snprintf(r.text, sizeof r.text,
                   "the dashboard is full: it holds %lld windows, as many as --windows lets it; "
                   "start it with a larger --windows and what was left out comes from the log",
                   (long long)s->cells_max);
    ret_reply->full = true;
    return window_message_refuse(in->message, &r)
               ? TLC_OK
               : tlc_err_set(err, TLC_RETRY, "no memory for a message");
}

/* Finds what is news in a round. */
static int judge_round(struct store *s, struct intake *in, uint32_t round,
                       struct store_reply *ret_reply, struct tlc_err *err)
{
    in->changes_n = in->progress_n = 0;
    in->fresh = NULL;
    in->fresh_n = 0;
    for (size_t i = 0; i < in->message->windows_n; i++) {
        struct entry *e = &in->entries[i];
        if (e->round != round) {
            continue;
        }
        int64_t replaces;
        enum windows_verdict verdict = windows_judge(&s->windows, e->window, e->hash, &replaces);
        if (verdict == WINDOWS_STALE) {
            tlc_counter_add(&s->counters, STORE_STALE, 1);
            continue;
        }
        if (verdict == WINDOWS_STORE && !has_room(s, in, e->window)) {
            if (refuse_full(s, in, e->window, ret_reply, err) != TLC_OK) {
                ret_reply->refusal = STORE_UNAVAILABLE;
                return err->cls;
            }
            continue;
        }
        in->changed[in->changes_n] = e;
        in->changes[in->changes_n++] = (struct windows_db_change){
            .window = e->window,
            .encoded = {in->encoded.p + e->at, e->n},
            .claim = verdict == WINDOWS_SUPERSEDE,
            .replaces = replaces,
        };
    }
    const struct window_message *m = in->message;
    for (size_t i = 0; i < m->progress_n && round + 1 == in->rounds_n; i++) {
        const struct window_progress *p = &m->progress[i];
        bool last =
            i + 1 == m->progress_n || p[1].source != p->source || p[1].partition != p->partition;
        if (last && windows_progress_newer(&s->windows, p)) {
            in->progress[in->progress_n++] = p;
        }
    }
    return TLC_OK;
}

/* Brings what is told of refused windows up to date with the file. Under s->lock. */
static void note_refused(struct store *s)
{
    const struct windows_db_meta *meta = windows_db_meta(s->db);
    if (meta->refused_windows > 0 || s->windows.refused_windows > 0) {
        s->refused_n = windows_db_refused(s->db, s->refused, STORE_REFUSED_SHOWN);
    }
    s->windows.refused_windows = meta->refused_windows;
    s->windows.refused_events = meta->refused_events;
}

/* What is durable becomes visible. false when memory is refused: then it is news again when it is
 * sent again. */
static bool apply_round(struct store *s, struct intake *in, int64_t now_ms,
                        struct store_reply *ret_reply)
{
    struct windows *w = &s->windows;
    bool fits = true;
    pthread_rwlock_wrlock(&s->lock);
    for (size_t i = 0; i < in->changes_n && fits; i++) {
        struct entry *e = in->changed[i];
        if (in->changes[i].claim) {
            windows_claim(w, e->window, e->hash);
            ret_reply->superseded++;
        } else {
            fits = windows_put(w, e->window, e->hash);
            ret_reply->accepted += fits ? 1 : 0;
        }
    }
    for (size_t i = 0; i < in->progress_n && fits; i++) {
        fits = windows_progress_put(w, in->progress[i]);
    }
    for (size_t i = 0; i < in->message->logs_n; i++) {
        if (in->message->logs[i].known) {
            w->logs[i] = in->message->logs[i];
        }
    }
    w->window_s = in->message->window_s;
    w->lateness_s = in->message->lateness_s;
    w->revision++;
    w->changed_ms = now_ms;
    note_refused(s);
    pthread_rwlock_unlock(&s->lock);
    return fits;
}

/* The file was found damaged or gone while in use: begin again with what can be read, or anew. */
static void reopen(struct store *s, int64_t now_ms, struct tlc_err *why)
{
    *why = (struct tlc_err){.text = ""};
    pthread_rwlock_wrlock(&s->lock);
    if (s->file == STORE_FILE_GONE) {
        windows_db_leave(&s->db);
    }
    windows_db_close(&s->db);
    if (open_and_load(s, now_ms, why) == TLC_OK) {
        note_refused(s);
        s->file = s->file == STORE_FILE_GONE ? STORE_FILE_ANEW : s->file;
    } else {
        windows_db_close(&s->db);
        s->file = STORE_FILE_GONE;
    }
    pthread_rwlock_unlock(&s->lock);
}

/* A file that is there and is the one that was opened; else 503, and the next message finds one. */
static int check_file(struct store *s, int64_t now_ms, struct store_reply *ret_reply,
                      struct tlc_err *err)
{
    struct tlc_err why;
    bool gone = file_gone(s);
    if (!gone && s->db != NULL) {
        return TLC_OK;
    }
    reopen(s, now_ms, &why);
    if (!gone && s->db != NULL) {
        return TLC_OK;
    }
    ret_reply->refusal = STORE_UNAVAILABLE;
    if (s->db == NULL) {
        return tlc_err_set(err, TLC_RETRY, "%s", why.text);
    }
    return tlc_err_set(err, TLC_RETRY,
                       "%s was deleted or replaced while in use; begun anew: send everything again",
                       s->path);
}

static int write_batch(struct store *s, const struct windows_db_batch *batch, int64_t now_ms,
                       struct tlc_err *err)
{
    int rc = windows_db_write(s->db, batch, err);
    if (rc == TLC_REFUSE) {
        struct tlc_err ignored; /* the damage is what to report; the next message tries again */
        reopen(s, now_ms, &ignored);
        return tlc_err_note(err, "file set aside as %s", s->aside);
    }
    return rc;
}

/* Keeps the names of the windows that were not taken. */
static int take_refusals(struct store *s, struct window_message *m, int64_t now_ms,
                         struct tlc_err *err)
{
    const struct window_refusal **named = calloc(m->refusals_n + 1, sizeof(*named));
    if (named == NULL) {
        return tlc_err_set(err, TLC_RETRY, "no memory for a message");
    }
    size_t n = 0;
    for (size_t i = 0; i < m->refusals_n; i++) {
        struct window_refusal *r = &m->refusals[i];
        tlc_counter_add(&s->counters,
                        r->rule == WINDOW_BAD_PROGRESS ? STORE_BAD_PROGRESS : STORE_REFUSALS, 1);
        bool whole = r->rule != WINDOW_BAD_PROGRESS && r->partition >= 0 &&
                     r->partition <= INT32_MAX && r->source >= 0 && r->source <= INT32_MAX &&
                     r->start_s >= 0 && r->revision > 0;
        int64_t missing = whole ? windows_missing(&s->windows, r) : -1;
        if (missing >= 0) {
            r->events = missing;
            named[n++] = r;
        }
    }
    const struct windows_db_batch batch = {.refusals = named,
                                           .refusals_n = n,
                                           .revision = s->windows.revision,
                                           .window_s = s->windows.window_s,
                                           .lateness_s = s->windows.lateness_s};
    int rc = n > 0 ? write_batch(s, &batch, now_ms, err) : TLC_OK;
    free(named);
    if (rc == TLC_OK && n > 0) {
        pthread_rwlock_wrlock(&s->lock);
        note_refused(s);
        pthread_rwlock_unlock(&s->lock);
    }
    return rc;
}

static int take_round(struct store *s, struct intake *in, uint32_t round, int64_t now_ms,
                      struct store_reply *ret_reply, struct tlc_err *err)
{
    int rc = judge_round(s, in, round, ret_reply, err);
    if (rc != TLC_OK || in->changes_n + in->progress_n == 0) {
        return rc;
    }
    const struct windows_db_batch batch = {
        .changes = in->changes,
        .changes_n = in->changes_n,
        .progress = in->progress,
        .progress_n = in->progress_n,
        .logs = in->message->logs,
        .logs_n = in->message->logs_n,
        .revision = s->windows.revision + 1,
        .window_s = in->message->window_s,
        .lateness_s = in->message->lateness_s,
    };
    ret_reply->refusal = STORE_UNAVAILABLE;
    rc = write_batch(s, &batch, now_ms, err);
    if (rc != TLC_OK) {
        return rc;
    }
    if (!apply_round(s, in, now_ms, ret_reply)) {
        return tlc_err_set(err, TLC_RETRY, "no memory for the windows");
    }
    ret_reply->refusal = STORE_TAKEN;
    return TLC_OK;
}

/* Made when another file was held: what it says has been told before is not here. */
static bool meant_for_another(const struct store *s, const struct window_message *m)
{
    return m->store_id[0] != '\0' && strcmp(m->store_id, s->store_id) != 0;
}

static int take_parts(struct store *s, struct intake *in, int64_t now_ms,
                      struct store_reply *ret_reply, struct tlc_err *err)
{
    int rc = check_fit(&s->windows, in, ret_reply, err);
    for (uint32_t round = 0; round < in->rounds_n && rc == TLC_OK; round++) {
        rc = take_round(s, in, round, now_ms, ret_reply, err);
    }
    if (rc == TLC_OK && in->message->refusals_n > 0) {
        rc = take_refusals(s, in->message, now_ms, err);
        ret_reply->refusal = rc == TLC_OK ? STORE_TAKEN : STORE_UNAVAILABLE;
    }
    if (rc == TLC_OK) {
        rc = check_file(s, now_ms, ret_reply,
                        err); /* what was written is in the file, not beside it */
    }
    if (rc == TLC_OK && s->file == STORE_FILE_ANEW) {
        s->file = STORE_FILE_GOOD;
    }
    return rc;
}

static int take_all(struct store *s, struct intake *in, int64_t now_ms,
                    struct store_reply *ret_reply, struct tlc_err *err)
{
    int rc = check_file(s, now_ms, ret_reply, err);
    const bool other = meant_for_another(s, in->message);
    if (rc == TLC_OK && !other) {
        rc = take_parts(s, in, now_ms, ret_reply, err);
    }
    ret_reply->refused_windows = s->windows.refused_windows;
    ret_reply->asked = other || (in->message->windows_n == 0 && in->message->refusals_n == 0);
    if (ret_reply->asked) {
        memcpy(ret_reply->logs, s->windows.logs, sizeof ret_reply->logs);
    }
    memcpy(ret_reply->store_id, s->store_id, sizeof s->store_id);
    return rc;
}

int store_take(struct store *s, struct window_message *m, int64_t now_ms,
               struct store_reply *ret_reply, struct tlc_err *err)
{
    *ret_reply = (struct store_reply){.refusal = STORE_TAKEN};
    struct intake in;
    int rc = intake_prepare(&in, m, err);
    if (rc == TLC_OK) {
        pthread_mutex_lock(&s->writer);
        rc = take_all(s, &in, now_ms, ret_reply, err);
        pthread_mutex_unlock(&s->writer);
    } else {
        ret_reply->refusal = STORE_UNAVAILABLE;
    }
    intake_release(&in);
    tlc_counter_add(&s->counters, STORE_WINDOWS, ret_reply->accepted);
    tlc_counter_add(&s->counters, STORE_CLAIMS, ret_reply->superseded);
    tlc_counter_add(&s->counters, rc == TLC_OK ? STORE_POSTS : STORE_FAILED, 1);
    return rc;
}
