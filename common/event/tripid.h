/* Trip ids and sources: TripID = dataset x 10^15 + month x 10^9 + row.
 *
 * The id names the one row of the one file it came from, so it is idempotency key, Kafka key,
 * primary key and join key. source = TripID / 10^9 = dataset x 10^6 + yyyymm (2202401: green,
 * January 2024) is the unit of replay, of watermarks and of database partitions. Pure; any thread.
 */
#ifndef TLC_EVENT_TRIPID_H
#define TLC_EVENT_TRIPID_H

#include "common/base/str.h"

enum tlc_dataset {
    TLC_YELLOW = 1,
    TLC_GREEN = 2,
    TLC_FHV = 3,
    TLC_FHVHV = 4,
    TLC_OTHER = 5, /* files that are not TLC's own: Kaggle */
    TLC_LIVE = 9,  /* sources without a file */
};

#define TLC_SOURCE_FACTOR INT64_C(1000000000)
#define TLC_ROW_MAX (TLC_SOURCE_FACTOR - 1)

static inline int32_t tlc_tripid_source(int64_t trip_id)
{
    return (int32_t)(trip_id / TLC_SOURCE_FACTOR);
}

static inline int64_t tlc_tripid_row(int64_t trip_id)
{
    return trip_id % TLC_SOURCE_FACTOR;
}

static inline int64_t tlc_tripid_make(int32_t source, int64_t row)
{
    return (int64_t)source * TLC_SOURCE_FACTOR + row;
}

/* month: yyyymm or 0. */
static inline int32_t tlc_source_make(enum tlc_dataset dataset, int32_t month)
{
    return (int32_t)dataset * 1000000 + month;
}

static inline int32_t tlc_source_dataset(int32_t source)
{
    return source / 1000000;
}

static inline int32_t tlc_source_month(int32_t source)
{
    return source % 1000000;
}

/* Known dataset (0 and 6-8 are not), month 0 or 200701..206812 with month 01..12; live
 * sources have month 0 only, as their ids would pass 2^53 - 1 with one. */
bool tlc_source_valid(int32_t source);
/* 1..2^53-1, valid source, row >= 1. */
bool tlc_tripid_valid(int64_t trip_id);
/* "yellow", "green", "fhv", "fhvhv", "other", "live"; "unknown" else. */
const char *tlc_dataset_name(int32_t dataset);
bool tlc_dataset_parse(struct tlc_str name, enum tlc_dataset *ret_dataset);
/* "green 2024-01", "live" when there is no month. Returns dst. */
const char *tlc_source_text(int32_t source, char dst[32]);
/* The half-open span of event time that belongs to a source: its month on New York's clock, widened
 * by slack_s on both sides; month 0: TLC_TIME_MIN_S .. TLC_TIME_MAX_S. */
void tlc_source_span(int32_t source, int64_t slack_s, int64_t *ret_from_s, int64_t *ret_to_s);
/* Slack outside of which preprocess rejects a row, and the server and consumer-process refuse an
 * event. */
#define TLC_MONTH_SLACK_FILE_S (INT64_C(24) * 3600)
#define TLC_MONTH_SLACK_STREAM_S (INT64_C(48) * 3600)
/* So far may an event of a source without a month lie ahead of the clock: clocks differ, and one
 * event too far ahead would make all that follow late. */
#define TLC_FUTURE_SLACK_S INT64_C(3600)

#endif
