/* What is being filled, waiting, under way or acknowledged: a ring of rounds in the order of
 * reading, each split into batches by trip.
 *
 * A trip belongs to one lane, by its TripID; a batch holds the events of some lanes, and a lane has
 * one batch under way at most. So the events of a trip arrive in the order of reading, whatever
 * fails on the way, while batches of other lanes go side by side. A split round spans half the skew
 * bound at most, so that two may overlap. The sparser the events, the fewer batches it is split
 * into, so that they stay large; a round of one batch goes alone.
 *
 * Decides what may be sent next (lanes, skew) and how far everything is acknowledged (frontier, and
 * each lane's place). Pure: no network, no clock. Bodies keep their memory from use to use. One
 * thread. */
#ifndef PRODUCER_CLIENT_BATCHES_H
#define PRODUCER_CLIENT_BATCHES_H

#include "common/base/buf.h"
#include "common/base/err.h"

#define TIME_UNKNOWN                                                                               \
    INT64_MIN /* event time of a line that could not be read, with none before it */
#define BATCH_BODY_MAX ((size_t)4 * 1024 * 1024)
#define ROUNDS_N 4
#define LANES_N 64 /* bits of a mask */

/* How far an input has gone. */
struct position {
    int64_t offset;  /* bytes */
    int64_t line_no; /* lines */
    int64_t event_s; /* time of the last line */
};

enum batch_state { BATCH_FILLING, BATCH_READY, BATCH_SENDING, BATCH_DONE };

struct batch_line {
    struct tlc_str text; /* without a line feed */
    uint64_t origin;     /* input << 48 | line number */
    size_t lane;
    int64_t event_s; /* may be TIME_UNKNOWN */
};

enum batches_added { BATCHES_ADDED, BATCHES_FULL, BATCHES_NO_MEMORY };

/* The events of some lanes in a round: a request. */
struct batch {
    enum batch_state state; /* an empty one is done when its round is sealed */
    uint64_t lanes;         /* that its events are of: a bit each */
    uint64_t seq;           /* of its round */
    struct tlc_buf body;    /* lines, each with its line feed */
    size_t events_n;
    uint64_t *origins; /* of each event */
    uint32_t sends_n;  /* how often it was sent */
};

struct round {
    bool open; /* has been begun and is not all acknowledged */
    struct batch *batches;
    size_t batches_n; /* that it is split into, some perhaps empty */
    size_t undone_n;  /* batches without an account, once sealed */
    size_t events_n;
    struct position *ends; /* of each input, behind this round */
    int64_t min_s, max_s;  /* event time */
    int64_t first_ms;      /* when the first event was added */
};

struct batches {
    struct round rounds[ROUNDS_N];
    size_t split_max; /* batches of a round */
    size_t batch_max; /* events */
    size_t inputs_n;
    int64_t skew_s;
    size_t split_n;            /* batches of the next round */
    uint64_t first;            /* oldest round that is not done */
    uint64_t next;             /* the one that is filled or will be */
    struct position *frontier; /* of each input: all before it is acknowledged */
    int64_t acked, refused;    /* events, ever */
};

/* split_max: batches that may be under way at once, up to LANES_N. */
TLC_MUST int batches_init(struct batches *b, size_t split_max, size_t batch_max, size_t inputs_n,
                          int64_t skew_s, struct tlc_err *err);
void batches_release(struct batches *b);
/* Trips spread evenly over the lanes, however the ids are: multiplicative hashing with the golden
 * ratio (Knuth, The Art of Computer Programming 3, 6.4). */
static inline size_t batches_lane(int64_t trip_id)
{
    return (size_t)((uint64_t)trip_id * UINT64_C(0x9E3779B97F4A7C15) >> 58);
}
/* The round to add to; NULL when the ring is full of unacknowledged ones. */
struct round *batches_filling(struct batches *b);
/* Without a change when the event needs the next round: BATCHES_FULL, seal this one. */
enum batches_added batches_add(const struct batches *b, struct round *r,
                               const struct batch_line *line, int64_t now_ms);
/* True when some batch of the round has all the events that it may have. */
bool batches_has_full(const struct batches *b, const struct round *r);
/* The filling round is ready to be sent; ends: of each input. An empty one stays. */
void batches_seal(struct batches *b, const struct position *ends);
/* The oldest ready batch that its lane and the skew bound let go, or NULL. The skew bound never
 * holds the oldest round. */
struct batch *batches_pick(const struct batches *b);
/* Lost or refused for now: it may be picked again. */
void batches_again(struct batch *x);
/* Acknowledged. */
void batches_done(struct batches *b, struct batch *x, int64_t accepted, int64_t refused);
/* All events of the lane up to this offset of the input are acknowledged; never below the frontier.
 */
int64_t batches_lane_offset(const struct batches *b, size_t lane, size_t input);
/* Events that were read but have no reply. */
int64_t batches_left(const struct batches *b);
bool batches_idle(const struct batches *b);

#endif
