/* The files that the dashboard serves, read once at start into a fixed table: what is not in it
 * does not exist, so no path of a request ever reaches the file system.
 *
 * Owns the bytes. After open anyone may read it, from any thread. */
#ifndef TLC_DASHBOARD_PAGES_H
#define TLC_DASHBOARD_PAGES_H

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/io/http_server.h"

#define PAGES_MAX 96
#define PAGES_FILE_BYTES_MAX ((size_t)8 << 20)

struct page {
    char path[96]; /* of the URL: "/js/live.js" */
    const char *type;
    struct tlc_buf bytes;
    char etag[24]; /* W/"16 hex digits of its content" */
};

struct pages {
    struct page rows[PAGES_MAX];
    size_t n;
    bool shapes; /* /zones.geojson is there */
};

struct pages_folders {
    const char *static_dir; /* index.html, pipeline.html ..., js/ */
    const char *vendor_dir; /* node_modules */
    const char *shapes;     /* GeoJSON file; may be missing */
};

/* A page or library that is missing is fatal and named; shapes that are missing or no JSON are not
 * (ret_note says why, "" when there is nothing to say). */
TLC_MUST int pages_open(struct pages *p, const struct pages_folders *folders, char ret_note[256],
                        struct tlc_err *err);
void pages_close(struct pages *p);

/* Answers with the page of that path; 404 when there is none, 304 when the client has it. */
void pages_reply(const struct pages *p, struct tlc_str path, const struct tlc_http_request *request,
                 struct tlc_http_response *r);
/* The headers that every answer to a browser carries: what may be loaded, and how it is kept. */
void pages_headers(struct tlc_http_response *r, const char *cache_control);

#endif
