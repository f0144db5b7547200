/* A run: files in, events.ndjson, rejects.csv and manifest.json out.
 *
 * open checks options and inputs and makes the outputs; read brings every row to the order or to
 * the rejects; write merges the events and gives the outputs their names; report tells what
 * happened. Any failure leaves no output behind. One thread calls; each step uses threads of its
 * own. */
#ifndef PREPROCESS_PREPROCESS_H
#define PREPROCESS_PREPROCESS_H

#include "preprocess/manifest.h"
#include "preprocess/merge.h"
#include "preprocess/zonegrid.h"

struct preprocess {
    const struct preprocess_options *options;
    int threads;
    int64_t start_ms;
    struct parquet_settings parquet;
    struct clean clean;
    struct zonegrid *grid; /* NULL: no zone shapes there or needed */
    char zones[4096];      /* their file */
    struct plan plan;
    struct order order;
    bool order_open;
    struct outfile events, rejects_file, manifest_file;
    struct rejects rejects;
    struct progress progress;
    char events_sha256[SHA256_HEX_N];
    int64_t events_bytes;
};

TLC_MUST int preprocess_open(struct preprocess *p, const struct preprocess_options *options,
                             const struct tlc_opt_list *paths, struct tlc_err *err);
/* --plan: what open would read, a line a file: source, dataset and month, path, by TABs. */
TLC_MUST int preprocess_plan(struct preprocess *p, const struct preprocess_options *options,
                             const struct tlc_opt_list *paths, struct tlc_err *err);
TLC_MUST int preprocess_read(struct preprocess *p, struct tlc_err *err);
TLC_MUST int preprocess_write(struct preprocess *p, struct tlc_err *err);
/* The summary on standard error (unless --quiet), the manifest on standard output (--json). */
TLC_MUST int preprocess_report(const struct preprocess *p, struct tlc_err *err);
/* Whatever state it is in; drops what was not committed. */
void preprocess_close(struct preprocess *p);

#endif
