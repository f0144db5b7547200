#include "preprocess/rejects.h"

#include <inttypes.h>

int rejects_header(struct rejects *r, struct tlc_err *err)
{
    return rejects_write(r, TLC_STR("file,row,rule,line\n"), err);
}

static void quote(struct tlc_str s, struct tlc_buf *buf)
{
    bool plain = true;
    for (size_t i = 0; i < s.n; i++) {
        plain = plain && s.p[i] != '"' && s.p[i] != ',' && s.p[i] != '\r';
    }
    if (plain) {
        tlc_buf_add(buf, s);
        return;
    }
    tlc_buf_add(buf, TLC_STR("\""));
    for (const char *quote_at; (quote_at = memchr(s.p, '"', s.n)) != NULL;) {
        const size_t n = (size_t)(quote_at - s.p) + 1;
        tlc_buf_append(buf, s.p, n);
        tlc_buf_add(buf, TLC_STR("\""));
        s.p += n;
        s.n -= n;
    }
    tlc_buf_add(buf, s);
    tlc_buf_add(buf, TLC_STR("\""));
}

void rejects_format(const struct rejects *r, int64_t row, enum tlc_rule rule, struct tlc_str text,
                    struct tlc_buf *buf)
{
    if (!r->out) {
        return;
    }
    if (text.n > 0 && text.p[text.n - 1] == '\r') {
        text.n--;
    }
    if (text.n > REJECTS_TEXT_MAX) {
        text.n = REJECTS_TEXT_MAX;
    }
    quote(r->file, buf);
    tlc_buf_printf(buf, ",%" PRId64 ",%s,", row, tlc_rule_info(rule)->id);
    quote(text, buf);
    tlc_buf_add(buf, TLC_STR("\n"));
}

int rejects_write(struct rejects *r, struct tlc_str lines, struct tlc_err *err)
{
    return r->out && lines.n > 0 ? outfile_write(r->out, lines, err) : 0;
}
