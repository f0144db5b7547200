/* An events file made here: trips of source 2202401, and which of their events a topic holds. */
#ifndef TLC_TESTS_SUPPORT_EVENTS_FILE_H
#define TLC_TESTS_SUPPORT_EVENTS_FILE_H

#include "tests/support/mock_kafka.h"

/* n events, sorted by time, seconds_apart of event time from one to the next; each trip has a start
 * and an end some events later. */
void events_file_write(const char *path, size_t n, long seconds_apart);

struct events_seen {
    size_t distinct, copies, marks;
    size_t disorders; /* ends that stand before their start in a partition */
};

/* Counts what the topic holds of events_file_write(n). */
struct events_seen events_file_seen_at(const char *brokers, const char *topic, int partitions,
                                       size_t n);
struct events_seen events_file_seen(const struct mock_kafka *m, const char *topic, int partitions,
                                    size_t n);

#endif
