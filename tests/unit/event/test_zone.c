#include "tests/unit/event/unit.h"

#include "common/event/event.h"
#include "common/event/zone.h"

static void get__every_id__its_own_row(void **state)
{
    (void)state;
    int without_shape = 0;
    for (int id = 1; id <= TLC_ZONE_MAX; id++) {
        const struct tlc_zone *zone = tlc_zone_get(id);
        assert_non_null(zone);
        assert_int_equal(zone->id, id);
        assert_true(zone->name[0] != '\0' && zone->borough[0] != '\0');
        if (zone->lon == 0.0) {
            assert_true(zone->lat == 0.0);
            without_shape++;
        } else {
            assert_true(zone->lon > -74.3 && zone->lon < -73.6);
            assert_true(zone->lat > 40.4 && zone->lat < 41.0);
        }
    }
    assert_int_equal(without_shape, 5); /* 57, 104, 105, 264, 265 */
}

static void get__outside_1_to_265__null(void **state)
{
    (void)state;
    assert_null(tlc_zone_get(0));
    assert_null(tlc_zone_get(-1));
    assert_null(tlc_zone_get(266));
}

static void get__known_zone__facts(void **state)
{
    (void)state;
    const struct tlc_zone *jfk = tlc_zone_get(132);
    assert_string_equal(jfk->name, "JFK Airport");
    assert_string_equal(jfk->borough, "Queens");
    assert_string_equal(jfk->service_zone, "Airports");
    assert_true(jfk->lon > -73.80 && jfk->lon < -73.77 && jfk->lat > 40.63 && jfk->lat < 40.66);
    assert_string_equal(tlc_zone_get(103)->name, "Governor's Island/Ellis Island/Liberty Island");
    assert_string_equal(tlc_zone_get(265)->name, "Outside of NYC");
}

static void find__name__lowest_id(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int id;
    } rows[] = {
        {"JFK Airport", 132},
        {"jfk airport", 132},
        {"Corona", 56},
        {"East Harlem North", 74},
        {"GOVERNOR'S ISLAND/ELLIS ISLAND/LIBERTY ISLAND", 103},
        {"N/A", 264},
        {"", 0},
        {"JFK", 0},
        {"JFK Airport ", 0},
    };
    for (size_t i = 0; i < TLC_COUNT(rows); i++) {
        assert_int_equal(tlc_zone_find(tlc_str_from(rows[i].name)), rows[i].id);
    }
    for (int id = 1; id <= TLC_ZONE_MAX; id++) {
        const int found = tlc_zone_find(tlc_str_from(tlc_zone_get(id)->name));
        assert_true(found >= 1 && found <= id);
        assert_string_equal(tlc_zone_get(found)->name, tlc_zone_get(id)->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(get__every_id__its_own_row),
        cmocka_unit_test(get__outside_1_to_265__null),
        cmocka_unit_test(get__known_zone__facts),
        cmocka_unit_test(find__name__lowest_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
