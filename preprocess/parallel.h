/* The same function on a few threads at once, joined before the call returns.
 *
 * For: phases of a run that all threads enter and leave together. Not for: long-lived workers. The
 * caller's thread takes part as number 0, so one thread means no thread is made. What ctx points to
 * is the caller's; how the threads share it is fn's business. */
#ifndef PREPROCESS_PARALLEL_H
#define PREPROCESS_PARALLEL_H

#include "common/base/err.h"

#define PARALLEL_MAX 64

/* Runs fn(ctx, 0) .. fn(ctx, n - 1), n in 1..PARALLEL_MAX. Threads that the system refuses are done
 * without: fn takes its work from a shared counter, never from its number. */
void parallel_run(int n, void (*fn)(void *ctx, int thread), void *ctx);

#endif
