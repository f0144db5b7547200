/* Stream = batch: the windows in memory against the days that batch-process made of the rows, by
 * source, day and zone.
 *
 * What the rows have more must be the events that came too late for their window. Copies of an
 * event that come so late are late too, though PostgreSQL has them once; peers.h, which knows how
 * many copies each side saw, balances the sum. */
#ifndef TLC_DASHBOARD_HISTORY_CHECK_H
#define TLC_DASHBOARD_HISTORY_CHECK_H

#include "dashboard/days.h"
#include "dashboard/history_query.h"

/* One day of one source: events, and places (a zone's starts or ends) where the sides differ. */
struct check_day {
    int32_t source;
    int64_t date;
    int64_t stream, batch;
    int64_t places; /* where the rows have more: late events */
    int64_t wrong;  /* where the windows have more: never right */
};

struct history_check {
    bool done;      /* compared; else note says why not */
    char note[256]; /* "" when there is nothing to say */
    int64_t revision, run_id;
    int64_t dirty, todo;
    int64_t stream, batch, late, superseded; /* events, of all sources with windows */
    int64_t wrong;                           /* places where the windows have more than the rows */
    int64_t unlikely;                        /* sources whose rows have more than was late */
    struct check_day *days;
    size_t days_n, days_cap;
};

/* Reads the days of the sources that have windows. On failure *ret holds nothing. */
TLC_MUST int history_check_make(struct tlc_pg *pg, const struct days *stream,
                                const struct history_backlog *backlog, struct history_check *ret,
                                struct tlc_err *err);
void history_check_release(struct history_check *c);
/* Appends what GET /api/history/diff answers. */
void history_check_json(const struct history_check *c, struct tlc_buf *out);

#endif
