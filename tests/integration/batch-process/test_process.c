/* The program itself: killed, twice at once, beside a writer, cut off, asked to stop, in a database
 * that does not fit. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "batch_test.h"
#include "common/base/clock.h"
#include "common/base/retry.h"

#define ARGS_MAX 12
#define PATIENCE_MS 60000

static int setup(void **state)
{
    static struct batch_test t;
    batch_test_open(&t, "batchp");
    *state = &t;
    return 0;
}

static int teardown(void **state)
{
    batch_test_close(*state);
    return 0;
}

/* Starts batch-process with these options (NULL ends); output goes to out_fd unless it is -1. */
static pid_t start(const char *url, const char *const *options, int out_fd)
{
    const char *argv[ARGS_MAX] = {BATCH_BIN, "--database", url, "--routes", "20"};
    size_t n = 5;
    for (size_t i = 0; options && options[i]; i++) {
        assert_true(n + 1 < ARGS_MAX);
        argv[n++] = options[i];
    }
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        int null_fd = open("/dev/null", O_WRONLY);
        dup2(out_fd >= 0 ? out_fd : null_fd, STDOUT_FILENO);
        dup2(out_fd >= 0 ? out_fd : null_fd, STDERR_FILENO);
        execv(BATCH_BIN, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    return pid;
}

/* The exit code, or 128 + signal; kills it and fails when it does not end. */
static int end(pid_t pid)
{
    int status = 0;
    int64_t until_ms = tlc_now_ms() + PATIENCE_MS;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (tlc_now_ms() > until_ms) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            fail_msg("batch-process did not end");
        }
        tlc_sleep_ms(5);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(const char *url, const char *const *options, char *ret_text, size_t size)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t pid = start(url, options, fds[1]);
    close(fds[1]);
    size_t n = 0;
    ssize_t got = 0;
    while (n + 1 < size && (got = read(fds[0], ret_text + n, size - 1 - n)) > 0) {
        n += (size_t)got;
    }
    ret_text[n] = '\0';
    close(fds[0]);
    return end(pid);
}

static void until(struct batch_test *t, const char *sql)
{
    int64_t until_ms = tlc_now_ms() + PATIENCE_MS;
    while (strcmp(pg_text(t->db.pg, sql), "t") != 0) {
        if (tlc_now_ms() > until_ms) {
            fail_msg("did not come true: %s", sql);
        }
        tlc_sleep_ms(2);
    }
}

static void sample_add(struct batch_test *t)
{
    batch_test_do(t, "SELECT trips_add(%d, 1, 600, 1), trips_add(%d, 1, 600, 1)", SOURCE_MARCH,
                  SOURCE_NOVEMBER);
}

static void killed__at_any_moment__leaves_no_half_day_and_the_next_run_goes_on(void **state)
{
    struct batch_test *t = *state;
    uint64_t rng = (uint64_t)tlc_wall_ms();
    printf("seed %llu\n", (unsigned long long)rng);
    sample_add(t);
    for (int kills = 0; kills < 12; kills++) {
        pid_t pid = start(t->db.pool_url, NULL, -1);
        tlc_sleep_ms((int64_t)(tlc_random_next(&rng) % 120)); /* any moment, not a condition */
        kill(pid, SIGKILL);
        end(pid);
        assert_int_equal(batch_test_number(t, "SELECT count(*) FROM half_made"), 0);
        batch_test_do(t, "SELECT trips_add(%d, %d, %d, 1)", SOURCE_MARCH, 1000 + kills * 5,
                      1004 + kills * 5);
    }
    assert_int_equal(end(start(t->db.pool_url, NULL, -1)), 0);
    batch_test_equals_oracle(t);
    assert_int_equal(batch_test_number(t, "SELECT count(*) FROM batch_run WHERE ended_at IS NULL"),
                     0);
    assert_int_equal(batch_test_number(t, "SELECT count(*) FROM dirty_day"), 0);
    assert_int_equal(batch_test_number(t, "SELECT count(*) FROM batch_todo"), 0);
}

static void two_at_once__runs__one_after_the_other(void **state)
{
    struct batch_test *t = *state;
    static const char *const all[] = {"--all", NULL};
    sample_add(t);
    pid_t first = start(t->db.pool_url, all, -1), second = start(t->db.pool_url, all, -1);
    assert_int_equal(end(first), 0);
    assert_int_equal(end(second), 0);
    batch_test_equals_oracle(t);
    assert_int_equal(batch_test_number(t, "SELECT count(*) FROM batch_run WHERE error IS NULL"), 2);
    assert_int_equal(
        batch_test_number(t,
                          "SELECT count(*) FROM batch_run a JOIN batch_run b ON a.run_id < b.run_id"
                          " WHERE a.ended_at > b.started_at"),
        0);
}

static void connection_cut__in_the_middle__goes_on_by_itself(void **state)
{
    struct batch_test *t = *state;
    sample_add(t);
    pid_t pid = start(t->db.pool_url, NULL, -1);
    until(t, "SELECT EXISTS (SELECT FROM batch_run WHERE days >= 2)");
    assert_int_equal(
        batch_test_number(
            t,
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'batch-process'"
            " AND pid <> %d",
            0) >= 1,
        true);
    assert_int_equal(end(pid), 0);
    batch_test_equals_oracle(t);
    assert_int_equal(batch_test_number(t, "SELECT count(*) FROM batch_run WHERE ended_at IS NULL"),
                     0);
    assert_true(batch_test_number(t, "SELECT count(*) FROM batch_run WHERE error IS NOT NULL") >=
                1);
}

static void beside_a_writer__repeating_runs__end_at_the_oracle(void **state)
{
    struct batch_test *t = *state;
    static const char *const stay[] = {"--every", "1s", "--status-listen", "127.0.0.1:0", NULL};
    batch_test_do(t, "SELECT trips_add(%d, 1, 50, 1)", SOURCE_MARCH);
    pid_t pid = start(t->db.pool_url, stay, -1);
    int64_t until_ms = tlc_now_ms() + 3000;
    for (int row = 51; tlc_now_ms() < until_ms; row += 4) {
        batch_test_do(t, "SELECT trips_add(%d, %d, %d, 1)",
                      row % 8 == 3 ? SOURCE_MARCH : SOURCE_APRIL, row, row + 3);
    }
    until(t, "SELECT NOT EXISTS (SELECT FROM dirty_day) AND NOT EXISTS (SELECT FROM batch_todo)"
             " AND NOT EXISTS (SELECT FROM batch_run WHERE ended_at IS NULL)");
    kill(pid, SIGTERM);
    assert_int_equal(end(pid), 0);
    batch_test_equals_oracle(t);
}

static void sigterm__in_the_middle__ends_cleanly_and_the_log_says_so(void **state)
{
    struct batch_test *t = *state;
    sample_add(t);
    batch_test_do(t, "SELECT trips_add(%d, 1, 600, 1)", SOURCE_APRIL);
    pid_t pid = start(t->db.pool_url, NULL, -1);
    until(t, "SELECT EXISTS (SELECT FROM batch_run WHERE days >= 1)");
    kill(pid, SIGTERM);
    assert_int_equal(end(pid), 0);
    assert_int_equal(batch_test_number(t, "SELECT count(*) FROM half_made"), 0);
    assert_int_equal(
        batch_test_number(t, "SELECT count(*) FROM batch_run WHERE ended_at IS NOT NULL AND"
                             " (error LIKE 'stopped as asked%%' OR error IS NULL)"),
        1);
    assert_int_equal(end(start(t->db.pool_url, NULL, -1)), 0);
    batch_test_equals_oracle(t);
}

/* Body of a GET, by hand: the test links no HTTP client. */
static void get(int port, const char *path, char *ret, size_t size)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    char request[128];
    int n = snprintf(request, sizeof(request), "GET %s HTTP/1.0\r\nHost: x\r\n\r\n", path);
    assert_int_equal(write(fd, request, (size_t)n), n);
    size_t have = 0;
    ssize_t got = 0;
    while (have + 1 < size && (got = read(fd, ret + have, size - 1 - have)) > 0) {
        have += (size_t)got;
    }
    ret[have] = '\0';
    close(fd);
}

static int free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof(at);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    close(fd);
    return ntohs(at.sin_port);
}

static void status__after_a_run__tells_counts_and_readiness(void **state)
{
    struct batch_test *t = *state;
    char listen[32], text[16384];
    int port = free_port();
    snprintf(listen, sizeof(listen), "127.0.0.1:%d", port);
    const char *const stay[] = {"--every", "1h", "--status-listen", listen, NULL};
    batch_test_do(t, "SELECT start_add(%d000000001, '2024-04-10 13:00-04', 5)", SOURCE_APRIL);
    pid_t pid = start(t->db.pool_url, stay, -1);
    until(t, "SELECT EXISTS (SELECT FROM batch_run WHERE ended_at IS NOT NULL)");
    int64_t until_ms = tlc_now_ms() + PATIENCE_MS;
    do {
        get(port, "/status", text, sizeof(text));
    } while (!strstr(text, "\"state\":\"idle") && tlc_now_ms() < until_ms);
    assert_non_null(strstr(text, "\"periods_made{kind=\\\"day\\\"}\":2"));
    assert_non_null(strstr(text, "\"rows_read\":1"));
    assert_non_null(strstr(text, "\"last_run_error\":\"\""));
    get(port, "/readyz", text, sizeof(text));
    assert_non_null(strstr(text, " 200 "));
    get(port, "/metrics", text, sizeof(text));
    assert_non_null(strstr(text, "\ntlc_batch_periods_made_total{kind=\"day\"} 2\n"));
    kill(pid, SIGTERM);
    assert_int_equal(end(pid), 0);
}

static void start__what_does_not_fit__ends_with_its_exit_code_and_words(void **state)
{
    struct batch_test *t = *state;
    char nobody[300], empty[300], poor[400], text[8192];
    snprintf(nobody, sizeof(nobody), "host=%s/nowhere dbname=x", "/tmp");
    snprintf(empty, sizeof(empty), "%s dbname=postgres", pg_test_cluster());
    snprintf(poor, sizeof(poor), "%s user=poor_%ld", t->db.url, (long)getpid());
    batch_test_do(t, "CREATE ROLE poor_%ld LOGIN", (long)getpid());
    batch_test_do(t, "GRANT SELECT ON batch_version TO poor_%ld", (long)getpid());
    const struct {
        const char *url;
        const char *options[6];
        int exit_code;
        const char *words;
    } cases[] = {
        {t->db.pool_url, {"--check"}, 0, "as needed"},
        {t->db.pool_url,
         {"--from", "2024-02-01", "--to", "2024-01-01"},
         64,
         "--to is before --from"},
        {t->db.pool_url,
         {"--from", "2024-03-10", "--to", "2024-03-10"},
         64,
         "2024-03-10 alone is --from 2024-03-10 --to 2024-03-11"},
        {t->db.pool_url,
         {"--gaps", "--from", "2024-03-10", "--to", "2024-03-10"},
         64,
         "holds no day"},
        {t->db.pool_url, {"--from", "2024-02-30"}, 64, "--from 2024-02-30"},
        {t->db.pool_url,
         {"--from", "2033-01-01", "--to", "2033-02-01"},
         0,
         "days asked for from 2033"},
        {t->db.pool_url, {"--evry", "1h"}, 64, "--every"},
        {nobody, {"--wait", "0"}, 69, "--wait is over"},
        {empty, {"--wait", "0"}, 69, "consumer-store has not made its tables"},
        {poor, {"--check"}, 78, "lacks rights"},
        {poor, {"--no-migrate"}, 78, "lacks rights"},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        int code = run(cases[i].url, cases[i].options, text, sizeof(text));
        if (code != cases[i].exit_code || !strstr(text, cases[i].words)) {
            fail_msg("case %zu: exit %d: %s", i, code, text);
        }
    }
    batch_test_do(t, "INSERT INTO batch_version (version, name) VALUES (99, 'of a newer one')");
    assert_int_equal(run(t->db.pool_url, NULL, text, sizeof(text)), 78);
    assert_non_null(strstr(text, "a newer batch-process"));
    batch_test_do(t, "DROP OWNED BY poor_%ld; DROP ROLE poor_%ld", (long)getpid(), (long)getpid());
}

static void start__database_of_another_kind__ends_as_consumer_store_does(void **state)
{
    struct batch_test *t = *state;
    struct pg_test latin;
    char text[8192], url[400];
    pg_test_open(&latin, "batchp_latin", "ENCODING 'LATIN1' TEMPLATE template0");
    static const char *const wait[] = {"--wait", "1h", NULL};
    assert_int_equal(run(latin.url, wait, text, sizeof(text)), 78);
    assert_non_null(strstr(text, "UTF8 is needed"));
    pg_test_close(&latin);
    batch_test_do(t, "CREATE ROLE strict_%ld LOGIN", (long)getpid());
    batch_test_do(t, "ALTER ROLE strict_%ld SET default_transaction_read_only = on",
                  (long)getpid());
    snprintf(url, sizeof(url), "%s user=strict_%ld", t->db.url, (long)getpid());
    assert_int_equal(run(url, wait, text, sizeof(text)), 78);
    assert_non_null(strstr(text, "is read-only"));
    batch_test_do(t, "ALTER ROLE strict_%ld RESET ALL", (long)getpid());
    batch_test_do(t, "REVOKE USAGE ON SCHEMA public FROM public");
    assert_int_equal(run(url, wait, text, sizeof(text)), 78);
    assert_non_null(strstr(text, "trip_start is in schema public, where strict_"));
    batch_test_do(t, "GRANT USAGE ON SCHEMA public TO public");
    batch_test_do(t, "GRANT ALL ON ALL TABLES IN SCHEMA public TO strict_%ld", (long)getpid());
    batch_test_do(t, "ALTER TABLE trip_end ENABLE ROW LEVEL SECURITY");
    assert_int_equal(run(url, wait, text, sizeof(text)), 78);
    assert_non_null(strstr(text, "row-level security would hide rows of trip_end"));
    batch_test_do(t, "DROP OWNED BY strict_%ld; DROP ROLE strict_%ld", (long)getpid(),
                  (long)getpid());
}

static void gaps__found__exit_1_and_a_line_each(void **state)
{
    struct batch_test *t = *state;
    static const char *const gaps[] = {"--gaps", NULL};
    char text[4096];
    batch_test_do(t,
                  "SELECT start_add(%d000000001, '2024-04-01 13:00-04', 5),"
                  " start_add(%d000000002, '2024-04-03 13:00-04', 5)",
                  SOURCE_APRIL, SOURCE_APRIL);
    assert_int_equal(end(start(t->db.pool_url, NULL, -1)), 0);
    assert_int_equal(run(t->db.pool_url, gaps, text, sizeof(text)), 1);
    assert_string_equal(text, "1202404 2024-04-02\n");
    batch_test_do(t, "SELECT start_add(%d000000003, '2024-04-02 13:00-04', 5)", SOURCE_APRIL);
    assert_int_equal(end(start(t->db.pool_url, NULL, -1)), 0);
    assert_int_equal(run(t->db.pool_url, gaps, text, sizeof(text)), 0);
    assert_string_equal(text, "");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(killed__at_any_moment__leaves_no_half_day_and_the_next_run_goes_on),
        T(two_at_once__runs__one_after_the_other),
        T(connection_cut__in_the_middle__goes_on_by_itself),
        T(beside_a_writer__repeating_runs__end_at_the_oracle),
        T(sigterm__in_the_middle__ends_cleanly_and_the_log_says_so),
        T(status__after_a_run__tells_counts_and_readiness),
        T(start__what_does_not_fit__ends_with_its_exit_code_and_words),
        T(start__database_of_another_kind__ends_as_consumer_store_does),
        T(gaps__found__exit_1_and_a_line_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
