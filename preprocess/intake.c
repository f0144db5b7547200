#include "preprocess/intake.h"

#include "common/base/clock.h"
#include "common/base/stop.h"
#include "common/event/ny_time.h"

#define REJECTS_MAX (64U << 20) /* text of one batch: its rows and some bytes each */

void tally_init(struct tally *t)
{
    memset(t, 0, sizeof *t);
    t->first_s = INT64_MAX;
    t->last_s = INT64_MIN;
}

static void vote(struct tally *t, int32_t month, int64_t n)
{
    if (t->other_month == month || t->other_month_lead == 0) {
        t->other_month = n > 0 ? month : t->other_month;
        t->other_month_lead += n;
    } else if (n > t->other_month_lead) {
        t->other_month = month;
        t->other_month_lead = n - t->other_month_lead;
    } else {
        t->other_month_lead -= n;
    }
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
        t->flagged_rejected_by[r] += more->flagged_rejected_by[r];
    }
    t->outside_month += more->outside_month;
    t->zoned += more->zoned;
    t->out_by_moment += more->out_by_moment;
    t->out_by_wall += more->out_by_wall;
    vote(t, more->other_month, more->other_month_lead);
    t->first_s = more->first_s < t->first_s ? more->first_s : t->first_s;
    t->last_s = more->last_s > t->last_s ? more->last_s : t->last_s;
}

enum tlc_rule tally_leading_rule(const struct tally *t)
{
    enum tlc_rule worst = TLC_RULE_NONE;
    for (int r = 0; r < TLC_RULE_N; r++) {
        worst = t->rejected_by[r] > t->rejected_by[worst] ? (enum tlc_rule)r : worst;
    }
    return worst;
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

int intake_begin(struct intake *in, int32_t source, int64_t first_row, bool with_points,
                 struct tlc_err *err)
{
    tally_init(&in->tally);
    in->source = source;
    in->first_row = first_row;
    in->with_points = with_points;
    in->reserved = in->retired = 0;
    return order_begin(in->order, source, first_row, with_points, err);
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
    const int64_t next_row = in->first_row + in->tally.rows;
    if (next_row + (int64_t)b->rows_n > TLC_ROW_MAX) {
        tlc_err_fatal(&err, TLC_EXIT_DATA, "row numbers beyond %lld: a TripID has no room for them",
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

/* Before the batch's counts are added. */
static void take_samples(struct intake *in, const struct batch *b)
{
    for (int r = 0; b->tally.rejected > 0 && r < TLC_RULE_N; r++) {
        if (b->tally.rejected_by[r] > 0 && in->tally.rejected_by[r] == 0) {
            in->sample[r] = b->sample[r];
        }
    }
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
        take_samples(in, b);
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
    if (b->tally.rejected_by[rule]++ == 0) { /* a batch's rows are read in their order */
        struct sample *s = &b->sample[rule];
        s->row = b->row + (int64_t)i;
        const struct tlc_str shown = tlc_str_trim(text);
        s->n = shown.n < sizeof s->text ? shown.n : sizeof s->text;
        for (size_t k = 0; k < s->n; k++) {
            s->text[k] = shown.p[k] >= 32 && shown.p[k] < 127 ? shown.p[k] : '?';
        }
    }
    rejects_format(in->rejects, b->row + (int64_t)i, rule, text, &b->rejects);
}

static void count_flags(const struct cleaned *c, int64_t by_rule[TLC_RULE_N])
{
    for (uint64_t f = c->flags; f != 0; f &= f - 1) {
        const int r = __builtin_ctzll(f);
        const uint64_t bit = f & -f;
        by_rule[r] += bit & CLEAN_END_RULES
                          ? ((c->end_flags[0] & bit) != 0) + ((c->end_flags[1] & bit) != 0)
                          : 1;
    }
}

static void count_months(struct tally *t, const struct cleaned *c)
{
    if (c->outside_month) {
        struct tlc_civil civil;
        tlc_civil_from_wall_s(tlc_ny_wall_s(c->start_s), &civil);
        t->outside_month++;
        vote(t, civil.year * 100 + civil.month, 1);
    }
    t->out_by_moment += c->out_by_moment;
    t->out_by_wall += c->out_by_wall;
}

enum tlc_rule intake_row(struct intake *in, struct batch *b, size_t i, const struct clean *clean,
                         const struct raw_trip *raw)
{
    struct cleaned c;
    enum tlc_rule rule = clean_trip(clean, &b->days, raw, &c);
    if (c.outside_month | c.out_by_moment | c.out_by_wall) {
        count_months(&b->tally, &c);
    }
    b->tally.zoned += (raw->zoned >> COL_PICKUP) & 1;
    if (rule != TLC_RULE_NONE) {
        count_flags(&c, b->tally.flagged_rejected_by);
        return rule;
    }
    count_flags(&c, b->tally.flagged_by);
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
