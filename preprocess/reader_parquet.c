#include "preprocess/reader_parquet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/event/ny_time.h"
#include "preprocess/cell.h"
#include "preprocess/parallel.h"

#define NAMES_BYTES_MAX 65536

/* ---- columns ---- */

static enum parquet_type type_of(struct tlc_str name)
{
    static const struct {
        const char *prefix;
        enum parquet_type type;
    } types[] = {
        {"TIMESTAMP", PARQUET_TIME},   {"DATE", PARQUET_TIME},
        {"TINYINT", PARQUET_INTEGER},  {"SMALLINT", PARQUET_INTEGER},
        {"INTEGER", PARQUET_INTEGER},  {"BIGINT", PARQUET_INTEGER},
        {"UTINYINT", PARQUET_INTEGER}, {"USMALLINT", PARQUET_INTEGER},
        {"UINTEGER", PARQUET_INTEGER}, {"FLOAT", PARQUET_REAL},
        {"DOUBLE", PARQUET_REAL},      {"DECIMAL", PARQUET_REAL},
    };
    for (size_t i = 0; i < TLC_COUNT(types); i++) {
        if (tlc_str_starts(name, tlc_str_from(types[i].prefix))) {
            return types[i].type;
        }
    }
    return PARQUET_TEXT;
}

static int take_names(struct parquet_reader *r, duck_chunk chunk, struct tlc_err *err)
{
    const uint64_t *valid;
    const struct duck_text *name = duck_chunk_column(chunk, 0, &valid);
    const struct duck_text *type = duck_chunk_column(chunk, 1, &valid);
    const size_t n = duck_chunk_rows(chunk);
    for (size_t i = 0; i < n; i++) {
        const struct tlc_str s = duck_text_str(&name[i]);
        if (r->names_n == COLUMNS_FIELDS_MAX || !tlc_buf_add(&r->text, s)) {
            return tlc_err_fatal(err, TLC_EXIT_DATA, "more than %d columns", COLUMNS_FIELDS_MAX);
        }
        r->types[r->names_n] = type_of(duck_text_str(&type[i]));
        r->names[r->names_n++].n = s.n;
    }
    return 0;
}

static int read_names(struct parquet_reader *r, struct tlc_err *err)
{
    struct duck_query query;
    int rc = duck_run(&r->duck, "DESCRIBE SELECT * FROM read_parquet(?)", r->path, &query, err);
    if (rc != 0) {
        return rc;
    }
    duck_chunk chunk = NULL;
    while ((rc = duck_next(&query, &chunk, err)) == 0 && chunk) {
        rc = take_names(r, chunk, err);
        duck_chunk_free(chunk);
        if (rc != 0) {
            break;
        }
    }
    duck_finish(&query);
    const char *at = r->text.p; /* it has stopped growing: names can point into it */
    for (int i = 0; i < r->names_n; i++) {
        r->names[i].p = at;
        at += r->names[i].n;
    }
    columns_find(r->names, r->names_n, &r->columns);
    return rc;
}

int parquet_open(struct parquet_reader *r, struct input *in,
                 const struct parquet_settings *settings, struct tlc_err *err)
{
    memset(r, 0, sizeof *r);
    r->in = in;
    tlc_buf_init(&r->text, NAMES_BYTES_MAX);
    snprintf(r->path, sizeof r->path, "/proc/self/fd/%d", in->fd);
    int rc = duck_open(&r->duck, settings->library, settings->threads, settings->memory_bytes, err);
    if (rc == 0) {
        rc = read_names(r, err);
        rc = rc == 0 ? 0 : tlc_err_note(err, "cannot be read as Parquet");
    }
    if (rc != 0) {
        parquet_close(r);
        return tlc_err_note(err, "%s", input_name(in));
    }
    return 0;
}

void parquet_close(struct parquet_reader *r)
{
    duck_close(&r->duck);
    tlc_buf_release(&r->text);
}

/* ---- the query ---- */

static void add_identifier(struct tlc_buf *sql, struct tlc_str name)
{
    tlc_buf_add(sql, TLC_STR("\""));
    for (size_t i = 0; i < name.n; i++) {
        tlc_buf_printf(sql, name.p[i] == '"' ? "\"\"" : "%c", name.p[i]);
    }
    tlc_buf_add(sql, TLC_STR("\""));
}

struct parquet_cell {
    enum column column;
    enum cell_kind kind;
    enum parquet_type type;
};

/* How a column is asked for: times and licences only by their own types, else as text, which the
 * cell parsers judge. */
static enum parquet_type asked_type(enum cell_kind kind, enum parquet_type type)
{
    if (kind == CELL_TIME) {
        return type == PARQUET_TIME ? type : PARQUET_TEXT;
    }
    return kind == CELL_LICENCE || type == PARQUET_TIME ? PARQUET_TEXT : type;
}

static int add_columns(const struct parquet_reader *r, struct tlc_buf *sql,
                       struct parquet_cell cell[COL_N])
{
    static const char *const before[] = {[PARQUET_INTEGER] = "CAST(",
                                         [PARQUET_REAL] = "CAST(",
                                         [PARQUET_TIME] = "epoch_us(CAST(",
                                         [PARQUET_TEXT] = "CAST("};
    static const char *const behind[] = {[PARQUET_INTEGER] = " AS BIGINT)",
                                         [PARQUET_REAL] = " AS DOUBLE)",
                                         [PARQUET_TIME] = " AS TIMESTAMP))",
                                         [PARQUET_TEXT] = " AS VARCHAR)"};
    int n = 0;
    for (int c = 0; c < COL_N; c++) {
        const int f = r->columns.field[c];
        if (f < 0) {
            continue;
        }
        const enum cell_kind kind = columns_kind((enum column)c);
        const enum parquet_type type = asked_type(kind, r->types[f]);
        tlc_buf_printf(sql, "%s%s", n > 0 ? ", " : "", before[type]);
        add_identifier(sql, r->names[f]);
        tlc_buf_printf(sql, "%s", behind[type]);
        cell[n++] = (struct parquet_cell){(enum column)c, kind, type};
    }
    return n;
}

/* ---- rows ---- */

struct parquet_job {
    struct parquet_reader *r;
    const struct clean *clean;
    struct intake *intake;
    int64_t bytes_before;
    int64_t rows_all, rows_read;
    pthread_mutex_t lock; /* of query, next and rows_read */
    struct duck_query query;
    uint64_t next;
    struct parquet_cell cell[COL_N];
    int cells_n;
};

struct vector {
    const void *values;
    const uint64_t *valid;
};

struct parquet_worker {
    struct parquet_job *job;
    struct batch batch;
    struct cell_days days;
    struct vector vector[COL_N];
};

static int64_t floor_seconds(int64_t us)
{
    return us / 1000000 - (us % 1000000 < 0);
}

static enum cell_state read_value(struct parquet_worker *w, int i, size_t row, int64_t *ret)
{
    const struct parquet_cell *cell = &w->job->cell[i];
    const void *values = w->vector[i].values;
    if (!duck_valid(w->vector[i].valid, row)) {
        return CELL_EMPTY;
    }
    switch (cell->type) {
    case PARQUET_INTEGER: return cell_from_integer(cell->kind, ((const int64_t *)values)[row], ret);
    case PARQUET_REAL: return cell_from_real(cell->kind, ((const double *)values)[row], ret);
    case PARQUET_TIME: *ret = floor_seconds(((const int64_t *)values)[row]); return CELL_OK;
    case PARQUET_TEXT:
        return cell_read(cell->kind, &w->days,
                         duck_text_str(&((const struct duck_text *)values)[row]), ret);
    }
    return CELL_BAD;
}

/* What rejects.csv shows of a row that never was a line: the needed columns by commas. */
static void write_value(const struct parquet_worker *w, int i, size_t row, struct tlc_buf *out)
{
    const struct parquet_cell *cell = &w->job->cell[i];
    const void *values = w->vector[i].values;
    if (!duck_valid(w->vector[i].valid, row)) {
        return;
    }
    if (cell->type == PARQUET_TEXT) {
        tlc_buf_add(out, duck_text_str(&((const struct duck_text *)values)[row]));
    } else if (cell->type == PARQUET_REAL) {
        tlc_buf_printf(out, "%.15g", ((const double *)values)[row]);
    } else if (cell->type == PARQUET_INTEGER) {
        tlc_buf_printf(out, "%" PRId64, ((const int64_t *)values)[row]);
    } else {
        struct tlc_civil t;
        tlc_civil_from_wall_s(floor_seconds(((const int64_t *)values)[row]), &t);
        tlc_buf_printf(out, "%04d-%02d-%02d %02d:%02d:%02d", t.year, t.month, t.day, t.hour,
                       t.minute, t.second);
    }
}

static void reject_row(struct parquet_worker *w, size_t row, enum tlc_rule rule)
{
    struct tlc_buf text;
    tlc_buf_init(&text, NAMES_BYTES_MAX);
    for (int i = 0; i < w->job->cells_n; i++) {
        tlc_buf_add(&text, i > 0 ? TLC_STR(",") : TLC_STR(""));
        write_value(w, i, row, &text);
    }
    intake_reject(w->job->intake, &w->batch, row, rule, tlc_buf_str(&text));
    tlc_buf_release(&text);
}

static void read_row(struct parquet_worker *w, size_t row)
{
    struct raw_trip raw;
    raw.ok = raw.bad = 0;
    for (int i = 0; i < w->job->cells_n; i++) {
        const enum column c = w->job->cell[i].column;
        const enum cell_state state = read_value(w, i, row, &raw.v[c]);
        raw.ok |= state == CELL_OK ? 1U << c : 0;
        raw.bad |= state == CELL_BAD ? 1U << c : 0;
    }
    const enum tlc_rule rule = intake_row(w->job->intake, &w->batch, row, w->job->clean, &raw);
    if (rule != TLC_RULE_NONE) {
        reject_row(w, row, rule);
    }
}

static bool next_chunk(struct parquet_worker *w, uint64_t *ret_number, duck_chunk *ret)
{
    struct parquet_job *job = w->job;
    struct tlc_err err;
    *ret = NULL;
    pthread_mutex_lock(&job->lock);
    int rc = duck_next(&job->query, ret, &err);
    *ret_number = job->next++;
    job->rows_read += *ret ? (int64_t)duck_chunk_rows(*ret) : 0;
    const double share = job->rows_all > 0 ? (double)job->rows_read / (double)job->rows_all : 1;
    w->batch.read_bytes = job->bytes_before + (int64_t)(share * (double)job->r->in->size_bytes);
    pthread_mutex_unlock(&job->lock);
    if (rc != 0) {
        tlc_err_note(&err, "%s", input_name(job->r->in));
        intake_fail(job->intake, &err);
    }
    return rc == 0 && *ret;
}

static bool read_chunk(struct parquet_worker *w, uint64_t number, duck_chunk chunk)
{
    const size_t rows_n = duck_chunk_rows(chunk);
    batch_reset(&w->batch, number, rows_n);
    if (!intake_reserve(w->job->intake, &w->batch)) {
        return false;
    }
    for (int i = 0; i < w->job->cells_n; i++) {
        w->vector[i].values = duck_chunk_column(chunk, (size_t)i, &w->vector[i].valid);
    }
    for (size_t row = 0; row < rows_n; row++) {
        read_row(w, row);
    }
    return intake_retire(w->job->intake, &w->batch);
}

static void parquet_work(void *ctx, int thread)
{
    struct parquet_worker *w = calloc(1, sizeof *w);
    (void)thread;
    if (!w) {
        struct tlc_err err;
        tlc_err_fatal(&err, TLC_EXIT_SOFTWARE, "no memory to read with");
        intake_fail(((struct parquet_job *)ctx)->intake, &err);
        return;
    }
    w->job = ctx;
    batch_init(&w->batch);
    uint64_t number;
    duck_chunk chunk;
    bool more = true;
    while (more && next_chunk(w, &number, &chunk)) {
        more = read_chunk(w, number, chunk);
        duck_chunk_free(chunk);
    }
    batch_release(&w->batch);
    free(w);
}

/* For the progress only. */
static int count_rows(struct parquet_reader *r, int64_t *ret, struct tlc_err *err)
{
    struct duck_query query;
    duck_chunk chunk = NULL;
    *ret = 0;
    int rc = duck_run(&r->duck, "SELECT count(*) FROM read_parquet(?)", r->path, &query, err);
    if (rc != 0) {
        return rc;
    }
    rc = duck_next(&query, &chunk, err);
    if (rc == 0 && chunk) {
        const uint64_t *valid;
        *ret = *(const int64_t *)duck_chunk_column(chunk, 0, &valid);
        duck_chunk_free(chunk);
    }
    duck_finish(&query);
    return rc;
}

static int start_query(struct parquet_job *job, struct tlc_err *err)
{
    struct tlc_buf sql;
    tlc_buf_init(&sql, 2 * NAMES_BYTES_MAX);
    tlc_buf_add(&sql, TLC_STR("SELECT "));
    job->cells_n = add_columns(job->r, &sql, job->cell);
    tlc_buf_add(&sql, TLC_STR(" FROM read_parquet(?)"));
    int rc = count_rows(job->r, &job->rows_all, err);
    rc = rc == 0 ? duck_run(&job->r->duck, tlc_buf_cstr(&sql), job->r->path, &job->query, err) : rc;
    tlc_buf_release(&sql);
    return rc == 0 ? 0 : tlc_err_note(err, "%s", input_name(job->r->in));
}

int parquet_read(struct parquet_reader *r, const struct clean *clean, struct intake *intake,
                 int threads, int64_t bytes_before, struct tlc_err *err)
{
    struct parquet_job job = {
        .r = r, .clean = clean, .intake = intake, .bytes_before = bytes_before};
    int rc = start_query(&job, err);
    if (rc != 0) {
        return rc;
    }
    pthread_mutex_init(&job.lock, NULL);
    parallel_run(threads, parquet_work, &job);
    pthread_mutex_destroy(&job.lock);
    duck_finish(&job.query);
    if (atomic_load(&intake->failed)) {
        *err = intake->err;
        return err->cls;
    }
    return 0;
}
