#include "preprocess/report.h"

#include <inttypes.h>

#include "common/event/ny_time.h"

static void add_counts(struct tlc_buf *out, const char *what, const int64_t by_rule[TLC_RULE_N])
{
    for (int r = 0; r < TLC_RULE_N; r++) {
        if (by_rule[r] != 0) {
            const struct tlc_rule_info *rule = tlc_rule_info((enum tlc_rule)r);
            tlc_buf_printf(out, "  %-9s %-18s %12" PRId64 "  %s\n", what, rule->id, by_rule[r],
                           rule->text);
        }
    }
}

void report_summary(const struct manifest *m, int64_t took_ms, struct tlc_buf *out)
{
    struct tally total;
    manifest_total(m->plan, &total);
    for (size_t i = 0; i < m->plan->n; i++) {
        const struct plan_file *f = &m->plan->file[i];
        char source[32];
        tlc_buf_printf(out,
                       "%.*s: %s, %" PRId64 " rows = %" PRId64 " trips + %" PRId64 " rejected\n",
                       TLC_STR_ARG(f->name), tlc_source_text(f->source, source), f->tally.rows,
                       f->tally.trips, f->tally.rejected);
        if (plan_continues(m->plan, i) || f->first_row > 1 ||
            (i + 1 < m->plan->n && plan_continues(m->plan, i + 1))) {
            tlc_buf_printf(out,
                           "  a piece: rows %" PRId64 " to %" PRId64
                           " of its source; another run goes on with --first-row %" PRId64 "\n",
                           f->first_row, f->first_row + f->tally.rows - 1,
                           f->first_row + f->tally.rows);
        }
        if (f->with_points) {
            tlc_buf_printf(out, "%s",
                           f->tally.trips > 0 &&
                                   f->tally.flagged_by[TLC_RULE_UNKNOWN_ZONE] >= f->tally.events
                               ? "  coordinates without zone shapes: every zone is unknown; "
                                 "data/fetch-zones loads them\n"
                               : "");
        }
    }
    add_counts(out, "rejected", total.rejected_by);
    add_counts(out, "flagged", total.flagged_by);
    tlc_buf_printf(out, "events.ndjson: %" PRId64 " events", total.events);
    if (total.events > 0) {
        char first[TLC_NY_TEXT_N], last[TLC_NY_TEXT_N];
        tlc_ny_format(total.first_s, first);
        tlc_ny_format(total.last_s, last);
        tlc_buf_printf(out, " from %.*s to %.*s", TLC_NY_TEXT_N, first, TLC_NY_TEXT_N, last);
    }
    const double seconds = (double)(took_ms > 0 ? took_ms : 1) / 1000;
    tlc_buf_printf(out, ", %.1f MB, in %.1f s (%.2f million rows/s)\n",
                   (double)m->events_bytes / 1e6, seconds, (double)total.rows / seconds / 1e6);
}

/* ---- warnings ---- */

static void warn_of_rejects(const struct plan_file *f, struct tlc_buf *out)
{
    const struct tally *t = &f->tally;
    const enum tlc_rule worst = tally_leading_rule(t);
    if (t->rejected * 10 <= t->rows) {
        return;
    }
    tlc_buf_printf(out,
                   "preprocess: warning: %s: %" PRId64 " of its %" PRId64
                   " rows are rejected, most (%" PRId64 ") by rule %s: %s; first row %" PRId64
                   ": %.*s\n",
                   f->path, t->rejected, t->rows, t->rejected_by[worst], tlc_rule_info(worst)->id,
                   tlc_rule_info(worst)->text, f->worst.row, (int)f->worst.n, f->worst.text);
}

static void warn_of_month(const struct plan_file *f, struct tlc_buf *out)
{
    const struct tally *t = &f->tally;
    const int32_t month = tlc_source_month(f->source), folder = f->naming.folder_month;
    if (month == 0 && tlc_source_dataset(f->source) != TLC_OTHER) {
        tlc_buf_printf(out,
                       "preprocess: warning: %s: nothing tells its month: no row is checked "
                       "against one, and the trips' ids have none; --month YYYY-MM names it\n",
                       f->path);
    }
    if (month != 0 && folder != 0 && folder != month) {
        tlc_buf_printf(out,
                       "preprocess: warning: %s: is read as %04d-%02d, though its folders say "
                       "%04d-%02d\n",
                       f->path, month / 100, month % 100, folder / 100, folder % 100);
    }
    if (t->outside_month * 2 > t->rows) {
        tlc_buf_printf(out,
                       "preprocess: warning: %s: %" PRId64 " of its %" PRId64
                       " rows lie outside %04d-%02d; %04d-%02d would fit: --month %04d-%02d\n",
                       f->path, t->outside_month, t->rows, month / 100, month % 100,
                       t->other_month / 100, t->other_month % 100, t->other_month / 100,
                       t->other_month % 100);
    }
}

/* Where the month fits the other reading only: it leaves out at most a quarter of what this one
 * does. */
static void warn_of_zones(const struct plan_file *f, bool as_wall, struct tlc_buf *out)
{
    const struct tally *t = &f->tally;
    const int64_t here = as_wall ? t->out_by_wall : t->out_by_moment;
    const int64_t there = as_wall ? t->out_by_moment : t->out_by_wall;
    const int32_t month = tlc_source_month(f->source);
    if (here <= 4 * there) {
        return;
    }
    tlc_buf_printf(
        out,
        "preprocess: warning: %s: its times carry a zone and are read as %s: pickups "
        "outside of %04d-%02d are %" PRId64 ", and would be %" PRId64 " as %s: --zoned-times %s\n",
        f->path, as_wall ? "New York's clock" : "moments", month / 100, month % 100, here, there,
        as_wall ? "moments" : "New York's clock", as_wall ? "instant" : "wall");
}

void report_warnings(const struct manifest *m, struct tlc_buf *out)
{
    for (size_t i = 0; i < m->plan->n; i++) {
        const struct plan_file *f = &m->plan->file[i];
        warn_of_rejects(f, out);
        warn_of_month(f, out);
        warn_of_zones(f, m->zoned_is_wall, out);
        for (int c = 0; c < COL_N && f->kind == INPUT_PARQUET; c++) {
            const int field = f->columns.field[c];
            if (field >= 0 && f->parquet.types[field] == PARQUET_OTHER) {
                char why[PARQUET_WHY_N];
                parquet_why(&f->parquet, field, why);
                tlc_buf_printf(out,
                               "preprocess: warning: %s: its %s, column \"%s\", %s: left out\n",
                               f->path, columns_text((enum column)c), f->taken[c], why);
            }
        }
    }
}

void report_rules(struct tlc_buf *out)
{
    for (int r = TLC_RULE_NONE + 1; r <= TLC_RULE_BAD_OPTIONAL; r++) {
        const struct tlc_rule_info *rule = tlc_rule_info((enum tlc_rule)r);
        tlc_buf_printf(out, "%-18s %-7s %s\n", rule->id,
                       rule->level == TLC_LEVEL_REJECT ? "reject" : "flag", rule->text);
    }
}
