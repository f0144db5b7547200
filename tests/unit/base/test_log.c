#include "tests/unit/base/unit.h"

#include "common/base/log.h"

/* What fn writes to standard error. */
static size_t captured(void (*fn)(void), char *text, size_t size)
{
    FILE *f = tmpfile();
    assert_non_null(f);
    fflush(stderr);
    int old = dup(STDERR_FILENO);
    dup2(fileno(f), STDERR_FILENO);
    fn();
    dup2(old, STDERR_FILENO);
    close(old);
    rewind(f);
    size_t n = fread(text, 1, size - 1, f);
    text[n] = '\0';
    fclose(f);
    return n;
}

static void log_two(void)
{
    tlc_log_init("tester", TLC_INFO);
    tlc_log(TLC_DEBUG, "hidden", "");
    tlc_log(TLC_WARN, "odd_thing", "path=%s n=%d", "a\nb", 3);
    tlc_log(TLC_INFO, "bare", "");
}

static void line__level_name_event_and_no_line_feed_inside(void **state)
{
    (void)state;
    char text[4096];
    captured(log_two, text, sizeof(text));
    assert_null(strstr(text, "hidden"));
    char *first_end = strchr(text, '\n');
    assert_non_null(first_end);
    *first_end = '\0';
    assert_int_equal(strlen(text) > 25 ? text[23] : 0, 'Z');
    assert_string_equal(text + 24, " warn tester event=odd_thing path=a b n=3");
    assert_string_equal(first_end + 1 + 24, " info tester event=bare\n");
}

static void log_many(void)
{
    tlc_log_init("tester", TLC_INFO);
    for (int i = 0; i < 500; i++) {
        tlc_log(TLC_ERROR, "flood", "i=%d", i);
    }
    tlc_log(TLC_ERROR, "other", "");
}

static void flood__ten_lines_then_quiet__others_go_on(void **state)
{
    (void)state;
    char text[65536];
    captured(log_many, text, sizeof(text));
    size_t lines = 0;
    for (const char *p = text; (p = strstr(p, "event=flood")) != NULL; p++) {
        lines++;
    }
    assert_int_equal(lines, 10);
    assert_non_null(strstr(text, "event=other"));
}

static void long_line(void)
{
    char big[5000];
    memset(big, 'y', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    tlc_log(TLC_ERROR, "long", "v=%s", big);
}

static void long_value__cut_with_line_end(void **state)
{
    (void)state;
    char text[8192];
    size_t n = captured(long_line, text, sizeof(text));
    assert_true(n > 1000 && n <= 2048);
    assert_int_equal(text[n - 1], '\n');
}

static void level_parse__names(void **state)
{
    (void)state;
    enum tlc_level level = TLC_DEBUG;
    assert_true(tlc_log_level_parse(TLC_STR("WARN"), &level));
    assert_int_equal(level, TLC_WARN);
    assert_false(tlc_log_level_parse(TLC_STR("loud"), &level));
    assert_int_equal(level, TLC_WARN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line__level_name_event_and_no_line_feed_inside),
        cmocka_unit_test(flood__ten_lines_then_quiet__others_go_on),
        cmocka_unit_test(long_value__cut_with_line_end),
        cmocka_unit_test(level_parse__names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
