/* HTTP server: libmicrohttpd behind pure handlers. The only files that include microhttpd.h are
 * http_server*.c.
 *
 * A handler is a function (context, request) -> response and calls nothing of the library, so unit
 * tests call it with a request made by hand. It may answer at once, answer later from any thread
 * (the connection is suspended meanwhile, no thread waits), or answer with a stream that is pulled
 * when woken (server-sent events). The server answers by itself: 404, 405 (+Allow), 401
 * (+WWW-Authenticate), 408, 411, 413, 415, 417, 431, and takes care of HEAD, Expect: 100-continue
 * (a body that would be refused is never asked for), Content-Encoding: gzip and zstd on requests
 * (unpacked size limited by body_max), gzip of large responses where the client accepts it
 * (response.gzip), time-outs of slow and silent clients. Threads: a small pool of the library's;
 * handlers of different requests run at the same time. */
#ifndef TLC_IO_HTTP_SERVER_H
#define TLC_IO_HTTP_SERVER_H

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/opts.h"

struct tlc_http_server;
struct tlc_http_pending; /* a request whose answer comes later */
struct tlc_http_stream;  /* a response that goes on */

struct tlc_http_request {
    struct tlc_str method; /* "GET", "POST" ...; HEAD arrives as GET */
    struct tlc_str path;   /* decoded, without query */
    struct tlc_str param;  /* what stands in the place of {...} in the route's path */
    struct tlc_str body;   /* whole, unpacked; valid until the handler returned, or for a pending
                              request until it was sent */
    struct tlc_str content_type;
    void *connection; /* for lookup */
    /* Value of a query parameter (kind 'q') or header ('h'), p NULL when absent. Tests put their
     * own. */
    struct tlc_str (*lookup)(void *connection, char kind, const char *name);
};

#define TLC_HTTP_HEADERS_MAX 8
struct tlc_http_response {
    int status;
    const char *content_type; /* borrowed, static; default application/json */
    struct tlc_buf body;      /* owned by the response: taken by the server when sent */
    struct tlc_str
        fixed; /* instead of body: bytes that live as long as the server (static files) */
    bool gzip; /* may be compressed when large and accepted */
    struct {
        const char *name; /* static */
        char value[120];
    } headers[TLC_HTTP_HEADERS_MAX];
    size_t headers_n;
    /* A stream instead of a body: called on a server thread to fill up to max bytes; 0 = nothing
     * now (sleep until woken), -1 = end. closed is called once, when the client is gone or the
     * stream ended. */
    int64_t (*pull)(void *stream_ctx, char *dst, size_t max);
    void (*closed)(void *stream_ctx);
    void *stream_ctx;
    void (*opened)(void *stream_ctx, struct tlc_http_stream *stream); /* before the first pull */
    /* Of a stream: about what the system may keep of it for a client that does not read; 0 = as
     * much as the system likes, which is megabytes. */
    int unsent_bytes_max;
};

enum tlc_http_verdict {
    TLC_HTTP_REPLY,   /* *ret_response is the answer */
    TLC_HTTP_PENDING, /* the handler called tlc_http_suspend; tlc_http_reply will follow, perhaps
                         already did */
};

struct tlc_http_route {
    const char *method; /* "GET" or "POST" */
    const char *path;   /* "/trips", "/sources/{source}/close": at most one {part} */
    size_t body_max;    /* bytes, for POST; 0 = none allowed */
    const char *type;   /* required media types of a body, separated by blanks; NULL = any */
    bool token;         /* needs the token when one is set */
    enum tlc_http_verdict (*handler)(void *ctx, const struct tlc_http_request *request,
                                     struct tlc_http_response *ret_response);
    void *ctx;
    /* Called before a body is read, may be NULL: a status other than 0 refuses it there and then
     * (503: budget spent). peer: the same for all connections from one address (IPv6: one /64).
     * length: Content-Length, -1 when chunked. What it granted is given back by release when the
     * request is over. */
    int (*admit)(void *ctx, uint64_t peer, int64_t length, struct tlc_http_response *ret_response);
    void (*release)(void *ctx, uint64_t peer, int64_t length);
};

struct tlc_http_server_options {
    const char *listen;     /* "127.0.0.1:8080", "[::1]:8080", port 0 = any free one */
    const char *token_file; /* NULL = open; one token a line; compared in constant time */
    const char *tls_cert, *tls_key;
    bool insecure;           /* allow listening beyond loopback without a token */
    int64_t connections_max; /* further ones wait in the listen queue or are closed */
    int64_t idle_ms;         /* a connection silent for so long is closed */
    int64_t request_ms;      /* a request whose headers and body take longer gets 408; 0 = 30 s */
    int64_t threads;
};

/* Routes are borrowed for the server's life. On success *ret_server must be closed. */
TLC_MUST int tlc_http_server_open(const struct tlc_http_server_options *options,
                                  const struct tlc_http_route *routes, size_t routes_n,
                                  struct tlc_http_server **ret_server, struct tlc_err *err);
/* No new connections; those that exist go on. */
void tlc_http_server_quiesce(struct tlc_http_server *server);
/* Ends all connections; every pending request must have been answered. Sets *server to NULL. */
void tlc_http_server_close(struct tlc_http_server **server);
int tlc_http_server_port(const struct tlc_http_server *server);
/* Reads the token file again (SIGHUP). The old tokens stay when it cannot be read. */
TLC_MUST int tlc_http_server_reload_tokens(struct tlc_http_server *server, struct tlc_err *err);
/* Open connections, requests by status class and the like, for /metrics. */
struct tlc_counters;
const struct tlc_counters *tlc_http_server_counters(const struct tlc_http_server *server);

/* In a handler: the answer comes later, by exactly one tlc_http_reply. */
struct tlc_http_pending *tlc_http_suspend(const struct tlc_http_request *request);
/* Any thread. Takes what response owns. */
void tlc_http_reply(struct tlc_http_pending *pending, struct tlc_http_response *response);

/* Any thread, cheap when it is awake already: there is something to pull. */
void tlc_http_stream_wake(struct tlc_http_stream *stream);
/* Any thread, before closed was called: cuts the connection. closed follows, also when the client
 * takes nothing and nothing is pulled any more. */
void tlc_http_stream_cut(struct tlc_http_stream *stream);

/* Helpers for handlers. The response is zeroed by the server before the handler runs. */
void tlc_http_header_add(struct tlc_http_response *r, const char *name, const char *fmt, ...)
    TLC_PRINTF(3, 4);
/* {"error":"...","rule":"..."} with that status; text is escaped. */
void tlc_http_error(struct tlc_http_response *r, int status, const char *rule, const char *fmt, ...)
    TLC_PRINTF(4, 5);
void tlc_http_response_release(struct tlc_http_response *r);

#endif
