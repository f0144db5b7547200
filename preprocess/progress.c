#include "preprocess/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BAR 24

void progress_init(struct progress *p, bool quiet, int64_t bytes_all, int64_t now_ms)
{
    memset(p, 0, sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    p->quiet = quiet;
    p->terminal = isatty(STDERR_FILENO) == 1;
    p->bytes_all = bytes_all;
    p->start_ms = p->shown_ms = now_ms;
}

void progress_release(struct progress *p)
{
    pthread_mutex_destroy(&p->lock);
}

static void show(struct progress *p, int64_t now_ms)
{
    if (p->quiet || now_ms - p->shown_ms < (p->terminal ? 100 : 10000)) {
        return;
    }
    p->shown_ms = now_ms;
    const bool writing = p->events_all > 0;
    const double done = writing            ? (double)p->events / (double)p->events_all
                        : p->bytes_all > 0 ? (double)p->bytes / (double)p->bytes_all
                                           : 0;
    const double seconds = (double)(now_ms - p->start_ms) / 1000;
    const double rate = (double)(writing ? p->events : p->rows) / (seconds > 0 ? seconds : 1);
    const char *what = writing ? "events" : "rows";
    const int64_t count = writing ? p->events : p->rows;
    const double left_s = done > 0.01 ? seconds / done - seconds : 0;
    if (!p->terminal) {
        fprintf(stderr, "preprocess: %s %3.0f %%, %" PRId64 " %s, %.2f million/s\n",
                writing ? "writing" : "reading", done * 100, count, what, rate / 1e6);
        return;
    }
    char bar[BAR + 1];
    const int full = (int)((done < 1 ? done : 1) * BAR);
    memset(bar, '#', (size_t)full);
    memset(bar + full, '.', (size_t)(BAR - full));
    bar[BAR] = '\0';
    fprintf(stderr,
            "\r\033[K%s [%s] %3.0f %%  %.1f MB  %" PRId64 " %s  %.2f million/s  %.0f s left",
            writing ? "writing" : "reading", bar, done * 100, (double)p->bytes / 1e6, count, what,
            rate / 1e6, left_s);
    fflush(stderr);
}

double progress_bytes(struct progress *p, int64_t bytes)
{
    p->bytes = bytes;
    return p->bytes_all > 0 ? (double)bytes / (double)p->bytes_all : 0;
}

void progress_rows(struct progress *p, int64_t more, int64_t now_ms)
{
    p->rows += more;
    show(p, now_ms);
}

void progress_writing(struct progress *p, int64_t events_all, int64_t now_ms)
{
    p->events_all = events_all;
    p->start_ms = now_ms;
}

void progress_events(struct progress *p, int64_t more, int64_t now_ms)
{
    pthread_mutex_lock(&p->lock);
    p->events += more;
    show(p, now_ms);
    pthread_mutex_unlock(&p->lock);
}

void progress_end(struct progress *p)
{
    if (!p->quiet && p->terminal) {
        fprintf(stderr, "\r\033[K");
    }
}
