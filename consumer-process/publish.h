/* Sends changed windows to the dashboard and takes note of what it has.
 *
 * One request at a time; a window that changes meanwhile is sent again with its newest state. When
 * the dashboard is away the windows stay in to_send, at most once each, and the request is tried
 * again with growing pauses. Nothing here waits: publish_step starts a request when one is due,
 * publish_done takes the answer. The transport is a function, so tests put their own. One thread.
 *
 * A window that the answer names as refused is done with: it comes again only when it changes, and
 * the dashboard keeps its name. A message that is refused whole, which only a dashboard of another
 * version or something in between does (413, 422), is made smaller until the one thing is found
 * that is not taken: a window, which is done with then (422) or waits behind the others (413), or
 * the totals in "partitions". */
#ifndef PROCESS_PUBLISH_H
#define PROCESS_PUBLISH_H

#include "common/base/retry.h"
#include "consumer-process/jsonout.h"
#include "consumer-process/lowoffset.h"
#include "consumer-process/window.h"

#define PUBLISH_WINDOWS_MAX TLC_WINDOW_POST_MAX
#define PUBLISH_BODY_BYTES (4 * 1024 * 1024)     /* a request is closed beyond it */
#define PUBLISH_BODY_LIMIT (2 * 8 * 1024 * 1024) /* memory of the body */

struct publish_hooks {
    void *ctx;
    /* Starts POST of body, which stays as it is until publish_done. Not 0: it could not start. */
    int (*post)(void *ctx, struct tlc_str body, struct tlc_err *err);
    /* Writes the elements of "partitions". */
    void (*partitions)(void *ctx, struct jsonout *j);
    /* Writes the elements of "logs". */
    void (*logs)(void *ctx, struct jsonout *j);
};

enum publish_state { PUBLISH_IDLE, PUBLISH_UNDER_WAY, PUBLISH_AWAY };

/* What a request holds beside its head. */
enum publish_shape {
    PUBLISH_WHOLE,     /* windows and totals */
    PUBLISH_NO_TOTALS, /* they are refused, or it is to be found out whether they are */
    PUBLISH_NOTHING,   /* whether anything is taken at all */
};

/* A window by name, at one of its revisions. */
struct publish_name {
    int32_t partition, source;
    int64_t start_s, revision;
};

struct publisher {
    struct publish_hooks hooks;
    const struct rules *rules;
    struct window_pool *pool;
    struct window_list to_send; /* partitions put windows here */
    struct window_list sent;    /* in the request under way */
    struct tlc_buf body;
    struct tlc_buf partitions; /* "partitions" of the last request that was answered: not sent again
                                  unchanged */
    struct tlc_buf partitions_new;
    struct tlc_retry retry;
    enum publish_state state;
    bool under_way;
    bool backlog; /* the request under way had no room for all: the next one goes at once */
    int64_t emit_ms;
    int64_t next_ms;                     /* not before */
    int64_t started_ms;                  /* the request under way */
    int64_t answered_ms;                 /* the last success */
    size_t windows_max;                  /* of a request; halves when the receiver says 413 */
    char store_id[STORE_ID_MAX + 1];     /* of the last answer; "" before the first */
    struct tlc_kafka_witness *witnesses; /* of the receiver's windows, by partition */
    int32_t witnesses_n;
    enum publish_shape shape;
    bool suspected;              /* there is a suspect: */
    struct publish_name suspect; /* refused alone, while PUBLISH_NOTHING is asked */
    int64_t posts, failures, windows_sent, bytes_sent;
    char trouble[400];       /* why the last request failed; "" after a success */
    bool refuses;            /* it was no matter of time: who answers does not take what is sent */
    int64_t windows_refused; /* since the start, a window once for each revision */
    int64_t refused_stand;   /* windows that the dashboard has named and not taken since */
    char refused[600];       /* the last one by name, and why; "" before the first */
};

void publish_init(struct publisher *p, const struct publish_hooks *hooks, const struct rules *rules,
                  struct window_pool *pool, int64_t emit_ms);
/* The windows must be gone. */
void publish_release(struct publisher *p);
/* Starts a request when one is due. force: do not wait for the emission time. */
void publish_step(struct publisher *p, int64_t now_ms, bool force);
/* The answer: status 0 when there was none, text says why then. retry_after_ms: -1 when absent. */
void publish_done(struct publisher *p, int64_t now_ms, int status, struct tlc_str reply,
                  int64_t retry_after_ms, const char *text);
/* A message of the log that the receiver's windows of that partition are of, as it said last. */
struct tlc_kafka_witness publish_witness(const struct publisher *p, int32_t partition);
/* Nothing waits and nothing is under way. */
static inline bool publish_idle(const struct publisher *p)
{
    return !p->under_way && p->to_send.n == 0;
}

#endif
