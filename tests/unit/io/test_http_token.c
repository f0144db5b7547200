#include "tests/support/unit.h"

#include "common/base/file.h"
#include "common/io/http_server_internal.h"

static void with_file(const char *text, int want_rc, struct http_tokens *ret,
                      char path[UNIT_PATH_MAX])
{
    struct tlc_err err = {0};
    memset(ret, 0, sizeof *ret);
    pthread_mutex_init(&ret->lock, NULL);
    ret->path = unit_temp_file(path, text);
    assert_int_equal(http_tokens_load(ret, &err), want_rc);
    if (want_rc != 0) {
        assert_int_equal(tlc_err_exit_code(&err), TLC_EXIT_CONFIG);
        assert_non_null(strstr(err.text, path));
    }
    unlink(path);
}

static void check__headers(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        bool ok;
    } cases[] = {{"Bearer alpha", true},
                 {"bearer alpha", true},
                 {"BEARER   beta ", true},
                 {"Bearer alph", false},
                 {"Bearer alphaa", false},
                 {"Bearer", false},
                 {"Bearer ", false},
                 {"Basic alpha", false},
                 {"alpha", false},
                 {"Bearer alpha beta", false},
                 {"Bearer # a remark", false},
                 {NULL, false},
                 {"", false}};
    struct http_tokens t;
    char path[UNIT_PATH_MAX];
    with_file("# a remark\nalpha\r\n\n  beta  \n", 0, &t, path);
    assert_int_equal(t.n, 2);
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        if (http_tokens_check(&t, tlc_str_from(cases[i].header)) != cases[i].ok) {
            fail_msg("\"%s\"", cases[i].header);
        }
    }
    char long_one[HTTP_TOKEN_MAX + 32];
    memset(long_one, 'a', sizeof long_one);
    memcpy(long_one, "Bearer ", 7);
    assert_false(http_tokens_check(&t, (struct tlc_str){long_one, sizeof long_one}));
    http_tokens_release(&t);
}

static void check__no_file__open(void **state)
{
    (void)state;
    struct http_tokens t = {.path = NULL};
    struct tlc_err err;
    assert_int_equal(http_tokens_load(&t, &err), 0);
    assert_true(http_tokens_check(&t, TLC_STR("")));
}

static void load__empty_or_too_long__refused(void **state)
{
    (void)state;
    struct http_tokens t;
    char path[UNIT_PATH_MAX], text[HTTP_TOKEN_MAX + 2];
    with_file("\n# nothing\n", TLC_FATAL, &t, path);
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    with_file(text, TLC_FATAL, &t, path);
    text[HTTP_TOKEN_MAX] = '\0';
    with_file(text, 0, &t, path);
    http_tokens_release(&t);
}

static void load__again_and_failing__old_tokens_stay(void **state)
{
    (void)state;
    struct http_tokens t;
    struct tlc_err err;
    char path[UNIT_PATH_MAX];
    with_file("alpha\n", 0, &t, path);
    assert_true(http_tokens_load(&t, &err) != 0); /* the file is gone */
    assert_true(http_tokens_check(&t, TLC_STR("Bearer alpha")));
    assert_int_equal(tlc_file_save(path, TLC_STR("gamma\n"), &err), 0);
    assert_int_equal(http_tokens_load(&t, &err), 0);
    assert_false(http_tokens_check(&t, TLC_STR("Bearer alpha")));
    assert_true(http_tokens_check(&t, TLC_STR("Bearer gamma")));
    unlink(path);
    http_tokens_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check__headers),
        cmocka_unit_test(check__no_file__open),
        cmocka_unit_test(load__empty_or_too_long__refused),
        cmocka_unit_test(load__again_and_failing__old_tokens_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
