/* The trips that have been under way the longest, found among a source's open trips when a post is
 * written.
 *
 * Nothing is kept for it while events are applied: a walk over the map of open trips finds them,
 * which is a microsecond for a hundred of them and some milliseconds for a million. Only what is
 * told to the page depends on it, no window does. One thread. */
#ifndef PROCESS_LONGEST_H
#define PROCESS_LONGEST_H

#include "common/event/window_bounds.h"
#include "consumer-process/trips.h"

#define LONGEST_MAX ((size_t)TLC_WINDOW_LONGEST_MAX)

/* The first LONGEST_MAX open trips by start, then row. Returns how many there are. */
size_t longest_find(const struct trips *open, struct trip ret_trips[LONGEST_MAX]);

#endif
