/* cmocka with what it must have included before it, and a temp folder for a test. */
#ifndef TLC_TESTS_UNIT_BASE_UNIT_H
#define TLC_TESTS_UNIT_BASE_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* A fresh folder below $TMPDIR or /tmp; path must hold 256 bytes. The caller removes what it made.
 */
static inline const char *unit_temp_dir(char *path, size_t size)
{
    const char *base = getenv("TMPDIR");
    snprintf(path, size, "%s/tlc-unit-XXXXXX", base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(path));
    return path;
}

#endif
