#include "tests/integration/consumer-store/commit_proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/support/unit.h"

#define TICK_MS 20
#define SOCKET ".s.PGSQL.5432"

static int unix_socket(const char *path, struct sockaddr_un *ret_address)
{
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "%s", path);
    return socket(AF_UNIX, SOCK_STREAM, 0);
}

static bool pass(int from, int to, const char *data, ssize_t n)
{
    (void)from;
    for (ssize_t at = 0; at < n;) {
        ssize_t sent = send(to, data + at, (size_t)(n - at), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        at += sent;
    }
    return true;
}

/* A whole simple query 'Q' with the text COMMIT. */
static bool is_commit(const char *data, ssize_t n)
{
    static const char query[] = "Q\0\0\0\13COMMIT";
    return n >= (ssize_t)sizeof(query) &&
           memcmp(data + n - sizeof(query), query, sizeof(query)) == 0;
}

static void serve(struct commit_proxy *p, int client, int server)
{
    static char data[1 << 16];
    bool swallowing = false;
    while (!atomic_load(&p->stop)) {
        struct pollfd fds[] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
        if (poll(fds, 2, TICK_MS) <= 0) {
            continue;
        }
        if (fds[0].revents) {
            ssize_t n = recv(client, data, sizeof(data), 0);
            swallowing = n > 0 && is_commit(data, n) && atomic_load(&p->swallow) > 0 &&
                         atomic_fetch_sub(&p->pass, 1) <= 0;
            if (n <= 0 || !pass(client, server, data, n)) {
                return;
            }
        }
        if (fds[1].revents) {
            ssize_t n = recv(server, data, sizeof(data), 0);
            if (swallowing) {
                atomic_fetch_sub(&p->swallow, 1);
                return; /* it is committed, and nobody will know */
            }
            if (n <= 0 || !pass(server, client, data, n)) {
                return;
            }
        }
    }
}

static void *proxy_main(void *ctx)
{
    struct commit_proxy *p = ctx;
    while (!atomic_load(&p->stop)) {
        struct pollfd fd = {.fd = p->listen_fd, .events = POLLIN};
        if (poll(&fd, 1, TICK_MS) <= 0) {
            continue;
        }
        struct sockaddr_un address;
        int client = accept(p->listen_fd, NULL, NULL);
        int server = unix_socket(p->server_path, &address);
        if (client >= 0 && connect(server, (struct sockaddr *)&address, sizeof(address)) == 0) {
            serve(p, client, server);
        }
        close(client);
        close(server);
    }
    return NULL;
}

static void socket_path(char *dst, size_t size, const char *folder)
{
    snprintf(dst, size, "%s/" SOCKET, folder);
}

void commit_proxy_open(struct commit_proxy *p, const char *server_folder)
{
    struct sockaddr_un address;
    char path[108];
    memset(p, 0, sizeof(*p));
    snprintf(p->folder, sizeof(p->folder), "/tmp/tlc-proxy-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    socket_path(p->server_path, sizeof(p->server_path), server_folder);
    socket_path(path, sizeof(path), p->folder);
    p->listen_fd = unix_socket(path, &address);
    assert_int_equal(bind(p->listen_fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(p->listen_fd, 4), 0);
    assert_int_equal(pthread_create(&p->thread, NULL, proxy_main, p), 0);
}

void commit_proxy_close(struct commit_proxy *p)
{
    char path[108];
    atomic_store(&p->stop, true);
    pthread_join(p->thread, NULL);
    close(p->listen_fd);
    socket_path(path, sizeof(path), p->folder);
    unlink(path);
    rmdir(p->folder);
}
