/* Output files that appear whole or not at all, and the one that several threads write in turn.
 *
 * An outfile is a nameless file in its folder (or a .tmp beside it where the file system has none),
 * which gets its name only by outfile_commit. The writer adds the order of chunks: chunk n is
 * written after chunk n - 1, its bytes hashed on the way. */
#ifndef PREPROCESS_WRITER_H
#define PREPROCESS_WRITER_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "preprocess/sha256.h"

struct outfile {
    int fd; /* -1: not open */
    char path[4096];
    char temp[4200]; /* "" while the file has no name */
    bool stream;     /* standard output */
};

/* folder/name; "-" as folder is standard output. An existing file is left alone: TLC_EXIT_CANTCREAT
 * unless force. */
TLC_MUST int outfile_open(struct outfile *f, const char *folder, const char *name, bool force,
                          struct tlc_err *err);
TLC_MUST int outfile_write(struct outfile *f, struct tlc_str bytes, struct tlc_err *err);
/* Gives the file its name, in place of what had it, and closes it. */
TLC_MUST int outfile_commit(struct outfile *f, struct tlc_err *err);
/* Drops what was not committed. Safe on a closed or zeroed (fd -1) one. */
void outfile_discard(struct outfile *f);

struct writer {
    struct outfile *out;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    uint64_t turn; /* chunk that may be written now */
    struct sha256 sha;
    int64_t bytes;
    atomic_bool failed;
    struct tlc_err err;
};

void writer_init(struct writer *w, struct outfile *out);
void writer_release(struct writer *w);
/* Writes a piece of chunk number `chunk`, waiting for its turn; last: the turn passes on. Any
 * thread, one a chunk. false: writing has failed somewhere; w->err tells. */
TLC_MUST bool writer_put(struct writer *w, uint64_t chunk, struct tlc_str piece, bool last);
void writer_fail(struct writer *w, const struct tlc_err *err);

#endif
