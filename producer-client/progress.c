#include "producer-client/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/event/ny_time.h"

#define BAR_EVERY_MS 200
#define LINES_EVERY_MS 10000
#define BAR_CELLS 24
#define TEXT_MAX 512

void progress_init(struct progress *p, const char *option, int64_t now_ms)
{
    *p = (struct progress){.last_ms = now_ms};
    bool automatic = strcmp(option, "auto") == 0;
    if (strcmp(option, "bar") == 0 || (automatic && isatty(STDERR_FILENO))) {
        p->kind = PROGRESS_BAR;
    } else if (strcmp(option, "lines") == 0 || automatic) {
        p->kind = PROGRESS_LINES;
    }
    p->next_ms = now_ms + (p->kind == PROGRESS_BAR ? BAR_EVERY_MS : LINES_EVERY_MS);
}

static void put_left(const struct progress_view *v, struct tlc_buf *out)
{
    if (v->bytes_total <= 0 || v->bytes_done <= 0 || v->bytes_done > v->bytes_total) {
        return;
    }
    double share = (double)v->bytes_done / (double)v->bytes_total;
    int64_t left_s = (int64_t)((double)v->elapsed_ms / 1000 * (1 - share) / share);
    tlc_buf_printf(out, " left=%" PRId64 ":%02" PRId64 ":%02" PRId64, left_s / 3600,
                   left_s / 60 % 60, left_s % 60);
}

void progress_render(const struct progress_view *v, bool bar, struct tlc_buf *out)
{
    int percent = v->bytes_total > 0 ? (int)(v->bytes_done * 100 / v->bytes_total) : -1;
    if (bar && percent >= 0) {
        tlc_buf_append(out, "[", 1);
        for (int i = 0; i < BAR_CELLS; i++) {
            tlc_buf_append(out, i * 100 < percent * BAR_CELLS ? "#" : ".", 1);
        }
        tlc_buf_append(out, "] ", 2);
    }
    if (percent >= 0) {
        tlc_buf_printf(out, "done=%d%% ", percent);
    }
    tlc_buf_printf(out, "events=%" PRId64 " rate=%.0f/s", v->events, v->events_per_s);
    if (v->event_s != INT64_MIN) {
        char clock[TLC_NY_TEXT_N];
        tlc_ny_format(v->event_s, clock);
        tlc_buf_printf(out, " clock=%.16s", clock);
    }
    put_left(v, out);
    if (v->paused) {
        tlc_buf_add(out, TLC_STR(" paused"));
    } else if (v->waiting) {
        tlc_buf_add(out, TLC_STR(" waiting for the server"));
    }
}

static void write_bar(struct progress *p, struct tlc_buf *text)
{
    size_t n = text->n;
    for (size_t i = n; i < p->width; i++) {
        tlc_buf_append(text, " ", 1);
    }
    fprintf(stderr, "\r%s", tlc_buf_cstr(text));
    fflush(stderr);
    p->width = n;
}

void progress_step(struct progress *p, struct progress_view *view, int64_t now_ms)
{
    if (p->kind == PROGRESS_NONE || now_ms < p->next_ms) {
        return;
    }
    int64_t span_ms = now_ms - p->last_ms;
    if (span_ms > 0) {
        double rate = (double)(view->events - p->last_events) * 1000 / (double)span_ms;
        bool first = p->last_events == 0;
        p->events_per_s = first ? rate : p->events_per_s * 0.7 + rate * 0.3;
    }
    p->last_ms = now_ms;
    p->last_events = view->events;
    p->next_ms = now_ms + (p->kind == PROGRESS_BAR ? BAR_EVERY_MS : LINES_EVERY_MS);
    view->events_per_s = p->events_per_s;
    struct tlc_buf text;
    tlc_buf_init(&text, TEXT_MAX);
    progress_render(view, p->kind == PROGRESS_BAR, &text);
    if (p->kind == PROGRESS_BAR) {
        write_bar(p, &text);
    } else {
        tlc_log(TLC_INFO, "progress", "%s", tlc_buf_cstr(&text));
    }
    tlc_buf_release(&text);
}

void progress_end(struct progress *p)
{
    if (p->kind == PROGRESS_BAR && p->width > 0) {
        fputc('\n', stderr);
        p->width = 0;
    }
}
