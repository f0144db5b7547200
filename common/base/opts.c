#include "common/base/opts.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/opts_internal.h"

#define OPTIONS_MAX 128 /* rows of one table, built-in ones included */
#define NAME_MAX_BYTES 64
#define TEXT_MAX ((size_t)256 * 1024)

#define TLC_OPT_STRUCT struct tlc_opts_builtin
#define BUILTIN_OPTIONS(X)                                                                         \
    X(STR, log_level, "log-level", "TLC_LOG_LEVEL", "info", 0, 0, "LEVEL",                         \
      "least level of log lines: debug, info, warn or error")                                      \
    X(BOOL, print_config, "print-config", NULL, NULL, 0, 0, NULL,                                  \
      "print every option's value and exit")                                                       \
    X(BOOL, version, "version", NULL, NULL, 0, 0, NULL, "print the version and exit")              \
    X(BOOL, help, "help", NULL, NULL, 0, 0, NULL, "print this text and exit; also -h")             \
    X(BOOL, help_markdown, "help-markdown", NULL, NULL, 0, 0, NULL, "the options as a README table")
const struct tlc_opt tlc_opts_builtin_table[] = {BUILTIN_OPTIONS(TLC_OPT_ROW)};
const size_t tlc_opts_builtin_n = TLC_COUNT(tlc_opts_builtin_table);

/* One parse: the program's table and the built-in one behind it, numbered through. */
struct parser {
    const struct tlc_program *program;
    void *options;
    struct tlc_opts_builtin *builtin;
    bool given[OPTIONS_MAX]; /* on the command line */
    struct tlc_opt_list *args;
    struct tlc_err *err;
};

static size_t option_count(const struct parser *p)
{
    return p->program->opts_n + tlc_opts_builtin_n;
}

static const struct tlc_opt *option_at(const struct parser *p, size_t i)
{
    size_t own = p->program->opts_n;
    return i < own ? &p->program->opts[i] : &tlc_opts_builtin_table[i - own];
}

static void *struct_at(const struct parser *p, size_t i)
{
    return i < p->program->opts_n ? p->options : (void *)p->builtin;
}

/* The row of that name, or -1. */
static int find_option(const struct parser *p, struct tlc_str name)
{
    for (size_t i = 0; i < option_count(p); i++) {
        if (tlc_str_eq(name, tlc_str_from(option_at(p, i)->name))) {
            return (int)i;
        }
    }
    return -1;
}

/* Levenshtein distance (V. Levenshtein, 1966), one row at a time. */
static size_t edit_distance(struct tlc_str a, struct tlc_str b)
{
    size_t row[NAME_MAX_BYTES + 1];
    if (a.n > NAME_MAX_BYTES || b.n > NAME_MAX_BYTES) {
        return NAME_MAX_BYTES;
    }
    for (size_t j = 0; j <= b.n; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t change = diagonal + (a.p[i - 1] != b.p[j - 1]);
            size_t step = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = change < step ? change : step;
        }
    }
    return row[b.n];
}

static int unknown_option(const struct parser *p, struct tlc_str name)
{
    const char *best = NULL;
    size_t best_distance = name.n / 3 + 2;
    for (size_t i = 0; i < option_count(p) - TLC_OPTS_HIDDEN_N; i++) {
        struct tlc_str known = tlc_str_from(option_at(p, i)->name);
        size_t d = edit_distance(name, known);
        if (name.n >= 3 && tlc_str_starts(known, name)) {
            d = 0; /* a beginning of the name is the likeliest slip */
        }
        if (d < best_distance) {
            best_distance = d;
            best = option_at(p, i)->name;
        }
    }
    const char *dashes = name.n == 1 ? "-" : "--";
    if (best == NULL) {
        return tlc_err_fatal(p->err, TLC_EXIT_USAGE, "unknown option %s%.*s; --help lists them",
                             dashes, TLC_STR_ARG(name));
    }
    return tlc_err_fatal(p->err, TLC_EXIT_USAGE, "unknown option %s%.*s; did you mean %s%s?",
                         dashes, TLC_STR_ARG(name), strlen(best) == 1 ? "-" : "--", best);
}

/* where: how the user names it, "--batch" or "environment SERVER_URL". */
static int bad_value(const struct parser *p, const struct tlc_opt *o, const char *where,
                     const char *text)
{
    struct tlc_buf want;
    tlc_buf_init(&want, 256);
    tlc_opts_value_describe(o, &want);
    int rc = tlc_err_fatal(p->err, TLC_EXIT_USAGE, "%s: \"%s\" is not %s", where, text,
                           tlc_buf_cstr(&want));
    tlc_buf_release(&want);
    return rc;
}

static int set_default(struct parser *p, size_t i, const char *(*get_env)(const char *name))
{
    const struct tlc_opt *o = option_at(p, i);
    void *options = struct_at(p, i);
    tlc_opts_value_clear(o, options);
    bool list = o->type == TLC_OPT_LIST;
    const char *env = o->env != NULL ? get_env(o->env) : NULL;
    /* An empty variable counts as unset: compose files and shells pass those on. */
    bool from_env = env != NULL && env[0] != '\0';
    const char *text = from_env ? env : o->def;
    if (text == NULL || (text[0] == '\0' && o->type != TLC_OPT_STR)) {
        return TLC_OK;
    }
    bool ok =
        list ? tlc_opts_value_add_items(o, options, text) : tlc_opts_value_set(o, options, text);
    if (ok) {
        return TLC_OK;
    }
    char where[NAME_MAX_BYTES + 32];
    snprintf(where, sizeof(where), "%s %s", from_env ? "environment" : "default of",
             from_env ? o->env : o->name);
    return bad_value(p, o, where, text);
}

static int set_given(struct parser *p, size_t i, const char *text)
{
    const struct tlc_opt *o = option_at(p, i);
    if (o->type == TLC_OPT_LIST && !p->given[i]) {
        tlc_opts_value_clear(o, struct_at(p, i)); /* replaces what the environment gave */
    }
    p->given[i] = true;
    if (tlc_opts_value_set(o, struct_at(p, i), text)) {
        return TLC_OK;
    }
    char where[NAME_MAX_BYTES + 4];
    snprintf(where, sizeof(where), "%s%s", strlen(o->name) == 1 ? "-" : "--", o->name);
    return bad_value(p, o, where, text);
}

/* argument: the value's own argument follows, NULL at the end of the line. Returns how many
 * arguments were used (1 or 2), or a negative class. name comes without dashes, value is NULL
 * unless it hung on by "=". */
static int take_option(struct parser *p, struct tlc_str name, const char *value, const char *next)
{
    int i = find_option(p, name);
    bool off = false;
    if (i < 0 && tlc_str_starts(name, TLC_STR("no-"))) {
        i = find_option(p, (struct tlc_str){name.p + 3, name.n - 3});
        off = i >= 0 && option_at(p, (size_t)i)->type == TLC_OPT_BOOL;
        i = off ? i : -1;
    }
    if (i < 0) {
        return unknown_option(p, name);
    }
    const struct tlc_opt *o = option_at(p, (size_t)i);
    if (o->type == TLC_OPT_BOOL) {
        if (off && value != NULL) {
            return tlc_err_fatal(p->err, TLC_EXIT_USAGE, "option --%.*s takes no value",
                                 TLC_STR_ARG(name));
        }
        int rc = set_given(p, (size_t)i, value != NULL ? value : off ? "false" : "true");
        return rc != 0 ? rc : 1;
    }
    if (value != NULL) {
        int rc = set_given(p, (size_t)i, value);
        return rc != 0 ? rc : 1;
    }
    bool next_is_option = next != NULL && strncmp(next, "--", 2) == 0 &&
                          find_option(p, (struct tlc_str){next + 2, strcspn(next + 2, "=")}) >= 0;
    if (next == NULL || next_is_option) {
        return tlc_err_fatal(p->err, TLC_EXIT_USAGE, "option %s%s needs a value: %s",
                             name.n == 1 ? "-" : "--", o->name, o->arg != NULL ? o->arg : "VALUE");
    }
    int rc = set_given(p, (size_t)i, next);
    return rc != 0 ? rc : 2;
}

/* "-h", "-X value", "-Xvalue", "-X=value". */
static int take_short(struct parser *p, const char *arg, const char *next)
{
    if (strcmp(arg, "-h") == 0) {
        p->builtin->help = true;
        return 1;
    }
    struct tlc_str name = {arg + 1, 1};
    const char *value = arg[2] == '\0' ? NULL : arg[2] == '=' ? arg + 3 : arg + 2;
    if (find_option(p, name) < 0) {
        name.n = strcspn(arg + 1, "=");
    }
    if (name.n > 1 && find_option(p, name) >= 0) {
        return tlc_err_fatal(p->err, TLC_EXIT_USAGE, "unknown option -%.*s; did you mean --%.*s?",
                             TLC_STR_ARG(name), TLC_STR_ARG(name));
    }
    return take_option(p, name, value, next);
}

static int take_arguments(struct parser *p, int argc, char **argv)
{
    bool plain = false; /* behind "--" */
    for (int i = 1; i < argc;) {
        const char *arg = argv[i];
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        int used = 1;
        if (plain || arg[0] != '-' || arg[1] == '\0') {
            if (p->args->n == TLC_OPT_LIST_MAX) {
                return tlc_err_fatal(p->err, TLC_EXIT_USAGE, "more than %d arguments",
                                     TLC_OPT_LIST_MAX);
            }
            p->args->v[p->args->n++] = arg;
        } else if (strcmp(arg, "--") == 0) {
            plain = true;
        } else if (arg[1] == '-') {
            size_t n = strcspn(arg + 2, "=");
            const char *value = arg[2 + n] == '=' ? arg + 3 + n : NULL;
            used = take_option(p, (struct tlc_str){arg + 2, n}, value, next);
        } else {
            used = take_short(p, arg, next);
        }
        if (used < 0) {
            return used;
        }
        i += used;
    }
    return TLC_OK;
}

static int check_argument_count(const struct parser *p)
{
    const struct tlc_program *program = p->program;
    const char *name =
        program->arguments != NULL && program->arguments[0] != '\0' ? program->arguments : "none";
    if (p->args->n < program->args_min) {
        return tlc_err_fatal(p->err, TLC_EXIT_USAGE, "argument missing: %s; --help explains it",
                             name);
    }
    if (p->args->n > program->args_max) {
        return tlc_err_fatal(p->err, TLC_EXIT_USAGE, "unexpected argument \"%s\" (expected: %s)",
                             p->args->v[program->args_max], name);
    }
    return TLC_OK;
}

static int parse(struct parser *p, int argc, char **argv, const char *(*get_env)(const char *name))
{
    if (option_count(p) > OPTIONS_MAX) {
        return tlc_err_fatal(p->err, TLC_EXIT_SOFTWARE, "more than %d options", OPTIONS_MAX);
    }
    p->args->n = 0;
    for (size_t i = 0; i < option_count(p); i++) {
        int rc = set_default(p, i, get_env);
        if (rc != 0) {
            return rc;
        }
    }
    int rc = take_arguments(p, argc, argv);
    if (rc != 0) {
        return rc;
    }
    enum tlc_level level;
    const char *text = p->builtin->log_level;
    if (!tlc_log_level_parse(tlc_str_from(text), &level)) {
        return tlc_err_fatal(p->err, TLC_EXIT_USAGE,
                             "--log-level: \"%s\" is not debug, info, warn or error", text);
    }
    bool just_tell = p->builtin->help || p->builtin->version || p->builtin->help_markdown;
    if (just_tell) {
        return TLC_OK;
    }
    int counted = check_argument_count(p);
    bool checks = counted == TLC_OK && p->program->check != NULL;
    return checks ? p->program->check(p->options, p->err) : counted;
}

/* NOLINTNEXTLINE(readability-function-size): main's arguments, the environment, three results */
int tlc_opts_parse(const struct tlc_program *program, int argc, char **argv,
                   const char *(*get_env)(const char *name), void *options,
                   struct tlc_opt_list *ret_args, struct tlc_err *err)
{
    struct tlc_opts_builtin builtin;
    struct parser p = {
        .program = program, .options = options, .builtin = &builtin, .args = ret_args, .err = err};
    return parse(&p, argc, argv, get_env);
}

/* What --help and its like print; false when none of them was asked for. */
static bool tell(const struct tlc_program *program, const struct tlc_opts_builtin *b,
                 const void *options)
{
    struct tlc_buf out;
    tlc_buf_init(&out, TEXT_MAX);
    bool told = true;
    if (b->help) {
        tlc_opts_help(program, &out);
    } else if (b->help_markdown) {
        tlc_opts_markdown(program, &out);
    } else if (b->version) {
        tlc_buf_printf(&out, "%s %s\n", program->name, TLC_VERSION);
    } else if (b->print_config) {
        tlc_opts_print_config(program, options, &out);
    } else {
        told = false;
    }
    fwrite(tlc_buf_cstr(&out), 1, out.n, stdout);
    fflush(stdout);
    tlc_buf_release(&out);
    return told;
}

static const char *real_env(const char *name)
{
    return getenv(name);
}

enum tlc_opts_result tlc_opts_main(const struct tlc_program *program, int argc, char **argv,
                                   void *options, struct tlc_opt_list *ret_args, int *ret_exit)
{
    struct tlc_opts_builtin builtin;
    struct tlc_err err = {0};
    struct parser p = {
        .program = program, .options = options, .builtin = &builtin, .args = ret_args, .err = &err};
    if (parse(&p, argc, argv, real_env) != 0) {
        fprintf(stderr, "%s: %s\n", program->name, err.text);
        *ret_exit = tlc_err_exit_code(&err);
        return TLC_OPTS_EXIT;
    }
    if (tell(program, &builtin, options)) {
        *ret_exit = TLC_EXIT_OK;
        return TLC_OPTS_EXIT;
    }
    enum tlc_level level = TLC_INFO;
    if (!tlc_log_level_parse(tlc_str_from(builtin.log_level), &level)) {
        level = TLC_INFO; /* checked by parse */
    }
    tlc_log_init(program->name, level);
    return TLC_OPTS_GO;
}
