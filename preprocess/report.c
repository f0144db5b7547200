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
        if (f->with_points) {
            tlc_buf_printf(out, "%s",
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

void report_rules(struct tlc_buf *out)
{
    for (int r = TLC_RULE_NONE + 1; r <= TLC_RULE_BAD_OPTIONAL; r++) {
        const struct tlc_rule_info *rule = tlc_rule_info((enum tlc_rule)r);
        tlc_buf_printf(out, "%-18s %-7s %s\n", rule->id,
                       rule->level == TLC_LEVEL_REJECT ? "reject" : "flag", rule->text);
    }
}
