#include "producer-client/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/event/codec_json.h"
#include "common/event/ny_time.h"

int input_open(struct input *in, const char *path, struct tlc_err *err)
{
    *in = (struct input){.path = path, .fd = -1, .event_s = INT64_MIN};
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return tlc_err_fatal(err, TLC_EXIT_NOINPUT,
                             "open %s: %s; make it with preprocess, or check the path", path,
                             strerror(errno));
    }
    in->fd = fd;
    struct stat st;
    if (fstat(fd, &st) != 0 || S_ISDIR(st.st_mode)) {
        input_close(in);
        return tlc_err_fatal(err, TLC_EXIT_NOINPUT, "%s is no file that can be read", path);
    }
    in->regular = S_ISREG(st.st_mode);
    in->size = in->regular ? (int64_t)st.st_size : 0;
    in->block = malloc(INPUT_BLOCK_BYTES);
    if (in->block == NULL) {
        input_close(in);
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "open %s: out of memory", path);
    }
    if (in->regular) {
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    return TLC_OK;
}

void input_close(struct input *in)
{
    if (in->fd > STDIN_FILENO) {
        close(in->fd);
    }
    free(in->block);
    in->fd = -1;
    in->block = NULL;
}

/* Reads further bytes behind those in the block. *ret_waits: nothing there now. */
static int fill(struct input *in, bool *ret_waits, struct tlc_err *err)
{
    *ret_waits = false;
    if (in->from > 0) {
        memmove(in->block, in->block + in->from, in->n - in->from);
        in->n -= in->from;
        in->from = 0;
    }
    struct pollfd p = {.fd = in->fd, .events = POLLIN};
    if (!in->regular && poll(&p, 1, 0) == 0) {
        *ret_waits = true;
        return TLC_OK;
    }
    ssize_t got = read(in->fd, in->block + in->n, INPUT_BLOCK_BYTES - in->n);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        *ret_waits = errno == EAGAIN;
        return TLC_OK;
    }
    if (got < 0) {
        return tlc_err_fatal(err, TLC_EXIT_IO, "read %s: %s", in->path, strerror(errno));
    }
    in->at_end = got == 0;
    in->n += (size_t)got;
    return TLC_OK;
}

int input_skip(struct input *in, int64_t offset, int64_t line_no, int64_t event_s,
               struct tlc_err *err)
{
    if (in->regular && lseek(in->fd, (off_t)offset, SEEK_SET) < 0) {
        return tlc_err_fatal(err, TLC_EXIT_IO, "seek in %s: %s", in->path, strerror(errno));
    }
    int64_t left = in->regular ? 0 : offset;
    while (left > 0) {
        ssize_t got = read(in->fd, in->block,
                           left < (int64_t)INPUT_BLOCK_BYTES ? (size_t)left : INPUT_BLOCK_BYTES);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return tlc_err_fatal(err, TLC_EXIT_DATA,
                                 "%s ends before the place where the resume file stands; is it "
                                 "the same input?",
                                 in->path);
        }
        left -= got;
    }
    in->offset = offset;
    in->line_no = line_no;
    in->event_s = event_s;
    return TLC_OK;
}

static bool digits2(const char *p, int *ret)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9') {
        return false;
    }
    *ret = (p[0] - '0') * 10 + (p[1] - '0');
    return true;
}

/* "2024-01-01": its midnight as if UTC. Most lines have the date of the one before. */
static bool scan_date(struct input_scan *scan, const char *p, int64_t *ret_s)
{
    if (memcmp(p, scan->date, sizeof(scan->date)) == 0) {
        *ret_s = scan->date_s;
        return true;
    }
    int64_t wall_s = 0;
    char text[20];
    memcpy(text, p, 10);
    memcpy(text + 10, " 00:00:00", 9);
    if (!tlc_wall_parse((struct tlc_str){text, 19}, &wall_s)) {
        return false;
    }
    memcpy(scan->date, p, sizeof(scan->date));
    scan->date_s = wall_s;
    *ret_s = wall_s;
    return true;
}

/* "2024-01-01T00:12:34-05:00" */
static bool scan_time(struct input_scan *scan, const char *p, int64_t *ret_s)
{
    int h = 0, m = 0, s = 0, off_h = 0, off_m = 0;
    int64_t date_s = 0;
    if (p[10] != 'T' || p[13] != ':' || p[16] != ':' || p[22] != ':' ||
        (p[19] != '-' && p[19] != '+') || !digits2(p + 11, &h) || !digits2(p + 14, &m) ||
        !digits2(p + 17, &s) || !digits2(p + 20, &off_h) || !digits2(p + 23, &off_m) || h > 23 ||
        m > 59 || s > 59 || !scan_date(scan, p, &date_s)) {
        return false;
    }
    int offset_s = (off_h * 60 + off_m) * 60;
    *ret_s = date_s + (h * 60 + m) * 60 + s + (p[19] == '-' ? offset_s : -offset_s);
    return true;
}

static bool skip_text(const char **p, const char *end, struct tlc_str text)
{
    if ((size_t)(end - *p) < text.n || memcmp(*p, text.p, text.n) != 0) {
        return false;
    }
    *p += text.n;
    return true;
}

static bool scan_canonical(struct input_scan *scan, struct tlc_str line, int64_t *ret_event_s,
                           int64_t *ret_trip_id)
{
    const char *p = line.p, *end = line.p + line.n;
    if (!skip_text(&p, end, TLC_STR("{\"TripID\":"))) {
        return false;
    }
    int64_t id = 0;
    const char *digits = p;
    for (; p < end && *p >= '0' && *p <= '9' && p - digits < 17; p++) {
        id = id * 10 + (*p - '0');
    }
    if (p == digits || !skip_text(&p, end, TLC_STR(",\"VendorID\":"))) {
        return false;
    }
    while (p < end && *p >= '0' && *p <= '9') {
        p++;
    }
    if (!skip_text(&p, end, TLC_STR(",\"Datetime\":\"")) || end - p < TLC_NY_TEXT_N + 1 ||
        p[TLC_NY_TEXT_N] != '"' || !scan_time(scan, p, ret_event_s)) {
        return false;
    }
    *ret_trip_id = id;
    return true;
}

bool input_scan_line(struct input_scan *scan, struct tlc_str line, int64_t *ret_event_s,
                     int64_t *ret_trip_id)
{
    if (scan_canonical(scan, line, ret_event_s, ret_trip_id)) {
        return true;
    }
    struct tlc_event e;
    enum tlc_rule rule;
    const char *at;
    enum tlc_json_kind kind = tlc_json_decode(line, &e, &rule, &at);
    if (kind != TLC_JSON_EVENT && kind != TLC_JSON_REWRITTEN) {
        return false;
    }
    *ret_event_s = e.at_s;
    *ret_trip_id = e.trip_id;
    return true;
}

/* Takes n bytes and the line feed behind them (if any) as the current line; false when it is blank.
 */
static bool take_line(struct input *in, size_t n, bool has_feed)
{
    in->line = (struct tlc_str){in->block + in->from, n};
    in->from += n + (has_feed ? 1 : 0);
    in->offset += (int64_t)n + (has_feed ? 1 : 0);
    in->line_no++;
    if (n == 0 || (in->line.p[0] != '{' && tlc_str_trim(in->line).n == 0)) {
        return false;
    }
    if (!input_scan_line(&in->scan, in->line, &in->event_s, &in->trip_id)) {
        in->trip_id = 0;
        in->undecoded_n++;
    }
    return true;
}

int input_next(struct input *in, enum input_state *ret_state, struct tlc_err *err)
{
    for (;;) {
        size_t have = in->n - in->from;
        const char *feed = have > 0 ? memchr(in->block + in->from, '\n', have) : NULL;
        size_t n = feed != NULL ? (size_t)(feed - (in->block + in->from)) : have;
        if (n > INPUT_LINE_MAX) {
            return tlc_err_fatal(err, TLC_EXIT_DATA,
                                 "%s: line %lld is longer than 64 KiB; is it an events file?",
                                 in->path, (long long)in->line_no + 1);
        }
        if (feed != NULL || (in->at_end && have > 0)) {
            if (take_line(in, n, feed != NULL)) {
                *ret_state = INPUT_LINE;
                return TLC_OK;
            }
            continue;
        }
        if (in->at_end) {
            *ret_state = INPUT_END;
            return TLC_OK;
        }
        bool waits = false;
        int rc = fill(in, &waits, err);
        if (rc != 0 || waits) {
            *ret_state = INPUT_WAIT;
            return rc;
        }
    }
}
