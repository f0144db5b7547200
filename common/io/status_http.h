/* What every daemon answers about itself, rendered from its counter tables:
 *   GET /healthz  200 "ok" while the process runs
 *   GET /readyz   200 or 503 with {"ready":false,"reason":"..."}
 *   GET /metrics  Prometheus text
 *   GET /status
 * {"name","version","state","started","uptime_s","cpu_ns","rss_bytes","counters":{...}, ...detail}
 *
 * Fill a struct tlc_status, put tlc_status_routes in front of the daemon's own routes. Handlers
 * read atomics and call detail on a server thread, so detail must lock what it reads. */
#ifndef TLC_IO_STATUS_HTTP_H
#define TLC_IO_STATUS_HTTP_H

#include "common/base/counters.h"
#include "common/io/http_server.h"

#define TLC_STATUS_TABLES_MAX 6
/* /status and /metrics, each: who asks for them reads so much. */
#define TLC_STATUS_BYTES_MAX ((size_t)4 << 20)
#define TLC_STATUS_ROUTES_N 4

struct tlc_status {
    const char *name;   /* binary */
    const char *prefix; /* of metric names: "server", "store", ... */
    const struct tlc_counters *tables[TLC_STATUS_TABLES_MAX]; /* NULL ends */
    const struct tlc_histogram *histograms[TLC_STATUS_TABLES_MAX];
    void *ctx;
    /* NULL when ready, else why not (static or long-lived). */
    const char *(*not_ready)(void *ctx);
    /* A word for what it is doing: "running", "draining", "paused: database away". */
    const char *(*state)(void *ctx);
    /* Appends further members of the /status object, each with a comma in front:
     * ",\"partitions\":[...]". May be NULL. */
    void (*detail)(void *ctx, struct tlc_buf *out);
    /* Appends further Prometheus lines (labelled series). May be NULL. */
    void (*metrics)(void *ctx, struct tlc_buf *out);
    int64_t started_wall_ms; /* set by tlc_status_routes */
};

/* Fills TLC_STATUS_ROUTES_N routes. status is borrowed for the server's life. */
void tlc_status_routes(struct tlc_status *status, struct tlc_http_route *ret_routes);
/* Resident memory of this process in bytes, from /proc/self/statm. */
int64_t tlc_rss_bytes(void);

#endif
