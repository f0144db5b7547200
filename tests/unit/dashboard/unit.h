/* cmocka with what it must have included before it, and what the dashboard's tests share. */
#ifndef TLC_TESTS_UNIT_DASHBOARD_UNIT_H
#define TLC_TESTS_UNIT_DASHBOARD_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/io/http_server.h"
#include "common/io/json.h"
#include "dashboard/window.h"
#include "dashboard/window_message.h"

#define GREEN_2024_01 2202401
#define YELLOW_2024_03 1202403
#define JAN_1_S INT64_C(1704085200) /* 2024-01-01 00:00 in New York */
#define HOUR INT64_C(3600)
#define QUARTER INT64_C(900)

/* A window with one pickup zone, one drop-off zone and one route. */
struct spec {
    int32_t partition, source;
    int64_t start_s, revision;
    bool final;
    uint16_t from, to;     /* zones; 0 = 74, 75 */
    uint32_t starts, ends; /* events */
    uint32_t matched;
    uint32_t ride_min; /* of each matched trip */
    int64_t total_cents;
};
struct window unit_window(const struct spec *spec);
/* A message of windows made so, and of progress; both may be empty. Release it. */
struct window_message unit_message(const struct spec *specs, size_t n,
                                   const struct window_progress *progress, size_t progress_n);

/* A request as a handler sees it: query and headers are "name=value" strings, NULL ends them. */
struct unit_request {
    struct tlc_http_request request;
    const char *const *query, *const *headers;
};
void unit_request_init(struct unit_request *r, const char *path, const char *const *query,
                       const char *const *headers);
const char *unit_header(const struct tlc_http_response *r, const char *name);

/* A folder of its own for a test, and files in it. */
const char *unit_folder_make(void);
void unit_folder_remove(const char *folder);
/* Static text that stays until the fourth call after. */
const char *unit_path(const char *folder, const char *file);
void unit_file_write(const char *path, const char *text);

/* Parsed, and a failed test when it is no JSON. */
json_t *unit_json(struct tlc_str text);
/* Integer at a path like "figures/started" or "hours/0/starts"; fails the test when it is none. */
int64_t unit_json_int(const json_t *root, const char *path);
const json_t *unit_json_at(const json_t *root, const char *path);

#endif
