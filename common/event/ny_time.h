/* New York's clock. The only file that knows the rule of its daylight saving time.
 *
 * Rule since 2007 (Energy Policy Act of 2005, Pub. L. 109-58, sec. 110; 15 U.S.C. 260a): clocks go
 * forward at 02:00 EST on the second Sunday of March and back at 02:00 EDT on the first Sunday of
 * November. EST = UTC-5, EDT = UTC-4. Used for every year; times before 2007 are outside of the
 * format. Calendar arithmetic after H. Hinnant, "chrono-Compatible Low-Level Date Algorithms"
 * (days_from_civil). Pure; any thread; no libc time zone, no environment. */
#ifndef TLC_EVENT_NY_TIME_H
#define TLC_EVENT_NY_TIME_H

#include "common/base/str.h"

struct tlc_civil {
    int32_t year;
    int32_t month, day; /* 1.. */
    int32_t hour, minute, second;
};

/* Days since 1970-01-01 of a proleptic Gregorian date, and back. */
int64_t tlc_days_from_civil(int32_t year, int32_t month, int32_t day);
void tlc_civil_from_days(int64_t days, int32_t *ret_year, int32_t *ret_month, int32_t *ret_day);
/* A date that exists, 00:00:00 to 23:59:59 (no leap second, no 24:00). */
bool tlc_civil_valid(const struct tlc_civil *c);
/* Wall-clock fields as seconds as if they were UTC: the unit in which wall times are compared and
 * sorted. */
int64_t tlc_civil_to_wall_s(const struct tlc_civil *c);
void tlc_civil_from_wall_s(int64_t wall_s, struct tlc_civil *ret);

/* Offset of New York's clock from UTC at a moment: -18000 or -14400 seconds. Cheap: the last
 * stretch between two changes is kept per thread. Moments beyond 2^40 s from the epoch count as
 * that bound. */
int32_t tlc_ny_offset_s(int64_t at_s);
/* Wall clock (seconds as if UTC) of a moment. */
static inline int64_t tlc_ny_wall_s(int64_t at_s)
{
    return at_s + tlc_ny_offset_s(at_s);
}

enum tlc_ny_fold {
    TLC_NY_ONCE,    /* the wall time names one moment */
    TLC_NY_DOUBLED, /* it names two: *ret_at_s is the first, the second is 3600 s later */
    TLC_NY_SKIPPED, /* it names none (02:00-03:00 in March): read as if the clock had not gone
                       forward */
};
/* The moment that a wall time on New York's clock names. */
enum tlc_ny_fold tlc_ny_from_wall(int64_t wall_s, int64_t *ret_at_s);

/* "2024-01-01T00:12:34-05:00": 25 bytes, no NUL. at_s within the years 0 to 9999. */
#define TLC_NY_TEXT_N 25
void tlc_ny_format(int64_t at_s, char dst[TLC_NY_TEXT_N]);
/* The inverse, and strict: false unless tlc_ny_format would write exactly this text. */
TLC_MUST bool tlc_ny_parse(const char text[TLC_NY_TEXT_N], int64_t *ret_at_s);
/* RFC 3339 with any offset ("Z", "+02:00"; T, t or blank between; fraction ignored). false when it
 * is not one. */
TLC_MUST bool tlc_rfc3339_parse(struct tlc_str s, int64_t *ret_at_s);
/* "YYYY-MM-DD HH:MM:SS" (or T between, fraction ignored) as wall seconds. false when it is not one.
 */
TLC_MUST bool tlc_wall_parse(struct tlc_str s, int64_t *ret_wall_s);

/* Midnights: the moment New York's day that holds at_s began; days are 23 or 25 hours long twice a
 * year. */
int64_t tlc_ny_day_start_s(int64_t at_s);

#endif
