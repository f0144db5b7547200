#include "consumer-store/pg_stage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/io/pg.h"
#include "consumer-store/copy.h"

#define STAGE_MAX ((size_t)1 << 30)
#define REFUSED_SLICE 2000 /* refused messages a COPY */

/* A new table, in one round trip with the COPY into it. */
#define STAGE(name, columns, copied)                                                               \
    "DROP TABLE IF EXISTS pg_temp." name "; CREATE TEMPORARY TABLE pg_temp." name " (" columns     \
    ") ON COMMIT DROP; COPY pg_temp." name " (" copied ") FROM STDIN (FORMAT binary)"

static const struct stage_sql {
    const char *copy, *index, *columns, *table;
} tables[] = {
    [TLC_START] = {STAGE("stage_start", "n integer, slot smallint, LIKE trip_start",
                         "n, slot, " COPY_START_COLUMNS),
                   "CREATE INDEX IF NOT EXISTS stage_start_n ON pg_temp.stage_start (n)",
                   COPY_START_COLUMNS, "pg_temp.stage_start"},
    [TLC_END] = {STAGE("stage_end", "n integer, slot smallint, LIKE trip_end",
                       "n, slot, " COPY_END_COLUMNS),
                 "CREATE INDEX IF NOT EXISTS stage_end_n ON pg_temp.stage_end (n)",
                 COPY_END_COLUMNS, "pg_temp.stage_end"},
};

static const char sql_copy_refused[] =
    STAGE("stage_refused", "LIKE refused_event",
          "topic, partition, \"offset\", rule, payload, logged_at, refused_at");
static const char sql_insert_refused[] =
    "INSERT INTO refused_event (topic, partition, \"offset\", rule, payload, logged_at)"
    " SELECT topic, partition, \"offset\", rule, payload, logged_at FROM pg_temp.stage_refused"
    " ON CONFLICT DO NOTHING";

void stage_init(struct stage *s)
{
    *s = (struct stage){.bad = NULL};
    tlc_buf_init(&s->copy, STAGE_MAX);
}

void stage_release(struct stage *s)
{
    tlc_buf_release(&s->copy);
    free(s->bad);
    s->bad = NULL;
}

void stage_leaf(const struct batch_group *g, char dst[48])
{
    const char *table = g->status == TLC_START ? "trip_start" : "trip_end";
    if (tlc_source_dataset(g->source) == TLC_LIVE) {
        snprintf(dst, 48, "%s_live", table);
    } else {
        snprintf(dst, 48, "%s_%" PRId32, table, g->source);
    }
}

/* ---- one group ---- */

/* What the recursion over ranges of staged rows needs. */
struct insertion {
    struct stage *stage;
    struct tlc_pg *pg;
    struct batch *batch;
    const struct stage_sql *table;
    uint32_t slot;
    char sql[512]; /* INSERT of the rows [$2, $3) of slot $1 */
};

static int bad_add(struct insertion *in, int64_t n, struct tlc_err *err)
{
    struct stage *s = in->stage;
    if (s->bad_n == s->bad_cap) {
        size_t cap = s->bad_cap ? s->bad_cap * 2 : 64;
        const struct batch_row **grown = realloc(s->bad, cap * sizeof(const struct batch_row *));
        if (!grown) {
            return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no memory for refused rows");
        }
        s->bad = grown;
        s->bad_cap = cap;
    }
    /* n is the row's number in the batch */
    s->bad[s->bad_n++] = &in->batch->rows[n];
    in->batch->parts[in->slot].bad++;
    return TLC_OK;
}

static int insert_range(struct insertion *in, int64_t from, int64_t to, int64_t *ret_inserted,
                        struct tlc_err *err)
{
    char slot[16], low[24], high[24];
    snprintf(slot, sizeof(slot), "%" PRIu32, in->slot);
    snprintf(low, sizeof(low), "%" PRId64, from);
    snprintf(high, sizeof(high), "%" PRId64, to);
    const char *const params[] = {slot, low, high};
    int rc = tlc_pg_exec(in->pg, "SAVEPOINT part", NULL, 0, err);
    if (rc == TLC_OK) {
        rc = tlc_pg_exec(in->pg, in->sql, params, 3, err);
    }
    if (rc == TLC_OK) {
        *ret_inserted += tlc_pg_changed(in->pg);
        return tlc_pg_exec(in->pg, "RELEASE SAVEPOINT part", NULL, 0, err);
    }
    if (rc != TLC_REFUSE) {
        return rc;
    }
    rc = tlc_pg_exec(in->pg, "ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part", NULL, 0, err);
    if (rc != TLC_OK) {
        return rc;
    }
    if (to - from == 1) {
        return bad_add(in, from, err);
    }
    rc = tlc_pg_exec(in->pg, in->table->index, NULL, 0, err);
    int64_t middle = from + (to - from) / 2;
    if (rc == TLC_OK) {
        rc = insert_range(in, from, middle, ret_inserted, err);
    }
    return rc == TLC_OK ? insert_range(in, middle, to, ret_inserted, err) : rc;
}

static int stage_rows(struct stage *s, struct tlc_pg *pg, const struct batch *b, size_t group,
                      struct tlc_err *err)
{
    const struct stage_sql *table = &tables[b->groups[group]->status];
    tlc_buf_reset(&s->copy);
    bool ok = copy_encode_header(&s->copy);
    for (size_t i = 0; ok && i < b->rows_n; i++) {
        if (b->rows[i].group == group) {
            ok = copy_encode_staged(&s->copy, &b->rows[i].event, (int32_t)i,
                                    (int16_t)b->rows[i].slot);
        }
    }
    if (!ok) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no memory for staging: make --batch smaller");
    }
    int64_t rows = 0;
    int rc = copy_send(pg, table->copy, tlc_buf_str(&s->copy), &rows, err);
    if (rc == TLC_REFUSE) { /* a bare table takes all that we encode: not a matter of one row */
        return tlc_err_fatal(err, TLC_EXIT_CONFIG, "staging: %s", err->text);
    }
    return rc;
}

int stage_group(struct stage *s, struct tlc_pg *pg, struct batch *b, size_t group,
                struct tlc_err *err)
{
    struct batch_group *g = b->groups[group];
    struct insertion in = {.stage = s, .pg = pg, .batch = b, .table = &tables[g->status]};
    char leaf[48];
    stage_leaf(g, leaf);
    snprintf(in.sql, sizeof(in.sql),
             "INSERT INTO %s (%s) SELECT %s FROM %s WHERE slot = $1::smallint AND n >= $2::integer"
             " AND n < $3::integer ON CONFLICT DO NOTHING",
             leaf, in.table->columns, in.table->columns, in.table->table);
    int rc = stage_rows(s, pg, b, group, err);
    for (uint32_t slot = 0; rc == TLC_OK && slot < b->parts_n; slot++) {
        int64_t rows = 0, inserted = 0, first = 0, last = -1;
        for (size_t i = 0; i < b->rows_n; i++) {
            if (b->rows[i].group == group && b->rows[i].slot == slot) {
                first = rows++ == 0 ? (int64_t)i : first;
                last = (int64_t)i;
            }
        }
        if (rows == 0) {
            continue;
        }
        in.slot = slot;
        int64_t bad_before = b->parts[slot].bad;
        rc = insert_range(&in, first, last + 1, &inserted, err);
        b->parts[slot].stored += inserted;
        g->stored += (size_t)inserted;
        b->parts[slot].duplicate += rows - inserted - (b->parts[slot].bad - bad_before);
    }
    return rc;
}

/* ---- refused ---- */

struct refusal {
    int32_t partition;
    int64_t offset, timestamp_ms;
    struct tlc_str payload;
    enum tlc_rule rule;
};

static void put_refusal(struct tlc_buf *out, struct tlc_str topic, const struct refusal *r)
{
    copy_put_fields(out, 7);
    copy_put_bytes(out, topic);
    copy_put_i32(out, r->partition);
    copy_put_i64(out, r->offset);
    copy_put_bytes(out, tlc_str_from(tlc_rule_info(r->rule)->id));
    copy_put_bytes(out, r->payload);
    copy_put_time_ms(out, r->timestamp_ms);
    copy_put_time_ms(out, 0); /* refused_at is the real table's own */
}

/* The i-th of the batch's refused messages and then of the rows the database would not take. text:
 * room for a row's JSON. */
static struct refusal refusal_get(const struct stage *s, const struct batch *b, size_t i,
                                  char text[TLC_JSON_MAX])
{
    if (i < b->refused_n) {
        const struct batch_refused *r = &b->refused[i];
        return (struct refusal){b->parts[r->slot].partition, r->offset, r->timestamp_ms, r->payload,
                                r->rule};
    }
    const struct batch_row *row = s->bad[i - b->refused_n];
    size_t n = tlc_json_encode(&row->event, text);
    return (struct refusal){
        b->parts[row->slot].partition, row->offset, -1, {text, n}, TLC_RULE_BAD_ROW};
}

int stage_refused(struct stage *s, struct tlc_pg *pg, const struct batch *b, const char *topic,
                  struct tlc_err *err)
{
    struct tlc_str name = tlc_str_from(topic);
    size_t n = b->refused_n + s->bad_n;
    int rc = TLC_OK;
    for (size_t i = 0; rc == TLC_OK && i < n;) {
        size_t end = n - i < REFUSED_SLICE ? n : i + REFUSED_SLICE;
        tlc_buf_reset(&s->copy);
        copy_encode_header(&s->copy);
        for (; i < end; i++) {
            char text[TLC_JSON_MAX];
            struct refusal r = refusal_get(s, b, i, text);
            put_refusal(&s->copy, name, &r);
        }
        if (s->copy.failed) {
            return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no memory for refused messages");
        }
        int64_t rows = 0;
        rc = copy_send(pg, sql_copy_refused, tlc_buf_str(&s->copy), &rows, err);
        if (rc == TLC_OK) {
            rc = tlc_pg_exec(pg, sql_insert_refused, NULL, 0, err);
        }
    }
    return rc;
}
