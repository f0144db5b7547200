/* Being asked to stop: SIGINT and SIGTERM.
 *
 * tlc_stop_init blocks the signals and starts one thread that waits for them; call it first in
 * main, before any library starts a thread. The first signal sets the flag and makes the descriptor
 * readable; the second ends the process at once with 128 + signal. SIGPIPE is ignored. SIGHUP,
 * SIGUSR1 and SIGUSR2 can be given a handler: it runs on that thread, not in signal context, so it
 * may do anything that is safe between threads. */
#ifndef TLC_BASE_STOP_H
#define TLC_BASE_STOP_H

#include <stdbool.h>
#include <stdint.h>

void tlc_stop_init(void);
bool tlc_stop_asked(void);
/* Asks from within, as a signal would. */
void tlc_stop_ask(void);
/* Becomes readable when a stop is asked; for poll and epoll. Never read from it. */
int tlc_stop_fd(void);
/* Waits up to ms; true as soon as a stop is asked. */
bool tlc_stop_wait(int64_t ms);
/* signo: SIGHUP, SIGUSR1 or SIGUSR2. Before tlc_stop_init. */
void tlc_stop_on_signal(int signo, void (*fn)(void *ctx), void *ctx);

#endif
