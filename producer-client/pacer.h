/* When an event is due: event time laid over the running clock.
 *
 * Pure: the caller brings now_ms (monotonic). The first event that is asked for starts the clock.
 * Events that lie in the past are due at once; a replay that fell behind catches up. */
#ifndef PRODUCER_CLIENT_PACER_H
#define PRODUCER_CLIENT_PACER_H

#include <stdbool.h>
#include <stdint.h>

struct pacer {
    double speed; /* event seconds a second; 0 = as fast as possible */
    bool started;
    bool paused;
    int64_t base_event_s, base_ms; /* this event time is due at this moment */
    int64_t paused_ms;             /* since when */
};

void pacer_init(struct pacer *p, double speed);
/* The first event starts the clock; later calls change nothing. */
void pacer_start(struct pacer *p, int64_t event_s, int64_t now_ms);
/* Events up to this event time are due; INT64_MIN while paused, INT64_MAX at full speed. */
int64_t pacer_horizon_s(const struct pacer *p, int64_t now_ms);
/* Milliseconds until the event is due; 0 = now, INT64_MAX while paused. */
int64_t pacer_wait_ms(const struct pacer *p, int64_t event_s, int64_t now_ms);
/* The pause does not count: afterwards the stream goes on where it stood. */
void pacer_pause(struct pacer *p, int64_t now_ms);
void pacer_resume(struct pacer *p, int64_t now_ms);

#endif
