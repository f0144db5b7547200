#include "dashboard/peers.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/io/json.h"
#include "common/io/status_http.h"

#define TIMEOUT_MS 3000

static const char *const peer_names[PEERS_N] = {
    [PEER_SERVER] = "producer-server",
    [PEER_STORE] = "consumer-store",
    [PEER_PROCESS] = "consumer-process",
    [PEER_BATCH] = "batch-process",
};

/* Where in /status a number stands. */
static const struct {
    const char *object, *key;
} number_places[PEER_NUMBERS_N] = {
    [PEER_RECEIVED] = {"counters", "records_received"},
    [PEER_ACKED] = {"counters", "records_acked"},
    [PEER_REFUSED] = {"ledger", "refused"}, /* the server's has it in its counters */
    [PEER_FAILED] = {"counters", "records_failed"},
    [PEER_READ] = {"ledger", "read"},
    [PEER_STORED] = {"ledger", "stored"},
    [PEER_COUNTED] = {"ledger", "counted"},
    [PEER_DUPLICATE] = {"ledger", "duplicate"},
    [PEER_LATE] = {"ledger", "late"},
    [PEER_MARKS] = {"ledger", "marks"},
    [PEER_GAPS] = {"ledger", "gaps"},
    [PEER_CUT] = {"ledger", "cut"},
    [PEER_BESIDES] = {"ledger", "stored_besides"},
    [PEER_PARTITIONS_FIRST] = {"topic", "partitions_at_first"},
    [PEER_PARTITIONS] = {"topic", "partitions"},
};

/* --- asking --- */

static void forget(struct peer *peer)
{
    tlc_buf_reset(&peer->reply);
    for (size_t i = 0; i < PEER_NUMBERS_N; i++) {
        peer->numbers[i] = PEER_NONE;
    }
}

int peers_open(struct peers *p, const struct peers_options *options, struct tlc_err *err)
{
    *p = (struct peers){.poll_ms = options->poll_ms};
    for (size_t i = 0; i < PEERS_N; i++) {
        struct peer *peer = &p->rows[i];
        const char *url = options->urls[i] != NULL ? options->urls[i] : "";
        size_t n = strlen(url);
        bool slash = n > 0 && url[n - 1] == '/';
        peer->peers = p;
        peer->name = peer_names[i];
        if (n > 0 && snprintf(peer->url, sizeof peer->url, "%s%s", url,
                              slash ? "status" : "/status") >= (int)sizeof peer->url) {
            return tlc_err_fatal(err, TLC_EXIT_USAGE, "the address of %s is too long", peer->name);
        }
        (void)snprintf(peer->reason, sizeof peer->reason, "not asked yet");
    }
    const struct tlc_http_client_options client = {.connections_max = PEERS_N,
                                                   .user_agent = "dashboard"};
    int rc = tlc_http_client_open(&client, &p->client, err);
    if (rc != TLC_OK) {
        return rc;
    }
    pthread_mutex_init(&p->lock, NULL);
    for (size_t i = 0; i < PEERS_N; i++) {
        tlc_buf_init(&p->rows[i].reply, TLC_STATUS_BYTES_MAX);
        forget(&p->rows[i]);
    }
    return TLC_OK;
}

void peers_close(struct peers *p)
{
    if (p->client == NULL) {
        return;
    }
    tlc_http_client_close(&p->client);
    for (size_t i = 0; i < PEERS_N; i++) {
        tlc_buf_release(&p->rows[i].reply);
    }
    pthread_mutex_destroy(&p->lock);
}

static int64_t number_of(const json_t *root, const char *object, const char *key)
{
    const json_t *v = json_object_get(json_object_get(root, object), key);
    return json_is_integer(v) ? json_integer_value(v) : PEER_NONE;
}

static int64_t sum_of_ends(const json_t *root)
{
    const json_t *partitions = json_object_get(root, "partitions");
    int64_t sum = 0;
    if (!json_is_array(partitions) || json_array_size(partitions) == 0) {
        return PEER_NONE;
    }
    for (size_t i = 0; i < json_array_size(partitions); i++) {
        const json_t *end = json_object_get(json_array_get(partitions, i), "end");
        if (!json_is_integer(end)) {
            return PEER_NONE;
        }
        sum += json_integer_value(end);
    }
    return sum;
}

static void read_numbers(struct peer *peer, const json_t *root)
{
    for (size_t i = 0; i < PEER_NUMBERS_N; i++) {
        peer->numbers[i] = i == PEER_END
                               ? sum_of_ends(root)
                               : number_of(root, number_places[i].object, number_places[i].key);
    }
    if (peer->numbers[PEER_REFUSED] == PEER_NONE) {
        peer->numbers[PEER_REFUSED] = number_of(root, "counters", "records_refused");
    }
    for (enum peer_number i = PEER_GAPS; i <= PEER_BESIDES; i++) {
        bool without = peer->numbers[i] == PEER_NONE && peer->numbers[PEER_READ] != PEER_NONE;
        peer->numbers[i] = without ? 0 : peer->numbers[i];
    }
}

void peers_take(struct peers *p, enum peer_id id, int status, struct tlc_str reply,
                const char *text)
{
    struct peer *peer = &p->rows[id];
    struct tlc_err err;
    json_t *root = NULL;
    bool good = status == 200 && tlc_json_load(reply, &root, &err) == TLC_OK;
    pthread_mutex_lock(&p->lock);
    peer->asked = false;
    forget(peer);
    peer->up = good && json_is_object(root) && tlc_buf_add(&peer->reply, tlc_str_trim(reply));
    if (peer->up) {
        read_numbers(peer, root);
    } else if (status == 0) {
        (void)snprintf(peer->reason, sizeof peer->reason, "no answer: %.120s", text);
    } else {
        (void)snprintf(peer->reason, sizeof peer->reason, "answered %d, %s", status,
                       good ? "no status" : "no JSON");
    }
    pthread_mutex_unlock(&p->lock);
    json_decref(root);
}

static void done(void *ctx, int status, struct tlc_str reply, int64_t retry_after_ms,
                 const char *text)
{
    (void)retry_after_ms;
    struct peer *peer = ctx;
    peers_take(peer->peers, (enum peer_id)(peer - peer->peers->rows), status, reply, text);
}

static void ask(struct peers *p, struct peer *peer, int64_t now_ms)
{
    const struct tlc_http_call call = {
        .method = "GET",
        .url = peer->url,
        .timeout_ms = TIMEOUT_MS,
        .reply_max = TLC_STATUS_BYTES_MAX,
        .done = done,
        .ctx = peer,
    };
    struct tlc_err err;
    peer->next_ms = now_ms + p->poll_ms;
    peer->asked = tlc_http_client_submit(p->client, &call, &err) == TLC_OK;
}

int peers_step(struct peers *p, int64_t now_ms, int64_t wait_ms, int wake_fd, struct tlc_err *err)
{
    for (size_t i = 0; i < PEERS_N; i++) {
        struct peer *peer = &p->rows[i];
        if (peer->url[0] != '\0' && !peer->asked && now_ms >= peer->next_ms) {
            ask(p, peer, now_ms);
        }
    }
    return tlc_http_client_step(p->client, wait_ms, wake_fd, err);
}

/* --- the ledger --- */

struct term {
    enum peer_id peer;
    enum peer_number number;
};

#define TERMS_MAX 5
struct line {
    const char *text, *note;
    struct term left, right[TERMS_MAX];
    size_t right_n;
};

/* docs/architecture.md: each line is left = the sum of right. */
static const struct line ledger[] = {
    {"producer-server: received = acknowledged + refused + failed",
     "since its start",
     {PEER_SERVER, PEER_RECEIVED},
     {{PEER_SERVER, PEER_ACKED}, {PEER_SERVER, PEER_REFUSED}, {PEER_SERVER, PEER_FAILED}},
     3},
    {"Kafka: messages in the topic = read by consumer-store",
     "",
     {PEER_STORE, PEER_END},
     {{PEER_STORE, PEER_READ}, {PEER_STORE, PEER_GAPS}, {PEER_STORE, PEER_CUT}},
     3},
    {"consumer-store: read = stored + duplicate + refused + marks",
     "over restarts",
     {PEER_STORE, PEER_READ},
     {{PEER_STORE, PEER_STORED},
      {PEER_STORE, PEER_DUPLICATE},
      {PEER_STORE, PEER_REFUSED},
      {PEER_STORE, PEER_MARKS}},
     4},
    {"Kafka: messages in the topic = read by consumer-process",
     "",
     {PEER_PROCESS, PEER_END},
     {{PEER_PROCESS, PEER_READ}, {PEER_PROCESS, PEER_GAPS}},
     2},
    {"consumer-process: read = counted + duplicate + late + refused + marks",
     "over restarts",
     {PEER_PROCESS, PEER_READ},
     {{PEER_PROCESS, PEER_COUNTED},
      {PEER_PROCESS, PEER_DUPLICATE},
      {PEER_PROCESS, PEER_LATE},
      {PEER_PROCESS, PEER_REFUSED},
      {PEER_PROCESS, PEER_MARKS}},
     5},
};

static int64_t value_of(const struct peers *p, struct term t)
{
    return p->rows[t.peer].numbers[t.number];
}

static void add_number(int64_t v, struct tlc_buf *out)
{
    if (v == PEER_NONE) {
        tlc_buf_printf(out, "null");
    } else {
        tlc_buf_printf(out, "%" PRId64, v);
    }
}

/* good: what else has to hold besides left = right. */
static void add_verdict(const char *text, int64_t left, int64_t right, bool good, const char *note,
                        struct tlc_buf *out)
{
    bool known = left != PEER_NONE && right != PEER_NONE;
    tlc_buf_printf(out, "{\"line\":\"%s\",\"left\":", text);
    add_number(left, out);
    tlc_buf_printf(out, ",\"right\":");
    add_number(right, out);
    tlc_buf_printf(out, ",\"ok\":%s,\"note\":", known && left == right && good ? "true" : "false");
    tlc_json_quote(out, tlc_str_from(note));
    tlc_buf_printf(out, "}");
}

static void add_line(const char *text, int64_t left, int64_t right, const char *note,
                     struct tlc_buf *out)
{
    bool known = left != PEER_NONE && right != PEER_NONE;
    add_verdict(text, left, right, true, known ? note : "a part does not tell", out);
}

/* What PostgreSQL has more than the windows must be what was late for them, less the late copies of
 * events, which it refused as duplicates; and no place may be the other way round. */
static void add_check(const struct peers *p, const struct store_totals *own,
                      const struct history_check *check, struct tlc_buf *out)
{
    static const struct {
        struct term term;
        int64_t sign;
    } terms[] = {{{PEER_PROCESS, PEER_DUPLICATE}, 1},
                 {{PEER_PROCESS, PEER_REFUSED}, 1},
                 {{PEER_STORE, PEER_DUPLICATE}, -1},
                 {{PEER_STORE, PEER_REFUSED}, -1},
                 {{PEER_STORE, PEER_BESIDES}, 1}};
    int64_t right = check->stream + check->superseded + own->refused_events + check->late;
    for (size_t i = 0; i < TLC_COUNT(terms); i++) {
        int64_t v = value_of(p, terms[i].term);
        right = v == PEER_NONE || right == PEER_NONE ? PEER_NONE : right + terms[i].sign * v;
    }
    char note[sizeof check->note + 128];
    bool right_places = check->wrong == 0 && check->unlikely == 0;
    (void)snprintf(note, sizeof note, "%s", check->note);
    if (check->done && !right_places) {
        (void)snprintf(
            note, sizeof note,
            "windows have more than the rows at %lld places; %lld sources differ by more "
            "than was late: ./pipeline audit --diff",
            (long long)check->wrong, (long long)check->unlikely);
    } else if (check->done) {
        (void)snprintf(note, sizeof note, "by source, day and zone; late for their window: %lld",
                       (long long)(check->batch - check->stream));
    }
    tlc_buf_printf(out, ",");
    add_verdict("stream = batch: events in the days = in windows + late",
                check->done ? check->batch : PEER_NONE, check->done ? right : PEER_NONE,
                right_places, note, out);
}

/* Only of a topic that grew: its months of then cannot be right. */
static void add_growth(const struct peers *p, struct tlc_buf *out)
{
    int64_t first = value_of(p, (struct term){PEER_STORE, PEER_PARTITIONS_FIRST});
    int64_t now = value_of(p, (struct term){PEER_STORE, PEER_PARTITIONS});
    if (now > first && first != PEER_NONE) {
        add_line(
            "partitions of the topic when it was read first = now", first, now,
            "trips under way when it grew have their events in two partitions: orphan ends and "
            "expired starts",
            out);
        tlc_buf_append(out, ",", 1);
    }
}

/* What was refused is accounted for, and wrong all the same: nobody sees it. */
static void add_windows(const struct peers *p, const struct store_totals *own, struct tlc_buf *out)
{
    int64_t counted = value_of(p, (struct term){PEER_PROCESS, PEER_COUNTED});
    char note[160] = "";
    if (counted == PEER_NONE) {
        (void)snprintf(note, sizeof note, "a part does not tell");
    } else if (own->refused_windows > 0) {
        (void)snprintf(note, sizeof note,
                       "%lld events of %lld refused windows included: see Refused windows",
                       (long long)own->refused_events, (long long)own->refused_windows);
    } else if (own->superseded_events > 0) {
        (void)snprintf(note, sizeof note, "superseded windows included");
    }
    add_verdict("dashboard: events in windows = counted by consumer-process",
                own->events + own->superseded_events + own->refused_events, counted,
                own->refused_windows == 0, note, out);
}

static void add_ledger(const struct peers *p, const struct store_totals *own,
                       const struct history_check *check, struct tlc_buf *out)
{
    tlc_buf_printf(out, "],\"ledger\":[");
    for (size_t i = 0; i < TLC_COUNT(ledger); i++) {
        const struct line *line = &ledger[i];
        int64_t right = 0;
        for (size_t k = 0; k < line->right_n; k++) {
            int64_t v = value_of(p, line->right[k]);
            right = v == PEER_NONE || right == PEER_NONE ? PEER_NONE : right + v;
        }
        add_line(line->text, value_of(p, line->left), right, line->note, out);
        tlc_buf_append(out, ",", 1);
    }
    add_growth(p, out);
    add_windows(p, own, out);
    add_check(p, own, check, out);
    tlc_buf_printf(out, "]}");
}

static void add_part(const struct peer *peer, struct tlc_buf *out)
{
    tlc_buf_printf(out, "{\"name\":\"%s\",\"url\":", peer->name);
    tlc_json_quote(out, tlc_str_from(peer->url));
    tlc_buf_printf(out, ",\"up\":%s,\"status\":", peer->up ? "true" : "false");
    if (peer->up) {
        tlc_buf_add(out, tlc_buf_str(&peer->reply));
        tlc_buf_printf(out, "},");
    } else {
        tlc_buf_printf(out, "null,\"reason\":");
        tlc_json_quote(out, tlc_str_from(peer->reason));
        tlc_buf_printf(out, "},");
    }
}

void peers_json(struct peers *p, struct tlc_str own_status, const struct store_totals *own,
                const struct history_check *check, struct tlc_buf *out)
{
    tlc_buf_printf(out, "{\"parts\":[");
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < PEERS_N; i++) {
        if (i != PEER_BATCH || p->rows[i].url[0] != '\0') {
            add_part(&p->rows[i], out);
        }
    }
    tlc_buf_printf(out, "{\"name\":\"dashboard\",\"url\":\"status\",\"up\":true,\"status\":");
    tlc_buf_add(out, own_status);
    tlc_buf_printf(out, "}");
    add_ledger(p, own, check, out);
    pthread_mutex_unlock(&p->lock);
}
