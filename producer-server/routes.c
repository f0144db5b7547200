#include "producer-server/routes.h"

#include "common/event/tripid.h"

#define ONE_MAX (64 * 1024) /* of POST /trip: an event and room for keys that we ignore */

static const char openapi_yaml[] = {
#include "openapi.inc"
};

static enum tlc_http_verdict empty_body(struct tlc_http_response *r)
{
    tlc_http_error(r, 400, "empty_body", "the body holds no record");
    return TLC_HTTP_REPLY;
}

static enum tlc_http_verdict no_memory(struct tlc_http_response *r)
{
    tlc_http_error(r, 503, "busy", "out of memory");
    tlc_http_header_add(r, "Retry-After", "1");
    return TLC_HTTP_REPLY;
}

/* ?errors=N: how many refusals the reply may tell of. */
static bool read_errors_max(const struct tlc_http_request *request, struct ingest *batch,
                            struct tlc_http_response *r)
{
    struct tlc_str text = request->lookup(request->connection, 'q', "errors");
    int64_t n = INGEST_ERRORS_DEFAULT;
    if (text.p && !tlc_str_to_i64(text, 0, INGEST_ERRORS_MAX, &n)) {
        tlc_http_error(r, 400, "bad_parameter", "errors must be an integer from 0 to %d",
                       INGEST_ERRORS_MAX);
        return false;
    }
    batch->errors_max = (size_t)n;
    return true;
}

static enum tlc_http_verdict take_events(struct produce *p, const struct tlc_http_request *request,
                                         struct tlc_http_response *r,
                                         void (*read)(struct ingest *b, struct tlc_str body))
{
    struct produce_request *q = produce_begin(p);
    if (!q) {
        return no_memory(r);
    }
    struct ingest *batch = produce_batch(q);
    if (!read_errors_max(request, batch, r)) {
        produce_drop(q);
        return TLC_HTTP_REPLY;
    }
    read(batch, request->body);
    if (batch->received == 0 && !batch->failed) {
        produce_drop(q);
        return empty_body(r);
    }
    return produce_send(q, request, r, false);
}

static enum tlc_http_verdict post_trips(void *ctx, const struct tlc_http_request *request,
                                        struct tlc_http_response *r)
{
    return take_events(ctx, request, r, ingest_lines);
}

static enum tlc_http_verdict post_trip(void *ctx, const struct tlc_http_request *request,
                                       struct tlc_http_response *r)
{
    if (ingest_is_array(request->body)) {
        tlc_http_error(r, 422, "array", "the body is an array: POST /trips takes several events");
        return TLC_HTTP_REPLY;
    }
    return take_events(ctx, request, r, ingest_one);
}

static enum tlc_http_verdict post_mark(struct produce *p, enum tlc_mark mark,
                                       const struct tlc_http_request *request,
                                       struct tlc_http_response *r)
{
    int64_t source;
    if (!tlc_str_to_i64(request->param, 1, INT32_MAX, &source) ||
        !tlc_source_valid((int32_t)source)) {
        tlc_http_error(r, 422, "bad_source",
                       "a source is dataset x 1000000 + yyyymm, like 2202401 for green 2024-01");
        return TLC_HTTP_REPLY;
    }
    struct produce_request *q = produce_begin(p);
    if (!q) {
        return no_memory(r);
    }
    ingest_marks(produce_batch(q), (int32_t)source, mark, p->ports.partitions(p->ports.kafka));
    return produce_send(q, request, r, true);
}

static enum tlc_http_verdict post_close(void *ctx, const struct tlc_http_request *request,
                                        struct tlc_http_response *r)
{
    return post_mark(ctx, TLC_MARK_CLOSED, request, r);
}

static enum tlc_http_verdict post_open(void *ctx, const struct tlc_http_request *request,
                                       struct tlc_http_response *r)
{
    return post_mark(ctx, TLC_MARK_OPEN, request, r);
}

static enum tlc_http_verdict get_openapi(void *ctx, const struct tlc_http_request *request,
                                         struct tlc_http_response *r)
{
    (void)ctx;
    (void)request;
    r->status = 200;
    r->content_type = "application/yaml";
    r->fixed = (struct tlc_str){openapi_yaml, sizeof openapi_yaml};
    r->gzip = true;
    return TLC_HTTP_REPLY;
}

static int admit(void *ctx, uint64_t peer, int64_t length, struct tlc_http_response *r)
{
    return produce_admit(ctx, peer, length, r);
}

static void give_back(void *ctx, uint64_t peer, int64_t length)
{
    produce_give_back(ctx, peer, length);
}

void routes_fill(struct produce *produce, struct tlc_http_route *ret_routes)
{
    const struct tlc_http_route routes[ROUTES_N] = {
        {.method = "POST",
         .path = "/trips",
         .body_max = (size_t)produce->body_max,
         .type = "application/x-ndjson application/ndjson application/json text/plain",
         .token = true,
         .handler = post_trips,
         .ctx = produce,
         .admit = admit,
         .release = give_back},
        {.method = "POST",
         .path = "/trip",
         .body_max = ONE_MAX,
         .type = "application/json",
         .token = true,
         .handler = post_trip,
         .ctx = produce,
         .admit = admit,
         .release = give_back},
        {.method = "POST",
         .path = "/sources/{source}/close",
         .token = true,
         .handler = post_close,
         .ctx = produce,
         .admit = admit,
         .release = give_back},
        {.method = "POST",
         .path = "/sources/{source}/open",
         .token = true,
         .handler = post_open,
         .ctx = produce,
         .admit = admit,
         .release = give_back},
        {.method = "GET", .path = "/openapi.yaml", .handler = get_openapi, .ctx = produce},
    };
    memcpy(ret_routes, routes, sizeof routes);
}
