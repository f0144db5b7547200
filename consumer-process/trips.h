/* Trips of which one event is known: starts that wait for their end, or ends that overtook their
 * start.
 *
 * An open-addressing hash map from row to the event's essentials; it doubles until max_n and then
 * refuses. Owns its memory. No order is kept; trips_next walks it. One thread. */
#ifndef PROCESS_TRIPS_H
#define PROCESS_TRIPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trip {
    int64_t at_s;
    int64_t offset; /* of the event in the log */
    uint32_t row;   /* of the TripID; 0 = free slot */
    uint16_t zone_id;
};

struct trips {
    struct trip *slots;
    uint32_t cap; /* a power of two, 0 before the first put */
    uint32_t n;
    uint32_t max_n;
};

void trips_init(struct trips *t, uint32_t max_n);
void trips_release(struct trips *t);
/* NULL when it is not there. Valid until the next put or take. */
struct trip *trips_find(const struct trips *t, uint32_t row);
/* trip.row must not be there. false: the maximum is reached or memory refused; nothing was put. */
bool trips_put(struct trips *t, const struct trip *trip);
/* Takes out what trips_find gave. */
void trips_take(struct trips *t, struct trip *found);
/* Walks: start with *at = 0; NULL at the end. Taking out what it returned is allowed if the walk
 * then goes on from the same *at - 1 (the slot may have been filled again). */
struct trip *trips_next(const struct trips *t, uint32_t *at);

#endif
