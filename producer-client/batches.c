#include "producer-client/batches.h"

#include <stdlib.h>

int batches_init(struct batches *b, size_t ring_n, size_t batch_max, size_t inputs_n,
                 int64_t skew_s, struct tlc_err *err)
{
    *b = (struct batches){
        .ring_n = ring_n, .batch_max = batch_max, .inputs_n = inputs_n, .skew_s = skew_s};
    b->ring = calloc(ring_n, sizeof(*b->ring));
    b->frontier = calloc(inputs_n, sizeof(*b->frontier));
    bool ok = b->ring != NULL && b->frontier != NULL;
    for (size_t i = 0; ok && i < ring_n; i++) {
        struct batch *x = &b->ring[i];
        tlc_buf_init(&x->body, BATCH_BODY_MAX);
        x->origins = calloc(batch_max, sizeof(*x->origins));
        x->ends = calloc(inputs_n, sizeof(*x->ends));
        ok = x->origins != NULL && x->ends != NULL;
    }
    if (!ok) {
        batches_release(b);
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "out of memory for %zu batches", ring_n);
    }
    return TLC_OK;
}

void batches_release(struct batches *b)
{
    for (size_t i = 0; b->ring != NULL && i < b->ring_n; i++) {
        tlc_buf_release(&b->ring[i].body);
        free(b->ring[i].origins);
        free(b->ring[i].ends);
    }
    free(b->ring);
    free(b->frontier);
    b->ring = NULL;
    b->frontier = NULL;
}

static struct batch *at(const struct batches *b, uint64_t seq)
{
    return &b->ring[seq % b->ring_n];
}

struct batch *batches_filling(struct batches *b)
{
    if (b->next - b->first >= b->ring_n) {
        return NULL;
    }
    struct batch *x = at(b, b->next);
    if (x->state != BATCH_FILLING) {
        tlc_buf_reset(&x->body);
        x->state = BATCH_FILLING;
        x->seq = b->next;
        x->events_n = 0;
        x->min_s = INT64_MAX;
        x->max_s = INT64_MIN;
        x->sends_n = 0;
        x->accepted = 0;
        x->refused = 0;
    }
    return x;
}

bool batches_is_full(const struct batches *b, const struct batch *x, size_t line_n)
{
    return x->events_n == b->batch_max || x->body.n + line_n + 1 > x->body.max;
}

bool batches_add(struct batch *x, struct tlc_str line, uint64_t origin, int64_t event_s,
                 int64_t now_ms)
{
    char *to = tlc_buf_reserve(&x->body, line.n + 1);
    if (to == NULL) {
        return false;
    }
    memcpy(to, line.p, line.n);
    to[line.n] = '\n';
    x->body.n += line.n + 1;
    if (x->events_n == 0) {
        x->first_ms = now_ms;
    }
    x->origins[x->events_n++] = origin;
    if (event_s != TIME_UNKNOWN) {
        x->min_s = event_s < x->min_s ? event_s : x->min_s;
        x->max_s = event_s > x->max_s ? event_s : x->max_s;
    }
    return true;
}

void batches_seal(struct batches *b, const struct position *ends)
{
    struct batch *x = at(b, b->next);
    if (b->next - b->first >= b->ring_n || x->state != BATCH_FILLING || x->events_n == 0) {
        return;
    }
    memcpy(x->ends, ends, b->inputs_n * sizeof(*ends));
    x->state = BATCH_READY;
    b->next++;
}

static bool has_time(const struct batch *x)
{
    return x->min_s <= x->max_s;
}

/* An unacknowledged batch that is too far behind x holds it back. */
static bool held_back(const struct batches *b, const struct batch *x)
{
    if (!has_time(x)) {
        return false;
    }
    for (uint64_t seq = b->first; seq < b->next; seq++) {
        const struct batch *other = at(b, seq);
        bool counts = other != x && other->state != BATCH_DONE && has_time(other) &&
                      (seq < x->seq || other->sends_n > 0);
        if (counts && x->max_s - other->min_s > b->skew_s) {
            return true;
        }
    }
    return false;
}

struct batch *batches_pick(const struct batches *b)
{
    for (uint64_t seq = b->first; seq < b->next; seq++) {
        struct batch *x = at(b, seq);
        if (x->state != BATCH_READY) {
            continue;
        }
        if (seq == b->first || !held_back(b, x)) {
            return x;
        }
        if (x->sends_n == 0) {
            return NULL; /* what was read later must not overtake it */
        }
    }
    return NULL;
}

void batches_again(struct batch *x)
{
    x->state = BATCH_READY;
}

bool batches_done(struct batches *b, struct batch *x, int64_t accepted, int64_t refused)
{
    x->state = BATCH_DONE;
    x->accepted = accepted;
    x->refused = refused;
    bool moved = false;
    while (b->first < b->next && at(b, b->first)->state == BATCH_DONE) {
        struct batch *done = at(b, b->first);
        memcpy(b->frontier, done->ends, b->inputs_n * sizeof(*b->frontier));
        b->frontier_acked += done->accepted;
        b->frontier_refused += done->refused;
        done->state = BATCH_FREE;
        b->first++;
        moved = true;
    }
    return moved;
}

int64_t batches_left(const struct batches *b)
{
    int64_t left = 0;
    for (size_t i = 0; i < b->ring_n; i++) {
        enum batch_state s = b->ring[i].state;
        if (s == BATCH_FILLING || s == BATCH_READY || s == BATCH_SENDING) {
            left += (int64_t)b->ring[i].events_n;
        }
    }
    return left;
}

bool batches_idle(const struct batches *b)
{
    const struct batch *x = &b->ring[b->next % b->ring_n];
    return b->first == b->next && (x->state != BATCH_FILLING || x->events_n == 0);
}
