/* The text of one cell to a value: times, numbers, vendors, payment types.
 *
 * Fast for what TLC's own files hold ("2024-01-01 00:12:34", "14.5"); everything else goes to the
 * tolerant parsers of common/event behind the same functions. No allocation. The day cache belongs
 * to one thread. */
#ifndef PREPROCESS_CELL_H
#define PREPROCESS_CELL_H

#include "preprocess/columns.h"
#include "preprocess/when.h"

enum cell_state {
    CELL_OK,
    CELL_ZONED, /* a time with a zone: its moment is known, whatever New York's clock shows */
    CELL_EMPTY,
    CELL_BAD,
};

/* What times need beside their text; one for each thread, all zero at first. */
struct cell_times {
    enum date_order order; /* of the file; by the reader */
    int64_t at_s;          /* the moment of the CELL_ZONED read last */
    /* The dates seen last, by day of the month, so that a date is turned into days once. */
    struct cell_day {
        char text[10];  /* "2024-01-31"; all zero at first, which no date is */
        int64_t wall_s; /* its midnight */
    } day[32];
};

/* Decimal text scaled by 10^decimals (0..6), half away from zero; |value| <= limit. */
enum cell_state cell_number(struct tlc_str s, int decimals, int64_t limit, int64_t *ret);
/* Integer, also written "1.0"; a fraction is CELL_BAD. */
enum cell_state cell_integer(struct tlc_str s, int64_t limit, int64_t *ret);
/* *ret_face_s: what the clock shows, as if UTC. */
enum cell_state cell_time(struct cell_times *times, struct tlc_str s, int64_t *ret_face_s);
/* An id, or the name of one zone only, or of a borough that is one zone; other names are bad. */
enum cell_state cell_zone_name(struct tlc_str s, int64_t *ret);
enum cell_state cell_vendor(struct tlc_str s, int64_t *ret);
enum cell_state cell_licence(struct tlc_str s, int64_t *ret);
enum cell_state cell_payment(struct tlc_str s, int64_t *ret);
/* By the kind of the column. */
enum cell_state cell_read(enum cell_kind kind, struct cell_times *times, struct tlc_str s,
                          int64_t *ret);
/* What pandas, R, Polars, Spark, SQL dumps and spreadsheets write for "no value", in any column. s
 * is trimmed. */
bool cell_is_missing(struct tlc_str s);
/* The same of a value that has a type already (Parquet): a whole number, or a real one, of which
 * NaN is empty. Of reals the shortest decimal text that means the same value counts, of 32 bits or
 * of 64, so that a file gives the same events as CSV and as Parquet. Not for CELL_TIME,
 * CELL_ZONE_NAME and CELL_LICENCE. */
enum cell_state cell_from_integer(enum cell_kind kind, int64_t value, int64_t *ret);
enum cell_state cell_from_real(enum cell_kind kind, double value, int64_t *ret);
enum cell_state cell_from_float(enum cell_kind kind, float value, int64_t *ret);

#endif
