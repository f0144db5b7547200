#include "producer-client/sources.h"

#include "common/event/tripid.h"

void sources_init(struct sources *s)
{
    s->n = 0;
    s->last = -1;
    s->overflow = false;
    s->refused_unknown = false;
}

void sources_add(struct sources *s, int32_t source)
{
    s->last = source;
    for (size_t i = 0; i < s->n; i++) {
        if (s->v[i] == source) {
            return;
        }
    }
    if (s->n == SOURCES_MAX) {
        s->overflow = true;
        return;
    }
    s->refused[s->n] = false;
    s->v[s->n++] = source;
}

void sources_refused(struct sources *s, int32_t source)
{
    size_t i = 0;
    while (i < s->n && s->v[i] != source) {
        i++;
    }
    if (i < s->n) {
        s->refused[i] = true;
    } else {
        s->refused_unknown = true;
    }
}

const char *sources_why_open(const struct sources *s, size_t i)
{
    return !tlc_source_valid(s->v[i])       ? "it is no source"
           : tlc_source_month(s->v[i]) == 0 ? "it has no month, so more may come"
           : s->refused[i]                  ? "records of it were refused"
           : s->refused_unknown             ? "records were refused that may be of it"
                                            : NULL;
}
