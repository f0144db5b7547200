/* The grid against the slow search, on TLC's own polygons. */
#include "tests/support/unit.h"

#include "common/base/file.h"
#include "preprocess/zonegrid.h"

#define POINTS 100000

static uint64_t seed;

static uint32_t random_below(uint32_t n)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)((seed >> 33) % n);
}

static const char *shared_zones(const char *name)
{
    static char path[512];
    const char *shared = getenv("TLC_SHARED");
    snprintf(path, sizeof path, "%s/tlc/zones/%s", shared ? shared : "../shared", name);
    return path;
}

static void assert_same(const struct zonegrid *g, const struct zone_shapes *s, int32_t x, int32_t y)
{
    const int slow = zone_shapes_find(s, x, y), fast = zonegrid_find(g, x, y);
    if (slow != fast) {
        fail_msg("%d %d: slow %d, grid %d", x, y, slow, fast);
    }
}

/* TLC's own polygons, from both of its forms. */
static void find__shapes_of_tlc__same_as_slow_search(void **state)
{
    static const char *const names[] = {"taxi_zones.geojson.gz", "taxi_zones.shp"};
    (void)state;
    for (size_t i = 0; i < TLC_COUNT(names); i++) {
        struct zone_shapes s;
        struct tlc_err err;
        assert_int_equal(zone_shapes_load(shared_zones(names[i]), &s, &err), 0);
        struct zonegrid *g = zonegrid_new(&s);
        assert_non_null(g);
        seed = 2024 + i;
        print_message("%s: seed %u\n", names[i], (unsigned)seed);
        for (int k = 0; k < POINTS; k++) {
            assert_same(g, &s, -74260000 + (int32_t)random_below(570000),
                        40490000 + (int32_t)random_below(430000));
        }
        zonegrid_free(g);
        zone_shapes_release(&s);
    }
}

int main(void)
{
    if (!tlc_file_exists(shared_zones("taxi_zones.shp"))) {
        printf("SKIPPED: no %s: TLC_SHARED names the folder of real files\n",
               shared_zones("taxi_zones.shp"));
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(find__shapes_of_tlc__same_as_slow_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
