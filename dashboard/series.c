#include "dashboard/series.h"

#include <stdlib.h>

#include "common/event/ny_time.h"

#define HOUR_S INT64_C(3600)

static int64_t hour_of(int64_t at_s)
{
    return at_s - at_s % HOUR_S;
}

/* --- trips by hour --- */

static int64_t first_hour_s(const struct windows *w, const struct windows_filter *f)
{
    int64_t first_s = INT64_MAX;
    for (size_t i = 0; i < w->sources_n; i++) {
        const struct windows_source *s = w->sources[i];
        if (windows_filter_takes(f, s->source) && s->hours_n > 0 &&
            s->hours[0]->start_s < first_s) {
            first_s = s->hours[0]->start_s;
        }
    }
    return first_s;
}

/* Adds one source. under_way holds the hour's change until all are in. Returns the change before
 * the series begins. */
static int64_t add_source(struct series *series, const struct windows_source *s, int32_t zone)
{
    int64_t before = 0;
    for (size_t i = 0; i < s->hours_n; i++) {
        const struct windows_hour *h = s->hours[i];
        int64_t change = zone != 0 ? 0 : h->starts_n - h->matched - h->expired;
        if (h->start_s < series->first_s) {
            before += change;
            continue;
        }
        size_t at = (size_t)((h->start_s - series->first_s) / HOUR_S);
        if (at >= series->n) {
            break;
        }
        struct series_hour *row = &series->hours[at];
        row->starts += zone != 0 ? h->starts[zone] : h->starts_n;
        row->ends += zone != 0 ? h->ends[zone] : h->ends_n;
        row->completed += zone != 0 ? 0 : h->matched;
        row->under_way += change;
        row->provisional |= h->open_n > 0;
        row->any = true;
    }
    return before;
}

/* Hours that its watermark has not passed may change up to where it has come. */
static void mark_provisional(struct series *series, const struct windows_source *s)
{
    int64_t clock_s = windows_source_clock_s(s);
    if (windows_source_final(s) || clock_s == 0) {
        return;
    }
    int64_t from_s = hour_of(windows_source_watermark_s(s));
    from_s = from_s < series->first_s ? series->first_s : from_s;
    for (int64_t at_s = from_s; at_s <= clock_s; at_s += HOUR_S) {
        size_t at = (size_t)((at_s - series->first_s) / HOUR_S);
        if (at >= series->n) {
            return;
        }
        series->hours[at].provisional = true;
    }
}

bool series_make(const struct windows *w, const struct windows_filter *f, struct series *ret_series)
{
    *ret_series = (struct series){.n = 0};
    int64_t clock_s = windows_clock_s(w, f);
    int64_t first_s = first_hour_s(w, f);
    int64_t last_s = hour_of(clock_s);
    if (clock_s == 0 || first_s > last_s) {
        return true;
    }
    if ((last_s - first_s) / HOUR_S >= SERIES_HOURS_MAX) {
        first_s = last_s - (SERIES_HOURS_MAX - 1) * HOUR_S;
    }
    struct series series = {.first_s = first_s, .n = (size_t)((last_s - first_s) / HOUR_S) + 1};
    series.hours = calloc(series.n, sizeof *series.hours);
    if (series.hours == NULL) {
        return false;
    }
    int64_t under_way = 0;
    for (size_t i = 0; i < w->sources_n; i++) {
        if (windows_filter_takes(f, w->sources[i]->source)) {
            under_way += add_source(&series, w->sources[i], f->zone);
            mark_provisional(&series, w->sources[i]);
        }
    }
    for (size_t i = 0; i < series.n; i++) {
        under_way += series.hours[i].under_way;
        series.hours[i].under_way = under_way;
    }
    *ret_series = series;
    return true;
}

size_t series_today(const struct series *s)
{
    if (s->n == 0) {
        return 0;
    }
    int64_t last_s = s->first_s + (int64_t)(s->n - 1) * HOUR_S;
    size_t of_day = (size_t)((last_s - tlc_ny_day_start_s(last_s)) / HOUR_S) + 1;
    return s->n > of_day ? s->n - of_day : 0;
}

static int compare_routes(const void *a, const void *b)
{
    const struct window_route *x = a, *y = b;
    return x->from != y->from ? x->from - y->from : x->to - y->to;
}

static void add_route(const struct windows_cell *c, const struct window_route *wanted,
                      struct series_hour *row)
{
    for (size_t k = 0; k < c->parts_n; k++) {
        const struct window *content = c->parts[k].content;
        const struct window_route *r = content == NULL || content->routes_len == 0
                                           ? NULL
                                           : bsearch(wanted, content->routes, content->routes_len,
                                                     sizeof *wanted, compare_routes);
        if (r != NULL) {
            row->completed += r->n;
            row->ride_s = window_sum_add(row->ride_s, r->ride_s);
        }
    }
}

bool series_route(const struct windows *w, const struct windows_filter *f,
                  struct series *ret_series)
{
    const struct window_route wanted = {.from = (uint16_t)f->route_from,
                                        .to = (uint16_t)f->route_to};
    if (!series_make(w, f, ret_series)) {
        return false;
    }
    struct series *s = ret_series;
    size_t first = series_today(s);
    s->n -= first;
    s->first_s += (int64_t)first * HOUR_S;
    for (size_t i = 0; i < s->n; i++) {
        s->hours[i] = (struct series_hour){.provisional = s->hours[first + i].provisional,
                                           .any = s->hours[first + i].any};
    }
    for (size_t i = 0; i < w->sources_n && s->n > 0; i++) {
        const struct windows_source *source = w->sources[i];
        size_t k = windows_filter_takes(f, source->source) ? windows_cell_lower(source, s->first_s)
                                                           : source->cells_n;
        for (; k < source->cells_n; k++) {
            size_t at = (size_t)((source->cells[k]->start_s - s->first_s) / HOUR_S);
            if (at >= s->n) {
                break;
            }
            add_route(source->cells[k], &wanted, &s->hours[at]);
        }
    }
    return true;
}

void series_release(struct series *s)
{
    free(s->hours);
    *s = (struct series){.n = 0};
}

/* --- figures --- */

static int64_t cell_change(const struct windows_cell *c)
{
    return c->starts_n - c->sums[WINDOW_MATCHED] - c->sums[WINDOW_EXPIRED_STARTS];
}

/* Running sum over all windows that start before to_s: whole hours, then windows. */
static int64_t under_way_at(const struct windows_source *s, int64_t to_s)
{
    int64_t sum = 0;
    size_t hours_n = windows_hour_lower(s, hour_of(to_s));
    for (size_t i = 0; i < hours_n; i++) {
        sum += s->hours[i]->starts_n - s->hours[i]->matched - s->hours[i]->expired;
    }
    for (size_t i = windows_cell_lower(s, hour_of(to_s)); i < s->cells_n; i++) {
        if (s->cells[i]->start_s >= to_s) {
            break;
        }
        sum += cell_change(s->cells[i]);
    }
    return sum;
}

void series_figures(const struct windows *w, const struct windows_filter *f, int64_t from_s,
                    int64_t to_s, struct series_figures *ret_figures)
{
    *ret_figures = (struct series_figures){.under_way = 0};
    for (size_t i = 0; i < w->sources_n; i++) {
        const struct windows_source *s = w->sources[i];
        if (!windows_filter_takes(f, s->source)) {
            continue;
        }
        ret_figures->under_way += under_way_at(s, to_s);
        for (size_t k = windows_cell_lower(s, from_s); k < s->cells_n; k++) {
            const struct windows_cell *c = s->cells[k];
            if (c->start_s >= to_s) {
                break;
            }
            ret_figures->started += c->starts_n;
            ret_figures->completed += c->sums[WINDOW_MATCHED];
            ret_figures->revenue_cents =
                window_sum_add(ret_figures->revenue_cents, c->sums[WINDOW_TOTAL_CENTS]);
            for (size_t b = 0; b < WINDOW_BINS; b++) {
                ret_figures->bins[b] += c->bins[b];
            }
        }
    }
}

int64_t series_quantile_s(const int64_t bins[WINDOW_BINS], double share)
{
    int64_t total = 0;
    for (size_t i = 0; i < WINDOW_BINS; i++) {
        total += bins[i];
    }
    if (total <= 0) {
        return 0;
    }
    double rank = share * (double)total;
    double below = 0;
    for (size_t i = 0; i + 1 < WINDOW_BINS; i++) {
        double in = (double)bins[i];
        if (in > 0 && below + in >= rank) {
            return (int64_t)(60.0 * ((double)i + (rank - below) / in) + 0.5);
        }
        below += in;
    }
    return 3600;
}

int64_t series_day_before_s(int64_t at_s)
{
    int64_t before_s = at_s;
    (void)tlc_ny_from_wall(tlc_ny_wall_s(at_s) - 86400, &before_s);
    return before_s;
}

/* --- places --- */

void series_span(enum windows_span span, int64_t clock_s, int64_t *ret_from_s, int64_t *ret_to_s)
{
    *ret_to_s = clock_s + 1;
    *ret_from_s = 0; /* WINDOWS_ALL */
    if (span == WINDOWS_TODAY) {
        *ret_from_s = tlc_ny_day_start_s(clock_s);
    } else if (span != WINDOWS_ALL) {
        *ret_from_s = *ret_to_s - (span == WINDOWS_HOUR ? 1 : 6) * HOUR_S;
    }
}

static void add_content(const struct window *w, struct series_places *places,
                        struct windows_route_sum *routes)
{
    for (size_t i = 0; i < w->starts_len; i++) {
        places->pickups[window_starts(w)[i].zone] += window_starts(w)[i].n;
    }
    for (size_t i = 0; i < w->ends_len; i++) {
        places->dropoffs[window_ends(w)[i].zone] += window_ends(w)[i].n;
    }
    for (size_t i = 0; i < w->routes_len; i++) {
        const struct window_route *r = &w->routes[i];
        struct windows_route_sum *sum = &routes[(size_t)r->from * WINDOW_ZONES + r->to];
        sum->n += r->n;
        sum->ride_s = window_sum_add(sum->ride_s, r->ride_s);
    }
}

static void add_span(const struct windows_source *s, int64_t from_s, int64_t to_s,
                     struct series_places *places, struct windows_route_sum *routes)
{
    for (size_t i = windows_cell_lower(s, from_s); i < s->cells_n; i++) {
        const struct windows_cell *c = s->cells[i];
        if (c->start_s >= to_s) {
            break;
        }
        for (size_t k = 0; k < c->parts_n; k++) {
            if (c->parts[k].content != NULL) {
                add_content(c->parts[k].content, places, routes);
            }
        }
    }
}

static void add_totals(const struct windows_source *s, struct series_places *places,
                       struct windows_route_sum *routes)
{
    for (size_t zone = 1; zone < WINDOW_ZONES; zone++) {
        places->pickups[zone] += s->starts[zone];
        places->dropoffs[zone] += s->ends[zone];
    }
    for (size_t i = 0; s->routes != NULL && i < (size_t)WINDOW_ZONES * WINDOW_ZONES; i++) {
        routes[i].n += s->routes[i].n;
        routes[i].ride_s = window_sum_add(routes[i].ride_s, s->routes[i].ride_s);
    }
}

/* Keeps the list sorted; routes come in ascending order, so that among equals the lower stays in
 * front. */
static void top_insert(struct series_places *places, struct window_route route)
{
    size_t at = places->top_n;
    while (at > 0 && places->top[at - 1].n < route.n) {
        at--;
    }
    if (at == SERIES_ROUTES_TOP) {
        return;
    }
    size_t keep = places->top_n < SERIES_ROUTES_TOP ? places->top_n : SERIES_ROUTES_TOP - 1;
    memmove(&places->top[at + 1], &places->top[at], (keep - at) * sizeof route);
    places->top[at] = route;
    places->top_n = keep + 1;
}

static void find_top(const struct windows_route_sum *routes, int32_t zone,
                     struct series_places *places)
{
    for (int32_t from = 1; from < WINDOW_ZONES; from++) {
        for (int32_t to = 1; to < WINDOW_ZONES; to++) {
            const struct windows_route_sum *sum = &routes[from * WINDOW_ZONES + to];
            if (sum->n > 0 && (zone == 0 || from == zone || to == zone)) {
                top_insert(places, (struct window_route){(uint16_t)from, (uint16_t)to,
                                                         (uint32_t)sum->n, sum->ride_s});
            }
        }
    }
}

bool series_places(const struct windows *w, const struct windows_filter *f,
                   struct series_places *ret_places)
{
    *ret_places = (struct series_places){.top_n = 0};
    struct windows_route_sum *routes = calloc((size_t)WINDOW_ZONES * WINDOW_ZONES, sizeof *routes);
    if (routes == NULL) {
        return false;
    }
    int64_t from_s, to_s;
    series_span(f->span, windows_clock_s(w, f), &from_s, &to_s);
    for (size_t i = 0; i < w->sources_n; i++) {
        const struct windows_source *s = w->sources[i];
        if (!windows_filter_takes(f, s->source)) {
            continue;
        }
        if (f->span == WINDOWS_ALL) {
            add_totals(s, ret_places, routes);
        } else {
            add_span(s, from_s, to_s, ret_places, routes);
        }
    }
    find_top(routes, f->zone, ret_places);
    free(routes);
    return true;
}

static void keep_longest(const struct window_progress *p, struct window_trip *trips, size_t *n)
{
    for (size_t i = 0; i < p->longest_n; i++) {
        size_t at = *n;
        while (at > 0 && window_trip_order(&p->longest[i], &trips[at - 1]) < 0) {
            at--;
        }
        if (at == WINDOW_LONGEST_MAX) {
            return; /* those behind it began later still */
        }
        *n += *n < WINDOW_LONGEST_MAX;
        memmove(&trips[at + 1], &trips[at], (*n - at - 1) * sizeof *trips);
        trips[at] = p->longest[i];
    }
}

bool series_longest(const struct windows *w, const struct windows_filter *f,
                    struct window_trip ret_trips[WINDOW_LONGEST_MAX], size_t *ret_n)
{
    bool told = false, asked = false;
    *ret_n = 0;
    for (size_t i = 0; i < w->sources_n; i++) {
        const struct windows_source *s = w->sources[i];
        if (s->source == 0 || !windows_filter_takes(f, s->source) || windows_source_final(s)) {
            continue;
        }
        for (size_t k = 0; k < s->progress_n; k++) {
            asked = true;
            told = told || s->progress[k].longest_told;
            keep_longest(&s->progress[k], ret_trips, ret_n);
        }
    }
    return told || !asked;
}

void series_rhythm(const struct series *s, double ret_mean[7][24])
{
    int64_t hours[7][24] = {{0}}, starts[7][24] = {{0}};
    for (size_t i = 0; i < s->n; i++) {
        if (s->hours[i].any) {
            int64_t wall_s = tlc_ny_wall_s(s->first_s + (int64_t)i * HOUR_S);
            size_t weekday = (size_t)((wall_s / 86400 + 3) % 7); /* 1970-01-01: a Thursday */
            size_t hour = (size_t)(wall_s % 86400 / HOUR_S);
            hours[weekday][hour]++;
            starts[weekday][hour] += s->hours[i].starts;
        }
    }
    for (size_t day = 0; day < 7; day++) {
        for (size_t hour = 0; hour < 24; hour++) {
            ret_mean[day][hour] =
                hours[day][hour] == 0 ? -1 : (double)starts[day][hour] / (double)hours[day][hour];
        }
    }
}
