/* The server as a whole: producer, routes and HTTP opened in that order, drained and closed in
 * reverse. */
#ifndef PRODUCER_SERVER_SERVER_H
#define PRODUCER_SERVER_SERVER_H

#include "common/io/status_http.h"
#include "producer-server/options.h"
#include "producer-server/routes.h"

struct server {
    const struct server_options *options;
    struct tlc_kafka_producer *producer;
    struct tlc_http_server *http;
    struct produce produce;
    struct tlc_status status;
    struct tlc_http_route routes[TLC_STATUS_ROUTES_N + ROUTES_N];
    bool produce_open;
    bool was_ready;
    char trouble[256];    /* what the log said last */
    pthread_mutex_t lock; /* http, against a SIGHUP while it opens or closes */
};

/* s is cleared by it. server_close follows in any case. */
TLC_MUST int server_open(struct server *s, const struct server_options *options,
                         struct tlc_err *err);
/* Until a stop is asked; then nothing new is taken and what is in flight is finished. */
void server_run(struct server *s);
void server_close(struct server *s);
/* SIGHUP: the token file again. */
void server_reload(void *server);
/* The exit report: counters, a line each. */
void server_report(const struct server *s);

#endif
