#include "dashboard/topics.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/io/status_http.h"
#include "dashboard/summary.h"

#define STATUS_BYTES_MAX ((PEERS_N + 1) * TLC_STATUS_BYTES_MAX + ((size_t)1 << 20))
/* The parts tell how they are once a --poll; a page that shows it needs no more. */
#define STATUS_EVERY_MS 1000

/* --- summary --- */

static void hold_store(void *ctx)
{
    struct topics *t = ctx;
    store_read_begin(t->store);
}

static void let_go_of_store(void *ctx)
{
    struct topics *t = ctx;
    store_read_end(t->store);
}

static int64_t summary_revision(void *ctx)
{
    const struct topics *t = ctx;
    return t->store->windows.revision;
}

/* With the store: one that was lost and begun anew counts from 0 again. */
static void summary_id(void *ctx, char *dst, size_t dst_size)
{
    const struct topics *t = ctx;
    (void)snprintf(dst, dst_size, "%" PRId64 ".%s", t->store->windows.revision, t->store->store_id);
}

static bool summary_text(void *ctx, const struct windows_filter *filter, struct tlc_buf *out)
{
    const struct topics *t = ctx;
    const struct summary_facts facts = {t->store->store_id, t->label, t->now_ms()};
    return summary_encode(&t->store->windows, filter, &facts, out);
}

/* --- status --- */

static int64_t status_revision(void *ctx)
{
    const struct topics *t = ctx;
    return t->now_ms() / STATUS_EVERY_MS;
}

static void status_id(void *ctx, char *dst, size_t dst_size)
{
    (void)snprintf(dst, dst_size, "%" PRId64, status_revision(ctx));
}

static bool status_text(void *ctx, const struct windows_filter *filter, struct tlc_buf *out)
{
    (void)filter;
    const struct topics *t = ctx;
    const struct tlc_http_request nothing = {.method = TLC_STR("GET"), .path = TLC_STR("/status")};
    struct tlc_http_response own = {0};
    struct store_totals totals;
    struct history_check check;
    (void)t->own_status.handler(t->own_status.ctx, &nothing, &own);
    store_totals(t->store, &totals);
    history_verdict(t->history, &check);
    peers_json(t->peers, tlc_str_trim(tlc_buf_str(&own.body)), &totals, &check, out);
    tlc_http_response_release(&own);
    return !out->failed;
}

void topics_init(struct topics *t)
{
    t->rows[TOPIC_SUMMARY] = (struct stream_topic){
        .event = "summary",
        .ctx = t,
        .hold = hold_store,
        .let_go = let_go_of_store,
        .revision = summary_revision,
        .id = summary_id,
        .encode = summary_text,
        .bytes_max = SUMMARY_BYTES_MAX,
    };
    t->rows[TOPIC_STATUS] = (struct stream_topic){
        .event = "status",
        .ctx = t,
        .revision = status_revision,
        .id = status_id,
        .encode = status_text,
        .bytes_max = STATUS_BYTES_MAX,
    };
}
