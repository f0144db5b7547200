/* The files that the dashboard serves, read once at start into a fixed table: what is not in it
 * does not exist, so no path of a request ever reaches the file system. Only the shapes of the
 * zones may come later.
 *
 * Owns the bytes. After open anyone may read it, from any thread; one may look for the shapes. */
#ifndef TLC_DASHBOARD_PAGES_H
#define TLC_DASHBOARD_PAGES_H

#include <stdatomic.h>

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
    _Atomic size_t n;     /* rows that may be read */
    _Atomic bool shapes;  /* /zones.geojson is there */
    int64_t looked_at[3]; /* size and time of change of a shapes file that was no good */
};

struct pages_folders {
    const char *static_dir; /* index.html, pipeline.html ..., js/ */
    const char *vendor_dir; /* node_modules */
};

/* A page or library that is missing is fatal and named. */
TLC_MUST int pages_open(struct pages *p, const struct pages_folders *folders, struct tlc_err *err);
/* Serves the shapes when their file is there, once: call it now and then. file NULL or "": never. A
 * file that is no JSON is read again when it has changed; ret_note says what is wrong with it, ""
 * when there is nothing to say. */
void pages_look_for_shapes(struct pages *p, const char *file, char ret_note[256]);
void pages_close(struct pages *p);

/* Answers with the page of that path; 404 when there is none, 304 when the client has it. */
void pages_reply(const struct pages *p, struct tlc_str path, const struct tlc_http_request *request,
                 struct tlc_http_response *r);
/* The headers that every answer to a browser carries: what may be loaded, and how it is kept. */
void pages_headers(struct tlc_http_response *r, const char *cache_control);

#endif
