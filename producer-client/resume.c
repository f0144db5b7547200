#include "producer-client/resume.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/io/json.h"

#define FILE_MAX_BYTES ((size_t)1024 * 1024)
#define HEAD_BYTES 4096

/* FNV-1a over the first bytes; a file that has fewer only grows, so the length counts in. 0 for a
 * pipe. */
static uint64_t head_of(const struct input *in)
{
    unsigned char bytes[HEAD_BYTES];
    ssize_t n = in->regular ? pread(in->fd, bytes, sizeof(bytes), 0) : 0;
    if (n <= 0) {
        return 0;
    }
    uint64_t h = UINT64_C(14695981039346656037);
    for (ssize_t i = 0; i < n; i++) {
        h = (h ^ bytes[i]) * UINT64_C(1099511628211);
    }
    return h >> 1; /* fits a JSON integer */
}

static int load_lanes(const json_t *lanes, struct resume *r, size_t i, struct tlc_err *err)
{
    if (json_array_size(lanes) != LANES_N) {
        return tlc_err_fatal(err, TLC_EXIT_DATA, "resume file %s: \"lanes\" are not %d", r->path,
                             LANES_N);
    }
    for (size_t k = 0; k < LANES_N; k++) {
        r->lane_offsets[k][i] = json_integer_value(json_array_get(lanes, k));
    }
    return TLC_OK;
}

static int load_input(const json_t *node, struct resume *r, struct merge *m, size_t i,
                      struct tlc_err *err)
{
    struct input *in = &m->inputs[i];
    struct position *ret = &r->frontier[i];
    const char *path = json_string_value(json_object_get(node, "path"));
    int64_t head = 0;
    int rc = tlc_json_int(node, "offset", 0, INT64_MAX, &ret->offset, err);
    rc = rc != 0 ? rc : tlc_json_int(node, "line", 0, INT64_MAX, &ret->line_no, err);
    rc = rc != 0 ? rc : tlc_json_int(node, "event_s", INT64_MIN, INT64_MAX, &ret->event_s, err);
    rc = rc != 0 ? rc : tlc_json_int(node, "head", 0, INT64_MAX, &head, err);
    if (rc != 0) {
        return tlc_err_fatal(err, TLC_EXIT_DATA, "resume file %s: %s", r->path, err->text);
    }
    if (path == NULL || strcmp(path, in->path) != 0 || (uint64_t)head != r->heads[i] ||
        (in->regular && ret->offset > in->size)) {
        return tlc_err_fatal(err, TLC_EXIT_DATA,
                             "resume file %s belongs to other inputs (%s, not this %s); remove it "
                             "to start from the beginning",
                             r->path, path != NULL ? path : "?", in->path);
    }
    rc = load_lanes(json_object_get(node, "lanes"), r, i, err);
    return rc != 0 ? rc : input_skip(in, ret->offset, ret->line_no, ret->event_s, err);
}

static int load_tree(const json_t *root, struct resume *r, struct merge *m, struct sources *s,
                     struct tlc_err *err)
{
    const json_t *inputs = json_object_get(root, "inputs");
    int64_t version = 0;
    int rc = tlc_json_int(root, "version", 2, 2, &version, err);
    rc = rc != 0 ? rc : tlc_json_int(root, "acked", 0, INT64_MAX, &r->acked, err);
    rc = rc != 0 ? rc : tlc_json_int(root, "refused", 0, INT64_MAX, &r->refused, err);
    if (rc != 0) {
        return tlc_err_fatal(err, TLC_EXIT_DATA, "resume file %s: %s", r->path, err->text);
    }
    if (json_array_size(inputs) != m->n) {
        return tlc_err_fatal(err, TLC_EXIT_DATA,
                             "resume file %s is for %zu inputs, not %zu; remove it to start from "
                             "the beginning",
                             r->path, json_array_size(inputs), m->n);
    }
    for (size_t i = 0; i < m->n; i++) {
        rc = load_input(json_array_get(inputs, i), r, m, i, err);
        if (rc != 0) {
            return rc;
        }
    }
    const json_t *sources = json_object_get(root, "sources");
    for (size_t i = 0; i < json_array_size(sources); i++) {
        json_int_t v = json_integer_value(json_array_get(sources, i));
        if (v > 0 && v <= INT32_MAX) {
            sources_add(s, (int32_t)v);
        }
    }
    const json_t *refused = json_object_get(root, "refused_sources");
    for (size_t i = 0; i < json_array_size(refused); i++) {
        sources_refused(s, (int32_t)json_integer_value(json_array_get(refused, i)));
    }
    r->closed = json_is_true(json_object_get(root, "closed"));
    return TLC_OK;
}

int resume_load(struct resume *r, const char *path, struct merge *m, struct sources *s,
                struct tlc_err *err)
{
    *r = (struct resume){.path = path};
    for (size_t i = 0; i < m->n; i++) {
        r->frontier[i].event_s = m->inputs[i].event_s;
    }
    if (path == NULL) {
        return TLC_OK;
    }
    for (size_t i = 0; i < m->n; i++) {
        r->heads[i] = head_of(&m->inputs[i]);
    }
    if (!tlc_file_exists(path)) {
        return TLC_OK;
    }
    struct tlc_buf text;
    tlc_buf_init(&text, FILE_MAX_BYTES);
    json_t *root = NULL;
    int rc = tlc_file_load(path, &text, err);
    if (rc == 0 && tlc_json_load(tlc_buf_str(&text), &root, err) != 0) {
        rc = tlc_err_fatal(err, TLC_EXIT_DATA, "resume file %s: %s", path, err->text);
    }
    rc = rc != 0 ? rc : load_tree(root, r, m, s, err);
    json_decref(root);
    tlc_buf_release(&text);
    r->found = rc == 0;
    return rc;
}

static void encode_lanes(const struct resume *r, const struct batches *b, size_t input,
                         struct tlc_buf *out)
{
    for (size_t lane = 0; lane < LANES_N; lane++) {
        int64_t now = batches_lane_offset(b, lane, input);
        int64_t before = r->lane_offsets[lane][input];
        tlc_buf_printf(out, "%s%" PRId64, lane > 0 ? "," : "", now > before ? now : before);
    }
}

static void encode(const struct resume *r, const struct merge *m, const struct sources *s,
                   const struct batches *b, struct tlc_buf *out)
{
    tlc_buf_printf(out, "{\"version\":2,\"inputs\":[");
    for (size_t i = 0; i < m->n; i++) {
        const struct position *p = &b->frontier[i];
        tlc_buf_printf(out, "%s{\"path\":", i > 0 ? "," : "");
        tlc_json_quote(out, tlc_str_from(m->inputs[i].path));
        tlc_buf_printf(out,
                       ",\"size\":%" PRId64 ",\"head\":%" PRIu64 ",\"offset\":%" PRId64
                       ",\"line\":%" PRId64 ",\"event_s\":%" PRId64 ",\"lanes\":[",
                       m->inputs[i].size, r->heads[i], p->offset, p->line_no, p->event_s);
        encode_lanes(r, b, i, out);
        tlc_buf_append(out, "]}", 2);
    }
    tlc_buf_printf(out, "],\"acked\":%" PRId64 ",\"refused\":%" PRId64 ",\"sources\":[",
                   r->acked + b->acked, r->refused + b->refused);
    for (size_t i = 0; i < s->n; i++) {
        tlc_buf_printf(out, "%s%" PRId32, i > 0 ? "," : "", s->v[i]);
    }
    tlc_buf_printf(out, "],\"refused_sources\":[");
    const char *comma = "";
    for (size_t i = 0; i < s->n; i++) {
        if (s->refused[i]) {
            tlc_buf_printf(out, "%s%" PRId32, comma, s->v[i]);
            comma = ",";
        }
    }
    tlc_buf_printf(out, "%s],\"closed\":%s}\n",
                   !s->refused_unknown ? ""
                   : *comma            ? ",0"
                                       : "0",
                   r->closed ? "true" : "false");
}

static int write_frontier(struct resume *r, const struct merge *m, const struct sources *s,
                          const struct batches *b, bool sync, struct tlc_err *err)
{
    struct tlc_buf out;
    tlc_buf_init(&out, FILE_MAX_BYTES);
    encode(r, m, s, b, &out);
    int rc = out.failed ? tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "out of memory")
             : sync     ? tlc_file_save(r->path, tlc_buf_str(&out), err)
                        : tlc_file_replace(r->path, tlc_buf_str(&out), err);
    tlc_buf_release(&out);
    if (rc != 0) {
        return tlc_err_note(err, "resume file");
    }
    r->dirty = false;
    return TLC_OK;
}

int resume_save(struct resume *r, const struct merge *m, const struct sources *s,
                const struct batches *b, struct tlc_err *err)
{
    return r->path != NULL ? write_frontier(r, m, s, b, true, err) : TLC_OK;
}

int resume_step(struct resume *r, const struct merge *m, const struct sources *s,
                const struct batches *b, int64_t now_ms, struct tlc_err *err)
{
    bool sync = now_ms - r->synced_ms >= RESUME_SYNC_EVERY_MS;
    if (r->path == NULL || !r->dirty) {
        return TLC_OK;
    }
    r->synced_ms = sync ? now_ms : r->synced_ms;
    return write_frontier(r, m, s, b, sync, err);
}
