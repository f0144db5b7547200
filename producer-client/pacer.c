#include "producer-client/pacer.h"

#include <math.h>

void pacer_init(struct pacer *p, double speed)
{
    *p = (struct pacer){.speed = speed};
}

void pacer_start(struct pacer *p, int64_t event_s, int64_t now_ms)
{
    if (!p->started) {
        p->started = true;
        p->base_event_s = event_s;
        p->base_ms = now_ms;
    }
}

int64_t pacer_horizon_s(const struct pacer *p, int64_t now_ms)
{
    if (p->paused) {
        return INT64_MIN;
    }
    if (p->speed <= 0 || !p->started) {
        return INT64_MAX;
    }
    return p->base_event_s + (int64_t)((double)(now_ms - p->base_ms) * p->speed / 1000);
}

int64_t pacer_wait_ms(const struct pacer *p, int64_t event_s, int64_t now_ms)
{
    if (p->paused) {
        return INT64_MAX;
    }
    if (event_s <= pacer_horizon_s(p, now_ms)) {
        return 0;
    }
    double ahead_ms = ceil((double)(event_s - p->base_event_s) * 1000 / p->speed);
    int64_t wait = p->base_ms + (int64_t)ahead_ms - now_ms;
    return wait < 1 ? 1 : wait; /* it is not due yet: never spin on 0 */
}

void pacer_pause(struct pacer *p, int64_t now_ms)
{
    if (!p->paused) {
        p->paused = true;
        p->paused_ms = now_ms;
    }
}

void pacer_resume(struct pacer *p, int64_t now_ms)
{
    if (p->paused) {
        p->paused = false;
        p->base_ms += now_ms - p->paused_ms;
    }
}
