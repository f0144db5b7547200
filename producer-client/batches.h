/* The batches that are being filled, waiting, under way or acknowledged: a ring in the order of
 * reading.
 *
 * Decides what may be sent next (skew bound) and how far everything is acknowledged (frontier).
 * Pure: no network, no clock. Bodies keep their memory from use to use. One thread. */
#ifndef PRODUCER_CLIENT_BATCHES_H
#define PRODUCER_CLIENT_BATCHES_H

#include "common/base/buf.h"
#include "common/base/err.h"

#define TIME_UNKNOWN                                                                               \
    INT64_MIN /* event time of a line that could not be read, with none before it */
#define BATCH_BODY_MAX ((size_t)4 * 1024 * 1024)

/* How far an input has gone. */
struct position {
    int64_t offset;  /* bytes */
    int64_t line_no; /* lines */
    int64_t event_s; /* time of the last line */
};

enum batch_state { BATCH_FREE, BATCH_FILLING, BATCH_READY, BATCH_SENDING, BATCH_DONE };

struct batch {
    enum batch_state state;
    uint64_t seq;
    struct tlc_buf body; /* lines, each with its line feed */
    size_t events_n;
    uint64_t *origins;     /* of each event: input << 48 | line number */
    struct position *ends; /* of each input, behind this batch */
    int64_t min_s, max_s;  /* event time */
    int64_t first_ms;      /* when the first event was added */
    uint32_t sends_n;      /* how often it was sent */
    int64_t accepted, refused;
};

struct batches {
    struct batch *ring;
    size_t ring_n;
    size_t batch_max; /* events */
    size_t inputs_n;
    int64_t skew_s;
    uint64_t first;                           /* oldest that is not done */
    uint64_t next;                            /* the one that is filled or will be */
    struct position *frontier;                /* of each input: all before it is acknowledged */
    int64_t frontier_acked, frontier_refused; /* events before it */
};

TLC_MUST int batches_init(struct batches *b, size_t ring_n, size_t batch_max, size_t inputs_n,
                          int64_t skew_s, struct tlc_err *err);
void batches_release(struct batches *b);
/* The batch to add to; NULL when the ring is full of unacknowledged ones. */
struct batch *batches_filling(struct batches *b);
/* True when a further line of that size needs the next batch: seal this one. */
bool batches_is_full(const struct batches *b, const struct batch *x, size_t line_n);
/* event_s may be TIME_UNKNOWN. Fails only without memory. */
TLC_MUST bool batches_add(struct batch *x, struct tlc_str line, uint64_t origin, int64_t event_s,
                          int64_t now_ms);
/* The filling batch is ready to be sent; ends: of each input. An empty one stays. */
void batches_seal(struct batches *b, const struct position *ends);
/* The oldest ready batch that the skew bound lets go, or NULL. The oldest of all is always let go.
 */
struct batch *batches_pick(const struct batches *b);
/* Lost or refused for now: it may be picked again. */
void batches_again(struct batch *x);
/* Acknowledged; true when the frontier moved. */
bool batches_done(struct batches *b, struct batch *x, int64_t accepted, int64_t refused);
/* Events that were read but have no reply. */
int64_t batches_left(const struct batches *b);
bool batches_idle(const struct batches *b);

#endif
