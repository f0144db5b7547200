#include "common/io/http_client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

/* One request under way or waiting: an easy handle that is kept and used again, with what it needs.
 */
struct slot {
    struct slot *next; /* in a free list or in the queue */
    struct tlc_http_client *client;
    CURL *easy;
    struct curl_slist *headers;
    char headers_type[128]; /* content type the headers were made for */
    struct tlc_http_call call;
    struct tlc_buf reply;
    bool cut;    /* the reply went past reply_max */
    bool headed; /* its head came whole */
    bool active;
    char error[CURL_ERROR_SIZE];
};

#define SLOTS_MAX 64
#define QUEUE_MAX 4096
#define CONNECT_TIMEOUT_MS 10000L
/* libcurl takes it anew for every request: from 128 KiB on malloc would map fresh pages each time,
 * which costs more than the system calls it saves. */
#define SOCKET_BUFFER_BYTES (64L * 1024)
#define RETRY_AFTER_MAX_S (6 * 3600)
#define TURNS_MAX 64 /* of a step: 4 MiB of each body */

struct tlc_http_client {
    CURLM *multi;
    struct slot slots[SLOTS_MAX];
    size_t slots_n;
    struct slot *idle;
    /* Waiting calls, oldest first: a ring. */
    struct tlc_http_call *queue;
    size_t queue_from, queue_n;
    size_t active_n;
    char *ca_file;
    char *authorization;
    const char *user_agent;
};

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx)
{
    struct slot *s = ctx;
    if (!tlc_buf_append(&s->reply, bytes, size * n)) {
        s->cut = true;
        return 0; /* libcurl ends the transfer: a reply without end costs no memory */
    }
    return size * n;
}

/* libcurl takes a head that is cut off for a whole one. Called once a line; the empty one ends it.
 */
/* NOLINTNEXTLINE(readability-non-const-parameter): the library decides what it passes */
static size_t on_header(char *bytes, size_t size, size_t n, void *ctx)
{
    struct slot *s = ctx;
    struct tlc_str line = {bytes, size * n};
    if (tlc_str_starts(line, TLC_STR("HTTP/"))) {
        s->headed = false;
    } else if (tlc_str_eq(line, TLC_STR("\r\n"))) {
        s->headed = true;
    }
    return size * n;
}

static struct curl_slist *make_headers(const struct tlc_http_client *client, const char *type)
{
    struct curl_slist *list = NULL;
    char line[160];
    snprintf(line, sizeof(line), "Content-Type: %s", type);
    if (type[0] != '\0') {
        list = curl_slist_append(list, line);
    }
    /* "Expect: 100-continue" would cost a round trip a batch; our servers do without. */
    struct curl_slist *more = curl_slist_append(list, "Expect:");
    list = more != NULL ? more : list;
    if (client->authorization != NULL) {
        more = curl_slist_append(list, client->authorization);
        list = more != NULL ? more : list;
    }
    return list;
}

/* What does not change between the calls of one handle. */
static bool slot_open(struct tlc_http_client *client, struct slot *s)
{
    CURL *e = curl_easy_init();
    if (e == NULL) {
        return false;
    }
    s->client = client;
    s->easy = e;
    tlc_buf_init(&s->reply, 0);
    curl_easy_setopt(e, CURLOPT_PRIVATE, s);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_PROXY,
                     ""); /* the servers are ours: an http_proxy is not for them */
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, SOCKET_BUFFER_BYTES);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, s);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, s);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, s->error);
    if (client->user_agent != NULL) {
        curl_easy_setopt(e, CURLOPT_USERAGENT, client->user_agent);
    }
    if (client->ca_file != NULL) {
        curl_easy_setopt(e, CURLOPT_CAINFO, client->ca_file);
    }
    return true;
}

static void slot_release(struct slot *s)
{
    if (s->easy != NULL) {
        curl_easy_cleanup(s->easy);
    }
    curl_slist_free_all(s->headers);
    tlc_buf_release(&s->reply);
}

static char *make_authorization(const char *token)
{
    size_t n = strlen(token) + sizeof("Authorization: Bearer ");
    char *text = malloc(n);
    if (text != NULL) {
        snprintf(text, n, "Authorization: Bearer %s", token);
    }
    return text;
}

int tlc_http_client_open(const struct tlc_http_client_options *options,
                         struct tlc_http_client **ret_client, struct tlc_err *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "http client: libcurl does not start");
    }
    struct tlc_http_client *c = calloc(1, sizeof(*c));
    struct tlc_http_call *queue = calloc(QUEUE_MAX, sizeof(*queue));
    CURLM *multi = curl_multi_init();
    if (c == NULL || queue == NULL || multi == NULL) {
        free(c);
        free(queue);
        curl_multi_cleanup(multi);
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "http client: out of memory");
    }
    c->multi = multi;
    c->queue = queue;
    c->user_agent = options->user_agent;
    c->slots_n = options->connections_max < 1           ? 1
                 : options->connections_max > SLOTS_MAX ? SLOTS_MAX
                                                        : (size_t)options->connections_max;
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)c->slots_n);
    curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)c->slots_n);
    bool ok = true;
    if (options->ca_file != NULL) {
        c->ca_file = strdup(options->ca_file);
        ok = c->ca_file != NULL;
    }
    if (ok && options->token != NULL) {
        c->authorization = make_authorization(options->token);
        ok = c->authorization != NULL;
    }
    for (size_t i = 0; ok && i < c->slots_n; i++) {
        ok = slot_open(c, &c->slots[i]);
        c->slots[i].next = c->idle;
        c->idle = &c->slots[i];
    }
    if (!ok) {
        tlc_http_client_close(&c);
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "http client: out of memory");
    }
    *ret_client = c;
    return TLC_OK;
}

/* CURLINFO_RETRY_AFTER reads the date form, too. libcurl 7.88 passes on what it finds, a date gone
 * by as a negative number; 8.14 makes 0 of that and six hours of all that is more. With each
 * version it is the latter here. */
static int64_t retry_after_ms(CURL *easy)
{
    struct curl_header *h = NULL;
    if (curl_easy_header(easy, "Retry-After", 0, CURLH_HEADER, -1, &h) != CURLHE_OK) {
        return -1;
    }
    curl_off_t seconds = 0;
    if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK) {
        return -1;
    }
    if (seconds < 0) {
        return 0;
    }
    return (seconds > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : (int64_t)seconds) * 1000;
}

/* The slot is idle again before done runs, so that done may submit. */
static void slot_finish(struct slot *s, CURLcode code)
{
    struct tlc_http_client *c = s->client;
    struct tlc_http_call call = s->call;
    long status = 0;
    const char *text = "";
    int64_t after_ms = -1;
    if (code == CURLE_OK && !s->headed) {
        text = "the reply is cut off";
    } else if (code == CURLE_OK) {
        curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
        after_ms = status == 200 ? -1 : retry_after_ms(s->easy);
    } else if (s->cut) {
        text = "the reply is longer than expected";
    } else {
        text = s->error[0] != '\0' ? s->error : curl_easy_strerror(code);
    }
    /* The reply is done's to read, while a call made in done may already fill this slot: it moves
     * out. */
    struct tlc_buf reply = s->reply;
    char words[CURL_ERROR_SIZE];
    tlc_str_copy(words, sizeof(words), tlc_str_from(text));
    tlc_buf_init(&s->reply, 0);
    s->active = false;
    s->next = c->idle;
    c->idle = s;
    c->active_n--;
    if (call.done != NULL) {
        call.done(call.ctx, (int)status, status != 0 ? tlc_buf_str(&reply) : TLC_STR(""), after_ms,
                  words);
    }
    if (s->active) {
        tlc_buf_release(&reply);
    } else {
        s->reply = reply; /* keeps its memory for the next call */
    }
}

static int slot_start(struct tlc_http_client *c, const struct tlc_http_call *call,
                      struct tlc_err *err)
{
    struct slot *s = c->idle;
    bool post = strcmp(call->method, "POST") == 0;
    const char *type = call->content_type != NULL ? call->content_type : "";
    if (s->headers == NULL || strcmp(s->headers_type, type) != 0) {
        curl_slist_free_all(s->headers);
        s->headers = make_headers(c, type);
        tlc_str_copy(s->headers_type, sizeof(s->headers_type), tlc_str_from(type));
    }
    s->call = *call;
    s->cut = false;
    s->headed = false;
    s->error[0] = '\0';
    tlc_buf_reset(&s->reply);
    s->reply.max = call->reply_max;
    CURL *e = s->easy;
    CURLcode rc = curl_easy_setopt(e, CURLOPT_URL, call->url);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, s->headers);
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
    if (post) {
        curl_easy_setopt(e, CURLOPT_POST, 1L);
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, call->body.p != NULL ? call->body.p : "");
        curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.n);
    } else {
        curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
    }
    if (rc != CURLE_OK || s->headers == NULL || curl_multi_add_handle(c->multi, e) != CURLM_OK) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "http client: cannot start %s %s",
                             call->method, call->url);
    }
    c->idle = s->next;
    s->active = true;
    c->active_n++;
    return TLC_OK;
}

int tlc_http_client_submit(struct tlc_http_client *client, const struct tlc_http_call *call,
                           struct tlc_err *err)
{
    if (client->idle != NULL && client->queue_n == 0) {
        return slot_start(client, call, err);
    }
    if (client->queue_n == QUEUE_MAX) {
        return tlc_err_set(err, TLC_RETRY, "http client: %d requests are waiting already",
                           QUEUE_MAX);
    }
    client->queue[(client->queue_from + client->queue_n) % QUEUE_MAX] = *call;
    client->queue_n++;
    return TLC_OK;
}

static int start_waiting(struct tlc_http_client *c, struct tlc_err *err)
{
    while (c->idle != NULL && c->queue_n > 0) {
        struct tlc_http_call call = c->queue[c->queue_from];
        c->queue_from = (c->queue_from + 1) % QUEUE_MAX;
        c->queue_n--;
        int rc = slot_start(c, &call, err);
        if (rc != 0) {
            return rc;
        }
    }
    return TLC_OK;
}

static size_t finish_done(struct tlc_http_client *c)
{
    size_t finished = 0;
    int left = 0;
    for (CURLMsg *m = curl_multi_info_read(c->multi, &left); m != NULL;
         m = curl_multi_info_read(c->multi, &left)) {
        if (m->msg != CURLMSG_DONE) {
            continue;
        }
        CURLcode code = m->data.result; /* m is gone after the handle is removed */
        CURL *easy = m->easy_handle;
        struct slot *s = NULL;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&s);
        curl_multi_remove_handle(c->multi, easy);
        slot_finish(s, code);
        finished++;
    }
    return finished;
}

static int turn(struct tlc_http_client *c, size_t *ret_finished, struct tlc_err *err)
{
    int rc = start_waiting(c, err);
    if (rc != 0) {
        return rc;
    }
    int running = 0;
    CURLMcode code = curl_multi_perform(c->multi, &running);
    if (code != CURLM_OK) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "http client: %s", curl_multi_strerror(code));
    }
    *ret_finished = finish_done(c);
    return TLC_OK;
}

static int wait_for(struct tlc_http_client *c, int64_t wait_ms, int wake_fd, int *ret_ready,
                    struct tlc_err *err)
{
    struct curl_waitfd extra = {.fd = wake_fd, .events = CURL_WAIT_POLLIN};
    int timeout_ms = wait_ms > 60000 ? 60000 : (int)wait_ms;
    CURLMcode code = curl_multi_poll(c->multi, wake_fd >= 0 ? &extra : NULL, wake_fd >= 0 ? 1 : 0,
                                     timeout_ms, ret_ready);
    if (code != CURLM_OK) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "http client: %s", curl_multi_strerror(code));
    }
    return TLC_OK;
}

/* A turn moves one buffer of each body: it takes more of them while the sockets are ready. */
int tlc_http_client_step(struct tlc_http_client *client, int64_t wait_ms, int wake_fd,
                         struct tlc_err *err)
{
    int64_t first_wait_ms = wait_ms > 0 ? wait_ms : 0;
    for (int i = 0;; i++) {
        size_t finished = 0;
        int rc = turn(client, &finished, err);
        if (rc != 0 || finished > 0 || i == TURNS_MAX) {
            return rc;
        }
        int ready = 0;
        rc = wait_for(client, i == 0 ? first_wait_ms : 0, i == 0 ? wake_fd : -1, &ready, err);
        if (rc != 0 || ready == 0) {
            return rc;
        }
    }
}

void tlc_http_client_wake(struct tlc_http_client *client)
{
    curl_multi_wakeup(client->multi);
}

size_t tlc_http_client_in_flight(const struct tlc_http_client *client)
{
    return client->active_n + client->queue_n;
}

void tlc_http_client_close(struct tlc_http_client **client)
{
    struct tlc_http_client *c = *client;
    if (c == NULL) {
        return;
    }
    for (size_t i = 0; i < c->slots_n; i++) {
        struct slot *s = &c->slots[i];
        if (s->active) {
            curl_multi_remove_handle(c->multi, s->easy);
            tlc_str_copy(s->error, sizeof(s->error), TLC_STR("the client is closing"));
            slot_finish(s, CURLE_ABORTED_BY_CALLBACK);
        }
    }
    while (c->queue_n > 0) {
        struct tlc_http_call call = c->queue[c->queue_from];
        c->queue_from = (c->queue_from + 1) % QUEUE_MAX;
        c->queue_n--;
        if (call.done != NULL) {
            call.done(call.ctx, 0, TLC_STR(""), -1, "the client is closing");
        }
    }
    for (size_t i = 0; i < c->slots_n; i++) {
        if (c->slots[i].active) { /* submitted by a done above */
            curl_multi_remove_handle(c->multi, c->slots[i].easy);
        }
        slot_release(&c->slots[i]);
    }
    curl_multi_cleanup(c->multi);
    curl_global_cleanup();
    free(c->queue);
    free(c->ca_file);
    free(c->authorization);
    free(c);
    *client = NULL;
}
