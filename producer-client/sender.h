/* Batches out, replies in: which connection talks to which server, when to try again, when to give
 * up.
 *
 * Each connection has a server of its own (the urls in turn). A server that fails is left alone for
 * a back-off; meanwhile its connections go to the others. 503 and 429 wait as Retry-After says. A
 * batch whose reply is lost, late, cut or wrong is sent again, byte for byte: the consumers drop
 * what they know. One thread; the clock and the transport are ports, so tests bring their own. */
#ifndef PRODUCER_CLIENT_SENDER_H
#define PRODUCER_CLIENT_SENDER_H

#include "common/base/retry.h"
#include "common/io/http_client.h"
#include "producer-client/batches.h"
#include "producer-client/options.h"
#include "producer-client/rejects.h"
#include "producer-client/sources.h"
#include "producer-client/stats.h"

#define CONNECTIONS_MAX 64
#define SENDER_REPLY_MAX ((size_t)4 * 1024 * 1024) /* 10,000 refusals with their words */

struct sender_ports {
    void *ctx;
    int (*submit)(void *ctx, const struct tlc_http_call *call, struct tlc_err *err);
    int64_t (*now_ms)(void);
};

struct sender;

struct sender_server {
    const char *url; /* borrowed, without a slash at its end from here on */
    char trips_url[512];
    struct tlc_retry retry;
    int64_t down_until_ms; /* left alone until then */
    int64_t failed_ms;     /* the last failure that counted */
};

struct sender_connection {
    struct sender *sender;
    bool busy;
    size_t home;         /* server it goes to when it can */
    size_t server;       /* server of the request under way */
    struct batch *batch; /* NULL: a mark */
    int64_t sent_ms;
};

struct sender {
    struct sender_ports ports;
    struct batches *batches;
    struct rejects *rejects;
    struct tlc_counters *stats;
    const char *const *inputs; /* names, for the rejects file */
    int64_t timeout_ms, give_up_ms;
    struct sender_server servers[URLS_MAX];
    size_t servers_n;
    struct sender_connection connections[CONNECTIONS_MAX];
    size_t connections_n;
    int64_t failing_since_ms; /* -1: the last reply was good */
    bool moved;               /* a batch was acknowledged since the owner looked */
    int rc;                   /* class of the failure that ends the run; 0 = none */
    struct tlc_err err;
    struct sources *sources;
    /* Marks, one after the other, on the first connection: with reopen each source is opened before
     * its first record goes; after sender_close_sources each is closed. */
    bool reopen, closing;
    size_t opened_n, closed_n; /* of the sources */
    char mark_url[600];
};

struct sender_config {
    const struct client_options *options;
    struct sender_ports ports;
    struct batches *batches;
    struct rejects *rejects;
    struct tlc_counters *stats;
    const char *const *inputs;
    struct sources *sources; /* those of the records that are given to batches; borrowed */
};

TLC_MUST int sender_init(struct sender *s, const struct sender_config *config, struct tlc_err *err);
/* Sends what may be sent now; a class when the run must end (given up, refused as a whole). */
TLC_MUST int sender_step(struct sender *s, struct tlc_err *err);
/* Milliseconds until a server may be tried again; INT64_MAX when only replies can move things. */
int64_t sender_wait_ms(struct sender *s, int64_t now_ms);
/* After the last acknowledgement: a close mark for each source that was sent whole. */
void sender_close_sources(struct sender *s);
bool sender_is_closed(struct sender *s);

#endif
