#include "common/base/counters.h"

#include <assert.h>
#include <inttypes.h>

void tlc_counters_init(struct tlc_counters *c, const struct tlc_counter_def *defs, size_t n)
{
    assert(n <= TLC_COUNTERS_MAX);
    c->defs = defs;
    c->n = n;
    for (size_t i = 0; i < TLC_COUNTERS_MAX; i++) {
        atomic_init(&c->values[i], 0);
    }
}

void tlc_histogram_init(struct tlc_histogram *h, const char *name, const char *help,
                        const double *bounds, size_t n)
{
    assert(n <= TLC_HISTOGRAM_MAX);
    h->name = name;
    h->help = help;
    h->bounds = bounds;
    h->n = n;
    for (size_t i = 0; i <= TLC_HISTOGRAM_MAX; i++) {
        atomic_init(&h->counts[i], 0);
    }
    atomic_init(&h->sum_micro, 0);
}

void tlc_histogram_observe(struct tlc_histogram *h, double value)
{
    size_t i = 0;
    while (i < h->n && value > h->bounds[i]) {
        i++;
    }
    atomic_fetch_add_explicit(&h->counts[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&h->sum_micro, (int64_t)(value * 1e6 + (value < 0 ? -0.5 : 0.5)),
                              memory_order_relaxed);
}

/* The name without its label, and the label with its braces ("" when there is none). */
static struct tlc_str base_name(const char *name, struct tlc_str *ret_label)
{
    size_t n = strcspn(name, "{");
    *ret_label = tlc_str_from(name + n);
    return (struct tlc_str){name, n};
}

static bool same_family(const struct tlc_counter_def *a, const struct tlc_counter_def *b)
{
    struct tlc_str label;
    return tlc_str_eq(base_name(a->name, &label), base_name(b->name, &label));
}

void tlc_counters_prometheus(const struct tlc_counters *c, const char *prefix, struct tlc_buf *out)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct tlc_counter_def *d = &c->defs[i];
        bool counter = d->kind == TLC_COUNTER;
        struct tlc_str label;
        struct tlc_str name = base_name(d->name, &label);
        const char *end = counter ? "_total" : "";
        /* Rows of one name with different labels stand together in the table: one head for all. */
        if (i == 0 || !same_family(&c->defs[i - 1], d)) {
            tlc_buf_printf(out, "# HELP tlc_%s_%.*s%s %s (%s).\n# TYPE tlc_%s_%.*s%s %s\n", prefix,
                           TLC_STR_ARG(name), end, d->help, d->unit, prefix, TLC_STR_ARG(name), end,
                           counter ? "counter" : "gauge");
        }
        tlc_buf_printf(out, "tlc_%s_%.*s%s%.*s %" PRId64 "\n", prefix, TLC_STR_ARG(name), end,
                       TLC_STR_ARG(label), tlc_counter_get(c, i));
    }
}

void tlc_histogram_prometheus(const struct tlc_histogram *h, const char *prefix,
                              struct tlc_buf *out)
{
    tlc_buf_printf(out, "# HELP tlc_%s_%s %s.\n# TYPE tlc_%s_%s histogram\n", prefix, h->name,
                   h->help, prefix, h->name);
    int64_t below = 0;
    for (size_t i = 0; i <= h->n; i++) {
        below += atomic_load_explicit(&h->counts[i], memory_order_relaxed);
        char bound[32] = "+Inf";
        if (i < h->n) {
            snprintf(bound, sizeof(bound), "%g", h->bounds[i]);
        }
        tlc_buf_printf(out, "tlc_%s_%s_bucket{le=\"%s\"} %" PRId64 "\n", prefix, h->name, bound,
                       below);
    }
    tlc_buf_printf(out, "tlc_%s_%s_sum %.6f\ntlc_%s_%s_count %" PRId64 "\n", prefix, h->name,
                   (double)atomic_load_explicit(&h->sum_micro, memory_order_relaxed) / 1e6, prefix,
                   h->name, below);
}

/* Names hold nothing that JSON escapes but the quotes of a label. */
static void put_json_name(struct tlc_buf *out, const char *name)
{
    tlc_buf_append(out, "\"", 1);
    for (; *name != '\0'; name++) {
        if (*name == '"' || *name == '\\') {
            tlc_buf_append(out, "\\", 1);
        }
        tlc_buf_append(out, name, 1);
    }
    tlc_buf_append(out, "\"", 1);
}

void tlc_counters_json(const struct tlc_counters *c, struct tlc_buf *out)
{
    tlc_buf_append(out, "{", 1);
    for (size_t i = 0; i < c->n; i++) {
        if (i > 0) {
            tlc_buf_append(out, ",", 1);
        }
        put_json_name(out, c->defs[i].name);
        tlc_buf_printf(out, ":%" PRId64, tlc_counter_get(c, i));
    }
    tlc_buf_append(out, "}", 1);
}

void tlc_counters_report(const struct tlc_counters *c, FILE *out)
{
    for (size_t i = 0; i < c->n; i++) {
        int64_t v = tlc_counter_get(c, i);
        if (v != 0) {
            fprintf(out, "%s %" PRId64 " %s\n", c->defs[i].name, v, c->defs[i].unit);
        }
    }
}
