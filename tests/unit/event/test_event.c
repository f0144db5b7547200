#include "tests/unit/event/unit.h"

#include "common/event/event.h"

static const struct tlc_event full = {
    .trip_id = 1202401000000001,
    .at_s = 1704085954,
    .lon_e6 = -73937500,
    .lat_e6 = 40802500,
    .distance_cmi = 142,
    .fare_cents = 860,
    .tip_cents = 200,
    .total_cents = 1410,
    .vendor_id = 2,
    .zone_id = 74,
    .status = TLC_END,
    .has = 0x7f,
    .passengers = 1,
    .payment = 1,
};

static void equal__any_present_field_differs__unequal(void **state)
{
    (void)state;
    assert_true(tlc_event_equal(&full, &full));
#define DIFFERS(field)                                                                             \
    do {                                                                                           \
        struct tlc_event other = full;                                                             \
        other.field++;                                                                             \
        assert_false(tlc_event_equal(&full, &other));                                              \
        assert_false(tlc_event_equal(&other, &full));                                              \
    } while (0)
    DIFFERS(trip_id);
    DIFFERS(at_s);
    DIFFERS(lon_e6);
    DIFFERS(lat_e6);
    DIFFERS(distance_cmi);
    DIFFERS(fare_cents);
    DIFFERS(tip_cents);
    DIFFERS(total_cents);
    DIFFERS(vendor_id);
    DIFFERS(zone_id);
    DIFFERS(status);
    DIFFERS(has);
    DIFFERS(passengers);
    DIFFERS(payment);
#undef DIFFERS
}

static void equal__absent_fields_differ__equal(void **state)
{
    (void)state;
    struct tlc_event a = full, b = full;
    a.has = b.has = 0;
    b.lon_e6 = b.lat_e6 = b.distance_cmi = b.fare_cents = b.tip_cents = b.total_cents = -1;
    b.passengers = b.payment = 9;
    assert_true(tlc_event_equal(&a, &b));
}

static void compare__time_then_trip_then_start_first(void **state)
{
    (void)state;
    struct tlc_event a = full, b = full;
    assert_int_equal(tlc_event_compare(&a, &b), 0);
    a.status = TLC_START;
    assert_true(tlc_event_compare(&a, &b) < 0 && tlc_event_compare(&b, &a) > 0);
    b.trip_id--;
    assert_true(tlc_event_compare(&a, &b) > 0 && tlc_event_compare(&b, &a) < 0);
    b.at_s++;
    assert_true(tlc_event_compare(&a, &b) < 0 && tlc_event_compare(&b, &a) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal__any_present_field_differs__unequal),
        cmocka_unit_test(equal__absent_fields_differ__equal),
        cmocka_unit_test(compare__time_then_trip_then_start_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
