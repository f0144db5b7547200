#include "producer-client/summary.h"

#include <inttypes.h>

#include "common/event/ny_time.h"
#include "common/io/json.h"

static double rate(const struct summary *s)
{
    int64_t done = tlc_counter_get(s->stats, STAT_ACKED) + tlc_counter_get(s->stats, STAT_REFUSED);
    return s->elapsed_ms > 0 ? (double)done * 1000 / (double)s->elapsed_ms : 0;
}

static int64_t cpu_per_event(const struct summary *s)
{
    int64_t sent = tlc_counter_get(s->stats, STAT_SENT);
    return sent > 0 ? s->cpu_ns / sent : 0;
}

static void put_time(struct tlc_buf *out, const char *key, int64_t at_s)
{
    char text[TLC_NY_TEXT_N];
    if (at_s == INT64_MIN) {
        tlc_buf_printf(out, ",\"%s\":null", key);
        return;
    }
    tlc_ny_format(at_s, text);
    tlc_buf_printf(out, ",\"%s\":\"%.*s\"", key, TLC_NY_TEXT_N, text);
}

void summary_json(const struct summary *s, struct tlc_buf *out)
{
    tlc_counters_json(s->stats, out);
    if (out->n > 0) {
        out->n--; /* the object goes on */
    }
    tlc_buf_printf(out,
                   ",\"seconds\":%.3f,\"events_per_s\":%.0f,\"cpu_ns_per_event\":%" PRId64
                   ",\"complete\":%s,\"acked_before\":%" PRId64 ",\"refused_before\":%" PRId64,
                   (double)s->elapsed_ms / 1000, rate(s), cpu_per_event(s),
                   s->complete ? "true" : "false", s->resume->acked, s->resume->refused);
    put_time(out, "first_event", s->first_s);
    put_time(out, "last_event", s->last_s);
    tlc_buf_printf(out, ",\"refused_by_rule\":{");
    for (size_t i = 0; i < s->rejects->rules_n; i++) {
        tlc_buf_printf(out, "%s", i > 0 ? "," : "");
        tlc_json_quote(out, tlc_str_from(s->rejects->rules[i].rule));
        tlc_buf_printf(out, ":%" PRId64, s->rejects->rules[i].n);
    }
    tlc_buf_printf(out, "}}");
}

void summary_text(const struct summary *s, struct tlc_buf *out)
{
    const struct tlc_counters *c = s->stats;
    tlc_buf_printf(out,
                   "%s: %" PRId64 " events sent = %" PRId64 " acked + %" PRId64
                   " refused + %" PRId64 " left\n",
                   s->complete ? "complete" : "stopped", tlc_counter_get(c, STAT_READ),
                   tlc_counter_get(c, STAT_ACKED), tlc_counter_get(c, STAT_REFUSED),
                   tlc_counter_get(c, STAT_LEFT));
    tlc_buf_printf(out,
                   "%.1f s, %.0f events/s, %" PRId64 " ns CPU an event, %" PRId64
                   " requests sent again, %" PRId64 " sources closed\n",
                   (double)s->elapsed_ms / 1000, rate(s), cpu_per_event(s),
                   tlc_counter_get(c, STAT_RETRIES), tlc_counter_get(c, STAT_MARKS));
    for (size_t i = 0; i < s->rejects->rules_n; i++) {
        tlc_buf_printf(out, "refused %s: %" PRId64 "\n", s->rejects->rules[i].rule,
                       s->rejects->rules[i].n);
    }
}
