#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "common/base/opts_internal.h"

/* Copies of environment lists, kept reachable until the program ends. */
struct item_copy {
    struct item_copy *next;
    char text[];
};
static struct item_copy *item_copies;

static void *field(const struct tlc_opt *o, void *options)
{
    return (char *)options + o->offset;
}

static const void *const_field(const struct tlc_opt *o, const void *options)
{
    return (const char *)options + o->offset;
}

static bool in_range(const struct tlc_opt *o, int64_t v)
{
    return (o->min == 0 && o->max == 0) || (v >= o->min && v <= o->max);
}

static bool parse_bool(struct tlc_str s, bool *ret)
{
    static const char *const yes[] = {"1", "true", "yes", "on"};
    static const char *const no[] = {"0", "false", "no", "off"};
    for (size_t i = 0; i < TLC_COUNT(yes); i++) {
        if (tlc_str_eq_nocase(s, tlc_str_from(yes[i]))) {
            *ret = true;
            return true;
        }
        if (tlc_str_eq_nocase(s, tlc_str_from(no[i]))) {
            *ret = false;
            return true;
        }
    }
    return false;
}

static bool parse_real(const struct tlc_opt *o, const char *text, double *ret)
{
    char *end = NULL;
    errno = 0;
    double v = strtod(text, &end);
    bool whole = end != text && *end == '\0' && errno == 0 && isfinite(v);
    bool ranged = o->min != 0 || o->max != 0;
    if (!whole || (ranged && (v < (double)o->min || v > (double)o->max))) {
        return false;
    }
    *ret = v;
    return true;
}

static bool parse_amount(const struct tlc_opt *o, struct tlc_str s, int64_t *ret)
{
    int64_t v = 0;
    bool ok = o->type == TLC_OPT_BYTES ? tlc_str_to_bytes(s, &v)
              : o->type == TLC_OPT_MS  ? tlc_str_to_ms(s, &v)
                                       : tlc_str_to_i64(s, INT64_MIN, INT64_MAX, &v);
    if (!ok || !in_range(o, v)) {
        return false;
    }
    *ret = v;
    return true;
}

bool tlc_opts_value_set(const struct tlc_opt *o, void *options, const char *text)
{
    void *f = field(o, options);
    switch (o->type) {
    case TLC_OPT_BOOL: return parse_bool(tlc_str_from(text), f);
    case TLC_OPT_STR: *(const char **)f = text; return true;
    case TLC_OPT_INT:
    case TLC_OPT_BYTES:
    case TLC_OPT_MS: return parse_amount(o, tlc_str_from(text), f);
    case TLC_OPT_REAL: return parse_real(o, text, f);
    case TLC_OPT_LIST: {
        struct tlc_opt_list *list = f;
        if (list->n == TLC_OPT_LIST_MAX) {
            return false;
        }
        list->v[list->n++] = text;
        return true;
    }
    }
    return false;
}

void tlc_opts_value_clear(const struct tlc_opt *o, void *options)
{
    void *f = field(o, options);
    switch (o->type) {
    case TLC_OPT_BOOL: *(bool *)f = false; break;
    case TLC_OPT_STR: *(const char **)f = NULL; break;
    case TLC_OPT_INT:
    case TLC_OPT_BYTES:
    case TLC_OPT_MS: *(int64_t *)f = 0; break;
    case TLC_OPT_REAL: *(double *)f = 0; break;
    case TLC_OPT_LIST: ((struct tlc_opt_list *)f)->n = 0; break;
    }
}

bool tlc_opts_value_add_items(const struct tlc_opt *o, void *options, const char *text)
{
    size_t n = strlen(text) + 1;
    struct item_copy *copy = malloc(sizeof(*copy) + n);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy->text, text, n);
    copy->next = item_copies;
    item_copies = copy;
    for (char *save = NULL, *item = strtok_r(copy->text, " \t\n", &save); item != NULL;
         item = strtok_r(NULL, " \t\n", &save)) {
        if (!tlc_opts_value_set(o, options, item)) {
            return false;
        }
    }
    return true;
}

/* The largest unit that divides the value. */
static void put_unit(struct tlc_buf *out, int64_t v, bool bytes)
{
    static const struct {
        int64_t factor;
        const char *name;
    } time_units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}},
      byte_units[] = {
          {INT64_C(1) << 40, "TiB"}, {1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}, {1, ""}};
    for (size_t i = 0; i < 5; i++) {
        int64_t factor = bytes ? byte_units[i].factor : time_units[i].factor;
        if (factor == 1 || (v != 0 && v % factor == 0)) {
            tlc_buf_printf(out, "%" PRId64 "%s", v / factor,
                           bytes ? byte_units[i].name : time_units[i].name);
            return;
        }
    }
}

static void put_number(const struct tlc_opt *o, int64_t v, struct tlc_buf *out)
{
    if (o->type == TLC_OPT_BYTES || o->type == TLC_OPT_MS) {
        put_unit(out, v, o->type == TLC_OPT_BYTES);
    } else {
        tlc_buf_printf(out, "%" PRId64, v);
    }
}

void tlc_opts_value_describe(const struct tlc_opt *o, struct tlc_buf *out)
{
    static const char *const words[] = {
        [TLC_OPT_BOOL] = "true or false",
        [TLC_OPT_STR] = "a text",
        [TLC_OPT_INT] = "a whole number",
        [TLC_OPT_REAL] = "a number",
        [TLC_OPT_BYTES] = "an amount of bytes such as 64MiB",
        [TLC_OPT_MS] = "a duration such as 250ms, 30s, 15m or 2h",
        [TLC_OPT_LIST] = "a list of at most 512 items",
    };
    tlc_buf_add(out, tlc_str_from(words[o->type]));
    if (o->min != 0 || o->max != 0) {
        tlc_buf_add(out, TLC_STR(" from "));
        put_number(o, o->min, out);
        tlc_buf_add(out, TLC_STR(" to "));
        put_number(o, o->max, out);
    }
}

/* postgresql://user:secret@host and password=secret, secret=..., token=... */
static void put_starred(struct tlc_buf *out, struct tlc_str s)
{
    static const char *const keys[] = {"password=", "secret=", "passwd=", "token="};
    const char *scheme = s.n > 0 ? memmem(s.p, s.n, "://", 3) : NULL;
    if (scheme != NULL) {
        const char *from = scheme + 3;
        size_t host_n = strcspn(from, "/?");
        const char *at = memrchr(from, '@', host_n);
        const char *colon = at != NULL ? memchr(from, ':', (size_t)(at - from)) : NULL;
        if (colon != NULL) {
            tlc_buf_append(out, s.p, (size_t)(colon + 1 - s.p));
            tlc_buf_add(out, TLC_STR("***"));
            s = (struct tlc_str){at, s.n - (size_t)(at - s.p)};
        }
    }
    for (size_t i = 0; i < TLC_COUNT(keys); i++) {
        const char *key = s.n > 0 ? memmem(s.p, s.n, keys[i], strlen(keys[i])) : NULL;
        if (key != NULL) {
            size_t head = (size_t)(key - s.p) + strlen(keys[i]);
            size_t secret = strcspn(s.p + head, " &");
            tlc_buf_append(out, s.p, head);
            tlc_buf_add(out, TLC_STR("***"));
            s = (struct tlc_str){s.p + head + secret, s.n - head - secret};
        }
    }
    tlc_buf_add(out, s);
}

void tlc_opts_value_print(const struct tlc_opt *o, const void *options, struct tlc_buf *out)
{
    const void *f = const_field(o, options);
    switch (o->type) {
    case TLC_OPT_BOOL: tlc_buf_add(out, tlc_str_from(*(const bool *)f ? "true" : "false")); break;
    case TLC_OPT_STR: put_starred(out, tlc_str_from(*(const char *const *)f)); break;
    case TLC_OPT_INT:
    case TLC_OPT_BYTES:
    case TLC_OPT_MS: put_number(o, *(const int64_t *)f, out); break;
    case TLC_OPT_REAL: tlc_buf_printf(out, "%.15g", *(const double *)f); break;
    case TLC_OPT_LIST: {
        const struct tlc_opt_list *list = f;
        for (size_t i = 0; i < list->n; i++) {
            tlc_buf_add(out, tlc_str_from(i > 0 ? " " : ""));
            put_starred(out, tlc_str_from(list->v[i]));
        }
        break;
    }
    }
}
