#include "common/base/retry.h"

void tlc_retry_init(struct tlc_retry *r, int64_t base_ms, int64_t cap_ms, uint64_t seed)
{
    *r = (struct tlc_retry){.base_ms = base_ms < 1 ? 1 : base_ms, .rng = seed};
    r->cap_ms = cap_ms < r->base_ms ? r->base_ms : cap_ms;
}

int64_t tlc_retry_next(struct tlc_retry *r)
{
    int64_t delay = r->base_ms;
    for (uint32_t i = 0; i < r->attempt && delay < r->cap_ms; i++) {
        delay = delay > r->cap_ms / 2 ? r->cap_ms : delay * 2;
    }
    delay = delay > r->cap_ms ? r->cap_ms : delay;
    if (r->attempt < UINT32_MAX) {
        r->attempt++;
    }
    int64_t low = delay / 2;
    return low + (int64_t)(tlc_random_next(&r->rng) % (uint64_t)(delay - low + 1));
}

void tlc_retry_reset(struct tlc_retry *r)
{
    r->attempt = 0;
}

/* S. Vigna, splitmix64.c (public domain), after G. Steele, D. Lea, C. Flood, "Fast Splittable
 * Pseudorandom Number Generators", OOPSLA 2014. */
uint64_t tlc_random_next(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}
