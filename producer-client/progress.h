/* How far the replay is, for a person: a bar on a terminal, a line now and then elsewhere. */
#ifndef PRODUCER_CLIENT_PROGRESS_H
#define PRODUCER_CLIENT_PROGRESS_H

#include "common/base/buf.h"

struct progress_view {
    int64_t events;      /* acknowledged or refused */
    int64_t bytes_done;  /* of the inputs */
    int64_t bytes_total; /* 0: not known (standard input) */
    int64_t event_s;     /* event clock; INT64_MIN: none yet */
    int64_t elapsed_ms;
    double events_per_s; /* of late */
    bool paused;
    bool waiting; /* the server is away or busy */
};

enum progress_kind { PROGRESS_NONE, PROGRESS_BAR, PROGRESS_LINES };

struct progress {
    enum progress_kind kind;
    int64_t next_ms; /* when the next output is due */
    int64_t last_ms; /* of the last output */
    int64_t last_events;
    double events_per_s; /* smoothed */
    size_t width;        /* of the bar's last line, to wipe it */
};

/* option: auto, bar, lines, none. */
void progress_init(struct progress *p, const char *option, int64_t now_ms);
/* Writes to standard error when it is time. view's rate is filled in here. */
void progress_step(struct progress *p, struct progress_view *view, int64_t now_ms);
/* Ends the bar's line. */
void progress_end(struct progress *p);
/* The text, without line end. Pure. */
void progress_render(const struct progress_view *view, bool bar, struct tlc_buf *out);

#endif
