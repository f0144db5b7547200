/* A receiver of windows as docs/windows.md has it, in memory. */
#ifndef TEST_RECEIVER_H
#define TEST_RECEIVER_H

#include "common/base/buf.h"

struct kept {
    int32_t partition, source, opening;
    int64_t start_s, revision;
    bool final;
    char *text;
};

struct receiver {
    struct kept *kept;
    size_t n, cap;
};

/* Takes the body of a post, unless it is meant for another store. Asserts that it is well formed.
 */
void receiver_take(struct receiver *r, const char *store_id, struct tlc_str body);
/* Every window, a text a line, ascending by source, start, opening, partition. */
void receiver_dump(struct receiver *r, struct tlc_buf *out);
void receiver_release(struct receiver *r);

#endif
