/* What a run counts. Every event that was read is acked, refused or left: the ledger's line of this
 * program. */
#ifndef PRODUCER_CLIENT_STATS_H
#define PRODUCER_CLIENT_STATS_H

#include "common/base/counters.h"

#define CLIENT_COUNTERS(X)                                                                         \
    X(STAT_READ, "events_read", COUNTER, "events", "Events read that lie within --from and --to")  \
    X(STAT_SKIPPED, "events_skipped", COUNTER, "events", "Events outside of --from and --to")      \
    X(STAT_UNDECODED, "lines_undecoded", COUNTER, "lines",                                         \
      "Lines sent though not understood here")                                                     \
    X(STAT_SENT, "sent", COUNTER, "events", "Events sent, each counted once")                      \
    X(STAT_ACKED, "acked", COUNTER, "events", "Events that the server stored")                     \
    X(STAT_REFUSED, "refused", COUNTER, "events", "Events that the server refused")                \
    X(STAT_LEFT, "left", GAUGE, "events", "Events read without a reply")                           \
    X(STAT_RESENT, "duplicates_resent", COUNTER, "events", "Events sent again after a failure")    \
    X(STAT_BATCHES, "batches", COUNTER, "batches", "Batches acknowledged")                         \
    X(STAT_RETRIES, "retries", COUNTER, "requests", "Requests sent again")                         \
    X(STAT_BUSY, "busy_replies", COUNTER, "replies", "Replies 429 and 503")                        \
    X(STAT_BROKEN, "broken_replies", COUNTER, "replies", "Replies that were lost, cut or wrong")   \
    X(STAT_MARKS, "close_marks", COUNTER, "sources", "Sources closed")                             \
    X(STAT_OPENED, "open_marks", COUNTER, "sources", "Sources opened again")                       \
    X(STAT_BYTES, "bytes_sent", COUNTER, "bytes", "Bytes of request bodies")

enum client_counter { CLIENT_COUNTERS(TLC_COUNTER_ENUM) STAT_N };

#endif
