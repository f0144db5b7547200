/* Memory by lifetime: many small takes, one reset.
 *
 * For: what lives as long as one batch. Not for: things freed singly. The arena owns all it gave
 * out; reset makes it invalid but keeps the largest block. One thread at a time. */
#ifndef TLC_BASE_ARENA_H
#define TLC_BASE_ARENA_H

#include "common/base/str.h"

struct tlc_arena_block;

struct tlc_arena {
    struct tlc_arena_block *blocks; /* newest first */
    size_t used;                    /* bytes used of the newest block */
    size_t total;                   /* bytes held in all blocks */
    size_t max;                     /* total never passes this */
};

void tlc_arena_init(struct tlc_arena *a, size_t max_bytes);
void tlc_arena_release(struct tlc_arena *a);
void tlc_arena_reset(struct tlc_arena *a);
/* n bytes aligned for any type, not cleared; NULL past the maximum or when memory is refused. */
void *tlc_arena_take(struct tlc_arena *a, size_t n);
/* A copy of s, NUL-terminated behind its length. p is NULL when there was no room. */
struct tlc_str tlc_arena_copy(struct tlc_arena *a, struct tlc_str s);

#endif
