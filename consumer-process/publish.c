#include "consumer-process/publish.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/io/json.h"
#include "consumer-process/partition.h"

#define RETRY_BASE_MS 250
#define RETRY_CAP_MS 5000
/* Without news the receiver is asked so often whether it is still the same. */
#define GREET_MS 5000

_Static_assert(PUBLISH_BODY_BYTES + TLC_WINDOW_BYTES_MAX + TLC_WINDOW_PARTITIONS_BYTES_MAX + 4096 <=
                   TLC_WINDOW_MESSAGE_BYTES_MAX,
               "what is sent at once is a message");
_Static_assert(TLC_WINDOW_MESSAGE_BYTES_MAX <= PUBLISH_BODY_LIMIT, "it has its memory");
_Static_assert(STORE_ID_MAX == TLC_STORE_ID_MAX, "the id fits commit metadata");

void publish_init(struct publisher *p, const struct publish_hooks *hooks, const struct rules *rules,
                  struct window_pool *pool, int64_t emit_ms)
{
    *p = (struct publisher){.hooks = *hooks,
                            .rules = rules,
                            .pool = pool,
                            .emit_ms = emit_ms,
                            .windows_max = PUBLISH_WINDOWS_MAX};
    window_list_init(&p->to_send, WINDOW_TO_SEND);
    window_list_init(&p->sent, WINDOW_SENT);
    tlc_buf_init(&p->body, PUBLISH_BODY_LIMIT);
    tlc_buf_init(&p->partitions, TLC_WINDOW_PARTITIONS_BYTES_MAX);
    tlc_buf_init(&p->partitions_new, TLC_WINDOW_PARTITIONS_BYTES_MAX);
    tlc_retry_init(&p->retry, RETRY_BASE_MS, RETRY_CAP_MS, 1);
}

void publish_release(struct publisher *p)
{
    tlc_buf_release(&p->body);
    tlc_buf_release(&p->partitions);
    tlc_buf_release(&p->partitions_new);
    free(p->witnesses);
    p->witnesses = NULL;
}

/* The windows of a request that failed wait again, in front; one that changed meanwhile waits
 * already. */
static void take_back(struct publisher *p)
{
    while (p->sent.last) {
        struct window *w = p->sent.last;
        w->sent_revision = 0;
        window_list_remove(w, WINDOW_SENT);
        window_list_push_front(&p->to_send, w);
    }
}

static void failed(struct publisher *p, int64_t now_ms, int64_t retry_after_ms)
{
    take_back(p);
    int64_t delay_ms = tlc_retry_next(&p->retry);
    p->next_ms = now_ms + (retry_after_ms > delay_ms ? retry_after_ms : delay_ms);
    p->state = PUBLISH_AWAY;
    p->failures++;
}

static void write_windows(struct publisher *p)
{
    while (p->to_send.first && p->sent.n < p->windows_max && p->body.n < PUBLISH_BODY_BYTES) {
        struct window *w = p->to_send.first;
        size_t before = p->body.n;
        if (p->sent.n > 0) {
            (void)tlc_buf_append(&p->body, ",", 1);
        }
        window_write_json(w, &p->body);
        if (p->body.failed) {
            p->body.n = before; /* the others go; this one waits for memory */
            return;
        }
        window_list_remove(w, WINDOW_TO_SEND);
        w->sent_revision = window_revision(w);
        window_list_push(&p->sent, w);
    }
}

static bool write_body(struct publisher *p, int64_t now_ms)
{
    tlc_buf_reset(&p->partitions_new);
    struct jsonout j;
    jsonout_init(&j, &p->partitions_new);
    jsonout_open(&j, NULL, '[');
    p->hooks.partitions(p->hooks.ctx, &j);
    jsonout_close(&j, ']');
    if (p->shape == PUBLISH_NO_TOTALS && p->to_send.n == 0 && now_ms - p->answered_ms >= GREET_MS) {
        p->shape = PUBLISH_WHOLE; /* who refused them may be another one by now */
    }
    bool totals_new = p->shape == PUBLISH_WHOLE &&
                      !tlc_str_eq(tlc_buf_str(&p->partitions), tlc_buf_str(&p->partitions_new));
    bool news = p->to_send.n > 0 || p->store_id[0] == '\0' || now_ms - p->answered_ms >= GREET_MS ||
                p->shape == PUBLISH_NOTHING || totals_new;
    if (!news) {
        return false;
    }
    if (p->partitions_new.failed || p->shape != PUBLISH_WHOLE) { /* the windows go all the same */
        tlc_buf_reset(&p->partitions_new);
        (void)tlc_buf_append(&p->partitions_new, "[]", 2);
    }
    tlc_buf_reset(&p->body);
    (void)tlc_buf_printf(&p->body, "{\"window_s\":%lld,\"lateness_s\":%lld,",
                         (long long)p->rules->window_s, (long long)p->rules->lateness_s);
    /* Who it is comes first: a new store wants windows from the log's start, and takes none that
     * are meant for another one. */
    if (p->store_id[0] != '\0') {
        (void)tlc_buf_printf(&p->body, "\"store_id\":\"%s\",", p->store_id);
    }
    (void)tlc_buf_append(&p->body, "\"windows\":[", 11);
    if (p->store_id[0] != '\0' && p->shape != PUBLISH_NOTHING) {
        write_windows(p);
    }
    p->backlog = p->sent.n > 0 && p->to_send.n > 0;
    p->body.failed = false;
    (void)tlc_buf_append(&p->body, "],\"partitions\":", 15);
    (void)tlc_buf_add(&p->body, tlc_buf_str(&p->partitions_new));
    (void)tlc_buf_append(&p->body, ",\"logs\":", 8);
    jsonout_init(&j, &p->body);
    jsonout_open(&j, NULL, '[');
    p->hooks.logs(p->hooks.ctx, &j);
    jsonout_close(&j, ']');
    (void)tlc_buf_append(&p->body, "}", 1);
    return !p->body.failed;
}

void publish_step(struct publisher *p, int64_t now_ms, bool force)
{
    if (p->under_way || (now_ms < p->next_ms && !(force && p->state != PUBLISH_AWAY))) {
        return;
    }
    if (!write_body(p, now_ms)) {
        take_back(p);
        p->next_ms = now_ms + p->emit_ms;
        return;
    }
    struct tlc_err err;
    p->under_way = true;
    p->started_ms = now_ms;
    if (p->hooks.post(p->hooks.ctx, tlc_buf_str(&p->body), &err) != 0) {
        p->under_way = false;
        (void)tlc_str_copy(p->trouble, sizeof(p->trouble), tlc_str_from(err.text));
        failed(p, now_ms, -1);
        return;
    }
    if (p->state == PUBLISH_IDLE) {
        p->state = PUBLISH_UNDER_WAY;
    }
}

static bool witnesses_grow(struct publisher *p, int32_t number)
{
    if (number < p->witnesses_n) {
        return true;
    }
    struct tlc_kafka_witness *grown = realloc(p->witnesses, ((size_t)number + 1) * sizeof(*grown));
    if (!grown) {
        return false;
    }
    for (p->witnesses = grown; p->witnesses_n <= number; p->witnesses_n++) {
        grown[p->witnesses_n] = TLC_KAFKA_NO_WITNESS;
    }
    return true;
}

/* "logs": [[partition, offset, timestamp_ms, hash], ...], of a receiver that has windows. */
static void take_witnesses(struct publisher *p, const json_t *root)
{
    const json_t *logs = json_object_get(root, "logs");
    p->witnesses_n = json_is_array(logs) ? 0 : p->witnesses_n;
    for (size_t i = 0; i < json_array_size(logs); i++) {
        const json_t *log = json_array_get(logs, i);
        const json_int_t number = json_integer_value(json_array_get(log, 0));
        if (json_array_size(log) != 4 || number < 0 || number >= TLC_WINDOW_PARTITIONS_MAX) {
            continue;
        }
        if (!witnesses_grow(p, (int32_t)number)) {
            return;
        }
        p->witnesses[number] =
            (struct tlc_kafka_witness){.offset = json_integer_value(json_array_get(log, 1)),
                                       .timestamp_ms = json_integer_value(json_array_get(log, 2)),
                                       .hash = json_integer_value(json_array_get(log, 3))};
    }
}

struct tlc_kafka_witness publish_witness(const struct publisher *p, int32_t partition)
{
    return partition < p->witnesses_n ? p->witnesses[partition] : TLC_KAFKA_NO_WITNESS;
}

static struct publish_name name_of(const struct window *w)
{
    return (struct publish_name){.partition = w->partition,
                                 .source = w->source,
                                 .start_s = w->start_s,
                                 .revision = window_revision(w)};
}

static void name_refused(struct publisher *p, const struct publish_name *n, const char *why)
{
    (void)snprintf(p->refused, sizeof(p->refused), "partition %d, source %d, start %lld: %s",
                   n->partition, n->source, (long long)n->start_s, why);
}

static int64_t number(const json_t *object, const char *key)
{
    const json_t *v = json_object_get(object, key);
    return json_is_integer(v) ? json_integer_value(v) : -1;
}

/* The windows of this request that the reply names. They are not sent again as they are. */
static void take_refusals(struct publisher *p, const json_t *refused)
{
    for (size_t i = 0; i < json_array_size(refused); i++) {
        const json_t *r = json_array_get(refused, i);
        const char *text = json_string_value(json_object_get(r, "text"));
        for (const struct window *w = p->sent.first; w; w = w->links[WINDOW_SENT].next) {
            if (number(r, "partition") == w->partition && number(r, "source") == w->source &&
                number(r, "start") == w->start_s && number(r, "revision") == w->sent_revision) {
                struct publish_name name = name_of(w);
                name_refused(p, &name, text ? text : "no reason given");
                p->windows_refused++;
            }
        }
    }
}

/* The receiver's store_id out of its reply, and what it refused; false when the reply is not what
 * it should be. */
static bool take_reply(struct publisher *p, struct tlc_str reply)
{
    json_t *root = NULL;
    struct tlc_err err;
    if (tlc_json_load(reply, &root, &err) != 0) {
        return false;
    }
    const char *id = json_string_value(json_object_get(root, "store_id"));
    /* It goes into commit metadata, /status and messages as it is. */
    static const char letters[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._:+/=";
    bool good = id && id[0] && strlen(id) <= STORE_ID_MAX && strspn(id, letters) == strlen(id) &&
                strcmp(id, "-") != 0;
    if (good) {
        (void)tlc_str_copy(p->store_id, sizeof(p->store_id), tlc_str_from(id));
        take_witnesses(p, root);
        take_refusals(p, json_object_get(root, "refused"));
        int64_t stand = number(root, "refused_windows");
        p->refused_stand = stand > 0 ? stand : 0;
    }
    json_decref(root);
    return good;
}

/* Alone it is too large for something on the way, which may be told to let it pass: it waits behind
 * the others. */
static void put_last(struct publisher *p)
{
    struct window *w = p->sent.first;
    struct publish_name name = name_of(w);
    name_refused(p, &name, p->trouble);
    w->sent_revision = 0;
    window_list_remove(w, WINDOW_SENT);
    window_list_push(&p->to_send, w);
}

/* A message was refused as such. Again at once, with less in it, until there is one thing in it. */
static void refused_whole(struct publisher *p, int64_t now_ms, int status)
{
    size_t n = p->sent.n;
    if (n > 1) {
        p->windows_max = n / 2;
    } else if (p->shape == PUBLISH_WHOLE) {
        p->shape = PUBLISH_NO_TOTALS;
    } else if (n == 1 && status == 422) {
        p->suspect = name_of(p->sent.first);
        p->suspect.revision = p->sent.first->sent_revision;
        p->suspected = true;
        p->shape = PUBLISH_NOTHING;
    } else {
        if (n == 1) {
            put_last(p);
        }
        /* Where not even nothing is taken nobody understands: then it is asked for that. */
        p->shape = n == 1 ? PUBLISH_WHOLE : PUBLISH_NOTHING;
        p->suspected = false;
        p->refuses = true;
        failed(p, now_ms, -1);
        return;
    }
    take_back(p);
    p->failures++;
    p->state = PUBLISH_IDLE;
    p->next_ms = now_ms;
}

/* Everything else is taken: it was the suspect alone. */
static void convict(struct publisher *p)
{
    struct window *w = p->to_send.first; /* where it was put back */
    struct publish_name name = w ? name_of(w) : (struct publish_name){.partition = -1};
    const struct publish_name *suspect = &p->suspect;
    if (name.partition == suspect->partition && name.source == suspect->source &&
        name.start_s == suspect->start_s && name.revision == suspect->revision) {
        name_refused(p, suspect, p->trouble);
        p->windows_refused++;
        window_list_remove(w, WINDOW_TO_SEND);
        w->sent_revision = name.revision;
        window_settle(p->pool, w);
    }
    p->suspected = false;
}

static void succeeded(struct publisher *p, int64_t now_ms)
{
    p->posts++;
    p->windows_sent += (int64_t)p->sent.n;
    p->bytes_sent += (int64_t)p->body.n;
    while (p->sent.first) {
        struct window *w = p->sent.first;
        window_list_remove(w, WINDOW_SENT);
        window_settle(p->pool, w);
    }
    struct tlc_buf sent = p->partitions_new;
    p->partitions_new = p->partitions;
    p->partitions = sent;
    bool found = p->shape == PUBLISH_NOTHING;
    if (p->suspected) {
        convict(p);
    }
    if (p->shape == PUBLISH_NO_TOTALS && p->windows_max == 1) { /* the totals alone */
        (void)snprintf(p->refused, sizeof(p->refused), "late and refused totals: %s", p->trouble);
        p->windows_max = PUBLISH_WINDOWS_MAX;
    }
    if (found) {
        p->shape = PUBLISH_WHOLE;
        p->windows_max = PUBLISH_WINDOWS_MAX;
    }
    tlc_retry_reset(&p->retry);
    p->answered_ms = now_ms;
    p->state = PUBLISH_IDLE;
    p->trouble[0] = '\0';
    p->next_ms = p->backlog || found ? now_ms : p->started_ms + p->emit_ms;
}

/* Whether an answer may become another one by waiting, with nothing changed by anybody. */
static bool may_pass(int status)
{
    return status == 0 || status == 408 || status == 429 || (status >= 500 && status <= 504);
}

void publish_done(struct publisher *p, int64_t now_ms, int status, struct tlc_str reply,
                  int64_t retry_after_ms, const char *text)
{
    p->under_way = false;
    p->refuses = false;
    /* 507: as 200, but some windows did not fit; they are named. */
    if ((status == 200 || status == 507) && take_reply(p, reply)) {
        succeeded(p, now_ms);
        return;
    }
    if (status == 0) {
        (void)snprintf(p->trouble, sizeof(p->trouble), "no answer: %s", text);
    } else {
        int shown = reply.n < 300 ? (int)reply.n : 300;
        (void)snprintf(p->trouble, sizeof(p->trouble), "answered %d: %.*s", status, shown, reply.p);
    }
    if (status == 413 || status == 422) {
        refused_whole(p, now_ms, status);
        return;
    }
    p->refuses = !may_pass(status);
    failed(p, now_ms, retry_after_ms);
}
