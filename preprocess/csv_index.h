/* Where the separators of a block of CSV are: one pass that looks for separators, line ends and
 * quotes at once.
 *
 * The per-byte half of reading CSV; what the fields mean is the reader's. Uses SSE2 where there is
 * one. No allocation; any thread. */
#ifndef PREPROCESS_CSV_INDEX_H
#define PREPROCESS_CSV_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What parts a file's cells and its lines. */
struct csv_marks {
    char separator; /* comma, semicolon or TAB */
    char line_end;  /* LF, or CR where there is nothing else */
};

/* Writes the offset of every separator and line end of p[0..n) to ret_at (room for n + 64 numbers);
 * returns how many. n < 2^32. *ret_quotes: whether there is a '"' anywhere. p must be readable up
 * to n rounded up to 64. */
size_t csv_index(const char *p, size_t n, struct csv_marks marks, uint32_t *ret_at,
                 bool *ret_quotes);

/* For tests: the same without special instructions. */
size_t csv_index_portable(const char *p, size_t n, struct csv_marks marks, uint32_t *ret_at,
                          bool *ret_quotes);

#endif
