/* One CSV line into fields, in place, without allocation (RFC 4180 with the TLC files' habits).
 *
 * Tolerates CR before the line end, blanks around fields, quotes with doubled quotes inside,
 * surplus empty fields at the end. A quoted field may not hold a line end: no TLC file has one.
 * Pure; any thread. */
#ifndef TLC_EVENT_CSV_H
#define TLC_EVENT_CSV_H

#include "common/base/str.h"

#define TLC_CSV_FIELDS_MAX 64

/* line without its LF. Fields are trimmed and unquoted; doubled quotes stay doubled (no TLC number,
 * time or id has one). Returns the number of fields in the line, which may exceed max: only the
 * first max are set. 0 for a blank line; -1 when a quote is not closed. */
int tlc_csv_split(struct tlc_str line, char sep, struct tlc_str *fields, int max);

/* Decimal number scaled by 10^decimals (0..9) and rounded half away from zero: "-12.5" with 2 ->
 * -1250. Takes ".88", "7.",
 * "+1", exponents ("9.4E-4") and any number of digits. false: not a number, or |result| > limit (at
 * most 10^18). */
TLC_MUST bool tlc_number_scaled(struct tlc_str s, int decimals, int64_t limit, int64_t *ret);
/* The same, for whole numbers: false also when the value is no integer ("74.0" and "7.4e1" are,
 * "74.5" is not). */
TLC_MUST bool tlc_number_integer(struct tlc_str s, int64_t limit, int64_t *ret);

#endif
