/* One run: everything that is marked, period by period.
 *
 * Only one run at a time in a database (an advisory lock that goes with the connection). Each
 * period is a transaction of its own, so a run can end anywhere and the next one goes on. */
#ifndef BATCH_PROCESS_BATCH_H
#define BATCH_PROCESS_BATCH_H

#include "batch-process/options.h"
#include "batch-process/periods.h"
#include "batch-process/report.h"

struct tlc_pg;

struct batch {
    const struct batch_options *options;
    struct report *report;
    struct range range;
    bool asked;        /* the days of --all, --from, --to are marked: once is enough */
    struct tlc_pg *pg; /* NULL until connected, and after it was lost */
    int64_t made;      /* periods, of all runs */
    int64_t refused;   /* periods of the last run that could not be made */
    int64_t unended;   /* a run of ours that the run log holds for under way; 0: none */
};

/* options and report are borrowed. TLC_FATAL (64) for a range that holds nothing. */
TLC_MUST int batch_init(struct batch *b, const struct batch_options *options, struct report *report,
                        struct tlc_err *err);
void batch_release(struct batch *b);
/* Connects unless it is, makes the tables if asked, checks them. */
TLC_MUST int batch_connect(struct batch *b, struct tlc_err *err);
/* A whole run. TLC_RETRY: the database is away, or another run is under way; TLC_STOP: asked to. */
TLC_MUST int batch_run(struct batch *b, struct tlc_err *err);
/* Prints "SOURCE DAY" lines to standard output. *ret_n: how many. */
TLC_MUST int batch_gaps(struct batch *b, int64_t *ret_n, struct tlc_err *err);

#endif
