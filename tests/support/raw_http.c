#include "tests/support/raw_http.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

int raw_connect(int port)
{
    return raw_connect_from("127.0.0.1", port);
}

int raw_connect_from(const char *address, int port)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert(fd >= 0);
    int known = inet_pton(AF_INET, address, &from.sin_addr);
    int bound = bind(fd, (struct sockaddr *)&from, sizeof from);
    assert(known == 1 && bound == 0);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* A server may close while we send: then its reply matters, not our bytes. */
void raw_send(int fd, const char *bytes, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t sent = send(fd, bytes + at, n - at, MSG_NOSIGNAL);
        if (sent <= 0) {
            return;
        }
        at += (size_t)sent;
    }
}

void raw_text(int fd, const char *text)
{
    raw_send(fd, text, strlen(text));
}

/* 1 byte at a time for the head, so that nothing of the next reply is taken. */
static ssize_t read_some(int fd, char *dst, size_t n)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int ready = poll(&p, 1, RAW_DEADLINE_MS);
    assert(ready == 1); /* a reply or an end comes before the deadline */
    return recv(fd, dst, n, 0);
}

struct raw_reply raw_read(int fd)
{
    struct raw_reply r = {.status = 0};
    size_t n = 0;
    while (n < sizeof r.head - 1 && !strstr(r.head, "\r\n\r\n")) {
        if (read_some(fd, r.head + n, 1) <= 0) {
            return r;
        }
        n++;
    }
    char length[256];
    int status = (int)strtol(r.head + strlen("HTTP/1.1 "), NULL, 10);
    size_t want = strtoul(raw_header(&r, "Content-Length", length), NULL, 10);
    assert(want < sizeof r.body);
    while (status >= 200 && r.body_n < want) {
        ssize_t got = read_some(fd, r.body + r.body_n, want - r.body_n);
        if (got <= 0) {
            return r;
        }
        r.body_n += (size_t)got;
    }
    r.status = status;
    return r;
}

bool raw_closed(int fd)
{
    char bytes[4096];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (poll(&p, 1, RAW_DEADLINE_MS) == 1) {
        if (recv(fd, bytes, sizeof bytes, 0) <= 0) {
            return true;
        }
    }
    return false;
}

struct raw_reply raw_ask(int port, const char *head, const char *body)
{
    struct raw_reply none = {.status = 0};
    int fd = raw_connect(port);
    if (fd < 0) {
        return none;
    }
    char text[4096];
    raw_text(fd, head);
    if (body) {
        snprintf(text, sizeof text, "\r\nContent-Length: %zu", strlen(body));
        raw_text(fd, text);
    }
    raw_text(fd, "\r\nHost: test\r\n\r\n");
    if (body) {
        raw_text(fd, body);
    }
    struct raw_reply r = raw_read(fd);
    close(fd);
    return r;
}

const char *raw_header(const struct raw_reply *r, const char *name, char dst[256])
{
    size_t n = strlen(name);
    dst[0] = '\0';
    for (const char *line = strstr(r->head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, n) == 0 && line[2 + n] == ':') {
            snprintf(dst, 256, "%.*s", (int)strcspn(line + 4 + n, "\r"), line + 4 + n);
            break;
        }
    }
    return dst;
}
