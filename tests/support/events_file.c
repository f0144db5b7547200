#include "tests/support/events_file.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BASE_S 1704085200L /* 2024-01-01T00:00:00-05:00 */
#define SOURCE 2202401LL
#define RIDE 301 /* events from a start to its end: they are of different batches */

/* Event i is the start of trip i or, RIDE later, its end: starts at even places, ends at odd ones.
 */
static long trip_of(size_t i, bool *ret_end)
{
    *ret_end = i % 2 == 1 && i >= RIDE;
    return (long)(*ret_end ? i - RIDE : i) + 1;
}

void events_file_write(const char *path, size_t n, long seconds_apart)
{
    FILE *f = fopen(path, "w");
    assert(f);
    for (size_t i = 0; i < n; i++) {
        bool end;
        long trip = trip_of(i, &end);
        time_t wall = BASE_S - 5 * 3600 + (time_t)i * seconds_apart;
        struct tm tm;
        char text[32];
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", gmtime_r(&wall, &tm));
        fprintf(f,
                "{\"TripID\":%lld,\"VendorID\":2,\"Datetime\":\"%s-05:00\",\"Status\":\"%s\","
                "\"ZoneID\":%ld}\n",
                SOURCE * 1000000000 + trip, text, end ? "end" : "start", trip % 263 + 1);
    }
    fclose(f);
}

struct seen {
    struct events_seen sums;
    unsigned char *flags; /* of each trip: 1 start, 2 end */
    size_t n;
};

static void on_message(void *ctx, const rd_kafka_message_t *message)
{
    struct seen *s = ctx;
    char text[600];
    assert(message->len < sizeof text);
    memcpy(text, message->payload, message->len);
    text[message->len] = '\0';
    if (strstr(text, "\"closed\"")) {
        s->sums.marks++;
        return;
    }
    size_t trip = (size_t)(strtoll(text + strlen("{\"TripID\":"), NULL, 10) % 1000000000);
    unsigned char flag = strstr(text, "\"end\"") ? 2 : 1;
    assert(trip > 0 && trip <= s->n);
    if (s->flags[trip] & flag) {
        s->sums.copies++;
    } else {
        s->sums.distinct++;
        s->sums.disorders += flag == 2 && !(s->flags[trip] & 1);
    }
    s->flags[trip] |= flag;
}

struct events_seen events_file_seen_at(const char *brokers, const char *topic, int partitions,
                                       size_t n)
{
    struct seen s = {.flags = calloc(n + 1, 1), .n = n};
    assert(s.flags);
    kafka_read(brokers, topic, partitions, on_message, &s);
    free(s.flags);
    return s.sums;
}

struct events_seen events_file_seen(const struct mock_kafka *m, const char *topic, int partitions,
                                    size_t n)
{
    return events_file_seen_at(mock_kafka_brokers(m), topic, partitions, n);
}
