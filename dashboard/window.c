#include "dashboard/window.h"

#include <inttypes.h>
#include <stdlib.h>

#define WINDOW_SUM_ROW(id, member, least, most) {#member, least, most},
const struct window_sum_info window_sum_infos[WINDOW_SUMS_N] = {TLC_WINDOW_SUMS(WINDOW_SUM_ROW)};

bool window_reserve(struct window *w, size_t starts_len, size_t ends_len, size_t routes_len)
{
    size_t zones_bytes = (starts_len + ends_len) * sizeof(struct window_zone);
    size_t routes_bytes = routes_len * sizeof(struct window_route);
    char *block = calloc(1, zones_bytes + routes_bytes + 1);
    if (block == NULL) {
        return false;
    }
    free(w->zones);
    w->zones = (struct window_zone *)(void *)block;
    w->routes = (struct window_route *)(void *)(block + zones_bytes);
    w->starts_len = starts_len;
    w->ends_len = ends_len;
    w->routes_len = routes_len;
    return true;
}

void window_release(struct window *w)
{
    free(w->zones);
    w->zones = NULL;
    w->routes = NULL;
    w->starts_len = w->ends_len = w->routes_len = 0;
}

static void put_uint(struct tlc_buf *out, uint64_t v)
{
    unsigned char bytes[10];
    size_t n = 0;
    while (v >= 0x80) {
        bytes[n++] = (unsigned char)(v | 0x80);
        v >>= 7;
    }
    bytes[n++] = (unsigned char)v;
    tlc_buf_append(out, bytes, n);
}

/* Zigzag: small numbers of either sign stay short. */
static void put_int(struct tlc_buf *out, int64_t v)
{
    put_uint(out, ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0));
}

static void put_zones(struct tlc_buf *out, const struct window_zone *v, size_t n)
{
    uint32_t last = 0;
    put_uint(out, n);
    for (size_t i = 0; i < n; i++) {
        put_uint(out, v[i].zone - last);
        put_uint(out, v[i].n);
        last = v[i].zone;
    }
}

void window_encode(const struct window *w, struct tlc_buf *out)
{
    for (size_t i = 0; i < WINDOW_SUMS_N; i++) {
        put_int(out, w->sums[i]);
    }
    size_t bins = WINDOW_BINS;
    while (bins > 0 && w->bins[bins - 1] == 0) {
        bins--;
    }
    put_uint(out, bins);
    for (size_t i = 0; i < bins; i++) {
        put_uint(out, w->bins[i]);
    }
    put_zones(out, window_starts(w), w->starts_len);
    put_zones(out, window_ends(w), w->ends_len);
    put_uint(out, w->routes_len);
    uint32_t last = 0;
    for (size_t i = 0; i < w->routes_len; i++) {
        const struct window_route *r = &w->routes[i];
        uint32_t key = (uint32_t)r->from * WINDOW_ZONES + r->to;
        put_uint(out, key - last);
        put_uint(out, r->n);
        put_int(out, r->ride_s);
        last = key;
    }
}

struct reader {
    const unsigned char *p, *end;
    bool bad;
};

static uint64_t get_uint(struct reader *r, uint64_t max)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (r->p == r->end) {
            break;
        }
        unsigned char c = *r->p++;
        v |= (uint64_t)(c & 0x7f) << shift;
        if (c < 0x80) {
            r->bad |= v > max;
            return v > max ? 0 : v;
        }
    }
    r->bad = true;
    return 0;
}

static int64_t get_int(struct reader *r)
{
    uint64_t v = get_uint(r, UINT64_MAX);
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static int64_t get_zones(struct reader *r, struct window_zone *v, size_t n)
{
    int64_t sum = 0;
    uint32_t zone = 0;
    for (size_t i = 0; i < n && !r->bad; i++) {
        zone += (uint32_t)get_uint(r, WINDOW_ZONES - 1);
        r->bad |= zone == 0 || zone >= WINDOW_ZONES;
        v[i] = (struct window_zone){zone, (uint32_t)get_uint(r, UINT32_MAX)};
        sum += v[i].n;
    }
    return sum;
}

static void get_routes(struct reader *r, struct window_route *v, size_t n)
{
    uint32_t key = 0;
    for (size_t i = 0; i < n && !r->bad; i++) {
        key += (uint32_t)get_uint(r, WINDOW_ZONES * WINDOW_ZONES);
        r->bad |= key >= WINDOW_ZONES * WINDOW_ZONES;
        v[i].from = (uint16_t)(key / WINDOW_ZONES);
        v[i].to = (uint16_t)(key % WINDOW_ZONES);
        v[i].n = (uint32_t)get_uint(r, UINT32_MAX);
        v[i].ride_s = get_int(r);
    }
}

/* The list lengths stand in front of each list, so a first pass is spared by copying zones aside.
 */
int window_decode(struct tlc_str bytes, struct window *ret_w, struct tlc_err *err)
{
    struct window w = {.partition = 0};
    struct window_zone starts[WINDOW_ZONES], ends[WINDOW_ZONES];
    struct reader r = {(const unsigned char *)bytes.p, (const unsigned char *)bytes.p + bytes.n,
                       false};
    for (size_t i = 0; i < WINDOW_SUMS_N; i++) {
        w.sums[i] = get_int(&r);
    }
    size_t bins = (size_t)get_uint(&r, WINDOW_BINS);
    for (size_t i = 0; i < bins; i++) {
        w.bins[i] = (uint32_t)get_uint(&r, UINT32_MAX);
    }
    size_t starts_len = (size_t)get_uint(&r, WINDOW_ZONES - 1);
    w.starts_n = get_zones(&r, starts, starts_len);
    size_t ends_len = (size_t)get_uint(&r, WINDOW_ZONES - 1);
    w.ends_n = get_zones(&r, ends, ends_len);
    size_t routes_len = (size_t)get_uint(&r, WINDOW_ZONES * WINDOW_ZONES);
    if (r.bad || !window_reserve(&w, starts_len, ends_len, routes_len)) {
        return tlc_err_set(err, TLC_REFUSE, "stored window is damaged or does not fit in memory");
    }
    for (size_t i = 0; i < starts_len + ends_len; i++) {
        w.zones[i] = i < starts_len ? starts[i] : ends[i - starts_len];
    }
    get_routes(&r, w.routes, routes_len);
    if (r.bad || r.p != r.end) {
        window_release(&w);
        return tlc_err_set(err, TLC_REFUSE, "stored window is damaged");
    }
    *ret_w = w;
    return TLC_OK;
}

uint64_t window_hash(struct tlc_str encoded)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < encoded.n; i++) {
        h = (h ^ (unsigned char)encoded.p[i]) * UINT64_C(0x100000001b3);
    }
    return h;
}

void window_total_reset(struct window_total *t)
{
    struct window_route *routes = t->routes;
    size_t cap = t->routes_cap;
    *t = (struct window_total){.routes = routes, .routes_cap = cap};
}

void window_total_release(struct window_total *t)
{
    free(t->routes);
    *t = (struct window_total){.routes = NULL};
}

static uint32_t route_key(const struct window_route *r)
{
    return (uint32_t)r->from * WINDOW_ZONES + r->to;
}

/* Merges two ascending lists; from the back, so that the longer one stays in place. */
static bool merge_routes(struct window_total *t, const struct window *w)
{
    size_t need = t->routes_len + w->routes_len;
    if (need > t->routes_cap) {
        struct window_route *grown = realloc(t->routes, 2 * need * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        t->routes = grown;
        t->routes_cap = 2 * need;
    }
    size_t i = t->routes_len, j = w->routes_len, k = need;
    while (j > 0) {
        uint32_t b = route_key(&w->routes[j - 1]);
        uint32_t a = i > 0 ? route_key(&t->routes[i - 1]) : 0;
        if (i > 0 && a > b) {
            t->routes[--k] = t->routes[--i];
        } else {
            t->routes[--k] = w->routes[--j];
            if (i > 0 && a == b) {
                i--;
                t->routes[k].n += t->routes[i].n;
                t->routes[k].ride_s = window_sum_add(t->routes[k].ride_s, t->routes[i].ride_s);
            }
        }
    }
    /* [i, k) is the gap that equal keys left. */
    memmove(t->routes + i, t->routes + k, (need - k) * sizeof *t->routes);
    t->routes_len = i + need - k;
    return true;
}

bool window_total_add(struct window_total *t, const struct window *w)
{
    for (size_t i = 0; i < WINDOW_SUMS_N; i++) {
        t->sums[i] = window_sum_add(t->sums[i], w->sums[i]);
    }
    for (size_t i = 0; i < WINDOW_BINS; i++) {
        t->bins[i] += w->bins[i];
    }
    for (size_t i = 0; i < w->starts_len; i++) {
        t->starts[window_starts(w)[i].zone] += window_starts(w)[i].n;
    }
    for (size_t i = 0; i < w->ends_len; i++) {
        t->ends[window_ends(w)[i].zone] += window_ends(w)[i].n;
    }
    return w->routes_len == 0 || merge_routes(t, w);
}

static void zones_json(const int64_t *v, struct tlc_buf *out)
{
    const char *sep = "";
    for (size_t zone = 1; zone < WINDOW_ZONES; zone++) {
        if (v[zone] != 0) {
            tlc_buf_printf(out, "%s[%zu,%" PRId64 "]", sep, zone, v[zone]);
            sep = ",";
        }
    }
}

void window_total_json(const struct window_total *t, bool with_routes, struct tlc_buf *out)
{
    for (size_t i = 0; i < WINDOW_SUMS_N; i++) {
        tlc_buf_printf(out, "\"%s\":%" PRId64 ",", window_sum_infos[i].key, t->sums[i]);
    }
    size_t bins = WINDOW_BINS;
    while (bins > 0 && t->bins[bins - 1] == 0) {
        bins--;
    }
    tlc_buf_printf(out, "\"ride_bins\":[");
    for (size_t i = 0; i < bins; i++) {
        tlc_buf_printf(out, "%s%" PRId64, i == 0 ? "" : ",", t->bins[i]);
    }
    tlc_buf_printf(out, "],\"starts\":[");
    zones_json(t->starts, out);
    tlc_buf_printf(out, "],\"ends\":[");
    zones_json(t->ends, out);
    tlc_buf_printf(out, "]");
    if (!with_routes) {
        return;
    }
    tlc_buf_printf(out, ",\"routes\":[");
    for (size_t i = 0; i < t->routes_len; i++) {
        const struct window_route *r = &t->routes[i];
        tlc_buf_printf(out, "%s[%u,%u,%u,%" PRId64 "]", i == 0 ? "" : ",", r->from, r->to, r->n,
                       r->ride_s);
    }
    tlc_buf_printf(out, "]");
}
