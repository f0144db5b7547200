/* The thread that writes batches, so that the next one can be read meanwhile.
 *
 * One batch at a time is handed over and comes back when its fate is known. While the database is
 * away the writer keeps the batch and tries again with growing pauses. In between it asks for the
 * ledger. All functions are for the reading thread. */
#ifndef CONSUMER_STORE_WRITER_H
#define CONSUMER_STORE_WRITER_H

#include "consumer-store/report.h"
#include "consumer-store/sink.h"

struct writer;

TLC_MUST int writer_open(const struct store_sink *sink, struct report *report,
                         struct writer **ret_writer, struct tlc_err *err);
/* Gives up the batch it holds, if any; its memory is the caller's. */
void writer_close(struct writer **writer);
/* Has a batch, written or not. */
bool writer_busy(struct writer *w);
/* The last try failed because the database is away. */
bool writer_away(struct writer *w);
/* Only when not busy. The batch is the writer's until it comes back. */
void writer_submit(struct writer *w, struct batch *b);
/* Waits up to wait_ms for the batch to be done; true when it is (or there was none). It is not
 * taken. */
bool writer_wait(struct writer *w, int64_t wait_ms);
/* Takes the batch back: NULL while there is none done. *ret_rc: 0, or TLC_FATAL and err is set. */
struct batch *writer_take(struct writer *w, int *ret_rc, struct tlc_err *err);

#endif
