#include "producer-client/rejects.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/io/json.h"

/* A whole batch refused, every byte of it escaped. */
#define OUT_MAX (6 * BATCH_BODY_MAX + (size_t)8 * 1024 * 1024)

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

void rejects_add(struct rejects *r, const char *const *inputs, const struct reject *reject)
{
    if (r->fd < 0) {
        return;
    }
    struct tlc_buf *out = &r->out;
    tlc_buf_printf(out, "{\"input\":");
    tlc_json_quote(out, tlc_str_from(inputs[reject->origin >> 48]));
    tlc_buf_printf(out,
                   ",\"line\":%" PRIu64 ",\"rule\":", reject->origin & ((UINT64_C(1) << 48) - 1));
    tlc_json_quote(out, tlc_str_from(reject->rule));
    tlc_buf_printf(out, ",\"text\":");
    tlc_json_quote(out, tlc_str_from(reject->text));
    tlc_buf_printf(out, ",\"record\":");
    tlc_json_quote(out, reject->record);
    tlc_buf_printf(out, "}\n");
}

int rejects_flush(struct rejects *r, struct tlc_err *err)
{
    if (r->fd < 0 || r->out.n == 0) {
        return TLC_OK;
    }
    int rc = r->out.failed ? tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "%s: out of memory", r->path)
                           : tlc_file_write(r->fd, r->out.p, r->out.n, r->path, err);
    tlc_buf_reset(&r->out);
    return rc;
}
