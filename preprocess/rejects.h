/* rejects.csv: file, row, rule, line. One line a rejected row, in the order of the files.
 *
 * line is the row's text as it stands in the file (of Parquet: the values read, by commas), at most
 * REJECTS_TEXT_MAX bytes of it, quoted as RFC 4180 says. */
#ifndef PREPROCESS_REJECTS_H
#define PREPROCESS_REJECTS_H

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/event/reject.h"
#include "preprocess/writer.h"

#define REJECTS_TEXT_MAX 1000

struct rejects {
    struct outfile *out; /* NULL: rejects are counted only */
    struct tlc_str file; /* name of the file under way */
};

TLC_MUST int rejects_header(struct rejects *r, struct tlc_err *err);
/* Appends one line to buf. Any thread. */
void rejects_format(const struct rejects *r, int64_t row, enum tlc_rule rule, struct tlc_str text,
                    struct tlc_buf *buf);
TLC_MUST int rejects_write(struct rejects *r, struct tlc_str lines, struct tlc_err *err);

#endif
