/* What has changed between two JSON objects of the same make: the members that differ.
 *
 * For: event streams, where most members of a picture stay as they are from one to the next. Not
 * for: JSON of unknown origin; both texts must be objects that this program wrote (no blanks
 * between tokens, members always in the same order). Pure. */
#ifndef TLC_DASHBOARD_DELTA_H
#define TLC_DASHBOARD_DELTA_H

#include "common/base/buf.h"

/* Appends an object with the members of newer that older does not have with the same bytes; {} when
 * there are none. false: they are not of the same make, and nothing was appended. */
TLC_MUST bool delta_encode(struct tlc_str older, struct tlc_str newer, struct tlc_buf *out);

#endif
