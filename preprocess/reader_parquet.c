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
        {"TIMESTAMP WITH TIME ZONE", PARQUET_ZONED_TIME},
        {"TIMESTAMP", PARQUET_TIME},
        {"TINYINT", PARQUET_INTEGER},
        {"SMALLINT", PARQUET_INTEGER},
        {"INTEGER", PARQUET_INTEGER},
        {"BIGINT", PARQUET_INTEGER},
        {"UTINYINT", PARQUET_INTEGER},
        {"USMALLINT", PARQUET_INTEGER},
        {"UINTEGER", PARQUET_INTEGER},
        {"FLOAT", PARQUET_FLOAT},
        {"DOUBLE", PARQUET_REAL},
        {"DECIMAL", PARQUET_REAL},
        {"UBIGINT", PARQUET_TEXT},
        {"HUGEINT", PARQUET_TEXT},
        {"UHUGEINT", PARQUET_TEXT},
        {"VARCHAR", PARQUET_TEXT},
        {"BLOB", PARQUET_TEXT},
        {"ENUM", PARQUET_TEXT},
    };
    /* Lists are called "INTEGER[]". */
    for (size_t i = 0; !tlc_str_ends(name, TLC_STR("]")) && i < TLC_COUNT(types); i++) {
        if (tlc_str_starts(name, tlc_str_from(types[i].prefix))) {
            return types[i].type;
        }
    }
    return PARQUET_OTHER; /* STRUCT, MAP, DATE, TIME, INTERVAL ... */
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
        (void)tlc_str_copy(r->type_names[r->names_n], sizeof r->type_names[0],
                           duck_text_str(&type[i]));
        r->names[r->names_n++].n = s.n;
    }
    return 0;
}

/* Gives the chunks of a query of the file to fn. */
typedef int take_fn(struct parquet_reader *r, duck_chunk chunk, struct tlc_err *err);
static int ask(struct parquet_reader *r, const char *sql, take_fn *take, struct tlc_err *err)
{
    struct duck_query query;
    duck_chunk chunk = NULL;
    int rc = duck_run(&r->duck, sql, r->path, &query, err);
    if (rc != 0) {
        return rc;
    }
    while ((rc = duck_next(&query, &chunk, err)) == 0 && chunk) {
        rc = take(r, chunk, err);
        duck_chunk_free(chunk);
        if (rc != 0) {
            break;
        }
    }
    duck_finish(&query);
    return rc;
}

/* One row; 1.5.5 cannot even say this of a file with encrypted columns. */
static int take_writer(struct parquet_reader *r, duck_chunk chunk, struct tlc_err *err)
{
    const uint64_t *valid;
    (void)err;
    if (duck_chunk_rows(chunk) > 0) {
        const struct duck_text *by = duck_chunk_column(chunk, 0, &valid);
        r->by_parquet_mr =
            duck_valid(valid, 0) && tlc_str_starts(duck_text_str(&by[0]), TLC_STR("parquet-mr"));
        (void)duck_chunk_column(chunk, 1, &valid);
        r->encrypted = duck_valid(valid, 0);
    }
    return 0;
}

/* What the library's own types do not say: columns of 96-bit times that are moments, and decimals
 * of more digits than it has, which it reads as something else (1.5.5: times a power of 256). Spark
 * and Hive write moments; pyarrow's and fastparquet's 96-bit times have no zone, like all their
 * others. */
static int take_oddities(struct parquet_reader *r, duck_chunk chunk, struct tlc_err *err)
{
    const uint64_t *valid;
    const struct duck_text *name = duck_chunk_column(chunk, 0, &valid);
    const struct duck_text *type = duck_chunk_column(chunk, 1, &valid);
    const size_t n = duck_chunk_rows(chunk);
    (void)err;
    for (size_t i = 0; i < n; i++) {
        for (int f = 0; f < r->names_n; f++) {
            if (!tlc_str_eq(r->names[f], duck_text_str(&name[i]))) {
                continue;
            }
            if (!tlc_str_eq(duck_text_str(&type[i]), TLC_STR("INT96"))) {
                r->types[f] = PARQUET_OTHER;
                (void)tlc_str_copy(r->type_names[f], sizeof r->type_names[0],
                                   duck_text_str(&type[i]));
            } else if (r->by_parquet_mr) {
                r->types[f] = PARQUET_ZONED_TIME;
            }
        }
    }
    return 0;
}

static int read_names(struct parquet_reader *r, struct tlc_err *err)
{
    int rc = ask(r, "DESCRIBE SELECT * FROM read_parquet(?)", take_names, err);
    const char *at = r->text.p; /* it has stopped growing: names can point into it */
    for (int i = 0; i < r->names_n; i++) {
        r->names[i].p = at;
        at += r->names[i].n;
    }
    if (rc == 0 && ask(r, "SELECT created_by, encryption_algorithm FROM parquet_file_metadata(?)",
                       take_writer, err) != 0) {
        r->encrypted = true;
    }
    return rc != 0 ? rc
                   : ask(r,
                         "SELECT name, CASE WHEN type = 'INT96' THEN 'INT96' "
                         "ELSE concat('DECIMAL(', precision, ',', scale, ')') END "
                         "FROM parquet_schema(?) WHERE precision > 38 OR type = 'INT96'",
                         take_oddities, err);
}

/* Messages name the file as its user does, not by the handle that the library was given. */
static int note_name(const struct parquet_reader *r, struct tlc_err *err)
{
    char text[sizeof err->text];
    const char *at = strstr(err->text, r->path);
    if (at) {
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - err->text), err->text, input_name(r->in),
                 at + strlen(r->path));
        memcpy(err->text, text, sizeof text);
    }
    return tlc_err_note(err, "%s", input_name(r->in));
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
        return note_name(r, err);
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

/* How a column is asked for: times, zone names and licences only by their own types, else as text,
 * which the cell parsers judge. */
static enum parquet_type asked_type(enum cell_kind kind, enum parquet_type type)
{
    const bool time = type == PARQUET_TIME || type == PARQUET_ZONED_TIME;
    if (type == PARQUET_OTHER) {
        return type;
    }
    if (kind == CELL_TIME) {
        return time ? type : PARQUET_TEXT;
    }
    return kind == CELL_LICENCE || kind == CELL_ZONE_NAME || time ? PARQUET_TEXT : type;
}

static void add_cast(const struct parquet_reader *r, int field, enum parquet_type type,
                     struct tlc_buf *sql)
{
    static const char *const casts[][2] = {
        [PARQUET_INTEGER] = {"CAST(", " AS BIGINT)"},
        [PARQUET_FLOAT] = {"CAST(", " AS FLOAT)"},
        [PARQUET_REAL] = {"CAST(", " AS DOUBLE)"},
        [PARQUET_TIME] = {"epoch_us(CAST(", " AS TIMESTAMP))"},
        [PARQUET_ZONED_TIME] = {"epoch_us(", ")"}, /* of no session's zone */
        [PARQUET_TEXT] = {"CAST(", " AS VARCHAR)"},
    };
    tlc_buf_printf(sql, "%s", casts[type][0]);
    add_identifier(sql, r->names[field]);
    tlc_buf_printf(sql, "%s", casts[type][1]);
}

void parquet_why(const struct parquet_reader *r, int field, char dst[PARQUET_WHY_N])
{
    const char *type = r->type_names[field];
    snprintf(dst, PARQUET_WHY_N,
             strcmp(type, "encrypted") == 0 ? "is %s"
                                            : "is of type %s, which cannot be read exactly",
             type);
}

static int take_nothing(struct parquet_reader *r, duck_chunk chunk, struct tlc_err *err)
{
    (void)r;
    (void)chunk;
    (void)err;
    return 0;
}

/* By trying: the library does not say which columns are. */
static void find_encrypted(struct parquet_reader *r, const struct columns *columns)
{
    for (int c = 0; c < COL_N; c++) {
        const int f = columns->field[c];
        struct tlc_buf sql;
        struct tlc_err err;
        if (f < 0 || r->types[f] == PARQUET_OTHER) {
            continue;
        }
        tlc_buf_init(&sql, NAMES_BYTES_MAX);
        tlc_buf_add(&sql, TLC_STR("SELECT "));
        add_cast(r, f, PARQUET_TEXT, &sql);
        tlc_buf_add(&sql, TLC_STR(" FROM read_parquet(?) LIMIT 1"));
        if (ask(r, tlc_buf_cstr(&sql), take_nothing, &err) != 0) {
            r->types[f] = PARQUET_OTHER;
            (void)tlc_str_copy(r->type_names[f], sizeof r->type_names[0], TLC_STR("encrypted"));
        }
        tlc_buf_release(&sql);
    }
}

int parquet_check(struct parquet_reader *r, const struct columns *columns, enum tlc_dataset dataset,
                  struct tlc_err *err)
{
    if (r->encrypted) {
        find_encrypted(r, columns);
    }
    for (int c = 0; c < COL_N; c++) {
        const int f = columns->field[c];
        const bool needed = c == COL_PICKUP || (c == COL_DROPOFF && dataset != TLC_FHV) ||
                            ((c == COL_PU_ZONE || c == COL_DO_ZONE) && dataset != TLC_FHV);
        char why[PARQUET_WHY_N];
        if (f < 0 || !needed || r->types[f] != PARQUET_OTHER) {
            continue;
        }
        parquet_why(r, f, why);
        return tlc_err_fatal(err, TLC_EXIT_DATA, "%s: its %s, column \"%.*s\", %s: write it as %s",
                             input_name(r->in), columns_text((enum column)c),
                             TLC_STR_ARG(r->names[f]), why,
                             columns_kind((enum column)c) == CELL_TIME ? "a plain timestamp"
                                                                       : "a plain number or text");
    }
    return 0;
}

/* *ret_bad: columns that are there and not read. */
static int add_columns(const struct parquet_reader *r, const struct columns *columns,
                       struct tlc_buf *sql, struct parquet_cell cell[COL_N], uint32_t *ret_bad)
{
    int n = 0;
    *ret_bad = 0;
    for (int c = 0; c < COL_N; c++) {
        const int f = columns->field[c];
        if (f < 0) {
            continue;
        }
        const enum cell_kind kind = columns_kind((enum column)c);
        const enum parquet_type type = asked_type(kind, r->types[f]);
        if (type == PARQUET_OTHER) {
            *ret_bad |= 1U << c;
            continue;
        }
        tlc_buf_printf(sql, "%s", n > 0 ? ", " : "");
        add_cast(r, f, type, sql);
        cell[n++] = (struct parquet_cell){(enum column)c, kind, type};
    }
    return n;
}

/* ---- rows ---- */

struct parquet_job {
    struct parquet_reader *r;
    const struct reading *how;
    int64_t rows_all, rows_read;
    pthread_mutex_t lock; /* of query, next and rows_read */
    struct duck_query query;
    uint64_t next;
    struct parquet_cell cell[COL_N];
    int cells_n;
    uint32_t bad; /* columns that cannot be read */
};

struct vector {
    const void *values;
    const uint64_t *valid;
};

struct parquet_worker {
    struct parquet_job *job;
    struct batch batch;
    struct cell_times times;
    struct vector vector[COL_N];
};

static int64_t floor_seconds(int64_t us)
{
    return us / 1000000 - (us % 1000000 < 0);
}

/* A cell of the row to raw.v, and a moment to raw.at_s. */
static enum cell_state read_value(struct parquet_worker *w, int i, size_t row, struct raw_trip *raw)
{
    const struct parquet_cell *cell = &w->job->cell[i];
    const void *values = w->vector[i].values;
    int64_t *ret = &raw->v[cell->column];
    enum cell_state state = CELL_BAD;
    if (!duck_valid(w->vector[i].valid, row)) {
        return CELL_EMPTY;
    }
    switch (cell->type) {
    case PARQUET_INTEGER: return cell_from_integer(cell->kind, ((const int64_t *)values)[row], ret);
    case PARQUET_FLOAT: return cell_from_float(cell->kind, ((const float *)values)[row], ret);
    case PARQUET_REAL: return cell_from_real(cell->kind, ((const double *)values)[row], ret);
    case PARQUET_TIME: *ret = floor_seconds(((const int64_t *)values)[row]); return CELL_OK;
    case PARQUET_ZONED_TIME: /* its clock is UTC's */
        *ret = w->times.at_s = floor_seconds(((const int64_t *)values)[row]);
        state = CELL_ZONED;
        break;
    case PARQUET_TEXT:
        state = cell_read(cell->kind, &w->times,
                          duck_text_str(&((const struct duck_text *)values)[row]), ret);
        break;
    case PARQUET_OTHER: break;
    }
    if (state == CELL_ZONED) {
        raw->at_s[cell->column] = w->times.at_s;
        raw->zoned |= 1U << cell->column;
        return CELL_OK;
    }
    return state;
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
    } else if (cell->type == PARQUET_FLOAT) {
        tlc_buf_printf(out, "%.7g", (double)((const float *)values)[row]);
    } else if (cell->type == PARQUET_INTEGER) {
        tlc_buf_printf(out, "%" PRId64, ((const int64_t *)values)[row]);
    } else {
        struct tlc_civil t;
        tlc_civil_from_wall_s(floor_seconds(((const int64_t *)values)[row]), &t);
        tlc_buf_printf(out, "%04d-%02d-%02d %02d:%02d:%02d%s", t.year, t.month, t.day, t.hour,
                       t.minute, t.second, cell->type == PARQUET_ZONED_TIME ? "Z" : "");
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
    intake_reject(w->job->how->intake, &w->batch, row, rule, tlc_buf_str(&text));
    tlc_buf_release(&text);
}

static void read_row(struct parquet_worker *w, size_t row)
{
    struct raw_trip raw;
    raw.ok = raw.zoned = 0;
    raw.bad = w->job->bad;
    for (int i = 0; i < w->job->cells_n; i++) {
        const enum column c = w->job->cell[i].column;
        const enum cell_state state = read_value(w, i, row, &raw);
        raw.ok |= state == CELL_OK ? 1U << c : 0;
        raw.bad |= state == CELL_BAD ? 1U << c : 0;
    }
    const enum tlc_rule rule =
        intake_row(w->job->how->intake, &w->batch, row, w->job->how->clean, &raw);
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
    w->batch.read_bytes =
        job->how->bytes_before + (int64_t)(share * (double)job->r->in->size_bytes);
    pthread_mutex_unlock(&job->lock);
    if (rc != 0) {
        note_name(job->r, &err);
        intake_fail(job->how->intake, &err);
    }
    return rc == 0 && *ret;
}

static bool read_chunk(struct parquet_worker *w, uint64_t number, duck_chunk chunk)
{
    const size_t rows_n = duck_chunk_rows(chunk);
    batch_reset(&w->batch, number, rows_n);
    if (!intake_reserve(w->job->how->intake, &w->batch)) {
        return false;
    }
    for (int i = 0; i < w->job->cells_n; i++) {
        w->vector[i].values = duck_chunk_column(chunk, (size_t)i, &w->vector[i].valid);
    }
    for (size_t row = 0; row < rows_n; row++) {
        read_row(w, row);
    }
    return intake_retire(w->job->how->intake, &w->batch);
}

static void parquet_work(void *ctx, int thread)
{
    struct parquet_worker *w = calloc(1, sizeof *w);
    (void)thread;
    if (!w) {
        struct tlc_err err;
        tlc_err_fatal(&err, TLC_EXIT_SOFTWARE, "no memory to read with");
        intake_fail(((struct parquet_job *)ctx)->how->intake, &err);
        return;
    }
    w->job = ctx;
    w->times.order = w->job->how->order;
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

static int start_query(struct parquet_job *job, const struct columns *columns, struct tlc_err *err)
{
    struct tlc_buf sql;
    tlc_buf_init(&sql, 2 * NAMES_BYTES_MAX);
    tlc_buf_add(&sql, TLC_STR("SELECT "));
    job->cells_n = add_columns(job->r, columns, &sql, job->cell, &job->bad);
    tlc_buf_add(&sql, TLC_STR(" FROM read_parquet(?)"));
    int rc = count_rows(job->r, &job->rows_all, err);
    rc = rc == 0 ? duck_run(&job->r->duck, tlc_buf_cstr(&sql), job->r->path, &job->query, err) : rc;
    tlc_buf_release(&sql);
    return rc == 0 ? 0 : note_name(job->r, err);
}

int parquet_read(struct parquet_reader *r, const struct reading *how, struct tlc_err *err)
{
    struct parquet_job job = {.r = r, .how = how};
    int rc = start_query(&job, how->columns, err);
    if (rc != 0) {
        return rc;
    }
    pthread_mutex_init(&job.lock, NULL);
    parallel_run(how->threads, parquet_work, &job);
    pthread_mutex_destroy(&job.lock);
    duck_finish(&job.query);
    if (atomic_load(&how->intake->failed)) {
        *err = how->intake->err;
        return err->cls;
    }
    return 0;
}

/* ---- rows, one after the other ---- */

static bool give_rows(duck_chunk chunk, int fields_n, csv_row_fn *fn, void *ctx)
{
    struct vector vector[COLUMNS_FIELDS_MAX];
    struct tlc_str text[COLUMNS_FIELDS_MAX];
    const size_t rows_n = duck_chunk_rows(chunk);
    for (int i = 0; i < fields_n; i++) {
        vector[i].values = duck_chunk_column(chunk, (size_t)i, &vector[i].valid);
    }
    bool more = true;
    for (size_t row = 0; more && row < rows_n; row++) {
        for (int i = 0; i < fields_n; i++) {
            text[i] = duck_valid(vector[i].valid, row)
                          ? duck_text_str(&((const struct duck_text *)vector[i].values)[row])
                          : TLC_STR("");
        }
        more = fn(ctx, text, fields_n);
    }
    return more;
}

int parquet_scan(struct parquet_reader *r, const int16_t *fields, int fields_n, csv_row_fn *fn,
                 void *ctx, struct tlc_err *err)
{
    struct duck_query query;
    struct tlc_buf sql;
    tlc_buf_init(&sql, 2 * NAMES_BYTES_MAX);
    for (int i = 0; i < fields_n; i++) {
        tlc_buf_printf(&sql, "%s", i > 0 ? ", " : "SELECT ");
        add_cast(r, fields[i], PARQUET_TEXT, &sql);
    }
    tlc_buf_add(&sql, TLC_STR(" FROM read_parquet(?)"));
    int rc = duck_run(&r->duck, tlc_buf_cstr(&sql), r->path, &query, err);
    tlc_buf_release(&sql);
    if (rc != 0) {
        return note_name(r, err);
    }
    duck_chunk chunk = NULL;
    bool more = true;
    while (more && (rc = duck_next(&query, &chunk, err)) == 0 && chunk) {
        more = give_rows(chunk, fields_n, fn, ctx);
        duck_chunk_free(chunk);
    }
    duck_finish(&query);
    return rc == 0 ? 0 : note_name(r, err);
}
