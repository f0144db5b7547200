/* One batch: what was read from the log since the last transaction, ready to be written.
 *
 * Filled by the reading thread message by message, handed over whole to the writing thread, emptied
 * and used again. Every event is kept twice: as a row, for the slow paths, and encoded for COPY
 * BINARY in the buffer of its group. A group is one source and status, so one table; its rows are
 * encoded in the order of their ids, which is cheaper for the index (a tenth of PostgreSQL's time)
 * and keeps instances with the same trips from locking each other out. All memory belongs to the
 * batch and stays with it; one thread at a time. */
#ifndef CONSUMER_STORE_BATCH_H
#define CONSUMER_STORE_BATCH_H

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/event/codec_json.h"
#include "common/event/event.h"
#include "common/event/tripid.h"
#include "common/io/kafka_consumer.h"

/* Maxima of one batch. */
#define BATCH_PAYLOAD_MAX 1024        /* bytes kept of a refused message */
#define BATCH_PAYLOADS_FULL (4 << 20) /* bytes of refused messages that make it full */
#define BATCH_PAYLOADS_MAX (32 << 20) /* beyond that they are kept without their payload */

/* Days since 2007-01-01 on New York's clock, one bit each, for the whole range of event times. */
#define BATCH_DAYS 22648
#define BATCH_DAY_WORDS ((BATCH_DAYS + 63) / 64)

enum batch_outcome {
    BATCH_OPEN,   /* not written */
    BATCH_STORED, /* its transaction is durable */
    BATCH_FENCED, /* someone else has moved on from `from`: nothing of it was written by us */
};

/* What the batch holds of one partition of the log: messages [from, to). */
struct batch_part {
    int32_t partition;
    int64_t from; /* the position expected in store_offset */
    int64_t to;   /* the position after it */
    int64_t read; /* messages */
    int64_t rows; /* events among them */
    int64_t refused, marks;
    int64_t gaps;                     /* offsets within [from, to) that held no message for us */
    struct tlc_kafka_witness witness; /* the last message of the partition before `to` */
    enum batch_outcome outcome;
    /* Of the last transaction tried; valid once stored. */
    int64_t stored, duplicate, bad;
};

/* It still has to be written. */
static inline bool batch_part_pending(const struct batch_part *p)
{
    return p->to > p->from && p->outcome == BATCH_OPEN;
}

struct batch_row {
    struct tlc_event event;
    int64_t offset;
    uint32_t slot;  /* index of its part */
    uint32_t group; /* index of its group */
};

struct batch_refused {
    int64_t offset, timestamp_ms;
    struct tlc_str payload; /* in the batch's arena */
    uint32_t slot;
    enum tlc_rule rule;
};

struct batch_mark {
    int32_t source;
    uint32_t slot;
    bool closed; /* else opened again */
};

/* A row of a group by what it is sorted by. */
struct batch_key {
    uint32_t row;   /* the trip's number within its source */
    uint32_t index; /* in the batch's rows */
};

struct batch_group {
    int32_t source;
    enum tlc_event_status status;
    struct batch_key *keys;
    size_t rows, keys_cap;
    size_t stored;                /* rows new to the table, in the last transaction tried */
    struct tlc_buf copy;          /* COPY BINARY with header, without trailer; after batch_encode */
    int64_t day_from_s, day_to_s; /* the day last marked, so that few events look it up */
    uint64_t days[BATCH_DAY_WORDS];
};

struct batch {
    struct batch_part *parts;
    size_t parts_n, parts_cap;
    struct batch_row *rows;
    size_t rows_n, rows_cap;
    struct batch_refused *refused;
    size_t refused_n, refused_cap;
    struct batch_mark *marks;
    size_t marks_n, marks_cap;
    struct batch_group **groups; /* the first groups_n are in use, the others kept for later */
    size_t groups_n, groups_cap;
    size_t group_of[2]; /* last used, by status */
    size_t slot_last;
    struct batch_key *sorted; /* room to sort in */
    size_t sorted_cap;
    bool encoded;
    struct tlc_arena payloads;
    size_t payload_bytes;
    int64_t opened_ms; /* when the first message came */
};

void batch_init(struct batch *b);
void batch_release(struct batch *b);
/* Empties it; the memory stays. */
void batch_reset(struct batch *b);
static inline bool batch_empty(const struct batch *b)
{
    return b->parts_n == 0;
}
bool batch_full(const struct batch *b, size_t rows_max);

/* Takes one message in: an event becomes a row, anything else a refusal or a mark. from: where the
 * partition's part begins if this is its first message (normally the position before it). Offsets
 * must rise within a partition. TLC_FATAL only when memory is refused. */
TLC_MUST int batch_add(struct batch *b, const struct tlc_kafka_message *m, int64_t from,
                       struct tlc_err *err);
/* Passes what lies between the partition's last message and `to` without being a message. from: as
 * for batch_add. */
TLC_MUST int batch_pass(struct batch *b, int32_t partition, int64_t from, int64_t to,
                        struct tlc_err *err);
/* Fills the groups' buffers from the rows; needed before a sink writes the batch. TLC_FATAL only
 * when memory is refused. */
TLC_MUST int batch_encode(struct batch *b, struct tlc_err *err);
/* Takes a partition's messages out again, whatever they were. Its part stays with the outcome
 * given, empty, and nothing of it is written any more. */
TLC_MUST int batch_drop(struct batch *b, int32_t partition, enum batch_outcome outcome,
                        struct tlc_err *err);
/* NULL when nothing of that partition is in it. */
struct batch_part *batch_part_find(struct batch *b, int32_t partition);

#endif
