#include "dashboard/routes.h"

#include <inttypes.h>

#include "common/base/log.h"
#include "common/event/tripid.h"
#include "common/io/json.h"
#include "dashboard/dump.h"
#include "dashboard/summary.h"
#include "dashboard/window_message.h"

#define WINDOWS_BYTES_MAX ((size_t)64 << 20)
#define RETRY_AFTER_S 1
/* An answer that names every window of the largest message. */
#define REPLY_BYTES_MAX ((size_t)64 << 20)

/* --- replies --- */

static enum tlc_http_verdict busy(struct tlc_http_response *r, const char *text)
{
    tlc_http_error(r, 503, "busy", "%s", text);
    tlc_http_header_add(r, "Retry-After", "%d", RETRY_AFTER_S);
    return TLC_HTTP_REPLY;
}

static enum tlc_http_verdict json(struct tlc_http_response *r)
{
    if (r->body.failed) {
        tlc_buf_release(&r->body);
        return busy(r, "out of memory");
    }
    r->status = 200;
    r->gzip = true;
    pages_headers(r, "no-store");
    return TLC_HTTP_REPLY;
}

/* false: r is the answer. */
static bool read_filter(const struct tlc_http_request *request, struct windows_filter *ret_filter,
                        struct tlc_http_response *r)
{
    struct tlc_err err;
    if (summary_filter_parse(request, ret_filter, &err) == TLC_OK) {
        return true;
    }
    tlc_http_error(r, 400, "bad_query", "%s", err.text);
    return false;
}

/* An optional number of the query. false: r is the answer. */
static bool read_number(const struct tlc_http_request *request, const char *name, int64_t min,
                        int64_t max, int64_t *ret_value, struct tlc_http_response *r)
{
    struct tlc_str text = request->lookup(request->connection, 'q', name);
    if (text.n == 0 || tlc_str_to_i64(text, min, max, ret_value)) {
        return true;
    }
    tlc_http_error(r, 400, "bad_query", "%s must be an integer within %lld to %lld", name,
                   (long long)min, (long long)max);
    return false;
}

/* --- windows in --- */

static const struct {
    int status;
    const char *rule;
} refusals[] = {
    [STORE_OTHER_SIZE] = {409, "other_window_size"},
    [STORE_UNAVAILABLE] = {503, "not_durable"},
};

static enum tlc_http_verdict turn_away(const struct store_reply *reply, const struct tlc_err *err,
                                       struct tlc_http_response *r)
{
    tlc_log(TLC_ERROR, "windows_not_taken", "rule=%s reason=\"%s\"", refusals[reply->refusal].rule,
            err->text);
    tlc_http_error(r, refusals[reply->refusal].status, refusals[reply->refusal].rule, "%s",
                   err->text);
    if (reply->refusal == STORE_UNAVAILABLE) {
        tlc_http_header_add(r, "Retry-After", "%d", RETRY_AFTER_S);
    }
    return TLC_HTTP_REPLY;
}

/* Each that was not taken, by its name: the sender need not send the others again. Of "partitions",
 * which nobody sends again, only the first, so that the answer can be read. */
static void add_refusals(const struct window_message *m, struct tlc_buf *out)
{
    size_t partitions_n = 0;
    tlc_buf_printf(out, ",\"refused\":[");
    for (size_t i = 0; i < m->refusals_n; i++) {
        const struct window_refusal *f = &m->refusals[i];
        if (f->rule == WINDOW_BAD_PROGRESS && ++partitions_n > TLC_WINDOW_REPLY_PARTITIONS) {
            continue;
        }
        tlc_buf_printf(out, "%s{\"rule\":\"%s\",\"partition\":%" PRId64 ",\"source\":%" PRId64,
                       i > 0 ? "," : "", window_refusal_name(f->rule), window_refusal_partition(f),
                       f->source);
        if (f->rule != WINDOW_BAD_PROGRESS) {
            tlc_buf_printf(out, ",\"start\":%" PRId64 ",\"revision\":%" PRId64, f->start_s,
                           f->revision);
        }
        tlc_buf_printf(out, ",\"text\":");
        tlc_json_quote(out, tlc_str_from(f->text));
        tlc_buf_printf(out, "}");
    }
    tlc_buf_printf(out, "]");
}

/* Who sends no windows asks whose they are, and of which log. */
static void add_logs(const struct store_reply *reply, struct tlc_buf *out)
{
    const char *comma = "";
    tlc_buf_printf(out, ",\"logs\":[");
    for (size_t i = 0; i < TLC_WINDOW_PARTITIONS_MAX; i++) {
        const struct window_log *l = &reply->logs[i];
        if (l->known) {
            tlc_buf_printf(out, "%s[%zu,%" PRId64 ",%" PRId64 ",%" PRId64 "]", comma, i, l->offset,
                           l->timestamp_ms, l->hash);
            comma = ",";
        }
    }
    tlc_buf_printf(out, "]");
}

enum tlc_http_verdict routes_tell_taken(const struct window_message *m,
                                        const struct store_reply *reply,
                                        struct tlc_http_response *r)
{
    r->status = reply->full ? 507 : 200;
    tlc_buf_init(&r->body, REPLY_BYTES_MAX);
    tlc_buf_printf(&r->body, "{");
    if (m->refusals_n > 0) {
        const struct window_refusal *first = &m->refusals[0];
        for (size_t i = 1; reply->full && first->rule != WINDOW_NO_ROOM; i++) {
            first = &m->refusals[i];
        }
        tlc_log(TLC_WARN, "windows_refused",
                "n=%zu rule=%s partition=%" PRId64 " source=%" PRId64 " start=%" PRId64
                " reason=\"%s\"",
                m->refusals_n, window_refusal_name(first->rule), window_refusal_partition(first),
                first->source, first->start_s, first->text);
        tlc_buf_printf(&r->body, "\"error\":");
        tlc_json_quote(&r->body, tlc_str_from(first->text));
        tlc_buf_printf(&r->body, ",\"rule\":\"%s\",", window_refusal_name(first->rule));
    }
    tlc_buf_printf(&r->body, "\"store_id\":\"%s\",\"accepted\":%" PRId64 ",\"superseded\":%" PRId64,
                   reply->store_id, reply->accepted, reply->superseded);
    if (m->refusals_n > 0) {
        add_refusals(m, &r->body);
    }
    if (reply->refused_windows > 0) {
        tlc_buf_printf(&r->body, ",\"refused_windows\":%" PRId64, reply->refused_windows);
    }
    if (reply->asked) {
        add_logs(reply, &r->body);
    }
    tlc_buf_printf(&r->body, "}\n");
    if (r->body.failed) {
        tlc_buf_release(&r->body);
        return busy(r, "out of memory");
    }
    return TLC_HTTP_REPLY;
}

static enum tlc_http_verdict post_windows(void *ctx, const struct tlc_http_request *request,
                                          struct tlc_http_response *r)
{
    struct routes_context *c = ctx;
    struct window_message m;
    struct tlc_err err;
    int rc = window_message_decode(request->body, &m, &err);
    if (rc == TLC_RETRY) {
        return busy(r, err.text);
    }
    if (rc != TLC_OK) {
        tlc_counter_add(&c->store->counters, STORE_REFUSED, 1);
        tlc_log(TLC_WARN, "message_refused", "reason=\"%s\"", err.text);
        tlc_http_error(r, 422, "bad_message", "%s", err.text);
        return TLC_HTTP_REPLY;
    }
    struct store_reply reply;
    rc = store_take(c->store, &m, c->now_ms(), &reply, &err);
    enum tlc_http_verdict verdict =
        rc == TLC_OK ? routes_tell_taken(&m, &reply, r) : turn_away(&reply, &err, r);
    window_message_release(&m);
    return verdict;
}

/* --- from memory --- */

/* A topic as a whole. */
static enum tlc_http_verdict get_topic(struct routes_context *c, enum topic_id id,
                                       const struct windows_filter *filter,
                                       struct tlc_http_response *r)
{
    const struct stream_topic *t = &c->topics->rows[id];
    tlc_buf_init(&r->body, t->bytes_max);
    if (t->hold != NULL) {
        t->hold(t->ctx);
    }
    bool made = t->encode(t->ctx, filter, &r->body);
    if (t->let_go != NULL) {
        t->let_go(t->ctx);
    }
    r->body.failed = r->body.failed || !made;
    return json(r);
}

static enum tlc_http_verdict get_summary(void *ctx, const struct tlc_http_request *request,
                                         struct tlc_http_response *r)
{
    struct windows_filter filter;
    return read_filter(request, &filter, r) ? get_topic(ctx, TOPIC_SUMMARY, &filter, r)
                                            : TLC_HTTP_REPLY;
}

static enum tlc_http_verdict get_status(void *ctx, const struct tlc_http_request *request,
                                        struct tlc_http_response *r)
{
    (void)request;
    const struct windows_filter everything = {.dataset = 0};
    return get_topic(ctx, TOPIC_STATUS, &everything, r);
}

/* --- as streams --- */

static void open_stream(struct routes_context *c, enum topic_id id,
                        const struct windows_filter *filter, const struct tlc_http_request *request,
                        struct tlc_http_response *r)
{
    struct tlc_str last = request->lookup(request->connection, 'h', "Last-Event-ID");
    stream_open(c->hub, &c->topics->rows[id], filter, last, r);
}

static enum tlc_http_verdict stream_summary(void *ctx, const struct tlc_http_request *request,
                                            struct tlc_http_response *r)
{
    struct windows_filter filter;
    if (read_filter(request, &filter, r)) {
        open_stream(ctx, TOPIC_SUMMARY, &filter, request, r);
    }
    return TLC_HTTP_REPLY;
}

static enum tlc_http_verdict stream_status(void *ctx, const struct tlc_http_request *request,
                                           struct tlc_http_response *r)
{
    const struct windows_filter everything = {.dataset = 0};
    open_stream(ctx, TOPIC_STATUS, &everything, request, r);
    return TLC_HTTP_REPLY;
}

/* --- zones --- */

static enum tlc_http_verdict get_zones(void *ctx, const struct tlc_http_request *request,
                                       struct tlc_http_response *r)
{
    struct routes_context *c = ctx;
    struct windows_filter filter;
    if (!read_filter(request, &filter, r)) {
        return TLC_HTTP_REPLY;
    }
    tlc_buf_init(&r->body, SUMMARY_BYTES_MAX);
    store_read_begin(c->store);
    bool made = summary_zones_encode(&c->store->windows, &filter, &r->body);
    store_read_end(c->store);
    r->body.failed = r->body.failed || !made;
    return json(r);
}

static enum tlc_http_verdict get_meta(void *ctx, const struct tlc_http_request *request,
                                      struct tlc_http_response *r)
{
    (void)request;
    struct routes_context *c = ctx;
    tlc_buf_init(&r->body, SUMMARY_BYTES_MAX);
    summary_meta_encode(c->topics->label, c->pages->shapes, &r->body);
    return json(r);
}

/* --- from the file --- */

static bool read_range(const struct tlc_http_request *request, struct windows_cursor_range *range,
                       struct tlc_http_response *r)
{
    int64_t source = 0;
    *range = (struct windows_cursor_range){.from_s = TLC_WINDOW_START_FIRST_S,
                                           .to_s = TLC_WINDOW_START_TO_S};
    if (!read_number(request, "source", 1, INT32_MAX, &source, r) ||
        !read_number(request, "from", 0, INT64_MAX, &range->from_s, r) ||
        !read_number(request, "to", 0, INT64_MAX, &range->to_s, r)) {
        return false;
    }
    range->source = (int32_t)source;
    return true;
}

static enum tlc_http_verdict cursor_failed(struct tlc_http_response *r, const struct tlc_err *err)
{
    tlc_log(TLC_ERROR, "windows_not_read", "reason=\"%s\"", err->text);
    tlc_buf_release(&r->body);
    return busy(r, err->text);
}

static int add_windows(struct windows_cursor *cursor, int64_t limit, struct tlc_buf *out,
                       struct tlc_err *err)
{
    struct windows_cursor_row row = {.source = 0};
    int64_t n = 0;
    int rc = 0;
    tlc_buf_printf(out, "{\"windows\":[");
    while (n < limit && (rc = windows_cursor_next(cursor, &row, err)) == 1) {
        tlc_buf_append(out, ",", n > 0 ? 1 : 0);
        dump_row_json(&row, false, out);
        n++;
    }
    bool more = n == limit && windows_cursor_more(cursor);
    tlc_buf_printf(out, "],\"more\":%s}\n", more ? "true" : "false");
    window_total_release(&row.total);
    return rc < 0 ? rc : TLC_OK;
}

static enum tlc_http_verdict get_windows(void *ctx, const struct tlc_http_request *request,
                                         struct tlc_http_response *r)
{
    struct routes_context *c = ctx;
    struct windows_cursor_range range;
    int64_t limit = ROUTES_WINDOWS_DEFAULT;
    if (!read_range(request, &range, r) ||
        !read_number(request, "limit", 1, ROUTES_WINDOWS_MAX, &limit, r)) {
        return TLC_HTTP_REPLY;
    }
    struct tlc_err err;
    struct windows_cursor *cursor = NULL;
    tlc_buf_init(&r->body, WINDOWS_BYTES_MAX);
    if (windows_cursor_open(c->store->path, &range, &cursor, &err) != TLC_OK) {
        return cursor_failed(r, &err);
    }
    int rc = add_windows(cursor, limit, &r->body, &err);
    windows_cursor_close(&cursor);
    return rc == TLC_OK ? json(r) : cursor_failed(r, &err);
}

static enum tlc_http_verdict get_dump(void *ctx, const struct tlc_http_request *request,
                                      struct tlc_http_response *r)
{
    (void)request;
    struct routes_context *c = ctx;
    struct tlc_err err;
    if (atomic_fetch_add(&c->dumps_n, 1) >= ROUTES_DUMPS_MAX) {
        atomic_fetch_sub(&c->dumps_n, 1);
        return busy(r, "other dumps are under way");
    }
    if (dump_open(c->store->path, &c->dumps_n, r, &err) != TLC_OK) {
        atomic_fetch_sub(&c->dumps_n, 1);
        return cursor_failed(r, &err);
    }
    pages_headers(r, "no-store");
    return TLC_HTTP_REPLY;
}

/* --- pages --- */

static enum tlc_http_verdict get_page(void *ctx, const struct tlc_http_request *request,
                                      struct tlc_http_response *r)
{
    struct routes_context *c = ctx;
    pages_reply(c->pages, request->path, request, r);
    return TLC_HTTP_REPLY;
}

/* --- the table --- */

void routes_fill(struct routes_context *context, struct tlc_http_route *ret_routes)
{
    static const struct {
        const char *path;
        enum tlc_http_verdict (*handler)(void *, const struct tlc_http_request *,
                                         struct tlc_http_response *);
    } gets[ROUTES_N - 1] = {
        {"/api/summary", get_summary},
        {"/api/stream", stream_summary},
        {"/api/zones", get_zones},
        {"/api/windows", get_windows},
        {"/api/windows/dump", get_dump},
        {"/api/status", get_status},
        {"/api/status/stream", stream_status},
        {"/api/meta", get_meta},
        {"/", get_page},
        {"/history", get_page},
        {"/pipeline", get_page},
        {"/style.css", get_page},
        {"/icon.svg", get_page},
        {"/openapi.yaml", get_page},
        {"/zones.geojson", get_page},
        {"/js/{file}", get_page},
        {"/vendor/{file}", get_page},
    };
    ret_routes[0] = (struct tlc_http_route){.method = "POST",
                                            .path = "/api/windows",
                                            .body_max = (size_t)TLC_WINDOW_MESSAGE_BYTES_MAX,
                                            .type = "application/json",
                                            .token = true,
                                            .handler = post_windows,
                                            .ctx = context};
    for (size_t i = 0; i < TLC_COUNT(gets); i++) {
        ret_routes[i + 1] = (struct tlc_http_route){
            .method = "GET", .path = gets[i].path, .handler = gets[i].handler, .ctx = context};
    }
}
