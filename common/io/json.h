/* jansson, for what is not on the per-event path: configuration, window messages, statuses,
 * dashboards.
 *
 * Programs include this file, never jansson.h. Parsed trees are the caller's (json_decref). */
#ifndef TLC_IO_JSON_H
#define TLC_IO_JSON_H

#include <jansson.h>

#include "common/base/buf.h"
#include "common/base/err.h"

/* Parses one JSON value; duplicate keys and trailing bytes are errors. TLC_REFUSE with line and
 * column in words. */
TLC_MUST int tlc_json_load(struct tlc_str text, json_t **ret_root, struct tlc_err *err);
/* Integer member within [min, max]; TLC_REFUSE when it is missing, no integer or out of range. */
TLC_MUST int tlc_json_int(const json_t *object, const char *key, int64_t min, int64_t max,
                          int64_t *ret_value, struct tlc_err *err);
/* Appends text as a JSON string with its quotes. */
void tlc_json_quote(struct tlc_buf *out, struct tlc_str text);

#endif
