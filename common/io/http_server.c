#include "common/io/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/io/http_server_internal.h"

#define PEM_MAX (1 << 20)
#define REQUEST_MS_DEFAULT 30000

static const struct tlc_counter_def http_defs[] = {HTTP_COUNTERS(TLC_COUNTER_DEF)};

/* --- listening --- */

/* "127.0.0.1:8080", "[::1]:8080" */
static bool split_address(const char *listen, char host[256], char port[16])
{
    const char *colon = strrchr(listen, ':');
    if (!colon || colon == listen) {
        return false;
    }
    struct tlc_str h = {listen, (size_t)(colon - listen)};
    if (h.p[0] == '[') {
        if (h.p[h.n - 1] != ']') {
            return false;
        }
        h = (struct tlc_str){h.p + 1, h.n - 2};
    } else if (memchr(h.p, ':', h.n)) {
        return false;
    }
    struct tlc_str p = tlc_str_from(colon + 1);
    int64_t number;
    return tlc_str_to_i64(p, 0, 65535, &number) && tlc_str_copy(port, 16, p) &&
           tlc_str_copy(host, 256, h);
}

static bool is_loopback(const struct sockaddr *a)
{
    if (a->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)a;
        return (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
    }
    const struct sockaddr_in6 *v6 = (const void *)a;
    return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

static int listen_on(struct tlc_http_server *s, const char *listen_text, const struct addrinfo *a,
                     struct tlc_err *err)
{
    s->listen_fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->listen_fd < 0) {
        return tlc_err_fatal(err, TLC_EXIT_UNAVAILABLE, "listen on %s: %s", listen_text,
                             strerror(errno));
    }
    int on = 1;
    setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(s->listen_fd, a->ai_addr, a->ai_addrlen) != 0 || listen(s->listen_fd, 1024) != 0) {
        const char *remedy = errno == EADDRINUSE
                                 ? "; stop what runs there or choose another port with --listen"
                                 : "";
        return tlc_err_fatal(err, TLC_EXIT_UNAVAILABLE, "listen on %s: %s%s", listen_text,
                             strerror(errno), remedy);
    }
    struct sockaddr_storage bound;
    socklen_t n = sizeof bound;
    if (getsockname(s->listen_fd, (struct sockaddr *)&bound, &n) == 0) {
        s->port = bound.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)&bound)->sin_port)
                                             : ntohs(((struct sockaddr_in6 *)&bound)->sin6_port);
    }
    return 0;
}

static int open_listener(struct tlc_http_server *s, const struct tlc_http_server_options *o,
                         struct tlc_err *err)
{
    char host[256], port[16];
    if (!split_address(o->listen, host, port)) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE,
                             "listen on \"%s\": must be ADDRESS:PORT, like 127.0.0.1:8080",
                             o->listen);
    }
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *list = NULL;
    int rc = getaddrinfo(host, port, &hints, &list);
    if (rc != 0) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE, "listen on \"%s\": %s", o->listen,
                             gai_strerror(rc));
    }
    if (!is_loopback(list->ai_addr) && !o->token_file && !o->insecure) {
        rc = tlc_err_fatal(err, TLC_EXIT_CONFIG,
                           "listen on %s: beyond this machine only with --token-file, or with "
                           "--insecure if anyone may write",
                           o->listen);
    } else {
        rc = listen_on(s, o->listen, list, err);
    }
    freeaddrinfo(list);
    return rc;
}

/* Every connection is a descriptor; the soft limit of 1024 is for programs that use select. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* --- open, close --- */

static int start_daemon(struct tlc_http_server *s, const struct tlc_http_server_options *o,
                        struct tlc_err *err)
{
    struct tlc_buf cert, key;
    tlc_buf_init(&cert, PEM_MAX);
    tlc_buf_init(&key, PEM_MAX);
    int rc = 0;
    if (s->tls) {
        rc = tlc_file_load(o->tls_cert, &cert, err);
        rc = rc == 0 ? tlc_file_load(o->tls_key, &key, err) : rc;
    }
    if (rc == 0) {
        rc = http_daemon_start(s, o->threads, tlc_buf_cstr(&cert), tlc_buf_cstr(&key), err);
    }
    if (key.p) {
        explicit_bzero(key.p, key.cap);
    }
    tlc_buf_release(&cert);
    tlc_buf_release(&key);
    return rc;
}

static int open_all(struct tlc_http_server *s, const struct tlc_http_server_options *o,
                    struct tlc_err *err)
{
    if (!o->tls_cert != !o->tls_key) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE,
                             "TLS needs both, --tls-cert and --tls-key; one is missing");
    }
    s->tls = o->tls_cert != NULL;
    raise_descriptor_limit();
    int rc = http_tokens_load(&s->tokens, err);
    rc = rc == 0 ? open_listener(s, o, err) : rc;
    rc = rc == 0 ? start_daemon(s, o, err) : rc;
    if (rc != 0) {
        return rc;
    }
    s->reaper_fd = eventfd(0, EFD_CLOEXEC);
    s->reaper_runs =
        s->reaper_fd >= 0 && pthread_create(&s->reaper, NULL, http_reaper_main, s) == 0;
    if (!s->reaper_runs) {
        return tlc_err_set(err, TLC_FATAL, "http server: cannot start a thread: %s",
                           strerror(errno));
    }
    return 0;
}

int tlc_http_server_open(const struct tlc_http_server_options *options,
                         const struct tlc_http_route *routes, size_t routes_n,
                         struct tlc_http_server **ret_server, struct tlc_err *err)
{
    struct tlc_http_server *s = calloc(1, sizeof *s);
    if (!s) {
        return tlc_err_set(err, TLC_FATAL, "http server: out of memory");
    }
    s->routes = routes;
    s->routes_n = routes_n;
    s->listen_fd = -1;
    s->reaper_fd = -1;
    s->idle_ms = options->idle_ms;
    s->request_ms = options->request_ms > 0 ? options->request_ms : REQUEST_MS_DEFAULT;
    s->connections_max = options->connections_max;
    s->tokens.path = options->token_file;
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->tokens.lock, NULL);
    tlc_counters_init(&s->counters, http_defs, HTTP_COUNTER_N);
    int rc = open_all(s, options, err);
    if (rc != 0) {
        tlc_http_server_close(&s);
        return rc;
    }
    *ret_server = s;
    return 0;
}

void tlc_http_server_quiesce(struct tlc_http_server *server)
{
    if (!atomic_exchange(&server->quiesced, true)) {
        MHD_quiesce_daemon(server->daemon);
        close(server->listen_fd); /* ours again: new connections are refused from here on */
        server->listen_fd = -1;
    }
}

void tlc_http_server_close(struct tlc_http_server **server)
{
    struct tlc_http_server *s = *server;
    if (!s) {
        return;
    }
    *server = NULL;
    if (s->daemon) {
        tlc_http_server_quiesce(s);
        http_streams_end(s);
        MHD_stop_daemon(s->daemon);
    } else if (s->listen_fd >= 0) {
        close(s->listen_fd);
    }
    if (s->reaper_runs) {
        uint64_t one = 1;
        (void)!write(s->reaper_fd, &one, sizeof one);
        pthread_join(s->reaper, NULL);
    }
    if (s->reaper_fd >= 0) {
        close(s->reaper_fd);
    }
    for (size_t i = 0; i < s->spare_n; i++) {
        tlc_buf_release(&s->spare[i]);
    }
    http_tokens_release(&s->tokens);
    pthread_mutex_destroy(&s->tokens.lock);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

int tlc_http_server_port(const struct tlc_http_server *server)
{
    return server->port;
}

int tlc_http_server_reload_tokens(struct tlc_http_server *server, struct tlc_err *err)
{
    return http_tokens_load(&server->tokens, err);
}

const struct tlc_counters *tlc_http_server_counters(const struct tlc_http_server *server)
{
    return &server->counters;
}
