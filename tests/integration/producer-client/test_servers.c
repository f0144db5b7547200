/* What servers say, and what the client makes of it; TLS, tokens, signals. */
#include "tests/support/unit.h"

#include <signal.h>
#include <sys/stat.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "tests/support/events_file.h"
#include "tests/support/script_server.h"
#include "tests/support/server_under_test.h"

#define JSON(status, headers, n, body)                                                             \
    "HTTP/1.1 " status "\r\n" headers "Content-Length: " n "\r\n\r\n" body

static char input[UNIT_PATH_MAX];

static int set_up(void **state)
{
    (void)state;
    events_file_write(unit_temp_file(input, ""), 100, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(input);
    return 0;
}

static void start_client(struct child *c, int port, const char *const *options)
{
    char url[64];
    snprintf(url, sizeof url, "--url=http://127.0.0.1:%d", port);
    const char *argv[24] = {PRODUCER_CLIENT,   url,  "--speed=max", "--json",
                            "--progress=none", input};
    size_t n = 6;
    for (size_t i = 0; options && options[i]; i++) {
        argv[n++] = options[i];
    }
    child_start(c, argv);
}

static int run_client(struct child *c, int port, const char *const *options)
{
    start_client(c, port, options);
    return child_wait(c);
}

static void script__late_busy_cut_and_wrong__all_arrive(void **state)
{
    (void)state;
    static const struct script_row rows[] = {
        {SCRIPT_SILENT, NULL}, /* the client's time-out ends it */
        {SCRIPT_KEEP, JSON("503 Busy", "Retry-After: 1\r\n", "0", "")},
        {SCRIPT_KEEP, JSON("503 Busy", "", "0", "")},
        {SCRIPT_KEEP, JSON("429 Too Many", "Retry-After: 1\r\n", "2", "{}")},
        {SCRIPT_CLOSE, JSON("200 OK", "", "27", "{\"accepted\":1")},
        {SCRIPT_CLOSE, "HTTP/1.1 200 O"},
        {SCRIPT_CLOSE, ""},
        {SCRIPT_KEEP, JSON("200 OK", "", "2", "{}")},
        {SCRIPT_KEEP, JSON("200 OK", "", "28", "{\"accepted\":99,\"refused\":  0}")},
        {SCRIPT_KEEP, JSON("200 OK", "", "4", "true")},
        {SCRIPT_KEEP, JSON("500 Oops", "", "0", "")},
        {SCRIPT_STORE, NULL},
    };
    const char *options[] = {"--connections=1", "--timeout=300ms", NULL};
    struct script_server *s = script_server_new(rows, TLC_COUNT(rows));
    struct child c;
    int64_t from = tlc_now_ms();
    assert_int_equal(run_client(&c, script_server_port(s), options), 0);
    assert_true(tlc_now_ms() - from >= 2000); /* both Retry-Afters were kept */
    const char *text = child_output(&c);
    assert_non_null(strstr(text, "\"acked\":100,\"refused\":0,\"left\":0"));
    assert_non_null(strstr(text, "\"retries\":11,\"busy_replies\":3,\"broken_replies\":8"));
    assert_non_null(strstr(text, "\"close_marks\":1"));
    child_free(&c);
    script_server_free(s);
}

static void nobody_there__gives_up_with_69(void **state)
{
    (void)state;
    const char *options[] = {"--give-up=1s", NULL};
    struct child c;
    assert_int_equal(run_client(&c, 1, options), 69);
    assert_non_null(strstr(child_output(&c), "--give-up"));
    assert_non_null(strstr(c.text, "\"left\":100"));
    child_free(&c);
}

static void wrong_server__ends_with_78(void **state)
{
    (void)state;
    static const struct script_row row = {SCRIPT_KEEP, JSON("404 No", "", "0", "")};
    struct script_server *s = script_server_new(&row, 1);
    struct child c;
    assert_int_equal(run_client(&c, script_server_port(s), NULL), 78);
    assert_non_null(strstr(child_output(&c), "--url"));
    child_free(&c);
    script_server_free(s);
}

static void two_servers__one_dead__the_other_takes_all(void **state)
{
    (void)state;
    static const struct script_row row = {SCRIPT_STORE, NULL};
    struct script_server *s = script_server_new(&row, 1);
    const char *options[] = {"--url=http://127.0.0.1:1", "--batch=10", NULL};
    struct child c;
    assert_int_equal(run_client(&c, script_server_port(s), options), 0);
    assert_non_null(strstr(child_output(&c), "\"acked\":100,"));
    child_free(&c);
    script_server_free(s);
}

static void refused__more_than_twenty__all_in_the_rejects_file(void **state)
{
    (void)state;
    struct sut sut;
    char rejects[UNIT_PATH_MAX], option[UNIT_PATH_MAX + 16];
    struct tlc_err err;
    sut_start(&sut, NULL);
    sut_wait_ready(&sut, true);
    FILE *f = fopen(input, "a");
    assert_non_null(f);
    for (int i = 0; i < 50; i++) {
        fprintf(f, "garbage %d\n", i);
    }
    fclose(f);
    snprintf(option, sizeof option, "--rejects=%s", unit_temp_file(rejects, ""));
    const char *options[] = {option, "--batch=40", NULL};
    struct child c;
    assert_int_equal(run_client(&c, sut.port, options), 1);
    assert_non_null(strstr(child_output(&c), "\"refused_by_rule\":{\"not_json\":50}"));
    struct tlc_buf text;
    tlc_buf_init(&text, 1 << 20);
    assert_int_equal(tlc_file_load(rejects, &text, &err), 0);
    struct tlc_str rest = tlc_buf_str(&text), line;
    size_t lines = 0;
    while (tlc_str_split(&rest, '\n', &line)) {
        lines += line.n > 0;
    }
    assert_int_equal(lines, 50);
    assert_non_null(strstr(tlc_buf_cstr(&text), "\"line\":150,\"rule\":\"not_json\""));
    tlc_buf_release(&text);
    child_free(&c);
    unlink(rejects);
    sut_stop(&sut);
    sut_free(&sut);
}

static void signals__pause_continue_stop(void **state)
{
    (void)state;
    static const struct script_row row = {SCRIPT_STORE, NULL};
    struct script_server *s = script_server_new(&row, 1);
    const char *options[] = {"--speed=10", "--flush=10ms", NULL};
    struct child c;
    start_client(&c, script_server_port(s), options);
    int64_t until = tlc_now_ms() + CHILD_DEADLINE_MS;
    while (script_server_requests(s) < 3) {
        assert_true(tlc_now_ms() < until);
        tlc_sleep_ms(2);
    }
    child_signal(&c, SIGUSR1);
    child_expect(&c, "event=paused");
    tlc_sleep_ms(300); /* what is under way may still come; then it is quiet for as long again */
    size_t before = script_server_requests(s);
    tlc_sleep_ms(300);
    assert_int_equal(script_server_requests(s), before);
    child_signal(&c, SIGUSR2);
    child_expect(&c, "event=continued");
    while (script_server_requests(s) < before + 3) {
        assert_true(tlc_now_ms() < until);
        tlc_sleep_ms(2);
    }
    child_signal(&c, SIGINT);
    assert_int_equal(child_wait(&c), 130);
    assert_non_null(strstr(child_output(&c), "\"left\":0"));
    assert_non_null(strstr(c.text, "\"complete\":false"));
    child_free(&c);
    script_server_free(s);
}

static void shell(const char *format, const char *dir)
{
    char command[2048];
    snprintf(command, sizeof command, format, dir, dir, dir, dir, dir);
    assert_int_equal(system(command), 0);
}

static void tls__private_ca_and_token__only_with_both(void **state)
{
    (void)state;
    char dir[UNIT_PATH_MAX], cert[300], key[300], token[320], token_path[300], ca[300], url[64];
    struct tlc_err err;
    struct sut sut;
    struct child c;
    if (system("command -v openssl >/dev/null") != 0) {
        printf("openssl is missing: TLS NOT tested\n");
        skip();
    }
    unit_temp_dir(dir);
    shell(
        "cd %s && openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj "
        "/CN=ca "
        "-days 2 2>/dev/null && openssl req -newkey rsa:2048 -nodes -keyout key.pem -out req.pem "
        "-subj /CN=server 2>/dev/null && printf 'subjectAltName=IP:127.0.0.1\\n' >ext && openssl "
        "x509 -req -in req.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out "
        "cert.pem 2>/dev/null",
        dir);
    snprintf(cert, sizeof cert, "--tls-cert=%s/cert.pem", dir);
    snprintf(key, sizeof key, "--tls-key=%s/key.pem", dir);
    snprintf(token_path, sizeof token_path, "%s/token", dir);
    snprintf(token, sizeof token, "--token-file=%s", token_path);
    snprintf(ca, sizeof ca, "--ca-file=%s/ca.pem", dir);
    assert_int_equal(tlc_file_save(token_path, TLC_STR("s3cret\n"), &err), 0);
    const char *options[] = {cert, key, token, NULL};
    sut_start(&sut, options);
    snprintf(url, sizeof url, "--url=https://127.0.0.1:%d", sut.port);
    const struct {
        const char *a, *b;
        int code;
        const char *words;
    } cases[] = {{ca, token, 0, "\"acked\":100"},
                 {token, "--json", 69, "certificate"}, /* not in the system's store */
                 {ca, "--json", 78, "--token-file"}};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        const char *argv[] = {PRODUCER_CLIENT, url,        "--speed=max", "--json", "--give-up=3s",
                              cases[i].a,      cases[i].b, input,         NULL};
        child_start(&c, argv);
        int code = child_wait(&c);
        if (code != cases[i].code || !strstr(child_output(&c), cases[i].words)) {
            fail_msg("case %zu: %d\n%s", i, code, c.text);
        }
        child_free(&c);
    }
    assert_null(strstr(child_output(&sut.server), "s3cret"));
    sut_stop(&sut);
    sut_free(&sut);
    shell("rm -r %s", dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(script__late_busy_cut_and_wrong__all_arrive, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(nobody_there__gives_up_with_69, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_server__ends_with_78, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_servers__one_dead__the_other_takes_all, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(refused__more_than_twenty__all_in_the_rejects_file, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(signals__pause_continue_stop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tls__private_ca_and_token__only_with_both, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
