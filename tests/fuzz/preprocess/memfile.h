/* A fuzz input as a file with a name, without a disk. */
#ifndef TLC_TESTS_FUZZ_PREPROCESS_MEMFILE_H
#define TLC_TESTS_FUZZ_PREPROCESS_MEMFILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Its descriptor, to be closed by the caller; path names it meanwhile. */
static inline int memfile_open(const uint8_t *data, size_t size, char path[64])
{
    const int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
        abort();
    }
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

#endif
