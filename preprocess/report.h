/* Tables for people: the summary of a run, and the list of the rules. */
#ifndef PREPROCESS_REPORT_H
#define PREPROCESS_REPORT_H

#include "preprocess/manifest.h"

void report_summary(const struct manifest *m, int64_t took_ms, struct tlc_buf *out);
/* --rules: the rules of rows, with their levels as built in. */
/* What a user has to know though all went well, a line each, quiet or not; nothing else. */
void report_warnings(const struct manifest *m, struct tlc_buf *out);
void report_rules(struct tlc_buf *out);

#endif
