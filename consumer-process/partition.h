/* One partition of the log as a state machine: message in, changed windows out. Nothing here reads
 * a clock.
 *
 * The state is a function of the log up to position, so a new owner that reads it again gets the
 * same. partition_lowoffset says from where it has to read and what it has to be told;
 * partition_new takes that. Windows that changed are put into the list to_send; who sends them
 * calls window_settle. Owns its memory; one thread. */
#ifndef PROCESS_PARTITION_H
#define PROCESS_PARTITION_H

#include "consumer-process/source.h"

struct message {
    int64_t offset;
    int64_t log_ms; /* Kafka's timestamp */
    struct tlc_str value;
};

/* What partitions share; borrowed for their life. */
struct partition_env {
    const struct rules *rules;
    struct window_pool *pool;
    struct window_list *to_send;
};

struct partition {
    struct books books;
    struct source *sources[SOURCES_MAX];
    size_t sources_n;
    struct source *hot;      /* the one used last */
    int64_t position;        /* next offset */
    int64_t next_silence_ms; /* not above the log time at which the first source may fall silent */
    struct ledger ledger;    /* since the log began */
    int64_t refused_unknown;
    struct recovery *recovery; /* until position has reached recovery->position, else NULL */
};

/* start: the offset to read from. recovery: what was committed with it; NULL = the log is read from
 * its beginning. NULL when memory is refused. */
struct partition *partition_new(const struct partition_env *env, int32_t number, int64_t start,
                                const struct recovery *recovery);
void partition_free(struct partition *p);

/* Offsets up to `to` hold no more messages: marks of transactions, what was aborted or compacted.
 */
void partition_pass(struct partition *p, int64_t to);
/* Applies the next message; one below position was applied already and changes nothing. TLC_FATAL:
 * memory is refused; the partition must be freed, nothing of it may be committed. */
TLC_MUST int partition_apply(struct partition *p, const struct message *message,
                             struct tlc_err *err);
/* Still reading what an earlier owner had read: its totals are not known yet and nothing is
 * committed. Windows may be sent: the receiver has them already at the same or a higher revision.
 */
bool partition_recovering(const struct partition *p);
/* What to commit now. false: the history does not reach that far, or it is recovering: keep the
 * last commit, it stays valid. store_id: of the receiver that acknowledged, "" = none yet. */
bool partition_lowoffset(struct partition *p, const char *store_id, int64_t *ret_low,
                         struct recovery *ret);
/* A window was acknowledged at sent_revision: takes note. When it is final and this was its last
 * revision it is settled; settled windows are freed up to the source's first final one that is not.
 */
void window_settle(struct window_pool *pool, struct window *w);

#endif
