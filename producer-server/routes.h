/* The table of routes and their handlers: (request, state) -> response. */
#ifndef PRODUCER_SERVER_ROUTES_H
#define PRODUCER_SERVER_ROUTES_H

#include "producer-server/produce.h"

#define ROUTES_N 5

/* Fills ROUTES_N routes; produce is borrowed for the server's life. */
void routes_fill(struct produce *produce, struct tlc_http_route *ret_routes);

#endif
