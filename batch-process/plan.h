/* What a run has to make: a sorted list of periods, read from dirty_day and batch_todo.
 *
 * Owns its list. One thread. */
#ifndef BATCH_PROCESS_PLAN_H
#define BATCH_PROCESS_PLAN_H

#include "batch-process/periods.h"

struct tlc_pg;

struct period {
    enum period_kind kind;
    int32_t owner;       /* the source of a day, the dataset of a week or month */
    int64_t start;       /* its first date */
    char touched_at[48]; /* of its dirty_day row as it was read; "" when it has none */
};

struct plan {
    struct period *v;
    size_t n, cap;
};

void plan_init(struct plan *p);
void plan_release(struct plan *p);
/* false: no memory. */
TLC_MUST bool plan_add(struct plan *p, const struct period *period);

/* Marks the days of the range in batch_todo, whether they changed or not. */
TLC_MUST int plan_ask(struct tlc_pg *pg, const struct range *range, struct tlc_err *err);
/* Notes in batch_todo the days whose tables were dropped or loaded anew, in one transaction. */
TLC_MUST int plan_reloaded(struct tlc_pg *pg, struct tlc_err *err);
/* Days of the range, by source and date: those of dirty_day and of batch_todo. A day comes before
 * those that rest on it. */
TLC_MUST int plan_load_days(struct plan *p, struct tlc_pg *pg, const struct range *range,
                            struct tlc_err *err);
/* Weeks or months of batch_todo. */
TLC_MUST int plan_load_todo(struct plan *p, struct tlc_pg *pg, enum period_kind kind,
                            struct tlc_err *err);
/* Bounds as parameters of a statement: NULL where open. */
void plan_range_params(const struct range *range, char text[2][DATE_TEXT_N],
                       const char *ret_params[2]);

#endif
