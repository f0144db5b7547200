/* One row's values to one trip, or to the rule that rejects it.
 *
 * All judgement about rows is here, the same for CSV and Parquet: DST, ranges, thresholds, flags.
 * The readers only read cells, the order only sorts. clean_init before a file; after that struct
 * clean is read-only and any thread may use it, each with its own struct clean_days. No allocation.
 * Units: hundredths of dollars and miles, millionths of a degree, seconds. */
#ifndef PREPROCESS_CLEAN_H
#define PREPROCESS_CLEAN_H

#include "common/event/event.h"
#include "common/event/reject.h"
#include "preprocess/columns.h"

struct zonegrid;

/* What a reader found in a row. Neither ok nor bad: the cell is empty or the file has no such
 * column. */
struct raw_trip {
    int64_t v[COL_N]; /* of times: what the clock showed */
    int64_t at_s[2];  /* the moments of COL_PICKUP and COL_DROPOFF where they are zoned */
    uint32_t ok;      /* bit c: v[c] is set */
    uint32_t bad;     /* bit c: the cell cannot be read */
    uint32_t zoned;   /* bit c: at_s[c] is set */
};

/* What a trip is kept as while it is sorted; its times are in the sort keys, its points beside it.
 */
struct trip {
    int32_t distance_cmi, fare_cents, tip_cents, total_cents;
    uint16_t vendor_id, pu_zone, do_zone;
    uint8_t has_start, has_end; /* enum tlc_has */
    uint8_t passengers, payment;
    uint8_t reserved[4]; /* two trips a cache line */
};

struct trip_points {
    int32_t pu_lon_e6, pu_lat_e6, do_lon_e6, do_lat_e6;
};

struct clean {
    bool rejects[TLC_RULE_N]; /* level of each rule in this run */
    int64_t max_duration_s, long_s, slack_s;
    int64_t high_cents, far_cmi;
    const struct zonegrid *grid; /* NULL: coordinates keep zone 264 */
    bool zoned_is_wall;          /* --zoned-times wall */
    /* of the file, by clean_file */
    enum tlc_dataset dataset;
    uint32_t columns;                                       /* struct columns.has */
    int64_t start_from_s, start_to_s, end_from_s, end_to_s; /* half-open spans of outside_month */
    int64_t month_from_s, month_to_s; /* the month itself; 0, 0 where there is none */
};

/* New York's offset by day, for the days seen last. */
struct clean_days {
    int64_t day[64];
    int32_t offset_s[64]; /* 0: a day on which the clock changes, or an unused entry */
};

struct cleaned {
    struct trip trip;
    struct trip_points points;
    int64_t start_s, end_s;
    bool has_end;
    uint64_t flags;        /* bit r: rule r flags the row */
    uint64_t end_flags[2]; /* those that speak of one end, by end; all of them are in flags too */
    bool outside_month;    /* whatever the level of that rule */
    /* Of a zoned pickup in a source with a month: outside of that month, read as the moment, and
     * read as New York's clock. */
    bool out_by_moment, out_by_wall;
};

_Static_assert(TLC_RULE_N <= 64, "flags are a 64-bit mask");

/* Rules as built in. Thresholds are the caller's to set. */
void clean_init(struct clean *c);
/* Gives a rule the level of --reject and --allow; TLC_FATAL, usage, where the rule is unknown or
 * cannot be allowed. */
TLC_MUST int clean_set_level(struct clean *c, const char *rule, enum tlc_rule_level level,
                             struct tlc_err *err);
void clean_file(struct clean *c, int32_t source, uint32_t columns);
/* Rules that are counted by trip ends, not by rows. */
#define CLEAN_END_RULES                                                                            \
    (UINT64_C(1) << TLC_RULE_UNKNOWN_ZONE | UINT64_C(1) << TLC_RULE_ZONE_BY_POINT |                \
     UINT64_C(1) << TLC_RULE_ZONE_BY_NAME | UINT64_C(1) << TLC_RULE_ZONE_NAME_UNCLEAR |            \
     UINT64_C(1) << TLC_RULE_ZONE_NOT_AT_POINT)

/* TLC_RULE_NONE: *ret is the trip. Another rule: the row is rejected; its trip is not set. */
enum tlc_rule clean_trip(const struct clean *c, struct clean_days *days, const struct raw_trip *raw,
                         struct cleaned *ret);

#endif
