/* The dashboard as a whole: windows, pages, peers, stream and HTTP opened in that order, closed in
 * reverse.
 *
 * Main thread: step (peers, rates, events). Server threads: handlers. */
#ifndef TLC_DASHBOARD_DASHBOARD_H
#define TLC_DASHBOARD_DASHBOARD_H

#include "dashboard/history_routes.h"
#include "dashboard/options.h"
#include "dashboard/routes.h"

struct dashboard {
    const struct dashboard_options *options;
    struct store store;
    struct pages pages;
    struct peers peers;
    struct history history;
    struct topics topics;
    struct stream_hub hub;
    struct routes_context context;
    struct tlc_status status;
    struct tlc_http_route routes[TLC_STATUS_ROUTES_N + ROUTES_N + HISTORY_ROUTES_N];
    struct tlc_http_server *http;
    bool hub_open;
    atomic_bool draining;
    int64_t shapes_ms;         /* when to look for them again */
    int64_t tick_ms;           /* when rates and events are due */
    enum store_file file;      /* as logged last */
    pthread_mutex_t http_lock; /* http, against a SIGHUP while it opens or closes */
};

/* dashboard_close follows in any case. */
TLC_MUST int dashboard_open(struct dashboard *d, const struct dashboard_options *options,
                            struct tlc_err *err);
/* Until a stop is asked. */
TLC_MUST int dashboard_run(struct dashboard *d, struct tlc_err *err);
/* One turn: waits up to wait_ms for peers' answers. */
TLC_MUST int dashboard_step(struct dashboard *d, int64_t now_ms, int64_t wait_ms,
                            struct tlc_err *err);
void dashboard_close(struct dashboard *d);
/* SIGHUP: the token file again. */
void dashboard_reload(void *dashboard);
/* The exit report: counters, a line each. */
void dashboard_report(const struct dashboard *d);

#endif
