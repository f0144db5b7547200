/* Records that the server refused: counted by rule, and written with their origin where --rejects
 * says so.
 *
 * A line of the file:
 * {"input":"events.ndjson","line":17,"rule":"bad_zone","text":"...","record":"..."}; record is the
 * line as it was sent. After a resume the same record may stand there twice. */
#ifndef PRODUCER_CLIENT_REJECTS_H
#define PRODUCER_CLIENT_REJECTS_H

#include "common/base/buf.h"
#include "common/base/err.h"
#include "producer-client/batches.h"

#define REJECT_RULES_MAX 64

struct reject_rule {
    char rule[40];
    int64_t n;
};

struct rejects {
    const char *path; /* NULL: only counted */
    int fd;
    struct tlc_buf out;
    struct reject_rule rules[REJECT_RULES_MAX]; /* the last one takes what does not fit */
    size_t rules_n;
};

/* append: the file goes on from an earlier run. */
TLC_MUST int rejects_open(struct rejects *r, const char *path, bool append, struct tlc_err *err);
void rejects_close(struct rejects *r);
void rejects_count(struct rejects *r, const char *rule, int64_t n);
struct reject {
    uint64_t origin;         /* struct batch */
    const char *rule, *text; /* the server's */
    struct tlc_str record;   /* as it was sent */
};

/* inputs: names of the files. Written by rejects_flush. */
void rejects_add(struct rejects *r, const char *const *inputs, const struct reject *reject);
TLC_MUST int rejects_flush(struct rejects *r, struct tlc_err *err);

#endif
