/* Counters and gauges: a table of names, one array of values, rendered alike for /metrics, /status
 * and the exit report.
 *
 * A module declares its table with an X-macro and an enum of the same order:
 *
 *     #define INGEST_COUNTERS(X) \
 *         X(INGEST_RECEIVED, "records_received", COUNTER, "records", "Records that came in") \
 *         X(INGEST_BYTES, "in_flight_bytes", GAUGE, "bytes", "Bytes waiting for the broker")
 *     enum ingest_counter { INGEST_COUNTERS(TLC_COUNTER_ENUM) INGEST_COUNTER_N };
 *     static const struct tlc_counter_def ingest_defs[] = {INGEST_COUNTERS(TLC_COUNTER_DEF)};
 *     struct tlc_counters c; tlc_counters_init(&c, ingest_defs, INGEST_COUNTER_N);
 *     tlc_counter_add(&c, INGEST_RECEIVED, n);
 *
 * A row may carry one label: name "refused{rule=\"bad_time\"}". Any thread may add or set; reads
 * are not a snapshot across rows. Add once a batch, not once an event. */
#ifndef TLC_BASE_COUNTERS_H
#define TLC_BASE_COUNTERS_H

#include <stdatomic.h>
#include <stdio.h>

#include "common/base/buf.h"

enum tlc_counter_kind { TLC_COUNTER, TLC_GAUGE };

struct tlc_counter_def {
    /* snake_case, no prefix, no _total; a unit at its end, in base units: _seconds, _bytes */
    const char *name;
    enum tlc_counter_kind kind;
    const char *unit; /* of the value: events, bytes, seconds ... */
    const char *help; /* one sentence without a full stop */
};

#define TLC_COUNTER_ENUM(id, name, kind, unit, help) id,
#define TLC_COUNTER_DEF(id, name, kind, unit, help) {name, TLC_##kind, unit, help},
/* In the X table kind is COUNTER or GAUGE. */
#define TLC_COUNTERS_MAX 96

struct tlc_counters {
    const struct tlc_counter_def *defs;
    size_t n;
    _Atomic int64_t values[TLC_COUNTERS_MAX];
};

/* defs is borrowed for the life of the struct; n <= TLC_COUNTERS_MAX. */
void tlc_counters_init(struct tlc_counters *c, const struct tlc_counter_def *defs, size_t n);

static inline void tlc_counter_add(struct tlc_counters *c, size_t id, int64_t by)
{
    atomic_fetch_add_explicit(&c->values[id], by, memory_order_relaxed);
}

static inline void tlc_counter_set(struct tlc_counters *c, size_t id, int64_t value)
{
    atomic_store_explicit(&c->values[id], value, memory_order_relaxed);
}

static inline int64_t tlc_counter_get(const struct tlc_counters *c, size_t id)
{
    return atomic_load_explicit(&c->values[id], memory_order_relaxed);
}

/* A histogram with fixed upper bounds; counts are not cumulative inside. */
#define TLC_HISTOGRAM_MAX 20
struct tlc_histogram {
    const char *name; /* with the base unit, e.g. request_seconds */
    const char *help;
    const double *bounds; /* rising upper bounds, n of them; one more bucket holds the rest */
    size_t n;
    _Atomic int64_t counts[TLC_HISTOGRAM_MAX + 1];
    _Atomic int64_t sum_micro; /* sum of the observed values, in millionths */
};

void tlc_histogram_init(struct tlc_histogram *h, const char *name, const char *help,
                        const double *bounds, size_t n);
void tlc_histogram_observe(struct tlc_histogram *h, double value);

/* Prometheus text exposition (version 0.0.4): names are "tlc_<prefix>_<name>", counters end in
 * _total. */
void tlc_counters_prometheus(const struct tlc_counters *c, const char *prefix, struct tlc_buf *out);
void tlc_histogram_prometheus(const struct tlc_histogram *h, const char *prefix,
                              struct tlc_buf *out);
/* One JSON object {"name":value,...}; a labelled row's key is its name as it stands. */
void tlc_counters_json(const struct tlc_counters *c, struct tlc_buf *out);
/* The exit report: "name value unit" a line, rows of value 0 left out. */
void tlc_counters_report(const struct tlc_counters *c, FILE *out);

#endif
