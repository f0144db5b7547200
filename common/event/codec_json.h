/* One event <-> one line of JSON, on the per-event path: no allocation, no libc parsing.
 *
 * Canonical form: this key order, no blanks, Datetime on New York's clock with its offset, two
 * decimals for money and distance, six for coordinates, keys that are absent left out:
 *   {"TripID":2202401000000001,"VendorID":2,"Datetime":"2024-01-01T00:12:34-05:00","Status":"start","ZoneID":74,
 *    "Longitude":-73.937500,"Latitude":40.802500,"PassengerCount":1}
 *   {...,"Status":"end","ZoneID":75,"TripDistance":1.42,"PaymentType":1,"FareAmount":8.60,"TipAmount":2.00,"TotalAmount":14.10}
 * Decoding tries a strict scanner for exactly that (some 50 ns); whatever it does not take goes to
 * a tolerant parser: any key order, blanks, unknown keys (ignored, of any JSON type, nesting up to
 * 32), any number form that is exact or rounds half away from zero to the unit, Datetime in any RFC
 * 3339 form or "YYYY-MM-DD HH:MM:SS" on New York's clock (a doubled hour means its first pass),
 * Zone (name) instead of ZoneID. Both agree with the jansson reference of tests/fuzz. Optional keys
 * that do not belong to the Status are ignored. null for an optional key means absent. Pure; any
 * thread. */
#ifndef TLC_EVENT_CODEC_JSON_H
#define TLC_EVENT_CODEC_JSON_H

#include "common/event/event.h"
#include "common/event/reject.h"

#define TLC_JSON_MAX 512 /* bytes of one event at most, without its line end */

/* Writes the canonical form, without line end or NUL; returns its length (<= TLC_JSON_MAX). e must
 * be in range. */
size_t tlc_json_encode(const struct tlc_event *e, char dst[TLC_JSON_MAX]);

enum tlc_json_kind {
    TLC_JSON_EVENT, /* *ret is set; line is canonical already: its bytes may be passed on as they
                       are */
    TLC_JSON_REWRITTEN, /* *ret is set; line was not canonical: encode it again */
    TLC_JSON_MARK,      /* ret->trip_id holds its source, ret->status its enum tlc_mark, nothing
                           else is set */
    TLC_JSON_BAD,       /* refused: *ret_rule says why */
};

/* line: one JSON object without line end (blanks around it are tolerated). Checks every range of
 * event.h and the TripID's source; NOT whether the time belongs to the source: that is
 * tlc_event_in_month. On BAD *ret_rule is set and *ret_at points into line near the fault (or at
 * its end). ret_rule and ret_at are untouched otherwise. */
enum tlc_json_kind tlc_json_decode(struct tlc_str line, struct tlc_event *ret,
                                   enum tlc_rule *ret_rule, const char **ret_at);

/* TLC_RULE_NONE; TLC_RULE_OUTSIDE_MONTH when the event lies over slack_s outside its source's
 * month; TLC_RULE_IN_THE_FUTURE when its source has no month and it lies over TLC_FUTURE_SLACK_S
 * behind now_s: at an entrance the clock's, of a message in the log Kafka's timestamp, so that all
 * who read it decide alike; below 0: not known. Cheap: caches the last source's span per thread. */
enum tlc_rule tlc_event_in_month(const struct tlc_event *e, int64_t slack_s, int64_t now_s);

/* What a mark says of its source; in tlc_event.status. */
enum tlc_mark { TLC_MARK_CLOSED, TLC_MARK_OPEN };

/* {"Source":2202401,"Status":"closed"} or "open" */
size_t tlc_json_encode_mark(int32_t source, enum tlc_mark mark, char dst[TLC_JSON_MAX]);

#endif
