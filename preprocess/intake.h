/* Where the readers' threads meet: batches of rows get their places in the order of the file, and
 * leave in that order.
 *
 * A reader cuts its file into batches numbered from 0. For each batch: intake_reserve (waits for
 * its turn; row numbers and slots are given out, a full run is spilled), the rows are put or
 * skipped in any thread, intake_retire (waits for its turn; counts are added, rejects are written).
 * So rejects.csv and every count are the same for any number of threads. */
#ifndef PREPROCESS_INTAKE_H
#define PREPROCESS_INTAKE_H

#include <pthread.h>
#include <stdatomic.h>

#include "preprocess/order.h"
#include "preprocess/progress.h"
#include "preprocess/rejects.h"

/* What became of rows. rows = rejected + trips; events = starts + ends. */
struct tally {
    int64_t rows, rejected, trips, events;
    int64_t rejected_by[TLC_RULE_N];
    int64_t flagged_by[TLC_RULE_N];            /* of trips, by rows or ends: CLEAN_END_RULES */
    int64_t flagged_rejected_by[TLC_RULE_N];   /* of rows that were rejected */
    int64_t outside_month;                     /* rows, whatever the level of the rule */
    int64_t zoned, out_by_moment, out_by_wall; /* rows whose pickup has a zone; struct cleaned */
    /* The month that most of those outside are in, if one is the majority of them (R. S. Boyer,
     * J. S. Moore, "MJRTY: a fast majority vote algorithm", 1981), and its lead. */
    int32_t other_month;
    int64_t other_month_lead;
    int64_t first_s, last_s; /* of the events; first_s > last_s when there are none */
};

void tally_init(struct tally *t);
void tally_add(struct tally *t, const struct tally *more);

/* The rule that rejected most rows; TLC_RULE_NONE where none did. */
enum tlc_rule tally_leading_rule(const struct tally *t);

/* The first row that a rule rejected; its text is fit for a terminal. */
#define SAMPLE_TEXT_MAX 100
struct sample {
    int64_t row;
    size_t n;
    char text[SAMPLE_TEXT_MAX];
};

struct intake {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    struct order *order;
    struct rejects *rejects;
    struct progress *progress;
    /* of the file under way */
    int32_t source;
    int64_t first_row;                /* number of its first row among its source's */
    struct sample sample[TLC_RULE_N]; /* of rules with rejected rows */
    bool with_points;
    struct tally tally;
    uint64_t reserved, retired; /* batches */
    atomic_bool failed;
    struct tlc_err err; /* when failed */
};

/* One batch; a thread keeps one and uses it again and again. */
struct batch {
    uint64_t number;
    size_t rows_n;
    size_t slot;        /* of its first row */
    int64_t row;        /* number of its first row in the file, from 1 */
    int64_t read_bytes; /* of all inputs so far, set by the reader */
    struct tally tally;
    struct tlc_buf rejects;           /* lines of rejects.csv */
    struct sample sample[TLC_RULE_N]; /* of the batch, of rules with rejected rows */
    struct clean_days days;
};

void intake_init(struct intake *in, struct order *order, struct rejects *rejects,
                 struct progress *progress);
void intake_release(struct intake *in);
/* Before a file; first_row: which number its first row has among the rows of its source. */
TLC_MUST int intake_begin(struct intake *in, int32_t source, int64_t first_row, bool with_points,
                          struct tlc_err *err);

void batch_init(struct batch *b);
void batch_release(struct batch *b);
/* Empties it for the next use. */
void batch_reset(struct batch *b, uint64_t number, size_t rows_n);
/* false: the intake has failed (or a stop was asked); leave. */
TLC_MUST bool intake_reserve(struct intake *in, struct batch *b);
TLC_MUST bool intake_retire(struct intake *in, const struct batch *b);
/* Row i of the batch becomes a trip: TLC_RULE_NONE; or the caller rejects it by the rule returned.
 */
TLC_MUST enum tlc_rule intake_row(struct intake *in, struct batch *b, size_t i,
                                  const struct clean *clean, const struct raw_trip *raw);
/* text: the row as it stands in the file. */
void intake_reject(struct intake *in, struct batch *b, size_t i, enum tlc_rule rule,
                   struct tlc_str text);
/* The first failure counts; wakes everybody. */
void intake_fail(struct intake *in, const struct tlc_err *err);

#endif
