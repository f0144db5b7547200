/* Server-sent events: who looks at the same topic through the same filter shares one encoder and
 * its bytes. The first event of a client is the whole object, under the topic's name; then come
 * events named "delta" with the members that have changed, or the whole again to who missed one.
 *
 * A channel is a topic and filter that somebody looks at. step encodes each channel that has news
 * once and wakes its clients; a client that is still busy with an older message gets the newest
 * when it is done, those between are left out. A client gets at most one message in
 * STREAM_EVERY_MS. The system keeps STREAM_UNSENT_BYTES or so for one that does not read; when that
 * is full and it takes nothing for STREAM_SLOW_MS although there is news, it is dropped, and may
 * come back. Handlers and pulls run on server threads, step on the main one. */
#ifndef TLC_DASHBOARD_STREAM_H
#define TLC_DASHBOARD_STREAM_H

#include <pthread.h>

#include "common/base/counters.h"
#include "common/io/http_server.h"
#include "dashboard/windows.h"

#define STREAM_EVERY_MS 250
#define STREAM_BEAT_MS 15000
#define STREAM_SLOW_MS 10000
#define STREAM_UNSENT_BYTES (64 << 10)
/* Filters at once; each costs an encoding four times a second, for which a step takes
 * STREAM_STEP_MS at most and goes on with the next filter in the next step. */
#define STREAM_CHANNELS_MAX 256
#define STREAM_STEP_MS 80

#define STREAM_COUNTERS(X)                                                                         \
    X(STREAM_CLIENTS, "stream_clients", GAUGE, "clients", "Clients of event streams")              \
    X(STREAM_CHANNELS, "stream_channels", GAUGE, "channels",                                       \
      "Different topics and filters of theirs")                                                    \
    X(STREAM_ENCODED, "stream_encoded", COUNTER, "messages", "Messages encoded")                   \
    X(STREAM_SENT, "stream_sent", COUNTER, "messages", "Messages handed to clients")               \
    X(STREAM_BEATS, "stream_heartbeats", COUNTER, "comments", "Heartbeats handed to clients")      \
    X(STREAM_DROPPED, "stream_dropped", COUNTER, "clients",                                        \
      "Clients dropped because they were slow")
enum stream_counter { STREAM_COUNTERS(TLC_COUNTER_ENUM) STREAM_COUNTER_N };

/* Something that can be looked at. hold and let_go (may be NULL) keep it as it is between them:
 * revision and encode are called within. */
struct stream_topic {
    const char *event; /* name of its events */
    void *ctx;
    void (*hold)(void *ctx);
    void (*let_go)(void *ctx);
    int64_t (*revision)(void *ctx); /* another one: there is news */
    void (*id)(void *ctx, char *dst, size_t dst_size);
    /* Appends one line of JSON; false when memory is refused. */
    bool (*encode)(void *ctx, const struct windows_filter *filter, struct tlc_buf *out);
    size_t bytes_max;
};

struct stream_channel;
struct stream_client;

#define STREAM_TOPICS_MAX 4

struct stream_hub {
    const struct stream_topic *topics;
    size_t topics_n;
    int64_t (*now_ms)(void); /* monotonic */
    /* tlc_http_stream_wake and _cut, or a test's own. */
    void (*wake)(struct tlc_http_stream *stream);
    void (*cut)(struct tlc_http_stream *stream);
    pthread_mutex_t lock; /* all below; also every client and message */
    struct stream_channel *channels;
    size_t channels_n;
    int64_t serial; /* of messages: which of two is newer */
    struct tlc_counters counters;
};

/* topics are borrowed, STREAM_TOPICS_MAX at most. */
void stream_hub_init(struct stream_hub *hub, const struct stream_topic *topics, size_t topics_n,
                     int64_t (*now_ms)(void), void (*wake)(struct tlc_http_stream *stream),
                     void (*cut)(struct tlc_http_stream *stream));
/* After every client was closed. */
void stream_hub_release(struct stream_hub *hub);

/* Fills the response that streams one of the hub's topics, or an error. last_event_id: the header,
 * may be empty; a client that has seen what is now the newest gets nothing until there is news. */
void stream_open(struct stream_hub *hub, const struct stream_topic *topic,
                 const struct windows_filter *filter, struct tlc_str last_event_id,
                 struct tlc_http_response *r);
/* Encodes what has changed and wakes who waits; every STREAM_EVERY_MS. */
void stream_step(struct stream_hub *hub, int64_t now_ms);

#endif
