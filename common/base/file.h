/* Files as a whole: read one, replace one atomically.
 *
 * Errors name the path and say what to do. */
#ifndef TLC_BASE_FILE_H
#define TLC_BASE_FILE_H

#include "common/base/buf.h"
#include "common/base/err.h"

/* Appends the whole file to out (bounded by out->max). */
TLC_MUST int tlc_file_load(const char *path, struct tlc_buf *out, struct tlc_err *err);
/* Writes path.tmp, syncs it, renames it over path, syncs the folder: after a crash either the old
 * or the new content. */
TLC_MUST int tlc_file_save(const char *path, struct tlc_str content, struct tlc_err *err);
/* The same without the syncs: whole after a crash of the process, not of the machine. */
TLC_MUST int tlc_file_replace(const char *path, struct tlc_str content, struct tlc_err *err);
/* Writes all n bytes to fd, through partial writes and EINTR. path is for the message. */
TLC_MUST int tlc_file_write(int fd, const void *bytes, size_t n, const char *path,
                            struct tlc_err *err);
/* Like mkdir -p. */
TLC_MUST int tlc_file_mkdirs(const char *path, struct tlc_err *err);
bool tlc_file_exists(const char *path);

#endif
