/* What only a look at all rows of a file tells, before they are read in earnest: whether 1/5/2024
 * is in January or in May, whether two columns of one meaning are equal, whose times are whole.
 *
 * Most files need none of it. Asked: what to look at; found: sums over the rows. One thread. */
#ifndef PREPROCESS_SURVEY_H
#define PREPROCESS_SURVEY_H

#include "preprocess/reader_parquet.h"

#define SURVEY_FIELDS_MAX (6 + 2 * COLUMN_TWINS_MAX)

struct survey {
    /* asked */
    int16_t field[SURVEY_FIELDS_MAX]; /* numbers of the fields looked at */
    int fields_n;
    int time[2], lpep[2], tpep[2]; /* places in field; -1: not asked */
    struct {
        enum column column;
        int a, b; /* places in field */
    } twin[COLUMN_TWINS_MAX];
    int twins_n;
    int32_t month; /* yyyymm that the times should be in; 0: any */
    /* found */
    int64_t rows;
    int64_t doubtful_n;                 /* times whose date can be read in two ways */
    int64_t mdy_n, dmy_n;               /* of those: a real date, in the month, if read so */
    int64_t lpep_n, tpep_n;             /* rows with both times */
    int64_t twin_row[COLUMN_TWINS_MAX]; /* the first in which they differ; 0: they are equal */
    bool by_number; /* rows have all fields of the file, not only those asked for */
};

void survey_init(struct survey *s, int32_t month);
/* Each of these adds to what is asked. */
void survey_ask_times(struct survey *s, int pickup_field, int dropoff_field);
void survey_ask_whole(struct survey *s, const struct column_traits *traits);
void survey_ask_twins(struct survey *s, const struct columns *columns);

/* The first rows only. */
void survey_peek(struct survey *s, const struct csv_reader *r);
/* All rows of a regular file, which it opens for itself. */
TLC_MUST int survey_csv(struct survey *s, const char *path, struct tlc_err *err);
TLC_MUST int survey_parquet(struct survey *s, struct parquet_reader *r, struct tlc_err *err);

/* What the doubtful times say; DATE_ORDER_UNKNOWN where both readings fit as many. */
enum date_order survey_order(const struct survey *s);

#endif
