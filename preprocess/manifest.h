/* manifest.json: what was read, what became of each row, and what was written.
 *
 * Nothing in it depends on when, where or with how many threads the run was made: the same inputs
 * and options give the same bytes. */
#ifndef PREPROCESS_MANIFEST_H
#define PREPROCESS_MANIFEST_H

#include "preprocess/plan.h"

struct manifest {
    const struct plan *plan; /* all files read */
    struct tlc_str zones;    /* name of the zone shapes used; empty: none */
    bool zoned_is_wall;      /* --zoned-times wall */
    const char *events_sha256;
    int64_t events_bytes;
};

/* Sum of the files' tallies. */
void manifest_total(const struct plan *plan, struct tally *ret);
void manifest_render(const struct manifest *m, struct tlc_buf *out);

#endif
