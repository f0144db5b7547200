#include <limits.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "common/io/http_server_internal.h"

#define GZIP_WINDOW (15 + 16) /* zlib: gzip header and trailer */
#define GZIP_WORTH_BYTES 1024

enum http_coding http_coding_of(struct tlc_str content_encoding)
{
    static const struct {
        struct tlc_str name;
        enum http_coding coding;
    } codings[] = {
        {{"", 0}, HTTP_PLAIN},    {{"identity", 8}, HTTP_PLAIN},
        {{"gzip", 4}, HTTP_GZIP}, {{"x-gzip", 6}, HTTP_GZIP}, /* RFC 9110, 8.4.1.3: the same */
        {{"zstd", 4}, HTTP_ZSTD},
    };
    for (size_t i = 0; i < TLC_COUNT(codings); i++) {
        if (tlc_str_eq_nocase(content_encoding, codings[i].name)) {
            return codings[i].coding;
        }
    }
    return HTTP_CODING_UNKNOWN;
}

/* --- gzip --- */

bool http_inflate_init(struct http_inflate *f)
{
    memset(f, 0, sizeof *f);
    return inflateInit2(&f->z, GZIP_WINDOW) == Z_OK;
}

/* Room for the next piece: grows in steps, so that a small bomb costs little before it is refused.
 */
static bool make_room(struct tlc_buf *out)
{
    if (out->cap - out->n >= 4096) {
        return true;
    }
    size_t left = out->max - out->n;
    size_t want = out->cap < 65536 ? 65536 : out->cap;
    want = want < left ? want : left;
    return want > 0 && tlc_buf_reserve(out, want) != NULL;
}

int http_inflate_step(struct http_inflate *f, const char *in, size_t n, struct tlc_buf *out)
{
    f->z.next_in = (Bytef *)(uintptr_t)in;
    f->z.avail_in = (uInt)n;
    for (;;) {
        if (f->ended && f->z.avail_in > 0) { /* several members may follow each other */
            if (inflateReset(&f->z) != Z_OK) {
                return 400;
            }
            f->ended = false;
        }
        char last[1]; /* finds out whether a body of just the maximum ends there */
        bool full = !make_room(out);
        size_t room = full ? sizeof last : out->cap - out->n;
        room = room < UINT_MAX ? room : UINT_MAX;
        f->z.next_out = (Bytef *)(full ? last : out->p + out->n);
        f->z.avail_out = (uInt)room;
        int rc = inflate(&f->z, Z_NO_FLUSH);
        size_t got = room - f->z.avail_out;
        if (full && got > 0) {
            return 413;
        }
        out->n += full ? 0 : got;
        if (rc == Z_STREAM_END) {
            f->ended = true;
        } else if (rc != Z_OK && rc != Z_BUF_ERROR) {
            return 400;
        }
        if (f->z.avail_in == 0 && f->z.avail_out > 0) {
            return 0;
        }
        if (f->z.avail_in == 0 && f->ended) {
            return 0;
        }
    }
}

void http_inflate_release(struct http_inflate *f)
{
    inflateEnd(&f->z);
}

/* --- zstd --- */

/* The next frame of *in, to the end of out. A frame need not say how large its content is: then it
 * gets all the room that is left, of which only what is written to becomes memory. */
static int zstd_frame(ZSTD_DCtx *ctx, struct tlc_str *in, struct tlc_buf *out)
{
    size_t n = ZSTD_findFrameCompressedSize(in->p, in->n);
    if (ZSTD_isError(n)) {
        return 400;
    }
    unsigned long long size = ZSTD_getFrameContentSize(in->p, n);
    size_t left = out->max - out->n;
    if (size == ZSTD_CONTENTSIZE_ERROR) {
        return 400;
    }
    if (size != ZSTD_CONTENTSIZE_UNKNOWN && size > left) {
        return 413;
    }
    size_t room = size != ZSTD_CONTENTSIZE_UNKNOWN ? (size_t)size : left;
    if (room > 0 && !tlc_buf_reserve(out, room)) {
        return 503;
    }
    size_t got = ZSTD_decompressDCtx(ctx, out->p ? out->p + out->n : NULL, room, in->p, n);
    if (ZSTD_isError(got)) {
        return ZSTD_getErrorCode(got) == ZSTD_error_dstSize_tooSmall ? 413 : 400;
    }
    out->n += got;
    *in = (struct tlc_str){in->p + n, in->n - n};
    return 0;
}

/* At once and not piece by piece: the body is its own window, while a stream would hold another one
 * of up to 8 MiB for as long as the client takes. */
int http_zstd_unpack(struct tlc_buf *body)
{
    struct tlc_str in = tlc_buf_str(body);
    struct tlc_buf out;
    tlc_buf_init(&out, body->max);
    ZSTD_DCtx *ctx = ZSTD_createDCtx();
    int status = !ctx ? 503 : in.n == 0 ? 400 : 0;
    while (status == 0 && in.n > 0) {
        status = zstd_frame(ctx, &in, &out);
    }
    ZSTD_freeDCtx(ctx);
    if (status != 0) {
        tlc_buf_release(&out);
        return status;
    }
    tlc_buf_release(body);
    *body = out;
    return 0;
}

/* --- responses --- */

static bool deflate_all(struct tlc_str in, char *dst, size_t dst_size, size_t *ret_n)
{
    z_stream z = {0};
    if (deflateInit2(&z, 5, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return false;
    }
    z.next_in = (Bytef *)(uintptr_t)in.p;
    z.avail_in = (uInt)in.n;
    z.next_out = (Bytef *)dst;
    z.avail_out = (uInt)dst_size;
    int rc = deflate(&z, Z_FINISH);
    *ret_n = dst_size - z.avail_out;
    deflateEnd(&z);
    return rc == Z_STREAM_END;
}

bool http_gzip_response(struct tlc_http_response *r)
{
    struct tlc_str in = r->fixed.n > 0 ? r->fixed : tlc_buf_str(&r->body);
    if (in.n < GZIP_WORTH_BYTES || in.n > INT_MAX) {
        return false;
    }
    struct tlc_buf packed;
    tlc_buf_init(&packed, in.n);
    char *dst = tlc_buf_reserve(&packed, in.n);
    size_t n;
    if (!dst || !deflate_all(in, dst, in.n, &n)) { /* it does not fit: no gain */
        tlc_buf_release(&packed);
        return false;
    }
    packed.n = n;
    tlc_buf_release(&r->body);
    r->body = packed;
    r->fixed = (struct tlc_str){NULL, 0};
    return true;
}
