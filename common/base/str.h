/* Borrowed text: pointer and length, never NUL-terminated on purpose.
 *
 * For: everything that is read or compared. Not for: text that must outlive its source; copy that
 * into a struct tlc_buf or an arena. No function here allocates. All are pure and may be called
 * from any thread. */
#ifndef TLC_BASE_STR_H
#define TLC_BASE_STR_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The result must be looked at. */
#define TLC_MUST __attribute__((warn_unused_result))
#define TLC_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define TLC_COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct tlc_str {
    const char *p; /* may be NULL when n is 0 */
    size_t n;      /* bytes */
};

/* A string literal as tlc_str. */
#define TLC_STR(literal) ((struct tlc_str){(literal), sizeof(literal) - 1})
/* For printf: "%.*s", TLC_STR_ARG(s) */
#define TLC_STR_ARG(s) (int)(s).n, (s).p

static inline struct tlc_str tlc_str_from(const char *z)
{
    return (struct tlc_str){z, z ? strlen(z) : 0};
}

static inline bool tlc_str_eq(struct tlc_str a, struct tlc_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool tlc_str_starts(struct tlc_str s, struct tlc_str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

/* Eight bytes of text as a number, p[0] its lowest byte on every machine. */
static inline uint64_t tlc_load_8(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return le64toh(word);
}

/* ASCII case is ignored. */
bool tlc_str_eq_nocase(struct tlc_str a, struct tlc_str b);
bool tlc_str_ends(struct tlc_str s, struct tlc_str suffix);
/* Without spaces, tabs, CR and LF at both ends. */
struct tlc_str tlc_str_trim(struct tlc_str s);
/* The part of *rest before sep, and moves *rest behind it; false when *rest was exhausted (p NULL).
 */
bool tlc_str_split(struct tlc_str *rest, char sep, struct tlc_str *ret_part);

/* Whole text as a decimal integer within [min, max]; false when it is not one, ret untouched. */
TLC_MUST bool tlc_str_to_i64(struct tlc_str s, int64_t min, int64_t max, int64_t *ret_value);
/* Byte amounts: "512", "64KiB", "8MiB", "2GiB" (also k, m, g). */
TLC_MUST bool tlc_str_to_bytes(struct tlc_str s, int64_t *ret_bytes);
/* Durations to milliseconds: "250ms", "15m", "24h", "2d", "1.5s"; a bare number is seconds. */
TLC_MUST bool tlc_str_to_ms(struct tlc_str s, int64_t *ret_ms);

/* NUL-terminated copy into dst (always terminated); false when it had to be cut. */
bool tlc_str_copy(char *dst, size_t dst_size, struct tlc_str s);

#endif
