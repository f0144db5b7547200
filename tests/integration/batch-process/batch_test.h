/* A database with consumer-store's tables, the row generator and the oracle, for tests of
 * batch-process. */
#ifndef TLC_TESTS_BATCH_TEST_H
#define TLC_TESTS_BATCH_TEST_H

#include "batch-process/batch.h"
#include "tests/support/pg_test.h"

#define SOURCE_MARCH 1202403 /* yellow, the month of the day of 23 hours */
#define SOURCE_APRIL 1202404
#define SOURCE_NOVEMBER 2202411 /* green, the month of the day of 25 hours */
#define SOURCE_LIVE 9000000     /* in the default partition */

struct batch_test {
    struct pg_test db;
    struct batch_options options;
    struct report report;
    struct batch batch;
};

/* Makes the database; the batch is ready to run with default options. */
void batch_test_open(struct batch_test *t, const char *purpose);
void batch_test_close(struct batch_test *t);
/* SQL from a file below the repository root. */
void batch_test_file(struct tlc_pg *pg, const char *path);
/* printf-style statement, or the number that it gives. */
void batch_test_do(struct batch_test *t, const char *fmt, ...) TLC_PRINTF(2, 3);
int64_t batch_test_number(struct batch_test *t, const char *fmt, ...) TLC_PRINTF(2, 3);
/* One run that has to succeed; a fresh batch with these bounds (NULL: none). */
void batch_test_run(struct batch_test *t, const char *from, const char *to, bool all);
/* Fails with the first lines that differ from the oracle. */
void batch_test_equals_oracle(struct batch_test *t);

#endif
