/* What the files of the HTTP server share. Not for anyone else.
 *
 * http_server.c       opens, listens, closes
 * http_server_conn.c  libmicrohttpd's callbacks: one request from its headers to its reply; the
 * reaper of slow clients http_server_reply.c response -> libmicrohttpd; suspend, reply, streams
 * http_route.c        which route, may the body come: pure
 * http_token.c        bearer tokens
 * http_coding.c       unpacking requests, packing responses
 *
 * A connection has one request at a time, so its state lives inside it and costs no allocation. */
#ifndef TLC_IO_HTTP_SERVER_INTERNAL_H
#define TLC_IO_HTTP_SERVER_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <zlib.h>

#include "common/base/counters.h"
#include "common/io/http_server.h"

struct MHD_Connection;
struct MHD_Daemon;

#define HTTP_COUNTERS(X)                                                                           \
    X(HTTP_CONNECTIONS, "http_connections_open", GAUGE, "connections", "Open connections")         \
    X(HTTP_ACCEPTED, "http_connections", COUNTER, "connections", "Connections accepted")           \
    X(HTTP_TIMED_OUT, "http_timeouts", COUNTER, "connections",                                     \
      "Connections closed because the client was slow or silent")                                  \
    X(HTTP_EVICTED, "http_evictions", COUNTER, "connections",                                      \
      "Idle connections closed early because almost all places were taken")                        \
    X(HTTP_2XX, "http_responses{class=\"2xx\"}", COUNTER, "responses", "Responses by class")       \
    X(HTTP_3XX, "http_responses{class=\"3xx\"}", COUNTER, "responses", "Responses by class")       \
    X(HTTP_4XX, "http_responses{class=\"4xx\"}", COUNTER, "responses", "Responses by class")       \
    X(HTTP_5XX, "http_responses{class=\"5xx\"}", COUNTER, "responses", "Responses by class")       \
    X(HTTP_ABORTED, "http_aborted", COUNTER, "requests", "Requests whose client went away")        \
    X(HTTP_BYTES_IN, "http_received_bytes", COUNTER, "bytes", "Body bytes received")               \
    X(HTTP_STREAMS, "http_streams_open", GAUGE, "streams", "Open event streams")
enum http_counter { HTTP_COUNTERS(TLC_COUNTER_ENUM) HTTP_COUNTER_N };

/* Where a connection stands; the reaper may only end one that it moves to HTTP_DEAD by
 * compare-and-swap. */
enum http_phase {
    HTTP_IDLE,    /* between requests */
    HTTP_HEADERS, /* request line seen */
    HTTP_BODY,    /* headers seen, body under way */
    HTTP_BUSY,    /* handler or reply */
    HTTP_DEAD,    /* ended by the reaper */
};

enum http_pending_state {
    HTTP_ANSWERING, /* the handler runs */
    HTTP_SUSPENDED, /* the library waits for tlc_http_reply */
    HTTP_ANSWERED,  /* the response is there */
};

/* What the Content-Encoding header of a request says. */
enum http_coding { HTTP_PLAIN, HTTP_GZIP, HTTP_ZSTD, HTTP_CODING_UNKNOWN };

/* Unpacks a gzip body piece by piece. */
struct http_inflate {
    z_stream z;
    bool ended; /* at the end of a member: the body may end here */
};

struct tlc_http_pending {
    struct http_conn *conn;
    pthread_mutex_t lock; /* state, response */
    enum http_pending_state state;
    bool deferred; /* the handler called tlc_http_suspend */
};

struct http_conn {
    struct tlc_http_server *server;
    struct MHD_Connection *mhd; /* valid while a request is under way */
    struct http_conn *prev, *next;
    int fd;
    uint64_t peer;             /* hash of its address */
    _Atomic int phase;         /* enum http_phase */
    _Atomic int64_t since_ms;  /* of the phase */
    _Atomic int64_t active_ms; /* last byte of the body */
    /* The request. */
    bool begun;   /* headers were seen: the library owes us its end */
    bool handled; /* the handler was called, or refused stands for it */
    const struct tlc_http_route *route;
    struct tlc_str method, path, param, content_type;
    int64_t length;    /* Content-Length, -1 unknown */
    int64_t granted;   /* what admit was told */
    bool admitted;     /* release is owed */
    bool refused;      /* response is set already: the body is read and thrown away */
    int64_t discarded; /* bytes thrown away */
    enum http_coding coding;
    struct tlc_buf body;
    struct http_inflate inflate;
    struct tlc_http_response response;
    struct tlc_http_pending pending;
};

struct tlc_http_stream {
    struct tlc_http_server *server;
    struct tlc_http_stream *prev, *next;
    struct MHD_Connection *mhd;
    int fd;
    pthread_mutex_t lock; /* sleeping, woken, ended */
    bool sleeping, woken, ended;
    int64_t (*pull)(void *ctx, char *dst, size_t max);
    void (*closed)(void *ctx);
    void *ctx;
};

#define HTTP_TOKEN_MAX 256
struct http_tokens {
    pthread_mutex_t lock;
    const char *path; /* NULL = open */
    struct {
        unsigned char bytes[HTTP_TOKEN_MAX];
        size_t n;
    } * v;
    size_t n;
};

#define HTTP_SPARE_MAX 64
struct tlc_http_server {
    const struct tlc_http_route *routes;
    size_t routes_n;
    struct MHD_Daemon *daemon;
    int listen_fd;
    int port;
    bool tls, quiesced_fd;
    atomic_bool quiesced;
    int64_t idle_ms, request_ms, connections_max;
    struct http_tokens tokens;
    struct tlc_counters counters;
    pthread_mutex_t lock; /* conns, streams, spare */
    struct http_conn *conns;
    struct tlc_http_stream *streams;
    struct tlc_buf spare[HTTP_SPARE_MAX]; /* body buffers for reuse */
    size_t spare_n, spare_bytes;
    pthread_t reaper;
    bool reaper_runs;
    int reaper_fd; /* written once to end the reaper */
};

/* http_route.c */
struct http_match {
    const struct tlc_http_route *route; /* NULL: none */
    bool path_known;                    /* another method would do */
    struct tlc_str param;
};
struct http_match http_route_find(const struct tlc_http_route *routes, size_t n,
                                  struct tlc_str method, struct tlc_str path);
/* "GET, HEAD, POST" of the routes with that path. */
void http_route_allow(const struct tlc_http_route *routes, size_t n, struct tlc_str path, char *dst,
                      size_t dst_size);
/* The media type of a Content-Type header is in the list (blank-separated, NULL = any). */
bool http_type_allowed(const char *types, struct tlc_str content_type);
/* An Accept-Encoding header takes gzip. */
bool http_accepts_gzip(struct tlc_str accept_encoding);

/* http_token.c */
TLC_MUST int http_tokens_load(struct http_tokens *tokens, struct tlc_err *err);
/* authorization: the header's value. Time depends on the number of tokens only. */
bool http_tokens_check(struct http_tokens *tokens, struct tlc_str authorization);
void http_tokens_release(struct http_tokens *tokens);

/* http_coding.c */
/* content_encoding: the header's value, empty when there is none. */
enum http_coding http_coding_of(struct tlc_str content_encoding);
#define HTTP_CODINGS "gzip, zstd" /* that are unpacked */
TLC_MUST bool http_inflate_init(struct http_inflate *f);
/* Appends what in unpacks to out. 0, 413 (out is full) or 400 (no gzip). */
int http_inflate_step(struct http_inflate *f, const char *in, size_t n, struct tlc_buf *out);
void http_inflate_release(struct http_inflate *f);
/* Replaces a whole zstd body by what it unpacks to, at most body->max bytes. 0, 413, 400 (no zstd,
 * damaged, cut off) or 503 (no memory). */
int http_zstd_unpack(struct tlc_buf *body);
/* Replaces the body by its gzip form when that is smaller; true then. */
bool http_gzip_response(struct tlc_http_response *r);

/* http_server_conn.c */
void http_conn_moved(struct http_conn *c, enum http_phase phase);
void *http_reaper_main(void *server);
TLC_MUST int http_daemon_start(struct tlc_http_server *s, int64_t threads, const char *cert,
                               const char *key, struct tlc_err *err);

/* http_server_reply.c: hands c->response to the library; 0 when it would not take it. */
int http_reply_queue(struct http_conn *c);
/* The handler's turn is over: answers, or suspends until tlc_http_reply. */
int http_reply_settle(struct http_conn *c);
void http_streams_end(struct tlc_http_server *s);

#endif
