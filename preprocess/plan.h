/* What a run reads: each input's dataset, month and columns, found out before any work begins.
 *
 * So that a bad file is an error at once, not after an hour, and that files are read in the order
 * of their sources and names, whatever the order on the command line. Owns the inputs; regular
 * files are closed again until plan_reopen, pipes stay open. One thread. */
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
    struct columns columns;
    char *taken[COL_N]; /* names of the columns that were taken; NULL */
    enum date_order order;
    bool with_points;    /* some of its trips may have coordinates */
    int64_t first_row;   /* number of its first row among its source's; set when it is read */
    struct sample worst; /* the first row that the leading rule rejected, once it has been read */
    uint64_t device, inode;
};

struct plan {
    struct plan_file *file; /* by source, then name */
    size_t n;
    int64_t bytes; /* of all; 0 when one is a pipe */
};

/* Opens every input and finds its source. Several inputs of one source are pieces of its month, if
 * they are of one format; one file named twice is an error. */
TLC_MUST int plan_make(struct plan *p, const struct preprocess_options *options,
                       const struct parquet_settings *parquet, const struct tlc_opt_list *paths,
                       struct tlc_err *err);
void plan_release(struct plan *p);
/* The reader of file i stands before its first row. */
TLC_MUST int plan_reopen(struct plan_file *f, const struct parquet_settings *parquet,
                         struct tlc_err *err);
/* After its last row: size and hash are known, what was open is closed. */
TLC_MUST int plan_finish(struct plan_file *f, struct tlc_err *err);
/* It goes on where the file before it ends. */
bool plan_continues(const struct plan *p, size_t i);
/* After all have been read: that no two pieces hold the same bytes. */
TLC_MUST int plan_check_pieces(const struct plan *p, struct tlc_err *err);
/* Closes without reading on. */
void plan_close(struct plan_file *f);

#endif
