#include "consumer-process/lowoffset.h"

#include <stdlib.h>

#define SPACING_FIRST 4096
#define VERSION_2_FIELDS 4 /* that version 1 has not */

void history_init(struct history *h)
{
    h->snapshots_n = 0;
    h->next_offset = 0;
    h->spacing = SPACING_FIRST;
    h->closed_n = 0;
}

void history_release(struct history *h)
{
    for (size_t i = 0; i < h->snapshots_n; i++) {
        free(h->snapshots[i].marks);
    }
    history_init(h);
}

/* Every second snapshot goes, the oldest stays: it is what low rests on now. */
static void thin(struct history *h)
{
    size_t kept = 0;
    for (size_t i = 0; i < h->snapshots_n; i++) {
        if (i % 2 == 0) {
            h->snapshots[kept++] = h->snapshots[i];
        } else {
            free(h->snapshots[i].marks);
        }
    }
    h->snapshots_n = kept;
    h->spacing *= 2;
}

void history_snapshot(struct history *h, int64_t offset, const struct source_mark *marks, size_t n)
{
    if (h->snapshots_n == HISTORY_SNAPSHOTS) {
        thin(h);
    }
    h->next_offset = offset + h->spacing;
    struct source_mark *copy = NULL;
    if (n > 0) {
        copy = malloc(n * sizeof(*copy));
        if (!copy) {
            return;
        }
        memcpy(copy, marks, n * sizeof(*copy));
    }
    h->snapshots[h->snapshots_n++] = (struct snapshot){.offset = offset, .n = n, .marks = copy};
}

/* Two neighbours become one that stands for both: at least as much is read again. */
static void merge_closed(struct history *h)
{
    size_t kept = 0;
    for (size_t i = 0; i + 1 < h->closed_n; i += 2) {
        struct closed_window a = h->closed[i];
        struct closed_window b = h->closed[i + 1];
        h->closed[kept++] = (struct closed_window){
            .first_offset = a.first_offset < b.first_offset ? a.first_offset : b.first_offset,
            .closed_offset = a.closed_offset > b.closed_offset ? a.closed_offset : b.closed_offset,
        };
    }
    h->closed_n = kept;
}

void history_closed(struct history *h, int64_t first_offset, int64_t closed_offset)
{
    if (h->closed_n == HISTORY_CLOSED) {
        merge_closed(h);
    }
    h->closed[h->closed_n++] = (struct closed_window){first_offset, closed_offset};
}

/* The window was still open for the message at effects when a message at or behind effects closed
 * it. */
static int64_t forget_closed(struct history *h, int64_t effects)
{
    int64_t first = INT64_MAX;
    size_t kept = 0;
    for (size_t i = 0; i < h->closed_n; i++) {
        if (h->closed[i].closed_offset < effects) {
            continue;
        }
        h->closed[kept++] = h->closed[i];
        if (h->closed[i].first_offset < first) {
            first = h->closed[i].first_offset;
        }
    }
    h->closed_n = kept;
    return first;
}

const struct snapshot *history_restart(struct history *h, int64_t effects, int64_t open_first)
{
    int64_t need = forget_closed(h, effects);
    need = open_first < need ? open_first : need;
    need = effects < need ? effects : need;
    size_t at = h->snapshots_n;
    while (at > 0 && h->snapshots[at - 1].offset > need) {
        at--;
    }
    if (at == 0) {
        return NULL;
    }
    at--;
    for (size_t i = 0; i < at; i++) {
        free(h->snapshots[i].marks);
    }
    h->snapshots_n -= at;
    memmove(h->snapshots, h->snapshots + at, h->snapshots_n * sizeof(*h->snapshots));
    return &h->snapshots[0];
}

static void put_number(struct tlc_buf *out, char before, int64_t value)
{
    char digits[16];
    size_t at = sizeof(digits);
    uint64_t rest = value < 0 ? 0 : (uint64_t)value;
    do {
        digits[--at] = "0123456789abcdefghijklmnopqrstuvwxyz"[rest % 36];
        rest /= 36;
    } while (rest != 0);
    if (before) {
        (void)tlc_buf_append(out, &before, 1);
    }
    (void)tlc_buf_append(out, digits + at, sizeof(digits) - at);
}

static void put_mark(struct tlc_buf *out, const struct source_mark *m)
{
    put_number(out, ' ', m->source);
    if (watermark_closed(&m->mark)) {
        (void)tlc_buf_append(out, ",-", 2);
    } else {
        put_number(out, ',', m->mark.final_until_s);
    }
    put_number(out, ',', m->mark.max_event_s);
    put_number(out, ',', m->seen_ms);
    put_number(out, ',', m->seen_offset);
    if (m->openings > 0) {
        put_number(out, ',', m->openings);
    }
}

bool recovery_encode(const struct recovery *r, struct tlc_buf *out)
{
    size_t begin = out->n;
    put_number(out, 0, 2);
    put_number(out, ' ', r->window_s);
    put_number(out, ' ', r->lateness_s);
    (void)tlc_buf_append(out, " ", 1);
    (void)tlc_buf_add(out, r->store_id[0] ? tlc_str_from(r->store_id) : TLC_STR("-"));
    const int64_t fields[] = {r->effects,        r->position,           r->ledger.read,
                              r->ledger.counted, r->ledger.duplicate,   r->ledger.late,
                              r->ledger.refused, r->ledger.marks,       r->refused_unknown,
                              r->ledger.gaps,    r->witness.offset + 1, r->witness.timestamp_ms + 1,
                              r->witness.hash};
    for (size_t i = 0; i < TLC_COUNT(fields); i++) {
        put_number(out, ' ', fields[i]);
    }
    (void)tlc_buf_append(out, " S", 2);
    for (size_t i = 0; i < r->marks_n; i++) {
        put_mark(out, &r->marks[i]);
    }
    (void)tlc_buf_append(out, " T", 2);
    for (size_t i = 0; i < r->totals_n; i++) {
        put_number(out, ' ', r->totals[i].source);
        put_number(out, ',', r->totals[i].late);
        put_number(out, ',', r->totals[i].refused);
        put_number(out, ',', r->totals[i].settled_until_s);
    }
    return !out->failed && out->n - begin <= METADATA_MAX;
}

static bool take_number(struct tlc_str text, int64_t *ret)
{
    if (text.n == 0 || text.n > 12) { /* 36^12 < 2^63 */
        return false;
    }
    int64_t value = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'z' ? c - 'a' + 10 : -1;
        if (digit < 0) {
            return false;
        }
        value = value * 36 + digit;
    }
    *ret = value;
    return true;
}

static bool next_number(struct tlc_str *rest, char sep, int64_t *ret)
{
    struct tlc_str part;
    return tlc_str_split(rest, sep, &part) && take_number(part, ret);
}

static bool take_source(struct tlc_str *rest, int32_t *ret)
{
    int64_t source = 0;
    if (!next_number(rest, ',', &source) || source <= 0 || source > INT32_MAX) {
        return false;
    }
    *ret = (int32_t)source;
    return true;
}

static bool take_mark(struct tlc_str text, struct source_mark *ret)
{
    struct tlc_str until;
    if (!take_source(&text, &ret->source) || !tlc_str_split(&text, ',', &until)) {
        return false;
    }
    if (tlc_str_eq(until, TLC_STR("-"))) {
        ret->mark.final_until_s = INT64_MAX;
    } else if (!take_number(until, &ret->mark.final_until_s)) {
        return false;
    }
    int64_t openings = 0;
    bool good =
        next_number(&text, ',', &ret->mark.max_event_s) && next_number(&text, ',', &ret->seen_ms) &&
        next_number(&text, ',', &ret->seen_offset) &&
        (text.n == 0 || next_number(&text, ',', &openings)) && openings <= TLC_WINDOW_OPENINGS_MAX;
    ret->openings = (int32_t)openings;
    return good;
}

static bool take_total(struct tlc_str text, struct source_total *ret)
{
    return take_source(&text, &ret->source) && next_number(&text, ',', &ret->late) &&
           next_number(&text, ',', &ret->refused) && next_number(&text, ',', &ret->settled_until_s);
}

static bool take_head(struct tlc_str *text, struct recovery *r)
{
    int64_t version = 0;
    struct tlc_str store_id;
    if (!next_number(text, ' ', &version) || version < 1 || version > 2 ||
        !next_number(text, ' ', &r->window_s) || !next_number(text, ' ', &r->lateness_s) ||
        !tlc_str_split(text, ' ', &store_id)) {
        return false;
    }
    if (!tlc_str_eq(store_id, TLC_STR("-")) &&
        !tlc_str_copy(r->store_id, sizeof(r->store_id), store_id)) {
        return false;
    }
    int64_t *fields[] = {&r->effects,        &r->position,         &r->ledger.read,
                         &r->ledger.counted, &r->ledger.duplicate, &r->ledger.late,
                         &r->ledger.refused, &r->ledger.marks,     &r->refused_unknown,
                         &r->ledger.gaps,    &r->witness.offset,   &r->witness.timestamp_ms,
                         &r->witness.hash};
    size_t n = version == 1 ? TLC_COUNT(fields) - VERSION_2_FIELDS : TLC_COUNT(fields);
    for (size_t i = 0; i < n; i++) {
        if (!next_number(text, ' ', fields[i])) {
            return false;
        }
    }
    r->witness.offset--;
    r->witness.timestamp_ms--;
    return r->effects <= r->position;
}

static bool take_sources(struct tlc_str *text, struct recovery *r)
{
    struct tlc_str part;
    if (!tlc_str_split(text, ' ', &part) || !tlc_str_eq(part, TLC_STR("S"))) {
        return false;
    }
    bool totals = false;
    while (tlc_str_split(text, ' ', &part)) {
        if (!totals && tlc_str_eq(part, TLC_STR("T"))) {
            totals = true;
        } else if (!totals) {
            if (r->marks_n == SOURCES_MAX || !take_mark(part, &r->marks[r->marks_n++])) {
                return false;
            }
        } else if (r->totals_n == SOURCES_MAX || !take_total(part, &r->totals[r->totals_n++])) {
            return false;
        }
    }
    return totals;
}

int recovery_decode(struct tlc_str text, struct recovery *ret, struct tlc_err *err)
{
    struct recovery r = {0};
    struct tlc_str rest = text;
    if (!take_head(&rest, &r) || !take_sources(&rest, &r)) {
        size_t shown = text.n < 60 ? text.n : 60;
        return tlc_err_set(err, TLC_REFUSE, "commit metadata is not of this program: \"%.*s\"",
                           (int)shown, text.p);
    }
    *ret = r;
    return 0;
}
