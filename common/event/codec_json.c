#include "common/event/codec_json.h"

#include <assert.h>

#include "common/event/codec_json_tolerant.h"
#include "common/event/ny_time.h"
#include "common/event/tripid.h"

/* ---- encode ---- */

#define PUT(dst, literal) put((dst), (literal), sizeof(literal) - 1)

static inline char *put(char *dst, const char *text, size_t n)
{
    memcpy(dst, text, n);
    return dst + n;
}

static inline char *put_digits(char *dst, uint32_t v, int n)
{
    for (int i = n - 1; i >= 0; i--) {
        dst[i] = (char)('0' + v % 10);
        v /= 10;
    }
    return dst + n;
}

static inline char *put_uint(char *dst, uint32_t v)
{
    int n = 1;
    for (uint32_t rest = v / 10; rest; rest /= 10) {
        n++;
    }
    return put_digits(dst, v, n);
}

/* v / unit with its decimals behind the point; unit = 10^decimals. */
static inline char *put_fixed(char *dst, int32_t v, uint32_t unit, int decimals)
{
    const uint32_t size = v < 0 ? 0U - (uint32_t)v : (uint32_t)v;
    if (v < 0) {
        *dst++ = '-';
    }
    dst = put_uint(dst, size / unit);
    *dst++ = '.';
    return put_digits(dst, size % unit, decimals);
}

static char *put_end(char *p, const struct tlc_event *e)
{
    if (e->has & TLC_HAS_DISTANCE) {
        p = put_fixed(PUT(p, ",\"TripDistance\":"), e->distance_cmi, 100, 2);
    }
    if (e->has & TLC_HAS_PAYMENT) {
        p = put_uint(PUT(p, ",\"PaymentType\":"), e->payment);
    }
    if (e->has & TLC_HAS_FARE) {
        p = put_fixed(PUT(p, ",\"FareAmount\":"), e->fare_cents, 100, 2);
    }
    if (e->has & TLC_HAS_TIP) {
        p = put_fixed(PUT(p, ",\"TipAmount\":"), e->tip_cents, 100, 2);
    }
    if (e->has & TLC_HAS_TOTAL) {
        p = put_fixed(PUT(p, ",\"TotalAmount\":"), e->total_cents, 100, 2);
    }
    return p;
}

size_t tlc_json_encode(const struct tlc_event *e, char dst[TLC_JSON_MAX])
{
    assert(tlc_tripid_valid(e->trip_id));
    char *p = PUT(dst, "{\"TripID\":");
    p = put_digits(p, (uint32_t)(e->trip_id / 100000000), 8); /* a valid id has 16 digits */
    p = put_digits(p, (uint32_t)(e->trip_id % 100000000), 8);
    p = put_uint(PUT(p, ",\"VendorID\":"), e->vendor_id);
    p = PUT(p, ",\"Datetime\":\"");
    tlc_ny_format(e->at_s, p);
    p += TLC_NY_TEXT_N;
    p = e->status == TLC_START ? PUT(p, "\",\"Status\":\"start\",\"ZoneID\":")
                               : PUT(p, "\",\"Status\":\"end\",\"ZoneID\":");
    p = put_uint(p, e->zone_id);
    if (e->has & TLC_HAS_POINT) {
        p = put_fixed(PUT(p, ",\"Longitude\":"), e->lon_e6, 1000000, 6);
        p = put_fixed(PUT(p, ",\"Latitude\":"), e->lat_e6, 1000000, 6);
    }
    if (e->status == TLC_END) {
        p = put_end(p, e);
    } else if (e->has & TLC_HAS_PASSENGERS) {
        p = put_uint(PUT(p, ",\"PassengerCount\":"), e->passengers);
    }
    *p++ = '}';
    return (size_t)(p - dst);
}

size_t tlc_json_encode_mark(int32_t source, enum tlc_mark mark, char dst[TLC_JSON_MAX])
{
    assert(tlc_source_valid(source));
    char *p = put_uint(PUT(dst, "{\"Source\":"), (uint32_t)source);
    p = mark == TLC_MARK_OPEN ? PUT(p, ",\"Status\":\"open\"}") : PUT(p, ",\"Status\":\"closed\"}");
    return (size_t)(p - dst);
}

/* ---- decode, strict: takes exactly the bytes that encode writes ---- */

struct scan {
    const char *p, *end;
};

#define TAKE(s, literal) take((s), (literal), sizeof(literal) - 1)

static inline bool take(struct scan *s, const char *text, size_t n)
{
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, text, n) != 0) {
        return false;
    }
    s->p += n;
    return true;
}

/* Eight digits at once: pairs, then fours, then all. Known as SWAR digit parsing. */
static inline bool take_eight(struct scan *s, uint32_t *ret)
{
    if (s->end - s->p < 8) {
        return false;
    }
    uint64_t w = tlc_load_8(s->p);
    const uint64_t sixes = UINT64_C(0x0606060606060606), high = UINT64_C(0xf0f0f0f0f0f0f0f0);
    const uint64_t zeros = UINT64_C(0x3030303030303030);
    if ((w & high) != zeros || ((w + sixes) & high) != zeros) {
        return false;
    }
    w -= zeros;
    w = w * 10 + (w >> 8);
    const uint64_t low = (w & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x000f424000000064);
    const uint64_t odd = ((w >> 16) & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x0000271000000001);
    *ret = (uint32_t)((low + odd) >> 32);
    s->p += 8;
    return true;
}

/* Digits without a leading zero, at most nine. */
static inline bool take_uint(struct scan *s, uint32_t max, uint32_t *ret)
{
    const char *from = s->p, *p = s->p;
    uint32_t v = 0;
    while (p < s->end && (unsigned char)(*p - '0') <= 9 && p - from < 9) {
        v = v * 10 + (uint32_t)(*p++ - '0');
    }
    s->p = p;
    *ret = v;
    return p > from && (*from != '0' || p - from == 1) && v <= max;
}

static inline bool take_fixed(struct scan *s, int decimals, uint32_t unit, uint32_t max,
                              int32_t *ret)
{
    uint32_t whole;
    const bool negative = s->p < s->end && *s->p == '-';
    s->p += negative;
    if (!take_uint(s, max / unit, &whole) || s->end - s->p < decimals + 1 || *s->p != '.') {
        return false;
    }
    uint32_t v = whole;
    for (int i = 1; i <= decimals; i++) {
        const unsigned digit = (unsigned)(unsigned char)s->p[i] - '0';
        if (digit > 9) {
            return false;
        }
        v = v * 10 + digit;
    }
    s->p += decimals + 1;
    *ret = negative ? -(int32_t)v : (int32_t)v;
    return v <= max && !(negative && v == 0);
}

static bool scan_head(struct scan *s, struct tlc_event *e)
{
    uint32_t high, low, vendor, zone;
    if (!TAKE(s, "{\"TripID\":") || !take_eight(s, &high) || !take_eight(s, &low) ||
        !TAKE(s, ",\"VendorID\":") || !take_uint(s, TLC_VENDOR_MAX, &vendor) ||
        !TAKE(s, ",\"Datetime\":\"") || s->end - s->p < TLC_NY_TEXT_N ||
        !tlc_ny_parse(s->p, &e->at_s)) {
        return false;
    }
    s->p += TLC_NY_TEXT_N;
    if (TAKE(s, "\",\"Status\":\"start\",\"ZoneID\":")) {
        e->status = TLC_START;
    } else if (TAKE(s, "\",\"Status\":\"end\",\"ZoneID\":")) {
        e->status = TLC_END;
    } else {
        return false;
    }
    if (!take_uint(s, TLC_ZONE_MAX, &zone)) {
        return false;
    }
    e->trip_id = (int64_t)high * 100000000 + low;
    e->vendor_id = (uint16_t)vendor;
    e->zone_id = (uint16_t)zone;
    return zone >= 1 && tlc_tripid_valid(e->trip_id) && e->at_s >= TLC_TIME_MIN_S &&
           e->at_s < TLC_TIME_MAX_S;
}

static inline bool scan_money(struct scan *s, struct tlc_event *e, uint8_t has, int32_t *ret)
{
    e->has |= has;
    return take_fixed(s, 2, 100, TLC_CENTS_MAX, ret);
}

static bool scan_end(struct scan *s, struct tlc_event *e)
{
    uint32_t payment;
    if (TAKE(s, ",\"TripDistance\":") && !scan_money(s, e, TLC_HAS_DISTANCE, &e->distance_cmi)) {
        return false;
    }
    if (TAKE(s, ",\"PaymentType\":")) {
        if (!take_uint(s, TLC_PAYMENT_MAX, &payment)) {
            return false;
        }
        e->payment = (uint8_t)payment;
        e->has |= TLC_HAS_PAYMENT;
    }
    if (TAKE(s, ",\"FareAmount\":") && !scan_money(s, e, TLC_HAS_FARE, &e->fare_cents)) {
        return false;
    }
    if (TAKE(s, ",\"TipAmount\":") && !scan_money(s, e, TLC_HAS_TIP, &e->tip_cents)) {
        return false;
    }
    return !TAKE(s, ",\"TotalAmount\":") || scan_money(s, e, TLC_HAS_TOTAL, &e->total_cents);
}

static bool scan_event(struct scan *s, struct tlc_event *e)
{
    uint32_t passengers;
    if (!scan_head(s, e)) {
        return false;
    }
    if (TAKE(s, ",\"Longitude\":")) {
        if (!take_fixed(s, 6, 1000000, TLC_LON_MAX, &e->lon_e6) || !TAKE(s, ",\"Latitude\":") ||
            !take_fixed(s, 6, 1000000, TLC_LAT_MAX, &e->lat_e6)) {
            return false;
        }
        e->has |= TLC_HAS_POINT;
    }
    if (e->status == TLC_END) {
        if (!scan_end(s, e)) {
            return false;
        }
    } else if (TAKE(s, ",\"PassengerCount\":")) {
        if (!take_uint(s, UINT8_MAX, &passengers)) {
            return false;
        }
        e->passengers = (uint8_t)passengers;
        e->has |= TLC_HAS_PASSENGERS;
    }
    return TAKE(s, "}") && s->p == s->end;
}

enum tlc_json_kind tlc_json_decode(struct tlc_str line, struct tlc_event *ret,
                                   enum tlc_rule *ret_rule, const char **ret_at)
{
    if (line.n > 0 && line.n <= TLC_JSON_MAX) {
        struct scan s = {line.p, line.p + line.n};
        struct tlc_event e = {0};
        if (scan_event(&s, &e)) {
            *ret = e;
            return TLC_JSON_EVENT;
        }
    }
    return tlc_json_decode_tolerant(line, ret, ret_rule, ret_at);
}

/* ---- month of the source ---- */

enum tlc_rule tlc_event_in_month(const struct tlc_event *e, int64_t slack_s, int64_t now_s)
{
    static _Thread_local struct {
        int64_t slack_s, from_s, to_s;
        int32_t source; /* 0 is no source */
        bool any_month;
    } last;
    const int32_t source = tlc_tripid_source(e->trip_id);
    if (source != last.source || slack_s != last.slack_s) {
        last.source = source;
        last.slack_s = slack_s;
        last.any_month = tlc_source_month(source) == 0;
        tlc_source_span(source, slack_s, &last.from_s, &last.to_s);
    }
    if (e->at_s < last.from_s || e->at_s >= last.to_s) {
        return TLC_RULE_OUTSIDE_MONTH;
    }
    return last.any_month && now_s >= 0 && e->at_s > now_s + TLC_FUTURE_SLACK_S
               ? TLC_RULE_IN_THE_FUTURE
               : TLC_RULE_NONE;
}
