/* What has changed between two JSON objects of the same make, as an object that is smaller.
 *
 * A member that differs comes with its new value; where that is shorter, as a change to the one
 * before, marked by "~" in front of its name: an object's as such a delta, an array's as its new
 * length followed by index, element, index, element ...
 *
 *     {"a":1,"b":[1,2,3],"c":{"x":1,"y":2}}  ->  {"a":2,"~b":[4,3,9],"~c":{"y":3}}  ->
 *     {"a":2,"b":[1,2,3,9],"c":{"x":1,"y":3}}
 *
 * For: event streams, where most of a picture stays as it is from one to the next. Not for: JSON of
 * unknown origin; both texts must be objects that this program wrote (no blanks between tokens,
 * members always in the same order). Pure. */
#ifndef TLC_DASHBOARD_DELTA_H
#define TLC_DASHBOARD_DELTA_H

#include "common/base/buf.h"

/* Appends the delta; {} when nothing differs. false: they are not of the same make, or memory was
 * refused, and nothing was appended. */
TLC_MUST bool delta_encode(struct tlc_str older, struct tlc_str newer, struct tlc_buf *out);

#endif
