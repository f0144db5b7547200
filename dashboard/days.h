/* The windows in memory summed by source, New York day and zone: what the rows of a day can be
 * compared with.
 *
 * Pure: the caller holds the windows still while it is made. Owns its rows. */
#ifndef TLC_DASHBOARD_DAYS_H
#define TLC_DASHBOARD_DAYS_H

#include "common/base/buf.h"
#include "dashboard/windows.h"

struct days_row {
    int32_t source;
    int64_t date;    /* days since 1970-01-01 */
    int64_t start_s; /* the moment it begins */
    bool final;      /* all of its windows are */
    int64_t starts_n, ends_n, matched, expired;
    int64_t starts[WINDOW_ZONES], ends[WINDOW_ZONES];
};

/* What consumer-process said of a source besides its windows. */
struct days_source {
    int32_t source;
    int64_t late; /* events that came too late for their window */
};

struct days {
    struct days_row *rows; /* ascending by source, date */
    size_t n, cap;
    struct days_source *sources; /* ascending; those with windows */
    size_t sources_n;
    int64_t superseded_events; /* of windows that were final already: in no row */
    int64_t revision;          /* of the windows */
};

/* false when memory is refused. */
TLC_MUST bool days_make(const struct windows *w, struct days *ret);
void days_release(struct days *d);
/* "2024-01-15". */
#define DAYS_TEXT_N 16
const char *days_text(int64_t date, char dst[DAYS_TEXT_N]);
/* Appends {"revision","superseded_events","sources":[...],"days":[...]}; a day is an object that
 * stream_batch_diff of batch-process takes as a window. */
void days_json(const struct days *d, struct tlc_buf *out);

#endif
