/* Options: one table a binary, from which come the struct's fields, the parser, --help,
 * --print-config and README rows.
 *
 *     #define SERVER_OPTIONS(X) \
 *         X(STR, listen, "listen", "TLC_LISTEN", "127.0.0.1:8080", 0, 0, "ADDR:PORT", "where to
 * serve")      \ X(BYTES, inflight_bytes, "inflight", NULL, "64MiB", 1 << 20, 1LL << 34, "BYTES",
 * "...") struct server_options { SERVER_OPTIONS(TLC_OPT_FIELD) }; #define TLC_OPT_STRUCT struct
 * server_options static const struct tlc_opt server_opts[] = {SERVER_OPTIONS(TLC_OPT_ROW)};
 *
 * default < environment < command line. Accepted: --name value, --name=value, --flag, --no-flag,
 * -h, -X name=value (for an option whose name is "X"), "--" ends options, everything else is a
 * positional argument ("-" too). Errors name the option, the value and what would be right, and
 * suggest the nearest name for an unknown option. Every binary gets --help, --version,
 * --print-config and --log-level for free. */
#ifndef TLC_BASE_OPTS_H
#define TLC_BASE_OPTS_H

#include "common/base/buf.h"
#include "common/base/err.h"

enum tlc_opt_type {
    TLC_OPT_BOOL,  /* bool: --name / --no-name; environment: 1 true yes on / 0 false no off */
    TLC_OPT_STR,   /* const char *, NULL when there is no default */
    TLC_OPT_INT,   /* int64_t within [min, max] */
    TLC_OPT_REAL,  /* double within [min, max] */
    TLC_OPT_BYTES, /* int64_t bytes; "64MiB" */
    TLC_OPT_MS,    /* int64_t milliseconds; "15m", "250ms", bare number = seconds */
    TLC_OPT_LIST,  /* struct tlc_opt_list: may be repeated; environment: separated by blanks */
};

#define TLC_OPT_LIST_MAX 512
struct tlc_opt_list {
    const char *v[TLC_OPT_LIST_MAX];
    size_t n;
};

struct tlc_opt {
    enum tlc_opt_type type;
    size_t offset;    /* of the field */
    const char *name; /* long name without dashes */
    const char *env;  /* environment variable or NULL */
    const char *def;  /* default as text, parsed like a value; NULL = 0, false, NULL, empty */
    int64_t min, max; /* for INT, REAL, BYTES, MS; both 0 = any */
    const char *arg;  /* what the value is called in --help: "PORT" */
    const char *help; /* one sentence; shown with default and environment name */
};

/* C types by option type. */
#define TLC_OPT_CTYPE_BOOL bool
#define TLC_OPT_CTYPE_STR const char *
#define TLC_OPT_CTYPE_INT int64_t
#define TLC_OPT_CTYPE_REAL double
#define TLC_OPT_CTYPE_BYTES int64_t
#define TLC_OPT_CTYPE_MS int64_t
#define TLC_OPT_CTYPE_LIST struct tlc_opt_list
#define TLC_OPT_FIELD(type, field, name, env, def, min, max, arg, help) TLC_OPT_CTYPE_##type field;
#define TLC_OPT_ROW(type, field, name, env, def, min, max, arg, help)                              \
    {TLC_OPT_##type, offsetof(TLC_OPT_STRUCT, field), name, env, def, min, max, arg, help},

struct tlc_program {
    const char *name;      /* binary */
    const char *summary;   /* one sentence: what it does */
    const char *arguments; /* "FILE..." or "" */
    const char *details;   /* paragraphs and examples for --help, or NULL */
    const struct tlc_opt *opts;
    size_t opts_n;
    size_t args_min, args_max; /* positional arguments */
    /* What the table cannot say of the values together, or NULL: TLC_FATAL with exit code 64 and
     * the words. --print-config asks it too, so that it prints nothing that would be refused. */
    int (*check)(void *options, struct tlc_err *err);
};

/* What parsing ended with: go on, or leave main with that exit code (help was printed to stdout, an
 * error to stderr). */
enum tlc_opts_result { TLC_OPTS_GO, TLC_OPTS_EXIT };

/* Fills options (the binary's struct) and the positional arguments; values point into argv and the
 * environment. On TLC_OPTS_EXIT *ret_exit holds main's exit code. Also sets up the log
 * (tlc_log_init with --log-level). */
enum tlc_opts_result tlc_opts_main(const struct tlc_program *program, int argc, char **argv,
                                   void *options, struct tlc_opt_list *ret_args, int *ret_exit);

/* The pure part, for tests: getenv is injected. Returns 0 or TLC_FATAL with exit code 64 and the
 * words in err. */
TLC_MUST int tlc_opts_parse(const struct tlc_program *program, int argc, char **argv,
                            const char *(*get_env)(const char *name), void *options,
                            struct tlc_opt_list *ret_args, struct tlc_err *err);
void tlc_opts_help(const struct tlc_program *program, struct tlc_buf *out);
/* Markdown table of the options, as the READMEs carry it; the lint test compares (hidden flag
 * --help-markdown). */
void tlc_opts_markdown(const struct tlc_program *program, struct tlc_buf *out);
void tlc_opts_print_config(const struct tlc_program *program, const void *options,
                           struct tlc_buf *out);

#endif
