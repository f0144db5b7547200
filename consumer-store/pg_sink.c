#include "consumer-store/pg_sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/io/pg.h"
#include "consumer-store/copy.h"
#include "consumer-store/pg_stage.h"
#include "consumer-store/report.h"

#define TEXT_MAX ((size_t)64 << 20) /* array parameters of one statement */
#define STATEMENT_MS 30000

/* What is known of a source on this connection. */
struct known_source {
    int32_t source;
    bool made;   /* its partitions are there */
    bool staged; /* expect duplicates */
};

struct pg_sink {
    const char *url, *topic;
    struct tlc_counters *counters;
    struct tlc_pg *pg;          /* the writing thread's */
    struct tlc_pg *pg_position; /* the reading thread's */
    bool unknown;               /* the last COMMIT was sent but not answered */
    bool lock_lost;             /* the last try waited too long for a lock */
    struct stage stage;
    struct known_source *sources;
    size_t sources_n, sources_cap;
    struct tlc_buf text[2]; /* array parameters */
};

/* A writer that is stopped in mid-transaction must not hold up the next owner for long. Between
 * statements the server ends its session; in the middle of a COPY no time-out of PostgreSQL reaches
 * it, so whoever waits for it does. Its owner finds its position gone, or writes the batch again.
 * Behind a pooler it is the session that the transaction was given, and the pooler tells its owner.
 */
static const char settings[] = "SET LOCAL lock_timeout TO '5s';"
                               " SET LOCAL idle_in_transaction_session_timeout TO '10s'";
static const char sql_end_stopped[] =
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
    " AND state = 'active' AND wait_event = 'ClientRead' AND query LIKE '%COPY %(FORMAT binary)'"
    " AND query_start < clock_timestamp() - interval '5s'";
static const char sql_make_leaf[] = "SELECT make_source_partition($1::integer)";
static const char sql_position_make[] =
    "INSERT INTO store_offset (topic, partition, next_offset, first_offset, partitions)"
    " VALUES ($1, $2, $3, $3, $4)"
    " ON CONFLICT (topic, partition) DO NOTHING";
static const char sql_position[] =
    "SELECT next_offset, witness_offset, witness_ms, witness_hash FROM store_offset"
    " WHERE topic = $1 AND partition = $2::integer";
static const char sql_positions[] =
    "SELECT partition, next_offset FROM store_offset WHERE topic = $1";
static const char sql_ledger[] =
    "SELECT coalesce(sum(messages_read), 0), coalesce(sum(stored), 0),"
    " coalesce(sum(duplicate), 0), coalesce(sum(refused), 0), coalesce(sum(marks), 0),"
    " coalesce(sum(gaps), 0), coalesce(sum(first_offset), 0),"
    " (SELECT coalesce(sum(stored), 0) FROM store_offset WHERE topic <> $1),"
    " coalesce(min(partitions), 0), coalesce(max(partitions), 0)"
    " FROM store_offset WHERE topic = $1";
/* Rows of source and dirty_day are taken in order, so that instances wait for each other instead of
 * locking each other out. */
static const char sql_sources[] =
    "INSERT INTO source (source_id, dataset, month)"
    " SELECT s, s / 1000000, s % 1000000 FROM unnest($1::integer[]) AS t (s) GROUP BY s ORDER BY s"
    " ON CONFLICT (source_id) DO UPDATE SET last_seen = now()";
/* The last mark of each source. */
static const char sql_marks[] =
    "UPDATE source o SET closed_at = CASE WHEN m.closed THEN coalesce(o.closed_at, now()) END"
    " FROM (SELECT DISTINCT ON (s) s, c FROM unnest($1::integer[], $2::boolean[])"
    " WITH ORDINALITY AS t (s, c, n) ORDER BY s, n DESC) AS m (source_id, closed)"
    " WHERE o.source_id = m.source_id";
static const char sql_days[] =
    "INSERT INTO dirty_day (source_id, day, touched_at)"
    " SELECT s, date '2007-01-01' + d, clock_timestamp()"
    " FROM unnest($1::integer[], $2::integer[]) AS t (s, d) GROUP BY s, d ORDER BY s, d"
    " ON CONFLICT (source_id, day) DO UPDATE SET touched_at = excluded.touched_at";
static const char sql_move[] =
    "UPDATE store_offset o SET next_offset = n.upto, messages_read = o.messages_read + n.got,"
    " stored = o.stored + n.stored, duplicate = o.duplicate + n.duplicate,"
    " refused = o.refused + n.refused, marks = o.marks + n.marks, gaps = o.gaps + n.gaps,"
    " witness_offset = n.witness_offset, witness_ms = n.witness_ms, witness_hash = n.witness_hash,"
    " updated_at = now()"
    " FROM unnest($2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],"
    " $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[],"
    " $13::bigint[])"
    " AS n (partition, expected, upto, got, stored, duplicate, refused, marks, gaps,"
    " witness_offset, witness_ms, witness_hash)"
    " WHERE o.topic = $1 AND o.partition = n.partition AND o.next_offset = n.expected"
    " RETURNING o.partition";

/* ---- life ---- */

int pg_sink_open(const char *url, const char *topic, struct tlc_counters *counters,
                 struct pg_sink **ret_sink, struct tlc_err *err)
{
    struct pg_sink *s = calloc(1, sizeof(*s));
    if (!s) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no memory");
    }
    s->url = url;
    s->topic = topic;
    s->counters = counters;
    stage_init(&s->stage);
    for (size_t i = 0; i < TLC_COUNT(s->text); i++) {
        tlc_buf_init(&s->text[i], TEXT_MAX);
    }
    *ret_sink = s;
    return TLC_OK;
}

void pg_sink_close(struct pg_sink **sink)
{
    struct pg_sink *s = *sink;
    if (!s) {
        return;
    }
    tlc_pg_close(&s->pg);
    tlc_pg_close(&s->pg_position);
    stage_release(&s->stage);
    for (size_t i = 0; i < TLC_COUNT(s->text); i++) {
        tlc_buf_release(&s->text[i]);
    }
    free(s->sources);
    free(s);
    *sink = NULL;
}

static int connect_writer(struct pg_sink *s, struct tlc_err *err)
{
    if (tlc_pg_usable(s->pg)) {
        return TLC_OK;
    }
    tlc_pg_close(&s->pg);
    int rc = tlc_pg_open(s->url, "consumer-store", STATEMENT_MS, &s->pg, err);
    if (rc != TLC_OK) {
        return rc;
    }
    tlc_pg_asks(s->pg, settings);
    tlc_counter_add(s->counters, STORE_CONNECTS, 1);
    for (size_t i = 0; i < s->sources_n; i++) {
        s->sources[i].made = false;
    }
    return TLC_OK;
}

/* ---- positions and ledger ---- */

static int position_ask(struct pg_sink *s, int32_t partition,
                        const struct store_beginning *beginning, struct store_position *ret,
                        struct tlc_err *err)
{
    char number[16], offset[24], partitions[24];
    snprintf(number, sizeof(number), "%" PRId32, partition);
    snprintf(offset, sizeof(offset), "%" PRId64, beginning ? beginning->low : -1);
    snprintf(partitions, sizeof(partitions), "%" PRId64, beginning ? beginning->partitions : 0);
    const char *const params[] = {s->topic, number, offset, partitions};
    int rc =
        beginning ? tlc_pg_exec_alone(s->pg_position, sql_position_make, params, 4, err) : TLC_OK;
    struct pg_result *r = NULL;
    if (rc == TLC_OK) {
        rc = tlc_pg_query_alone(s->pg_position, sql_position, params, 2, &r, err);
    }
    if (rc == TLC_OK) {
        *ret = (struct store_position){-1, TLC_KAFKA_NO_WITNESS};
        if (tlc_pg_rows(r) == 1) {
            *ret = (struct store_position){
                tlc_pg_i64(r, 0, 0),
                {tlc_pg_i64(r, 0, 1), tlc_pg_i64(r, 0, 2), tlc_pg_i64(r, 0, 3)}};
        }
        tlc_pg_result_free(&r);
    }
    return rc;
}

static int sink_position(void *ctx, int32_t partition, const struct store_beginning *beginning,
                         struct store_position *ret_position, struct tlc_err *err)
{
    struct pg_sink *s = ctx;
    if (!tlc_pg_usable(s->pg_position)) {
        tlc_pg_close(&s->pg_position);
        int rc =
            tlc_pg_open(s->url, "consumer-store positions", STATEMENT_MS, &s->pg_position, err);
        if (rc != TLC_OK) {
            return rc;
        }
        tlc_pg_asks(s->pg_position, settings);
    }
    return position_ask(s, partition, beginning, ret_position, err);
}

static int sink_ledger(void *ctx, struct store_ledger *ret_ledger, struct tlc_err *err)
{
    struct pg_sink *s = ctx;
    struct pg_result *r = NULL;
    const char *const params[] = {s->topic};
    int rc = connect_writer(s, err);
    if (rc == TLC_OK) {
        rc = tlc_pg_query_alone(s->pg, sql_ledger, params, 1, &r, err);
    }
    if (rc == TLC_OK) {
        *ret_ledger = (struct store_ledger){
            .read = tlc_pg_i64(r, 0, 0),
            .stored = tlc_pg_i64(r, 0, 1),
            .duplicate = tlc_pg_i64(r, 0, 2),
            .refused = tlc_pg_i64(r, 0, 3),
            .marks = tlc_pg_i64(r, 0, 4),
            .gaps = tlc_pg_i64(r, 0, 5),
            .cut = tlc_pg_i64(r, 0, 6),
            .stored_besides = tlc_pg_i64(r, 0, 7),
            .partitions_min = tlc_pg_i64(r, 0, 8),
            .partitions_max = tlc_pg_i64(r, 0, 9),
        };
        tlc_pg_result_free(&r);
    }
    return rc;
}

/* ---- sources ---- */

static struct known_source *source_get(struct pg_sink *s, int32_t source)
{
    for (size_t i = 0; i < s->sources_n; i++) {
        if (s->sources[i].source == source) {
            return &s->sources[i];
        }
    }
    if (s->sources_n == s->sources_cap) {
        size_t cap = s->sources_cap ? s->sources_cap * 2 : 32;
        struct known_source *grown = realloc(s->sources, cap * sizeof(*grown));
        if (!grown) {
            return NULL;
        }
        s->sources = grown;
        s->sources_cap = cap;
    }
    struct known_source *k = &s->sources[s->sources_n++];
    *k = (struct known_source){.source = source};
    return k;
}

static void lock_note(struct pg_sink *s, int rc)
{
    s->lock_lost = rc == TLC_RETRY && strcmp(tlc_pg_sqlstate(s->pg), "55P03") == 0;
}

/* Before the batch's transaction and outside of it: its locks on the parents are gone when rows are
 * written. */
static int leaves_make(struct pg_sink *s, const struct batch *b, struct tlc_err *err)
{
    for (size_t i = 0; i < b->groups_n; i++) {
        int32_t source = b->groups[i]->source;
        struct known_source *k = source_get(s, source);
        if (!k) {
            return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no memory for sources");
        }
        if (k->made || tlc_source_dataset(source) == TLC_LIVE) {
            continue;
        }
        char number[16];
        snprintf(number, sizeof(number), "%" PRId32, source);
        const char *const params[] = {number};
        int rc = tlc_pg_exec_alone(s->pg, sql_make_leaf, params, 1, err);
        if (rc != TLC_OK) {
            lock_note(s, rc);
            return tlc_err_note(err, "partitions of source %" PRId32, source);
        }
        k->made = true;
    }
    return TLC_OK;
}

/* ---- the transaction ---- */

static int group_copy(struct pg_sink *s, struct batch_group *g, struct tlc_err *err)
{
    char leaf[48], sql[256];
    int64_t rows = 0;
    stage_leaf(g, leaf);
    snprintf(sql, sizeof(sql), "COPY %s (%s) FROM STDIN (FORMAT binary)", leaf,
             g->status == TLC_START ? COPY_START_COLUMNS : COPY_END_COLUMNS);
    int rc = copy_send(s->pg, sql, tlc_buf_str(&g->copy), &rows, err);
    if (rc == TLC_FATAL && strcmp(tlc_pg_sqlstate(s->pg), "42P01") == 0) {
        source_get(s, g->source)->made = false; /* someone dropped the month: make it again */
        return tlc_err_set(err, TLC_RETRY, "%s is gone: it is made again", leaf);
    }
    g->stored = (size_t)rows;
    return rc;
}

/* careful: nothing may fail for the sake of one row. */
static int groups_write(struct pg_sink *s, struct batch *b, bool careful, struct tlc_err *err)
{
    bool any_staged = false;
    for (size_t i = 0; i < b->groups_n; i++) {
        struct batch_group *g = b->groups[i];
        bool staged = careful || source_get(s, g->source)->staged;
        g->stored = 0;
        any_staged = any_staged || staged;
        int rc = staged ? stage_group(&s->stage, s->pg, b, i, err) : group_copy(s, g, err);
        if (rc != TLC_OK) {
            return rc;
        }
    }
    for (size_t i = 0; !any_staged && i < b->parts_n; i++) {
        if (batch_part_pending(&b->parts[i])) {
            b->parts[i].stored = b->parts[i].rows;
        }
    }
    for (size_t i = 0; any_staged && !careful && i < b->rows_n; i++) {
        const struct batch_row *row = &b->rows[i];
        if (!source_get(s, b->groups[row->group]->source)->staged) {
            b->parts[row->slot].stored++;
        }
    }
    return TLC_OK;
}

static void array_add(struct tlc_buf *a, int64_t v)
{
    tlc_buf_printf(a, "%c%" PRId64, a->n == 0 ? '{' : ',', v);
}

static const char *array_end(struct tlc_buf *a)
{
    tlc_buf_append(a, a->n == 0 ? "{}" : "}", a->n == 0 ? 2 : 1);
    return tlc_buf_cstr(a);
}

static int sources_note(struct pg_sink *s, const struct batch *b, struct tlc_err *err)
{
    struct tlc_buf *ids = &s->text[0];
    tlc_buf_reset(ids);
    for (size_t i = 0; i < b->groups_n; i++) {
        array_add(ids, b->groups[i]->source);
    }
    for (size_t i = 0; i < b->marks_n; i++) {
        array_add(ids, b->marks[i].source);
    }
    if (ids->n == 0) {
        return TLC_OK;
    }
    const char *const params[] = {array_end(ids)};
    return tlc_pg_exec(s->pg, sql_sources, params, 1, err);
}

static int marks_note(struct pg_sink *s, const struct batch *b, struct tlc_err *err)
{
    struct tlc_buf *ids = &s->text[0], *closed = &s->text[1];
    tlc_buf_reset(ids);
    tlc_buf_reset(closed);
    for (size_t i = 0; i < b->marks_n; i++) {
        array_add(ids, b->marks[i].source);
        tlc_buf_printf(closed, "%c%c", closed->n == 0 ? '{' : ',', b->marks[i].closed ? 't' : 'f');
    }
    if (ids->n == 0) {
        return TLC_OK;
    }
    const char *const params[] = {array_end(ids), array_end(closed)};
    return tlc_pg_exec(s->pg, sql_marks, params, 2, err);
}

static int days_note(struct pg_sink *s, const struct batch *b, struct tlc_err *err)
{
    struct tlc_buf *ids = &s->text[0], *days = &s->text[1];
    tlc_buf_reset(ids);
    tlc_buf_reset(days);
    for (size_t i = 0; i < b->groups_n; i++) {
        const struct batch_group *g = b->groups[i];
        for (size_t w = 0; g->stored > 0 && w < BATCH_DAY_WORDS; w++) {
            for (uint64_t bits = g->days[w]; bits; bits &= bits - 1) {
                array_add(ids, g->source);
                array_add(days, (int64_t)(w * 64) + __builtin_ctzll(bits));
            }
        }
    }
    if (ids->n == 0) {
        return TLC_OK;
    }
    const char *const params[] = {array_end(ids), array_end(days)};
    return tlc_pg_exec(s->pg, sql_days, params, 2, err);
}

/* The columns of sql_move, in the order of its parameters. */
static int64_t move_value(const struct batch_part *p, size_t column)
{
    switch (column) {
    case 0: return p->partition;
    case 1: return p->from;
    case 2: return p->to;
    case 3: return p->read;
    case 4: return p->stored;
    case 5: return p->duplicate;
    case 6: return p->refused + p->bad;
    case 7: return p->marks;
    case 8: return p->gaps;
    case 9: return p->witness.offset;
    case 10: return p->witness.timestamp_ms;
    default: return p->witness.hash;
    }
}
#define MOVE_COLUMNS 12

/* Marks the parts whose position did not move as fenced. */
static size_t fenced_mark(struct batch *b, const struct pg_result *r)
{
    size_t fenced = 0;
    for (size_t i = 0; i < b->parts_n; i++) {
        bool moved = !batch_part_pending(&b->parts[i]);
        for (int row = 0; !moved && row < tlc_pg_rows(r); row++) {
            moved = tlc_pg_i64(r, row, 0) == b->parts[i].partition;
        }
        if (!moved) {
            b->parts[i].outcome = BATCH_FENCED;
            fenced++;
        }
    }
    return fenced;
}

static int positions_move(struct pg_sink *s, struct batch *b, size_t *ret_fenced,
                          struct tlc_err *err)
{
    struct tlc_buf all;
    tlc_buf_init(&all, TEXT_MAX);
    const char *params[1 + MOVE_COLUMNS] = {s->topic};
    size_t starts[MOVE_COLUMNS];
    for (size_t c = 0; c < MOVE_COLUMNS; c++) {
        struct tlc_buf *one = &s->text[0];
        tlc_buf_reset(one);
        for (size_t i = 0; i < b->parts_n; i++) {
            if (batch_part_pending(&b->parts[i])) {
                array_add(one, move_value(&b->parts[i], c));
            }
        }
        array_end(one);
        starts[c] = all.n;
        tlc_buf_append(&all, one->p, one->n);
        tlc_buf_append(&all, "", 1);
    }
    for (size_t c = 0; c < MOVE_COLUMNS; c++) {
        params[1 + c] = all.p + starts[c];
    }
    struct pg_result *r = NULL;
    int rc = all.failed ? tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no memory for positions")
                        : tlc_pg_query(s->pg, sql_move, params, 1 + MOVE_COLUMNS, &r, err);
    if (rc == TLC_OK) {
        *ret_fenced = fenced_mark(b, r);
        tlc_pg_result_free(&r);
    }
    tlc_buf_release(&all);
    return rc;
}

static int commit(struct pg_sink *s, struct tlc_err *err)
{
    int rc = tlc_pg_commit(s->pg, err);
    if (rc != TLC_OK && !tlc_pg_usable(s->pg)) {
        s->unknown = true;
        return tlc_err_set(err, TLC_RETRY, "connection lost while committing: %s", err->text);
    }
    return rc;
}

/* *ret_fenced > 0: nothing was written, and those parts are marked. */
static int transaction(struct pg_sink *s, struct batch *b, bool careful, size_t *ret_fenced,
                       struct tlc_err *err)
{
    for (size_t i = 0; i < b->parts_n; i++) {
        if (batch_part_pending(&b->parts[i])) {
            b->parts[i].stored = b->parts[i].duplicate = b->parts[i].bad = 0;
        }
    }
    s->stage.bad_n = 0;
    *ret_fenced = 0;
    int rc = tlc_pg_begin(s->pg, err);
    if (rc == TLC_OK) {
        rc = groups_write(s, b, careful, err);
    }
    if (rc == TLC_OK) {
        rc = stage_refused(&s->stage, s->pg, b, s->topic, err);
    }
    if (rc == TLC_OK) {
        rc = sources_note(s, b, err);
    }
    if (rc == TLC_OK) {
        rc = marks_note(s, b, err);
    }
    if (rc == TLC_OK) {
        rc = days_note(s, b, err);
    }
    if (rc == TLC_OK) {
        rc = positions_move(s, b, ret_fenced, err);
    }
    if (rc == TLC_OK && *ret_fenced == 0) {
        return commit(s, err);
    }
    lock_note(s, rc);
    tlc_pg_rollback(s->pg);
    return rc;
}

/* After a COMMIT without an answer: each part was either written then (and maybe carried on by
 * others since), or not at all. */
static int resolve(struct pg_sink *s, struct batch *b, struct tlc_err *err)
{
    struct pg_result *r = NULL;
    const char *const params[] = {s->topic};
    int rc = tlc_pg_query_alone(s->pg, sql_positions, params, 1, &r, err);
    if (rc != TLC_OK) {
        return rc;
    }
    for (int row = 0; rc == TLC_OK && row < tlc_pg_rows(r); row++) {
        struct batch_part *p = batch_part_find(b, (int32_t)tlc_pg_i64(r, row, 0));
        int64_t next = tlc_pg_i64(r, row, 1);
        if (!p || !batch_part_pending(p) || next == p->from) {
            continue;
        }
        struct batch_part before = *p;
        rc = batch_drop(b, p->partition, BATCH_FENCED, err);
        if (next == before.to) {
            *p = before;
            p->outcome = BATCH_STORED;
        }
    }
    tlc_pg_result_free(&r);
    s->unknown = rc != TLC_OK;
    return rc;
}

static int fenced_drop(struct batch *b, struct tlc_err *err)
{
    for (size_t i = 0; i < b->parts_n; i++) {
        if (b->parts[i].outcome == BATCH_FENCED && b->parts[i].read > 0) {
            int rc = batch_drop(b, b->parts[i].partition, BATCH_FENCED, err);
            if (rc != TLC_OK) {
                return rc;
            }
        }
    }
    return TLC_OK;
}

static bool anything_left(const struct batch *b)
{
    for (size_t i = 0; i < b->parts_n; i++) {
        if (batch_part_pending(&b->parts[i])) {
            return true;
        }
    }
    return false;
}

static void stored_note(struct pg_sink *s, struct batch *b)
{
    for (size_t i = 0; i < b->parts_n; i++) {
        if (batch_part_pending(&b->parts[i])) {
            b->parts[i].outcome = BATCH_STORED;
        }
    }
    for (size_t i = 0; i < b->groups_n; i++) {
        source_get(s, b->groups[i]->source)->staged = false;
    }
    for (size_t i = 0; i < b->groups_n; i++) {
        const struct batch_group *g = b->groups[i];
        if (g->stored < g->rows) {
            source_get(s, g->source)->staged = true;
        }
    }
}

/* After a lock that did not come free: ends who was stopped while holding it. */
static void stopped_end(struct pg_sink *s)
{
    struct pg_result *r = NULL;
    struct tlc_err err;
    if (tlc_pg_query_alone(s->pg, sql_end_stopped, NULL, 0, &r, &err) != TLC_OK) {
        tlc_log(TLC_WARN, "stopped_not_ended", "error=\"%s\"", err.text);
        return;
    }
    if (tlc_pg_i64(r, 0, 0) > 0) {
        tlc_log(TLC_WARN, "stopped_ended", "sessions=%" PRId64, tlc_pg_i64(r, 0, 0));
    }
    tlc_pg_result_free(&r);
}

static int batch_write(struct pg_sink *s, struct batch *b, struct tlc_err *err)
{
    int rc = TLC_OK;
    size_t fenced = 0;
    while (rc == TLC_OK && anything_left(b)) {
        rc = leaves_make(s, b, err);
        if (rc == TLC_OK) {
            rc = transaction(s, b, false, &fenced, err);
        }
        if (rc == TLC_REFUSE) {
            tlc_counter_add(s->counters, STORE_CAREFUL, 1);
            rc = transaction(s, b, true, &fenced, err);
        }
        if (rc == TLC_OK && fenced == 0) {
            stored_note(s, b);
            break;
        }
        if (rc == TLC_OK) {
            rc = fenced_drop(b, err);
        }
    }
    return rc;
}

static int sink_write(void *ctx, struct batch *b, struct tlc_err *err)
{
    struct pg_sink *s = ctx;
    s->lock_lost = false;
    int rc = connect_writer(s, err);
    if (rc == TLC_OK && s->unknown) {
        rc = resolve(s, b, err);
    }
    if (rc == TLC_OK) {
        rc = batch_write(s, b, err);
    }
    if (s->lock_lost && tlc_pg_usable(s->pg)) {
        stopped_end(s);
    }
    if (rc == TLC_REFUSE) { /* even with every row alone: not a matter of rows */
        rc = tlc_err_fatal(err, TLC_EXIT_CONFIG, "%s", err->text);
    }
    return rc;
}

struct store_sink pg_sink_functions(struct pg_sink *sink)
{
    return (struct store_sink){sink, sink_position, sink_write, sink_ledger};
}
