#include "preprocess/preprocess.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "preprocess/parallel.h"
#include "preprocess/report.h"

/* What is not for sorting: the program itself, and for each thread a block with its index or,
 * later, its output and the buffers of the merge. */
#define BASE_BYTES (8LL << 20)
#define THREAD_BYTES (13LL << 20)
#define MANIFEST_BYTES_MAX (4U << 20)

static bool streams(const struct preprocess *p)
{
    return p->options->output && strcmp(p->options->output, "-") == 0;
}

static int set_levels(struct clean *clean, const struct tlc_opt_list *rules,
                      enum tlc_rule_level level, struct tlc_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < rules->n; i++) {
        rc = clean_set_level(clean, rules->v[i], level, err);
    }
    return rc;
}

static int set_rules(struct preprocess *p, struct tlc_err *err)
{
    const struct preprocess_options *o = p->options;
    clean_init(&p->clean);
    p->clean.max_duration_s = o->max_duration / 1000;
    p->clean.long_s = o->long_duration / 1000;
    p->clean.slack_s = o->month_slack / 1000;
    p->clean.high_cents = o->high_fare * 100;
    p->clean.far_cmi = o->far * 100;
    p->clean.zoned_is_wall = strcmp(o->zoned_times, "wall") == 0;
    int rc = set_levels(&p->clean, &o->allow, TLC_LEVEL_FLAG, err);
    return rc == 0 ? set_levels(&p->clean, &o->reject, TLC_LEVEL_REJECT, err) : rc;
}

/* Where data/fetch-zones puts TLC's shapes, below a folder. */
static bool zones_below(struct preprocess *p, const char *folder)
{
    static const char *const names[] = {"taxi_zones.shp", "taxi_zones.geojson"};
    for (size_t i = 0; i < TLC_COUNT(names); i++) {
        const int n = snprintf(p->zones, sizeof p->zones, "%s/data/%s", folder, names[i]);
        if (n > 0 && n < (int)sizeof p->zones && tlc_file_exists(p->zones)) {
            return true;
        }
    }
    p->zones[0] = '\0';
    return false;
}

/* --zones; else the shapes that lie around the program (build/bin) or here; "" when there are none.
 */
static void find_zones(struct preprocess *p)
{
    const char *given = p->options->zones;
    char program[sizeof p->zones - 32];
    if (given) {
        const bool none = strcmp(given, "none") == 0;
        tlc_str_copy(p->zones, sizeof p->zones, tlc_str_from(none ? "" : given));
        return;
    }
    const ssize_t n = readlink("/proc/self/exe", program, sizeof program - 8);
    if (n > 0) {
        program[n] = '\0';
        memcpy(strrchr(program, '/'), "/../..", 7);
        if (zones_below(p, program)) {
            return;
        }
    }
    (void)zones_below(p, ".");
}

static int load_zones(struct preprocess *p, struct tlc_err *err)
{
    struct zone_shapes shapes;
    bool needed = false;
    for (size_t i = 0; i < p->plan.n; i++) {
        needed = needed || p->plan.file[i].with_points;
    }
    find_zones(p);
    if (!needed || p->zones[0] == '\0') {
        return 0;
    }
    int rc = zone_shapes_load(p->zones, &shapes, err);
    if (rc != 0) {
        return rc;
    }
    p->grid = zonegrid_new(&shapes);
    zone_shapes_release(&shapes);
    p->clean.grid = p->grid;
    return p->grid ? 0
                   : tlc_err_fatal(err, TLC_EXIT_DATA, "%s: no zone shapes of New York", p->zones);
}

/* Shares --memory out: a third to libduckdb where there is Parquet, the rest to threads and
 * sorting. */
static int share_memory(struct preprocess *p, struct tlc_err *err)
{
    const char *temp = p->options->temp     ? p->options->temp
                       : streams(p)         ? "/tmp"
                       : p->options->output ? p->options->output
                                            : ".";
    bool parquet = false;
    for (size_t i = 0; i < p->plan.n; i++) {
        parquet = parquet || p->plan.file[i].kind == INPUT_PARQUET;
    }
    const int64_t bytes = p->options->memory - BASE_BYTES - p->threads * THREAD_BYTES -
                          (parquet ? p->parquet.memory_bytes : 0);
    int rc = order_init(&p->order, p->threads, bytes > 0 ? bytes : 0, temp, err);
    p->order_open = rc == 0;
    return rc;
}

static void count_threads(struct preprocess *p)
{
    const int64_t cores = sysconf(_SC_NPROCESSORS_ONLN);
    const int64_t wanted = p->options->threads > 0 ? p->options->threads : cores;
    const int64_t fit = (p->options->memory / 2 - BASE_BYTES) / THREAD_BYTES;
    const int64_t n = wanted < fit ? wanted : fit;
    p->threads = n < 1 ? 1 : n > PARALLEL_MAX ? PARALLEL_MAX : (int)n;
    p->parquet = (struct parquet_settings){p->options->duckdb, p->threads, p->options->memory / 3};
}

/* The last row that the manifest of an earlier run has of the source, by the text that we write; 0.
 */
static long long last_row_of(const char *folder, int32_t source)
{
    char path[4096], key[40];
    char *text = NULL;
    size_t size = 0;
    long long last = 0;
    snprintf(path, sizeof path, "%s/manifest.json", folder);
    FILE *f = fopen(path, "re");
    if (!f) {
        return 0;
    }
    if (getdelim(&text, &size, '\0', f) > 0) {
        snprintf(key, sizeof key, "\"source\":%d,", source);
        for (const char *at = text; (at = strstr(at, key)) != NULL; at++) {
            const char *row = strstr(at, "\"last_row\":");
            const long long n = row ? strtoll(row + 11, NULL, 10) : 0;
            last = n > last ? n : last;
        }
    }
    free(text);
    fclose(f);
    return last;
}

/* Who has the next piece of a month wants to know its first row's number. */
static int offer_next_row(const struct preprocess *p, const char *folder, struct tlc_err *err)
{
    const int32_t source = p->plan.file[0].source;
    const long long last = last_row_of(folder, source);
    const size_t n = strlen(err->text);
    char text[32];
    if (last > 0) {
        snprintf(err->text + n, sizeof err->text - n,
                 "; it holds rows of %s up to %lld: the next piece of it goes to another folder, "
                 "with --first-row %lld",
                 tlc_source_text(source, text), last, last + 1);
    }
    return err->cls;
}

static int open_outputs(struct preprocess *p, struct tlc_err *err)
{
    const struct preprocess_options *o = p->options;
    const char *folder = o->output ? o->output : ".";
    if (streams(p)) {
        return outfile_open(&p->events, "-", "", true, err);
    }
    int rc = tlc_file_mkdirs(folder, err);
    rc = rc == 0 ? outfile_open(&p->events, folder, "events.ndjson", o->force, err) : rc;
    if (rc != 0) {
        return offer_next_row(p, folder, err);
    }
    rc = rc == 0 ? outfile_open(&p->rejects_file, folder, "rejects.csv", o->force, err) : rc;
    rc = rc == 0 ? outfile_open(&p->manifest_file, folder, "manifest.json", o->force, err) : rc;
    p->rejects.out = &p->rejects_file;
    return rc == 0 ? rejects_header(&p->rejects, err) : rc;
}

static int check_options(const struct preprocess_options *o, const struct tlc_opt_list *paths,
                         struct tlc_err *err)
{
    size_t standard = 0;
    for (size_t i = 0; i < paths->n; i++) {
        standard += strcmp(paths->v[i], "-") == 0;
    }
    if (paths->n == 0) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE,
                             "no input: name the files to read, or - for standard input");
    }
    if (standard > 1) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE, "standard input (-) can be read only once");
    }
    if (o->json && o->output && strcmp(o->output, "-") == 0) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE,
                             "--json and --output - would both write to standard output");
    }
    return 0;
}

static int open_inputs(struct preprocess *p, const struct preprocess_options *options,
                       const struct tlc_opt_list *paths, struct tlc_err *err)
{
    memset(p, 0, sizeof *p);
    p->options = options;
    p->start_ms = tlc_now_ms();
    p->events.fd = p->rejects_file.fd = p->manifest_file.fd = -1;
    count_threads(p);
    int rc = check_options(options, paths, err);
    rc = rc == 0 ? set_rules(p, err) : rc;
    rc = rc == 0 ? plan_make(&p->plan, options, &p->parquet, paths, err) : rc;
    progress_init(&p->progress, options->quiet, p->plan.bytes, tlc_now_ms());
    return rc;
}

int preprocess_plan(struct preprocess *p, const struct preprocess_options *options,
                    const struct tlc_opt_list *paths, struct tlc_err *err)
{
    struct tlc_buf text;
    int rc = open_inputs(p, options, paths, err);
    tlc_buf_init(&text, MANIFEST_BYTES_MAX);
    for (size_t i = 0; rc == 0 && i < p->plan.n; i++) {
        const struct plan_file *f = &p->plan.file[i];
        char source[32];
        tlc_buf_printf(&text, "%d\t%s\t%s\n", f->source, tlc_source_text(f->source, source),
                       f->path);
    }
    rc = rc == 0 ? tlc_file_write(STDOUT_FILENO, text.p, text.n, "standard output", err) : rc;
    tlc_buf_release(&text);
    return rc;
}

int preprocess_open(struct preprocess *p, const struct preprocess_options *options,
                    const struct tlc_opt_list *paths, struct tlc_err *err)
{
    int rc = open_inputs(p, options, paths, err);
    rc = rc == 0 ? load_zones(p, err) : rc;
    rc = rc == 0 ? open_outputs(p, err) : rc;
    return rc == 0 ? share_memory(p, err) : rc;
}

/* What would help with rows that the rule rejects. */
static const char *remedy(enum tlc_rule rule)
{
    switch (rule) {
    case TLC_RULE_BAD_FIELD_COUNT: return "the rows have not the fields of the header";
    case TLC_RULE_MISSING_TIME: return "take a file that has both times in every row";
    case TLC_RULE_BAD_TIME:
        return "times are read as 2024-01-05 10:00:00, 1/5/2024 10:00 AM, 2024-01-05T15:00:00Z "
               "and the like; --date-order says how 1/5/2024 is meant";
    case TLC_RULE_BAD_NUMBER: return "zones are numbers from 1 to 265, coordinates are degrees";
    case TLC_RULE_END_BEFORE_START:
        return "are the columns of pickup and drop-off swapped? --allow end_before_start keeps "
               "them";
    case TLC_RULE_OUTSIDE_MONTH: return "--month YYYY-MM says which month it is";
    case TLC_RULE_TOO_LONG: return "--max-duration or --allow too_long keeps them";
    default: return "--rules lists the rules, --allow keeps what some of them reject";
    }
}

/* A file of which nothing is left is no success. */
static int nothing_usable(const struct plan_file *f, struct tlc_err *err)
{
    const enum tlc_rule rule = tally_leading_rule(&f->tally);
    char month[48] = "";
    if (rule == TLC_RULE_OUTSIDE_MONTH && f->tally.other_month_lead > 0) {
        snprintf(month, sizeof month, "they fit %04d-%02d, and ", f->tally.other_month / 100,
                 f->tally.other_month % 100);
    }
    return tlc_err_fatal(err, TLC_EXIT_DATA,
                         "%s: none of its %lld rows can be used: rule %s (%s) rejects %lld of "
                         "them, first row %lld: %.*s; %s%s",
                         f->path, (long long)f->tally.rows, tlc_rule_info(rule)->id,
                         tlc_rule_info(rule)->text, (long long)f->tally.rejected_by[rule],
                         (long long)f->worst.row, (int)f->worst.n, f->worst.text, month,
                         remedy(rule));
}

static int read_rows(struct preprocess *p, struct plan_file *f, struct intake *intake,
                     int64_t bytes_before, struct tlc_err *err)
{
    p->rejects.file = f->name;
    clean_file(&p->clean, f->source, f->columns.has);
    int rc = intake_begin(intake, f->source, f->first_row, f->with_points, err);
    if (rc != 0) {
        return rc;
    }
    const struct reading how = {.columns = &f->columns,
                                .order = f->order,
                                .clean = &p->clean,
                                .intake = intake,
                                .threads = p->threads,
                                .bytes_before = bytes_before};
    return f->kind == INPUT_PARQUET ? parquet_read(&f->parquet, &how, err)
                                    : csv_read(&f->csv, &how, err);
}

static int read_file(struct preprocess *p, size_t i, struct intake *intake, int64_t bytes_before,
                     struct tlc_err *err)
{
    struct plan_file *f = &p->plan.file[i];
    f->first_row =
        plan_continues(&p->plan, i) ? f[-1].first_row + f[-1].tally.rows : p->options->first_row;
    int rc = plan_reopen(f, &p->parquet, err);
    rc = rc == 0 ? read_rows(p, f, intake, bytes_before, err) : rc;
    if (rc != 0) {
        return rc;
    }
    f->tally = intake->tally;
    f->worst = intake->sample[tally_leading_rule(&f->tally)];
    /* Of a month in pieces some may be empty, as those of a partition without rows are. */
    const bool piece =
        plan_continues(&p->plan, i) || (i + 1 < p->plan.n && plan_continues(&p->plan, i + 1));
    if (f->tally.rows == 0 && !piece) {
        return tlc_err_fatal(err, TLC_EXIT_DATA, "%s: has a header, but no rows", f->path);
    }
    if (f->tally.rows > 0 && f->tally.trips == 0) {
        return nothing_usable(f, err);
    }
    return plan_finish(f, err);
}

int preprocess_read(struct preprocess *p, struct tlc_err *err)
{
    struct intake intake;
    int64_t bytes_before = 0;
    int rc = 0;
    intake_init(&intake, &p->order, &p->rejects, &p->progress);
    for (size_t i = 0; rc == 0 && i < p->plan.n; i++) {
        rc = read_file(p, i, &intake, bytes_before, err);
        bytes_before += p->plan.file[i].size_bytes;
    }
    intake_release(&intake);
    return rc == 0 ? plan_check_pieces(&p->plan, err) : rc;
}

static struct manifest manifest_of(const struct preprocess *p)
{
    return (struct manifest){.plan = &p->plan,
                             .zones = p->grid ? naming_base(p->zones) : TLC_STR(""),
                             .zoned_is_wall = p->clean.zoned_is_wall,
                             .events_sha256 = p->events_sha256,
                             .events_bytes = p->events_bytes};
}

static int write_manifest(struct preprocess *p, struct tlc_err *err)
{
    struct tlc_buf text;
    tlc_buf_init(&text, MANIFEST_BYTES_MAX);
    const struct manifest m = manifest_of(p);
    manifest_render(&m, &text);
    int rc = text.failed ? tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no memory for the manifest")
                         : outfile_write(&p->manifest_file, tlc_buf_str(&text), err);
    tlc_buf_release(&text);
    return rc;
}

int preprocess_write(struct preprocess *p, struct tlc_err *err)
{
    struct writer w;
    struct tally total;
    manifest_total(&p->plan, &total);
    progress_writing(&p->progress, total.events, tlc_now_ms());
    writer_init(&w, &p->events);
    int rc = merge_write(&p->order, &w, &p->progress, err);
    p->events_bytes = w.bytes;
    sha256_hex(&w.sha, p->events_sha256);
    writer_release(&w);
    rc = rc == 0 && !streams(p) ? write_manifest(p, err) : rc;
    rc = rc == 0 ? outfile_commit(&p->events, err) : rc;
    if (rc == 0 && !streams(p)) {
        rc = outfile_commit(&p->rejects_file, err);
        rc = rc == 0 ? outfile_commit(&p->manifest_file, err) : rc;
    }
    progress_end(&p->progress);
    return rc;
}

int preprocess_report(const struct preprocess *p, struct tlc_err *err)
{
    struct tlc_buf text;
    int rc = 0;
    tlc_buf_init(&text, MANIFEST_BYTES_MAX);
    const struct manifest m = manifest_of(p);
    if (!p->options->quiet) {
        report_summary(&m, tlc_now_ms() - p->start_ms, &text);
    }
    report_warnings(&m, &text);
    if (text.n > 0) {
        rc = tlc_file_write(STDERR_FILENO, text.p, text.n, "standard error", err);
    }
    if (rc == 0 && p->options->json) {
        tlc_buf_reset(&text);
        manifest_render(&m, &text);
        rc = tlc_file_write(STDOUT_FILENO, text.p, text.n, "standard output", err);
    }
    tlc_buf_release(&text);
    return rc;
}

void preprocess_close(struct preprocess *p)
{
    progress_end(&p->progress);
    progress_release(&p->progress);
    plan_release(&p->plan);
    if (p->order_open) {
        order_release(&p->order);
    }
    zonegrid_free(p->grid);
    outfile_discard(&p->events);
    outfile_discard(&p->rejects_file);
    outfile_discard(&p->manifest_file);
}
