/* All windows in memory, summed over partitions: what every query is answered from.
 *
 * For: adding up and looking up. Not for: durability (windows_db.h), JSON (summary.h), wall time
 * (pulse takes now_ms as an argument). Owns everything in it. Not locked: dashboard.c holds a
 * read-write lock around it.
 *
 * A source has cells (one a window: sums, ride bins, and what each partition last said) and hours
 * (sums and counts by zone). The lists of a window (zones, routes) are kept while it is not final,
 * because a newer revision has to take them away again, and for the last WINDOWS_DETAIL_S of event
 * time, because spans of up to a day are summed from them; older ones live on in sums. */
#ifndef TLC_DASHBOARD_WINDOWS_H
#define TLC_DASHBOARD_WINDOWS_H

#include "dashboard/window.h"
#include "dashboard/window_message.h"

#define WINDOWS_DETAIL_S (INT64_C(26) * 3600)
/* Samples of clock and events for the rates: 24 of 250 ms. */
#define WINDOWS_PULSE_N 24
#define WINDOWS_PULSE_MS 250

/* What one partition said last about one window, and what it claimed after the window was final. */
struct windows_part {
    int32_t partition;
    bool final, claim_final;
    int64_t revision, claim_revision; /* claim_revision 0: no claim */
    uint64_t hash, claim_hash;
    int64_t claim_events;   /* of the newest claim */
    struct window *content; /* NULL when no longer needed */
};

struct windows_cell {
    int64_t start_s;
    int64_t sums[WINDOW_SUMS_N];
    int64_t starts_n, ends_n;
    int64_t bins[WINDOW_BINS];
    struct windows_part *parts;
    size_t parts_n;
    size_t open_n; /* parts that are not final */
};

struct windows_hour {
    int64_t start_s;
    int64_t starts_n, ends_n, matched, expired;
    int64_t open_n;
    uint32_t starts[WINDOW_ZONES], ends[WINDOW_ZONES];
};

struct windows_route_sum {
    int64_t n, ride_s;
};

struct windows_source {
    int32_t source;
    struct window_progress *progress; /* one a partition */
    size_t progress_n;
    struct windows_cell **cells; /* ascending by start_s */
    size_t cells_n, cells_cap;
    size_t detail_first; /* cells before it have dropped what is final */
    struct windows_hour **hours;
    size_t hours_n, hours_cap;
    int64_t open_n; /* parts of cells that are not final */
    int64_t starts[WINDOW_ZONES], ends[WINDOW_ZONES];
    struct windows_route_sum *routes; /* [from * WINDOW_ZONES + to]; NULL before the first */
    int64_t events, duplicates;
    struct {
        int64_t clock_s, events;
    } pulse[WINDOWS_PULSE_N];
};

struct windows {
    int64_t window_s, lateness_s;    /* 0 before the first message */
    int64_t revision;                /* of the whole: + 1 with every change */
    struct windows_source **sources; /* ascending by source; source 0 holds refused messages only */
    size_t sources_n;
    int64_t cells_n;
    int64_t superseded_windows, superseded_events;
    int64_t refused_windows, refused_events; /* not taken, and noted in the file by name */
    struct window_log logs[TLC_WINDOW_PARTITIONS_MAX]; /* of the last message, by partition */
    int64_t changed_ms;                                /* now_ms of the last change */
    int64_t pulse_ms[WINDOWS_PULSE_N];
    size_t pulse_n, pulse_next;
};

enum windows_span { WINDOWS_TODAY, WINDOWS_HOUR, WINDOWS_SIX_HOURS, WINDOWS_ALL };
enum windows_rows { WINDOWS_DAY_ROWS, WINDOWS_WEEK_ROWS, WINDOWS_ALL_ROWS };

/* Which sources, zone and route a query is about. 0 = all. */
struct windows_filter {
    int32_t dataset, source;
    int32_t zone;
    int32_t route_from, route_to; /* both or none */
    enum windows_span span;
    enum windows_rows rows;
};

enum windows_verdict {
    WINDOWS_STALE,     /* not newer than what is held: nothing changes */
    WINDOWS_STORE,     /* replaces what is held */
    WINDOWS_SUPERSEDE, /* the held one is final and says otherwise: kept beside it */
};

void windows_init(struct windows *w);
void windows_release(struct windows *w);

/* What would happen to a window of that content. ret_replaces: for SUPERSEDE the revision of the
 * claim it takes the place of, 0 = none. */
enum windows_verdict windows_judge(const struct windows *w, const struct window *window,
                                   uint64_t hash, int64_t *ret_replaces);
/* Whether a window of that source and start is held, of whatever partition: another one of it needs
 * no room. */
bool windows_cell_held(const struct windows *w, const struct window *window);
/* Of the events that a refused window of that name counts: how many are in no window held and in no
 * claim; -1 when what is held is as new as the refused one. */
int64_t windows_missing(const struct windows *w, const struct window_refusal *refusal);
/* Adds a window that was judged STORE and empties *window. false when memory is refused. */
TLC_MUST bool windows_put(struct windows *w, struct window *window, uint64_t hash);
/* Notes a claim that was judged SUPERSEDE; its window's final one is held. */
void windows_claim(struct windows *w, const struct window *window, uint64_t hash);
/* Whether it is newer than what is held, or tells the longest trips that are not held. */
bool windows_progress_newer(const struct windows *w, const struct window_progress *p);
TLC_MUST bool windows_progress_put(struct windows *w, const struct window_progress *p);

/* NULL when it is not held. */
const struct windows_source *windows_source_find(const struct windows *w, int32_t source);
/* First index whose start is not below start_s. */
size_t windows_cell_lower(const struct windows_source *s, int64_t start_s);
size_t windows_hour_lower(const struct windows_source *s, int64_t start_s);

/* The filter takes the source in. Source 0 only when nothing is filtered. */
bool windows_filter_takes(const struct windows_filter *f, int32_t source);
/* Largest event time of a source, 0 before its first event. */
int64_t windows_source_clock_s(const struct windows_source *s);
/* Smallest watermark over its partitions; 0 while one has none. */
int64_t windows_source_watermark_s(const struct windows_source *s);
/* Every window it has is final (closed, or silent for long). */
bool windows_source_final(const struct windows_source *s);
/* The event clock: largest event time of the sources that the filter takes. */
int64_t windows_clock_s(const struct windows *w, const struct windows_filter *f);

/* Takes a sample; call every WINDOWS_PULSE_MS. fill: as if it had been so all along (after a load).
 */
void windows_pulse(struct windows *w, int64_t now_ms, bool fill);
/* Counted events per wall second and event seconds per wall second over the samples. */
void windows_rates(const struct windows *w, const struct windows_filter *f, double *ret_event_rate,
                   double *ret_speed);

#endif
