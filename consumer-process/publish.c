#include "consumer-process/publish.h"

#include <stdio.h>

#include "common/io/json.h"
#include "consumer-process/partition.h"

#define RETRY_BASE_MS 250
#define RETRY_CAP_MS 5000
#define GREET_MS                                                                                   \
    5000 /* without news the receiver is asked so often whether it is still the same               \
          */

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
    bool news = p->to_send.n > 0 || p->store_id[0] == '\0' || now_ms - p->answered_ms >= GREET_MS ||
                !tlc_str_eq(tlc_buf_str(&p->partitions), tlc_buf_str(&p->partitions_new));
    if (!news) {
        return false;
    }
    if (p->partitions_new.failed) { /* the windows must go all the same */
        tlc_buf_reset(&p->partitions_new);
        (void)tlc_buf_append(&p->partitions_new, "[]", 2);
    }
    tlc_buf_reset(&p->body);
    (void)tlc_buf_printf(&p->body, "{\"window_s\":%lld,\"lateness_s\":%lld,\"windows\":[",
                         (long long)p->rules->window_s, (long long)p->rules->lateness_s);
    if (p->store_id[0] !=
        '\0') { /* who it is comes first: a new store wants windows from the log's start */
        write_windows(p);
    }
    p->backlog = p->sent.n > 0 && p->to_send.n > 0;
    p->body.failed = false;
    (void)tlc_buf_append(&p->body, "],\"partitions\":", 15);
    (void)tlc_buf_add(&p->body, tlc_buf_str(&p->partitions_new));
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

/* The receiver's store_id out of its reply; false when the reply is not what it should be. */
static bool take_store_id(struct publisher *p, struct tlc_str reply)
{
    json_t *root = NULL;
    struct tlc_err err;
    if (tlc_json_load(reply, &root, &err) != 0) {
        return false;
    }
    const char *id = json_string_value(json_object_get(root, "store_id"));
    /* It goes into commit metadata and /status as it is. */
    static const char letters[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._:+/=";
    bool good = id && id[0] && strlen(id) <= STORE_ID_MAX && strspn(id, letters) == strlen(id) &&
                strcmp(id, "-") != 0;
    if (good) {
        (void)tlc_str_copy(p->store_id, sizeof(p->store_id), tlc_str_from(id));
    }
    json_decref(root);
    return good;
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
    tlc_retry_reset(&p->retry);
    p->answered_ms = now_ms;
    p->state = PUBLISH_IDLE;
    p->trouble[0] = '\0';
    p->next_ms = p->backlog ? now_ms : p->started_ms + p->emit_ms;
}

void publish_done(struct publisher *p, int64_t now_ms, int status, struct tlc_str reply,
                  int64_t retry_after_ms, const char *text)
{
    p->under_way = false;
    if (status == 200 && take_store_id(p, reply)) {
        succeeded(p, now_ms);
        return;
    }
    if (status == 413 && p->windows_max > 1) {
        p->windows_max /= 2;
    }
    if (status == 0) {
        (void)snprintf(p->trouble, sizeof(p->trouble), "no answer: %s", text);
    } else {
        int shown = reply.n < 120 ? (int)reply.n : 120;
        (void)snprintf(p->trouble, sizeof(p->trouble), "answered %d: %.*s", status, shown, reply.p);
    }
    failed(p, now_ms, retry_after_ms);
}
