#include "producer-client/options.h"

#include <math.h>
#include <stdlib.h>

#include "common/event/ny_time.h"

#define TLC_OPT_STRUCT struct client_options
static const struct tlc_opt client_opts[] = {CLIENT_OPTIONS(TLC_OPT_ROW)};

static int check_speed(struct client_options *o, struct tlc_err *err)
{
    if (strcmp(o->speed, "max") == 0) {
        o->speed_factor = 0;
        return TLC_OK;
    }
    char *end = NULL;
    double v = strtod(o->speed, &end);
    bool suffix = end != o->speed && strcmp(end, "x") == 0;
    if (end == o->speed || (*end != '\0' && !suffix) || !isfinite(v) || v < 0.001 || v > 1e7) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE,
                             "--speed: \"%s\" is not a number from 0.001 to 10000000, nor max",
                             o->speed);
    }
    o->speed_factor = v;
    return TLC_OK;
}

/* A bare wall time is New York's, its first pass in the doubled hour. */
static int check_time(const char *name, const char *text, int64_t *ret_s, struct tlc_err *err)
{
    if (text == NULL) {
        return TLC_OK;
    }
    struct tlc_str s = tlc_str_from(text);
    int64_t wall_s = 0;
    if (tlc_rfc3339_parse(s, ret_s)) {
        return TLC_OK;
    }
    char whole[32];
    if (s.n == 10 && tlc_str_copy(whole, sizeof(whole), s)) {
        memcpy(whole + 10, " 00:00:00", sizeof(" 00:00:00"));
        s = tlc_str_from(whole);
    }
    if (tlc_wall_parse(s, &wall_s)) {
        (void)tlc_ny_from_wall(wall_s, ret_s);
        return TLC_OK;
    }
    return tlc_err_fatal(err, TLC_EXIT_USAGE,
                         "--%s: \"%s\" is no time such as 2024-01-15, \"2024-01-15 08:00:00\" or "
                         "2024-01-15T08:00:00-05:00",
                         name, text);
}

static int check_urls(const struct client_options *o, struct tlc_err *err)
{
    if (o->urls.n == 0 || o->urls.n > URLS_MAX) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE, "--url: give 1 to %d of them", URLS_MAX);
    }
    for (size_t i = 0; i < o->urls.n; i++) {
        struct tlc_str u = tlc_str_from(o->urls.v[i]);
        if (!tlc_str_starts(u, TLC_STR("http://")) && !tlc_str_starts(u, TLC_STR("https://"))) {
            return tlc_err_fatal(err, TLC_EXIT_USAGE,
                                 "--url: \"%s\" is no address such as http://127.0.0.1:8080",
                                 o->urls.v[i]);
        }
    }
    return TLC_OK;
}

static int check_progress(const struct client_options *o, struct tlc_err *err)
{
    static const char *const kinds[] = {"auto", "bar", "lines", "none"};
    for (size_t i = 0; i < TLC_COUNT(kinds); i++) {
        if (strcmp(o->progress, kinds[i]) == 0) {
            return TLC_OK;
        }
    }
    return tlc_err_fatal(err, TLC_EXIT_USAGE, "--progress: \"%s\" is not auto, bar, lines or none",
                         o->progress);
}

static int check_texts(void *options, struct tlc_err *err)
{
    struct client_options *o = options;
    o->from_s = INT64_MIN;
    o->to_s = INT64_MAX;
    int rc = check_speed(o, err);
    rc = rc != 0 ? rc : check_time("from", o->from, &o->from_s, err);
    rc = rc != 0 ? rc : check_time("to", o->to, &o->to_s, err);
    rc = rc != 0 ? rc : check_urls(o, err);
    rc = rc != 0 ? rc : check_progress(o, err);
    if (rc == 0 && o->from_s >= o->to_s) {
        rc = tlc_err_fatal(err, TLC_EXIT_USAGE, "--from must be before --to");
    }
    return rc;
}

const struct tlc_program client_program = {
    .name = "producer-client",
    .summary = "replays events (NDJSON, sorted by time) on the event clock to producer-server",
    .arguments = "EVENTS...",
    .details = "EVENTS are files of preprocess or \"-\" for standard input; several are merged by "
               "event time.\nSIGUSR1 pauses, SIGUSR2 goes on. The first Ctrl-C stops reading and "
               "waits for replies, the second ends at once.\n\n"
               "  producer-client --speed 600 events.ndjson\n"
               "  producer-client --speed max --resume replay.state --rejects refused.ndjson "
               "events.ndjson\n"
               "  preprocess --output - trips.csv | producer-client --speed max -",
    .opts = client_opts,
    .opts_n = TLC_COUNT(client_opts),
    .args_min = 1,
    .args_max = 64,
    .check = check_texts,
};
