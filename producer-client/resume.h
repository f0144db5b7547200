/* The acknowledged frontier on disk: for each input the bytes and lines before which everything has
 * its reply, and how far each lane has gone beyond.
 *
 * Written atomically whenever it moves, and synced twice a second: a killed replay sends again only
 * what was under way, one on a machine that lost power some batches more (harmless: the consumers
 * know the events again). JSON:
 * {"version":2,"inputs":[{"path","size","head","offset","line","event_s","lanes":[offset, ...]}],
 * "acked","refused","sources":[...],"refused_sources":[... , 0 = unknown],"closed"}. head is a
 * checksum of the first bytes, so that another file is noticed. */
#ifndef PRODUCER_CLIENT_RESUME_H
#define PRODUCER_CLIENT_RESUME_H

#include "producer-client/batches.h"
#include "producer-client/merge.h"
#include "producer-client/sources.h"

#define RESUME_SYNC_EVERY_MS 500

struct resume {
    const char *path;                          /* NULL: nothing is kept */
    bool found;                                /* there was a file: this run goes on */
    bool closed;                               /* close marks have been sent for all of it */
    int64_t acked, refused;                    /* of earlier runs */
    struct position frontier[INPUTS_MAX];      /* where this run began */
    int64_t lane_offsets[LANES_N][INPUTS_MAX]; /* acknowledged by earlier runs */
    int64_t synced_ms;
    bool dirty;
    uint64_t heads[INPUTS_MAX];
};

/* Reads the file if there is one, checks that it belongs to these inputs, moves them there and adds
 * its sources. TLC_FATAL with exit code 65 when it belongs to others. */
TLC_MUST int resume_load(struct resume *r, const char *path, struct merge *m, struct sources *s,
                         struct tlc_err *err);
/* True when an earlier run has the acknowledgement of this event. */
static inline bool resume_has(const struct resume *r, size_t lane, size_t input, int64_t offset)
{
    return offset <= r->lane_offsets[lane][input];
}
/* Saves and syncs. */
TLC_MUST int resume_save(struct resume *r, const struct merge *m, const struct sources *s,
                         const struct batches *b, struct tlc_err *err);
/* Saves when something moved; syncs when the last time is long enough ago. */
TLC_MUST int resume_step(struct resume *r, const struct merge *m, const struct sources *s,
                         const struct batches *b, int64_t now_ms, struct tlc_err *err);

#endif
