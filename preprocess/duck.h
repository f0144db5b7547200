/* libduckdb, loaded at run time: the dozen functions of its C API that reading Parquet takes.
 *
 * The one place that knows the library. Its npm package has no header, so the API is declared here
 * by hand after DuckDB's "C API" reference (stable since 1.0). One thread at a time, but for chunks
 * already fetched: each belongs to the thread that fetched it. */
#ifndef PREPROCESS_DUCK_H
#define PREPROCESS_DUCK_H

#include "common/base/err.h"

/* A query under way. The library's result is opaque to us; its size is part of the ABI. */
struct duck_query {
    struct duck_result {
        uint64_t counts[3];
        void *pointers[3];
    } result;
    void *statement;
    bool ended; /* asking a stream once more is an error to the library */
};

/* Text in a vector: up to 12 bytes within, longer ones behind a pointer. */
struct duck_text {
    union {
        struct {
            uint32_t n;
            char bytes[12];
        } within;
        struct {
            uint32_t n;
            char prefix[4];
            const char *bytes;
        } outside;
    } as;
};

static inline struct tlc_str duck_text_str(const struct duck_text *t)
{
    const uint32_t n = t->as.within.n;
    return (struct tlc_str){
        n <= sizeof t->as.within.bytes ? t->as.within.bytes : t->as.outside.bytes, n};
}

typedef void *duck_chunk; /* a handle of the library's own, as its API passes it */

struct duck {
    void *library;
    void *database, *connection;
};

/* path: --duckdb; NULL: looked for beside the program and in .deps. threads and memory are the
 * database's. Errors say how to get the library. */
TLC_MUST int duck_open(struct duck *d, const char *path, int threads, int64_t memory_bytes,
                       struct tlc_err *err);
void duck_close(struct duck *d);

/* A query with one text parameter (NULL: with none), its result streamed. The error is the
 * library's first line. */
TLC_MUST int duck_run(struct duck *d, const char *sql, const char *parameter,
                      struct duck_query *ret, struct tlc_err *err);
void duck_finish(struct duck_query *q);
/* The next rows; *ret NULL at the end, however often it is asked. */
TLC_MUST int duck_next(struct duck_query *q, duck_chunk *ret, struct tlc_err *err);
void duck_chunk_free(duck_chunk chunk);
size_t duck_chunk_rows(duck_chunk chunk);
/* Column c: its values as an array, and its validity bits (NULL: all valid). Borrowed from chunk.
 */
const void *duck_chunk_column(duck_chunk chunk, size_t c, const uint64_t **ret_validity);

static inline bool duck_valid(const uint64_t *validity, size_t row)
{
    return !validity || (validity[row / 64] >> (row % 64) & 1) != 0;
}

#endif
