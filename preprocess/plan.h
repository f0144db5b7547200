/* What a run reads: each input's dataset, month and columns, found out before any work begins.
 *
 * So that a bad file is an error at once, not after an hour, and that files are read in the order
 * of their sources, whatever the order on the command line. Owns the inputs; regular files are
 * closed again until plan_reopen, pipes stay open. One thread. */
#ifndef PREPROCESS_PLAN_H
#define PREPROCESS_PLAN_H

#include "preprocess/naming.h"
#include "preprocess/options.h"
#include "preprocess/reader_csv.h"
#include "preprocess/reader_parquet.h"

struct plan_file {
    const char *path;    /* as given; borrowed */
    struct tlc_str name; /* its last part; "standard input" for - */
    struct naming naming;
    int32_t source;
    enum input_kind kind;
    int64_t size_bytes; /* as stored; of a pipe, once it has been read */
    char sha256[SHA256_HEX_N];
    struct tally tally; /* once it has been read */
    struct input *in;   /* open, or NULL */
    struct csv_reader csv;
    struct parquet_reader parquet;
    bool with_points; /* coordinates, no zones */
    uint32_t columns;
};

struct plan {
    struct plan_file *file; /* by source */
    size_t n;
    int64_t bytes; /* of all; 0 when one is a pipe */
};

/* Opens every input and finds its source. Two inputs of one source are an error: their TripIDs
 * would be the same. */
TLC_MUST int plan_make(struct plan *p, const struct preprocess_options *options,
                       const struct parquet_settings *parquet, const struct tlc_opt_list *paths,
                       struct tlc_err *err);
void plan_release(struct plan *p);
/* The reader of file i stands before its first row. */
TLC_MUST int plan_reopen(struct plan_file *f, const struct parquet_settings *parquet,
                         struct tlc_err *err);
/* After its last row: size and hash are known, what was open is closed. */
TLC_MUST int plan_finish(struct plan_file *f, struct tlc_err *err);
/* Closes without reading on. */
void plan_close(struct plan_file *f);

#endif
