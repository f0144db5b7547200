#include "receiver.h"

#include <assert.h>
#include <stdlib.h>

#include "common/io/json.h"

static int64_t number(const json_t *w, const char *key)
{
    const json_t *v = json_object_get(w, key);
    assert(json_is_integer(v));
    return json_integer_value(v);
}

static void take(struct receiver *r, const json_t *w)
{
    struct kept k = {.partition = (int32_t)number(w, "partition"),
                     .source = (int32_t)number(w, "source"),
                     .start_s = number(w, "start"),
                     .opening =
                         (int32_t)json_integer_value(json_object_get(w, "opening")), /* or none */
                     .revision = number(w, "revision"),
                     .final = json_is_true(json_object_get(w, "final"))};
    struct kept *at = NULL;
    for (size_t i = 0; i < r->n; i++) {
        if (r->kept[i].partition == k.partition && r->kept[i].source == k.source &&
            r->kept[i].start_s == k.start_s && r->kept[i].opening == k.opening) {
            at = &r->kept[i];
        }
    }
    if (at && (at->final || at->revision >= k.revision)) {
        return;
    }
    if (!at) {
        if (r->n == r->cap) {
            r->cap = r->cap * 2 + 16;
            r->kept = realloc(r->kept, r->cap * sizeof(*r->kept));
            assert(r->kept);
        }
        at = &r->kept[r->n++];
        *at = (struct kept){0};
    }
    free(at->text);
    *at = k;
    at->text = json_dumps(w, JSON_COMPACT);
    assert(at->text);
}

void receiver_take(struct receiver *r, const char *store_id, struct tlc_str body)
{
    json_t *root = NULL;
    struct tlc_err err;
    int rc = tlc_json_load(body, &root, &err);
    assert(rc == 0);
    const char *meant = json_string_value(json_object_get(root, "store_id"));
    if (meant && strcmp(meant, store_id) != 0) {
        json_decref(root);
        return;
    }
    size_t i;
    json_t *w;
    json_array_foreach(json_object_get(root, "windows"), i, w)
    {
        take(r, w);
    }
    json_decref(root);
}

static int order(const void *a, const void *b)
{
    const struct kept *x = a;
    const struct kept *y = b;
    if (x->source != y->source) {
        return x->source < y->source ? -1 : 1;
    }
    if (x->start_s != y->start_s) {
        return x->start_s < y->start_s ? -1 : 1;
    }
    return x->opening != y->opening ? x->opening - y->opening : x->partition - y->partition;
}

void receiver_dump(struct receiver *r, struct tlc_buf *out)
{
    if (r->n > 1) {
        qsort(r->kept, r->n, sizeof(*r->kept), order);
    }
    for (size_t i = 0; i < r->n; i++) {
        tlc_buf_printf(out, "%s\n", r->kept[i].text);
    }
}

void receiver_release(struct receiver *r)
{
    for (size_t i = 0; i < r->n; i++) {
        free(r->kept[i].text);
    }
    free(r->kept);
    *r = (struct receiver){0};
}
