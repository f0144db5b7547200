/* The files of a database that is in use, as the file system has them: FILE, FILE-wal, FILE-shm and
 * FILE.lock.
 *
 * For: one dashboard a file, and noticing that somebody took the file away. Not for: what is in it
 * (windows_db.h). One thread at a time. */
#ifndef TLC_DASHBOARD_DB_FILE_H
#define TLC_DASHBOARD_DB_FILE_H

#include <sys/types.h>

#include "common/base/err.h"

/* What stood at the paths when the database was opened. */
struct db_file_seen {
    off_t size; /* of FILE; it never shrinks */
    bool wal;   /* FILE-wal was there: */
    dev_t wal_device;
    ino_t wal_inode;
};

/* Refused while another dashboard has it; close *ret_fd to let go. */
TLC_MUST int db_file_lock(const char *path, int *ret_fd, struct tlc_err *err);
/* Renames a file that is closed, and what belongs to it, to FILE.corrupt-<stamp>. */
TLC_MUST int db_file_set_aside(const char *path, const char *stamp, char *ret_aside,
                               size_t aside_size, struct tlc_err *err);
void db_file_look(const char *path, struct db_file_seen *ret_seen);
/* FILE is shorter than it was, or FILE-wal is not the one that was there. Notes how long it is. */
bool db_file_changed(const char *path, struct db_file_seen *seen, bool *ret_cut);
/* Removes FILE-wal if it is the one that was there: it belongs to a file that is gone, and SQLite
 * would apply it to whatever stands in its place. */
void db_file_drop_wal(const char *path, const struct db_file_seen *seen);

#endif
