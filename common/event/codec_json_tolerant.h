/* Inside of codec_json only: the slow path behind tlc_json_decode, which takes any JSON object. */
#ifndef TLC_EVENT_CODEC_JSON_TOLERANT_H
#define TLC_EVENT_CODEC_JSON_TOLERANT_H

#include "common/event/codec_json.h"

#define TLC_LON_MAX 180000000 /* millionths of a degree */
#define TLC_LAT_MAX 90000000

/* As tlc_json_decode, but never TLC_JSON_EVENT. */
enum tlc_json_kind tlc_json_decode_tolerant(struct tlc_str line, struct tlc_event *ret,
                                            enum tlc_rule *ret_rule, const char **ret_at);

#endif
