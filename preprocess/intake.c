#include "preprocess/intake.h"

#include "common/base/clock.h"
#include "common/base/stop.h"

#define REJECTS_MAX (64U << 20) /* text of one batch: its rows and some bytes each */

void tally_init(struct tally *t)
{
    memset(t, 0, sizeof *t);
    t->first_s = INT64_MAX;
    t->last_s = INT64_MIN;
}

void tally_add(struct tally *t, const struct tally *more)
{
    t->rows += more->rows;
    t->rejected += more->rejected;
    t->trips += more->trips;
    t->events += more->events;
    for (int r = 0; r < TLC_RULE_N; r++) {
        t->rejected_by[r] += more->rejected_by[r];
        t->flagged_by[r] += more->flagged_by[r];
    }
    t->first_s = more->first_s < t->first_s ? more->first_s : t->first_s;
    t->last_s = more->last_s > t->last_s ? more->last_s : t->last_s;
}

void intake_init(struct intake *in, struct order *order, struct rejects *rejects,
                 struct progress *progress)
{
    memset(in, 0, sizeof *in);
    pthread_mutex_init(&in->lock, NULL);
    pthread_cond_init(&in->moved, NULL);
    in->order = order;
    in->rejects = rejects;
    in->progress = progress;
    tally_init(&in->tally);
}

void intake_release(struct intake *in)
{
    pthread_mutex_destroy(&in->lock);
    pthread_cond_destroy(&in->moved);
}

int intake_begin(struct intake *in, int32_t source, bool with_points, struct tlc_err *err)
{
    tally_init(&in->tally);
    in->source = source;
    in->with_points = with_points;
    in->reserved = in->retired = 0;
    return order_begin(in->order, source, 1, with_points, err);
}

void batch_init(struct batch *b)
{
    memset(b, 0, sizeof *b);
    tlc_buf_init(&b->rejects, REJECTS_MAX);
}

void batch_release(struct batch *b)
{
    tlc_buf_release(&b->rejects);
}

void batch_reset(struct batch *b, uint64_t number, size_t rows_n)
{
    b->number = number;
    b->rows_n = rows_n;
    tally_init(&b->tally);
    tlc_buf_reset(&b->rejects);
}

void intake_fail(struct intake *in, const struct tlc_err *err)
{
    pthread_mutex_lock(&in->lock);
    if (!atomic_load(&in->failed)) {
        in->err = *err;
        atomic_store(&in->failed, true);
    }
    pthread_cond_broadcast(&in->moved);
    pthread_mutex_unlock(&in->lock);
}

/* With the lock held. */
static void fail_locked(struct intake *in, const struct tlc_err *err)
{
    if (!atomic_load(&in->failed)) {
        in->err = *err;
        atomic_store(&in->failed, true);
    }
    pthread_cond_broadcast(&in->moved);
}

static bool make_room(struct intake *in, const struct batch *b)
{
    struct tlc_err err;
    const int64_t next_row = in->tally.rows + 1;
    if (next_row + (int64_t)b->rows_n > TLC_ROW_MAX) {
        tlc_err_fatal(&err, TLC_EXIT_DATA, "more than %lld rows: a TripID has no room for them",
                      (long long)TLC_ROW_MAX);
        fail_locked(in, &err);
        return false;
    }
    if (order_fits(in->order, b->rows_n)) {
        return true;
    }
    while (!atomic_load(&in->failed) && in->retired != b->number) {
        pthread_cond_wait(&in->moved, &in->lock);
    }
    if (atomic_load(&in->failed)) {
        return false;
    }
    if (order_spill(in->order, &err) != 0 ||
        order_begin(in->order, in->source, next_row, in->with_points, &err) != 0) {
        fail_locked(in, &err);
        return false;
    }
    return true;
}

bool intake_reserve(struct intake *in, struct batch *b)
{
    pthread_mutex_lock(&in->lock);
    while (!atomic_load(&in->failed) && in->reserved != b->number) {
        pthread_cond_wait(&in->moved, &in->lock);
    }
    in->order->read_fraction = progress_bytes(in->progress, b->read_bytes);
    if (tlc_stop_asked()) {
        struct tlc_err err;
        tlc_err_set(&err, TLC_STOP, "stopped");
        fail_locked(in, &err);
    }
    bool ok = !atomic_load(&in->failed) && make_room(in, b);
    if (ok) {
        b->row = in->tally.rows + 1;
        b->slot = in->order->slots_n;
        in->order->slots_n += b->rows_n;
        in->tally.rows += (int64_t)b->rows_n;
        in->reserved++;
        pthread_cond_broadcast(&in->moved);
    }
    pthread_mutex_unlock(&in->lock);
    return ok;
}

bool intake_retire(struct intake *in, const struct batch *b)
{
    pthread_mutex_lock(&in->lock);
    while (!atomic_load(&in->failed) && in->retired != b->number) {
        pthread_cond_wait(&in->moved, &in->lock);
    }
    struct tlc_err err;
    bool ok = !atomic_load(&in->failed);
    if (ok && b->rejects.failed) {
        tlc_err_fatal(&err, TLC_EXIT_SOFTWARE, "no memory for rejected rows");
        fail_locked(in, &err);
        ok = false;
    }
    if (ok && rejects_write(in->rejects, tlc_buf_str(&b->rejects), &err) != 0) {
        fail_locked(in, &err);
        ok = false;
    }
    if (ok) {
        tally_add(&in->tally, &b->tally); /* its rows were counted when they were reserved */
        order_note(in->order, b->tally.first_s, b->tally.last_s, b->tally.events);
        progress_rows(in->progress, (int64_t)b->rows_n, tlc_now_ms());
        in->retired++;
        pthread_cond_broadcast(&in->moved);
    }
    pthread_mutex_unlock(&in->lock);
    return ok;
}

void intake_reject(struct intake *in, struct batch *b, size_t i, enum tlc_rule rule,
                   struct tlc_str text)
{
    order_skip(in->order, b->slot + i);
    b->tally.rejected++;
    b->tally.rejected_by[rule]++;
    rejects_format(in->rejects, b->row + (int64_t)i, rule, text, &b->rejects);
}

static void count_flags(struct tally *t, const struct cleaned *c)
{
    const int zones = c->unknown_zones;
    for (uint64_t f = c->flags; f != 0; f &= f - 1) {
        const int r = __builtin_ctzll(f);
        t->flagged_by[r] += r == TLC_RULE_UNKNOWN_ZONE ? zones : 1;
    }
}

enum tlc_rule intake_row(struct intake *in, struct batch *b, size_t i, const struct clean *clean,
                         const struct raw_trip *raw)
{
    struct cleaned c;
    enum tlc_rule rule = clean_trip(clean, &b->days, raw, &c);
    count_flags(&b->tally, &c);
    if (rule != TLC_RULE_NONE) {
        return rule;
    }
    order_put(in->order, b->slot + i, &c);
    b->tally.trips++;
    b->tally.events += c.has_end ? 2 : 1;
    b->tally.first_s = c.start_s < b->tally.first_s ? c.start_s : b->tally.first_s;
    const int64_t end_s = c.has_end ? c.end_s : c.start_s;
    /* With end_before_start allowed an end can be the earliest event. */
    b->tally.first_s = end_s < b->tally.first_s ? end_s : b->tally.first_s;
    b->tally.last_s = end_s > b->tally.last_s ? end_s : b->tally.last_s;
    b->tally.last_s = c.start_s > b->tally.last_s ? c.start_s : b->tally.last_s;
    return TLC_RULE_NONE;
}
