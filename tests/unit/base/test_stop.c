#include "tests/unit/base/unit.h"

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "common/base/clock.h"
#include "common/base/stop.h"

static atomic_int reloads;

static void count_reload(void *ctx)
{
    atomic_fetch_add((atomic_int *)ctx, 1);
}

/* Runs in a child, so that each case has a process of its own: returns the wait status. */
static int in_child(void (*fn)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        fn();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void child_first_signal(void)
{
    tlc_stop_on_signal(SIGHUP, count_reload, &reloads);
    tlc_stop_init();
    kill(getpid(), SIGHUP);
    int64_t until = tlc_now_ms() + 10000;
    while (atomic_load(&reloads) == 0 && tlc_now_ms() < until) {
        tlc_sleep_ms(1);
    }
    bool early = tlc_stop_asked();
    kill(getpid(), SIGTERM);
    bool asked = tlc_stop_wait(10000);
    struct pollfd p = {.fd = tlc_stop_fd(), .events = POLLIN};
    bool readable = poll(&p, 1, 10000) == 1;
    _exit(atomic_load(&reloads) == 1 && !early && asked && readable ? 0 : 1);
}

static void first_signal__asks__hup_calls_its_handler(void **state)
{
    (void)state;
    int status = in_child(child_first_signal);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void child_two_signals(void)
{
    tlc_stop_init();
    kill(getpid(), SIGINT);
    if (!tlc_stop_wait(10000)) {
        _exit(1);
    }
    kill(getpid(), SIGINT);
    tlc_sleep_ms(10000);
    _exit(2);
}

static void second_signal__ends_at_once(void **state)
{
    (void)state;
    int status = in_child(child_two_signals);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 128 + SIGINT);
}

static void child_wait(void)
{
    tlc_stop_init();
    bool before = tlc_stop_wait(1);
    tlc_stop_ask();
    _exit(!before && tlc_stop_wait(0) && tlc_stop_wait(10000) ? 0 : 1);
}

static void ask__from_within__wait_returns(void **state)
{
    (void)state;
    int status = in_child(child_wait);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_signal__asks__hup_calls_its_handler),
        cmocka_unit_test(second_signal__ends_at_once),
        cmocka_unit_test(ask__from_within__wait_returns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
