#include "common/base/clock.h"

#include <errno.h>
#include <time.h>

static int64_t read_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t tlc_now_ms(void)
{
    return read_ns(CLOCK_MONOTONIC) / 1000000;
}

int64_t tlc_now_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

int64_t tlc_wall_ms(void)
{
    return read_ns(CLOCK_REALTIME) / 1000000;
}

int64_t tlc_cpu_ns(void)
{
    return read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

void tlc_sleep_ms(int64_t ms)
{
    if (ms <= 0) {
        return;
    }
    struct timespec t = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    while (nanosleep(&t, &t) != 0 && errno == EINTR) {
    }
}
