#include "common/io/status_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"

int64_t tlc_rss_bytes(void)
{
    char line[128] = "";
    FILE *f = fopen("/proc/self/statm", "re");
    if (f) {
        if (!fgets(line, sizeof(line), f)) {
            line[0] = '\0';
        }
        fclose(f);
    }
    const char *resident = strchr(line, ' '); /* the second number */
    return resident ? strtol(resident, NULL, 10) * sysconf(_SC_PAGESIZE) : 0;
}

static const char *why_not_ready(const struct tlc_status *s)
{
    return s->not_ready ? s->not_ready(s->ctx) : NULL;
}

static enum tlc_http_verdict get_healthz(void *ctx, const struct tlc_http_request *request,
                                         struct tlc_http_response *r)
{
    (void)ctx;
    (void)request;
    r->status = 200;
    r->content_type = "text/plain; charset=utf-8";
    r->fixed = TLC_STR("ok\n");
    return TLC_HTTP_REPLY;
}

static enum tlc_http_verdict get_readyz(void *ctx, const struct tlc_http_request *request,
                                        struct tlc_http_response *r)
{
    (void)request;
    const char *reason = why_not_ready(ctx);
    tlc_buf_init(&r->body, 1024);
    if (!reason) {
        r->status = 200;
        tlc_buf_printf(&r->body, "{\"ready\":true}\n");
    } else {
        r->status = 503;
        tlc_buf_printf(&r->body, "{\"ready\":false,\"reason\":\"%s\"}\n", reason);
        tlc_http_header_add(r, "Retry-After", "1");
    }
    return TLC_HTTP_REPLY;
}

static enum tlc_http_verdict get_metrics(void *ctx, const struct tlc_http_request *request,
                                         struct tlc_http_response *r)
{
    (void)request;
    const struct tlc_status *s = ctx;
    struct tlc_buf *out = &r->body;
    tlc_buf_init(out, TLC_STATUS_BYTES_MAX);
    for (size_t i = 0; i < TLC_STATUS_TABLES_MAX && s->tables[i]; i++) {
        tlc_counters_prometheus(s->tables[i], s->prefix, out);
    }
    for (size_t i = 0; i < TLC_STATUS_TABLES_MAX && s->histograms[i]; i++) {
        tlc_histogram_prometheus(s->histograms[i], s->prefix, out);
    }
    if (s->metrics) {
        s->metrics(s->ctx, out);
    }
    int64_t cpu_ns = tlc_cpu_ns();
    tlc_buf_printf(out,
                   "# HELP tlc_%s_info Version of the running binary\n"
                   "# TYPE tlc_%s_info gauge\n"
                   "tlc_%s_info{version=\"%s\"} 1\n"
                   "# HELP tlc_%s_ready 1 while it can do its work\n"
                   "# TYPE tlc_%s_ready gauge\n"
                   "tlc_%s_ready %d\n",
                   s->prefix, s->prefix, s->prefix, TLC_VERSION, s->prefix, s->prefix, s->prefix,
                   why_not_ready(s) == NULL);
    tlc_buf_printf(out,
                   "# HELP process_cpu_seconds_total User and system CPU time\n"
                   "# TYPE process_cpu_seconds_total counter\n"
                   "process_cpu_seconds_total %lld.%09lld\n"
                   "# HELP process_resident_memory_bytes Resident memory\n"
                   "# TYPE process_resident_memory_bytes gauge\n"
                   "process_resident_memory_bytes %lld\n"
                   "# HELP process_start_time_seconds Start, since the epoch\n"
                   "# TYPE process_start_time_seconds gauge\n"
                   "process_start_time_seconds %lld.%03lld\n",
                   (long long)(cpu_ns / 1000000000), (long long)(cpu_ns % 1000000000),
                   (long long)tlc_rss_bytes(), (long long)(s->started_wall_ms / 1000),
                   (long long)(s->started_wall_ms % 1000));
    r->status = 200;
    r->content_type = "text/plain; version=0.0.4; charset=utf-8";
    r->gzip = true;
    return TLC_HTTP_REPLY;
}

/* One object of all tables: each is an object of its own, whose braces are dropped. */
static void add_counters(const struct tlc_status *s, struct tlc_buf *out)
{
    struct tlc_buf one;
    tlc_buf_init(&one, TLC_STATUS_BYTES_MAX);
    tlc_buf_printf(out, ",\"counters\":{");
    bool first = true;
    for (size_t i = 0; i < TLC_STATUS_TABLES_MAX && s->tables[i]; i++) {
        tlc_buf_reset(&one);
        tlc_counters_json(s->tables[i], &one);
        if (one.n <= 2) {
            continue;
        }
        tlc_buf_append(out, ",", first ? 0 : 1);
        tlc_buf_append(out, one.p + 1, one.n - 2);
        first = false;
    }
    tlc_buf_printf(out, "}");
    tlc_buf_release(&one);
}

static enum tlc_http_verdict get_status(void *ctx, const struct tlc_http_request *request,
                                        struct tlc_http_response *r)
{
    (void)request;
    const struct tlc_status *s = ctx;
    struct tlc_buf *out = &r->body;
    tlc_buf_init(out, TLC_STATUS_BYTES_MAX);
    time_t started = (time_t)(s->started_wall_ms / 1000);
    struct tm tm;
    char text[32];
    gmtime_r(&started, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    const char *reason = why_not_ready(s);
    tlc_buf_printf(out,
                   "{\"name\":\"%s\",\"version\":\"%s\",\"state\":\"%s\",\"ready\":%s,"
                   "\"started\":\"%s\",\"uptime_s\":%lld,\"cpu_ns\":%lld,\"rss_bytes\":%lld",
                   s->name, TLC_VERSION, s->state ? s->state(s->ctx) : "running",
                   reason ? "false" : "true", text,
                   (long long)((tlc_wall_ms() - s->started_wall_ms) / 1000),
                   (long long)tlc_cpu_ns(), (long long)tlc_rss_bytes());
    if (reason) {
        tlc_buf_printf(out, ",\"reason\":\"%s\"", reason);
    }
    add_counters(s, out);
    if (s->detail) {
        s->detail(s->ctx, out);
    }
    tlc_buf_printf(out, "}\n");
    r->status = 200;
    r->gzip = true;
    tlc_http_header_add(r, "Cache-Control", "no-store");
    return TLC_HTTP_REPLY;
}

void tlc_status_routes(struct tlc_status *status, struct tlc_http_route *ret_routes)
{
    status->started_wall_ms = tlc_wall_ms();
    const struct tlc_http_route routes[TLC_STATUS_ROUTES_N] = {
        {.method = "GET", .path = "/healthz", .handler = get_healthz, .ctx = status},
        {.method = "GET", .path = "/readyz", .handler = get_readyz, .ctx = status},
        {.method = "GET", .path = "/metrics", .handler = get_metrics, .ctx = status},
        {.method = "GET", .path = "/status", .handler = get_status, .ctx = status},
    };
    memcpy(ret_routes, routes, sizeof routes);
}
