/* Whatever happens to two instances (partitions that move, sometimes without the old owner knowing;
 * a database that is away or whose answers get lost; a stop in mid-air), every message of the log
 * is written once. Seeds: 1 to 40, or the one in TLC_SEED. */
#include "tests/support/unit.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/retry.h"
#include "tests/unit/consumer-store/fakes.h"

#define INSTANCES 2
#define WRITERS_MAX 2
#define SEEDS 40
#define TURNS 250
#define DEADLINE_MS 60000

struct instance {
    struct fake_sink sinks[WRITERS_MAX];
    struct fake_source source;
    struct report report;
    struct writer *writers[WRITERS_MAX];
    struct store store;
};

struct world {
    uint64_t seed, rng;
    struct fake_log log;
    struct fake_db db;
    struct instance instances[INSTANCES];
    int64_t now_ms, row;
};

static uint64_t roll(struct world *w, uint64_t n)
{
    return tlc_random_next(&w->rng) % n;
}

static void instance_open(struct world *w, struct instance *in)
{
    struct tlc_err err;
    memset(in, 0, sizeof(*in));
    fake_source_init(&in->source, &w->log);
    report_init(&in->report);
    size_t writers_n = (size_t)(1 + roll(w, WRITERS_MAX));
    for (size_t i = 0; i < writers_n; i++) {
        in->sinks[i].db = &w->db;
        struct store_sink sink = fake_sink(&in->sinks[i]);
        assert_int_equal(writer_open(&sink, &in->report, &in->writers[i], &err), TLC_OK);
    }
    struct store_settings settings = {(int64_t)(1 + roll(w, 400)), 200};
    struct store_sink positions = fake_sink(&in->sinks[0]);
    store_init(&in->store, &settings, &positions, in->writers, writers_n, &in->report);
    in->store.source = fake_source(&in->source);
    in->source.hooks = store_hooks(&in->store);
    in->source.poll_max = (size_t)(1 + roll(w, FAKE_POLL));
}

/* As kill -9 would: what it held is gone. */
static void instance_close(struct instance *in)
{
    for (size_t i = 0; i < WRITERS_MAX; i++) {
        writer_close(&in->writers[i]);
    }
    store_release(&in->store);
    report_release(&in->report);
}

static void log_grow(struct world *w)
{
    int32_t partition = (int32_t)roll(w, FAKE_PARTITIONS);
    for (uint64_t n = roll(w, 60); n > 0 && w->log.high[partition] < FAKE_LENGTH; n--) {
        if (roll(w, 20) == 0) {
            fake_log_gap(&w->log, partition);
        } else if (roll(w, 20) == 0) {
            fake_log_text(&w->log, partition, roll(w, 2) ? "{" : "");
        } else {
            w->row++;
            fake_log_event(&w->log, partition, w->row, roll(w, 2) != 0);
        }
    }
}

/* The group decides anew. A partition may be given to one while the other has not heard yet. */
static void group_move(struct world *w)
{
    for (int32_t p = 0; p < FAKE_PARTITIONS; p++) {
        uint64_t owner = roll(w, INSTANCES + 1);
        for (size_t i = 0; i < INSTANCES; i++) {
            w->instances[i].source.lost = roll(w, 2) != 0;
            if (owner == i) {
                w->instances[i].source.wanted[p] = true;
            } else if (roll(w, 3) > 0) {
                w->instances[i].source.wanted[p] = false;
            }
        }
    }
}

static void turn(struct world *w)
{
    struct instance *in = &w->instances[roll(w, INSTANCES)];
    struct tlc_err err;
    w->now_ms += (int64_t)roll(w, 150);
    if (store_step(&in->store, w->now_ms, &err) == TLC_FATAL) {
        fail_msg("%s", err.text);
    }
    switch (roll(w, 25)) {
    case 0: group_move(w); break;
    case 1: /* killed, and started again */
        instance_close(in);
        instance_open(w, in);
        break;
    case 2: writer_wait(in->writers[0], 5); break;
    default: log_grow(w); break;
    }
}

static bool all_written(struct world *w)
{
    bool all = true;
    pthread_mutex_lock(&w->db.lock);
    for (int32_t p = 0; p < FAKE_PARTITIONS; p++) {
        all = all && w->db.next[p] == w->log.high[p];
    }
    pthread_mutex_unlock(&w->db.lock);
    return all;
}

/* The weather clears: each partition has one owner, the database answers. */
static void settle(struct world *w)
{
    struct tlc_err err;
    int64_t until_ms = tlc_now_ms() + DEADLINE_MS;
    pthread_mutex_lock(&w->db.lock);
    w->db.trouble = 0;
    pthread_mutex_unlock(&w->db.lock);
    for (int32_t p = 0; p < FAKE_PARTITIONS; p++) {
        w->instances[0].source.wanted[p] = p % 2 == 0;
        w->instances[1].source.wanted[p] = p % 2 != 0;
    }
    while (!all_written(w)) {
        if (tlc_now_ms() >= until_ms) {
            fail_msg("TLC_SEED=%llu: not all is read after %d s", (unsigned long long)w->seed,
                     DEADLINE_MS / 1000);
        }
        w->now_ms += 100;
        for (size_t i = 0; i < INSTANCES; i++) {
            if (store_step(&w->instances[i].store, w->now_ms, &err) == TLC_FATAL) {
                fail_msg("%s", err.text);
            }
            writer_wait(w->instances[i].writers[0], 5);
        }
    }
}

static void run(uint64_t seed)
{
    struct world *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    w->seed = w->rng = seed;
    w->now_ms = 1000000;
    fake_db_init(&w->db);
    w->db.trouble = (unsigned)roll(w, 60);
    w->db.rng = seed;
    w->db.log = &w->log;
    for (size_t i = 0; i < INSTANCES; i++) {
        instance_open(w, &w->instances[i]);
    }
    for (int i = 0; i < TURNS; i++) {
        turn(w);
    }
    settle(w);
    int64_t read = 0;
    for (int32_t p = 0; p < FAKE_PARTITIONS; p++) {
        int64_t faults = fake_db_faults(&w->db, p, 0, w->log.high[p]);
        if (faults > 0) {
            fail_msg("TLC_SEED=%llu: partition %d: %lld messages not written exactly once",
                     (unsigned long long)seed, (int)p, (long long)faults);
        }
        read += w->log.high[p];
    }
    assert_int_equal(w->db.ledger.read + w->db.ledger.gaps, read);
    assert_int_equal(w->db.ledger.read, w->db.ledger.stored + w->db.ledger.refused);
    for (size_t i = 0; i < INSTANCES; i++) {
        instance_close(&w->instances[i]);
    }
    fake_db_release(&w->db);
    free(w);
}

static void any_weather__every_message_once(void **state)
{
    (void)state;
    const char *only = getenv("TLC_SEED");
    if (only) {
        run(strtoull(only, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        run(seed);
    }
}

int main(void)
{
    tlc_log_init("test", TLC_ERROR); /* every fault is meant */
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_weather__every_message_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
