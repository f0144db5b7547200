#include "preprocess/survey.h"

#include <stdlib.h>

#include "common/event/ny_time.h"
#include "preprocess/cell.h"

void survey_init(struct survey *s, int32_t month)
{
    *s = (struct survey){.time = {-1, -1}, .lpep = {-1, -1}, .tpep = {-1, -1}, .month = month};
}

static int add(struct survey *s, int field)
{
    if (field < 0 || s->fields_n == SURVEY_FIELDS_MAX) {
        return -1;
    }
    s->field[s->fields_n] = (int16_t)field;
    return s->fields_n++;
}

void survey_ask_times(struct survey *s, int pickup_field, int dropoff_field)
{
    s->time[0] = add(s, pickup_field);
    s->time[1] = add(s, dropoff_field);
}

void survey_ask_whole(struct survey *s, const struct column_traits *traits)
{
    for (int end = 0; end < 2; end++) {
        s->lpep[end] = add(s, traits->lpep[end]);
        s->tpep[end] = add(s, traits->tpep[end]);
    }
}

void survey_ask_twins(struct survey *s, const struct columns *columns)
{
    for (int i = 0; i < columns->twins_n; i++) {
        const struct column_twin *twin = &columns->twin[i];
        s->twin[s->twins_n].column = twin->column;
        s->twin[s->twins_n].a = add(s, twin->taken);
        s->twin[s->twins_n++].b = add(s, twin->other);
    }
}

struct row {
    const struct survey *s;
    const struct tlc_str *field;
    int n;
};

static struct tlc_str cell(const struct row *row, int place)
{
    const int at = place < 0 ? row->n : row->s->by_number ? row->s->field[place] : place;
    return at < row->n ? tlc_str_trim(row->field[at]) : TLC_STR("");
}

static bool fits(const struct survey *s, struct tlc_str text, enum date_order order)
{
    struct when when;
    struct tlc_civil civil;
    if (!when_parse(text, order, &when)) {
        return false;
    }
    tlc_civil_from_wall_s(when.face_s, &civil);
    return s->month == 0 || civil.year * 100 + civil.month == s->month;
}

static void look_at_times(struct survey *s, const struct row *row)
{
    for (int end = 0; end < 2; end++) {
        const struct tlc_str text = cell(row, s->time[end]);
        if (text.n > 0 && when_orders(text) != 0) {
            s->doubtful_n++;
            s->mdy_n += fits(s, text, DATE_ORDER_MDY);
            s->dmy_n += fits(s, text, DATE_ORDER_DMY);
        }
    }
}

static bool differ(enum cell_kind kind, struct tlc_str a, struct tlc_str b)
{
    struct cell_times times = {.order = DATE_ORDER_MDY};
    int64_t x = 0, y = 0;
    if (tlc_str_eq(a, b)) {
        return false;
    }
    const enum cell_state of_a = cell_read(kind, &times, a, &x);
    const enum cell_state of_b = cell_read(kind, &times, b, &y);
    return of_a != of_b || x != y || of_a == CELL_BAD;
}

static bool look(void *ctx, const struct tlc_str *field, int n)
{
    struct survey *s = ctx;
    const struct row row = {s, field, n};
    s->rows++;
    look_at_times(s, &row);
    s->lpep_n +=
        !cell_is_missing(cell(&row, s->lpep[0])) && !cell_is_missing(cell(&row, s->lpep[1]));
    s->tpep_n +=
        !cell_is_missing(cell(&row, s->tpep[0])) && !cell_is_missing(cell(&row, s->tpep[1]));
    for (int i = 0; i < s->twins_n; i++) {
        if (s->twin_row[i] == 0 && differ(columns_kind(s->twin[i].column), cell(&row, s->twin[i].a),
                                          cell(&row, s->twin[i].b))) {
            s->twin_row[i] = s->rows;
        }
    }
    return true;
}

void survey_peek(struct survey *s, const struct csv_reader *r)
{
    s->by_number = true;
    csv_peek(r, look, s);
}

int survey_csv(struct survey *s, const char *path, struct tlc_err *err)
{
    struct csv_reader r;
    struct input *in = malloc(sizeof *in);
    if (!in) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "%s: no memory to read", path);
    }
    s->by_number = true;
    int rc = input_open(in, path, err);
    if (rc == 0) {
        rc = csv_open(&r, in, err);
        if (rc == 0) {
            rc = csv_scan(&r, look, s, err);
            csv_close(&r);
        }
        input_close(in);
    }
    free(in);
    return rc;
}

int survey_parquet(struct survey *s, struct parquet_reader *r, struct tlc_err *err)
{
    return parquet_scan(r, s->field, s->fields_n, look, s, err);
}

enum date_order survey_order(const struct survey *s)
{
    return s->mdy_n > s->dmy_n   ? DATE_ORDER_MDY
           : s->dmy_n > s->mdy_n ? DATE_ORDER_DMY
                                 : DATE_ORDER_UNKNOWN;
}
