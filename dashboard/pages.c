#include "dashboard/pages.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/io/json.h"

#define TYPE_HTML "text/html; charset=utf-8"
#define TYPE_CSS "text/css; charset=utf-8"
#define TYPE_JS "text/javascript; charset=utf-8"
#define TYPE_SVG "image/svg+xml"
#define TYPE_YAML "application/yaml"
#define TYPE_GEOJSON "application/geo+json"

enum folder { STATIC, VENDOR };
struct row {
    const char *path;
    enum folder folder;
    const char *file, *type;
};

/* Scripts of ours are not listed: all of static/js/ is served. */
static const struct row fixed_rows[] = {
    {"/", STATIC, "index.html", TYPE_HTML},
    {"/history", STATIC, "history.html", TYPE_HTML},
    {"/pipeline", STATIC, "pipeline.html", TYPE_HTML},
    {"/style.css", STATIC, "style.css", TYPE_CSS},
    {"/icon.svg", STATIC, "icon.svg", TYPE_SVG},
    {"/openapi.yaml", STATIC, "openapi.yaml", TYPE_YAML},
    {"/vendor/chart.umd.js", VENDOR, "chart.js/dist/chart.umd.min.js", TYPE_JS},
    {"/vendor/chartjs-chart-geo.umd.js", VENDOR, "chartjs-chart-geo/build/index.umd.min.js",
     TYPE_JS},
};

static uint64_t fnv1a(struct tlc_str bytes)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < bytes.n; i++) {
        h = (h ^ (unsigned char)bytes.p[i]) * UINT64_C(0x100000001b3);
    }
    return h;
}

/* Into the row behind the last one, which nobody sees before n is raised. */
static int load_file(struct pages *p, const char *path, const char *type, const char *file,
                     struct tlc_err *err)
{
    struct page *row = &p->rows[p->n];
    if (p->n == PAGES_MAX || !tlc_str_copy(row->path, sizeof row->path, tlc_str_from(path))) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "%s: more than %d pages, or its name is long",
                             path, PAGES_MAX);
    }
    row->type = type;
    tlc_buf_init(&row->bytes, PAGES_FILE_BYTES_MAX);
    if (tlc_file_load(file, &row->bytes, err) != TLC_OK) {
        tlc_buf_release(&row->bytes);
        return err->cls;
    }
    (void)snprintf(row->etag, sizeof row->etag, "W/\"%016llx\"",
                   (unsigned long long)fnv1a(tlc_buf_str(&row->bytes)));
    return TLC_OK;
}

static int add_file(struct pages *p, const char *path, const char *type, const char *file,
                    struct tlc_err *err)
{
    int rc = load_file(p, path, type, file, err);
    if (rc == TLC_OK) {
        p->n++;
    }
    return rc;
}

static int missing(const char *folder, const char *option, struct tlc_err *err)
{
    tlc_err_note(err, "pages");
    struct tlc_err cause = *err;
    return tlc_err_fatal(err, TLC_EXIT_NOINPUT, "%.600s; is %s the right %s? (./pipeline setup)",
                         cause.text, folder, option);
}

static int add_fixed(struct pages *p, const struct pages_folders *f, struct tlc_err *err)
{
    for (size_t i = 0; i < TLC_COUNT(fixed_rows); i++) {
        const struct row *row = &fixed_rows[i];
        bool vendor = row->folder == VENDOR;
        const char *folder = vendor ? f->vendor_dir : f->static_dir;
        char file[PATH_MAX];
        if (snprintf(file, sizeof file, "%s/%s", folder, row->file) >= (int)sizeof file) {
            return tlc_err_fatal(err, TLC_EXIT_USAGE, "path too long: %s", folder);
        }
        if (add_file(p, row->path, row->type, file, err) != TLC_OK) {
            return missing(folder, vendor ? "--vendor" : "--static", err);
        }
    }
    return TLC_OK;
}

static int add_scripts(struct pages *p, const struct pages_folders *f, struct tlc_err *err)
{
    char folder[PATH_MAX];
    if (snprintf(folder, sizeof folder, "%s/js", f->static_dir) >= (int)sizeof folder) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE, "path too long: %s", f->static_dir);
    }
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        tlc_err_set(err, TLC_FATAL, "%s: %s", folder, strerror(errno));
        return missing(f->static_dir, "--static", err);
    }
    int rc = TLC_OK;
    const struct dirent *entry;
    while (rc == TLC_OK && (entry = readdir(dir)) != NULL) {
        char path[PATH_MAX], file[PATH_MAX];
        bool script = tlc_str_ends(tlc_str_from(entry->d_name), TLC_STR(".js"));
        if (!script || snprintf(path, sizeof path, "/js/%s", entry->d_name) >= (int)sizeof path ||
            snprintf(file, sizeof file, "%s/%s", folder, entry->d_name) >= (int)sizeof file) {
            continue;
        }
        rc = add_file(p, path, TYPE_JS, file, err);
    }
    closedir(dir);
    return rc;
}

/* The map has bubbles in place of shapes, so that a missing or broken file is no reason to stop. */
void pages_look_for_shapes(struct pages *p, const char *file, char ret_note[256])
{
    struct tlc_err err;
    struct stat st;
    json_t *root;
    ret_note[0] = '\0';
    if (p->shapes || file == NULL || file[0] == '\0' || stat(file, &st) != 0) {
        return;
    }
    const int64_t now[3] = {st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec};
    if (memcmp(now, p->looked_at, sizeof now) == 0) {
        return;
    }
    int rc = load_file(p, "/zones.geojson", TYPE_GEOJSON, file, &err);
    if (rc == TLC_OK) {
        rc = tlc_json_load(tlc_buf_str(&p->rows[p->n].bytes), &root, &err);
        if (rc == TLC_OK) {
            json_decref(root);
            p->n++;
            p->shapes = true;
            return;
        }
        tlc_buf_release(&p->rows[p->n].bytes);
    }
    memcpy(p->looked_at, now, sizeof now);
    (void)snprintf(ret_note, 256, "%.120s: %.120s", file, err.text);
}

int pages_open(struct pages *p, const struct pages_folders *folders, struct tlc_err *err)
{
    *p = (struct pages){.n = 0};
    int rc = add_fixed(p, folders, err);
    rc = rc == TLC_OK ? add_scripts(p, folders, err) : rc;
    if (rc != TLC_OK) {
        pages_close(p);
    }
    return rc;
}

void pages_close(struct pages *p)
{
    for (size_t i = 0; i < p->n; i++) {
        tlc_buf_release(&p->rows[i].bytes);
    }
    p->n = 0;
}

void pages_headers(struct tlc_http_response *r, const char *cache_control)
{
    tlc_http_header_add(r, "Content-Security-Policy",
                        "default-src 'self'; base-uri 'none'; form-action 'none'; "
                        "frame-ancestors 'none'");
    tlc_http_header_add(r, "X-Content-Type-Options", "nosniff");
    tlc_http_header_add(r, "Referrer-Policy", "no-referrer");
    tlc_http_header_add(r, "Cache-Control", "%s", cache_control);
}

static const struct page *find(const struct pages *p, struct tlc_str path)
{
    for (size_t i = 0; i < p->n; i++) {
        if (tlc_str_eq(path, tlc_str_from(p->rows[i].path))) {
            return &p->rows[i];
        }
    }
    return NULL;
}

/* If-None-Match: a list of tags, or "*". RFC 9110, 13.1.2: compared weakly. */
static bool has_tag(struct tlc_str header, const char *etag)
{
    struct tlc_str one, mine = tlc_str_from(etag + 2);
    while (tlc_str_split(&header, ',', &one)) {
        one = tlc_str_trim(one);
        if (tlc_str_starts(one, TLC_STR("W/"))) {
            one = (struct tlc_str){one.p + 2, one.n - 2};
        }
        if (tlc_str_eq(one, mine) || tlc_str_eq(one, TLC_STR("*"))) {
            return true;
        }
    }
    return false;
}

void pages_reply(const struct pages *p, struct tlc_str path, const struct tlc_http_request *request,
                 struct tlc_http_response *r)
{
    const struct page *row = find(p, path);
    if (row == NULL) {
        tlc_http_error(r, 404, "not_found", "no such page");
        return;
    }
    /* no-cache: kept, but asked for again by its tag, so that a new version is seen at once. */
    pages_headers(r, "no-cache");
    tlc_http_header_add(r, "ETag", "%s", row->etag);
    r->content_type = row->type;
    if (has_tag(request->lookup(request->connection, 'h', "If-None-Match"), row->etag)) {
        r->status = 304;
        return;
    }
    r->status = 200;
    r->fixed = tlc_buf_str(&row->bytes);
    r->gzip = true;
}
