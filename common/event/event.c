#include "common/event/event.h"

bool tlc_event_equal(const struct tlc_event *a, const struct tlc_event *b)
{
    const uint8_t has = a->has;
    return a->trip_id == b->trip_id && a->at_s == b->at_s && a->vendor_id == b->vendor_id &&
           a->zone_id == b->zone_id && a->status == b->status && has == b->has &&
           (!(has & TLC_HAS_POINT) || (a->lon_e6 == b->lon_e6 && a->lat_e6 == b->lat_e6)) &&
           (!(has & TLC_HAS_PASSENGERS) || a->passengers == b->passengers) &&
           (!(has & TLC_HAS_DISTANCE) || a->distance_cmi == b->distance_cmi) &&
           (!(has & TLC_HAS_PAYMENT) || a->payment == b->payment) &&
           (!(has & TLC_HAS_FARE) || a->fare_cents == b->fare_cents) &&
           (!(has & TLC_HAS_TIP) || a->tip_cents == b->tip_cents) &&
           (!(has & TLC_HAS_TOTAL) || a->total_cents == b->total_cents);
}
