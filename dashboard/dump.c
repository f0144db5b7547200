#include "dashboard/dump.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/event/window_bounds.h"
#include "common/io/json.h"

/* A window with all 70,225 routes. */
#define LINE_BYTES_MAX ((size_t)4 << 20)

struct dump {
    struct windows_cursor *cursor;
    struct windows_cursor_row row;
    struct tlc_buf line;
    size_t at; /* bytes of line that were handed over */
    bool ended;
    _Atomic int *running;
};

void dump_row_json(const struct windows_cursor_row *row, bool with_routes, struct tlc_buf *out)
{
    tlc_buf_printf(out, "{\"source\":%d,\"start\":%" PRId64 ",\"final\":%s,", row->source,
                   row->start_s, row->final ? "true" : "false");
    window_total_json(&row->total, with_routes, out);
    tlc_buf_append(out, "}", 1);
}

static void next_line(struct dump *d)
{
    struct tlc_err err;
    tlc_buf_reset(&d->line);
    d->at = 0;
    int rc = windows_cursor_next(d->cursor, &d->row, &err);
    if (rc == 1) {
        dump_row_json(&d->row, true, &d->line);
        tlc_buf_append(&d->line, "\n", 1);
    }
    if (d->line.failed) {
        rc = tlc_err_set(&err, TLC_RETRY, "no memory for a window");
    }
    d->ended = rc != 1;
    if (rc < 0) {
        tlc_buf_reset(&d->line);
        tlc_buf_printf(&d->line, "{\"error\":");
        tlc_json_quote(&d->line, tlc_str_from(err.text));
        tlc_buf_printf(&d->line, "}\n");
    }
}

static int64_t pull(void *ctx, char *dst, size_t max)
{
    struct dump *d = ctx;
    size_t n = 0;
    while (n < max) {
        if (d->at == d->line.n) {
            if (d->ended) {
                break;
            }
            next_line(d);
            continue;
        }
        size_t left = d->line.n - d->at;
        size_t part = left < max - n ? left : max - n;
        memcpy(dst + n, d->line.p + d->at, part);
        d->at += part;
        n += part;
    }
    return n > 0 ? (int64_t)n : -1;
}

static void closed(void *ctx)
{
    struct dump *d = ctx;
    windows_cursor_close(&d->cursor);
    window_total_release(&d->row.total);
    tlc_buf_release(&d->line);
    atomic_fetch_sub(d->running, 1);
    free(d);
}

int dump_open(const char *path, _Atomic int *running, struct tlc_http_response *r,
              struct tlc_err *err)
{
    struct dump *d = calloc(1, sizeof *d);
    if (d == NULL) {
        return tlc_err_set(err, TLC_RETRY, "no memory");
    }
    const struct windows_cursor_range range = {
        .from_s = TLC_WINDOW_START_FIRST_S, .to_s = TLC_WINDOW_START_TO_S, .finals = true};
    if (windows_cursor_open(path, &range, &d->cursor, err) != TLC_OK) {
        free(d);
        return err->cls;
    }
    tlc_buf_init(&d->line, LINE_BYTES_MAX);
    d->running = running;
    r->status = 200;
    r->content_type = "application/x-ndjson";
    r->pull = pull;
    r->closed = closed;
    r->stream_ctx = d;
    return TLC_OK;
}
