#include "preprocess/zonegrid.h"

#include <stdlib.h>

#include "common/event/event.h"

/* A cell is a thousandth of a degree: some 85 m by 110 m. */
#define CELL 1000000
#define ZONES (TLC_ZONE_MAX + 1)
#define CROSSED UINT32_C(0x80000000)
/* Widest box of shapes that is taken for New York: 4 degrees a side keeps every product within 64
 * bits. */
#define SPAN_MAX INT64_C(4000000000)

struct edge {
    int64_t x1, y1, x2, y2; /* y1 < y2, relative to the grid's corner */
};

/* The edges of one zone by row of the grid: row r has edge[from[r - row0]] .. edge[from[r - row0 +
 * 1]]. */
struct strips {
    int row0, rows;
    uint32_t *from;
    struct edge *edge;
    int64_t x_min, x_max, y_min, y_max;
};

struct zonegrid {
    int64_t x0, y0; /* corner, 10^-9 degree */
    int columns, rows;
    uint32_t *cell;      /* zone id, or CROSSED | start of its candidates in `candidate` */
    uint16_t *candidate; /* runs of zone ids, rising, each ended by 0 */
    size_t candidate_n, candidate_cap;
    struct strips zone[ZONES];
    /* While it is built: cell << 16 | zone for every cell that an edge of the zone touches. */
    uint64_t *touch;
    size_t touch_n, touch_cap;
};

void zone_shapes_release(struct zone_shapes *s)
{
    free(s->vertex);
    free(s->ring_from);
    free(s->ring_zone);
    free(s->ring_box);
    memset(s, 0, sizeof *s);
}

bool zone_shapes_add(struct zone_shapes *s, struct zone_vertex v)
{
    if (s->vertex_n == s->vertex_cap) {
        size_t cap = s->vertex_cap ? s->vertex_cap * 2 : 4096;
        struct zone_vertex *p = realloc(s->vertex, cap * sizeof *p);
        if (!p) {
            return false;
        }
        s->vertex = p;
        s->vertex_cap = cap;
    }
    s->vertex[s->vertex_n++] = v;
    return true;
}

static struct zone_box box_of(const struct zone_shapes *s, uint32_t from)
{
    struct zone_box b = {{INT64_MAX, INT64_MAX}, {INT64_MIN, INT64_MIN}};
    for (size_t i = from; i < s->vertex_n; i++) {
        const struct zone_vertex v = s->vertex[i];
        b.low.x = v.x < b.low.x ? v.x : b.low.x;
        b.low.y = v.y < b.low.y ? v.y : b.low.y;
        b.high.x = v.x > b.high.x ? v.x : b.high.x;
        b.high.y = v.y > b.high.y ? v.y : b.high.y;
    }
    return b;
}

static bool in_box(const struct zone_box *b, struct zone_vertex p)
{
    return p.x >= b->low.x && p.x <= b->high.x && p.y >= b->low.y && p.y <= b->high.y;
}

bool zone_shapes_end_ring(struct zone_shapes *s, int zone)
{
    if (s->ring_n + 1 >= s->ring_cap) {
        size_t cap = s->ring_cap ? s->ring_cap * 2 : 512;
        uint32_t *from = realloc(s->ring_from, cap * sizeof *from);
        s->ring_from = from ? from : s->ring_from;
        uint16_t *zones = realloc(s->ring_zone, cap * sizeof *zones);
        s->ring_zone = zones ? zones : s->ring_zone;
        struct zone_box *boxes = realloc(s->ring_box, cap * sizeof *boxes);
        s->ring_box = boxes ? boxes : s->ring_box;
        if (!from || !zones || !boxes) {
            return false;
        }
        s->ring_cap = cap;
    }
    if (s->ring_n == 0) {
        s->ring_from[0] = 0;
    }
    s->ring_box[s->ring_n] = box_of(s, s->ring_from[s->ring_n]);
    s->ring_zone[s->ring_n++] = (uint16_t)zone;
    s->ring_from[s->ring_n] = (uint32_t)s->vertex_n;
    return true;
}

/* The ray from the point to the east crosses the edge: half-open in y, exact. Needs y1 < y2. */
static bool crosses(const struct edge *e, int64_t x, int64_t y)
{
    return y >= e->y1 && y < e->y2 && (x - e->x1) * (e->y2 - e->y1) < (y - e->y1) * (e->x2 - e->x1);
}

/* Ring r's i-th edge from its corner; false for a horizontal one. */
static bool ring_edge(const struct zone_shapes *s, size_t r, uint32_t i, struct zone_vertex corner,
                      struct edge *ret)
{
    const uint32_t last = s->ring_from[r + 1] - 1;
    const struct zone_vertex a = s->vertex[i];
    const struct zone_vertex b = s->vertex[i == last ? s->ring_from[r] : i + 1];
    const bool up = a.y < b.y;
    const struct zone_vertex low = up ? a : b, high = up ? b : a;
    *ret = (struct edge){low.x - corner.x, low.y - corner.y, high.x - corner.x, high.y - corner.y};
    return a.y != b.y;
}

int zone_shapes_find(const struct zone_shapes *s, int32_t lon_e6, int32_t lat_e6)
{
    bool inside[ZONES] = {false};
    const struct zone_vertex p = {(int64_t)lon_e6 * 1000, (int64_t)lat_e6 * 1000};
    for (size_t r = 0; r < s->ring_n; r++) {
        const uint32_t end = in_box(&s->ring_box[r], p) ? s->ring_from[r + 1] : 0;
        for (uint32_t i = s->ring_from[r]; i < end; i++) {
            struct edge e;
            if (ring_edge(s, r, i, p, &e) && crosses(&e, 0, 0)) {
                inside[s->ring_zone[r]] = !inside[s->ring_zone[r]];
            }
        }
    }
    for (int z = 1; z < ZONES; z++) {
        if (inside[z]) {
            return z;
        }
    }
    return TLC_ZONE_OUTSIDE;
}

static bool in_strips(const struct strips *z, int64_t x, int64_t y)
{
    if (x < z->x_min || x > z->x_max || y < z->y_min || y > z->y_max) {
        return false;
    }
    const int r = (int)(y / CELL) - z->row0;
    bool inside = false;
    for (uint32_t i = z->from[r]; i < z->from[r + 1]; i++) {
        inside ^= crosses(&z->edge[i], x, y);
    }
    return inside;
}

int zonegrid_find(const struct zonegrid *g, int32_t lon_e6, int32_t lat_e6)
{
    const int64_t x = (int64_t)lon_e6 * 1000 - g->x0;
    const int64_t y = (int64_t)lat_e6 * 1000 - g->y0;
    if (x < 0 || y < 0 || x >= (int64_t)g->columns * CELL || y >= (int64_t)g->rows * CELL) {
        return TLC_ZONE_OUTSIDE;
    }
    const uint32_t cell = g->cell[(y / CELL) * g->columns + x / CELL];
    if ((cell & CROSSED) == 0) {
        return (int)cell;
    }
    for (const uint16_t *z = g->candidate + (cell & ~CROSSED); *z != 0; z++) {
        if (in_strips(&g->zone[*z], x, y)) {
            return *z;
        }
    }
    return TLC_ZONE_OUTSIDE;
}

static bool measure(struct zonegrid *g, const struct zone_shapes *s)
{
    int64_t x_max = INT64_MIN, y_max = INT64_MIN;
    g->x0 = g->y0 = INT64_MAX;
    for (size_t i = 0; i < s->vertex_n; i++) {
        const struct zone_vertex v = s->vertex[i];
        g->x0 = v.x < g->x0 ? v.x : g->x0;
        g->y0 = v.y < g->y0 ? v.y : g->y0;
        x_max = v.x > x_max ? v.x : x_max;
        y_max = v.y > y_max ? v.y : y_max;
    }
    if (s->ring_n == 0 || x_max - g->x0 > SPAN_MAX || y_max - g->y0 > SPAN_MAX) {
        return false;
    }
    g->x0 -= 1;
    g->y0 -= 1;
    g->columns = (int)((x_max - g->x0) / CELL) + 1;
    g->rows = (int)((y_max - g->y0) / CELL) + 1;
    return true;
}

/* Calls fn for each edge of a zone (all zones when zone is 0). */
static bool each_edge(struct zonegrid *g, const struct zone_shapes *s, int zone,
                      bool (*fn)(struct zonegrid *g, int zone, const struct edge *e))
{
    const struct zone_vertex corner = {g->x0, g->y0};
    for (size_t r = 0; r < s->ring_n; r++) {
        if (zone != 0 && s->ring_zone[r] != zone) {
            continue;
        }
        for (uint32_t i = s->ring_from[r]; i < s->ring_from[r + 1]; i++) {
            struct edge e;
            ring_edge(s, r, i, corner, &e); /* horizontal ones too: they touch cells */
            if (!fn(g, s->ring_zone[r], &e)) {
                return false;
            }
        }
    }
    return true;
}

static bool extend_box(struct zonegrid *g, int zone, const struct edge *e)
{
    struct strips *z = &g->zone[zone];
    const int64_t left = e->x1 < e->x2 ? e->x1 : e->x2, right = e->x1 < e->x2 ? e->x2 : e->x1;
    if (z->rows == 0) {
        z->rows = 1;
        z->x_min = left, z->x_max = right, z->y_min = e->y1, z->y_max = e->y2;
        return true;
    }
    z->x_min = left < z->x_min ? left : z->x_min;
    z->x_max = right > z->x_max ? right : z->x_max;
    z->y_min = e->y1 < z->y_min ? e->y1 : z->y_min;
    z->y_max = e->y2 > z->y_max ? e->y2 : z->y_max;
    return true;
}

static bool count_rows(struct zonegrid *g, int zone, const struct edge *e)
{
    struct strips *z = &g->zone[zone];
    for (int64_t r = e->y1 / CELL; e->y1 < e->y2 && r <= e->y2 / CELL; r++) {
        z->from[r - z->row0 + 1]++;
    }
    return true;
}

/* from[r] stands one row ahead while filling, and is right afterwards. */
static bool fill_rows(struct zonegrid *g, int zone, const struct edge *e)
{
    struct strips *z = &g->zone[zone];
    for (int64_t r = e->y1 / CELL; e->y1 < e->y2 && r <= e->y2 / CELL; r++) {
        z->edge[z->from[r - z->row0]++] = *e;
    }
    return true;
}

static bool build_strips(struct zonegrid *g, const struct zone_shapes *s, int zone)
{
    struct strips *z = &g->zone[zone];
    z->row0 = (int)(z->y_min / CELL);
    z->rows = (int)(z->y_max / CELL) - z->row0 + 1;
    z->from = calloc((size_t)z->rows + 2, sizeof *z->from);
    if (!z->from) {
        return false;
    }
    each_edge(g, s, zone, count_rows);
    for (int r = 0; r < z->rows; r++) {
        z->from[r + 1] += z->from[r];
    }
    z->edge = malloc(((size_t)z->from[z->rows] + 1) * sizeof *z->edge);
    if (!z->edge) {
        return false;
    }
    each_edge(g, s, zone, fill_rows);
    memmove(z->from + 1, z->from, (size_t)z->rows * sizeof *z->from);
    z->from[0] = 0;
    return true;
}

static bool add_touch(struct zonegrid *g, int64_t cell, int zone)
{
    const uint64_t touch = (uint64_t)cell << 16 | (uint64_t)zone;
    if (g->touch_n > 0 && g->touch[g->touch_n - 1] == touch) {
        return true;
    }
    if (g->touch_n == g->touch_cap) {
        size_t cap = g->touch_cap ? g->touch_cap * 2 : 65536;
        uint64_t *p = realloc(g->touch, cap * sizeof *p);
        if (!p) {
            return false;
        }
        g->touch = p;
        g->touch_cap = cap;
    }
    g->touch[g->touch_n++] = touch;
    return true;
}

static bool mark_cells(struct zonegrid *g, int zone, const struct edge *e)
{
    for (int64_t r = (e->y1 - 1) / CELL; r <= (e->y2 + 1) / CELL && r < g->rows; r++) {
        /* The edge between the row's floor and ceiling, a unit wider for the rounding of the
         * division. */
        int64_t xa = e->x1, xb = e->x2;
        const int64_t floor_y = r * CELL - 1, ceiling_y = (r + 1) * CELL + 1;
        if (e->y1 < floor_y && e->y1 < e->y2) {
            xa = e->x1 + (floor_y - e->y1) * (e->x2 - e->x1) / (e->y2 - e->y1);
        }
        if (e->y2 > ceiling_y && e->y1 < e->y2) {
            xb = e->x1 + (ceiling_y - e->y1) * (e->x2 - e->x1) / (e->y2 - e->y1);
        }
        const int64_t left = (xa < xb ? xa : xb) - 2, right = (xa < xb ? xb : xa) + 2;
        for (int64_t c = left < 0 ? 0 : left / CELL; c <= right / CELL && c < g->columns; c++) {
            g->cell[r * g->columns + c] = CROSSED;
            if (!add_touch(g, r * g->columns + c, zone)) {
                return false;
            }
        }
    }
    return true;
}

static bool add_candidate(struct zonegrid *g, int zone)
{
    if (g->candidate_n == g->candidate_cap) {
        size_t cap = g->candidate_cap ? g->candidate_cap * 2 : 65536;
        uint16_t *p = realloc(g->candidate, cap * sizeof *p);
        if (!p) {
            return false;
        }
        g->candidate = p;
        g->candidate_cap = cap;
    }
    g->candidate[g->candidate_n++] = (uint16_t)zone;
    return true;
}

static bool box_meets(const struct strips *z, int64_t x, int64_t y)
{
    return z->rows > 0 && x + CELL >= z->x_min && x <= z->x_max && y + CELL >= z->y_min &&
           y <= z->y_max;
}

static int compare_touches(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* A cell that no edge of the zone touches lies in it wholly or not at all: its middle tells. */
static bool holds_middle(const struct zonegrid *g, int zone, int64_t x, int64_t y)
{
    const struct strips *z = &g->zone[zone];
    return box_meets(z, x, y) && in_strips(z, x + CELL / 2, y + CELL / 2);
}

/* A crossed cell lists the zones with an edge in it, and those around it. *next: the first of the
 * sorted touches that is not used yet. */
static bool settle_crossed(struct zonegrid *g, uint64_t cell, int64_t x, int64_t y, size_t *next)
{
    g->cell[cell] = CROSSED | (uint32_t)g->candidate_n;
    for (int z = 1; z < ZONES; z++) {
        bool touched = false;
        while (*next < g->touch_n && g->touch[*next] == (cell << 16 | (uint64_t)z)) {
            touched = true;
            ++*next;
        }
        if ((touched || holds_middle(g, z, x, y)) && !add_candidate(g, z)) {
            return false;
        }
    }
    return add_candidate(g, 0);
}

static bool settle_cells(struct zonegrid *g)
{
    size_t next = 0;
    qsort(g->touch, g->touch_n, sizeof *g->touch, compare_touches);
    for (int64_t i = 0; i < (int64_t)g->columns * g->rows; i++) {
        const int64_t x = i % g->columns * CELL, y = i / g->columns * CELL;
        if (g->cell[i] == CROSSED) {
            if (!settle_crossed(g, (uint64_t)i, x, y, &next)) {
                return false;
            }
            continue;
        }
        g->cell[i] = TLC_ZONE_OUTSIDE;
        for (int z = ZONES - 1; z > 0; z--) {
            g->cell[i] = holds_middle(g, z, x, y) ? (uint32_t)z : g->cell[i];
        }
    }
    return true;
}

struct zonegrid *zonegrid_new(const struct zone_shapes *s)
{
    struct zonegrid *g = calloc(1, sizeof *g);
    if (!g || !measure(g, s)) {
        free(g);
        return NULL;
    }
    g->cell = calloc((size_t)g->columns * (size_t)g->rows, sizeof *g->cell);
    bool ok = g->cell != NULL;
    each_edge(g, s, 0, extend_box);
    for (int z = 1; ok && z < ZONES; z++) {
        ok = g->zone[z].rows == 0 || build_strips(g, s, z);
    }
    ok = ok && each_edge(g, s, 0, mark_cells);
    ok = ok && settle_cells(g);
    free(g->touch);
    g->touch = NULL;
    if (!ok) {
        zonegrid_free(g);
        return NULL;
    }
    return g;
}

void zonegrid_free(struct zonegrid *g)
{
    if (!g) {
        return;
    }
    for (int z = 0; z < ZONES; z++) {
        free(g->zone[z].from);
        free(g->zone[z].edge);
    }
    free(g->cell);
    free(g->candidate);
    free(g);
}
