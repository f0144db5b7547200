/* An HTTP server that answers by a script, for clients to be tested against: any bytes, cut, late
 * or never.
 *
 * One thread of its own on a free loopback port. The script's rows answer the requests in the order
 * of their arrival, the last row all further ones. Counters may be read at any time. */
#ifndef TLC_TESTS_SUPPORT_SCRIPT_SERVER_H
#define TLC_TESTS_SUPPORT_SCRIPT_SERVER_H

#include <stdatomic.h>
#include <stddef.h>

enum script_action {
    SCRIPT_KEEP,   /* sends reply, keeps the connection */
    SCRIPT_CLOSE,  /* sends reply (perhaps half of one), closes */
    SCRIPT_SILENT, /* sends nothing and keeps the connection open */
    SCRIPT_STORE,  /* 200 with "accepted" = lines of the body, or partitions for a close mark */
};

struct script_row {
    enum script_action action;
    const char *reply; /* raw, headers and all */
};

struct script_server;

/* rows are borrowed. Never NULL: a failure ends the test. */
struct script_server *script_server_new(const struct script_row *rows, size_t n);
void script_server_free(struct script_server *s);
int script_server_port(const struct script_server *s);
size_t script_server_requests(const struct script_server *s);
size_t script_server_connections(const struct script_server *s);
/* Head of the last request, NUL-terminated; valid until the next one. */
const char *script_server_last_head(const struct script_server *s);

#endif
