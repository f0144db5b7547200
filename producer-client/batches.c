#include "producer-client/batches.h"

#include <math.h>
#include <stdlib.h>

static bool round_init(struct round *r, const struct batches *b)
{
    r->batches = calloc(b->split_max, sizeof(*r->batches));
    r->ends = calloc(b->inputs_n, sizeof(*r->ends));
    bool ok = r->batches != NULL && r->ends != NULL;
    for (size_t i = 0; ok && i < b->split_max; i++) {
        tlc_buf_init(&r->batches[i].body, BATCH_BODY_MAX);
        r->batches[i].origins = calloc(b->batch_max, sizeof(*r->batches[i].origins));
        ok = r->batches[i].origins != NULL;
    }
    return ok;
}

int batches_init(struct batches *b, size_t split_max, size_t batch_max, size_t inputs_n,
                 int64_t skew_s, struct tlc_err *err)
{
    *b = (struct batches){.split_max = split_max,
                          .batch_max = batch_max,
                          .inputs_n = inputs_n,
                          .skew_s = skew_s,
                          .split_n = 1};
    b->frontier = calloc(inputs_n, sizeof(*b->frontier));
    bool ok = b->frontier != NULL;
    for (size_t i = 0; ok && i < ROUNDS_N; i++) {
        ok = round_init(&b->rounds[i], b);
    }
    if (!ok) {
        batches_release(b);
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "out of memory for %zu batches", split_max);
    }
    return TLC_OK;
}

void batches_release(struct batches *b)
{
    for (size_t i = 0; i < ROUNDS_N; i++) {
        struct round *r = &b->rounds[i];
        for (size_t k = 0; r->batches != NULL && k < b->split_max; k++) {
            tlc_buf_release(&r->batches[k].body);
            free(r->batches[k].origins);
        }
        free(r->batches);
        free(r->ends);
        *r = (struct round){.open = false};
    }
    free(b->frontier);
    b->frontier = NULL;
}

static const struct round *at(const struct batches *b, uint64_t seq)
{
    return &b->rounds[seq % ROUNDS_N];
}

static struct batch *share_of(const struct round *r, size_t lane)
{
    return &r->batches[lane * r->batches_n / LANES_N];
}

static void begin(struct batches *b, struct round *r)
{
    r->open = true;
    r->batches_n = b->split_n;
    r->events_n = 0;
    r->min_s = INT64_MAX;
    r->max_s = INT64_MIN;
    for (size_t i = 0; i < r->batches_n; i++) {
        struct batch *x = &r->batches[i];
        tlc_buf_reset(&x->body);
        x->state = BATCH_FILLING;
        x->lanes = 0;
        x->seq = b->next;
        x->events_n = 0;
        x->sends_n = 0;
    }
    for (size_t lane = 0; lane < LANES_N; lane++) {
        share_of(r, lane)->lanes |= UINT64_C(1) << lane;
    }
}

struct round *batches_filling(struct batches *b)
{
    if (b->next - b->first >= ROUNDS_N) {
        return NULL;
    }
    struct round *r = &b->rounds[b->next % ROUNDS_N];
    if (!r->open) {
        begin(b, r);
    }
    return r;
}

static bool has_time(const struct round *r)
{
    return r->min_s <= r->max_s;
}

/* A round of one batch goes alone: nothing can be too far behind it. */
static bool too_wide(const struct batches *b, const struct round *r, int64_t event_s)
{
    int64_t span_s = b->skew_s / 2;
    return r->batches_n > 1 && has_time(r) && event_s != TIME_UNKNOWN &&
           (event_s - r->min_s > span_s || r->max_s - event_s > span_s);
}

enum batches_added batches_add(const struct batches *b, struct round *r,
                               const struct batch_line *line, int64_t now_ms)
{
    struct batch *x = share_of(r, line->lane);
    size_t n = line->text.n + 1;
    if (x->events_n == b->batch_max || x->body.n + n > x->body.max ||
        too_wide(b, r, line->event_s)) {
        return BATCHES_FULL;
    }
    char *to = tlc_buf_reserve(&x->body, n);
    if (to == NULL) {
        return BATCHES_NO_MEMORY;
    }
    memcpy(to, line->text.p, line->text.n);
    to[line->text.n] = '\n';
    x->body.n += n;
    if (r->events_n++ == 0) {
        r->first_ms = now_ms;
    }
    x->origins[x->events_n++] = line->origin;
    if (line->event_s != TIME_UNKNOWN) {
        r->min_s = line->event_s < r->min_s ? line->event_s : r->min_s;
        r->max_s = line->event_s > r->max_s ? line->event_s : r->max_s;
    }
    return BATCHES_ADDED;
}

bool batches_has_full(const struct batches *b, const struct round *r)
{
    for (size_t i = 0; i < r->batches_n; i++) {
        if (r->batches[i].events_n == b->batch_max) {
            return true;
        }
    }
    return false;
}

/* Batches as large as may be: how many does half the skew bound fill, at this round's density? */
static size_t next_split(const struct batches *b, const struct round *r)
{
    double events = (double)r->events_n;
    if (batches_has_full(b, r)) { /* there would have been more */
        int64_t span_s = has_time(r) ? r->max_s - r->min_s : 0;
        events *= (double)b->skew_s / 2 / (double)(span_s > 0 ? span_s : 1);
    }
    double n = ceil(events / (double)b->batch_max);
    return n < 1 ? 1 : n > (double)b->split_max ? b->split_max : (size_t)n;
}

void batches_seal(struct batches *b, const struct position *ends)
{
    struct round *r = &b->rounds[b->next % ROUNDS_N];
    if (b->next - b->first >= ROUNDS_N || !r->open || r->events_n == 0) {
        return;
    }
    memcpy(r->ends, ends, b->inputs_n * sizeof(*ends));
    r->undone_n = 0;
    for (size_t i = 0; i < r->batches_n; i++) {
        bool empty = r->batches[i].events_n == 0;
        r->batches[i].state = empty ? BATCH_DONE : BATCH_READY;
        r->undone_n += !empty;
    }
    b->next++;
    b->split_n = next_split(b, r);
}

static bool was_sent(const struct round *r)
{
    for (size_t i = 0; i < r->batches_n; i++) {
        if (r->batches[i].sends_n > 0) {
            return true;
        }
    }
    return false;
}

/* An unacknowledged round that is too far behind this one holds it back. */
static bool held_back(const struct batches *b, uint64_t round)
{
    const struct round *r = at(b, round);
    if (round == b->first || !has_time(r)) {
        return false;
    }
    for (uint64_t seq = b->first; seq < b->next; seq++) {
        const struct round *other = at(b, seq);
        bool counts = seq != round && other->undone_n > 0 && has_time(other) &&
                      (seq < round || was_sent(other));
        if (counts && r->max_s - other->min_s > b->skew_s) {
            return true;
        }
    }
    return false;
}

struct batch *batches_pick(const struct batches *b)
{
    uint64_t taken = 0; /* lanes with something older that is not acknowledged */
    for (uint64_t seq = b->first; seq < b->next && taken != UINT64_MAX; seq++) {
        const struct round *r = at(b, seq);
        bool held = held_back(b, seq);
        for (size_t i = 0; i < r->batches_n; i++) {
            struct batch *x = &r->batches[i];
            if (x->state == BATCH_READY && !held && (x->lanes & taken) == 0) {
                return x;
            }
            taken |= x->state != BATCH_DONE ? x->lanes : 0;
        }
        if (held && !was_sent(r)) {
            return NULL; /* what was read later must not overtake it */
        }
    }
    return NULL;
}

void batches_again(struct batch *x)
{
    x->state = BATCH_READY;
}

void batches_done(struct batches *b, struct batch *x, int64_t accepted, int64_t refused)
{
    x->state = BATCH_DONE;
    b->acked += accepted;
    b->refused += refused;
    b->rounds[x->seq % ROUNDS_N].undone_n--;
    while (b->first < b->next && at(b, b->first)->undone_n == 0) {
        struct round *done = &b->rounds[b->first % ROUNDS_N];
        memcpy(b->frontier, done->ends, b->inputs_n * sizeof(*b->frontier));
        done->open = false;
        b->first++;
    }
}

int64_t batches_lane_offset(const struct batches *b, size_t lane, size_t input)
{
    int64_t offset = b->frontier[input].offset;
    for (uint64_t seq = b->first; seq < b->next; seq++) {
        const struct round *r = at(b, seq);
        if (share_of(r, lane)->state != BATCH_DONE) {
            break;
        }
        offset = r->ends[input].offset;
    }
    return offset;
}

int64_t batches_left(const struct batches *b)
{
    int64_t left = 0;
    for (size_t i = 0; i < ROUNDS_N; i++) {
        const struct round *r = &b->rounds[i];
        for (size_t k = 0; r->open && k < r->batches_n; k++) {
            const struct batch *x = &r->batches[k];
            left += x->state != BATCH_DONE ? (int64_t)x->events_n : 0;
        }
    }
    return left;
}

bool batches_idle(const struct batches *b)
{
    const struct round *r = at(b, b->next);
    return b->first == b->next && (!r->open || r->events_n == 0);
}
