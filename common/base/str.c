#include "common/base/str.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool tlc_str_eq_nocase(struct tlc_str a, struct tlc_str b)
{
    if (a.n != b.n) {
        return false;
    }
    for (size_t i = 0; i < a.n; i++) {
        if (lower(a.p[i]) != lower(b.p[i])) {
            return false;
        }
    }
    return true;
}

bool tlc_str_ends(struct tlc_str s, struct tlc_str suffix)
{
    return s.n >= suffix.n &&
           (suffix.n == 0 || memcmp(s.p + (s.n - suffix.n), suffix.p, suffix.n) == 0);
}

struct tlc_str tlc_str_trim(struct tlc_str s)
{
    while (s.n > 0 && is_blank(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_blank(s.p[s.n - 1])) {
        s.n--;
    }
    return s;
}

bool tlc_str_split(struct tlc_str *rest, char sep, struct tlc_str *ret_part)
{
    if (rest->p == NULL) {
        return false;
    }
    const char *at = rest->n > 0 ? memchr(rest->p, sep, rest->n) : NULL;
    if (at == NULL) {
        *ret_part = *rest;
        *rest = (struct tlc_str){NULL, 0};
        return true;
    }
    size_t n = (size_t)(at - rest->p);
    *ret_part = (struct tlc_str){rest->p, n};
    rest->p = at + 1;
    rest->n -= n + 1;
    return true;
}

bool tlc_str_to_i64(struct tlc_str s, int64_t min, int64_t max, int64_t *ret_value)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    size_t i = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+') ? 1 : 0;
    if (i == s.n) {
        return false;
    }
    /* Gathered below zero, where the range is larger by one. */
    int64_t v = 0;
    for (; i < s.n; i++) {
        if (!is_digit(s.p[i]) || __builtin_mul_overflow(v, 10, &v) ||
            __builtin_sub_overflow(v, s.p[i] - '0', &v)) {
            return false;
        }
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, v, &v)) {
        return false;
    }
    if (v < min || v > max) {
        return false;
    }
    *ret_value = v;
    return true;
}

struct unit {
    const char *name;
    int64_t factor;
};

/* A decimal number and a unit; the result in the smallest unit, fractions of it cut off. */
static bool to_units(struct tlc_str s, const struct unit *units, size_t units_n, int64_t *ret_value)
{
    size_t i = 0;
    while (i < s.n && is_digit(s.p[i])) {
        i++;
    }
    struct tlc_str whole = {s.p, i};
    struct tlc_str fraction = {s.p, 0};
    if (i < s.n && s.p[i] == '.') {
        size_t from = ++i;
        while (i < s.n && is_digit(s.p[i])) {
            i++;
        }
        fraction = (struct tlc_str){s.p + from, i - from};
        if (fraction.n == 0 || fraction.n > 9) {
            return false;
        }
    }
    int64_t value = 0;
    if (!tlc_str_to_i64(whole, 0, INT64_MAX, &value)) {
        return false;
    }
    struct tlc_str name = {s.p + i, s.n - i};
    for (size_t u = 0; u < units_n; u++) {
        if (!tlc_str_eq_nocase(name, tlc_str_from(units[u].name))) {
            continue;
        }
        double part = 0, scale = (double)units[u].factor;
        for (size_t d = 0; d < fraction.n; d++) {
            scale /= 10;
            part += (fraction.p[d] - '0') * scale;
        }
        if (__builtin_mul_overflow(value, units[u].factor, &value) ||
            __builtin_add_overflow(value, (int64_t)(part + 1e-6), &value)) {
            return false;
        }
        *ret_value = value;
        return true;
    }
    return false;
}

bool tlc_str_to_bytes(struct tlc_str s, int64_t *ret_bytes)
{
    static const struct unit units[] = {
        {"", 1},          {"b", 1},        {"k", 1 << 10},   {"kb", 1 << 10},
        {"kib", 1 << 10}, {"m", 1 << 20},  {"mb", 1 << 20},  {"mib", 1 << 20},
        {"g", 1 << 30},   {"gb", 1 << 30}, {"gib", 1 << 30}, {"tib", INT64_C(1) << 40},
    };
    return to_units(s, units, TLC_COUNT(units), ret_bytes);
}

bool tlc_str_to_ms(struct tlc_str s, int64_t *ret_ms)
{
    static const struct unit units[] = {
        {"", 1000},     {"ms", 1},      {"s", 1000},     {"m", 60000},
        {"min", 60000}, {"h", 3600000}, {"d", 86400000}, {"w", 604800000},
    };
    return to_units(s, units, TLC_COUNT(units), ret_ms);
}

bool tlc_str_copy(char *dst, size_t dst_size, struct tlc_str s)
{
    if (dst_size == 0) {
        return false;
    }
    size_t n = s.n < dst_size ? s.n : dst_size - 1;
    if (n > 0) {
        memcpy(dst, s.p, n);
    }
    dst[n] = '\0';
    return n == s.n;
}
