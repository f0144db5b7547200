/* Time, as something that can be replaced in a test.
 *
 * now_ms: monotonic milliseconds, for pacing and time-outs (never shown, never stored). wall_ms:
 * milliseconds since the epoch UTC, for people and logs. Event time is neither: it comes with the
 * data. */
#ifndef TLC_BASE_CLOCK_H
#define TLC_BASE_CLOCK_H

#include <stdint.h>

int64_t tlc_now_ms(void);
int64_t tlc_now_ns(void);
int64_t tlc_wall_ms(void);
/* CPU time this process has used, user and system, in nanoseconds. */
int64_t tlc_cpu_ns(void);
/* Sleeps without a wake-up by signals; tlc_stop_wait (stop.h) is what a loop wants. */
void tlc_sleep_ms(int64_t ms);

#endif
