#include "preprocess/when.h"

#include "common/event/ny_time.h"

struct scan {
    const char *p, *end;
};

static bool digit(const struct scan *s)
{
    return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

/* Between min_n and max_n digits, and no more. */
static bool number(struct scan *s, int min_n, int max_n, int32_t *ret, int *ret_n)
{
    int n = 0;
    *ret = 0;
    for (; n < max_n && digit(s); n++) {
        *ret = *ret * 10 + (*s->p++ - '0');
    }
    *ret_n = n;
    return n >= min_n && !digit(s);
}

static bool take(struct scan *s, char c)
{
    const bool there = s->p < s->end && *s->p == c;
    s->p += there;
    return there;
}

static void blanks(struct scan *s)
{
    while (take(s, ' ') || take(s, '\t')) {
    }
}

/* ASCII case ignored. */
static bool word(struct scan *s, struct tlc_str w)
{
    const bool there =
        (size_t)(s->end - s->p) >= w.n && tlc_str_eq_nocase((struct tlc_str){s->p, w.n}, w);
    s->p += there ? w.n : 0;
    return there;
}

/* The three numbers of a date; *ret_year_first where there is nothing to choose. */
static bool date(struct scan *s, int32_t part[3], bool *ret_year_first)
{
    int n;
    if (!number(s, 1, 4, &part[0], &n) || n == 3) {
        return false;
    }
    *ret_year_first = n == 4;
    const char separator = s->p < s->end ? *s->p : '\0';
    if ((separator != '-' && separator != '/' && (separator != '.' || *ret_year_first)) ||
        !take(s, separator) || !number(s, 1, 2, &part[1], &n) || !take(s, separator)) {
        return false;
    }
    return *ret_year_first ? number(s, 1, 2, &part[2], &n) : number(s, 4, 4, &part[2], &n);
}

static bool between(struct scan *s)
{
    const char *from = s->p;
    if (!take(s, 'T') && !take(s, 't')) {
        (void)take(s, ',');
        blanks(s);
    }
    return s->p > from;
}

/* 12 AM is midnight, 12 PM is noon. */
static bool half_day(struct scan *s, struct tlc_civil *c)
{
    const struct scan before = *s;
    blanks(s);
    const bool pm = word(s, TLC_STR("PM"));
    if (!pm && !word(s, TLC_STR("AM"))) {
        *s = before;
        return true;
    }
    if (c->hour < 1 || c->hour > 12) {
        return false;
    }
    c->hour = c->hour % 12 + (pm ? 12 : 0);
    return true;
}

static bool clock_time(struct scan *s, struct tlc_civil *c)
{
    int n;
    c->second = 0;
    if (!number(s, 1, 2, &c->hour, &n) || !take(s, ':') || !number(s, 2, 2, &c->minute, &n)) {
        return false;
    }
    if (take(s, ':')) {
        if (!number(s, 2, 2, &c->second, &n)) {
            return false;
        }
        if (take(s, '.')) {
            if (!digit(s)) {
                return false;
            }
            while (digit(s)) {
                s->p++;
            }
        }
    }
    return half_day(s, c);
}

/* "-05:00", "-0500", "-05" behind their sign. */
static bool offset(struct scan *s, int32_t sign, int32_t *ret_s)
{
    int32_t hour, minute = 0;
    int n;
    if (!number(s, 2, 4, &hour, &n) || n == 3) {
        return false;
    }
    if (n == 4) {
        minute = hour % 100;
        hour /= 100;
    } else if (take(s, ':') && !number(s, 2, 2, &minute, &n)) {
        return false;
    }
    *ret_s = sign * (hour * 3600 + minute * 60);
    return hour <= 23 && minute <= 59;
}

/* All that is left. */
static bool zone(struct scan *s, bool *ret_zoned, int32_t *ret_offset_s)
{
    static const struct {
        struct tlc_str name;
        int32_t offset_s;
    } names[] = {
        {{"Z", 1}, 0}, {{"UTC", 3}, 0}, {{"GMT", 3}, 0}, {{"EST", 3}, -18000}, {{"EDT", 3}, -14400},
    };
    *ret_offset_s = 0;
    *ret_zoned = false;
    blanks(s);
    if (s->p == s->end) {
        return true;
    }
    *ret_zoned = true;
    for (size_t i = 0; i < TLC_COUNT(names); i++) {
        if (word(s, names[i].name)) {
            *ret_offset_s = names[i].offset_s;
            return s->p == s->end;
        }
    }
    const int32_t sign = take(s, '-') ? -1 : take(s, '+') ? 1 : 0;
    return sign != 0 && offset(s, sign, ret_offset_s) && s->p == s->end;
}

/* With its numbers in the order that they stand in; false: no time, whatever the order. */
static bool parse(struct tlc_str text, int32_t part[3], bool *ret_year_first, struct tlc_civil *c,
                  struct when *ret)
{
    struct scan s = {text.p, text.p + text.n};
    int32_t offset_s;
    if (!date(&s, part, ret_year_first) || !between(&s) || !clock_time(&s, c) ||
        !zone(&s, &ret->zoned, &offset_s)) {
        return false;
    }
    ret->at_s = -offset_s; /* the face is added when the date is known */
    return true;
}

static bool set_date(struct tlc_civil *c, const int32_t part[3], bool year_first,
                     enum date_order order)
{
    const int32_t day_at = year_first ? 2 : order == DATE_ORDER_DMY ? 0 : 1;
    c->year = part[year_first ? 0 : 2];
    c->month = part[year_first ? 1 : order == DATE_ORDER_DMY ? 1 : 0];
    c->day = part[day_at];
    return tlc_civil_valid(c);
}

bool when_parse(struct tlc_str s, enum date_order order, struct when *ret)
{
    int32_t part[3];
    bool year_first;
    struct tlc_civil c;
    if (!parse(s, part, &year_first, &c, ret) ||
        (!year_first && order == DATE_ORDER_UNKNOWN && part[0] != part[1]) ||
        !set_date(&c, part, year_first, order)) {
        return false;
    }
    ret->face_s = tlc_civil_to_wall_s(&c);
    ret->at_s += ret->face_s;
    return true;
}

unsigned when_orders(struct tlc_str s)
{
    int32_t part[3];
    bool year_first;
    struct tlc_civil c;
    struct when when;
    if (!parse(s, part, &year_first, &c, &when) || year_first || part[0] == part[1]) {
        return 0;
    }
    return (set_date(&c, part, false, DATE_ORDER_MDY) ? 1U << DATE_ORDER_MDY : 0) |
           (set_date(&c, part, false, DATE_ORDER_DMY) ? 1U << DATE_ORDER_DMY : 0);
}
