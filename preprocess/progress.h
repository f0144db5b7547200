/* How far it is, for the person who waits: a bar on a terminal, a line now and then elsewhere,
 * nothing when quiet.
 *
 * Written to standard error, at most ten times a second (every ten seconds where it is no
 * terminal). Time comes from the caller. Calls are serialised by the caller's locks, but for
 * progress_events, which locks itself. */
#ifndef PREPROCESS_PROGRESS_H
#define PREPROCESS_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool quiet, terminal;
    pthread_mutex_t lock;
    int64_t start_ms, shown_ms;
    int64_t rows, events;
    int64_t events_all;       /* 0 while reading */
    int64_t bytes, bytes_all; /* of all inputs; bytes_all 0: unknown (standard input) */
};

void progress_init(struct progress *p, bool quiet, int64_t bytes_all, int64_t now_ms);
void progress_release(struct progress *p);
/* Input read so far, over all files; returns the share of all, 0 when that is unknown. */
double progress_bytes(struct progress *p, int64_t bytes);
void progress_rows(struct progress *p, int64_t more, int64_t now_ms);
/* Reading is over; so many events will be written. */
void progress_writing(struct progress *p, int64_t events_all, int64_t now_ms);
void progress_events(struct progress *p, int64_t more, int64_t now_ms);
/* Clears the bar. */
void progress_end(struct progress *p);

#endif
