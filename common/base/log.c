#include "common/base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"

#define LINE_MAX_BYTES 2048
#define WINDOW_MS 10000
#define WINDOW_LINES 10
#define EVENTS_MAX 64 /* distinct events watched at once; further ones share by hash */

struct seen {
    char event[40];
    int64_t since_ms;
    int64_t lines;      /* in this window */
    int64_t suppressed; /* of them */
};

static const char *program_name = "tlc";
static enum tlc_level level_min = TLC_INFO;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct seen seen_table[EVENTS_MAX];
static const char *const level_names[] = {"debug", "info", "warn", "error"};

void tlc_log_init(const char *name, enum tlc_level min_level)
{
    program_name = name;
    level_min = min_level;
}

bool tlc_log_level_parse(struct tlc_str s, enum tlc_level *ret_level)
{
    for (size_t i = 0; i < TLC_COUNT(level_names); i++) {
        if (tlc_str_eq_nocase(s, tlc_str_from(level_names[i]))) {
            *ret_level = (enum tlc_level)i;
            return true;
        }
    }
    return false;
}

/* FNV-1a (G. Fowler, L. Noll, P. Vo). */
static uint32_t hash(const char *s)
{
    uint32_t h = 2166136261u;
    for (; *s != '\0'; s++) {
        h = (h ^ (uint8_t)*s) * 16777619u;
    }
    return h;
}

/* Whether this line may be written; *ret_told is what an ended window left out. */
static bool admit(const char *event, int64_t now_ms, int64_t *ret_told)
{
    struct seen *s = &seen_table[hash(event) % EVENTS_MAX];
    *ret_told = 0;
    if (strncmp(s->event, event, sizeof(s->event) - 1) != 0 || now_ms - s->since_ms >= WINDOW_MS) {
        if (strncmp(s->event, event, sizeof(s->event) - 1) == 0) {
            *ret_told = s->suppressed;
        }
        tlc_str_copy(s->event, sizeof(s->event), tlc_str_from(event));
        s->since_ms = now_ms;
        s->lines = 0;
        s->suppressed = 0;
    }
    if (++s->lines > WINDOW_LINES) {
        s->suppressed++;
        return false;
    }
    return true;
}

static size_t put_head(char *line, size_t size, enum tlc_level level, const char *event)
{
    int64_t ms = tlc_wall_ms();
    time_t t = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&t, &tm);
    int n = snprintf(line, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %s %s event=%.40s",
                     tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                     (int)(ms % 1000), level_names[level], program_name, event);
    return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

void tlc_log(enum tlc_level level, const char *event, const char *fmt, ...)
{
    if (level < level_min) {
        return;
    }
    int64_t told = 0;
    pthread_mutex_lock(&lock);
    bool admitted = admit(event, tlc_now_ms(), &told);
    pthread_mutex_unlock(&lock);
    if (!admitted) {
        return;
    }
    char line[LINE_MAX_BYTES];
    size_t n = put_head(line, sizeof(line), level, event);
    if (fmt[0] != '\0' && n + 2 < sizeof(line)) {
        line[n++] = ' ';
        va_list args;
        va_start(args, fmt);
        int more = vsnprintf(line + n, sizeof(line) - n, fmt, args);
        va_end(args);
        size_t room = sizeof(line) - n - 1;
        n += more < 0 ? 0 : (size_t)more < room ? (size_t)more : room;
    }
    if (told > 0 && n + 32 < sizeof(line)) {
        n += (size_t)snprintf(line + n, sizeof(line) - n, " suppressed=%lld", (long long)told);
    }
    for (size_t i = 0; i < n; i++) {
        if (line[i] == '\n' || line[i] == '\r') {
            line[i] = ' ';
        }
    }
    n = n < sizeof(line) ? n : sizeof(line) - 1;
    line[n++] = '\n';
    /* One write: lines of several threads and processes do not mix. */
    ssize_t w = write(STDERR_FILENO, line, n);
    (void)w;
}
