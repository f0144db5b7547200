/* Shared by the files of opts; not for programs.
 *
 * opts_value.c turns text into fields and back, opts_help.c renders, opts.c parses. */
#ifndef TLC_BASE_OPTS_INTERNAL_H
#define TLC_BASE_OPTS_INTERNAL_H

#include "common/base/opts.h"

/* What every binary has beside its own table. */
struct tlc_opts_builtin {
    bool help;
    bool version;
    bool print_config;
    bool help_markdown;
    const char *log_level;
};
extern const struct tlc_opt tlc_opts_builtin_table[];
extern const size_t tlc_opts_builtin_n;
/* The last row, help_markdown, is for the lint test and stays out of all listings. */
#define TLC_OPTS_HIDDEN_N 1

/* Text into the field; false when it is not a value of that option. A LIST is appended to. text
 * stays borrowed. */
TLC_MUST bool tlc_opts_value_set(const struct tlc_opt *o, void *options, const char *text);
/* Empties the field: 0, false, NULL, no items. */
void tlc_opts_value_clear(const struct tlc_opt *o, void *options);
/* Text with blanks between items, appended to a LIST; the copy lives as long as the program. */
TLC_MUST bool tlc_opts_value_add_items(const struct tlc_opt *o, void *options, const char *text);
/* In words: "a whole number from 1 to 10000". */
void tlc_opts_value_describe(const struct tlc_opt *o, struct tlc_buf *out);
/* The field as text that would parse to it again; passwords are starred. */
void tlc_opts_value_print(const struct tlc_opt *o, const void *options, struct tlc_buf *out);

#endif
