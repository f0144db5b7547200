/* PostgreSQL as the sink: one batch, one transaction, fenced by the position it expects.
 *
 * Fast path: COPY BINARY straight into the partitions. A source whose rows turned out to be there
 * already goes through the staging tables (pg_stage.h) until a batch of it is new again. A
 * connection lost while committing leaves the outcome unknown: the next write of the same batch
 * reads the positions to find out. Two connections: one for write and ledger, one for position. */
#ifndef CONSUMER_STORE_PG_SINK_H
#define CONSUMER_STORE_PG_SINK_H

#include "consumer-store/sink.h"

struct pg_sink;
struct tlc_counters;

/* url and topic are borrowed for its life. Connects on first use. */
TLC_MUST int pg_sink_open(const char *url, const char *topic, struct tlc_counters *counters,
                          struct pg_sink **ret_sink, struct tlc_err *err);
void pg_sink_close(struct pg_sink **sink);
/* The functions that store.h wants. */
struct store_sink pg_sink_functions(struct pg_sink *sink);

#endif
