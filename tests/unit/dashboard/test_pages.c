#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "dashboard/pages.h"
#include "tests/unit/dashboard/unit.h"

static struct pages pages;
static const char *folder;
static char static_dir[512], vendor_dir[512], shapes[512];

/* With the folders above it. */
static void make(const char *base, const char *file, const char *text)
{
    struct tlc_err err;
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", base, file);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    assert_int_equal(tlc_file_mkdirs(path, &err), TLC_OK);
    *slash = '/';
    unit_file_write(path, text);
}

static int set_up(void **state)
{
    (void)state;
    folder = unit_folder_make();
    (void)snprintf(static_dir, sizeof static_dir, "%s/static", folder);
    (void)snprintf(vendor_dir, sizeof vendor_dir, "%s/vendor", folder);
    (void)snprintf(shapes, sizeof shapes, "%s/zones.geojson", folder);
    make(static_dir, "index.html", "<!doctype html>live");
    make(static_dir, "history.html", "<!doctype html>history");
    make(static_dir, "pipeline.html", "<!doctype html>pipeline");
    make(static_dir, "style.css", "body{}");
    make(static_dir, "icon.svg", "<svg/>");
    make(static_dir, "openapi.yaml", "openapi: 3.1.0");
    make(static_dir, "js/live.js", "live();");
    make(static_dir, "js/notes.txt", "not a script");
    make(static_dir, "secret.txt", "not in the table");
    make(vendor_dir, "chart.js/dist/chart.umd.min.js", "chart();");
    make(vendor_dir, "chartjs-chart-geo/build/index.umd.min.js", "geo();");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pages_close(&pages);
    unit_folder_remove(folder);
    return 0;
}

static void open_pages(void)
{
    const struct pages_folders folders = {static_dir, vendor_dir};
    struct tlc_err err = {.text = ""};
    if (pages_open(&pages, &folders, &err) != TLC_OK) {
        fail_msg("%s", err.text);
    }
}

static struct tlc_http_response get(const char *path, const char *const *headers)
{
    struct unit_request request;
    struct tlc_http_response r = {0};
    unit_request_init(&request, path, NULL, headers);
    pages_reply(&pages, request.request.path, &request.request, &r);
    return r;
}

static void page__with_type_policy_and_tag(void **state)
{
    (void)state;
    open_pages();
    const struct {
        const char *path, *type, *text;
    } cases[] = {{"/", "text/html; charset=utf-8", "<!doctype html>live"},
                 {"/history", "text/html; charset=utf-8", "<!doctype html>history"},
                 {"/pipeline", "text/html; charset=utf-8", "<!doctype html>pipeline"},
                 {"/style.css", "text/css; charset=utf-8", "body{}"},
                 {"/js/live.js", "text/javascript; charset=utf-8", "live();"},
                 {"/vendor/chart.umd.js", "text/javascript; charset=utf-8", "chart();"},
                 {"/icon.svg", "image/svg+xml", "<svg/>"}};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct tlc_http_response r = get(cases[i].path, NULL);
        assert_int_equal(r.status, 200);
        assert_string_equal(r.content_type, cases[i].type);
        assert_true(tlc_str_eq(r.fixed, tlc_str_from(cases[i].text)));
        assert_true(r.gzip);
        const char *policy = unit_header(&r, "Content-Security-Policy");
        assert_non_null(strstr(policy, "default-src 'self'"));
        assert_non_null(strstr(policy, "frame-ancestors 'none'"));
        assert_null(strstr(policy, "unsafe"));
        assert_string_equal(unit_header(&r, "X-Content-Type-Options"), "nosniff");
        assert_string_equal(unit_header(&r, "Cache-Control"), "no-cache");
        assert_int_equal(strncmp(unit_header(&r, "ETag"), "W/\"", 3), 0);
    }
}

static void what_is_not_in_the_table__404(void **state)
{
    (void)state;
    open_pages();
    const char *const paths[] = {"/secret.txt",
                                 "/js/notes.txt",
                                 "/js/../secret.txt",
                                 "/js/..",
                                 "/../static/js/live.js",
                                 "//",
                                 "/js/",
                                 "/index.html",
                                 "/zones.geojson",
                                 "/vendor/package.json",
                                 "/js/live.js/",
                                 ""};
    for (size_t i = 0; i < TLC_COUNT(paths); i++) {
        struct tlc_http_response r = get(paths[i], NULL);
        assert_int_equal(r.status, 404);
        tlc_http_response_release(&r);
    }
}

static void known_tag__304_and_no_body(void **state)
{
    (void)state;
    open_pages();
    struct tlc_http_response r = get("/", NULL);
    char tag[64];
    (void)snprintf(tag, sizeof tag, "%s", unit_header(&r, "ETag"));
    const struct {
        char header[128];
        int status;
    } cases[] = {{"If-None-Match=", 200},
                 {"If-None-Match=\"x\", %s", 304},
                 {"If-None-Match=%s", 304},
                 {"If-None-Match=*", 304},
                 {"If-None-Match=W/\"0\"", 200}};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        char header[256] = "";
        const char *at = strstr(cases[i].header, "%s");
        int head = at != NULL ? (int)(at - cases[i].header) : (int)strlen(cases[i].header);
        (void)snprintf(header, sizeof header, "%.*s%s", head, cases[i].header,
                       at != NULL ? tag : "");
        const char *const headers[] = {header, NULL};
        r = get("/", headers);
        assert_int_equal(r.status, cases[i].status);
        assert_int_equal(r.fixed.n > 0, cases[i].status == 200);
        assert_string_equal(unit_header(&r, "ETag"), tag);
    }
    /* Other bytes, another tag. */
    pages_close(&pages);
    make(static_dir, "index.html", "<!doctype html>live, anew");
    open_pages();
    r = get("/", NULL);
    assert_string_not_equal(unit_header(&r, "ETag"), tag);
}

static void missing_page_or_library__named_with_its_option(void **state)
{
    (void)state;
    const struct {
        const char *file, *words;
    } cases[] = {{"static/pipeline.html", "--static"},
                 {"vendor/chart.js/dist/chart.umd.min.js", "--vendor"}};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        assert_int_equal(unlink(unit_path(folder, cases[i].file)), 0);
        const struct pages_folders folders = {static_dir, vendor_dir};
        struct tlc_err err;
        assert_int_equal(pages_open(&pages, &folders, &err), TLC_FATAL);
        assert_int_equal(tlc_err_exit_code(&err), TLC_EXIT_NOINPUT);
        assert_non_null(strstr(err.text, cases[i].words));
        make(folder, cases[i].file, "again");
    }
}

static void shapes__served_once_they_are_json_noted_when_not(void **state)
{
    (void)state;
    char note[256];
    open_pages();
    pages_look_for_shapes(&pages, "", note);
    pages_look_for_shapes(&pages, shapes, note);
    assert_false(pages.shapes);
    assert_string_equal(note, "");
    unit_file_write(shapes, "{\"type\":\"Feature");
    pages_look_for_shapes(&pages, shapes, note);
    assert_false(pages.shapes);
    assert_non_null(strstr(note, "zones.geojson"));
    struct tlc_http_response r = get("/zones.geojson", NULL);
    assert_int_equal(r.status, 404);
    tlc_http_response_release(&r);
    pages_look_for_shapes(&pages, shapes, note); /* the same file: said once */
    assert_string_equal(note, "");
    unit_file_write(shapes, "{\"type\":\"FeatureCollection\",\"features\":[]}");
    pages_look_for_shapes(&pages, shapes, note);
    assert_string_equal(note, "");
    assert_true(pages.shapes);
    r = get("/zones.geojson", NULL);
    assert_int_equal(r.status, 200);
    assert_string_equal(r.content_type, "application/geo+json");
    unit_file_write(shapes, "{}");
    pages_look_for_shapes(&pages, shapes, note); /* those that are served stay */
    r = get("/zones.geojson", NULL);
    assert_int_equal(r.fixed.n, strlen("{\"type\":\"FeatureCollection\",\"features\":[]}"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(page__with_type_policy_and_tag),
        TEST(what_is_not_in_the_table__404),
        TEST(known_tag__304_and_no_body),
        TEST(missing_page_or_library__named_with_its_option),
        TEST(shapes__served_once_they_are_json_noted_when_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
