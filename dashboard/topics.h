/* What can be looked at: the summary of the Live page and the status of the Pipeline page, each as
 * one text that GET and the event stream share. */
#ifndef TLC_DASHBOARD_TOPICS_H
#define TLC_DASHBOARD_TOPICS_H

#include "common/io/http_server.h"
#include "dashboard/history.h"
#include "dashboard/peers.h"
#include "dashboard/store.h"
#include "dashboard/stream.h"

enum topic_id { TOPIC_SUMMARY, TOPIC_STATUS, TOPICS_N };

struct topics {
    struct store *store;
    struct peers *peers;
    struct history *history;
    const char *label;                /* "" when there is none */
    struct tlc_http_route own_status; /* the handler of /status */
    int64_t (*now_ms)(void);
    struct stream_topic rows[TOPICS_N];
};

/* Fills rows from the other members, which are borrowed. */
void topics_init(struct topics *t);

#endif
