#include "dashboard/delta.h"

/* Changes within changes: a summary has members of members. */
#define DEPTH_MAX 3

/* Moves *at behind the string that begins there. */
static bool skip_string(struct tlc_str text, size_t *at)
{
    for (size_t i = *at + 1; i < text.n; i++) {
        if (text.p[i] == '\\') {
            i++;
        } else if (text.p[i] == '"') {
            *at = i + 1;
            return true;
        }
    }
    return false;
}

/* Takes the value at *at, which then stands behind the comma that follows, or at the end. */
static bool next_value(struct tlc_str text, size_t *at, struct tlc_str *ret_value)
{
    size_t i = *at, depth = 0;
    while (i < text.n && (depth > 0 || text.p[i] != ',')) {
        char c = text.p[i];
        if (c == '"') {
            if (!skip_string(text, &i)) {
                return false;
            }
            continue;
        }
        depth += c == '{' || c == '[' ? 1 : 0;
        if (c == '}' || c == ']') {
            if (depth == 0) {
                return false;
            }
            depth--;
        }
        i++;
    }
    *ret_value = (struct tlc_str){text.p + *at, i - *at};
    *at = i < text.n ? i + 1 : text.n;
    return depth == 0 && ret_value->n > 0;
}

struct member {
    struct tlc_str name; /* with its quotes */
    struct tlc_str value;
};

static bool next_member(struct tlc_str text, size_t *at, struct member *ret_member)
{
    size_t i = *at;
    if (i >= text.n || text.p[i] != '"' || !skip_string(text, &i) || i >= text.n ||
        text.p[i] != ':') {
        return false;
    }
    ret_member->name = (struct tlc_str){text.p + *at, i - *at};
    *at = i + 1;
    return next_value(text, at, &ret_member->value);
}

/* What stands between the brackets; false when it does not begin and end with those. */
static bool inside(struct tlc_str text, char open, char close, struct tlc_str *ret_inside)
{
    if (text.n < 2 || text.p[0] != open || text.p[text.n - 1] != close) {
        return false;
    }
    *ret_inside = (struct tlc_str){text.p + 1, text.n - 2};
    return true;
}

/* [length, index, element ...] */
static bool change_array(struct tlc_str a, struct tlc_str b, struct tlc_buf *out)
{
    size_t at_a = 0, at_b = 0, length = 0;
    struct tlc_str old, new;
    for (size_t at = 0; at < b.n; length++) {
        if (!next_value(b, &at, &new)) {
            return false;
        }
    }
    tlc_buf_printf(out, "[%zu", length);
    for (size_t i = 0; at_b < b.n; i++) {
        bool had = at_a < a.n;
        if ((had && !next_value(a, &at_a, &old)) || !next_value(b, &at_b, &new)) {
            return false;
        }
        if (!had || !tlc_str_eq(old, new)) {
            tlc_buf_printf(out, ",%zu,", i);
            tlc_buf_add(out, new);
        }
    }
    return tlc_buf_append(out, "]", 1);
}

static bool change_object(struct tlc_str a, struct tlc_str b, unsigned depth, struct tlc_buf *out);

/* The change of a member as such; false when there is none that is shorter than the new value, and
 * nothing was appended. */
static bool add_change(const struct member *a, const struct member *b, unsigned depth,
                       struct tlc_buf *out)
{
    struct tlc_str in_a, in_b;
    size_t before = out->n;
    tlc_buf_append(out, "\"~", 2);
    tlc_buf_append(out, b->name.p + 1, b->name.n - 1);
    tlc_buf_append(out, ":", 1);
    size_t value_at = out->n;
    bool made = false;
    if (inside(a->value, '{', '}', &in_a) && inside(b->value, '{', '}', &in_b)) {
        made = depth < DEPTH_MAX && change_object(in_a, in_b, depth + 1, out);
    } else if (inside(a->value, '[', ']', &in_a) && inside(b->value, '[', ']', &in_b)) {
        made = change_array(in_a, in_b, out);
    }
    if (!made || out->n - value_at >= b->value.n) {
        out->n = before;
        return false;
    }
    return true;
}

static void add_member(const struct member *m, struct tlc_buf *out)
{
    tlc_buf_add(out, m->name);
    tlc_buf_append(out, ":", 1);
    tlc_buf_add(out, m->value);
}

static bool change_object(struct tlc_str a, struct tlc_str b, unsigned depth, struct tlc_buf *out)
{
    size_t at_a = 0, at_b = 0;
    bool first = true;
    tlc_buf_append(out, "{", 1);
    while (at_b < b.n) {
        struct member old, new;
        if (!next_member(a, &at_a, &old) || !next_member(b, &at_b, &new) ||
            !tlc_str_eq(old.name, new.name)) {
            return false;
        }
        if (tlc_str_eq(old.value, new.value)) {
            continue;
        }
        tlc_buf_append(out, ",", first ? 0 : 1);
        first = false;
        if (!add_change(&old, &new, depth, out)) {
            add_member(&new, out);
        }
    }
    return at_a == a.n && tlc_buf_append(out, "}", 1);
}

bool delta_encode(struct tlc_str older, struct tlc_str newer, struct tlc_buf *out)
{
    struct tlc_str a, b;
    size_t before = out->n;
    if (!inside(older, '{', '}', &a) || !inside(newer, '{', '}', &b)) {
        return false;
    }
    if (!change_object(a, b, 0, out) || out->failed) {
        out->n = before;
        return false;
    }
    return true;
}
