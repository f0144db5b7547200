/* When to try again: exponential back-off with full jitter in its upper half.
 *
 * Pure: no clock, no sleep; the caller waits. delay = min(cap, base * 2^attempt), then uniformly in
 * [delay/2, delay]. Source of the idea: M. Brooker, "Exponential Backoff And Jitter", AWS
 * Architecture Blog, 2015 ("equal jitter"). */
#ifndef TLC_BASE_RETRY_H
#define TLC_BASE_RETRY_H

#include <stdint.h>

struct tlc_retry {
    int64_t base_ms;
    int64_t cap_ms;
    uint32_t attempt; /* failures since the last success */
    uint64_t rng;     /* state of the jitter; any value */
};

void tlc_retry_init(struct tlc_retry *r, int64_t base_ms, int64_t cap_ms, uint64_t seed);
/* The delay before the next try, in ms; counts one failure. */
int64_t tlc_retry_next(struct tlc_retry *r);
/* It worked: the next failure starts from base_ms. */
void tlc_retry_reset(struct tlc_retry *r);
/* splitmix64: a small deterministic generator, for jitter and for tests. */
uint64_t tlc_random_next(uint64_t *state);

#endif
