/* The JSON of the page's queries, from the windows in memory. docs/dashboard-api.md describes it.
 *
 * Pure: (windows, filter, time) -> text. The caller holds the windows still. */
#ifndef TLC_DASHBOARD_SUMMARY_H
#define TLC_DASHBOARD_SUMMARY_H

#include "common/io/http_server.h"
#include "dashboard/windows.h"

struct summary_facts {
    const char *store_id, *label; /* label "" when there is none */
    int64_t now_ms;
};

/* The largest summary: 800 rows by day, 256 sources. */
#define SUMMARY_BYTES_MAX (size_t)(1 << 20)

/* Appends GET /api/summary's object. false when memory is refused. */
TLC_MUST bool summary_encode(const struct windows *w, const struct windows_filter *f,
                             const struct summary_facts *facts, struct tlc_buf *out);
/* Appends GET /api/zones's object. */
TLC_MUST bool summary_zones_encode(const struct windows *w, const struct windows_filter *f,
                                   struct tlc_buf *out);
/* Appends GET /api/meta's object: zones, label, version. */
void summary_meta_encode(const char *label, bool shapes, struct tlc_buf *out);

/* The filter in a request's query; TLC_REFUSE names the wrong parameter and what would be right. */
TLC_MUST int summary_filter_parse(const struct tlc_http_request *request,
                                  struct windows_filter *ret_filter, struct tlc_err *err);
bool summary_filter_equal(const struct windows_filter *a, const struct windows_filter *b);

#endif
