#include "dashboard/stream.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "dashboard/pages.h"
#include "dashboard/summary.h"

static const struct tlc_counter_def stream_defs[] = {STREAM_COUNTERS(TLC_COUNTER_DEF)};

#define STREAM_ID_SIZE 64

/* An encoded event. Shared by its channel and by the clients that are sending it. */
struct message {
    size_t refs;
    int64_t serial, revision;
    char id[STREAM_ID_SIZE]; /* revision.store_id */
    struct tlc_buf bytes;
};

struct stream_client {
    struct stream_client *prev, *next;
    struct stream_channel *channel;
    struct stream_hub *hub;
    struct tlc_http_stream *stream; /* NULL until opened */
    struct message *sending;        /* NULL: between messages */
    size_t at;                      /* bytes of it that were handed over */
    int64_t serial;                 /* of the last message taken up */
    int64_t next_ms;                /* no message before */
    int64_t spoke_ms;               /* last time a message or a beat was begun */
    bool beat;                      /* a heartbeat is due */
    bool dropped;
};

struct stream_channel {
    struct stream_channel *next;
    struct windows_filter filter;
    struct message *newest; /* NULL before the first */
    struct stream_client *clients;
    size_t clients_n;
    bool stepped; /* had its turn in this round of steps */
};

void stream_hub_init(struct stream_hub *hub, struct store *store, const char *label,
                     int64_t (*now_ms)(void), void (*wake)(struct tlc_http_stream *stream))
{
    *hub = (struct stream_hub){.store = store, .label = label, .now_ms = now_ms, .wake = wake};
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
        tlc_buf_release(&m->bytes);
        free(m);
    }
}

/* Takes no lock but the store's: encoding may take milliseconds. NULL when memory is refused. */
static struct message *message_make(struct stream_hub *hub, const struct windows_filter *filter)
{
    struct message *m = calloc(1, sizeof *m);
    if (m == NULL) {
        return NULL;
    }
    m->refs = 1;
    tlc_buf_init(&m->bytes, SUMMARY_BYTES_MAX);
    struct store *s = hub->store;
    store_read_begin(s);
    m->revision = s->windows.revision;
    (void)snprintf(m->id, sizeof m->id, "%" PRId64 ".%s", m->revision, s->store_id);
    const struct summary_facts facts = {s->store_id, hub->label, hub->now_ms()};
    tlc_buf_printf(&m->bytes, "id: %s\nevent: summary\ndata: ", m->id);
    bool made = summary_encode(&s->windows, filter, &facts, &m->bytes);
    /* Within the store's lock: of two messages the later one is never the older picture. */
    pthread_mutex_lock(&hub->lock);
    m->serial = ++hub->serial;
    pthread_mutex_unlock(&hub->lock);
    store_read_end(s);
    tlc_buf_append(&m->bytes, "\n\n", 2);
    if (!made || m->bytes.failed) {
        message_unref(m);
        return NULL;
    }
    tlc_counter_add(&hub->counters, STREAM_ENCODED, 1);
    return m;
}

/* --- channels, under hub->lock --- */

static struct stream_channel *channel_find(struct stream_hub *hub,
                                           const struct windows_filter *filter)
{
    struct stream_channel *c = hub->channels;
    while (c != NULL && !summary_filter_equal(&c->filter, filter)) {
        c = c->next;
    }
    return c;
}

static struct stream_channel *channel_make(struct stream_hub *hub,
                                           const struct windows_filter *filter)
{
    struct stream_channel *c = channel_find(hub, filter);
    if (c != NULL || hub->channels_n == STREAM_CHANNELS_MAX) {
        return c;
    }
    c = calloc(1, sizeof *c);
    if (c != NULL) {
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

static void channel_offer(struct stream_channel *c, struct message *m)
{
    if (c->newest != NULL && c->newest->serial > m->serial) {
        message_unref(m);
        return;
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
    size_t left = c->sending->bytes.n - c->at;
    size_t n = left < max ? left : max;
    memcpy(dst, c->sending->bytes.p + c->at, n);
    c->at += n;
    if (c->at == c->sending->bytes.n) {
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
    if (c->sending == NULL && has_news(c) && now_ms >= c->next_ms) {
        c->sending = c->channel->newest;
        c->sending->refs++;
        c->serial = c->sending->serial;
        c->at = 0;
        c->next_ms = now_ms + STREAM_EVERY_MS;
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

static int64_t store_revision(struct store *s)
{
    store_read_begin(s);
    int64_t revision = s->windows.revision;
    store_read_end(s);
    return revision;
}

/* Puts the client into its channel, which then has a message. false: no memory, or too many
 * channels. */
static bool enter(struct stream_hub *hub, const struct windows_filter *filter,
                  struct stream_client *c, struct tlc_str last_event_id)
{
    int64_t revision = store_revision(hub->store);
    pthread_mutex_lock(&hub->lock);
    const struct stream_channel *held = channel_find(hub, filter);
    bool fresh = held != NULL && held->newest != NULL && held->newest->revision == revision;
    bool room = held != NULL || hub->channels_n < STREAM_CHANNELS_MAX;
    pthread_mutex_unlock(&hub->lock);
    if (!room) {
        return false;
    }
    struct message *m = fresh ? NULL : message_make(hub, filter);
    pthread_mutex_lock(&hub->lock);
    struct stream_channel *channel = channel_make(hub, filter);
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

void stream_open(struct stream_hub *hub, const struct windows_filter *filter,
                 struct tlc_str last_event_id, struct tlc_http_response *r)
{
    struct stream_client *c = calloc(1, sizeof *c);
    if (c != NULL) {
        c->hub = hub;
    }
    if (c == NULL || !enter(hub, filter, c, last_event_id)) {
        free(c);
        tlc_http_error(r, 503, "busy", "too many different views are open; close one, or wait");
        tlc_http_header_add(r, "Retry-After", "5");
        return;
    }
    r->status = 200;
    r->content_type = "text/event-stream; charset=utf-8";
    pages_headers(r, "no-store");
    r->pull = pull;
    r->opened = opened;
    r->closed = closed;
    r->stream_ctx = c;
}

/* --- step --- */

/* Under hub->lock. */
static void wake_client(struct stream_hub *hub, struct stream_client *c, int64_t now_ms)
{
    if (c->stream == NULL) {
        return;
    }
    if (c->sending != NULL && now_ms - c->spoke_ms > STREAM_SLOW_MS && !c->dropped) {
        c->dropped = true;
        tlc_counter_add(&hub->counters, STREAM_DROPPED, 1);
    }
    c->beat = c->beat || now_ms - c->spoke_ms >= STREAM_BEAT_MS;
    if (c->dropped || c->beat || (has_news(c) && now_ms >= c->next_ms)) {
        hub->wake(c->stream);
    }
}

/* A channel that has not had its turn and has no message of that revision; NULL when all had. */
static struct stream_channel *next_turn(struct stream_hub *hub, int64_t revision)
{
    struct stream_channel *c = hub->channels;
    while (c != NULL && (c->stepped || (c->newest != NULL && c->newest->revision == revision))) {
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
static void encode_news(struct stream_hub *hub, int64_t revision, int64_t until_ms)
{
    pthread_mutex_lock(&hub->lock);
    if (next_turn(hub, revision) == NULL) {
        begin_round(hub);
    }
    struct stream_channel *c;
    while ((c = next_turn(hub, revision)) != NULL) {
        struct windows_filter filter = c->filter;
        c->stepped = true;
        pthread_mutex_unlock(&hub->lock);
        struct message *m = message_make(hub, &filter);
        pthread_mutex_lock(&hub->lock);
        c = channel_find(hub, &filter); /* its last client may have left meanwhile */
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
    encode_news(hub, store_revision(hub->store), now_ms + STREAM_STEP_MS);
    pthread_mutex_lock(&hub->lock);
    for (struct stream_channel *c = hub->channels; c != NULL; c = c->next) {
        for (struct stream_client *client = c->clients; client != NULL; client = client->next) {
            wake_client(hub, client, now_ms);
        }
    }
    pthread_mutex_unlock(&hub->lock);
}
