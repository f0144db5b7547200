#include "batch-process/periods.h"

#include <stdio.h>

#include "common/event/ny_time.h"

#define DAY_S INT64_C(86400)
#define TRIP_MAX_S INT64_C(86400)

static const char *const names[PERIOD_KINDS] = {"day", "week", "month"};

const char *period_name(enum period_kind kind)
{
    return names[kind];
}

const char *date_text(int64_t date, char dst[DATE_TEXT_N])
{
    int32_t year = 0, month = 0, day = 0;
    tlc_civil_from_days(date, &year, &month, &day);
    snprintf(dst, DATE_TEXT_N, "%04d-%02d-%02d", (int)year % 10000, (int)month, (int)day);
    return dst;
}

static bool digits(struct tlc_str s, size_t at, size_t n, int64_t min, int64_t max, int32_t *ret)
{
    int64_t v = 0;
    for (size_t i = at; i < at + n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
        v = v * 10 + (s.p[i] - '0');
    }
    *ret = (int32_t)v;
    return v >= min && v <= max;
}

bool date_parse(struct tlc_str s, int64_t *ret_date)
{
    struct tlc_civil c = {0};
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' || !digits(s, 0, 4, 2007, 2069, &c.year) ||
        !digits(s, 5, 2, 1, 12, &c.month) || !digits(s, 8, 2, 1, 31, &c.day) ||
        !tlc_civil_valid(&c)) {
        return false;
    }
    *ret_date = tlc_days_from_civil(c.year, c.month, c.day);
    return true;
}

int64_t day_start_s(int64_t date)
{
    int64_t at_s = 0;
    tlc_ny_from_wall(date * DAY_S,
                     &at_s); /* the clock changes at 2, so midnight is never doubled */
    return at_s;
}

static int64_t date_of(int64_t at_s)
{
    int64_t wall_s = tlc_ny_wall_s(at_s);
    return wall_s >= 0 ? wall_s / DAY_S : -((DAY_S - 1 - wall_s) / DAY_S);
}

int64_t day_last_touched(int64_t date)
{
    return date_of(day_start_s(date + 1) - 1 + TRIP_MAX_S);
}

int64_t period_start(enum period_kind kind, int64_t date)
{
    int32_t year = 0, month = 0, day = 0;
    switch (kind) {
    case PERIOD_WEEK: return date - ((date + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    case PERIOD_MONTH: tlc_civil_from_days(date, &year, &month, &day); return date - day + 1;
    default: return date;
    }
}

int64_t period_next(enum period_kind kind, int64_t start)
{
    switch (kind) {
    case PERIOD_WEEK: return start + 7;
    case PERIOD_MONTH: return period_start(PERIOD_MONTH, start + 31);
    default: return start + 1;
    }
}

static int bound_parse(const char *name, const char *text, bool *ret_has, int64_t *ret_date,
                       struct tlc_err *err)
{
    *ret_has = text != NULL;
    if (text && !date_parse(tlc_str_from(text), ret_date)) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE,
                             "--%s %s: a day is wanted, as 2024-01-15, of the years 2007 to 2069",
                             name, text);
    }
    return TLC_OK;
}

/* The usual cause of an equal pair: a scheduler that gives the day of its run for both. */
static int range_refuse(const struct range *r, struct tlc_err *err)
{
    char from[DATE_TEXT_N], to[DATE_TEXT_N], next[DATE_TEXT_N];
    date_text(r->from, from);
    date_text(r->to, to);
    if (r->from > r->to) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE,
                             "--from %s --to %s holds no day: --to is before --from, where it has "
                             "to be the day after the last one wanted",
                             from, to);
    }
    return tlc_err_fatal(err, TLC_EXIT_USAGE,
                         "--from %s --to %s holds no day: --to is the day after the last one "
                         "wanted, so %s alone is --from %s --to %s",
                         from, to, from, from, date_text(r->from + 1, next));
}

int range_parse(const char *from, const char *to, struct range *ret, struct tlc_err *err)
{
    struct range r = {0};
    int rc = bound_parse("from", from, &r.has_from, &r.from, err);
    if (rc == TLC_OK) {
        rc = bound_parse("to", to, &r.has_to, &r.to, err);
    }
    if (rc != TLC_OK) {
        return rc;
    }
    if (r.has_from && r.has_to && r.from >= r.to) {
        return range_refuse(&r, err);
    }
    *ret = r;
    return TLC_OK;
}

bool range_holds(const struct range *range, int64_t date)
{
    return (!range->has_from || date >= range->from) && (!range->has_to || date < range->to);
}
