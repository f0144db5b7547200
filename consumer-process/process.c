#include "consumer-process/process.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/stop.h"

/* The maxima of this binary that are not options; those of windows are in
 * common/event/window_bounds.h. */
#define SILENCE_MS (INT64_C(24) * 3600 * 1000)
#define OPEN_TRIPS_MAX                                                                             \
    1000000u /* of a source in a partition; 32 bytes each, and up to 3 times that in the map */
#define SEEN_BLOCKS_MAX 1000000u /* of a source in a partition; 76 bytes each */
#define LIVE_WINDOWS_MAX 4096    /* of a source: lateness / window */
#define BATCH_MESSAGES 8192
#define POST_TIMEOUT_MS 30000
#define REPORT_MS 250
#define WAIT_IDLE_MS 20 /* how long a step waits for messages ... */
#define WAIT_POST_MS 5  /* ... or, when there are none, for a post under way */
#define DRAIN_MS 5000
#define TOKEN_MAX 4096

int process_rules(const struct process_options *options, struct rules *ret, struct tlc_err *err)
{
    if (options->window_ms % 1000 != 0 || options->lateness_ms % 1000 != 0) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE,
                             "--window and --lateness are whole seconds: 15m, 2h, 90s");
    }
    *ret = (struct rules){.window_s = options->window_ms / 1000,
                          .lateness_s = options->lateness_ms / 1000,
                          .trip_max_s = TLC_WINDOW_TRIP_MAX_S,
                          .silence_ms = SILENCE_MS,
                          .sources_max = SOURCES_MAX,
                          .open_max = OPEN_TRIPS_MAX,
                          .seen_max = SEEN_BLOCKS_MAX,
                          .routes_max = TLC_WINDOW_ROUTES_MAX};
    if (!tlc_window_width_valid(ret->window_s)) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE,
                             "--window %llds does not divide a day: one of 1m, 5m, 15m, 30m, 1h, "
                             "6h, 24h, for instance",
                             (long long)ret->window_s);
    }
    if (ret->lateness_s / ret->window_s > LIVE_WINDOWS_MAX) {
        return tlc_err_fatal(
            err, TLC_EXIT_USAGE,
            "--lateness %llds is more than %d windows of %llds: use a wider --window",
            (long long)ret->lateness_s, LIVE_WINDOWS_MAX, (long long)ret->window_s);
    }
    return 0;
}

/* ---- partitions come and go ---- */

static struct slot *slot_get(struct process *p, int32_t partition, struct tlc_err *err)
{
    if (partition < 0 || partition >= TLC_WINDOW_PARTITIONS_MAX) {
        tlc_err_fatal(err, TLC_EXIT_CONFIG, "partition %d: at most %d are supported", partition,
                      TLC_WINDOW_PARTITIONS_MAX);
        return NULL;
    }
    size_t need = (size_t)partition + 1;
    if (need > p->slots_n) {
        struct slot *slots = realloc(p->slots, need * sizeof(*slots));
        if (!slots) {
            tlc_err_fatal(err, TLC_EXIT_UNAVAILABLE, "partition %d: no memory", partition);
            return NULL;
        }
        memset(slots + p->slots_n, 0, (need - p->slots_n) * sizeof(*slots));
        p->slots = slots;
        p->slots_n = need;
    }
    return &p->slots[partition];
}

static int slot_start(struct process *p, int32_t number, int64_t start,
                      const struct recovery *recovery, struct tlc_err *err)
{
    struct slot *slot = slot_get(p, number, err);
    if (!slot) {
        return err->cls;
    }
    if (slot->partition) {
        partition_free(slot->partition);
    }
    struct partition_env env = {
        .rules = &p->rules, .pool = &p->pool, .to_send = &p->publisher.to_send};
    *slot = (struct slot){.partition = partition_new(&env, number, start, recovery),
                          .committed_position = -1};
    if (!slot->partition) {
        return tlc_err_fatal(err, TLC_EXIT_UNAVAILABLE, "partition %d: no memory", number);
    }
    if (recovery) {
        (void)tlc_str_copy(slot->store_id, sizeof(slot->store_id),
                           tlc_str_from(recovery->store_id));
    } else {
        tlc_counter_add(&p->counters, PROCESS_REBUILDS, 1);
    }
    return 0;
}

/* Why what was committed cannot be gone on from, or NULL. */
static const char *unusable(const struct process *p, const struct recovery *r, int64_t offset)
{
    if (offset > r->effects) {
        return "the committed offset is not the one its metadata is about";
    }
    if (r->window_s != p->rules.window_s || r->lateness_s != p->rules.lateness_s) {
        return "another --window or --lateness than before";
    }
    if (p->publisher.store_id[0] && r->store_id[0] &&
        strcmp(p->publisher.store_id, r->store_id) != 0) {
        return "the dashboard has another store than before";
    }
    return NULL;
}

/* What was committed with the offset, if it can be gone on from. */
static bool committed_holds(const struct process *p, struct tlc_str metadata, int64_t offset,
                            struct recovery *ret, struct tlc_err *ret_why)
{
    if (offset < 0) {
        return tlc_err_set(ret_why, TLC_REFUSE, "nothing was committed") == TLC_OK;
    }
    if (recovery_decode(metadata, ret, ret_why) != 0) {
        return false;
    }
    const char *reason = unusable(p, ret, offset);
    return reason == NULL || tlc_err_set(ret_why, TLC_REFUSE, "%s", reason) == TLC_OK;
}

/* Kafka forgets commits with their topic; the dashboard's windows stay. So who has to read a log
 * from its beginning asks the dashboard which log that was. */
static int start_anew(struct process *p, int32_t number, struct tlc_kafka_start *start,
                      struct tlc_err *err)
{
    if (p->publisher.store_id[0] == '\0') {
        p->asks_dashboard = true;
        return tlc_err_set(err, TLC_RETRY,
                           "waits for the dashboard to say whether it has windows of this log: %s",
                           p->url);
    }
    *start = (struct tlc_kafka_start){-2, publish_witness(&p->publisher, number)};
    return 0;
}

static int assigned(void *ctx, int32_t number, struct tlc_str metadata,
                    struct tlc_kafka_start *start, struct tlc_err *err)
{
    struct process *p = ctx;
    struct recovery *r = malloc(sizeof(*r));
    if (!r) {
        return tlc_err_set(err, TLC_RETRY, "partition %d: no memory", number);
    }
    int rc = 0;
    struct tlc_err why;
    bool first = start->offset < 0;
    bool go_on = committed_holds(p, metadata, start->offset, r, &why);
    if (go_on) {
        start->witness = r->witness;
    } else {
        rc = start_anew(p, number, start, err);
    }
    if (rc == 0 && !go_on && !first) {
        tlc_log(TLC_WARN, "rebuild", "partition=%d reason=\"%s\"", number, why.text);
    }
    rc = rc == 0 ? slot_start(p, number, go_on ? start->offset : 0, go_on ? r : NULL, err) : rc;
    if (rc == 0) {
        tlc_log(TLC_INFO, "assigned", "partition=%d from=%lld effects=%lld position=%lld", number,
                (long long)start->offset, go_on ? (long long)r->effects : 0,
                go_on ? (long long)r->position : 0);
        if (p->paused) {
            rc = tlc_kafka_consumer_pause(p->consumer, number, true, err);
        }
    }
    free(r);
    return rc;
}

/* Whether windows that were acknowledged, and are therefore left out of the next commit, are all
 * with the dashboard's store of today. */
static bool store_agrees(struct process *p, struct slot *slot)
{
    const char *id = p->publisher.store_id;
    if (id[0] && !slot->store_id[0]) {
        (void)tlc_str_copy(slot->store_id, sizeof(slot->store_id), tlc_str_from(id));
    }
    return !id[0] || strcmp(slot->store_id, id) == 0;
}

static void commit_one(struct process *p, int32_t number, bool wait)
{
    struct slot *slot = &p->slots[number];
    struct partition *partition = slot->partition;
    if (!partition || partition->position == slot->committed_position || !store_agrees(p, slot)) {
        return;
    }
    struct recovery r;
    int64_t low = 0;
    if (!partition_lowoffset(partition, slot->store_id, &low, &r)) {
        tlc_counter_add(&p->counters, PROCESS_COMMITS_KEPT, !partition_recovering(partition));
        return;
    }
    r.witness = tlc_kafka_consumer_witness(p->consumer, number);
    tlc_buf_reset(&p->metadata);
    if (!recovery_encode(&r, &p->metadata)) {
        tlc_counter_add(&p->counters, PROCESS_COMMITS_KEPT, 1);
        return;
    }
    struct tlc_err err;
    if (tlc_kafka_consumer_commit(p->consumer, number, low, tlc_buf_str(&p->metadata), wait,
                                  &err) != 0) {
        tlc_log(TLC_WARN, "commit_failed", "partition=%d error=\"%s\"", number, err.text);
        p->commit_failing = true;
        return;
    }
    p->commit_failing = false;
    tlc_counter_add(&p->counters, PROCESS_COMMITS, 1);
    /* A commit in the background may still fail: a moved window would never be committed again
     * without news. What is acknowledged later moves low at the same position, so only a settled
     * partition rests. */
    bool settled = partition->books.finals.n == 0 && r.effects == partition->position;
    slot->committed_position = settled && wait ? partition->position : -1;
}

static void revoked(void *ctx, int32_t number, bool lost)
{
    struct process *p = ctx;
    if ((size_t)number >= p->slots_n || !p->slots[number].partition) {
        return;
    }
    if (!lost) { /* without a coordinator each would be waited for: one is enough to know */
        commit_one(p, number, !p->broker_away && !p->commit_failing);
    }
    process_report(p); /* what its counters hold and the report has not */
    partition_free(p->slots[number].partition);
    p->slots[number].partition = NULL;
    tlc_log(TLC_INFO, "revoked", "partition=%d lost=%d", number, lost);
}

/* The dashboard's store is not the one that acknowledged before: it has to be told everything
 * again. */
static int rebuild_for_store(struct process *p, struct tlc_err *err)
{
    for (size_t i = 0; i < p->slots_n; i++) {
        if (!p->slots[i].partition || store_agrees(p, &p->slots[i])) {
            continue;
        }
        int32_t number = (int32_t)i;
        int64_t low = 0, high = 0;
        int rc = tlc_kafka_consumer_range(p->consumer, number, false, &low, &high, err);
        if (rc == 0) {
            rc = tlc_kafka_consumer_seek(p->consumer, number, low, err);
        }
        if (rc != 0) {
            return rc == TLC_RETRY ? 0 : rc; /* the next step tries again */
        }
        tlc_log(TLC_WARN, "rebuild", "partition=%d reason=\"the dashboard has another store\"",
                number);
        rc = slot_start(p, number, 0, NULL, err);
        if (rc != 0) {
            return rc;
        }
        (void)store_agrees(p, &p->slots[i]);
    }
    return 0;
}

/* ---- the dashboard ---- */

static void post_done(void *ctx, int status, struct tlc_str reply, int64_t retry_after_ms,
                      const char *text)
{
    struct process *p = ctx;
    int64_t refused = p->publisher.windows_refused;
    publish_done(&p->publisher, tlc_now_ms(), status, reply, retry_after_ms, text);
    if (p->publisher.windows_refused > refused) {
        tlc_log(TLC_WARN, "windows_refused", "n=%lld last=\"%s\"",
                (long long)(p->publisher.windows_refused - refused), p->publisher.refused);
    }
    p->dashboard_refuses = p->publisher.refuses;
    p->windows_refused = p->publisher.refused_stand > 0;
    bool away = p->publisher.state == PUBLISH_AWAY;
    if (away && !p->dashboard_away) {
        tlc_log(TLC_WARN, "dashboard_away", "url=%s reason=\"%s\"", p->url, p->publisher.trouble);
    } else if (!away && p->dashboard_away) {
        tlc_log(TLC_INFO, "dashboard_back", "url=%s waiting=%zu", p->url, p->publisher.to_send.n);
    }
    p->dashboard_away = away;
    p->dashboard_trouble = away;
}

static int post(void *ctx, struct tlc_str body, struct tlc_err *err)
{
    struct process *p = ctx;
    struct tlc_http_call call = {.method = "POST",
                                 .url = p->url,
                                 .content_type = "application/json",
                                 .body = body,
                                 .timeout_ms = POST_TIMEOUT_MS,
                                 .reply_max = TLC_WINDOW_REPLY_BYTES_MAX,
                                 .done = post_done,
                                 .ctx = p};
    return tlc_http_client_submit(p->client, &call, err);
}

/* ---- one turn ---- */

static int apply(struct process *p, const struct tlc_kafka_batch *batch, struct tlc_err *err)
{
    for (size_t i = 0; i < batch->n; i++) {
        const struct tlc_kafka_message *m = &batch->messages[i];
        struct slot *slot = slot_get(p, m->partition, err);
        if (!slot || !slot->partition) {
            continue; /* given away within the poll */
        }
        if (slot->partition->position == 0 && m->offset > 0) {
            tlc_log(TLC_WARN, "log_begins_late",
                    "partition=%d from=%lld text=\"messages before it were deleted by retention: "
                    "their windows cannot be built from this log\"",
                    m->partition, (long long)m->offset);
        }
        struct message message = {
            .offset = m->offset, .log_ms = m->timestamp_ms, .value = m->value};
        int rc = partition_apply(slot->partition, &message, err);
        if (rc != 0) {
            return rc;
        }
    }
    for (size_t i = 0; i < p->slots_n; i++) {
        if (p->slots[i].partition) {
            partition_pass(p->slots[i].partition,
                           tlc_kafka_consumer_position(p->consumer, (int32_t)i));
        }
    }
    tlc_counter_add(&p->counters, PROCESS_READ, (int64_t)batch->n);
    tlc_counter_add(&p->counters, PROCESS_BYTES, (int64_t)batch->bytes);
    return 0;
}

static size_t finals_n(const struct process *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->slots_n; i++) {
        n += p->slots[i].partition ? p->slots[i].partition->books.finals.n : 0;
    }
    return n;
}

/* Reading rests while windows that only the dashboard can take fill the memory they may have. */
static int hold_or_go_on(struct process *p, struct tlc_err *err)
{
    size_t max = (size_t)p->options->windows_bytes;
    bool want = p->paused ? p->pool.bytes > max / 4 * 3 : p->pool.bytes > max;
    want = want && finals_n(p) > 0;
    if (want == p->paused) {
        return 0;
    }
    for (size_t i = 0; i < p->slots_n; i++) {
        if (p->slots[i].partition) {
            int rc = tlc_kafka_consumer_pause(p->consumer, (int32_t)i, want, err);
            if (rc != 0) {
                return rc;
            }
        }
    }
    p->paused = want;
    tlc_counter_add(&p->counters, PROCESS_PAUSES, want);
    tlc_log(TLC_INFO, want ? "paused" : "resumed", "windows_bytes=%zu windows=%zu", p->pool.bytes,
            p->pool.in_use);
    return 0;
}

static void note_broker(struct process *p, bool away, const struct tlc_err *err)
{
    if (away && !p->broker_away) {
        tlc_log(TLC_WARN, "broker_away", "error=\"%s\"", err->text);
    } else if (!away && p->broker_away) {
        tlc_log(TLC_INFO, "broker_back", "brokers=%s", p->options->brokers);
    }
    p->broker_away = away;
}

static void set_state(struct process *p)
{
    bool any = false;
    for (size_t i = 0; i < p->slots_n; i++) {
        any = any || p->slots[i].partition;
    }
    p->asks_dashboard = p->asks_dashboard && p->publisher.store_id[0] == '\0';
    p->state = p->broker_away      ? PROCESS_NO_BROKER
               : p->asks_dashboard ? PROCESS_ASKING
               : p->paused         ? PROCESS_PAUSED
               : any               ? PROCESS_RUNNING
                                   : PROCESS_STARTING;
}

static int step_publish(struct process *p, int64_t wait_ms, bool force, struct tlc_err *err)
{
    publish_step(&p->publisher, p->now_ms, force);
    return tlc_http_client_step(p->client, p->publisher.under_way ? wait_ms : 0, -1, err);
}

static void step_commit(struct process *p)
{
    for (size_t i = 0; i < p->slots_n; i++) {
        commit_one(p, (int32_t)i, false);
    }
    p->next_commit_ms = p->now_ms + p->options->commit_ms;
}

int process_step(struct process *p, int64_t wait_ms, struct tlc_err *err)
{
    struct tlc_kafka_batch batch = {0};
    int rc =
        tlc_kafka_consumer_poll(p->consumer, p->publisher.under_way ? 0 : wait_ms, &batch, err);
    if (rc == TLC_FATAL) {
        return rc;
    }
    note_broker(p, rc == TLC_RETRY && !p->asks_dashboard, err);
    if (rc == TLC_OK) {
        rc = apply(p, &batch, err);
        if (rc != 0) {
            return rc;
        }
    }
    p->now_ms = tlc_now_ms();
    rc = step_publish(p, batch.n == 0 ? WAIT_POST_MS : 0, false, err);
    if (rc == 0) {
        rc = rebuild_for_store(p, err);
    }
    if (rc == 0) {
        rc = hold_or_go_on(p, err);
    }
    if (rc != 0) {
        return rc == TLC_FATAL ? rc : 0;
    }
    if (p->now_ms >= p->next_commit_ms) {
        step_commit(p);
    }
    set_state(p);
    if (p->now_ms >= p->next_report_ms) {
        process_report(p);
        p->next_report_ms = p->now_ms + REPORT_MS;
    }
    return 0;
}

/* Gives the dashboard what it has not yet, as long as it takes it. */
static void drain(struct process *p)
{
    p->state = PROCESS_DRAINING;
    int64_t until_ms = tlc_now_ms() + DRAIN_MS;
    struct tlc_err err;
    while (!publish_idle(&p->publisher) && p->publisher.state != PUBLISH_AWAY) {
        p->now_ms = tlc_now_ms();
        if (p->now_ms >= until_ms || step_publish(p, WAIT_POST_MS, true, &err) != 0) {
            break;
        }
    }
    process_report(p); /* the offsets are committed when the partitions are given back */
}

int process_run(struct process *p, struct tlc_err *err)
{
    while (!tlc_stop_asked()) {
        int rc = process_step(p, WAIT_IDLE_MS, err);
        if (rc != 0) {
            return rc;
        }
    }
    drain(p);
    return 0;
}

/* ---- open, close ---- */

/* The first token of the file, for the dashboard. */
static int load_token(const char *path, char dst[TOKEN_MAX], struct tlc_err *err)
{
    struct tlc_buf text;
    tlc_buf_init(&text, 1 << 20);
    int rc = tlc_file_load(path, &text, err);
    struct tlc_str rest = tlc_buf_str(&text);
    struct tlc_str line = {0};
    while (rc == 0 && tlc_str_split(&rest, '\n', &line) && tlc_str_trim(line).n == 0) {
    }
    line = tlc_str_trim(line);
    if (rc == 0 && (line.n == 0 || !tlc_str_copy(dst, TOKEN_MAX, line))) {
        rc = tlc_err_fatal(err, TLC_EXIT_CONFIG, "%s: holds no token of 1 to %d bytes", path,
                           TOKEN_MAX - 1);
    }
    tlc_buf_release(&text);
    return rc;
}

static int open_client(struct process *p, struct tlc_err *err)
{
    const char *base = p->options->dashboard;
    size_t n = strlen(base);
    while (n > 0 && base[n - 1] == '/') {
        n--;
    }
    if (snprintf(p->url, sizeof(p->url), "%.*s/api/windows", (int)n, base) >= (int)sizeof(p->url)) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE, "--dashboard is longer than %zu bytes",
                             sizeof(p->url) - 20);
    }
    char token[TOKEN_MAX];
    if (p->options->token_file && load_token(p->options->token_file, token, err) != 0) {
        return err->cls;
    }
    struct tlc_http_client_options options = {.connections_max = 1,
                                              .ca_file = p->options->ca_file,
                                              .token = p->options->token_file ? token : NULL,
                                              .user_agent = "consumer-process/" TLC_VERSION};
    return tlc_http_client_open(&options, &p->client, err);
}

int process_open(struct process *p, const struct process_options *options, struct tlc_err *err)
{
    *p = (struct process){.options = options};
    pthread_mutex_init(&p->lock, NULL);
    tlc_buf_init(&p->detail, TLC_STATUS_BYTES_MAX);
    tlc_buf_init(&p->metadata, METADATA_MAX * 2);
    window_pool_init(&p->pool);
    static const struct tlc_counter_def defs[] = {PROCESS_COUNTERS(TLC_COUNTER_DEF)};
    tlc_counters_init(&p->counters, defs, PROCESS_COUNTER_N);
    int rc = process_rules(options, &p->rules, err);
    if (rc != 0) {
        return rc;
    }
    struct publish_hooks hooks = {
        .ctx = p, .post = post, .partitions = process_write_partitions, .logs = process_write_logs};
    publish_init(&p->publisher, &hooks, &p->rules, &p->pool, options->emit_ms);
    rc = open_client(p, err);
    if (rc != 0) {
        return rc;
    }
    p->now_ms = tlc_now_ms();
    p->next_commit_ms = p->now_ms + options->commit_ms;
    process_report(p);
    char instance[TLC_KAFKA_INSTANCE_MAX];
    struct tlc_kafka_consumer_options kafka = {
        .brokers = options->brokers,
        .topic = options->topic,
        .group = options->group,
        .client_id = "consumer-process",
        .instance = tlc_kafka_instance_name(options->instance, options->status_listen, instance),
        .properties = &options->properties,
        .another_log_help = "The dashboard still has the windows of the log before: start it "
                            "with another --db (or remove that file), and it is told those of this "
                            "one; ./pipeline reset forgets everything replayed",
        .batch_max = BATCH_MESSAGES,
        .queue_bytes = options->queue_bytes};
    struct tlc_kafka_consumer_hooks kafka_hooks = {
        .ctx = p, .assigned = assigned, .revoked = revoked};
    return tlc_kafka_consumer_open(&kafka, &kafka_hooks, &p->consumer, err);
}

void process_close(struct process *p)
{
    tlc_kafka_consumer_close(&p->consumer); /* gives every partition back */
    for (size_t i = 0; i < p->slots_n; i++) {
        if (p->slots[i].partition) {
            partition_free(p->slots[i].partition);
        }
    }
    free(p->slots);
    if (p->client) {
        tlc_http_client_close(&p->client);
    }
    publish_release(&p->publisher);
    window_pool_release(&p->pool);
    tlc_buf_release(&p->metadata);
    tlc_buf_release(&p->detail);
    pthread_mutex_destroy(&p->lock);
}
