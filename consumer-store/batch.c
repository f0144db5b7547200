#include "consumer-store/batch.h"

#include <stdlib.h>

#include "common/event/ny_time.h"
#include "consumer-store/copy.h"

#define COPY_MAX ((size_t)1 << 30) /* bytes of one group; rows_max of the options is far below */
#define DIGIT_BITS 10
#define DIGIT_MASK ((1U << DIGIT_BITS) - 1)
#define GROUPS_KEPT 64 /* buffers kept from batch to batch */
#define DAY_ZERO 13514 /* days from 1970-01-01 to 2007-01-01 */

void batch_init(struct batch *b)
{
    memset(b, 0, sizeof(*b));
    tlc_arena_init(&b->payloads, BATCH_PAYLOADS_MAX);
}

static void groups_free(struct batch *b, size_t from)
{
    for (size_t i = from; i < b->groups_cap; i++) {
        if (b->groups[i]) {
            tlc_buf_release(&b->groups[i]->copy);
            free(b->groups[i]->keys);
            free(b->groups[i]);
            b->groups[i] = NULL;
        }
    }
}

void batch_release(struct batch *b)
{
    groups_free(b, 0);
    free(b->groups);
    free(b->parts);
    free(b->rows);
    free(b->refused);
    free(b->marks);
    free(b->sorted);
    tlc_arena_release(&b->payloads);
    memset(b, 0, sizeof(*b));
}

void batch_reset(struct batch *b)
{
    b->parts_n = b->rows_n = b->refused_n = b->marks_n = b->groups_n = 0;
    b->group_of[TLC_START] = b->group_of[TLC_END] = 0;
    b->slot_last = 0;
    b->payload_bytes = 0;
    b->encoded = false;
    tlc_arena_reset(&b->payloads);
    groups_free(b, GROUPS_KEPT);
}

bool batch_full(const struct batch *b, size_t rows_max)
{
    return b->rows_n + b->refused_n + b->marks_n >= rows_max ||
           b->payload_bytes >= BATCH_PAYLOADS_FULL;
}

static int no_memory(struct tlc_err *err)
{
    return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no memory for a batch: make --batch smaller");
}

/* Room for one more element of an array. */
static bool grow(void *array, size_t n, size_t *cap, size_t element)
{
    if (n < *cap) {
        return true;
    }
    void **held = array;
    size_t more = *cap ? *cap * 2 : 64;
    void *p = realloc(*held, more * element);
    if (!p) {
        return false;
    }
    *held = p;
    *cap = more;
    return true;
}

struct batch_part *batch_part_find(struct batch *b, int32_t partition)
{
    if (b->slot_last < b->parts_n && b->parts[b->slot_last].partition == partition) {
        return &b->parts[b->slot_last];
    }
    for (size_t i = 0; i < b->parts_n; i++) {
        if (b->parts[i].partition == partition) {
            b->slot_last = i;
            return &b->parts[i];
        }
    }
    return NULL;
}

static struct batch_part part_of(int32_t partition, int64_t from)
{
    return (struct batch_part){
        .partition = partition, .from = from, .to = from, .witness = TLC_KAFKA_NO_WITNESS};
}

static struct batch_part *part_get(struct batch *b, int32_t partition, int64_t from)
{
    struct batch_part *part = batch_part_find(b, partition);
    if (part) {
        if (part->to == part->from) { /* dropped, and now it is ours again */
            *part = part_of(partition, from);
        }
        return part;
    }
    if (!grow(&b->parts, b->parts_n, &b->parts_cap, sizeof(*b->parts))) {
        return NULL;
    }
    b->slot_last = b->parts_n;
    part = &b->parts[b->parts_n++];
    *part = part_of(partition, from);
    return part;
}

/* Groups beyond groups_n hold buffers of earlier batches. */
static struct batch_group *group_take(struct batch *b)
{
    if (b->groups_n == b->groups_cap) {
        size_t had = b->groups_cap;
        if (!grow(&b->groups, b->groups_n, &b->groups_cap, sizeof(struct batch_group *))) {
            return NULL;
        }
        memset(b->groups + had, 0, (b->groups_cap - had) * sizeof(struct batch_group *));
    }
    struct batch_group *g = b->groups[b->groups_n];
    if (!g) {
        g = calloc(1, sizeof(*g));
        if (!g) {
            return NULL;
        }
        tlc_buf_init(&g->copy, COPY_MAX);
        b->groups[b->groups_n] = g;
    }
    b->groups_n++;
    return g;
}

/* ret_index: of the group of this source and status, made when it is new. */
static struct batch_group *group_get(struct batch *b, int32_t source, enum tlc_event_status status,
                                     uint32_t *ret_index)
{
    size_t last = b->group_of[status];
    struct batch_group *g = last < b->groups_n ? b->groups[last] : NULL;
    if (g && g->source == source && g->status == status) {
        *ret_index = (uint32_t)last;
        return g;
    }
    for (size_t i = 0; i < b->groups_n; i++) {
        g = b->groups[i];
        if (g->source == source && g->status == status) {
            b->group_of[status] = i;
            *ret_index = (uint32_t)i;
            return g;
        }
    }
    g = group_take(b);
    if (g) {
        g->source = source;
        g->status = status;
        g->rows = 0;
        g->day_from_s = g->day_to_s = 0;
        memset(g->days, 0, sizeof(g->days));
        b->group_of[status] = b->groups_n - 1;
        *ret_index = (uint32_t)(b->groups_n - 1);
    }
    return g;
}

static void day_mark(struct batch_group *g, int64_t at_s)
{
    if (at_s >= g->day_from_s && at_s < g->day_to_s) {
        return;
    }
    g->day_from_s = tlc_ny_day_start_s(at_s);
    g->day_to_s = g->day_from_s + 23 * 3600; /* the last hour or two of a day look it up again */
    int64_t day = tlc_ny_wall_s(at_s) / 86400 - DAY_ZERO;
    if (day >= 0 && day < BATCH_DAYS) {
        g->days[day / 64] |= UINT64_C(1) << (day % 64);
    }
}

static bool row_note(struct batch *b, size_t index)
{
    struct batch_row *row = &b->rows[index];
    const struct tlc_event *e = &row->event;
    struct batch_group *g = group_get(b, tlc_tripid_source(e->trip_id),
                                      e->status == TLC_START ? TLC_START : TLC_END, &row->group);
    if (!g || !grow(&g->keys, g->rows, &g->keys_cap, sizeof(*g->keys))) {
        return false;
    }
    g->keys[g->rows++] = (struct batch_key){(uint32_t)tlc_tripid_row(e->trip_id), (uint32_t)index};
    day_mark(g, e->at_s);
    return true;
}

static int add_refused(struct batch *b, const struct tlc_kafka_message *m, uint32_t slot,
                       enum tlc_rule rule, struct tlc_err *err)
{
    if (!grow(&b->refused, b->refused_n, &b->refused_cap, sizeof(*b->refused))) {
        return no_memory(err);
    }
    struct tlc_str head = m->value;
    head.n = head.n < BATCH_PAYLOAD_MAX ? head.n : BATCH_PAYLOAD_MAX;
    struct tlc_str payload = {NULL, 0};
    if (head.p) {
        payload = tlc_arena_copy(&b->payloads, head);
        b->payload_bytes += payload.p ? payload.n : 0;
    }
    b->refused[b->refused_n++] = (struct batch_refused){
        .offset = m->offset,
        .timestamp_ms = m->timestamp_ms,
        .payload = payload,
        .slot = slot,
        .rule = rule,
    };
    b->parts[slot].refused++;
    return TLC_OK;
}

static int add_mark(struct batch *b, const struct tlc_event *mark, uint32_t slot,
                    struct tlc_err *err)
{
    if (!grow(&b->marks, b->marks_n, &b->marks_cap, sizeof(*b->marks))) {
        return no_memory(err);
    }
    b->marks[b->marks_n++] =
        (struct batch_mark){(int32_t)mark->trip_id, slot, mark->status == TLC_MARK_CLOSED};
    b->parts[slot].marks++;
    return TLC_OK;
}

int batch_add(struct batch *b, const struct tlc_kafka_message *m, int64_t from, struct tlc_err *err)
{
    struct batch_part *part = part_get(b, m->partition, from);
    if (!part || !grow(&b->rows, b->rows_n, &b->rows_cap, sizeof(*b->rows))) {
        return no_memory(err);
    }
    part->gaps += m->offset - part->to;
    part->to = m->offset + 1;
    part->read++;
    b->encoded = false;
    uint32_t slot = (uint32_t)(part - b->parts);
    struct batch_row *row = &b->rows[b->rows_n];
    enum tlc_rule rule = TLC_RULE_NOT_JSON;
    const char *at = NULL;
    enum tlc_json_kind kind = tlc_json_decode(m->value, &row->event, &rule, &at);
    if (kind == TLC_JSON_MARK) {
        return add_mark(b, &row->event, slot, err);
    }
    if (kind != TLC_JSON_BAD) {
        const int64_t logged_s = m->timestamp_ms < 0 ? -1 : m->timestamp_ms / 1000;
        rule = tlc_event_in_month(&row->event, TLC_MONTH_SLACK_STREAM_S, logged_s);
    }
    if (rule != TLC_RULE_NONE) {
        return add_refused(b, m, slot, rule, err);
    }
    row->offset = m->offset;
    row->slot = slot;
    if (!row_note(b, b->rows_n)) {
        return no_memory(err);
    }
    part->rows++;
    b->rows_n++;
    return TLC_OK;
}

int batch_pass(struct batch *b, int32_t partition, int64_t from, int64_t to, struct tlc_err *err)
{
    struct batch_part *part = part_get(b, partition, from);
    if (!part) {
        return no_memory(err);
    }
    part->gaps += to - part->to;
    part->to = to;
    return TLC_OK;
}

/* By row number, equal ones in the order of their arrival: radix sort, three digits for what is
 * below 10^9. keys and room change places with each digit; returns where the result is. */
static struct batch_key *keys_sort(struct batch_key *keys, struct batch_key *room, size_t n)
{
    for (unsigned shift = 0; shift < 3 * DIGIT_BITS; shift += DIGIT_BITS) {
        size_t at[1 << DIGIT_BITS] = {0};
        for (size_t i = 0; i < n; i++) {
            at[keys[i].row >> shift & DIGIT_MASK]++;
        }
        size_t before = 0;
        for (size_t digit = 0; digit <= DIGIT_MASK; digit++) {
            size_t count = at[digit];
            at[digit] = before;
            before += count;
        }
        for (size_t i = 0; i < n; i++) {
            room[at[keys[i].row >> shift & DIGIT_MASK]++] = keys[i];
        }
        struct batch_key *swap = keys;
        keys = room;
        room = swap;
    }
    return keys;
}

int batch_encode(struct batch *b, struct tlc_err *err)
{
    for (size_t i = 0; !b->encoded && i < b->groups_n; i++) {
        struct batch_group *g = b->groups[i];
        if (b->sorted_cap < g->keys_cap) {
            free(b->sorted);
            b->sorted = malloc(g->keys_cap * sizeof(*b->sorted));
            b->sorted_cap = b->sorted ? g->keys_cap : 0;
        }
        if (!b->sorted) {
            return no_memory(err);
        }
        const struct batch_key *keys = keys_sort(g->keys, b->sorted, g->rows);
        tlc_buf_reset(&g->copy);
        bool ok = copy_encode_header(&g->copy);
        for (size_t k = 0; ok && k < g->rows; k++) {
            ok = copy_encode_event(&g->copy, &b->rows[keys[k].index].event);
        }
        if (!ok) {
            return no_memory(err);
        }
    }
    b->encoded = true;
    return TLC_OK;
}

/* The groups from the rows that are left. */
static int group_again(struct batch *b, struct tlc_err *err)
{
    bool encoded = b->encoded;
    b->encoded = false;
    b->groups_n = 0;
    b->group_of[TLC_START] = b->group_of[TLC_END] = 0;
    for (size_t i = 0; i < b->rows_n; i++) {
        if (!row_note(b, i)) {
            return no_memory(err);
        }
    }
    return encoded ? batch_encode(b, err) : TLC_OK;
}

int batch_drop(struct batch *b, int32_t partition, enum batch_outcome outcome, struct tlc_err *err)
{
    struct batch_part *part = batch_part_find(b, partition);
    if (!part) {
        return TLC_OK;
    }
    uint32_t slot = (uint32_t)(part - b->parts);
    part->outcome = outcome;
    part->read = part->rows = part->refused = part->marks = part->gaps = 0;
    part->to = part->from;
    size_t n = 0;
    for (size_t i = 0; i < b->rows_n; i++) {
        if (b->rows[i].slot != slot) {
            b->rows[n++] = b->rows[i];
        }
    }
    b->rows_n = n;
    n = 0;
    for (size_t i = 0; i < b->refused_n; i++) {
        if (b->refused[i].slot != slot) {
            b->refused[n++] = b->refused[i];
        }
    }
    b->refused_n = n;
    n = 0;
    for (size_t i = 0; i < b->marks_n; i++) {
        if (b->marks[i].slot != slot) {
            b->marks[n++] = b->marks[i];
        }
    }
    b->marks_n = n;
    return group_again(b, err);
}
