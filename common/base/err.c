#include "common/base/err.h"

#include <stdarg.h>
#include <stdio.h>

/* The text is one line, whatever a server's message brought along. */
static void flatten(char *text)
{
    size_t n = strlen(text);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r' || text[n - 1] == ' ')) {
        text[--n] = '\0';
    }
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\n' || text[i] == '\r') {
            text[i] = ' ';
        }
    }
}

int tlc_err_set(struct tlc_err *err, enum tlc_class cls, const char *fmt, ...)
{
    char text[sizeof(err->text)]; /* an argument may be err->text itself */
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    err->cls = cls;
    err->exit_code = TLC_EXIT_SOFTWARE;
    memcpy(err->text, text, sizeof(text));
    flatten(err->text);
    return cls;
}

int tlc_err_fatal(struct tlc_err *err, enum tlc_exit code, const char *fmt, ...)
{
    char text[sizeof(err->text)];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    err->cls = TLC_FATAL;
    err->exit_code = (int)code;
    memcpy(err->text, text, sizeof(text));
    flatten(err->text);
    return TLC_FATAL;
}

int tlc_err_note(struct tlc_err *err, const char *fmt, ...)
{
    char old[sizeof(err->text)];
    char context[sizeof(err->text)];
    memcpy(old, err->text, sizeof(old));
    va_list args;
    va_start(args, fmt);
    vsnprintf(context, sizeof(context), fmt, args);
    va_end(args);
    /* The cause matters more than the whole of the context: room is kept for it. */
    const size_t size = sizeof(err->text);
    size_t cause_n = strlen(old) + 2;
    size_t room = size - 1 > cause_n ? size - 1 - cause_n : 0;
    size_t n = strlen(context) < room ? strlen(context) : room;
    memcpy(err->text, context, n);
    memcpy(err->text + n, ": ", 2);
    tlc_str_copy(err->text + n + 2, size - n - 2, tlc_str_from(old));
    flatten(err->text);
    return err->cls;
}

int tlc_err_exit_code(const struct tlc_err *err)
{
    return err->exit_code != 0 ? err->exit_code : TLC_EXIT_SOFTWARE;
}
