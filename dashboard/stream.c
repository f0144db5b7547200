#include "dashboard/stream.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "dashboard/delta.h"
#include "dashboard/pages.h"
#include "dashboard/summary.h"

static const struct tlc_counter_def stream_defs[] = {STREAM_COUNTERS(TLC_COUNTER_DEF)};

#define STREAM_ID_SIZE 64

/* An encoded event. Shared by its channel and by the clients that are sending it. Who has the
 * message before it gets the delta to that one. */
struct message {
    size_t refs;
    int64_t serial, revision;
    char id[STREAM_ID_SIZE];
    struct tlc_buf whole;
    size_t json_at, json_n; /* the object within whole */
    struct tlc_buf delta;   /* empty: there is none */
    int64_t delta_from;     /* serial of the message that it changes */
};

struct stream_client {
    struct stream_client *prev, *next;
    struct stream_channel *channel;
    struct stream_hub *hub;
    struct tlc_http_stream *stream; /* NULL until opened */
    struct message *sending;        /* NULL: between messages */
    const struct tlc_buf *text;     /* of it: whole or delta */
    size_t at;                      /* bytes of it that were handed over */
    int64_t serial;                 /* of the last message taken up */
    int64_t next_ms;                /* no message before */
    int64_t spoke_ms;               /* last time a message or a beat was begun */
    int64_t waits_ms;               /* there is something for it, not pulled since then; 0: no */
    bool beat;                      /* a heartbeat is due */
    bool dropped;
};

struct stream_channel {
    struct stream_channel *next;
    const struct stream_topic *topic;
    struct windows_filter filter;
    struct message *newest; /* NULL before the first */
    struct stream_client *clients;
    size_t clients_n;
    bool stepped; /* had its turn in this round of steps */
};

void stream_hub_init(struct stream_hub *hub, const struct stream_topic *topics, size_t topics_n,
                     int64_t (*now_ms)(void), void (*wake)(struct tlc_http_stream *stream),
                     void (*cut)(struct tlc_http_stream *stream))
{
    assert(topics_n <= STREAM_TOPICS_MAX);
    *hub = (struct stream_hub){
        .topics = topics, .topics_n = topics_n, .now_ms = now_ms, .wake = wake, .cut = cut};
    pthread_mutex_init(&hub->lock, NULL);
    tlc_counters_init(&hub->counters, stream_defs, STREAM_COUNTER_N);
}

void stream_hub_release(struct stream_hub *hub)
{
    assert(hub->channels == NULL);
    pthread_mutex_destroy(&hub->lock);
}

/* --- messages --- */

/* Under hub->lock. */
static void message_unref(struct message *m)
{
    if (m != NULL && --m->refs == 0) {
        tlc_buf_release(&m->whole);
        tlc_buf_release(&m->delta);
        free(m);
    }
}

static void hold(const struct stream_topic *t)
{
    if (t->hold != NULL) {
        t->hold(t->ctx);
    }
}

static void let_go(const struct stream_topic *t)
{
    if (t->let_go != NULL) {
        t->let_go(t->ctx);
    }
}

static int64_t revision_of(const struct stream_topic *t)
{
    hold(t);
    int64_t revision = t->revision(t->ctx);
    let_go(t);
    return revision;
}

/* Not under hub->lock: encoding may take milliseconds. NULL when memory is refused. */
static struct message *message_make(struct stream_hub *hub, const struct stream_topic *t,
                                    const struct windows_filter *filter)
{
    struct message *m = calloc(1, sizeof *m);
    if (m == NULL) {
        return NULL;
    }
    m->refs = 1;
    tlc_buf_init(&m->whole, t->bytes_max);
    tlc_buf_init(&m->delta, t->bytes_max);
    hold(t);
    m->revision = t->revision(t->ctx);
    t->id(t->ctx, m->id, sizeof m->id);
    tlc_buf_printf(&m->whole, "id: %s\nevent: %s\ndata: ", m->id, t->event);
    m->json_at = m->whole.n;
    bool made = t->encode(t->ctx, filter, &m->whole);
    m->json_n = m->whole.n - m->json_at;
    /* While the topic is held: of two messages the later one is never the older picture. */
    pthread_mutex_lock(&hub->lock);
    m->serial = ++hub->serial;
    pthread_mutex_unlock(&hub->lock);
    let_go(t);
    tlc_buf_append(&m->whole, "\n\n", 2);
    if (!made || m->whole.failed) {
        message_unref(m);
        return NULL;
    }
    tlc_counter_add(&hub->counters, STREAM_ENCODED, 1);
    return m;
}

/* --- channels, under hub->lock --- */

static struct stream_channel *channel_find(struct stream_hub *hub, const struct stream_topic *topic,
                                           const struct windows_filter *filter)
{
    struct stream_channel *c = hub->channels;
    while (c != NULL && !(c->topic == topic && summary_filter_equal(&c->filter, filter))) {
        c = c->next;
    }
    return c;
}

static struct stream_channel *channel_make(struct stream_hub *hub, const struct stream_topic *topic,
                                           const struct windows_filter *filter)
{
    struct stream_channel *c = channel_find(hub, topic, filter);
    if (c != NULL || hub->channels_n == STREAM_CHANNELS_MAX) {
        return c;
    }
    c = calloc(1, sizeof *c);
    if (c != NULL) {
        c->topic = topic;
        c->filter = *filter;
        c->next = hub->channels;
        hub->channels = c;
        hub->channels_n++;
        tlc_counter_set(&hub->counters, STREAM_CHANNELS, (int64_t)hub->channels_n);
    }
    return c;
}

static void channel_free(struct stream_hub *hub, struct stream_channel *c)
{
    struct stream_channel **link = &hub->channels;
    while (*link != c) {
        link = &(*link)->next;
    }
    *link = c->next;
    message_unref(c->newest);
    free(c);
    hub->channels_n--;
    tlc_counter_set(&hub->counters, STREAM_CHANNELS, (int64_t)hub->channels_n);
}

static struct tlc_str json_of(const struct message *m)
{
    return (struct tlc_str){m->whole.p + m->json_at, m->json_n};
}

static void make_delta(struct message *m, const struct message *before)
{
    tlc_buf_printf(&m->delta, "id: %s\nevent: delta\ndata: ", m->id);
    bool made = delta_encode(json_of(before), json_of(m), &m->delta);
    tlc_buf_append(&m->delta, "\n\n", 2);
    if (!made || m->delta.failed) {
        tlc_buf_reset(&m->delta); /* the whole will do */
    }
    m->delta_from = before->serial;
}

static void channel_offer(struct stream_channel *c, struct message *m)
{
    if (c->newest != NULL && c->newest->serial > m->serial) {
        message_unref(m);
        return;
    }
    if (c->newest != NULL) {
        make_delta(m, c->newest);
    }
    message_unref(c->newest);
    c->newest = m;
}

/* --- clients --- */

static bool has_news(const struct stream_client *c)
{
    return c->channel->newest != NULL && c->channel->newest->serial > c->serial;
}

static int64_t hand_over(struct stream_client *c, char *dst, size_t max)
{
    size_t left = c->text->n - c->at;
    size_t n = left < max ? left : max;
    memcpy(dst, c->text->p + c->at, n);
    c->at += n;
    if (c->at == c->text->n) {
        message_unref(c->sending);
        c->sending = NULL;
    }
    return (int64_t)n;
}

/* Under hub->lock. */
static int64_t pull_next(struct stream_client *c, char *dst, size_t max)
{
    struct stream_hub *hub = c->hub;
    int64_t now_ms = hub->now_ms();
    if (c->dropped) {
        return -1;
    }
    c->waits_ms = 0;
    if (c->sending == NULL && has_news(c) && now_ms >= c->next_ms) {
        c->sending = c->channel->newest;
        c->sending->refs++;
        bool has_before = c->serial != 0 && c->serial == c->sending->delta_from;
        c->text = has_before && c->sending->delta.n > 0 ? &c->sending->delta : &c->sending->whole;
        c->serial = c->sending->serial;
        c->at = 0;
        /* From the time that was due, not from now: else a pull a moment after its step would miss
         * the next one. */
        bool on_time = now_ms - c->next_ms < STREAM_EVERY_MS;
        c->next_ms = (on_time ? c->next_ms : now_ms) + STREAM_EVERY_MS;
        c->spoke_ms = now_ms;
        c->beat = false;
        tlc_counter_add(&hub->counters, STREAM_SENT, 1);
    }
    if (c->sending != NULL) {
        return hand_over(c, dst, max);
    }
    static const char beat[] = ":\n\n";
    if (c->beat && max >= sizeof beat - 1) {
        c->beat = false;
        c->spoke_ms = now_ms;
        memcpy(dst, beat, sizeof beat - 1);
        tlc_counter_add(&hub->counters, STREAM_BEATS, 1);
        return (int64_t)sizeof beat - 1;
    }
    return 0;
}

static int64_t pull(void *ctx, char *dst, size_t max)
{
    struct stream_client *c = ctx;
    pthread_mutex_lock(&c->hub->lock);
    int64_t n = pull_next(c, dst, max);
    pthread_mutex_unlock(&c->hub->lock);
    return n;
}

static void opened(void *ctx, struct tlc_http_stream *stream)
{
    struct stream_client *c = ctx;
    pthread_mutex_lock(&c->hub->lock);
    c->stream = stream;
    pthread_mutex_unlock(&c->hub->lock);
}

static void closed(void *ctx)
{
    struct stream_client *c = ctx;
    struct stream_hub *hub = c->hub;
    struct stream_channel *channel = c->channel;
    pthread_mutex_lock(&hub->lock);
    if (c->prev != NULL) {
        c->prev->next = c->next;
    } else {
        channel->clients = c->next;
    }
    if (c->next != NULL) {
        c->next->prev = c->prev;
    }
    message_unref(c->sending);
    if (--channel->clients_n == 0) {
        channel_free(hub, channel);
    }
    pthread_mutex_unlock(&hub->lock);
    tlc_counter_add(&hub->counters, STREAM_CLIENTS, -1);
    free(c);
}

/* Under hub->lock. The channel's newest message is what the client is up to date with, if it says
 * so. */
static void client_join(struct stream_client *c, struct stream_channel *channel,
                        struct tlc_str last_event_id)
{
    const struct message *newest = channel->newest;
    c->channel = channel;
    c->spoke_ms = c->hub->now_ms();
    c->serial = tlc_str_eq(last_event_id, tlc_str_from(newest->id)) ? newest->serial : 0;
    c->next = channel->clients;
    if (c->next != NULL) {
        c->next->prev = c;
    }
    channel->clients = c;
    channel->clients_n++;
    tlc_counter_add(&c->hub->counters, STREAM_CLIENTS, 1);
}

/* Puts the client into its channel, which then has a message. false: no memory, or too many
 * channels. */
static bool enter(struct stream_client *c, const struct stream_topic *topic,
                  const struct windows_filter *filter, struct tlc_str last_event_id)
{
    struct stream_hub *hub = c->hub;
    int64_t revision = revision_of(topic);
    pthread_mutex_lock(&hub->lock);
    const struct stream_channel *held = channel_find(hub, topic, filter);
    bool fresh = held != NULL && held->newest != NULL && held->newest->revision == revision;
    bool room = held != NULL || hub->channels_n < STREAM_CHANNELS_MAX;
    pthread_mutex_unlock(&hub->lock);
    if (!room) {
        return false;
    }
    struct message *m = fresh ? NULL : message_make(hub, topic, filter);
    pthread_mutex_lock(&hub->lock);
    struct stream_channel *channel = channel_make(hub, topic, filter);
    if (channel != NULL && m != NULL) {
        channel_offer(channel, m);
    } else {
        message_unref(m);
    }
    bool joined = channel != NULL && channel->newest != NULL;
    if (joined) {
        client_join(c, channel, last_event_id);
    } else if (channel != NULL && channel->clients_n == 0) {
        channel_free(hub, channel);
    }
    pthread_mutex_unlock(&hub->lock);
    return joined;
}

void stream_open(struct stream_hub *hub, const struct stream_topic *topic,
                 const struct windows_filter *filter, struct tlc_str last_event_id,
                 struct tlc_http_response *r)
{
    struct stream_client *c = calloc(1, sizeof *c);
    if (c != NULL) {
        c->hub = hub;
    }
    if (c == NULL || !enter(c, topic, filter, last_event_id)) {
        free(c);
        tlc_http_error(r, 503, "busy", "too many different views are open; close one, or wait");
        tlc_http_header_add(r, "Retry-After", "5");
        return;
    }
    r->status = 200;
    r->content_type = "text/event-stream; charset=utf-8";
    /* A proxy that gathers or packs what goes through it would hold messages back. */
    pages_headers(r, "no-cache, no-transform");
    tlc_http_header_add(r, "X-Accel-Buffering", "no");
    r->pull = pull;
    r->opened = opened;
    r->closed = closed;
    r->stream_ctx = c;
    r->unsent_bytes_max = STREAM_UNSENT_BYTES;
}

/* --- step --- */

/* Under hub->lock. */
static void wake_client(struct stream_hub *hub, struct stream_client *c, int64_t now_ms)
{
    if (c->stream == NULL) {
        return;
    }
    c->beat = c->beat || now_ms - c->spoke_ms >= STREAM_BEAT_MS;
    bool due = c->beat || (has_news(c) && now_ms >= c->next_ms);
    if ((due || c->sending != NULL) && c->waits_ms == 0) {
        c->waits_ms = now_ms;
    }
    if (c->waits_ms != 0 && now_ms - c->waits_ms > STREAM_SLOW_MS && !c->dropped) {
        c->dropped = true;
        tlc_counter_add(&hub->counters, STREAM_DROPPED, 1);
        hub->cut(c->stream);
    } else if (due && !c->dropped) {
        hub->wake(c->stream);
    }
}

/* A channel that has news and has not had its turn; NULL when all had. revisions: of each topic. */
static struct stream_channel *next_turn(struct stream_hub *hub, const int64_t *revisions)
{
    struct stream_channel *c = hub->channels;
    while (c != NULL &&
           (c->stepped ||
            (c->newest != NULL && c->newest->revision == revisions[c->topic - hub->topics]))) {
        c = c->next;
    }
    return c;
}

static void begin_round(struct stream_hub *hub)
{
    for (struct stream_channel *c = hub->channels; c != NULL; c = c->next) {
        c->stepped = false;
    }
}

/* Channels whose turn does not come in a step are first in the next one. */
static void encode_news(struct stream_hub *hub, const int64_t *revisions, int64_t until_ms)
{
    pthread_mutex_lock(&hub->lock);
    if (next_turn(hub, revisions) == NULL) {
        begin_round(hub);
    }
    struct stream_channel *c;
    while ((c = next_turn(hub, revisions)) != NULL) {
        const struct stream_topic *topic = c->topic;
        struct windows_filter filter = c->filter;
        c->stepped = true;
        pthread_mutex_unlock(&hub->lock);
        struct message *m = message_make(hub, topic, &filter);
        pthread_mutex_lock(&hub->lock);
        c = channel_find(hub, topic, &filter); /* its last client may have left meanwhile */
        if (m != NULL && c != NULL) {
            channel_offer(c, m);
        } else {
            message_unref(m);
        }
        if (hub->now_ms() >= until_ms) {
            break;
        }
    }
    pthread_mutex_unlock(&hub->lock);
}

void stream_step(struct stream_hub *hub, int64_t now_ms)
{
    int64_t revisions[STREAM_TOPICS_MAX] = {0};
    for (size_t i = 0; i < hub->topics_n; i++) {
        revisions[i] = revision_of(&hub->topics[i]);
    }
    encode_news(hub, revisions, now_ms + STREAM_STEP_MS);
    pthread_mutex_lock(&hub->lock);
    for (struct stream_channel *c = hub->channels; c != NULL; c = c->next) {
        for (struct stream_client *client = c->clients; client != NULL; client = client->next) {
            wake_client(hub, client, now_ms);
        }
    }
    pthread_mutex_unlock(&hub->lock);
}
