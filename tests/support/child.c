#include "tests/support/child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"

void child_start(struct child *c, const char *const *argv)
{
    const char *base = getenv("TMPDIR");
    memset(c, 0, sizeof *c);
    snprintf(c->out_path, sizeof c->out_path, "%s/tlc-child-XXXXXX", base ? base : "/tmp");
    int fd = mkstemp(c->out_path);
    assert(fd >= 0);
    c->pid = fork();
    assert(c->pid >= 0);
    if (c->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing running */
        int none = open("/dev/null", O_RDONLY);
        dup2(none, STDIN_FILENO);
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
        close(fd);
        close(none);
        execv(argv[0], (char *const *)(uintptr_t)argv);
        fprintf(stderr, "exec %s: %s\n", argv[0], strerror(errno));
        _exit(127);
    }
    close(fd);
}

void child_signal(const struct child *c, int signo)
{
    assert(c->pid > 0);
    kill(c->pid, signo);
}

static bool reap(struct child *c, int *ret_code)
{
    int status;
    if (waitpid(c->pid, &status, WNOHANG) != c->pid) {
        return false;
    }
    *ret_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    c->pid = 0;
    return true;
}

int child_wait(struct child *c)
{
    int code = 0;
    int64_t until = tlc_now_ms() + CHILD_DEADLINE_MS;
    while (!reap(c, &code)) {
        if (tlc_now_ms() > until) {
            fprintf(stderr, "did not end:\n%s\n", child_output(c));
            child_free(c);
            abort();
        }
        tlc_sleep_ms(2);
    }
    return code;
}

bool child_runs(struct child *c)
{
    int code;
    return c->pid > 0 && !reap(c, &code);
}

const char *child_output(struct child *c)
{
    int fd = open(c->out_path, O_RDONLY | O_CLOEXEC);
    assert(fd >= 0);
    ssize_t n = read(fd, c->text, sizeof c->text - 1);
    close(fd);
    c->text[n > 0 ? n : 0] = '\0';
    return c->text;
}

const char *child_expect(struct child *c, const char *text)
{
    int64_t until = tlc_now_ms() + CHILD_DEADLINE_MS;
    for (;;) {
        bool runs = child_runs(c);
        const char *at = strstr(child_output(c), text);
        if (at) {
            return at;
        }
        if (!runs || tlc_now_ms() > until) {
            fprintf(stderr, "no \"%s\" in:\n%s\n", text, c->text);
            child_free(c);
            abort();
        }
        tlc_sleep_ms(2);
    }
}

void child_free(struct child *c)
{
    if (c->pid > 0) {
        kill(c->pid, SIGKILL);
        waitpid(c->pid, NULL, 0);
        c->pid = 0;
    }
    unlink(c->out_path);
}

int64_t child_rss(const struct child *c)
{
    char path[64], line[256] = "";
    snprintf(path, sizeof path, "/proc/%d/statm", (int)c->pid);
    FILE *f = fopen(path, "re");
    assert(f);
    char *got = fgets(line, sizeof line, f);
    fclose(f);
    assert(got);
    return strtol(strchr(line, ' '), NULL, 10) * sysconf(_SC_PAGESIZE);
}
