#include "common/io/json.h"

#include <inttypes.h>

int tlc_json_load(struct tlc_str text, json_t **ret_root, struct tlc_err *err)
{
    json_error_t e;
    json_t *root = json_loadb(text.p != NULL ? text.p : "", text.n,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
    if (root == NULL) {
        return tlc_err_set(err, TLC_REFUSE, "not JSON: line %d, column %d: %s", e.line, e.column,
                           e.text);
    }
    *ret_root = root;
    return TLC_OK;
}

int tlc_json_int(const json_t *object, const char *key, int64_t min, int64_t max,
                 int64_t *ret_value, struct tlc_err *err)
{
    const json_t *v = json_object_get(object, key);
    if (v == NULL) {
        return tlc_err_set(err, TLC_REFUSE, "key \"%s\" is missing", key);
    }
    if (!json_is_integer(v)) {
        return tlc_err_set(err, TLC_REFUSE, "key \"%s\" is no integer", key);
    }
    int64_t i = json_integer_value(v);
    if (i < min || i > max) {
        return tlc_err_set(err, TLC_REFUSE,
                           "key \"%s\" is %" PRId64 ", not within %" PRId64 " to %" PRId64, key, i,
                           min, max);
    }
    *ret_value = i;
    return TLC_OK;
}

/* Length of the valid UTF-8 sequence at p, 0 when there is none (Unicode 15, table 3-7). */
static size_t utf8_length(const unsigned char *p, size_t n)
{
    if (p[0] < 0x80) {
        return 1;
    }
    size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || n < len) {
        return 0;
    }
    unsigned char low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < low || p[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < len; i++) {
        if (p[i] < 0x80 || p[i] > 0xbf) {
            return 0;
        }
    }
    return len;
}

void tlc_json_quote(struct tlc_buf *out, struct tlc_str text)
{
    tlc_buf_append(out, "\"", 1);
    for (size_t i = 0; i < text.n;) {
        unsigned char c = (unsigned char)text.p[i];
        size_t len = utf8_length((const unsigned char *)text.p + i, text.n - i);
        if (c == '"' || c == '\\') {
            tlc_buf_printf(out, "\\%c", c);
        } else if (c == '\n') {
            tlc_buf_append(out, "\\n", 2);
        } else if (c < 0x20 || c == 0x7f) {
            tlc_buf_printf(out, "\\u%04x", c);
        } else if (len == 0) {
            tlc_buf_append(out, "\\ufffd", 6);
        } else {
            tlc_buf_append(out, text.p + i, len);
        }
        i += len == 0 ? 1 : len;
    }
    tlc_buf_append(out, "\"", 1);
}
