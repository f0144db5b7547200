#include "tests/support/unit.h"

#include <dirent.h>
#include <fcntl.h>

#include "common/base/file.h"
#include "preprocess/parallel.h"
#include "preprocess/writer.h"

#define CHUNKS 200

static char dir[256];

static const char *in_dir(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static int make_dir(void **state)
{
    (void)state;
    unit_temp_dir(dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    unlink(in_dir("out"));
    return rmdir(dir); /* fails when a test has left something */
}

static int entries(void)
{
    DIR *d = opendir(dir);
    int n = 0;
    assert_non_null(d);
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        n += e->d_name[0] != '.' || (e->d_name[1] != '\0' && e->d_name[1] != '.');
    }
    closedir(d);
    return n;
}

static void assert_content(const char *name, const char *expected)
{
    struct tlc_buf b;
    struct tlc_err err;
    tlc_buf_init(&b, 1 << 20);
    assert_int_equal(tlc_file_load(in_dir(name), &b, &err), 0);
    assert_string_equal(tlc_buf_cstr(&b), expected);
    tlc_buf_release(&b);
}

static void outfile__discarded__nothing_left(void **state)
{
    struct outfile f;
    struct tlc_err err;
    (void)state;
    assert_int_equal(outfile_open(&f, dir, "out", false, &err), 0);
    assert_int_equal(outfile_write(&f, TLC_STR("half"), &err), 0);
    outfile_discard(&f);
    assert_int_equal(entries(), 0);
}

static void outfile__exists__left_alone_without_force(void **state)
{
    struct outfile f;
    struct tlc_err err;
    (void)state;
    assert_int_equal(tlc_file_save(in_dir("out"), TLC_STR("old"), &err), 0);
    assert_int_equal(outfile_open(&f, dir, "out", false, &err), TLC_FATAL);
    assert_int_equal(tlc_err_exit_code(&err), TLC_EXIT_CANTCREAT);
    assert_int_equal(outfile_open(&f, dir, "out", true, &err), 0);
    assert_int_equal(outfile_write(&f, TLC_STR("new"), &err), 0);
    assert_content("out", "old");
    assert_int_equal(outfile_commit(&f, &err), 0);
    assert_content("out", "new");
    assert_int_equal(entries(), 1);
}

static void outfile__no_such_folder__error(void **state)
{
    struct outfile f;
    struct tlc_err err;
    (void)state;
    assert_int_equal(outfile_open(&f, "/nothing/here", "out", false, &err), TLC_FATAL);
    assert_int_equal(tlc_err_exit_code(&err), TLC_EXIT_CANTCREAT);
}

struct putting {
    struct writer w;
    atomic_int next;
};

static void put_chunks(void *ctx, int thread)
{
    struct putting *p = ctx;
    (void)thread;
    for (int i; (i = atomic_fetch_add(&p->next, 1)) < CHUNKS;) {
        char text[32];
        snprintf(text, sizeof text, "%d a,", i);
        if (!writer_put(&p->w, (uint64_t)i, tlc_str_from(text), false) ||
            !writer_put(&p->w, (uint64_t)i, TLC_STR("b\n"), true)) {
            return;
        }
    }
}

static void put__four_threads__chunks_in_order_and_hashed(void **state)
{
    static struct putting p;
    struct outfile f;
    struct tlc_err err;
    struct tlc_buf expected;
    char hex[SHA256_HEX_N], expected_hex[SHA256_HEX_N];
    struct sha256 sha;
    (void)state;
    tlc_buf_init(&expected, 1 << 16);
    for (int i = 0; i < CHUNKS; i++) {
        tlc_buf_printf(&expected, "%d a,b\n", i);
    }
    sha256_init(&sha);
    sha256_add(&sha, expected.p, expected.n);
    sha256_hex(&sha, expected_hex);
    assert_int_equal(outfile_open(&f, dir, "out", true, &err), 0);
    writer_init(&p.w, &f);
    parallel_run(4, put_chunks, &p);
    assert_false(atomic_load(&p.w.failed));
    assert_int_equal(p.w.bytes, expected.n);
    sha256_hex(&p.w.sha, hex);
    assert_string_equal(hex, expected_hex);
    writer_release(&p.w);
    assert_int_equal(outfile_commit(&f, &err), 0);
    assert_content("out", tlc_buf_cstr(&expected));
    tlc_buf_release(&expected);
}

static void put__full_device__error_for_everybody(void **state)
{
    static struct putting p;
    struct outfile f = {.fd = open("/dev/full", O_WRONLY)};
    (void)state;
    if (f.fd < 0) {
        print_message("SKIPPED: no /dev/full\n");
        skip();
    }
    f.stream = true;
    writer_init(&p.w, &f);
    parallel_run(2, put_chunks, &p);
    assert_true(atomic_load(&p.w.failed));
    assert_int_equal(tlc_err_exit_code(&p.w.err), TLC_EXIT_IO);
    assert_non_null(strstr(p.w.err.text, "No space left"));
    writer_release(&p.w);
    close(f.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outfile__discarded__nothing_left),
        cmocka_unit_test(outfile__exists__left_alone_without_force),
        cmocka_unit_test(outfile__no_such_folder__error),
        cmocka_unit_test(put__four_threads__chunks_in_order_and_hashed),
        cmocka_unit_test(put__full_device__error_for_everybody),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
