#include "dashboard/delta.h"

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

/* Takes the next `"name":value` of an object's inside; *at stands at its quote and then at the next
 * member's or at the end. */
static bool next_member(struct tlc_str text, size_t *at, struct tlc_str *ret_name,
                        struct tlc_str *ret_member)
{
    size_t from = *at, i = from, depth = 0;
    if (i >= text.n || text.p[i] != '"' || !skip_string(text, &i) || i >= text.n ||
        text.p[i] != ':') {
        return false;
    }
    *ret_name = (struct tlc_str){text.p + from, i - from};
    for (i++; i < text.n; i++) {
        char c = text.p[i];
        if (c == '"') {
            if (!skip_string(text, &i)) {
                return false;
            }
            i--;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (depth > 0 && (c == '}' || c == ']')) {
            depth--;
        } else if (depth == 0 && c == ',') {
            break;
        }
    }
    *ret_member = (struct tlc_str){text.p + from, i - from};
    *at = i < text.n ? i + 1 : text.n;
    return depth == 0;
}

/* Without the braces. */
static bool inside(struct tlc_str object, struct tlc_str *ret_inside)
{
    if (object.n < 2 || object.p[0] != '{' || object.p[object.n - 1] != '}') {
        return false;
    }
    *ret_inside = (struct tlc_str){object.p + 1, object.n - 2};
    return true;
}

bool delta_encode(struct tlc_str older, struct tlc_str newer, struct tlc_buf *out)
{
    struct tlc_str a, b, name_a, name_b, member_a, member_b;
    size_t at_a = 0, at_b = 0, before = out->n;
    if (!inside(older, &a) || !inside(newer, &b)) {
        return false;
    }
    bool same_make = true;
    tlc_buf_append(out, "{", 1);
    while (same_make && at_b < b.n) {
        same_make = next_member(a, &at_a, &name_a, &member_a) &&
                    next_member(b, &at_b, &name_b, &member_b) && tlc_str_eq(name_a, name_b);
        if (same_make && !tlc_str_eq(member_a, member_b)) {
            tlc_buf_append(out, ",", out->n > before + 1 ? 1 : 0);
            tlc_buf_add(out, member_b);
        }
    }
    tlc_buf_append(out, "}", 1);
    if (!same_make || at_a < a.n || out->failed) {
        out->n = before;
        return false;
    }
    return true;
}
