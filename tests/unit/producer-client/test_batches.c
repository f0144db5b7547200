#include "tests/support/unit.h"

#include "common/base/retry.h"
#include "producer-client/batches.h"

#define SKEW_S 3600
#define SPAN_S (SKEW_S / 2) /* of a round that is split */
#define BATCH 2
#define LAST (LANES_N - 1)

static void start(struct batches *b, size_t split_max)
{
    struct tlc_err err;
    assert_int_equal(batches_init(b, split_max, BATCH, 1, SKEW_S, &err), 0);
}

static enum batches_added try_add(struct batches *b, size_t lane, int64_t event_s)
{
    const struct batch_line line = {
        .text = TLC_STR("{}"), .origin = 1, .lane = lane, .event_s = event_s};
    struct round *r = batches_filling(b);
    assert_non_null(r);
    return batches_add(b, r, &line, 0);
}

static void add(struct batches *b, size_t lane, int64_t event_s)
{
    assert_int_equal(try_add(b, lane, event_s), BATCHES_ADDED);
}

static void seal(struct batches *b, int64_t offset)
{
    batches_seal(b, &(struct position){.offset = offset, .line_no = offset / 3});
}

/* A sealed round with an event of the first lane and one of the last; its end is at offset. */
static const struct round *pair(struct batches *b, int64_t event_s, int64_t offset)
{
    const struct round *r = batches_filling(b);
    add(b, 0, event_s);
    add(b, LAST, event_s);
    seal(b, offset);
    return r;
}

/* The next rounds have two batches until one says otherwise by how it is filled. */
static void start_split(struct batches *b)
{
    start(b, 2);
    b->split_n = 2;
}

/* A sealed round of two batches, as dense as to be followed by another. */
static const struct round *split_pair(struct batches *b, int64_t event_s, int64_t offset)
{
    const struct round *r = pair(b, event_s, offset);
    assert_int_equal(r->batches_n, 2);
    b->split_n = 2;
    return r;
}

static struct batch *send(struct batches *b)
{
    struct batch *x = batches_pick(b);
    if (x != NULL) {
        x->state = BATCH_SENDING;
        x->sends_n++;
    }
    return x;
}

static void lane__ids_of_any_stride__spread_evenly(void **state)
{
    (void)state;
    static const int64_t strides[] = {1, 2, 4, 64, 1000, 1000000000};
    for (size_t i = 0; i < TLC_COUNT(strides); i++) {
        size_t counts[LANES_N] = {0};
        for (int64_t k = 0; k < 100 * LANES_N; k++) {
            size_t lane = batches_lane(INT64_C(1202401000000001) + k * strides[i]);
            assert_true(lane < LANES_N);
            counts[lane]++;
        }
        for (size_t lane = 0; lane < LANES_N; lane++) {
            assert_in_range(counts[lane], 50, 150);
        }
    }
}

static void add__lines__joined_with_line_feeds(void **state)
{
    (void)state;
    struct batches b;
    start(&b, 1);
    struct round *r = batches_filling(&b);
    struct batch_line a = {TLC_STR("{\"a\":1}"), 7, 0, 100},
                      c = {TLC_STR("{\"b\":2}"), 8, LAST, 90};
    assert_int_equal(batches_add(&b, r, &a, 42), BATCHES_ADDED);
    assert_false(batches_has_full(&b, r));
    assert_int_equal(batches_add(&b, r, &c, 50), BATCHES_ADDED);
    assert_true(batches_has_full(&b, r));
    assert_int_equal(batches_add(&b, r, &a, 51), BATCHES_FULL);
    assert_true(tlc_str_eq(tlc_buf_str(&r->batches[0].body), TLC_STR("{\"a\":1}\n{\"b\":2}\n")));
    assert_int_equal(r->batches[0].origins[0], 7);
    assert_int_equal(r->batches[0].origins[1], 8);
    assert_int_equal(r->min_s, 90);
    assert_int_equal(r->max_s, 100);
    assert_int_equal(r->first_ms, 42);
    assert_int_equal(batches_left(&b), 2);
    assert_false(batches_idle(&b));
    batches_release(&b);
}

static void add__body_at_its_maximum__full(void **state)
{
    (void)state;
    struct batches b;
    start(&b, 1);
    struct round *r = batches_filling(&b);
    char *text = calloc(1, BATCH_BODY_MAX);
    assert_non_null(text);
    assert_int_equal(
        batches_add(&b, r, &(struct batch_line){.text = {text, BATCH_BODY_MAX - 2}}, 0),
        BATCHES_ADDED);
    assert_int_equal(try_add(&b, 0, 0), BATCHES_FULL);
    free(text);
    batches_release(&b);
}

static void add__split_round_as_wide_as_half_the_bound__full(void **state)
{
    (void)state;
    struct batches b;
    start_split(&b);
    add(&b, 0, 5000);
    assert_int_equal(try_add(&b, LAST, 5000 + SPAN_S + 1), BATCHES_FULL);
    assert_int_equal(try_add(&b, LAST, 5000 - SPAN_S - 1), BATCHES_FULL);
    add(&b, LAST, TIME_UNKNOWN);
    add(&b, LAST, 5000 + SPAN_S);
    batches_release(&b);
}

static void seal__empty__stays(void **state)
{
    (void)state;
    struct batches b;
    start(&b, 2);
    assert_non_null(batches_filling(&b));
    seal(&b, 1);
    assert_null(batches_pick(&b));
    assert_true(batches_idle(&b));
    batches_release(&b);
}

/* A full batch within so many seconds: how many batches half the skew bound would fill. */
static void seal__density_of_the_events__sets_the_next_split(void **state)
{
    (void)state;
    static const struct {
        size_t events;
        int64_t span_s;
        size_t split;
    } cases[] = {{1, 0, 1},          {2, 0, 4},          {2, SPAN_S / 4, 4}, {2, SPAN_S / 3, 3},
                 {2, SPAN_S / 2, 2}, {2, SPAN_S - 1, 2}, {2, SPAN_S, 1},     {2, 99 * SKEW_S, 1}};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct batches b;
        start(&b, 4);
        add(&b, 0, 0);
        if (cases[i].events == 2) {
            add(&b, LAST, cases[i].span_s); /* one batch, whatever its lanes and however wide */
        }
        seal(&b, 1);
        assert_int_equal(b.rounds[0].batches_n, 1);
        assert_int_equal(batches_filling(&b)->batches_n, cases[i].split);
        batches_release(&b);
    }
}

static void seal__split_round_with_less_than_a_batch__next_is_one(void **state)
{
    (void)state;
    struct batches b;
    start_split(&b);
    add(&b, 0, 0);
    seal(&b, 1);
    assert_int_equal(batches_filling(&b)->batches_n, 1);
    batches_release(&b);
}

static void filling__ring_full__none(void **state)
{
    (void)state;
    struct batches b;
    start(&b, 2);
    for (int i = 0; i < ROUNDS_N; i++) {
        pair(&b, i, i + 1);
    }
    assert_null(batches_filling(&b));
    batches_done(&b, send(&b), 2, 0);
    assert_non_null(batches_filling(&b));
    batches_release(&b);
}

static void pick__lane_under_way__its_next_batch_waits(void **state)
{
    (void)state;
    struct batches b;
    start_split(&b);
    const struct round *r1 = split_pair(&b, 0, 1), *r2 = split_pair(&b, 1, 2);
    assert_ptr_equal(send(&b), &r1->batches[0]);
    assert_ptr_equal(send(&b), &r1->batches[1]);
    assert_null(send(&b));
    batches_done(&b, &r1->batches[1], 1, 0);
    assert_ptr_equal(send(&b), &r2->batches[1]);
    assert_null(send(&b));
    batches_again(&r1->batches[0]); /* it failed: it goes again, and not the one after it */
    assert_ptr_equal(send(&b), &r1->batches[0]);
    assert_null(send(&b));
    batches_release(&b);
}

static void pick__round_of_one_batch__alone_under_way(void **state)
{
    (void)state;
    struct batches b;
    start(&b, 2);
    const struct round *whole = pair(&b, 0, 1), *split = pair(&b, 1, 2);
    assert_int_equal(whole->batches_n, 1);
    assert_int_equal(split->batches_n, 2);
    assert_ptr_equal(send(&b), &whole->batches[0]);
    assert_null(send(&b));
    batches_done(&b, &whole->batches[0], 2, 0);
    assert_non_null(send(&b));
    assert_non_null(send(&b));
    batches_release(&b);
}

static void pick__unacknowledged_too_far_behind__held_back(void **state)
{
    (void)state;
    struct batches b;
    start_split(&b);
    const struct round *r1 = split_pair(&b, 0, 1);
    split_pair(&b, SKEW_S, 2);
    const struct round *r3 = split_pair(&b, SKEW_S + 1, 3);
    send(&b);
    send(&b);
    batches_done(&b, &r1->batches[1], 1, 0);
    struct batch *x = send(&b); /* just on the bound */
    assert_non_null(x);
    batches_done(&b, x, 1, 0);
    assert_null(send(&b)); /* a second past it */
    batches_done(&b, &r1->batches[0], 1, 0);
    assert_non_null(send(&b));
    assert_ptr_equal(send(&b), &r3->batches[1]);
    batches_release(&b);
}

static void pick__later_round__does_not_overtake_a_held_one(void **state)
{
    (void)state;
    struct batches b;
    start_split(&b);
    add(&b, 0, 0);
    seal(&b, 1);
    b.split_n = 2;
    add(&b, LAST, 2 * SKEW_S); /* held back by the first */
    seal(&b, 2);
    b.split_n = 2;
    add(&b, LAST, 10); /* would fit, but was read later */
    seal(&b, 3);
    assert_non_null(send(&b));
    assert_null(send(&b));
    batches_release(&b);
}

static void pick__times_unknown__not_held(void **state)
{
    (void)state;
    struct batches b;
    start_split(&b);
    add(&b, 0, 0);
    seal(&b, 1);
    b.split_n = 2;
    const struct round *r = batches_filling(&b);
    add(&b, LAST, TIME_UNKNOWN);
    seal(&b, 2);
    assert_non_null(send(&b));
    assert_ptr_equal(send(&b), &r->batches[1]);
    batches_release(&b);
}

static void done__out_of_order__frontier_waits_for_the_gap_lanes_do_not(void **state)
{
    (void)state;
    struct batches b;
    start_split(&b);
    const struct round *r1 = split_pair(&b, 0, 10), *r2 = split_pair(&b, 1, 20);
    send(&b);
    send(&b);
    batches_done(&b, &r1->batches[1], 1, 0);
    send(&b);
    batches_done(&b, &r2->batches[1], 0, 1);
    assert_int_equal(b.frontier[0].offset, 0);
    assert_int_equal(batches_lane_offset(&b, 0, 0), 0);
    assert_int_equal(batches_lane_offset(&b, LAST, 0), 20);
    assert_int_equal(batches_left(&b), 2);
    batches_done(&b, &r1->batches[0], 1, 0);
    assert_int_equal(b.frontier[0].offset, 10);
    assert_int_equal(batches_lane_offset(&b, 0, 0), 10);
    send(&b);
    batches_done(&b, &r2->batches[0], 1, 0);
    assert_int_equal(b.frontier[0].offset, 20);
    assert_int_equal(b.acked, 3);
    assert_int_equal(b.refused, 1);
    assert_true(batches_idle(&b));
    batches_release(&b);
}

#define TRIPS 400
#define FLYING_MAX 8

struct trial {
    struct batches b;
    uint64_t rng;
    struct batch *flying[FLYING_MAX];
    size_t flying_n;
    int64_t at_s;
    size_t read_n;
    uint64_t next_of[LANES_N]; /* least origin that a lane may send: all before are acknowledged */
};

static void read_some(struct trial *t)
{
    bool dense = tlc_random_next(&t->rng) % 4 > 0;
    for (struct round *r; t->read_n < TRIPS && (r = batches_filling(&t->b)) != NULL;) {
        int64_t event_s = t->at_s + (int64_t)(tlc_random_next(&t->rng) % (dense ? 600 : 5000));
        size_t lane = batches_lane((int64_t)(tlc_random_next(&t->rng) % 50));
        const struct batch_line line = {TLC_STR("{}"), (uint64_t)lane << 48 | (t->read_n + 1), lane,
                                        event_s};
        bool flush = tlc_random_next(&t->rng) % 20 == 0 && r->events_n > 0;
        if (flush || batches_add(&t->b, r, &line, 0) == BATCHES_FULL) {
            seal(&t->b, (int64_t)t->read_n);
            continue;
        }
        t->at_s = event_s;
        t->read_n++;
    }
    if (t->read_n == TRIPS) {
        seal(&t->b, TRIPS);
    }
}

/* Nothing that is under way at the same time is of one lane, nor wider apart than the bound. */
static void check_sent(const struct trial *t, const struct batch *x)
{
    const struct round *r = &t->b.rounds[x->seq % ROUNDS_N];
    for (size_t i = 0; i < t->flying_n; i++) {
        const struct batch *other = t->flying[i];
        const struct round *o = &t->b.rounds[other->seq % ROUNDS_N];
        assert_true((other->lanes & x->lanes) == 0);
        assert_true(x->seq == t->b.first || r->max_s - o->min_s <= SKEW_S);
    }
    for (size_t i = 0; i < x->events_n; i++) {
        assert_true(x->origins[i] >= t->next_of[x->origins[i] >> 48]);
    }
}

static void answer_any(struct trial *t)
{
    size_t i = tlc_random_next(&t->rng) % t->flying_n;
    struct batch *x = t->flying[i];
    t->flying[i] = t->flying[--t->flying_n];
    if (tlc_random_next(&t->rng) % 3 == 0) {
        batches_again(x);
        return;
    }
    for (size_t k = 0; k < x->events_n; k++) {
        uint64_t *next = &t->next_of[x->origins[k] >> 48];
        assert_true(x->origins[k] >= *next); /* a lane's events in the order of reading */
        *next = x->origins[k] + 1;
    }
    batches_done(&t->b, x, (int64_t)x->events_n, 0);
}

/* Whatever order replies and failures come in, be the events dense or sparse:
 * every lane keeps its order, the bound holds, and all arrives in the end. */
static void property__random_failures__lanes_in_order_within_the_bound(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct trial t = {.rng = seed};
        start(&t.b, 1 + seed % 5);
        while (t.b.acked < TRIPS) {
            read_some(&t);
            for (struct batch *x = send(&t.b); x != NULL; x = send(&t.b)) {
                check_sent(&t, x);
                assert_true(t.flying_n < FLYING_MAX);
                t.flying[t.flying_n++] = x;
            }
            if (t.flying_n == 0) {
                fail_msg("seed %llu: stuck", (unsigned long long)seed);
            }
            answer_any(&t);
        }
        if (t.b.frontier[0].offset != TRIPS || !batches_idle(&t.b)) {
            fail_msg("seed %llu: frontier at %lld", (unsigned long long)seed,
                     (long long)t.b.frontier[0].offset);
        }
        batches_release(&t.b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lane__ids_of_any_stride__spread_evenly),
        cmocka_unit_test(add__lines__joined_with_line_feeds),
        cmocka_unit_test(add__body_at_its_maximum__full),
        cmocka_unit_test(add__split_round_as_wide_as_half_the_bound__full),
        cmocka_unit_test(seal__empty__stays),
        cmocka_unit_test(seal__density_of_the_events__sets_the_next_split),
        cmocka_unit_test(seal__split_round_with_less_than_a_batch__next_is_one),
        cmocka_unit_test(filling__ring_full__none),
        cmocka_unit_test(pick__lane_under_way__its_next_batch_waits),
        cmocka_unit_test(pick__round_of_one_batch__alone_under_way),
        cmocka_unit_test(pick__unacknowledged_too_far_behind__held_back),
        cmocka_unit_test(pick__later_round__does_not_overtake_a_held_one),
        cmocka_unit_test(pick__times_unknown__not_held),
        cmocka_unit_test(done__out_of_order__frontier_waits_for_the_gap_lanes_do_not),
        cmocka_unit_test(property__random_failures__lanes_in_order_within_the_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
