#include "consumer-process/source.h"

#include <assert.h>
#include <stdlib.h>

#include "common/event/tripid.h"

struct source *source_new(const struct rules *rules, int32_t id)
{
    struct source *s = calloc(1, sizeof(*s));
    if (!s) {
        return NULL;
    }
    s->id = id;
    s->live_cap = rules->lateness_s / rules->window_s + 2;
    s->live = calloc((size_t)s->live_cap, sizeof(struct window *));
    if (!s->live) {
        free(s);
        return NULL;
    }
    watermark_init(&s->mark);
    trips_init(&s->open, rules->open_max);
    trips_init(&s->waiting, rules->open_max);
    seen_init(&s->seen, rules->seen_max);
    s->open_oldest_s = INT64_MAX;
    return s;
}

void source_free(struct source *s, struct books *books)
{
    for (int64_t i = 0; i < s->live_cap; i++) {
        if (s->live[i]) {
            window_free(books->pool, s->live[i]);
        }
    }
    trips_release(&s->open);
    trips_release(&s->waiting);
    seen_release(&s->seen);
    free(s->live);
    free(s);
}

static void changed(struct books *books, struct window *w)
{
    if (!w->muted) {
        window_list_push(books->to_send, w);
    }
}

static struct window *window_make(struct source *s, struct books *books, int64_t start_s,
                                  int64_t offset)
{
    struct window *w = window_new(books->pool, books->partition, s->id, start_s);
    if (!w) {
        books->out_of_memory = true;
        return NULL;
    }
    w->muted = offset < books->muted_before || start_s < s->settled_until_s;
    w->opening = s->openings;
    return w;
}

/* The slot of a window that is not final; there are never more of them than slots. */
static struct window **live_slot(const struct source *s, const struct books *books, int64_t start_s)
{
    return &s->live[start_s / books->rules->window_s % s->live_cap];
}

static struct window *live_window(struct source *s, struct books *books, int64_t at_s,
                                  int64_t offset)
{
    struct window *hot = s->hot;
    if (hot && at_s >= hot->start_s && at_s < hot->start_s + books->rules->window_s) {
        return hot;
    }
    int64_t start_s = window_start_of(books->rules, at_s);
    struct window **slot = live_slot(s, books, start_s);
    if (!*slot) {
        *slot = window_make(s, books, start_s, offset);
    }
    assert(!*slot || (*slot)->start_s == start_s);
    s->hot = *slot;
    return *slot;
}

/* The live window of that time if it exists, else NULL. */
static struct window *live_peek(const struct source *s, const struct books *books, int64_t at_s)
{
    struct window *w = *live_slot(s, books, at_s);
    return w && w->start_s == window_start_of(books->rules, at_s) ? w : NULL;
}

static void book_expired(struct books *books, struct window *w, const struct trip *start,
                         int64_t offset)
{
    window_rests_on(w, start->offset);
    window_touch(w, offset);
    w->expired_starts++;
    books->tally.expired_starts++;
    changed(books, w);
}

/* Both events of a trip are here, the later one came at offset. */
static void meet(struct source *s, struct books *books, const struct trip *start,
                 const struct trip *end, int64_t offset)
{
    struct window *at_end = live_window(s, books, end->at_s, offset);
    if (!at_end) {
        return;
    }
    int64_t ride_s = end->at_s - start->at_s;
    int64_t rests_on = start->offset < end->offset ? start->offset : end->offset;
    window_rests_on(at_end, rests_on);
    window_touch(at_end, offset);
    changed(books, at_end);
    if (ride_s >= 0 && ride_s <= books->rules->trip_max_s) {
        uint32_t key = window_route_key(start->zone_id, end->zone_id);
        if (!window_add_ride(books->pool, at_end, key, ride_s, books->rules->routes_max)) {
            books->tally.routes_excess++;
        }
        books->tally.matched++;
        return;
    }
    at_end->orphan_ends++;
    books->tally.orphan_ends++;
    int64_t book_at_s = ride_s < 0 ? start->at_s : start->at_s + books->rules->trip_max_s;
    struct window *at_start = live_window(s, books, book_at_s, offset);
    if (at_start) {
        window_rests_on(at_start, rests_on);
        book_expired(books, at_start, start, offset);
    }
}

static void open_trip(struct source *s, struct books *books, const struct trip *start)
{
    if (!trips_put(&s->open, start)) {
        books->tally.open_excess++;
        return;
    }
    if (start->at_s < s->open_oldest_s) {
        s->open_oldest_s = start->at_s;
    }
}

static enum verdict duplicate(struct books *books, struct window *w, int64_t offset)
{
    window_add_duplicate(w, offset);
    changed(books, w);
    return VERDICT_DUPLICATE;
}

/* What the live window of that number rests on, w rests on, too. */
static void rest_on_window(const struct source *s, const struct books *books, struct window *w,
                           int64_t number)
{
    const struct window *other = live_peek(s, books, number * books->rules->window_s);
    if (other) {
        window_rests_on(w, other->low_offset);
    }
}

/* end_window: in which window its end was seen, or -1. */
static enum verdict apply_start(struct source *s, struct books *books, const struct tlc_event *e,
                                struct window *w, int64_t end_window, const struct trip *start)
{
    struct trip *waits = trips_find(&s->waiting, start->row);
    if (end_window >= 0 && !waits) {
        /* Its end was used up: this is a further start of a trip that is over. What was used up
         * must be read again as long as this verdict is needed. */
        rest_on_window(s, books, w, end_window);
        return duplicate(books, w, start->offset);
    }
    struct trip *open = trips_find(&s->open, start->row);
    if (open) {
        window_rests_on(w, open->offset);
        trips_take(&s->open, open);
        open_trip(s, books, start);
        return duplicate(books, w, start->offset);
    }
    window_add_start(w, e, start->offset);
    changed(books, w);
    if (waits) {
        struct trip end = *waits;
        /* Read without its waiting end, this start would look like one of a trip that is over. */
        window_rests_on(w, end.offset);
        trips_take(&s->waiting, waits);
        meet(s, books, start, &end, start->offset);
    } else {
        open_trip(s, books, start);
    }
    return VERDICT_COUNTED;
}

static enum verdict apply_end(struct source *s, struct books *books, const struct tlc_event *e,
                              struct window *w, const struct trip *end)
{
    window_add_end(w, e, end->offset);
    changed(books, w);
    struct trip *open = trips_find(&s->open, end->row);
    if (open) {
        struct trip start = *open;
        trips_take(&s->open, open);
        meet(s, books, &start, end, end->offset);
    } else if (!trips_put(&s->waiting, end)) {
        books->tally.waiting_excess++;
    }
    return VERDICT_COUNTED;
}

static void finish(struct source *s, struct books *books, struct window *w, int64_t offset)
{
    if (s->hot == w) {
        s->hot = NULL;
    }
    window_touch(w, offset);
    w->final = true;
    books->tally.windows_final++;
    if (w->first_offset != INT64_MAX) {
        history_closed(&books->history, w->first_offset, offset);
    }
    if (w->muted) {
        window_free(books->pool, w);
        return;
    }
    window_pack(books->pool, w);
    window_list_push(&books->finals, w);
    window_list_push(books->to_send, w);
}

static int expiry_order(const void *a, const void *b)
{
    const struct trip *x = a;
    const struct trip *y = b;
    if (x->at_s != y->at_s) {
        return x->at_s < y->at_s ? -1 : 1;
    }
    return x->row < y->row ? -1 : x->row > y->row;
}

/* Whether the window that holds at_s is final when everything before until_s is. */
static bool final_at(const struct books *books, int64_t at_s, int64_t until_s)
{
    return window_start_of(books->rules, at_s) < until_s;
}

/* Takes the open trips that expire out of the map, to *ret_trips (malloc). */
static size_t take_expired(struct source *s, struct books *books, int64_t until_s,
                           struct trip **ret_trips)
{
    *ret_trips = NULL;
    if (s->open.n == 0 || !final_at(books, s->open_oldest_s + books->rules->trip_max_s, until_s)) {
        return 0;
    }
    struct trip *list = malloc(s->open.n * sizeof(*list));
    if (!list) {
        books->out_of_memory = true;
        return 0;
    }
    size_t n = 0;
    int64_t oldest_s = INT64_MAX;
    struct trip *t;
    for (uint32_t at = 0; (t = trips_next(&s->open, &at));) {
        if (final_at(books, t->at_s + books->rules->trip_max_s, until_s)) {
            list[n++] = *t;
        } else if (t->at_s < oldest_s) {
            oldest_s = t->at_s;
        }
    }
    s->open_oldest_s = oldest_s;
    for (size_t i = 0; i < n; i++) {
        trips_take(&s->open, trips_find(&s->open, list[i].row));
    }
    qsort(list, n, sizeof(*list), expiry_order);
    *ret_trips = list;
    return n;
}

/* Books open trips whose window of expiry becomes final; that window may be one in which nothing
 * else happened. */
static void expire(struct source *s, struct books *books, int64_t until_s, int64_t offset)
{
    struct trip *list;
    size_t n = take_expired(s, books, until_s, &list);
    struct window *own = NULL; /* made here, outside of the live ones */
    for (size_t i = 0; i < n; i++) {
        int64_t at_s = list[i].at_s + books->rules->trip_max_s;
        int64_t start_s = window_start_of(books->rules, at_s);
        struct window *w = live_peek(s, books, at_s);
        if (!w) {
            if (own && own->start_s != start_s) {
                finish(s, books, own, offset);
                own = NULL;
            }
            own = own ? own : window_make(s, books, start_s, offset);
            w = own;
        }
        if (w) {
            book_expired(books, w, &list[i], offset);
        }
    }
    if (own) {
        finish(s, books, own, offset);
    }
    free(list);
}

static void orphan(struct source *s, struct books *books, int64_t until_s, int64_t offset)
{
    for (uint32_t at = 0; s->waiting.n > 0;) {
        struct trip *t = trips_next(&s->waiting, &at);
        if (!t) {
            return;
        }
        if (!final_at(books, t->at_s, until_s)) {
            continue;
        }
        struct window *w = live_peek(s, books, t->at_s);
        assert(w || books->out_of_memory);
        if (w) {
            w->orphan_ends++;
            window_touch(w, offset);
        }
        books->tally.orphan_ends++;
        trips_take(&s->waiting, t);
        at--; /* another may have moved into its slot */
    }
}

static void finish_until(struct source *s, struct books *books, int64_t until_s, int64_t offset)
{
    expire(s, books, until_s, offset);
    orphan(s, books, until_s, offset);
    for (int64_t i = 0; i < s->live_cap; i++) {
        struct window *w = s->live[i];
        if (w && w->start_s < until_s) {
            s->live[i] = NULL;
            finish(s, books, w, offset);
        }
    }
}

enum verdict source_apply(struct source *s, struct books *books, const struct tlc_event *e,
                          int64_t offset)
{
    if (watermark_is_late(&s->mark, e->at_s)) {
        return VERDICT_LATE;
    }
    /* Event time first: the windows this event makes final end before it, so the order changes no
     * number, and the live windows always fit their slots. */
    if (watermark_advance(&s->mark, books->rules, e->at_s)) {
        finish_until(s, books, s->mark.final_until_s, offset);
    }
    struct window *w = live_window(s, books, e->at_s, offset);
    if (!w) {
        return VERDICT_COUNTED; /* out of memory: the partition is given up */
    }
    uint32_t row = (uint32_t)tlc_tripid_row(e->trip_id);
    int64_t live = s->mark.final_until_s / books->rules->window_s;
    int64_t number = w->start_s / books->rules->window_s;
    int64_t before = -1;
    int64_t end_window = -1;
    struct seen_block *seen = seen_block(&s->seen, row, live);
    if (seen) {
        before = seen_in(seen, e->status, row, live);
        end_window = seen_in(seen, TLC_END, row, live);
        if (number > before) {
            seen_set(seen, e->status, row, number);
        }
    } else {
        books->tally.seen_excess++;
    }
    if (offset < books->muted_before) {
        w->first_offset = offset < w->first_offset ? offset : w->first_offset;
        return VERDICT_COUNTED;
    }
    if (before >= 0) {
        if (e->status == TLC_END && number > before) {
            /* From now on it is w that tells that the trip had an end: see apply_start. */
            rest_on_window(s, books, w, before);
        }
        return duplicate(books, w, offset);
    }
    struct trip trip = {.at_s = e->at_s, .offset = offset, .row = row, .zone_id = e->zone_id};
    return e->status == TLC_START ? apply_start(s, books, e, w, end_window, &trip)
                                  : apply_end(s, books, e, w, &trip);
}

void source_close(struct source *s, struct books *books, int64_t offset)
{
    watermark_close(&s->mark);
    finish_until(s, books, INT64_MAX, offset);
    seen_release(&s->seen);
}

void source_open(struct source *s, const struct books *books, bool recovering)
{
    if (s->openings == TLC_WINDOW_OPENINGS_MAX) {
        return;
    }
    s->openings++;
    watermark_open(&s->mark, books->rules);
    seen_init(&s->seen, books->rules->seen_max);
    /* What was settled is of the windows before; of those now, recovery knows already. */
    s->settled_until_s = recovering ? s->settled_until_s : 0;
}

int64_t source_effects(const struct source *s)
{
    int64_t low = INT64_MAX;
    for (int64_t i = 0; i < s->live_cap; i++) {
        if (s->live[i] && !s->live[i]->muted && s->live[i]->low_offset < low) {
            low = s->live[i]->low_offset;
        }
    }
    const struct trip *t;
    for (uint32_t at = 0; (t = trips_next(&s->open, &at));) {
        low = t->offset < low ? t->offset : low;
    }
    return low;
}

int64_t source_open_first(const struct source *s)
{
    int64_t first = INT64_MAX;
    for (int64_t i = 0; i < s->live_cap; i++) {
        if (s->live[i] && s->live[i]->first_offset < first) {
            first = s->live[i]->first_offset;
        }
    }
    return first;
}

struct source_mark source_mark(const struct source *s)
{
    return (struct source_mark){.source = s->id,
                                .openings = s->openings,
                                .mark = s->mark,
                                .seen_ms = s->seen_ms,
                                .seen_offset = s->seen_offset};
}
