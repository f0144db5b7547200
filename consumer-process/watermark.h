/* How far a source's event time has come, and which of its windows that makes final.
 *
 * watermark = largest event time seen - lateness. A window [start, start + window_s) is final once
 * the watermark has reached its end, so everything before final_until_s (a multiple of window_s) is
 * final. Event time only; pure; no memory of its own. */
#ifndef PROCESS_WATERMARK_H
#define PROCESS_WATERMARK_H

#include <stdbool.h>
#include <stdint.h>

/* What decides windows; fixed for the life of a program. */
struct rules {
    int64_t window_s;     /* width of a window, > 0; windows are aligned to the epoch */
    int64_t lateness_s;   /* how far out of order events may come, >= 0 */
    int64_t trip_max_s;   /* a start without an end expires so long after it */
    int64_t silence_ms;   /* a source without an event for so long (log time) is forgotten */
    uint32_t sources_max; /* sources at once in a partition; the least recently seen is forgotten
                             first */
    uint32_t open_max;    /* open trips of a source in a partition */
    uint32_t seen_max;    /* blocks of 16 trips in a source's seen-set */
    uint32_t routes_max;  /* routes of a window */
};

struct watermark {
    int64_t max_event_s;   /* largest event time; INT64_MIN before the first */
    int64_t final_until_s; /* windows that end at or before it are final; INT64_MAX once closed */
};

/* The start of the window that holds at_s (>= 0). */
static inline int64_t window_start_of(const struct rules *rules, int64_t at_s)
{
    return at_s - at_s % rules->window_s;
}

void watermark_init(struct watermark *w);

static inline bool watermark_is_late(const struct watermark *w, int64_t at_s)
{
    return at_s < w->final_until_s;
}

static inline bool watermark_closed(const struct watermark *w)
{
    return w->final_until_s == INT64_MAX;
}

/* Takes an event's time; true when further windows are final now. */
bool watermark_advance(struct watermark *w, const struct rules *rules, int64_t at_s);
/* After a close: what lies behind the window of the largest event time is not final any more. */
void watermark_open(struct watermark *w, const struct rules *rules);
/* The source was sent whole: everything is final. */
void watermark_close(struct watermark *w);

#endif
