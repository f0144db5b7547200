/* The table of routes and their handlers: (request, state) -> response. docs/dashboard-api.md and
 * static/openapi.yaml describe them. */
#ifndef TLC_DASHBOARD_ROUTES_H
#define TLC_DASHBOARD_ROUTES_H

#include <stdatomic.h>

#include "common/io/status_http.h"
#include "dashboard/pages.h"
#include "dashboard/store.h"
#include "dashboard/stream.h"
#include "dashboard/topics.h"

#define ROUTES_N 18
/* GET /api/windows: windows in a reply, by default and at most. */
#define ROUTES_WINDOWS_DEFAULT 500
#define ROUTES_WINDOWS_MAX 5000
/* GET /api/windows/dump: at once. Each holds a snapshot of the database. */
#define ROUTES_DUMPS_MAX 4

struct routes_context {
    struct store *store;
    struct stream_hub *hub;
    struct topics *topics;
    const struct pages *pages;
    int64_t (*now_ms)(void);
    _Atomic int dumps_n;
};

/* The answer to a message that was taken, for tests too: all that is not named in it is durable.
 * 200, or 507 when something did not fit. */
enum tlc_http_verdict routes_tell_taken(const struct window_message *m,
                                        const struct store_reply *reply,
                                        struct tlc_http_response *r);
/* Fills ROUTES_N routes; context is borrowed for the server's life. */
void routes_fill(struct routes_context *context, struct tlc_http_route *ret_routes);

#endif
