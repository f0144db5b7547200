/* The tables: made and updated by the numbered SQL files of schema/, which are compiled in.
 *
 * Every file runs in a transaction of its own, under an advisory lock, and is noted in
 * schema_version; so any number of instances may start at once. One thread. */
#ifndef CONSUMER_STORE_SCHEMA_H
#define CONSUMER_STORE_SCHEMA_H

#include "common/base/err.h"

struct tlc_pg;

/* The newest version this program knows. */
int schema_version(void);
/* Runs what is missing and fills the zone table. *ret_ran: files run. A newer schema than ours is
 * TLC_FATAL (78). */
TLC_MUST int schema_migrate(struct tlc_pg *pg, int *ret_ran, struct tlc_err *err);
/* Version, encoding, writability and rights are what this program needs; else TLC_FATAL (78) with
 * the remedy. */
/* Positions, and what was refused, of the topic are from now on those of an earlier log. *ret_n:
 * partitions that had one. Programs that read it notice at their next batch. */
TLC_MUST int schema_forget_positions(struct tlc_pg *pg, const char *topic, int64_t *ret_n,
                                     struct tlc_err *err);
TLC_MUST int schema_check(struct tlc_pg *pg, struct tlc_err *err);

#endif
