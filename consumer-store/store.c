#include "consumer-store/store.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/log.h"

#define POLL_MS 100
#define BUSY_POLL_MS 10 /* a batch waits for the writer */
#define REST_MS 50
#define REST_LANES_MS 5    /* another lane may be done before the one that is waited for */
#define PLACE_AGAIN_MS 250 /* between tries to read a lost position */
#define PUBLISH_MS 250
#define GIVE_BACK_MS 3000 /* partitions that move on wait so long for our transaction */

void store_init(struct store *s, const struct store_settings *settings,
                const struct store_sink *sink, struct writer *const *writers, size_t writers_n,
                struct report *report)
{
    assert(writers_n >= 1 && writers_n <= STORE_LANES_MAX);
    memset(s, 0, sizeof(*s));
    s->settings = *settings;
    s->sink = *sink;
    s->report = report;
    s->lanes_n = writers_n;
    for (size_t i = 0; i < writers_n; i++) {
        struct store_lane *l = &s->lanes[i];
        l->writer = writers[i];
        batch_init(&l->batches[0]);
        batch_init(&l->batches[1]);
        l->open = &l->batches[0];
        l->spare = &l->batches[1];
    }
}

void store_release(struct store *s)
{
    for (size_t i = 0; i < s->lanes_n; i++) {
        batch_release(&s->lanes[i].batches[0]);
        batch_release(&s->lanes[i].batches[1]);
    }
    free(s->partitions);
    s->partitions = NULL;
}

static struct store_lane *lane_of(struct store *s, int32_t number)
{
    return &s->lanes[(size_t)number % s->lanes_n];
}

static struct store_partition *partition_get(struct store *s, int32_t number)
{
    if ((size_t)number >= s->partitions_n) {
        size_t n = (size_t)number + 1;
        struct store_partition *grown = realloc(s->partitions, n * sizeof(*grown));
        if (!grown) {
            return NULL;
        }
        memset(grown + s->partitions_n, 0, (n - s->partitions_n) * sizeof(*grown));
        s->partitions = grown;
        s->partitions_n = n;
    }
    return &s->partitions[number];
}

/* ---- partitions come and go ---- */

/* The durable position; for a partition never read before it is made: the beginning of the log. */
static int position_find(struct store *s, int32_t number, struct store_position *ret,
                         struct tlc_err *err)
{
    int64_t high = 0;
    struct store_beginning beginning;
    int rc = s->sink.position(s->sink.ctx, number, NULL, ret, err);
    if (rc != TLC_OK || ret->next >= 0) {
        return rc;
    }
    rc = s->source.range(s->source.ctx, number, false, &beginning.low, &high, err);
    rc = rc == TLC_OK ? s->source.partitions(s->source.ctx, &beginning.partitions, err) : rc;
    rc = rc == TLC_OK ? s->sink.position(s->sink.ctx, number, &beginning, ret, err) : rc;
    if (rc == TLC_OK && beginning.low > 0) {
        tlc_log(TLC_WARN, "log_cut", "partition=%" PRId32 " first_offset=%" PRId64, number,
                beginning.low);
    }
    return rc;
}

/* Kafka's copy is only for lag tools, which are to see the truth from the start. One that someone
 * else put there is not followed: rows and position move together. */
static void copy_refresh(struct store *s, int32_t number, int64_t committed,
                         struct tlc_str metadata, int64_t next)
{
    struct tlc_err ignored;
    if (committed == next) {
        return;
    }
    if (committed >= 0 && !tlc_str_eq(metadata, TLC_STR(SOURCE_COMMITTED))) {
        tlc_log(TLC_WARN, "offset_not_followed",
                "partition=%" PRId32 " committed=%" PRId64 " position=%" PRId64
                " text=\"the position is kept in PostgreSQL, in the transaction of its rows; "
                "docs/scaling.md says how to read again\"",
                number, committed, next);
    }
    if (s->source.commit(s->source.ctx, number, next, &ignored) != TLC_OK) {
        tlc_log(TLC_DEBUG, "commit_failed", "error=\"%s\"", ignored.text);
    }
}

static int on_assigned(void *ctx, int32_t number, struct tlc_str metadata,
                       struct tlc_kafka_start *start, struct tlc_err *err)
{
    struct store *s = ctx;
    struct store_partition *p = partition_get(s, number);
    if (!p) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no memory for partitions");
    }
    struct store_position at;
    int rc = position_find(s, number, &at, err);
    if (rc == TLC_OK) {
        rc = batch_drop(lane_of(s, number)->open, number, BATCH_OPEN, err);
    }
    if (rc != TLC_OK) {
        return rc;
    }
    copy_refresh(s, number, start->offset, metadata, at.next);
    *p = (struct store_partition){.owned = true, .next = at.next, .stored_to = at.next};
    *start = (struct tlc_kafka_start){at.next, at.witness};
    tlc_log(TLC_INFO, "partition_assigned", "partition=%" PRId32 " position=%" PRId64, number,
            at.next);
    return TLC_OK;
}

static void on_revoked(void *ctx, int32_t number, bool lost)
{
    struct store *s = ctx;
    struct store_partition *p = partition_get(s, number);
    struct store_lane *l = lane_of(s, number);
    struct tlc_err err;
    if (!p) {
        return;
    }
    p->owned = false;
    if (batch_drop(l->open, number, BATCH_OPEN, &err) != TLC_OK) {
        tlc_log(TLC_ERROR, "drop_failed", "error=\"%s\"", err.text);
    }
    /* not needed to be right, the position fences us off: it only spares the next owner a re-read
     */
    if (!lost && !writer_away(l->writer)) {
        int64_t now_ms = tlc_now_ms();
        if (s->give_back_until_ms == 0) {
            s->give_back_until_ms = now_ms + GIVE_BACK_MS;
        }
        writer_wait(l->writer, s->give_back_until_ms - now_ms);
    }
    tlc_log(TLC_INFO, "partition_revoked", "partition=%" PRId32 " lost=%d", number, lost);
}

struct tlc_kafka_consumer_hooks store_hooks(struct store *s)
{
    return (struct tlc_kafka_consumer_hooks){s, on_assigned, on_revoked};
}

/* ---- what the writer gives back ---- */

static int fenced_note(struct store *s, struct store_partition *p, const struct batch_part *part,
                       struct tlc_err *err)
{
    tlc_log(TLC_WARN, "fenced", "partition=%" PRId32 " expected=%" PRId64, part->partition,
            part->from);
    p->misplaced = p->owned;
    s->place_at_ms = s->now_ms;
    return batch_drop(lane_of(s, part->partition)->open, part->partition, BATCH_OPEN, err);
}

static int collect_lane(struct store *s, struct store_lane *l, struct tlc_err *err)
{
    int rc = TLC_OK;
    struct batch *b = writer_take(l->writer, &rc, err);
    if (!b) {
        return TLC_OK;
    }
    for (size_t i = 0; rc == TLC_OK && i < b->parts_n; i++) {
        const struct batch_part *part = &b->parts[i];
        struct store_partition *p = partition_get(s, part->partition);
        if (part->outcome == BATCH_FENCED) {
            rc = fenced_note(s, p, part, err);
        } else if (part->outcome == BATCH_STORED && p->owned) {
            struct tlc_err ignored; /* Kafka's copy of the position is only for lag tools */
            p->stored_to = part->to > p->stored_to ? part->to : p->stored_to;
            if (s->source.commit(s->source.ctx, part->partition, part->to, &ignored) != TLC_OK) {
                tlc_log(TLC_DEBUG, "commit_failed", "error=\"%s\"", ignored.text);
            }
        }
    }
    batch_reset(b);
    l->spare = b;
    return rc;
}

static int collect(struct store *s, struct tlc_err *err)
{
    int rc = TLC_OK;
    for (size_t i = 0; rc == TLC_OK && i < s->lanes_n; i++) {
        rc = collect_lane(s, &s->lanes[i], err);
    }
    return rc;
}

/* Reads the position of fenced partitions again and goes on from there. */
static int place(struct store *s, struct tlc_err *err)
{
    if (s->now_ms < s->place_at_ms) {
        return TLC_OK;
    }
    s->place_at_ms = s->now_ms + PLACE_AGAIN_MS;
    for (size_t i = 0; i < s->partitions_n; i++) {
        struct store_partition *p = &s->partitions[i];
        struct store_position at;
        if (!p->owned || !p->misplaced) {
            continue;
        }
        int rc = position_find(s, (int32_t)i, &at, err);
        if (rc == TLC_OK) {
            rc = s->source.seek(s->source.ctx, (int32_t)i, at.next, err);
        }
        if (rc != TLC_OK) {
            return rc;
        }
        p->next = p->stored_to = at.next;
        p->misplaced = false;
    }
    return TLC_OK;
}

/* ---- turns ---- */

static bool lane_full(const struct store *s, const struct store_lane *l)
{
    return batch_full(l->open, (size_t)s->settings.batch_rows);
}

static int hand_over_lane(struct store *s, struct store_lane *l, bool now, struct tlc_err *err)
{
    bool old = s->now_ms - l->open->opened_ms >= s->settings.flush_ms;
    bool due = now || old || lane_full(s, l);
    if (batch_empty(l->open) || !due || !l->spare || writer_busy(l->writer)) {
        return TLC_OK;
    }
    struct batch *b = l->open;
    if (batch_encode(b, err) != TLC_OK) {
        return err->cls;
    }
    l->open = l->spare;
    l->spare = NULL;
    writer_submit(l->writer, b);
    return TLC_OK;
}

static int hand_over(struct store *s, bool now, struct tlc_err *err)
{
    int rc = TLC_OK;
    for (size_t i = 0; rc == TLC_OK && i < s->lanes_n; i++) {
        rc = hand_over_lane(s, &s->lanes[i], now, err);
    }
    return rc;
}

/* A lane that cannot take more: its batch is full and its writer has the other one. NULL: none. */
static struct store_lane *lane_stuck(struct store *s)
{
    for (size_t i = 0; i < s->lanes_n; i++) {
        if (lane_full(s, &s->lanes[i]) && !s->lanes[i].spare) {
            return &s->lanes[i];
        }
    }
    return NULL;
}

static int pause_all(struct store *s, bool paused, struct tlc_err *err)
{
    for (size_t i = 0; i < s->partitions_n; i++) {
        struct store_partition *p = &s->partitions[i];
        if (p->owned && p->paused != paused) {
            int rc = s->source.pause(s->source.ctx, (int32_t)i, paused, err);
            if (rc != TLC_OK) {
                return rc;
            }
            p->paused = paused;
        }
    }
    s->resting = paused;
    return TLC_OK;
}

/* A batch that takes something now. */
static struct batch *batch_for(struct store *s, int32_t number)
{
    struct batch *b = lane_of(s, number)->open;
    if (batch_empty(b)) {
        b->opened_ms = s->now_ms;
    }
    return b;
}

static int take_messages(struct store *s, const struct tlc_kafka_batch *polled, struct tlc_err *err)
{
    for (size_t i = 0; i < polled->n; i++) {
        const struct tlc_kafka_message *m = &polled->messages[i];
        struct store_partition *p = partition_get(s, m->partition);
        if (!p || !p->owned || p->misplaced || m->offset < p->next) {
            continue;
        }
        int rc = batch_add(batch_for(s, m->partition), m, p->next, err);
        if (rc != TLC_OK) {
            return rc;
        }
        p->next = m->offset + 1;
    }
    return TLC_OK;
}

/* Each partition's position is that of the source now: behind its messages, and at the log's end
 * behind what is none. */
static int take_positions(struct store *s, struct tlc_err *err)
{
    for (size_t i = 0; i < s->partitions_n; i++) {
        struct store_partition *p = &s->partitions[i];
        const int32_t number = (int32_t)i;
        if (!p->owned || p->misplaced) {
            continue;
        }
        const int64_t at = s->source.position(s->source.ctx, number);
        if (at > p->next) {
            int rc = batch_pass(batch_for(s, number), number, p->next, at, err);
            if (rc != TLC_OK) {
                return rc;
            }
            p->next = at;
        }
        struct batch_part *part = batch_part_find(lane_of(s, number)->open, number);
        if (part && part->to == p->next) {
            part->witness = s->source.witness(s->source.ctx, number);
        }
    }
    return TLC_OK;
}

static int read_on(struct store *s, int64_t wait_ms, struct tlc_err *err)
{
    struct tlc_kafka_batch polled;
    s->give_back_until_ms = 0;
    int rc = s->source.poll(s->source.ctx, wait_ms, &polled, err);
    if (rc == TLC_OK) {
        report_kafka(s->report, "");
        rc = take_messages(s, &polled, err);
        return rc == TLC_OK ? take_positions(s, err) : rc;
    }
    report_kafka(s->report, err->text);
    return rc;
}

/* Full, and the writer is not done. With the database away the partitions rest, but the group has
 * to hear from us. */
static int rest(struct store *s, struct store_lane *stuck, struct tlc_err *err)
{
    if (!writer_away(stuck->writer)) {
        writer_wait(stuck->writer, s->lanes_n > 1 ? REST_LANES_MS : REST_MS);
        return TLC_OK;
    }
    int rc = pause_all(s, true, err);
    return rc == TLC_OK ? read_on(s, REST_MS, err) : rc;
}

static void publish(struct store *s)
{
    if (s->now_ms < s->publish_at_ms) {
        return;
    }
    s->publish_at_ms = s->now_ms + PUBLISH_MS;
    struct report_partition rows[REPORT_PARTITIONS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < s->partitions_n && n < REPORT_PARTITIONS_MAX; i++) {
        const struct store_partition *p = &s->partitions[i];
        int64_t low = -1, high = -1;
        struct tlc_err ignored;
        if (!p->owned) {
            continue;
        }
        if (s->source.range(s->source.ctx, (int32_t)i, true, &low, &high, &ignored) != TLC_OK) {
            high = -1;
        }
        rows[n++] = (struct report_partition){(int32_t)i, p->stored_to, high};
    }
    report_partitions(s->report, rows, n);
}

/* Until a batch is old enough to be stored. */
static int64_t poll_wait_ms(const struct store *s)
{
    int64_t wait_ms = POLL_MS;
    for (size_t i = 0; i < s->lanes_n; i++) {
        const struct store_lane *l = &s->lanes[i];
        int64_t least_ms = l->spare ? 0 : BUSY_POLL_MS;
        int64_t left_ms = l->spare ? POLL_MS : BUSY_POLL_MS;
        if (!batch_empty(l->open)) {
            left_ms = l->open->opened_ms + s->settings.flush_ms - s->now_ms;
        }
        left_ms = left_ms > least_ms ? left_ms : least_ms;
        wait_ms = left_ms < wait_ms ? left_ms : wait_ms;
    }
    return wait_ms;
}

int store_step(struct store *s, int64_t now_ms, struct tlc_err *err)
{
    s->now_ms = now_ms;
    int rc = collect(s, err);
    if (rc == TLC_OK) {
        rc = place(s, err);
    }
    if (rc == TLC_FATAL || hand_over(s, false, err) != TLC_OK) {
        return err->cls;
    }
    publish(s);
    struct store_lane *stuck = lane_stuck(s);
    if (stuck) {
        return rest(s, stuck, err);
    }
    if (s->resting) {
        int resumed = pause_all(s, false, err);
        if (resumed != TLC_OK) {
            return resumed;
        }
    }
    int read = read_on(s, poll_wait_ms(s), err);
    return rc != TLC_OK ? rc : read;
}

/* The first lane with something that is not stored yet. NULL: none. */
static struct store_lane *lane_undone(struct store *s)
{
    for (size_t i = 0; i < s->lanes_n; i++) {
        if (!batch_empty(s->lanes[i].open) || !s->lanes[i].spare) {
            return &s->lanes[i];
        }
    }
    return NULL;
}

int store_drain(struct store *s, int64_t wait_ms, struct tlc_err *err)
{
    int64_t until_ms = tlc_now_ms() + wait_ms;
    report_draining(s->report);
    for (;;) {
        s->now_ms = tlc_now_ms();
        int rc = collect(s, err);
        if (rc == TLC_OK) {
            rc = hand_over(s, true, err);
        }
        if (rc != TLC_OK) {
            return rc;
        }
        struct store_lane *undone = lane_undone(s);
        if (!undone) {
            s->publish_at_ms = 0;
            publish(s);
            return TLC_OK;
        }
        if (s->now_ms >= until_ms) {
            return tlc_err_set(err, TLC_RETRY,
                               "stopped before the last batch was stored; it is still in the log");
        }
        writer_wait(undone->writer, REST_MS);
    }
}
