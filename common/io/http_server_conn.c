#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/io/http_server_internal.h"

/* Half of it becomes the read buffer: a body of 160 kB arrives in a handful of pieces. */
#define POOL_BYTES (64 * 1024)
/* A refused body up to here is read and dropped, so that the client surely gets the reply and keeps
 * its connection. */
#define DISCARD_MAX_BYTES (INT64_C(16) << 20)
#define SPARE_BYTES_MAX ((size_t)16 << 20)
#define REAPER_TICK_MS 250

static struct tlc_str mhd_lookup(void *connection, char kind, const char *name)
{
    const char *v = MHD_lookup_connection_value(
        connection, kind == 'q' ? MHD_GET_ARGUMENT_KIND : MHD_HEADER_KIND, name);
    return tlc_str_from(v);
}

/* --- phases --- */

void http_conn_moved(struct http_conn *c, enum http_phase phase)
{
    atomic_store(&c->since_ms, tlc_now_ms());
    int now = atomic_load(&c->phase);
    while (now != HTTP_DEAD && !atomic_compare_exchange_weak(&c->phase, &now, (int)phase)) {
    }
}

static bool alive(struct http_conn *c)
{
    return atomic_load(&c->phase) != HTTP_DEAD;
}

/* --- bodies --- */

static void body_take(struct http_conn *c, size_t max)
{
    struct tlc_http_server *s = c->server;
    pthread_mutex_lock(&s->lock);
    if (s->spare_n > 0) {
        c->body = s->spare[--s->spare_n];
        s->spare_bytes -= c->body.cap;
    }
    pthread_mutex_unlock(&s->lock);
    if (!c->body.p) {
        tlc_buf_init(&c->body, max);
    }
    c->body.max = max;
    tlc_buf_reset(&c->body);
}

static void body_give_back(struct http_conn *c)
{
    struct tlc_http_server *s = c->server;
    pthread_mutex_lock(&s->lock);
    if (c->body.p && s->spare_n < HTTP_SPARE_MAX &&
        s->spare_bytes + c->body.cap <= SPARE_BYTES_MAX) {
        s->spare_bytes += c->body.cap;
        s->spare[s->spare_n++] = c->body;
        memset(&c->body, 0, sizeof c->body);
    }
    pthread_mutex_unlock(&s->lock);
    tlc_buf_release(&c->body);
    memset(&c->body, 0, sizeof c->body);
}

/* --- the life of a request --- */

static void request_end(struct http_conn *c)
{
    if (!c->begun) {
        return;
    }
    c->begun = false;
    if (c->admitted && c->route->release) {
        c->route->release(c->route->ctx, c->peer, c->granted);
    }
    c->admitted = false;
    if (c->coding == HTTP_GZIP) {
        http_inflate_release(&c->inflate);
    }
    c->coding = HTTP_PLAIN;
    body_give_back(c);
    tlc_http_response_release(&c->response);
}

static void request_start(struct http_conn *c, struct MHD_Connection *mhd, const char *url,
                          const char *method)
{
    c->mhd = mhd;
    c->begun = true;
    c->handled = false;
    c->refused = false;
    c->admitted = false;
    c->coding = HTTP_PLAIN;
    c->discarded = 0;
    c->route = NULL;
    c->method = tlc_str_from(method);
    if (tlc_str_eq(c->method, TLC_STR("HEAD"))) {
        c->method = TLC_STR("GET");
    }
    c->path = tlc_str_from(url);
    c->param = (struct tlc_str){NULL, 0};
    c->content_type = mhd_lookup(mhd, 'h', "Content-Type");
    memset(&c->response, 0, sizeof c->response);
    c->pending.state = HTTP_ANSWERING;
    c->pending.deferred = false;
    struct tlc_str length = mhd_lookup(mhd, 'h', "Content-Length");
    if (mhd_lookup(mhd, 'h', "Transfer-Encoding").p ||
        !tlc_str_to_i64(length, 0, INT64_MAX, &c->length)) {
        c->length = -1;
    }
    atomic_store(&c->active_ms, tlc_now_ms());
}

/* What can be said before the body: fills response and returns true when the request is refused. */
static bool refuse_route(struct http_conn *c)
{
    struct tlc_http_server *s = c->server;
    struct http_match m = http_route_find(s->routes, s->routes_n, c->method, c->path);
    if (!m.path_known) {
        tlc_http_error(&c->response, 404, "not_found", "no such resource");
        return true;
    }
    if (!m.route) {
        char allow[120];
        http_route_allow(s->routes, s->routes_n, c->path, allow, sizeof allow);
        tlc_http_error(&c->response, 405, "method_not_allowed", "allowed here: %s", allow);
        tlc_http_header_add(&c->response, "Allow", "%s", allow);
        return true;
    }
    c->route = m.route;
    c->param = m.param;
    if (m.route->token &&
        !http_tokens_check(&s->tokens, mhd_lookup(c->mhd, 'h', "Authorization"))) {
        tlc_http_error(&c->response, 401, "unauthorized",
                       "a valid token is needed: Authorization: Bearer ...");
        tlc_http_header_add(&c->response, "WWW-Authenticate", "Bearer realm=\"tlc\"");
        return true;
    }
    return false;
}

static bool refuse_body(struct http_conn *c)
{
    const struct tlc_http_route *r = c->route;
    bool sized = c->length >= 0;
    bool chunked = mhd_lookup(c->mhd, 'h', "Transfer-Encoding").p != NULL;
    if (r->body_max == 0) {
        if (chunked || c->length > 0) {
            tlc_http_error(&c->response, 413, "too_large", "no body is taken here");
            return true;
        }
        return false;
    }
    if (!sized && !chunked) {
        tlc_http_error(&c->response, 411, "length_required", "a Content-Length is needed");
        return true;
    }
    if (sized && (uint64_t)c->length > r->body_max) {
        tlc_http_error(&c->response, 413, "too_large", "a body may have up to %zu bytes",
                       r->body_max);
        return true;
    }
    if (!http_type_allowed(r->type, c->content_type)) {
        tlc_http_error(&c->response, 415, "bad_type", "Content-Type must be one of: %s", r->type);
        return true;
    }
    enum http_coding coding = http_coding_of(mhd_lookup(c->mhd, 'h', "Content-Encoding"));
    if (coding == HTTP_CODING_UNKNOWN) {
        tlc_http_error(&c->response, 415, "bad_encoding",
                       "Content-Encoding must be one of: " HTTP_CODINGS ", identity");
        tlc_http_header_add(&c->response, "Accept-Encoding", HTTP_CODINGS);
        return true;
    }
    if (coding == HTTP_GZIP && !http_inflate_init(&c->inflate)) {
        tlc_http_error(&c->response, 503, "busy", "out of memory");
        return true;
    }
    c->coding = coding;
    return false;
}

static bool refuse_admission(struct http_conn *c)
{
    const struct tlc_http_route *r = c->route;
    struct tlc_str expect = mhd_lookup(c->mhd, 'h', "Expect");
    if (expect.n > 0 && !tlc_str_eq_nocase(expect, TLC_STR("100-continue"))) {
        tlc_http_error(&c->response, 417, "bad_expect", "only 100-continue can be expected");
        return true;
    }
    if (r->admit) {
        /* What a packed body will take is not known before. */
        bool packed = c->coding != HTTP_PLAIN;
        c->granted = packed ? -1 : (c->length < 0 && r->body_max == 0 ? 0 : c->length);
        int status = r->admit(r->ctx, c->peer, c->granted, &c->response);
        if (status != 0) {
            c->response.status = status;
            return true;
        }
        c->admitted = true;
    }
    if (r->body_max > 0) {
        body_take(c, r->body_max);
        if (c->coding != HTTP_GZIP && c->length > 0 &&
            !tlc_buf_reserve(&c->body, (size_t)c->length)) {
            tlc_http_error(&c->response, 503, "busy", "out of memory");
            return true;
        }
    }
    return false;
}

static enum MHD_Result on_headers(struct http_conn *c)
{
    http_conn_moved(c, HTTP_BODY);
    c->refused = refuse_route(c) || refuse_body(c) || refuse_admission(c);
    if (!c->refused) {
        return MHD_YES;
    }
    bool expects = mhd_lookup(c->mhd, 'h', "Expect").p != NULL;
    if ((expects && c->length != 0) || c->length > DISCARD_MAX_BYTES) {
        /* Answered before the body: it is not asked for; the library closes the connection
         * afterwards. */
        http_conn_moved(c, HTTP_BUSY);
        return http_reply_queue(c) ? MHD_YES : MHD_NO;
    }
    return MHD_YES;
}

/* A reply in the middle of an upload, which the library has no way to send; the connection ends
 * with it. */
static void reply_raw(struct http_conn *c, const char *status, const char *rule)
{
    if (c->server->tls) {
        return;
    }
    char text[256];
    int n = snprintf(text, sizeof text,
                     "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                     "Connection: close\r\n\r\n{\"error\":\"%s\",\"rule\":\"%s\"}\n",
                     status, strlen(status) + strlen(rule) + 23, status, rule);
    if (n > 0) {
        (void)!send(c->fd, text, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
}

static void refuse_late(struct http_conn *c, int status, const char *rule, const char *text)
{
    c->refused = true;
    tlc_http_error(&c->response, status, rule, "%s", text);
    body_give_back(c);
}

static enum MHD_Result on_body(struct http_conn *c, const char *data, size_t n)
{
    tlc_counter_add(&c->server->counters, HTTP_BYTES_IN, (int64_t)n);
    atomic_store(&c->active_ms, tlc_now_ms());
    if (c->refused) {
        c->discarded += (int64_t)n;
        if (c->discarded > DISCARD_MAX_BYTES) {
            reply_raw(c, "413 Content Too Large", "too_large");
            return MHD_NO;
        }
        return MHD_YES;
    }
    if (c->route->body_max == 0) {
        refuse_late(c, 413, "too_large", "no body is taken here");
        return MHD_YES;
    }
    int status = 0;
    if (c->coding == HTTP_GZIP) {
        status = http_inflate_step(&c->inflate, data, n, &c->body);
    } else if (!tlc_buf_append(&c->body, data, n)) {
        status = 413;
    }
    if (status == 413) {
        refuse_late(c, 413, "too_large", "the body is larger than this route takes");
    } else if (status != 0) {
        refuse_late(c, 400, "bad_gzip", "the body is no gzip");
    }
    return MHD_YES;
}

/* What is known of a packed body only at its end. */
static void unpack_whole(struct http_conn *c)
{
    int status = c->coding == HTTP_ZSTD ? http_zstd_unpack(&c->body) : 0;
    if (status == 413) {
        refuse_late(c, 413, "too_large", "the body is larger than this route takes");
    } else if (status == 503) {
        refuse_late(c, 503, "busy", "out of memory");
    } else if (status != 0) {
        refuse_late(c, 400, "bad_zstd", "the body is no zstd, damaged or cut off");
    } else if (c->coding == HTTP_GZIP && !c->inflate.ended) {
        refuse_late(c, 400, "bad_gzip", "the gzip body is cut off");
    }
}

static void handle(struct http_conn *c)
{
    c->handled = true;
    if (!c->refused) {
        unpack_whole(c);
    }
    if (c->refused) {
        c->pending.state = HTTP_ANSWERED;
        return;
    }
    struct tlc_http_request request = {
        .method = c->method,
        .path = c->path,
        .param = c->param,
        .body = tlc_buf_str(&c->body),
        .content_type = c->content_type,
        .connection = c->mhd,
        .lookup = mhd_lookup,
    };
    struct tlc_http_response response = {0};
    enum tlc_http_verdict verdict = c->route->handler(c->route->ctx, &request, &response);
    if (verdict == TLC_HTTP_REPLY) {
        c->response = response;
        c->pending.state = HTTP_ANSWERED;
    } else {
        assert(c->pending.deferred); /* else nobody would ever answer */
    }
}

/* NOLINTNEXTLINE(readability-function-size): the library decides what it passes */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_n, void **request)
{
    (void)cls;
    (void)version;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct http_conn *c = info ? info->socket_context : NULL;
    if (!c || !alive(c)) {
        return MHD_NO;
    }
    if (!*request) {
        *request = c;
        request_start(c, mhd, url, method);
        return on_headers(c);
    }
    if (*data_n > 0) {
        size_t n = *data_n;
        *data_n = 0;
        return on_body(c, data, n);
    }
    if (!c->handled) {
        http_conn_moved(c, HTTP_BUSY);
        if (!alive(c)) {
            return MHD_NO;
        }
        handle(c);
    }
    return http_reply_settle(c) ? MHD_YES : MHD_NO;
}

static void on_completed(void *cls, struct MHD_Connection *mhd, void **request,
                         enum MHD_RequestTerminationCode code)
{
    (void)mhd;
    struct tlc_http_server *s = cls;
    struct http_conn *c = *request;
    if (!c) {
        return;
    }
    if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK) {
        bool late = code == MHD_REQUEST_TERMINATED_TIMEOUT_REACHED;
        tlc_counter_add(&s->counters, late ? HTTP_TIMED_OUT : HTTP_ABORTED, 1);
    }
    request_end(c);
    *request = NULL;
    http_conn_moved(c, HTTP_IDLE);
}

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *mhd)
{
    (void)cls;
    (void)uri;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    if (info && info->socket_context) {
        http_conn_moved(info->socket_context, HTTP_HEADERS);
    }
    return NULL; /* so that the handler sees its first call */
}

/* FNV-1a of the address without its port; of IPv6 only the network, which is what a client has. */
static uint64_t peer_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *a = info ? info->client_addr : NULL;
    const unsigned char *bytes = NULL;
    size_t n = 0;
    if (a && a->sa_family == AF_INET) {
        bytes = (const unsigned char *)&((const struct sockaddr_in *)(const void *)a)->sin_addr;
        n = 4;
    } else if (a && a->sa_family == AF_INET6) {
        bytes = ((const struct sockaddr_in6 *)(const void *)a)->sin6_addr.s6_addr;
        n = 8;
    }
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < n; i++) {
        h = (h ^ bytes[i]) * UINT64_C(1099511628211);
    }
    return h ^ h >> 32;
}

static void conn_open(struct tlc_http_server *s, struct MHD_Connection *mhd, void **context)
{
    struct http_conn *c = calloc(1, sizeof *c);
    if (!c) {
        return; /* on_request refuses a connection without state */
    }
    c->server = s;
    c->pending.conn = c;
    pthread_mutex_init(&c->pending.lock, NULL);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    c->fd = info ? info->connect_fd : -1;
    c->peer = peer_of(mhd);
    http_conn_moved(c, HTTP_IDLE);
    pthread_mutex_lock(&s->lock);
    c->next = s->conns;
    if (c->next) {
        c->next->prev = c;
    }
    s->conns = c;
    pthread_mutex_unlock(&s->lock);
    tlc_counter_add(&s->counters, HTTP_CONNECTIONS, 1);
    tlc_counter_add(&s->counters, HTTP_ACCEPTED, 1);
    *context = c;
}

static void conn_close(struct tlc_http_server *s, struct http_conn *c)
{
    /* Behind the lock the reaper cannot touch the socket any more; the library closes it only after
     * this. */
    pthread_mutex_lock(&s->lock);
    if (c->prev) {
        c->prev->next = c->next;
    } else {
        s->conns = c->next;
    }
    if (c->next) {
        c->next->prev = c->prev;
    }
    pthread_mutex_unlock(&s->lock);
    request_end(c);
    tlc_counter_add(&s->counters, HTTP_CONNECTIONS, -1);
    pthread_mutex_destroy(&c->pending.lock);
    free(c);
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        conn_open(cls, mhd, context);
    } else if (*context) {
        conn_close(cls, *context);
        *context = NULL;
    }
}

/* --- the reaper --- */

/* The other side has ended the connection and nothing is left to read. The library overlooks an end
 * that comes right behind bytes: it waits for another edge of epoll, and there will be none. */
static bool peer_gone(const struct http_conn *c)
{
    char byte;
    return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* Ends a connection whose client takes too long or has left. Called under the server's lock. */
static void reap(struct http_conn *c, int64_t now, bool crowded)
{
    struct tlc_http_server *s = c->server;
    int phase = atomic_load(&c->phase);
    int64_t age = now - atomic_load(&c->since_ms);
    int64_t silent = now - atomic_load(&c->active_ms);
    bool late = false;
    if (phase == HTTP_IDLE) {
        late = age > (crowded ? 1000 : s->idle_ms);
    } else if (phase == HTTP_HEADERS) {
        late = age > s->request_ms;
    } else if (phase == HTTP_BODY) {
        late = age > s->request_ms || silent > s->idle_ms;
    }
    int64_t still = phase == HTTP_BODY && silent < age ? silent : age;
    bool gone = !late && phase < HTTP_BUSY && still >= REAPER_TICK_MS && peer_gone(c);
    if ((!late && !gone) || !atomic_compare_exchange_strong(&c->phase, &phase, HTTP_DEAD)) {
        return;
    }
    if (gone) { /* the library sees this end, and counts */
        shutdown(c->fd, SHUT_RDWR);
        return;
    }
    if (phase != HTTP_IDLE) {
        reply_raw(c, "408 Request Timeout", "timeout");
    }
    shutdown(c->fd, SHUT_RDWR);
    bool evicted = phase == HTTP_IDLE && age <= s->idle_ms;
    tlc_counter_add(&s->counters, evicted ? HTTP_EVICTED : HTTP_TIMED_OUT, 1);
}

void *http_reaper_main(void *server)
{
    struct tlc_http_server *s = server;
    struct pollfd end = {.fd = s->reaper_fd, .events = POLLIN};
    while (poll(&end, 1, REAPER_TICK_MS) <= 0) {
        int64_t now = tlc_now_ms();
        pthread_mutex_lock(&s->lock);
        int64_t open = tlc_counter_get(&s->counters, HTTP_CONNECTIONS);
        bool crowded = open * 10 >= s->connections_max * 9;
        for (struct http_conn *c = s->conns; c; c = c->next) {
            reap(c, now, crowded);
        }
        pthread_mutex_unlock(&s->lock);
    }
    return NULL;
}

/* --- start --- */

int http_daemon_start(struct tlc_http_server *s, int64_t threads, const char *cert, const char *key,
                      struct tlc_err *err)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0,
         (void *)(uintptr_t) "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
        {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    if (s->tls) {
        flags |= MHD_USE_TLS;
    }
    /* The reaper comes first; the library's own time-out is for clients that do not read their
     * reply. */
    unsigned idle_s = (unsigned)(s->idle_ms / 1000) + 10;
    s->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET, s->listen_fd,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
        s, MHD_OPTION_URI_LOG_CALLBACK, on_uri, s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)POOL_BYTES, MHD_OPTION_CONNECTION_LIMIT, (unsigned)s->connections_max,
        MHD_OPTION_CONNECTION_TIMEOUT, idle_s, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)threads,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY, s->tls ? tls : none, MHD_OPTION_END);
    if (!s->daemon) {
        return tlc_err_fatal(
            err, s->tls ? TLC_EXIT_CONFIG : TLC_EXIT_SOFTWARE, "http server: cannot start%s (%s)",
            s->tls ? ": do certificate and key belong together, in PEM?" : "", strerror(errno));
    }
    return 0;
}
