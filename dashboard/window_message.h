/* The body of POST /api/windows, checked to the last number before anything is done with it.
 *
 * decode takes the whole message or refuses the whole: the words say which entry and which member
 * is wrong and what it would have to be. Owns what it decoded: release after use. One thread at a
 * time. */
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

struct window_message {
    int64_t window_s, lateness_s;
    struct window *windows;
    size_t windows_n;
    struct window_progress *progress;
    size_t progress_n;
};

/* TLC_REFUSE: nothing has to be released. */
TLC_MUST int window_message_decode(struct tlc_str body, struct window_message *ret_message,
                                   struct tlc_err *err);
void window_message_release(struct window_message *m);

#endif
