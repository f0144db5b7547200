/* The routes of the History page, beside those of routes.h. docs/dashboard-api.md and
 * static/openapi.yaml describe them. */
#ifndef TLC_DASHBOARD_HISTORY_ROUTES_H
#define TLC_DASHBOARD_HISTORY_ROUTES_H

#include "dashboard/history.h"

#define HISTORY_ROUTES_N 5

/* Fills HISTORY_ROUTES_N routes; history is borrowed for the server's life. */
void history_routes_fill(struct history *history, struct tlc_http_route *ret_routes);

#endif
