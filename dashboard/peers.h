/* The other parts, asked for their /status in turn, and the ledger that their numbers make.
 *
 * step runs on the main thread (it drives the HTTP client); the answers are kept whole behind a
 * lock, so that any thread may render them. A part that does not answer is shown as not up, with
 * the reason; its last answer is not shown as if it were current. */
#ifndef TLC_DASHBOARD_PEERS_H
#define TLC_DASHBOARD_PEERS_H

#include <pthread.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/io/http_client.h"
#include "dashboard/history_check.h"
#include "dashboard/store.h"

/* PEER_BATCH is shown only where it has an address: it may as well be run by hand. */
enum peer_id { PEER_SERVER, PEER_STORE, PEER_PROCESS, PEER_BATCH, PEERS_N };

/* Numbers of /status that the ledger needs; PEER_NONE where a part did not tell. */
#define PEER_NONE INT64_MIN
enum peer_number {
    PEER_RECEIVED,
    PEER_ACKED,
    PEER_REFUSED,
    PEER_FAILED,
    PEER_READ,
    PEER_STORED,
    PEER_COUNTED,
    PEER_DUPLICATE,
    PEER_LATE,
    PEER_MARKS,
    PEER_GAPS,             /* 0 where a part tells a ledger without it */
    PEER_CUT,              /* likewise */
    PEER_BESIDES,          /* rows of other topics, and of logs before; likewise */
    PEER_PARTITIONS_FIRST, /* of the topic, when it was read first */
    PEER_PARTITIONS,
    PEER_END, /* sum of its partitions' end offsets */
    PEER_NUMBERS_N
};

struct peers;
struct peer {
    struct peers *peers;
    const char *name;
    char url[512];
    bool asked; /* a request is under way */
    int64_t next_ms;
    bool up;
    char reason[160];     /* why it is not up */
    struct tlc_buf reply; /* its /status, valid JSON; empty when not up */
    int64_t numbers[PEER_NUMBERS_N];
};

struct peers {
    struct peer rows[PEERS_N];
    struct tlc_http_client *client;
    int64_t poll_ms;
    pthread_mutex_t lock; /* what an answer changes */
};

struct peers_options {
    const char *urls[PEERS_N]; /* base addresses; NULL or "" = not asked */
    int64_t poll_ms;
};

TLC_MUST int peers_open(struct peers *p, const struct peers_options *options, struct tlc_err *err);
void peers_close(struct peers *p);
/* Asks who is due and takes in answers; waits for them up to wait_ms, less when wake_fd becomes
 * readable. */
TLC_MUST int peers_step(struct peers *p, int64_t now_ms, int64_t wait_ms, int wake_fd,
                        struct tlc_err *err);

/* Takes an answer as the HTTP client would hand it over; for tests too. */
void peers_take(struct peers *p, enum peer_id id, int status, struct tlc_str reply,
                const char *text);
/* Appends {"parts":[...],"ledger":[...]}. own_status: the dashboard's own /status, an object;
 * check: the newest comparison of windows and days. */
void peers_json(struct peers *p, struct tlc_str own_status, const struct store_totals *own,
                const struct history_check *check, struct tlc_buf *out);

#endif
