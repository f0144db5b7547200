#include "common/io/kafka_partition.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/io/kafka_fault.h"

#define PARTITIONS_MAX 4096
#define ASK_MS 10000       /* a question to the broker, inside poll */
#define START_AGAIN_MS 250 /* a partition whose start failed is tried again after this */

struct partition *partition_get(struct tlc_kafka_consumer *c, int32_t number)
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

rd_kafka_topic_partition_list_t *partition_list(const struct tlc_kafka_consumer *c, int32_t number,
                                                int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, c->topic, number)->offset = offset;
    return list;
}

/* Where librdkafka has to read. */
static int64_t fetch_from(const struct partition *p)
{
    const int64_t offset = p->checking ? p->witness.offset : p->expected;
    return offset >= 0 ? offset : RD_KAFKA_OFFSET_BEGINNING;
}

/* Asks the program where a partition begins. committed holds the group's offset and metadata. */
static int start_ask(struct tlc_kafka_consumer *c, rd_kafka_topic_partition_t *committed,
                     struct tlc_err *err)
{
    struct tlc_kafka_start start = {.offset = committed->offset >= 0 ? committed->offset : -1,
                                    .witness = TLC_KAFKA_NO_WITNESS};
    struct tlc_str metadata = {committed->metadata, committed->metadata_size};
    int rc = c->hooks.assigned(c->hooks.ctx, committed->partition, metadata, &start, err);
    if (rc != TLC_OK) {
        return tlc_err_note(err, "partition %d", (int)committed->partition);
    }
    struct partition *p = partition_get(c, committed->partition);
    p->expected = start.offset >= 0 ? start.offset : -1;
    p->witness = start.witness;
    p->checking = start.witness.offset >= 0;
    p->check_due = p->seek_due = false;
    p->started = true;
    committed->offset = fetch_from(p);
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

void partitions_take(struct tlc_kafka_consumer *c, rd_kafka_topic_partition_list_t *list)
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
        p->started = p->paused = p->checking = p->check_due = p->seek_due = p->stopped = false;
        p->witness = TLC_KAFKA_NO_WITNESS;
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

void partitions_give(struct tlc_kafka_consumer *c, rd_kafka_topic_partition_list_t *list)
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

void partitions_lose(struct tlc_kafka_consumer *c)
{
    for (int32_t i = 0; i < c->partitions_n; i++) {
        struct partition *p = &c->partitions[i];
        if (p->owned && c->hooks.revoked) {
            c->hooks.revoked(c->hooks.ctx, i, true);
        }
        p->owned = p->started = false;
    }
}

/* ---- the same log? ---- */

/* FNV-1a, folded to 32 bits. */
static uint64_t hash_on(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++) {
        hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static struct tlc_kafka_witness witness_of(const rd_kafka_message_t *m)
{
    rd_kafka_timestamp_type_t type;
    uint64_t hash = hash_on(UINT64_C(0xcbf29ce484222325), m->key, m->key_len);
    hash = hash_on(hash, m->payload, m->len);
    return (struct tlc_kafka_witness){.offset = m->offset,
                                      .timestamp_ms = rd_kafka_message_timestamp(m, &type),
                                      .hash = (int64_t)((hash >> 32 ^ hash) & UINT32_MAX)};
}

static void another_log(struct tlc_kafka_consumer *c, int32_t number, const char *how)
{
    tlc_err_fatal(&c->failure, TLC_EXIT_DATA,
                  "kafka: topic %s partition %d is another log than the one that was read before: "
                  "%s. The topic was made anew, has lost its end, or these are other brokers. %s",
                  c->topic, (int)number, how, c->another_log_help);
}

/* The check is over: the log is the same, or does not tell. */
static void trust(struct partition *p)
{
    p->seek_due = p->expected != p->witness.offset + 1;
    p->checking = false;
}

static void compare(struct tlc_kafka_consumer *c, struct partition *p, const rd_kafka_message_t *m)
{
    const struct tlc_kafka_witness now = witness_of(m), *then = &p->witness;
    char how[160];
    if (now.offset < then->offset) {
        return; /* fetched before the seek */
    }
    if (now.offset == then->offset &&
        (now.timestamp_ms != then->timestamp_ms || now.hash != then->hash)) {
        snprintf(how, sizeof(how),
                 "its message at offset %lld is another one (logged at %lld ms, then at %lld)",
                 (long long)now.offset, (long long)now.timestamp_ms, (long long)then->timestamp_ms);
        another_log(c, m->partition, how);
        return;
    }
    trust(p);
    p->seek_due = p->seek_due || now.offset > then->offset; /* compaction took the witness */
}

static bool mixed(const struct partition *p)
{
    return p->assigned_n > 0 && (p->owned_before || p->assigned_n > 1);
}

/* Whether what comes of the partition is of where it stands now. */
static bool readable(const struct partition *p)
{
    return p && p->owned && p->started && !p->seek_due && !mixed(p);
}

/* true: the witness has to be looked at first. */
static bool check_begins(struct partition *p)
{
    if (!p->check_due) {
        return false;
    }
    p->check_due = false;
    p->checking = p->seek_due = p->witness.offset >= 0;
    return p->checking;
}

void partitions_doubt(struct tlc_kafka_consumer *c)
{
    for (int32_t i = 0; i < c->partitions_n; i++) {
        c->partitions[i].check_due = true;
    }
}

bool partition_takes(struct tlc_kafka_consumer *c, const rd_kafka_message_t *m)
{
    struct partition *p = partition_get(c, m->partition);
    if (!readable(p) || check_begins(p)) {
        return false;
    }
    if (p->checking) {
        compare(c, p, m);
    }
    if (p->checking || p->seek_due || m->offset < p->expected) {
        return false;
    }
    p->expected = m->offset + 1;
    p->last = m;
    return true;
}

void partition_at_end(struct tlc_kafka_consumer *c, int32_t number, int64_t end)
{
    struct partition *p = partition_get(c, number);
    char how[160];
    if (!readable(p) || check_begins(p)) {
        return;
    }
    if (!p->checking) {
        p->expected = end > p->expected ? end : p->expected;
    } else if (end > p->witness.offset) {
        trust(p); /* no message is left there */
        p->seek_due = true;
    } else {
        snprintf(how, sizeof(how), "it ends at offset %lld, and offset %lld was read",
                 (long long)end, (long long)p->witness.offset);
        another_log(c, number, how);
    }
}

/* What was read last went with the log's head: whether it is the same one cannot be told. */
static bool head_is_gone(const struct partition *p, int64_t low)
{
    return p->checking && low > p->witness.offset && (p->expected < 0 || p->expected >= low);
}

void partition_out_of_range(struct tlc_kafka_consumer *c, int32_t number)
{
    int64_t low, high;
    struct tlc_err err;
    struct partition *p = partition_get(c, number);
    char how[160];
    if (p) {
        p->stopped = true;
    }
    if (!readable(p) || check_begins(p)) {
        return;
    }
    if (tlc_kafka_consumer_range(c, number, false, &low, &high, &err) != TLC_OK) {
        p->seek_due = true; /* so it is asked again */
        c->failure = c->failure.cls == TLC_FATAL ? c->failure : err;
        return;
    }
    if (head_is_gone(p, low)) {
        trust(p);
        p->seek_due = true;
        return;
    }
    const int64_t offset = fetch_from(p);
    const int64_t places = p->checking ? high : high + 1; /* one can go on at the end, too */
    if (offset >= low && offset < places) {
        /* By now it does: a log made anew grew past it meanwhile. The witness tells. */
        p->checking = p->witness.offset >= 0;
        p->seek_due = true;
        return;
    }
    if (high <= offset) {
        snprintf(how, sizeof(how), "it holds offsets %lld to %lld, and is to be read at %lld",
                 (long long)low, (long long)high, (long long)offset);
        another_log(c, number, how);
        return;
    }
    tlc_err_fatal(&c->failure, TLC_EXIT_DATA,
                  "kafka: topic %s partition %d no longer holds offset %lld where this group has "
                  "to go on (the log holds %lld to %lld): messages were deleted by retention. "
                  "Nothing is guessed: replay the lost months after resetting this consumer "
                  "(./pipeline reset forgets everything replayed)",
                  c->topic, (int)number, (long long)(p->checking ? p->expected : offset),
                  (long long)low, (long long)high);
}

/* ---- where to go on ---- */

/* What librdkafka has stopped it takes up only when it is given away and taken anew; the group
 * notices nothing. */
static rd_kafka_error_t *take_anew(rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_error_t *error = rd_kafka_incremental_unassign(rk, list);
    if (error) { /* it was away already, as taking it failed before */
        rd_kafka_error_destroy(error);
    }
    return rd_kafka_incremental_assign(rk, list);
}

static int seek_now(struct tlc_kafka_consumer *c, int32_t number, int64_t offset,
                    struct tlc_err *err)
{
    struct partition *p = partition_get(c, number);
    rd_kafka_topic_partition_list_t *list = partition_list(c, number, offset);
    rd_kafka_error_t *error =
        p->stopped ? take_anew(c->rk, list) : rd_kafka_seek_partitions(c->rk, list, ASK_MS);
    rd_kafka_resp_err_t code = error ? rd_kafka_error_code(error) : list->elems[0].err;
    if (error) {
        rd_kafka_error_destroy(error);
    }
    p->stopped = p->stopped && code != RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? TLC_OK : kafka_failed(err, code, "seek");
}

int tlc_kafka_consumer_seek(struct tlc_kafka_consumer *c, int32_t partition, int64_t offset,
                            struct tlc_err *err)
{
    struct partition *p = partition_get(c, partition);
    if (!p || !p->owned) {
        return tlc_err_set(err, TLC_RETRY, "kafka: seek: partition %d is not ours", (int)partition);
    }
    const int64_t expected = offset >= 0 ? offset : -1;
    int rc = p->checking ? TLC_OK
                         : seek_now(c, partition,
                                    expected >= 0 ? expected : RD_KAFKA_OFFSET_BEGINNING, err);
    if (rc == TLC_OK) {
        p->expected = expected;
        p->seek_due = p->seek_due && p->checking;
    }
    return rc;
}

static int pause_set(struct tlc_kafka_consumer *c, int32_t partition, bool paused,
                     struct tlc_err *err)
{
    rd_kafka_topic_partition_list_t *list = partition_list(c, partition, RD_KAFKA_OFFSET_INVALID);
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
    if (!paused && fetch_from(p) >= 0 && seek_now(c, partition, fetch_from(p), err) != TLC_OK) {
        p->started = false;
        return err->cls;
    }
    return TLC_OK;
}

/* Tries again to decide where a partition begins. */
static int start_again(struct tlc_kafka_consumer *c, int32_t number, struct tlc_err *err)
{
    struct partition *p = partition_get(c, number);
    rd_kafka_topic_partition_list_t *list = partition_list(c, number, RD_KAFKA_OFFSET_INVALID);
    int rc = committed_ask(c, list, err);
    if (rc == TLC_OK) {
        rc = start_ask(c, &list->elems[0], err);
    }
    rd_kafka_topic_partition_list_destroy(list);
    if (rc == TLC_OK && !p->paused) {
        rc = pause_set(c, number, false, err);
    }
    if (rc == TLC_OK) {
        rc = seek_now(c, number, fetch_from(p), err);
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

void partitions_before_poll(struct tlc_kafka_consumer *c)
{
    start_missing(c);
    for (int32_t i = 0; i < c->partitions_n; i++) {
        c->partitions[i].owned_before = c->partitions[i].owned;
        c->partitions[i].assigned_n = 0;
        c->partitions[i].last = NULL;
    }
}

/* A partition that was ours, went and came back within one poll is read again from where it begins
 * now: its messages of before and after could not be told apart, so all were dropped. */
void partitions_after_poll(struct tlc_kafka_consumer *c)
{
    for (int32_t i = 0; i < c->partitions_n; i++) {
        struct partition *p = &c->partitions[i];
        struct tlc_err err;
        if (p->last) {
            p->witness = witness_of(p->last);
        }
        p->seek_due = (p->seek_due || mixed(p)) && p->owned && p->started;
        p->assigned_n = 0;
        if (!p->seek_due) {
            continue;
        }
        if (seek_now(c, i, fetch_from(p), &err) == TLC_OK) {
            p->seek_due = false;
        } else if (c->failure.cls != TLC_FATAL) {
            c->failure = err;
        }
    }
}

/* ---- positions ---- */

int tlc_kafka_consumer_commit(struct tlc_kafka_consumer *c, int32_t partition, int64_t next_offset,
                              struct tlc_str metadata, bool wait, struct tlc_err *err)
{
    rd_kafka_topic_partition_list_t *list = partition_list(c, partition, next_offset);
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

int tlc_kafka_consumer_partitions(struct tlc_kafka_consumer *c, int64_t *ret_n, struct tlc_err *err)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(c->rk, c->topic, NULL);
    rd_kafka_resp_err_t code =
        topic ? rd_kafka_metadata(c->rk, 0, topic, &metadata, ASK_MS) : rd_kafka_last_error();
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        code =
            metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
        *ret_n = code == RD_KAFKA_RESP_ERR_NO_ERROR ? metadata->topics[0].partition_cnt : 0;
        rd_kafka_metadata_destroy(metadata);
    }
    if (topic) {
        rd_kafka_topic_destroy(topic);
    }
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? TLC_OK
                                              : kafka_failed(err, code, "ask for the partitions");
}

int64_t tlc_kafka_consumer_position(struct tlc_kafka_consumer *c, int32_t partition)
{
    const struct partition *p = partition_get(c, partition);
    return p && p->owned && p->started ? p->expected : -1;
}

struct tlc_kafka_witness tlc_kafka_consumer_witness(struct tlc_kafka_consumer *c, int32_t partition)
{
    const struct partition *p = partition_get(c, partition);
    return p && p->owned && p->started ? p->witness : TLC_KAFKA_NO_WITNESS;
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
