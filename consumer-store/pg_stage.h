/* The slow path into PostgreSQL: rows of which some are there already, or are refused by the
 * database.
 *
 * They go to a temporary table and from there by INSERT ... ON CONFLICT DO NOTHING; what is refused
 * (SQLSTATE 22, 23) is halved until the row is found. All inside the caller's transaction, with
 * which the table goes: the next one may be another session's. */
#ifndef CONSUMER_STORE_PG_STAGE_H
#define CONSUMER_STORE_PG_STAGE_H

#include "consumer-store/batch.h"

struct tlc_pg;

/* Reused buffers. */
struct stage {
    struct tlc_buf copy; /* encoded for a staging table */
    /* Rows refused in this transaction, borrowed from the batch; bad_n is 0 at its beginning. */
    const struct batch_row **bad;
    size_t bad_n, bad_cap;
};

void stage_init(struct stage *s);
void stage_release(struct stage *s);
/* Name of the partition that takes a group: trip_start_2202401. */
void stage_leaf(const struct batch_group *g, char dst[48]);
/* One group. Adds to stored, duplicate and bad of the parts; bad rows are added to s->bad. */
TLC_MUST int stage_group(struct stage *s, struct tlc_pg *pg, struct batch *b, size_t group,
                         struct tlc_err *err);
/* Refused messages of the batch and s->bad to refused_event. */
TLC_MUST int stage_refused(struct stage *s, struct tlc_pg *pg, const struct batch *b,
                           const char *topic, struct tlc_err *err);

#endif
