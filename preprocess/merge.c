#include "preprocess/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/stop.h"
#include "common/event/codec_json.h"
#include "preprocess/parallel.h"

#define SLICE_EVENTS 16384
#define OUT_BYTES (4U << 20)
#define LINE_MAX_BYTES (TLC_JSON_MAX + 1)
#define CURSOR_BYTES (8U << 20) /* read buffers of one thread, all runs together */
#define PREFETCH 12

struct merge {
    struct order *o;
    struct writer *w;
    struct progress *progress;
    atomic_size_t next;
    /* slice s: buckets from[s] .. from[s + 1] of the run in memory, or seconds of spilled ones */
    int64_t *from;
    size_t slices_n;
};

/* What one thread writes into. */
struct sink {
    struct merge *m;
    uint64_t slice;
    char *p;
    size_t n;
    int64_t events;
    bool ok;
};

static void sink_flush(struct sink *s, bool last)
{
    s->ok = s->ok && writer_put(s->m->w, s->slice, (struct tlc_str){s->p, s->n}, last);
    s->n = 0;
    if (last && s->ok) {
        progress_events(s->m->progress, s->events, tlc_now_ms());
        s->events = 0;
    }
    if (tlc_stop_asked() && s->ok) {
        struct tlc_err err;
        tlc_err_set(&err, TLC_STOP, "stopped");
        writer_fail(s->m->w, &err);
        s->ok = false;
    }
}

static inline void sink_event(struct sink *s, const struct tlc_event *e)
{
    if (OUT_BYTES - s->n < LINE_MAX_BYTES) {
        sink_flush(s, false);
    }
    const size_t n = tlc_json_encode(e, s->p + s->n);
    s->p[s->n + n] = '\n';
    s->n += n + 1;
    s->events++;
}

/* ---- one run, in memory ---- */

static void write_bucket(struct sink *s, size_t b, size_t *hint)
{
    struct order *o = s->m->o;
    size_t n;
    const uint64_t *keys = order_bucket(o, b, &n);
    for (size_t i = 0; i < n && s->ok; i++) {
        struct tlc_event e;
        if (i + PREFETCH < n) {
            __builtin_prefetch(&o->trips[(uint32_t)keys[i + PREFETCH] >> 1]);
        }
        order_event(o, keys[i], hint, &e);
        sink_event(s, &e);
    }
}

static void write_buckets(void *ctx, int thread)
{
    struct merge *m = ctx;
    struct sink s = {.m = m, .p = malloc(OUT_BYTES), .ok = true};
    size_t hint = 0;
    (void)thread;
    if (!s.p) {
        struct tlc_err err;
        tlc_err_fatal(&err, TLC_EXIT_SOFTWARE, "no memory to write with");
        writer_fail(m->w, &err);
        return;
    }
    for (size_t slice; s.ok && (slice = atomic_fetch_add(&m->next, 1)) < m->slices_n;) {
        s.slice = slice;
        for (int64_t b = m->from[slice]; b < m->from[slice + 1]; b++) {
            write_bucket(&s, (size_t)b, &hint);
        }
        sink_flush(&s, true);
    }
    free(s.p);
}

static int cut_buckets(struct merge *m, struct tlc_err *err)
{
    const struct order *o = m->o;
    m->from = malloc((o->buckets_n + 1) * sizeof *m->from);
    if (!m->from) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no memory to write with");
    }
    uint64_t taken = 0;
    for (size_t b = 0; b < o->buckets_n; b++) {
        if (b == 0 || o->bucket[b] - taken >= SLICE_EVENTS) {
            m->from[m->slices_n++] = (int64_t)b;
            taken = o->bucket[b];
        }
    }
    m->from[m->slices_n] = (int64_t)o->buckets_n;
    return 0;
}

/* ---- spilled runs ---- */

struct cursor {
    int64_t next, end; /* events of the run not read yet, within the slice */
    size_t at, n;      /* in buf */
    struct tlc_event *buf;
};

struct reading {
    const struct order *o;
    struct cursor *cursor; /* one a run */
    int64_t *head_s;       /* time of each cursor's next event, INT64_MAX when it is spent */
    size_t cap;            /* events in each buffer */
    struct tlc_err err;
};

static bool read_events(const struct order *o, size_t run, int64_t number, struct tlc_event *dst,
                        size_t n)
{
    char *p = (char *)dst;
    size_t left = n * sizeof *dst;
    int64_t at = o->run[run].at + number * (int64_t)sizeof *dst;
    while (left > 0) {
        ssize_t r = pread(o->temp_fd, p, left, at);
        if (r == 0 || (r < 0 && errno != EINTR)) {
            return false;
        }
        if (r > 0) {
            p += r;
            left -= (size_t)r;
            at += r;
        }
    }
    return true;
}

/* Number of the run's first event at or after a time; -1: cannot be read. */
static int64_t lower_bound(const struct order *o, size_t run, int64_t at_s)
{
    const struct order_run *r = &o->run[run];
    int64_t low = 0, high = r->events_n;
    while (high - low > ORDER_SAMPLE) {
        const int64_t middle = (low + high) / 2 / ORDER_SAMPLE * ORDER_SAMPLE;
        const int64_t probe = middle > low ? middle : middle + ORDER_SAMPLE;
        if (r->samples[probe / ORDER_SAMPLE] < at_s) {
            low = probe;
        } else {
            high = probe;
        }
    }
    while (low < high) {
        struct tlc_event e;
        const int64_t middle = (low + high) / 2;
        if (!read_events(o, run, middle, &e, 1)) {
            return -1;
        }
        if (e.at_s < at_s) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool refill(struct reading *r, size_t run)
{
    struct cursor *c = &r->cursor[run];
    const int64_t left = c->end - c->next;
    c->at = 0;
    c->n = left < (int64_t)r->cap ? (size_t)left : r->cap;
    r->head_s[run] = INT64_MAX;
    if (c->n == 0) {
        return true;
    }
    if (!read_events(r->o, run, c->next, c->buf, c->n)) {
        tlc_err_fatal(&r->err, TLC_EXIT_IO, "%s: reading a sorted run: %s", r->o->temp_dir,
                      strerror(errno));
        return false;
    }
    c->next += (int64_t)c->n;
    r->head_s[run] = c->buf[0].at_s;
    return true;
}

static bool open_slice(struct reading *r, int64_t from_s, int64_t to_s)
{
    for (size_t run = 0; run < r->o->runs_n; run++) {
        struct cursor *c = &r->cursor[run];
        c->next = lower_bound(r->o, run, from_s);
        c->end = lower_bound(r->o, run, to_s);
        if (c->next < 0 || c->end < 0) {
            tlc_err_fatal(&r->err, TLC_EXIT_IO, "%s: reading a sorted run failed", r->o->temp_dir);
            return false;
        }
        if (!refill(r, run)) {
            return false;
        }
    }
    return true;
}

/* Runs follow the order of trip ids, so of equal times the lowest run comes first. */
static bool merge_slice(struct reading *r, struct sink *s)
{
    const size_t runs = r->o->runs_n;
    while (s->ok) {
        size_t best = 0;
        for (size_t i = 1; i < runs; i++) {
            best = r->head_s[i] < r->head_s[best] ? i : best;
        }
        if (r->head_s[best] == INT64_MAX) {
            return true;
        }
        struct cursor *c = &r->cursor[best];
        sink_event(s, &c->buf[c->at++]);
        if (c->at < c->n) {
            r->head_s[best] = c->buf[c->at].at_s;
        } else if (!refill(r, best)) {
            return false;
        }
    }
    return true;
}

static bool reading_init(struct reading *r, const struct order *o)
{
    memset(r, 0, sizeof *r);
    r->o = o;
    r->cap = CURSOR_BYTES / sizeof(struct tlc_event) / o->runs_n;
    r->cap = r->cap > 4096 ? 4096 : r->cap < 16 ? 16 : r->cap;
    r->cursor = calloc(o->runs_n, sizeof *r->cursor);
    r->head_s = calloc(o->runs_n, sizeof *r->head_s);
    struct tlc_event *all = calloc(o->runs_n * r->cap, sizeof *all);
    if (!r->cursor || !r->head_s || !all) {
        free(all);
        return false;
    }
    for (size_t i = 0; i < o->runs_n; i++) {
        r->cursor[i].buf = all + i * r->cap;
    }
    return true;
}

static void reading_release(struct reading *r)
{
    if (r->cursor && r->cursor[0].buf) {
        free(r->cursor[0].buf);
    }
    free(r->cursor);
    free(r->head_s);
}

static void write_slices(void *ctx, int thread)
{
    struct merge *m = ctx;
    struct sink s = {.m = m, .p = malloc(OUT_BYTES), .ok = true};
    struct reading r;
    (void)thread;
    bool ok = reading_init(&r, m->o) && s.p;
    if (!ok) {
        tlc_err_fatal(&r.err, TLC_EXIT_SOFTWARE, "no memory to merge with");
    }
    for (size_t slice; ok && s.ok && (slice = atomic_fetch_add(&m->next, 1)) < m->slices_n;) {
        s.slice = slice;
        ok = open_slice(&r, m->from[slice], m->from[slice + 1]) && merge_slice(&r, &s);
        if (ok) {
            sink_flush(&s, true);
        }
    }
    if (!ok) {
        writer_fail(m->w, &r.err);
    }
    reading_release(&r);
    free(s.p);
}

static int compare_times(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static int cut_times(struct merge *m, struct tlc_err *err)
{
    const struct order *o = m->o;
    const int step = SLICE_EVENTS / ORDER_SAMPLE * 2;
    size_t n = 0;
    for (size_t r = 0; r < o->runs_n; r++) {
        n += (size_t)(o->run[r].events_n / ORDER_SAMPLE) + 1;
    }
    m->from = malloc((n + 2) * sizeof *m->from);
    if (!m->from) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no memory to merge with");
    }
    n = 0;
    for (size_t r = 0; r < o->runs_n; r++) {
        const int64_t events = o->run[r].events_n;
        for (int64_t i = 0; i < events; i += ORDER_SAMPLE) {
            m->from[n++] = o->run[r].samples[i / ORDER_SAMPLE];
        }
    }
    qsort(m->from, n, sizeof *m->from, compare_times);
    size_t kept = 0;
    m->from[kept++] = INT64_MIN;
    for (size_t i = (size_t)step; i < n; i += (size_t)step) {
        if (m->from[i] > m->from[kept - 1]) {
            m->from[kept++] = m->from[i];
        }
    }
    m->slices_n = kept;
    m->from[kept] = INT64_MAX;
    return 0;
}

int merge_write(struct order *o, struct writer *w, struct progress *progress, struct tlc_err *err)
{
    struct merge m = {.o = o, .w = w, .progress = progress};
    int rc;
    if (o->runs_n > 0) {
        rc = o->events_n > 0 ? order_spill(o, err) : 0;
        rc = rc == 0 ? cut_times(&m, err) : rc;
    } else {
        rc = order_sort(o, err);
        rc = rc == 0 ? cut_buckets(&m, err) : rc;
    }
    if (rc == 0) {
        parallel_run(o->threads, o->runs_n > 0 ? write_slices : write_buckets, &m);
        if (atomic_load(&w->failed)) {
            *err = w->err;
            rc = w->err.cls;
        }
    }
    free(m.from);
    return rc;
}
