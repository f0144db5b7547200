#include "tests/support/script_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEERS_MAX 32
#define REQUEST_MAX ((size_t)8 << 20)
#define HEAD_MAX 4096

struct peer {
    int fd; /* -1: free place */
    char *bytes;
    size_t n;
};

struct script_server {
    const struct script_row *rows;
    size_t rows_n;
    int listen_fd, end[2], port;
    struct peer peers[PEERS_MAX];
    _Atomic size_t requests, connections;
    char head[HEAD_MAX];
    pthread_t thread;
};

static void peer_close(struct peer *p)
{
    close(p->fd);
    free(p->bytes);
    *p = (struct peer){.fd = -1};
}

/* Length of the first whole request in the buffer, 0 while it is not whole. */
static size_t request_whole(const struct peer *p, size_t *ret_head)
{
    const char *end = p->n > 0 ? memmem(p->bytes, p->n, "\r\n\r\n", 4) : NULL;
    if (!end) {
        return 0;
    }
    *ret_head = (size_t)(end - p->bytes) + 4;
    const char *length = memmem(p->bytes, *ret_head, "Content-Length: ", 16);
    size_t body = length ? strtoul(length + 16, NULL, 10) : 0;
    return p->n >= *ret_head + body ? *ret_head + body : 0;
}

static void send_text(int fd, const char *text)
{
    (void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void send_stored(int fd, const char *body, size_t n)
{
    size_t lines = 0;
    for (size_t i = 0; i < n; i++) {
        lines += body[i] == '\n';
    }
    char json[64], text[256];
    int json_n = n > 0 ? snprintf(json, sizeof json, "{\"accepted\":%zu,\"refused\":0}", lines)
                       : snprintf(json, sizeof json, "{\"partitions\":4}");
    snprintf(text, sizeof text,
             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
             json_n, json);
    send_text(fd, text);
}

static void answer(struct script_server *s, struct peer *p, size_t head, size_t whole)
{
    size_t i = atomic_load(&s->requests);
    const struct script_row *row = &s->rows[i < s->rows_n ? i : s->rows_n - 1];
    size_t keep = head < HEAD_MAX - 1 ? head : HEAD_MAX - 1;
    memcpy(s->head, p->bytes, keep);
    s->head[keep] = '\0';
    atomic_store(&s->requests, i + 1); /* before the reply: who has it may look */
    if (row->action == SCRIPT_STORE) {
        send_stored(p->fd, p->bytes + head, whole - head);
    } else if (row->action != SCRIPT_SILENT) {
        send_text(p->fd, row->reply);
    }
    memmove(p->bytes, p->bytes + whole, p->n - whole);
    p->n -= whole;
    if (row->action == SCRIPT_CLOSE) {
        peer_close(p);
    }
}

static void peer_read(struct script_server *s, struct peer *p)
{
    p->bytes = realloc(p->bytes, p->n + 65536);
    assert(p->bytes && p->n < REQUEST_MAX);
    ssize_t got = recv(p->fd, p->bytes + p->n, 65536, 0);
    if (got <= 0) {
        peer_close(p);
        return;
    }
    p->n += (size_t)got;
    size_t head = 0, whole;
    while (p->fd >= 0 && (whole = request_whole(p, &head)) > 0) {
        answer(s, p, head, whole);
    }
}

static void accept_peer(struct script_server *s)
{
    int fd = accept(s->listen_fd, NULL, NULL);
    for (size_t i = 0; fd >= 0 && i < PEERS_MAX; i++) {
        if (s->peers[i].fd < 0) {
            s->peers[i].fd = fd;
            atomic_fetch_add(&s->connections, 1);
            return;
        }
    }
    fprintf(stderr, "more connections than the script's server takes\n");
    abort();
}

static void *serve(void *ctx)
{
    struct script_server *s = ctx;
    for (;;) {
        struct pollfd p[PEERS_MAX + 2] = {{.fd = s->end[0], .events = POLLIN},
                                          {.fd = s->listen_fd, .events = POLLIN}};
        for (size_t i = 0; i < PEERS_MAX; i++) {
            p[2 + i] = (struct pollfd){.fd = s->peers[i].fd, .events = POLLIN};
        }
        poll(p, PEERS_MAX + 2, -1);
        if (p[0].revents) {
            return NULL;
        }
        for (size_t i = 0; i < PEERS_MAX; i++) {
            if (p[2 + i].revents) {
                peer_read(s, &s->peers[i]);
            }
        }
        if (p[1].revents) {
            accept_peer(s);
        }
    }
}

struct script_server *script_server_new(const struct script_row *rows, size_t n)
{
    struct script_server *s = calloc(1, sizeof *s);
    assert(s && n > 0);
    s->rows = rows;
    s->rows_n = n;
    for (size_t i = 0; i < PEERS_MAX; i++) {
        s->peers[i].fd = -1;
    }
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t a_n = sizeof a;
    s->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = bind(s->listen_fd, (struct sockaddr *)&a, sizeof a) == 0 &&
              listen(s->listen_fd, 16) == 0 &&
              getsockname(s->listen_fd, (struct sockaddr *)&a, &a_n) == 0 && pipe(s->end) == 0;
    assert(ok);
    s->port = ntohs(a.sin_port);
    ok = pthread_create(&s->thread, NULL, serve, s) == 0;
    assert(ok);
    return s;
}

void script_server_free(struct script_server *s)
{
    (void)!write(s->end[1], "x", 1);
    pthread_join(s->thread, NULL);
    for (size_t i = 0; i < PEERS_MAX; i++) {
        if (s->peers[i].fd >= 0) {
            peer_close(&s->peers[i]);
        }
    }
    close(s->listen_fd);
    close(s->end[0]);
    close(s->end[1]);
    free(s);
}

int script_server_port(const struct script_server *s)
{
    return s->port;
}

size_t script_server_requests(const struct script_server *s)
{
    return atomic_load(&s->requests);
}

size_t script_server_connections(const struct script_server *s)
{
    return atomic_load(&s->connections);
}

const char *script_server_last_head(const struct script_server *s)
{
    return s->head;
}
