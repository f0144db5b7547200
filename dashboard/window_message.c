#include "dashboard/window_message.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/event/event.h"
#include "common/event/tripid.h"
#include "common/io/json.h"

#define REFUSAL_NAME(id, name) [id] = (name),
static const char *const refusal_names[WINDOW_REFUSALS_N] = {WINDOW_REFUSALS(REFUSAL_NAME)};

static int get_array(const json_t *object, const char *key, size_t max, const json_t **ret_array,
                     struct tlc_err *err)
{
    const json_t *a = json_object_get(object, key);
    if (!json_is_array(a)) {
        return tlc_err_set(err, TLC_REFUSE, "key \"%s\" is %s", key,
                           a == NULL ? "missing" : "no array");
    }
    if (json_array_size(a) > max) {
        return tlc_err_set(err, TLC_REFUSE, "key \"%s\" has %zu entries, more than %zu", key,
                           json_array_size(a), max);
    }
    *ret_array = a;
    return TLC_OK;
}

/* Entry i of array as a tuple of n integers within their limits. */
static int get_tuple(const json_t *array, size_t i, size_t n, const int64_t (*limits)[2],
                     int64_t *ret_values, struct tlc_err *err)
{
    const json_t *tuple = json_array_get(array, i);
    if (!json_is_array(tuple) || json_array_size(tuple) != n) {
        return tlc_err_set(err, TLC_REFUSE, "entry %zu is no array of %zu integers", i, n);
    }
    for (size_t k = 0; k < n; k++) {
        const json_t *v = json_array_get(tuple, k);
        int64_t x = json_is_integer(v) ? json_integer_value(v) : INT64_MIN;
        if (x < limits[k][0] || x > limits[k][1]) {
            return tlc_err_set(err, TLC_REFUSE,
                               "entry %zu: number %zu is no integer within %" PRId64 " to %" PRId64,
                               i, k, limits[k][0], limits[k][1]);
        }
        ret_values[k] = x;
    }
    return TLC_OK;
}

static int decode_zones(const json_t *array, struct window_zone *dst, int64_t *ret_sum,
                        struct tlc_err *err)
{
    static const int64_t limits[2][2] = {{1, WINDOW_ZONES - 1}, {1, WINDOW_COUNT_MAX}};
    int64_t sum = 0, last = 0;
    for (size_t i = 0; i < json_array_size(array); i++) {
        int64_t v[2];
        if (get_tuple(array, i, 2, limits, v, err) != TLC_OK) {
            return err->cls;
        }
        if (v[0] <= last) {
            return tlc_err_set(err, TLC_REFUSE, "entry %zu: zone %" PRId64 " is not above %" PRId64,
                               i, v[0], last);
        }
        last = v[0];
        sum += v[1];
        dst[i] = (struct window_zone){(uint32_t)v[0], (uint32_t)v[1]};
    }
    *ret_sum = sum;
    return TLC_OK;
}

static int decode_routes(const json_t *array, struct window_route *dst, int64_t trips_max,
                         struct tlc_err *err)
{
    static const int64_t limits[4][2] = {{1, WINDOW_ZONES - 1},
                                         {1, WINDOW_ZONES - 1},
                                         {1, WINDOW_COUNT_MAX},
                                         {0, TLC_WINDOW_RIDE_S_MAX}};
    int64_t trips = 0, last = 0;
    for (size_t i = 0; i < json_array_size(array); i++) {
        int64_t v[4];
        if (get_tuple(array, i, 4, limits, v, err) != TLC_OK) {
            return err->cls;
        }
        int64_t key = v[0] * WINDOW_ZONES + v[1];
        if (key <= last) {
            return tlc_err_set(err, TLC_REFUSE, "entry %zu: routes are not ascending", i);
        }
        last = key;
        trips += v[2];
        dst[i] = (struct window_route){(uint16_t)v[0], (uint16_t)v[1], (uint32_t)v[2], v[3]};
    }
    if (trips > trips_max) {
        return tlc_err_set(err, TLC_REFUSE,
                           "%" PRId64 " trips, more than the %" PRId64 " matched ones", trips,
                           trips_max);
    }
    return TLC_OK;
}

static int decode_bins(const json_t *object, struct window *w, struct tlc_err *err)
{
    const json_t *array;
    if (get_array(object, "ride_bins", WINDOW_BINS, &array, err) != TLC_OK) {
        return err->cls;
    }
    int64_t sum = 0;
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *v = json_array_get(array, i);
        int64_t n = json_is_integer(v) ? json_integer_value(v) : -1;
        if (n < 0 || n > WINDOW_COUNT_MAX) {
            return tlc_err_set(err, TLC_REFUSE,
                               "ride_bins: entry %zu is no integer within 0 to %" PRId64, i,
                               WINDOW_COUNT_MAX);
        }
        w->bins[i] = (uint32_t)n;
        sum += n;
    }
    if (sum != w->sums[WINDOW_MATCHED]) {
        return tlc_err_set(err, TLC_REFUSE, "ride_bins sum to %" PRId64 ", but matched is %" PRId64,
                           sum, w->sums[WINDOW_MATCHED]);
    }
    return TLC_OK;
}

static int decode_lists(const json_t *object, struct window *w, struct tlc_err *err)
{
    const json_t *starts, *ends, *routes;
    if (get_array(object, "starts", WINDOW_ZONES - 1, &starts, err) != TLC_OK ||
        get_array(object, "ends", WINDOW_ZONES - 1, &ends, err) != TLC_OK ||
        get_array(object, "routes", TLC_WINDOW_ROUTES_MAX, &routes, err) != TLC_OK) {
        return err->cls;
    }
    if (!window_reserve(w, json_array_size(starts), json_array_size(ends),
                        json_array_size(routes))) {
        return tlc_err_set(err, TLC_RETRY, "no memory for a window");
    }
    if (decode_zones(starts, w->zones, &w->starts_n, err) != TLC_OK) {
        return tlc_err_note(err, "starts");
    }
    if (decode_zones(ends, w->zones + w->starts_len, &w->ends_n, err) != TLC_OK) {
        return tlc_err_note(err, "ends");
    }
    if (decode_routes(routes, w->routes, w->sums[WINDOW_MATCHED], err) != TLC_OK) {
        return tlc_err_note(err, "routes");
    }
    if (w->sums[WINDOW_MATCHED] > w->ends_n) {
        return tlc_err_set(err, TLC_REFUSE,
                           "matched is %" PRId64 ", more than the %" PRId64 " ends",
                           w->sums[WINDOW_MATCHED], w->ends_n);
    }
    return TLC_OK;
}

static int decode_owner(const json_t *object, bool zero_too, int32_t *ret_partition,
                        int32_t *ret_source, struct tlc_err *err)
{
    int64_t partition, source;
    if (!json_is_object(object)) {
        return tlc_err_set(err, TLC_REFUSE, "no object");
    }
    if (tlc_json_int(object, "partition", 0, TLC_WINDOW_PARTITIONS_MAX - 1, &partition, err) !=
            TLC_OK ||
        tlc_json_int(object, "source", 0, INT32_MAX, &source, err) != TLC_OK) {
        return err->cls;
    }
    if (!(zero_too && source == 0) && !tlc_source_valid((int32_t)source)) {
        return tlc_err_set(err, TLC_REFUSE, "source %" PRId64 " is none (dataset x 10^6 + yyyymm)",
                           source);
    }
    *ret_partition = (int32_t)partition;
    *ret_source = (int32_t)source;
    return TLC_OK;
}

static int decode_window(const json_t *object, int64_t window_s, struct window *w,
                         struct tlc_err *err)
{
    int64_t first_s, last_s, opening = 0;
    if (decode_owner(object, false, &w->partition, &w->source, err) != TLC_OK ||
        (json_object_get(object, "opening") != NULL &&
         tlc_json_int(object, "opening", 0, TLC_WINDOW_OPENINGS_MAX, &opening, err) != TLC_OK)) {
        return err->cls;
    }
    w->partition = window_partition(w->partition, (int32_t)opening);
    tlc_window_start_span(w->source, window_s, &first_s, &last_s);
    if (tlc_json_int(object, "start", first_s, last_s, &w->start_s, err) != TLC_OK ||
        tlc_json_int(object, "revision", 1, INT64_MAX, &w->revision, err) != TLC_OK) {
        return err->cls;
    }
    if (w->start_s % window_s != 0) {
        return tlc_err_set(err, TLC_REFUSE, "start %" PRId64 " is no multiple of window_s",
                           w->start_s);
    }
    const json_t *final = json_object_get(object, "final");
    if (!json_is_boolean(final)) {
        return tlc_err_set(err, TLC_REFUSE, "key \"final\" is neither true nor false");
    }
    w->final = json_is_true(final);
    for (size_t i = 0; i < WINDOW_SUMS_N; i++) {
        const struct window_sum_info *info = &window_sum_infos[i];
        if (tlc_json_int(object, info->key, info->min, info->max, &w->sums[i], err) != TLC_OK) {
            return err->cls;
        }
    }
    if (decode_bins(object, w, err) != TLC_OK) {
        return err->cls;
    }
    return decode_lists(object, w, err);
}

/* "longest", which a sender may leave out. */
static int decode_longest(const json_t *object, struct window_progress *p, struct tlc_err *err)
{
    const int64_t limits[3][2] = {
        {tlc_tripid_make(p->source, 1), tlc_tripid_make(p->source, TLC_ROW_MAX)},
        {TLC_TIME_MIN_S, TLC_TIME_MAX_S},
        {1, WINDOW_ZONES - 1}};
    const json_t *array;
    if (json_object_get(object, "longest") == NULL) {
        return TLC_OK;
    }
    if (get_array(object, "longest", WINDOW_LONGEST_MAX, &array, err) != TLC_OK) {
        return err->cls;
    }
    p->longest_told = true;
    for (size_t i = 0; i < json_array_size(array); i++) {
        int64_t v[3];
        if (get_tuple(array, i, 3, limits, v, err) != TLC_OK) {
            return tlc_err_note(err, "longest");
        }
        const struct window_trip trip = {v[0], v[1], (int32_t)v[2]};
        if (i > 0 && window_trip_order(&p->longest[i - 1], &trip) >= 0) {
            return tlc_err_set(err, TLC_REFUSE, "longest: entry %zu is not behind the one before",
                               i);
        }
        p->longest[p->longest_n++] = trip;
    }
    return TLC_OK;
}

static int decode_progress(const json_t *object, struct window_progress *p, struct tlc_err *err)
{
    if (decode_owner(object, true, &p->partition, &p->source, err) != TLC_OK) {
        return err->cls;
    }
    if (tlc_json_int(object, "position", 0, INT64_MAX, &p->position, err) != TLC_OK ||
        tlc_json_int(object, "late", 0, TLC_WINDOW_TOTAL_MAX, &p->late, err) != TLC_OK ||
        tlc_json_int(object, "refused", 0, TLC_WINDOW_TOTAL_MAX, &p->refused, err) != TLC_OK ||
        tlc_json_int(object, "watermark_s", INT64_MIN, INT64_MAX, &p->watermark_s, err) != TLC_OK ||
        tlc_json_int(object, "max_event_s", INT64_MIN, TLC_TIME_MAX_S, &p->max_event_s, err) !=
            TLC_OK) {
        return err->cls;
    }
    if (decode_longest(object, p, err) != TLC_OK) {
        return err->cls;
    }
    if (p->max_event_s < TLC_TIME_MIN_S) { /* no event yet */
        p->max_event_s = 0;
        return TLC_OK;
    }
    int64_t from_s, to_s;
    tlc_window_event_span(p->source, &from_s, &to_s);
    if (p->source != 0 && (p->max_event_s < from_s || p->max_event_s >= to_s)) {
        return tlc_err_set(err, TLC_REFUSE, "max_event_s lies outside the month of its source");
    }
    return TLC_OK;
}

/* --- the whole --- */

static int64_t number_or(const json_t *object, const char *key, int64_t other)
{
    const json_t *v = json_object_get(object, key);
    return json_is_integer(v) ? json_integer_value(v) : other;
}

/* What the list of a window that is wrong counts, as far as it says so. */
static int64_t events_of(const json_t *array)
{
    int64_t sum = 0;
    for (size_t i = 0; i < json_array_size(array) && i < WINDOW_ZONES; i++) {
        const json_t *v = json_array_get(json_array_get(array, i), 1);
        int64_t n = json_is_integer(v) ? json_integer_value(v) : 0;
        sum += n > 0 && n <= WINDOW_COUNT_MAX ? n : 0;
    }
    return sum;
}

const char *window_refusal_name(enum window_refusal_rule rule)
{
    return refusal_names[rule];
}

bool window_message_refuse(struct window_message *m, const struct window_refusal *refusal)
{
    if (m->refusals_n == m->refusals_cap) {
        size_t cap = m->refusals_cap == 0 ? 16 : 2 * m->refusals_cap;
        struct window_refusal *grown = realloc(m->refusals, cap * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        m->refusals = grown;
        m->refusals_cap = cap;
    }
    m->refusals[m->refusals_n++] = *refusal;
    return true;
}

/* Entry i of a list is wrong: it stays out, the others go on. */
static int refuse(struct window_message *m, enum window_refusal_rule rule, size_t i,
                  const json_t *object, struct tlc_err *err)
{
    if (err->cls != TLC_REFUSE) {
        return err->cls;
    }
    struct window_refusal r = {.rule = rule,
                               .partition = number_or(object, "partition", -1),
                               .source = number_or(object, "source", -1),
                               .start_s = number_or(object, "start", -1),
                               .revision = number_or(object, "revision", -1)};
    const int64_t opening = number_or(object, "opening", 0);
    if (r.partition >= 0 && r.partition < TLC_WINDOW_PARTITIONS_MAX && opening > 0 &&
        opening <= TLC_WINDOW_OPENINGS_MAX) {
        r.partition = window_partition((int32_t)r.partition, (int32_t)opening);
    }
    if (rule == WINDOW_BAD) {
        r.events = events_of(json_object_get(object, "starts")) +
                   events_of(json_object_get(object, "ends"));
    }
    bool named = r.partition >= 0 && r.source >= 0 && (rule != WINDOW_BAD || r.start_s >= 0);
    if (!named) {
        (void)tlc_err_note(err, "%s[%zu]", rule == WINDOW_BAD ? "windows" : "partitions", i);
    }
    (void)tlc_str_copy(r.text, sizeof r.text, tlc_str_from(err->text));
    return window_message_refuse(m, &r) ? TLC_OK
                                        : tlc_err_set(err, TLC_RETRY, "no memory for a message");
}

static int decode_windows(const json_t *array, struct window_message *m, struct tlc_err *err)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *object = json_array_get(array, i);
        struct window w = {.partition = 0};
        if (decode_window(object, m->window_s, &w, err) == TLC_OK) {
            m->windows[m->windows_n++] = w;
            continue;
        }
        window_release(&w);
        if (refuse(m, WINDOW_BAD, i, object, err) != TLC_OK) {
            return err->cls;
        }
    }
    return TLC_OK;
}

static int decode_partitions(const json_t *array, struct window_message *m, struct tlc_err *err)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *object = json_array_get(array, i);
        struct window_progress p = {.partition = 0};
        if (decode_progress(object, &p, err) == TLC_OK) {
            m->progress[m->progress_n++] = p;
        } else if (refuse(m, WINDOW_BAD_PROGRESS, i, object, err) != TLC_OK) {
            return err->cls;
        }
    }
    return TLC_OK;
}

/* "logs", which a sender may leave out. One that is wrong stays out. */
static void decode_logs(const json_t *array, struct window_message *m)
{
    static const int64_t limits[4][2] = {
        {0, TLC_WINDOW_PARTITIONS_MAX - 1}, {0, INT64_MAX}, {-1, INT64_MAX}, {0, UINT32_MAX}};
    for (size_t i = 0; i < json_array_size(array); i++) {
        int64_t v[4];
        struct tlc_err ignored;
        if (get_tuple(array, i, 4, limits, v, &ignored) == TLC_OK) {
            m->logs[v[0]] = (struct window_log){true, v[1], v[2], v[3]};
            m->logs_n = (size_t)v[0] >= m->logs_n ? (size_t)v[0] + 1 : m->logs_n;
        }
    }
}

static int decode_store_id(const json_t *store_id, struct window_message *m, struct tlc_err *err)
{
    const char *text = store_id ? json_string_value(store_id) : "";
    if (!text || !tlc_str_copy(m->store_id, sizeof m->store_id, tlc_str_from(text))) {
        return tlc_err_set(err, TLC_REFUSE, "store_id is no string of at most %d bytes",
                           TLC_STORE_ID_MAX);
    }
    return TLC_OK;
}

static int decode_all(const json_t *root, struct window_message *m, struct tlc_err *err)
{
    const json_t *windows, *partitions;
    if (!json_is_object(root)) {
        return tlc_err_set(err, TLC_REFUSE, "body is no JSON object");
    }
    if (tlc_json_int(root, "window_s", TLC_WINDOW_S_MIN, TLC_WINDOW_S_MAX, &m->window_s, err) !=
            TLC_OK ||
        tlc_json_int(root, "lateness_s", 0, TLC_LATENESS_S_MAX, &m->lateness_s, err) != TLC_OK ||
        get_array(root, "windows", TLC_WINDOW_MESSAGE_ENTRIES_MAX, &windows, err) != TLC_OK ||
        get_array(root, "partitions", TLC_WINDOW_MESSAGE_ENTRIES_MAX, &partitions, err) != TLC_OK) {
        return err->cls;
    }
    if (!tlc_window_width_valid(m->window_s)) {
        return tlc_err_set(err, TLC_REFUSE, "window_s %" PRId64 " does not divide a day",
                           m->window_s);
    }
    m->windows = calloc(json_array_size(windows) + 1, sizeof *m->windows);
    m->progress = calloc(json_array_size(partitions) + 1, sizeof *m->progress);
    m->logs = calloc(TLC_WINDOW_PARTITIONS_MAX, sizeof *m->logs);
    if (m->windows == NULL || m->progress == NULL || m->logs == NULL) {
        return tlc_err_set(err, TLC_RETRY, "no memory for a message");
    }
    decode_logs(json_object_get(root, "logs"), m);
    if (decode_store_id(json_object_get(root, "store_id"), m, err) != TLC_OK ||
        decode_windows(windows, m, err) != TLC_OK) {
        return err->cls;
    }
    return decode_partitions(partitions, m, err);
}

int window_message_decode(struct tlc_str body, struct window_message *ret_message,
                          struct tlc_err *err)
{
    json_t *root;
    int result = tlc_json_load(body, &root, err);
    if (result != TLC_OK) {
        return result;
    }
    struct window_message m = {.window_s = 0};
    result = decode_all(root, &m, err);
    json_decref(root);
    if (result != TLC_OK) {
        window_message_release(&m);
        return result;
    }
    *ret_message = m;
    return TLC_OK;
}

void window_message_release(struct window_message *m)
{
    for (size_t i = 0; i < m->windows_n; i++) {
        window_release(&m->windows[i]);
    }
    free(m->windows);
    free(m->progress);
    free(m->logs);
    free(m->refusals);
    *m = (struct window_message){.window_s = 0};
}
