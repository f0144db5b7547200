#include "tests/unit/dashboard/unit.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct window unit_window(const struct spec *spec)
{
    struct window w = {.partition = spec->partition,
                       .source = spec->source,
                       .start_s = spec->start_s,
                       .revision = spec->revision,
                       .final = spec->final};
    uint16_t from = spec->from != 0 ? spec->from : 74, to = spec->to != 0 ? spec->to : 75;
    assert_true(window_reserve(&w, spec->starts > 0 ? 1 : 0, spec->ends > 0 ? 1 : 0,
                               spec->matched > 0 ? 1 : 0));
    size_t at = 0;
    if (spec->starts > 0) {
        w.zones[at++] = (struct window_zone){from, spec->starts};
    }
    if (spec->ends > 0) {
        w.zones[at] = (struct window_zone){to, spec->ends};
    }
    if (spec->matched > 0) {
        w.routes[0] = (struct window_route){from, to, spec->matched,
                                            (int64_t)spec->matched * spec->ride_min * 60};
        w.bins[spec->ride_min < 60 ? spec->ride_min : 60] = spec->matched;
    }
    w.starts_n = spec->starts;
    w.ends_n = spec->ends;
    w.sums[WINDOW_MATCHED] = spec->matched;
    w.sums[WINDOW_RIDE_S] = (int64_t)(int64_t)spec->matched * spec->ride_min * 60;
    w.sums[WINDOW_TOTAL_CENTS] = spec->total_cents;
    return w;
}

struct window_message unit_message(const struct spec *specs, size_t n,
                                   const struct window_progress *progress, size_t progress_n)
{
    struct window_message m = {.window_s = QUARTER, .lateness_s = 7200};
    m.windows = calloc(n + 1, sizeof *m.windows);
    m.progress = calloc(progress_n + 1, sizeof *m.progress);
    assert_non_null(m.windows);
    assert_non_null(m.progress);
    for (m.windows_n = 0; m.windows_n < n; m.windows_n++) {
        m.windows[m.windows_n] = unit_window(&specs[m.windows_n]);
    }
    for (m.progress_n = 0; m.progress_n < progress_n; m.progress_n++) {
        m.progress[m.progress_n] = progress[m.progress_n];
    }
    return m;
}

static struct tlc_str lookup(void *connection, char kind, const char *name)
{
    const struct unit_request *r = connection;
    const char *const *list = kind == 'q' ? r->query : r->headers;
    size_t n = strlen(name);
    for (; list != NULL && *list != NULL; list++) {
        if (strncmp(*list, name, n) == 0 && (*list)[n] == '=') {
            return tlc_str_from(*list + n + 1);
        }
    }
    return (struct tlc_str){NULL, 0};
}

void unit_request_init(struct unit_request *r, const char *path, const char *const *query,
                       const char *const *headers)
{
    *r = (struct unit_request){
        .request = {.method = TLC_STR("GET"), .path = tlc_str_from(path), .lookup = lookup},
        .query = query,
        .headers = headers};
    r->request.connection = r;
}

const char *unit_header(const struct tlc_http_response *r, const char *name)
{
    for (size_t i = 0; i < r->headers_n; i++) {
        if (strcmp(r->headers[i].name, name) == 0) {
            return r->headers[i].value;
        }
    }
    return "";
}

const char *unit_folder_make(void)
{
    /* In memory where there is such a folder: each message is synced, and that is not what is
     * tested. */
    bool memory = access("/dev/shm", W_OK) == 0;
    char *folder = strdup(memory ? "/dev/shm/dashboard-unit-XXXXXX" : "/tmp/dashboard-unit-XXXXXX");
    assert_non_null(folder);
    assert_non_null(mkdtemp(folder));
    return folder;
}

void unit_folder_remove(const char *folder)
{
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        const char *path = unit_path(folder, entry->d_name);
        struct stat st;
        assert_int_equal(lstat(path, &st), 0);
        if (S_ISDIR(st.st_mode)) {
            char *inner = strdup(path);
            unit_folder_remove(inner);
        } else {
            assert_int_equal(unlink(path), 0);
        }
    }
    closedir(dir);
    assert_int_equal(rmdir(folder), 0);
    free((void *)(uintptr_t)folder);
}

const char *unit_path(const char *folder, const char *file)
{
    static char paths[4][512];
    static size_t next;
    char *path = paths[next++ % 4];
    assert_in_range(snprintf(path, sizeof paths[0], "%s/%s", folder, file), 1, sizeof paths[0] - 1);
    return path;
}

void unit_file_write(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

json_t *unit_json(struct tlc_str text)
{
    json_t *root = NULL;
    struct tlc_err err = {.text = ""};
    if (tlc_json_load(text, &root, &err) != TLC_OK) {
        fail_msg("no JSON: %s: %.*s", err.text, (int)(text.n < 300 ? text.n : 300), text.p);
    }
    return root;
}

const json_t *unit_json_at(const json_t *root, const char *path)
{
    const json_t *at = root;
    struct tlc_str rest = tlc_str_from(path), part;
    while (at != NULL && tlc_str_split(&rest, '/', &part)) {
        int64_t i;
        char key[64];
        (void)tlc_str_copy(key, sizeof key, part);
        at = json_is_array(at) && tlc_str_to_i64(part, 0, INT32_MAX, &i)
                 ? json_array_get(at, (size_t)i)
                 : json_object_get(at, key);
    }
    return at;
}

int64_t unit_json_int(const json_t *root, const char *path)
{
    const json_t *v = unit_json_at(root, path);
    if (!json_is_integer(v)) {
        fail_msg("%s is no integer", path);
    }
    return json_integer_value(v);
}
