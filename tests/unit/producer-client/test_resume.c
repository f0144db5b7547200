#include "tests/support/unit.h"

#include <sys/stat.h>

#include "common/base/file.h"
#include "producer-client/resume.h"

#define LINE(id, second)                                                                           \
    "{\"TripID\":" id ",\"VendorID\":2,\"Datetime\":\"2024-01-01T00:00:" second                    \
    "-05:00\",\"Status\":\"start\",\"ZoneID\":74}\n"
#define TEXT LINE("1202401000000001", "01") LINE("1202401000000002", "02")

struct place {
    char dir[UNIT_PATH_MAX], input[UNIT_PATH_MAX + 16], state[UNIT_PATH_MAX + 16];
    struct merge merge;
    struct batches batches;
    struct sources sources;
};

static void place_open(struct place *p)
{
    const char *const paths[] = {p->input};
    struct tlc_err err;
    assert_int_equal(merge_open(&p->merge, paths, 1, &err), 0);
    assert_int_equal(batches_init(&p->batches, 2, 2, 1, 1, &err), 0);
    sources_init(&p->sources);
}

static void place_close(struct place *p)
{
    merge_close(&p->merge);
    batches_release(&p->batches);
}

static void write_text(const char *path, const char *text)
{
    struct tlc_err err;
    assert_int_equal(tlc_file_save(path, tlc_str_from(text), &err), 0);
}

static struct place *place_new(const char *text)
{
    struct place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    unit_temp_dir(p->dir);
    snprintf(p->input, sizeof p->input, "%s/in", p->dir);
    snprintf(p->state, sizeof p->state, "%s/state", p->dir);
    write_text(p->input, text);
    place_open(p);
    return p;
}

static void place_free(struct place *p)
{
    place_close(p);
    unlink(p->input);
    unlink(p->state);
    assert_int_equal(rmdir(p->dir), 0); /* so no temp file was left behind */
    free(p);
}

static int load(struct place *p, struct resume *r, struct tlc_err *err)
{
    return resume_load(r, p->state, &p->merge, &p->sources, err);
}

/* Saves with the frontier behind the first line. */
static void save_first_line(struct place *p, struct resume *r)
{
    struct tlc_err err;
    sources_add(&p->sources, 1202401);
    p->batches.frontier[0] = (struct position){strlen(LINE("1202401000000001", "01")), 1, 77};
    p->batches.acked = 1;
    r->dirty = true;
    assert_int_equal(resume_save(r, &p->merge, &p->sources, &p->batches, &err), 0);
}

static void load__no_file__from_the_beginning(void **state)
{
    (void)state;
    struct place *p = place_new(TEXT);
    struct resume r;
    struct tlc_err err;
    assert_int_equal(load(p, &r, &err), 0);
    assert_false(r.found);
    place_free(p);
}

static void save_and_load__same_inputs__goes_on_there(void **state)
{
    (void)state;
    struct place *p = place_new(TEXT);
    struct resume r;
    struct tlc_err err;
    assert_int_equal(load(p, &r, &err), 0);
    save_first_line(p, &r);
    place_close(p);
    place_open(p);
    assert_int_equal(load(p, &r, &err), 0);
    assert_true(r.found);
    assert_false(r.closed);
    assert_int_equal(r.acked, 1);
    assert_int_equal(p->sources.n, 1);
    enum input_state s;
    struct input *in;
    assert_int_equal(merge_peek(&p->merge, &s, &in, &err), 0);
    assert_int_equal(in->trip_id, 1202401000000002);
    assert_int_equal(in->line_no, 2);
    place_free(p);
}

/* A batch was acknowledged before one that was read earlier. */
static void save_and_load__lanes_ahead__known(void **state)
{
    (void)state;
    struct place *p = place_new(TEXT);
    struct resume r;
    struct tlc_err err;
    assert_int_equal(load(p, &r, &err), 0);
    p->batches.split_n = 2;
    struct round *round = batches_filling(&p->batches);
    for (size_t lane = 0; lane < LANES_N; lane += LANES_N - 1) {
        const struct batch_line line = {TLC_STR("{}"), 1, lane, 0};
        assert_int_equal(batches_add(&p->batches, round, &line, 0), BATCHES_ADDED);
    }
    batches_seal(&p->batches, &(struct position){.offset = 100});
    batches_done(&p->batches, &round->batches[1], 1, 0);
    assert_int_equal(resume_save(&r, &p->merge, &p->sources, &p->batches, &err), 0);
    place_close(p);
    place_open(p);
    assert_int_equal(load(p, &r, &err), 0);
    assert_int_equal(r.acked, 1);
    assert_int_equal(r.frontier[0].offset, 0);
    assert_false(resume_has(&r, 0, 0, 1));
    assert_false(resume_has(&r, LANES_N / 2 - 1, 0, 1));
    assert_true(resume_has(&r, LANES_N / 2, 0, 100));
    assert_true(resume_has(&r, LANES_N - 1, 0, 100));
    assert_false(resume_has(&r, LANES_N - 1, 0, 101));
    place_free(p);
}

static void load__another_file_of_that_name__refused(void **state)
{
    (void)state;
    struct place *p = place_new(TEXT);
    struct resume r;
    struct tlc_err err;
    assert_int_equal(load(p, &r, &err), 0);
    save_first_line(p, &r);
    place_close(p);
    write_text(p->input, LINE("1202401000000009", "01") LINE("1202401000000008", "02"));
    place_open(p);
    assert_int_equal(load(p, &r, &err), TLC_FATAL);
    assert_int_equal(err.exit_code, TLC_EXIT_DATA);
    assert_non_null(strstr(err.text, "remove it"));
    place_free(p);
}

static void load__damaged__refused_and_left_alone(void **state)
{
    (void)state;
    static const char *const damaged[] = {
        "",
        "{",
        "null",
        "[]",
        "{\"version\":1}",
        "{\"version\":3}",
        "{\"version\":2,\"acked\":-1,\"refused\":0}",
        "{\"version\":2,\"acked\":0,\"refused\":0,\"inputs\":[]}",
        "{\"version\":2,\"acked\":0,\"refused\":0,\"inputs\":[{}]}",
        "{\"version\":2,\"acked\":0,\"refused\":0,\"inputs\":[7]}"};
    for (size_t i = 0; i < TLC_COUNT(damaged); i++) {
        struct place *p = place_new(TEXT);
        struct resume r;
        struct tlc_err err;
        write_text(p->state, damaged[i]);
        assert_int_equal(load(p, &r, &err), TLC_FATAL);
        assert_int_equal(err.exit_code, TLC_EXIT_DATA);
        struct stat st;
        assert_int_equal(stat(p->state, &st), 0);
        assert_int_equal(st.st_size, strlen(damaged[i]));
        place_free(p);
    }
}

/* A crash in the middle of a save leaves a half-written temp file beside a whole old one. */
static void load__half_written_temp_file__old_state_counts(void **state)
{
    (void)state;
    struct place *p = place_new(TEXT);
    struct resume r;
    struct tlc_err err;
    char tmp[UNIT_PATH_MAX + 32];
    assert_int_equal(load(p, &r, &err), 0);
    save_first_line(p, &r);
    snprintf(tmp, sizeof tmp, "%s.tmp", p->state);
    write_text(tmp, "{\"version\":2,\"inp");
    place_close(p);
    place_open(p);
    assert_int_equal(load(p, &r, &err), 0);
    assert_int_equal(r.acked, 1);
    save_first_line(p, &r); /* and takes the temp file's place */
    place_free(p);
}

static void save__folder_gone__error_and_old_file_kept(void **state)
{
    (void)state;
    struct place *p = place_new(TEXT);
    struct resume r;
    struct tlc_err err;
    assert_int_equal(load(p, &r, &err), 0);
    save_first_line(p, &r);
    char tmp[UNIT_PATH_MAX + 32];
    snprintf(tmp, sizeof tmp, "%s.tmp", p->state);
    assert_int_equal(mkdir(tmp, 0700), 0); /* in the way of the temp file */
    assert_int_equal(resume_save(&r, &p->merge, &p->sources, &p->batches, &err), TLC_FATAL);
    assert_int_equal(err.exit_code, TLC_EXIT_CANTCREAT);
    assert_true(tlc_file_exists(p->state));
    assert_int_equal(rmdir(tmp), 0);
    place_free(p);
}

static void step__frontier_moved__written_at_once(void **state)
{
    (void)state;
    struct place *p = place_new(TEXT);
    struct resume r;
    struct tlc_err err;
    assert_int_equal(load(p, &r, &err), 0);
    assert_int_equal(resume_step(&r, &p->merge, &p->sources, &p->batches, 10, &err), 0);
    assert_false(tlc_file_exists(p->state)); /* nothing moved */
    r.dirty = true;
    assert_int_equal(resume_step(&r, &p->merge, &p->sources, &p->batches, 11, &err), 0);
    assert_true(tlc_file_exists(p->state));
    assert_false(r.dirty);
    place_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(load__no_file__from_the_beginning),
        cmocka_unit_test(save_and_load__same_inputs__goes_on_there),
        cmocka_unit_test(save_and_load__lanes_ahead__known),
        cmocka_unit_test(load__another_file_of_that_name__refused),
        cmocka_unit_test(load__damaged__refused_and_left_alone),
        cmocka_unit_test(load__half_written_temp_file__old_state_counts),
        cmocka_unit_test(save__folder_gone__error_and_old_file_kept),
        cmocka_unit_test(step__frontier_moved__written_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
