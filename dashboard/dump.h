/* Windows as text: one JSON object, and all final ones as a stream of lines.
 *
 * The dump is what two runs are compared by: sorted by source and start, summed over partitions,
 * no revisions, so that the same events give the same bytes however they were partitioned and
 * whatever was killed on the way. */
#ifndef TLC_DASHBOARD_DUMP_H
#define TLC_DASHBOARD_DUMP_H

#include <stdatomic.h>

#include "common/io/http_server.h"
#include "dashboard/windows_db.h"

/* Appends {"source","start","final", ... as in docs/windows.md}. */
void dump_row_json(const struct windows_cursor_row *row, bool with_routes, struct tlc_buf *out);

/* Fills r with a stream of every final window with its routes, a line each; if reading fails on the
 * way, the last line is {"error":"..."}. *running is counted down when the stream ends. */
TLC_MUST int dump_open(const char *path, _Atomic int *running, struct tlc_http_response *r,
                       struct tlc_err *err);

#endif
