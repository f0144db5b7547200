#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_STEP ((size_t)64 * 1024)

static int read_all(int fd, const char *path, struct tlc_buf *out, struct tlc_err *err)
{
    for (;;) {
        size_t room = out->max - out->n;
        size_t step = room < READ_STEP ? room + 1 : READ_STEP;
        char probe;
        char *to = room == 0 ? &probe : tlc_buf_reserve(out, step > room ? room : step);
        if (to == NULL) {
            return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "read %s: out of memory", path);
        }
        ssize_t n = read(fd, to, room == 0 ? 1 : (step > room ? room : step));
        if (n == 0) {
            return TLC_OK;
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return tlc_err_fatal(err, TLC_EXIT_IO, "read %s: %s", path, strerror(errno));
        }
        if (room == 0) {
            return tlc_err_fatal(err, TLC_EXIT_DATA, "%s is larger than %zu bytes", path, out->max);
        }
        out->n += (size_t)n;
    }
}

int tlc_file_load(const char *path, struct tlc_buf *out, struct tlc_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return tlc_err_fatal(err, TLC_EXIT_NOINPUT,
                             "open %s: %s; check the path and its permissions", path,
                             strerror(errno));
    }
    int rc = read_all(fd, path, out, err);
    close(fd);
    return rc;
}

int tlc_file_write(int fd, const void *bytes, size_t n, const char *path, struct tlc_err *err)
{
    const char *p = bytes;
    while (n > 0) {
        ssize_t w = write(fd, p, n);
        if (w < 0 && errno == EINTR) {
            continue;
        }
        if (w < 0) {
            return tlc_err_fatal(err, TLC_EXIT_IO, "write %s: %s%s", path, strerror(errno),
                                 errno == ENOSPC ? "; free some space and start again" : "");
        }
        p += w;
        n -= (size_t)w;
    }
    return TLC_OK;
}

/* Without this a crash can bring back the old name. A file system that cannot is not a failure. */
static void sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        tlc_str_copy(folder, sizeof(folder), TLC_STR("."));
    } else {
        size_t n = slash == path ? 1 : (size_t)(slash - path);
        tlc_str_copy(folder, sizeof(folder), (struct tlc_str){path, n});
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

static int replace(const char *path, struct tlc_str content, bool sync, struct tlc_err *err)
{
    char tmp[PATH_MAX];
    int len = snprintf(tmp, sizeof(tmp), "%s.tmp", path);
    if (len < 0 || (size_t)len >= sizeof(tmp)) {
        return tlc_err_fatal(err, TLC_EXIT_CANTCREAT, "create %s: the path is too long", path);
    }
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        return tlc_err_fatal(err, TLC_EXIT_CANTCREAT,
                             "create %s: %s; check that its folder exists and is writable", tmp,
                             strerror(errno));
    }
    int rc = tlc_file_write(fd, content.p, content.n, tmp, err);
    if (rc == 0 && sync && fsync(fd) != 0) {
        rc = tlc_err_fatal(err, TLC_EXIT_IO, "sync %s: %s", tmp, strerror(errno));
    }
    if (close(fd) != 0 && rc == 0) {
        rc = tlc_err_fatal(err, TLC_EXIT_IO, "close %s: %s", tmp, strerror(errno));
    }
    if (rc == 0 && rename(tmp, path) != 0) {
        rc = tlc_err_fatal(err, TLC_EXIT_CANTCREAT, "rename %s to %s: %s", tmp, path,
                           strerror(errno));
    }
    if (rc != 0) {
        unlink(tmp);
        return rc;
    }
    if (sync) {
        sync_folder(path);
    }
    return TLC_OK;
}

int tlc_file_save(const char *path, struct tlc_str content, struct tlc_err *err)
{
    return replace(path, content, true, err);
}

int tlc_file_replace(const char *path, struct tlc_str content, struct tlc_err *err)
{
    return replace(path, content, false, err);
}

int tlc_file_mkdirs(const char *path, struct tlc_err *err)
{
    char part[PATH_MAX];
    if (!tlc_str_copy(part, sizeof(part), tlc_str_from(path))) {
        return tlc_err_fatal(err, TLC_EXIT_CANTCREAT, "make folder %s: the path is too long", path);
    }
    for (char *p = part; *p != '\0';) {
        p += *p == '/';
        p += strcspn(p, "/");
        char end = *p;
        *p = '\0';
        if (part[0] != '\0' && mkdir(part, 0777) != 0 && errno != EEXIST) {
            return tlc_err_fatal(err, TLC_EXIT_CANTCREAT, "make folder %s: %s", part,
                                 strerror(errno));
        }
        *p = end;
    }
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        return tlc_err_fatal(err, TLC_EXIT_CANTCREAT, "make folder %s: a file is in the way", path);
    }
    return TLC_OK;
}

bool tlc_file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}
