#include "common/event/csv.h"

#include <assert.h>

#define ONES UINT64_C(0x0101010101010101)
#define LOW7 UINT64_C(0x7f7f7f7f7f7f7f7f)

/* The high bit of every byte of word that equals the byte repeated in pattern. Exact: no carry
 * crosses bytes. */
static uint64_t bytes_equal(uint64_t word, uint64_t pattern)
{
    const uint64_t x = word ^ pattern;
    return ~(((x & LOW7) + LOW7) | x | LOW7);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct tlc_str trim(const char *from, const char *to)
{
    while (from < to && is_blank(*from)) {
        from++;
    }
    while (from < to && is_blank(to[-1])) {
        to--;
    }
    return (struct tlc_str){from, (size_t)(to - from)};
}

struct split {
    struct tlc_str *fields;
    int n, max;
    const char *from; /* where the current field begins */
};

static void end_field(struct split *s, const char *to)
{
    if (s->n < s->max) {
        s->fields[s->n] = trim(s->from, to);
    }
    s->n++;
    s->from = to + 1;
}

/* A line without quotes: eight bytes a step. */
static int split_plain(struct tlc_str line, char sep, struct split *s)
{
    const uint64_t pattern = ONES * (unsigned char)sep;
    const char *p = line.p, *const end = line.p + line.n;
    for (; end - p >= 8; p += 8) {
        const uint64_t word = tlc_load_8(p);
        for (uint64_t hits = bytes_equal(word, pattern); hits; hits &= hits - 1) {
            end_field(s, p + __builtin_ctzll(hits) / 8);
        }
    }
    for (; p < end; p++) {
        if (*p == sep) {
            end_field(s, p);
        }
    }
    end_field(s, end);
    return s->n;
}

/* The closing quote of a field whose content begins at p; NULL when there is none. */
static const char *find_close(const char *p, const char *end)
{
    for (; p < end; p++) {
        if (*p == '"') {
            if (p + 1 == end || p[1] != '"') {
                return p;
            }
            p++;
        }
    }
    return NULL;
}

static int split_quoted(struct tlc_str line, char sep, struct split *s)
{
    const char *p = line.p, *const end = line.p + line.n;
    for (;;) {
        s->from = p;
        while (p < end && *p != sep && is_blank(*p)) {
            p++;
        }
        struct tlc_str inside = {NULL, 0};
        if (p < end && *p == '"') {
            const char *close = find_close(p + 1, end);
            if (!close) {
                return -1;
            }
            inside = trim(p + 1, close);
            p = close + 1;
        }
        const char *tail = p;
        while (p < end && *p != sep) {
            p++;
        }
        /* Text behind the closing quote makes the quotes part of the field. */
        const bool unquote = inside.p && trim(tail, p).n == 0;
        end_field(s, p);
        if (unquote && s->n <= s->max) {
            s->fields[s->n - 1] = inside;
        }
        if (p == end) {
            return s->n;
        }
        p++;
    }
}

int tlc_csv_split(struct tlc_str line, char sep, struct tlc_str *fields, int max)
{
    if (trim(line.p, line.p + line.n).n == 0) {
        return 0;
    }
    struct split s = {fields, 0, max, line.p};
    return memchr(line.p, '"', line.n) ? split_quoted(line, sep, &s) : split_plain(line, sep, &s);
}

/* A decimal number taken apart: sign, digits with or without a point among them, power of ten. */
struct decimal {
    bool negative;
    const char *digits, *end; /* the point may stand anywhere in between */
    int64_t whole_n;          /* digits before the point */
    int64_t exponent;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool exponent_parse(const char *p, const char *end, int64_t *ret)
{
    const bool negative = p < end && *p == '-';
    p += p < end && (*p == '-' || *p == '+');
    if (p == end) {
        return false;
    }
    int64_t v = 0;
    for (; p < end; p++) {
        if (!is_digit(*p)) {
            return false;
        }
        v = v < 100000 ? v * 10 + (*p - '0') : v; /* any larger power is as good */
    }
    *ret = negative ? -v : v;
    return true;
}

static bool decimal_parse(struct tlc_str s, struct decimal *ret)
{
    const char *p = s.p, *const end = s.p + s.n;
    ret->negative = p < end && *p == '-';
    p += p < end && (*p == '-' || *p == '+');
    ret->digits = p;
    ret->exponent = 0;
    while (p < end && is_digit(*p)) {
        p++;
    }
    ret->whole_n = p - ret->digits;
    int64_t digits_n = ret->whole_n;
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        while (p < end && is_digit(*p)) {
            p++;
        }
        digits_n += p - fraction;
    }
    ret->end = p;
    if (digits_n == 0) {
        return false;
    }
    if (p < end && (*p | 0x20) == 'e') {
        return exponent_parse(p + 1, end, &ret->exponent);
    }
    return p == end;
}

/* keep: how many digits stand before the point once it is moved to the wanted unit. */
static bool decimal_scale(const struct decimal *d, int64_t keep, uint64_t limit, uint64_t *ret,
                          bool *ret_exact)
{
    uint64_t v = 0;
    bool up = false, exact = true;
    int64_t at = 0;
    for (const char *p = d->digits; p < d->end; p++) {
        if (*p == '.') {
            continue;
        }
        if (at < keep) {
            v = v * 10 + (uint64_t)(*p - '0');
            if (v > limit) {
                return false;
            }
        } else {
            up = up || (at == keep && *p >= '5');
            exact = exact && *p == '0';
        }
        at++;
    }
    for (; v != 0 && at < keep; at++) {
        v *= 10;
        if (v > limit) {
            return false;
        }
    }
    *ret = v + up;
    *ret_exact = exact;
    return *ret <= limit;
}

static bool number_parse(struct tlc_str s, int decimals, int64_t limit, int64_t *ret,
                         bool *ret_exact)
{
    assert(limit >= 0 && limit <= INT64_C(1000000000000000000));
    struct decimal d;
    uint64_t v;
    if (!decimal_parse(s, &d) ||
        !decimal_scale(&d, d.whole_n + d.exponent + decimals, (uint64_t)limit, &v, ret_exact)) {
        return false;
    }
    *ret = d.negative ? -(int64_t)v : (int64_t)v;
    return true;
}

/* The common form, [-]digits[.digits] of at most 17 digits, in one pass; anything else is left to
 * the general one. */
static bool number_short(struct tlc_str s, int decimals, int64_t *ret)
{
    static const int64_t pow10[] = {1,      10,      100,      1000,      10000,
                                    100000, 1000000, 10000000, 100000000, 1000000000};
    const char *p = s.p, *const end = s.p + s.n;
    const bool negative = s.n > 0 && *p == '-';
    p += negative;
    if (end - p > 17 - decimals || p == end || !is_digit(*p)) {
        return false;
    }
    int64_t v = 0;
    while (p < end && is_digit(*p)) {
        v = v * 10 + (*p++ - '0');
    }
    int missing = decimals;
    if (p < end && *p == '.') {
        for (p++; p < end && missing > 0 && is_digit(*p); missing--) {
            v = v * 10 + (*p++ - '0');
        }
        if (p < end && is_digit(*p)) {
            v += *p++ >= '5';
            while (p < end && is_digit(*p)) {
                p++;
            }
        }
    }
    *ret = (negative ? -v : v) * pow10[missing];
    return p == end;
}

bool tlc_number_scaled(struct tlc_str s, int decimals, int64_t limit, int64_t *ret)
{
    int64_t v;
    bool exact;
    assert(decimals >= 0 && decimals <= 9);
    if (number_short(s, decimals, &v)) {
        if (v > limit || v < -limit) {
            return false;
        }
    } else if (!number_parse(s, decimals, limit, &v, &exact)) {
        return false;
    }
    *ret = v;
    return true;
}

bool tlc_number_integer(struct tlc_str s, int64_t limit, int64_t *ret)
{
    int64_t v;
    bool exact;
    if (!number_parse(s, 0, limit, &v, &exact) || !exact) {
        return false;
    }
    *ret = v;
    return true;
}
