#include "common/base/stop.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/clock.h"

struct handler {
    int signo;
    void (*fn)(void *ctx);
    void *ctx;
};

static struct handler handlers[] = {
    {SIGHUP, NULL, NULL}, {SIGUSR1, NULL, NULL}, {SIGUSR2, NULL, NULL}};
#define HANDLER_N (sizeof(handlers) / sizeof(handlers[0]))

static atomic_bool asked;
static int stop_fd = -1;
static sigset_t waited;

static void run_handler(int signo)
{
    for (size_t i = 0; i < HANDLER_N; i++) {
        if (handlers[i].signo == signo && handlers[i].fn != NULL) {
            handlers[i].fn(handlers[i].ctx);
        }
    }
}

static void *wait_signals(void *ctx)
{
    (void)ctx;
    for (;;) {
        int signo = 0;
        if (sigwait(&waited, &signo) != 0) {
            continue;
        }
        if (signo != SIGINT && signo != SIGTERM) {
            run_handler(signo);
            continue;
        }
        if (tlc_stop_asked()) {
            _exit(128 + signo);
        }
        tlc_stop_ask();
    }
    return NULL;
}

void tlc_stop_init(void)
{
    if (stop_fd >= 0) {
        return;
    }
    stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    sigemptyset(&waited);
    sigaddset(&waited, SIGINT);
    sigaddset(&waited, SIGTERM);
    for (size_t i = 0; i < HANDLER_N; i++) {
        if (handlers[i].fn != NULL) {
            sigaddset(&waited, handlers[i].signo);
        }
    }
    pthread_sigmask(SIG_BLOCK, &waited, NULL);
    signal(SIGPIPE, SIG_IGN);

    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_t thread;
    int failed = pthread_create(&thread, &attr, wait_signals, NULL);
    pthread_attr_destroy(&attr);
    if (stop_fd < 0 || failed != 0) {
        abort(); /* no descriptor or thread at the very start: nothing would work */
    }
}

bool tlc_stop_asked(void)
{
    return atomic_load(&asked);
}

void tlc_stop_ask(void)
{
    atomic_store(&asked, true);
    if (stop_fd >= 0) {
        uint64_t one = 1;
        ssize_t n = write(stop_fd, &one, sizeof(one));
        (void)n; /* full means readable already */
    }
}

int tlc_stop_fd(void)
{
    return stop_fd;
}

bool tlc_stop_wait(int64_t ms)
{
    int64_t until = tlc_now_ms() + ms;
    while (!tlc_stop_asked()) {
        int64_t left = until - tlc_now_ms();
        if (left <= 0) {
            break;
        }
        struct pollfd p = {.fd = stop_fd, .events = POLLIN};
        int wait_ms = left > 60000 ? 60000 : (int)left;
        if (poll(&p, 1, wait_ms) < 0 && errno != EINTR) {
            break;
        }
    }
    return tlc_stop_asked();
}

void tlc_stop_on_signal(int signo, void (*fn)(void *ctx), void *ctx)
{
    for (size_t i = 0; i < HANDLER_N; i++) {
        if (handlers[i].signo == signo) {
            handlers[i].fn = fn;
            handlers[i].ctx = ctx;
        }
    }
}
