#include "consumer-process/trips.h"

#include <stdlib.h>

#define TRIPS_CAP_FIRST 64u

/* Fibonacci hashing: rows come in runs, the multiplication spreads them. */
static uint32_t slot_of(const struct trips *t, uint32_t row)
{
    return (uint32_t)(((uint64_t)row * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (t->cap - 1);
}

void trips_init(struct trips *t, uint32_t max_n)
{
    *t = (struct trips){.max_n = max_n};
}

void trips_release(struct trips *t)
{
    free(t->slots);
    *t = (struct trips){.max_n = t->max_n};
}

struct trip *trips_find(const struct trips *t, uint32_t row)
{
    if (t->n == 0) {
        return NULL;
    }
    for (uint32_t i = slot_of(t, row);; i = (i + 1) & (t->cap - 1)) {
        struct trip *s = &t->slots[i];
        if (s->row == row) {
            return s;
        }
        if (s->row == 0) {
            return NULL;
        }
    }
}

static void insert(struct trips *t, const struct trip *trip)
{
    uint32_t i = slot_of(t, trip->row);
    while (t->slots[i].row != 0) {
        i = (i + 1) & (t->cap - 1);
    }
    t->slots[i] = *trip;
}

static bool grow(struct trips *t)
{
    struct trips bigger = *t;
    bigger.cap = t->cap == 0 ? TRIPS_CAP_FIRST : t->cap * 2;
    bigger.slots = calloc(bigger.cap, sizeof(*bigger.slots));
    if (!bigger.slots) {
        return false;
    }
    for (uint32_t i = 0; i < t->cap; i++) {
        if (t->slots[i].row != 0) {
            insert(&bigger, &t->slots[i]);
        }
    }
    free(t->slots);
    *t = bigger;
    return true;
}

bool trips_put(struct trips *t, const struct trip *trip)
{
    if (t->n >= t->max_n) {
        return false;
    }
    /* At most 5/8 full, so that probes stay short. */
    if ((uint64_t)(t->n + 1) * 8 > (uint64_t)t->cap * 5 && !grow(t)) {
        return false;
    }
    insert(t, trip);
    t->n++;
    return true;
}

/* Backward-shift deletion: no tombstones, so the map never decays. */
void trips_take(struct trips *t, struct trip *found)
{
    uint32_t mask = t->cap - 1;
    uint32_t hole = (uint32_t)(found - t->slots);
    for (uint32_t i = (hole + 1) & mask; t->slots[i].row != 0; i = (i + 1) & mask) {
        uint32_t home = slot_of(t, t->slots[i].row);
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            t->slots[hole] = t->slots[i];
            hole = i;
        }
    }
    t->slots[hole].row = 0;
    t->n--;
}

struct trip *trips_next(const struct trips *t, uint32_t *at)
{
    while (*at < t->cap) {
        struct trip *s = &t->slots[(*at)++];
        if (s->row != 0) {
            return s;
        }
    }
    return NULL;
}
