#include "common/io/kafka_consumer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/io/kafka_conf.h"
#include "common/io/kafka_fault.h"
#include "common/io/kafka_leave.h"
#include "common/io/kafka_partition.h"

#define AWAY_MS 3000 /* "all brokers down" holds for so long unless it is said again */
#define FENCED_MS 60000
#define SETTLE_MS 3500 /* at the end: for the group to share out; a new one may begin with 3 s */
#define SETTLE_POLL_MS 20
#define LEAVE_MS 4500      /* then: for the group to let us go */
#define NAME_TAKEN_MS 1000 /* pause between two tries to join by a name that is taken */

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct tlc_kafka_consumer *c = opaque;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        c->settled = true;
        if (c->closing) {
            kafka_park(c->rk, list);
        } else {
            partitions_take(c, list);
        }
    } else if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
        partitions_give(c, list);
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
    c->another_log_help = options->another_log_help ? options->another_log_help : "";
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

static void note_refusal(struct tlc_kafka_consumer *c, rd_kafka_resp_err_t code)
{
    char words[256];
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        c->refused = kafka_refusal_of(rd_kafka_fatal_error(c->rk, words, sizeof(words)));
    }
}

static void note_error(struct tlc_kafka_consumer *c, const rd_kafka_message_t *m)
{
    switch (m->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF: partition_at_end(c, m->partition, m->offset); break;
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED: /* a rebalance follows */ break;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE: partition_out_of_range(c, m->partition); break;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        c->topic_missing = true;
        partitions_doubt(c);
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
        if (!partition_takes(c, m)) {
            continue;
        }
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
    partitions_before_poll(c);
    /* the call waits until it has as many as asked for: wait for one, then take what is there */
    c->kept_n = take(c, wait_ms, 0, 1);
    if (c->kept_n == 1 && c->batch_max > 1) {
        c->kept_n += take(c, 0, 1, c->batch_max - 1);
    }
    batch_fill(c, ret_batch);
    partitions_after_poll(c);
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
