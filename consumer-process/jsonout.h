/* JSON text straight into a buffer, for window messages and statuses: no tree, no allocation beyond
 * the buffer.
 *
 * Puts commas by itself; the caller keeps brackets paired. Keys must need no escaping. When the
 * buffer is full it sets out->failed and the text is worthless. */
#ifndef PROCESS_JSONOUT_H
#define PROCESS_JSONOUT_H

#include "common/base/buf.h"

struct jsonout {
    struct tlc_buf *out;
    bool comma; /* the next element needs one in front */
};

void jsonout_init(struct jsonout *j, struct tlc_buf *out);
/* bracket: '{' or '['. key NULL inside arrays. */
void jsonout_open(struct jsonout *j, const char *key, char bracket);
void jsonout_close(struct jsonout *j, char bracket);
void jsonout_i64(struct jsonout *j, const char *key, int64_t value);
void jsonout_bool(struct jsonout *j, const char *key, bool value);
/* text must need no escaping. */
void jsonout_text(struct jsonout *j, const char *key, struct tlc_str text);
/* Words from elsewhere, escaped. */
void jsonout_words(struct jsonout *j, const char *key, struct tlc_str text);

#endif
