#include "oracle.h"

#include <assert.h>
#include <stdlib.h>

#include "common/event/tripid.h"

#define O_SOURCES 64

struct o_event {
    struct tlc_event e;
    int64_t row, window_s, offset;
    bool open, waiting;
};

struct o_route {
    int from, to;
    int64_t trips, ride_s;
};

struct o_window {
    int32_t source;
    int life, opening; /* of its source */
    int64_t start_s, revision;
    bool final;
    int64_t starts[266], ends[266], bins[61];
    int64_t matched, orphans, expired, duplicates, passengers, distance, fare, tip, total, ride_s;
    struct o_route routes[600];
    size_t routes_n;
};

struct o_source {
    int32_t id;
    int life, opening;
    int64_t max_s, until_s, seen_ms, seen_offset, late, refused;
    bool closed;
    struct o_event *events; /* not late */
    size_t n, cap;
};

struct oracle {
    struct rules rules;
    struct o_source sources[O_SOURCES];
    size_t sources_n;
    struct o_window **windows;
    size_t windows_n, windows_cap;
    struct ledger ledger;
    int64_t refused, next;
    int lives;
};

struct oracle *oracle_new(const struct rules *rules)
{
    struct oracle *o = calloc(1, sizeof(*o));
    assert(o);
    o->rules = *rules;
    return o;
}

void oracle_free(struct oracle *o)
{
    for (size_t i = 0; i < o->windows_n; i++) {
        free(o->windows[i]);
    }
    for (size_t i = 0; i < o->sources_n; i++) {
        free(o->sources[i].events);
    }
    free(o->windows);
    free(o);
}

static struct o_window *window(struct oracle *o, const struct o_source *s, int64_t at_s,
                               int64_t offset)
{
    int64_t start_s = at_s / o->rules.window_s * o->rules.window_s;
    struct o_window *w = NULL;
    for (size_t i = 0; i < o->windows_n; i++) {
        if (o->windows[i]->life == s->life && o->windows[i]->opening == s->opening &&
            o->windows[i]->start_s == start_s) {
            w = o->windows[i];
        }
    }
    if (!w) {
        if (o->windows_n == o->windows_cap) {
            o->windows_cap = o->windows_cap * 2 + 16;
            o->windows = realloc(o->windows, o->windows_cap * sizeof(struct o_window *));
        }
        w = calloc(1, sizeof(*w));
        assert(w);
        w->source = s->id;
        w->life = s->life;
        w->opening = s->opening;
        w->start_s = start_s;
        o->windows[o->windows_n++] = w;
    }
    w->revision = offset + 1;
    return w;
}

/* Makes every window that starts before until_s final. */
static void finish(struct oracle *o, struct o_source *s, int64_t until_s, int64_t offset)
{
    for (size_t i = 0; i < s->n; i++) {
        struct o_event *x = &s->events[i];
        int64_t expiry_s = x->e.at_s + o->rules.trip_max_s;
        if (x->open && expiry_s / o->rules.window_s * o->rules.window_s < until_s) {
            window(o, s, expiry_s, offset)->expired++;
            x->open = false;
        }
        if (x->waiting && x->window_s < until_s) {
            window(o, s, x->e.at_s, offset)->orphans++;
            x->waiting = false;
        }
    }
    for (size_t i = 0; i < o->windows_n; i++) {
        struct o_window *w = o->windows[i];
        if (w->life == s->life && !w->final && w->start_s < until_s) {
            w->final = true;
            w->revision = offset + 1;
        }
    }
}

static void forget(struct oracle *o, size_t at, int64_t offset)
{
    struct o_source *s = &o->sources[at];
    if (!s->closed) {
        finish(o, s, INT64_MAX, offset);
    }
    free(s->events);
    *s = o->sources[--o->sources_n];
}

static void forget_silent(struct oracle *o, int64_t log_ms, int64_t offset)
{
    for (size_t i = 0; i < o->sources_n;) {
        if (log_ms - o->sources[i].seen_ms >= o->rules.silence_ms) {
            forget(o, i, offset);
        } else {
            i++;
        }
    }
}

static struct o_source *find(struct oracle *o, int32_t id)
{
    for (size_t i = 0; i < o->sources_n; i++) {
        if (o->sources[i].id == id) {
            return &o->sources[i];
        }
    }
    return NULL;
}

static struct o_source *obtain(struct oracle *o, int32_t id, int64_t log_ms, int64_t offset)
{
    struct o_source *s = find(o, id);
    if (s) {
        return s;
    }
    if (o->sources_n == o->rules.sources_max) {
        size_t least = 0;
        for (size_t i = 0; i < o->sources_n; i++) {
            if (o->sources[i].seen_offset < o->sources[least].seen_offset) {
                least = i;
            }
        }
        forget(o, least, offset);
    }
    s = &o->sources[o->sources_n++];
    *s = (struct o_source){.id = id, .life = ++o->lives, .max_s = INT64_MIN, .seen_ms = log_ms};
    return s;
}

static void route(struct o_window *w, int from, int to, int64_t ride_s)
{
    size_t i = 0;
    while (i < w->routes_n && (w->routes[i].from != from || w->routes[i].to != to)) {
        i++;
    }
    if (i == w->routes_n) {
        assert(w->routes_n < TLC_COUNT(w->routes));
        w->routes[w->routes_n++] = (struct o_route){.from = from, .to = to};
    }
    w->routes[i].trips++;
    w->routes[i].ride_s += ride_s;
}

static void meet(struct oracle *o, struct o_source *s, struct o_event *start, struct o_event *end,
                 int64_t offset)
{
    start->open = end->waiting = false;
    struct o_window *w = window(o, s, end->e.at_s, offset);
    int64_t ride_s = end->e.at_s - start->e.at_s;
    if (ride_s < 0 || ride_s > o->rules.trip_max_s) {
        w->orphans++;
        int64_t at_s = ride_s < 0 ? start->e.at_s : start->e.at_s + o->rules.trip_max_s;
        window(o, s, at_s, offset)->expired++;
        return;
    }
    w->matched++;
    w->ride_s += ride_s;
    w->bins[ride_s / 60 > 60 ? 60 : ride_s / 60]++;
    route(w, start->e.zone_id, end->e.zone_id, ride_s);
}

static void book(struct o_window *w, const struct tlc_event *e)
{
    if (e->status == TLC_START) {
        w->starts[e->zone_id]++;
        w->passengers += e->has & TLC_HAS_PASSENGERS ? e->passengers : 0;
        return;
    }
    w->ends[e->zone_id]++;
    w->distance += e->has & TLC_HAS_DISTANCE ? e->distance_cmi : 0;
    w->fare += e->has & TLC_HAS_FARE ? e->fare_cents : 0;
    w->tip += e->has & TLC_HAS_TIP ? e->tip_cents : 0;
    w->total += e->has & TLC_HAS_TOTAL ? e->total_cents : 0;
}

struct o_known {
    bool copy, end_seen;
    struct o_event *open, *waiting;
};

/* What is known of the trip of x among the events before it. */
static struct o_known known(struct o_source *s, const struct o_event *x)
{
    struct o_known k = {0};
    for (size_t i = 0; i < s->n; i++) {
        struct o_event *y = &s->events[i];
        if (y->row != x->row) {
            continue;
        }
        bool live = y->window_s >= s->until_s;
        k.copy = k.copy || (live && y->e.status == x->e.status);
        k.end_seen = k.end_seen || (live && y->e.status == TLC_END);
        k.open = y->open ? y : k.open;
        k.waiting = y->waiting ? y : k.waiting;
    }
    return k;
}

static bool is_duplicate(const struct o_known *k, struct o_event *x)
{
    if (k->copy) {
        return true;
    }
    if (x->e.status == TLC_END) {
        return false;
    }
    if (k->end_seen && !k->waiting) {
        return true;
    }
    if (k->open) {
        k->open->open = false;
        x->open = true; /* the later copy is what an end meets */
        return true;
    }
    return false;
}

static void keep(struct o_source *s, const struct o_event *x)
{
    if (s->n == s->cap) {
        s->cap = s->cap * 2 + 64;
        s->events = realloc(s->events, s->cap * sizeof(*s->events));
        assert(s->events);
    }
    s->events[s->n++] = *x;
}

static void apply_event(struct oracle *o, const struct entry *n)
{
    int32_t id = (int32_t)(n->event.trip_id / 1000000000);
    int64_t from_s = 0, to_s = 0;
    tlc_source_span(id, 48 * 3600, &from_s, &to_s);
    bool ahead = id % 1000000 == 0 && n->event.at_s > n->log_ms / 1000 + 3600;
    if (n->event.at_s < from_s || n->event.at_s >= to_s || ahead) {
        struct o_source *owner = find(o, id);
        owner ? owner->refused++ : o->refused++;
        o->ledger.refused++;
        return;
    }
    forget_silent(o, n->log_ms, n->offset);
    struct o_source *s = obtain(o, id, n->log_ms, n->offset);
    s->seen_offset = n->offset;
    s->seen_ms = n->log_ms > s->seen_ms ? n->log_ms : s->seen_ms;
    if (s->closed || n->event.at_s < s->until_s) {
        s->late++;
        o->ledger.late++;
        return;
    }
    if (n->event.at_s > s->max_s) {
        s->max_s = n->event.at_s;
        int64_t until_s = (s->max_s - o->rules.lateness_s) / o->rules.window_s * o->rules.window_s;
        s->until_s = until_s > s->until_s ? until_s : s->until_s; /* it was opened again */
        finish(o, s, s->until_s, n->offset);
    }
    struct o_event x = {.e = n->event,
                        .row = n->event.trip_id % 1000000000,
                        .window_s = n->event.at_s / o->rules.window_s * o->rules.window_s,
                        .offset = n->offset};
    struct o_known k = known(s, &x);
    struct o_window *w = window(o, s, x.e.at_s, n->offset);
    if (is_duplicate(&k, &x)) {
        w->duplicates++;
        o->ledger.duplicate++;
        keep(s, &x);
        return;
    }
    o->ledger.counted++;
    book(w, &x.e);
    struct o_event *other = x.e.status == TLC_START ? k.waiting : k.open;
    if (other) {
        meet(o, s, x.e.status == TLC_START ? &x : other, x.e.status == TLC_START ? other : &x,
             n->offset);
    } else {
        x.open = x.e.status == TLC_START;
        x.waiting = !x.open;
    }
    keep(s, &x);
}

static void apply_mark(struct oracle *o, const struct entry *n)
{
    forget_silent(o, n->log_ms, n->offset);
    o->ledger.marks++;
    struct o_source *s = find(o, n->source);
    if (s) {
        s->seen_offset = n->offset;
        s->seen_ms = n->log_ms > s->seen_ms ? n->log_ms : s->seen_ms;
        if (n->mark == TLC_MARK_CLOSED && !s->closed) {
            finish(o, s, INT64_MAX, n->offset);
            s->closed = true;
        } else if (n->mark == TLC_MARK_OPEN && s->closed) {
            s->closed = false;
            s->opening++;
            s->until_s = s->max_s / o->rules.window_s * o->rules.window_s + o->rules.window_s;
        }
    }
}

void oracle_apply(struct oracle *o, const struct entry *n)
{
    o->ledger.read++;
    o->ledger.gaps += n->offset - o->next;
    o->next = n->offset + 1;
    switch (n->kind) {
    case ENTRY_EVENT: apply_event(o, n); break;
    case ENTRY_MARK: apply_mark(o, n); break;
    case ENTRY_GARBAGE:
        o->ledger.refused++;
        o->refused++;
        break;
    }
}

struct ledger oracle_ledger(const struct oracle *o)
{
    return o->ledger;
}

int64_t oracle_late(const struct oracle *o, int32_t source)
{
    const struct o_source *s = find((struct oracle *)o, source);
    return s ? s->late : -1;
}

int64_t oracle_refused(const struct oracle *o, int32_t source)
{
    const struct o_source *s = find((struct oracle *)o, source);
    return source == 0 ? o->refused : s ? s->refused : -1;
}

static int window_order(const void *a, const void *b)
{
    const struct o_window *x = *(struct o_window *const *)a;
    const struct o_window *y = *(struct o_window *const *)b;
    if (x->source != y->source) {
        return x->source < y->source ? -1 : 1;
    }
    if (x->start_s != y->start_s) {
        return x->start_s < y->start_s ? -1 : 1;
    }
    return x->opening != y->opening ? x->opening - y->opening : x->life - y->life;
}

static int route_order(const void *a, const void *b)
{
    const struct o_route *x = a;
    const struct o_route *y = b;
    return x->from != y->from ? x->from - y->from : x->to - y->to;
}

static void dump_zones(const char *key, const int64_t *zones, struct tlc_buf *out)
{
    const char *comma = "";
    tlc_buf_printf(out, ",\"%s\":[", key);
    for (int z = 0; z < 266; z++) {
        if (zones[z]) {
            tlc_buf_printf(out, "%s[%d,%lld]", comma, z, (long long)zones[z]);
            comma = ",";
        }
    }
    tlc_buf_printf(out, "]");
}

static void dump_window(struct o_window *w, struct tlc_buf *out)
{
    tlc_buf_printf(out, "{\"partition\":0,\"source\":%d,\"start\":%lld,", w->source,
                   (long long)w->start_s);
    if (w->opening > 0) {
        tlc_buf_printf(out, "\"opening\":%d,", w->opening);
    }
    tlc_buf_printf(out,
                   "\"revision\":%lld,\"final\":%s,"
                   "\"matched\":%lld,\"orphan_ends\":%lld,\"expired_starts\":%lld,"
                   "\"duplicates\":%lld,",
                   (long long)w->revision, w->final ? "true" : "false", (long long)w->matched,
                   (long long)w->orphans, (long long)w->expired, (long long)w->duplicates);
    tlc_buf_printf(out,
                   "\"passengers\":%lld,\"distance_cmi\":%lld,\"fare_cents\":%lld,"
                   "\"tip_cents\":%lld,\"total_cents\":%lld,\"ride_s\":%lld,\"ride_bins\":[",
                   (long long)w->passengers, (long long)w->distance, (long long)w->fare,
                   (long long)w->tip, (long long)w->total, (long long)w->ride_s);
    int last = 60;
    while (last >= 0 && w->bins[last] == 0) {
        last--;
    }
    for (int i = 0; i <= last; i++) {
        tlc_buf_printf(out, i ? ",%lld" : "%lld", (long long)w->bins[i]);
    }
    tlc_buf_printf(out, "]");
    dump_zones("starts", w->starts, out);
    dump_zones("ends", w->ends, out);
    qsort(w->routes, w->routes_n, sizeof(w->routes[0]), route_order);
    tlc_buf_printf(out, ",\"routes\":[");
    for (size_t i = 0; i < w->routes_n; i++) {
        const struct o_route *r = &w->routes[i];
        tlc_buf_printf(out, "%s[%d,%d,%lld,%lld]", i ? "," : "", r->from, r->to,
                       (long long)r->trips, (long long)r->ride_s);
    }
    tlc_buf_printf(out, "]}\n");
}

void oracle_dump(const struct oracle *o, struct tlc_buf *out)
{
    qsort(o->windows, o->windows_n, sizeof(struct o_window *), window_order);
    for (size_t i = 0; i < o->windows_n; i++) {
        const struct o_window *before = i > 0 ? o->windows[i - 1] : NULL;
        /* What a source says in a second life of a window that is final already is kept aside. */
        bool again = before && before->source == o->windows[i]->source &&
                     before->start_s == o->windows[i]->start_s &&
                     before->opening == o->windows[i]->opening;
        if (!again) {
            dump_window(o->windows[i], out);
        }
    }
}
