/* The codec against jansson: both say the same of every line, and what the codec takes it writes
 * in one way only.
 *
 * jansson knows the syntax and the values; ranges and meanings stand here once more, written for
 * plainness. Numbers that a double cannot hold exactly are compared as closely as it can. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "common/event/codec_json.h"
#include "common/event/codec_json_tolerant.h"
#include "common/event/ny_time.h"
#include "common/event/tripid.h"
#include "common/event/zone.h"
#include "common/io/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum opinion { NO, YES, UNSURE };

static enum opinion both(enum opinion a, enum opinion b)
{
    return a == NO || b == NO ? NO : a == UNSURE || b == UNSURE ? UNSURE : YES;
}

static const json_t *member(const json_t *root, const char *key)
{
    const json_t *v = json_object_get(root, key);
    return json_is_null(v) ? NULL : v;
}

/* An integer within [min, max]; a real may be one exactly or nearly. */
static enum opinion integer(const json_t *v, int64_t min, int64_t max, int64_t *ret)
{
    if (json_is_integer(v)) {
        *ret = json_integer_value(v);
        return *ret >= min && *ret <= max ? YES : NO;
    }
    double d = json_is_real(v) ? json_real_value(v) : NAN;
    if (!(d > (double)min - 1 && d < (double)max + 1)) {
        return NO;
    }
    *ret = llround(d);
    return fabs(d - round(d)) > 1e-6 ? NO : UNSURE;
}

static bool near(double want, int32_t got)
{
    return fabs(want - got) <= 0.5 + fabs(want) * 1e-9 + 1e-6;
}

/* got: what the codec made of it. */
static enum opinion scaled(const json_t *v, double unit, double limit, int32_t got, bool taken)
{
    double d = json_is_number(v) ? json_number_value(v) * unit : NAN;
    if (isnan(d) || fabs(d) > limit + 1) {
        return NO;
    }
    assert(!taken || near(d, got));
    return fabs(d) < limit - 1 ? YES : UNSURE;
}

static struct tlc_str text(const json_t *v)
{
    return json_is_string(v) ? (struct tlc_str){json_string_value(v), json_string_length(v)}
                             : TLC_STR("");
}

static enum opinion check_time(const json_t *root, const struct tlc_event *e, bool taken)
{
    struct tlc_str t = text(member(root, "Datetime"));
    int64_t wall_s, at_s;
    if (!tlc_rfc3339_parse(t, &at_s)) {
        if (!tlc_wall_parse(t, &wall_s)) {
            return NO;
        }
        (void)tlc_ny_from_wall(wall_s, &at_s);
    }
    assert(!taken || at_s == e->at_s);
    return at_s >= TLC_TIME_MIN_S && at_s < TLC_TIME_MAX_S ? YES : NO;
}

static enum opinion check_zone(const json_t *root, const struct tlc_event *e, bool taken)
{
    int64_t zone = 0;
    enum opinion o = YES;
    if (member(root, "ZoneID")) {
        o = integer(member(root, "ZoneID"), 1, TLC_ZONE_MAX, &zone);
    } else {
        zone = tlc_zone_find(text(member(root, "Zone")));
        o = zone > 0 ? YES : NO;
    }
    assert(!taken || o == NO || zone == e->zone_id);
    return o;
}

static enum opinion check_amount(const json_t *root, const char *key, int32_t got, bool has,
                                 bool taken)
{
    const json_t *v = member(root, key);
    assert(!taken || has == (v != NULL));
    return v ? scaled(v, 100, TLC_CENTS_MAX, got, taken) : YES;
}

static enum opinion check_small(const json_t *root, const char *key, int64_t max, uint8_t got,
                                bool has, bool taken)
{
    const json_t *v = member(root, key);
    int64_t n = 0;
    enum opinion o = v ? integer(v, 0, max, &n) : YES;
    assert(!taken || (has == (v != NULL) && (!v || o == NO || n == got)));
    return o;
}

static enum opinion check_point(const json_t *root, const struct tlc_event *e, bool taken)
{
    const json_t *lon = member(root, "Longitude"), *lat = member(root, "Latitude");
    bool has = e->has & TLC_HAS_POINT;
    assert(!taken || has == (lon != NULL));
    if (!lon && !lat) {
        return YES;
    }
    if (!lon || !lat) {
        return NO;
    }
    return both(scaled(lon, 1e6, 180e6, e->lon_e6, taken),
                scaled(lat, 1e6, 90e6, e->lat_e6, taken));
}

static enum opinion check_optional(const json_t *root, const struct tlc_event *e, bool end,
                                   bool taken)
{
    enum opinion o = check_point(root, e, taken);
    if (!end) {
        return both(o, check_small(root, "PassengerCount", UINT8_MAX, e->passengers,
                                   e->has & TLC_HAS_PASSENGERS, taken));
    }
    const struct {
        const char *key;
        int32_t got;
        uint8_t has;
    } amounts[] = {{"TripDistance", e->distance_cmi, TLC_HAS_DISTANCE},
                   {"FareAmount", e->fare_cents, TLC_HAS_FARE},
                   {"TipAmount", e->tip_cents, TLC_HAS_TIP},
                   {"TotalAmount", e->total_cents, TLC_HAS_TOTAL}};
    for (size_t i = 0; i < TLC_COUNT(amounts); i++) {
        o = both(
            o, check_amount(root, amounts[i].key, amounts[i].got, e->has & amounts[i].has, taken));
    }
    return both(o, check_small(root, "PaymentType", TLC_PAYMENT_MAX, e->payment,
                               e->has & TLC_HAS_PAYMENT, taken));
}

static enum opinion check_event(const json_t *root, const struct tlc_event *e, bool end, bool taken)
{
    int64_t id = 0, vendor = 0;
    enum opinion o = integer(member(root, "TripID"), 1, TLC_TRIP_ID_MAX, &id);
    if (o != NO) {
        assert(!taken || id == e->trip_id);
        o = tlc_tripid_valid(id) ? o : NO;
    }
    enum opinion v = integer(member(root, "VendorID"), 0, TLC_VENDOR_MAX, &vendor);
    assert(!taken || v == NO || vendor == e->vendor_id);
    o = both(o, v);
    o = both(o, check_time(root, e, taken));
    o = both(o, check_zone(root, e, taken));
    return both(o, check_optional(root, e, end, taken));
}

static void check_opinion(enum opinion o, bool taken)
{
    assert(o == UNSURE || (o == YES) == taken);
}

/* jansson could read it: the codec's kind and values must be those of this tree. */
static void check_tree(const json_t *root, enum tlc_json_kind kind, const struct tlc_event *e)
{
    struct tlc_str status = text(member(root, "Status"));
    bool taken = kind == TLC_JSON_EVENT || kind == TLC_JSON_REWRITTEN;
    bool open = tlc_str_eq(status, TLC_STR("open"));
    if (open || tlc_str_eq(status, TLC_STR("closed"))) {
        int64_t source = 0;
        enum opinion o = integer(member(root, "Source"), 1, INT32_MAX, &source);
        o = o != NO && !tlc_source_valid((int32_t)source) ? NO : o;
        assert(!taken);
        check_opinion(o, kind == TLC_JSON_MARK);
        assert(kind != TLC_JSON_MARK ||
               (e->trip_id == source && e->status == (open ? TLC_MARK_OPEN : TLC_MARK_CLOSED)));
        return;
    }
    assert(kind != TLC_JSON_MARK);
    bool end = tlc_str_eq(status, TLC_STR("end"));
    if (!end && !tlc_str_eq(status, TLC_STR("start"))) {
        assert(!taken);
        return;
    }
    assert(!taken || e->status == (end ? TLC_END : TLC_START));
    check_opinion(check_event(root, e, end, taken), taken);
}

static void check_against_jansson(struct tlc_str line, enum tlc_json_kind kind, enum tlc_rule rule,
                                  const struct tlc_event *e)
{
    if (line.n > 0 && memchr(line.p, '\0', line.n)) { /* jansson takes one behind a number */
        assert(kind == TLC_JSON_BAD);
        return;
    }
    json_error_t error;
    json_t *root = json_loadb(line.p, line.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    enum json_error_code code = root ? json_error_unknown : json_error_code(&error);
    bool beyond_jansson = code == json_error_numeric_overflow ||
                          code == json_error_stack_overflow || code == json_error_null_byte_in_key;
    if (!root && !beyond_jansson) {
        assert(kind == TLC_JSON_BAD);
        assert(rule == TLC_RULE_NOT_JSON || rule == TLC_RULE_DUPLICATE_KEY ||
               rule == TLC_RULE_TOO_LARGE);
    } else if (root && !json_is_object(root)) {
        assert(kind == TLC_JSON_BAD);
    } else if (root && !(kind == TLC_JSON_BAD &&
                         (rule == TLC_RULE_DUPLICATE_KEY || rule == TLC_RULE_TOO_LARGE ||
                          rule == TLC_RULE_NOT_JSON))) {
        check_tree(root, kind, e);
    } else if (root && rule == TLC_RULE_NOT_JSON) {
        /* Nested deeper than the codec follows: the only syntax that just one of them takes. */
        size_t opens = 0;
        for (size_t i = 0; i < line.n; i++) {
            opens += line.p[i] == '[' || line.p[i] == '{';
        }
        assert(opens > 32);
    }
    json_decref(root);
}

/* What was taken has one canonical form, and that form is taken strictly and as it stands. */
static void check_round_trip(struct tlc_str line, enum tlc_json_kind kind,
                             const struct tlc_event *e)
{
    char out[TLC_JSON_MAX];
    struct tlc_event again, tolerant;
    enum tlc_rule rule;
    const char *at;
    struct tlc_str canonical = {out, tlc_json_encode(e, out)};
    assert(canonical.n <= TLC_JSON_MAX);
    assert(kind != TLC_JSON_EVENT || tlc_str_eq(canonical, line));
    assert(tlc_json_decode(canonical, &again, &rule, &at) == TLC_JSON_EVENT);
    assert(tlc_event_equal(e, &again));
    assert(tlc_json_decode_tolerant(canonical, &tolerant, &rule, &at) == TLC_JSON_REWRITTEN);
    assert(tlc_event_equal(e, &tolerant));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct tlc_str line = {(const char *)data, size};
    struct tlc_event e = {0};
    enum tlc_rule rule = TLC_RULE_NONE;
    const char *at = NULL;
    enum tlc_json_kind kind = tlc_json_decode(line, &e, &rule, &at);
    if (kind == TLC_JSON_BAD) {
        assert(rule != TLC_RULE_NONE && tlc_rule_info(rule)->level == TLC_LEVEL_REJECT);
        assert(size == 0 || (at >= line.p && at <= line.p + line.n));
    } else if (kind != TLC_JSON_MARK) {
        check_round_trip(line, kind, &e);
    }
    check_against_jansson(line, kind, rule, &e);
    return 0;
}
