#include "tests/support/unit.h"

#include "producer-server/budget.h"

#define MAX 1000
#define RETRY_NS 2000

enum { A = 1, B, C };

static struct budget budget;

static int set_up(void **state)
{
    (void)state;
    budget_init(&budget, MAX);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    budget_release(&budget);
    return 0;
}

static enum budget_verdict take(uint64_t peer, int64_t bytes, int64_t now_ns)
{
    return budget_take(&budget, peer, bytes, now_ns, now_ns + RETRY_NS);
}

static void take__alone__the_whole_budget(void **state)
{
    (void)state;
    assert_int_equal(take(A, 600, 0), BUDGET_TAKEN);
    assert_int_equal(take(A, 400, 0), BUDGET_TAKEN);
    assert_int_equal(take(A, 1, 0), BUDGET_SPENT);
    budget_give_back(&budget, A, 400);
    assert_int_equal(take(A, 400, 0), BUDGET_TAKEN);
    assert_int_equal(atomic_load(&budget.bytes), MAX);
}

static void take__nothing_taken__any_size(void **state)
{
    (void)state;
    assert_int_equal(take(A, 5 * MAX, 0), BUDGET_TAKEN);
    assert_int_equal(take(B, 1, 0), BUDGET_SPENT);
    budget_give_back(&budget, A, 5 * MAX);
    assert_int_equal(take(B, 1, 0), BUDGET_TAKEN);
}

static void take__beside_others__an_equal_share_each(void **state)
{
    (void)state;
    assert_int_equal(take(A, 100, 0), BUDGET_TAKEN);
    assert_int_equal(take(B, 500, 0), BUDGET_TAKEN); /* half */
    assert_int_equal(take(B, 1, 0), BUDGET_OVER_SHARE);
    assert_int_equal(take(A, 233, 0), BUDGET_TAKEN);
    assert_int_equal(take(C, 100, 0), BUDGET_TAKEN);
    assert_int_equal(take(A, 1, 0), BUDGET_OVER_SHARE); /* a third is 333 */
    budget_give_back(&budget, B, 500);
    budget_give_back(&budget, C, 100);
    assert_int_equal(take(A, 667, 0), BUDGET_TAKEN); /* alone again */
}

static void take__holds_nothing__let_in_while_there_is_room(void **state)
{
    (void)state;
    assert_int_equal(take(A, 200, 0), BUDGET_TAKEN);
    assert_int_equal(take(B, 800, 0), BUDGET_TAKEN); /* one request may be larger than the share */
    assert_int_equal(take(B, 1, 0), BUDGET_OVER_SHARE);
}

static void take__another_was_turned_away__the_holder_makes_room(void **state)
{
    (void)state;
    assert_int_equal(take(A, 500, 0), BUDGET_TAKEN);
    assert_int_equal(take(A, 500, 0), BUDGET_TAKEN);
    assert_int_equal(take(B, 300, 0), BUDGET_SPENT);
    budget_give_back(&budget, A, 500);
    assert_int_equal(take(A, 500, 1), BUDGET_OVER_SHARE); /* kept for B */
    assert_int_equal(take(B, 300, RETRY_NS - 1), BUDGET_TAKEN);
}

static void take__the_other_never_came_back__forgotten(void **state)
{
    (void)state;
    assert_int_equal(take(A, MAX, 0), BUDGET_TAKEN);
    assert_int_equal(take(B, 1, 0), BUDGET_SPENT);
    budget_give_back(&budget, A, MAX);
    assert_int_equal(take(A, 600, RETRY_NS - 1), BUDGET_TAKEN);
    assert_int_equal(take(A, 400, RETRY_NS - 1), BUDGET_OVER_SHARE);
    assert_int_equal(take(A, 400, RETRY_NS), BUDGET_TAKEN);
}

static void take__no_bytes__no_claim_on_a_share(void **state)
{
    (void)state;
    assert_int_equal(take(A, 600, 0), BUDGET_TAKEN);
    assert_int_equal(take(B, 0, 0), BUDGET_TAKEN); /* a close mark */
    assert_int_equal(take(A, 400, 0), BUDGET_TAKEN);
    budget_give_back(&budget, B, 0);
    budget_give_back(&budget, A, MAX);
    assert_int_equal(budget.holders_n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(take__alone__the_whole_budget, set_up, tear_down),
        cmocka_unit_test_setup_teardown(take__nothing_taken__any_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(take__beside_others__an_equal_share_each, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(take__holds_nothing__let_in_while_there_is_room, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(take__another_was_turned_away__the_holder_makes_room,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(take__the_other_never_came_back__forgotten, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(take__no_bytes__no_claim_on_a_share, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
