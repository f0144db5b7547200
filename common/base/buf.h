/* A growable byte buffer with a maximum.
 *
 * For: building output, collecting input. Owns its memory: init before use, release after. Reset
 * keeps the memory, so a buffer that lives as long as its program allocates only while it finds its
 * size. One thread at a time. */
#ifndef TLC_BASE_BUF_H
#define TLC_BASE_BUF_H

#include "common/base/str.h"

struct tlc_buf {
    char *p;
    size_t n;    /* bytes used */
    size_t cap;  /* bytes held */
    size_t max;  /* bytes it may grow to */
    bool failed; /* an append did not fit or memory was refused; nothing of that append was kept */
};

void tlc_buf_init(struct tlc_buf *b, size_t max_bytes);
void tlc_buf_release(struct tlc_buf *b);

static inline void tlc_buf_reset(struct tlc_buf *b)
{
    b->n = 0;
    b->failed = false;
}

/* Room for `more` further bytes; NULL (and failed) past the maximum. The caller writes and then
 * adds to n. */
char *tlc_buf_reserve(struct tlc_buf *b, size_t more);
bool tlc_buf_append(struct tlc_buf *b, const void *bytes, size_t n);
bool tlc_buf_add(struct tlc_buf *b, struct tlc_str s);
bool tlc_buf_printf(struct tlc_buf *b, const char *fmt, ...) TLC_PRINTF(2, 3);
/* Takes n bytes away from the front. */
void tlc_buf_consume(struct tlc_buf *b, size_t n);
/* NUL-terminates (not counted in n) for a C API; "" when the buffer could not grow. */
const char *tlc_buf_cstr(struct tlc_buf *b);

static inline struct tlc_str tlc_buf_str(const struct tlc_buf *b)
{
    return (struct tlc_str){b->p, b->n};
}

#endif
