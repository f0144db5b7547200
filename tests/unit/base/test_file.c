#include "tests/unit/base/unit.h"

#include <sys/stat.h>

#include "common/base/file.h"

static char dir[256];

static const char *in_dir(const char *name)
{
    static char path[512];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static int make_dir(void **state)
{
    (void)state;
    unit_temp_dir(dir, sizeof(dir));
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    unlink(in_dir("a"));
    unlink(in_dir("a.tmp"));
    rmdir(in_dir("b.tmp"));
    unlink(in_dir("b"));
    rmdir(in_dir("x/y/z"));
    rmdir(in_dir("x/y"));
    rmdir(in_dir("x"));
    return rmdir(dir);
}

static void save__replaces_whole_and_leaves_no_temp(void **state)
{
    (void)state;
    struct tlc_err e;
    struct tlc_buf b;
    tlc_buf_init(&b, 100);
    assert_int_equal(tlc_file_save(in_dir("a"), TLC_STR("first, longer"), &e), 0);
    assert_int_equal(tlc_file_save(in_dir("a"), TLC_STR("second"), &e), 0);
    assert_int_equal(tlc_file_load(in_dir("a"), &b, &e), 0);
    assert_string_equal(tlc_buf_cstr(&b), "second");
    assert_false(tlc_file_exists(in_dir("a.tmp")));
    tlc_buf_release(&b);
}

static void save__cannot_write__old_content_stays(void **state)
{
    (void)state;
    struct tlc_err e;
    struct tlc_buf b;
    tlc_buf_init(&b, 100);
    assert_int_equal(tlc_file_save(in_dir("b"), TLC_STR("old"), &e), 0);
    assert_int_equal(mkdir(in_dir("b.tmp"), 0777), 0); /* the temp name is taken by a folder */
    assert_int_equal(tlc_file_save(in_dir("b"), TLC_STR("new"), &e), TLC_FATAL);
    assert_int_equal(tlc_err_exit_code(&e), TLC_EXIT_CANTCREAT);
    assert_non_null(strstr(e.text, in_dir("b.tmp")));
    assert_int_equal(tlc_file_load(in_dir("b"), &b, &e), 0);
    assert_string_equal(tlc_buf_cstr(&b), "old");
    tlc_buf_release(&b);
}

static void load__missing_or_too_large__named(void **state)
{
    (void)state;
    struct tlc_err e;
    struct tlc_buf b;
    tlc_buf_init(&b, 4);
    assert_int_equal(tlc_file_load(in_dir("none"), &b, &e), TLC_FATAL);
    assert_int_equal(tlc_err_exit_code(&e), TLC_EXIT_NOINPUT);
    assert_non_null(strstr(e.text, "none"));
    assert_int_equal(tlc_file_save(in_dir("a"), TLC_STR("1234"), &e), 0);
    assert_int_equal(tlc_file_load(in_dir("a"), &b, &e), 0);
    tlc_buf_reset(&b);
    assert_int_equal(tlc_file_save(in_dir("a"), TLC_STR("12345"), &e), 0);
    assert_int_equal(tlc_file_load(in_dir("a"), &b, &e), TLC_FATAL);
    assert_int_equal(tlc_err_exit_code(&e), TLC_EXIT_DATA);
    tlc_buf_release(&b);
}

static void mkdirs__nested_and_again(void **state)
{
    (void)state;
    struct tlc_err e;
    assert_int_equal(tlc_file_mkdirs(in_dir("x/y/z"), &e), 0);
    assert_int_equal(tlc_file_mkdirs(in_dir("x/y/z"), &e), 0);
    assert_true(tlc_file_exists(in_dir("x/y/z")));
    assert_int_equal(tlc_file_save(in_dir("a"), TLC_STR(""), &e), 0);
    assert_int_equal(tlc_file_mkdirs(in_dir("a"), &e), TLC_FATAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(save__replaces_whole_and_leaves_no_temp),
        cmocka_unit_test(save__cannot_write__old_content_stays),
        cmocka_unit_test(load__missing_or_too_large__named),
        cmocka_unit_test(mkdirs__nested_and_again),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
