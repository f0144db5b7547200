/* Any log, cut into any polls, with posts lost and doubled and the process killed at any moment,
 * ends in the windows and the ledger of the oracle. TLC_SEED=n repeats one run, TLC_RUNS=n makes
 * more of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/retry.h"
#include "common/event/codec_json.h"
#include "common/event/tripid.h"
#include "consumer-process/partition.h"
#include "consumer-process/publish.h"
#include "oracle.h"
#include "receiver.h"

#define ENTRIES_MAX 6000
#define MONTH_S INT64_C(1704085200) /* 2024-01-01 in New York */
#define TEXT_MAX (64 << 20)

struct log {
    struct entry entries[ENTRIES_MAX];
    size_t n;
};

struct world {
    uint64_t rng;
    const struct rules *rules;
    const struct log *log;
    struct window_pool pool;
    struct publisher publisher;
    struct partition *partition;
    size_t next;         /* entry to read */
    struct tlc_buf body; /* of the post under way */
    struct receiver receiver;
    char store_id[STORE_ID_MAX + 1];
    char known_id[STORE_ID_MAX + 1]; /* what the partition's commit named */
    struct tlc_buf metadata;         /* committed */
    int64_t low;                     /* committed; -1 = nothing */
    int64_t now_ms;
    int64_t crashes, commits, skipped_n, rebuilds;
};

static uint64_t below(uint64_t *rng, uint64_t n)
{
    return tlc_random_next(rng) % n;
}

static bool chance(uint64_t *rng, uint64_t in)
{
    return below(rng, in) == 0;
}

/* ---- logs ---- */

static const int32_t source_ids[] = {2202401, 1202401, 3202401, 9000000, 4202401};

static struct tlc_event event_make(uint64_t *rng, int32_t source, int64_t row, int status,
                                   int64_t at_s)
{
    struct tlc_event e = {.trip_id = tlc_tripid_make(source, row),
                          .at_s = at_s,
                          .vendor_id = 1,
                          .zone_id = (uint16_t)(1 + below(rng, 8)),
                          .status = (uint8_t)status};
    if (status == TLC_START && !chance(rng, 4)) {
        e.has = TLC_HAS_PASSENGERS;
        e.passengers = (uint8_t)below(rng, 6);
    }
    if (status == TLC_END && !chance(rng, 4)) {
        e.has = TLC_HAS_DISTANCE | TLC_HAS_FARE | TLC_HAS_TIP | TLC_HAS_TOTAL;
        e.distance_cmi = (int32_t)below(rng, 3000);
        e.fare_cents = (int32_t)below(rng, 9000) - 500;
        e.tip_cents = (int32_t)below(rng, 500);
        e.total_cents = e.fare_cents + e.tip_cents;
    }
    return e;
}

struct draft {
    struct entry entry;
    int64_t order; /* where in the log: event time and what the network adds */
};

static int draft_order(const void *a, const void *b)
{
    const struct draft *x = a;
    const struct draft *y = b;
    if (x->order != y->order) {
        return x->order < y->order ? -1 : 1;
    }
    return tlc_event_compare(&x->entry.event, &y->entry.event);
}

static void draft_add(struct draft *drafts, size_t *n, struct tlc_event e, int64_t delay_s)
{
    if (*n < ENTRIES_MAX - 200) {
        drafts[(*n)++] =
            (struct draft){.entry = {.kind = ENTRY_EVENT, .event = e}, .order = e.at_s + delay_s};
    }
}

/* One trip with what goes wrong with trips; odd: how often, 0 = never. */
static void draft_trip(uint64_t *rng, struct draft *drafts, size_t *n, int32_t source, int64_t row,
                       int64_t at_s, uint64_t odd, int64_t skew_s)
{
    int64_t ride_s = (int64_t)below(rng, chance(rng, 10) ? 20000 : 2400);
    if (odd && chance(rng, odd)) {
        ride_s = (int64_t)below(rng, 200000) - 9000; /* before its start, or for days */
    }
    bool no_end = chance(rng, 30), no_start = odd && chance(rng, 30);
    struct tlc_event start = event_make(rng, source, row, TLC_START, at_s);
    struct tlc_event end = event_make(rng, source, row, TLC_END, at_s + ride_s);
    int64_t skew_n = skew_s + 1;
    for (int copy = 0; copy == 0 || (odd && copy < 4 && chance(rng, odd)); copy++) {
        int64_t later_s = copy == 0 ? 0 : (int64_t)below(rng, chance(rng, 3) ? 40000 : 900);
        if (copy > 0 && chance(rng, 3)) { /* the same trip with other content */
            start = event_make(rng, source, row, TLC_START,
                               start.at_s + (int64_t)below(rng, 30000) - 9000);
            end =
                event_make(rng, source, row, TLC_END, end.at_s + (int64_t)below(rng, 30000) - 9000);
        }
        if (!no_start && (copy == 0 || !chance(rng, 3))) {
            draft_add(drafts, n, start, later_s + (int64_t)below(rng, (uint64_t)skew_n));
        }
        if (!no_end && (copy == 0 || !chance(rng, 3))) {
            draft_add(drafts, n, end, later_s + (int64_t)below(rng, (uint64_t)skew_n));
        }
    }
}

static void log_number(uint64_t *rng, struct log *log, bool odd)
{
    int64_t offset = (int64_t)below(rng, 1000);
    int64_t log_ms = (MONTH_S + INT64_C(86400)) * 1000; /* some live ones are ahead of it */
    for (size_t i = 0; i < log->n; i++) {
        log_ms += (int64_t)below(rng, 50);
        if (odd && chance(rng, 900)) {
            log_ms += (int64_t)(20 + below(rng, 10)) * 3600 * 1000;
        }
        log->entries[i].offset = offset;
        log->entries[i].log_ms = log_ms - (int64_t)below(rng, 20);
        offset += 1 + (odd && chance(rng, 50) ? (int64_t)below(rng, 3) : 0);
    }
}

static void log_insert(struct log *log, size_t at, struct entry entry)
{
    if (log->n < ENTRIES_MAX) {
        memmove(&log->entries[at + 1], &log->entries[at], (log->n - at) * sizeof(log->entries[0]));
        log->entries[at] = entry;
        log->n++;
    }
}

static void log_spoil(uint64_t *rng, struct log *log, size_t sources)
{
    for (uint64_t i = below(rng, 6); i > 0; i--) {
        log_insert(log, below(rng, log->n + 1), (struct entry){.kind = ENTRY_GARBAGE});
    }
    for (uint64_t i = below(rng, 4); i > 0; i--) {
        int32_t source = source_ids[below(rng, sources)];
        struct tlc_event far = event_make(
            rng, source, 5, TLC_START, MONTH_S + INT64_C(86400) * (int64_t)(40 + below(rng, 9999)));
        far.trip_id = tlc_tripid_make(2202401, 5);
        log_insert(log, below(rng, log->n + 1), (struct entry){.kind = ENTRY_EVENT, .event = far});
    }
    for (uint64_t i = below(rng, 3); i > 0; i--) {
        int32_t source = source_ids[below(rng, sources)];
        size_t at = chance(rng, 2) ? log->n : below(rng, log->n + 1);
        log_insert(log, at, (struct entry){.kind = ENTRY_MARK, .source = source});
        for (uint64_t k = below(rng, 3); k > 0; k--) { /* opened again, and perhaps closed again */
            at += 1 + below(rng, log->n - at);
            at = at < log->n ? at : log->n;
            enum tlc_mark mark = chance(rng, 3) ? TLC_MARK_CLOSED : TLC_MARK_OPEN;
            log_insert(log, at, (struct entry){.kind = ENTRY_MARK, .source = source, .mark = mark});
        }
    }
}

/* odd: rarity of oddities (0 none); skew_s: how far from event time's order. */
static void log_make(uint64_t *rng, struct log *log, uint64_t odd, int64_t skew_s)
{
    static struct draft drafts[ENTRIES_MAX];
    size_t n = 0;
    size_t sources = 1 + below(rng, TLC_COUNT(source_ids));
    size_t trips = 20 + below(rng, 700);
    uint64_t step_s = 1 + below(rng, 1200);
    for (size_t k = 0; k < sources; k++) {
        int64_t at_s = MONTH_S + (int64_t)below(rng, 86400 * 3);
        int64_t row = 1 + (int64_t)below(rng, 100);
        for (size_t i = 0; i < trips / sources; i++) {
            at_s += (int64_t)below(rng, step_s * sources);
            if (at_s > MONTH_S + INT64_C(29) * 86400) {
                break;
            }
            row += 1 + (int64_t)below(rng, 3);
            draft_trip(rng, drafts, &n, source_ids[k], row, at_s, odd, skew_s);
        }
    }
    qsort(drafts, n, sizeof(drafts[0]), draft_order);
    log->n = n;
    for (size_t i = 0; i < n; i++) {
        log->entries[i] = drafts[i].entry;
    }
    if (odd) {
        log_spoil(rng, log, sources);
    }
    log_number(rng, log, odd != 0);
}

/* ---- the process around the partition ---- */

static int world_post(void *ctx, struct tlc_str body, struct tlc_err *err)
{
    struct world *w = ctx;
    if (chance(&w->rng, 20)) {
        return tlc_err_set(err, TLC_RETRY, "no socket");
    }
    tlc_buf_reset(&w->body);
    assert_true(tlc_buf_add(&w->body, body));
    return 0;
}

static void world_partitions(void *ctx, struct jsonout *j)
{
    (void)ctx;
    (void)j;
}

static void world_start(struct world *w)
{
    window_pool_init(&w->pool);
    struct publish_hooks hooks = {
        .ctx = w, .post = world_post, .partitions = world_partitions, .logs = world_partitions};
    publish_init(&w->publisher, &hooks, w->rules, &w->pool, 0);
    w->publisher.windows_max = 1 + below(&w->rng, 40);
    struct partition_env env = {
        .rules = w->rules, .pool = &w->pool, .to_send = &w->publisher.to_send};
    static struct recovery r;
    struct tlc_err err;
    bool go_on = w->low >= 0;
    if (go_on) {
        assert_int_equal(recovery_decode(tlc_buf_str(&w->metadata), &r, &err), 0);
        (void)tlc_str_copy(w->known_id, sizeof(w->known_id), tlc_str_from(r.store_id));
    } else {
        w->known_id[0] = '\0';
    }
    w->partition = partition_new(&env, 0, go_on ? w->low : 0, go_on ? &r : NULL);
    assert_non_null(w->partition);
    w->partition->books.history.spacing = 1 + (int64_t)below(&w->rng, 40);
    w->next = 0;
    while (w->next < w->log->n && w->log->entries[w->next].offset < (go_on ? w->low : 0)) {
        w->next++;
    }
    w->skipped_n += (int64_t)w->next;
}

static void world_stop(struct world *w)
{
    partition_free(w->partition);
    w->partition = NULL;
    publish_release(&w->publisher);
    assert_int_equal(w->pool.in_use, 0);
    assert_int_equal(w->pool.bytes, 0);
    window_pool_release(&w->pool);
}

static void world_crash(struct world *w)
{
    if (w->publisher.under_way && chance(&w->rng, 2)) {
        receiver_take(&w->receiver, w->store_id, tlc_buf_str(&w->body));
    }
    world_stop(w);
    world_start(w);
    w->crashes++;
}

static void world_read(struct world *w, size_t n)
{
    char text[TLC_JSON_MAX];
    for (; n > 0 && w->next < w->log->n; n--) {
        const struct entry *e = &w->log->entries[w->next++];
        struct message m = {.offset = e->offset, .log_ms = e->log_ms};
        switch (e->kind) {
        case ENTRY_EVENT: m.value = (struct tlc_str){text, tlc_json_encode(&e->event, text)}; break;
        case ENTRY_MARK:
            m.value = (struct tlc_str){text, tlc_json_encode_mark(e->source, e->mark, text)};
            break;
        case ENTRY_GARBAGE: m.value = TLC_STR("{\"TripID\":tea}"); break;
        }
        struct tlc_err err;
        assert_int_equal(partition_apply(w->partition, &m, &err), 0);
    }
}

/* The dashboard answers, or does not, or its answer is lost. */
static void world_answer(struct world *w, bool well)
{
    if (!w->publisher.under_way) {
        return;
    }
    char reply[128];
    (void)snprintf(reply, sizeof(reply), "{\"store_id\":\"%s\",\"accepted\":1}", w->store_id);
    if (well || !chance(&w->rng, 3)) {
        receiver_take(&w->receiver, w->store_id, tlc_buf_str(&w->body));
        bool lost = !well && chance(&w->rng, 4);
        publish_done(&w->publisher, w->now_ms, lost ? 0 : 200,
                     lost ? TLC_STR("") : tlc_str_from(reply), -1, "reset");
    } else {
        publish_done(&w->publisher, w->now_ms, chance(&w->rng, 2) ? 503 : 413, TLC_STR("later"),
                     100, "");
    }
    if (w->publisher.windows_max == 0) {
        fail();
    }
    if (w->publisher.store_id[0] && w->known_id[0] &&
        strcmp(w->publisher.store_id, w->known_id) != 0) {
        /* process.c: another store, so read everything again */
        w->low = -1;
        char id[STORE_ID_MAX + 1];
        memcpy(id, w->publisher.store_id, sizeof(id));
        world_stop(w);
        world_start(w);
        memcpy(w->publisher.store_id, id, sizeof(id));
        w->rebuilds++;
    }
    if (w->publisher.store_id[0]) {
        memcpy(w->known_id, w->publisher.store_id, sizeof(w->known_id));
    }
}

static void world_commit(struct world *w)
{
    static struct recovery r;
    int64_t low = 0;
    const char *id = w->publisher.store_id[0] ? w->publisher.store_id : w->known_id;
    if (!partition_lowoffset(w->partition, id, &low, &r) || chance(&w->rng, 5)) {
        return;
    }
    assert_true(low <= r.effects);
    assert_true(r.effects <= r.position);
    struct tlc_buf text;
    tlc_buf_init(&text, METADATA_MAX * 2);
    if (recovery_encode(&r, &text)) {
        tlc_buf_reset(&w->metadata);
        assert_true(tlc_buf_add(&w->metadata, tlc_buf_str(&text)));
        w->low = low;
        w->commits++;
    }
    tlc_buf_release(&text);
}

/* The dashboard begins anew, while a message for the one before may be under way. */
static void world_lose_store(struct world *w)
{
    receiver_release(&w->receiver);
    (void)snprintf(w->store_id, sizeof(w->store_id), "store-%llu",
                   (unsigned long long)below(&w->rng, 1000000));
}

static void world_turn(struct world *w)
{
    w->now_ms += (int64_t)below(&w->rng, 5000);
    switch (below(&w->rng, 12)) {
    case 0:
    case 1:
    case 2:
    case 3: world_read(w, 1 + below(&w->rng, 60)); break;
    case 4:
    case 5:
    case 6: publish_step(&w->publisher, w->now_ms, true); break;
    case 7:
    case 8:
    case 9: world_answer(w, false); break;
    case 10: world_commit(w); break;
    default:
        if (chance(&w->rng, 3)) {
            world_crash(w);
        } else if (chance(&w->rng, 100)) {
            world_lose_store(w);
        }
        break;
    }
}

/* Until everything is sent, and an answer after that has shown that the store is still the same. */
static void world_finish(struct world *w)
{
    for (bool checked = false; !checked;) {
        bool idle = w->next == w->log->n && publish_idle(&w->publisher);
        int64_t posts = w->publisher.posts;
        w->now_ms += 60000;
        world_read(w, w->log->n);
        publish_step(&w->publisher, w->now_ms, true);
        world_answer(w, true);
        checked = idle && w->publisher.posts > posts && publish_idle(&w->publisher);
    }
}

static void world_run(struct world *w)
{
    world_start(w);
    for (int turns = 0; w->next < w->log->n && turns < 4000; turns++) {
        world_turn(w);
    }
    world_finish(w);
}

static void world_init(struct world *w, uint64_t seed, const struct rules *rules,
                       const struct log *log)
{
    *w = (struct world){.rng = seed, .rules = rules, .log = log, .low = -1, .store_id = "store-0"};
    tlc_buf_init(&w->body, TEXT_MAX);
    tlc_buf_init(&w->metadata, METADATA_MAX);
}

static void world_release(struct world *w)
{
    world_stop(w);
    receiver_release(&w->receiver);
    tlc_buf_release(&w->body);
    tlc_buf_release(&w->metadata);
}

/* ---- properties ---- */

static struct rules rules_make(uint64_t *rng)
{
    static const int64_t lateness_s[] = {0, 900, 3600, 5000, 7200, 7200, 86400};
    static const int64_t trip_max_s[] = {86400, 86400, 14400, 5000};
    return (struct rules){.window_s = chance(rng, 4) ? 700 : 900,
                          .lateness_s = lateness_s[below(rng, TLC_COUNT(lateness_s))],
                          .trip_max_s = trip_max_s[below(rng, TLC_COUNT(trip_max_s))],
                          .silence_ms = INT64_C(86400000),
                          .sources_max = (uint32_t)(2 + below(rng, 4)),
                          .open_max = 100000,
                          .seen_max = 100000,
                          .routes_max = 20000};
}

static void assert_same_text(uint64_t seed, const struct tlc_buf *got, const struct tlc_buf *want)
{
    if (tlc_str_eq(tlc_buf_str(got), tlc_buf_str(want))) {
        return;
    }
    struct tlc_str a = tlc_buf_str(got), b = tlc_buf_str(want), x = {0}, y = {0};
    while (tlc_str_split(&a, '\n', &x) && tlc_str_split(&b, '\n', &y) && tlc_str_eq(x, y)) {
    }
    print_error("seed %llu\n got %.*s\nwant %.*s\n", (unsigned long long)seed, TLC_STR_ARG(x),
                TLC_STR_ARG(y));
    fail();
}

static void assert_same_totals(uint64_t seed, const struct partition *p, const struct oracle *o)
{
    struct ledger want = oracle_ledger(o);
    if (memcmp(&want, &p->ledger, sizeof(want)) != 0) {
        print_error(
            "seed %llu: ledger differs: counted %lld/%lld duplicate %lld/%lld late %lld/%lld "
            "read %lld/%lld refused %lld/%lld\n",
            (unsigned long long)seed, (long long)p->ledger.counted, (long long)want.counted,
            (long long)p->ledger.duplicate, (long long)want.duplicate, (long long)p->ledger.late,
            (long long)want.late, (long long)p->ledger.read, (long long)want.read,
            (long long)p->ledger.refused, (long long)want.refused);
        fail();
    }
    assert_int_equal(p->ledger.read,
                     want.counted + want.duplicate + want.late + want.refused + want.marks);
    assert_int_equal(p->refused_unknown, oracle_refused(o, 0));
    for (size_t i = 0; i < p->sources_n; i++) {
        assert_int_equal(p->sources[i]->late, oracle_late(o, p->sources[i]->id));
        assert_int_equal(p->sources[i]->refused, oracle_refused(o, p->sources[i]->id));
    }
}

static struct log the_log;

static uint64_t seed_first(void)
{
    const char *text = getenv("TLC_SEED");
    return text ? strtoull(text, NULL, 10) : (uint64_t)tlc_wall_ms();
}

static uint64_t runs(uint64_t by_default)
{
    const char *text = getenv("TLC_RUNS");
    return text ? strtoull(text, NULL, 10) : by_default;
}

static void any_log__cut_anyhow_and_killed_anytime__equals_oracle(void **state)
{
    (void)state;
    uint64_t first = seed_first();
    print_message("seed %llu\n", (unsigned long long)first);
    int64_t crashes = 0, commits = 0, skipped = 0, rebuilds = 0;
    for (uint64_t seed = first; seed < first + runs(100); seed++) {
        uint64_t rng = seed;
        struct rules rules = rules_make(&rng);
        log_make(&rng, &the_log, 3 + below(&rng, 40), (int64_t)below(&rng, 9000));
        struct oracle *o = oracle_new(&rules);
        for (size_t i = 0; i < the_log.n; i++) {
            oracle_apply(o, &the_log.entries[i]);
        }
        struct world w;
        world_init(&w, rng, &rules, &the_log);
        world_run(&w);
        struct tlc_buf got, want;
        tlc_buf_init(&got, TEXT_MAX);
        tlc_buf_init(&want, TEXT_MAX);
        receiver_dump(&w.receiver, &got);
        oracle_dump(o, &want);
        assert_same_text(seed, &got, &want);
        assert_same_totals(seed, w.partition, o);
        crashes += w.crashes;
        commits += w.commits;
        skipped += w.skipped_n;
        rebuilds += w.rebuilds;
        tlc_buf_release(&got);
        tlc_buf_release(&want);
        world_release(&w);
        oracle_free(o);
    }
    print_message("crashes %lld, commits %lld, messages not read again %lld, stores lost %lld\n",
                  (long long)crashes, (long long)commits, (long long)skipped, (long long)rebuilds);
    if (!getenv("TLC_SEED")) { /* else the test would have shown nothing */
        assert_true(crashes > 0 && commits > 0 && skipped > 0);
    }
}

/* Another order of the same events, no one further from its place than half the lateness. */
static void log_shuffle(uint64_t *rng, struct log *log, int64_t skew_s)
{
    static struct draft drafts[ENTRIES_MAX];
    for (size_t i = 0; i < log->n; i++) {
        drafts[i] = (struct draft){.entry = log->entries[i],
                                   .order = log->entries[i].event.at_s +
                                            (int64_t)below(rng, (uint64_t)skew_s + 1)};
    }
    qsort(drafts, log->n, sizeof(drafts[0]), draft_order);
    for (size_t i = 0; i < log->n; i++) {
        log->entries[i] = drafts[i].entry;
    }
    log_number(rng, log, false);
}

/* The windows without their revisions, which name offsets. */
static void dump_of(const struct rules *rules, const struct log *log, uint64_t seed,
                    struct tlc_buf *out)
{
    struct world w;
    world_init(&w, seed, rules, log);
    world_run(&w);
    assert_int_equal(w.partition->ledger.late, 0);
    for (size_t i = 0; i < w.receiver.n; i++) {
        char *from = strstr(w.receiver.kept[i].text, "\"revision\":");
        char *to = strchr(from, ',');
        memmove(from, to + 1, strlen(to + 1) + 1);
    }
    receiver_dump(&w.receiver, out);
    world_release(&w);
}

static void clean_log__any_order_within_the_bound__same_final_windows(void **state)
{
    (void)state;
    uint64_t first = seed_first();
    print_message("seed %llu\n", (unsigned long long)first);
    for (uint64_t seed = first; seed < first + runs(60); seed++) {
        uint64_t rng = seed;
        struct rules rules = rules_make(&rng);
        rules.sources_max = SOURCES_MAX;
        int64_t skew_s = rules.lateness_s / 2;
        log_make(&rng, &the_log, 0, skew_s);
        for (size_t k = 0; k < TLC_COUNT(source_ids); k++) {
            log_insert(&the_log, the_log.n,
                       (struct entry){.kind = ENTRY_MARK,
                                      .source = source_ids[k],
                                      .event = {.at_s = INT64_C(1) << 40}});
        }
        log_number(&rng, &the_log, false);
        struct tlc_buf one, two;
        tlc_buf_init(&one, TEXT_MAX);
        tlc_buf_init(&two, TEXT_MAX);
        dump_of(&rules, &the_log, rng, &one);
        log_shuffle(&rng, &the_log, skew_s);
        dump_of(&rules, &the_log, rng, &two);
        assert_same_text(seed, &two, &one);
        tlc_buf_release(&one);
        tlc_buf_release(&two);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_log__cut_anyhow_and_killed_anytime__equals_oracle),
        cmocka_unit_test(clean_log__any_order_within_the_bound__same_final_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
