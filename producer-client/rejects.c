#include "producer-client/rejects.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/io/json.h"

#define OUT_MAX ((size_t)16 * 1024 * 1024)

int rejects_open(struct rejects *r, const char *path, bool append, struct tlc_err *err)
{
    *r = (struct rejects){.path = path, .fd = -1};
    tlc_buf_init(&r->out, OUT_MAX);
    if (path == NULL) {
        return TLC_OK;
    }
    r->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC), 0666);
    if (r->fd < 0) {
        return tlc_err_fatal(err, TLC_EXIT_CANTCREAT,
                             "create %s: %s; check that its folder exists and is writable", path,
                             strerror(errno));
    }
    return TLC_OK;
}

void rejects_close(struct rejects *r)
{
    if (r->fd >= 0) {
        close(r->fd);
    }
    r->fd = -1;
    tlc_buf_release(&r->out);
}

void rejects_count(struct rejects *r, const char *rule, int64_t n)
{
    for (size_t i = 0; i < r->rules_n; i++) {
        if (strcmp(r->rules[i].rule, rule) == 0) {
            r->rules[i].n += n;
            return;
        }
    }
    if (r->rules_n == REJECT_RULES_MAX) {
        r->rules[REJECT_RULES_MAX - 1].n += n;
        return;
    }
    struct reject_rule *to = &r->rules[r->rules_n++];
    tlc_str_copy(to->rule, sizeof(to->rule),
                 r->rules_n == REJECT_RULES_MAX ? TLC_STR("other") : tlc_str_from(rule));
    to->n = n;
}

static struct tlc_str line_of(const struct batch *x, size_t line)
{
    struct tlc_str rest = tlc_buf_str(&x->body);
    struct tlc_str part = {NULL, 0};
    for (size_t i = 0; i < line && tlc_str_split(&rest, '\n', &part); i++) {
    }
    return part;
}

void rejects_add(struct rejects *r, const struct batch *x, size_t line, const char *const *inputs,
                 const char *rule, const char *text)
{
    if (r->fd < 0 || line < 1 || line > x->events_n) {
        return;
    }
    uint64_t origin = x->origins[line - 1];
    tlc_buf_printf(&r->out, "{\"input\":");
    tlc_json_quote(&r->out, tlc_str_from(inputs[origin >> 48]));
    tlc_buf_printf(&r->out, ",\"line\":%" PRIu64 ",\"rule\":", origin & ((UINT64_C(1) << 48) - 1));
    tlc_json_quote(&r->out, tlc_str_from(rule));
    tlc_buf_printf(&r->out, ",\"text\":");
    tlc_json_quote(&r->out, tlc_str_from(text));
    tlc_buf_printf(&r->out, ",\"record\":");
    tlc_json_quote(&r->out, line_of(x, line));
    tlc_buf_printf(&r->out, "}\n");
}

int rejects_flush(struct rejects *r, struct tlc_err *err)
{
    if (r->fd < 0 || r->out.n == 0) {
        return TLC_OK;
    }
    int rc = tlc_file_write(r->fd, r->out.p, r->out.n, r->path, err);
    tlc_buf_reset(&r->out);
    return rc;
}
