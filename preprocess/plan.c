#include "preprocess/plan.h"

#include <stdlib.h>

static const struct columns *columns_of(const struct plan_file *f)
{
    return f->kind == INPUT_PARQUET ? &f->parquet.columns : &f->csv.columns;
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
        rc = f->kind == INPUT_PARQUET ? parquet_open(&f->parquet, f->in, parquet, err)
                                      : csv_open(&f->csv, f->in, err);
        if (rc != 0) {
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

/* Option, then name, then columns. */
static int find_dataset(struct plan_file *f, const struct preprocess_options *options,
                        enum tlc_dataset *ret, struct tlc_err *err)
{
    const int by_columns = columns_dataset(columns_of(f)), by_name = f->naming.dataset;
    if (options->dataset) {
        if (!tlc_dataset_parse(tlc_str_from(options->dataset), ret) || *ret == TLC_LIVE) {
            return tlc_err_fatal(err, TLC_EXIT_USAGE,
                                 "--dataset %s: must be yellow, green, fhv, fhvhv or other",
                                 options->dataset);
        }
        return 0;
    }
    if ((by_name == TLC_YELLOW && by_columns == TLC_GREEN) ||
        (by_name == TLC_GREEN && by_columns == TLC_YELLOW)) {
        return tlc_err_fatal(err, TLC_EXIT_DATA,
                             "%s: its name says %s, its columns are %s's: --dataset decides",
                             f->path, tlc_dataset_name(by_name), tlc_dataset_name(by_columns));
    }
    *ret = (enum tlc_dataset)(by_name != 0 ? by_name : by_columns);
    return 0;
}

static int find_source(struct plan_file *f, const struct preprocess_options *options,
                       struct tlc_err *err)
{
    enum tlc_dataset dataset;
    int32_t month = f->naming.month;
    int rc = find_dataset(f, options, &dataset, err);
    if (rc != 0) {
        return rc;
    }
    if (options->month && !naming_month(tlc_str_from(options->month), &month)) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE, "--month %s: must be YYYY-MM, 2007-01 to 2068-12",
                             options->month);
    }
    const struct columns *columns = columns_of(f);
    const bool parquet = f->kind == INPUT_PARQUET;
    rc = columns_check(columns, dataset, parquet ? f->parquet.names : f->csv.names,
                       parquet ? f->parquet.names_n : f->csv.names_n, err);
    if (rc != 0) {
        return tlc_err_note(err, parquet ? "%s" : "%s: line 1", f->path);
    }
    if (dataset == 0) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE,
                             "%s: neither its name nor its columns tell the dataset: --dataset "
                             "yellow, green, fhv, fhvhv or other",
                             f->path);
    }
    const uint32_t zones = 1U << COL_PU_ZONE | 1U << COL_DO_ZONE;
    f->columns = columns->has;
    f->with_points = (columns->has & zones) == 0 && (columns->has & 1U << COL_PU_LON) != 0;
    f->source = tlc_source_make(dataset, month);
    return 0;
}

static int by_source(const void *a, const void *b)
{
    const struct plan_file *x = a, *y = b;
    return x->source < y->source ? -1 : x->source > y->source;
}

static int check_sources(const struct plan *p, struct tlc_err *err)
{
    for (size_t i = 1; i < p->n; i++) {
        const struct plan_file *a = &p->file[i - 1], *b = &p->file[i];
        if (a->source == b->source) {
            char text[32];
            return tlc_err_fatal(err, TLC_EXIT_USAGE,
                                 "%s and %s are both %s: their trips would have the same ids; run "
                                 "one at a time, or name them by month",
                                 a->path, b->path, tlc_source_text(a->source, text));
        }
    }
    return 0;
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
    for (size_t i = 0; i < paths->n; i++) {
        struct plan_file *f = &p->file[p->n++];
        const bool standard = strcmp(paths->v[i], "-") == 0;
        f->path = paths->v[i];
        f->name = standard ? TLC_STR("standard input") : naming_base(f->path);
        naming_read(f->name, &f->naming);
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
    return check_sources(p, err);
}

void plan_release(struct plan *p)
{
    for (size_t i = 0; i < p->n; i++) {
        plan_close(&p->file[i]);
    }
    free(p->file);
    memset(p, 0, sizeof *p);
}
