#include "common/event/window_bounds.h"

#include "common/event/tripid.h"

void tlc_window_event_span(int32_t source, int64_t *ret_first_s, int64_t *ret_to_s)
{
    int64_t first_s, to_s;
    tlc_source_span(source, TLC_MONTH_SLACK_STREAM_S, &first_s, &to_s);
    *ret_first_s = first_s > TLC_TIME_MIN_S ? first_s : TLC_TIME_MIN_S;
    *ret_to_s = to_s < TLC_TIME_MAX_S ? to_s : TLC_TIME_MAX_S;
}

void tlc_window_start_span(int32_t source, int64_t window_s, int64_t *ret_first_s,
                           int64_t *ret_last_s)
{
    int64_t first_s, to_s;
    tlc_window_event_span(source, &first_s, &to_s);
    int64_t last_s = to_s - 1 + TLC_WINDOW_TRIP_MAX_S;
    *ret_first_s = first_s - first_s % window_s;
    *ret_last_s = last_s - last_s % window_s;
}
