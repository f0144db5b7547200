/* What a window can hold, and a message of windows: one table for consumer-process, which makes
 * them, and the dashboard, which takes them (docs/windows.md).
 *
 * Every bound follows from what events and options can be, so that whatever the one makes the
 * other takes; a bound that is met in one place only does not belong here. Pure; any thread. */
#ifndef TLC_EVENT_WINDOW_BOUNDS_H
#define TLC_EVENT_WINDOW_BOUNDS_H

#include "common/event/event.h"

/* Widths and lateness in event time; a width divides a day, so that days are whole windows. */
#define TLC_WINDOW_S_MIN 60
#define TLC_WINDOW_S_MAX 86400
#define TLC_LATENESS_S_MAX (7 * 86400)
/* The longest ride; a start whose end never came is booked so long after it. */
#define TLC_WINDOW_TRIP_MAX_S 86400

#define TLC_WINDOW_PARTITIONS_MAX 1024
#define TLC_WINDOW_OPENINGS_MAX 255 /* of a source, after closes; further ones change nothing */
#define TLC_WINDOW_ZONES (TLC_ZONE_MAX + 1) /* indexed by zone id; 0 is never used */
#define TLC_WINDOW_ROUTES_MAX 20000         /* of a window of one partition */
#define TLC_WINDOW_RIDE_BINS 61             /* whole minutes 0 to 59, then "60 and over" */
#define TLC_WINDOW_LONGEST_MAX 10           /* trips under way that are told of a source */

/* Whatever is counted in a window of one partition is counted in 32 bits: a topic would have to
 * hold 2^32 messages of that window to pass it. Sums follow from it; the largest is half of what
 * 64 bits hold. */
#define TLC_WINDOW_COUNT_MAX INT64_C(4294967295)
#define TLC_WINDOW_PASSENGERS_MAX (TLC_WINDOW_COUNT_MAX * UINT8_MAX)
#define TLC_WINDOW_DISTANCE_MAX (TLC_WINDOW_COUNT_MAX * TLC_DISTANCE_MAX)
#define TLC_WINDOW_CENTS_MAX (TLC_WINDOW_COUNT_MAX * TLC_CENTS_MAX)
#define TLC_WINDOW_RIDE_S_MAX (TLC_WINDOW_COUNT_MAX * TLC_WINDOW_TRIP_MAX_S)
/* X(ID, member, least, most): the numbers of a window, in the order of its JSON. Fares, distances
 * and tips can be negative in TLC's files. */
#define TLC_WINDOW_SUMS(X)                                                                         \
    X(MATCHED, matched, 0, TLC_WINDOW_COUNT_MAX)                                                   \
    X(ORPHAN_ENDS, orphan_ends, 0, TLC_WINDOW_COUNT_MAX)                                           \
    X(EXPIRED_STARTS, expired_starts, 0, TLC_WINDOW_COUNT_MAX)                                     \
    X(DUPLICATES, duplicates, 0, TLC_WINDOW_COUNT_MAX)                                             \
    X(PASSENGERS, passengers, 0, TLC_WINDOW_PASSENGERS_MAX)                                        \
    X(DISTANCE_CMI, distance_cmi, -TLC_WINDOW_DISTANCE_MAX, TLC_WINDOW_DISTANCE_MAX)               \
    X(FARE_CENTS, fare_cents, -TLC_WINDOW_CENTS_MAX, TLC_WINDOW_CENTS_MAX)                         \
    X(TIP_CENTS, tip_cents, -TLC_WINDOW_CENTS_MAX, TLC_WINDOW_CENTS_MAX)                           \
    X(TOTAL_CENTS, total_cents, -TLC_WINDOW_CENTS_MAX, TLC_WINDOW_CENTS_MAX)                       \
    X(RIDE_S, ride_s, 0, TLC_WINDOW_RIDE_S_MAX)

/* Late and refused messages of a source in a partition: what JSON's readers keep exactly. */
#define TLC_WINDOW_TOTAL_MAX INT64_C(9007199254740991)

/* A message: what the dashboard takes, and the parts of it that consumer-process makes. */
#define TLC_WINDOW_MESSAGE_BYTES_MAX (8 * 1024 * 1024)
#define TLC_WINDOW_MESSAGE_ENTRIES_MAX 100000 /* windows, and partitions, each */
#define TLC_WINDOW_BYTES_MAX (1024 * 1024)    /* one window of the widest kind */
/* "partitions" of it; beyond that they are left out. */
#define TLC_WINDOW_PARTITIONS_BYTES_MAX (2 * 1024 * 1024)
/* The answer: it names each window that was refused. */
#define TLC_WINDOW_POST_MAX 500 /* windows that consumer-process sends at once */
#define TLC_WINDOW_REASON_MAX 240
#define TLC_WINDOW_REPLY_PARTITIONS                                                                \
    20 /* entries of "partitions" that it names; the rest is left out */
#define TLC_WINDOW_REPLY_BYTES_MAX ((TLC_WINDOW_POST_MAX + TLC_WINDOW_REPLY_PARTITIONS) * 1024)
#define TLC_STORE_ID_MAX 64 /* bytes of store_id, which names the dashboard's file */

/* Whether windows can be so wide. */
static inline bool tlc_window_width_valid(int64_t window_s)
{
    return window_s >= TLC_WINDOW_S_MIN && window_s <= TLC_WINDOW_S_MAX &&
           TLC_WINDOW_S_MAX % window_s == 0;
}

/* Event time that a source of the stream can have: first <= at < to. */
void tlc_window_event_span(int32_t source, int64_t *ret_first_s, int64_t *ret_to_s);
/* The starts of the first and the last window that a source can have: those of its events, and of
 * a start that expires a trip's longest time after the last of them. */
void tlc_window_start_span(int32_t source, int64_t window_s, int64_t *ret_first_s,
                           int64_t *ret_last_s);
/* The same for all sources and widths: first <= start < to. */
#define TLC_WINDOW_START_FIRST_S (TLC_TIME_MIN_S - TLC_WINDOW_S_MAX)
#define TLC_WINDOW_START_TO_S (TLC_TIME_MAX_S + TLC_WINDOW_TRIP_MAX_S)

#endif
