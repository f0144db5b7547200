#include "tests/unit/consumer-store/fakes.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/base/retry.h"

#define SOURCE 2202401
#define JANUARY_S INT64_C(1704085200) /* 2024-01-01T00:00:00-05:00 */

/* ---- the log ---- */

static struct fake_message *append(struct fake_log *log, int32_t partition)
{
    assert(log->high[partition] < FAKE_LENGTH);
    return &log->messages[partition][log->high[partition]++];
}

void fake_log_event(struct fake_log *log, int32_t partition, int64_t row, bool end)
{
    struct tlc_event e = {
        .trip_id = tlc_tripid_make(SOURCE, row),
        .at_s = JANUARY_S + row * 60 + (end ? 600 : 0),
        .vendor_id = 2,
        .zone_id = (uint16_t)(1 + row % 265),
        .status = end ? TLC_END : TLC_START,
    };
    char text[TLC_JSON_MAX];
    struct fake_message *m = append(log, partition);
    m->n = tlc_json_encode(&e, text);
    assert(m->n <= FAKE_VALUE);
    memcpy(m->text, text, m->n);
}

void fake_log_gap(struct fake_log *log, int32_t partition)
{
    append(log, partition)->gap = true;
}

void fake_log_text(struct fake_log *log, int32_t partition, const char *text)
{
    struct fake_message *m = append(log, partition);
    m->n = strlen(text);
    assert(m->n <= FAKE_VALUE);
    memcpy(m->text, text, m->n);
}

/* ---- the database ---- */

void fake_db_init(struct fake_db *db)
{
    memset(db, 0, sizeof(*db));
    pthread_mutex_init(&db->lock, NULL);
    for (int i = 0; i < FAKE_PARTITIONS; i++) {
        db->next[i] = -1;
    }
}

void fake_db_release(struct fake_db *db)
{
    pthread_mutex_destroy(&db->lock);
}

void fake_db_set(struct fake_db *db, enum fake_outcome all)
{
    pthread_mutex_lock(&db->lock);
    db->all = all;
    pthread_mutex_unlock(&db->lock);
}

int fake_db_tries(struct fake_db *db)
{
    pthread_mutex_lock(&db->lock);
    int tries = db->tries;
    pthread_mutex_unlock(&db->lock);
    return tries;
}

int64_t fake_db_faults(struct fake_db *db, int32_t partition, int64_t from, int64_t to)
{
    int64_t faults = 0;
    pthread_mutex_lock(&db->lock);
    for (int64_t i = from; i < to; i++) {
        const bool gap = db->log && db->log->messages[partition][i].gap;
        faults += db->written[partition][i] != (gap ? 0 : 1);
    }
    pthread_mutex_unlock(&db->lock);
    return faults;
}

static enum fake_outcome outcome_next(struct fake_db *db)
{
    if (db->trouble == 0 || tlc_random_next(&db->rng) % 100 >= db->trouble) {
        return db->all;
    }
    return tlc_random_next(&db->rng) % 2 ? FAKE_AWAY : FAKE_UNANSWERED;
}

static bool was_unanswered(const struct fake_sink *sink, int32_t partition)
{
    for (size_t i = 0; i < sink->unanswered_n; i++) {
        if (sink->unanswered[i] == partition) {
            return true;
        }
    }
    return false;
}

/* Settles each part against the position: written by the try before, fenced, or still to write. */
static void parts_settle(struct fake_sink *sink, struct batch *b)
{
    struct fake_db *db = sink->db;
    for (size_t i = 0; i < b->parts_n; i++) {
        struct batch_part *p = &b->parts[i];
        if (!batch_part_pending(p) || db->next[p->partition] == p->from) {
            continue;
        }
        struct batch_part before = *p;
        struct tlc_err err;
        int rc = batch_drop(b, p->partition, BATCH_FENCED, &err);
        assert(rc == TLC_OK);
        if (sink->unknown && was_unanswered(sink, before.partition) &&
            db->next[before.partition] == before.to) {
            *p = before;
            p->outcome = BATCH_STORED;
        } else {
            db->fenced++;
        }
    }
    sink->unknown = false;
    sink->unanswered_n = 0;
}

static void parts_write(struct fake_db *db, struct batch *b)
{
    for (size_t i = 0; i < b->rows_n; i++) {
        struct batch_part *p = &b->parts[b->rows[i].slot];
        if (batch_part_pending(p)) {
            db->written[p->partition][b->rows[i].offset]++;
        }
    }
    for (size_t i = 0; i < b->refused_n; i++) {
        struct batch_part *p = &b->parts[b->refused[i].slot];
        if (batch_part_pending(p)) {
            db->written[p->partition][b->refused[i].offset]++;
        }
    }
    for (size_t i = 0; i < b->parts_n; i++) {
        struct batch_part *p = &b->parts[i];
        if (batch_part_pending(p)) {
            p->stored = p->rows;
            p->duplicate = p->bad = 0;
            db->next[p->partition] = p->to;
            db->witness[p->partition] = p->witness;
            db->ledger.gaps += p->gaps;
            db->ledger.read += p->read;
            db->ledger.stored += p->stored;
            db->ledger.refused += p->refused;
            db->ledger.marks += p->marks;
        }
    }
}

static int sink_write(void *ctx, struct batch *b, struct tlc_err *err)
{
    struct fake_sink *sink = ctx;
    struct fake_db *db = sink->db;
    pthread_mutex_lock(&db->lock);
    db->tries++;
    enum fake_outcome outcome = outcome_next(db);
    int rc = TLC_OK;
    if (outcome == FAKE_AWAY) {
        rc = tlc_err_set(err, TLC_RETRY, "away");
    } else if (outcome == FAKE_NO_SUCH_ROW) {
        rc = tlc_err_fatal(err, TLC_EXIT_CONFIG, "no rights");
    } else {
        parts_settle(sink, b);
        parts_write(db, b);
        for (size_t i = 0; i < b->parts_n; i++) {
            if (!batch_part_pending(&b->parts[i])) {
                continue;
            }
            if (outcome == FAKE_UNANSWERED) {
                sink->unknown = true;
                sink->unanswered[sink->unanswered_n++] = b->parts[i].partition;
                rc = tlc_err_set(err, TLC_RETRY, "no answer to COMMIT");
            } else {
                b->parts[i].outcome = BATCH_STORED;
            }
        }
    }
    pthread_mutex_unlock(&db->lock);
    return rc;
}

static int sink_position(void *ctx, int32_t partition, const struct store_beginning *beginning,
                         struct store_position *ret_position, struct tlc_err *err)
{
    struct fake_sink *sink = ctx;
    struct fake_db *db = sink->db;
    pthread_mutex_lock(&db->lock);
    bool away = db->positions_away;
    if (!away && db->next[partition] < 0 && beginning) {
        db->next[partition] = beginning->low;
        db->witness[partition] = TLC_KAFKA_NO_WITNESS;
        db->partitions[partition] = beginning->partitions;
    }
    struct store_position at = {db->next[partition], db->witness[partition]};
    pthread_mutex_unlock(&db->lock);
    if (away) {
        return tlc_err_set(err, TLC_RETRY, "away");
    }
    *ret_position = at;
    return TLC_OK;
}

static int sink_ledger(void *ctx, struct store_ledger *ret_ledger, struct tlc_err *err)
{
    struct fake_sink *sink = ctx;
    pthread_mutex_lock(&sink->db->lock);
    bool away = sink->db->all == FAKE_AWAY;
    *ret_ledger = sink->db->ledger;
    pthread_mutex_unlock(&sink->db->lock);
    return away ? tlc_err_set(err, TLC_RETRY, "away") : TLC_OK;
}

struct store_sink fake_sink(struct fake_sink *sink)
{
    return (struct store_sink){sink, sink_position, sink_write, sink_ledger};
}

/* ---- the source ---- */

void fake_source_init(struct fake_source *source, struct fake_log *log)
{
    memset(source, 0, sizeof(*source));
    source->log = log;
    source->poll_max = FAKE_POLL;
}

static int partitions_move(struct fake_source *s, struct tlc_err *err)
{
    int rc = TLC_OK;
    for (int32_t p = 0; p < FAKE_PARTITIONS; p++) {
        if (s->owned[p] && !s->wanted[p]) {
            s->hooks.revoked(s->hooks.ctx, p, s->lost);
            s->owned[p] = s->started[p] = false;
        }
    }
    for (int32_t p = 0; p < FAKE_PARTITIONS; p++) {
        if (!s->wanted[p] || s->started[p]) {
            continue;
        }
        s->owned[p] = true;
        s->paused[p] = false;
        struct tlc_kafka_start *start = &s->start[p];
        *start = (struct tlc_kafka_start){s->committed[p], TLC_KAFKA_NO_WITNESS};
        int started = s->hooks.assigned(s->hooks.ctx, p, (struct tlc_str){NULL, 0}, start, err);
        if (started == TLC_OK) {
            s->started[p] = true;
            s->at[p] = start->offset;
            s->last[p] = start->witness.offset;
        } else {
            rc = started;
        }
    }
    return rc;
}

static int source_poll(void *ctx, int64_t wait_ms, struct tlc_kafka_batch *ret_batch,
                       struct tlc_err *err)
{
    (void)wait_ms;
    struct fake_source *s = ctx;
    size_t n = 0;
    *ret_batch = (struct tlc_kafka_batch){s->messages, 0, 0};
    int rc = partitions_move(s, err);
    for (int32_t p = 0; p < FAKE_PARTITIONS; p++) {
        while (s->started[p] && !s->paused[p] && n < s->poll_max && s->at[p] < s->log->high[p]) {
            const struct fake_message *m = &s->log->messages[p][s->at[p]++];
            if (m->gap) {
                continue;
            }
            s->last[p] = s->at[p] - 1;
            s->messages[n++] = (struct tlc_kafka_message){
                .partition = p,
                .offset = s->last[p],
                .timestamp_ms = 1700000000000,
                .value = {m->text, m->n},
            };
        }
    }
    ret_batch->n = n;
    return n > 0 ? TLC_OK : rc;
}

static int source_seek(void *ctx, int32_t partition, int64_t offset, struct tlc_err *err)
{
    struct fake_source *s = ctx;
    if (!s->owned[partition]) {
        return tlc_err_set(err, TLC_RETRY, "not ours");
    }
    s->at[partition] = offset;
    s->seeks++;
    return TLC_OK;
}

static int source_pause(void *ctx, int32_t partition, bool paused, struct tlc_err *err)
{
    (void)err;
    struct fake_source *s = ctx;
    s->paused[partition] = paused;
    return TLC_OK;
}

static int source_commit(void *ctx, int32_t partition, int64_t next_offset, struct tlc_err *err)
{
    (void)err;
    struct fake_source *s = ctx;
    s->committed[partition] = next_offset;
    return TLC_OK;
}

static int source_range(void *ctx, int32_t partition, bool cached, int64_t *ret_low,
                        int64_t *ret_high, struct tlc_err *err)
{
    (void)cached;
    (void)err;
    struct fake_source *s = ctx;
    *ret_low = s->log->low[partition];
    *ret_high = s->log->high[partition];
    return TLC_OK;
}

static int64_t source_position(void *ctx, int32_t partition)
{
    const struct fake_source *s = ctx;
    return s->at[partition];
}

static struct tlc_kafka_witness source_witness(void *ctx, int32_t partition)
{
    const struct fake_source *s = ctx;
    return (struct tlc_kafka_witness){.offset = s->last[partition], .timestamp_ms = 1700000000000};
}

static int source_partitions(void *ctx, int64_t *ret_n, struct tlc_err *err)
{
    (void)ctx;
    (void)err;
    *ret_n = FAKE_PARTITIONS;
    return TLC_OK;
}

struct store_source fake_source(struct fake_source *source)
{
    return (struct store_source){.ctx = source,
                                 .poll = source_poll,
                                 .seek = source_seek,
                                 .pause = source_pause,
                                 .commit = source_commit,
                                 .range = source_range,
                                 .position = source_position,
                                 .witness = source_witness,
                                 .partitions = source_partitions};
}
