#include "preprocess/sha256.h"

/* Where a twin of the portable blocks exists: x86-64, and 64-bit Arm under Linux (clang before 16
 * hides the intrinsics from a function of its own target). */
#if defined(__x86_64__)
#define HAS_TWIN 1
#include <cpuid.h>
#include <immintrin.h>
#elif defined(__AARCH64EL__) && defined(__linux__) &&                                              \
    (!defined(__clang_major__) || __clang_major__ >= 16)
#define HAS_TWIN 1
#include <arm_neon.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#else
#define HAS_TWIN 0
#endif

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotr(uint32_t x, int n)
{
    return (x >> n) | (x << (32 - n));
}

static void schedule(uint32_t w[64], const uint8_t *p)
{
    for (int i = 0; i < 16; i++) {
        w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 |
               (uint32_t)p[4 * i + 2] << 8 | (uint32_t)p[4 * i + 3];
    }
    for (int i = 16; i < 64; i++) {
        uint32_t s0 = rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
        uint32_t s1 = rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
}

void sha256_blocks_portable(uint32_t state[8], const uint8_t *p, size_t blocks)
{
    for (; blocks > 0; blocks--, p += 64) {
        uint32_t w[64];
        uint32_t v[8];
        schedule(w, p);
        memcpy(v, state, sizeof v);
        /* The letters of the standard stay where they are, their names move on. */
#define LETTER(k) v[((k)-i) & 7]
#pragma GCC unroll 8 /* keeps v in registers */
        for (int i = 0; i < 64; i++) {
            const uint32_t a = LETTER(0), b = LETTER(1), c = LETTER(2), e = LETTER(4);
            uint32_t s1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
            uint32_t ch = (e & LETTER(5)) ^ (~e & LETTER(6));
            uint32_t t1 = LETTER(7) + s1 + ch + K[i] + w[i];
            uint32_t s0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);
            LETTER(3) += t1;
            LETTER(7) = t1 + s0 + ((a & b) ^ (a & c) ^ (b & c));
        }
#undef LETTER
        for (int i = 0; i < 8; i++) {
            state[i] += v[i];
        }
    }
}

#if defined(__x86_64__)
/* Four rounds a step, after Intel's "SHA Extensions" white paper (Gulley et al., 2013). The message
 * schedule is kept in four registers; step i >= 4 makes w[4i..4i+3] from the four before. */
__attribute__((target("sha,sse4.1"))) static void blocks_twin(uint32_t state[8], const uint8_t *p,
                                                              size_t blocks)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
    __m128i tmp =
        _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)&state[0]), 0xB1);
    __m128i st1 =
        _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)&state[4]), 0x1B);
    __m128i st0 = _mm_alignr_epi8(tmp, st1, 8); /* ABEF */
    st1 = _mm_blend_epi16(st1, tmp, 0xF0);      /* CDGH */
    for (; blocks > 0; blocks--, p += 64) {
        const __m128i old0 = st0;
        const __m128i old1 = st1;
        __m128i w[4];
#pragma GCC unroll 16 /* keeps w in registers */
        for (int i = 0; i < 16; i++) {
            __m128i m;
            if (i < 4) {
                m = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
                m = _mm_shuffle_epi8(m, swap);
            } else {
                __m128i last = w[(i + 3) & 3];
                m = _mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]);
                m = _mm_add_epi32(m, _mm_alignr_epi8(last, w[(i + 2) & 3], 4));
                m = _mm_sha256msg2_epu32(m, last);
            }
            w[i & 3] = m;
            m = _mm_add_epi32(m, _mm_loadu_si128((const __m128i *)(const void *)&K[4 * i]));
            st1 = _mm_sha256rnds2_epu32(st1, st0, m);
            m = _mm_shuffle_epi32(m, 0x0E);
            st0 = _mm_sha256rnds2_epu32(st0, st1, m);
        }
        st0 = _mm_add_epi32(st0, old0);
        st1 = _mm_add_epi32(st1, old1);
    }
    tmp = _mm_shuffle_epi32(st0, 0x1B);
    st1 = _mm_shuffle_epi32(st1, 0xB1);
    st0 = _mm_blend_epi16(tmp, st1, 0xF0);
    st1 = _mm_alignr_epi8(st1, tmp, 8);
    _mm_storeu_si128((__m128i *)(void *)&state[0], st0);
    _mm_storeu_si128((__m128i *)(void *)&state[4], st1);
}

static bool has_instructions(void)
{
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_SSE4_1) == 0) {
        return false;
    }
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & (1U << 29)) != 0;
}
#elif HAS_TWIN
/* Four rounds a step, the schedule in four registers as above; instructions as in Arm's ACLE. */
__attribute__((target("+crypto"))) static void blocks_twin(uint32_t state[8], const uint8_t *p,
                                                           size_t blocks)
{
    uint32x4_t abcd = vld1q_u32(&state[0]), efgh = vld1q_u32(&state[4]);
    for (; blocks > 0; blocks--, p += 64) {
        const uint32x4_t old0 = abcd, old1 = efgh;
        uint32x4_t w[4];
#pragma GCC unroll 16 /* keeps w in registers */
        for (int i = 0; i < 16; i++) {
            uint32x4_t m;
            if (i < 4) {
                m = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(p + 16 * i)));
            } else {
                m = vsha256su0q_u32(w[i & 3], w[(i + 1) & 3]);
                m = vsha256su1q_u32(m, w[(i + 2) & 3], w[(i + 3) & 3]);
            }
            w[i & 3] = m;
            m = vaddq_u32(m, vld1q_u32(&K[4 * i]));
            const uint32x4_t before = abcd;
            abcd = vsha256hq_u32(abcd, efgh, m);
            efgh = vsha256h2q_u32(efgh, before, m);
        }
        abcd = vaddq_u32(abcd, old0);
        efgh = vaddq_u32(efgh, old1);
    }
    vst1q_u32(&state[0], abcd);
    vst1q_u32(&state[4], efgh);
}

static bool has_instructions(void)
{
    return (getauxval(AT_HWCAP) & HWCAP_SHA2) != 0;
}
#endif

#if HAS_TWIN
bool sha256_has_instructions(void)
{
    static int known; /* 0 not asked yet, 1 no, 2 yes: a race only asks twice */
    int k = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (k == 0) {
        k = has_instructions() ? 2 : 1;
        __atomic_store_n(&known, k, __ATOMIC_RELAXED);
    }
    return k == 2;
}
#else
bool sha256_has_instructions(void)
{
    return false;
}
#endif

static void add_blocks(uint32_t state[8], const uint8_t *p, size_t blocks)
{
#if HAS_TWIN
    if (sha256_has_instructions()) {
        blocks_twin(state, p, blocks);
        return;
    }
#endif
    sha256_blocks_portable(state, p, blocks);
}

void sha256_init(struct sha256 *s)
{
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(s->state, start, sizeof start);
    s->bytes = 0;
}

void sha256_add(struct sha256 *s, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    size_t held = (size_t)(s->bytes % 64);
    s->bytes += n;
    if (held > 0) {
        size_t take = 64 - held < n ? 64 - held : n;
        memcpy(s->block + held, p, take);
        p += take;
        n -= take;
        if (held + take < 64) {
            return;
        }
        add_blocks(s->state, s->block, 1);
    }
    add_blocks(s->state, p, n / 64);
    if (n % 64 > 0) {
        memcpy(s->block, p + n - n % 64, n % 64);
    }
}

void sha256_hex(struct sha256 *s, char ret_hex[SHA256_HEX_N])
{
    static const char digits[] = "0123456789abcdef";
    uint64_t bits = s->bytes * 8;
    uint8_t pad[72] = {0x80};
    size_t zeros = (119 - (size_t)(s->bytes % 64)) % 64; /* 0x80, zeros, 8 bytes of length */
    for (size_t i = 0; i < 8; i++) {
        pad[1 + zeros + i] = (uint8_t)(bits >> (56 - 8 * i));
    }
    sha256_add(s, pad, 1 + zeros + 8);
    for (size_t i = 0; i < 32; i++) {
        uint8_t byte = (uint8_t)(s->state[i / 4] >> (24 - 8 * (i % 4)));
        ret_hex[2 * i] = digits[byte >> 4];
        ret_hex[2 * i + 1] = digits[byte & 15];
    }
    ret_hex[64] = '\0';
}
