#include "consumer-process/watermark.h"

void watermark_init(struct watermark *w)
{
    w->max_event_s = INT64_MIN;
    w->final_until_s = 0;
}

bool watermark_advance(struct watermark *w, const struct rules *rules, int64_t at_s)
{
    if (at_s <= w->max_event_s) {
        return false;
    }
    w->max_event_s = at_s;
    int64_t mark_s = at_s - rules->lateness_s;
    int64_t until_s = mark_s <= 0 ? 0 : window_start_of(rules, mark_s);
    if (until_s <= w->final_until_s) {
        return false;
    }
    w->final_until_s = until_s;
    return true;
}

void watermark_open(struct watermark *w, const struct rules *rules)
{
    w->final_until_s =
        w->max_event_s < 0 ? 0 : window_start_of(rules, w->max_event_s) + rules->window_s;
}

void watermark_close(struct watermark *w)
{
    w->final_until_s = INT64_MAX;
}
