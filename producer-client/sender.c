#include "producer-client/sender.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/base/log.h"
#include "common/event/tripid.h"
#include "common/io/json.h"
#include "producer-client/input.h"

#define RETRY_BASE_MS 100
#define RETRY_CAP_MS 5000
#define TRIPS_PATH                                                                                 \
    "/trips?errors=10000" /* every refusal of a batch: the rejects file wants them all */
#define REPLY_WORDS 200   /* of a reply that goes into a message */

/* What a status means for the batch. */
enum verdict {
    VERDICT_DONE,   /* every record has its answer, if the reply says so */
    VERDICT_BUSY,   /* wait, then again */
    VERDICT_BROKEN, /* perhaps stored, perhaps not: again */
    VERDICT_WRONG,  /* sending it again would not help */
};

static enum verdict judge(int status)
{
    switch (status) {
    case 200:
    case 207:
    case 400: /* no record was even JSON: those are answered too */
    case 422: return VERDICT_DONE;
    case 429:
    case 503: return VERDICT_BUSY;
    case 0:
    case 408: return VERDICT_BROKEN;
    default: return status >= 500 ? VERDICT_BROKEN : VERDICT_WRONG;
    }
}

static bool is_up(const struct sender_server *server, int64_t now_ms)
{
    return now_ms >= server->down_until_ms;
}

int sender_init(struct sender *s, const struct sender_config *config, struct tlc_err *err)
{
    const struct client_options *o = config->options;
    memset(s, 0, sizeof(*s));
    s->ports = config->ports;
    s->batches = config->batches;
    s->rejects = config->rejects;
    s->stats = config->stats;
    s->inputs = config->inputs;
    s->sources = config->sources;
    s->reopen = o->reopen;
    s->timeout_ms = o->timeout_ms;
    s->give_up_ms = o->give_up_ms;
    s->failing_since_ms = -1;
    s->servers_n = o->urls.n;
    s->connections_n = (size_t)o->connections;
    for (size_t i = 0; i < s->servers_n; i++) {
        struct sender_server *v = &s->servers[i];
        struct tlc_str url = tlc_str_from(o->urls.v[i]);
        while (url.n > 0 && url.p[url.n - 1] == '/') {
            url.n--;
        }
        int n = snprintf(v->trips_url, sizeof(v->trips_url), "%.*s" TRIPS_PATH, TLC_STR_ARG(url));
        if (n < 0 || (size_t)n >= sizeof(v->trips_url)) {
            return tlc_err_fatal(err, TLC_EXIT_USAGE, "--url: an address is longer than 500 bytes");
        }
        v->url = o->urls.v[i];
        v->failed_ms = INT64_MIN;
        v->down_until_ms = INT64_MIN;
        tlc_retry_init(&v->retry, RETRY_BASE_MS, RETRY_CAP_MS,
                       (uint64_t)config->ports.now_ms() * 31 + i);
    }
    for (size_t i = 0; i < s->connections_n; i++) {
        s->connections[i] = (struct sender_connection){.sender = s, .home = i % s->servers_n};
    }
    return TLC_OK;
}

/* The server failed. Requests that were under way when it did belong to the same failure. */
static void mark_down(struct sender *s, const struct sender_connection *c, int64_t now_ms,
                      int64_t retry_after_ms)
{
    struct sender_server *v = &s->servers[c->server];
    if (s->failing_since_ms < 0) {
        s->failing_since_ms = now_ms;
    }
    if (retry_after_ms > 0) {
        int64_t until = retry_after_ms > INT64_MAX / 2 ? INT64_MAX / 2 : now_ms + retry_after_ms;
        v->down_until_ms = until > v->down_until_ms ? until : v->down_until_ms;
        v->failed_ms = now_ms;
    } else if (c->sent_ms > v->failed_ms) {
        v->down_until_ms = now_ms + tlc_retry_next(&v->retry);
        v->failed_ms = now_ms;
    }
}

static void mark_up(struct sender *s, const struct sender_connection *c, int64_t now_ms)
{
    if (s->failing_since_ms >= 0) {
        tlc_log(TLC_INFO, "server_back", "url=%s after_ms=%" PRId64, s->servers[c->server].url,
                now_ms - s->failing_since_ms);
    }
    s->failing_since_ms = -1;
    tlc_retry_reset(&s->servers[c->server].retry);
}

/* The lines of a body one by one: refusals come in rising order, so one walk finds them all. */
struct line_cursor {
    struct tlc_str rest, line;
    size_t line_no; /* of line; 0 at the start */
};

static struct tlc_str line_at(struct line_cursor *c, const struct batch *x, size_t line_no)
{
    if (line_no < c->line_no) {
        *c = (struct line_cursor){.rest = tlc_buf_str(&x->body)};
    }
    while (c->line_no < line_no && tlc_str_split(&c->rest, '\n', &c->line)) {
        c->line_no++;
    }
    return c->line;
}

static int32_t source_of(struct tlc_str line)
{
    struct input_scan scan = {0};
    int64_t event_s, trip_id;
    return input_scan_line(&scan, line, &event_s, &trip_id) ? tlc_tripid_source(trip_id) : 0;
}

static void count_errors(struct sender *s, const struct batch *x, const json_t *root,
                         int64_t refused)
{
    const json_t *errors = json_object_get(root, "errors");
    int64_t listed = 0;
    struct line_cursor cursor = {.rest = tlc_buf_str(&x->body)};
    for (size_t i = 0; i < json_array_size(errors) && listed < refused; i++) {
        const json_t *e = json_array_get(errors, i);
        const char *rule = json_string_value(json_object_get(e, "rule"));
        const char *text = json_string_value(json_object_get(e, "text"));
        json_int_t line = json_integer_value(json_object_get(e, "line"));
        if (rule == NULL || line < 1 || (size_t)line > x->events_n) {
            continue;
        }
        const struct tlc_str record = line_at(&cursor, x, (size_t)line);
        rejects_count(s->rejects, rule, 1);
        rejects_add(s->rejects, s->inputs,
                    &(struct reject){.origin = x->origins[line - 1],
                                     .rule = rule,
                                     .text = text != NULL ? text : "",
                                     .record = record});
        sources_refused(s->sources, source_of(record));
        listed++;
    }
    if (refused > listed) {
        rejects_count(s->rejects, "unlisted", refused - listed);
        sources_refused(s->sources, 0);
    }
}

/* The reply's two sums; false when it is not what our server says of this batch. */
static bool take_reply(struct sender *s, struct batch *x, struct tlc_str reply)
{
    struct tlc_err ignored;
    json_t *root = NULL;
    int64_t accepted = 0, refused = 0, n = (int64_t)x->events_n;
    bool ok = tlc_json_load(reply, &root, &ignored) == 0 &&
              tlc_json_int(root, "accepted", 0, n, &accepted, &ignored) == 0 &&
              tlc_json_int(root, "refused", 0, n, &refused, &ignored) == 0 &&
              accepted + refused == n;
    if (ok && refused > 0 && s->rc == 0) {
        count_errors(s, x, root, refused);
        /* On disk before the frontier passes over it. */
        s->rc = rejects_flush(s->rejects, &s->err);
    }
    if (ok && s->rc == 0) {
        tlc_counter_add(s->stats, STAT_ACKED, accepted);
        tlc_counter_add(s->stats, STAT_REFUSED, refused);
        tlc_counter_add(s->stats, STAT_BATCHES, 1);
        batches_done(s->batches, x, accepted, refused);
        s->moved = true;
    }
    json_decref(root);
    return ok;
}

static void end_run(struct sender *s, const struct sender_connection *c, int status,
                    struct tlc_str reply)
{
    const char *url = s->servers[c->server].url;
    int n = (int)(reply.n < REPLY_WORDS ? reply.n : REPLY_WORDS);
    const char *remedy = status == 401 || status == 403 ? "check --token-file"
                         : status == 413                ? "send smaller batches: --batch"
                                                        : "is that producer-server? check --url";
    s->rc = tlc_err_fatal(&s->err, TLC_EXIT_CONFIG, "%s answered %d; %s (%.*s)", url, status,
                          remedy, n, reply.p);
}

static void tell_failure(const struct sender *s, const struct sender_connection *c, int status,
                         const char *text)
{
    const char *event = judge(status) == VERDICT_BUSY ? "server_busy" : "server_away";
    tlc_log(TLC_WARN, event, "url=%s status=%d reason=\"%s\"", s->servers[c->server].url, status,
            text[0] != '\0' ? text : "see its log");
}

static void on_batch(void *ctx, int status, struct tlc_str reply, int64_t retry_after_ms,
                     const char *text)
{
    struct sender_connection *c = ctx;
    struct sender *s = c->sender;
    int64_t now_ms = s->ports.now_ms();
    struct batch *x = c->batch;
    enum verdict verdict = judge(status);
    c->busy = false;
    c->batch = NULL;
    if (verdict == VERDICT_DONE) {
        if (take_reply(s, x, reply)) {
            mark_up(s, c, now_ms);
            return;
        }
        verdict = status == 400 ? VERDICT_WRONG : VERDICT_BROKEN;
        text = "the reply is not the JSON of producer-server";
    }
    batches_again(x);
    if (verdict == VERDICT_WRONG) {
        end_run(s, c, status, reply);
        return;
    }
    tell_failure(s, c, status, text);
    tlc_counter_add(s->stats, verdict == VERDICT_BUSY ? STAT_BUSY : STAT_BROKEN, 1);
    mark_down(s, c, now_ms, retry_after_ms);
}

static void on_mark(void *ctx, int status, struct tlc_str reply, int64_t retry_after_ms,
                    const char *text)
{
    struct sender_connection *c = ctx;
    struct sender *s = c->sender;
    int64_t now_ms = s->ports.now_ms();
    enum verdict verdict = judge(status);
    c->busy = false;
    size_t *done = s->closing ? &s->closed_n : &s->opened_n;
    if (status >= 200 && status < 300) {
        tlc_counter_add(s->stats, s->closing ? STAT_MARKS : STAT_OPENED, 1);
        (*done)++;
        mark_up(s, c, now_ms);
        return;
    }
    if (status == 422) { /* the events of that source are refused too */
        tlc_log(TLC_WARN, "mark_refused", "source=%" PRId32, s->sources->v[*done]);
        (*done)++;
        return;
    }
    if (verdict == VERDICT_WRONG) {
        end_run(s, c, status, reply);
        return;
    }
    tell_failure(s, c, status, text);
    mark_down(s, c, now_ms, retry_after_ms);
}

/* Its own server, else another that is not left alone; false when all are. */
static bool choose_server(const struct sender *s, const struct sender_connection *c, int64_t now_ms,
                          size_t *ret)
{
    for (size_t i = 0; i < s->servers_n; i++) {
        size_t at = (c->home + i) % s->servers_n;
        if (is_up(&s->servers[at], now_ms)) {
            *ret = at;
            return true;
        }
    }
    return false;
}

static int submit(struct sender *s, struct sender_connection *c, struct tlc_http_call call,
                  struct tlc_err *err)
{
    call.method = "POST";
    call.timeout_ms = s->timeout_ms;
    call.reply_max = SENDER_REPLY_MAX;
    call.ctx = c;
    c->busy = true;
    int rc = s->ports.submit(s->ports.ctx, &call, err);
    c->busy = rc == 0;
    return rc;
}

static int send_batch(struct sender *s, struct sender_connection *c, struct batch *x,
                      struct tlc_err *err)
{
    c->batch = x;
    c->sent_ms = s->ports.now_ms();
    bool again = x->sends_n > 0;
    tlc_counter_add(s->stats, again ? STAT_RESENT : STAT_SENT, (int64_t)x->events_n);
    tlc_counter_add(s->stats, STAT_RETRIES, again ? 1 : 0);
    tlc_counter_add(s->stats, STAT_BYTES, (int64_t)x->body.n);
    x->sends_n++;
    x->state = BATCH_SENDING;
    return submit(s, c,
                  (struct tlc_http_call){.url = s->servers[c->server].trips_url,
                                         .content_type = "application/x-ndjson",
                                         .body = tlc_buf_str(&x->body),
                                         .done = on_batch},
                  err);
}

/* Passes sources that no mark is for. false: none is left now. */
static bool mark_next(struct sender *s, size_t *ret)
{
    const struct sources *sources = s->sources;
    while (s->closing && s->closed_n < sources->n && sources_why_open(sources, s->closed_n)) {
        tlc_log(TLC_WARN, "not_closed", "source=%" PRId32 " reason=\"%s\"", sources->v[s->closed_n],
                sources_why_open(sources, s->closed_n));
        s->closed_n++;
    }
    while (s->reopen && s->opened_n < sources->n && !tlc_source_valid(sources->v[s->opened_n])) {
        s->opened_n++; /* its records will be refused */
    }
    *ret = s->closing ? s->closed_n : s->opened_n;
    return (s->closing || s->reopen) && *ret < sources->n;
}

static int send_mark(struct sender *s, struct sender_connection *c, int32_t source,
                     struct tlc_err *err)
{
    struct tlc_str trips = tlc_str_from(s->servers[c->server].trips_url);
    snprintf(s->mark_url, sizeof(s->mark_url), "%.*s/sources/%" PRId32 "/%s",
             (int)(trips.n - strlen(TRIPS_PATH)), trips.p, source, s->closing ? "close" : "open");
    c->batch = NULL;
    c->sent_ms = s->ports.now_ms();
    return submit(s, c,
                  (struct tlc_http_call){.url = s->mark_url,
                                         .content_type = "application/json",
                                         .body = TLC_STR(""),
                                         .done = on_mark},
                  err);
}

static int check_patience(struct sender *s, int64_t now_ms, struct tlc_err *err)
{
    if (s->rc != 0) {
        *err = s->err;
        return s->rc;
    }
    bool given_up = s->give_up_ms > 0 && s->failing_since_ms >= 0 &&
                    now_ms - s->failing_since_ms >= s->give_up_ms;
    if (!given_up) {
        return TLC_OK;
    }
    return tlc_err_fatal(err, TLC_EXIT_UNAVAILABLE,
                         "%s took no batch for %" PRId64 " s; start it, or raise --give-up",
                         s->servers[0].url, (now_ms - s->failing_since_ms) / 1000);
}

/* Nothing goes beside a mark. */
static int step_marks(struct sender *s, size_t next, int64_t now_ms, struct tlc_err *err)
{
    struct sender_connection *c = &s->connections[0];
    return c->busy || !choose_server(s, c, now_ms, &c->server)
               ? TLC_OK
               : send_mark(s, c, s->sources->v[next], err);
}

int sender_step(struct sender *s, struct tlc_err *err)
{
    int64_t now_ms = s->ports.now_ms();
    int rc = check_patience(s, now_ms, err);
    size_t next;
    if (rc == 0 && mark_next(s, &next)) {
        return step_marks(s, next, now_ms, err);
    }
    for (size_t i = 0; rc == 0 && !s->closing && i < s->connections_n; i++) {
        struct sender_connection *c = &s->connections[i];
        if (c->busy || !choose_server(s, c, now_ms, &c->server)) {
            continue;
        }
        struct batch *x = batches_pick(s->batches);
        if (x == NULL) {
            break;
        }
        rc = send_batch(s, c, x, err);
    }
    return rc;
}

int64_t sender_wait_ms(struct sender *s, int64_t now_ms)
{
    size_t next;
    bool marks = mark_next(s, &next);
    bool free_connection = false;
    for (size_t i = 0; i < (marks ? 1 : s->connections_n); i++) {
        free_connection = free_connection || !s->connections[i].busy;
    }
    bool work = marks || (!s->closing && batches_pick(s->batches) != NULL);
    if (!work || !free_connection) {
        return INT64_MAX;
    }
    int64_t until_ms = INT64_MAX;
    for (size_t i = 0; i < s->servers_n; i++) {
        int64_t down = s->servers[i].down_until_ms;
        until_ms = down < until_ms ? down : until_ms;
    }
    return until_ms <= now_ms ? 0 : until_ms - now_ms;
}

void sender_close_sources(struct sender *s)
{
    s->closing = true;
}

bool sender_is_closed(struct sender *s)
{
    size_t next;
    return s->closing && !mark_next(s, &next) && !s->connections[0].busy;
}
