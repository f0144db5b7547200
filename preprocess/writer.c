#include "preprocess/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"

static int cannot_write(const struct outfile *f, struct tlc_err *err)
{
    const char *remedy = errno == ENOSPC  ? "; free some space or name another folder with --output"
                         : errno == EPIPE ? " (the reader has gone)"
                                          : "";
    return tlc_err_fatal(err, TLC_EXIT_IO, "%s: writing: %s%s",
                         f->stream ? "standard output" : f->path, strerror(errno), remedy);
}

int outfile_open(struct outfile *f, const char *folder, const char *name, bool force,
                 struct tlc_err *err)
{
    memset(f, 0, sizeof *f);
    f->fd = -1;
    if (strcmp(folder, "-") == 0) {
        f->stream = true;
        f->fd = STDOUT_FILENO;
        return 0;
    }
    struct stat st;
    if (snprintf(f->path, sizeof f->path, "%s/%s", folder, name) >= (int)sizeof f->path) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE, "--output: name is too long");
    }
    if (stat(f->path, &st) == 0 && !force) {
        return tlc_err_fatal(err, TLC_EXIT_CANTCREAT,
                             "%s exists and was left alone; --force replaces it", f->path);
    }
    f->fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644);
    if (f->fd < 0) {
        snprintf(f->temp, sizeof f->temp, "%s/.%s.%ld.tmp", folder, name, (long)getpid());
        f->fd = open(f->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    }
    if (f->fd < 0) {
        f->temp[0] = '\0';
        return tlc_err_fatal(err, TLC_EXIT_CANTCREAT, "%s: cannot be made: %s", f->path,
                             strerror(errno));
    }
    return 0;
}

static bool write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t w = write(fd, p, n);
        if (w < 0 && errno != EINTR) {
            return false;
        }
        if (w > 0) {
            p += w;
            n -= (size_t)w;
        }
    }
    return true;
}

int outfile_write(struct outfile *f, struct tlc_str bytes, struct tlc_err *err)
{
    return write_all(f->fd, bytes.p, bytes.n) ? 0 : cannot_write(f, err);
}

int outfile_commit(struct outfile *f, struct tlc_err *err)
{
    if (f->stream) {
        f->fd = -1;
        return 0;
    }
    if (f->temp[0] == '\0') {
        char self[64];
        snprintf(self, sizeof self, "/proc/self/fd/%d", f->fd);
        snprintf(f->temp, sizeof f->temp, "%s.%ld.tmp", f->path, (long)getpid());
        if (linkat(AT_FDCWD, self, AT_FDCWD, f->temp, AT_SYMLINK_FOLLOW) != 0) {
            f->temp[0] = '\0';
            return cannot_write(f, err);
        }
    }
    if (rename(f->temp, f->path) != 0) {
        return cannot_write(f, err);
    }
    f->temp[0] = '\0';
    const int fd = f->fd;
    f->fd = -1;
    return close(fd) == 0 ? 0 : cannot_write(f, err);
}

void outfile_discard(struct outfile *f)
{
    if (f->fd < 0) {
        return;
    }
    if (!f->stream) {
        close(f->fd);
    }
    f->fd = -1;
    if (f->temp[0] != '\0') {
        unlink(f->temp);
    }
}

void writer_init(struct writer *w, struct outfile *out)
{
    memset(w, 0, sizeof *w);
    w->out = out;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->moved, NULL);
    sha256_init(&w->sha);
}

void writer_release(struct writer *w)
{
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->moved);
}

void writer_fail(struct writer *w, const struct tlc_err *err)
{
    pthread_mutex_lock(&w->lock);
    if (!atomic_load(&w->failed)) {
        w->err = *err;
        atomic_store(&w->failed, true);
    }
    pthread_cond_broadcast(&w->moved);
    pthread_mutex_unlock(&w->lock);
}

/* A file takes pieces at any place, so only the place is found in turn and threads copy to the
 * kernel at once. */
static bool put_at(struct writer *w, struct tlc_str piece, int64_t at)
{
    while (piece.n > 0) {
        ssize_t n = pwrite(w->out->fd, piece.p, piece.n, at);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        if (n > 0) {
            piece.p += n;
            piece.n -= (size_t)n;
            at += n;
        }
    }
    return true;
}

bool writer_put(struct writer *w, uint64_t chunk, struct tlc_str piece, bool last)
{
    struct tlc_err err;
    pthread_mutex_lock(&w->lock);
    while (!atomic_load(&w->failed) && w->turn != chunk) {
        pthread_cond_wait(&w->moved, &w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    if (atomic_load(&w->failed)) {
        return false;
    }
    /* Nobody else touches these while it is our turn. */
    const int64_t at = w->bytes;
    w->bytes += (int64_t)piece.n;
    sha256_add(&w->sha, piece.p, piece.n);
    bool ok = !w->out->stream || write_all(w->out->fd, piece.p, piece.n);
    if (ok && last) {
        pthread_mutex_lock(&w->lock);
        w->turn++;
        pthread_cond_broadcast(&w->moved);
        pthread_mutex_unlock(&w->lock);
    }
    ok = ok && (w->out->stream || put_at(w, piece, at));
    if (!ok) {
        cannot_write(w->out, &err);
        writer_fail(w, &err);
    }
    return ok;
}
