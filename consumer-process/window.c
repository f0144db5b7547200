#include "consumer-process/window.h"

#include <stdlib.h>
#include <string.h>

#include "consumer-process/jsonout.h"

#define ROUTES_CAP_FIRST 64u

void window_pool_init(struct window_pool *pool)
{
    *pool = (struct window_pool){0};
}

void window_pool_release(struct window_pool *pool)
{
    while (pool->spare) {
        struct window *w = pool->spare;
        pool->spare = w->spare;
        free(w->routes.slots);
        free(w);
    }
}

struct window *window_new(struct window_pool *pool, int32_t partition, int32_t source,
                          int64_t start_s)
{
    struct window *w = pool->spare;
    struct routes routes = {0};
    if (w) {
        pool->spare = w->spare;
        routes = w->routes;
        if (routes.slots) {
            memset(routes.slots, 0, routes.cap * sizeof(*routes.slots));
        }
    } else {
        w = malloc(sizeof(*w));
        if (!w) {
            return NULL;
        }
    }
    memset(w, 0, sizeof(*w));
    w->routes = (struct routes){.slots = routes.slots, .cap = routes.cap};
    w->partition = partition;
    w->source = source;
    w->start_s = start_s;
    w->first_offset = INT64_MAX;
    w->low_offset = INT64_MAX;
    w->last_offset = -1;
    pool->in_use++;
    pool->bytes += sizeof(*w) + w->routes.cap * sizeof(*w->routes.slots);
    return w;
}

void window_free(struct window_pool *pool, struct window *w)
{
    for (int kind = 0; kind < WINDOW_LISTS; kind++) {
        window_list_remove(w, (enum window_list_kind)kind);
    }
    pool->in_use--;
    pool->bytes -= sizeof(*w) + w->routes.cap * sizeof(*w->routes.slots);
    if (w->routes.packed) { /* its table has an odd size and is of no further use */
        free(w->routes.slots);
        w->routes = (struct routes){0};
    }
    w->spare = pool->spare;
    pool->spare = w;
}

void window_touch(struct window *w, int64_t offset)
{
    window_rests_on(w, offset);
    w->last_offset = offset;
}

void window_list_init(struct window_list *list, enum window_list_kind kind)
{
    *list = (struct window_list){.kind = kind};
}

void window_list_push(struct window_list *list, struct window *w)
{
    if (w->links[list->kind].list) {
        return;
    }
    w->links[list->kind].list = list;
    w->links[list->kind].prev = list->last;
    w->links[list->kind].next = NULL;
    if (list->last) {
        list->last->links[list->kind].next = w;
    } else {
        list->first = w;
    }
    list->last = w;
    list->n++;
}

void window_list_push_front(struct window_list *list, struct window *w)
{
    if (w->links[list->kind].list) {
        return;
    }
    w->links[list->kind].list = list;
    w->links[list->kind].prev = NULL;
    w->links[list->kind].next = list->first;
    if (list->first) {
        list->first->links[list->kind].prev = w;
    } else {
        list->last = w;
    }
    list->first = w;
    list->n++;
}

void window_list_remove(struct window *w, enum window_list_kind kind)
{
    struct window_list *list = w->links[kind].list;
    if (!list) {
        return;
    }
    struct window *prev = w->links[kind].prev;
    struct window *next = w->links[kind].next;
    if (prev) {
        prev->links[kind].next = next;
    } else {
        list->first = next;
    }
    if (next) {
        next->links[kind].prev = prev;
    } else {
        list->last = prev;
    }
    list->n--;
    w->links[kind].list = NULL;
}

static void touch(struct window *w, int64_t offset)
{
    if (w->first_offset == INT64_MAX) {
        w->first_offset = offset;
    }
    window_touch(w, offset);
}

void window_add_start(struct window *w, const struct tlc_event *e, int64_t offset)
{
    touch(w, offset);
    w->starts[e->zone_id]++;
    if (e->has & TLC_HAS_PASSENGERS) {
        w->passengers += e->passengers;
    }
}

void window_add_end(struct window *w, const struct tlc_event *e, int64_t offset)
{
    touch(w, offset);
    w->ends[e->zone_id]++;
    if (e->has & TLC_HAS_DISTANCE) {
        w->distance_cmi += e->distance_cmi;
    }
    if (e->has & TLC_HAS_FARE) {
        w->fare_cents += e->fare_cents;
    }
    if (e->has & TLC_HAS_TIP) {
        w->tip_cents += e->tip_cents;
    }
    if (e->has & TLC_HAS_TOTAL) {
        w->total_cents += e->total_cents;
    }
}

void window_add_duplicate(struct window *w, int64_t offset)
{
    touch(w, offset);
    w->duplicates++;
}

static struct route *route_slot(const struct routes *r, uint32_t key)
{
    uint32_t mask = r->cap - 1;
    uint32_t i = (key * UINT32_C(2654435769)) >> 7 & mask;
    while (r->slots[i].key != 0 && r->slots[i].key != key) {
        i = (i + 1) & mask;
    }
    return &r->slots[i];
}

static bool routes_grow(struct window_pool *pool, struct routes *r)
{
    struct routes bigger = {.n = r->n, .cap = r->cap == 0 ? ROUTES_CAP_FIRST : r->cap * 2};
    bigger.slots = calloc(bigger.cap, sizeof(*bigger.slots));
    if (!bigger.slots) {
        return false;
    }
    for (uint32_t i = 0; i < r->cap; i++) {
        if (r->slots[i].key != 0) {
            *route_slot(&bigger, r->slots[i].key) = r->slots[i];
        }
    }
    pool->bytes += (bigger.cap - r->cap) * sizeof(*r->slots);
    free(r->slots);
    *r = bigger;
    return true;
}

bool window_add_ride(struct window_pool *pool, struct window *w, uint32_t key, int64_t ride_s,
                     uint32_t routes_max)
{
    int64_t minute = ride_s / 60;
    w->ride_bins[minute < WINDOW_RIDE_BINS ? minute : WINDOW_RIDE_BINS - 1]++;
    w->ride_s += ride_s;
    w->matched++;
    struct routes *r = &w->routes;
    struct route *slot = r->cap > 0 ? route_slot(r, key) : NULL;
    if (!slot || slot->key == 0) {
        if (r->n >= routes_max) {
            return false;
        }
        if ((r->n + 1) * 3 > r->cap * 2) {
            if (!routes_grow(pool, r)) {
                return false;
            }
            slot = route_slot(r, key);
        }
        slot->key = key;
        r->n++;
    }
    slot->trips++;
    slot->ride_s += ride_s;
    return true;
}

/* Copies the used slots to dst, ascending by key: a counting sort of the low and then the high half
 * of the key. */
static bool routes_sorted(const struct routes *r, struct route *dst)
{
    enum { LOW_BITS = 9, BUCKETS = 1 << LOW_BITS };
    struct route *low_sorted = malloc(r->n * sizeof(*low_sorted));
    if (!low_sorted) {
        return false;
    }
    uint32_t low[BUCKETS + 1] = {0};
    uint32_t high[BUCKETS + 1] = {0};
    for (uint32_t i = 0; i < r->cap; i++) {
        uint32_t key = r->slots[i].key;
        if (key != 0) {
            low[(key & (BUCKETS - 1)) + 1]++;
            high[(key >> LOW_BITS) + 1]++;
        }
    }
    for (uint32_t i = 0; i < BUCKETS; i++) {
        low[i + 1] += low[i];
        high[i + 1] += high[i];
    }
    for (uint32_t i = 0; i < r->cap; i++) {
        uint32_t key = r->slots[i].key;
        if (key != 0) {
            low_sorted[low[key & (BUCKETS - 1)]++] = r->slots[i];
        }
    }
    for (uint32_t i = 0; i < r->n; i++) {
        dst[high[low_sorted[i].key >> LOW_BITS]++] = low_sorted[i];
    }
    free(low_sorted);
    return true;
}

void window_pack(struct window_pool *pool, struct window *w)
{
    struct routes *r = &w->routes;
    if (r->packed) {
        return;
    }
    struct route *dense = r->n > 0 ? malloc(r->n * sizeof(*dense)) : NULL;
    if (r->n > 0 && (!dense || !routes_sorted(r, dense))) {
        free(dense); /* without memory to save memory it stays as it is */
        return;
    }
    pool->bytes -= (r->cap - r->n) * sizeof(*r->slots);
    free(r->slots);
    *r = (struct routes){.slots = dense, .n = r->n, .cap = r->n, .packed = true};
}

int64_t window_events(const struct window *w)
{
    int64_t n = 0;
    for (size_t z = 1; z < WINDOW_ZONES; z++) {
        n += (int64_t)w->starts[z] + w->ends[z];
    }
    return n;
}

static void write_zones(struct jsonout *j, const char *key, const uint32_t *zones)
{
    jsonout_open(j, key, '[');
    for (size_t z = 1; z < WINDOW_ZONES; z++) {
        if (zones[z] != 0) {
            jsonout_open(j, NULL, '[');
            jsonout_i64(j, NULL, (int64_t)z);
            jsonout_i64(j, NULL, zones[z]);
            jsonout_close(j, ']');
        }
    }
    jsonout_close(j, ']');
}

static void write_bins(struct jsonout *j, const struct window *w)
{
    size_t n = WINDOW_RIDE_BINS;
    while (n > 0 && w->ride_bins[n - 1] == 0) {
        n--;
    }
    jsonout_open(j, "ride_bins", '[');
    for (size_t i = 0; i < n; i++) {
        jsonout_i64(j, NULL, w->ride_bins[i]);
    }
    jsonout_close(j, ']');
}

static void write_routes(struct jsonout *j, const struct routes *r)
{
    struct route *sorted = NULL;
    const struct route *rows = r->slots;
    if (!r->packed && r->n > 0) {
        sorted = malloc(r->n * sizeof(*sorted));
        if (!sorted || !routes_sorted(r, sorted)) {
            free(sorted);
            j->out->failed = true;
            return;
        }
        rows = sorted;
    }
    jsonout_open(j, "routes", '[');
    for (uint32_t i = 0; i < r->n; i++) {
        jsonout_open(j, NULL, '[');
        jsonout_i64(j, NULL, rows[i].key / WINDOW_ZONES);
        jsonout_i64(j, NULL, rows[i].key % WINDOW_ZONES);
        jsonout_i64(j, NULL, rows[i].trips);
        jsonout_i64(j, NULL, rows[i].ride_s);
        jsonout_close(j, ']');
    }
    jsonout_close(j, ']');
    free(sorted);
}

#define WRITE_SUM(id, member, least, most) jsonout_i64(j, #member, w->member);

void window_write_json(const struct window *w, struct tlc_buf *out)
{
    struct jsonout json;
    struct jsonout *j = &json;
    jsonout_init(j, out);
    jsonout_open(j, NULL, '{');
    jsonout_i64(j, "partition", w->partition);
    jsonout_i64(j, "source", w->source);
    jsonout_i64(j, "start", w->start_s);
    if (w->opening > 0) {
        jsonout_i64(j, "opening", w->opening);
    }
    jsonout_i64(j, "revision", window_revision(w));
    jsonout_bool(j, "final", w->final);
    TLC_WINDOW_SUMS(WRITE_SUM)
    write_bins(j, w);
    write_zones(j, "starts", w->starts);
    write_zones(j, "ends", w->ends);
    write_routes(j, &w->routes);
    jsonout_close(j, '}');
}
