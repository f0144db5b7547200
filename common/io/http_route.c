#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/io/http_server_internal.h"

/* pattern has at most one {part}, which takes what stands up to the next slash. */
static bool path_matches(const char *pattern, struct tlc_str path, struct tlc_str *ret_param)
{
    struct tlc_str p = tlc_str_from(pattern);
    const char *open = memchr(p.p, '{', p.n);
    if (!open) {
        *ret_param = (struct tlc_str){NULL, 0};
        return tlc_str_eq(p, path);
    }
    struct tlc_str head = {p.p, (size_t)(open - p.p)};
    const char *close = memchr(open, '}', p.n - head.n);
    struct tlc_str tail = {close + 1, p.n - (size_t)(close + 1 - p.p)};
    if (!tlc_str_starts(path, head) || path.n < head.n + tail.n + 1) {
        return false;
    }
    struct tlc_str param = {path.p + head.n, path.n - head.n - tail.n};
    struct tlc_str rest = {param.p + param.n, tail.n};
    if (!tlc_str_eq(rest, tail) || memchr(param.p, '/', param.n)) {
        return false;
    }
    *ret_param = param;
    return true;
}

struct http_match http_route_find(const struct tlc_http_route *routes, size_t n,
                                  struct tlc_str method, struct tlc_str path)
{
    struct http_match m = {0};
    for (size_t i = 0; i < n; i++) {
        struct tlc_str param;
        if (!path_matches(routes[i].path, path, &param)) {
            continue;
        }
        m.path_known = true;
        if (tlc_str_eq(tlc_str_from(routes[i].method), method)) {
            m.route = &routes[i];
            m.param = param;
            return m;
        }
    }
    return m;
}

void http_route_allow(const struct tlc_http_route *routes, size_t n, struct tlc_str path, char *dst,
                      size_t dst_size)
{
    size_t at = 0;
    dst[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        struct tlc_str param;
        if (!path_matches(routes[i].path, path, &param)) {
            continue;
        }
        bool get = strcmp(routes[i].method, "GET") == 0;
        int w = snprintf(dst + at, dst_size - at, "%s%s", at > 0 ? ", " : "",
                         get ? "GET, HEAD" : routes[i].method);
        if (w < 0 || (size_t)w >= dst_size - at) {
            dst[at] = '\0'; /* whole names only */
            return;
        }
        at += (size_t)w;
    }
}

bool http_type_allowed(const char *types, struct tlc_str content_type)
{
    if (!types) {
        return true;
    }
    struct tlc_str media = content_type;
    const char *semicolon = media.n > 0 ? memchr(media.p, ';', media.n) : NULL;
    if (semicolon) {
        media.n = (size_t)(semicolon - media.p);
    }
    media = tlc_str_trim(media);
    struct tlc_str rest = tlc_str_from(types), one;
    while (tlc_str_split(&rest, ' ', &one)) {
        if (one.n > 0 && tlc_str_eq_nocase(one, media)) {
            return true;
        }
    }
    return false;
}

/* "q=0", "q=0.0": the client says no. */
static bool quality_is_zero(struct tlc_str params)
{
    struct tlc_str one;
    while (tlc_str_split(&params, ';', &one)) {
        one = tlc_str_trim(one);
        if (one.n < 3 || (one.p[0] != 'q' && one.p[0] != 'Q') || one.p[1] != '=') {
            continue;
        }
        for (size_t i = 2; i < one.n; i++) {
            if (one.p[i] >= '1' && one.p[i] <= '9') {
                return false;
            }
        }
        return true;
    }
    return false;
}

bool http_accepts_gzip(struct tlc_str accept_encoding)
{
    struct tlc_str rest = accept_encoding, one;
    while (tlc_str_split(&rest, ',', &one)) {
        struct tlc_str params = one, coding;
        if (!tlc_str_split(&params, ';', &coding)) {
            continue;
        }
        if (tlc_str_eq_nocase(tlc_str_trim(coding), TLC_STR("gzip"))) {
            return !quality_is_zero(params);
        }
    }
    return false;
}

void tlc_http_header_add(struct tlc_http_response *r, const char *name, const char *fmt, ...)
{
    if (r->headers_n == TLC_HTTP_HEADERS_MAX) {
        return;
    }
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(r->headers[r->headers_n].value, sizeof r->headers[0].value, fmt, args);
    va_end(args);
    if (n >= 0) {
        r->headers[r->headers_n++].name = name;
    }
}

static void append_escaped(struct tlc_buf *out, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\') {
            tlc_buf_printf(out, "\\%c", *p);
        } else if (*p < 0x20 || *p >= 0x7f) {
            /* Also bytes past ASCII: what a client sent need not be UTF-8. */
            tlc_buf_printf(out, "\\u%04x", *p);
        } else {
            tlc_buf_append(out, p, 1);
        }
    }
}

void tlc_http_error(struct tlc_http_response *r, int status, const char *rule, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    r->status = status;
    r->content_type = "application/json";
    if (r->body.max == 0) {
        tlc_buf_init(&r->body, 8192);
    }
    tlc_buf_reset(&r->body);
    tlc_buf_printf(&r->body, "{\"error\":\"");
    append_escaped(&r->body, text);
    tlc_buf_printf(&r->body, "\",\"rule\":\"%s\"}\n", rule);
}

void tlc_http_response_release(struct tlc_http_response *r)
{
    tlc_buf_release(&r->body);
    memset(r, 0, sizeof *r);
}
