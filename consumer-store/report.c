#include "consumer-store/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/base/log.h"
#include "common/io/status_http.h"

static const struct tlc_counter_def defs[] = {STORE_COUNTERS(TLC_COUNTER_DEF)};
static const double seconds_bounds[] = {0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30};

void report_init(struct report *r)
{
    memset(r, 0, sizeof(*r));
    tlc_counters_init(&r->counters, defs, STORE_COUNTER_N);
    tlc_histogram_init(&r->batch_seconds, "batch_seconds", "Time to write one batch, with retries",
                       seconds_bounds, TLC_COUNT(seconds_bounds));
    pthread_mutex_init(&r->lock, NULL);
    snprintf(r->database, sizeof(r->database), "not connected yet");
}

void report_release(struct report *r)
{
    pthread_mutex_destroy(&r->lock);
}

void report_batch(struct report *r, const struct batch *b, double seconds)
{
    int64_t fenced = 0;
    for (size_t i = 0; i < b->parts_n; i++) {
        const struct batch_part *p = &b->parts[i];
        fenced += p->outcome == BATCH_FENCED;
        if (p->outcome != BATCH_STORED) {
            continue;
        }
        tlc_counter_add(&r->counters, STORE_READ, p->read);
        tlc_counter_add(&r->counters, STORE_STORED, p->stored);
        tlc_counter_add(&r->counters, STORE_DUPLICATE, p->duplicate);
        tlc_counter_add(&r->counters, STORE_REFUSED, p->refused + p->bad);
        tlc_counter_add(&r->counters, STORE_MARKS, p->marks);
        tlc_counter_add(&r->counters, STORE_GAPS, p->gaps);
    }
    tlc_counter_add(&r->counters, STORE_FENCED, fenced);
    tlc_counter_add(&r->counters, STORE_BATCHES, 1);
    tlc_counter_set(&r->counters, STORE_ROWS_LAST, (int64_t)b->rows_n);
    tlc_histogram_observe(&r->batch_seconds, seconds);
}

/* A trip's key is in another partition now: events of one trip, of before and after, lie apart. */
static void note_grown(const struct store_ledger *ledger)
{
    tlc_log(TLC_WARN, "topic_grew",
            "partitions_before=%" PRId64 " partitions_now=%" PRId64
            " text=\"trips under way when the topic grew have their start in one partition and "
            "their end in another: rows are right, windows count such ends as orphans\"",
            ledger->partitions_min, ledger->partitions_max);
}

void report_ledger(struct report *r, const struct store_ledger *ledger)
{
    pthread_mutex_lock(&r->lock);
    if (ledger->partitions_max > ledger->partitions_min && !r->grown) {
        r->grown = true;
        note_grown(ledger);
    }
    if (ledger->read >=
        r->ledger.read) { /* one writer may have asked before the other, and say so later */
        r->ledger = *ledger;
    }
    r->ledger_known = true;
    pthread_mutex_unlock(&r->lock);
}

static void text_set(struct report *r, char dst[256], const char *text)
{
    pthread_mutex_lock(&r->lock);
    tlc_str_copy(dst, 256, tlc_str_from(text));
    pthread_mutex_unlock(&r->lock);
}

void report_database(struct report *r, const char *text)
{
    text_set(r, r->database, text);
}

void report_kafka(struct report *r, const char *text)
{
    text_set(r, r->kafka, text);
}

void report_draining(struct report *r)
{
    pthread_mutex_lock(&r->lock);
    r->draining = true;
    pthread_mutex_unlock(&r->lock);
}

void report_partitions(struct report *r, const struct report_partition *partitions, size_t n)
{
    n = n < REPORT_PARTITIONS_MAX ? n : REPORT_PARTITIONS_MAX;
    int64_t lag = 0;
    pthread_mutex_lock(&r->lock);
    memcpy(r->partitions, partitions, n * sizeof(*partitions));
    r->partitions_n = n;
    pthread_mutex_unlock(&r->lock);
    for (size_t i = 0; i < n; i++) {
        const struct report_partition *p = &partitions[i];
        lag += p->end > p->position ? p->end - p->position : 0; /* an end may be an old one */
    }
    tlc_counter_set(&r->counters, STORE_LAG, lag);
    tlc_counter_set(&r->counters, STORE_ASSIGNED, (int64_t)n);
}

/* ---- for status_http ---- */

static const char *not_ready(void *ctx)
{
    struct report *r = ctx;
    const char *why = NULL;
    pthread_mutex_lock(&r->lock);
    if (r->draining) {
        why = "draining";
    } else if (r->database[0]) {
        why = "the database is away";
    } else if (r->kafka[0]) {
        why = "kafka is away, or the topic does not exist yet";
    }
    pthread_mutex_unlock(&r->lock);
    return why;
}

static const char *state(void *ctx)
{
    struct report *r = ctx;
    const char *word = "running";
    pthread_mutex_lock(&r->lock);
    if (r->draining) {
        word = "draining";
    } else if (r->database[0]) {
        word = "paused: database away";
    } else if (r->kafka[0]) {
        word = "waiting: kafka away";
    } else if (r->partitions_n == 0) {
        word = "waiting: no partition assigned";
    }
    pthread_mutex_unlock(&r->lock);
    return word;
}

static void number_or_null(struct tlc_buf *out, const char *key, int64_t v)
{
    if (v < 0) {
        tlc_buf_printf(out, "\"%s\":null", key);
    } else {
        tlc_buf_printf(out, "\"%s\":%" PRId64, key, v);
    }
}

static void detail(void *ctx, struct tlc_buf *out)
{
    struct report *r = ctx;
    pthread_mutex_lock(&r->lock);
    const struct store_ledger *l = &r->ledger;
    if (r->ledger_known) {
        tlc_buf_printf(out,
                       ",\"ledger\":{\"read\":%" PRId64 ",\"stored\":%" PRId64
                       ",\"duplicate\":%" PRId64 ",\"refused\":%" PRId64 ",\"marks\":%" PRId64
                       ",\"gaps\":%" PRId64 ",\"cut\":%" PRId64 ",\"stored_besides\":%" PRId64
                       "},\"topic\":{\"partitions_at_first\":%" PRId64 ",\"partitions\":%" PRId64
                       "}",
                       l->read, l->stored, l->duplicate, l->refused, l->marks, l->gaps, l->cut,
                       l->stored_besides, l->partitions_min, l->partitions_max);
    } else {
        tlc_buf_printf(out, ",\"ledger\":null");
    }
    tlc_buf_printf(out, ",\"partitions\":[");
    for (size_t i = 0; i < r->partitions_n; i++) {
        const struct report_partition *p = &r->partitions[i];
        bool known = p->end >= 0 && p->position >= 0;
        int64_t lag = known ? p->end - p->position : -1;
        tlc_buf_printf(out, "%s{\"partition\":%" PRId32 ",", i ? "," : "", p->partition);
        number_or_null(out, "position", p->position);
        tlc_buf_printf(out, ",");
        number_or_null(out, "end", p->end);
        tlc_buf_printf(out, ",");
        number_or_null(out, "lag", known && lag < 0 ? 0 : lag);
        tlc_buf_printf(out, "}");
    }
    tlc_buf_printf(out, "]");
    pthread_mutex_unlock(&r->lock);
}

static void metrics(void *ctx, struct tlc_buf *out)
{
    struct report *r = ctx;
    pthread_mutex_lock(&r->lock);
    tlc_buf_printf(out, "# HELP tlc_store_partition_position Next offset to store\n"
                        "# TYPE tlc_store_partition_position gauge\n");
    for (size_t i = 0; i < r->partitions_n; i++) {
        tlc_buf_printf(out, "tlc_store_partition_position{partition=\"%" PRId32 "\"} %" PRId64 "\n",
                       r->partitions[i].partition, r->partitions[i].position);
    }
    pthread_mutex_unlock(&r->lock);
}

void report_status(struct report *r, struct tlc_status *ret_status)
{
    *ret_status = (struct tlc_status){
        .name = "consumer-store",
        .prefix = "store",
        .tables = {&r->counters},
        .histograms = {&r->batch_seconds},
        .ctx = r,
        .not_ready = not_ready,
        .state = state,
        .detail = detail,
        .metrics = metrics,
    };
}
