#include "preprocess/manifest.h"

#include <inttypes.h>

#include "common/event/ny_time.h"

void manifest_total(const struct plan *plan, struct tally *ret)
{
    tally_init(ret);
    for (size_t i = 0; i < plan->n; i++) {
        tally_add(ret, &plan->file[i].tally);
    }
}

static void add_text(struct tlc_buf *out, const char *key, struct tlc_str s)
{
    tlc_buf_printf(out, "\"%s\":\"", key);
    for (size_t i = 0; i < s.n; i++) {
        const unsigned char c = (unsigned char)s.p[i];
        if (c == '"' || c == '\\') {
            tlc_buf_printf(out, "\\%c", c);
        } else if (c < 32) {
            tlc_buf_printf(out, "\\u%04x", c);
        } else {
            tlc_buf_append(out, &s.p[i], 1);
        }
    }
    tlc_buf_add(out, TLC_STR("\""));
}

static void add_time(struct tlc_buf *out, const char *key, const struct tally *t, int64_t at_s)
{
    char text[TLC_NY_TEXT_N];
    if (t->events == 0) {
        tlc_buf_printf(out, "\"%s\":null", key);
        return;
    }
    tlc_ny_format(at_s, text);
    add_text(out, key, (struct tlc_str){text, sizeof text});
}

static void add_rules(struct tlc_buf *out, const char *key, const int64_t by_rule[TLC_RULE_N])
{
    const char *comma = "";
    tlc_buf_printf(out, "\"%s\":{", key);
    for (int r = 0; r < TLC_RULE_N; r++) {
        if (by_rule[r] != 0) {
            tlc_buf_printf(out, "%s\"%s\":%" PRId64, comma, tlc_rule_info((enum tlc_rule)r)->id,
                           by_rule[r]);
            comma = ",";
        }
    }
    tlc_buf_add(out, TLC_STR("}"));
}

/* Members without braces; between: what stands between groups of them. */
static void add_tally(struct tlc_buf *out, const struct tally *t, const char *between)
{
    tlc_buf_printf(out,
                   "\"rows_read\":%" PRId64 ",\"rows_rejected\":%" PRId64 ",\"trips\":%" PRId64
                   ",\"events\":%" PRId64 ",%s",
                   t->rows, t->rejected, t->trips, t->events, between);
    add_time(out, "first", t, t->first_s);
    tlc_buf_add(out, TLC_STR(","));
    add_time(out, "last", t, t->last_s);
    tlc_buf_printf(out, ",%s", between);
    add_rules(out, "rejected", t->rejected_by);
    tlc_buf_printf(out, ",%s", between);
    add_rules(out, "flagged", t->flagged_by);
    tlc_buf_printf(out, ",%s", between);
    add_rules(out, "flagged_rejected", t->flagged_rejected_by);
}

static void add_columns(struct tlc_buf *out, const struct plan_file *f)
{
    const char *comma = "";
    tlc_buf_add(out, TLC_STR("\"columns\":{"));
    for (int c = 0; c < COL_N; c++) {
        if (f->taken[c]) {
            tlc_buf_printf(out, "%s", comma);
            add_text(out, columns_text((enum column)c), tlc_str_from(f->taken[c]));
            comma = ",";
        }
    }
    tlc_buf_add(out, TLC_STR("}"));
}

static void add_input(struct tlc_buf *out, const struct plan_file *f)
{
    static const char *const formats[] = {[INPUT_TEXT] = "csv",
                                          [INPUT_GZIP] = "csv.gz",
                                          [INPUT_ZSTD] = "csv.zst",
                                          [INPUT_PARQUET] = "parquet"};
    const int32_t month = tlc_source_month(f->source);
    tlc_buf_add(out, TLC_STR("    {"));
    add_text(out, "name", f->name);
    tlc_buf_printf(out, ",\"format\":\"%s\",\"dataset\":\"%s\",\"month\":", formats[f->kind],
                   tlc_dataset_name(tlc_source_dataset(f->source)));
    if (month != 0) {
        tlc_buf_printf(out, "\"%04d-%02d\"", month / 100, month % 100);
    } else {
        tlc_buf_add(out, TLC_STR("null"));
    }
    tlc_buf_printf(out,
                   ",\"source\":%" PRId32 ",\"synthetic\":%s,\n     \"size_bytes\":%" PRId64
                   ",\"sha256\":\"%s\",\n     ",
                   f->source, f->naming.synthetic ? "true" : "false", f->size_bytes, f->sha256);
    add_columns(out, f);
    tlc_buf_printf(out, ",\n     \"first_row\":%" PRId64 ",\"last_row\":%" PRId64 ",", f->first_row,
                   f->first_row + f->tally.rows - 1);
    add_tally(out, &f->tally, "\n     ");
    tlc_buf_add(out, TLC_STR("}"));
}

void manifest_render(const struct manifest *m, struct tlc_buf *out)
{
    struct tally total;
    bool synthetic = false;
    manifest_total(m->plan, &total);
    for (size_t i = 0; i < m->plan->n; i++) {
        synthetic = synthetic || m->plan->file[i].naming.synthetic;
    }
    tlc_buf_printf(out, "{\"program\":\"preprocess\",\"version\":\"%s\",\"synthetic\":%s,\n  ",
                   TLC_VERSION, synthetic ? "true" : "false");
    add_tally(out, &total, "\n  ");
    if (m->zones.n > 0) {
        tlc_buf_add(out, TLC_STR(",\n  "));
        add_text(out, "zones", m->zones);
    }
    tlc_buf_add(out, TLC_STR(",\n  \"inputs\":[\n"));
    for (size_t i = 0; i < m->plan->n; i++) {
        add_input(out, &m->plan->file[i]);
        tlc_buf_add(out, i + 1 < m->plan->n ? TLC_STR(",\n") : TLC_STR("\n"));
    }
    tlc_buf_printf(out,
                   "  ],\n  \"output\":{\"name\":\"events.ndjson\",\"size_bytes\":%" PRId64
                   ",\"sha256\":\"%s\"}}\n",
                   m->events_bytes, m->events_sha256);
}
