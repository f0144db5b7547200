#include <stdio.h>

#include "common/base/opts_internal.h"

#define HELP_COLUMNS 100
#define HELP_INDENT 30

static size_t builtin_shown(void)
{
    return tlc_opts_builtin_n - TLC_OPTS_HIDDEN_N;
}

/* "--name ARG", as it is typed. */
static void put_usage(const struct tlc_opt *o, struct tlc_buf *out)
{
    const char *dashes = strlen(o->name) == 1 ? "-" : "--";
    bool on = o->type == TLC_OPT_BOOL && o->def != NULL && strcmp(o->def, "true") == 0;
    tlc_buf_printf(out, "%s%s%s", dashes, on ? "no-" : "", o->name);
    if (o->type != TLC_OPT_BOOL) {
        tlc_buf_printf(out, " %s", o->arg != NULL ? o->arg : "VALUE");
    }
}

/* Words from text, wrapped behind the indent; the first line is already at column `at`. */
static void put_wrapped(struct tlc_buf *out, const char *text, size_t at)
{
    bool first = true;
    while (*text != '\0') {
        size_t n = strcspn(text, " ");
        if (!first && at + 1 + n > HELP_COLUMNS) {
            tlc_buf_printf(out, "\n%*s", HELP_INDENT, "");
            at = HELP_INDENT;
        } else if (!first) {
            tlc_buf_append(out, " ", 1);
            at++;
        }
        tlc_buf_append(out, text, n);
        at += n;
        text += n;
        text += strspn(text, " ");
        first = false;
    }
    tlc_buf_append(out, "\n", 1);
}

static void put_option(const struct tlc_opt *o, struct tlc_buf *out)
{
    char text[1024];
    bool boolean = o->type == TLC_OPT_BOOL;
    bool shows_default = o->def != NULL && o->def[0] != '\0' && !boolean;
    bool shows_env = o->env != NULL;
    snprintf(text, sizeof(text), "%s%s%s%s%s%s%s%s%s", o->help,
             o->type == TLC_OPT_LIST ? " (may be repeated)" : "",
             shows_default || shows_env ? " [" : "", shows_default ? "default: " : "",
             shows_default ? o->def : "", shows_default && shows_env ? ", " : "",
             shows_env ? "env: " : "", shows_env ? o->env : "",
             shows_default || shows_env ? "]" : "");
    size_t from = out->n;
    tlc_buf_add(out, TLC_STR("  "));
    put_usage(o, out);
    size_t width = out->n - from;
    if (width + 2 > HELP_INDENT) {
        tlc_buf_append(out, "\n", 1);
        width = 0;
    }
    tlc_buf_printf(out, "%*s", (int)(HELP_INDENT - width), "");
    put_wrapped(out, text, HELP_INDENT);
}

void tlc_opts_help(const struct tlc_program *program, struct tlc_buf *out)
{
    bool arguments = program->arguments != NULL && program->arguments[0] != '\0';
    tlc_buf_printf(out, "%s: %s\n\nUsage: %s [OPTION...]%s%s\n", program->name, program->summary,
                   program->name, arguments ? " " : "", arguments ? program->arguments : "");
    if (program->details != NULL) {
        tlc_buf_printf(out, "\n%s\n", program->details);
    }
    if (program->opts_n > 0) {
        tlc_buf_add(out, TLC_STR("\nOptions:\n"));
    }
    for (size_t i = 0; i < program->opts_n; i++) {
        put_option(&program->opts[i], out);
    }
    tlc_buf_add(out, TLC_STR("\nGeneral:\n"));
    for (size_t i = 0; i < builtin_shown(); i++) {
        put_option(&tlc_opts_builtin_table[i], out);
    }
    tlc_buf_add(out, TLC_STR("\nThe command line goes before the environment, that before the "
                             "default.\nDurations: 250ms 30s 15m 2h 1d; a bare number is seconds. "
                             "Bytes: 512 64KiB 8MiB 2GiB.\n"));
}

/* A "|" would end the cell. */
static void put_cell(struct tlc_buf *out, const char *text, bool code)
{
    tlc_buf_add(out, tlc_str_from(code ? " `" : " "));
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '|') {
            tlc_buf_append(out, "\\", 1);
        }
        tlc_buf_append(out, p, 1);
    }
    tlc_buf_add(out, tlc_str_from(code ? "` |" : " |"));
}

static void put_markdown_row(const struct tlc_opt *o, struct tlc_buf *out)
{
    char usage_text[256];
    struct tlc_buf usage;
    tlc_buf_init(&usage, sizeof(usage_text) - 1);
    put_usage(o, &usage);
    tlc_str_copy(usage_text, sizeof(usage_text), tlc_buf_str(&usage));
    tlc_buf_release(&usage);

    tlc_buf_append(out, "|", 1);
    put_cell(out, usage_text, true);
    put_cell(out, o->env != NULL ? o->env : "", o->env != NULL);
    bool has_default = o->def != NULL && o->def[0] != '\0' && o->type != TLC_OPT_BOOL;
    put_cell(out, has_default ? o->def : "", has_default);
    put_cell(out, o->help, false);
    tlc_buf_append(out, "\n", 1);
}

void tlc_opts_markdown(const struct tlc_program *program, struct tlc_buf *out)
{
    tlc_buf_add(out, TLC_STR("| option | environment | default | meaning |\n"
                             "|---|---|---|---|\n"));
    for (size_t i = 0; i < program->opts_n; i++) {
        put_markdown_row(&program->opts[i], out);
    }
    for (size_t i = 0; i < builtin_shown(); i++) {
        put_markdown_row(&tlc_opts_builtin_table[i], out);
    }
}

void tlc_opts_print_config(const struct tlc_program *program, const void *options,
                           struct tlc_buf *out)
{
    for (size_t i = 0; i < program->opts_n; i++) {
        tlc_buf_printf(out, "%s = ", program->opts[i].name);
        tlc_opts_value_print(&program->opts[i], options, out);
        tlc_buf_append(out, "\n", 1);
    }
}
