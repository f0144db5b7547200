#include "dashboard/days.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/event/ny_time.h"

#define DAY_S INT64_C(86400)

/* The row of that day, a new one unless it is the newest: hours come in ascending order. */
static struct days_row *row_for(struct days *d, int32_t source, int64_t at_s)
{
    int64_t wall_s = tlc_ny_wall_s(at_s);
    int64_t date = (wall_s - ((wall_s % DAY_S) + DAY_S) % DAY_S) / DAY_S;
    if (d->n > 0 && d->rows[d->n - 1].source == source && d->rows[d->n - 1].date == date) {
        return &d->rows[d->n - 1];
    }
    if (d->n == d->cap) {
        size_t cap = d->cap > 0 ? d->cap * 2 : 64;
        struct days_row *rows = realloc(d->rows, cap * sizeof *rows);
        if (rows == NULL) {
            return NULL;
        }
        d->rows = rows;
        d->cap = cap;
    }
    struct days_row *row = &d->rows[d->n++];
    *row = (struct days_row){
        .source = source, .date = date, .start_s = tlc_ny_day_start_s(at_s), .final = true};
    return row;
}

static bool add_source(struct days *d, const struct windows_source *s)
{
    for (size_t i = 0; i < s->hours_n; i++) {
        const struct windows_hour *h = s->hours[i];
        struct days_row *row = row_for(d, s->source, h->start_s);
        if (row == NULL) {
            return false;
        }
        row->starts_n += h->starts_n;
        row->ends_n += h->ends_n;
        row->matched += h->matched;
        row->expired += h->expired;
        row->final &= h->open_n == 0;
        for (size_t zone = 1; zone < WINDOW_ZONES; zone++) {
            row->starts[zone] += h->starts[zone];
            row->ends[zone] += h->ends[zone];
        }
    }
    struct days_source *own = &d->sources[d->sources_n++];
    *own = (struct days_source){.source = s->source};
    for (size_t i = 0; i < s->progress_n; i++) {
        own->late = window_sum_add(own->late, s->progress[i].late);
    }
    return true;
}

bool days_make(const struct windows *w, struct days *ret)
{
    *ret = (struct days){.superseded_events = w->superseded_events, .revision = w->revision};
    ret->sources = calloc(w->sources_n + 1, sizeof *ret->sources);
    bool good = ret->sources != NULL;
    for (size_t i = 0; good && i < w->sources_n; i++) {
        good = w->sources[i]->source == 0 || add_source(ret, w->sources[i]);
    }
    if (!good) {
        days_release(ret);
    }
    return good;
}

void days_release(struct days *d)
{
    free(d->rows);
    free(d->sources);
    *d = (struct days){.n = 0};
}

const char *days_text(int64_t date, char dst[DAYS_TEXT_N])
{
    int32_t year, month, day;
    tlc_civil_from_days(date, &year, &month, &day);
    (void)snprintf(dst, DAYS_TEXT_N, "%04d-%02d-%02d", (int)year, (int)month, (int)day);
    return dst;
}

static void add_zones(const char *name, const int64_t counts[WINDOW_ZONES], struct tlc_buf *out)
{
    const char *sep = "";
    tlc_buf_printf(out, ",\"%s\":[", name);
    for (int zone = 1; zone < WINDOW_ZONES; zone++) {
        if (counts[zone] > 0) {
            tlc_buf_printf(out, "%s[%d,%" PRId64 "]", sep, zone, counts[zone]);
            sep = ",";
        }
    }
    tlc_buf_printf(out, "]");
}

void days_json(const struct days *d, struct tlc_buf *out)
{
    tlc_buf_printf(out, "{\"revision\":%" PRId64 ",\"superseded_events\":%" PRId64 ",\"sources\":[",
                   d->revision, d->superseded_events);
    for (size_t i = 0; i < d->sources_n; i++) {
        tlc_buf_printf(out, "%s{\"source\":%d,\"late\":%" PRId64 "}", i > 0 ? "," : "",
                       d->sources[i].source, d->sources[i].late);
    }
    tlc_buf_printf(out, "],\"days\":[");
    for (size_t i = 0; i < d->n; i++) {
        const struct days_row *row = &d->rows[i];
        char date[DAYS_TEXT_N];
        tlc_buf_printf(out,
                       "%s{\"source\":%d,\"day\":\"%s\",\"start\":%" PRId64
                       ",\"final\":%s,\"matched\":%" PRId64 ",\"expired_starts\":%" PRId64,
                       i > 0 ? "," : "", row->source, days_text(row->date, date), row->start_s,
                       row->final ? "true" : "false", row->matched, row->expired);
        add_zones("starts", row->starts, out);
        add_zones("ends", row->ends, out);
        tlc_buf_printf(out, "}");
    }
    tlc_buf_printf(out, "]}\n");
}
