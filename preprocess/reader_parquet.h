/* Rows of a Parquet file to trips, through libduckdb: only the needed columns, as a stream.
 *
 * Types drift between TLC's months (ids as integers, reals or text, times in micro- or nanoseconds,
 * columns of nothing but nulls): each column is read by its own type. Rows keep the file's order.
 * Owns the database; parquet_read uses threads of its own inside. */
#ifndef PREPROCESS_READER_PARQUET_H
#define PREPROCESS_READER_PARQUET_H

#include "preprocess/duck.h"
#include "preprocess/input.h"
#include "preprocess/intake.h"

enum parquet_type { PARQUET_INTEGER, PARQUET_REAL, PARQUET_TIME, PARQUET_TEXT };

struct parquet_reader {
    struct input *in; /* borrowed */
    struct duck duck;
    char path[64];       /* of the open file, so that what is read is what was opened */
    struct tlc_buf text; /* column names */
    struct tlc_str names[COLUMNS_FIELDS_MAX];
    enum parquet_type types[COLUMNS_FIELDS_MAX];
    int names_n;
    struct columns columns;
};

struct parquet_settings {
    const char *library; /* --duckdb, or NULL */
    int threads;
    int64_t memory_bytes; /* of the database */
};

/* Reads the columns' names and types. Errors name the file. */
TLC_MUST int parquet_open(struct parquet_reader *r, struct input *in,
                          const struct parquet_settings *settings, struct tlc_err *err);
void parquet_close(struct parquet_reader *r);
/* All rows go to the intake. bytes_before: of the inputs before this one, for the progress. */
TLC_MUST int parquet_read(struct parquet_reader *r, const struct clean *clean,
                          struct intake *intake, int threads, int64_t bytes_before,
                          struct tlc_err *err);

#endif
