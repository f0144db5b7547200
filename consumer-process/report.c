/* What consumer-process says of itself: counters, /status, and the partitions in its posts. */
#include "common/event/tripid.h"
#include "consumer-process/longest.h"
#include "consumer-process/process.h"

static int64_t watermark_of(const struct source *s, const struct rules *rules)
{
    return watermark_closed(&s->mark) ? s->mark.max_event_s
                                      : s->mark.max_event_s - rules->lateness_s;
}

static void write_longest(const struct source *s, struct jsonout *j)
{
    struct trip trips[LONGEST_MAX];
    size_t n = longest_find(&s->open, trips);
    jsonout_open(j, "longest", '[');
    for (size_t i = 0; i < n; i++) {
        jsonout_open(j, NULL, '[');
        jsonout_i64(j, NULL, tlc_tripid_make(s->id, trips[i].row));
        jsonout_i64(j, NULL, trips[i].at_s);
        jsonout_i64(j, NULL, trips[i].zone_id);
        jsonout_close(j, ']');
    }
    jsonout_close(j, ']');
}

void process_write_partitions(void *process, struct jsonout *j)
{
    const struct process *p = process;
    for (size_t i = 0; i < p->slots_n; i++) {
        const struct partition *part = p->slots[i].partition;
        if (!part || partition_recovering(part)) {
            continue;
        }
        for (size_t k = 0; k < part->sources_n; k++) {
            const struct source *s = part->sources[k];
            jsonout_open(j, NULL, '{');
            jsonout_i64(j, "partition", (int64_t)i);
            jsonout_i64(j, "source", s->id);
            jsonout_i64(j, "position", part->position);
            jsonout_i64(j, "late", s->late);
            jsonout_i64(j, "refused", s->refused);
            jsonout_i64(j, "watermark_s", watermark_of(s, &p->rules));
            jsonout_i64(j, "max_event_s", s->mark.max_event_s);
            write_longest(s, j);
            jsonout_close(j, '}');
        }
        if (part->refused_unknown > 0) {
            jsonout_open(j, NULL, '{');
            jsonout_i64(j, "partition", (int64_t)i);
            jsonout_i64(j, "source", 0);
            jsonout_i64(j, "position", part->position);
            jsonout_i64(j, "late", 0);
            jsonout_i64(j, "refused", part->refused_unknown);
            jsonout_i64(j, "watermark_s", 0);
            jsonout_i64(j, "max_event_s", 0);
            jsonout_close(j, '}');
        }
    }
}

void process_write_logs(void *process, struct jsonout *j)
{
    const struct process *p = process;
    for (size_t i = 0; i < p->slots_n; i++) {
        const struct tlc_kafka_witness w = p->slots[i].partition
                                               ? tlc_kafka_consumer_witness(p->consumer, (int32_t)i)
                                               : TLC_KAFKA_NO_WITNESS;
        if (w.offset >= 0) {
            jsonout_open(j, NULL, '[');
            jsonout_i64(j, NULL, (int64_t)i);
            jsonout_i64(j, NULL, w.offset);
            jsonout_i64(j, NULL, w.timestamp_ms);
            jsonout_i64(j, NULL, w.hash);
            jsonout_close(j, ']');
        }
    }
}

/* While a partition recovers, the totals its earlier owner committed are the ones that hold. */
static const struct ledger *ledger_of(const struct partition *part)
{
    return part->recovery ? &part->recovery->ledger : &part->ledger;
}

static void write_ledger(const struct process *p, struct jsonout *j)
{
    struct ledger sum = {0};
    for (size_t i = 0; i < p->slots_n; i++) {
        if (p->slots[i].partition) {
            const struct ledger *l = ledger_of(p->slots[i].partition);
            sum.read += l->read;
            sum.counted += l->counted;
            sum.duplicate += l->duplicate;
            sum.late += l->late;
            sum.refused += l->refused;
            sum.marks += l->marks;
            sum.gaps += l->gaps;
        }
    }
    jsonout_open(j, "ledger", '{');
    jsonout_i64(j, "gaps", sum.gaps);
    jsonout_i64(j, "read", sum.read);
    jsonout_i64(j, "counted", sum.counted);
    jsonout_i64(j, "duplicate", sum.duplicate);
    jsonout_i64(j, "late", sum.late);
    jsonout_i64(j, "refused", sum.refused);
    jsonout_i64(j, "marks", sum.marks);
    jsonout_close(j, '}');
}

static void write_lags(const struct process *p, struct jsonout *j)
{
    jsonout_open(j, "partitions", '[');
    for (size_t i = 0; i < p->slots_n; i++) {
        const struct partition *part = p->slots[i].partition;
        if (!part) {
            continue;
        }
        int64_t low = 0;
        int64_t end = 0;
        struct tlc_err err;
        bool known = p->consumer &&
                     tlc_kafka_consumer_range(p->consumer, (int32_t)i, true, &low, &end, &err) == 0;
        end = end > part->position ? end : part->position;
        jsonout_open(j, NULL, '{');
        jsonout_i64(j, "partition", (int64_t)i);
        jsonout_i64(j, "position", part->position);
        if (known) { /* not before the first answer to a fetch */
            jsonout_i64(j, "end", end);
            jsonout_i64(j, "lag", end - part->position);
        }
        jsonout_bool(j, "recovering", partition_recovering(part));
        jsonout_close(j, '}');
    }
    jsonout_close(j, ']');
}

/* Of /status, so that it stays one that is read. */
#define SOURCES_BYTES_MAX (TLC_STATUS_BYTES_MAX / 4 * 3)

static void write_sources(const struct process *p, struct jsonout *j)
{
    int64_t left_out = 0;
    jsonout_open(j, "sources", '[');
    for (size_t i = 0; i < p->slots_n; i++) {
        const struct partition *part = p->slots[i].partition;
        for (size_t k = 0; part && k < part->sources_n; k++) {
            if (j->out->n > SOURCES_BYTES_MAX) {
                left_out += (int64_t)(part->sources_n - k);
                break;
            }
            const struct source *s = part->sources[k];
            bool closed = watermark_closed(&s->mark);
            jsonout_open(j, NULL, '{');
            jsonout_i64(j, "partition", (int64_t)i);
            jsonout_i64(j, "source", s->id);
            jsonout_i64(j, "watermark_s", watermark_of(s, &p->rules));
            jsonout_i64(j, "max_event_s", s->mark.max_event_s);
            jsonout_i64(j, "late", s->late);
            jsonout_i64(j, "refused", s->refused);
            jsonout_i64(j, "final_until_s",
                        closed ? window_start_of(&p->rules, s->mark.max_event_s) + p->rules.window_s
                               : s->mark.final_until_s);
            jsonout_bool(j, "closed", closed);
            jsonout_i64(j, "open_trips", s->open.n);
            jsonout_close(j, '}');
        }
    }
    jsonout_close(j, ']');
    if (left_out > 0) {
        jsonout_i64(j, "sources_left_out", left_out);
    }
}

static void write_dashboard(const struct process *p, struct jsonout *j)
{
    jsonout_open(j, "dashboard", '{');
    jsonout_bool(j, "away", p->publisher.state == PUBLISH_AWAY);
    jsonout_text(j, "store_id", tlc_str_from(p->publisher.store_id));
    jsonout_i64(j, "windows_waiting", (int64_t)(p->publisher.to_send.n + p->publisher.sent.n));
    jsonout_i64(j, "windows_refused", p->publisher.refused_stand);
    jsonout_words(j, "refused", tlc_str_from(p->publisher.refused));
    jsonout_words(j, "trouble", tlc_str_from(p->publisher.trouble));
    jsonout_close(j, '}');
}

static void add(struct process *p, enum process_counter id, int64_t now, int64_t *before)
{
    tlc_counter_add(&p->counters, id, now - *before);
    *before = now;
}

static void count_partitions(struct process *p)
{
    int64_t open = 0;
    int64_t recovering = 0;
    for (size_t i = 0; i < p->slots_n; i++) {
        const struct partition *part = p->slots[i].partition;
        if (!part) {
            continue;
        }
        const struct tally *t = &part->books.tally;
        struct tally *told = &p->slots[i].tally;
        add(p, PROCESS_MATCHED, t->matched, &told->matched);
        add(p, PROCESS_ORPHANS, t->orphan_ends, &told->orphan_ends);
        add(p, PROCESS_EXPIRED, t->expired_starts, &told->expired_starts);
        add(p, PROCESS_FINAL, t->windows_final, &told->windows_final);
        add(p, PROCESS_OPEN_EXCESS, t->open_excess, &told->open_excess);
        add(p, PROCESS_OPEN_EXCESS, t->waiting_excess, &told->waiting_excess);
        add(p, PROCESS_SEEN_EXCESS, t->seen_excess, &told->seen_excess);
        add(p, PROCESS_ROUTES_EXCESS, t->routes_excess, &told->routes_excess);
        for (size_t k = 0; k < part->sources_n; k++) {
            open += part->sources[k]->open.n;
        }
        recovering += partition_recovering(part);
    }
    tlc_counter_set(&p->counters, PROCESS_OPEN, open);
    tlc_counter_set(&p->counters, PROCESS_RECOVERING, recovering);
}

void process_report(struct process *p)
{
    count_partitions(p);
    tlc_counter_set(&p->counters, PROCESS_WINDOWS, (int64_t)p->pool.in_use);
    tlc_counter_set(&p->counters, PROCESS_WINDOWS_BYTES, (int64_t)p->pool.bytes);
    tlc_counter_set(&p->counters, PROCESS_WAITING,
                    (int64_t)(p->publisher.to_send.n + p->publisher.sent.n));
    tlc_counter_set(&p->counters, PROCESS_POSTS, p->publisher.posts);
    tlc_counter_set(&p->counters, PROCESS_POSTS_FAILED, p->publisher.failures);
    tlc_counter_set(&p->counters, PROCESS_SENT, p->publisher.windows_sent);
    tlc_counter_set(&p->counters, PROCESS_SENT_BYTES, p->publisher.bytes_sent);
    tlc_counter_set(&p->counters, PROCESS_REFUSED, p->publisher.windows_refused);

    pthread_mutex_lock(&p->lock);
    tlc_buf_reset(&p->detail);
    struct jsonout j;
    jsonout_init(&j, &p->detail);
    j.comma = true; /* these are further members of an object */
    write_ledger(p, &j);
    write_lags(p, &j);
    write_sources(p, &j);
    write_dashboard(p, &j);
    pthread_mutex_unlock(&p->lock);
}

static void detail(void *ctx, struct tlc_buf *out)
{
    struct process *p = ctx;
    pthread_mutex_lock(&p->lock);
    (void)tlc_buf_add(out, tlc_buf_str(&p->detail));
    pthread_mutex_unlock(&p->lock);
}

static const char *state(void *ctx)
{
    const struct process *p = ctx;
    switch ((enum process_state)p->state) {
    case PROCESS_STARTING: return "starting";
    case PROCESS_NO_BROKER: return "waiting: broker away";
    case PROCESS_ASKING:
        return p->dashboard_refuses ? "waiting: dashboard refuses messages"
                                    : "waiting: dashboard away";
    case PROCESS_PAUSED: return "paused: waiting for the dashboard";
    case PROCESS_DRAINING: return "draining";
    case PROCESS_RUNNING: break;
    }
    if (p->dashboard_refuses) {
        return "running: dashboard refuses messages";
    }
    if (p->dashboard_trouble) {
        return "running: dashboard away";
    }
    return p->windows_refused ? "running: dashboard refused windows" : "running";
}

static const char *not_ready(void *ctx)
{
    const struct process *p = ctx;
    switch ((enum process_state)p->state) {
    case PROCESS_STARTING: return "no partition assigned yet";
    case PROCESS_NO_BROKER: return "no broker can be reached";
    case PROCESS_ASKING:
        if (!p->dashboard_refuses) {
            return "the dashboard has not said yet which log its windows are of";
        }
        break;
    case PROCESS_DRAINING: return "draining";
    case PROCESS_PAUSED:
    case PROCESS_RUNNING: break;
    }
    if (p->dashboard_refuses) {
        return "the dashboard refuses what it is sent: see dashboard.trouble in /status";
    }
    return p->windows_refused ? "the dashboard refused windows: see dashboard.refused in /status, "
                                "and its page /pipeline"
                              : NULL;
}

void process_status_init(struct process *p, struct tlc_status *ret)
{
    *ret = (struct tlc_status){.name = "consumer-process",
                               .prefix = "process",
                               .tables = {&p->counters},
                               .ctx = p,
                               .not_ready = not_ready,
                               .state = state,
                               .detail = detail};
}
