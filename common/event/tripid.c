#include "common/event/tripid.h"

#include <stdio.h>

#include "common/event/event.h"
#include "common/event/ny_time.h"

static const char *const dataset_names[] = {
    [TLC_YELLOW] = "yellow", [TLC_GREEN] = "green", [TLC_FHV] = "fhv",
    [TLC_FHVHV] = "fhvhv",   [TLC_OTHER] = "other", [TLC_LIVE] = "live",
};

static const char *dataset_name(int32_t dataset)
{
    return dataset >= 0 && dataset < (int32_t)TLC_COUNT(dataset_names) ? dataset_names[dataset]
                                                                       : NULL;
}

bool tlc_source_valid(int32_t source)
{
    if (source < 0 || !dataset_name(tlc_source_dataset(source))) {
        return false;
    }
    const int32_t month = tlc_source_month(source);
    if (month == 0) {
        return true;
    }
    return tlc_source_dataset(source) != TLC_LIVE && month >= 200701 && month <= 206812 &&
           month % 100 >= 1 && month % 100 <= 12;
}

bool tlc_tripid_valid(int64_t trip_id)
{
    return trip_id >= 1 && trip_id <= TLC_TRIP_ID_MAX && tlc_tripid_row(trip_id) >= 1 &&
           tlc_source_valid(tlc_tripid_source(trip_id));
}

const char *tlc_dataset_name(int32_t dataset)
{
    const char *name = dataset_name(dataset);
    return name ? name : "unknown";
}

bool tlc_dataset_parse(struct tlc_str name, enum tlc_dataset *ret_dataset)
{
    for (int32_t i = 0; i < (int32_t)TLC_COUNT(dataset_names); i++) {
        if (dataset_names[i] && tlc_str_eq(name, tlc_str_from(dataset_names[i]))) {
            *ret_dataset = (enum tlc_dataset)i;
            return true;
        }
    }
    return false;
}

const char *tlc_source_text(int32_t source, char dst[32])
{
    const int month = tlc_source_month(source);
    const char *name = tlc_dataset_name(tlc_source_dataset(source));
    if (month == 0) {
        snprintf(dst, 32, "%s", name);
    } else {
        snprintf(dst, 32, "%s %04d-%02d", name, month / 100, month % 100);
    }
    return dst;
}

/* The moment the first day of a month begins in New York; month may be 13. */
static int64_t month_start_s(int32_t year, int32_t month)
{
    const int32_t next_year = month > 12;
    int64_t at_s;
    tlc_ny_from_wall(
        tlc_days_from_civil(year + next_year, month - 12 * next_year, 1) * INT64_C(86400), &at_s);
    return at_s;
}

void tlc_source_span(int32_t source, int64_t slack_s, int64_t *ret_from_s, int64_t *ret_to_s)
{
    const int32_t month = tlc_source_month(source);
    if (month == 0) {
        *ret_from_s = TLC_TIME_MIN_S;
        *ret_to_s = TLC_TIME_MAX_S;
        return;
    }
    *ret_from_s = month_start_s(month / 100, month % 100) - slack_s;
    *ret_to_s = month_start_s(month / 100, month % 100 + 1) + slack_s;
}
