/* Days, weeks and months on New York's clock.
 *
 * A date is the number of days since 1970-01-01. A day begins at New York's midnight and is 23 or
 * 25 hours long twice a year; weeks are ISO's, from Monday. Pure; any thread. */
#ifndef BATCH_PROCESS_PERIODS_H
#define BATCH_PROCESS_PERIODS_H

#include "common/base/err.h"

enum period_kind { PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH, PERIOD_KINDS };

/* "day", "week", "month": as batch_todo has it. */
const char *period_name(enum period_kind kind);

#define DATE_TEXT_N 16
/* "2024-01-15". Returns dst. */
const char *date_text(int64_t date, char dst[DATE_TEXT_N]);
/* Exactly that form, an existing date of the years 2007 to 2069 (those of the events). */
TLC_MUST bool date_parse(struct tlc_str s, int64_t *ret_date);

/* The moment a day begins, in seconds since the epoch. */
int64_t day_start_s(int64_t date);
/* The last day whose figures rest on events of that day: a start counts up to 24 h later, as part
 * of a trip that ends then or as one that expired. Mostly the next day; two days on before the day
 * of 23 hours. */
int64_t day_last_touched(int64_t date);
/* First date of the period that holds that date, and of the one after it. */
int64_t period_start(enum period_kind kind, int64_t date);
int64_t period_next(enum period_kind kind, int64_t start);

/* Half-open; a missing bound is open. */
struct range {
    bool has_from, has_to;
    int64_t from, to;
};
/* from, to: as date_parse, or NULL. No date, empty or reversed: TLC_FATAL (64) naming the option.
 */
TLC_MUST int range_parse(const char *from, const char *to, struct range *ret, struct tlc_err *err);
bool range_holds(const struct range *range, int64_t date);

#endif
