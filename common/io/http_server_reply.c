#include <assert.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/base/clock.h"
#include "common/io/http_server_internal.h"

#define STREAM_BLOCK_BYTES (16 * 1024)

/* --- streams --- */

static void stream_free(void *cls)
{
    struct tlc_http_stream *stream = cls;
    struct tlc_http_server *s = stream->server;
    pthread_mutex_lock(&s->lock);
    if (stream->prev) {
        stream->prev->next = stream->next;
    } else {
        s->streams = stream->next;
    }
    if (stream->next) {
        stream->next->prev = stream->prev;
    }
    pthread_mutex_unlock(&s->lock);
    if (stream->closed) {
        stream->closed(stream->ctx);
    }
    tlc_counter_add(&s->counters, HTTP_STREAMS, -1);
    pthread_mutex_destroy(&stream->lock);
    free(stream);
}

/* A wake between "nothing there" and the suspension must not be lost: woken is looked at under the
 * lock. */
static ssize_t stream_read(void *cls, uint64_t at, char *dst, size_t max)
{
    (void)at;
    struct tlc_http_stream *stream = cls;
    for (;;) {
        pthread_mutex_lock(&stream->lock);
        stream->woken = false;
        bool ended = stream->ended;
        pthread_mutex_unlock(&stream->lock);
        int64_t n = ended ? -1 : stream->pull(stream->ctx, dst, max);
        if (n < 0) {
            return MHD_CONTENT_READER_END_OF_STREAM;
        }
        if (n > 0) {
            return (ssize_t)n;
        }
        pthread_mutex_lock(&stream->lock);
        if (!stream->woken && !stream->ended) {
            stream->sleeping = true;
            MHD_suspend_connection(stream->mhd);
            pthread_mutex_unlock(&stream->lock);
            return 0;
        }
        pthread_mutex_unlock(&stream->lock);
    }
}

static void stream_rouse(struct tlc_http_stream *stream, bool end)
{
    pthread_mutex_lock(&stream->lock);
    stream->ended = stream->ended || end;
    stream->woken = true;
    if (stream->sleeping) {
        stream->sleeping = false;
        MHD_resume_connection(stream->mhd);
    }
    pthread_mutex_unlock(&stream->lock);
}

void tlc_http_stream_wake(struct tlc_http_stream *stream)
{
    stream_rouse(stream, false);
}

/* The library closes the socket only after stream_free. */
void tlc_http_stream_cut(struct tlc_http_stream *stream)
{
    (void)shutdown(stream->fd, SHUT_RDWR);
    stream_rouse(stream, true);
}

void http_streams_end(struct tlc_http_server *s)
{
    pthread_mutex_lock(&s->lock);
    for (struct tlc_http_stream *stream = s->streams; stream; stream = stream->next) {
        stream_rouse(stream, true);
    }
    pthread_mutex_unlock(&s->lock);
}

static struct MHD_Response *stream_response(struct http_conn *c)
{
    struct tlc_http_server *s = c->server;
    struct tlc_http_response *r = &c->response;
    struct tlc_http_stream *stream = calloc(1, sizeof *stream);
    if (!stream) {
        return NULL;
    }
    stream->server = s;
    stream->mhd = c->mhd;
    stream->fd = c->fd;
    if (r->unsent_bytes_max > 0) {
        (void)setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &r->unsent_bytes_max,
                         sizeof r->unsent_bytes_max);
    }
    stream->pull = r->pull;
    stream->closed = r->closed;
    stream->ctx = r->stream_ctx;
    stream->ended = atomic_load(&s->quiesced);
    pthread_mutex_init(&stream->lock, NULL);
    struct MHD_Response *m = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES,
                                                               stream_read, stream, stream_free);
    if (!m) {
        pthread_mutex_destroy(&stream->lock);
        free(stream);
        return NULL;
    }
    tlc_counter_add(&s->counters, HTTP_STREAMS, 1);
    pthread_mutex_lock(&s->lock);
    stream->next = s->streams;
    if (stream->next) {
        stream->next->prev = stream;
    }
    s->streams = stream;
    pthread_mutex_unlock(&s->lock);
    if (r->opened) {
        r->opened(r->stream_ctx, stream);
    }
    return m;
}

/* --- responses --- */

static struct MHD_Response *plain_response(struct tlc_http_response *r)
{
    if (r->fixed.n > 0) {
        return MHD_create_response_from_buffer(r->fixed.n, (void *)(uintptr_t)r->fixed.p,
                                               MHD_RESPMEM_PERSISTENT);
    }
    if (r->body.n == 0) {
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    }
    struct MHD_Response *m =
        MHD_create_response_from_buffer_with_free_callback(r->body.n, r->body.p, free);
    if (m) {
        memset(&r->body, 0, sizeof r->body); /* taken */
    }
    return m;
}

static void count_status(struct tlc_http_server *s, int status)
{
    int cls = status / 100;
    size_t id = cls == 2 ? HTTP_2XX : cls == 3 ? HTTP_3XX : cls == 4 ? HTTP_4XX : HTTP_5XX;
    tlc_counter_add(&s->counters, id, 1);
}

static bool packs(const struct http_conn *c)
{
    const struct tlc_http_response *r = &c->response;
    return r->gzip && !r->pull &&
           http_accepts_gzip(tlc_str_from(
               MHD_lookup_connection_value(c->mhd, MHD_HEADER_KIND, "Accept-Encoding")));
}

int http_reply_queue(struct http_conn *c)
{
    struct tlc_http_response *r = &c->response;
    bool gzip = r->gzip;
    bool packed = packs(c) && http_gzip_response(r);
    struct MHD_Response *m = r->pull ? stream_response(c) : plain_response(r);
    if (!m) {
        if (r->pull && r->closed) {
            r->closed(r->stream_ctx);
        }
        return 0;
    }
    const char *type = r->content_type ? r->content_type : "application/json";
    if (r->status != 204 && r->status != 304) {
        MHD_add_response_header(m, "Content-Type", type);
    }
    if (packed) {
        MHD_add_response_header(m, "Content-Encoding", "gzip");
    }
    if (gzip) {
        MHD_add_response_header(m, "Vary", "Accept-Encoding");
    }
    for (size_t i = 0; i < r->headers_n; i++) {
        MHD_add_response_header(m, r->headers[i].name, r->headers[i].value);
    }
    if (atomic_load(&c->server->quiesced)) {
        MHD_add_response_header(m, "Connection", "close");
    }
    count_status(c->server, r->status);
    int rc = MHD_queue_response(c->mhd, (unsigned)r->status, m) == MHD_YES;
    MHD_destroy_response(m);
    return rc;
}

/* --- answers that come later --- */

struct tlc_http_pending *tlc_http_suspend(const struct tlc_http_request *request)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct http_conn *c = info->socket_context;
    c->pending.deferred = true;
    return &c->pending;
}

/* The reply may come before its handler has returned: then the connection is never suspended. The
 * lock spans the library's call in both places, so that a resume cannot overtake its suspend. */
int http_reply_settle(struct http_conn *c)
{
    pthread_mutex_lock(&c->pending.lock);
    if (c->pending.state != HTTP_ANSWERED) {
        c->pending.state = HTTP_SUSPENDED;
        MHD_suspend_connection(c->mhd);
        pthread_mutex_unlock(&c->pending.lock);
        return 1;
    }
    pthread_mutex_unlock(&c->pending.lock);
    return http_reply_queue(c);
}

void tlc_http_reply(struct tlc_http_pending *pending, struct tlc_http_response *response)
{
    struct http_conn *c = pending->conn;
    pthread_mutex_lock(&pending->lock);
    assert(pending->state != HTTP_ANSWERED);
    c->response = *response;
    memset(response, 0, sizeof *response);
    bool suspended = pending->state == HTTP_SUSPENDED;
    pending->state = HTTP_ANSWERED;
    if (suspended) {
        MHD_resume_connection(c->mhd);
    }
    pthread_mutex_unlock(&pending->lock);
}
