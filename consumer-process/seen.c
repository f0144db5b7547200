#include "consumer-process/seen.h"

#include <stdlib.h>
#include <string.h>

#define SEEN_CAP_FIRST 64u
#define SEEN_WINDOWS_PER_SWEEP 16384

static uint32_t hash_of(uint32_t key)
{
    return (uint32_t)(((uint64_t)key * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
}

void seen_init(struct seen *s, uint32_t max_n)
{
    *s = (struct seen){.max_n = max_n};
}

void seen_release(struct seen *s)
{
    free(s->blocks);
    free(s->index);
    seen_init(s, s->max_n);
}

static void index_add(struct seen *s, uint32_t block)
{
    uint32_t mask = s->index_cap - 1;
    uint32_t i = hash_of(s->blocks[block].key) & mask;
    while (s->index[i] != 0) {
        i = (i + 1) & mask;
    }
    s->index[i] = block + 1;
}

static void index_rebuild(struct seen *s)
{
    memset(s->index, 0, s->index_cap * sizeof(*s->index));
    for (uint32_t b = 0; b < s->n; b++) {
        index_add(s, b);
    }
}

static bool block_live(const struct seen_block *b, int64_t live_window)
{
    for (uint32_t row = 0; row < SEEN_ROWS; row++) {
        if (seen_in(b, 0, row, live_window) >= 0 || seen_in(b, 1, row, live_window) >= 0) {
            return true;
        }
    }
    return false;
}

void seen_sweep(struct seen *s, int64_t live_window)
{
    /* After a leap beyond half the modulus distances no longer tell old from new; all that is kept
     * is old then. */
    if (live_window - s->swept_window > 2 * SEEN_WINDOWS_PER_SWEEP) {
        s->n = 0;
    }
    uint32_t kept = 0;
    for (uint32_t b = 0; b < s->n; b++) {
        if (block_live(&s->blocks[b], live_window)) {
            s->blocks[kept++] = s->blocks[b];
        }
    }
    /* Entries of a kept block that are not live go too, or their number would come alive again one
     * modulus later. */
    for (uint32_t b = 0; b < kept; b++) {
        for (uint32_t i = 0; i < 2 * SEEN_ROWS; i++) {
            int status = (int)(i / SEEN_ROWS);
            if (seen_in(&s->blocks[b], status, i % SEEN_ROWS, live_window) < 0) {
                s->blocks[b].windows[status][i % SEEN_ROWS] = 0;
            }
        }
    }
    s->n = kept;
    s->swept_n = kept;
    s->swept_window = live_window;
    if (s->index) {
        index_rebuild(s);
    }
}

static bool grow(struct seen *s)
{
    uint32_t cap = s->cap == 0 ? SEEN_CAP_FIRST : s->cap * 2;
    struct seen_block *blocks = realloc(s->blocks, cap * sizeof(*blocks));
    if (!blocks) {
        return false;
    }
    s->blocks = blocks;
    uint32_t *index = calloc(cap * 2, sizeof(*index));
    if (!index) {
        return false;
    }
    free(s->index);
    s->index = index;
    s->index_cap = cap * 2;
    s->cap = cap;
    index_rebuild(s);
    return true;
}

/* Room for one more block: what is final is swept first, so that the set stays as large as its live
 * part. */
static bool make_room(struct seen *s, int64_t live_window)
{
    if (live_window != s->swept_window) { /* else nothing became final since the last sweep */
        seen_sweep(s, live_window);
    }
    if (s->n < s->cap / 2 && s->n < s->max_n) {
        return true;
    }
    if (s->n >= s->max_n) {
        return false;
    }
    return grow(s) || s->n < s->cap;
}

struct seen_block *seen_block(struct seen *s, uint32_t row, int64_t live_window)
{
    if (live_window - s->swept_window > SEEN_WINDOWS_PER_SWEEP) {
        seen_sweep(s, live_window);
    }
    uint32_t key = row / SEEN_ROWS;
    if (s->index_cap > 0) {
        uint32_t mask = s->index_cap - 1;
        for (uint32_t i = hash_of(key) & mask; s->index[i] != 0; i = (i + 1) & mask) {
            struct seen_block *b = &s->blocks[s->index[i] - 1];
            if (b->key == key) {
                return b;
            }
        }
    }
    if ((s->n == s->cap || s->n >= s->max_n) && !make_room(s, live_window)) {
        return NULL;
    }
    struct seen_block *b = &s->blocks[s->n];
    memset(b, 0, sizeof(*b));
    b->key = key;
    index_add(s, s->n++);
    return b;
}
