/* Several inputs as one stream in order of (event time, TripID, input).
 *
 * Each input is taken to be sorted; one that is not is passed on as it stands. merge_take consumes
 * the head and so ends the life of its line. */
#ifndef PRODUCER_CLIENT_MERGE_H
#define PRODUCER_CLIENT_MERGE_H

#include "producer-client/input.h"

#define INPUTS_MAX 64

struct merge {
    struct input inputs[INPUTS_MAX];
    enum input_state states[INPUTS_MAX];
    size_t n;
    size_t head;   /* input that the head line is of */
    bool has_head; /* the smallest line is known */
};

/* Opens all of them; on failure none stays open. */
TLC_MUST int merge_open(struct merge *m, const char *const *paths, size_t n, struct tlc_err *err);
void merge_close(struct merge *m);
/* LINE: *ret_head is the input whose current line is next. WAIT: some input has nothing yet. */
TLC_MUST int merge_peek(struct merge *m, enum input_state *ret_state, struct input **ret_head,
                        struct tlc_err *err);
void merge_take(struct merge *m);

#endif
