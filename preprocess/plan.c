#include "preprocess/plan.h"

#include <stdlib.h>

#include "preprocess/survey.h"

static const struct tlc_str *names_of(const struct plan_file *f, int *ret_n)
{
    const bool parquet = f->kind == INPUT_PARQUET;
    *ret_n = parquet ? f->parquet.names_n : f->csv.names_n;
    return parquet ? f->parquet.names : f->csv.names;
}

int plan_reopen(struct plan_file *f, const struct parquet_settings *parquet, struct tlc_err *err)
{
    if (f->in) {
        return 0;
    }
    f->in = malloc(sizeof *f->in);
    if (!f->in) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "%s: no memory to read", f->path);
    }
    int rc = input_open(f->in, f->path, err);
    if (rc == 0) {
        f->kind = f->in->kind;
        f->size_bytes = f->in->size_bytes;
        f->device = f->in->device;
        f->inode = f->in->inode;
        rc = f->kind == INPUT_PARQUET ? parquet_open(&f->parquet, f->in, parquet, err)
                                      : csv_open(&f->csv, f->in, err);
        if (rc != 0) {
            input_close(f->in);
        }
    }
    if (rc == 0 && f->kind == INPUT_PARQUET && f->columns.has != 0) { /* opened once more */
        rc = parquet_check(&f->parquet, &f->columns,
                           (enum tlc_dataset)tlc_source_dataset(f->source), err);
        if (rc != 0) {
            parquet_close(&f->parquet);
            input_close(f->in);
        }
    }
    if (rc != 0) {
        free(f->in);
        f->in = NULL;
    }
    return rc;
}

void plan_close(struct plan_file *f)
{
    if (!f->in) {
        return;
    }
    if (f->kind == INPUT_PARQUET) {
        parquet_close(&f->parquet);
    } else {
        csv_close(&f->csv);
    }
    input_close(f->in);
    free(f->in);
    f->in = NULL;
}

int plan_finish(struct plan_file *f, struct tlc_err *err)
{
    int rc = input_drain(f->in, err);
    if (rc == 0) {
        f->size_bytes = f->in->read_bytes;
        sha256_hex(&f->in->sha, f->sha256);
    }
    plan_close(f);
    return rc;
}

/* All rows of the file, or those of a pipe that are there already. */
static int survey(struct survey *s, struct plan_file *f, struct tlc_err *err)
{
    if (f->kind == INPUT_PARQUET) {
        return survey_parquet(s, &f->parquet, err);
    }
    if (f->in->regular) {
        return survey_csv(s, f->path, err);
    }
    survey_peek(s, &f->csv);
    return 0;
}

/* A file with green's times and yellow's, as joined frames leave it, is of those that are whole. */
static int whose_times_are_whole(struct plan_file *f, const struct column_traits *traits,
                                 int *ret_dataset, struct tlc_err *err)
{
    struct survey s;
    survey_init(&s, 0);
    survey_ask_whole(&s, traits);
    int rc = survey(&s, f, err);
    if (rc != 0) {
        return rc;
    }
    const bool green = s.lpep_n > 0 && (s.lpep_n == s.rows || s.tpep_n == 0);
    const bool yellow = s.tpep_n > 0 && (s.tpep_n == s.rows || s.lpep_n == 0);
    if (green && (!yellow || f->naming.dataset == TLC_GREEN)) {
        *ret_dataset = TLC_GREEN;
    } else if (yellow && (!green || f->naming.dataset == TLC_YELLOW)) {
        *ret_dataset = TLC_YELLOW;
    } else {
        return tlc_err_fatal(err, TLC_EXIT_DATA,
                             "%s: has lpep times in %lld of its %lld rows and tpep times in %lld: "
                             "rows of two datasets, or no telling which; --dataset green or yellow "
                             "takes its rows",
                             f->path, (long long)s.lpep_n, (long long)s.rows, (long long)s.tpep_n);
    }
    return 0;
}

/* Option, then name, then columns, then folders. */
static int find_dataset(struct plan_file *f, const struct preprocess_options *options,
                        enum tlc_dataset *ret, struct tlc_err *err)
{
    int n, rc = 0;
    const struct tlc_str *names = names_of(f, &n);
    struct column_traits traits;
    columns_traits(names, n, &traits);
    int by_columns = columns_dataset(&traits);
    const int by_name = f->naming.dataset;
    if (options->dataset) {
        if (!tlc_dataset_parse(tlc_str_from(options->dataset), ret) || *ret == TLC_LIVE) {
            return tlc_err_fatal(err, TLC_EXIT_USAGE,
                                 "--dataset %s: must be yellow, green, fhv, fhvhv or other",
                                 options->dataset);
        }
        return 0;
    }
    if (traits.lpep[0] >= 0 && traits.tpep[0] >= 0) {
        rc = whose_times_are_whole(f, &traits, &by_columns, err);
    }
    if (rc == 0 && ((by_name == TLC_YELLOW && by_columns == TLC_GREEN) ||
                    (by_name == TLC_GREEN && by_columns == TLC_YELLOW))) {
        return tlc_err_fatal(err, TLC_EXIT_DATA,
                             "%s: its name says %s, its columns are %s's: --dataset decides",
                             f->path, tlc_dataset_name(by_name), tlc_dataset_name(by_columns));
    }
    *ret = (enum tlc_dataset)(by_name != 0      ? by_name
                              : by_columns != 0 ? by_columns
                                                : f->naming.folder_dataset);
    return rc;
}

static int twins_differ(const struct plan_file *f, const struct survey *s, int i,
                        struct tlc_err *err)
{
    int n;
    const struct tlc_str *names = names_of(f, &n);
    return tlc_err_fatal(err, TLC_EXIT_DATA,
                         "%s: columns \"%.*s\" and \"%.*s\" can both be the %s, and differ in row "
                         "%lld: leave one out",
                         f->path, TLC_STR_ARG(names[s->field[s->twin[i].a]]),
                         TLC_STR_ARG(names[s->field[s->twin[i].b]]),
                         columns_text(s->twin[i].column), (long long)s->twin_row[i]);
}

/* Whether the order of day and month may matter: Parquet with times as text, CSV whose first rows
 * have such dates. */
static bool dates_in_doubt(const struct plan_file *f)
{
    const int pickup = f->columns.field[COL_PICKUP], dropoff = f->columns.field[COL_DROPOFF];
    if (f->kind == INPUT_PARQUET) {
        return f->parquet.types[pickup] == PARQUET_TEXT ||
               (dropoff >= 0 && f->parquet.types[dropoff] == PARQUET_TEXT);
    }
    struct survey first;
    survey_init(&first, 0);
    survey_ask_times(&first, pickup, dropoff);
    survey_peek(&first, &f->csv);
    return first.doubtful_n > 0;
}

/* What the rows must tell before they are read: the order of dates, and that twins are equal. */
static int look_at_rows(struct plan_file *f, const struct preprocess_options *options,
                        struct tlc_err *err)
{
    struct survey s;
    survey_init(&s, tlc_source_month(f->source));
    survey_ask_twins(&s, &f->columns);
    if (options->date_order) {
        f->order = strcmp(options->date_order, "dmy") == 0 ? DATE_ORDER_DMY : DATE_ORDER_MDY;
    } else if (dates_in_doubt(f)) {
        survey_ask_times(&s, f->columns.field[COL_PICKUP], f->columns.field[COL_DROPOFF]);
    }
    if (s.fields_n == 0) {
        return 0;
    }
    if (s.twins_n > 0 && !f->in->regular) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE,
                             "%s: two of its columns can be the %s; only of a file can it be told "
                             "whether they are equal: name the file, or leave one out",
                             input_name(f->in), columns_text(s.twin[0].column));
    }
    int rc = survey(&s, f, err);
    for (int i = 0; rc == 0 && i < s.twins_n; i++) {
        rc = s.twin_row[i] != 0 ? twins_differ(f, &s, i, err) : 0;
    }
    if (rc != 0 || s.doubtful_n == 0) {
        return rc;
    }
    f->order = survey_order(&s);
    return f->order != DATE_ORDER_UNKNOWN
               ? 0
               : tlc_err_fatal(err, TLC_EXIT_DATA,
                               "%s: its dates can be read as month/day and as day/month, %lld of "
                               "them equally well: --date-order mdy or --date-order dmy decides",
                               f->path, (long long)s.doubtful_n);
}

static int keep_names(struct plan_file *f, struct tlc_err *err)
{
    int n;
    const struct tlc_str *names = names_of(f, &n);
    for (int c = 0; c < COL_N; c++) {
        const int field = f->columns.field[c];
        if (field < 0) {
            continue;
        }
        f->taken[c] = strndup(names[field].n > 0 ? names[field].p : "", names[field].n);
        if (!f->taken[c]) {
            return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "%s: no memory to read", f->path);
        }
    }
    return 0;
}

static int find_columns(struct plan_file *f, const struct preprocess_options *options,
                        enum tlc_dataset dataset, struct tlc_err *err)
{
    int n;
    const struct tlc_str *names = names_of(f, &n);
    columns_find(names, n, (int)dataset, &f->columns);
    int rc = columns_check(&f->columns, dataset, names, n, err);
    if (rc != 0) {
        return tlc_err_note(err, f->kind == INPUT_PARQUET ? "%s" : "%s: line 1", f->path);
    }
    if (dataset == 0) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE,
                             "%s: neither its name nor its columns tell the dataset: --dataset "
                             "yellow, green, fhv, fhvhv or other",
                             f->path);
    }
    f->with_points = columns_have_points(&f->columns);
    rc = f->kind == INPUT_PARQUET ? parquet_check(&f->parquet, &f->columns, dataset, err) : 0;
    rc = rc == 0 ? look_at_rows(f, options, err) : rc;
    return rc == 0 ? keep_names(f, err) : rc;
}

static int find_source(struct plan_file *f, const struct preprocess_options *options,
                       struct tlc_err *err)
{
    enum tlc_dataset dataset = 0;
    int32_t month = f->naming.month;
    int rc = find_dataset(f, options, &dataset, err);
    if (rc != 0) {
        return rc;
    }
    if (options->month && !naming_month(tlc_str_from(options->month), &month)) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE, "--month %s: must be YYYY-MM, 2007-01 to 2068-12",
                             options->month);
    }
    f->source = tlc_source_make(dataset, month);
    return find_columns(f, options, dataset, err);
}

static int by_source(const void *a, const void *b)
{
    const struct plan_file *x = a, *y = b;
    if (x->source != y->source) {
        return x->source < y->source ? -1 : 1;
    }
    const int by_name = strcmp(x->name.p, y->name.p);
    return by_name != 0 ? by_name : strcmp(x->path, y->path);
}

bool plan_continues(const struct plan *p, size_t i)
{
    return i > 0 && p->file[i].source == p->file[i - 1].source;
}

static int check_piece(const struct plan_file *a, const struct plan_file *b, struct tlc_err *err)
{
    char text[32];
    if (a->inode == b->inode && a->device == b->device) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE, "%s and %s are one file: name it once", a->path,
                             b->path);
    }
    if (a->kind != b->kind) {
        return tlc_err_fatal(
            err, TLC_EXIT_USAGE,
            "%s and %s are both %s, in two formats: pieces of a month have one, so "
            "this is the month twice; leave one out",
            a->path, b->path, tlc_source_text(a->source, text));
    }
    return 0;
}

static int check_sources(const struct plan *p, const struct preprocess_options *options,
                         struct tlc_err *err)
{
    int rc = 0;
    for (size_t i = 1; rc == 0 && i < p->n; i++) {
        const struct plan_file *f = &p->file[i];
        if (!plan_continues(p, i) && options->first_row > 1) {
            char first[32], second[32];
            return tlc_err_fatal(
                err, TLC_EXIT_USAGE,
                "--first-row %lld is of one month, and here are %s and %s: run one "
                "at a time",
                (long long)options->first_row, tlc_source_text(f[-1].source, first),
                tlc_source_text(f->source, second));
        }
        for (size_t k = i; rc == 0 && plan_continues(p, k); k--) {
            rc = check_piece(&p->file[k - 1], f, err);
        }
    }
    return rc;
}

int plan_check_pieces(const struct plan *p, struct tlc_err *err)
{
    for (size_t i = 1; i < p->n; i++) {
        for (size_t k = i; plan_continues(p, k); k--) {
            const struct plan_file *a = &p->file[k - 1], *b = &p->file[i];
            if (a->size_bytes == b->size_bytes && a->tally.rows > 0 &&
                strcmp(a->sha256, b->sha256) == 0) {
                return tlc_err_fatal(err, TLC_EXIT_DATA,
                                     "%s and %s hold the same bytes: their trips would count "
                                     "twice; leave one out",
                                     a->path, b->path);
            }
        }
    }
    return 0;
}

static int check_spelled(const char *option, const char *value, const char *a, const char *b,
                         struct tlc_err *err)
{
    return !value || strcmp(value, a) == 0 || strcmp(value, b) == 0
               ? 0
               : tlc_err_fatal(err, TLC_EXIT_USAGE, "%s %s: must be %s or %s", option, value, a, b);
}

int plan_make(struct plan *p, const struct preprocess_options *options,
              const struct parquet_settings *parquet, const struct tlc_opt_list *paths,
              struct tlc_err *err)
{
    memset(p, 0, sizeof *p);
    p->file = calloc(paths->n > 0 ? paths->n : 1, sizeof *p->file);
    if (!p->file) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no memory for %zu inputs", paths->n);
    }
    bool sizes_known = true;
    int spelled = check_spelled("--date-order", options->date_order, "mdy", "dmy", err);
    spelled = spelled == 0
                  ? check_spelled("--zoned-times", options->zoned_times, "instant", "wall", err)
                  : spelled;
    if (spelled != 0) {
        return spelled;
    }
    for (size_t i = 0; i < paths->n; i++) {
        struct plan_file *f = &p->file[p->n++];
        const bool standard = strcmp(paths->v[i], "-") == 0;
        f->path = paths->v[i];
        f->name = standard ? TLC_STR("standard input") : naming_base(f->path);
        naming_read(f->path, &f->naming);
        int rc = plan_reopen(f, parquet, err);
        rc = rc == 0 ? find_source(f, options, err) : rc;
        if (rc != 0) {
            return rc;
        }
        sizes_known = sizes_known && f->in->regular;
        p->bytes += f->size_bytes;
        if (f->in->regular && paths->n > 1) { /* a pipe cannot be opened again */
            plan_close(f);
        }
    }
    p->bytes = sizes_known ? p->bytes : 0;
    qsort(p->file, p->n, sizeof *p->file, by_source);
    return check_sources(p, options, err);
}

void plan_release(struct plan *p)
{
    for (size_t i = 0; i < p->n; i++) {
        plan_close(&p->file[i]);
        for (int c = 0; c < COL_N; c++) {
            free(p->file[i].taken[c]);
        }
    }
    free(p->file);
    memset(p, 0, sizeof *p);
}
