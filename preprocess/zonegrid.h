/* Which taxi zone a point lies in: polygons in a grid, exact at their edges.
 *
 * For: the coordinates of the files up to 2016-06. Points and vertices are integers: points in
 * millionths of a degree as the events carry them, vertices in 10^-9 degree, so the answer has no
 * rounding of its own. A cell of the grid that no edge crosses holds its zone; a crossed one holds
 * the edges near it. Where shapes overlap, the lowest id wins; a point on an edge belongs to a
 * shape by the half-open rule of ray casting (edge below or left of the inside counts). Built once,
 * then read-only: any thread. */
#ifndef PREPROCESS_ZONEGRID_H
#define PREPROCESS_ZONEGRID_H

#include "common/base/err.h"

struct zonegrid;

struct zone_vertex {
    int64_t x, y; /* longitude, latitude in 10^-9 degree */
};

/* Rings of all zones: ring r is vertex[ring_from[r]] .. vertex[ring_from[r + 1]] (not closed
 * twice), of zone ring_zone[r]. Holes are rings too: a point is inside when the rings of a zone
 * around it are odd in number. */
struct zone_shapes {
    struct zone_vertex *vertex;
    size_t vertex_n, vertex_cap;
    uint32_t *ring_from; /* ring_n + 1 entries */
    uint16_t *ring_zone;
    struct zone_box {
        struct zone_vertex low, high; /* of the ring's vertices, inclusive */
    } * ring_box;
    size_t ring_n, ring_cap;
};

void zone_shapes_release(struct zone_shapes *s);
/* Adds a vertex to the ring under way; zone_shapes_end_ring closes it. false: no memory. */
bool zone_shapes_add(struct zone_shapes *s, struct zone_vertex v);
bool zone_shapes_end_ring(struct zone_shapes *s, int zone);

/* Reads GeoJSON (properties.LocationID; also gzipped) or TLC's shapefile (.shp with its .dbf beside
 * it). */
TLC_MUST int zone_shapes_load(const char *path, struct zone_shapes *ret, struct tlc_err *err);

/* Borrows nothing: the shapes may be released afterwards. NULL: no memory. */
struct zonegrid *zonegrid_new(const struct zone_shapes *s);
void zonegrid_free(struct zonegrid *g);
/* 1..263, or 265 where no shape is. */
int zonegrid_find(const struct zonegrid *g, int32_t lon_e6, int32_t lat_e6);
/* The same by asking every ring whose box holds the point: slow and obvious, for tests. */
int zone_shapes_find(const struct zone_shapes *s, int32_t lon_e6, int32_t lat_e6);

#endif
