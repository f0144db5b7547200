#include "producer-server/ingest.h"

#include <stdlib.h>

#include "common/event/tripid.h"

#define RECORDS_FIRST 256
#define ERROR_BYTES 256 /* of one refusal in a reply, at most */
/* Re-encoding can lengthen an event: a time without offset, a zone by its name. */
#define ARENA_FACTOR 4

void ingest_init(struct ingest *b, size_t body_max)
{
    memset(b, 0, sizeof *b);
    tlc_arena_init(&b->arena, body_max * ARENA_FACTOR + TLC_JSON_MAX);
}

void ingest_release(struct ingest *b)
{
    free(b->records);
    free(b->errors);
    tlc_arena_release(&b->arena);
    memset(b, 0, sizeof *b);
}

void ingest_reset(struct ingest *b)
{
    tlc_arena_reset(&b->arena);
    if (b->refused > 0) {
        memset(b->by_rule, 0, sizeof b->by_rule);
    }
    b->n = 0;
    b->received = 0;
    b->refused = 0;
    b->errors_n = 0;
    b->errors_max = INGEST_ERRORS_DEFAULT;
    b->now_s = -1;
    b->failed = false;
}

size_t ingest_held_bytes(const struct ingest *b)
{
    return b->cap * sizeof *b->records + b->errors_cap * sizeof *b->errors + b->arena.total;
}

/* Bounded by the body: a record needs more bytes there than it takes here. */
static bool grow(struct ingest *b)
{
    size_t cap = b->cap > 0 ? b->cap * 2 : RECORDS_FIRST;
    struct tlc_kafka_record *records = realloc(b->records, cap * sizeof *records);
    if (!records) {
        b->failed = true;
        return false;
    }
    b->records = records;
    b->cap = cap;
    return true;
}

/* The digits behind {"TripID": of a canonical line. */
static struct tlc_str key_of(struct tlc_str line)
{
    struct tlc_str key = {line.p + sizeof("{\"TripID\":") - 1, 0};
    while (key.p[key.n] >= '0' && key.p[key.n] <= '9') {
        key.n++;
    }
    return key;
}

static void accept_line(struct ingest *b, struct tlc_str line, size_t number)
{
    if (b->n == b->cap && !grow(b)) {
        return;
    }
    b->records[b->n++] = (struct tlc_kafka_record){
        .key = key_of(line), .value = line, .partition = -1, .tag = (uint32_t)number};
}

static bool grow_errors(struct ingest *b)
{
    size_t cap = b->errors_cap > 0 ? b->errors_cap * 4 : INGEST_ERRORS_DEFAULT;
    struct ingest_refusal *errors = realloc(b->errors, cap * sizeof *errors);
    if (!errors) {
        b->failed = true;
        return false;
    }
    b->errors = errors;
    b->errors_cap = cap;
    return true;
}

/* As `curl -d @FILE` sends a file: without its line ends. */
static bool looks_joined(struct tlc_str line)
{
    for (size_t i = 1; i < line.n && i <= TLC_JSON_MAX; i++) {
        if (line.p[i] == '{' && line.p[i - 1] == '}') {
            return true;
        }
    }
    return false;
}

static void refuse_line(struct ingest *b, size_t number, enum tlc_rule rule, size_t at)
{
    b->refused++;
    b->by_rule[rule]++;
    if (b->errors_n < b->errors_max && (b->errors_n < b->errors_cap || grow_errors(b))) {
        b->errors[b->errors_n++] = (struct ingest_refusal){.line = number, .at = at, .rule = rule};
    }
}

static struct tlc_str rewrite(struct ingest *b, const struct tlc_event *e)
{
    char text[TLC_JSON_MAX];
    struct tlc_str line = {text, tlc_json_encode(e, text)};
    line = tlc_arena_copy(&b->arena, line);
    b->failed = b->failed || !line.p;
    return line;
}

static void take(struct ingest *b, struct tlc_str line, size_t number)
{
    struct tlc_event e;
    enum tlc_rule rule = TLC_RULE_NOT_JSON;
    const char *at = line.p;
    b->received++;
    enum tlc_json_kind kind = tlc_json_decode(line, &e, &rule, &at);
    if (kind == TLC_JSON_BAD) {
        size_t told = b->errors_n;
        refuse_line(b, number, rule, (size_t)(at - line.p) + 1);
        if (b->errors_n > told) {
            b->errors[told].joined = rule == TLC_RULE_TOO_LARGE && looks_joined(line);
        }
        return;
    }
    if (kind == TLC_JSON_MARK) { /* marks go to every partition: only their own route writes them */
        refuse_line(b, number, TLC_RULE_BAD_STATUS, 1);
        return;
    }
    rule = tlc_event_in_month(&e, TLC_MONTH_SLACK_STREAM_S, b->now_s);
    if (rule != TLC_RULE_NONE) {
        refuse_line(b, number, rule, 1);
        return;
    }
    if (kind == TLC_JSON_REWRITTEN) {
        line = rewrite(b, &e);
    }
    if (!b->failed) {
        accept_line(b, line, number);
    }
}

/* Some editors and shells begin a file with it. */
static struct tlc_str without_byte_order_mark(struct tlc_str body)
{
    static const struct tlc_str mark = {"\xef\xbb\xbf", 3};
    if (!tlc_str_starts(body, mark)) {
        return body;
    }
    return (struct tlc_str){body.p + mark.n, body.n - mark.n};
}

bool ingest_is_array(struct tlc_str body)
{
    struct tlc_str text = tlc_str_trim(without_byte_order_mark(body));
    return text.n > 0 && text.p[0] == '[';
}

/* The comma or bracket behind an element, or the end. Brackets need not match here: what is between
 * them is checked when the element is decoded. */
static const char *element_end(const char *p, const char *end)
{
    size_t depth = 0;
    bool text = false;
    for (; p < end; p++) {
        if (text) {
            text = *p != '"';
            p += *p == '\\' && p + 1 < end;
        } else if (*p == '"') {
            text = true;
        } else if (*p == '{' || *p == '[') {
            depth++;
        } else if (depth == 0 && (*p == ',' || *p == ']')) {
            return p;
        } else if (*p == '}' || *p == ']') {
            depth -= depth > 0;
        }
    }
    return end;
}

/* [event, event, ...]: elements are numbered as lines are. What is no array to its end is refused
 * from there on, like a line that was cut off. */
static void take_array(struct ingest *b, struct tlc_str array)
{
    const char *p = array.p + 1, *end = array.p + array.n;
    bool open = true;
    size_t number = 1;
    for (; open && !b->failed; number++) {
        const char *stop = element_end(p, end);
        struct tlc_str element = tlc_str_trim((struct tlc_str){p, (size_t)(stop - p)});
        open = stop < end && *stop == ',';
        if (element.n > 0 || number > 1 || open) {
            take(b, element, number);
        }
        p = stop + open;
    }
    if (p + 1 != end && !b->failed) { /* nothing closes it, or something follows */
        b->received++;
        refuse_line(b, number, TLC_RULE_NOT_JSON, 1);
    }
}

static void take_lines(struct ingest *b, struct tlc_str body)
{
    const char *p = body.p, *end = body.p + body.n;
    for (size_t number = 1; p < end && !b->failed; number++) {
        const char *lf = memchr(p, '\n', (size_t)(end - p));
        const char *stop = lf ? lf : end;
        struct tlc_str line = {p, (size_t)(stop - p)};
        p = stop + 1;
        if (line.n > 0 && (line.p[line.n - 1] <= ' ' || line.p[0] <= ' ')) {
            line = tlc_str_trim(line);
        }
        if (line.n > 0) {
            take(b, line, number);
        }
    }
}

void ingest_lines(struct ingest *b, struct tlc_str body)
{
    bool array = ingest_is_array(body);
    body = without_byte_order_mark(body);
    if (array) {
        take_array(b, tlc_str_trim(body));
    } else {
        take_lines(b, body);
    }
}

void ingest_one(struct ingest *b, struct tlc_str body)
{
    struct tlc_str line = tlc_str_trim(without_byte_order_mark(body));
    if (line.n > 0) {
        take(b, line, 1);
    }
}

void ingest_marks(struct ingest *b, int32_t source, enum tlc_mark mark, int32_t partitions)
{
    char text[TLC_JSON_MAX];
    struct tlc_str line = {text, tlc_json_encode_mark(source, mark, text)};
    line = tlc_arena_copy(&b->arena, line);
    b->failed = !line.p;
    for (int32_t i = 0; i < partitions && !b->failed; i++) {
        if (b->n == b->cap && !grow(b)) {
            return;
        }
        b->records[b->n++] = (struct tlc_kafka_record){.value = line, .partition = i};
    }
}

bool ingest_not_json(const struct ingest *b)
{
    return b->received > 0 && b->by_rule[TLC_RULE_NOT_JSON] == b->received;
}

void ingest_encode(const struct ingest *b, size_t accepted, struct tlc_buf *ret_body)
{
    struct tlc_buf *out = ret_body;
    tlc_buf_init(out, (b->errors_n + 1) * ERROR_BYTES);
    tlc_buf_printf(out, "{\"accepted\":%zu,\"refused\":%zu", accepted, b->refused);
    for (size_t i = 0; i < b->errors_n; i++) {
        const struct ingest_refusal *e = &b->errors[i];
        const struct tlc_rule_info *rule = tlc_rule_info(e->rule);
        tlc_buf_printf(out, "%s{\"line\":%zu,\"rule\":\"%s\",\"text\":\"%s (byte %zu)%s\"}",
                       i == 0 ? ",\"errors\":[" : ",", e->line, rule->id, rule->text, e->at,
                       e->joined ? ": several events want a line end between them, or one array"
                                 : "");
    }
    tlc_buf_printf(out, b->errors_n > 0 ? "]}\n" : "}\n");
}
