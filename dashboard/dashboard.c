#include "dashboard/dashboard.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/stop.h"
#include "common/io/json.h"

#define IDLE_MS 60000
#define REQUEST_MS 30000
#define SHAPES_MS 2000 /* how often a missing shapes file is looked for */

/* --- status --- */

static const char *not_ready(void *ctx)
{
    struct dashboard *d = ctx;
    if (atomic_load(&d->draining)) {
        return "stopping";
    }
    switch ((enum store_file)d->store.file) {
    case STORE_FILE_GONE: return "the database file was deleted or replaced while in use";
    case STORE_FILE_ANEW:
        return "the database file was begun anew, its windows have not come again";
    case STORE_FILE_GOOD: break;
    }
    return NULL;
}

static const char *state(void *ctx)
{
    struct dashboard *d = ctx;
    if (atomic_load(&d->draining)) {
        return "draining";
    }
    return d->store.file == STORE_FILE_GOOD ? "running" : "waiting: for windows to come again";
}

/* The first of the windows that were refused and have not been taken since, by name. */
static void add_refused(const struct store *s, struct tlc_buf *out)
{
    tlc_buf_printf(out, ",\"refused\":[");
    for (size_t i = 0; i < s->refused_n; i++) {
        const struct window_refusal *r = &s->refused[i];
        tlc_buf_printf(out,
                       "%s{\"partition\":%" PRId64 ",\"source\":%" PRId64 ",\"start\":%" PRId64
                       ",\"revision\":%" PRId64 ",\"events\":%" PRId64 ",\"text\":",
                       i > 0 ? "," : "", window_refusal_partition(r), r->source, r->start_s,
                       r->revision, r->events);
        tlc_json_quote(out, tlc_str_from(r->text));
        tlc_buf_printf(out, "}");
    }
    tlc_buf_printf(out, "]");
}

static void detail(void *ctx, struct tlc_buf *out)
{
    struct dashboard *d = ctx;
    struct store_totals t;
    store_totals(&d->store, &t);
    store_read_begin(&d->store);
    tlc_buf_printf(out, ",\"store_id\":\"%s\",\"revision\":%" PRId64, d->store.store_id,
                   d->store.windows.revision);
    add_refused(&d->store, out);
    store_read_end(&d->store);
    /* Superseded claims and refused windows belong to the sum: consumer-process has counted their
     * events. */
    tlc_buf_printf(out,
                   ",\"ledger\":{\"window_events\":%" PRId64 ",\"superseded_events\":%" PRId64
                   ",\"windows\":%" PRId64 ",\"superseded_windows\":%" PRId64
                   ",\"refused_events\":%" PRId64 ",\"refused_windows\":%" PRId64 "}",
                   t.events + t.superseded_events + t.refused_events, t.superseded_events,
                   t.windows_n, t.superseded_windows, t.refused_events, t.refused_windows);
}

static void fill_status(struct dashboard *d)
{
    d->status = (struct tlc_status){
        .name = "dashboard",
        .prefix = "dashboard",
        .tables = {&d->store.counters, &d->hub.counters, &d->history.counters},
        .histograms = {&d->history.answer_seconds},
        .ctx = d,
        .not_ready = not_ready,
        .state = state,
        .detail = detail,
    };
    tlc_status_routes(&d->status, d->routes);
}

static const struct tlc_http_route *find_route(const struct dashboard *d, const char *path)
{
    const struct tlc_http_route *r = d->routes;
    while (strcmp(r->path, path) != 0) {
        r++;
    }
    return r;
}

/* --- open --- */

static int open_store(struct dashboard *d, struct tlc_err *err)
{
    int rc = store_open(&d->store, d->options->db, tlc_now_ms(), err);
    if (rc != TLC_OK) {
        return tlc_err_note(err, "windows");
    }
    d->store.cells_max = d->options->windows_max;
    if (d->store.aside[0] != '\0') {
        tlc_log(TLC_WARN, "damaged_file_set_aside", "file=\"%s\" now=\"%s\"", d->options->db,
                d->store.aside);
    }
    struct store_totals t;
    store_totals(&d->store, &t);
    tlc_log(TLC_INFO, "windows_loaded",
            "file=\"%s\" windows=%" PRId64 " events=%" PRId64 " store_id=%s", d->options->db,
            t.windows_n, t.events, d->store.store_id);
    int64_t again = windows_db_meta(d->store.db)->asked_again;
    if (again > 0) {
        tlc_log(TLC_INFO, "refused_windows_asked_again",
                "n=%" PRId64
                " text=\"with a new store_id consumer-process sends everything again\"",
                again);
    }
    return TLC_OK;
}

static void look_for_shapes(struct dashboard *d)
{
    char note[256];
    bool before = d->pages.shapes;
    pages_look_for_shapes(&d->pages, d->options->shapes, note);
    if (note[0] != '\0') {
        tlc_log(TLC_WARN, "shapes_left_out", "reason=\"%s\"", note);
    } else if (d->pages.shapes && !before) {
        tlc_log(TLC_INFO, "shapes_read", "file=\"%s\"", d->options->shapes);
    }
}

static int open_pages(struct dashboard *d, struct tlc_err *err)
{
    const struct pages_folders folders = {d->options->static_dir, d->options->vendor_dir};
    int rc = pages_open(&d->pages, &folders, err);
    if (rc == TLC_OK) {
        look_for_shapes(d);
    }
    return rc;
}

static int open_peers(struct dashboard *d, struct tlc_err *err)
{
    const struct peers_options options = {
        .urls = {[PEER_SERVER] = d->options->server_url,
                 [PEER_STORE] = d->options->store_url,
                 [PEER_PROCESS] = d->options->process_url,
                 [PEER_BATCH] = d->options->batch_url},
        .poll_ms = d->options->poll_ms,
    };
    return peers_open(&d->peers, &options, err);
}

static int open_http(struct dashboard *d, struct tlc_err *err)
{
    const struct dashboard_options *o = d->options;
    const struct tlc_http_server_options options = {
        .listen = o->listen,
        .token_file = o->token_file,
        .tls_cert = o->tls_cert,
        .tls_key = o->tls_key,
        .insecure = o->insecure,
        .connections_max = o->connections_max,
        .idle_ms = IDLE_MS,
        .request_ms = REQUEST_MS,
        .threads = o->threads,
    };
    struct tlc_http_server *http = NULL;
    int rc = tlc_http_server_open(&options, d->routes, TLC_COUNT(d->routes), &http, err);
    pthread_mutex_lock(&d->http_lock);
    d->http = http;
    pthread_mutex_unlock(&d->http_lock);
    return rc;
}

int dashboard_open(struct dashboard *d, const struct dashboard_options *options,
                   struct tlc_err *err)
{
    d->options = options;
    int rc = open_store(d, err);
    rc = rc == TLC_OK ? open_pages(d, err) : rc;
    rc = rc == TLC_OK ? open_peers(d, err) : rc;
    rc = rc == TLC_OK ? history_open(&d->history, options->database, &d->store, err) : rc;
    if (rc != TLC_OK) {
        return rc;
    }
    fill_status(d);
    d->topics = (struct topics){.store = &d->store,
                                .peers = &d->peers,
                                .history = &d->history,
                                .label = options->label != NULL ? options->label : "",
                                .own_status = *find_route(d, "/status"),
                                .now_ms = tlc_now_ms};
    topics_init(&d->topics);
    stream_hub_init(&d->hub, d->topics.rows, TOPICS_N, tlc_now_ms, tlc_http_stream_wake,
                    tlc_http_stream_cut);
    d->hub_open = true;
    d->context = (struct routes_context){.store = &d->store,
                                         .hub = &d->hub,
                                         .topics = &d->topics,
                                         .pages = &d->pages,
                                         .now_ms = tlc_now_ms};
    routes_fill(&d->context, d->routes + TLC_STATUS_ROUTES_N);
    history_routes_fill(&d->history, d->routes + TLC_STATUS_ROUTES_N + ROUTES_N);
    rc = open_http(d, err);
    if (rc != TLC_OK) {
        return rc;
    }
    d->status.tables[3] = tlc_http_server_counters(d->http);
    tlc_log(TLC_INFO, "listening", "address=%s port=%d scheme=%s", options->listen,
            tlc_http_server_port(d->http), options->tls_cert != NULL ? "https" : "http");
    return TLC_OK;
}

/* --- run --- */

static void note_file(struct dashboard *d)
{
    enum store_file file = (enum store_file)d->store.file;
    if (file != d->file && file == STORE_FILE_GONE) {
        tlc_log(TLC_ERROR, "file_gone",
                "file=\"%s\" text=\"deleted or replaced while in use: begun anew with the next "
                "message, the windows come again from the log\"",
                d->options->db);
    } else if (file != d->file && file == STORE_FILE_GOOD) {
        tlc_log(TLC_INFO, "file_begun_anew", "file=\"%s\"", d->options->db);
    }
    d->file = file;
}

int dashboard_step(struct dashboard *d, int64_t now_ms, int64_t wait_ms, struct tlc_err *err)
{
    if (now_ms >= d->tick_ms) {
        if (now_ms >= d->shapes_ms) {
            d->shapes_ms = now_ms + SHAPES_MS;
            look_for_shapes(d);
        }
        store_pulse(&d->store, now_ms);
        stream_step(&d->hub, now_ms);
        note_file(d);
        /* A late turn does not make the next ones come closer together. */
        d->tick_ms = now_ms - d->tick_ms < WINDOWS_PULSE_MS ? d->tick_ms + WINDOWS_PULSE_MS
                                                            : now_ms + WINDOWS_PULSE_MS;
    }
    return peers_step(&d->peers, now_ms, wait_ms, tlc_stop_fd(), err);
}

int dashboard_run(struct dashboard *d, struct tlc_err *err)
{
    int rc = TLC_OK;
    while (rc == TLC_OK && !tlc_stop_asked()) {
        int64_t now_ms = tlc_now_ms();
        int64_t wait_ms = d->tick_ms > now_ms ? d->tick_ms - now_ms : 0;
        rc = dashboard_step(d, now_ms, wait_ms, err);
    }
    atomic_store(&d->draining, true);
    tlc_log(TLC_INFO, "draining", "");
    return rc;
}

void dashboard_close(struct dashboard *d)
{
    pthread_mutex_lock(&d->http_lock);
    struct tlc_http_server *http = d->http;
    d->http = NULL;
    pthread_mutex_unlock(&d->http_lock);
    history_stop(&d->history); /* every request that waits for the database has its answer then */
    /* Finishes the requests it has begun, and ends the streams. */
    tlc_http_server_close(&http);
    if (d->hub_open) {
        stream_hub_release(&d->hub);
        d->hub_open = false;
    }
    history_close(&d->history);
    peers_close(&d->peers);
    pages_close(&d->pages);
    store_close(&d->store);
}

void dashboard_reload(void *dashboard)
{
    struct dashboard *d = dashboard;
    struct tlc_err err = {0};
    pthread_mutex_lock(&d->http_lock);
    int rc = d->http != NULL ? tlc_http_server_reload_tokens(d->http, &err) : TLC_OK;
    pthread_mutex_unlock(&d->http_lock);
    if (rc != TLC_OK) {
        tlc_log(TLC_ERROR, "tokens_kept", "reason=\"%s\"", err.text);
    } else {
        tlc_log(TLC_INFO, "tokens_read", "");
    }
}

void dashboard_report(const struct dashboard *d)
{
    tlc_counters_report(&d->store.counters, stderr);
    tlc_counters_report(&d->hub.counters, stderr);
}
