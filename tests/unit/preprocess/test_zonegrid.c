#include "tests/support/unit.h"

#include "common/base/file.h"
#include "common/event/event.h"
#include "preprocess/zonegrid.h"

#define POINTS 100000

static uint64_t seed;

static uint32_t random_below(uint32_t n)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)((seed >> 33) % n);
}

static void add_ring(struct zone_shapes *s, int zone, const int64_t (*xy)[2], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_true(zone_shapes_add(
            s, (struct zone_vertex){xy[i][0] * 1000000, xy[i][1] * 1000000})); /* thousandths */
    }
    assert_true(zone_shapes_end_ring(s, zone));
}

/* Zone 2 is a square with a hole in which zone 1 lies; zone 3 overlaps it; zone 56 has two parts.
 */
static void make_shapes(struct zone_shapes *s)
{
    static const int64_t square[][2] = {
        {-74000, 40700}, {-73900, 40700}, {-73900, 40800}, {-74000, 40800}};
    static const int64_t hole[][2] = {
        {-73960, 40740}, {-73940, 40740}, {-73940, 40760}, {-73960, 40760}};
    static const int64_t over[][2] = {{-73910, 40710}, {-73850, 40710}, {-73850, 40790}};
    static const int64_t part_1[][2] = {{-73800, 40700}, {-73790, 40700}, {-73795, 40720}};
    static const int64_t part_2[][2] = {{-73700, 40600}, {-73690, 40613}, {-73707, 40611}};
    memset(s, 0, sizeof *s);
    add_ring(s, 2, square, 4);
    add_ring(s, 2, hole, 4);
    add_ring(s, 1, hole, 4);
    add_ring(s, 3, over, 3);
    add_ring(s, 56, part_1, 3);
    add_ring(s, 56, part_2, 3);
}

static void find__known_points__their_zones(void **state)
{
    static const struct {
        int32_t lon_e6, lat_e6;
        int zone;
    } cases[] = {
        {-73990000, 40710000, 2},                /* inside */
        {-73950000, 40750000, 1},                /* in the hole, where another zone lies */
        {-73905000, 40715000, 2},                /* overlap: the lowest id */
        {-73860000, 40715000, 3},                /* only there */
        {-73795000, 40710000, 56},               /* its first part */
        {-73699000, 40608000, 56},               /* its second */
        {-74000000, 40700000, 2},                /* the corner belongs to the inside at its right */
        {-73900000, 40700000, TLC_ZONE_OUTSIDE}, /* the right edge does not */
        {-73950000, 40800000, TLC_ZONE_OUTSIDE}, /* nor the upper one */
        {-73960000, 40750000, 1},                /* left edge of the hole: of what is inside it */
        {-73940000, 40750000, 2},                /* its right edge: of what is around it */
        {-75000000, 40750000, TLC_ZONE_OUTSIDE},
        {0, 0, TLC_ZONE_OUTSIDE},
        {INT32_MAX, INT32_MIN, TLC_ZONE_OUTSIDE},
    };
    struct zone_shapes s;
    (void)state;
    make_shapes(&s);
    struct zonegrid *g = zonegrid_new(&s);
    assert_non_null(g);
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        const int slow = zone_shapes_find(&s, cases[i].lon_e6, cases[i].lat_e6);
        const int fast = zonegrid_find(g, cases[i].lon_e6, cases[i].lat_e6);
        if (slow != cases[i].zone || fast != cases[i].zone) {
            fail_msg("%d %d: slow %d, grid %d, expected %d", cases[i].lon_e6, cases[i].lat_e6, slow,
                     fast, cases[i].zone);
        }
    }
    zonegrid_free(g);
    zone_shapes_release(&s);
}

static void assert_same(const struct zonegrid *g, const struct zone_shapes *s, int32_t x, int32_t y)
{
    const int slow = zone_shapes_find(s, x, y), fast = zonegrid_find(g, x, y);
    if (slow != fast) {
        fail_msg("%d %d: slow %d, grid %d", x, y, slow, fast);
    }
}

static void find__random_points_and_points_on_edges__same_as_slow_search(void **state)
{
    struct zone_shapes s;
    (void)state;
    make_shapes(&s);
    struct zonegrid *g = zonegrid_new(&s);
    assert_non_null(g);
    seed = 42;
    for (int i = 0; i < POINTS; i++) {
        assert_same(g, &s, -74010000 + (int32_t)random_below(330000),
                    40590000 + (int32_t)random_below(220000));
    }
    for (int i = 0; i < 400; i++) { /* whole thousandths: corners and edges of cells and shapes */
        for (int k = 0; k < 250; k++) {
            assert_same(g, &s, -74020000 + i * 1000, 40580000 + k * 1000);
        }
    }
    zonegrid_free(g);
    zone_shapes_release(&s);
}

static void load__geojson_of_odd_layout__same_shapes(void **state)
{
    static const char text[] =
        "{ \"type\":\"FeatureCollection\", \"crs\":{\"a\":[1,{\"b\":null}]},\n \"features\" : [ "
        "{\"geometry\":{\"coordinates\":[[[-74,40.7],[-73.9,40.7,5],[-73.9,40.8],[-74,40.7]]],"
        "\"type\":\"Polygon\"},\"properties\":{\"zone\":\"a \\\"b\\\"\",\"LocationID\":7}} ] }";
    char dir[256], path[300];
    struct zone_shapes s;
    struct tlc_err err;
    (void)state;
    unit_temp_dir(dir);
    snprintf(path, sizeof path, "%s/z.json", dir);
    assert_int_equal(tlc_file_save(path, TLC_STR(text), &err), 0);
    if (zone_shapes_load(path, &s, &err) != 0) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(s.ring_n, 1);
    assert_int_equal(zone_shapes_find(&s, -73920000, 40710000), 7);
    zone_shapes_release(&s);
    for (size_t cut = 1; cut < sizeof text - 1; cut++) { /* no cut makes it valid, none crashes */
        assert_int_equal(tlc_file_save(path, (struct tlc_str){text, cut}, &err), 0);
        if (zone_shapes_load(path, &s, &err) == 0) {
            assert_true(cut > sizeof text - 4);
            zone_shapes_release(&s);
        }
    }
    unlink(path);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(find__known_points__their_zones),
        cmocka_unit_test(find__random_points_and_points_on_edges__same_as_slow_search),
        cmocka_unit_test(load__geojson_of_odd_layout__same_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
