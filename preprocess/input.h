/* One input as a stream of text: a file, a gzip or zstd file, or standard input.
 *
 * What it is shows in its first bytes, not in its name. Bytes are counted and hashed as they are
 * stored. One thread at a time. */
#ifndef PREPROCESS_INPUT_H
#define PREPROCESS_INPUT_H

#include <zlib.h>
#include <zstd.h>

#include "common/base/err.h"
#include "preprocess/sha256.h"

#define INPUT_CHUNK (256U << 10)

enum input_kind { INPUT_TEXT, INPUT_GZIP, INPUT_ZSTD, INPUT_PARQUET };

struct input {
    const char *path; /* "-": standard input; borrowed */
    enum input_kind kind;
    int fd; /* -1: not open */
    bool regular;
    uint64_t device, inode; /* which file it is, whatever its path */
    int64_t size_bytes;     /* as found when it was opened; 0 when it is no regular file */
    int64_t read_bytes;     /* as stored */
    struct sha256 sha;
    bool ended; /* no more stored bytes */
    z_stream z;
    bool z_live; /* within a gzip member */
    bool z_open; /* inflateEnd is due */
    ZSTD_DStream *zstd;
    size_t zstd_due; /* more is to come of the frame under way */
    size_t have, at; /* stored bytes waiting in chunk[at..have) */
    unsigned char chunk[INPUT_CHUNK];
};

/* Errors name the path: missing, a folder, empty, a web page. */
TLC_MUST int input_open(struct input *in, const char *path, struct tlc_err *err);
/* For messages: the path, or "standard input". */
const char *input_name(const struct input *in);
void input_close(struct input *in);
/* Up to n bytes of text; *ret_n 0 at the end. Errors: truncated or broken gzip or zstd, a file that
 * shrank, reading fails. */
TLC_MUST int input_read(struct input *in, char *dst, size_t n, size_t *ret_n, struct tlc_err *err);
/* Reads what is left, for its hash only. */
TLC_MUST int input_drain(struct input *in, struct tlc_err *err);

#endif
