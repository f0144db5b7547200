/* The sources (TripID / 10^9) that occurred: they are closed at the end. */
#ifndef PRODUCER_CLIENT_SOURCES_H
#define PRODUCER_CLIENT_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOURCES_MAX 4096 /* every month of every dataset that TLC published is under 700 */

struct sources {
    int32_t v[SOURCES_MAX];
    size_t n;
    int32_t last;  /* most events have the source of the one before */
    bool overflow; /* more than the maximum: further ones are not kept */
};

void sources_init(struct sources *s);
void sources_add(struct sources *s, int32_t source);

static inline void sources_add_trip(struct sources *s, int64_t trip_id)
{
    int32_t source = (int32_t)(trip_id / 1000000000);
    if (source != s->last && trip_id > 0) {
        sources_add(s, source);
    }
}

#endif
