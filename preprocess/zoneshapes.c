/* Reads zone shapes: GeoJSON in WGS84, or TLC's own shapefile in New York's State Plane feet. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>
#include <zlib.h>

#include "common/base/buf.h"
#include "common/event/csv.h"
#include "common/event/event.h"
#include "preprocess/zonegrid.h"

#define FILE_MAX (256U << 20)
#define NESTING_MAX 16
#define DEGREES_LIMIT INT64_C(400000000000)

/* gzread passes files through that are not gzipped. */
static int load(const char *path, struct tlc_buf *out, struct tlc_err *err)
{
    gzFile f = gzopen(path, "rb");
    if (!f) {
        return tlc_err_fatal(err, TLC_EXIT_NOINPUT,
                             "%s: cannot open the zone shapes: %s; data/fetch-zones loads them",
                             path, strerror(errno));
    }
    int n;
    do {
        char *p = tlc_buf_reserve(out, 1U << 18);
        n = p ? gzread(f, p, 1U << 18) : -1;
        out->n += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    const bool ended = gzclose(f) == Z_OK;
    return n == 0 && ended ? 0
                           : tlc_err_fatal(err, TLC_EXIT_IO,
                                           "%s: cannot be read to its end, or is too large", path);
}

/* ---- GeoJSON ---- */

struct json {
    const char *p, *end;
    int depth;
    int zone;
    struct zone_shapes *shapes;
};

static char next(struct json *j)
{
    while (j->p < j->end && strchr(" \t\r\n", *j->p)) {
        j->p++;
    }
    return j->p < j->end ? *j->p : '\0';
}

static bool take(struct json *j, char c)
{
    if (next(j) != c) {
        return false;
    }
    j->p++;
    return true;
}

static bool take_text(struct json *j, struct tlc_str *ret)
{
    if (!take(j, '"')) {
        return false;
    }
    ret->p = j->p;
    while (j->p < j->end && *j->p != '"') {
        j->p += *j->p == '\\' && j->end - j->p > 1 ? 2 : 1;
    }
    ret->n = (size_t)(j->p - ret->p);
    return take(j, '"');
}

static struct tlc_str take_word(struct json *j)
{
    next(j);
    struct tlc_str s = {j->p, 0};
    while (j->p < j->end && !strchr(",]} \t\r\n", *j->p)) {
        j->p++;
        s.n++;
    }
    return s;
}

/* Skips one value of any type. Brackets are matched by count, which suffices for what is skipped.
 */
static bool skip(struct json *j)
{
    struct tlc_str text;
    int depth = 0;
    do {
        char c = next(j);
        if (c == '"') {
            if (!take_text(j, &text)) {
                return false;
            }
        } else if (c == '[' || c == '{') {
            depth++;
            j->p++;
        } else if (c == ']' || c == '}') {
            depth--;
            j->p++;
        } else if (c == ',' || c == ':') {
            j->p++;
        } else if (take_word(j).n == 0) {
            return false;
        }
    } while (depth > 0);
    return depth == 0;
}

/* Nested arrays down to [longitude, latitude]. *ret_vertex: this array was a vertex. */
static bool coordinates(struct json *j, bool *ret_vertex)
{
    bool ring = false;
    *ret_vertex = false;
    if (!take(j, '[') || ++j->depth > NESTING_MAX) {
        return false;
    }
    if (next(j) != '[') {
        int64_t x, y;
        *ret_vertex = true;
        j->depth--;
        if (!tlc_number_scaled(take_word(j), 9, DEGREES_LIMIT, &x) || !take(j, ',') ||
            !tlc_number_scaled(take_word(j), 9, DEGREES_LIMIT, &y)) {
            return false;
        }
        while (take(j, ',')) {
            take_word(j); /* height */
        }
        return take(j, ']') && zone_shapes_add(j->shapes, (struct zone_vertex){x, y});
    }
    do {
        bool vertex;
        if (!coordinates(j, &vertex)) {
            return false;
        }
        ring = ring || vertex;
    } while (take(j, ','));
    j->depth--;
    return take(j, ']') && (!ring || zone_shapes_end_ring(j->shapes, j->zone));
}

/* Finds a key of an object and leaves j at its value; false when the object has none. Consumes what
 * it passes. */
static bool find_key(struct json *j, const char *key)
{
    struct tlc_str name;
    if (!take(j, '{')) {
        return false;
    }
    while (take_text(j, &name) && take(j, ':')) {
        if (tlc_str_eq_nocase(name, tlc_str_from(key))) {
            return true;
        }
        if (!skip(j) || !take(j, ',')) {
            return false;
        }
    }
    return false;
}

static bool feature(struct json *j)
{
    struct json inner = *j;
    int64_t id;
    bool vertex;
    if (!find_key(&inner, "properties") ||
        !(find_key(&inner, "LocationID") || find_key(&inner, "location_id"))) {
        return false;
    }
    struct tlc_str word;
    if (next(&inner) != '"') {
        word = take_word(&inner);
    } else if (!take_text(&inner, &word)) {
        return false;
    }
    if (!tlc_number_scaled(word, 0, TLC_ZONE_MAX, &id) || id < 1) {
        return false;
    }
    inner = *j;
    inner.zone = (int)id;
    return find_key(&inner, "geometry") && find_key(&inner, "coordinates") &&
           coordinates(&inner, &vertex) && skip(j);
}

static int load_geojson(const char *path, struct tlc_str text, struct zone_shapes *ret,
                        struct tlc_err *err)
{
    struct json j = {text.p, text.p + text.n, 0, 0, ret};
    bool ok = find_key(&j, "features") && take(&j, '[');
    while (ok) {
        ok = feature(&j);
        if (ok && !take(&j, ',')) {
            break;
        }
    }
    if (!ok || !take(&j, ']')) {
        return tlc_err_fatal(err, TLC_EXIT_DATA,
                             "%s: byte %zu: not GeoJSON with polygons and a LocationID each", path,
                             (size_t)(j.p - text.p));
    }
    return 0;
}

/* ---- Shapefile ---- */

#define FOOT_M 0.3048006096012192 /* US survey foot */
#define RADIUS_M 6378137.0        /* GRS 80 */
#define FLATTENING (1 / 298.257222101)
#define RADIAN (3.14159265358979323846 / 180)

/* Lambert conformal conic with two parallels, inverse, for EPSG:2263. J. P. Snyder, "Map
 * Projections - A Working Manual", USGS Professional Paper 1395 (1987), equations 14-15, 15-8 to
 * 15-11, 7-9. NAD83 is taken for WGS84, as everybody does: they differ by a metre. */
struct lambert {
    double e, n, f, rho0;
};

static double small_m(double e, double phi)
{
    return cos(phi) / sqrt(1 - e * e * sin(phi) * sin(phi));
}

static double small_t(double e, double phi)
{
    return tan(RADIAN * 45 - phi / 2) / pow((1 - e * sin(phi)) / (1 + e * sin(phi)), e / 2);
}

static void lambert_init(struct lambert *l)
{
    const double phi0 = (40 + 10 / 60.0) * RADIAN, phi1 = (40 + 40 / 60.0) * RADIAN,
                 phi2 = (41 + 2 / 60.0) * RADIAN;
    l->e = sqrt(2 * FLATTENING - FLATTENING * FLATTENING);
    const double t1 = small_t(l->e, phi1), m1 = small_m(l->e, phi1);
    l->n = (log(m1) - log(small_m(l->e, phi2))) / (log(t1) - log(small_t(l->e, phi2)));
    l->f = m1 / (l->n * pow(t1, l->n));
    l->rho0 = RADIUS_M * l->f * pow(small_t(l->e, phi0), l->n);
}

static struct zone_vertex lambert_invert(const struct lambert *l, double x_ft, double y_ft)
{
    const double x = (x_ft - 984250) * FOOT_M, y = l->rho0 - y_ft * FOOT_M;
    const double rho = sqrt(x * x + y * y), theta = atan2(x, y);
    const double t = pow(rho / (RADIUS_M * l->f), 1 / l->n);
    double phi = RADIAN * 90 - 2 * atan(t);
    for (int i = 0; i < 8; i++) {
        const double s = l->e * sin(phi);
        phi = RADIAN * 90 - 2 * atan(t * pow((1 - s) / (1 + s), l->e / 2));
    }
    return (struct zone_vertex){llround((theta / l->n / RADIAN - 74) * 1e9),
                                llround(phi / RADIAN * 1e9)};
}

static uint32_t le32(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;
    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static uint32_t be32(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;
    return b[3] | (uint32_t)b[2] << 8 | (uint32_t)b[1] << 16 | (uint32_t)b[0] << 24;
}

static double le_double(const char *p)
{
    const uint64_t bits = le32(p) | (uint64_t)le32(p + 4) << 32;
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

struct dbf {
    struct tlc_str file;
    size_t header_n, record_n, record_size, at, size; /* of the LocationID field */
};

static bool dbf_open(struct dbf *d)
{
    const struct tlc_str f = d->file;
    if (f.n < 65) {
        return false;
    }
    d->record_n = le32(f.p + 4);
    d->header_n = le32(f.p + 8) & 0xffff;
    d->record_size = le32(f.p + 8) >> 16;
    size_t at = 1; /* the deletion mark */
    for (size_t i = 32; i + 32 <= f.n && i + 32 < d->header_n; i += 32) {
        const size_t size = (unsigned char)f.p[i + 16];
        if (strncasecmp(f.p + i, "LocationID", 11) == 0) {
            d->at = at;
            d->size = size;
            return at + size <= d->record_size;
        }
        at += size;
    }
    return false;
}

static bool dbf_zone(const struct dbf *d, size_t record, int *ret)
{
    const size_t at = d->header_n + record * d->record_size + d->at;
    int64_t id;
    if (record >= d->record_n || at + d->size > d->file.n ||
        !tlc_number_scaled(tlc_str_trim((struct tlc_str){d->file.p + at, d->size}), 0, TLC_ZONE_MAX,
                           &id) ||
        id < 1) {
        return false;
    }
    *ret = (int)id;
    return true;
}

/* One polygon record: content points behind the record header, n bytes. */
static bool polygon(const struct lambert *l, const char *p, size_t n, int zone,
                    struct zone_shapes *ret)
{
    if (n < 44 || le32(p) != 5) {
        return false;
    }
    const size_t parts = le32(p + 36), points = le32(p + 40);
    if (parts > n / 4 || points > n / 16 || 44 + 4 * parts + 16 * points > n) {
        return false;
    }
    const char *xy = p + 44 + 4 * parts;
    for (size_t i = 0; i < parts; i++) {
        const size_t from = le32(p + 44 + 4 * i);
        const size_t to = i + 1 < parts ? le32(p + 48 + 4 * i) : points;
        if (from > to || to > points) {
            return false;
        }
        for (size_t k = from; k < to; k++) {
            const double x = le_double(xy + 16 * k), y = le_double(xy + 16 * k + 8);
            if (!(x > 0 && x < 2e6 && y > 0 && y < 1e6) ||
                !zone_shapes_add(ret, lambert_invert(l, x, y))) {
                return false;
            }
        }
        if (!zone_shapes_end_ring(ret, zone)) {
            return false;
        }
    }
    return true;
}

static int read_shapefile(const char *path, struct tlc_str shp, struct tlc_str dbf_file,
                          struct zone_shapes *ret, struct tlc_err *err)
{
    struct dbf d = {.file = dbf_file};
    struct lambert l;
    lambert_init(&l);
    if (!dbf_open(&d)) {
        return tlc_err_fatal(err, TLC_EXIT_DATA, "%s: its .dbf has no field LocationID", path);
    }
    size_t at = 100;
    for (size_t record = 0; at + 8 <= shp.n; record++) {
        const size_t n = (size_t)be32(shp.p + at + 4) * 2;
        int zone;
        if (n > shp.n - at - 8 || !dbf_zone(&d, record, &zone) ||
            !polygon(&l, shp.p + at + 8, n, zone, ret)) {
            return tlc_err_fatal(err, TLC_EXIT_DATA,
                                 "%s: record %zu is no polygon in New York's State Plane feet",
                                 path, record + 1);
        }
        at += 8 + n;
    }
    return 0;
}

static int load_shapefile(const char *path, struct tlc_str shp, struct zone_shapes *ret,
                          struct tlc_err *err)
{
    char name[PATH_MAX];
    struct tlc_buf dbf;
    tlc_buf_init(&dbf, FILE_MAX);
    int rc = TLC_FATAL;
    if (!tlc_str_copy(name, sizeof name, tlc_str_from(path)) || strlen(name) < 4) {
        tlc_err_fatal(err, TLC_EXIT_NOINPUT, "%s: name is too long", path);
    } else {
        memcpy(name + strlen(name) - 4, ".dbf", 4);
        rc = load(name, &dbf, err);
    }
    if (rc == 0) {
        rc = read_shapefile(path, shp, tlc_buf_str(&dbf), ret, err);
    }
    tlc_buf_release(&dbf);
    return rc;
}

int zone_shapes_load(const char *path, struct zone_shapes *ret, struct tlc_err *err)
{
    struct tlc_buf file;
    memset(ret, 0, sizeof *ret);
    tlc_buf_init(&file, FILE_MAX);
    int rc = load(path, &file, err);
    if (rc == 0) {
        const struct tlc_str text = tlc_buf_str(&file);
        const bool shapefile = text.n > 100 && be32(text.p) == 9994;
        rc = shapefile ? load_shapefile(path, text, ret, err) : load_geojson(path, text, ret, err);
    }
    if (rc == 0 && ret->ring_n == 0) {
        rc = tlc_err_fatal(err, TLC_EXIT_DATA, "%s: no zone shapes in it", path);
    }
    tlc_buf_release(&file);
    if (rc != 0) {
        zone_shapes_release(ret);
    }
    return rc;
}
