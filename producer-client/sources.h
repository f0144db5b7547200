/* The sources (TripID / 10^9) that occurred: those with a month are closed at the end, if every
 * record of theirs was stored. */
#ifndef PRODUCER_CLIENT_SOURCES_H
#define PRODUCER_CLIENT_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOURCES_MAX 4096 /* every month of every dataset that TLC published is under 700 */

struct sources {
    int32_t v[SOURCES_MAX];
    bool refused[SOURCES_MAX]; /* a record of it was */
    bool refused_unknown;      /* a record was that does not tell its source */
    size_t n;
    int32_t last;  /* most events have the source of the one before */
    bool overflow; /* more than the maximum: further ones are not kept */
};

void sources_init(struct sources *s);
void sources_add(struct sources *s, int32_t source);

/* A record was refused. source 0: of which it is cannot be told. */
void sources_refused(struct sources *s, int32_t source);
/* Why the i-th is not to be closed, or NULL. */
const char *sources_why_open(const struct sources *s, size_t i);

static inline void sources_add_trip(struct sources *s, int64_t trip_id)
{
    int32_t source = (int32_t)(trip_id / 1000000000);
    if (source != s->last && trip_id > 0) {
        sources_add(s, source);
    }
}

#endif
