/* One event of one trip: its start or its end.
 *
 * A plain value: copy it, compare it, keep it in arrays. No pointers, no ownership, no locks. The
 * JSON form, its keys and its ranges are in docs/events.md and codec_json.h. */
#ifndef TLC_EVENT_EVENT_H
#define TLC_EVENT_EVENT_H

#include <stdbool.h>
#include <stdint.h>

enum tlc_event_status { TLC_START = 0, TLC_END = 1 };

/* Bits of tlc_event.has: which optional fields are present. */
enum tlc_has {
    TLC_HAS_POINT = 1 << 0, /* longitude and latitude, always both */
    TLC_HAS_PASSENGERS = 1 << 1,
    TLC_HAS_DISTANCE = 1 << 2,
    TLC_HAS_PAYMENT = 1 << 3,
    TLC_HAS_FARE = 1 << 4,
    TLC_HAS_TIP = 1 << 5,
    TLC_HAS_TOTAL = 1 << 6,
};
/* What a start and an end may carry beside the common fields. */
#define TLC_HAS_OF_START (TLC_HAS_POINT | TLC_HAS_PASSENGERS)
#define TLC_HAS_OF_END                                                                             \
    (TLC_HAS_POINT | TLC_HAS_DISTANCE | TLC_HAS_PAYMENT | TLC_HAS_FARE | TLC_HAS_TIP |             \
     TLC_HAS_TOTAL)

/* Ranges of the format. */
#define TLC_TRIP_ID_MAX INT64_C(9007199254740991) /* 2^53 - 1 */
#define TLC_VENDOR_MAX 32767
#define TLC_ZONE_MAX 265
#define TLC_ZONE_UNKNOWN 264
#define TLC_ZONE_OUTSIDE 265
#define TLC_PAYMENT_MAX 6
#define TLC_CENTS_MAX 999999999    /* |amount| <= 9,999,999.99 dollars */
#define TLC_DISTANCE_MAX 999999999 /* |distance| <= 9,999,999.99 miles */
#define TLC_TIME_MIN_S                                                                             \
    INT64_C(1167627600) /* 2007-01-01T00:00:00-05:00: the DST rule holds from here */
#define TLC_TIME_MAX_S INT64_C(3124242000) /* 2069-01-01T00:00:00-05:00 */

struct tlc_event {
    int64_t trip_id;
    int64_t at_s;           /* event time: seconds since the epoch, UTC */
    int32_t lon_e6, lat_e6; /* millionths of a degree, WGS84 */
    int32_t distance_cmi;   /* hundredths of a mile */
    int32_t fare_cents, tip_cents, total_cents;
    uint16_t vendor_id;
    uint16_t zone_id; /* 1..265 */
    uint8_t status;   /* enum tlc_event_status */
    uint8_t has;      /* enum tlc_has */
    uint8_t passengers;
    uint8_t payment;
};

/* The order of events.ndjson: time, then trip, then start before end. <0, 0, >0. */
static inline int tlc_event_compare(const struct tlc_event *a, const struct tlc_event *b)
{
    if (a->at_s != b->at_s) {
        return a->at_s < b->at_s ? -1 : 1;
    }
    if (a->trip_id != b->trip_id) {
        return a->trip_id < b->trip_id ? -1 : 1;
    }
    return (int)a->status - (int)b->status;
}

/* Field by field; absent optional fields are not compared. */
bool tlc_event_equal(const struct tlc_event *a, const struct tlc_event *b);

#endif
