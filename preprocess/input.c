#include "preprocess/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/stop.h"

const char *input_name(const struct input *in)
{
    return strcmp(in->path, "-") == 0 ? "standard input" : in->path;
}

/* A pipe may stay silent for ever: waits until it speaks or a stop is asked. */
static int wait_for_pipe(const struct input *in, struct tlc_err *err)
{
    struct pollfd fds[] = {{.fd = in->fd, .events = POLLIN},
                           {.fd = tlc_stop_fd(), .events = POLLIN}};
    while (poll(fds, 2, -1) < 0) {
        if (errno != EINTR) {
            return tlc_err_fatal(err, TLC_EXIT_IO, "%s: waiting: %s", input_name(in),
                                 strerror(errno));
        }
    }
    return fds[1].revents != 0 ? tlc_err_set(err, TLC_STOP, "stopped") : 0;
}

/* Stored bytes, counted and hashed. */
static int read_stored(struct input *in, void *dst, size_t n, size_t *ret_n, struct tlc_err *err)
{
    ssize_t r;
    int rc = in->regular ? 0 : wait_for_pipe(in, err);
    if (rc != 0) {
        return rc;
    }
    do {
        r = read(in->fd, dst, n);
    } while (r < 0 && errno == EINTR);
    if (r < 0) {
        return tlc_err_fatal(err, TLC_EXIT_IO, "%s: reading: %s", input_name(in), strerror(errno));
    }
    if (r == 0 && in->regular && in->read_bytes < in->size_bytes) {
        return tlc_err_fatal(err, TLC_EXIT_IO,
                             "%s: ended after %lld of %lld bytes: it was cut while it was read",
                             input_name(in), (long long)in->read_bytes, (long long)in->size_bytes);
    }
    in->ended = r == 0;
    in->read_bytes += r;
    sha256_add(&in->sha, dst, (size_t)r);
    *ret_n = (size_t)r;
    return 0;
}

static int refill(struct input *in, struct tlc_err *err)
{
    in->at = in->have = 0;
    while (in->have < 4096 && !in->ended) { /* a pipe gives what it likes */
        size_t n;
        int rc = read_stored(in, in->chunk + in->have, INPUT_CHUNK - in->have, &n, err);
        if (rc != 0) {
            return rc;
        }
        in->have += n;
    }
    return 0;
}

static bool begins(const struct input *in, const char *bytes, size_t n)
{
    return in->have >= n && memcmp(in->chunk, bytes, n) == 0;
}

static int check_parquet(const struct input *in, struct tlc_err *err)
{
    char end[4] = {0};
    if (!in->regular) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE,
                             "%s: Parquet cannot be read from a pipe: name the file",
                             input_name(in));
    }
    if (pread(in->fd, end, sizeof end, in->size_bytes - (off_t)sizeof end) < 0) {
        return tlc_err_fatal(err, TLC_EXIT_IO, "%s: reading: %s", input_name(in), strerror(errno));
    }
    return memcmp(end, "PAR1", sizeof end) == 0
               ? 0
               : tlc_err_fatal(err, TLC_EXIT_DATA,
                               "%s: is truncated Parquet (it does not end with PAR1): fetch it "
                               "again",
                               input_name(in));
}

static bool named(const struct input *in, const char *ending)
{
    const size_t n = strlen(in->path), ending_n = strlen(ending);
    return n >= ending_n && strcasecmp(in->path + n - ending_n, ending) == 0;
}

/* What is known and not read, with what turns it into what is. */
static int refuse_format(const struct input *in, struct tlc_err *err)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *text;
    } formats[] = {
        {"PK\x03\x04", 4, "a zip archive: unzip -p FILE | preprocess - reads what is in it"},
        {"BZh", 3, "packed by bzip2: bzip2 -dc FILE | preprocess - reads it"},
        {"\xfd"
         "7zXZ",
         5, "packed by xz: xz -dc FILE | preprocess - reads it"},
        {"7z\xbc\xaf\x27\x1c", 6, "a 7z archive: unpack it by 7z x"},
        {"\x04\x22\x4d\x18", 4, "packed by lz4: lz4 -dc FILE | preprocess - reads it"},
        {"PARE", 4, "Parquet with an encrypted footer: write it without encryption"},
        {"ARROW1", 6, "an Arrow file: write it as Parquet or CSV"},
        {"ORC", 3, "an ORC file: write it as Parquet or CSV"},
        {"Obj\x01", 4, "an Avro file: write it as Parquet or CSV"},
        {"SQLite format 3", 15, "an SQLite database: write its table as CSV"},
    };
    for (size_t i = 0; i < TLC_COUNT(formats); i++) {
        if (begins(in, formats[i].bytes, formats[i].n)) {
            return tlc_err_fatal(err, TLC_EXIT_DATA, "%s: is %s", input_name(in), formats[i].text);
        }
    }
    if (in->have > 262 && memcmp(in->chunk + 257, "ustar", 5) == 0) {
        return tlc_err_fatal(err, TLC_EXIT_DATA,
                             "%s: is a tar archive: unpack it by tar -xf and name the files in it",
                             input_name(in));
    }
    if (named(in, ".parquet")) {
        return tlc_err_fatal(err, TLC_EXIT_DATA, "%s: is not Parquet (it does not begin with PAR1)",
                             input_name(in));
    }
    return 0;
}

static int open_packed(struct input *in, struct tlc_err *err)
{
    bool ok = true;
    if (named(in, ".tar.gz") || named(in, ".tgz") || named(in, ".tar.zst")) {
        return tlc_err_fatal(err, TLC_EXIT_DATA,
                             "%s: is a packed tar archive: unpack it by tar -xf and name the files "
                             "in it",
                             input_name(in));
    }
    if (in->kind == INPUT_GZIP) {
        ok = inflateInit2(&in->z, 15 + 16) == Z_OK;
        in->z_open = in->z_live = ok;
    } else {
        in->zstd = ZSTD_createDStream();
        ok = in->zstd != NULL;
    }
    return ok ? 0
              : tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "%s: no memory to unpack", input_name(in));
}

static int find_kind(struct input *in, struct tlc_err *err)
{
    size_t i = 0;
    while (i < in->have && (in->chunk[i] == ' ' || in->chunk[i] == '\n' || in->chunk[i] == '\r' ||
                            in->chunk[i] == '\t')) {
        i++;
    }
    if (in->have == 0) {
        return tlc_err_fatal(err, TLC_EXIT_DATA, "%s: is empty", input_name(in));
    }
    if (i < in->have && in->chunk[i] == '<') {
        return tlc_err_fatal(
            err, TLC_EXIT_DATA,
            "%s: line 1: holds a web page or XML, not trips: the download has failed; "
            "fetch it again",
            input_name(in));
    }
    if (begins(in, "PAR1", 4)) {
        in->kind = INPUT_PARQUET;
        return check_parquet(in, err);
    }
    int rc = refuse_format(in, err);
    in->kind = begins(in, "\x1f\x8b", 2)           ? INPUT_GZIP
               : begins(in, "\x28\xb5\x2f\xfd", 4) ? INPUT_ZSTD
                                                   : INPUT_TEXT;
    return rc == 0 && in->kind != INPUT_TEXT ? open_packed(in, err) : rc;
}

int input_open(struct input *in, const char *path, struct tlc_err *err)
{
    struct stat st;
    memset(in, 0, offsetof(struct input, chunk));
    in->path = path;
    sha256_init(&in->sha);
    in->fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (in->fd < 0) {
        return tlc_err_fatal(err, TLC_EXIT_NOINPUT, "%s: cannot be opened: %s", path,
                             strerror(errno));
    }
    int rc = 0;
    if (fstat(in->fd, &st) != 0) {
        rc = tlc_err_fatal(err, TLC_EXIT_NOINPUT, "%s: %s", input_name(in), strerror(errno));
    } else if (S_ISDIR(st.st_mode)) {
        rc = tlc_err_fatal(err, TLC_EXIT_NOINPUT, "%s: is a folder; name the files in it",
                           input_name(in));
    } else {
        in->regular = S_ISREG(st.st_mode) && in->fd != STDIN_FILENO;
        in->size_bytes = in->regular ? st.st_size : 0;
        in->device = st.st_dev;
        in->inode = st.st_ino;
        rc = refill(in, err);
        rc = rc == 0 ? find_kind(in, err) : rc;
    }
    if (rc != 0) {
        input_close(in);
    }
    return rc;
}

void input_close(struct input *in)
{
    if (in->z_open) {
        inflateEnd(&in->z);
        in->z_open = false;
    }
    ZSTD_freeDStream(in->zstd);
    in->zstd = NULL;
    if (in->fd > STDIN_FILENO) {
        close(in->fd);
    }
    in->fd = -1;
}

/* Between gzip members: another one, zero padding, or the end. */
static int next_member(struct input *in, bool *ret_end, struct tlc_err *err)
{
    for (;;) {
        while (in->at < in->have && in->chunk[in->at] == 0) {
            in->at++;
        }
        if (in->at < in->have) {
            break;
        }
        *ret_end = in->ended;
        if (in->ended) {
            return 0;
        }
        int rc = refill(in, err);
        if (rc != 0) {
            return rc;
        }
    }
    *ret_end = false;
    if (in->chunk[in->at] != 0x1f) {
        return tlc_err_fatal(err, TLC_EXIT_DATA, "%s: other data follows the gzip data",
                             input_name(in));
    }
    inflateReset(&in->z);
    in->z_live = true;
    return 0;
}

/* One call of inflate; *ret_end at the end of the last member. */
static int inflate_some(struct input *in, bool *ret_end, struct tlc_err *err)
{
    *ret_end = false;
    if (!in->z_live) {
        int rc = next_member(in, ret_end, err);
        if (rc != 0 || *ret_end) {
            return rc;
        }
    }
    if (in->at == in->have) {
        int rc = in->ended ? 0 : refill(in, err);
        if (rc != 0) {
            return rc;
        }
        if (in->at == in->have) {
            return tlc_err_fatal(err, TLC_EXIT_DATA,
                                 "%s: gzip data ends early: the file is truncated; fetch it again",
                                 input_name(in));
        }
    }
    in->z.next_in = in->chunk + in->at;
    in->z.avail_in = (uInt)(in->have - in->at);
    int z = inflate(&in->z, Z_NO_FLUSH);
    in->at = in->have - in->z.avail_in;
    if (z == Z_STREAM_END) {
        in->z_live = false;
    } else if (z != Z_OK && z != Z_BUF_ERROR) {
        return tlc_err_fatal(err, TLC_EXIT_DATA, "%s: gzip data is damaged: %s", input_name(in),
                             in->z.msg ? in->z.msg : "wrong checksum or length");
    }
    return 0;
}

static int read_gzip(struct input *in, char *dst, size_t n, size_t *ret_n, struct tlc_err *err)
{
    bool end = false;
    in->z.next_out = (Bytef *)dst;
    in->z.avail_out = (uInt)n;
    while (in->z.avail_out > 0 && !end) {
        int rc = inflate_some(in, &end, err);
        if (rc != 0) {
            return rc;
        }
    }
    *ret_n = n - in->z.avail_out;
    return 0;
}

static int read_zstd(struct input *in, char *dst, size_t n, size_t *ret_n, struct tlc_err *err)
{
    ZSTD_outBuffer out = {dst, n, 0};
    while (out.pos < n) {
        if (in->at == in->have) {
            int rc = in->ended ? 0 : refill(in, err);
            if (rc != 0) {
                return rc;
            }
        }
        if (in->at == in->have && in->zstd_due == 0) {
            break; /* the end of the last frame */
        }
        ZSTD_inBuffer stored = {in->chunk + in->at, in->have - in->at, 0};
        const size_t before = out.pos;
        in->zstd_due = ZSTD_decompressStream(in->zstd, &out, &stored);
        in->at += stored.pos;
        if (ZSTD_isError(in->zstd_due)) {
            return tlc_err_fatal(err, TLC_EXIT_DATA, "%s: zstd data is damaged: %s", input_name(in),
                                 ZSTD_getErrorName(in->zstd_due));
        }
        if (in->ended && stored.size == 0 && out.pos == before && in->zstd_due != 0) {
            return tlc_err_fatal(err, TLC_EXIT_DATA,
                                 "%s: zstd data ends early: the file is truncated; fetch it again",
                                 input_name(in));
        }
    }
    *ret_n = out.pos;
    return 0;
}

int input_read(struct input *in, char *dst, size_t n, size_t *ret_n, struct tlc_err *err)
{
    if (in->kind == INPUT_GZIP) {
        return read_gzip(in, dst, n, ret_n, err);
    }
    if (in->kind == INPUT_ZSTD) {
        return read_zstd(in, dst, n, ret_n, err);
    }
    size_t got = in->have - in->at < n ? in->have - in->at : n;
    memcpy(dst, in->chunk + in->at, got);
    in->at += got;
    while (got < n && !in->ended) {
        size_t more;
        int rc = read_stored(in, dst + got, n - got, &more, err);
        if (rc != 0) {
            return rc;
        }
        got += more;
    }
    *ret_n = got;
    return 0;
}

int input_drain(struct input *in, struct tlc_err *err)
{
    while (!in->ended) {
        int rc = refill(in, err);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}
