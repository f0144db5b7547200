/* HTTP client: libcurl's multi interface behind submit and step. The only file that includes curl.h
 * is http_client.c.
 *
 * One thread drives a client: submit requests, call step, get each result by its callback from
 * within step. Connections are kept alive and reused, at most connections_max at once; more
 * requests wait in order. Bodies are borrowed until the callback. */
#ifndef TLC_IO_HTTP_CLIENT_H
#define TLC_IO_HTTP_CLIENT_H

#include "common/base/buf.h"
#include "common/base/err.h"

struct tlc_http_client;

struct tlc_http_client_options {
    int64_t connections_max;
    const char *ca_file;    /* NULL = the system's */
    const char *token;      /* NULL = none; sent as Authorization: Bearer */
    const char *user_agent; /* static */
};

struct tlc_http_call {
    const char *method;       /* "GET" or "POST" */
    const char *url;          /* borrowed until done */
    const char *content_type; /* NULL for GET */
    struct tlc_str body;      /* borrowed until done */
    int64_t timeout_ms;
    size_t reply_max; /* a longer reply is cut and counts as failed */
    /* status: HTTP status, or 0 when there was none (text says why: refused, time-out ...). reply
     * is valid during the call. retry_after_ms: from the header, up to six hours; 0 when it
     * cannot be read, -1 when absent. */
    void (*done)(void *ctx, int status, struct tlc_str reply, int64_t retry_after_ms,
                 const char *text);
    void *ctx;
};

TLC_MUST int tlc_http_client_open(const struct tlc_http_client_options *options,
                                  struct tlc_http_client **ret_client, struct tlc_err *err);
/* Aborts what is under way (their done is called with status 0). Sets *client to NULL. */
void tlc_http_client_close(struct tlc_http_client **client);
/* call is copied; url, body and content_type are borrowed. */
TLC_MUST int tlc_http_client_submit(struct tlc_http_client *client,
                                    const struct tlc_http_call *call, struct tlc_err *err);
/* Moves data as long as the sockets are ready, calls done for what finished; waits up to wait_ms
 * for something to happen, also for wake_fd (-1 = none). */
TLC_MUST int tlc_http_client_step(struct tlc_http_client *client, int64_t wait_ms, int wake_fd,
                                  struct tlc_err *err);
/* Wakes a step from another thread. */
void tlc_http_client_wake(struct tlc_http_client *client);
size_t tlc_http_client_in_flight(const struct tlc_http_client *client);

#endif
