#include "dashboard/history_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/io/json.h"
#include "common/io/pg.h"

static struct check_day *day_add(struct history_check *c, int32_t source, int64_t date)
{
    if (c->days_n == c->days_cap) {
        size_t cap = c->days_cap > 0 ? c->days_cap * 2 : 64;
        struct check_day *days = realloc(c->days, cap * sizeof *days);
        if (days == NULL) {
            return NULL;
        }
        c->days = days;
        c->days_cap = cap;
    }
    c->days[c->days_n] = (struct check_day){.source = source, .date = date};
    return &c->days[c->days_n++];
}

static void place_add(struct check_day *day, int64_t stream, int64_t batch)
{
    day->stream += stream;
    day->batch += batch;
    day->places += batch > stream ? 1 : 0;
    day->wrong += stream > batch ? 1 : 0;
}

/* A day as the rows have it: counts by zone. */
struct batch_day {
    int64_t date;
    int64_t starts[WINDOW_ZONES], ends[WINDOW_ZONES];
};

/* The rows of one day, from *row on; moves *row behind them. false at the end. */
static bool batch_day_next(const struct pg_result *r, int *row, struct batch_day *ret)
{
    if (*row == tlc_pg_rows(r)) {
        return false;
    }
    *ret = (struct batch_day){.date = tlc_pg_i64(r, *row, 0)};
    for (; *row < tlc_pg_rows(r) && tlc_pg_i64(r, *row, 0) == ret->date; (*row)++) {
        int64_t zone = tlc_pg_i64(r, *row, 1);
        if (zone > 0 && zone < WINDOW_ZONES) {
            ret->starts[zone] = tlc_pg_i64(r, *row, 2);
            ret->ends[zone] = tlc_pg_i64(r, *row, 3);
        }
    }
    return true;
}

static bool day_compare(struct history_check *c, int32_t source, int64_t date,
                        const struct days_row *stream, const struct batch_day *batch)
{
    static const int64_t nothing[WINDOW_ZONES];
    struct check_day *day = day_add(c, source, date);
    if (day == NULL) {
        return false;
    }
    const int64_t *sides[2][2] = {
        {stream != NULL ? stream->starts : nothing, batch != NULL ? batch->starts : nothing},
        {stream != NULL ? stream->ends : nothing, batch != NULL ? batch->ends : nothing}};
    for (size_t zone = 1; zone < WINDOW_ZONES; zone++) {
        for (size_t what = 0; what < 2; what++) {
            place_add(day, sides[what][0][zone], sides[what][1][zone]);
        }
    }
    c->stream += day->stream;
    c->batch += day->batch;
    c->wrong += day->wrong;
    return true;
}

/* Both sides are in the order of days: a merge. *at moves behind the source's rows of the stream.
 */
static bool source_compare(struct history_check *c, int32_t source, const struct days *stream,
                           size_t *at, const struct pg_result *r)
{
    struct batch_day batch;
    int row = 0;
    bool good = true, have = batch_day_next(r, &row, &batch);
    for (;;) {
        const struct days_row *mine =
            *at < stream->n && stream->rows[*at].source == source ? &stream->rows[*at] : NULL;
        if (!good || (mine == NULL && !have)) {
            return good;
        }
        bool take_stream = mine != NULL && (!have || mine->date <= batch.date);
        bool take_batch = have && (mine == NULL || batch.date <= mine->date);
        good = day_compare(c, source, take_stream ? mine->date : batch.date,
                           take_stream ? mine : NULL, take_batch ? &batch : NULL);
        *at += take_stream ? 1 : 0;
        have = take_batch ? batch_day_next(r, &row, &batch) : have;
    }
}

static int source_check(struct history_check *c, struct tlc_pg *pg, const struct days *stream,
                        const struct days_source *source, size_t *at, struct tlc_err *err)
{
    char id[16];
    const char *const params[] = {id};
    struct pg_result *r = NULL;
    int64_t before = c->batch - c->stream;
    (void)snprintf(id, sizeof id, "%" PRId32, source->source);
    int rc = tlc_pg_query(pg, sql_source_days, params, 1, &r, err);
    if (rc != TLC_OK) {
        return rc;
    }
    bool good = source_compare(c, source->source, stream, at, r);
    tlc_pg_result_free(&r);
    c->late += source->late;
    int64_t more = c->batch - c->stream - before;
    c->unlikely += more > source->late + stream->superseded_events ? 1 : 0;
    return good ? TLC_OK : tlc_err_set(err, TLC_RETRY, "out of memory");
}

int history_check_make(struct tlc_pg *pg, const struct days *stream,
                       const struct history_backlog *backlog, struct history_check *ret,
                       struct tlc_err *err)
{
    size_t at = 0;
    *ret = (struct history_check){.done = true,
                                  .revision = stream->revision,
                                  .run_id = backlog->run_id,
                                  .dirty = backlog->dirty,
                                  .todo = backlog->todo,
                                  .superseded = stream->superseded_events};
    for (size_t i = 0; i < stream->sources_n; i++) {
        int rc = source_check(ret, pg, stream, &stream->sources[i], &at, err);
        if (rc != TLC_OK) {
            history_check_release(ret);
            return rc;
        }
    }
    return TLC_OK;
}

void history_check_release(struct history_check *c)
{
    free(c->days);
    *c = (struct history_check){.done = false};
}

void history_check_json(const struct history_check *c, struct tlc_buf *out)
{
    tlc_buf_printf(out,
                   "{\"done\":%s,\"run_id\":%" PRId64 ",\"dirty\":%" PRId64 ",\"todo\":%" PRId64
                   ",\"stream\":%" PRId64 ",\"batch\":%" PRId64 ",\"late\":%" PRId64
                   ",\"superseded\":%" PRId64 ",\"wrong\":%" PRId64 ",\"unlikely\":%" PRId64
                   ",\"note\":",
                   c->done ? "true" : "false", c->run_id, c->dirty, c->todo, c->stream, c->batch,
                   c->late, c->superseded, c->wrong, c->unlikely);
    tlc_json_quote(out, tlc_str_from(c->note));
    tlc_buf_printf(out, ",\"columns\":[\"source\",\"day\",\"stream\",\"batch\",\"places\","
                        "\"wrong\"],\"rows\":[");
    for (size_t i = 0; i < c->days_n; i++) {
        const struct check_day *day = &c->days[i];
        char date[DAYS_TEXT_N];
        tlc_buf_printf(out,
                       "%s[%" PRId32 ",\"%s\",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "]",
                       i > 0 ? "," : "", day->source, days_text(day->date, date), day->stream,
                       day->batch, day->places, day->wrong);
    }
    tlc_buf_printf(out, "]}\n");
}
