#include "preprocess/cell.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/event/csv.h"
#include "common/event/event.h"
#include "common/event/zone.h"

/* Largest magnitudes that are read at all; what is out of range beyond that is the cleaner's to
 * judge. */
#define INTEGER_LIMIT 1000000000
#define DEGREE_LIMIT 1000000000

static bool digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

bool cell_is_missing(struct tlc_str s)
{
    static const struct tlc_str words[] = {
        {"", 0},    {"NA", 2},   {"N/A", 3},  {"#N/A", 4}, {"<NA>", 4},   {"nan", 3},
        {"NaT", 3}, {"null", 4}, {"None", 4}, {"-nan", 4}, {"(null)", 6},
    };
    for (size_t i = 0; i < TLC_COUNT(words); i++) {
        if (tlc_str_eq_nocase(s, words[i])) {
            return true;
        }
    }
    return tlc_str_eq(s, TLC_STR("\\N"));
}

/* What could not be read: no value, or none of its kind. */
static enum cell_state missing_or_bad(struct tlc_str s)
{
    return cell_is_missing(tlc_str_trim(s)) ? CELL_EMPTY : CELL_BAD;
}

/* "-12.345" without blanks, signs of plus or exponents, up to 11 digits before the point. false:
 * try the slow way. */
static bool plain_number(const char *p, const char *end, int decimals, int64_t *ret)
{
    const bool negative = p < end && *p == '-';
    p += negative;
    uint64_t v = 0; /* more digits than it holds are given up below */
    const char *from = p;
    while (p < end && digit(*p)) {
        v = v * 10 + (uint64_t)(*p++ - '0');
    }
    int digits = (int)(p - from);
    if (end - from > 40 || digits > 11) {
        return false;
    }
    int missing = decimals;
    if (p < end && *p == '.') {
        p++;
        for (; missing > 0 && p < end && digit(*p); missing--, digits++) {
            v = v * 10 + (uint64_t)(*p++ - '0');
        }
        if (missing == 0 && p < end && digit(*p)) {
            v += *p >= '5';
        }
        while (p < end && digit(*p)) {
            p++;
            digits++;
        }
    }
    if (p != end || digits == 0) {
        return false;
    }
    for (; missing > 0; missing--) {
        v *= 10;
    }
    *ret = negative ? -(int64_t)v : (int64_t)v;
    return true;
}

enum cell_state cell_number(struct tlc_str s, int decimals, int64_t limit, int64_t *ret)
{
    int64_t v;
    if (s.n == 0) {
        return CELL_EMPTY;
    }
    if (!plain_number(s.p, s.p + s.n, decimals, &v)) {
        s = tlc_str_trim(s);
        if (s.n == 0) {
            return CELL_EMPTY;
        }
        if (!tlc_number_scaled(s, decimals, limit, &v)) {
            return missing_or_bad(s);
        }
    }
    if (v > limit || v < -limit) {
        return CELL_BAD;
    }
    *ret = v;
    return CELL_OK;
}

enum cell_state cell_integer(struct tlc_str s, int64_t limit, int64_t *ret)
{
    if (s.n == 1 && digit(*s.p)) {
        *ret = *s.p - '0';
        return *ret <= limit ? CELL_OK : CELL_BAD;
    }
    int64_t v;
    enum cell_state state = cell_number(s, 3, limit * 1000, &v);
    if (state != CELL_OK) {
        return state;
    }
    if (v % 1000 != 0) {
        return CELL_BAD;
    }
    *ret = v / 1000;
    return CELL_OK;
}

/* "HH:MM:SS" as seconds; -1 when it is not one. */
static int32_t clock_seconds(const char *p)
{
    for (int i = 0; i < 8; i++) {
        if (i == 2 || i == 5 ? p[i] != ':' : !digit(p[i])) {
            return -1;
        }
    }
    int32_t h = (p[0] - '0') * 10 + (p[1] - '0');
    int32_t m = (p[3] - '0') * 10 + (p[4] - '0');
    int32_t s = (p[6] - '0') * 10 + (p[7] - '0');
    return h < 24 && m < 60 && s < 60 ? h * 3600 + m * 60 + s : -1;
}

/* true when all of the text after "YYYY-MM-DD HH:MM:SS" is a fraction of a second. */
static bool only_fraction(const char *p, size_t n)
{
    if (n == 0) {
        return true;
    }
    bool ok = *p == '.' && n > 1;
    for (size_t i = 1; i < n; i++) {
        ok = ok && digit(p[i]);
    }
    return ok;
}

/* The entry of the day of the month at p; NULL where p holds no date of TLC's spelling. */
static struct cell_day *day_entry(struct cell_times *times, struct tlc_str s)
{
    return s.n >= 19 && s.p[10] == ' ' && digit(s.p[8]) && digit(s.p[9])
               ? &times->day[((s.p[8] - '0') * 10 + (s.p[9] - '0')) & 31]
               : NULL;
}

enum cell_state cell_time(struct cell_times *times, struct tlc_str s, int64_t *ret_face_s)
{
    if (s.n == 0) {
        return CELL_EMPTY;
    }
    struct cell_day *day = day_entry(times, s);
    if (day && only_fraction(s.p + 19, s.n - 19) && memcmp(day->text, s.p, sizeof day->text) == 0) {
        int32_t t = clock_seconds(s.p + 11);
        *ret_face_s = day->wall_s + t;
        return t >= 0 ? CELL_OK : CELL_BAD;
    }
    s = tlc_str_trim(s);
    struct when when;
    if (!when_parse(s, times->order, &when)) {
        return missing_or_bad(s);
    }
    *ret_face_s = when.face_s;
    if (when.zoned) {
        times->at_s = when.at_s;
        return CELL_ZONED;
    }
    day = day_entry(times, s);
    if (day && s.p[4] == '-') {
        memcpy(day->text, s.p, sizeof day->text);
        day->wall_s = when.face_s - ((when.face_s % 86400) + 86400) % 86400;
    }
    return CELL_OK;
}

struct spelling {
    const char *text;
    int64_t value;
};

static enum cell_state spelled(const struct spelling *table, size_t n, struct tlc_str s,
                               int64_t *ret)
{
    s = tlc_str_trim(s);
    for (size_t i = 0; i < n; i++) {
        if (tlc_str_eq_nocase(s, tlc_str_from(table[i].text))) {
            *ret = table[i].value;
            return CELL_OK;
        }
    }
    return missing_or_bad(s);
}

enum cell_state cell_vendor(struct tlc_str s, int64_t *ret)
{
    /* TLC's codes 1 and 2 are the successors of these two; DDS left before there were codes. */
    static const struct spelling vendors[] = {{"CMT", 1}, {"VTS", 2}, {"DDS", 3}};
    enum cell_state state = cell_integer(s, TLC_VENDOR_MAX, ret);
    if (state == CELL_BAD) {
        return spelled(vendors, TLC_COUNT(vendors), s, ret);
    }
    return state == CELL_OK && *ret < 0 ? CELL_BAD : state;
}

enum cell_state cell_licence(struct tlc_str s, int64_t *ret)
{
    s = tlc_str_trim(s);
    if (cell_is_missing(s)) {
        return CELL_EMPTY;
    }
    while (s.n > 0 && !digit(*s.p)) {
        s.p++;
        s.n--;
    }
    return tlc_str_to_i64(s, 0, TLC_VENDOR_MAX, ret) ? CELL_OK : CELL_BAD;
}

enum cell_state cell_payment(struct tlc_str s, int64_t *ret)
{
    static const struct spelling payments[] = {
        {"credit", 1},  {"cre", 1}, {"crd", 1},     {"credit card", 1},
        {"cash", 2},    {"cas", 2}, {"csh", 2},     {"no charge", 3},
        {"no", 3},      {"noc", 3}, {"dispute", 4}, {"dis", 4},
        {"unknown", 5}, {"unk", 5}, {"void", 6},    {"voided trip", 6},
    };
    enum cell_state state = cell_integer(s, TLC_PAYMENT_MAX, ret);
    if (state == CELL_BAD) {
        return spelled(payments, TLC_COUNT(payments), s, ret);
    }
    return state == CELL_OK && *ret < 0 ? CELL_BAD : state;
}

enum cell_state cell_zone_name(struct tlc_str s, int64_t *ret)
{
    enum cell_state state = cell_integer(s, INTEGER_LIMIT, ret);
    if (state != CELL_BAD) {
        return state;
    }
    s = tlc_str_trim(s);
    int found = 0, borough = 0, named = 0;
    for (int id = 1; id < TLC_ZONE_UNKNOWN; id++) { /* the last two are no places */
        const struct tlc_zone *zone = tlc_zone_get(id);
        if ((zone->name[0] | 0x20) == (s.p[0] | 0x20) &&
            tlc_str_eq_nocase(s, tlc_str_from(zone->name))) {
            found = id;
            named++;
        }
    }
    for (int id = 1; found == 0 && named < 2 && id < TLC_ZONE_UNKNOWN; id++) {
        if (tlc_str_eq_nocase(s, tlc_str_from(tlc_zone_get(id)->borough))) {
            borough = id;
            named++;
        }
    }
    found = found == 0 ? borough : found;
    *ret = found;
    return named == 1 ? CELL_OK : missing_or_bad(s);
}

enum cell_state cell_read(enum cell_kind kind, struct cell_times *times, struct tlc_str s,
                          int64_t *ret)
{
    switch (kind) {
    case CELL_TIME: return cell_time(times, s, ret);
    case CELL_ZONE:
    case CELL_COUNT: return cell_integer(s, INTEGER_LIMIT, ret);
    case CELL_ZONE_NAME: return cell_zone_name(s, ret);
    case CELL_DEGREE: return cell_number(s, 6, DEGREE_LIMIT, ret);
    case CELL_VENDOR: return cell_vendor(s, ret);
    case CELL_LICENCE: return cell_licence(s, ret);
    case CELL_PAYMENT: return cell_payment(s, ret);
    case CELL_HUNDREDTH: return cell_number(s, 2, TLC_CENTS_MAX, ret);
    }
    return CELL_BAD;
}

struct scale {
    int decimals;
    int64_t factor, low, high; /* of the scaled value */
};

static const struct scale *scale_of(enum cell_kind kind)
{
    static const struct scale scales[] = {
        [CELL_TIME] = {0, 0, 0, -1},
        [CELL_ZONE] = {0, 1, -INTEGER_LIMIT, INTEGER_LIMIT},
        [CELL_ZONE_NAME] = {0, 0, 0, -1},
        [CELL_DEGREE] = {6, 1000000, -DEGREE_LIMIT, DEGREE_LIMIT},
        [CELL_VENDOR] = {0, 1, 0, TLC_VENDOR_MAX},
        [CELL_LICENCE] = {0, 0, 0, -1},
        [CELL_COUNT] = {0, 1, -INTEGER_LIMIT, INTEGER_LIMIT},
        [CELL_PAYMENT] = {0, 1, 0, TLC_PAYMENT_MAX},
        [CELL_HUNDREDTH] = {2, 100, -TLC_CENTS_MAX, TLC_CENTS_MAX},
    };
    return &scales[kind];
}

enum cell_state cell_from_integer(enum cell_kind kind, int64_t value, int64_t *ret)
{
    const struct scale *s = scale_of(kind);
    int64_t v;
    if (__builtin_mul_overflow(value, s->factor, &v) || v < s->low || v > s->high) {
        return CELL_BAD;
    }
    *ret = v;
    return CELL_OK;
}

/* The shortest text that means this value. */
static int shortest_text(double value, char dst[40])
{
    int n = 0;
    for (int digits = 15; digits <= 17; digits++) {
        n = snprintf(dst, 40, "%.*g", digits, value);
        if (strtod(dst, NULL) == value) {
            break;
        }
    }
    return n;
}

static enum cell_state keep(const struct scale *s, int64_t v, int64_t *ret)
{
    if (v < s->low || v > s->high) {
        return CELL_BAD;
    }
    *ret = v;
    return CELL_OK;
}

/* A tie in decimal, that binary has moved to one side. */
static __attribute__((noinline)) enum cell_state from_tie(const struct scale *s, double value,
                                                          int64_t *ret)
{
    char text[40];
    int64_t v;
    const int n = shortest_text(value, text);
    return tlc_number_scaled((struct tlc_str){text, (size_t)n}, s->decimals, s->high, &v)
               ? keep(s, v, ret)
               : CELL_BAD;
}

enum cell_state cell_from_real(enum cell_kind kind, double value, int64_t *ret)
{
    const struct scale *s = scale_of(kind);
    if (isnan(value)) {
        return CELL_EMPTY;
    }
    const double scaled = value * (double)s->factor;
    if (!(scaled >= (double)s->low - 0.5 && scaled <= (double)s->high + 0.5)) {
        return CELL_BAD;
    }
    const double nearest = nearbyint(scaled);
    const double off = fabs(scaled - nearest);
    if (s->decimals == 0 && off != 0) {
        return CELL_BAD;
    }
    return off > 0.499999 ? from_tie(s, value, ret) : keep(s, (int64_t)nearest, ret);
}

/* value as digits x 10^-*ret_places, with as few digits as still mean it: what "%.6g" to "%.9g"
 * and a look back find, in exact arithmetic, as 9 digits and 22 powers of ten are exact in double.
 */
static int64_t shortest_digits(float value, int *ret_places)
{
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const int places = 5 - (int)floor(log10(fabs((double)value)));
    double digits = 0;
    for (int more = 0; more < 4; more++) {
        const int p = places + more;
        *ret_places = p;
        const double scale = tens[p < 0 ? -p : p];
        digits = nearbyint(p < 0 ? (double)value / scale : (double)value * scale);
        if ((float)(p < 0 ? digits * scale : digits / scale) == value) {
            break;
        }
    }
    return (int64_t)digits;
}

/* Half away from zero. */
static int64_t divide_rounded(int64_t v, int64_t by)
{
    const int64_t half = by / 2;
    return v < 0 ? (v - half) / by : (v + half) / by;
}

enum cell_state cell_from_float(enum cell_kind kind, float value, int64_t *ret)
{
    const struct scale *s = scale_of(kind);
    const double size = fabs((double)value);
    if (s->decimals == 0 || !(size >= 1e-9 && size * (double)s->factor <= (double)s->high + 1)) {
        return cell_from_real(kind, (double)value, ret); /* no place to round at, or none left */
    }
    int places;
    int64_t v = shortest_digits(value, &places);
    for (; places < s->decimals; places++) {
        v *= 10;
    }
    int64_t by = 1;
    for (; places > s->decimals; places--) {
        by *= 10;
    }
    return keep(s, divide_rounded(v, by), ret);
}
