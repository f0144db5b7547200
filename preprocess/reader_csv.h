/* Rows of a CSV file to trips: the header by name, then blocks of whole lines, one a thread.
 *
 * For: TLC's CSV since 2009 and re-writes of it. Tolerated: blank lines, CR, quotes, blanks around
 * cells, surplus empty fields, a missing last line end. A quoted cell cannot hold a line end. Owns
 * its buffers, borrows the input. csv_read uses threads of its own inside; everything else is one
 * thread's. */
#ifndef PREPROCESS_READER_CSV_H
#define PREPROCESS_READER_CSV_H

#include "preprocess/input.h"
#include "preprocess/intake.h"

/* Longest line: longer ones are rejected as row_too_long. */
#define CSV_LINE_MAX (64U << 10)
/* Bytes that a thread works on at a time. */
#define CSV_BLOCK (512U << 10)

struct csv_reader {
    struct input *in;                         /* borrowed */
    struct tlc_str names[COLUMNS_FIELDS_MAX]; /* in header */
    int names_n;
    struct columns columns;
    char *header;
    char *carry; /* what was read behind the last whole line */
    size_t carry_n;
    bool ended;
};

/* Reads the header. Errors name the file and the line. */
TLC_MUST int csv_open(struct csv_reader *r, struct input *in, struct tlc_err *err);
void csv_close(struct csv_reader *r);
/* All rows go to the intake. bytes_before: of the inputs before this one, for the progress. */
TLC_MUST int csv_read(struct csv_reader *r, const struct clean *clean, struct intake *intake,
                      int threads, int64_t bytes_before, struct tlc_err *err);

#endif
