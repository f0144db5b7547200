#include "tests/support/unit.h"

#include "common/base/retry.h"
#include "producer-client/batches.h"

#define SKEW_S 3600
#define RING_N 8

static void start(struct batches *b, size_t batch_max)
{
    struct tlc_err err;
    assert_int_equal(batches_init(b, RING_N, batch_max, 1, SKEW_S, &err), 0);
}

/* A sealed batch of one event at that time; its end is at offset. */
static struct batch *one(struct batches *b, int64_t event_s, int64_t offset)
{
    struct batch *x = batches_filling(b);
    assert_non_null(x);
    assert_true(batches_add(x, TLC_STR("{}"), 1, event_s, 0));
    batches_seal(b, &(struct position){.offset = offset, .line_no = offset / 3});
    return x;
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

static void add__lines__joined_with_line_feeds(void **state)
{
    (void)state;
    struct batches b;
    start(&b, 2);
    struct batch *x = batches_filling(&b);
    assert_true(batches_add(x, TLC_STR("{\"a\":1}"), 7, 100, 42));
    assert_false(batches_is_full(&b, x, 10));
    assert_true(batches_add(x, TLC_STR("{\"b\":2}"), 8, 90, 50));
    assert_true(batches_is_full(&b, x, 10));
    assert_true(tlc_str_eq(tlc_buf_str(&x->body), TLC_STR("{\"a\":1}\n{\"b\":2}\n")));
    assert_int_equal(x->min_s, 90);
    assert_int_equal(x->max_s, 100);
    assert_int_equal(x->first_ms, 42);
    assert_int_equal(batches_left(&b), 2);
    assert_false(batches_idle(&b));
    batches_release(&b);
}

static void is_full__body_at_its_maximum__yes(void **state)
{
    (void)state;
    struct batches b;
    start(&b, 1000);
    struct batch *x = batches_filling(&b);
    assert_false(batches_is_full(&b, x, BATCH_BODY_MAX - 1));
    assert_true(batches_is_full(&b, x, BATCH_BODY_MAX));
    batches_release(&b);
}

static void seal__empty__stays(void **state)
{
    (void)state;
    struct batches b;
    start(&b, 2);
    assert_non_null(batches_filling(&b));
    batches_seal(&b, &(struct position){.offset = 1});
    assert_null(batches_pick(&b));
    assert_true(batches_idle(&b));
    batches_release(&b);
}

static void filling__ring_full__none(void **state)
{
    (void)state;
    struct batches b;
    start(&b, 1);
    for (int i = 0; i < RING_N; i++) {
        one(&b, i, i + 1);
    }
    assert_null(batches_filling(&b));
    struct batch *x = send(&b);
    assert_true(batches_done(&b, x, 1, 0));
    assert_non_null(batches_filling(&b));
    batches_release(&b);
}

static void pick__unacknowledged_too_far_behind__held_back(void **state)
{
    (void)state;
    struct batches b;
    start(&b, 1);
    struct batch *x0 = one(&b, 0, 1);
    one(&b, SKEW_S, 2);
    one(&b, SKEW_S + 1, 3);
    assert_ptr_equal(send(&b), x0);
    assert_non_null(send(&b)); /* just on the bound */
    assert_null(send(&b));     /* a second past it */
    batches_done(&b, x0, 1, 0);
    assert_non_null(send(&b));
    batches_release(&b);
}

static void pick__oldest__always_goes(void **state)
{
    (void)state;
    struct batches b;
    start(&b, 2);
    struct batch *x = batches_filling(&b);
    assert_true(batches_add(x, TLC_STR("{}"), 1, 0, 0));
    assert_true(batches_add(x, TLC_STR("{}"), 1, 100 * SKEW_S, 0)); /* wider than the bound */
    batches_seal(&b, &(struct position){.offset = 1});
    assert_ptr_equal(batches_pick(&b), x);
    batches_release(&b);
}

static void pick__later_batch__does_not_overtake_a_held_one(void **state)
{
    (void)state;
    struct batches b;
    start(&b, 1);
    one(&b, 0, 1);
    one(&b, 2 * SKEW_S, 2); /* held back by the first */
    one(&b, 10, 3);         /* would fit, but was read later */
    assert_non_null(send(&b));
    assert_null(send(&b));
    batches_release(&b);
}

static void pick__failed_once__goes_again_before_others(void **state)
{
    (void)state;
    struct batches b;
    start(&b, 1);
    struct batch *x0 = one(&b, 0, 1), *x1 = one(&b, 1, 2), *x2 = one(&b, 2, 3);
    assert_ptr_equal(send(&b), x0);
    assert_ptr_equal(send(&b), x1);
    batches_again(x1);
    assert_ptr_equal(send(&b), x1);
    assert_ptr_equal(send(&b), x2);
    batches_release(&b);
}

static void pick__times_unknown__not_held(void **state)
{
    (void)state;
    struct batches b;
    start(&b, 1);
    one(&b, 0, 1);
    struct batch *x = one(&b, TIME_UNKNOWN, 2);
    assert_non_null(send(&b));
    assert_ptr_equal(send(&b), x);
    batches_release(&b);
}

static void done__out_of_order__frontier_waits_for_the_gap(void **state)
{
    (void)state;
    struct batches b;
    start(&b, 1);
    struct batch *x0 = one(&b, 0, 10), *x1 = one(&b, 1, 20), *x2 = one(&b, 2, 30);
    send(&b);
    send(&b);
    send(&b);
    assert_false(batches_done(&b, x1, 1, 0));
    assert_false(batches_done(&b, x2, 0, 1));
    assert_int_equal(b.frontier[0].offset, 0);
    assert_int_equal(batches_left(&b), 1);
    assert_true(batches_done(&b, x0, 1, 0));
    assert_int_equal(b.frontier[0].offset, 30);
    assert_int_equal(b.frontier_acked, 2);
    assert_int_equal(b.frontier_refused, 1);
    assert_true(batches_idle(&b));
    batches_release(&b);
}

/* Whatever order replies and failures come in: what is sent is never ahead of something older that
 * is unacknowledged by more than the bound (the oldest excepted), and all arrives in the end. */
static void property__random_failures__skew_bound_holds(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct batches b;
        start(&b, 1);
        uint64_t rng = seed;
        struct batch *flying[RING_N] = {0};
        size_t flying_n = 0, made = 0, done = 0;
        int64_t at_s = 0;
        while (done < 300) {
            while (made < 300 && b.next - b.first < RING_N) {
                at_s += (int64_t)(tlc_random_next(&rng) % 2500);
                one(&b, at_s, (int64_t)++made);
            }
            for (struct batch *x = send(&b); x != NULL; x = send(&b)) {
                for (size_t i = 0; i < flying_n; i++) {
                    bool oldest = x->seq == b.first;
                    assert_true(oldest || x->max_s - flying[i]->min_s <= SKEW_S);
                }
                flying[flying_n++] = x;
            }
            assert_true(flying_n > 0); /* never stuck */
            size_t i = tlc_random_next(&rng) % flying_n;
            struct batch *x = flying[i];
            flying[i] = flying[--flying_n];
            if (tlc_random_next(&rng) % 3 == 0) {
                batches_again(x);
            } else {
                batches_done(&b, x, 1, 0);
                done++;
            }
        }
        if (b.frontier[0].offset != 300) {
            fail_msg("seed %llu: frontier at %lld", (unsigned long long)seed,
                     (long long)b.frontier[0].offset);
        }
        batches_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add__lines__joined_with_line_feeds),
        cmocka_unit_test(is_full__body_at_its_maximum__yes),
        cmocka_unit_test(seal__empty__stays),
        cmocka_unit_test(filling__ring_full__none),
        cmocka_unit_test(pick__unacknowledged_too_far_behind__held_back),
        cmocka_unit_test(pick__oldest__always_goes),
        cmocka_unit_test(pick__later_batch__does_not_overtake_a_held_one),
        cmocka_unit_test(pick__failed_once__goes_again_before_others),
        cmocka_unit_test(pick__times_unknown__not_held),
        cmocka_unit_test(done__out_of_order__frontier_waits_for_the_gap),
        cmocka_unit_test(property__random_failures__skew_bound_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
