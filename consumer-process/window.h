/* One tumbling window of one source in one partition: what happened in it, and its JSON.
 *
 * A window is a plain block of counters plus a sparse route table that it owns. Windows come from a
 * pool which keeps the memory of those given back and knows how much all of them hold. Counts are
 * those of docs/windows.md. One thread. */
#ifndef PROCESS_WINDOW_H
#define PROCESS_WINDOW_H

#include "common/base/buf.h"
#include "common/event/window_bounds.h"

#define WINDOW_ZONES TLC_WINDOW_ZONES
#define WINDOW_RIDE_BINS TLC_WINDOW_RIDE_BINS

struct route {
    uint32_t key; /* pickup zone * WINDOW_ZONES + drop-off zone; 0 = free slot */
    uint32_t trips;
    int64_t ride_s;
};

struct routes {
    struct route *slots; /* hash table; once packed: dense, ascending by key */
    uint32_t n, cap;
    bool packed;
};

enum window_list_kind {
    WINDOW_TO_SEND, /* changed since it was sent */
    WINDOW_SENT,    /* in the request under way */
    WINDOW_FINAL,   /* final; not acknowledged, or an earlier one of its source is not */
    WINDOW_LISTS
};

/* A doubly linked list through windows; a window is in at most one list of each kind. */
struct window_list {
    struct window *first, *last;
    size_t n;
    enum window_list_kind kind;
};

struct window {
    int64_t start_s;
    int32_t partition;
    int32_t source;
    int32_t opening; /* times that its source had been opened again */

    int64_t first_offset; /* of the first event with a time in it, duplicates too; INT64_MAX when
                             there was none */
    int64_t low_offset;  /* smallest offset that anything in it rests on: starts of its trips too */
    int64_t last_offset; /* of the message that changed it last; revision - 1 */
    int64_t acked_revision;
    int64_t sent_revision; /* what the request under way carries; 0 = none */
    bool final;
    bool settled; /* final and acknowledged */
    bool muted;   /* final and acknowledged in an earlier life: rebuilt only in passing */
    struct {
        struct window_list *list; /* NULL = in none of this kind */
        struct window *prev, *next;
    } links[WINDOW_LISTS];
    struct window *spare; /* in the pool */

    uint32_t starts[WINDOW_ZONES], ends[WINDOW_ZONES];
    uint32_t matched, orphan_ends, expired_starts, duplicates;
    uint32_t ride_bins[WINDOW_RIDE_BINS];
    int64_t ride_s, passengers, distance_cmi, fare_cents, tip_cents, total_cents;
    struct routes routes;
};

struct window_pool {
    struct window *spare;
    size_t bytes; /* held by windows in use, with their routes */
    size_t in_use;
};

void window_pool_init(struct window_pool *pool);
void window_pool_release(struct window_pool *pool);
/* A cleared window; NULL when memory is refused. */
struct window *window_new(struct window_pool *pool, int32_t partition, int32_t source,
                          int64_t start_s);
/* Out of all lists and back into the pool. */
void window_free(struct window_pool *pool, struct window *w);

void window_list_init(struct window_list *list, enum window_list_kind kind);
/* Nothing happens when it is in a list of that kind already. */
void window_list_push(struct window_list *list, struct window *w);
void window_list_push_front(struct window_list *list, struct window *w);
/* Out of its list of that kind, if any. */
void window_list_remove(struct window *w, enum window_list_kind kind);

/* The message at offset changed it and it rests on that. */
void window_touch(struct window *w, int64_t offset);
/* Books an event at offset; the caller decided that it counts. */
void window_add_start(struct window *w, const struct tlc_event *e, int64_t offset);
void window_add_end(struct window *w, const struct tlc_event *e, int64_t offset);
void window_add_duplicate(struct window *w, int64_t offset);
/* A trip's ride, in its end's window, which the caller touches. false: the route table is full
 * (routes_max); the trip counts, its route does not. */
bool window_add_ride(struct window_pool *pool, struct window *w, uint32_t key, int64_t ride_s,
                     uint32_t routes_max);
static inline uint32_t window_route_key(uint16_t from_zone, uint16_t to_zone)
{
    return (uint32_t)from_zone * WINDOW_ZONES + to_zone;
}
/* Something before rests in it: a restart has to read from there as long as the window is needed.
 */
static inline void window_rests_on(struct window *w, int64_t offset)
{
    if (offset < w->low_offset) {
        w->low_offset = offset;
    }
}
/* No further change: gives back what the route table does not need. */
void window_pack(struct window_pool *pool, struct window *w);
static inline int64_t window_revision(const struct window *w)
{
    return w->last_offset + 1;
}
/* Sum of starts and ends: the events this window counts. */
int64_t window_events(const struct window *w);
/* The window as one JSON object, canonical: fixed order of keys, zones and routes ascending, zeros
 * left out. */
void window_write_json(const struct window *w, struct tlc_buf *out);

#endif
