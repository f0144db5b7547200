/* Tables for people: the summary of a run, and the list of the rules. */
#ifndef PREPROCESS_REPORT_H
#define PREPROCESS_REPORT_H

#include "preprocess/manifest.h"

void report_summary(const struct manifest *m, int64_t took_ms, struct tlc_buf *out);
/* --rules: the rules of rows, with their levels as built in. */
void report_rules(struct tlc_buf *out);

#endif
