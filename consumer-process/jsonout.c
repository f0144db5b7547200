#include "consumer-process/jsonout.h"

#include "common/io/json.h"

#define I64_DIGITS_MAX 20

void jsonout_init(struct jsonout *j, struct tlc_buf *out)
{
    *j = (struct jsonout){.out = out};
}

/* Comma, key and colon, and room for `more` bytes behind; NULL when there is none. */
static char *lead(struct jsonout *j, const char *key, size_t more)
{
    size_t key_n = key ? strlen(key) : 0;
    char *p = tlc_buf_reserve(j->out, 1 + key_n + 3 + more);
    if (!p) {
        return NULL;
    }
    char *begin = p;
    if (j->comma) {
        *p++ = ',';
    }
    if (key) {
        *p++ = '"';
        memcpy(p, key, key_n);
        p += key_n;
        *p++ = '"';
        *p++ = ':';
    }
    j->out->n += (size_t)(p - begin);
    j->comma = true;
    return p;
}

void jsonout_open(struct jsonout *j, const char *key, char bracket)
{
    char *p = lead(j, key, 1);
    if (p) {
        *p = bracket;
        j->out->n++;
    }
    j->comma = false;
}

void jsonout_close(struct jsonout *j, char bracket)
{
    (void)tlc_buf_append(j->out, &bracket, 1);
    j->comma = true;
}

void jsonout_i64(struct jsonout *j, const char *key, int64_t value)
{
    char digits[I64_DIGITS_MAX];
    size_t at = sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0) {
        digits[--at] = '-';
    }
    char *p = lead(j, key, sizeof(digits) - at);
    if (p) {
        memcpy(p, digits + at, sizeof(digits) - at);
        j->out->n += sizeof(digits) - at;
    }
}

void jsonout_bool(struct jsonout *j, const char *key, bool value)
{
    if (lead(j, key, 0)) {
        (void)tlc_buf_add(j->out, value ? TLC_STR("true") : TLC_STR("false"));
    }
}

void jsonout_text(struct jsonout *j, const char *key, struct tlc_str text)
{
    if (lead(j, key, 0)) {
        (void)tlc_buf_append(j->out, "\"", 1);
        (void)tlc_buf_add(j->out, text);
        (void)tlc_buf_append(j->out, "\"", 1);
    }
}

void jsonout_words(struct jsonout *j, const char *key, struct tlc_str text)
{
    if (lead(j, key, 0)) {
        tlc_json_quote(j->out, text);
    }
}
