/* Every rule by which a row, an event or a message is refused or flagged, at any entrance, in one
 * table.
 *
 * The id is what users see in rejects.csv, manifests, HTTP replies, refused_event and metrics. A
 * level of REJECT takes the record out (and keeps it where the entrance keeps refused ones); FLAG
 * only counts it. Adding a rule is one row here plus a test. Pure; any thread. */
#ifndef TLC_EVENT_REJECT_H
#define TLC_EVENT_REJECT_H

#include "common/base/str.h"

enum tlc_rule_level { TLC_LEVEL_REJECT, TLC_LEVEL_FLAG };

/* X(enum, id, level, text) - rows of files (preprocess) first, then events (server, consumers). */
#define TLC_RULES(X)                                                                               \
    X(TLC_RULE_NONE, "ok", FLAG, "nothing wrong")                                                  \
    X(TLC_RULE_BAD_FIELD_COUNT, "bad_field_count", REJECT, "fields are missing, or too many")      \
    X(TLC_RULE_MISSING_TIME, "missing_time", REJECT, "pickup or drop-off time is empty")           \
    X(TLC_RULE_BAD_TIME, "bad_time", REJECT, "a time cannot be read or is no real time")           \
    X(TLC_RULE_BAD_NUMBER, "bad_number", REJECT, "a needed field is no number")                    \
    X(TLC_RULE_END_BEFORE_START, "end_before_start", REJECT, "drop-off lies before pickup")        \
    X(TLC_RULE_OUTSIDE_MONTH, "outside_month", REJECT,                                             \
      "time lies outside the month of its file or source")                                         \
    X(TLC_RULE_TOO_LONG, "too_long", REJECT, "trip is longer than the limit (24 h by default)")    \
    X(TLC_RULE_ROW_TOO_LONG, "row_too_long", REJECT, "line is longer than 64 KiB")                 \
    X(TLC_RULE_NEGATIVE_FARE, "negative_fare", FLAG, "fare is below zero (a voided trip)")         \
    X(TLC_RULE_NEGATIVE_TOTAL, "negative_total", FLAG, "total is below zero (a voided trip)")      \
    X(TLC_RULE_HIGH_FARE, "high_fare", FLAG, "fare is above 500 dollars")                          \
    X(TLC_RULE_HIGH_TOTAL, "high_total", FLAG, "total is above 500 dollars")                       \
    X(TLC_RULE_NEGATIVE_DISTANCE, "negative_distance", FLAG, "distance is below zero")             \
    X(TLC_RULE_ZERO_DISTANCE, "zero_distance", FLAG, "distance is zero")                           \
    X(TLC_RULE_FAR, "far", FLAG, "distance is above 100 miles")                                    \
    X(TLC_RULE_LONG, "long", FLAG, "trip takes 6 hours or more")                                   \
    X(TLC_RULE_SAME_TIME, "same_time", FLAG, "pickup and drop-off are the same second")            \
    X(TLC_RULE_NO_PASSENGERS, "no_passengers", FLAG, "passenger count is empty")                   \
    X(TLC_RULE_ZERO_PASSENGERS, "zero_passengers", FLAG, "passenger count is zero")                \
    X(TLC_RULE_UNKNOWN_ZONE, "unknown_zone", FLAG, "a trip end has zone 264 or 265, or none")      \
    X(TLC_RULE_ZERO_POINT, "zero_point", FLAG, "a coordinate is zero")                             \
    X(TLC_RULE_FAR_POINT, "far_point", FLAG, "a coordinate lies far from New York")                \
    X(TLC_RULE_ZONE_BY_POINT, "zone_by_point", FLAG,                                               \
      "no zone in its cell: found by the coordinate")                                              \
    X(TLC_RULE_ZONE_BY_NAME, "zone_by_name", FLAG, "a zone was found by its name")                 \
    X(TLC_RULE_ZONE_NAME_UNCLEAR, "zone_name_unclear", FLAG, "a zone name that no zone has alone") \
    X(TLC_RULE_ZONE_NOT_AT_POINT, "zone_not_at_point", FLAG,                                       \
      "the zone is not the one that the coordinate lies in")                                       \
    X(TLC_RULE_NO_END, "no_end", FLAG, "no drop-off time: one event only")                         \
    X(TLC_RULE_SKIPPED_HOUR, "skipped_hour", FLAG, "time lies in the hour that March skips")       \
    X(TLC_RULE_BAD_OPTIONAL, "bad_optional", FLAG, "an optional field is no number: left out")     \
    X(TLC_RULE_NOT_JSON, "not_json", REJECT, "not one JSON object")                                \
    X(TLC_RULE_TOO_LARGE, "too_large", REJECT, "larger than 512 bytes")                            \
    X(TLC_RULE_MISSING_KEY, "missing_key", REJECT, "a required key is missing")                    \
    X(TLC_RULE_BAD_TRIP_ID, "bad_trip_id", REJECT, "TripID is no integer of a known source")       \
    X(TLC_RULE_BAD_VENDOR, "bad_vendor", REJECT, "VendorID is not in 0 to 32767")                  \
    X(TLC_RULE_BAD_STATUS, "bad_status", REJECT, "Status is neither start nor end")                \
    X(TLC_RULE_BAD_ZONE, "bad_zone", REJECT, "ZoneID is not in 1 to 265, or Zone is no zone")      \
    X(TLC_RULE_BAD_POINT, "bad_point", REJECT, "Longitude or Latitude is out of range or alone")   \
    X(TLC_RULE_BAD_VALUE, "bad_value", REJECT, "an optional key has a value outside its range")    \
    X(TLC_RULE_DUPLICATE_KEY, "duplicate_key", REJECT, "a key occurs twice")                       \
    X(TLC_RULE_BAD_MARK, "bad_mark", REJECT, "a close mark without a valid source")                \
    X(TLC_RULE_IN_THE_FUTURE, "in_the_future", REJECT,                                             \
      "time lies over an hour ahead of the clock, in a source without a month")                    \
    X(TLC_RULE_BAD_ROW, "bad_row", REJECT, "the database does not take the row")

#define TLC_RULE_ENUM(id, name, level, text) id,
enum tlc_rule { TLC_RULES(TLC_RULE_ENUM) TLC_RULE_N };

struct tlc_rule_info {
    const char *id;
    enum tlc_rule_level level; /* as built in; preprocess can change it by option */
    const char *text;
};

/* Never NULL; an unknown value gives the row of TLC_RULE_NONE. */
const struct tlc_rule_info *tlc_rule_info(enum tlc_rule rule);
/* TLC_RULE_N when there is no rule of that name. */
enum tlc_rule tlc_rule_find(struct tlc_str id);

#endif
