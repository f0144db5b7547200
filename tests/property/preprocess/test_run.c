/* Whole runs on generated files: each row's events come out once, in order and unchanged; and the
 * bytes are the same for any number of threads, any memory, plain or gzipped. */
#include "tests/support/unit.h"

#include <dirent.h>
#include <zlib.h>

#include "common/base/file.h"
#include "common/event/codec_json.h"
#include "common/event/ny_time.h"
#include "preprocess/preprocess.h"

#define ROWS_MAX 1100000 /* more than two runs of --memory 64MiB */

static char dir[UNIT_PATH_MAX];
static uint64_t seed, start_seed;

static uint32_t random_below(uint32_t n)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)((seed >> 33) % n);
}

static const char *in_dir(const char *name)
{
    static char path[4][2 * UNIT_PATH_MAX];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", dir, name);
    return path[next];
}

/* ---- the file, and what must come of it ---- */

struct expected {
    int64_t start_s, end_s;
    int32_t cents;
    uint16_t zone;
    bool rejected;
    uint8_t seen; /* bit 0: its start came out, bit 1: its end */
};

static struct expected *rows;
static int64_t rows_n, rejected_n;

static void put_time(char *dst, int64_t wall_s)
{
    struct tlc_civil t;
    tlc_civil_from_wall_s(wall_s, &t);
    snprintf(dst, 32, "%04d-%02d-%02d %02d:%02d:%02d", t.year, t.month, t.day, t.hour, t.minute,
             t.second);
}

/* June: no change of the clock, so the moment is the wall time and four hours. */
static void write_row(gzFile f, struct expected *e)
{
    char pickup[32], dropoff[32];
    const int64_t june_s = 1717200000; /* 2024-06-01 as if UTC */
    const int64_t wall_s = june_s + random_below(30 * 86400), took_s = random_below(5000);
    const int fault = (int)random_below(50);
    put_time(pickup, wall_s);
    put_time(dropoff, fault == 1 ? wall_s - 5 : wall_s + took_s);
    *e = (struct expected){.start_s = wall_s + 4 * 3600,
                           .end_s = wall_s + took_s + 4 * 3600,
                           .cents = (int32_t)random_below(9000),
                           .zone = (uint16_t)(1 + random_below(265)),
                           .rejected = fault < 3};
    gzprintf(f,
             fault == 4 ? "\"%d\",\"%s\",\"%s\",\"%d\",%d,%d.%02d%s" : "%d,%s,%s,%d,%d,%d.%02d%s",
             1 + (int)random_below(2), fault == 2 ? "soon" : pickup, fault == 0 ? "" : dropoff,
             e->zone, e->zone, e->cents / 100, e->cents % 100,
             random_below(3) == 0    ? "\r\n"
             : random_below(40) == 0 ? ",,\n\n"
                                     : "\n");
}

static void write_file(const char *name, const char *mode, int64_t n)
{
    gzFile f = gzopen(in_dir(name), mode);
    assert_non_null(f);
    seed = start_seed;
    gzprintf(f, "VendorID,tpep_pickup_datetime,tpep_dropoff_datetime,PULocationID,DOLocationID,"
                "total_amount\n");
    rejected_n = 0;
    rows_n = n;
    for (int64_t i = 0; i < n; i++) {
        write_row(f, &rows[i]);
        rejected_n += rows[i].rejected;
    }
    assert_int_equal(gzclose(f), Z_OK);
}

/* ---- runs ---- */

static const char *getenv_none(const char *name)
{
    (void)name;
    return NULL;
}

static int parse(struct preprocess_options *o, const char *output, const char *threads,
                 const char *memory)
{
    struct tlc_err err;
    struct tlc_opt_list none;
    char *argv[] = {"preprocess",
                    "--quiet",
                    "--force",
                    "--output",
                    (char *)(uintptr_t)output,
                    "--threads",
                    (char *)(uintptr_t)threads,
                    "--memory",
                    (char *)(uintptr_t)memory};
    return tlc_opts_parse(&preprocess_program, TLC_COUNT(argv), argv, getenv_none, o, &none, &err);
}

static void run(const char *input, const char *threads, const char *memory, size_t spilled_least,
                char ret_sha256[SHA256_HEX_N])
{
    static struct preprocess_options options;
    static struct preprocess p;
    static struct tlc_opt_list paths;
    struct tlc_err err = {0};
    paths = (struct tlc_opt_list){{in_dir(input)}, 1};
    assert_int_equal(parse(&options, dir, threads, memory), 0);
    int rc = preprocess_open(&p, &options, &paths, &err);
    rc = rc == 0 ? preprocess_read(&p, &err) : rc;
    rc = rc == 0 ? preprocess_write(&p, &err) : rc;
    if (rc != 0) {
        fail_msg("seed %llu: %s", (unsigned long long)start_seed, err.text);
    }
    assert_int_equal(p.plan.file[0].tally.rows, rows_n);
    assert_int_equal(p.plan.file[0].tally.rejected, rejected_n);
    assert_int_equal(p.plan.file[0].tally.trips, rows_n - rejected_n);
    assert_true(p.order.runs_n >= spilled_least);
    memcpy(ret_sha256, p.events_sha256, SHA256_HEX_N);
    preprocess_close(&p);
}

static void check_event(const struct tlc_event *e)
{
    const int64_t row = tlc_tripid_row(e->trip_id);
    assert_int_equal(tlc_tripid_source(e->trip_id), 1202406);
    assert_true(row >= 1 && row <= rows_n);
    struct expected *x = &rows[row - 1];
    assert_false(x->rejected);
    assert_int_equal(x->seen >> e->status & 1, 0);
    x->seen |= (uint8_t)(1 << e->status);
    assert_int_equal(e->at_s, e->status == TLC_END ? x->end_s : x->start_s);
    assert_int_equal(e->zone_id, x->zone);
    assert_true(e->status == TLC_START || e->total_cents == x->cents);
}

/* events.ndjson, line by line. */
static void check_events(void)
{
    char line[TLC_JSON_MAX + 2];
    struct tlc_event last = {0}, e;
    int64_t n = 0;
    FILE *f = fopen(in_dir("events.ndjson"), "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        enum tlc_rule rule;
        const char *at;
        const struct tlc_str text = {line, strlen(line) - 1};
        assert_int_equal(tlc_json_decode(text, &e, &rule, &at), TLC_JSON_EVENT);
        assert_true(n == 0 || tlc_event_compare(&last, &e) < 0);
        check_event(&e);
        last = e;
        n++;
    }
    assert_int_equal(fclose(f), 0);
    assert_int_equal(n, 2 * (rows_n - rejected_n));
}

static int64_t count_lines(const char *name)
{
    FILE *f = fopen(in_dir(name), "r");
    int64_t n = 0;
    assert_non_null(f);
    for (int c; (c = fgetc(f)) != EOF;) {
        n += c == '\n';
    }
    assert_int_equal(fclose(f), 0);
    return n;
}

static void assert_only_outputs_left(void)
{
    DIR *d = opendir(dir);
    int n = 0;
    assert_non_null(d);
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        n += e->d_name[0] != '.';
    }
    closedir(d);
    assert_int_equal(n, 3 + 2); /* outputs, inputs */
}

static void run__any_threads_and_memory__same_bytes_all_events_once(void **state)
{
    char reference[SHA256_HEX_N], sha256[SHA256_HEX_N];
    (void)state;
    write_file("yellow_tripdata_2024-06.csv", "wbT", ROWS_MAX); /* T: not packed */
    run("yellow_tripdata_2024-06.csv", "1", "512MiB", 0, reference);
    check_events();
    assert_int_equal(count_lines("rejects.csv"), rejected_n + 1);
    static const struct {
        const char *threads, *memory;
        size_t spilled_least;
    } ways[] = {{"5", "512MiB", 0}, {"1", "64MiB", 2}, {"2", "72MiB", 2}};
    for (size_t i = 0; i < TLC_COUNT(ways); i++) {
        run("yellow_tripdata_2024-06.csv", ways[i].threads, ways[i].memory, ways[i].spilled_least,
            sha256);
        assert_string_equal(sha256, reference);
    }
    write_file("yellow_tripdata_2024-06.csv.gz", "wb1", ROWS_MAX);
    run("yellow_tripdata_2024-06.csv.gz", "2", "512MiB", 0, sha256);
    assert_string_equal(sha256, reference);
    assert_only_outputs_left();
}

static void run__small_files_of_any_size__all_events_once(void **state)
{
    char sha256[SHA256_HEX_N];
    (void)state;
    const uint64_t first_seed = start_seed;
    for (int i = 1; i < 60; i++) {
        start_seed = first_seed + (uint64_t)i;
        write_file("yellow_tripdata_2024-06.csv", "wbT", i < 30 ? i : i * 97);
        run("yellow_tripdata_2024-06.csv", i % 2 ? "1" : "3", "128MiB", 0, sha256);
        check_events();
    }
}

static int set_up(void **state)
{
    (void)state;
    const char *given = getenv("TLC_SEED");
    start_seed = given ? strtoull(given, NULL, 10) : 20240601;
    print_message("seed %llu (TLC_SEED sets it)\n", (unsigned long long)start_seed);
    rows = calloc(ROWS_MAX, sizeof *rows);
    assert_non_null(rows);
    unit_temp_dir(dir);
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"yellow_tripdata_2024-06.csv",
                                        "yellow_tripdata_2024-06.csv.gz", "events.ndjson",
                                        "rejects.csv", "manifest.json"};
    (void)state;
    for (size_t i = 0; i < TLC_COUNT(names); i++) {
        unlink(in_dir(names[i]));
    }
    free(rows);
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run__small_files_of_any_size__all_events_once),
        cmocka_unit_test(run__any_threads_and_memory__same_bytes_all_events_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
