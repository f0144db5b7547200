#include "preprocess/reader_csv.h"

#include <stdlib.h>

#include "common/base/stop.h"
#include "common/event/csv.h"
#include "preprocess/cell.h"
#include "preprocess/parallel.h"

#define PADDING 64                   /* csv_index reads whole steps */
#define ROWS_MAX (CSV_BLOCK / 2 + 1) /* the shortest row is a byte and its line end */

_Static_assert(ROWS_MAX <= ORDER_RESERVE_MAX, "a block's rows are reserved at once");
_Static_assert(COLUMNS_FIELDS_MAX == TLC_CSV_FIELDS_MAX, "one limit of fields");

/* ---- the header ---- */

static bool only_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r')) {
        p++;
    }
    return p == end;
}

/* Semicolon or TAB where the header has several fields by it and but one by the others. */
static char find_separator(struct tlc_str header)
{
    static const char separators[] = {',', ';', '\t'};
    struct tlc_str field[COLUMNS_FIELDS_MAX];
    char found = ',';
    int several = 0;
    for (size_t i = 0; i < sizeof separators; i++) {
        if (tlc_csv_split(header, separators[i], field, COLUMNS_FIELDS_MAX) > 1) {
            found = several == 0 ? separators[i] : ',';
            several++;
        }
    }
    return found;
}

static int split_header(struct csv_reader *r, struct tlc_str line, int line_number,
                        struct tlc_err *err)
{
    const char *name = input_name(r->in);
    if (memchr(line.p, '\0', line.n) != NULL || line.n > CSV_LINE_MAX) {
        return tlc_err_fatal(err, TLC_EXIT_DATA,
                             "%s: line %d: binary data, not the header of a CSV file", name,
                             line_number);
    }
    r->header = malloc(line.n + 1);
    if (!r->header) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "%s: no memory to read", name);
    }
    memcpy(r->header, line.p, line.n);
    const struct tlc_str copy = {r->header, line.n};
    r->marks.separator = find_separator(copy);
    const int n = tlc_csv_split(copy, r->marks.separator, r->names, COLUMNS_FIELDS_MAX);
    if (n < 0) {
        return tlc_err_fatal(err, TLC_EXIT_DATA, "%s: line %d: a quote of the header is not closed",
                             name, line_number);
    }
    if (n > COLUMNS_FIELDS_MAX) {
        return tlc_err_fatal(err, TLC_EXIT_DATA, "%s: line %d: %d columns, at most %d", name,
                             line_number, n, COLUMNS_FIELDS_MAX);
    }
    r->names_n = n;
    return 0;
}

static int read_header(struct csv_reader *r, struct tlc_err *err)
{
    int rc = input_read(r->in, r->carry, CSV_BLOCK, &r->carry_n, err);
    if (rc != 0) {
        return rc;
    }
    r->ended = r->carry_n < CSV_BLOCK;
    const char *p = r->carry, *const end = r->carry + r->carry_n;
    if (r->carry_n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        p += 3;
    }
    const bool cr_only = !memchr(p, '\n', (size_t)(end - p)) && memchr(p, '\r', (size_t)(end - p));
    r->marks.line_end = cr_only ? '\r' : '\n';
    for (int line_number = 1; p < end; line_number++) {
        const char *lf = memchr(p, r->marks.line_end, (size_t)(end - p));
        const char *line_end = lf ? lf : end;
        if (!only_blanks(p, line_end)) {
            const struct tlc_str line = {p, (size_t)(line_end - p)};
            const char *next = lf ? lf + 1 : end;
            rc = split_header(r, line, line_number, err);
            r->carry_n = (size_t)(end - next);
            memmove(r->carry, next, r->carry_n);
            return rc;
        }
        p = line_end + 1;
    }
    return tlc_err_fatal(err, TLC_EXIT_DATA, "%s: holds nothing but blank lines",
                         input_name(r->in));
}

int csv_open(struct csv_reader *r, struct input *in, struct tlc_err *err)
{
    memset(r, 0, sizeof *r);
    r->in = in;
    r->carry = malloc(CSV_BLOCK);
    int rc = r->carry
                 ? read_header(r, err)
                 : tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "%s: no memory to read", input_name(in));
    if (rc != 0) {
        csv_close(r);
    }
    return rc;
}

void csv_close(struct csv_reader *r)
{
    free(r->header);
    free(r->carry);
    r->header = r->carry = NULL;
}

/* ---- blocks of whole lines ---- */

/* A line that is longer than a block: its first CSV_LINE_MAX + 1 bytes stay, the rest is read over.
 */
static int cut_long_line(struct csv_reader *r, char *block, size_t *ret_n, struct tlc_err *err)
{
    const char *lf = NULL;
    while (!lf && !r->ended) {
        size_t n;
        int rc = input_read(r->in, r->carry, CSV_BLOCK, &n, err);
        if (rc != 0) {
            return rc;
        }
        r->ended = n < CSV_BLOCK;
        lf = memchr(r->carry, r->marks.line_end, n);
        r->carry_n = lf ? (size_t)(r->carry + n - (lf + 1)) : 0;
    }
    if (lf) {
        memmove(r->carry, lf + 1, r->carry_n);
    }
    block[CSV_LINE_MAX + 1] = r->marks.line_end;
    *ret_n = CSV_LINE_MAX + 2;
    return 0;
}

/* Whole lines, each with its line end (the last one gets it when it is missing). *ret_n 0: the end.
 */
static int cut_block(struct csv_reader *r, char *block, size_t *ret_n, struct tlc_err *err)
{
    size_t n = r->carry_n, more = 0;
    memcpy(block, r->carry, n);
    r->carry_n = 0;
    if (!r->ended) {
        int rc = input_read(r->in, block + n, CSV_BLOCK - n, &more, err);
        if (rc != 0) {
            return rc;
        }
        r->ended = more < CSV_BLOCK - n;
    }
    n += more;
    const char *lf = n > 0 ? memrchr(block, r->marks.line_end, n) : NULL;
    if (!r->ended && !lf) {
        return cut_long_line(r, block, ret_n, err);
    }
    if (r->ended) {
        if (n > 0 && block[n - 1] != r->marks.line_end) {
            block[n++] = r->marks.line_end;
        }
    } else {
        r->carry_n = (size_t)(block + n - (lf + 1));
        memcpy(r->carry, lf + 1, r->carry_n);
        n -= r->carry_n;
    }
    *ret_n = n;
    return 0;
}

/* ---- rows, one after the other ---- */

/* false: fn has had enough. */
static bool give_rows(const struct csv_reader *r, const char *p, const char *end, csv_row_fn *fn,
                      void *ctx)
{
    struct tlc_str field[COLUMNS_FIELDS_MAX];
    bool more = true;
    for (const char *line_end;
         more && (line_end = memchr(p, r->marks.line_end, (size_t)(end - p))) != NULL;
         p = line_end + 1) {
        const struct tlc_str line = {p, (size_t)(line_end - p)};
        const int n = line.n > CSV_LINE_MAX
                          ? 0
                          : tlc_csv_split(line, r->marks.separator, field, COLUMNS_FIELDS_MAX);
        more = n <= 0 || fn(ctx, field, n < COLUMNS_FIELDS_MAX ? n : COLUMNS_FIELDS_MAX);
    }
    return more;
}

void csv_peek(const struct csv_reader *r, csv_row_fn *fn, void *ctx)
{
    (void)give_rows(r, r->carry, r->carry + r->carry_n, fn, ctx);
}

int csv_scan(struct csv_reader *r, csv_row_fn *fn, void *ctx, struct tlc_err *err)
{
    char *block = malloc(CSV_BLOCK + 1);
    if (!block) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "%s: no memory to read", input_name(r->in));
    }
    size_t n = 0;
    int rc;
    do {
        rc =
            tlc_stop_asked() ? tlc_err_set(err, TLC_STOP, "stopped") : cut_block(r, block, &n, err);
    } while (rc == 0 && n > 0 && give_rows(r, block, block + n, fn, ctx));
    free(block);
    return rc;
}

/* ---- rows, a block a thread ---- */

struct csv_job {
    struct csv_reader *r;
    const struct reading *how;
    pthread_mutex_t lock; /* of r and next */
    uint64_t next;        /* number of the block that is cut next */
    int cells_n;          /* columns the file has */
    struct {
        uint8_t column, kind, field;
    } cell[COL_N];
};

struct row {
    uint32_t first, last; /* separators: its first one, and its LF */
};

struct csv_worker {
    struct csv_job *job;
    char *block;  /* CSV_BLOCK bytes, an LF, and the padding */
    uint32_t *at; /* offsets of its separators */
    struct row *row;
    struct batch batch;
    struct cell_times times;
};

static size_t row_from(const struct csv_worker *w, const struct row *row)
{
    return row->first == 0 ? 0 : (size_t)w->at[row->first - 1] + 1;
}

/* Finds the rows among the separators; blank lines are no rows. */
static size_t find_rows(struct csv_worker *w, size_t separators_n)
{
    size_t rows_n = 0, from = 0;
    uint32_t first = 0;
    for (uint32_t i = 0; i < separators_n; i++) {
        const size_t to = w->at[i];
        if (w->block[to] != w->job->r->marks.line_end) {
            continue;
        }
        if (w->block[from] > ' ' || !only_blanks(w->block + from, w->block + to)) {
            w->row[rows_n++] = (struct row){first, i};
        }
        from = to + 1;
        first = i + 1;
    }
    return rows_n;
}

static inline void read_cell(struct csv_worker *w, int i, struct tlc_str text, struct raw_trip *raw)
{
    const enum column c = (enum column)w->job->cell[i].column;
    switch (cell_read((enum cell_kind)w->job->cell[i].kind, &w->times, text, &raw->v[c])) {
    case CELL_ZONED:
        raw->at_s[c] = w->times.at_s;
        raw->zoned |= 1U << c;
        raw->ok |= 1U << c;
        break;
    case CELL_OK: raw->ok |= 1U << c; break;
    case CELL_BAD: raw->bad |= 1U << c; break;
    case CELL_EMPTY: break;
    }
}

/* The header's fields must be there; what is behind them must be empty, or the row is shifted. */
static bool fields_fit(const struct tlc_str *field, int n, int named)
{
    bool fit = n >= named;
    for (int f = named; fit && f < n && f < COLUMNS_FIELDS_MAX; f++) {
        fit = field[f].n == 0;
    }
    return fit;
}

static bool split_quoted(struct csv_worker *w, struct tlc_str line, struct raw_trip *raw)
{
    struct tlc_str field[COLUMNS_FIELDS_MAX];
    const int n = tlc_csv_split(line, w->job->r->marks.separator, field, COLUMNS_FIELDS_MAX);
    if (!fields_fit(field, n, w->job->how->columns->fields_n)) {
        return false;
    }
    for (int i = 0; i < w->job->cells_n; i++) {
        read_cell(w, i, field[w->job->cell[i].field], raw);
    }
    return true;
}

static bool only_separators(const char *p, const char *end, char separator)
{
    while (p < end && (*p == separator || *p == ' ' || *p == '\r')) {
        p++;
    }
    return p == end;
}

static bool split_plain(struct csv_worker *w, const struct row *row, struct raw_trip *raw)
{
    const uint32_t *at = w->at + row->first;
    const int n = (int)(row->last - row->first) + 1, named = w->job->how->columns->fields_n;
    const size_t from = row_from(w, row);
    if (n < named ||
        (n > named && !only_separators(w->block + at[named - 1], w->block + w->at[row->last],
                                       w->job->r->marks.separator))) {
        return false;
    }
    for (int i = 0; i < w->job->cells_n; i++) {
        const int f = w->job->cell[i].field;
        const size_t cell_from = f == 0 ? from : (size_t)at[f - 1] + 1;
        struct tlc_str text = {w->block + cell_from, at[f] - cell_from};
        if (f + 1 == n && text.n > 0 && text.p[text.n - 1] == '\r') {
            text.n--;
        }
        read_cell(w, i, text, raw);
    }
    return true;
}

static void read_row(struct csv_worker *w, size_t i, bool quotes)
{
    const struct row *row = &w->row[i];
    const size_t from = row_from(w, row);
    const struct tlc_str line = {w->block + from, w->at[row->last] - from};
    struct intake *intake = w->job->how->intake;
    struct raw_trip raw;
    raw.ok = raw.bad = raw.zoned = 0;
    if (line.n > CSV_LINE_MAX) {
        intake_reject(intake, &w->batch, i, TLC_RULE_ROW_TOO_LONG, line);
        return;
    }
    const bool quoted = quotes && memchr(line.p, '"', line.n) != NULL;
    const bool whole = quoted ? split_quoted(w, line, &raw) : split_plain(w, row, &raw);
    const enum tlc_rule rule = whole ? intake_row(intake, &w->batch, i, w->job->how->clean, &raw)
                                     : TLC_RULE_BAD_FIELD_COUNT;
    if (rule != TLC_RULE_NONE) {
        intake_reject(intake, &w->batch, i, rule, line);
    }
}

static bool read_block(struct csv_worker *w, uint64_t number, size_t n)
{
    bool quotes;
    const size_t separators_n = csv_index(w->block, n, w->job->r->marks, w->at, &quotes);
    const size_t rows_n = find_rows(w, separators_n);
    batch_reset(&w->batch, number, rows_n);
    if (!intake_reserve(w->job->how->intake, &w->batch)) {
        return false;
    }
    for (size_t i = 0; i < rows_n; i++) {
        read_row(w, i, quotes);
    }
    return intake_retire(w->job->how->intake, &w->batch);
}

static bool next_block(struct csv_worker *w, uint64_t *ret_number, size_t *ret_n)
{
    struct csv_job *job = w->job;
    struct tlc_err err;
    pthread_mutex_lock(&job->lock);
    int rc = cut_block(job->r, w->block, ret_n, &err);
    *ret_number = job->next++;
    w->batch.read_bytes = job->how->bytes_before + job->r->in->read_bytes;
    pthread_mutex_unlock(&job->lock);
    if (rc != 0) {
        intake_fail(job->how->intake, &err);
    }
    return rc == 0 && *ret_n > 0;
}

static void csv_work(void *ctx, int thread)
{
    struct csv_job *job = ctx;
    struct csv_worker *w = calloc(1, sizeof *w);
    (void)thread;
    char *block = malloc(CSV_BLOCK + 1 + PADDING);
    uint32_t *at = malloc((CSV_BLOCK + 1 + PADDING) * sizeof *at);
    struct row *row = malloc(ROWS_MAX * sizeof *row);
    if (w && block && at && row) {
        uint64_t number;
        size_t n;
        *w = (struct csv_worker){.job = job, .block = block, .at = at, .row = row};
        w->times.order = job->how->order;
        batch_init(&w->batch);
        memset(block, 0, CSV_BLOCK + 1 + PADDING);
        while (next_block(w, &number, &n) && read_block(w, number, n)) {
        }
        batch_release(&w->batch);
    } else {
        struct tlc_err err;
        tlc_err_fatal(&err, TLC_EXIT_SOFTWARE, "no memory to read with");
        intake_fail(job->how->intake, &err);
    }
    free(row);
    free(at);
    free(block);
    free(w);
}

int csv_read(struct csv_reader *r, const struct reading *how, struct tlc_err *err)
{
    struct csv_job job = {.r = r, .how = how};
    for (int c = 0; c < COL_N; c++) {
        if (how->columns->field[c] >= 0) {
            job.cell[job.cells_n].column = (uint8_t)c;
            job.cell[job.cells_n].kind = (uint8_t)columns_kind((enum column)c);
            job.cell[job.cells_n++].field = (uint8_t)how->columns->field[c];
        }
    }
    pthread_mutex_init(&job.lock, NULL);
    parallel_run(how->threads, csv_work, &job);
    pthread_mutex_destroy(&job.lock);
    if (atomic_load(&how->intake->failed)) {
        *err = how->intake->err;
        return err->cls;
    }
    return 0;
}
