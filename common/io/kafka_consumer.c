#include "common/io/kafka_consumer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/io/kafka_conf.h"
#include "common/io/kafka_fault.h"
#include "common/io/kafka_leave.h"

#define PARTITIONS_MAX 4096
#define ASK_MS 10000       /* a question to the broker, inside poll */
#define AWAY_MS 3000       /* "all brokers down" holds for so long unless it is said again */
#define START_AGAIN_MS 250 /* a partition whose start failed is tried again after this */
#define FENCED_MAX 3       /* so often within this time: there is a second one of our name */
#define FENCED_MS 60000
#define SETTLE_MS 3500 /* at the end: for the group to share out; a new one may begin with 3 s */
#define SETTLE_POLL_MS 20
#define LEAVE_MS 4500      /* then: for the group to let us go */
#define NAME_TAKEN_MS 1000 /* pause between two tries to join by a name that is taken */

/* What is known of one partition number. started: its position is decided and librdkafka fetches
 * from there. */
struct partition {
    bool owned;
    bool started;
    bool paused;       /* by the program */
    bool owned_before; /* at the beginning of this poll */
    int assigned_n;    /* times within this poll */
    int64_t expected;  /* next offset to hand out; -1: whatever comes first */
};

struct tlc_kafka_consumer {
    rd_kafka_conf_t *conf; /* to begin again from */
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    struct tlc_kafka_consumer_hooks hooks;
    char *topic;
    rd_kafka_message_t **kept; /* of the last poll, destroyed by the next */
    size_t kept_n;
    struct tlc_kafka_message *messages;
    size_t batch_max;
    struct partition *partitions; /* by number */
    int32_t partitions_n;
    int64_t away_until_ms; /* brokers are unreachable, 0 = not known to be */
    int64_t start_again_ms;
    bool topic_missing; /* so it said last, and nobody joins for a topic that is not there */
    bool settled;       /* this client has been given its partitions, even if none, at least once */
    bool closing;       /* what is given now is not taken up any more */
    int refused; /* why the group does not know us by our name: fenced, name taken; 0: it does */
    int64_t join_again_ms;
    int64_t fenced_at_ms[FENCED_MAX];
    int64_t fenced_n;
    struct tlc_err failure; /* of a hook or an error message; cls 0: none */
    char away_text[256];
};

/* ---- partitions ---- */

static struct partition *partition_get(struct tlc_kafka_consumer *c, int32_t number)
{
    return number >= 0 && number < c->partitions_n ? &c->partitions[number] : NULL;
}

static struct partition *partition_add(struct tlc_kafka_consumer *c, int32_t number)
{
    if (number < 0 || number >= PARTITIONS_MAX) {
        return NULL;
    }
    if (number >= c->partitions_n) {
        size_t n = (size_t)number + 1;
        struct partition *grown = realloc(c->partitions, n * sizeof(*grown));
        if (!grown) {
            return NULL;
        }
        size_t had = (size_t)c->partitions_n;
        memset(grown + had, 0, (n - had) * sizeof(*grown));
        c->partitions = grown;
        c->partitions_n = (int32_t)n;
    }
    return &c->partitions[number];
}

static rd_kafka_topic_partition_list_t *list_of(const struct tlc_kafka_consumer *c, int32_t number,
                                                int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, c->topic, number)->offset = offset;
    return list;
}

/* Asks the program where a partition begins. committed holds the group's offset and metadata. */
static int start_ask(struct tlc_kafka_consumer *c, rd_kafka_topic_partition_t *committed,
                     struct tlc_err *err)
{
    int64_t offset = committed->offset >= 0 ? committed->offset : -1;
    struct tlc_str metadata = {committed->metadata, committed->metadata_size};
    int rc = c->hooks.assigned(c->hooks.ctx, committed->partition, metadata, &offset, err);
    if (rc != TLC_OK) {
        return tlc_err_note(err, "partition %d", (int)committed->partition);
    }
    struct partition *p = partition_get(c, committed->partition);
    p->expected = offset >= 0 ? offset : -1;
    p->started = true;
    committed->offset = offset >= 0 ? offset : RD_KAFKA_OFFSET_BEGINNING;
    return TLC_OK;
}

/* Fills in the committed offsets; after a failure all are to be asked again. */
static int committed_ask(struct tlc_kafka_consumer *c, rd_kafka_topic_partition_list_t *list,
                         struct tlc_err *err)
{
    rd_kafka_resp_err_t code = rd_kafka_committed(c->rk, list, ASK_MS);
    for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++) {
        code = list->elems[i].err;
    }
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? TLC_OK
                                              : kafka_failed(err, code, "read committed offsets");
}

/* Partitions whose start could not be decided are assigned all the same (the group must go on), but
 * paused. */
static void take_partitions(struct tlc_kafka_consumer *c, rd_kafka_topic_partition_list_t *list)
{
    struct tlc_err err;
    bool asked = committed_ask(c, list, &err) == TLC_OK;
    if (!asked) {
        c->failure = err;
    }
    rd_kafka_resume_partitions(c->rk, list); /* librdkafka keeps a pause beyond the assignment */
    rd_kafka_topic_partition_list_t *unread = rd_kafka_topic_partition_list_new(list->cnt);
    for (int i = 0; i < list->cnt; i++) {
        rd_kafka_topic_partition_t *e = &list->elems[i];
        struct partition *p = partition_add(c, e->partition);
        e->err = RD_KAFKA_RESP_ERR_NO_ERROR;
        if (!p) {
            tlc_err_fatal(&c->failure, TLC_EXIT_SOFTWARE, "kafka: no room for partition %d",
                          (int)e->partition);
            continue;
        }
        p->owned = true;
        p->started = false;
        p->paused = false;
        p->assigned_n++;
        if (!asked || start_ask(c, e, &err) != TLC_OK) {
            c->failure = err;
            e->offset = RD_KAFKA_OFFSET_BEGINNING;
            rd_kafka_topic_partition_list_add(unread, c->topic, e->partition);
        }
    }
    rd_kafka_error_t *error = rd_kafka_incremental_assign(c->rk, list);
    if (error) {
        tlc_err_set(&c->failure, TLC_RETRY, "kafka: take partitions: %s",
                    rd_kafka_error_string(error));
        rd_kafka_error_destroy(error);
    }
    if (unread->cnt > 0) {
        rd_kafka_pause_partitions(c->rk, unread);
        c->start_again_ms = tlc_now_ms() + START_AGAIN_MS;
    }
    rd_kafka_topic_partition_list_destroy(unread);
}

static void give_partitions(struct tlc_kafka_consumer *c, rd_kafka_topic_partition_list_t *list)
{
    bool lost = rd_kafka_assignment_lost(c->rk) != 0;
    for (int i = 0; i < list->cnt; i++) {
        struct partition *p = partition_get(c, list->elems[i].partition);
        if (p && p->owned) {
            if (c->hooks.revoked) {
                c->hooks.revoked(c->hooks.ctx, list->elems[i].partition, lost);
            }
            p->owned = false;
            p->started = false;
        }
    }
    rd_kafka_error_t *error = rd_kafka_incremental_unassign(c->rk, list);
    if (error) {
        tlc_err_set(&c->failure, TLC_RETRY, "kafka: give partitions back: %s",
                    rd_kafka_error_string(error));
        rd_kafka_error_destroy(error);
    }
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct tlc_kafka_consumer *c = opaque;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        c->settled = true;
        if (c->closing) {
            kafka_park(c->rk, list);
        } else {
            take_partitions(c, list);
        }
    } else if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
        give_partitions(c, list);
    } else {
        rd_kafka_assign(rk, NULL);
        kafka_failed(&c->failure, code, "join the group");
    }
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    struct tlc_kafka_consumer *c = opaque;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        c->away_until_ms = tlc_now_ms() + AWAY_MS;
    } else if (code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__RESOLVE) {
        tlc_str_copy(c->away_text, sizeof(c->away_text), tlc_str_from(reason));
    } else if (code == RD_KAFKA_RESP_ERR__FATAL) {
        char words[512];
        rd_kafka_resp_err_t first = rd_kafka_fatal_error(rk, words, sizeof(words));
        c->refused = kafka_refusal_of(first);
        tlc_err_fatal(&c->failure, TLC_EXIT_CONFIG, "kafka: %s: %s", rd_kafka_err2name(first),
                      words);
    } else if (kafka_is_final((rd_kafka_resp_err_t)code)) {
        tlc_err_fatal(&c->failure, TLC_EXIT_CONFIG, "kafka: %s", reason);
    }
}

/* Libraries do not log: what matters comes by on_error. -X debug=... puts librdkafka's own log
 * back. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    (void)level;
    (void)facility;
    (void)text;
}

/* ---- life ---- */

static int subscribe(struct tlc_kafka_consumer *c, struct tlc_err *err)
{
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, c->topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(c->rk, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return tlc_err_fatal(err, TLC_EXIT_CONFIG, "kafka: subscribe to topic %s: %s", c->topic,
                             rd_kafka_err2str(code));
    }
    return TLC_OK;
}

static int begin(struct tlc_kafka_consumer *c, struct tlc_err *err)
{
    char words[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_dup(c->conf);
    c->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, words, sizeof(words));
    if (!c->rk) {
        rd_kafka_conf_destroy(conf);
        return tlc_err_fatal(err, TLC_EXIT_USAGE, "kafka: %s", words);
    }
    c->settled = c->closing = c->topic_missing = false;
    rd_kafka_poll_set_consumer(c->rk);
    c->queue = rd_kafka_queue_get_consumer(c->rk);
    return subscribe(c, err);
}

static void kept_release(struct tlc_kafka_consumer *c)
{
    for (size_t i = 0; i < c->kept_n; i++) {
        rd_kafka_message_destroy(c->kept[i]);
    }
    c->kept_n = 0;
}

/* Without a good-bye of the group, what was ours may be someone else's already. */
static void partitions_lose(struct tlc_kafka_consumer *c)
{
    for (int32_t i = 0; i < c->partitions_n; i++) {
        struct partition *p = &c->partitions[i];
        if (p->owned && c->hooks.revoked) {
            c->hooks.revoked(c->hooks.ctx, i, true);
        }
        p->owned = p->started = false;
    }
}

/* Whether an answer to our first joining may be on its way. */
static bool joining(struct tlc_kafka_consumer *c)
{
    bool cannot_join = c->refused || c->topic_missing || c->away_until_ms > tlc_now_ms();
    return !c->settled && (!cannot_join || kafka_has_member_id(c->rk));
}

/* Who leaves a group that is about to share out lets the others wait for a whole session, in case
 * it was to do the sharing: until we have our part, for a while. */
static void settle(struct tlc_kafka_consumer *c)
{
    int64_t until_ms = tlc_now_ms() + SETTLE_MS;
    int64_t wait_ms = 0; /* what is in the queue is answered in any case */
    while ((kafka_discard(c->queue, wait_ms, &c->topic_missing) || (!c->refused && joining(c))) &&
           tlc_now_ms() < until_ms) {
        wait_ms = joining(c) ? SETTLE_POLL_MS : 0;
    }
}

static void end(struct tlc_kafka_consumer *c)
{
    kept_release(c);
    if (c->rk) {
        c->closing = true;
        settle(c);
        bool unsettled = joining(c);
        if (kafka_leave(c->rk, LEAVE_MS)) {
            kafka_destroy(c->rk, c->queue, unsettled);
        }
    }
    c->rk = NULL;
    c->queue = NULL;
}

static int join_again(struct tlc_kafka_consumer *c, const char *why, struct tlc_err *err)
{
    end(c);
    partitions_lose(c);
    c->refused = 0;
    int rc = begin(c, err);
    return rc != TLC_OK ? rc : tlc_err_set(err, TLC_RETRY, "kafka: %s", why);
}

/* When a broker dies with the answer to our joining, we join again and the group takes us for two
 * of one name: it fences the first, librdkafka calls that fatal. A new client is let in. */
static int begin_again(struct tlc_kafka_consumer *c, struct tlc_err *err)
{
    int64_t now_ms = tlc_now_ms();
    int64_t *oldest_ms = &c->fenced_at_ms[c->fenced_n++ % FENCED_MAX];
    if (c->fenced_n > FENCED_MAX && now_ms - *oldest_ms < FENCED_MS) {
        return tlc_err_fatal(err, TLC_EXIT_CONFIG,
                             "kafka: another member of the group has this one's name: give each "
                             "its own (--instance)");
    }
    *oldest_ms = now_ms;
    return join_again(c, "fenced by the group: joins it again", err);
}

/* Who was killed left no farewell: the group keeps its name until its session has ended. */
static int await_name(struct tlc_kafka_consumer *c, struct tlc_err *err)
{
    static const char why[] = "the group has a member of this one's name: waits until its session "
                              "ends; if it is alive, give each its own (--instance)";
    int64_t now_ms = tlc_now_ms();
    if (now_ms < c->join_again_ms) {
        return tlc_err_set(err, TLC_RETRY, "kafka: %s", why);
    }
    c->join_again_ms = now_ms + NAME_TAKEN_MS;
    return join_again(c, why, err);
}

static int consumer_start(struct tlc_kafka_consumer *c,
                          const struct tlc_kafka_consumer_options *options, struct tlc_err *err)
{
    c->conf = rd_kafka_conf_new();
    rd_kafka_conf_set_opaque(c->conf, c);
    rd_kafka_conf_set_rebalance_cb(c->conf, on_rebalance);
    rd_kafka_conf_set_error_cb(c->conf, on_error);
    rd_kafka_conf_set_log_cb(c->conf, on_log);
    int rc = kafka_conf_consumer(c->conf, options, err);
    return rc == TLC_OK ? begin(c, err) : rc;
}

int tlc_kafka_consumer_open(const struct tlc_kafka_consumer_options *options,
                            const struct tlc_kafka_consumer_hooks *hooks,
                            struct tlc_kafka_consumer **ret_consumer, struct tlc_err *err)
{
    assert(hooks->assigned && options->batch_max > 0);
    struct tlc_kafka_consumer *c = calloc(1, sizeof(*c));
    if (!c) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "kafka: no memory");
    }
    c->hooks = *hooks;
    c->batch_max = (size_t)options->batch_max;
    c->topic = strdup(options->topic);
    c->kept = calloc(c->batch_max, sizeof(*c->kept));
    c->messages = calloc(c->batch_max, sizeof(*c->messages));
    int rc;
    if (c->topic && c->kept && c->messages) {
        rc = consumer_start(c, options, err);
    } else {
        rc = tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "kafka: no memory for a batch of %zu messages",
                           c->batch_max);
    }
    if (rc != TLC_OK) {
        tlc_kafka_consumer_close(&c);
        return rc;
    }
    *ret_consumer = c;
    return TLC_OK;
}

void tlc_kafka_consumer_close(struct tlc_kafka_consumer **consumer)
{
    struct tlc_kafka_consumer *c = *consumer;
    if (!c) {
        return;
    }
    end(c);
    if (c->conf) {
        rd_kafka_conf_destroy(c->conf);
    }
    free(c->partitions);
    free(c->messages);
    free(c->kept);
    free(c->topic);
    free(c);
    *consumer = NULL;
}

/* ---- reading ---- */

int tlc_kafka_consumer_seek(struct tlc_kafka_consumer *c, int32_t partition, int64_t offset,
                            struct tlc_err *err)
{
    struct partition *p = partition_get(c, partition);
    if (!p || !p->owned) {
        return tlc_err_set(err, TLC_RETRY, "kafka: seek: partition %d is not ours", (int)partition);
    }
    rd_kafka_topic_partition_list_t *list =
        list_of(c, partition, offset >= 0 ? offset : RD_KAFKA_OFFSET_BEGINNING);
    rd_kafka_error_t *error = rd_kafka_seek_partitions(c->rk, list, ASK_MS);
    rd_kafka_resp_err_t code = error ? rd_kafka_error_code(error) : list->elems[0].err;
    if (error) {
        rd_kafka_error_destroy(error);
    }
    rd_kafka_topic_partition_list_destroy(list);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return kafka_failed(err, code, "seek");
    }
    p->expected = offset >= 0 ? offset : -1;
    return TLC_OK;
}

static int pause_set(struct tlc_kafka_consumer *c, int32_t partition, bool paused,
                     struct tlc_err *err)
{
    rd_kafka_topic_partition_list_t *list = list_of(c, partition, RD_KAFKA_OFFSET_INVALID);
    rd_kafka_resp_err_t code =
        paused ? rd_kafka_pause_partitions(c->rk, list) : rd_kafka_resume_partitions(c->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? TLC_OK
               : kafka_failed(err, code, paused ? "pause" : "resume");
}

int tlc_kafka_consumer_pause(struct tlc_kafka_consumer *c, int32_t partition, bool paused,
                             struct tlc_err *err)
{
    struct partition *p = partition_get(c, partition);
    if (!p || !p->owned || p->paused == paused) {
        return TLC_OK;
    }
    if (!p->started) {
        p->paused = paused;
        return TLC_OK; /* stays paused until its start is known */
    }
    int rc = pause_set(c, partition, paused, err);
    if (rc != TLC_OK) {
        return rc;
    }
    p->paused = paused;
    /* librdkafka goes on where it delivered last, which after a rebalance need not be what we
     * handed out: what comes before its start is decided again is dropped */
    if (!paused && p->expected >= 0 &&
        tlc_kafka_consumer_seek(c, partition, p->expected, err) != TLC_OK) {
        p->started = false;
        return err->cls;
    }
    return TLC_OK;
}

/* Tries again to decide where a partition begins. */
static int start_again(struct tlc_kafka_consumer *c, int32_t number, struct tlc_err *err)
{
    struct partition *p = partition_get(c, number);
    rd_kafka_topic_partition_list_t *list = list_of(c, number, RD_KAFKA_OFFSET_INVALID);
    int rc = committed_ask(c, list, err);
    if (rc == TLC_OK) {
        rc = start_ask(c, &list->elems[0], err);
    }
    rd_kafka_topic_partition_list_destroy(list);
    if (rc == TLC_OK && !p->paused) {
        rc = pause_set(c, number, false, err);
    }
    if (rc == TLC_OK) {
        rc = tlc_kafka_consumer_seek(c, number, p->expected, err);
    }
    if (rc != TLC_OK) {
        p->started = false;
    }
    return rc;
}

static void start_missing(struct tlc_kafka_consumer *c)
{
    int64_t now_ms = tlc_now_ms();
    if (now_ms < c->start_again_ms) {
        return;
    }
    for (int32_t i = 0; i < c->partitions_n; i++) {
        struct tlc_err err;
        if (c->partitions[i].owned && !c->partitions[i].started &&
            start_again(c, i, &err) != TLC_OK) {
            c->failure = err;
            c->start_again_ms = tlc_now_ms() + START_AGAIN_MS;
        }
    }
}

static void note_out_of_range(struct tlc_kafka_consumer *c, int32_t number)
{
    int64_t low = -1, high = -1;
    struct tlc_err ignored;
    struct partition *p = partition_get(c, number);
    if (tlc_kafka_consumer_range(c, number, false, &low, &high, &ignored) != TLC_OK) {
        low = high = -1;
    }
    tlc_err_fatal(
        &c->failure, TLC_EXIT_DATA,
        "kafka: topic %s partition %d no longer holds offset %lld where this group has to go "
        "on (the log holds %lld to %lld): messages were deleted by retention or the topic "
        "was made anew. Nothing is guessed: replay the lost months after resetting this "
        "consumer (./pipeline reset forgets everything replayed)",
        c->topic, (int)number, (long long)(p ? p->expected : -1), (long long)low, (long long)high);
}

static void note_refusal(struct tlc_kafka_consumer *c, rd_kafka_resp_err_t code)
{
    char words[256];
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        c->refused = kafka_refusal_of(rd_kafka_fatal_error(c->rk, words, sizeof(words)));
    }
}

static void note_error(struct tlc_kafka_consumer *c, const rd_kafka_message_t *m)
{
    struct partition *p = m->rkt ? partition_get(c, m->partition) : NULL;
    switch (m->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED: /* a rebalance follows */ break;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        if (p && p->owned && p->started) {
            note_out_of_range(c, m->partition);
        }
        break;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        c->topic_missing = true;
        tlc_err_set(&c->failure, TLC_RETRY,
                    "kafka: topic %s does not exist yet (producer-server makes it)", c->topic);
        break;
    default:
        note_refusal(c, m->err);
        if (c->failure.cls != TLC_FATAL) {
            kafka_failed(&c->failure, m->err, "read");
        }
    }
}

/* Drops what is not, or no longer, to be read: messages of partitions given away or moved within
 * this very poll. */
static void batch_fill(struct tlc_kafka_consumer *c, struct tlc_kafka_batch *batch)
{
    size_t n = 0, bytes = 0;
    for (size_t i = 0; i < c->kept_n; i++) {
        const rd_kafka_message_t *m = c->kept[i];
        if (m->err) {
            note_error(c, m);
            continue;
        }
        struct partition *p = partition_get(c, m->partition);
        bool mixed = p && p->assigned_n > 0 && (p->owned_before || p->assigned_n > 1);
        if (!p || !p->owned || !p->started || mixed || m->offset < p->expected) {
            continue;
        }
        p->expected = m->offset + 1;
        rd_kafka_timestamp_type_t type;
        c->messages[n++] = (struct tlc_kafka_message){
            .partition = m->partition,
            .offset = m->offset,
            .timestamp_ms = rd_kafka_message_timestamp(m, &type),
            .key = {m->key, m->key_len},
            .value = {m->payload, m->len},
        };
        bytes += m->len;
    }
    *batch = (struct tlc_kafka_batch){c->messages, n, bytes};
}

/* A partition that was ours, went and came back within one poll: its messages of before and after
 * cannot be told apart, so all were dropped; read again from where it begins now. */
static void settle_mixed(struct tlc_kafka_consumer *c)
{
    for (int32_t i = 0; i < c->partitions_n; i++) {
        struct partition *p = &c->partitions[i];
        bool mixed = p->assigned_n > 0 && (p->owned_before || p->assigned_n > 1);
        struct tlc_err err;
        if (mixed && p->owned && p->started &&
            tlc_kafka_consumer_seek(c, i, p->expected, &err) != TLC_OK) {
            p->started = false;
            c->failure = err;
        }
        p->assigned_n = 0;
    }
}

static size_t take(struct tlc_kafka_consumer *c, int64_t wait_ms, size_t from, size_t max)
{
    ssize_t n = rd_kafka_consume_batch_queue(c->queue, (int)wait_ms, c->kept + from, max);
    return n > 0 ? (size_t)n : 0;
}

int tlc_kafka_consumer_poll(struct tlc_kafka_consumer *c, int64_t wait_ms,
                            struct tlc_kafka_batch *ret_batch, struct tlc_err *err)
{
    kept_release(c);
    *ret_batch = (struct tlc_kafka_batch){c->messages, 0, 0};
    c->failure.cls = TLC_OK;
    start_missing(c);
    for (int32_t i = 0; i < c->partitions_n; i++) {
        c->partitions[i].owned_before = c->partitions[i].owned;
        c->partitions[i].assigned_n = 0;
    }
    /* the call waits until it has as many as asked for: wait for one, then take what is there */
    c->kept_n = take(c, wait_ms, 0, 1);
    if (c->kept_n == 1 && c->batch_max > 1) {
        c->kept_n += take(c, 0, 1, c->batch_max - 1);
    }
    batch_fill(c, ret_batch);
    settle_mixed(c);
    if (ret_batch->n > 0) {
        c->away_until_ms = 0;
    }
    if (c->refused) {
        ret_batch->n = 0; /* of partitions that are no longer ours */
        return c->refused == KAFKA_NAME_TAKEN ? await_name(c, err) : begin_again(c, err);
    }
    if (c->failure.cls == TLC_FATAL || (c->failure.cls != TLC_OK && ret_batch->n == 0)) {
        *err = c->failure;
        return err->cls;
    }
    if (ret_batch->n == 0 && c->away_until_ms > tlc_now_ms()) {
        return tlc_err_set(err, TLC_RETRY, "kafka: no broker can be reached%s%s",
                           c->away_text[0] ? ": " : "", c->away_text);
    }
    return TLC_OK;
}

/* ---- positions ---- */

int tlc_kafka_consumer_commit(struct tlc_kafka_consumer *c, int32_t partition, int64_t next_offset,
                              struct tlc_str metadata, bool wait, struct tlc_err *err)
{
    rd_kafka_topic_partition_list_t *list = list_of(c, partition, next_offset);
    if (metadata.n > 0) {
        /* taken by the list */
        void *copy = malloc(metadata.n);
        if (!copy) {
            rd_kafka_topic_partition_list_destroy(list);
            return tlc_err_set(err, TLC_RETRY, "kafka: commit: no memory");
        }
        memcpy(copy, metadata.p, metadata.n);
        list->elems[0].metadata = copy;
        list->elems[0].metadata_size = metadata.n;
    }
    rd_kafka_resp_err_t code = rd_kafka_commit(c->rk, list, wait ? 0 : 1);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && wait) {
        code = list->elems[0].err;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? TLC_OK : kafka_failed(err, code, "commit");
}

int tlc_kafka_consumer_range(struct tlc_kafka_consumer *c, int32_t partition, bool cached,
                             int64_t *ret_low, int64_t *ret_high, struct tlc_err *err)
{
    int64_t low = RD_KAFKA_OFFSET_INVALID, high = RD_KAFKA_OFFSET_INVALID;
    rd_kafka_resp_err_t code =
        cached ? rd_kafka_get_watermark_offsets(c->rk, c->topic, partition, &low, &high)
               : rd_kafka_query_watermark_offsets(c->rk, c->topic, partition, &low, &high, ASK_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return kafka_failed(err, code, "ask for the range of the log");
    }
    if (high < 0) {
        return tlc_err_set(err, TLC_RETRY, "kafka: the range of partition %d is not known yet",
                           (int)partition);
    }
    *ret_low = low < 0 ? 0 : low;
    *ret_high = high;
    return TLC_OK;
}
