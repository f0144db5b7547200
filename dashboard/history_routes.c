#include "dashboard/history_routes.h"

#include "dashboard/pages.h"

#define DAYS_BYTES_MAX ((size_t)64 << 20)

static enum tlc_http_verdict json(struct tlc_http_response *r)
{
    if (r->body.failed) {
        tlc_buf_release(&r->body);
        tlc_http_error(r, 503, "busy", "out of memory");
        return TLC_HTTP_REPLY;
    }
    r->status = 200;
    r->gzip = true;
    pages_headers(r, "no-store");
    return TLC_HTTP_REPLY;
}

static enum tlc_http_verdict without_database(enum history_kind kind, struct tlc_http_response *r)
{
    if (kind != HISTORY_OVERVIEW) {
        tlc_http_error(r, 503, "no_database",
                       "no database is connected: start the dashboard with --database URL");
        return TLC_HTTP_REPLY;
    }
    tlc_buf_init(&r->body, HISTORY_BYTES_MAX);
    history_overview_without("none", "no database is connected", &r->body);
    return json(r);
}

static enum tlc_http_verdict ask(struct history *h, const struct tlc_http_request *request,
                                 enum history_kind kind, struct tlc_http_response *r)
{
    struct history_query query;
    struct tlc_err err;
    if (history_query_parse(request, kind, &query, &err) != TLC_OK) {
        tlc_http_error(r, 400, "bad_query", "%s", err.text);
        return TLC_HTTP_REPLY;
    }
    if (!history_has_database(h)) {
        return without_database(kind, r);
    }
    struct tlc_http_pending *pending = tlc_http_suspend(request);
    if (!history_submit(h, &query, pending)) {
        struct tlc_http_response busy = {0};
        tlc_http_error(&busy, 503, "busy", "too many questions wait for the database");
        tlc_http_header_add(&busy, "Retry-After", "1");
        tlc_http_reply(pending, &busy);
    }
    return TLC_HTTP_PENDING;
}

static enum tlc_http_verdict get_overview(void *ctx, const struct tlc_http_request *request,
                                          struct tlc_http_response *r)
{
    return ask(ctx, request, HISTORY_OVERVIEW, r);
}

static enum tlc_http_verdict get_series(void *ctx, const struct tlc_http_request *request,
                                        struct tlc_http_response *r)
{
    return ask(ctx, request, HISTORY_SERIES, r);
}

static enum tlc_http_verdict get_day(void *ctx, const struct tlc_http_request *request,
                                     struct tlc_http_response *r)
{
    return ask(ctx, request, HISTORY_DAY, r);
}

static enum tlc_http_verdict get_diff(void *ctx, const struct tlc_http_request *request,
                                      struct tlc_http_response *r)
{
    (void)request;
    tlc_buf_init(&r->body, HISTORY_BYTES_MAX);
    history_diff_json(ctx, &r->body);
    return json(r);
}

static enum tlc_http_verdict get_days(void *ctx, const struct tlc_http_request *request,
                                      struct tlc_http_response *r)
{
    (void)request;
    struct history *h = ctx;
    struct days days;
    tlc_buf_init(&r->body, DAYS_BYTES_MAX);
    store_read_begin(h->store);
    bool made = days_make(&h->store->windows, &days);
    store_read_end(h->store);
    if (made) {
        days_json(&days, &r->body);
        days_release(&days);
    }
    r->body.failed |= !made;
    return json(r);
}

void history_routes_fill(struct history *history, struct tlc_http_route *ret_routes)
{
    static const struct {
        const char *path;
        enum tlc_http_verdict (*handler)(void *, const struct tlc_http_request *,
                                         struct tlc_http_response *);
    } gets[HISTORY_ROUTES_N] = {
        {"/api/history", get_overview},  {"/api/history/series", get_series},
        {"/api/history/day", get_day},   {"/api/history/diff", get_diff},
        {"/api/windows/days", get_days},
    };
    for (size_t i = 0; i < TLC_COUNT(gets); i++) {
        ret_routes[i] = (struct tlc_http_route){
            .method = "GET", .path = gets[i].path, .handler = gets[i].handler, .ctx = history};
    }
}
