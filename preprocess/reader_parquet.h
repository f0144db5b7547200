/* Rows of a Parquet file to trips, through libduckdb: only the needed columns, as a stream.
 *
 * Types drift between TLC's months (ids as integers, reals or text, times in micro- or nanoseconds,
 * columns of nothing but nulls), and more between writers: each column is read by its own type. A
 * type that cannot be read exactly is never read: an error where the column is needed, else every
 * cell of it is bad. Times whose type says UTC are moments; so are Spark's of the old 96-bit type,
 * which says nothing. Rows keep the file's order.
 * Owns the database; parquet_read uses threads of its own inside. */
#ifndef PREPROCESS_READER_PARQUET_H
#define PREPROCESS_READER_PARQUET_H

#include "preprocess/duck.h"
#include "preprocess/input.h"
#include "preprocess/reader_csv.h"

enum parquet_type {
    PARQUET_INTEGER,
    PARQUET_FLOAT, /* 32 bits */
    PARQUET_REAL,
    PARQUET_TIME,
    PARQUET_ZONED_TIME,
    PARQUET_TEXT,
    PARQUET_OTHER, /* not read */
};

struct parquet_reader {
    struct input *in; /* borrowed */
    struct duck duck;
    char path[64];       /* of the open file, so that what is read is what was opened */
    struct tlc_buf text; /* column names */
    struct tlc_str names[COLUMNS_FIELDS_MAX];
    enum parquet_type types[COLUMNS_FIELDS_MAX];
    char type_names[COLUMNS_FIELDS_MAX][24]; /* as libduckdb calls them; "encrypted" */
    int names_n;
    bool by_parquet_mr; /* Spark's and Hive's writer */
    bool encrypted;     /* some of its columns may be */
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
/* That the columns can be read; the error names the one that cannot and is needed. */
TLC_MUST int parquet_check(struct parquet_reader *r, const struct columns *columns,
                           enum tlc_dataset dataset, struct tlc_err *err);
/* Of a field that cannot be read (PARQUET_OTHER), behind its name: "is of type DATE, ...". */
#define PARQUET_WHY_N 80
void parquet_why(const struct parquet_reader *r, int field, char dst[PARQUET_WHY_N]);
/* Some fields of every row as text (empty: null), one row after the other, until fn has had enough.
 */
TLC_MUST int parquet_scan(struct parquet_reader *r, const int16_t *fields, int fields_n,
                          csv_row_fn *fn, void *ctx, struct tlc_err *err);
/* All rows go to the intake. */
TLC_MUST int parquet_read(struct parquet_reader *r, const struct reading *how, struct tlc_err *err);

#endif
