/* Log lines on standard error: "2026-01-02T03:04:05.678Z level binary event=name key=value ...".
 *
 * Only programs log; libraries return errors. Each failure is logged once, where it is decided. Any
 * thread may call. Values with spaces or quotes are the caller's to quote: use key=\"%s\". Same
 * event more than 10 times in 10 s: the rest is counted and told in one line (suppressed=n). No
 * header, token or body is ever logged whole. */
#ifndef TLC_BASE_LOG_H
#define TLC_BASE_LOG_H

#include "common/base/str.h"

enum tlc_level { TLC_DEBUG, TLC_INFO, TLC_WARN, TLC_ERROR };

/* name is borrowed for the life of the program. min_level: lines below it are left out. */
void tlc_log_init(const char *name, enum tlc_level min_level);
/* "debug", "info", "warn", "error"; false when it is none of them. */
bool tlc_log_level_parse(struct tlc_str s, enum tlc_level *ret_level);
/* event: a short_name; fmt: "key=value key2=value2" or "". */
void tlc_log(enum tlc_level level, const char *event, const char *fmt, ...) TLC_PRINTF(3, 4);

#endif
