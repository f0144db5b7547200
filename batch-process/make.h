/* Makes one period's figures again: one transaction, so that there is never half of one.
 *
 * With the figures go the marks: the day's own in dirty_day (if no row came since it was read), its
 * row in batch_todo, and rows for what rests on it: the next days, its week and its month. And the
 * run log's counts. One thread. */
#ifndef BATCH_PROCESS_MAKE_H
#define BATCH_PROCESS_MAKE_H

#include "batch-process/plan.h"

struct make {
    struct tlc_pg *pg;
    int64_t run_id;
    int64_t routes; /* of a day to keep */
    /* The day for which batch_under_way holds what is under way at its beginning; source 0: none.
     * The day before it was made just now. */
    int32_t open_source;
    int64_t open_date;
};

/* *ret_rows: rows of trip_start and trip_end that went into a day, 0 for weeks and months. On
 * failure nothing has changed; TLC_REFUSE is about this period only, TLC_RETRY may be another run
 * that took over. */
TLC_MUST int make_period(struct make *m, const struct period *p, int64_t *ret_rows,
                         struct tlc_err *err);

#endif
