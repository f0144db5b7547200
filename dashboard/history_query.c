#include "dashboard/history_query.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/event/ny_time.h"
#include "common/event/tripid.h"
#include "common/io/json.h"
#include "common/io/pg.h"
#include "dashboard/series.h"

extern const char sql_session[], sql_tables[], sql_datasets[], sql_last_run[], sql_hours[],
    sql_routes[], sql_series_day[], sql_series_week[], sql_series_month[];
#include "dashboard_sql.inc"

#define ALL_DATASETS "{1,2,3,4,5,9}"

/* --- the question --- */

static struct tlc_str parameter(const struct tlc_http_request *request, const char *name)
{
    return request->lookup(request->connection, 'q', name);
}

static bool date_valid(struct tlc_str text)
{
    int64_t year, month, day;
    struct tlc_str rest = text, y, m, d;
    if (text.n != HISTORY_DATE_N - 1 || !tlc_str_split(&rest, '-', &y) ||
        !tlc_str_split(&rest, '-', &m) || !tlc_str_split(&rest, '-', &d) || y.n != 4 || m.n != 2) {
        return false;
    }
    if (!tlc_str_to_i64(y, 1, 9999, &year) || !tlc_str_to_i64(m, 1, 12, &month) ||
        !tlc_str_to_i64(d, 1, 31, &day)) {
        return false;
    }
    const struct tlc_civil civil = {
        .year = (int32_t)year, .month = (int32_t)month, .day = (int32_t)day};
    return tlc_civil_valid(&civil);
}

static int parse_date(const struct tlc_http_request *request, const char *name, bool needed,
                      char dst[HISTORY_DATE_N], struct tlc_err *err)
{
    struct tlc_str text = parameter(request, name);
    dst[0] = '\0';
    if (text.n == 0 && !needed) {
        return TLC_OK;
    }
    if (!date_valid(text) || !tlc_str_copy(dst, HISTORY_DATE_N, text)) {
        return tlc_err_set(err, TLC_REFUSE, "%s is no date; %s=2024-01-15, a day in New York", name,
                           name);
    }
    return TLC_OK;
}

static int parse_by(struct tlc_str text, enum history_by *ret, struct tlc_err *err)
{
    static const char *const words[] = {"day", "week", "month"};
    for (size_t i = 0; i < TLC_COUNT(words); i++) {
        if (tlc_str_eq(text, tlc_str_from(words[i]))) {
            *ret = (enum history_by)i;
            return TLC_OK;
        }
    }
    return tlc_err_set(err, TLC_REFUSE, "by is unknown; one of day week month");
}

static int parse_filter(const struct tlc_http_request *request, struct history_query *q,
                        struct tlc_err *err)
{
    enum tlc_dataset dataset;
    int64_t zone;
    struct tlc_str text = parameter(request, "dataset");
    if (text.n > 0) {
        if (!tlc_dataset_parse(text, &dataset)) {
            return tlc_err_set(err, TLC_REFUSE,
                               "dataset is unknown; one of yellow green fhv fhvhv other live");
        }
        q->dataset = (int32_t)dataset;
    }
    text = parameter(request, "zone");
    if (text.n > 0) {
        if (!tlc_str_to_i64(text, 1, WINDOW_ZONES - 1, &zone)) {
            return tlc_err_set(err, TLC_REFUSE, "zone is none; 1 to %d", WINDOW_ZONES - 1);
        }
        q->zone = (int32_t)zone;
    }
    return TLC_OK;
}

int history_query_parse(const struct tlc_http_request *request, enum history_kind kind,
                        struct history_query *ret, struct tlc_err *err)
{
    struct history_query q = {.kind = kind};
    int rc = TLC_OK;
    if (kind == HISTORY_SERIES) {
        struct tlc_str by = parameter(request, "by");
        rc = by.n > 0 ? parse_by(by, &q.by, err) : TLC_OK;
        rc = rc == TLC_OK ? parse_date(request, "from", false, q.from, err) : rc;
        rc = rc == TLC_OK ? parse_date(request, "to", false, q.to, err) : rc;
        if (rc == TLC_OK && q.from[0] != '\0' && q.to[0] != '\0' && strcmp(q.from, q.to) >= 0) {
            rc = tlc_err_set(err, TLC_REFUSE,
                             "to must lie after from: it is the day after the last");
        }
    } else if (kind == HISTORY_DAY) {
        rc = parse_date(request, "day", true, q.from, err);
    }
    rc = rc == TLC_OK && kind != HISTORY_OVERVIEW ? parse_filter(request, &q, err) : rc;
    if (rc == TLC_OK) {
        *ret = q;
    }
    return rc;
}

/* --- pieces of an answer --- */

void history_session(struct tlc_pg *pg)
{
    tlc_pg_asks(pg, sql_session);
}

static void add_field(const struct pg_result *r, int row, int column, bool quoted,
                      struct tlc_buf *out)
{
    struct tlc_str text = tlc_pg_text(r, row, column);
    const char *quote = quoted && text.p != NULL ? "\"" : "";
    tlc_buf_printf(out, "%s%s%.*s%s", column > 0 ? "," : "", quote,
                   text.p != NULL ? (int)text.n : 4, text.p != NULL ? text.p : "null", quote);
}

/* Rows of numbers, as they come. */
static void add_rows(const struct pg_result *r, int columns, struct tlc_buf *out)
{
    for (int row = 0; row < tlc_pg_rows(r); row++) {
        tlc_buf_printf(out, "%s[", row > 0 ? "," : "");
        for (int column = 0; column < columns; column++) {
            add_field(r, row, column, false, out);
        }
        tlc_buf_printf(out, "]");
    }
}

/* [[n, n, ...], ...], as PostgreSQL writes it, added up by place. */
static void bins_add(struct tlc_str text, int64_t bins[WINDOW_BINS])
{
    size_t place = 0;
    int64_t n = -1;
    for (size_t i = 0; i < text.n; i++) {
        char ch = text.p[i];
        if (ch >= '0' && ch <= '9') {
            n = (n < 0 ? 0 : n * 10) + (ch - '0');
            continue;
        }
        if (n >= 0 && place < WINDOW_BINS) {
            bins[place++] += n;
        }
        n = -1;
        place = ch == '[' ? 0 : place;
    }
}

/* --- overview --- */

int history_backlog_read(struct tlc_pg *pg, struct history_backlog *ret, struct tlc_err *err)
{
    struct pg_result *r = NULL;
    *ret = (struct history_backlog){.tables = false};
    int rc = tlc_pg_query(pg, sql_tables, NULL, 0, &r, err);
    if (rc != TLC_OK) {
        return rc;
    }
    ret->tables = tlc_str_eq(tlc_pg_text(r, 0, 0), TLC_STR("t"));
    tlc_pg_result_free(&r);
    if (!ret->tables) {
        return TLC_OK;
    }
    rc = tlc_pg_query(pg, sql_last_run, NULL, 0, &r, err);
    if (rc == TLC_OK) {
        ret->run_id = tlc_pg_i64(r, 0, 0);
        ret->ended_s = tlc_pg_i64(r, 0, 1);
        (void)tlc_str_copy(ret->error, sizeof ret->error, tlc_pg_text(r, 0, 2));
        ret->dirty = tlc_pg_i64(r, 0, 3);
        ret->todo = tlc_pg_i64(r, 0, 4);
        tlc_pg_result_free(&r);
    }
    return rc;
}

void history_overview_without(const char *state, const char *text, struct tlc_buf *out)
{
    tlc_buf_printf(out, "{\"state\":\"%s\",\"text\":", state);
    tlc_json_quote(out, tlc_str_from(text));
    tlc_buf_printf(out, ",\"datasets\":[],\"run\":null}\n");
}

static void add_datasets(const struct pg_result *r, struct tlc_buf *out)
{
    tlc_buf_printf(out, "{\"state\":\"%s\",\"text\":\"%s\",\"datasets\":[",
                   tlc_pg_rows(r) > 0 ? "ready" : "empty",
                   tlc_pg_rows(r) > 0 ? "" : "batch-process has made no day yet");
    for (int row = 0; row < tlc_pg_rows(r); row++) {
        struct tlc_str first = tlc_pg_text(r, row, 1), last = tlc_pg_text(r, row, 2);
        tlc_buf_printf(out, "%s{\"dataset\":\"%s\",\"first\":\"%.*s\",\"last\":\"%.*s\"}",
                       row > 0 ? "," : "", tlc_dataset_name((int32_t)tlc_pg_i64(r, row, 0)),
                       TLC_STR_ARG(first), TLC_STR_ARG(last));
    }
    tlc_buf_printf(out, "]");
}

static int overview(struct tlc_pg *pg, struct tlc_buf *out, struct tlc_err *err)
{
    struct history_backlog backlog;
    struct pg_result *r = NULL;
    const char *const params[] = {ALL_DATASETS};
    int rc = history_backlog_read(pg, &backlog, err);
    if (rc != TLC_OK) {
        return rc;
    }
    if (!backlog.tables) {
        history_overview_without("empty", "batch-process has never run here", out);
        return TLC_OK;
    }
    rc = tlc_pg_query(pg, sql_datasets, params, 1, &r, err);
    if (rc != TLC_OK) {
        return rc;
    }
    add_datasets(r, out);
    tlc_pg_result_free(&r);
    tlc_buf_printf(out,
                   ",\"run\":{\"run_id\":%" PRId64 ",\"ended_s\":%" PRId64 ",\"dirty\":%" PRId64
                   ",\"todo\":%" PRId64 ",\"error\":",
                   backlog.run_id, backlog.ended_s, backlog.dirty, backlog.todo);
    tlc_json_quote(out, tlc_str_from(backlog.error));
    tlc_buf_printf(out, "}}\n");
    return TLC_OK;
}

/* --- series and day --- */

/* dataset, zone, from, to as parameters of a statement. */
struct params {
    char dataset[16], zone[16];
    const char *v[4];
};

static void params_of(const struct history_query *q, struct params *p)
{
    (void)snprintf(p->dataset, sizeof p->dataset, "{%" PRId32 "}", q->dataset);
    (void)snprintf(p->zone, sizeof p->zone, "%" PRId32, q->zone);
    p->v[0] = q->dataset != 0 ? p->dataset : ALL_DATASETS;
    p->v[1] = p->zone;
    p->v[2] = q->from[0] != '\0' ? q->from : NULL;
    p->v[3] = q->to[0] != '\0' ? q->to : NULL;
}

#define SERIES_COLUMNS 13
#define SERIES_P50 13
#define SERIES_BINS 15

static void add_quantiles(const struct pg_result *r, int row, struct tlc_buf *out)
{
    struct tlc_str text = tlc_pg_text(r, row, SERIES_BINS);
    if (text.p == NULL) {
        add_field(r, row, SERIES_P50, false, out);
        add_field(r, row, SERIES_P50 + 1, false, out);
        return;
    }
    int64_t bins[WINDOW_BINS] = {0};
    bins_add(text, bins);
    tlc_buf_printf(out, ",%" PRId64 ",%" PRId64, series_quantile_s(bins, 0.5),
                   series_quantile_s(bins, 0.9));
}

static int series(struct tlc_pg *pg, const struct history_query *q, struct tlc_buf *out,
                  struct tlc_err *err)
{
    static const char *const statements[] = {[HISTORY_BY_DAY] = sql_series_day,
                                             [HISTORY_BY_WEEK] = sql_series_week,
                                             [HISTORY_BY_MONTH] = sql_series_month};
    struct params params;
    struct pg_result *r = NULL;
    params_of(q, &params);
    int rc = tlc_pg_query(pg, statements[q->by], params.v, 4, &r, err);
    if (rc != TLC_OK) {
        return rc;
    }
    tlc_buf_printf(out, "{\"columns\":[\"start\",\"days\",\"starts\",\"ends\",\"matched\","
                        "\"orphan_ends\",\"expired_starts\",\"passengers\",\"distance_cmi\","
                        "\"fare_cents\",\"tip_cents\",\"total_cents\",\"ride_s\",\"ride_p50_s\","
                        "\"ride_p90_s\"],\"rows\":[");
    for (int row = 0; row < tlc_pg_rows(r); row++) {
        tlc_buf_printf(out, "%s[", row > 0 ? "," : "");
        for (int column = 0; column < SERIES_COLUMNS; column++) {
            add_field(r, row, column, column == 0, out);
        }
        add_quantiles(r, row, out);
        tlc_buf_printf(out, "]");
    }
    tlc_buf_printf(out, "]}\n");
    tlc_pg_result_free(&r);
    return TLC_OK;
}

static int day(struct tlc_pg *pg, const struct history_query *q, struct tlc_buf *out,
               struct tlc_err *err)
{
    struct params params;
    struct pg_result *r = NULL;
    params_of(q, &params);
    int rc = tlc_pg_query(pg, sql_hours, params.v, 3, &r, err);
    if (rc != TLC_OK) {
        return rc;
    }
    tlc_buf_printf(out,
                   "{\"day\":\"%s\",\"columns\":[\"hour\",\"starts\",\"ends\",\"matched\","
                   "\"total_cents\",\"ride_s\"],\"rows\":[",
                   q->from);
    add_rows(r, 6, out);
    tlc_pg_result_free(&r);
    rc = tlc_pg_query(pg, sql_routes, params.v, 3, &r, err);
    if (rc == TLC_OK) {
        tlc_buf_printf(out, "],\"routes\":[");
        add_rows(r, 4, out);
        tlc_buf_printf(out, "]}\n");
        tlc_pg_result_free(&r);
    }
    return rc;
}

static int answer(struct tlc_pg *pg, const struct history_query *query, struct tlc_buf *out,
                  struct tlc_err *err)
{
    switch (query->kind) {
    case HISTORY_OVERVIEW: return overview(pg, out, err);
    case HISTORY_SERIES: return series(pg, query, out, err);
    case HISTORY_DAY: return day(pg, query, out, err);
    }
    return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no such question");
}

int history_answer(struct tlc_pg *pg, const struct history_query *query, struct tlc_buf *out,
                   struct tlc_err *err)
{
    int rc = tlc_pg_begin(pg, err);
    if (rc == TLC_OK) {
        rc = answer(pg, query, out, err);
        tlc_pg_rollback(pg);
    }
    return rc;
}
