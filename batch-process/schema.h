/* The tables of batch-process beside those of consumer-store. */
#ifndef BATCH_PROCESS_SCHEMA_H
#define BATCH_PROCESS_SCHEMA_H

#include "common/base/err.h"

struct tlc_pg;

/* Migrates if asked, then checks version and rights: TLC_FATAL (78) with the remedy. TLC_RETRY
 * while consumer-store has not made its tables. */
TLC_MUST int schema_prepare(struct tlc_pg *pg, bool migrate, struct tlc_err *err);

#endif
