#include "tests/support/unit.h"

#include <sys/stat.h>

#include "preprocess/input.h"

static char dir[256], path[300];

static int make_dir(void **state)
{
    (void)state;
    unit_temp_dir(dir);
    snprintf(path, sizeof path, "%s/file.csv", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(dir);
}

static void save(const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void save_gzip(const char *text, size_t times)
{
    gzFile f = gzopen(path, "wb");
    assert_non_null(f);
    for (size_t i = 0; i < times; i++) {
        assert_int_equal(gzputs(f, text), (int)strlen(text));
    }
    assert_int_equal(gzclose(f), Z_OK);
}

static size_t read_all(struct input *in, size_t piece, int *ret_rc, struct tlc_err *err)
{
    static char buf[1 << 16];
    size_t all = 0, n;
    do {
        *ret_rc = input_read(in, buf, piece, &n, err);
        all += *ret_rc == 0 ? n : 0;
    } while (*ret_rc == 0 && n > 0);
    return all;
}

static struct input in; /* a quarter MiB: not for the stack */

static void read__gzip_larger_than_its_chunk__whole(void **state)
{
    struct tlc_err err;
    int rc;
    (void)state;
    save_gzip("2,2024-01-01 00:00:00,some text that repeats\n", 200000);
    assert_int_equal(input_open(&in, path, &err), 0);
    assert_int_equal(in.kind, INPUT_GZIP);
    assert_int_equal(read_all(&in, 65536, &rc, &err), 45U * 200000U);
    assert_int_equal(rc, 0);
    assert_int_equal(in.read_bytes, in.size_bytes);
    input_close(&in);
}

/* Wherever a download breaks off, it is an error and never a shorter file. */
static void read__gzip_cut_anywhere__error(void **state)
{
    static char bytes[4096];
    (void)state;
    save_gzip("2,2024-01-01 00:00:00,text\n", 20);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    const size_t n = fread(bytes, 1, sizeof bytes, f);
    assert_int_equal(fclose(f), 0);
    for (size_t cut = 2; cut < n; cut++) {
        struct tlc_err err;
        int rc;
        save(bytes, cut);
        assert_int_equal(input_open(&in, path, &err), 0);
        read_all(&in, 100, &rc, &err);
        assert_int_equal(rc, TLC_FATAL);
        assert_int_equal(tlc_err_exit_code(&err), TLC_EXIT_DATA);
        input_close(&in);
    }
}

static void read__file_shrinks_meanwhile__error(void **state)
{
    static char bytes[3 * INPUT_CHUNK];
    struct tlc_err err;
    int rc;
    (void)state;
    memset(bytes, 'x', sizeof bytes);
    save(bytes, sizeof bytes);
    assert_int_equal(input_open(&in, path, &err), 0);
    assert_int_equal(truncate(path, 2 * INPUT_CHUNK), 0);
    read_all(&in, 65536, &rc, &err);
    assert_int_equal(rc, TLC_FATAL);
    assert_int_equal(tlc_err_exit_code(&err), TLC_EXIT_IO);
    input_close(&in);
}

static void open__what_is_no_text__named_error(void **state)
{
    static const struct {
        const char *bytes, *word;
        int exit_code;
    } cases[] = {
        {"", "is empty", TLC_EXIT_DATA},
        {" \r\n<html>", "web page", TLC_EXIT_DATA},
        {"PK\x03\x04zip", "zip archive", TLC_EXIT_DATA},
        {"PAR1....data", "truncated Parquet", TLC_EXIT_DATA},
    };
    struct tlc_err err;
    (void)state;
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        save(cases[i].bytes, strlen(cases[i].bytes));
        assert_int_equal(input_open(&in, path, &err), TLC_FATAL);
        assert_non_null(strstr(err.text, cases[i].word));
        assert_int_equal(tlc_err_exit_code(&err), cases[i].exit_code);
    }
    assert_int_equal(input_open(&in, dir, &err), TLC_FATAL);
    assert_non_null(strstr(err.text, "folder"));
    assert_int_equal(input_open(&in, "/nothing/here", &err), TLC_FATAL);
    assert_int_equal(tlc_err_exit_code(&err), TLC_EXIT_NOINPUT);
}

static void drain__rest_unread__hash_of_all(void **state)
{
    struct tlc_err err;
    char hex[SHA256_HEX_N];
    (void)state;
    save("abc", 3);
    assert_int_equal(input_open(&in, path, &err), 0);
    assert_int_equal(input_drain(&in, &err), 0);
    sha256_hex(&in.sha, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    input_close(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read__gzip_larger_than_its_chunk__whole),
        cmocka_unit_test(read__gzip_cut_anywhere__error),
        cmocka_unit_test(read__file_shrinks_meanwhile__error),
        cmocka_unit_test(open__what_is_no_text__named_error),
        cmocka_unit_test(drain__rest_unread__hash_of_all),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
