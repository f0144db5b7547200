/* A log of any lines, read in one go and read with a restart in between: the same ledger and the
 * same windows. The first byte says where the restart is, the rest are messages, a line each. */
#include <assert.h>

#include "consumer-process/partition.h"

#define MESSAGES_MAX 200
#define TEXT_MAX (16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct rules rules = {.window_s = 900,
                                   .lateness_s = 7200,
                                   .trip_max_s = 86400,
                                   .silence_ms = INT64_C(86400000),
                                   .sources_max = 3,
                                   .open_max = 50,
                                   .seen_max = 64,
                                   .routes_max = 20};

struct world {
    struct window_pool pool;
    struct window_list to_send;
    struct partition *partition;
};

static void world_open(struct world *w, int64_t start, const struct recovery *recovery)
{
    window_pool_init(&w->pool);
    window_list_init(&w->to_send, WINDOW_TO_SEND);
    struct partition_env env = {.rules = &rules, .pool = &w->pool, .to_send = &w->to_send};
    w->partition = partition_new(&env, 0, start, recovery);
    assert(w->partition);
}

static void world_close(struct world *w)
{
    partition_free(w->partition);
    assert(w->pool.in_use == 0 && w->pool.bytes == 0);
    window_pool_release(&w->pool);
}

static void world_read(struct world *w, const struct tlc_str *messages, int64_t from, int64_t to)
{
    for (int64_t i = from; i < to; i++) {
        struct message m = {.offset = i, .log_ms = i * 1000000, .value = messages[i]};
        struct tlc_err err;
        int rc = partition_apply(w->partition, &m, &err);
        assert(rc == 0);
    }
}

/* Nothing was acknowledged, so every window waits; in the order of their last change. */
static void world_dump(const struct world *w, struct tlc_buf *out)
{
    for (const struct window *x = w->to_send.first; x; x = x->links[WINDOW_TO_SEND].next) {
        window_write_json(x, out);
    }
    assert(!out->failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tlc_str messages[MESSAGES_MAX];
    if (size == 0) {
        return 0;
    }
    int64_t n = 0;
    struct tlc_str rest = {(const char *)data + 1, size - 1};
    while (n < MESSAGES_MAX && tlc_str_split(&rest, '\n', &messages[n])) {
        n++;
    }
    struct world straight, restarted;
    world_open(&straight, 0, NULL);
    world_read(&straight, messages, 0, n);
    const struct ledger *l = &straight.partition->ledger;
    assert(l->read == n);
    assert(l->read == l->counted + l->duplicate + l->late + l->refused + l->marks);

    int64_t stop = data[0] % (n + 1), low = 0;
    static struct recovery r, back;
    world_open(&restarted, 0, NULL);
    world_read(&restarted, messages, 0, stop);
    bool committed = partition_lowoffset(restarted.partition, "", &low, &r);
    world_close(&restarted);
    if (committed) {
        struct tlc_buf text;
        struct tlc_err err;
        tlc_buf_init(&text, METADATA_MAX * 2);
        bool fits = recovery_encode(&r, &text);
        assert(fits && recovery_decode(tlc_buf_str(&text), &back, &err) == 0);
        tlc_buf_release(&text);
    }
    world_open(&restarted, committed ? low : 0, committed ? &back : NULL);
    world_read(&restarted, messages, committed ? low : 0, n);

    struct tlc_buf one, two;
    tlc_buf_init(&one, TEXT_MAX);
    tlc_buf_init(&two, TEXT_MAX);
    world_dump(&straight, &one);
    world_dump(&restarted, &two);
    assert(tlc_str_eq(tlc_buf_str(&one), tlc_buf_str(&two)));
    assert(memcmp(l, &restarted.partition->ledger, sizeof(*l)) == 0);
    tlc_buf_release(&one);
    tlc_buf_release(&two);
    world_close(&straight);
    world_close(&restarted);
    return 0;
}
