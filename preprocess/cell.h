/* The text of one cell to a value: times, numbers, vendors, payment types.
 *
 * Fast for what TLC's own files hold ("2024-01-01 00:12:34", "14.5"); everything else goes to the
 * tolerant parsers of common/event behind the same functions. No allocation. The day cache belongs
 * to one thread. */
#ifndef PREPROCESS_CELL_H
#define PREPROCESS_CELL_H

#include "preprocess/columns.h"

enum cell_state { CELL_OK, CELL_EMPTY, CELL_BAD };

/* The dates seen last, by day of the month, so that a date is turned into days once. */
struct cell_days {
    struct cell_day {
        char text[10];  /* "2024-01-31"; all zero at first, which no date is */
        int64_t wall_s; /* its midnight */
    } day[32];
};

/* Decimal text scaled by 10^decimals (0..6), half away from zero; |value| <= limit. */
enum cell_state cell_number(struct tlc_str s, int decimals, int64_t limit, int64_t *ret);
/* Integer, also written "1.0"; a fraction is CELL_BAD. */
enum cell_state cell_integer(struct tlc_str s, int64_t limit, int64_t *ret);
enum cell_state cell_time(struct cell_days *days, struct tlc_str s, int64_t *ret_wall_s);
enum cell_state cell_vendor(struct tlc_str s, int64_t *ret);
enum cell_state cell_licence(struct tlc_str s, int64_t *ret);
enum cell_state cell_payment(struct tlc_str s, int64_t *ret);
/* By the kind of the column. */
enum cell_state cell_read(enum cell_kind kind, struct cell_days *days, struct tlc_str s,
                          int64_t *ret);
/* The same of a value that has a type already (Parquet): a whole number, or a real one, of which
 * NaN is empty. Of reals the shortest decimal text counts, so that a file gives the same events as
 * CSV and as Parquet. Not for CELL_TIME and CELL_LICENCE. */
enum cell_state cell_from_integer(enum cell_kind kind, int64_t value, int64_t *ret);
enum cell_state cell_from_real(enum cell_kind kind, double value, int64_t *ret);

#endif
