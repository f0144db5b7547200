#include "common/event/codec_json_tolerant.h"

#include "common/event/csv.h"
#include "common/event/ny_time.h"
#include "common/event/tripid.h"
#include "common/event/zone.h"

#define DEPTH_MAX 32

/* ---- JSON syntax (RFC 8259), checked to the last byte; values stay as they stand in the line ----
 */

enum value_type { VALUE_NONE, VALUE_NULL, VALUE_NUMBER, VALUE_STRING, VALUE_OTHER };

struct value {
    enum value_type type;
    struct tlc_str raw; /* without the quotes of a string, escapes as they stand */
};

struct cursor {
    const char *p, *end; /* p stops at the fault */
};

static bool peek(const struct cursor *c, char want)
{
    return c->p < c->end && *c->p == want;
}

static bool take(struct cursor *c, char want)
{
    if (!peek(c, want)) {
        return false;
    }
    c->p++;
    return true;
}

static void skip_blanks(struct cursor *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\n' || *c->p == '\r')) {
        c->p++;
    }
}

static int hex_digit(char ch)
{
    if (ch >= '0' && ch <= '9') {
        return ch - '0';
    }
    const char lower = (char)(ch | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Four hex digits; -1 when they are none. */
static int32_t hex_four(const char *p, const char *end)
{
    int32_t v = 0;
    if (end - p < 4) {
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        const int digit = hex_digit(p[i]);
        if (digit < 0) {
            return -1;
        }
        v = v * 16 + digit;
    }
    return v;
}

/* The escape behind a backslash at p: how many bytes it takes after the backslash, 0 when it is
 * none. */
static size_t read_escape(const char *p, const char *end, int32_t *ret_code)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (p == end) {
        return 0;
    }
    const char *simple = *p ? strchr(from, *p) : NULL;
    if (simple) {
        *ret_code = (unsigned char)to[simple - from];
        return 1;
    }
    const int32_t high = *p == 'u' ? hex_four(p + 1, end) : -1;
    if (high < 0 || (high >= 0xDC00 && high <= 0xDFFF)) {
        return 0;
    }
    *ret_code = high;
    if (high < 0xD800 || high > 0xDFFF) {
        return 5;
    }
    const int32_t low = end - p >= 11 && p[5] == '\\' && p[6] == 'u' ? hex_four(p + 7, end) : -1;
    if (low < 0xDC00 || low > 0xDFFF) {
        return 0;
    }
    *ret_code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    return 11;
}

/* Length of the UTF-8 sequence at p; 0 when it is overlong, a surrogate, past U+10FFFF or cut off.
 */
static size_t utf8_length(const char *p, const char *end)
{
    const unsigned char lead = (unsigned char)*p;
    const size_t n = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (n == 0 || lead > 0xF4 || (size_t)(end - p) < n) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if (((unsigned char)p[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    const unsigned char second = n > 1 ? (unsigned char)p[1] : 0;
    const bool bad = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
                     (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F);
    return bad ? 0 : n;
}

static bool read_string(struct cursor *c, struct tlc_str *ret_raw)
{
    if (!take(c, '"')) {
        return false;
    }
    const char *from = c->p;
    while (c->p < c->end && *c->p != '"') {
        size_t used;
        if (*c->p == '\\') {
            int32_t code;
            used = read_escape(c->p + 1, c->end, &code);
            used += used > 0;
        } else {
            used = (unsigned char)*c->p < 0x20 ? 0 : utf8_length(c->p, c->end);
        }
        if (used == 0) {
            return false;
        }
        c->p += used;
    }
    *ret_raw = (struct tlc_str){from, (size_t)(c->p - from)};
    return take(c, '"');
}

static size_t skip_digits(struct cursor *c)
{
    const char *from = c->p;
    while (c->p < c->end && *c->p >= '0' && *c->p <= '9') {
        c->p++;
    }
    return (size_t)(c->p - from);
}

static bool read_number(struct cursor *c, struct tlc_str *ret_raw)
{
    const char *from = c->p;
    take(c, '-');
    if (!take(c, '0') && skip_digits(c) == 0) {
        return false;
    }
    if (take(c, '.') && skip_digits(c) == 0) {
        return false;
    }
    if (take(c, 'e') || take(c, 'E')) {
        if (!take(c, '-')) {
            take(c, '+');
        }
        if (skip_digits(c) == 0) {
            return false;
        }
    }
    *ret_raw = (struct tlc_str){from, (size_t)(c->p - from)};
    return true;
}

static bool read_word(struct cursor *c, struct tlc_str word)
{
    if (!tlc_str_starts((struct tlc_str){c->p, (size_t)(c->end - c->p)}, word)) {
        return false;
    }
    c->p += word.n;
    return true;
}

static bool read_value(struct cursor *c, int depth, struct value *ret);

/* An array or object that nobody asked for. Recursion is bounded by DEPTH_MAX. */
static bool skip_container(struct cursor *c, int depth, char close)
{
    struct value ignored;
    struct tlc_str key;
    if (depth > DEPTH_MAX) {
        return false;
    }
    c->p++;
    skip_blanks(c);
    if (take(c, close)) {
        return true;
    }
    do {
        skip_blanks(c);
        if (close == '}') {
            if (!read_string(c, &key)) {
                return false;
            }
            skip_blanks(c);
            if (!take(c, ':')) {
                return false;
            }
            skip_blanks(c);
        }
        if (!read_value(c, depth, &ignored)) {
            return false;
        }
        skip_blanks(c);
    } while (take(c, ','));
    return take(c, close);
}

/* NOLINTNEXTLINE(misc-no-recursion): see skip_container */
static bool read_value(struct cursor *c, int depth, struct value *ret)
{
    const char *from = c->p;
    if (peek(c, '"')) {
        ret->type = VALUE_STRING;
        return read_string(c, &ret->raw);
    }
    if (peek(c, '{') || peek(c, '[')) {
        ret->type = VALUE_OTHER;
        ret->raw = (struct tlc_str){from, 1};
        return skip_container(c, depth + 1, *from == '{' ? '}' : ']');
    }
    if (read_word(c, TLC_STR("null"))) {
        ret->type = VALUE_NULL;
        ret->raw = (struct tlc_str){from, 4};
        return true;
    }
    if (read_word(c, TLC_STR("true")) || read_word(c, TLC_STR("false"))) {
        ret->type = VALUE_OTHER;
        ret->raw = (struct tlc_str){from, (size_t)(c->p - from)};
        return true;
    }
    ret->type = VALUE_NUMBER;
    return read_number(c, &ret->raw);
}

static size_t put_utf8(char *dst, int32_t code)
{
    const uint32_t u = (uint32_t)code;
    if (u < 0x80) {
        dst[0] = (char)u;
        return 1;
    }
    if (u < 0x800) {
        dst[0] = (char)(0xC0 | u >> 6);
        dst[1] = (char)(0x80 | (u & 0x3F));
        return 2;
    }
    if (u < 0x10000) {
        dst[0] = (char)(0xE0 | u >> 12);
        dst[1] = (char)(0x80 | (u >> 6 & 0x3F));
        dst[2] = (char)(0x80 | (u & 0x3F));
        return 3;
    }
    dst[0] = (char)(0xF0 | u >> 18);
    dst[1] = (char)(0x80 | (u >> 12 & 0x3F));
    dst[2] = (char)(0x80 | (u >> 6 & 0x3F));
    dst[3] = (char)(0x80 | (u & 0x3F));
    return 4;
}

/* The text that a checked string stands for; never longer than the string, so it fits into the
 * line's maximum. */
static struct tlc_str unescape(struct tlc_str raw, char buf[TLC_JSON_MAX])
{
    if (raw.n == 0 || !memchr(raw.p, '\\', raw.n)) {
        return raw;
    }
    const char *end = raw.p + raw.n;
    size_t n = 0;
    for (const char *p = raw.p; p < end;) {
        if (*p == '\\') {
            int32_t code = 0;
            p += 1 + read_escape(p + 1, end, &code);
            n += put_utf8(buf + n, code);
        } else {
            buf[n++] = *p++;
        }
    }
    return (struct tlc_str){buf, n};
}

/* ---- the keys of an event ---- */

enum key {
    KEY_TRIP_ID,
    KEY_VENDOR_ID,
    KEY_DATETIME,
    KEY_STATUS,
    KEY_ZONE_ID,
    KEY_ZONE,
    KEY_LONGITUDE,
    KEY_LATITUDE,
    KEY_PASSENGERS,
    KEY_DISTANCE,
    KEY_PAYMENT,
    KEY_FARE,
    KEY_TIP,
    KEY_TOTAL,
    KEY_SOURCE,
    KEY_N
};

static const struct tlc_str key_names[KEY_N] = {
    [KEY_TRIP_ID] = {"TripID", 6},
    [KEY_VENDOR_ID] = {"VendorID", 8},
    [KEY_DATETIME] = {"Datetime", 8},
    [KEY_STATUS] = {"Status", 6},
    [KEY_ZONE_ID] = {"ZoneID", 6},
    [KEY_ZONE] = {"Zone", 4},
    [KEY_LONGITUDE] = {"Longitude", 9},
    [KEY_LATITUDE] = {"Latitude", 8},
    [KEY_PASSENGERS] = {"PassengerCount", 14},
    [KEY_DISTANCE] = {"TripDistance", 12},
    [KEY_PAYMENT] = {"PaymentType", 11},
    [KEY_FARE] = {"FareAmount", 10},
    [KEY_TIP] = {"TipAmount", 9},
    [KEY_TOTAL] = {"TotalAmount", 11},
    [KEY_SOURCE] = {"Source", 6},
};

struct record {
    struct value values[KEY_N];
    enum tlc_rule rule; /* what is wrong */
    const char *at;     /* and where */
    const char *end;
};

static bool fault(struct record *r, enum tlc_rule rule, const char *at)
{
    r->rule = rule;
    r->at = at;
    return false;
}

static enum key find_key(struct tlc_str name)
{
    for (int k = 0; k < KEY_N; k++) {
        if (tlc_str_eq(name, key_names[k])) {
            return (enum key)k;
        }
    }
    return KEY_N;
}

static bool read_member(struct cursor *c, struct record *r)
{
    struct tlc_str raw;
    char buf[TLC_JSON_MAX];
    const char *at = c->p;
    if (!read_string(c, &raw)) {
        return fault(r, TLC_RULE_NOT_JSON, c->p);
    }
    const enum key key = find_key(unescape(raw, buf));
    struct value value;
    skip_blanks(c);
    if (!take(c, ':')) {
        return fault(r, TLC_RULE_NOT_JSON, c->p);
    }
    skip_blanks(c);
    if (!read_value(c, 1, &value)) {
        return fault(r, TLC_RULE_NOT_JSON, c->p);
    }
    if (key != KEY_N) {
        if (r->values[key].type != VALUE_NONE) {
            return fault(r, TLC_RULE_DUPLICATE_KEY, at);
        }
        r->values[key] = value;
    }
    skip_blanks(c);
    return true;
}

static bool read_record(struct cursor *c, struct record *r)
{
    if (!take(c, '{')) {
        return fault(r, TLC_RULE_NOT_JSON, c->p);
    }
    skip_blanks(c);
    if (!peek(c, '}')) {
        do {
            skip_blanks(c);
            if (!read_member(c, r)) {
                return false;
            }
        } while (take(c, ','));
    }
    if (!take(c, '}') || c->p != c->end) {
        return fault(r, TLC_RULE_NOT_JSON, c->p);
    }
    return true;
}

/* ---- from values to an event ---- */

/* null means absent. */
static bool present(const struct record *r, enum key key)
{
    return r->values[key].type != VALUE_NONE && r->values[key].type != VALUE_NULL;
}

static bool need(struct record *r, enum key key)
{
    return present(r, key) || fault(r, TLC_RULE_MISSING_KEY, r->end);
}

static bool get_integer(struct record *r, enum key key, int64_t min, int64_t max,
                        enum tlc_rule rule, int64_t *ret)
{
    const struct value *v = &r->values[key];
    if (v->type != VALUE_NUMBER || !tlc_number_integer(v->raw, max, ret) || *ret < min) {
        return fault(r, rule, v->raw.p);
    }
    return true;
}

static bool get_scaled(struct record *r, enum key key, int decimals, int64_t limit,
                       enum tlc_rule rule, int32_t *ret)
{
    const struct value *v = &r->values[key];
    int64_t scaled;
    if (v->type != VALUE_NUMBER || !tlc_number_scaled(v->raw, decimals, limit, &scaled)) {
        return fault(r, rule, v->raw.p);
    }
    *ret = (int32_t)scaled;
    return true;
}

static bool get_time(struct record *r, int64_t *ret_at_s)
{
    const struct value *v = &r->values[KEY_DATETIME];
    char buf[TLC_JSON_MAX];
    int64_t wall_s;
    const struct tlc_str text = v->type == VALUE_STRING ? unescape(v->raw, buf) : TLC_STR("");
    if (!tlc_rfc3339_parse(text, ret_at_s)) {
        if (!tlc_wall_parse(text, &wall_s)) {
            return fault(r, TLC_RULE_BAD_TIME, v->raw.p);
        }
        tlc_ny_from_wall(wall_s, ret_at_s);
    }
    return (*ret_at_s >= TLC_TIME_MIN_S && *ret_at_s < TLC_TIME_MAX_S) ||
           fault(r, TLC_RULE_BAD_TIME, v->raw.p);
}

static bool get_zone(struct record *r, uint16_t *ret_zone)
{
    int64_t zone;
    char buf[TLC_JSON_MAX];
    if (present(r, KEY_ZONE_ID)) {
        if (!get_integer(r, KEY_ZONE_ID, 1, TLC_ZONE_MAX, TLC_RULE_BAD_ZONE, &zone)) {
            return false;
        }
    } else {
        const struct value *v = &r->values[KEY_ZONE];
        if (!need(r, KEY_ZONE)) {
            return false;
        }
        zone = v->type == VALUE_STRING ? tlc_zone_find(unescape(v->raw, buf)) : 0;
        if (zone == 0) {
            return fault(r, TLC_RULE_BAD_ZONE, v->raw.p);
        }
    }
    *ret_zone = (uint16_t)zone;
    return true;
}

static bool get_point(struct record *r, struct tlc_event *e)
{
    if (!present(r, KEY_LONGITUDE) && !present(r, KEY_LATITUDE)) {
        return true;
    }
    if (!present(r, KEY_LONGITUDE) || !present(r, KEY_LATITUDE)) {
        return fault(r, TLC_RULE_BAD_POINT, r->end);
    }
    e->has |= TLC_HAS_POINT;
    return get_scaled(r, KEY_LONGITUDE, 6, TLC_LON_MAX, TLC_RULE_BAD_POINT, &e->lon_e6) &&
           get_scaled(r, KEY_LATITUDE, 6, TLC_LAT_MAX, TLC_RULE_BAD_POINT, &e->lat_e6);
}

static bool get_small(struct record *r, struct tlc_event *e, enum key key, enum tlc_has has,
                      int64_t max, uint8_t *ret)
{
    int64_t v;
    if (!present(r, key)) {
        return true;
    }
    if (!get_integer(r, key, 0, max, TLC_RULE_BAD_VALUE, &v)) {
        return false;
    }
    *ret = (uint8_t)v;
    e->has |= (uint8_t)has;
    return true;
}

static bool get_amount(struct record *r, struct tlc_event *e, enum key key, enum tlc_has has,
                       int32_t *ret)
{
    if (!present(r, key)) {
        return true;
    }
    e->has |= (uint8_t)has;
    return get_scaled(r, key, 2, TLC_CENTS_MAX, TLC_RULE_BAD_VALUE, ret);
}

/* What belongs to the other status is not looked at. */
static bool get_optional(struct record *r, struct tlc_event *e)
{
    if (!get_point(r, e)) {
        return false;
    }
    if (e->status == TLC_START) {
        return get_small(r, e, KEY_PASSENGERS, TLC_HAS_PASSENGERS, UINT8_MAX, &e->passengers);
    }
    return get_amount(r, e, KEY_DISTANCE, TLC_HAS_DISTANCE, &e->distance_cmi) &&
           get_small(r, e, KEY_PAYMENT, TLC_HAS_PAYMENT, TLC_PAYMENT_MAX, &e->payment) &&
           get_amount(r, e, KEY_FARE, TLC_HAS_FARE, &e->fare_cents) &&
           get_amount(r, e, KEY_TIP, TLC_HAS_TIP, &e->tip_cents) &&
           get_amount(r, e, KEY_TOTAL, TLC_HAS_TOTAL, &e->total_cents);
}

static bool get_event(struct record *r, struct tlc_event *e)
{
    int64_t vendor;
    if (!need(r, KEY_TRIP_ID) || !need(r, KEY_VENDOR_ID) || !need(r, KEY_DATETIME) ||
        !get_integer(r, KEY_TRIP_ID, 1, TLC_TRIP_ID_MAX, TLC_RULE_BAD_TRIP_ID, &e->trip_id)) {
        return false;
    }
    if (!tlc_tripid_valid(e->trip_id)) {
        return fault(r, TLC_RULE_BAD_TRIP_ID, r->values[KEY_TRIP_ID].raw.p);
    }
    if (!get_integer(r, KEY_VENDOR_ID, 0, TLC_VENDOR_MAX, TLC_RULE_BAD_VENDOR, &vendor)) {
        return false;
    }
    e->vendor_id = (uint16_t)vendor;
    return get_time(r, &e->at_s) && get_zone(r, &e->zone_id) && get_optional(r, e);
}

static bool get_mark(struct record *r, struct tlc_event *e)
{
    const char *at = present(r, KEY_SOURCE) ? r->values[KEY_SOURCE].raw.p : r->end;
    if (!present(r, KEY_SOURCE)) {
        return fault(r, TLC_RULE_BAD_MARK, at);
    }
    return get_integer(r, KEY_SOURCE, 1, INT32_MAX, TLC_RULE_BAD_MARK, &e->trip_id) &&
           (tlc_source_valid((int32_t)e->trip_id) || fault(r, TLC_RULE_BAD_MARK, at));
}

/* The status decides what the other keys mean. */
static bool get_record(struct record *r, struct tlc_event *e, enum tlc_json_kind *ret_kind)
{
    const struct value *v = &r->values[KEY_STATUS];
    char buf[TLC_JSON_MAX];
    if (!need(r, KEY_STATUS)) {
        return false;
    }
    const struct tlc_str status = v->type == VALUE_STRING ? unescape(v->raw, buf) : TLC_STR("");
    *ret_kind = TLC_JSON_REWRITTEN;
    if (tlc_str_eq(status, TLC_STR("start"))) {
        e->status = TLC_START;
    } else if (tlc_str_eq(status, TLC_STR("end"))) {
        e->status = TLC_END;
    } else if (tlc_str_eq(status, TLC_STR("closed")) || tlc_str_eq(status, TLC_STR("open"))) {
        *ret_kind = TLC_JSON_MARK;
        e->status = status.n == 4 ? TLC_MARK_OPEN : TLC_MARK_CLOSED;
        return get_mark(r, e);
    } else {
        return fault(r, TLC_RULE_BAD_STATUS, v->raw.p);
    }
    return get_event(r, e);
}

enum tlc_json_kind tlc_json_decode_tolerant(struct tlc_str line, struct tlc_event *ret,
                                            enum tlc_rule *ret_rule, const char **ret_at)
{
    const struct tlc_str text = tlc_str_trim(line);
    struct record r = {.end = text.p + text.n};
    struct cursor c = {text.p, r.end};
    struct tlc_event e = {0};
    enum tlc_json_kind kind = TLC_JSON_BAD;
    if (text.n > TLC_JSON_MAX) {
        fault(&r, TLC_RULE_TOO_LARGE, text.p + TLC_JSON_MAX);
    } else if (read_record(&c, &r) && get_record(&r, &e, &kind)) {
        *ret = e;
        return kind;
    }
    *ret_rule = r.rule;
    *ret_at = r.at;
    return TLC_JSON_BAD;
}
