/* cmocka with what it must have included before it, and temp files for a test. */
#ifndef TLC_TESTS_SUPPORT_UNIT_H
#define TLC_TESTS_SUPPORT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define UNIT_PATH_MAX 256

/* A fresh folder below $TMPDIR or /tmp. Whoever makes files in it removes them. */
static inline const char *unit_temp_dir(char path[UNIT_PATH_MAX])
{
    const char *base = getenv("TMPDIR");
    snprintf(path, UNIT_PATH_MAX, "%s/tlc-unit-XXXXXX", base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(path));
    return path;
}

/* A temp file with that text; the caller unlinks it. */
static inline const char *unit_temp_file(char path[UNIT_PATH_MAX], const char *text)
{
    const char *base = getenv("TMPDIR");
    snprintf(path, UNIT_PATH_MAX, "%s/tlc-unit-XXXXXX", base != NULL ? base : "/tmp");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

#endif
