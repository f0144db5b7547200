/* The windows, with their sums kept up to date by adding and taking away, over messages in random
 * order with repetitions and restarts, against an oracle that keeps only what was last said of each
 * window and adds everything up anew for each question. */
#include <string.h>

#include "common/base/retry.h"
#include "common/event/ny_time.h"
#include "common/event/tripid.h"
#include "dashboard/series.h"
#include "dashboard/store.h"
#include "tests/unit/dashboard/unit.h"

#define PARTITIONS 3
#define STARTS 200 /* quarters: over two days, so that details are dropped on the way */
#define ZONES 6
#define STEPS 300
#define CLAIMS_MAX 8

static const int32_t sources[] = {GREEN_2024_01, 1202401, 4202401};
#define SOURCES TLC_COUNT(sources)

/* What was last said of a window, in the simplest form there is. */
struct said {
    bool any;
    struct spec spec;
    struct spec claims[CLAIMS_MAX];
    size_t claims_n;
    int64_t newest; /* revision that the sender has come to */
};

struct run {
    uint64_t rng;
    const char *folder;
    char path[512];
    struct store store;
    struct said said[SOURCES][PARTITIONS][STARTS];
    int64_t clock_s[SOURCES];
    int64_t position;
};

static uint64_t below(struct run *r, uint64_t n)
{
    return tlc_random_next(&r->rng) % n;
}

static bool same_content(const struct spec *a, const struct spec *b)
{
    return a->from == b->from && a->to == b->to && a->starts == b->starts && a->ends == b->ends &&
           a->matched == b->matched && a->ride_min == b->ride_min &&
           a->total_cents == b->total_cents;
}

/* The oracle's rule for a message about a window. */
static void hear(struct said *s, const struct spec *spec)
{
    if (!s->any) {
        s->any = true;
        s->spec = *spec;
        return;
    }
    if (!s->spec.final) {
        if (spec->revision > s->spec.revision ||
            (spec->revision == s->spec.revision && spec->final)) {
            s->spec = *spec;
        }
        return;
    }
    if (spec->revision <= s->spec.revision || same_content(spec, &s->spec)) {
        return;
    }
    struct spec *last = s->claims_n > 0 ? &s->claims[s->claims_n - 1] : NULL;
    if (last != NULL) {
        bool newer = spec->revision > last->revision ||
                     (spec->revision == last->revision && spec->final && !last->final);
        if (!newer || (last->final && same_content(spec, last))) {
            return;
        }
        if (!last->final) {
            *last = *spec;
            return;
        }
    }
    assert_true(s->claims_n < CLAIMS_MAX);
    s->claims[s->claims_n++] = *spec;
}

/* --- messages --- */

static struct spec random_spec(struct run *r, size_t source, int32_t partition, size_t start)
{
    struct said *s = &r->said[source][partition][start];
    bool anew = s->newest == 0 || below(r, 3) > 0;
    struct spec spec = {.partition = partition,
                        .source = sources[source],
                        .start_s = JAN_1_S + (int64_t)start * QUARTER};
    spec.revision = anew ? ++s->newest : 1 + (int64_t)below(r, (uint64_t)s->newest);
    spec.final = below(r, 4) == 0;
    spec.from = (uint16_t)(1 + below(r, ZONES));
    spec.to = (uint16_t)(1 + below(r, ZONES));
    spec.starts = (uint32_t)below(r, 5);
    spec.ends = (uint32_t)below(r, 5);
    spec.matched = spec.ends > 0 ? (uint32_t)below(r, spec.ends + 1) : 0;
    spec.ride_min = (uint32_t)below(r, 90);
    spec.total_cents = (int64_t)below(r, 10000) - 500;
    if (s->claims_n == CLAIMS_MAX - 1) { /* no more than the oracle can hold */
        spec = s->spec;
    }
    return spec;
}

static void send(struct run *r)
{
    struct spec specs[12];
    size_t n = 1 + below(r, TLC_COUNT(specs));
    size_t source = below(r, SOURCES);
    /* Time goes on, with some disorder. */
    size_t newest = 8 + (size_t)(r->position * (STARTS - 8) / STEPS);
    int64_t last_s = 0;
    for (size_t i = 0; i < n; i++) {
        size_t back = below(r, 4) == 0 ? below(r, newest) : below(r, 8);
        specs[i] = random_spec(r, source, (int32_t)below(r, PARTITIONS), newest - 1 - back);
        hear(&r->said[source][specs[i].partition][newest - 1 - back], &specs[i]);
        last_s = specs[i].start_s > last_s ? specs[i].start_s : last_s;
    }
    r->position++;
    last_s = last_s + 100 > r->clock_s[source] ? last_s + 100 : r->clock_s[source];
    r->clock_s[source] = last_s;
    const struct window_progress progress = {.partition = (int32_t)below(r, PARTITIONS),
                                             .source = sources[source],
                                             .position = r->position,
                                             .max_event_s = last_s};
    struct window_message m = unit_message(specs, n, &progress, 1);
    struct store_reply reply;
    struct tlc_err err = {.text = ""};
    if (store_take(&r->store, &m, r->position, &reply, &err) != TLC_OK) {
        fail_msg("%s", err.text);
    }
    window_message_release(&m);
}

static void restart(struct run *r)
{
    struct tlc_err err = {.text = ""};
    store_close(&r->store);
    if (store_open(&r->store, r->path, 0, &err) != TLC_OK) {
        fail_msg("%s", err.text);
    }
}

/* --- questions --- */

struct sums {
    int64_t starts, ends, matched, total_cents, bins[WINDOW_BINS];
    int64_t pickups[WINDOW_ZONES], dropoffs[WINDOW_ZONES];
    int64_t routes_n[WINDOW_ZONES][WINDOW_ZONES], routes_s[WINDOW_ZONES][WINDOW_ZONES];
};

/* Everything said of windows that start in [from_s, to_s). */
static void add_up(const struct run *r, const struct windows_filter *f, int64_t from_s,
                   int64_t to_s, struct sums *sums)
{
    memset(sums, 0, sizeof *sums);
    for (size_t k = 0; k < SOURCES * PARTITIONS * STARTS; k++) {
        const struct said *s = &r->said[0][0][0] + k;
        const struct spec *c = &s->spec;
        bool taken = s->any && (f->source == 0 || f->source == c->source) &&
                     (f->dataset == 0 || f->dataset == tlc_source_dataset(c->source));
        if (!taken || c->start_s < from_s || c->start_s >= to_s) {
            continue;
        }
        sums->starts += c->starts;
        sums->ends += c->ends;
        sums->matched += c->matched;
        sums->total_cents += c->total_cents;
        sums->bins[c->ride_min < 60 ? c->ride_min : 60] += c->matched;
        sums->pickups[c->from] += c->starts;
        sums->dropoffs[c->to] += c->ends;
        sums->routes_n[c->from][c->to] += c->matched;
        sums->routes_s[c->from][c->to] += (int64_t)c->matched * c->ride_min * 60;
    }
}

static struct sums sums; /* too large for the stack */

static void check_totals(struct run *r)
{
    const struct windows_filter all = {.dataset = 0};
    struct store_totals t;
    store_totals(&r->store, &t);
    add_up(r, &all, 0, INT64_MAX, &sums);
    assert_int_equal(t.events, sums.starts + sums.ends);
    int64_t claims = 0, claim_events = 0;
    for (size_t k = 0; k < SOURCES * PARTITIONS * STARTS; k++) {
        const struct said *s = &r->said[0][0][0] + k;
        claims += (int64_t)s->claims_n;
        for (size_t i = 0; i < s->claims_n; i++) {
            claim_events += s->claims[i].starts + s->claims[i].ends;
        }
    }
    assert_int_equal(t.superseded_windows, claims);
    assert_int_equal(t.superseded_events, claim_events);
}

static void check_figures(struct run *r, const struct windows_filter *f)
{
    int64_t from_s = JAN_1_S + (int64_t)below(r, STARTS) * QUARTER;
    int64_t to_s = from_s + (int64_t)below(r, STARTS) * QUARTER + (int64_t)below(r, 900);
    struct series_figures figures;
    series_figures(&r->store.windows, f, from_s, to_s, &figures);
    add_up(r, f, from_s, to_s, &sums);
    assert_int_equal(figures.started, sums.starts);
    assert_int_equal(figures.completed, sums.matched);
    assert_int_equal(figures.revenue_cents, sums.total_cents);
    assert_memory_equal(figures.bins, sums.bins, sizeof sums.bins);
    add_up(r, f, 0, to_s, &sums);
    assert_int_equal(figures.under_way, sums.starts - sums.matched);
}

static void check_hours(struct run *r, const struct windows_filter *f)
{
    struct series s;
    assert_true(series_make(&r->store.windows, f, &s));
    for (size_t i = 0; i < s.n; i++) {
        int64_t from_s = s.first_s + (int64_t)i * HOUR;
        add_up(r, f, from_s, from_s + HOUR, &sums);
        assert_int_equal(s.hours[i].starts, f->zone ? sums.pickups[f->zone] : sums.starts);
        assert_int_equal(s.hours[i].ends, f->zone ? sums.dropoffs[f->zone] : sums.ends);
        assert_int_equal(s.hours[i].completed, f->zone ? 0 : sums.matched);
        add_up(r, f, 0, from_s + HOUR, &sums);
        assert_int_equal(s.hours[i].under_way, f->zone ? 0 : sums.starts - sums.matched);
    }
    series_release(&s);
}

static void check_places(struct run *r, const struct windows_filter *f)
{
    struct series_places p;
    int64_t from_s, to_s;
    assert_true(series_places(&r->store.windows, f, &p));
    series_span(f->span, windows_clock_s(&r->store.windows, f), &from_s, &to_s);
    add_up(r, f, from_s, to_s, &sums);
    assert_memory_equal(p.pickups, sums.pickups, sizeof sums.pickups);
    assert_memory_equal(p.dropoffs, sums.dropoffs, sizeof sums.dropoffs);
    int64_t last = INT64_MAX;
    for (size_t i = 0; i < p.top_n; i++) {
        const struct window_route *route = &p.top[i];
        assert_int_equal(route->n, sums.routes_n[route->from][route->to]);
        assert_int_equal(route->ride_s, sums.routes_s[route->from][route->to]);
        assert_true(route->n > 0 && route->n <= last);
        last = route->n;
        sums.routes_n[route->from][route->to] = 0;
    }
    for (size_t from = 1; from <= ZONES; from++) { /* none of the others has more */
        for (size_t to = 1; to <= ZONES; to++) {
            bool taken = f->zone == 0 || from == (size_t)f->zone || to == (size_t)f->zone;
            assert_true(!taken || sums.routes_n[from][to] <= last);
            assert_true(!taken || p.top_n == SERIES_ROUTES_TOP || sums.routes_n[from][to] == 0);
        }
    }
}

static void check(struct run *r)
{
    check_totals(r);
    for (int i = 0; i < 4; i++) {
        struct windows_filter f = {.span = (enum windows_span)below(r, 4)};
        f.source = below(r, 3) == 0 ? sources[below(r, SOURCES)] : 0;
        f.dataset = f.source == 0 && below(r, 3) == 0 ? (int32_t)(1 + below(r, 4)) : 0;
        f.zone = below(r, 2) == 0 ? (int32_t)(1 + below(r, ZONES)) : 0;
        check_figures(r, &f);
        check_hours(r, &f);
        check_places(r, &f);
    }
}

static void run(uint64_t seed)
{
    struct run *r = calloc(1, sizeof *r);
    assert_non_null(r);
    struct tlc_err err;
    r->rng = seed;
    r->folder = unit_folder_make();
    (void)snprintf(r->path, sizeof r->path, "%s/windows.sqlite", r->folder);
    assert_int_equal(store_open(&r->store, r->path, 0, &err), TLC_OK);
    for (int step = 0; step < STEPS; step++) {
        send(r);
        if (below(r, 40) == 0) {
            restart(r);
        }
        if (below(r, 10) == 0) {
            check(r);
        }
    }
    restart(r);
    check(r);
    store_close(&r->store);
    unit_folder_remove(r->folder);
    free(r);
}

static void any_order_repetitions_and_restarts__same_as_added_up_anew(void **state)
{
    (void)state;
    const char *given = getenv("TLC_SEED");
    uint64_t first = given != NULL ? strtoull(given, NULL, 10) : 1;
    for (uint64_t seed = first; seed < first + (given != NULL ? 1 : 4); seed++) {
        print_message("seed %llu (repeat with TLC_SEED)\n", (unsigned long long)seed);
        run(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_repetitions_and_restarts__same_as_added_up_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
