/* The account at the end of a run, as text and as JSON. */
#ifndef PRODUCER_CLIENT_SUMMARY_H
#define PRODUCER_CLIENT_SUMMARY_H

#include "producer-client/rejects.h"
#include "producer-client/resume.h"
#include "producer-client/stats.h"

struct summary {
    const struct tlc_counters *stats;
    const struct rejects *rejects;
    const struct resume *resume;
    int64_t elapsed_ms;
    int64_t cpu_ns;
    int64_t first_s, last_s; /* event time sent; INT64_MIN: none */
    bool complete;           /* every input was read to its end and answered */
};

/* One object without a line end. */
void summary_json(const struct summary *s, struct tlc_buf *out);
void summary_text(const struct summary *s, struct tlc_buf *out);

#endif
