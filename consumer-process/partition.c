#include "consumer-process/partition.h"

#include <stdlib.h>

#include "common/event/codec_json.h"
#include "common/event/tripid.h"

static void finish_recovery(struct partition *p);

static struct source *source_find(const struct partition *p, int32_t id)
{
    for (size_t i = 0; i < p->sources_n; i++) {
        if (p->sources[i]->id == id) {
            return p->sources[i];
        }
    }
    return NULL;
}

static struct source *source_put(struct partition *p, int32_t id)
{
    struct source *s = source_new(p->books.rules, id);
    if (!s) {
        p->books.out_of_memory = true;
        return NULL;
    }
    for (size_t i = 0; p->recovery && i < p->recovery->totals_n; i++) {
        if (p->recovery->totals[i].source == id) {
            s->settled_until_s = p->recovery->totals[i].settled_until_s;
        }
    }
    p->sources[p->sources_n++] = s;
    return s;
}

static void watch_silence(struct partition *p, const struct source *s)
{
    int64_t at_ms = s->seen_ms + p->books.rules->silence_ms;
    if (at_ms < p->next_silence_ms) {
        p->next_silence_ms = at_ms;
    }
}

struct partition *partition_new(const struct partition_env *env, int32_t number, int64_t start,
                                const struct recovery *recovery)
{
    struct partition *p = calloc(1, sizeof(*p));
    if (!p) {
        return NULL;
    }
    p->books = (struct books){.rules = env->rules,
                              .pool = env->pool,
                              .to_send = env->to_send,
                              .partition = number,
                              .muted_before = recovery ? recovery->effects : INT64_MIN};
    window_list_init(&p->books.finals, WINDOW_FINAL);
    history_init(&p->books.history);
    p->position = start;
    p->next_silence_ms = INT64_MAX;
    if (!recovery) {
        return p;
    }
    p->recovery = malloc(sizeof(*p->recovery));
    if (!p->recovery) {
        partition_free(p);
        return NULL;
    }
    *p->recovery = *recovery;
    for (size_t i = 0; i < recovery->marks_n; i++) {
        const struct source_mark *m = &recovery->marks[i];
        struct source *s = source_put(p, m->source);
        if (!s) {
            partition_free(p);
            return NULL;
        }
        s->mark = m->mark;
        s->openings = m->openings;
        s->seen_ms = m->seen_ms;
        s->seen_offset = m->seen_offset;
        watch_silence(p, s);
    }
    if (start >= recovery->position) {
        finish_recovery(p);
    }
    return p;
}

void partition_free(struct partition *p)
{
    for (size_t i = 0; i < p->sources_n; i++) {
        source_free(p->sources[i], &p->books);
    }
    while (p->books.finals.first) {
        window_free(p->books.pool, p->books.finals.first);
    }
    history_release(&p->books.history);
    free(p->recovery);
    free(p);
}

bool partition_recovering(const struct partition *p)
{
    return p->recovery != NULL;
}

/* Position is where the earlier owner was: its totals hold from here on. */
static void finish_recovery(struct partition *p)
{
    struct recovery *r = p->recovery;
    p->ledger = r->ledger;
    p->refused_unknown = r->refused_unknown;
    for (size_t i = 0; i < r->totals_n; i++) {
        struct source *s = source_find(p, r->totals[i].source);
        if (s) {
            s->late = r->totals[i].late;
            s->refused = r->totals[i].refused;
        }
    }
    free(r);
    p->recovery = NULL;
}

/* What an earlier owner counted already is not counted again. */
static void count(const struct partition *p, int64_t *counter)
{
    if (!p->recovery) {
        (*counter)++;
    }
}

static void forget(struct partition *p, size_t at, int64_t offset)
{
    struct source *s = p->sources[at];
    if (!watermark_closed(&s->mark)) {
        source_close(s, &p->books, offset);
    }
    source_free(s, &p->books);
    p->sources[at] = p->sources[--p->sources_n];
    p->hot = NULL;
}

static void forget_silent(struct partition *p, int64_t offset, int64_t log_ms)
{
    p->next_silence_ms = INT64_MAX;
    for (size_t i = p->sources_n; i-- > 0;) {
        if (p->sources[i]->seen_ms + p->books.rules->silence_ms <= log_ms) {
            forget(p, i, offset);
        }
    }
    for (size_t i = 0; i < p->sources_n; i++) {
        watch_silence(p, p->sources[i]);
    }
}

static void forget_least_recent(struct partition *p, int64_t offset)
{
    size_t least = 0;
    for (size_t i = 1; i < p->sources_n; i++) {
        if (p->sources[i]->seen_offset < p->sources[least]->seen_offset) {
            least = i;
        }
    }
    forget(p, least, offset);
}

static void source_seen(struct partition *p, struct source *s, int64_t offset, int64_t log_ms)
{
    s->seen_offset = offset;
    if (log_ms > s->seen_ms) {
        s->seen_ms = log_ms;
    }
    p->hot = s;
}

static struct source *source_for(struct partition *p, int32_t id, int64_t offset, int64_t log_ms)
{
    struct source *s = p->hot && p->hot->id == id ? p->hot : source_find(p, id);
    if (!s) {
        while (p->sources_n >= p->books.rules->sources_max) {
            forget_least_recent(p, offset);
        }
        s = source_put(p, id);
        if (!s) {
            return NULL;
        }
        s->seen_ms = log_ms;
        watch_silence(p, s);
    }
    source_seen(p, s, offset, log_ms);
    return s;
}

static void take_snapshot(struct partition *p, int64_t offset)
{
    struct source_mark marks[SOURCES_MAX];
    for (size_t i = 0; i < p->sources_n; i++) {
        marks[i] = source_mark(p->sources[i]);
    }
    history_snapshot(&p->books.history, offset, marks, p->sources_n);
}

/* The state before this message is worth keeping now and then; what recovery promised begins at its
 * position. */
static void before(struct partition *p, int64_t offset)
{
    if (p->recovery && offset >= p->recovery->position) {
        finish_recovery(p);
    }
    if (history_due(&p->books.history, offset)) {
        take_snapshot(p, offset);
    }
}

static void after(struct partition *p, int64_t offset)
{
    p->position = offset + 1;
    count(p, &p->ledger.read);
    if (p->recovery && p->position >= p->recovery->position) {
        finish_recovery(p);
    }
}

static void refuse(struct partition *p, int32_t source)
{
    struct source *s = source ? source_find(p, source) : NULL;
    count(p, s ? &s->refused : &p->refused_unknown);
    count(p, &p->ledger.refused);
}

static void count_event(struct partition *p, const struct tlc_event *e,
                        const struct message *message)
{
    int32_t id = tlc_tripid_source(e->trip_id);
    int64_t offset = message->offset, log_ms = message->log_ms < 0 ? 0 : message->log_ms;
    int64_t logged_s = message->log_ms < 0 ? -1 : message->log_ms / 1000;
    if (tlc_event_in_month(e, TLC_MONTH_SLACK_STREAM_S, logged_s) != TLC_RULE_NONE) {
        refuse(p, id);
        return;
    }
    if (log_ms >= p->next_silence_ms) {
        forget_silent(p, offset, log_ms);
    }
    struct source *s = source_for(p, id, offset, log_ms);
    if (!s) {
        return;
    }
    switch (source_apply(s, &p->books, e, offset)) {
    case VERDICT_COUNTED: count(p, &p->ledger.counted); break;
    case VERDICT_DUPLICATE: count(p, &p->ledger.duplicate); break;
    case VERDICT_LATE:
        count(p, &p->ledger.late);
        count(p, &s->late);
        break;
    }
}

static void apply_mark(struct partition *p, const struct tlc_event *mark,
                       const struct message *message)
{
    int64_t offset = message->offset, log_ms = message->log_ms < 0 ? 0 : message->log_ms;
    if (log_ms >= p->next_silence_ms) {
        forget_silent(p, offset, log_ms);
    }
    struct source *s = source_find(p, (int32_t)mark->trip_id);
    if (s) {
        bool closed = watermark_closed(&s->mark);
        source_seen(p, s, offset, log_ms);
        if (mark->status == TLC_MARK_CLOSED && !closed) {
            source_close(s, &p->books, offset);
        } else if (mark->status == TLC_MARK_OPEN && closed) {
            source_open(s, &p->books, p->recovery != NULL);
        }
    }
    count(p, &p->ledger.marks);
}

void partition_pass(struct partition *p, int64_t to)
{
    if (p->recovery && to >= p->recovery->position) {
        p->position = p->recovery->position;
        finish_recovery(p);
    }
    if (to > p->position) {
        p->ledger.gaps += p->recovery ? 0 : to - p->position;
        p->position = to;
    }
}

int partition_apply(struct partition *p, const struct message *message, struct tlc_err *err)
{
    if (message->offset < p->position) {
        return 0;
    }
    struct tlc_event e;
    enum tlc_rule rule;
    const char *at;
    if (message->offset > p->position) {
        partition_pass(p, message->offset);
    }
    before(p, message->offset);
    switch (tlc_json_decode(message->value, &e, &rule, &at)) {
    case TLC_JSON_EVENT:
    case TLC_JSON_REWRITTEN: count_event(p, &e, message); break;
    case TLC_JSON_MARK: apply_mark(p, &e, message); break;
    case TLC_JSON_BAD: refuse(p, 0); break;
    }
    after(p, message->offset);
    if (p->books.out_of_memory) {
        return tlc_err_fatal(
            err, TLC_EXIT_UNAVAILABLE,
            "partition %d at offset %lld: no memory left; give the process more or "
            "share its partitions with another instance",
            p->books.partition, (long long)message->offset);
    }
    return 0;
}

/* Everything of that source before this is final and acknowledged. */
static int64_t settled_until_s(const struct partition *p, const struct source *s)
{
    const struct rules *rules = p->books.rules;
    int64_t until_s = watermark_closed(&s->mark)
                          ? s->mark.max_event_s + rules->trip_max_s + rules->window_s
                          : s->mark.final_until_s;
    for (const struct window *w = p->books.finals.first; w; w = w->links[WINDOW_FINAL].next) {
        if (w->source == s->id && w->start_s < until_s) {
            until_s = w->start_s;
        }
    }
    return until_s;
}

static void fill_totals(const struct partition *p, struct recovery *r)
{
    r->totals_n = p->sources_n;
    for (size_t i = 0; i < p->sources_n; i++) {
        const struct source *s = p->sources[i];
        r->totals[i] = (struct source_total){.source = s->id,
                                             .late = s->late,
                                             .refused = s->refused,
                                             .settled_until_s = settled_until_s(p, s)};
    }
}

bool partition_lowoffset(struct partition *p, const char *store_id, int64_t *ret_low,
                         struct recovery *ret)
{
    if (p->recovery || p->books.out_of_memory) {
        return false;
    }
    int64_t effects = p->position;
    int64_t open_first = INT64_MAX;
    for (size_t i = 0; i < p->sources_n; i++) {
        int64_t low = source_effects(p->sources[i]);
        int64_t first = source_open_first(p->sources[i]);
        effects = low < effects ? low : effects;
        open_first = first < open_first ? first : open_first;
    }
    for (const struct window *w = p->books.finals.first; w; w = w->links[WINDOW_FINAL].next) {
        effects = w->low_offset < effects ? w->low_offset : effects;
    }
    /* Nothing is open: with the state of now nothing has to be read again, nor held by the log.
     * (Before the first message position is not one of the log's.) */
    if (p->ledger.read > 0 && effects == p->position && open_first == INT64_MAX &&
        !history_ends_at(&p->books.history, p->position)) {
        take_snapshot(p, p->position);
    }
    const struct snapshot *from = history_restart(&p->books.history, effects, open_first);
    if (!from) {
        return false;
    }
    *ret = (struct recovery){.window_s = p->books.rules->window_s,
                             .lateness_s = p->books.rules->lateness_s,
                             .effects = effects,
                             .position = p->position,
                             .ledger = p->ledger,
                             .refused_unknown = p->refused_unknown,
                             .marks_n = from->n};
    (void)tlc_str_copy(ret->store_id, sizeof(ret->store_id), tlc_str_from(store_id));
    for (size_t i = 0; i < from->n; i++) {
        ret->marks[i] = from->marks[i];
    }
    fill_totals(p, ret);
    *ret_low = from->offset;
    return true;
}

/* A restart knows only up to where all windows of a source are settled. One that is settled while
 * an earlier one is not is built again then, and sent; so it stays, and with it what it rests on,
 * or it would be built from less than it was. */
void window_settle(struct window_pool *pool, struct window *w)
{
    w->acked_revision = w->sent_revision;
    w->sent_revision = 0;
    if (!w->final || w->acked_revision != window_revision(w)) {
        return;
    }
    w->settled = true;
    int32_t source = w->source;
    const struct window_list *finals = w->links[WINDOW_FINAL].list;
    int64_t until_s = INT64_MAX;
    for (const struct window *x = finals->first; x; x = x->links[WINDOW_FINAL].next) {
        if (x->source == source && !x->settled && x->start_s < until_s) {
            until_s = x->start_s;
        }
    }
    for (struct window *x = finals->first, *next; x; x = next) {
        next = x->links[WINDOW_FINAL].next;
        if (x->source == source && x->settled && x->start_s < until_s) {
            window_free(pool, x);
        }
    }
}
