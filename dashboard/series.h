/* Numbers for the page out of the windows: figures of a span, trips by hour, counts by zone. No
 * JSON here, no clock, no lock.
 *
 * Days are New York's (23 or 25 hours twice a year); hours are whole hours since the epoch, which
 * are New York's too. */
#ifndef TLC_DASHBOARD_SERIES_H
#define TLC_DASHBOARD_SERIES_H

#include "dashboard/windows.h"

/* Rows by hour reach this far back from the event clock: 800 days. */
#define SERIES_HOURS_MAX (800 * 24)

struct series_hour {
    int64_t starts, ends, completed;
    int64_t under_way; /* at the end of the hour */
    int64_t ride_s;    /* of the completed; only series_route fills it */
    bool provisional;  /* may still change */
    bool any;          /* a source has windows in it */
};

/* Hour by hour without gaps from the first with data to the event clock's. */
struct series {
    int64_t first_s; /* start of hours[0] */
    struct series_hour *hours;
    size_t n;
};

/* Empty (n 0) when the filter takes no event. With a zone starts and ends are that zone's;
 * completed and under_way are 0, because windows do not hold them by zone. false when memory is
 * refused. */
TLC_MUST bool series_make(const struct windows *w, const struct windows_filter *f,
                          struct series *ret_series);
/* Today's hours for the filter's route: its completed trips, by their end. Windows hold routes for
 * a day, so that there are no more rows. */
TLC_MUST bool series_route(const struct windows *w, const struct windows_filter *f,
                           struct series *ret_series);
void series_release(struct series *s);
/* The first row of the New York day that the series ends in. */
size_t series_today(const struct series *s);

/* The windows that start in [from_s, to_s). under_way: when the last of them ends. */
struct series_figures {
    int64_t under_way, started, completed, revenue_cents;
    int64_t bins[WINDOW_BINS]; /* ride times of the completed, by minute */
};
void series_figures(const struct windows *w, const struct windows_filter *f, int64_t from_s,
                    int64_t to_s, struct series_figures *ret_figures);
/* Ride time that the share (0 to 1) of rides does not exceed, in seconds, linear within its minute;
 * 3600 for "60 and over"; 0 when there are none. */
int64_t series_quantile_s(const int64_t bins[WINDOW_BINS], double share);
/* The same time on New York's clock a day earlier. */
int64_t series_day_before_s(int64_t at_s);

/* Starts of the windows of a span that ends at the event clock: [from_s, to_s). */
void series_span(enum windows_span span, int64_t clock_s, int64_t *ret_from_s, int64_t *ret_to_s);

#define SERIES_ROUTES_TOP 10
struct series_places {
    int64_t pickups[WINDOW_ZONES], dropoffs[WINDOW_ZONES];
    struct window_route
        top[SERIES_ROUTES_TOP]; /* most trips first; the lower pair first among equals */
    size_t top_n;
};
/* Counts by zone (of all zones) and the routes with most trips (of those that touch the filter's
 * zone) in the filter's span. */
TLC_MUST bool series_places(const struct windows *w, const struct windows_filter *f,
                            struct series_places *ret_places);

/* The trips under way that began first, of the sources that the filter takes and that are not final
 * (their zone is not looked at); ascending. false: nobody has told them yet. */
bool series_longest(const struct windows *w, const struct windows_filter *f,
                    struct window_trip ret_trips[WINDOW_LONGEST_MAX], size_t *ret_n);

/* Mean pickups by weekday (0 = Monday) and hour of New York's day; negative where there is no such
 * hour yet. */
void series_rhythm(const struct series *s, double ret_mean[7][24]);

#endif
