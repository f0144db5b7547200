/* Rows of a CSV file to trips: the header by name, then blocks of whole lines, one a thread.
 *
 * For: TLC's CSV since 2009 and re-writes of it. Tolerated: blank lines, CR (also as the only
 * line end), quotes, blanks around cells, surplus empty fields, a missing last line end; semicolons
 * or TABs between cells where the header leaves no doubt. A quoted cell cannot hold a line end.
 * Owns its buffers, borrows the input. csv_read uses threads of its own inside; everything else is
 * one thread's. */
#ifndef PREPROCESS_READER_CSV_H
#define PREPROCESS_READER_CSV_H

#include "preprocess/csv_index.h"
#include "preprocess/input.h"
#include "preprocess/intake.h"
#include "preprocess/when.h"

/* Longest line: longer ones are rejected as row_too_long. */
#define CSV_LINE_MAX (64U << 10)
/* Bytes that a thread works on at a time. */
#define CSV_BLOCK (512U << 10)

struct csv_reader {
    struct input *in;                         /* borrowed */
    struct tlc_str names[COLUMNS_FIELDS_MAX]; /* in header */
    int names_n;
    struct csv_marks marks;
    char *header;
    char *carry; /* what was read behind the last whole line */
    size_t carry_n;
    bool ended;
};

/* Reads the header. Errors name the file and the line. */
TLC_MUST int csv_open(struct csv_reader *r, struct input *in, struct tlc_err *err);
void csv_close(struct csv_reader *r);
/* With what a file's rows are read, CSV or Parquet. */
struct reading {
    const struct columns *columns; /* of the file */
    enum date_order order;         /* of its dates that begin with day or month */
    const struct clean *clean;
    struct intake *intake;
    int threads;
    int64_t bytes_before; /* of the inputs before this one, for the progress */
};

/* The fields of a row as text; false: enough of them. */
typedef bool csv_row_fn(void *ctx, const struct tlc_str *field, int n);
/* The rows that are in memory after csv_open, read without being taken. */
void csv_peek(const struct csv_reader *r, csv_row_fn *fn, void *ctx);
/* All rows, one after the other, taken: for what must be known before csv_read. Rows that are too
 * long or whose quotes do not close are left out. */
TLC_MUST int csv_scan(struct csv_reader *r, csv_row_fn *fn, void *ctx, struct tlc_err *err);
/* All rows go to the intake. */
TLC_MUST int csv_read(struct csv_reader *r, const struct reading *how, struct tlc_err *err);

#endif
