#include "producer-client/sources.h"

void sources_init(struct sources *s)
{
    s->n = 0;
    s->last = -1;
    s->overflow = false;
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
    s->v[s->n++] = source;
}
