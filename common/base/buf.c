#include "common/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_CAP ((size_t)256)

void tlc_buf_init(struct tlc_buf *b, size_t max_bytes)
{
    *b = (struct tlc_buf){.max = max_bytes};
}

void tlc_buf_release(struct tlc_buf *b)
{
    free(b->p);
    *b = (struct tlc_buf){.max = b->max};
}

char *tlc_buf_reserve(struct tlc_buf *b, size_t more)
{
    if (more > b->max || b->n > b->max - more) {
        b->failed = true;
        return NULL;
    }
    size_t need = b->n + more;
    if (need > b->cap || b->p == NULL) {
        size_t cap = b->cap < FIRST_CAP ? FIRST_CAP : b->cap;
        while (cap < need) {
            cap = cap > b->max / 2 ? b->max : cap * 2;
        }
        cap = cap > b->max && b->max > 0 ? b->max : cap;
        char *p = realloc(b->p, cap);
        if (p == NULL) {
            b->failed = true;
            return NULL;
        }
        b->p = p;
        b->cap = cap;
    }
    return b->p + b->n;
}

bool tlc_buf_append(struct tlc_buf *b, const void *bytes, size_t n)
{
    char *to = tlc_buf_reserve(b, n);
    if (to == NULL) {
        return false;
    }
    if (n > 0) {
        memcpy(to, bytes, n);
        b->n += n;
    }
    return true;
}

bool tlc_buf_add(struct tlc_buf *b, struct tlc_str s)
{
    return tlc_buf_append(b, s.p, s.n);
}

bool tlc_buf_printf(struct tlc_buf *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    size_t room = b->cap - b->n;
    int n = vsnprintf(b->p != NULL ? b->p + b->n : NULL, b->p != NULL ? room : 0, fmt, args);
    va_end(args);
    bool ok = n >= 0;
    if (ok && ((size_t)n >= room || b->p == NULL)) {
        /* vsnprintf wants one byte for its NUL, so the last byte of max stays unused here. */
        char *to = tlc_buf_reserve(b, (size_t)n + 1);
        ok = to != NULL;
        if (ok) {
            vsnprintf(to, (size_t)n + 1, fmt, again);
        }
    }
    va_end(again);
    if (!ok) {
        b->failed = true;
        return false;
    }
    b->n += (size_t)n;
    return true;
}

void tlc_buf_consume(struct tlc_buf *b, size_t n)
{
    if (n == 0) {
        return;
    }
    if (n >= b->n) {
        b->n = 0;
        return;
    }
    memmove(b->p, b->p + n, b->n - n);
    b->n -= n;
}

const char *tlc_buf_cstr(struct tlc_buf *b)
{
    bool failed = b->failed;
    char *end = tlc_buf_reserve(b, 1);
    b->failed = failed;
    if (end == NULL) {
        return "";
    }
    *end = '\0';
    return b->p;
}
