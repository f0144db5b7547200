#include "producer-client/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/stop.h"

static const struct tlc_counter_def client_defs[] = {CLIENT_COUNTERS(TLC_COUNTER_DEF)};

#define TOKEN_MAX ((size_t)4096)
#define WAIT_MAX_MS 200      /* the bar moves at least that often */
#define PACE_MIN_MS 5        /* a turn costs more than it gains when it comes for every event */
#define EXIT_INTERRUPTED 130 /* as shells say of SIGINT */

static int real_submit(void *ctx, const struct tlc_http_call *call, struct tlc_err *err)
{
    struct replay *r = ctx;
    return tlc_http_client_submit(r->http, call, err);
}

static int load_token(struct replay *r, struct tlc_err *err)
{
    if (r->options->token_file == NULL) {
        return TLC_OK;
    }
    struct tlc_buf text;
    tlc_buf_init(&text, TOKEN_MAX);
    int rc = tlc_file_load(r->options->token_file, &text, err);
    struct tlc_str rest = tlc_buf_str(&text), line = {NULL, 0};
    (void)tlc_str_split(&rest, '\n', &line);
    line = tlc_str_trim(line);
    if (rc == 0 && line.n == 0) {
        rc = tlc_err_fatal(err, TLC_EXIT_CONFIG, "token file %s is empty", r->options->token_file);
    }
    if (rc == 0) {
        r->token = strndup(line.p, line.n);
        rc = r->token != NULL ? TLC_OK
                              : tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "token: out of memory");
    } else if (rc != 0) {
        err->exit_code = TLC_EXIT_CONFIG;
    }
    tlc_buf_release(&text);
    return rc;
}

static int open_http(struct replay *r, struct tlc_err *err)
{
    int rc = load_token(r, err);
    if (rc != 0) {
        return rc;
    }
    const struct tlc_http_client_options options = {
        .connections_max = r->options->connections,
        .ca_file = r->options->ca_file,
        .token = r->token,
        .user_agent = "producer-client/" TLC_VERSION,
    };
    return tlc_http_client_open(&options, &r->http, err);
}

/* What wakes a replay that waits for input: a pipe or a stop. Regular files are always ready. */
static void watch_inputs(struct replay *r)
{
    r->wait_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event e = {.events = EPOLLIN};
    if (r->wait_fd < 0) {
        return;
    }
    if (tlc_stop_fd() >= 0) {
        (void)epoll_ctl(r->wait_fd, EPOLL_CTL_ADD, tlc_stop_fd(), &e);
    }
    for (size_t i = 0; i < r->merge.n; i++) {
        if (!r->merge.inputs[i].regular) {
            (void)epoll_ctl(r->wait_fd, EPOLL_CTL_ADD, r->merge.inputs[i].fd, &e);
        }
    }
}

static int open_parts(struct replay *r, const struct sender_ports *ports, struct tlc_err *err)
{
    const struct client_options *o = r->options;
    int rc = resume_load(&r->resume, o->resume, &r->merge, &r->sources, err);
    rc = rc != 0 ? rc
                 : batches_init(&r->batches, (size_t)o->connections, (size_t)o->batch, r->merge.n,
                                o->skew_ms / 1000, err);
    rc = rc != 0 ? rc : rejects_open(&r->rejects, o->rejects, r->resume.found, err);
    if (rc != 0) {
        return rc;
    }
    memcpy(r->positions, r->resume.frontier, r->merge.n * sizeof(r->positions[0]));
    memcpy(r->batches.frontier, r->positions, r->merge.n * sizeof(r->positions[0]));
    watch_inputs(r);
    if (ports == NULL) {
        rc = open_http(r, err);
    }
    const struct sender_config config = {
        .options = o,
        .ports = ports != NULL ? *ports : (struct sender_ports){r, real_submit, tlc_now_ms},
        .batches = &r->batches,
        .rejects = &r->rejects,
        .stats = &r->stats,
        .inputs = r->names,
        .sources = &r->sources,
    };
    return rc != 0 ? rc : sender_init(&r->sender, &config, err);
}

int replay_open(struct replay *r, const struct client_options *options,
                const struct tlc_opt_list *paths, const struct sender_ports *ports,
                struct tlc_err *err)
{
    memset(r, 0, sizeof(*r));
    r->options = options;
    r->rejects.fd = -1;
    r->wait_fd = -1;
    r->first_s = INT64_MIN;
    r->last_s = INT64_MIN;
    atomic_init(&r->want_pause, false);
    tlc_counters_init(&r->stats, client_defs, STAT_N);
    sources_init(&r->sources);
    pacer_init(&r->pacer, options->speed_factor);
    int rc = merge_open(&r->merge, paths->v, paths->n, err);
    for (size_t i = 0; i < r->merge.n; i++) {
        r->names[i] = paths->v[i];
    }
    rc = rc != 0 ? rc : open_parts(r, ports, err);
    if (rc != 0) {
        replay_close(r);
    }
    return rc;
}

void replay_close(struct replay *r)
{
    tlc_http_client_close(&r->http);
    rejects_close(&r->rejects);
    batches_release(&r->batches);
    merge_close(&r->merge);
    if (r->wait_fd >= 0) {
        close(r->wait_fd);
    }
    r->wait_fd = -1;
    free(r->token);
    r->token = NULL;
}

static void consume(struct replay *r, const struct input *in)
{
    r->positions[r->merge.head] =
        (struct position){.offset = in->offset, .line_no = in->line_no, .event_s = in->event_s};
    merge_take(&r->merge);
}

/* True when it is in a batch; false when the ring is full. */
static bool add_event(struct replay *r, const struct input *in, size_t lane, int64_t now_ms,
                      int *ret_rc, struct tlc_err *err)
{
    const struct batch_line line = {.text = in->line,
                                    .origin = (uint64_t)r->merge.head << 48 | (uint64_t)in->line_no,
                                    .lane = lane,
                                    .event_s = in->event_s};
    enum batches_added added = BATCHES_FULL;
    for (struct round *to = batches_filling(&r->batches); to != NULL;
         to = batches_filling(&r->batches)) {
        added = batches_add(&r->batches, to, &line, now_ms);
        if (added != BATCHES_FULL) {
            break;
        }
        batches_seal(&r->batches, r->positions);
    }
    if (added == BATCHES_NO_MEMORY) {
        *ret_rc = tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "out of memory for a batch");
    }
    if (added != BATCHES_ADDED) {
        return false;
    }
    sources_add_trip(&r->sources, in->trip_id);
    if (r->first_s == INT64_MIN) {
        r->first_s = in->event_s;
    }
    r->last_s = in->event_s > r->last_s ? in->event_s : r->last_s;
    return true;
}

/* Reads until the next event is not due, or the batches are full, or the inputs have no more. */
static int read_due(struct replay *r, int64_t now_ms, struct tlc_err *err)
{
    const struct client_options *o = r->options;
    int64_t horizon_s = pacer_horizon_s(&r->pacer, now_ms);
    int64_t read_n = 0, skipped_n = 0;
    int rc = TLC_OK;
    r->pace_wait_ms = INT64_MAX;
    while (rc == 0) {
        enum input_state state = INPUT_END;
        struct input *in = NULL;
        rc = merge_peek(&r->merge, &state, &in, err);
        if (rc != 0 || state != INPUT_LINE) {
            r->ended = rc == 0 && state == INPUT_END;
            r->starved = rc == 0 && state == INPUT_WAIT;
            break;
        }
        if (in->event_s < o->from_s || in->event_s >= o->to_s) {
            skipped_n++;
            consume(r, in);
            continue;
        }
        size_t lane = batches_lane(in->trip_id);
        if (r->resume.found && resume_has(&r->resume, lane, r->merge.head, in->offset)) {
            consume(r, in);
            continue;
        }
        if (!r->pacer.started && in->event_s != TIME_UNKNOWN) {
            pacer_start(&r->pacer, in->event_s, now_ms);
            horizon_s = pacer_horizon_s(&r->pacer, now_ms);
        }
        if (in->event_s > horizon_s) {
            r->pace_wait_ms = pacer_wait_ms(&r->pacer, in->event_s, now_ms);
            break;
        }
        if (!add_event(r, in, lane, now_ms, &rc, err)) {
            break;
        }
        consume(r, in);
        read_n++;
    }
    tlc_counter_add(&r->stats, STAT_READ, read_n);
    tlc_counter_add(&r->stats, STAT_SKIPPED, skipped_n);
    return rc;
}

/* The round that is being filled goes when it is full, old, or the last. */
static void seal_due(struct replay *r, int64_t now_ms)
{
    const struct round *x = batches_filling(&r->batches);
    if (x == NULL || x->events_n == 0) {
        return;
    }
    if (r->ended || r->draining || batches_has_full(&r->batches, x) ||
        now_ms - x->first_ms >= r->options->flush_ms) {
        batches_seal(&r->batches, r->positions);
    }
}

static void follow_signals(struct replay *r, int64_t now_ms, bool stop_asked)
{
    bool pause = atomic_load(&r->want_pause);
    if (pause != r->pacer.paused) {
        tlc_log(TLC_INFO, pause ? "paused" : "continued", "");
        if (pause) {
            pacer_pause(&r->pacer, now_ms);
        } else {
            pacer_resume(&r->pacer, now_ms);
        }
    }
    if (stop_asked && !r->draining) {
        r->draining = true;
        r->drain_until_ms = now_ms + r->options->drain_ms;
        tlc_log(TLC_INFO, "stopping", "drain_ms=%lld", (long long)r->options->drain_ms);
    }
}

/* What comes after a mark is late, so they go only when the whole of every input went. */
static bool wants_close(const struct replay *r)
{
    bool again = r->resume.closed && tlc_counter_get(&r->stats, STAT_READ) == 0;
    return r->options->close && r->options->to_s == INT64_MAX && !again && r->sources.n > 0;
}

static void advance_phase(struct replay *r, int64_t now_ms)
{
    bool idle = batches_idle(&r->batches);
    if (r->phase == REPLAY_READING && r->ended && idle && !r->draining) {
        r->phase = REPLAY_DONE;
        if (wants_close(r)) {
            r->phase = REPLAY_CLOSING;
            sender_close_sources(&r->sender);
        }
    }
    if (r->phase == REPLAY_CLOSING && sender_is_closed(&r->sender)) {
        r->resume.closed = true;
        r->resume.dirty = true;
        r->phase = REPLAY_DONE;
    }
    bool quiet = r->phase == REPLAY_READING && idle;
    if (r->draining && (quiet || now_ms >= r->drain_until_ms)) {
        r->phase = REPLAY_DONE;
    }
}

int replay_step(struct replay *r, int64_t now_ms, bool stop_asked, struct tlc_err *err)
{
    follow_signals(r, now_ms, stop_asked);
    int rc = TLC_OK;
    r->starved = false;
    r->pace_wait_ms = INT64_MAX;
    if (!r->draining && !r->ended && !r->pacer.paused) {
        rc = read_due(r, now_ms, err);
    }
    seal_due(r, now_ms);
    if (rc == 0) {
        advance_phase(r, now_ms);
    }
    rc = rc != 0 || r->phase == REPLAY_DONE ? rc : sender_step(&r->sender, err);
    if (r->sender.moved) {
        r->sender.moved = false;
        r->resume.dirty = true;
        r->resume.closed = false;
    }
    return rc != 0 ? rc : resume_step(&r->resume, &r->merge, &r->sources, &r->batches, now_ms, err);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t replay_wait_ms(struct replay *r, int64_t now_ms)
{
    int64_t wait = least(WAIT_MAX_MS, sender_wait_ms(&r->sender, now_ms));
    wait = least(wait, r->pace_wait_ms < PACE_MIN_MS ? PACE_MIN_MS : r->pace_wait_ms);
    const struct round *x = batches_filling(&r->batches);
    if (x != NULL && x->events_n > 0) {
        wait = least(wait, x->first_ms + r->options->flush_ms - now_ms);
    }
    if (r->draining) {
        wait = least(wait, r->drain_until_ms - now_ms);
    }
    return wait < 0 ? 0 : wait;
}

static struct progress_view view_of(const struct replay *r, int64_t now_ms)
{
    struct progress_view v = {.event_s = INT64_MIN, .elapsed_ms = now_ms - r->started_ms};
    v.events = tlc_counter_get(&r->stats, STAT_ACKED) + tlc_counter_get(&r->stats, STAT_REFUSED);
    bool known = true;
    for (size_t i = 0; i < r->merge.n; i++) {
        const struct position *p = &r->batches.frontier[i];
        v.bytes_done += p->offset;
        v.bytes_total += r->merge.inputs[i].size;
        known = known && r->merge.inputs[i].regular;
        v.event_s = p->offset > 0 && p->event_s > v.event_s ? p->event_s : v.event_s;
    }
    v.bytes_total = known ? v.bytes_total : 0;
    v.paused = r->pacer.paused;
    v.waiting = r->sender.failing_since_ms >= 0;
    return v;
}

/* What may wake the wait: nothing once stopping (the stop descriptor stays readable), pipes only
 * when they are waited for. */
static int wake_fd(struct replay *r)
{
    if (r->draining) {
        return -1;
    }
    if (!r->starved) {
        return tlc_stop_fd();
    }
    for (size_t i = 0; i < r->merge.n; i++) {
        if (!r->merge.inputs[i].regular && r->merge.inputs[i].at_end) {
            (void)epoll_ctl(r->wait_fd, EPOLL_CTL_DEL, r->merge.inputs[i].fd, NULL);
        }
    }
    return r->wait_fd;
}

int replay_run(struct replay *r, struct tlc_err *err)
{
    r->started_ms = tlc_now_ms();
    progress_init(&r->progress, r->options->progress, r->started_ms);
    int rc = TLC_OK;
    while (rc == 0 && r->phase != REPLAY_DONE) {
        int64_t now_ms = tlc_now_ms();
        rc = replay_step(r, now_ms, tlc_stop_asked(), err);
        struct progress_view view = view_of(r, now_ms);
        progress_step(&r->progress, &view, now_ms);
        if (rc == 0 && r->phase != REPLAY_DONE) {
            rc = tlc_http_client_step(r->http, replay_wait_ms(r, now_ms), wake_fd(r), err);
        }
    }
    progress_end(&r->progress);
    struct tlc_err save_err;
    int saved = resume_save(&r->resume, &r->merge, &r->sources, &r->batches, &save_err);
    if (saved != 0 && rc == 0) {
        *err = save_err;
        rc = saved;
    }
    return rc;
}

void replay_pause(void *replay)
{
    struct replay *r = replay;
    atomic_store(&r->want_pause, true);
}

void replay_continue(void *replay)
{
    struct replay *r = replay;
    atomic_store(&r->want_pause, false);
}

int replay_report(struct replay *r, struct tlc_err *err)
{
    int64_t left = tlc_counter_get(&r->stats, STAT_READ) - tlc_counter_get(&r->stats, STAT_ACKED) -
                   tlc_counter_get(&r->stats, STAT_REFUSED);
    tlc_counter_set(&r->stats, STAT_LEFT, left);
    int64_t undecoded = 0;
    for (size_t i = 0; i < r->merge.n; i++) {
        undecoded += r->merge.inputs[i].undecoded_n;
    }
    tlc_counter_set(&r->stats, STAT_UNDECODED, undecoded);
    const struct summary summary = {.stats = &r->stats,
                                    .rejects = &r->rejects,
                                    .resume = &r->resume,
                                    .elapsed_ms = tlc_now_ms() - r->started_ms,
                                    .cpu_ns = tlc_cpu_ns(),
                                    .first_s = r->first_s,
                                    .last_s = r->last_s,
                                    .complete = r->ended && left == 0};
    struct tlc_buf json, text;
    tlc_buf_init(&json, 1 << 16);
    tlc_buf_init(&text, 1 << 16);
    summary_json(&summary, &json);
    tlc_buf_append(&json, "\n", 1);
    summary_text(&summary, &text);
    fputs(tlc_buf_cstr(&text), r->options->json ? stderr : stdout);
    int rc = TLC_OK;
    if (r->options->summary != NULL) {
        rc = tlc_file_save(r->options->summary, tlc_buf_str(&json), err);
    }
    if (r->options->json) {
        fputs(tlc_buf_cstr(&json), stdout);
    }
    fflush(stdout);
    tlc_buf_release(&json);
    tlc_buf_release(&text);
    return rc;
}

int replay_exit_code(const struct replay *r)
{
    bool finished = r->ended && tlc_counter_get(&r->stats, STAT_LEFT) == 0;
    if (r->draining && !finished) {
        return EXIT_INTERRUPTED;
    }
    return tlc_counter_get(&r->stats, STAT_REFUSED) > 0 ? TLC_EXIT_REFUSED : TLC_EXIT_OK;
}
