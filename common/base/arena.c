#include "common/base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

#define BLOCK_MIN ((size_t)64 * 1024)

struct tlc_arena_block {
    struct tlc_arena_block *next; /* older */
    size_t size;                  /* bytes of data */
    alignas(max_align_t) char data[];
};

void tlc_arena_init(struct tlc_arena *a, size_t max_bytes)
{
    *a = (struct tlc_arena){.max = max_bytes};
}

void tlc_arena_release(struct tlc_arena *a)
{
    while (a->blocks != NULL) {
        struct tlc_arena_block *next = a->blocks->next;
        free(a->blocks);
        a->blocks = next;
    }
    a->used = 0;
    a->total = 0;
}

void tlc_arena_reset(struct tlc_arena *a)
{
    struct tlc_arena_block *largest = a->blocks;
    for (struct tlc_arena_block *b = a->blocks; b != NULL; b = b->next) {
        if (b->size > largest->size) {
            largest = b;
        }
    }
    for (struct tlc_arena_block *b = a->blocks; b != NULL;) {
        struct tlc_arena_block *next = b->next;
        if (b != largest) {
            free(b);
        }
        b = next;
    }
    a->blocks = largest;
    a->used = 0;
    a->total = 0;
    if (largest != NULL) {
        largest->next = NULL;
        a->total = largest->size;
    }
}

/* Blocks double, so that a batch of any size takes few of them. */
static bool add_block(struct tlc_arena *a, size_t need)
{
    size_t room = a->max - a->total;
    size_t size = a->total > BLOCK_MIN ? a->total : BLOCK_MIN;
    size = size > room ? room : size;
    size = size < need ? need : size;
    if (size > room) {
        return false;
    }
    struct tlc_arena_block *b = malloc(sizeof(*b) + size);
    if (b == NULL) {
        return false;
    }
    b->next = a->blocks;
    b->size = size;
    a->blocks = b;
    a->used = 0;
    a->total += size;
    return true;
}

void *tlc_arena_take(struct tlc_arena *a, size_t n)
{
    const size_t align = alignof(max_align_t);
    if (n > a->max) {
        return NULL;
    }
    size_t need = n == 0 ? align : (n + align - 1) / align * align;
    if (a->blocks == NULL || a->blocks->size - a->used < need) {
        if (!add_block(a, need)) {
            return NULL;
        }
    }
    void *p = a->blocks->data + a->used;
    a->used += need;
    return p;
}

struct tlc_str tlc_arena_copy(struct tlc_arena *a, struct tlc_str s)
{
    char *p = tlc_arena_take(a, s.n + 1);
    if (p == NULL) {
        return (struct tlc_str){NULL, 0};
    }
    if (s.n > 0) {
        memcpy(p, s.p, s.n);
    }
    p[s.n] = '\0';
    return (struct tlc_str){p, s.n};
}
