#include "tests/support/unit.h"

#include <zstd.h>

#include "common/io/http_server_internal.h"

static size_t pack(const char *in, size_t n, char *dst, size_t size)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)in;
    z.avail_in = (uInt)n;
    z.next_out = (Bytef *)dst;
    z.avail_out = (uInt)size;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return size - z.avail_out;
}

/* Unpacks in pieces of that size. 0 and *ret_ended, or the status. */
static int unpack(const char *in, size_t n, size_t piece, struct tlc_buf *out, bool *ret_ended)
{
    struct http_inflate f;
    assert_true(http_inflate_init(&f));
    int status = 0;
    for (size_t at = 0; at < n && status == 0; at += piece) {
        status = http_inflate_step(&f, in + at, n - at < piece ? n - at : piece, out);
    }
    *ret_ended = f.ended;
    http_inflate_release(&f);
    return status;
}

static void inflate__any_pieces__the_same_bytes(void **state)
{
    (void)state;
    static char text[300000], packed[300000];
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)(i * i >> 5);
    }
    size_t n = pack(text, sizeof text, packed, sizeof packed);
    static const size_t pieces[] = {1, 7, 4096, 300000};
    for (size_t i = 0; i < TLC_COUNT(pieces); i++) {
        struct tlc_buf out;
        bool ended;
        tlc_buf_init(&out, sizeof text); /* exactly as large as may be */
        assert_int_equal(unpack(packed, n, pieces[i], &out, &ended), 0);
        assert_true(ended);
        assert_int_equal(out.n, sizeof text);
        assert_memory_equal(out.p, text, sizeof text);
        tlc_buf_release(&out);
    }
}

static void inflate__two_members__one_body(void **state)
{
    (void)state;
    char packed[200];
    struct tlc_buf out;
    bool ended;
    size_t n = pack("hello ", 6, packed, 100);
    n += pack("world", 5, packed + n, 100);
    tlc_buf_init(&out, 100);
    assert_int_equal(unpack(packed, n, 3, &out, &ended), 0);
    assert_true(ended && tlc_str_eq(tlc_buf_str(&out), TLC_STR("hello world")));
    tlc_buf_release(&out);
}

static void inflate__a_byte_too_much__413(void **state)
{
    (void)state;
    char text[1001] = {0}, packed[200];
    struct tlc_buf out;
    bool ended;
    size_t n = pack(text, sizeof text, packed, sizeof packed);
    tlc_buf_init(&out, 1000);
    assert_int_equal(unpack(packed, n, 50, &out, &ended), 413);
    tlc_buf_release(&out);
}

/* 100 MB of zeros in 100 kB: refused at the limit, and the memory stays there. */
static void inflate__bomb__stopped_at_the_limit(void **state)
{
    (void)state;
    size_t size = (size_t)100 << 20, room = (size_t)1 << 20;
    char *zeros = calloc(1, size), *packed = malloc(room);
    struct tlc_buf out;
    bool ended;
    assert_true(zeros && packed);
    size_t n = pack(zeros, size, packed, room);
    tlc_buf_init(&out, 65536);
    assert_int_equal(unpack(packed, n, 4096, &out, &ended), 413);
    assert_true(out.cap <= 65536);
    tlc_buf_release(&out);
    free(zeros);
    free(packed);
}

static void inflate__no_gzip_or_damaged__400(void **state)
{
    (void)state;
    char packed[200];
    struct tlc_buf out;
    bool ended;
    tlc_buf_init(&out, 1000);
    assert_int_equal(unpack("{\"TripID\":1}", 12, 12, &out, &ended), 400);
    size_t n = pack("hello hello hello", 17, packed, sizeof packed);
    packed[n - 5] ^= 1; /* the checksum */
    assert_int_equal(unpack(packed, n, n, &out, &ended), 400);
    tlc_buf_release(&out);
}

static void inflate__cut_off__not_ended(void **state)
{
    (void)state;
    char packed[200];
    struct tlc_buf out;
    bool ended;
    size_t n = pack("hello hello hello", 17, packed, sizeof packed);
    tlc_buf_init(&out, 1000);
    assert_int_equal(unpack(packed, n - 1, 5, &out, &ended), 0);
    assert_false(ended);
    tlc_buf_release(&out);
}

static void coding__header__as_registered(void **state)
{
    (void)state;
    static const struct {
        const char *given;
        enum http_coding coding;
    } cases[] = {{"", HTTP_PLAIN},
                 {"identity", HTTP_PLAIN},
                 {"gzip", HTTP_GZIP},
                 {"X-GZip", HTTP_GZIP},
                 {"zstd", HTTP_ZSTD},
                 {"br", HTTP_CODING_UNKNOWN},
                 {"deflate", HTTP_CODING_UNKNOWN},
                 {"gzip, gzip", HTTP_CODING_UNKNOWN}};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        assert_int_equal(http_coding_of(tlc_str_from(cases[i].given)), cases[i].coding);
    }
    assert_int_equal(http_coding_of((struct tlc_str){NULL, 0}), HTTP_PLAIN);
}

/* sized: the frame says how large its content is, as a whole does and a stream does not. */
static size_t zstd_pack(const char *in, size_t n, bool sized, char *dst, size_t size)
{
    ZSTD_CCtx *ctx = ZSTD_createCCtx();
    assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(ctx, ZSTD_c_contentSizeFlag, sized)));
    assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(ctx, ZSTD_c_checksumFlag, 1)));
    size_t packed = ZSTD_compress2(ctx, dst, size, in, n);
    assert_false(ZSTD_isError(packed));
    ZSTD_freeCCtx(ctx);
    return packed;
}

/* Into at most max bytes. */
static int zstd_unpack(const char *in, size_t n, size_t max, struct tlc_buf *out)
{
    tlc_buf_init(out, max > n ? max : n);
    assert_true(tlc_buf_append(out, in, n));
    out->max = max;
    return http_zstd_unpack(out);
}

static void zstd__sized_or_not__the_same_bytes_up_to_the_limit(void **state)
{
    (void)state;
    static char text[300000], packed[400000];
    struct tlc_buf out;
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)(i * i >> 5);
    }
    for (int sized = 0; sized < 2; sized++) {
        size_t n = zstd_pack(text, sizeof text, sized != 0, packed, sizeof packed);
        assert_int_equal(zstd_unpack(packed, n, sizeof text, &out), 0);
        assert_int_equal(out.n, sizeof text);
        assert_memory_equal(out.p, text, sizeof text);
        tlc_buf_release(&out);
        assert_int_equal(zstd_unpack(packed, n, sizeof text - 1, &out), 413);
        tlc_buf_release(&out);
    }
}

static void zstd__several_frames__one_body(void **state)
{
    (void)state;
    static const char skippable[] = "\x50\x2a\x4d\x18\x03\0\0\0abc";
    char packed[400];
    struct tlc_buf out;
    size_t n = zstd_pack("hello ", 6, true, packed, 100);
    memcpy(packed + n, skippable, sizeof skippable - 1);
    n += sizeof skippable - 1;
    n += zstd_pack("", 0, false, packed + n, 100);
    n += zstd_pack("world", 5, false, packed + n, 100);
    assert_int_equal(zstd_unpack(packed, n, 11, &out), 0);
    assert_true(tlc_str_eq(tlc_buf_str(&out), TLC_STR("hello world")));
    tlc_buf_release(&out);
}

/* 100 MB of zeros: refused, and no memory for them, whether the frame tells or not. */
static void zstd__bomb__stopped_at_the_limit(void **state)
{
    (void)state;
    size_t size = (size_t)100 << 20, room = (size_t)1 << 20;
    char *zeros = calloc(1, size), *packed = malloc(room);
    struct tlc_buf out;
    assert_true(zeros && packed);
    for (int sized = 0; sized < 2; sized++) {
        size_t n = zstd_pack(zeros, size, sized != 0, packed, room);
        assert_int_equal(zstd_unpack(packed, n, 65536, &out), 413);
        tlc_buf_release(&out);
    }
    free(zeros);
    free(packed);
}

static void zstd__none_damaged_or_cut_off__400(void **state)
{
    (void)state;
    char packed[200];
    struct tlc_buf out;
    size_t n = zstd_pack("hello hello hello", 17, true, packed, sizeof packed);
    assert_int_equal(zstd_unpack("", 0, 1000, &out), 400);
    tlc_buf_release(&out);
    assert_int_equal(zstd_unpack("{\"TripID\":1}", 12, 1000, &out), 400);
    tlc_buf_release(&out);
    for (size_t cut = 1; cut < n; cut++) {
        assert_int_equal(zstd_unpack(packed, n - cut, 1000, &out), 400);
        tlc_buf_release(&out);
    }
    packed[n - 1] ^= 1; /* the checksum */
    assert_int_equal(zstd_unpack(packed, n, 1000, &out), 400);
    tlc_buf_release(&out);
}

static void response__large_text__packed_and_back(void **state)
{
    (void)state;
    static char text[5000];
    memset(text, 'a', sizeof text);
    struct tlc_http_response r = {.fixed = {text, sizeof text}};
    struct tlc_buf out;
    bool ended;
    assert_true(http_gzip_response(&r));
    assert_true(r.body.n < 200 && r.fixed.n == 0);
    tlc_buf_init(&out, sizeof text);
    assert_int_equal(unpack(r.body.p, r.body.n, 64, &out, &ended), 0);
    assert_memory_equal(out.p, text, sizeof text);
    tlc_buf_release(&out);
    tlc_http_response_release(&r);
}

static void response__small_or_incompressible__as_it_is(void **state)
{
    (void)state;
    struct tlc_http_response r = {.fixed = TLC_STR("ok\n")};
    assert_false(http_gzip_response(&r));
    assert_int_equal(r.fixed.n, 3);
    static char noise[4096];
    uint64_t x = 88172645463325252;
    for (size_t i = 0; i < sizeof noise; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        noise[i] = (char)x;
    }
    r.fixed = (struct tlc_str){noise, sizeof noise};
    assert_false(http_gzip_response(&r));
    assert_int_equal(r.fixed.n, sizeof noise);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inflate__any_pieces__the_same_bytes),
        cmocka_unit_test(inflate__two_members__one_body),
        cmocka_unit_test(inflate__a_byte_too_much__413),
        cmocka_unit_test(inflate__bomb__stopped_at_the_limit),
        cmocka_unit_test(inflate__no_gzip_or_damaged__400),
        cmocka_unit_test(inflate__cut_off__not_ended),
        cmocka_unit_test(coding__header__as_registered),
        cmocka_unit_test(zstd__sized_or_not__the_same_bytes_up_to_the_limit),
        cmocka_unit_test(zstd__several_frames__one_body),
        cmocka_unit_test(zstd__bomb__stopped_at_the_limit),
        cmocka_unit_test(zstd__none_damaged_or_cut_off__400),
        cmocka_unit_test(response__large_text__packed_and_back),
        cmocka_unit_test(response__small_or_incompressible__as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
