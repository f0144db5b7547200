/* Stands between libpq and PostgreSQL on a Unix socket and swallows the answer to a COMMIT.
 *
 * The COMMIT reaches the server and is answered there; then both connections are cut. One client at
 * a time. */
#ifndef TLC_TESTS_CONSUMER_STORE_COMMIT_PROXY_H
#define TLC_TESTS_CONSUMER_STORE_COMMIT_PROXY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct commit_proxy {
    char folder[64];       /* host= of the clients */
    char server_path[108]; /* the server's socket */
    int listen_fd;
    pthread_t thread;
    atomic_bool stop;
    atomic_int swallow; /* answers still to swallow */
    atomic_int pass;    /* COMMITs before that */
};

/* server_folder: host= of the real server. Fails the test when it cannot. */
void commit_proxy_open(struct commit_proxy *p, const char *server_folder);
void commit_proxy_close(struct commit_proxy *p);

#endif
