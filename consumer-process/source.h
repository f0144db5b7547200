/* One source in one partition: its event time, open trips, seen-set and windows. The rules of
 * ARCHITECTURE 8 live here.
 *
 * An event that is not late, in this order:
 *
 * - second copy (seen in a window that is not final): duplicate of its window
 * - start whose end waits: counted, the two meet
 * - start whose end was used up already: duplicate
 * - start of a trip that is open (the first copy had another time, its window is final): duplicate;
 *   the later copy is what an end meets from now on
 * - other start: counted, the trip is open
 * - end of an open trip: counted, the two meet
 * - other end: counted, waits for its start until its window is final, then it is an orphan
 *
 * Two that meet are a matched trip when 0 <= ride <= trip_max. Else the end is an orphan and the
 * start expired: booked in its own window when the end lies before it, in the window of start +
 * trip_max when the end lies too far behind. A start that met no end expires when the window of
 * start + trip_max becomes final, and is booked there. Closing a source (mark, silence, room for
 * another) makes every window final, so every open trip expires, in the window of its start +
 * trip_max. A source that is opened again goes on behind the window of its last event; the windows
 * that it makes then stand beside those that the close made of open trips, by the number of the
 * opening. All of it depends on the log alone. Owns its memory; one thread. */
#ifndef PROCESS_SOURCE_H
#define PROCESS_SOURCE_H

#include "consumer-process/lowoffset.h"
#include "consumer-process/seen.h"
#include "consumer-process/trips.h"
#include "consumer-process/window.h"

/* Things counted beside the ledger. They start at 0 with the process. */
struct tally {
    int64_t matched, orphan_ends, expired_starts;
    int64_t open_excess, waiting_excess, seen_excess, routes_excess; /* beyond a maximum */
    int64_t windows_final;
};

/* What the sources of a partition share. */
struct books {
    const struct rules *rules;
    struct window_pool *pool;
    struct window_list *to_send; /* windows that changed */
    struct window_list finals;   /* final, and not settled up to there */
    struct history history;
    struct tally tally;
    int32_t partition;
    int64_t muted_before; /* offset: before it nothing is booked, only seen */
    bool out_of_memory;   /* the partition must be given up: its numbers would be wrong */
};

struct source {
    int32_t id;
    int32_t openings; /* after closes */
    struct watermark mark;
    int64_t seen_ms, seen_offset; /* log time and offset of its last event */
    int64_t late, refused;        /* messages */
    int64_t settled_until_s;      /* while recovering: windows that start before it are muted */
    struct trips open;            /* starts without an end */
    struct trips waiting;         /* ends without a start */
    int64_t open_oldest_s;        /* not above any open trip's start */
    struct seen seen;
    struct window **live; /* windows that are not final, by number modulo live_cap */
    int64_t live_cap;
    struct window *hot; /* the one used last */
};

enum verdict { VERDICT_COUNTED, VERDICT_DUPLICATE, VERDICT_LATE };

/* NULL when memory is refused. */
struct source *source_new(const struct rules *rules, int32_t id);
/* Frees it with its live windows. */
void source_free(struct source *s, struct books *books);
/* One event of this source at offset. e is in range. */
enum verdict source_apply(struct source *s, struct books *books, const struct tlc_event *e,
                          int64_t offset);
/* Makes everything final, by the message at offset. Further events are late. */
void source_close(struct source *s, struct books *books, int64_t offset);
/* A closed one counts again. Nothing that is final changes. recovering: settled_until_s holds for
 * a later state. */
void source_open(struct source *s, const struct books *books, bool recovering);
/* Smallest offset of an open trip or of what a live window rests on; INT64_MAX for none. */
int64_t source_effects(const struct source *s);
/* Smallest first offset of its live windows; INT64_MAX for none. */
int64_t source_open_first(const struct source *s);
struct source_mark source_mark(const struct source *s);

#endif
