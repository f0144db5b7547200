#include "consumer-process/longest.h"

static bool before(const struct trip *a, const struct trip *b)
{
    return a->at_s != b->at_s ? a->at_s < b->at_s : a->row < b->row;
}

size_t longest_find(const struct trips *open, struct trip ret_trips[LONGEST_MAX])
{
    size_t n = 0;
    const struct trip *t;
    for (uint32_t at = 0; (t = trips_next(open, &at));) {
        if (n == LONGEST_MAX && !before(t, &ret_trips[n - 1])) {
            continue;
        }
        size_t i = n < LONGEST_MAX ? n++ : n - 1;
        for (; i > 0 && before(t, &ret_trips[i - 1]); i--) {
            ret_trips[i] = ret_trips[i - 1];
        }
        ret_trips[i] = *t;
    }
    return n;
}
