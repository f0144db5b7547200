#include "dashboard/db_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int db_file_lock(const char *path, int *ret_fd, struct tlc_err *err)
{
    char name[PATH_MAX];
    if (snprintf(name, sizeof name, "%s.lock", path) >= (int)sizeof name) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE, "the path of --db is too long");
    }
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
        return tlc_err_fatal(err, TLC_EXIT_CANTCREAT,
                             "%s: %s; give --db a file in a folder that can be written", name,
                             strerror(errno));
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return tlc_err_fatal(err, TLC_EXIT_CANTCREAT,
                             "another dashboard uses it; stop that one or give --db another file");
    }
    *ret_fd = fd;
    return TLC_OK;
}

int db_file_set_aside(const char *path, const char *stamp, char *ret_aside, size_t aside_size,
                      struct tlc_err *err)
{
    static const char *const tails[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < TLC_COUNT(tails); i++) {
        char from[PATH_MAX], to[PATH_MAX];
        if (snprintf(from, sizeof from, "%s%s", path, tails[i]) >= (int)sizeof from ||
            snprintf(to, sizeof to, "%s.corrupt-%s%s", path, stamp, tails[i]) >= (int)sizeof to) {
            return tlc_err_fatal(err, TLC_EXIT_USAGE, "the path of --db is too long");
        }
        if (rename(from, to) != 0 && !(i > 0 && errno == ENOENT)) {
            return tlc_err_fatal(err, TLC_EXIT_CANTCREAT, "damaged, and cannot be set aside: %s",
                                 strerror(errno));
        }
        if (i == 0) {
            (void)tlc_str_copy(ret_aside, aside_size, tlc_str_from(to));
        }
    }
    return TLC_OK;
}

static bool stat_wal(const char *path, char name[PATH_MAX], struct stat *ret_status)
{
    return snprintf(name, PATH_MAX, "%s-wal", path) < PATH_MAX && stat(name, ret_status) == 0;
}

void db_file_look(const char *path, struct db_file_seen *ret_seen)
{
    struct stat status;
    char name[PATH_MAX];
    *ret_seen = (struct db_file_seen){.size = 0};
    if (stat(path, &status) == 0) {
        ret_seen->size = status.st_size;
    }
    if (stat_wal(path, name, &status)) {
        ret_seen->wal = true;
        ret_seen->wal_device = status.st_dev;
        ret_seen->wal_inode = status.st_ino;
    }
}

static bool same_wal(const struct db_file_seen *seen, const struct stat *status)
{
    return seen->wal && status->st_dev == seen->wal_device && status->st_ino == seen->wal_inode;
}

bool db_file_changed(const char *path, struct db_file_seen *seen, bool *ret_cut)
{
    struct stat status;
    char name[PATH_MAX];
    bool there = stat(path, &status) == 0;
    *ret_cut = there && status.st_size < seen->size;
    if (there && !*ret_cut) {
        seen->size = status.st_size;
    }
    bool wal_gone = seen->wal && !(stat_wal(path, name, &status) && same_wal(seen, &status));
    return *ret_cut || wal_gone;
}

void db_file_drop_wal(const char *path, const struct db_file_seen *seen)
{
    struct stat status;
    char name[PATH_MAX];
    if (stat_wal(path, name, &status) && same_wal(seen, &status)) {
        (void)unlink(name);
    }
}
