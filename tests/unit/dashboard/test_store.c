#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dashboard/store.h"
#include "tests/unit/dashboard/unit.h"

struct fixture {
    const char *folder;
    char path[512];
    struct store store;
};

static void open_store(struct fixture *f)
{
    struct tlc_err err = {.text = ""};
    int rc = store_open(&f->store, f->path, 0, &err);
    if (rc != TLC_OK) {
        fail_msg("%s", err.text);
    }
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = unit_folder_make();
    (void)snprintf(f->path, sizeof f->path, "%s/windows.sqlite", f->folder);
    open_store(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    store_close(&f->store);
    unit_folder_remove(f->folder);
    free(f);
    return 0;
}

static int take(struct fixture *f, const struct spec *specs, size_t n, struct store_reply *reply,
                struct tlc_err *err)
{
    struct window_message m = unit_message(specs, n, NULL, 0);
    int rc = store_take(&f->store, &m, 1, reply, err);
    window_message_release(&m);
    return rc;
}

static struct store_reply take_good(struct fixture *f, const struct spec *specs, size_t n)
{
    struct store_reply reply;
    struct tlc_err err = {.text = ""};
    if (take(f, specs, n, &reply, &err) != TLC_OK) {
        fail_msg("%s", err.text);
    }
    assert_string_equal(reply.store_id, f->store.store_id);
    return reply;
}

static int64_t events(struct fixture *f)
{
    struct store_totals t;
    store_totals(&f->store, &t);
    return t.events;
}

static const struct spec first = {
    .source = GREEN_2024_01, .start_s = JAN_1_S, .revision = 10, .starts = 5, .ends = 3};

static void newer_revision__replaces(void **state)
{
    struct fixture *f = *state;
    struct spec newer = first;
    newer.revision = 20;
    newer.starts = 7;
    assert_int_equal(take_good(f, &first, 1).accepted, 1);
    assert_int_equal(events(f), 8);
    assert_int_equal(take_good(f, &newer, 1).accepted, 1);
    assert_int_equal(events(f), 10);
}

static void stale_revision__changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct spec older = first;
    older.revision = 9;
    older.starts = 70;
    take_good(f, &first, 1);
    int64_t revision = f->store.windows.revision;
    struct store_reply reply = take_good(f, &older, 1);
    assert_int_equal(reply.accepted, 0);
    reply = take_good(f, &first, 1);
    assert_int_equal(reply.accepted, 0);
    assert_int_equal(events(f), 8);
    assert_int_equal(f->store.windows.revision, revision);
}

static void same_revision_now_final__taken(void **state)
{
    struct fixture *f = *state;
    struct spec final = first;
    final.final = true;
    take_good(f, &first, 1);
    assert_int_equal(take_good(f, &final, 1).accepted, 1);
    assert_true(windows_source_final(windows_source_find(&f->store.windows, GREEN_2024_01)));
}

static void claim_for_a_final_window__kept_beside_it_and_counted(void **state)
{
    struct fixture *f = *state;
    struct spec final = first, claim = first;
    final.final = true;
    claim.revision = 30;
    claim.starts = 2;
    claim.ends = 0;
    take_good(f, &final, 1);
    struct store_reply reply = take_good(f, &claim, 1);
    assert_int_equal(reply.accepted, 0);
    assert_int_equal(reply.superseded, 1);
    struct store_totals t;
    store_totals(&f->store, &t);
    assert_int_equal(t.events, 8);
    assert_int_equal(t.superseded_events, 2);
    claim.revision = 31; /* the same claim, grown: takes the place of the first */
    claim.starts = 4;
    assert_int_equal(take_good(f, &claim, 1).superseded, 1);
    store_totals(&f->store, &t);
    assert_int_equal(t.superseded_events, 4);
    assert_int_equal(t.superseded_windows, 1);
}

static void key_twice_in_a_message__both_judged_in_order(void **state)
{
    struct fixture *f = *state;
    struct spec both[2] = {first, first};
    both[0].final = true;
    both[1].revision = 40;
    both[1].starts = 1;
    both[1].ends = 0;
    struct store_reply reply = take_good(f, both, 2);
    assert_int_equal(reply.accepted, 1);
    assert_int_equal(reply.superseded, 1);
    assert_int_equal(events(f), 8);
}

static void other_window_size__refused(void **state)
{
    struct fixture *f = *state;
    take_good(f, &first, 1);
    struct window_message m = unit_message(&first, 1, NULL, 0);
    m.window_s = 300;
    m.windows[0].revision = 99;
    struct store_reply reply;
    struct tlc_err err;
    assert_int_equal(store_take(&f->store, &m, 1, &reply, &err), TLC_REFUSE);
    assert_int_equal(reply.refusal, STORE_OTHER_SIZE);
    assert_non_null(strstr(err.text, "--window 900s"));
    window_message_release(&m);
    assert_int_equal(events(f), 8);
}

static void more_sources_than_fit__whole_message_turned_away(void **state)
{
    struct fixture *f = *state;
    struct spec specs[WINDOWS_SOURCES_MAX + 1];
    for (size_t i = 0; i < TLC_COUNT(specs); i++) {
        int32_t month = (int32_t)(2007 + i / 12 % 60) * 100 + (int32_t)(i % 12) + 1;
        int32_t dataset = i < 240 ? 1 : 2;
        specs[i] = (struct spec){
            .source = dataset * 1000000 + month, .start_s = JAN_1_S, .revision = 1, .starts = 1};
    }
    struct store_reply reply;
    struct tlc_err err;
    assert_int_equal(take(f, specs, TLC_COUNT(specs), &reply, &err), TLC_RETRY);
    assert_int_equal(reply.refusal, STORE_FULL);
    assert_int_equal(events(f), 0);
    assert_int_equal(take(f, specs, WINDOWS_SOURCES_MAX, &reply, &err), TLC_OK);
    assert_int_equal(events(f), WINDOWS_SOURCES_MAX);
}

static void progress__only_forward_also_over_a_restart(void **state)
{
    struct fixture *f = *state;
    const struct window_progress rows[] = {
        {.source = GREEN_2024_01, .position = 50, .late = 2, .max_event_s = JAN_1_S + 5},
        {.source = GREEN_2024_01, .position = 70, .late = 3, .max_event_s = JAN_1_S + 9},
        {.source = GREEN_2024_01, .position = 60, .late = 9, .max_event_s = JAN_1_S + 7}};
    for (size_t n = 3; n > 0; n--) { /* all in one message, then older ones again */
        struct window_message m = unit_message(&first, 1, rows, n == 3 ? 3 : 1);
        struct store_reply reply;
        struct tlc_err err;
        assert_int_equal(store_take(&f->store, &m, 1, &reply, &err), TLC_OK);
        window_message_release(&m);
    }
    for (int restarts = 0; restarts < 2; restarts++) {
        const struct windows_source *s = windows_source_find(&f->store.windows, GREEN_2024_01);
        assert_int_equal(s->progress_n, 1);
        assert_int_equal(s->progress[0].position, 70);
        assert_int_equal(s->progress[0].late, 3);
        assert_int_equal(windows_source_clock_s(s), JAN_1_S + 9);
        store_close(&f->store);
        open_store(f);
    }
}

static void longest_trips__not_durable_taken_again_at_the_same_position(void **state)
{
    struct fixture *f = *state;
    struct window_progress p = {.source = GREEN_2024_01,
                                .position = 50,
                                .max_event_s = JAN_1_S + 5,
                                .longest_told = true,
                                .longest_n = 1,
                                .longest = {{INT64_C(2202401000000001), JAN_1_S, 74}}};
    for (int restarts = 0; restarts < 2; restarts++) {
        struct window_message m = unit_message(&first, 1, &p, 1);
        struct store_reply reply;
        struct tlc_err err;
        assert_int_equal(store_take(&f->store, &m, 1, &reply, &err), TLC_OK);
        window_message_release(&m);
        const struct windows_source *s = windows_source_find(&f->store.windows, GREEN_2024_01);
        assert_int_equal(s->progress[0].longest_n, 1);
        store_close(&f->store);
        open_store(f);
        s = windows_source_find(&f->store.windows, GREEN_2024_01);
        assert_int_equal(s->progress[0].position, 50);
        assert_false(s->progress[0].longest_told);
    }
}

/* A process that took messages and is ended without a word, in the middle of more of them. */
static void process_killed__what_was_answered_is_there(void **state)
{
    struct fixture *f = *state;
    store_close(&f->store);
    int pipe_fd[2];
    assert_int_equal(pipe(pipe_fd), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct tlc_err err;
        if (store_open(&f->store, f->path, 0, &err) != TLC_OK) {
            _exit(1);
        }
        for (int64_t i = 0;; i++) {
            struct spec spec = first;
            spec.start_s += i * QUARTER;
            struct window_message m = unit_message(&spec, 1, NULL, 0);
            struct store_reply reply;
            if (store_take(&f->store, &m, 1, &reply, &err) != TLC_OK) {
                _exit(1);
            }
            window_message_release(&m);
            if (write(pipe_fd[1], &i, sizeof i) != (ssize_t)sizeof i) {
                _exit(1);
            }
        }
    }
    close(pipe_fd[1]);
    int64_t answered = -1;
    for (int i = 0; i < 40; i++) {
        assert_int_equal(read(pipe_fd[0], &answered, sizeof answered), sizeof answered);
    }
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    while (read(pipe_fd[0], &answered, sizeof answered) == (ssize_t)sizeof answered) {
    }
    close(pipe_fd[0]);
    open_store(f);
    assert_string_equal(f->store.aside, "");
    assert_true(events(f) >= (answered + 1) * 8);
    assert_true(events(f) <= (answered + 2) * 8); /* the last one may not have been answered */
}

static void restart__same_windows_claims_and_revision(void **state)
{
    struct fixture *f = *state;
    struct spec final = first, claim = first;
    final.final = true;
    claim.revision = 30;
    claim.starts = 2;
    take_good(f, &final, 1);
    take_good(f, &claim, 1);
    struct store_totals before, after;
    store_totals(&f->store, &before);
    int64_t revision = f->store.windows.revision;
    char id[sizeof f->store.store_id];
    memcpy(id, f->store.store_id, sizeof id);
    store_close(&f->store);
    open_store(f);
    store_totals(&f->store, &after);
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(f->store.windows.revision, revision);
    assert_string_equal(f->store.store_id, id);
    assert_int_equal(take_good(f, &claim, 1).superseded, 0); /* known */
}

static void second_dashboard_on_the_file__refused(void **state)
{
    struct fixture *f = *state;
    static struct store other;
    struct tlc_err err;
    assert_int_equal(store_open(&other, f->path, 0, &err), TLC_FATAL);
    assert_non_null(strstr(err.text, "another dashboard"));
}

static void file_that_is_no_database__set_aside_and_begun_anew(void **state)
{
    struct fixture *f = *state;
    char id[sizeof f->store.store_id];
    memcpy(id, f->store.store_id, sizeof id);
    store_close(&f->store);
    unit_file_write(f->path, "this is no database, whatever its name says; it is long enough to "
                             "be looked at");
    open_store(f);
    assert_non_null(strstr(f->store.aside, ".corrupt-"));
    assert_int_equal(access(f->store.aside, R_OK), 0);
    assert_string_not_equal(f->store.store_id, id);
    assert_int_equal(take_good(f, &first, 1).accepted, 1);
}

/* Overwrites the middle of the file, where the windows are. */
static void damage(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    off_t size = lseek(fd, 0, SEEK_END);
    char junk[4096];
    memset(junk, 0x5a, sizeof junk);
    for (off_t at = 4096; at + (off_t)sizeof junk <= size; at += (off_t)sizeof junk) {
        assert_int_equal(pwrite(fd, junk, sizeof junk, at), sizeof junk);
    }
    close(fd);
}

static void damaged_file__set_aside_at_start(void **state)
{
    struct fixture *f = *state;
    take_good(f, &first, 1);
    store_close(&f->store);
    damage(f->path);
    open_store(f);
    assert_non_null(strstr(f->store.aside, ".corrupt-"));
    assert_int_equal(events(f), 0);
}

/* More windows than the database keeps in memory, so that a write has to read a damaged page. */
static void damaged_while_in_use__begun_anew(void **state)
{
    struct fixture *f = *state;
    enum { N = 60000 };
    struct spec *specs = calloc(N, sizeof *specs);
    assert_non_null(specs);
    for (int32_t i = 0; i < N; i++) {
        specs[i] = first;
        specs[i].partition = i / 3000;
        specs[i].start_s += i % 3000 * QUARTER;
    }
    take_good(f, specs, N);
    free(specs);
    char id[sizeof f->store.store_id];
    memcpy(id, f->store.store_id, sizeof id);
    store_close(&f->store);
    open_store(f);
    damage(f->path);
    struct spec newer = first;
    newer.revision++;
    struct store_reply reply;
    struct tlc_err err;
    assert_int_equal(take(f, &newer, 1, &reply, &err), TLC_REFUSE);
    assert_int_equal(reply.refusal, STORE_UNAVAILABLE);
    assert_non_null(strstr(f->store.aside, ".corrupt-"));
    assert_string_not_equal(reply.store_id, id);
    assert_int_equal(events(f), 0); /* consumer-process sends all again */
    assert_int_equal(take_good(f, &first, 1).accepted, 1);
}

static void locked_by_another_program__unavailable_until_it_lets_go(void **state)
{
    struct fixture *f = *state;
    take_good(f, &first, 1);
    sqlite3 *other;
    assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    struct spec newer = first;
    newer.revision++;
    newer.starts++;
    struct store_reply reply;
    struct tlc_err err = {.text = ""};
    assert_int_equal(take(f, &newer, 1, &reply, &err), TLC_RETRY);
    assert_int_equal(reply.refusal, STORE_UNAVAILABLE);
    assert_non_null(strstr(err.text, "locked"));
    assert_int_equal(events(f), 8);
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(take_good(f, &newer, 1).accepted, 1);
    assert_int_equal(events(f), 9);
}

/* A limit on file sizes stands for a full disk. */
static void full_disk__nothing_visible_that_is_not_durable(void **state)
{
    struct fixture *f = *state;
    take_good(f, &first, 1);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 64 * 1024;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    struct spec spec = first;
    struct store_reply reply;
    struct tlc_err err = {.text = ""};
    int rc = TLC_OK;
    int64_t taken = 1;
    while (rc == TLC_OK && taken < 1000) {
        spec.start_s += QUARTER;
        rc = take(f, &spec, 1, &reply, &err);
        taken += rc == TLC_OK ? 1 : 0;
    }
    assert_int_equal(rc, TLC_RETRY);
    assert_int_equal(reply.refusal, STORE_UNAVAILABLE);
    assert_int_equal(events(f), taken * 8);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(take_good(f, &spec, 1).accepted, 1); /* there is room again */
    store_close(&f->store);
    open_store(f);
    assert_int_equal(events(f), (taken + 1) * 8);
    assert_string_equal(f->store.aside, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(newer_revision__replaces),
        TEST(stale_revision__changes_nothing),
        TEST(same_revision_now_final__taken),
        TEST(claim_for_a_final_window__kept_beside_it_and_counted),
        TEST(key_twice_in_a_message__both_judged_in_order),
        TEST(other_window_size__refused),
        TEST(more_sources_than_fit__whole_message_turned_away),
        TEST(progress__only_forward_also_over_a_restart),
        TEST(longest_trips__not_durable_taken_again_at_the_same_position),
        TEST(process_killed__what_was_answered_is_there),
        TEST(restart__same_windows_claims_and_revision),
        TEST(second_dashboard_on_the_file__refused),
        TEST(file_that_is_no_database__set_aside_and_begun_anew),
        TEST(damaged_file__set_aside_at_start),
        TEST(damaged_while_in_use__begun_anew),
        TEST(locked_by_another_program__unavailable_until_it_lets_go),
        TEST(full_disk__nothing_visible_that_is_not_durable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
