/* Trips in, events out in the order of time: what is kept while a run is read, and how it is
 * sorted.
 *
 * A run is as many rows as memory allows. Each row has a slot: a struct trip, points where the file
 * has them, and two 8-byte keys (start and end): seconds since TLC_TIME_MIN_S << 32 | slot << 1 |
 * status. Slots follow the rows and sources rise from file to file, so the keys' order is the order
 * of events.ndjson, whatever the threads did. A slot of a rejected row has no keys. A full run is
 * sorted and spilled to an unlinked file as struct tlc_event, and the next one begins.
 *
 * Under the address sanitizer what a row has not written cannot be read: trips and points are
 * poisoned until they are put.
 *
 * Threads: slots are reserved by one thread at a time (intake.h); order_put and order_skip may run
 * at once for different slots; the rest is one thread's, which uses `threads` of its own inside. */
#ifndef PREPROCESS_ORDER_H
#define PREPROCESS_ORDER_H

#include <assert.h>

#include "preprocess/clean.h"

#define ORDER_NO_KEY UINT64_MAX
#define ORDER_RUNS_MAX 4096
#define ORDER_SEGMENTS_MAX 1024
/* Every so many events of a spilled run its time is kept, to cut the merge into equal slices. */
#define ORDER_SAMPLE 8192

/* Slots from `from` on hold the rows from `row` on of a source. */
struct order_segment {
    uint32_t from;
    int32_t source;
    int64_t row;
};

struct order_run {
    int64_t at; /* first byte in the temp file */
    int64_t events_n;
    int64_t *samples; /* times of events 0, ORDER_SAMPLE, 2 * ORDER_SAMPLE ... */
};

struct order {
    int threads;
    int64_t memory_bytes;
    struct trip *trips;
    struct trip_points *points;
    uint64_t *keys, *sorted;
    size_t slots_max; /* slots that are mapped */
    size_t slots_cap; /* slots that may be used now: fewer when there are points */
    size_t slots_n;   /* reserved */
    bool with_points;
    int64_t first_s, last_s; /* span of the run's events */
    int64_t events_n;        /* in the run */
    struct order_segment segment[ORDER_SEGMENTS_MAX];
    size_t segments_n;
    /* by order_sort: bucket b of `sorted` is [bucket[b], bucket[b + 1]); it holds (1 << shift)
     * seconds. */
    uint64_t *bucket;
    size_t buckets_n;
    int shift;
    /* spilled runs */
    const char *temp_dir;
    int temp_fd; /* -1 before the first spill */
    int64_t temp_bytes;
    struct order_run *run;
    size_t runs_n;
    double read_fraction; /* of all input, for the forecast of temp space; 0: unknown */
};

/* Bytes a slot takes, without and with points. */
#define ORDER_SLOT_BYTES (sizeof(struct trip) + 4 * sizeof(uint64_t))
#define ORDER_SLOT_POINT_BYTES (ORDER_SLOT_BYTES + sizeof(struct trip_points))

/* memory_bytes: for the slots alone. temp_dir is borrowed. */
TLC_MUST int order_init(struct order *o, int threads, int64_t memory_bytes, const char *temp_dir,
                        struct tlc_err *err);
void order_release(struct order *o);

/* Before the first row of a file, and again after a spill: rows from `row` on go to the next slots.
 * Sources must rise. */
TLC_MUST int order_begin(struct order *o, int32_t source, int64_t row, bool with_points,
                         struct tlc_err *err);
static inline bool order_fits(const struct order *o, size_t slots)
{
    return slots <= o->slots_cap - o->slots_n;
}
/* Most slots that can be asked for at once. */
#define ORDER_RESERVE_MAX 300000
/* Sorts the run, writes it to the temp file and empties it; the segment under way has to be begun
 * again. */
TLC_MUST int order_spill(struct order *o, struct tlc_err *err);
/* The span and number of the events that were put. */
void order_note(struct order *o, int64_t first_s, int64_t last_s, int64_t events_n);

static inline uint64_t order_key(int64_t at_s, size_t slot, enum tlc_event_status status)
{
    return (uint64_t)(at_s - TLC_TIME_MIN_S) << 32 | (uint64_t)slot << 1 | (uint64_t)status;
}

#if defined __SANITIZE_ADDRESS__
#define ORDER_POISONS 1
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define ORDER_POISONS 1
#endif
#endif
#ifdef ORDER_POISONS
#include <sanitizer/asan_interface.h>
#define ORDER_OPEN(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#define ORDER_SHUT(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#else
#define ORDER_OPEN(p, n) ((void)(p), (void)(n))
#define ORDER_SHUT(p, n) ((void)(p), (void)(n))
#endif

/* A trip that has a point needs a run that keeps points: with_points is columns_have_points of its
 * file. */
static inline void order_put(struct order *o, size_t slot, const struct cleaned *c)
{
    o->keys[2 * slot] = order_key(c->start_s, slot, TLC_START);
    o->keys[2 * slot + 1] = c->has_end ? order_key(c->end_s, slot, TLC_END) : ORDER_NO_KEY;
    ORDER_OPEN(&o->trips[slot], sizeof o->trips[slot]);
    o->trips[slot] = c->trip;
    if (o->with_points) {
        ORDER_OPEN(&o->points[slot], sizeof o->points[slot]);
        o->points[slot] = c->points;
    } else {
        assert(((c->trip.has_start | c->trip.has_end) & TLC_HAS_POINT) == 0);
    }
}

static inline void order_skip(struct order *o, size_t slot)
{
    o->keys[2 * slot] = o->keys[2 * slot + 1] = ORDER_NO_KEY;
}

/* Spreads the keys over buckets of time. */
TLC_MUST int order_sort(struct order *o, struct tlc_err *err);
/* Bucket b in its final order; any thread, each bucket once. *ret_n keys. */
const uint64_t *order_bucket(struct order *o, size_t b, size_t *ret_n);
/* The event of a key. *hint: 0 at first, then left to this function; one for each thread. */
void order_event(const struct order *o, uint64_t key, size_t *hint, struct tlc_event *ret);

#endif
