/* A program under test: started with its output in a temp file, ended by its pid and no other way.
 */
#ifndef TLC_TESTS_SUPPORT_CHILD_H
#define TLC_TESTS_SUPPORT_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CHILD_TEXT_MAX 65536
#define CHILD_DEADLINE_MS 30000

struct child {
    pid_t pid; /* 0: not running */
    char out_path[256];
    char text[CHILD_TEXT_MAX]; /* what child_output read last */
};

/* argv as for execv, NULL at its end. A failure ends the test. */
void child_start(struct child *c, const char *const *argv);
void child_signal(const struct child *c, int signo);
/* Its exit code, or 128 + signal. Waits until the deadline, then ends it by force and the test too.
 */
int child_wait(struct child *c);
bool child_runs(struct child *c);
/* Standard output and error so far, in the order written. */
const char *child_output(struct child *c);
/* Waits until the output holds that text; returns where it stands. */
const char *child_expect(struct child *c, const char *text);
/* kill -9 when it still runs; removes the output. */
void child_free(struct child *c);
/* Resident memory in bytes. */
int64_t child_rss(const struct child *c);

#endif
