#include "common/io/json.h"
#include "consumer-process/publish.h"
#include "tests/support/unit.h"

#define REPLY "{\"store_id\":\"s1\",\"accepted\":1,\"superseded\":0}"

static const struct rules rules = {.window_s = 900, .lateness_s = 7200};

struct world {
    struct window_pool pool;
    struct window_list finals;
    struct publisher publisher;
    int64_t now_ms;
    int posts;
    bool no_socket;
    struct tlc_buf body;    /* of the last post */
    const char *partitions; /* what the hook writes into the array, as one number */
    size_t partitions_n;    /* how often */
};

static int post(void *ctx, struct tlc_str body, struct tlc_err *err)
{
    struct world *w = ctx;
    if (w->no_socket) {
        return tlc_err_set(err, TLC_RETRY, "no socket");
    }
    w->posts++;
    tlc_buf_reset(&w->body);
    assert_true(tlc_buf_add(&w->body, body));
    return 0;
}

static void no_logs(void *ctx, struct jsonout *j)
{
    (void)ctx;
    (void)j;
}

static void partitions(void *ctx, struct jsonout *j)
{
    struct world *w = ctx;
    for (size_t i = 0; i < w->partitions_n; i++) {
        jsonout_text(j, NULL, tlc_str_from(w->partitions));
    }
}

static void step(struct world *w, int64_t later_ms)
{
    w->now_ms += later_ms;
    publish_step(&w->publisher, w->now_ms, false);
}

static void answer(struct world *w, int status, const char *reply)
{
    assert_true(w->publisher.under_way);
    publish_done(&w->publisher, w->now_ms, status, tlc_str_from(reply), -1, "refused");
}

static size_t posted_windows(const struct world *w)
{
    json_t *root = NULL;
    struct tlc_err err;
    assert_int_equal(tlc_json_load(tlc_buf_str(&w->body), &root, &err), 0);
    assert_int_equal(json_integer_value(json_object_get(root, "window_s")), 900);
    assert_true(json_is_array(json_object_get(root, "partitions")));
    size_t n = json_array_size(json_object_get(root, "windows"));
    json_decref(root);
    return n;
}

static int64_t posted_revision(const struct world *w, size_t i)
{
    json_t *root = NULL;
    struct tlc_err err;
    assert_int_equal(tlc_json_load(tlc_buf_str(&w->body), &root, &err), 0);
    json_t *window = json_array_get(json_object_get(root, "windows"), i);
    int64_t revision = json_integer_value(json_object_get(window, "revision"));
    json_decref(root);
    return revision;
}

/* Has not spoken to the receiver yet. */
static void world_open_new(struct world *w)
{
    *w = (struct world){.now_ms = 1000000, .partitions = "p"};
    window_pool_init(&w->pool);
    window_list_init(&w->finals, WINDOW_FINAL);
    tlc_buf_init(&w->body, 32 << 20);
    struct publish_hooks hooks = {
        .ctx = w, .post = post, .partitions = partitions, .logs = no_logs};
    publish_init(&w->publisher, &hooks, &rules, &w->pool, 250);
}

/* Knows the receiver, nothing waits. */
static void world_open(struct world *w)
{
    world_open_new(w);
    step(w, 0);
    answer(w, 200, REPLY);
    assert_true(publish_idle(&w->publisher));
    w->now_ms += 250;
    w->posts = 0;
}

static void world_close(struct world *w)
{
    publish_release(&w->publisher);
    while (w->finals.first) {
        window_free(&w->pool, w->finals.first);
    }
    assert_int_equal(w->pool.in_use, 0);
    window_pool_release(&w->pool);
    tlc_buf_release(&w->body);
}

static void window_change(struct world *w, struct window *x, int64_t offset)
{
    window_touch(x, offset);
    window_list_push(&w->publisher.to_send, x);
}

static struct window *window_make(struct world *w, int64_t start_s, int64_t offset)
{
    struct window *x = window_new(&w->pool, 0, 2202401, start_s);
    assert_non_null(x);
    window_change(w, x, offset);
    return x;
}

static void window_finish(struct world *w, struct window *x)
{
    x->final = true;
    window_list_push(&w->finals, x);
    window_list_push(&w->publisher.to_send, x);
}

static void first_post__store_unknown__asks_without_windows(void **state)
{
    (void)state;
    struct world w;
    world_open_new(&w);
    struct window *x = window_make(&w, 0, 10);
    step(&w, 0);
    assert_int_equal(w.posts, 1);
    assert_int_equal(posted_windows(&w), 0);
    answer(&w, 200, REPLY);
    assert_string_equal(w.publisher.store_id, "s1");
    step(&w, 250);
    assert_int_equal(posted_windows(&w), 1);
    assert_non_null(strstr(tlc_buf_cstr(&w.body), "\"store_id\":\"s1\""));
    answer(&w, 200, REPLY);
    assert_int_equal(x->acked_revision, 11);
    window_free(&w.pool, x);
    world_close(&w);
}

static void under_way__nothing_else_is_sent(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    struct window *x = window_make(&w, 0, 10);
    step(&w, 0);
    window_change(&w, x, 20);
    step(&w, 10000);
    assert_int_equal(w.posts, 1);
    assert_false(publish_idle(&w.publisher));
    window_free(&w.pool, x);
    world_close(&w);
}

static void window__changed_while_under_way__sent_again_newest(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    struct window *x = window_make(&w, 0, 10);
    step(&w, 0);
    window_change(&w, x, 20);
    window_change(&w, x, 30);
    answer(&w, 200, REPLY);
    assert_int_equal(x->acked_revision, 11);
    step(&w, 250);
    assert_int_equal(posted_windows(&w), 1);
    assert_int_equal(posted_revision(&w, 0), 31);
    answer(&w, 200, REPLY);
    assert_int_equal(x->acked_revision, 31);
    assert_true(publish_idle(&w.publisher));
    window_free(&w.pool, x);
    world_close(&w);
}

static void failure__table__windows_wait_once_each(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *reply, *trouble;
    } cases[] = {
        {0, "", "no answer: refused"},
        {503, "later", "answered 503: later"},
        {401, "", "answered 401: "},
        {204, "", "answered 204: "},
        {200, "", "answered 200: "}, /* not the dashboard */
        {200, "{}", "answered 200: {}"},
        {200, "{\"store_id\":7}", "answered 200: {\"store_id\":7}"},
        {200, "{\"store_id\":\"\"}", NULL},
        {200, "{\"store_id\":\"-\"}", NULL},
        {200, "{\"store_id\":\"a b\"}", NULL},
        {200, "{\"store_id\":\"a\\\"b\"}", NULL},
        {200,
         "{\"store_id\":"
         "\"0123456789012345678901234567890123456789012345678901234567890123456789\"}",
         NULL},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct world w;
        world_open(&w);
        struct window *a = window_make(&w, 0, 10);
        struct window *b = window_make(&w, 900, 11);
        step(&w, 0);
        window_change(&w, a, 12);
        answer(&w, cases[i].status, cases[i].reply);
        assert_int_equal(w.publisher.state, PUBLISH_AWAY);
        assert_int_equal(w.publisher.failures, 1);
        assert_int_equal(w.publisher.to_send.n, 2);
        assert_int_equal(w.publisher.sent.n, 0);
        if (cases[i].trouble) {
            assert_string_equal(w.publisher.trouble, cases[i].trouble);
        }
        assert_string_equal(w.publisher.store_id, "s1");
        step(&w, 60000);
        assert_int_equal(posted_windows(&w), 2);
        answer(&w, 200, REPLY);
        assert_int_equal(w.publisher.state, PUBLISH_IDLE);
        assert_string_equal(w.publisher.trouble, "");
        assert_int_equal(a->acked_revision, 13);
        assert_int_equal(b->acked_revision, 12);
        window_free(&w.pool, a);
        window_free(&w.pool, b);
        world_close(&w);
    }
}

static void away__pauses_grow_to_a_bound(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    struct window *x = window_make(&w, 0, 10);
    int64_t least = 250 / 2, waited_ms = 0;
    step(&w, 0);
    for (int i = 0; i < 12; i++) {
        answer(&w, 0, "");
        publish_step(&w.publisher, w.now_ms, true); /* a drain does not hammer */
        assert_false(w.publisher.under_way);
        int64_t failed_ms = w.now_ms;
        while (!w.publisher.under_way) {
            step(&w, 5);
        }
        waited_ms = w.now_ms - failed_ms;
        assert_true(waited_ms >= least && waited_ms <= 5005);
        least = least * 2 > 2500 ? 2500 : least * 2;
    }
    assert_true(waited_ms >= 2500);
    window_free(&w.pool, x);
    world_close(&w);
}

static void away__retry_after__is_waited_for(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    struct window *x = window_make(&w, 0, 10);
    step(&w, 0);
    publish_done(&w.publisher, w.now_ms, 503, TLC_STR(""), 20000, "");
    step(&w, 19999);
    assert_false(w.publisher.under_way);
    step(&w, 1);
    assert_true(w.publisher.under_way);
    window_free(&w.pool, x);
    world_close(&w);
}

static void post_cannot_start__waits_like_any_failure(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    struct window *x = window_make(&w, 0, 10);
    w.no_socket = true;
    step(&w, 0);
    assert_int_equal(w.publisher.state, PUBLISH_AWAY);
    assert_string_equal(w.publisher.trouble, "no socket");
    assert_int_equal(w.publisher.to_send.n, 1);
    w.no_socket = false;
    step(&w, 60000);
    assert_int_equal(w.posts, 1);
    window_free(&w.pool, x);
    world_close(&w);
}

static void final_window__acknowledged__given_back(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    struct window *x = window_make(&w, 0, 10);
    step(&w, 0);
    window_touch(x, 20); /* becomes final while its provisional state is under way */
    window_finish(&w, x);
    answer(&w, 200, REPLY);
    assert_int_equal(w.pool.in_use, 1);
    step(&w, 250);
    assert_int_equal(posted_revision(&w, 0), 21);
    answer(&w, 200, REPLY);
    assert_int_equal(w.pool.in_use, 0);
    assert_int_equal(w.finals.n, 0);
    world_close(&w);
}

static void window__gone_while_under_way__answer_changes_nothing(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    struct window *x = window_make(&w, 0, 10);
    step(&w, 0);
    window_free(&w.pool, x); /* its partition was given away */
    answer(&w, 200, REPLY);
    assert_true(publish_idle(&w.publisher));
    world_close(&w);
}

static void backlog__goes_on_at_once_in_bounded_posts(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    for (int64_t i = 0; i < 1200; i++) {
        window_finish(&w, window_make(&w, i * 900, i));
    }
    static const size_t want[] = {500, 500, 200};
    for (size_t i = 0; i < TLC_COUNT(want); i++) {
        step(&w, 0);
        assert_int_equal(posted_windows(&w), want[i]);
        assert_int_equal(posted_revision(&w, 0), (int64_t)i * 500 + 1); /* oldest first */
        answer(&w, 200, REPLY);
    }
    assert_true(publish_idle(&w.publisher));
    assert_int_equal(w.publisher.windows_sent, 1200);
    window_finish(&w, window_make(&w, 0, 1200));
    step(&w, 249); /* all had room: the next one at its time again */
    assert_int_equal(w.posts, 3);
    step(&w, 1);
    assert_int_equal(w.posts, 4);
    answer(&w, 200, REPLY);
    world_close(&w);
}

static void too_large__says_the_receiver__posts_halve(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    for (int64_t i = 0; i < 500; i++) {
        window_finish(&w, window_make(&w, i * 900, i));
    }
    step(&w, 0);
    for (size_t want = 250; want > 0; want /= 2) {
        answer(&w, 413, "");
        step(&w, 60000);
        assert_int_equal(posted_windows(&w), want);
    }
    answer(&w, 413, "");
    step(&w, 60000);
    assert_int_equal(posted_windows(&w), 1);
    answer(&w, 200, REPLY);
    world_close(&w);
}

static void wide_windows__post_closed_by_size(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    for (int64_t i = 0; i < 40; i++) {
        struct window *x = window_make(&w, i * 900, i);
        for (uint16_t from = 1; from <= 130; from++) {
            for (uint16_t to = 1; to <= 130; to++) {
                assert_true(window_add_ride(&w.pool, x, window_route_key(from, to), 600, 20000));
            }
        }
        window_finish(&w, x);
    }
    size_t sent = 0;
    for (int posts = 0; sent < 40; posts++) {
        step(&w, 0);
        sent += posted_windows(&w);
        assert_true(w.body.n < 8 * 1024 * 1024); /* what the receiver takes */
        assert_true(posts < 20);
        answer(&w, 200, REPLY);
    }
    world_close(&w);
}

static void no_news__not_sent__but_greeted_now_and_then(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    step(&w, 250);
    step(&w, 250);
    assert_int_equal(w.posts, 0);
    w.partitions_n = 1; /* a total moved */
    step(&w, 250);
    assert_int_equal(w.posts, 1);
    assert_int_equal(posted_windows(&w), 0);
    answer(&w, 200, REPLY);
    step(&w, 250);
    assert_int_equal(w.posts, 1);
    step(&w, 5000);
    assert_int_equal(w.posts, 2);
    answer(&w, 200, "{\"store_id\":\"s2\"}");
    assert_string_equal(w.publisher.store_id, "s2"); /* so a new store is noticed */
    world_close(&w);
}

static void totals__too_many_for_a_post__left_out_windows_go(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    w.partitions = "0123456789012345678901234567890123456789";
    w.partitions_n = 100000;
    window_finish(&w, window_make(&w, 0, 10));
    step(&w, 0);
    assert_int_equal(posted_windows(&w), 1);
    answer(&w, 200, REPLY);
    assert_int_equal(w.pool.in_use, 0);
    world_close(&w);
}

/* ---- what is refused ---- */

#define REFUSED(partition, source, start, revision)                                                \
    "{\"rule\":\"bad_window\",\"partition\":" #partition ",\"source\":" #source                    \
    ",\"start\":" #start ",\"revision\":" #revision ",\"text\":\"it is \\\"bad\\\"\"}"

static void window_refused__done_with_by_name_the_others_are_too(void **state)
{
    (void)state;
    static const int answers[] = {200, 507};
    for (size_t i = 0; i < TLC_COUNT(answers); i++) {
        struct world w;
        world_open(&w);
        window_finish(&w, window_make(&w, 0, 10));
        window_finish(&w, window_make(&w, 900, 11));
        struct window *live = window_make(&w, 1800, 12);
        step(&w, 0);
        window_change(&w, live, 13); /* while it is under way */
        answer(&w, answers[i],
               "{\"store_id\":\"s1\",\"accepted\":1,\"superseded\":0,\"refused\":[" REFUSED(
                   0, 2202401, 900, 12) "," REFUSED(0, 2202401, 1800, 13) "],"
                                                                          "\"refused_windows\":7}");
        assert_int_equal(w.publisher.state, PUBLISH_IDLE);
        assert_int_equal(w.publisher.windows_refused, 2);
        assert_int_equal(w.publisher.refused_stand, 7);
        assert_string_equal(w.publisher.refused,
                            "partition 0, source 2202401, start 1800: it is \"bad\"");
        assert_int_equal(w.pool.in_use, 1); /* the final ones do not hold the log's offset back */
        step(&w, 250);
        assert_int_equal(posted_windows(&w), 1); /* it has changed: it is worth another try */
        answer(&w, 200, REPLY);
        assert_int_equal(w.publisher.windows_refused, 2);
        assert_int_equal(w.publisher.refused_stand, 0);
        assert_true(publish_idle(&w.publisher));
        window_free(&w.pool, live);
        world_close(&w);
    }
}

static void refusal_of_what_was_not_sent__changes_nothing(void **state)
{
    (void)state;
    static const char *const replies[] = {
        "{\"store_id\":\"s1\",\"refused\":[" REFUSED(1, 2202401, 0, 11) "]}",
        "{\"store_id\":\"s1\",\"refused\":[" REFUSED(0, 2202401, 0, 10) "]}",
        "{\"store_id\":\"s1\",\"refused\":[7,{},null,[],{\"partition\":\"0\"}]}",
        "{\"store_id\":\"s1\",\"refused\":7,\"refused_windows\":\"x\"}",
        "{\"store_id\":\"s1\",\"refused_windows\":-5}",
    };
    for (size_t i = 0; i < TLC_COUNT(replies); i++) {
        struct world w;
        world_open(&w);
        window_finish(&w, window_make(&w, 0, 10));
        step(&w, 0);
        answer(&w, 200, replies[i]);
        assert_int_equal(w.publisher.windows_refused, 0);
        assert_int_equal(w.publisher.refused_stand, 0);
        assert_int_equal(w.pool.in_use, 0);
        world_close(&w);
    }
}

/* A receiver that refuses a message whole for one window in it, or for what holds "longest". */
static bool holds(const struct world *w, const char *text)
{
    char *body = strndup(w->body.p, w->body.n);
    assert_non_null(body);
    bool found = strstr(body, text) != NULL;
    free(body);
    return found;
}

static int answer_of(const struct world *w, const char *poison)
{
    return holds(w, poison) ? 422 : 200;
}

static int posts_until_idle(struct world *w, const char *poison)
{
    int before = w->posts;
    while (!publish_idle(&w->publisher)) {
        step(w, 0); /* at once: it is no matter of time */
        assert_true(w->publisher.under_way);
        assert_true(w->posts - before < 60);
        answer(w, answer_of(w, poison), REPLY);
    }
    return w->posts - before;
}

static void message_refused_for_one_window__it_is_found_and_done_with(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    w.partitions_n = 1;
    for (int64_t i = 0; i < 1000; i++) {
        window_finish(&w, window_make(&w, i * 900, i));
    }
    int posts = posts_until_idle(&w, "\"start\":333900,"); /* the 372nd */
    assert_true(posts < 40);
    assert_int_equal(w.publisher.windows_refused, 1);
    assert_int_equal(w.publisher.windows_sent, 999);
    assert_non_null(strstr(w.publisher.refused, "partition 0, source 2202401, start 333900: "));
    assert_non_null(strstr(w.publisher.refused, "answered 422"));
    assert_int_equal(w.pool.in_use, 0);
    assert_false(w.publisher.refuses);
    /* From then on messages are whole again. */
    for (int64_t i = 0; i < 500; i++) {
        window_finish(&w, window_make(&w, i * 900, 2000 + i));
    }
    step(&w, 250);
    assert_int_equal(posted_windows(&w), 500);
    assert_true(holds(&w, "\"partitions\":[\"p\"]"));
    answer(&w, 200, REPLY);
    world_close(&w);
}

static void message_refused_for_its_totals__windows_go_without(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    w.partitions_n = 1;
    for (int64_t i = 0; i < 100; i++) {
        window_finish(&w, window_make(&w, i * 900, i));
    }
    assert_true(posts_until_idle(&w, "[\"p\"]") < 12);
    assert_int_equal(w.publisher.windows_refused, 0);
    assert_int_equal(w.publisher.windows_sent, 100);
    assert_int_equal(w.pool.in_use, 0);
    assert_non_null(strstr(w.publisher.refused, "totals"));
    w.now_ms += 250;
    window_finish(&w, window_make(&w, 0, 200));
    assert_int_equal(posts_until_idle(&w, "[\"p\"]"), 1);
    step(&w, 5000); /* at rest they are tried again */
    assert_true(holds(&w, "[\"p\"]"));
    answer(&w, 200, REPLY);
    world_close(&w);
}

/* Something on the way lets no more than so much pass: all but the one go, and it too in the end.
 */
static void window_too_large_for_the_way__waits_behind_the_others(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    for (int64_t i = 0; i < 100; i++) {
        window_finish(&w, window_make(&w, i * 900, i));
    }
    for (int posts = 0; w.publisher.to_send.n > 1 || w.publisher.under_way; posts++) {
        assert_true(posts < 400);
        step(&w, 5000);
        answer(&w, holds(&w, "\"start\":900,") ? 413 : 200, REPLY);
    }
    assert_int_equal(w.publisher.windows_sent, 99);
    assert_int_equal(w.publisher.windows_refused, 0);
    step(&w, 5000);
    while (w.publisher.state != PUBLISH_AWAY) {
        answer(&w, 413, "nginx");
        step(&w, 0);
    }
    assert_true(w.publisher.refuses);
    assert_string_equal(w.publisher.refused,
                        "partition 0, source 2202401, start 900: answered 413: nginx");
    step(&w, 60000); /* it was told to let it pass */
    assert_int_equal(posted_windows(&w), 1);
    answer(&w, 200, REPLY);
    assert_false(w.publisher.refuses);
    assert_int_equal(w.pool.in_use, 0);
    world_close(&w);
}

/* Who takes nothing is asked now and then with an empty message; no window is given up for that. */
static void everything_refused__windows_wait_and_only_a_greeting_is_sent(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    for (int64_t i = 0; i < 100; i++) {
        window_finish(&w, window_make(&w, i * 900, i));
    }
    for (int i = 0; i < 12 && w.publisher.state != PUBLISH_AWAY; i++) {
        step(&w, 0);
        answer(&w, 422, "{}");
    }
    assert_int_equal(w.publisher.state, PUBLISH_AWAY);
    for (int i = 0; i < 3; i++) {
        assert_true(w.publisher.refuses);
        assert_int_equal(w.publisher.to_send.n, 100);
        assert_int_equal(w.publisher.windows_refused, 0);
        step(&w, 60000);
        assert_int_equal(posted_windows(&w), 0);
        assert_true(w.body.n < 100);
        answer(&w, i < 2 ? 422 : 200, REPLY);
    }
    assert_false(w.publisher.refuses);
    step(&w, 0);
    assert_int_equal(posted_windows(&w), 100);
    answer(&w, 200, REPLY);
    assert_int_equal(w.pool.in_use, 0);
    world_close(&w);
}

static void answers__table__whether_waiting_alone_can_help(void **state)
{
    (void)state;
    static const struct {
        int status;
        bool refuses;
    } cases[] = {{0, false},   {503, false}, {502, false}, {500, false}, {429, false},
                 {408, false}, {200, true},  {302, true},  {401, true},  {404, true},
                 {409, true},  {415, true},  {507, true}};
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct world w;
        world_open(&w);
        struct window *x = window_make(&w, 0, 10);
        step(&w, 0);
        answer(&w, cases[i].status, "{\"error\":\"no\"}");
        assert_int_equal(w.publisher.refuses, cases[i].refuses);
        assert_int_equal(w.publisher.to_send.n, 1);
        step(&w, 60000);
        answer(&w, 200, REPLY);
        assert_false(w.publisher.refuses);
        window_free(&w.pool, x);
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(window_refused__done_with_by_name_the_others_are_too),
        cmocka_unit_test(refusal_of_what_was_not_sent__changes_nothing),
        cmocka_unit_test(message_refused_for_one_window__it_is_found_and_done_with),
        cmocka_unit_test(message_refused_for_its_totals__windows_go_without),
        cmocka_unit_test(window_too_large_for_the_way__waits_behind_the_others),
        cmocka_unit_test(everything_refused__windows_wait_and_only_a_greeting_is_sent),
        cmocka_unit_test(answers__table__whether_waiting_alone_can_help),
        cmocka_unit_test(first_post__store_unknown__asks_without_windows),
        cmocka_unit_test(under_way__nothing_else_is_sent),
        cmocka_unit_test(window__changed_while_under_way__sent_again_newest),
        cmocka_unit_test(failure__table__windows_wait_once_each),
        cmocka_unit_test(away__pauses_grow_to_a_bound),
        cmocka_unit_test(away__retry_after__is_waited_for),
        cmocka_unit_test(post_cannot_start__waits_like_any_failure),
        cmocka_unit_test(final_window__acknowledged__given_back),
        cmocka_unit_test(window__gone_while_under_way__answer_changes_nothing),
        cmocka_unit_test(backlog__goes_on_at_once_in_bounded_posts),
        cmocka_unit_test(too_large__says_the_receiver__posts_halve),
        cmocka_unit_test(wide_windows__post_closed_by_size),
        cmocka_unit_test(no_news__not_sent__but_greeted_now_and_then),
        cmocka_unit_test(totals__too_many_for_a_post__left_out_windows_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
