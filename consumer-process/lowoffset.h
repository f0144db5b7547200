/* The low offset: from where a new owner of a partition has to read to arrive at the same numbers,
 * and the text that is committed with it.
 *
 * Three offsets, low <= effects <= position:
 *
 * - position: the next message to apply. Totals that are not in windows (late, refused ...) hold
 *   for it.
 * - effects: the smallest offset on which anything rests that is still needed: a window that is not
 *   final and acknowledged (its events, the starts of its trips) or an open trip.
 * - low: what is committed. From here to effects a new owner only notes which events were seen and
 *   how far event time had come, so that at effects it tells second copies and late events exactly
 *   as the first owner did. So low is not above the first event of any window that was not final
 *   yet at effects, and the state of the sources (source_mark) before low is known.
 *
 * To know those things in hindsight the partition keeps a history: first and closing offset of
 * windows that became final, and snapshots of its sources' state now and then. Both are bounded:
 * when full they get coarser, which moves low down, never up. */
#ifndef PROCESS_LOWOFFSET_H
#define PROCESS_LOWOFFSET_H

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/event/window_bounds.h"
#include "common/io/kafka_consumer.h"
#include "consumer-process/watermark.h"

#define SOURCES_MAX 64
#define STORE_ID_MAX 64
#define METADATA_MAX 4000 /* bytes; brokers take 4096 */

/* What decides about a source's next event, at some offset. */
struct source_mark {
    int32_t source;
    int32_t openings; /* after closes */
    struct watermark mark;
    int64_t seen_ms;     /* largest log time of its events */
    int64_t seen_offset; /* of its last event */
};

/* What a new owner cannot count again: totals at position. */
struct source_total {
    int32_t source;
    int64_t late;
    int64_t refused;
    int64_t settled_until_s; /* windows that start before it are final and acknowledged */
};

struct ledger {
    int64_t read, counted, duplicate, late, refused, marks; /* messages; read = sum of the others */
    int64_t gaps; /* offsets that held no message, or none any more: read + gaps = position */
};

/* Everything that is committed beside the low offset. */
struct recovery {
    int64_t window_s, lateness_s;
    char store_id[STORE_ID_MAX + 1];
    int64_t effects;  /* offset */
    int64_t position; /* offset */
    struct ledger ledger;
    struct tlc_kafka_witness witness;      /* the last message before position */
    int64_t refused_unknown;               /* refused messages that belong to no active source */
    struct source_mark marks[SOURCES_MAX]; /* before low */
    size_t marks_n;
    struct source_total totals[SOURCES_MAX]; /* at position */
    size_t totals_n;
};

/* Text form, version 2: fields separated by blanks, numbers in base 36:
 *
 * - 2 window_s lateness_s store_id effects position
 * - read counted duplicate late refused marks refused_unknown
 * - gaps, the witness' offset + 1, timestamp_ms + 1 and hash (version 1 had none of these)
 * - S, then for each source: source,final_until_s,max_event_s,seen_ms,seen_offset[,openings]
 * - T, then for each source: source,late,refused,settled_until_s
 *
 * "-" stands for no store_id, and for the final_until_s of a closed source. false: it does not fit
 * into METADATA_MAX. */
bool recovery_encode(const struct recovery *r, struct tlc_buf *out);
/* TLC_REFUSE when it is not such a text. */
TLC_MUST int recovery_decode(struct tlc_str text, struct recovery *ret, struct tlc_err *err);

#define HISTORY_SNAPSHOTS 256
#define HISTORY_CLOSED 4096

struct snapshot {
    int64_t offset; /* state before the message at offset */
    size_t n;
    struct source_mark *marks; /* owned, n of them */
};

/* A window that became final. */
struct closed_window {
    int64_t first_offset;
    int64_t closed_offset;
};

struct history {
    struct snapshot snapshots[HISTORY_SNAPSHOTS]; /* rising offsets */
    size_t snapshots_n;
    int64_t next_offset; /* the next snapshot is due there */
    int64_t spacing;     /* offsets between snapshots; doubles when they get too many */
    struct closed_window closed[HISTORY_CLOSED];
    size_t closed_n;
};

void history_init(struct history *h);
void history_release(struct history *h);
static inline bool history_due(const struct history *h, int64_t offset)
{
    return offset >= h->next_offset;
}
/* The newest snapshot is of that offset. */
static inline bool history_ends_at(const struct history *h, int64_t offset)
{
    return h->snapshots_n > 0 && h->snapshots[h->snapshots_n - 1].offset == offset;
}
/* Keeps the state before the message at offset. When memory is refused nothing is kept: low just
 * stays further down. */
void history_snapshot(struct history *h, int64_t offset, const struct source_mark *marks, size_t n);
void history_closed(struct history *h, int64_t first_offset, int64_t closed_offset);
/* The snapshot to restart from when effects is as given and the windows still open have first
 * offsets down to open_first. What lies before it is forgotten: effects must not fall from call to
 * call. NULL when there is none. */
const struct snapshot *history_restart(struct history *h, int64_t effects, int64_t open_first);

#endif
