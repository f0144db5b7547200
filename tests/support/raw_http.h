/* HTTP by hand: any bytes to a loopback port, at any pace, and what comes back. */
#ifndef TLC_TESTS_SUPPORT_RAW_HTTP_H
#define TLC_TESTS_SUPPORT_RAW_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#define RAW_DEADLINE_MS 20000

struct raw_reply {
    int status; /* 0: the connection ended without a reply */
    char head[4096];
    char body[65536]; /* NUL-terminated, cut to its size */
    size_t body_n;
};

/* A connected socket, -1 when it is refused. */
int raw_connect(int port);
/* From that loopback address, 127.0.0.x: as another client. */
int raw_connect_from(const char *address, int port);
void raw_send(int fd, const char *bytes, size_t n);
void raw_text(int fd, const char *text);
/* One reply with its body (by Content-Length); 100 Continue is a reply of its own. */
struct raw_reply raw_read(int fd);
/* True when the other side closes before the deadline, whatever it sends. */
bool raw_closed(int fd);
/* One request over a connection of its own. head: request line and headers without the empty line;
 * a Content-Length is added when body is not NULL. */
struct raw_reply raw_ask(int port, const char *head, const char *body);
/* Value of a header into dst, "" when absent. */
const char *raw_header(const struct raw_reply *r, const char *name, char dst[256]);

#endif
