#include "common/event/ny_time.h"

#include <assert.h>

#define DAY_S INT64_C(86400)
#define EST_S (-18000)
#define EDT_S (-14400)
/* Moments beyond some 34,000 years have no use; the bound keeps the arithmetic from overflowing. */
#define MOMENT_MAX_S (INT64_C(1) << 40)

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Both after Hinnant: years begin in March, so that the leap day comes last; 400 years have 146,097
 * days. */
int64_t tlc_days_from_civil(int32_t year, int32_t month, int32_t day)
{
    const int64_t y = (int64_t)year - (month <= 2);
    const int64_t era = floor_div(y, 400);
    const int64_t year_of_era = y - era * 400;
    const int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void tlc_civil_from_days(int64_t days, int32_t *ret_year, int32_t *ret_month, int32_t *ret_day)
{
    days += 719468;
    const int64_t era = floor_div(days, 146097);
    const int64_t doe = days - era * 146097;
    const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const int64_t mp = (5 * doy + 2) / 153;
    *ret_day = (int32_t)(doy - (153 * mp + 2) / 5 + 1);
    *ret_month = (int32_t)(mp < 10 ? mp + 3 : mp - 9);
    *ret_year = (int32_t)(yoe + era * 400 + (*ret_month <= 2));
}

static bool leap_year(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool date_valid(int32_t year, int32_t month, int32_t day)
{
    static const int8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month >= 1 && month <= 12 && day >= 1 &&
           day <= days[month - 1] + (month == 2 && leap_year(year));
}

bool tlc_civil_valid(const struct tlc_civil *c)
{
    return date_valid(c->year, c->month, c->day) && c->hour >= 0 && c->hour <= 23 &&
           c->minute >= 0 && c->minute <= 59 && c->second >= 0 && c->second <= 59;
}

int64_t tlc_civil_to_wall_s(const struct tlc_civil *c)
{
    return tlc_days_from_civil(c->year, c->month, c->day) * DAY_S + c->hour * 3600 +
           c->minute * 60 + c->second;
}

void tlc_civil_from_wall_s(int64_t wall_s, struct tlc_civil *ret)
{
    const int64_t days = floor_div(wall_s, DAY_S);
    const int32_t second = (int32_t)(wall_s - days * DAY_S);
    tlc_civil_from_days(days, &ret->year, &ret->month, &ret->day);
    ret->hour = second / 3600;
    ret->minute = second / 60 % 60;
    ret->second = second % 60;
}

/* Midnight (as if UTC) of the nth Sunday of a month. 1970-01-01 was a Thursday: day 3 is a Sunday.
 */
static int64_t nth_sunday_s(int32_t year, int32_t month, int n)
{
    const int64_t first = tlc_days_from_civil(year, month, 1);
    const int64_t after_sunday = (first + 4) % 7; /* 0 on a Sunday, 6 on a Saturday */
    const int64_t past = after_sunday < 0 ? after_sunday + 7 : after_sunday;
    return (first + (7 - past) % 7 + 7 * (n - 1)) * DAY_S;
}

/* 02:00 EST = 07:00 UTC on the second Sunday of March. */
static int64_t forward_s(int32_t year)
{
    return nth_sunday_s(year, 3, 2) + 7 * 3600;
}

/* 02:00 EDT = 06:00 UTC on the first Sunday of November. */
static int64_t back_s(int32_t year)
{
    return nth_sunday_s(year, 11, 1) + 6 * 3600;
}

/* The stretch between two changes of the clock that was asked for last. Events come nearly in order
 * of time, so it changes twice a year of event time; a table of all years would not be faster. */
struct stretch {
    int64_t from_s, to_s; /* half-open; empty at first */
    int32_t offset_s;
};
static _Thread_local struct stretch last_stretch;

static int32_t find_stretch(int64_t at_s)
{
    const int64_t bound = at_s > MOMENT_MAX_S ? MOMENT_MAX_S : at_s;
    const int64_t moment_s = bound < -MOMENT_MAX_S ? -MOMENT_MAX_S : bound;
    int32_t year, month, day;
    tlc_civil_from_days(floor_div(moment_s + EST_S, DAY_S), &year, &month, &day);
    struct stretch s;
    if (moment_s < forward_s(year)) {
        s = (struct stretch){back_s(year - 1), forward_s(year), EST_S};
    } else if (moment_s < back_s(year)) {
        s = (struct stretch){forward_s(year), back_s(year), EDT_S};
    } else {
        s = (struct stretch){back_s(year), forward_s(year + 1), EST_S};
    }
    last_stretch = s;
    return s.offset_s;
}

int32_t tlc_ny_offset_s(int64_t at_s)
{
    const struct stretch *s = &last_stretch;
    return at_s >= s->from_s && at_s < s->to_s ? s->offset_s : find_stretch(at_s);
}

enum tlc_ny_fold tlc_ny_from_wall(int64_t wall_s, int64_t *ret_at_s)
{
    const bool summer = tlc_ny_offset_s(wall_s - EDT_S) == EDT_S;
    const bool winter = tlc_ny_offset_s(wall_s - EST_S) == EST_S;
    *ret_at_s = wall_s - (summer ? EDT_S : EST_S);
    return summer == winter ? (summer ? TLC_NY_DOUBLED : TLC_NY_SKIPPED) : TLC_NY_ONCE;
}

int64_t tlc_ny_day_start_s(int64_t at_s)
{
    int64_t start_s;
    tlc_ny_from_wall(floor_div(tlc_ny_wall_s(at_s), DAY_S) * DAY_S, &start_s);
    return start_s;
}

/* The date that was written or read last: its text and its midnight as wall time. */
struct date {
    int64_t midnight_s;
    char text[10]; /* "2024-01-01" */
};
static _Thread_local struct date last_date = {INT64_MIN, "0000-00-00"};

static void put2(char *dst, int32_t v)
{
    dst[0] = (char)('0' + v / 10);
    dst[1] = (char)('0' + v % 10);
}

static const struct date *date_of_wall(int64_t wall_s)
{
    struct date *d = &last_date;
    if (d->midnight_s != INT64_MIN && wall_s >= d->midnight_s && wall_s < d->midnight_s + DAY_S) {
        return d;
    }
    struct tlc_civil c;
    tlc_civil_from_wall_s(wall_s, &c);
    assert(c.year >= 0 && c.year <= 9999);
    d->midnight_s = floor_div(wall_s, DAY_S) * DAY_S;
    put2(d->text, c.year / 100 % 100);
    put2(d->text + 2, c.year % 100);
    d->text[4] = '-';
    put2(d->text + 5, c.month);
    d->text[7] = '-';
    put2(d->text + 8, c.day);
    return d;
}

void tlc_ny_format(int64_t at_s, char dst[TLC_NY_TEXT_N])
{
    const int32_t offset_s = tlc_ny_offset_s(at_s);
    const struct date *d = date_of_wall(at_s + offset_s);
    const int32_t second = (int32_t)(at_s + offset_s - d->midnight_s);
    memcpy(dst, d->text, 10);
    dst[10] = 'T';
    put2(dst + 11, second / 3600);
    dst[13] = ':';
    put2(dst + 14, second / 60 % 60);
    dst[16] = ':';
    put2(dst + 17, second % 60);
    memcpy(dst + 19, offset_s == EST_S ? "-05:00" : "-04:00", 6);
}

/* Two digits; over 99 when they are none. */
static unsigned get2(const char *p)
{
    const unsigned tens = (unsigned)(unsigned char)p[0] - '0';
    const unsigned ones = (unsigned)(unsigned char)p[1] - '0';
    return tens <= 9 && ones <= 9 ? tens * 10 + ones : 100;
}

/* Midnight of "YYYY-MM-DD". */
static bool date_parse(const char p[10], int64_t *ret_midnight_s)
{
    struct date *d = &last_date;
    if (d->midnight_s != INT64_MIN && memcmp(p, d->text, 10) == 0) {
        *ret_midnight_s = d->midnight_s;
        return true;
    }
    const unsigned century = get2(p), year = get2(p + 2), month = get2(p + 5), day = get2(p + 8);
    if (century > 99 || year > 99 || p[4] != '-' || p[7] != '-' ||
        !date_valid((int32_t)(century * 100 + year), (int32_t)month, (int32_t)day)) {
        return false;
    }
    d->midnight_s =
        tlc_days_from_civil((int32_t)(century * 100 + year), (int32_t)month, (int32_t)day) * DAY_S;
    memcpy(d->text, p, 10);
    *ret_midnight_s = d->midnight_s;
    return true;
}

/* Seconds of the day of "HH:MM:SS"; -1 when it is no time of day. */
static int32_t clock_parse(const char p[8])
{
    const unsigned hour = get2(p), minute = get2(p + 3), second = get2(p + 6);
    if (hour > 23 || minute > 59 || second > 59 || p[2] != ':' || p[5] != ':') {
        return -1;
    }
    return (int32_t)(hour * 3600 + minute * 60 + second);
}

/* Date, separator, time and an ignored fraction; *s keeps what follows. */
static bool stamp_parse(struct tlc_str *s, int64_t *ret_wall_s)
{
    int64_t midnight_s;
    if (s->n < 19 || (s->p[10] != ' ' && (s->p[10] | 0x20) != 't') ||
        !date_parse(s->p, &midnight_s)) {
        return false;
    }
    const int32_t second = clock_parse(s->p + 11);
    if (second < 0) {
        return false;
    }
    size_t used = 19;
    if (used < s->n && s->p[used] == '.') {
        const size_t digits = used + 1;
        for (used = digits; used < s->n && s->p[used] >= '0' && s->p[used] <= '9'; used++) {
        }
        if (used == digits) {
            return false;
        }
    }
    s->p += used;
    s->n -= used;
    *ret_wall_s = midnight_s + second;
    return true;
}

bool tlc_wall_parse(struct tlc_str s, int64_t *ret_wall_s)
{
    int64_t wall_s;
    if (!stamp_parse(&s, &wall_s) || s.n != 0) {
        return false;
    }
    *ret_wall_s = wall_s;
    return true;
}

bool tlc_rfc3339_parse(struct tlc_str s, int64_t *ret_at_s)
{
    int64_t wall_s;
    if (!stamp_parse(&s, &wall_s)) {
        return false;
    }
    if (s.n == 1 && (s.p[0] == 'Z' || s.p[0] == 'z')) {
        *ret_at_s = wall_s;
        return true;
    }
    if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-') || s.p[3] != ':') {
        return false;
    }
    const unsigned hour = get2(s.p + 1), minute = get2(s.p + 4);
    if (hour > 23 || minute > 59) {
        return false;
    }
    const int64_t ahead_s = (int64_t)hour * 3600 + (int64_t)minute * 60;
    *ret_at_s = s.p[0] == '+' ? wall_s - ahead_s : wall_s + ahead_s;
    return true;
}

bool tlc_ny_parse(const char text[TLC_NY_TEXT_N], int64_t *ret_at_s)
{
    int64_t midnight_s;
    if (text[10] != 'T' || !date_parse(text, &midnight_s)) {
        return false;
    }
    const int32_t second = clock_parse(text + 11);
    if (second < 0 || memcmp(text + 19, "-0", 2) != 0 || memcmp(text + 22, ":00", 3) != 0) {
        return false;
    }
    const int32_t offset_s = text[21] == '5' ? EST_S : EDT_S;
    const int64_t at_s = midnight_s + second - offset_s;
    if ((text[21] != '4' && text[21] != '5') || tlc_ny_offset_s(at_s) != offset_s) {
        return false;
    }
    *ret_at_s = at_s;
    return true;
}
