/* What happens to the file: the process is killed, the disk is full, the file is damaged, locked or
 * gone. */
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/dashboard/store_fixture.h"

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
    store_fixture_open(f);
    assert_string_equal(f->store.aside, "");
    assert_true(events(f) >= (answered + 1) * 8);
    assert_true(events(f) <= (answered + 2) * 8); /* the last one may not have been answered */
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
    store_fixture_open(f);
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
    store_fixture_open(f);
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
    store_fixture_open(f);
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
    store_fixture_open(f);
    assert_int_equal(events(f), (taken + 1) * 8);
    assert_string_equal(f->store.aside, "");
}

/* What people do to a file that is in use. */
static void delete_it(const char *path)
{
    assert_int_equal(unlink(path), 0);
}

static void delete_all(const char *path)
{
    static const char *const tails[] = {"", "-wal", "-shm", ".lock"};
    char name[600];
    for (size_t i = 0; i < TLC_COUNT(tails); i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, tails[i]);
        assert_int_equal(unlink(name), 0);
    }
}

static void rename_it(const char *path)
{
    char name[600];
    (void)snprintf(name, sizeof name, "%s.kept", path);
    assert_int_equal(rename(path, name), 0);
}

static void replace_by_nothing(const char *path)
{
    char name[600];
    (void)snprintf(name, sizeof name, "%s.new", path);
    unit_file_write(name, "");
    assert_int_equal(rename(name, path), 0);
}

static void empty_it(const char *path)
{
    assert_int_equal(truncate(path, 0), 0);
}

static void delete_the_log(const char *path)
{
    char name[600];
    (void)snprintf(name, sizeof name, "%s-wal", path);
    assert_int_equal(unlink(name), 0);
}

static void file_gone_while_in_use__503_then_begun_anew(void **state)
{
    struct fixture *f = *state;
    static const struct {
        void (*harm)(const char *path);
        int64_t left; /* events that the file then begun with has */
    } cases[] = {{delete_it, 0},          {delete_all, 0}, {rename_it, 0},
                 {replace_by_nothing, 0}, {empty_it, 0},   {delete_the_log, 8}};
    for (size_t i = 0; i < 2 * TLC_COUNT(cases); i++) {
        bool noticed = i % 2 == 0; /* before a message comes */
        struct store_reply reply;
        struct tlc_err err = {.text = ""};
        store_close(&f->store);
        unit_folder_remove(f->folder);
        f->folder = unit_folder_make();
        (void)snprintf(f->path, sizeof f->path, "%s/windows.sqlite", f->folder);
        store_fixture_open(f);
        take_good(f, &first, 1);
        char id[sizeof f->store.store_id];
        memcpy(id, f->store.store_id, sizeof id);
        store_pulse(&f->store, 2);
        assert_int_equal(f->store.file, STORE_FILE_GOOD);
        cases[i / 2].harm(f->path);
        if (noticed) {
            store_pulse(&f->store, 3);
            assert_int_equal(f->store.file, STORE_FILE_GONE);
        }
        struct spec next = first;
        next.start_s += QUARTER;
        assert_int_equal(take(f, &next, 1, &reply, &err), TLC_RETRY);
        assert_int_equal(reply.refusal, STORE_UNAVAILABLE);
        assert_non_null(strstr(err.text, "deleted or replaced"));
        assert_int_equal(f->store.file, STORE_FILE_ANEW);
        assert_int_equal(events(f), cases[i / 2].left);
        struct store_reply good = take_good(f, &next, 1);
        assert_string_not_equal(good.store_id, id);
        assert_int_equal(f->store.file, STORE_FILE_GOOD);
        assert_int_equal(events(f), cases[i / 2].left + 8);
        assert_int_equal(tlc_counter_get(&f->store.counters, STORE_GONE), 1);
        store_close(&f->store);
        store_fixture_open(f); /* durable, and the same file */
        assert_string_equal(f->store.aside, "");
        assert_string_equal(f->store.store_id, good.store_id);
        assert_int_equal(events(f), cases[i / 2].left + 8);
    }
}

/* One that was put in its place is taken over as it is, with a store_id that nobody has seen; the
 * log of the one before is not applied to it; and the one before, if it was only moved, is whole.
 */
static void file_replaced_while_in_use__the_other_one_read(void **state)
{
    struct fixture *f = *state;
    char copy[600], kept[600];
    (void)snprintf(copy, sizeof copy, "%s.copy", f->path);
    (void)snprintf(kept, sizeof kept, "%s.kept", f->path);
    take_good(f, &first, 1);
    store_close(&f->store);
    assert_int_equal(rename(f->path, copy), 0);
    store_fixture_open(f);
    struct spec specs[3] = {first, first, first};
    specs[1].start_s += QUARTER;
    specs[2].start_s += 2 * QUARTER;
    take_good(f, specs, 3);
    char id[sizeof f->store.store_id];
    memcpy(id, f->store.store_id, sizeof id);
    assert_int_equal(rename(f->path, kept), 0);
    assert_int_equal(rename(copy, f->path), 0);
    struct store_reply reply;
    struct tlc_err err = {.text = ""};
    assert_int_equal(take(f, specs, 3, &reply, &err), TLC_RETRY);
    assert_string_equal(f->store.aside, "");
    assert_int_equal(events(f), 8);
    assert_int_equal(take_good(f, specs, 3).accepted, 2);
    assert_string_not_equal(f->store.store_id, id);
    assert_int_equal(events(f), 24);
    store_close(&f->store);
    assert_int_equal(rename(kept, f->path), 0);
    store_fixture_open(f);
    assert_string_equal(f->store.store_id, id);
    assert_int_equal(events(f), 24);
}

static void folder_gone_while_in_use__unavailable_until_it_is_back(void **state)
{
    struct fixture *f = *state;
    char folder[512];
    (void)snprintf(folder, sizeof folder, "%s", f->folder);
    take_good(f, &first, 1);
    unit_folder_remove(f->folder);
    for (int i = 0; i < 2; i++) {
        struct store_reply reply;
        struct tlc_err err = {.text = ""};
        assert_int_equal(take(f, &first, 1, &reply, &err), TLC_RETRY);
        assert_int_equal(reply.refusal, STORE_UNAVAILABLE);
        assert_non_null(strstr(err.text, "folder that can be written"));
        assert_int_equal(f->store.file, STORE_FILE_GONE);
    }
    assert_int_equal(mkdir(folder, 0700), 0);
    f->folder = strdup(folder);
    struct store_reply reply;
    struct tlc_err err = {.text = ""};
    assert_int_equal(take(f, &first, 1, &reply, &err), TLC_RETRY);
    assert_int_equal(take_good(f, &first, 1).accepted, 1);
    assert_int_equal(f->store.file, STORE_FILE_GOOD);
}

int main(void)
{
#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, store_fixture_set_up, store_fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(file_gone_while_in_use__503_then_begun_anew),
        TEST(file_replaced_while_in_use__the_other_one_read),
        TEST(folder_gone_while_in_use__unavailable_until_it_is_back),
        TEST(process_killed__what_was_answered_is_there),
        TEST(second_dashboard_on_the_file__refused),
        TEST(file_that_is_no_database__set_aside_and_begun_anew),
        TEST(damaged_file__set_aside_at_start),
        TEST(damaged_while_in_use__begun_anew),
        TEST(locked_by_another_program__unavailable_until_it_lets_go),
        TEST(full_disk__nothing_visible_that_is_not_durable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
