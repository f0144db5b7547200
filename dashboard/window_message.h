/* The body of POST /api/windows, checked to the last number before anything is done with it.
 *
 * A body that is no message is refused whole. An entry that is wrong, of "windows" or of
 * "partitions", is refused alone: the words say which one it is, which member is wrong and what it
 * would have to be. Owns what it decoded: release after use. One thread at a time. */
#ifndef TLC_DASHBOARD_WINDOW_MESSAGE_H
#define TLC_DASHBOARD_WINDOW_MESSAGE_H

#include "dashboard/window.h"

/* A trip under way. */
struct window_trip {
    int64_t trip_id, start_s;
    int32_t zone;
};
#define WINDOW_LONGEST_MAX TLC_WINDOW_LONGEST_MAX

/* By start, then id. */
static inline int window_trip_order(const struct window_trip *a, const struct window_trip *b)
{
    int order = (a->start_s > b->start_s) - (a->start_s < b->start_s);
    return order != 0 ? order : (a->trip_id > b->trip_id) - (a->trip_id < b->trip_id);
}

/* How far one partition has read one source. source 0: messages whose source is unknown. */
struct window_progress {
    int32_t partition, source;
    int64_t position, late, refused, watermark_s, max_event_s;
    bool longest_told;
    size_t longest_n;
    struct window_trip longest[WINDOW_LONGEST_MAX]; /* ascending by start_s, then trip_id */
};

/* X(ID, name): why one entry of a message was not taken. */
#define WINDOW_REFUSALS(X)                                                                         \
    X(WINDOW_BAD, "bad_window")             /* a number that cannot be, named */                   \
    X(WINDOW_BAD_PROGRESS, "bad_partition") /* the same, in "partitions" */                        \
    X(WINDOW_NO_ROOM, "full")               /* a maximum of the dashboard is reached */
#define WINDOW_REFUSAL_ENUM(id, name) id,
enum window_refusal_rule { WINDOW_REFUSALS(WINDOW_REFUSAL_ENUM) WINDOW_REFUSALS_N };

/* One that was not taken, by name; numbers that cannot be read are -1. */
struct window_refusal {
    enum window_refusal_rule rule;
    int64_t partition, source, start_s, revision; /* partition: window_partition */
    int64_t events;                               /* that it counts, as far as they can be read */
    char text[TLC_WINDOW_REASON_MAX];
};
const char *window_refusal_name(enum window_refusal_rule rule);
/* As its sender called it. */
static inline int64_t window_refusal_partition(const struct window_refusal *r)
{
    return r->partition < 0 ? r->partition : r->partition % TLC_WINDOW_PARTITIONS_MAX;
}

/* A message of a partition's log, by which the log is known again (docs/decisions/10-witness.md).
 */
struct window_log {
    bool known;
    int64_t offset, timestamp_ms, hash;
};

struct window_message {
    int64_t window_s, lateness_s;
    char store_id[TLC_STORE_ID_MAX + 1]; /* of whom it is meant for; "": of anyone */
    struct window *windows;
    size_t windows_n;
    struct window_progress *progress;
    size_t progress_n;
    struct window_log *logs; /* by partition, logs_n of them */
    size_t logs_n;
    struct window_refusal *refusals;
    size_t refusals_n, refusals_cap;
};

/* TLC_REFUSE: nothing has to be released. */
TLC_MUST int window_message_decode(struct tlc_str body, struct window_message *ret_message,
                                   struct tlc_err *err);
void window_message_release(struct window_message *m);
/* Notes one more that is not taken. false when memory is refused. */
TLC_MUST bool window_message_refuse(struct window_message *m, const struct window_refusal *refusal);

#endif
