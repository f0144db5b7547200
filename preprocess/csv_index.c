#include "preprocess/csv_index.h"

#if defined(__SSE2__)
#include <emmintrin.h>

static uint64_t mask_of(const __m128i v[4], char c)
{
    const __m128i x = _mm_set1_epi8(c);
    uint64_t m = 0;
    for (int i = 0; i < 4; i++) {
        m |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v[i], x)) << (16 * i);
    }
    return m;
}

static void masks(const char *p, uint64_t *ret_separators, uint64_t *ret_quotes)
{
    __m128i v[4];
    for (int i = 0; i < 4; i++) {
        v[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
    }
    *ret_separators = mask_of(v, ',') | mask_of(v, '\n');
    *ret_quotes = mask_of(v, '"');
}
#else
static void masks(const char *p, uint64_t *ret_separators, uint64_t *ret_quotes)
{
    uint64_t separators = 0, quotes = 0;
    for (int i = 0; i < 64; i++) {
        separators |= (uint64_t)(p[i] == ',' || p[i] == '\n') << i;
        quotes |= (uint64_t)(p[i] == '"') << i;
    }
    *ret_separators = separators;
    *ret_quotes = quotes;
}
#endif

size_t csv_index(const char *p, size_t n, uint32_t *ret_at, bool *ret_quotes)
{
    uint32_t *at = ret_at;
    uint64_t any_quote = 0;
    for (size_t i = 0; i < n; i += 64) {
        uint64_t separators, quotes;
        masks(p + i, &separators, &quotes);
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
