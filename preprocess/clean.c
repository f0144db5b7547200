#include "preprocess/clean.h"

#include "common/event/ny_time.h"
#include "preprocess/zonegrid.h"

#define BIT(c) (1U << (c))
#define FLAG(rule) (UINT64_C(1) << (rule))

void clean_init(struct clean *c)
{
    memset(c, 0, sizeof *c);
    for (int r = 0; r < TLC_RULE_N; r++) {
        c->rejects[r] = tlc_rule_info((enum tlc_rule)r)->level == TLC_LEVEL_REJECT;
    }
}

/* Rules of rows, in the order of the table in reject.h. */
static bool of_rows(enum tlc_rule rule)
{
    return rule > TLC_RULE_NONE && rule <= TLC_RULE_BAD_OPTIONAL;
}

int clean_set_level(struct clean *c, const char *rule, enum tlc_rule_level level,
                    struct tlc_err *err)
{
    const char *option = level == TLC_LEVEL_REJECT ? "--reject" : "--allow";
    enum tlc_rule r = tlc_rule_find(tlc_str_from(rule));
    if (r == TLC_RULE_N || !of_rows(r)) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE, "%s %s: no such rule; --rules lists them", option,
                             rule);
    }
    bool possible = tlc_rule_info(r)->level == TLC_LEVEL_FLAG || r == TLC_RULE_OUTSIDE_MONTH ||
                    r == TLC_RULE_TOO_LONG || r == TLC_RULE_END_BEFORE_START;
    if (level == TLC_LEVEL_FLAG && !possible) {
        return tlc_err_fatal(
            err, TLC_EXIT_USAGE,
            "--allow %s: such a row cannot become events; allowed can be outside_month, "
            "too_long, end_before_start and the flags",
            rule);
    }
    c->rejects[r] = level == TLC_LEVEL_REJECT;
    return 0;
}

void clean_file(struct clean *c, int32_t source, uint32_t columns)
{
    c->dataset = (enum tlc_dataset)tlc_source_dataset(source);
    c->columns = columns;
    tlc_source_span(source, c->slack_s, &c->start_from_s, &c->start_to_s);
    tlc_source_span(source, TLC_MONTH_SLACK_STREAM_S, &c->end_from_s, &c->end_to_s);
    tlc_source_span(source, 0, &c->month_from_s, &c->month_to_s);
    if (tlc_source_month(source) == 0) {
        c->month_from_s = c->month_to_s = 0;
        c->start_from_s = c->end_from_s = TLC_TIME_MIN_S;
        c->start_to_s = c->end_to_s = TLC_TIME_MAX_S;
    }
}

static enum tlc_ny_fold moment(struct clean_days *days, int64_t wall_s, int64_t *ret_at_s)
{
    if (wall_s < TLC_TIME_MIN_S - 2 * 86400 || wall_s > TLC_TIME_MAX_S + 2 * 86400) {
        *ret_at_s = wall_s + 18000; /* outside of the format, whatever the offset */
        return TLC_NY_ONCE;
    }
    const int64_t day = wall_s / 86400;
    const size_t slot = (size_t)day & 63;
    if (days->day[slot] == day && days->offset_s[slot] != 0) {
        *ret_at_s = wall_s - days->offset_s[slot];
        return TLC_NY_ONCE;
    }
    int64_t first_s, last_s;
    tlc_ny_from_wall(day * 86400, &first_s);
    tlc_ny_from_wall(day * 86400 + 86399, &last_s);
    days->day[slot] = day;
    days->offset_s[slot] = last_s - first_s == 86399 ? (int32_t)(day * 86400 - first_s) : 0;
    return tlc_ny_from_wall(wall_s, ret_at_s);
}

/* The doubled and the skipped hour: the shortest trip that does not end before it starts; the first
 * pass where that leaves a choice. A start in the skipped hour may have been read off a clock that
 * was put forward too early, which is an hour less. */
static void resolve(enum tlc_ny_fold start_fold, enum tlc_ny_fold end_fold, int64_t *start_s,
                    int64_t *end_s)
{
    if (start_fold == TLC_NY_DOUBLED && *start_s + 3600 <= *end_s) {
        *start_s += 3600; /* an end that is doubled too stays in its first pass */
    } else if (end_fold == TLC_NY_DOUBLED && *end_s < *start_s) {
        *end_s += 3600;
    } else if (start_fold == TLC_NY_SKIPPED && *end_s < *start_s) {
        *start_s -= 3600;
    }
}

static int64_t value(const struct raw_trip *raw, enum column c, int64_t absent)
{
    return raw->ok & BIT(c) ? raw->v[c] : absent;
}

/* An optional hundredth: its flag bit when it is there. */
static uint8_t amount(const struct raw_trip *raw, enum column c, uint8_t has, int32_t *ret)
{
    if ((raw->ok & BIT(c)) == 0) {
        *ret = 0;
        return 0;
    }
    *ret = (int32_t)raw->v[c];
    return has;
}

static void read_amounts(const struct clean *c, const struct raw_trip *raw, struct cleaned *ret)
{
    struct trip *t = &ret->trip;
    t->has_end |= amount(raw, COL_DISTANCE, TLC_HAS_DISTANCE, &t->distance_cmi);
    t->has_end |= amount(raw, COL_FARE, TLC_HAS_FARE, &t->fare_cents);
    t->has_end |= amount(raw, COL_TIP, TLC_HAS_TIP, &t->tip_cents);
    t->has_end |= amount(raw, COL_TOTAL, TLC_HAS_TOTAL, &t->total_cents);
    t->has_end |= raw->ok & BIT(COL_PAYMENT) ? TLC_HAS_PAYMENT : 0;
    t->payment = (uint8_t)value(raw, COL_PAYMENT, 0);
    uint64_t f = 0;
    if (t->has_end & TLC_HAS_FARE) {
        f |= t->fare_cents < 0 ? FLAG(TLC_RULE_NEGATIVE_FARE) : 0;
        f |= t->fare_cents > c->high_cents ? FLAG(TLC_RULE_HIGH_FARE) : 0;
    }
    if (t->has_end & TLC_HAS_TOTAL) {
        f |= t->total_cents < 0 ? FLAG(TLC_RULE_NEGATIVE_TOTAL) : 0;
        f |= t->total_cents > c->high_cents ? FLAG(TLC_RULE_HIGH_TOTAL) : 0;
    }
    if (t->has_end & TLC_HAS_DISTANCE) {
        f |= t->distance_cmi < 0 ? FLAG(TLC_RULE_NEGATIVE_DISTANCE) : 0;
        f |= t->distance_cmi == 0 ? FLAG(TLC_RULE_ZERO_DISTANCE) : 0;
        f |= t->distance_cmi > c->far_cmi ? FLAG(TLC_RULE_FAR) : 0;
    }
    ret->flags |= f;
}

static void read_passengers(const struct clean *c, const struct raw_trip *raw, struct cleaned *ret)
{
    if (raw->ok & BIT(COL_PASSENGERS)) {
        int64_t n = raw->v[COL_PASSENGERS];
        if (n < 0 || n > 255) {
            ret->flags |= FLAG(TLC_RULE_BAD_OPTIONAL);
            return;
        }
        ret->trip.passengers = (uint8_t)n;
        ret->trip.has_start |= TLC_HAS_PASSENGERS;
        ret->flags |= n == 0 ? FLAG(TLC_RULE_ZERO_PASSENGERS) : 0;
    } else if ((c->columns & ~raw->bad) & BIT(COL_PASSENGERS)) {
        ret->flags |= FLAG(TLC_RULE_NO_PASSENGERS);
    }
}

/* What one end of a trip is read from, and goes to. */
struct place {
    enum column zone, name, lon, lat;
    int32_t *point; /* longitude, latitude */
    uint8_t *has;
    uint64_t *flags;
};

/* false: there is no point. *ret_near: New York's zones may know it. One that the format cannot say
 * is left out, but it is there: outside. */
static bool read_point(const struct raw_trip *raw, const struct place *p, uint64_t *flags,
                       bool *ret_near)
{
    if ((raw->ok & BIT(p->lon)) == 0 || (raw->ok & BIT(p->lat)) == 0) {
        return false;
    }
    const int64_t x = raw->v[p->lon], y = raw->v[p->lat];
    if (x == 0 || y == 0) { /* no fix: one of them alone is no place either */
        *flags |= FLAG(TLC_RULE_ZERO_POINT);
        return false;
    }
    *ret_near = x >= -75000000 && x <= -72500000 && y >= 40000000 && y <= 42000000;
    *flags |= *ret_near ? 0 : FLAG(TLC_RULE_FAR_POINT);
    if (x >= -180000000 && x <= 180000000 && y >= -90000000 && y <= 90000000) {
        p->point[0] = (int32_t)x;
        p->point[1] = (int32_t)y;
        *p->has |= TLC_HAS_POINT;
    }
    return true;
}

/* 1 to 265 by the cell of the id, else of the name; 0: neither says. */
static int64_t read_zone(const struct raw_trip *raw, const struct place *p, uint64_t *flags)
{
    const int64_t id = value(raw, p->zone, 0);
    if (id >= 1 && id <= TLC_ZONE_MAX) {
        return id;
    }
    *flags |= id != 0 ? FLAG(TLC_RULE_BAD_OPTIONAL) : 0;
    const int64_t named = value(raw, p->name, 0);
    if (named >= 1 && named <= TLC_ZONE_MAX) {
        *p->flags |= FLAG(TLC_RULE_ZONE_BY_NAME);
        return named;
    }
    *p->flags |= raw->bad & BIT(p->name) ? FLAG(TLC_RULE_ZONE_NAME_UNCLEAR) : 0;
    return 0;
}

/* TLC's shapes have one id for what its zone table calls by several: Corona, the islands. */
static bool same_zone(int64_t a, int64_t b)
{
    return a == b || ((a == 56 || a == 57) && (b == 56 || b == 57)) ||
           (a >= 103 && a <= 105 && b >= 103 && b <= 105);
}

static uint16_t known_zone(int64_t id, uint64_t *flags)
{
    *flags |= id >= TLC_ZONE_UNKNOWN ? FLAG(TLC_RULE_UNKNOWN_ZONE) : 0;
    return (uint16_t)id;
}

/* The zone of one trip end, and its point. A zone that its cell names stands, whatever the point
 * says; a cell that is empty or no zone leaves it to the point. */
static uint16_t read_place(const struct clean *c, const struct raw_trip *raw, struct place p,
                           uint64_t *flags)
{
    const bool has_cell = (c->columns & (BIT(p.zone) | BIT(p.name))) != 0;
    int64_t id = read_zone(raw, &p, flags);
    bool near = false;
    const bool there = read_point(raw, &p, flags, &near);
    if (c->grid && there && id != TLC_ZONE_UNKNOWN) {
        const int at = near ? zonegrid_find(c->grid, p.point[0], p.point[1]) : TLC_ZONE_OUTSIDE;
        if (id == 0) {
            *p.flags |= has_cell ? FLAG(TLC_RULE_ZONE_BY_POINT) : 0;
            id = at;
        } else {
            *p.flags |= same_zone(id, at) ? 0 : FLAG(TLC_RULE_ZONE_NOT_AT_POINT);
        }
    }
    /* What cannot be read is needed where nothing else tells the place. */
    if (raw->bad & (BIT(p.zone) | BIT(p.lon) | BIT(p.lat))) {
        *flags |= id != 0 || there ? FLAG(TLC_RULE_BAD_OPTIONAL) : FLAG(TLC_RULE_BAD_NUMBER);
    }
    return known_zone(id == 0 ? TLC_ZONE_UNKNOWN : id, p.flags);
}

/* As in all of TLC's files since 2016-07: the row has no coordinate, and the cell is a zone. */
static bool only_zone(const struct raw_trip *raw, enum column zone)
{
    const uint32_t points = BIT(COL_PU_LON) | BIT(COL_PU_LAT) | BIT(COL_DO_LON) | BIT(COL_DO_LAT);
    return ((raw->ok | raw->bad) & points) == 0 && (raw->ok & BIT(zone)) != 0 &&
           raw->v[zone] >= 1 && raw->v[zone] <= TLC_ZONE_MAX;
}

static void read_places(const struct clean *c, const struct raw_trip *raw, struct cleaned *ret)
{
    struct trip *t = &ret->trip;
    const struct place start = {.zone = COL_PU_ZONE,
                                .name = COL_PU_ZONE_NAME,
                                .lon = COL_PU_LON,
                                .lat = COL_PU_LAT,
                                .point = &ret->points.pu_lon_e6,
                                .has = &t->has_start,
                                .flags = &ret->end_flags[0]};
    const struct place end = {.zone = COL_DO_ZONE,
                              .name = COL_DO_ZONE_NAME,
                              .lon = COL_DO_LON,
                              .lat = COL_DO_LAT,
                              .point = &ret->points.do_lon_e6,
                              .has = &t->has_end,
                              .flags = &ret->end_flags[1]};
    t->pu_zone = only_zone(raw, COL_PU_ZONE) ? known_zone(raw->v[COL_PU_ZONE], &ret->end_flags[0])
                                             : read_place(c, raw, start, &ret->flags);
    t->do_zone = only_zone(raw, COL_DO_ZONE) ? known_zone(raw->v[COL_DO_ZONE], &ret->end_flags[1])
                                             : read_place(c, raw, end, &ret->flags);
    if (!ret->has_end) {
        ret->end_flags[1] = 0; /* there is no such event */
    }
    ret->flags |= ret->end_flags[0] | ret->end_flags[1];
}

static uint16_t vendor(const struct raw_trip *raw)
{
    static const enum column by_rank[] = {COL_HVFHS, COL_VENDOR, COL_BASE, COL_BASE_2};
    for (size_t i = 0; i < TLC_COUNT(by_rank); i++) {
        if (raw->ok & BIT(by_rank[i])) {
            return (uint16_t)raw->v[by_rank[i]];
        }
    }
    return 0;
}

/* A time with a zone is the moment that it says, in the doubled hour too. */
static enum tlc_ny_fold moment_of(const struct clean *c, struct clean_days *days,
                                  const struct raw_trip *raw, enum column column, int64_t *ret_at_s)
{
    if ((raw->zoned & BIT(column)) == 0 || c->zoned_is_wall) {
        return moment(days, raw->v[column], ret_at_s);
    }
    *ret_at_s = raw->at_s[column];
    return TLC_NY_ONCE;
}

/* By both readings of a zoned pickup. */
static void compare_readings(const struct clean *c, struct clean_days *days,
                             const struct raw_trip *raw, struct cleaned *ret)
{
    if ((raw->zoned & BIT(COL_PICKUP)) == 0 || c->month_to_s == 0) {
        return;
    }
    int64_t wall_s;
    moment(days, raw->v[COL_PICKUP], &wall_s);
    const int64_t at_s = raw->at_s[COL_PICKUP];
    ret->out_by_moment = at_s < c->month_from_s || at_s >= c->month_to_s;
    ret->out_by_wall = wall_s < c->month_from_s || wall_s >= c->month_to_s;
}

/* Times and what follows from them. Rules that hold go to *found as bits. */
static void read_times(const struct clean *c, struct clean_days *days, const struct raw_trip *raw,
                       struct cleaned *ret, uint64_t *found)
{
    const uint32_t both = BIT(COL_PICKUP) | BIT(COL_DROPOFF);
    const bool endless = c->dataset == TLC_FHV && ((raw->ok | raw->bad) & BIT(COL_DROPOFF)) == 0;
    const uint32_t needed = endless ? BIT(COL_PICKUP) : both;
    if ((raw->ok & needed) != needed) {
        *found |= raw->bad & needed ? FLAG(TLC_RULE_BAD_TIME) : FLAG(TLC_RULE_MISSING_TIME);
        return;
    }
    enum tlc_ny_fold start_fold = moment_of(c, days, raw, COL_PICKUP, &ret->start_s);
    enum tlc_ny_fold end_fold = TLC_NY_ONCE;
    ret->has_end = !endless;
    if (ret->has_end) {
        end_fold = moment_of(c, days, raw, COL_DROPOFF, &ret->end_s);
        if (start_fold != TLC_NY_ONCE || end_fold != TLC_NY_ONCE) {
            resolve(start_fold, end_fold, &ret->start_s, &ret->end_s);
        }
        const int64_t took_s = ret->end_s - ret->start_s;
        *found |= took_s < 0 ? FLAG(TLC_RULE_END_BEFORE_START) : 0;
        *found |= took_s > c->max_duration_s ? FLAG(TLC_RULE_TOO_LONG) : 0;
        *found |= took_s >= c->long_s ? FLAG(TLC_RULE_LONG) : 0;
        *found |= took_s == 0 ? FLAG(TLC_RULE_SAME_TIME) : 0;
    } else {
        *found |= FLAG(TLC_RULE_NO_END);
        ret->end_s = ret->start_s;
    }
    if (start_fold == TLC_NY_SKIPPED || end_fold == TLC_NY_SKIPPED) {
        *found |= FLAG(TLC_RULE_SKIPPED_HOUR);
    }
    if (ret->start_s < c->start_from_s || ret->start_s >= c->start_to_s ||
        ret->end_s < c->end_from_s || ret->end_s >= c->end_to_s) {
        *found |= FLAG(TLC_RULE_OUTSIDE_MONTH);
        ret->outside_month = true;
    }
    compare_readings(c, days, raw, ret);
}

/* Splits what was found into the first rule that rejects, and the flags. */
static enum tlc_rule judge(const struct clean *c, uint64_t found, struct cleaned *ret)
{
    enum tlc_rule verdict = TLC_RULE_NONE;
    uint64_t flags = 0;
    for (uint64_t rest = found; rest != 0; rest &= rest - 1) {
        const int r = __builtin_ctzll(rest);
        if (!c->rejects[r]) {
            flags |= FLAG(r);
        } else if (verdict == TLC_RULE_NONE) {
            verdict = (enum tlc_rule)r;
        }
    }
    ret->flags = flags;
    const bool in_format = ret->start_s >= TLC_TIME_MIN_S && ret->start_s < TLC_TIME_MAX_S &&
                           ret->end_s >= TLC_TIME_MIN_S && ret->end_s < TLC_TIME_MAX_S;
    if (verdict == TLC_RULE_NONE && !in_format) {
        verdict = TLC_RULE_OUTSIDE_MONTH; /* no level lets in what the format cannot say */
        ret->flags &= ~FLAG(TLC_RULE_OUTSIDE_MONTH);
    }
    return verdict;
}

enum tlc_rule clean_trip(const struct clean *c, struct clean_days *days, const struct raw_trip *raw,
                         struct cleaned *ret)
{
    static const uint32_t optional =
        BIT(COL_VENDOR) | BIT(COL_HVFHS) | BIT(COL_BASE) | BIT(COL_BASE_2) | BIT(COL_PASSENGERS) |
        BIT(COL_DISTANCE) | BIT(COL_PAYMENT) | BIT(COL_FARE) | BIT(COL_TIP) | BIT(COL_TOTAL);
    memset(ret, 0, sizeof *ret);
    uint64_t found = 0;
    read_times(c, days, raw, ret, &found);
    ret->trip.vendor_id = vendor(raw);
    read_passengers(c, raw, ret);
    read_amounts(c, raw, ret);
    read_places(c, raw, ret);
    found |= ret->flags;
    found |= raw->bad & optional ? FLAG(TLC_RULE_BAD_OPTIONAL) : 0;
    return judge(c, found, ret);
}
