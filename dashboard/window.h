/* One window of one partition and source, as docs/windows.md describes it, and its compact form.
 *
 * A value that owns one block of memory (its lists): release after use, move by assignment. For:
 * carrying a window from the message to the file and into the model. Not for: sums over partitions
 * (windows.h). One thread at a time. Units stand in the names: seconds since the epoch, cents,
 * hundredths of a mile. */
#ifndef TLC_DASHBOARD_WINDOW_H
#define TLC_DASHBOARD_WINDOW_H

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/event/window_bounds.h"

#define WINDOW_ZONES TLC_WINDOW_ZONES
#define WINDOW_BINS TLC_WINDOW_RIDE_BINS
#define WINDOW_COUNT_MAX TLC_WINDOW_COUNT_MAX

#define WINDOW_SUM_ENUM(id, member, least, most) WINDOW_##id,
enum window_sum { TLC_WINDOW_SUMS(WINDOW_SUM_ENUM) WINDOW_SUMS_N };

struct window_sum_info {
    const char *key;
    int64_t min, max;
};
extern const struct window_sum_info window_sum_infos[WINDOW_SUMS_N];

/* Adds up windows of whatever content without overflow: sums that no log can make wrap around, and
 * what is taken away again leaves what was there before. */
static inline int64_t window_sum_add(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

struct window_zone {
    uint32_t zone, n;
};

struct window_route {
    uint16_t from, to;
    uint32_t n;
    int64_t ride_s;
};

/* A source that was opened again makes windows beside those of before, as another partition would:
 * they are kept under a number that holds both. */
static inline int32_t window_partition(int32_t partition, int32_t opening)
{
    return opening * TLC_WINDOW_PARTITIONS_MAX + partition;
}

struct window {
    int32_t partition; /* window_partition */
    int32_t source;
    int64_t start_s, revision;
    bool final;
    int64_t sums[WINDOW_SUMS_N];
    int64_t starts_n, ends_n; /* sums of the lists: the counted events */
    uint32_t bins[WINDOW_BINS];
    struct window_zone *zones; /* starts_len of starts, then ends_len of ends */
    size_t starts_len, ends_len;
    struct window_route *routes;
    size_t routes_len;
};

/* Room for the lists, their lengths set; false when memory is refused. */
TLC_MUST bool window_reserve(struct window *w, size_t starts_len, size_t ends_len,
                             size_t routes_len);
/* Frees the lists. */
void window_release(struct window *w);

static inline const struct window_zone *window_starts(const struct window *w)
{
    return w->zones;
}

static inline const struct window_zone *window_ends(const struct window *w)
{
    return w->zones + w->starts_len;
}

/* Appends the content (not partition, source, start, revision, final) in compact form: varints,
 * lists as differences. Equal contents have equal bytes. */
void window_encode(const struct window *w, struct tlc_buf *out);
/* Fills the content from encode's bytes. TLC_REFUSE when they are no such thing; then nothing has
 * to be released. */
TLC_MUST int window_decode(struct tlc_str bytes, struct window *ret_w, struct tlc_err *err);
/* 64-bit FNV-1a of the compact form. */
uint64_t window_hash(struct tlc_str encoded);

/* Windows added up, for rows that cover several partitions. */
struct window_total {
    int64_t sums[WINDOW_SUMS_N];
    int64_t bins[WINDOW_BINS];
    int64_t starts[WINDOW_ZONES], ends[WINDOW_ZONES];
    struct window_route *routes; /* ascending by from, to; owned */
    size_t routes_len, routes_cap;
};
void window_total_reset(struct window_total *t);
void window_total_release(struct window_total *t);
TLC_MUST bool window_total_add(struct window_total *t, const struct window *w);
/* Appends the members from "matched" on, without braces; with_routes: the routes too. */
void window_total_json(const struct window_total *t, bool with_routes, struct tlc_buf *out);

#endif
