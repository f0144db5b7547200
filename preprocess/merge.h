/* Sorted runs to events.ndjson: merged, encoded and written by several threads, a slice of time
 * each.
 *
 * One run in memory: a slice is a group of its buckets. Spilled runs: a slice is a stretch of time
 * cut from all of them, read through small buffers. Slices are numbered by time and the writer
 * takes them in that order, so the bytes do not depend on the threads or on where the runs were
 * cut. */
#ifndef PREPROCESS_MERGE_H
#define PREPROCESS_MERGE_H

#include "preprocess/order.h"
#include "preprocess/progress.h"
#include "preprocess/writer.h"

/* Writes all events that order holds. After this order is spent. */
TLC_MUST int merge_write(struct order *o, struct writer *w, struct progress *progress,
                         struct tlc_err *err);

#endif
