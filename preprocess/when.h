/* A time as people's tools write it: the tolerant reader behind cell_time.
 *
 *   date    2024-01-05, 2024/01/05, 1/5/2024 (also with - or .), the order of which its file tells
 *   clock   10:00, 10:00:00, 10:00:00.123456, 1:02 PM
 *   zone    nothing, Z, UTC, GMT, EST, EDT, -05:00, -0500, -05; with a blank before it or none
 *
 * Between date and clock stands T, a comma or blanks. A date alone is no time. Pure; any thread. */
#ifndef PREPROCESS_WHEN_H
#define PREPROCESS_WHEN_H

#include "common/base/str.h"

/* Of dates that begin with their day or their month. */
enum date_order {
    DATE_ORDER_UNKNOWN, /* such dates cannot be read, unless both readings are the same */
    DATE_ORDER_MDY,
    DATE_ORDER_DMY,
};

struct when {
    int64_t face_s; /* what the clock shows, as if UTC */
    int64_t at_s;   /* the moment, where a zone is given */
    bool zoned;
};

/* false: it is none. */
TLC_MUST bool when_parse(struct tlc_str s, enum date_order order, struct when *ret);
/* Whether it is a time whose date can be read in two ways, and which of them is real: bit
 * DATE_ORDER_MDY, bit DATE_ORDER_DMY; 0 when its date is in no doubt, or it is no time. */
unsigned when_orders(struct tlc_str s);

#endif
