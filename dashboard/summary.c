#include "dashboard/summary.h"

#include <inttypes.h>

#include "common/event/ny_time.h"
#include "common/event/tripid.h"
#include "common/event/zone.h"
#include "common/io/json.h"
#include "dashboard/series.h"

#define HOUR_S INT64_C(3600)
#define SPARK_N 24

static const char *const span_names[] = {
    [WINDOWS_TODAY] = "today",
    [WINDOWS_HOUR] = "hour",
    [WINDOWS_SIX_HOURS] = "6h",
    [WINDOWS_ALL] = "all",
};
static const char *const rows_names[] = {
    [WINDOWS_DAY_ROWS] = "day",
    [WINDOWS_WEEK_ROWS] = "week",
    [WINDOWS_ALL_ROWS] = "all",
};

/* --- filter --- */

static int parse_word(const char *name, struct tlc_str text, const char *const *words, size_t n,
                      struct tlc_err *err)
{
    for (size_t i = 0; i < n; i++) {
        if (tlc_str_eq(text, tlc_str_from(words[i]))) {
            return (int)i;
        }
    }
    return tlc_err_set(err, TLC_REFUSE, "%s=%.*s is unknown; try %s=%s", name,
                       (int)(text.n > 40 ? 40 : text.n), text.p, name, words[n - 1]);
}

static struct tlc_str query(const struct tlc_http_request *request, const char *name)
{
    return request->lookup(request->connection, 'q', name);
}

int summary_filter_parse(const struct tlc_http_request *request, struct windows_filter *ret_filter,
                         struct tlc_err *err)
{
    struct windows_filter f = {.dataset = 0};
    int64_t number;
    struct tlc_str text = query(request, "dataset");
    enum tlc_dataset dataset;
    if (text.n > 0) {
        if (!tlc_dataset_parse(text, &dataset)) {
            return tlc_err_set(err, TLC_REFUSE,
                               "dataset is unknown; one of yellow green fhv fhvhv other live");
        }
        f.dataset = (int32_t)dataset;
    }
    text = query(request, "source");
    if (text.n > 0) {
        if (!tlc_str_to_i64(text, 1, INT32_MAX, &number) || !tlc_source_valid((int32_t)number)) {
            return tlc_err_set(err, TLC_REFUSE, "source is none; dataset x 10^6 + yyyymm");
        }
        f.source = (int32_t)number;
    }
    text = query(request, "zone");
    if (text.n > 0) {
        if (!tlc_str_to_i64(text, 1, WINDOW_ZONES - 1, &number)) {
            return tlc_err_set(err, TLC_REFUSE, "zone is none; 1 to %d", WINDOW_ZONES - 1);
        }
        f.zone = (int32_t)number;
    }
    text = query(request, "route");
    if (text.n > 0) {
        struct tlc_str from;
        int64_t to;
        if (!tlc_str_split(&text, '-', &from) ||
            !tlc_str_to_i64(from, 1, WINDOW_ZONES - 1, &number) ||
            !tlc_str_to_i64(text, 1, WINDOW_ZONES - 1, &to)) {
            return tlc_err_set(err, TLC_REFUSE, "route is none; two zones, such as 74-75");
        }
        f.route_from = (int32_t)number;
        f.route_to = (int32_t)to;
    }
    text = query(request, "span");
    int word = text.n > 0 ? parse_word("span", text, span_names, TLC_COUNT(span_names), err)
                          : WINDOWS_TODAY;
    if (word < 0) {
        return word;
    }
    f.span = (enum windows_span)word;
    text = query(request, "hours");
    word = text.n > 0 ? parse_word("hours", text, rows_names, TLC_COUNT(rows_names), err)
                      : WINDOWS_DAY_ROWS;
    if (word < 0) {
        return word;
    }
    f.rows = (enum windows_rows)word;
    *ret_filter = f;
    return TLC_OK;
}

bool summary_filter_equal(const struct windows_filter *a, const struct windows_filter *b)
{
    return a->dataset == b->dataset && a->source == b->source && a->zone == b->zone &&
           a->route_from == b->route_from && a->route_to == b->route_to && a->span == b->span &&
           a->rows == b->rows;
}

/* --- pieces --- */

static void add_sources(const struct windows *w, struct tlc_buf *out)
{
    const char *sep = "";
    tlc_buf_printf(out, ",\"sources\":[");
    for (size_t i = 0; i < w->sources_n; i++) {
        const struct windows_source *s = w->sources[i];
        if (s->source == 0) {
            continue;
        }
        char text[32];
        int64_t late = 0, refused = 0;
        for (size_t k = 0; k < s->progress_n; k++) {
            late = window_sum_add(late, s->progress[k].late);
            refused = window_sum_add(refused, s->progress[k].refused);
        }
        tlc_buf_printf(out,
                       "%s{\"source\":%d,\"text\":\"%s\",\"watermark_s\":%" PRId64
                       ",\"max_event_s\":%" PRId64 ",\"late\":%" PRId64 ",\"refused\":%" PRId64
                       ",\"events\":%" PRId64 ",\"final\":%s}",
                       sep, s->source, tlc_source_text(s->source, text),
                       windows_source_watermark_s(s), windows_source_clock_s(s), late, refused,
                       s->events, windows_source_final(s) ? "true" : "false");
        sep = ",";
    }
    tlc_buf_printf(out, "]");
}

static void add_figures(const struct series_figures *f, struct tlc_buf *out)
{
    tlc_buf_printf(out,
                   "\"under_way\":%" PRId64 ",\"started\":%" PRId64 ",\"completed\":%" PRId64
                   ",\"median_ride_s\":%" PRId64 ",\"revenue_cents\":%" PRId64,
                   f->under_way, f->started, f->completed, series_quantile_s(f->bins, 0.5),
                   f->revenue_cents);
}

/* Today so far, and the same hours of the day before; then the ride times of today. */
static void add_today(const struct windows *w, const struct windows_filter *f, int64_t clock_s,
                      struct tlc_buf *out)
{
    int64_t day_s = tlc_ny_day_start_s(clock_s);
    struct series_figures now, before = {.under_way = 0};
    series_figures(w, f, day_s, clock_s + 1, &now);
    if (clock_s > 0) {
        series_figures(w, f, tlc_ny_day_start_s(day_s - 1), series_day_before_s(clock_s) + 1,
                       &before);
    }
    int64_t late = 0, refused = 0, events = 0;
    for (size_t i = 0; i < w->sources_n; i++) {
        const struct windows_source *s = w->sources[i];
        if (windows_filter_takes(f, s->source)) {
            events += s->events;
            for (size_t k = 0; k < s->progress_n; k++) {
                late = window_sum_add(late, s->progress[k].late);
                refused = window_sum_add(refused, s->progress[k].refused);
            }
        }
    }
    tlc_buf_printf(out, ",\"figures\":{");
    add_figures(&now, out);
    tlc_buf_printf(
        out, ",\"late\":%" PRId64 ",\"refused\":%" PRId64 ",\"events\":%" PRId64 ",\"before\":{",
        late, refused, events);
    add_figures(&before, out);
    tlc_buf_printf(out, "}},\"ride_bins\":[");
    for (size_t bin = 0; bin < 13; bin++) {
        int64_t n = 0;
        for (size_t i = 5 * bin; i < 5 * bin + 5 && i < WINDOW_BINS; i++) {
            n += now.bins[i];
        }
        tlc_buf_printf(out, "%s%" PRId64, bin == 0 ? "" : ",", n);
    }
    tlc_buf_printf(
        out, "],\"ride\":{\"median_s\":%" PRId64 ",\"p90_s\":%" PRId64 ",\"trips\":%" PRId64 "}",
        series_quantile_s(now.bins, 0.5), series_quantile_s(now.bins, 0.9), now.completed);
}

static void add_numbers(const char *name, const int64_t *v, bool last, struct tlc_buf *out)
{
    tlc_buf_printf(out, "\"%s\":[", name);
    for (size_t i = 0; i < SPARK_N; i++) {
        tlc_buf_printf(out, "%s%" PRId64, i == 0 ? "" : ",", v[i]);
    }
    tlc_buf_printf(out, "]%s", last ? "" : ",");
}

/* The last 24 event hours, of all zones. */
static void add_spark(const struct windows *w, const struct windows_filter *f, int64_t clock_s,
                      struct tlc_buf *out)
{
    int64_t v[5][SPARK_N] = {{0}};
    int64_t first_s = clock_s - clock_s % HOUR_S - (SPARK_N - 1) * HOUR_S;
    for (size_t i = 0; i < SPARK_N && clock_s > 0; i++) {
        struct series_figures hour;
        int64_t from_s = first_s + (int64_t)i * HOUR_S;
        series_figures(w, f, from_s, from_s + HOUR_S, &hour);
        v[0][i] = hour.under_way;
        v[1][i] = hour.started;
        v[2][i] = hour.completed;
        v[3][i] = series_quantile_s(hour.bins, 0.5);
        v[4][i] = hour.revenue_cents;
    }
    tlc_buf_printf(out, ",\"spark\":{");
    add_numbers("under_way", v[0], false, out);
    add_numbers("started", v[1], false, out);
    add_numbers("completed", v[2], false, out);
    add_numbers("median_ride_s", v[3], false, out);
    add_numbers("revenue_cents", v[4], true, out);
    tlc_buf_printf(out, "}");
}

/* What windows do not hold by route is null. */
static void add_route_row(int64_t start_s, const struct series_hour *h, struct tlc_buf *out)
{
    tlc_buf_printf(out,
                   "{\"start\":%" PRId64 ",\"starts\":null,\"ends\":null,\"completed\":%" PRId64
                   ",\"under_way\":null,\"ride_s\":%" PRId64 ",\"provisional\":%s}",
                   start_s, h->completed, h->ride_s, h->provisional ? "true" : "false");
}

/* by_zone: what windows do not hold by zone is null. */
static void add_row(int64_t start_s, const struct series_hour *h, bool by_zone, bool day,
                    struct tlc_buf *out)
{
    tlc_buf_printf(out, "{\"start\":%" PRId64 ",\"starts\":%" PRId64 ",\"ends\":%" PRId64, start_s,
                   h->starts, h->ends);
    if (by_zone) {
        tlc_buf_printf(out, ",\"completed\":null,\"under_way\":null");
    } else {
        tlc_buf_printf(out, ",\"completed\":%" PRId64 ",\"under_way\":%" PRId64, h->completed,
                       h->under_way);
    }
    tlc_buf_printf(out, ",\"provisional\":%s%s}", h->provisional ? "true" : "false",
                   day ? ",\"day\":true" : "");
}

/* Rows of New York days: of 23, 24 or 25 hours. */
static void add_days(const struct series *s, bool by_zone, struct tlc_buf *out)
{
    size_t i = 0;
    while (i < s->n) {
        int64_t day_s = tlc_ny_day_start_s(s->first_s + (int64_t)i * HOUR_S);
        struct series_hour day = {.starts = 0};
        bool first = i == 0;
        while (i < s->n && tlc_ny_day_start_s(s->first_s + (int64_t)i * HOUR_S) == day_s) {
            const struct series_hour *h = &s->hours[i++];
            day.starts += h->starts;
            day.ends += h->ends;
            day.completed += h->completed;
            day.under_way = h->under_way;
            day.provisional |= h->provisional;
        }
        tlc_buf_printf(out, "%s", first ? "" : ",");
        add_row(day_s, &day, by_zone, true, out);
    }
}

static size_t last_hours(const struct series *s, size_t n)
{
    return s->n > n ? s->n - n : 0;
}

static void add_hours(const struct series *s, const struct windows_filter *f, struct tlc_buf *out)
{
    tlc_buf_printf(out, ",\"hours\":[");
    if (f->rows == WINDOWS_ALL_ROWS) {
        add_days(s, f->zone != 0, out);
    } else {
        size_t first = f->rows == WINDOWS_WEEK_ROWS ? last_hours(s, 168) : series_today(s);
        for (size_t i = first; i < s->n; i++) {
            tlc_buf_printf(out, "%s", i == first ? "" : ",");
            add_row(s->first_s + (int64_t)i * HOUR_S, &s->hours[i], f->zone != 0, false, out);
        }
    }
    tlc_buf_printf(out, "]");
}

static void add_pairs(const char *name, const int64_t *v, struct tlc_buf *out)
{
    const char *sep = "";
    tlc_buf_printf(out, ",\"%s\":[", name);
    for (size_t zone = 1; zone < WINDOW_ZONES; zone++) {
        if (v[zone] != 0) {
            tlc_buf_printf(out, "%s[%zu,%" PRId64 "]", sep, zone, v[zone]);
            sep = ",";
        }
    }
    tlc_buf_printf(out, "]");
}

static void add_places(const struct series_places *p, enum windows_span span, struct tlc_buf *out)
{
    tlc_buf_printf(out, ",\"zones\":{\"span\":\"%s\"", span_names[span]);
    add_pairs("pickups", p->pickups, out);
    add_pairs("dropoffs", p->dropoffs, out);
    tlc_buf_printf(out, "},\"routes\":[");
    for (size_t i = 0; i < p->top_n; i++) {
        tlc_buf_printf(out, "%s[%u,%u,%u,%" PRId64 "]", i == 0 ? "" : ",", p->top[i].from,
                       p->top[i].to, p->top[i].n, p->top[i].ride_s);
    }
    tlc_buf_printf(out, "]");
}

static void add_longest(const struct windows *w, const struct windows_filter *f,
                        struct tlc_buf *out)
{
    struct window_trip trips[WINDOW_LONGEST_MAX];
    size_t n;
    if (!series_longest(w, f, trips, &n)) {
        tlc_buf_printf(out, ",\"longest\":null");
        return;
    }
    tlc_buf_printf(out, ",\"longest\":[");
    for (size_t i = 0; i < n; i++) {
        tlc_buf_printf(out, "%s[%" PRId64 ",%" PRId64 ",%d]", i == 0 ? "" : ",", trips[i].trip_id,
                       trips[i].start_s, trips[i].zone);
    }
    tlc_buf_printf(out, "]");
}

static void add_rhythm(const struct series *s, struct tlc_buf *out)
{
    double mean[7][24];
    const char *sep = "";
    series_rhythm(s, mean);
    tlc_buf_printf(out, ",\"rhythm\":[");
    for (size_t day = 0; day < 7; day++) {
        for (size_t hour = 0; hour < 24; hour++) {
            if (mean[day][hour] >= 0) {
                tlc_buf_printf(out, "%s[%zu,%zu,%.2f]", sep, day, hour, mean[day][hour]);
                sep = ",";
            }
        }
    }
    tlc_buf_printf(out, "]");
}

static void add_head(const struct windows *w, const struct windows_filter *f, int64_t clock_s,
                     const struct summary_facts *facts, struct tlc_buf *out)
{
    double event_rate, speed;
    windows_rates(w, f, &event_rate, &speed);
    tlc_buf_printf(out, "{\"revision\":%" PRId64 ",\"store_id\":\"%s\",\"label\":", w->revision,
                   facts->store_id);
    tlc_json_quote(out, tlc_str_from(facts->label));
    tlc_buf_printf(out,
                   ",\"have_data\":%s,\"clock_s\":%" PRId64
                   ",\"event_rate\":%.1f,\"speed\":%.1f,\"idle_ms\":%" PRId64
                   ",\"window_s\":%" PRId64 ",\"lateness_s\":%" PRId64,
                   w->cells_n > 0 ? "true" : "false", clock_s, event_rate, speed,
                   facts->now_ms - w->changed_ms, w->window_s, w->lateness_s);
}

static bool add_route_hours(const struct windows *w, const struct windows_filter *f,
                            struct tlc_buf *out)
{
    struct series s;
    if (!series_route(w, f, &s)) {
        return false;
    }
    tlc_buf_printf(out, ",\"hours\":[");
    for (size_t i = 0; i < s.n; i++) {
        tlc_buf_append(out, ",", i > 0);
        add_route_row(s.first_s + (int64_t)i * HOUR_S, &s.hours[i], out);
    }
    tlc_buf_printf(out, "]");
    series_release(&s);
    return true;
}

bool summary_encode(const struct windows *w, const struct windows_filter *f,
                    const struct summary_facts *facts, struct tlc_buf *out)
{
    int64_t clock_s = windows_clock_s(w, f);
    struct series series;
    struct series_places places;
    if (!series_places(w, f, &places) || !series_make(w, f, &series)) {
        return false;
    }
    add_head(w, f, clock_s, facts, out);
    add_sources(w, out);
    add_today(w, f, clock_s, out);
    add_spark(w, f, clock_s, out);
    if (f->route_from == 0) {
        add_hours(&series, f, out);
    }
    bool made = f->route_from == 0 || add_route_hours(w, f, out);
    add_places(&places, f->span, out);
    add_longest(w, f, out);
    struct series all_zones = series;
    struct windows_filter everywhere = *f;
    everywhere.zone = 0;
    if (f->zone != 0 && !series_make(w, &everywhere, &all_zones)) {
        series_release(&series);
        return false;
    }
    add_rhythm(&all_zones, out);
    if (f->zone != 0) {
        series_release(&all_zones);
    }
    series_release(&series);
    tlc_buf_append(out, "}", 1);
    return made && !out->failed;
}

bool summary_zones_encode(const struct windows *w, const struct windows_filter *f,
                          struct tlc_buf *out)
{
    struct series_places p;
    if (!series_places(w, f, &p)) {
        return false;
    }
    int64_t net[WINDOW_ZONES];
    for (size_t zone = 0; zone < WINDOW_ZONES; zone++) {
        net[zone] = p.pickups[zone] - p.dropoffs[zone];
    }
    tlc_buf_printf(out, "{\"span\":\"%s\",\"clock_s\":%" PRId64, span_names[f->span],
                   windows_clock_s(w, f));
    add_pairs("pickups", p.pickups, out);
    add_pairs("dropoffs", p.dropoffs, out);
    add_pairs("net", net, out);
    tlc_buf_append(out, "}", 1);
    return !out->failed;
}

void summary_meta_encode(const char *label, bool shapes, struct tlc_buf *out)
{
    tlc_buf_printf(out, "{\"version\":\"" TLC_VERSION "\",\"shapes\":%s,\"label\":",
                   shapes ? "true" : "false");
    tlc_json_quote(out, tlc_str_from(label));
    tlc_buf_printf(out, ",\"zones\":[");
    for (int id = 1; id < WINDOW_ZONES; id++) {
        const struct tlc_zone *zone = tlc_zone_get(id);
        tlc_buf_printf(out, "%s[%d,", id == 1 ? "" : ",", id);
        tlc_json_quote(out, tlc_str_from(zone->name));
        tlc_buf_append(out, ",", 1);
        tlc_json_quote(out, tlc_str_from(zone->borough));
        tlc_buf_printf(out, ",%.3f,%.3f]", zone->lon, zone->lat);
    }
    tlc_buf_printf(out, "]}");
}
