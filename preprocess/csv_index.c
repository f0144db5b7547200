#include "preprocess/csv_index.h"

#include "common/base/str.h"

/* Bit i of the masks stands for p[i], i < 64. */
typedef void masks_fn(const char *p, struct csv_marks marks, uint64_t *ret_separators,
                      uint64_t *ret_quotes);

/* Bit i: byte i of the word equals the one repeated in pattern. Exact: no carry crosses bytes. */
static inline uint64_t bits_equal(uint64_t word, uint64_t pattern)
{
    const uint64_t low7 = UINT64_C(0x7f7f7f7f7f7f7f7f), x = word ^ pattern;
    const uint64_t high_bits = ~(((x & low7) + low7) | x | low7);
    return (high_bits >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

static inline void masks_portable(const char *p, struct csv_marks marks, uint64_t *ret_separators,
                                  uint64_t *ret_quotes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t separators = 0, quotes = 0;
    for (int i = 0; i < 64; i += 8) {
        const uint64_t word = tlc_load_8(p + i);
        separators |= (bits_equal(word, ones * (unsigned char)marks.separator) |
                       bits_equal(word, ones * (unsigned char)marks.line_end))
                      << i;
        quotes |= bits_equal(word, ones * '"') << i;
    }
    *ret_separators = separators;
    *ret_quotes = quotes;
}

#if defined(__SSE2__)
#include <emmintrin.h>
#define masks_here masks_sse2

static inline uint64_t mask_of(const __m128i v[4], char c)
{
    const __m128i x = _mm_set1_epi8(c);
    uint64_t m = 0;
    for (int i = 0; i < 4; i++) {
        m |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v[i], x)) << (16 * i);
    }
    return m;
}

static inline void masks_sse2(const char *p, struct csv_marks marks, uint64_t *ret_separators,
                              uint64_t *ret_quotes)
{
    __m128i v[4];
    for (int i = 0; i < 4; i++) {
        v[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
    }
    *ret_separators = mask_of(v, marks.separator) | mask_of(v, marks.line_end);
    *ret_quotes = mask_of(v, '"');
}
#else
#define masks_here masks_portable
#endif

/* Inlined with the masks it is given. */
static inline size_t index_by(masks_fn *masks_of, const char *p, size_t n, struct csv_marks marks,
                              uint32_t *ret_at, bool *ret_quotes)
{
    uint32_t *at = ret_at;
    uint64_t any_quote = 0;
    for (size_t i = 0; i < n; i += 64) {
        uint64_t separators, quotes;
        masks_of(p + i, marks, &separators, &quotes);
        if (n - i < 64) {
            const uint64_t live = (UINT64_C(1) << (n - i)) - 1;
            separators &= live;
            quotes &= live;
        }
        any_quote |= quotes;
        while (separators != 0) {
            *at++ = (uint32_t)i + (uint32_t)__builtin_ctzll(separators);
            separators &= separators - 1;
        }
    }
    *ret_quotes = any_quote != 0;
    return (size_t)(at - ret_at);
}

size_t csv_index(const char *p, size_t n, struct csv_marks marks, uint32_t *ret_at,
                 bool *ret_quotes)
{
    return index_by(masks_here, p, n, marks, ret_at, ret_quotes);
}

size_t csv_index_portable(const char *p, size_t n, struct csv_marks marks, uint32_t *ret_at,
                          bool *ret_quotes)
{
    return index_by(masks_portable, p, n, marks, ret_at, ret_quotes);
}
