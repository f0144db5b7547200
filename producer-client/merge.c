#include "producer-client/merge.h"

int merge_open(struct merge *m, const char *const *paths, size_t n, struct tlc_err *err)
{
    memset(m, 0, sizeof(*m));
    for (size_t i = 0; i < n && i < INPUTS_MAX; i++) {
        int rc = input_open(&m->inputs[i], paths[i], err);
        if (rc != 0) {
            merge_close(m);
            return rc;
        }
        m->states[i] = INPUT_WAIT; /* no line read yet */
        m->n++;
    }
    return TLC_OK;
}

void merge_close(struct merge *m)
{
    for (size_t i = 0; i < m->n; i++) {
        input_close(&m->inputs[i]);
    }
    m->n = 0;
}

static bool before(const struct input *a, const struct input *b)
{
    return a->event_s != b->event_s ? a->event_s < b->event_s : a->trip_id < b->trip_id;
}

int merge_peek(struct merge *m, enum input_state *ret_state, struct input **ret_head,
               struct tlc_err *err)
{
    if (m->has_head) {
        *ret_state = INPUT_LINE;
        *ret_head = &m->inputs[m->head];
        return TLC_OK;
    }
    size_t best = m->n;
    for (size_t i = 0; i < m->n; i++) {
        if (m->states[i] == INPUT_WAIT) {
            int rc = input_next(&m->inputs[i], &m->states[i], err);
            if (rc != 0) {
                return rc;
            }
        }
        if (m->states[i] == INPUT_WAIT) {
            *ret_state = INPUT_WAIT; /* its next line may be the smallest */
            return TLC_OK;
        }
        if (m->states[i] == INPUT_LINE &&
            (best == m->n || before(&m->inputs[i], &m->inputs[best]))) {
            best = i;
        }
    }
    if (best == m->n) {
        *ret_state = INPUT_END;
        return TLC_OK;
    }
    m->head = best;
    m->has_head = true;
    *ret_head = &m->inputs[best];
    *ret_state = INPUT_LINE;
    return TLC_OK;
}

void merge_take(struct merge *m)
{
    m->states[m->head] = INPUT_WAIT;
    m->has_head = false;
}
