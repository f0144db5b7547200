#include "dashboard/windows.h"

#include <assert.h>
#include <stdlib.h>

#include "common/event/event.h"
#include "common/event/tripid.h"

#define HOUR_S INT64_C(3600)

void windows_init(struct windows *w)
{
    *w = (struct windows){.window_s = 0};
}

static void source_free(struct windows_source *s)
{
    for (size_t i = 0; i < s->cells_n; i++) {
        for (size_t k = 0; k < s->cells[i]->parts_n; k++) {
            struct window *content = s->cells[i]->parts[k].content;
            if (content != NULL) {
                window_release(content);
                free(content);
            }
        }
        free(s->cells[i]->parts);
        free(s->cells[i]);
    }
    for (size_t i = 0; i < s->hours_n; i++) {
        free(s->hours[i]);
    }
    free(s->cells);
    free(s->hours);
    free(s->routes);
    free(s->progress);
    free(s);
}

void windows_release(struct windows *w)
{
    for (size_t i = 0; i < w->sources_n; i++) {
        source_free(w->sources[i]);
    }
    free(w->sources);
    windows_init(w);
}

/* --- lookup --- */

static size_t source_lower(const struct windows *w, int32_t source)
{
    size_t low = 0, high = w->sources_n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (w->sources[middle]->source < source) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const struct windows_source *windows_source_find(const struct windows *w, int32_t source)
{
    size_t i = source_lower(w, source);
    return i < w->sources_n && w->sources[i]->source == source ? w->sources[i] : NULL;
}

size_t windows_cell_lower(const struct windows_source *s, int64_t start_s)
{
    size_t low = 0, high = s->cells_n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->cells[middle]->start_s < start_s) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

size_t windows_hour_lower(const struct windows_source *s, int64_t start_s)
{
    size_t low = 0, high = s->hours_n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->hours[middle]->start_s < start_s) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct windows_part *part_find(const struct windows_cell *c, int32_t partition)
{
    for (size_t i = 0; i < c->parts_n; i++) {
        if (c->parts[i].partition == partition) {
            return &c->parts[i];
        }
    }
    return NULL;
}

static struct windows_cell *cell_find(const struct windows *w, int32_t source, int64_t start_s)
{
    const struct windows_source *s = windows_source_find(w, source);
    size_t i = s != NULL ? windows_cell_lower(s, start_s) : 0;
    return s != NULL && i < s->cells_n && s->cells[i]->start_s == start_s ? s->cells[i] : NULL;
}

static struct windows_part *part_of(const struct windows *w, const struct window *window)
{
    const struct windows_cell *c = cell_find(w, window->source, window->start_s);
    return c != NULL ? part_find(c, window->partition) : NULL;
}

bool windows_cell_held(const struct windows *w, const struct window *window)
{
    return cell_find(w, window->source, window->start_s) != NULL;
}

int64_t windows_missing(const struct windows *w, const struct window_refusal *refusal)
{
    const struct windows_cell *c = cell_find(w, (int32_t)refusal->source, refusal->start_s);
    const struct windows_part *p = c != NULL ? part_find(c, (int32_t)refusal->partition) : NULL;
    if (p == NULL) {
        return refusal->events;
    }
    if (refusal->revision <= p->revision || refusal->revision <= p->claim_revision) {
        return -1;
    }
    int64_t held = 0;
    if (!p->final) {
        held = p->content->starts_n + p->content->ends_n;
    } else if (!p->claim_final) {
        held = p->claim_events;
    }
    return refusal->events > held ? refusal->events - held : 0;
}

/* --- growing --- */

/* Room for one more pointer at i of an array of n. */
static bool make_gap(void ***array, size_t *n, size_t *cap, size_t i)
{
    if (*n == *cap) {
        size_t more = *cap == 0 ? 64 : 2 * *cap;
        void **grown = realloc(*array, more * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        *array = grown;
        *cap = more;
    }
    memmove(*array + i + 1, *array + i, (*n - i) * sizeof **array);
    (*n)++;
    return true;
}

static struct windows_source *source_make(struct windows *w, int32_t source)
{
    size_t i = source_lower(w, source);
    if (i < w->sources_n && w->sources[i]->source == source) {
        return w->sources[i];
    }
    struct windows_source *s = calloc(1, sizeof *s);
    struct windows_source **grown = realloc(w->sources, (w->sources_n + 1) * sizeof *grown);
    if (grown != NULL) {
        w->sources = grown;
    }
    if (s == NULL || grown == NULL) {
        free(s);
        return NULL;
    }
    s->source = source;
    memmove(w->sources + i + 1, w->sources + i,
            (w->sources_n - i) * sizeof(struct windows_source *));
    w->sources[i] = s;
    w->sources_n++;
    return s;
}

static struct windows_cell *cell_make(struct windows *w, struct windows_source *s, int64_t start_s)
{
    size_t i = windows_cell_lower(s, start_s);
    if (i < s->cells_n && s->cells[i]->start_s == start_s) {
        return s->cells[i];
    }
    struct windows_cell *c = calloc(1, sizeof *c);
    void **cells = (void **)s->cells;
    bool room = c != NULL && make_gap(&cells, &s->cells_n, &s->cells_cap, i);
    s->cells = (struct windows_cell **)cells;
    if (!room) {
        free(c);
        return NULL;
    }
    c->start_s = start_s;
    s->cells[i] = c;
    s->detail_first += i < s->detail_first ? 1 : 0;
    w->cells_n++;
    return c;
}

static struct windows_hour *hour_make(struct windows_source *s, int64_t at_s)
{
    int64_t start_s = at_s - at_s % HOUR_S;
    size_t i = windows_hour_lower(s, start_s);
    if (i < s->hours_n && s->hours[i]->start_s == start_s) {
        return s->hours[i];
    }
    struct windows_hour *h = calloc(1, sizeof *h);
    void **hours = (void **)s->hours;
    bool room = h != NULL && make_gap(&hours, &s->hours_n, &s->hours_cap, i);
    s->hours = (struct windows_hour **)hours;
    if (!room) {
        free(h);
        return NULL;
    }
    h->start_s = start_s;
    s->hours[i] = h;
    return h;
}

static bool routes_make(struct windows_source *s)
{
    if (s->routes == NULL) {
        s->routes = calloc((size_t)WINDOW_ZONES * WINDOW_ZONES, sizeof *s->routes);
    }
    return s->routes != NULL;
}

static struct windows_part *part_make(struct windows_cell *c, int32_t partition)
{
    struct windows_part *p = part_find(c, partition);
    if (p != NULL) {
        return p;
    }
    p = realloc(c->parts, (c->parts_n + 1) * sizeof *p);
    if (p == NULL) {
        return NULL;
    }
    c->parts = p;
    c->parts[c->parts_n] = (struct windows_part){.partition = partition};
    return &c->parts[c->parts_n++];
}

/* --- adding up --- */

static void apply_zones(const struct window_zone *v, size_t n, int64_t sign, int64_t *total,
                        uint32_t *hour)
{
    for (size_t i = 0; i < n; i++) {
        total[v[i].zone] += sign * v[i].n;
        hour[v[i].zone] += sign < 0 ? (uint32_t)-v[i].n : v[i].n;
    }
}

/* Adds (sign 1) a window to all sums of its source, or takes it away (-1). */
static void apply(struct windows_source *s, struct windows_cell *c, struct windows_hour *h,
                  const struct window *window, int64_t sign)
{
    for (size_t i = 0; i < WINDOW_SUMS_N; i++) {
        c->sums[i] = window_sum_add(c->sums[i], sign * window->sums[i]);
    }
    for (size_t i = 0; i < WINDOW_BINS; i++) {
        c->bins[i] += sign * window->bins[i];
    }
    c->starts_n += sign * window->starts_n;
    c->ends_n += sign * window->ends_n;
    h->starts_n += sign * window->starts_n;
    h->ends_n += sign * window->ends_n;
    h->matched += sign * window->sums[WINDOW_MATCHED];
    h->expired += sign * window->sums[WINDOW_EXPIRED_STARTS];
    s->events += sign * (window->starts_n + window->ends_n);
    s->duplicates += sign * window->sums[WINDOW_DUPLICATES];
    apply_zones(window_starts(window), window->starts_len, sign, s->starts, h->starts);
    apply_zones(window_ends(window), window->ends_len, sign, s->ends, h->ends);
    for (size_t i = 0; i < window->routes_len; i++) {
        const struct window_route *r = &window->routes[i];
        struct windows_route_sum *sum = &s->routes[(size_t)r->from * WINDOW_ZONES + r->to];
        sum->n += sign * r->n;
        sum->ride_s = window_sum_add(sum->ride_s, sign * r->ride_s);
    }
}

static void part_drop(struct windows_part *p)
{
    if (p->content != NULL && p->final) {
        window_release(p->content);
        free(p->content);
        p->content = NULL;
    }
}

/* Lists that no span reaches any more go. */
static void drop_details(struct windows_source *s, struct windows_part *changed, int64_t start_s)
{
    int64_t from_s = s->cells[s->cells_n - 1]->start_s - WINDOWS_DETAIL_S;
    if (start_s < from_s) {
        part_drop(changed);
    }
    while (s->cells[s->detail_first]->start_s < from_s) {
        struct windows_cell *c = s->cells[s->detail_first++];
        for (size_t i = 0; i < c->parts_n; i++) {
            part_drop(&c->parts[i]);
        }
    }
}

enum windows_verdict windows_judge(const struct windows *w, const struct window *window,
                                   uint64_t hash, int64_t *ret_replaces)
{
    *ret_replaces = 0;
    const struct windows_part *p = part_of(w, window);
    if (p == NULL) {
        return WINDOWS_STORE;
    }
    if (!p->final) {
        bool newer =
            window->revision > p->revision || (window->revision == p->revision && window->final);
        return newer ? WINDOWS_STORE : WINDOWS_STALE;
    }
    if (window->revision <= p->revision || hash == p->hash) {
        return WINDOWS_STALE;
    }
    if (p->claim_revision == 0) {
        return WINDOWS_SUPERSEDE;
    }
    bool newer = window->revision > p->claim_revision ||
                 (window->revision == p->claim_revision && window->final && !p->claim_final);
    if (!newer || (p->claim_final && hash == p->claim_hash)) {
        return WINDOWS_STALE;
    }
    *ret_replaces = p->claim_final ? 0 : p->claim_revision;
    return WINDOWS_SUPERSEDE;
}

bool windows_put(struct windows *w, struct window *window, uint64_t hash)
{
    struct windows_source *s = source_make(w, window->source);
    struct windows_cell *c = s != NULL ? cell_make(w, s, window->start_s) : NULL;
    struct windows_hour *h = c != NULL ? hour_make(s, window->start_s) : NULL;
    h = h != NULL && window->routes_len > 0 && !routes_make(s) ? NULL : h;
    struct window *content = malloc(sizeof *content);
    struct windows_part *p = h != NULL && content != NULL ? part_make(c, window->partition) : NULL;
    if (p == NULL) {
        free(content);
        return false;
    }
    if (p->revision != 0) {
        assert(p->content != NULL && !p->final);
        apply(s, c, h, p->content, -1);
        window_release(p->content);
        free(p->content);
    } else {
        s->open_n++;
        c->open_n++;
        h->open_n++;
    }
    *content = *window;
    *window = (struct window){.partition = 0};
    p->content = content;
    p->revision = content->revision;
    p->hash = hash;
    apply(s, c, h, content, 1);
    if (content->final) {
        p->final = true;
        s->open_n--;
        c->open_n--;
        h->open_n--;
    }
    drop_details(s, p, c->start_s);
    return true;
}

void windows_claim(struct windows *w, const struct window *window, uint64_t hash)
{
    struct windows_part *p = part_of(w, window);
    assert(p != NULL && p->final);
    if (p->claim_revision != 0 && !p->claim_final) {
        w->superseded_events -= p->claim_events;
        w->superseded_windows--;
    }
    p->claim_revision = window->revision;
    p->claim_final = window->final;
    p->claim_hash = hash;
    p->claim_events = window->starts_n + window->ends_n;
    w->superseded_events += p->claim_events;
    w->superseded_windows++;
}

static const struct window_progress *progress_find(const struct windows_source *s,
                                                   int32_t partition)
{
    for (size_t i = 0; s != NULL && i < s->progress_n; i++) {
        if (s->progress[i].partition == partition) {
            return &s->progress[i];
        }
    }
    return NULL;
}

bool windows_progress_newer(const struct windows *w, const struct window_progress *p)
{
    const struct window_progress *held =
        progress_find(windows_source_find(w, p->source), p->partition);
    /* After a restart the list of trips is not held: it comes again at the same position. */
    return held == NULL || p->position > held->position ||
           (p->position == held->position && p->longest_told && !held->longest_told);
}

bool windows_progress_put(struct windows *w, const struct window_progress *p)
{
    struct windows_source *s = source_make(w, p->source);
    if (s == NULL) {
        return false;
    }
    for (size_t i = 0; i < s->progress_n; i++) {
        if (s->progress[i].partition == p->partition) {
            s->progress[i] = *p;
            return true;
        }
    }
    struct window_progress *grown = realloc(s->progress, (s->progress_n + 1) * sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    s->progress = grown;
    s->progress[s->progress_n++] = *p;
    return true;
}

/* --- clocks and rates --- */

bool windows_filter_takes(const struct windows_filter *f, int32_t source)
{
    if (f->source != 0) {
        return source == f->source;
    }
    return f->dataset == 0 || tlc_source_dataset(source) == f->dataset;
}

int64_t windows_source_clock_s(const struct windows_source *s)
{
    int64_t clock_s = 0;
    for (size_t i = 0; i < s->progress_n; i++) {
        clock_s = s->progress[i].max_event_s > clock_s ? s->progress[i].max_event_s : clock_s;
    }
    return clock_s;
}

int64_t windows_source_watermark_s(const struct windows_source *s)
{
    int64_t watermark_s = 0;
    for (size_t i = 0; i < s->progress_n; i++) {
        int64_t v = s->progress[i].watermark_s;
        v = v < TLC_TIME_MIN_S ? 0 : v > TLC_TIME_MAX_S ? TLC_TIME_MAX_S : v;
        watermark_s = i == 0 || v < watermark_s ? v : watermark_s;
    }
    return watermark_s;
}

bool windows_source_final(const struct windows_source *s)
{
    return s->cells_n > 0 && s->open_n == 0;
}

int64_t windows_clock_s(const struct windows *w, const struct windows_filter *f)
{
    int64_t clock_s = 0;
    for (size_t i = 0; i < w->sources_n; i++) {
        if (windows_filter_takes(f, w->sources[i]->source)) {
            int64_t v = windows_source_clock_s(w->sources[i]);
            clock_s = v > clock_s ? v : clock_s;
        }
    }
    return clock_s;
}

void windows_pulse(struct windows *w, int64_t now_ms, bool fill)
{
    size_t at = w->pulse_next;
    for (size_t i = 0; i < w->sources_n; i++) {
        struct windows_source *s = w->sources[i];
        int64_t clock_s = windows_source_clock_s(s);
        for (size_t k = 0; k < WINDOWS_PULSE_N; k++) {
            if (k == at || fill) {
                s->pulse[k].clock_s = clock_s;
                s->pulse[k].events = s->events;
            }
        }
    }
    w->pulse_ms[at] = now_ms;
    w->pulse_next = (at + 1) % WINDOWS_PULSE_N;
    w->pulse_n += w->pulse_n < WINDOWS_PULSE_N ? 1 : 0;
}

/* Event seconds per wall second of one source: from its first sample with a clock to its last. */
static double source_speed(const struct windows *w, const struct windows_source *s, size_t first)
{
    size_t last = (w->pulse_next + WINDOWS_PULSE_N - 1) % WINDOWS_PULSE_N;
    for (size_t k = first; k != last; k = (k + 1) % WINDOWS_PULSE_N) {
        if (s->pulse[k].clock_s > 0) {
            double wall_s = (double)(w->pulse_ms[last] - w->pulse_ms[k]) / 1000;
            double event_s = (double)(s->pulse[last].clock_s - s->pulse[k].clock_s);
            return wall_s > 0 && event_s > 0 ? event_s / wall_s : 0;
        }
    }
    return 0;
}

void windows_rates(const struct windows *w, const struct windows_filter *f, double *ret_event_rate,
                   double *ret_speed)
{
    double events = 0, speed = 0;
    *ret_event_rate = *ret_speed = 0;
    if (w->pulse_n < 2) {
        return;
    }
    size_t first = (w->pulse_next + WINDOWS_PULSE_N - w->pulse_n) % WINDOWS_PULSE_N;
    size_t last = (w->pulse_next + WINDOWS_PULSE_N - 1) % WINDOWS_PULSE_N;
    double wall_s = (double)(w->pulse_ms[last] - w->pulse_ms[first]) / 1000;
    for (size_t i = 0; i < w->sources_n; i++) {
        const struct windows_source *s = w->sources[i];
        if (windows_filter_takes(f, s->source)) {
            events += (double)(s->pulse[last].events - s->pulse[first].events);
            double v = source_speed(w, s, first);
            speed = v > speed ? v : speed;
        }
    }
    *ret_event_rate = wall_s > 0 && events > 0 ? events / wall_s : 0;
    *ret_speed = speed;
}
