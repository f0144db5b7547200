/* The tables that hold a source's rows get a small index on time, made without holding up whoever
 * writes to them. Without it a day's rows are found by reading all of the source's. */
#ifndef BATCH_PROCESS_LEAF_H
#define BATCH_PROCESS_LEAF_H

#include "common/base/err.h"

struct tlc_pg;

/* Makes the index where it is missing, brings it up to date, and has the statistics gathered that
 * let the planner use it. Not in a transaction. Failing to is
 * no failure of the run, so that is only logged; a lost connection shows at the next statement. */
void leaf_prepare(struct tlc_pg *pg, int32_t source);

#endif
