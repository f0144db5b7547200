/* Which events of a source were seen in windows that are not final yet: this is what finds second
 * copies.
 *
 * Per row and status it keeps the number of the last window the event was seen in, in blocks of 16
 * rows, so that a probe touches one block. An entry whose window is final counts as not seen and is
 * swept when room is needed. Window numbers are kept modulo 65535: a live range must be shorter,
 * which main checks, and seen_sweep must be called at least every 16384 windows of progress. Owns
 * its memory; one thread. */
#ifndef PROCESS_SEEN_H
#define PROCESS_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEEN_ROWS 16u
#define SEEN_MODULUS 65535

struct seen_block {
    uint32_t key; /* row / SEEN_ROWS */
    uint16_t
        windows[2][SEEN_ROWS]; /* [status][row % SEEN_ROWS]: window % SEEN_MODULUS + 1, 0 = never */
};

struct seen {
    struct seen_block *blocks; /* dense */
    uint32_t n, cap, max_n;
    uint32_t *index; /* hash table of block number + 1, 0 = free; index_cap is a power of two */
    uint32_t index_cap;
    uint32_t swept_n;     /* blocks left by the last sweep */
    int64_t swept_window; /* first live window at the last sweep */
};

void seen_init(struct seen *s, uint32_t max_n);
void seen_release(struct seen *s);
/* The block of a row, made if missing. live_window: number of the first window that is not final.
 * NULL when the maximum is reached or memory refused. Valid until the next call. */
struct seen_block *seen_block(struct seen *s, uint32_t row, int64_t live_window);
void seen_sweep(struct seen *s, int64_t live_window);

/* The window in which the event was seen, or -1 when in none that is live. */
static inline int64_t seen_in(const struct seen_block *b, int status, uint32_t row,
                              int64_t live_window)
{
    uint16_t v = b->windows[status][row % SEEN_ROWS];
    if (v == 0) {
        return -1;
    }
    int64_t distance =
        ((int64_t)(v - 1) - live_window % SEEN_MODULUS + SEEN_MODULUS) % SEEN_MODULUS;
    return distance < SEEN_MODULUS / 2 ? live_window + distance : -1;
}

static inline void seen_set(struct seen_block *b, int status, uint32_t row, int64_t window)
{
    b->windows[status][row % SEEN_ROWS] = (uint16_t)(window % SEEN_MODULUS + 1);
}

#endif
