/* cmocka with what it must have included before it. */
#ifndef TLC_TESTS_UNIT_EVENT_UNIT_H
#define TLC_TESTS_UNIT_EVENT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#endif
