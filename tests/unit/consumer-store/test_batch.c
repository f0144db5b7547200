#include "tests/support/unit.h"

#include "consumer-store/batch.h"
#include "consumer-store/copy.h"

#define GREEN 2202401
#define YELLOW 1202401
#define JANUARY_S INT64_C(1704085200) /* 2024-01-01T00:00:00-05:00 */
#define JANUARY_DAY 6209              /* days from 2007-01-01 to 2024-01-01 */

static char text[TLC_JSON_MAX];

static struct tlc_kafka_message message(int32_t partition, int64_t offset, struct tlc_str value)
{
    return (struct tlc_kafka_message){
        .partition = partition, .offset = offset, .timestamp_ms = 1700000000000, .value = value};
}

static void add_text(struct batch *b, int32_t partition, int64_t offset, int64_t from,
                     const char *value)
{
    struct tlc_err err;
    struct tlc_kafka_message m = message(partition, offset, tlc_str_from(value));
    assert_int_equal(batch_add(b, &m, from, &err), TLC_OK);
}

static struct tlc_event event(int32_t source, int64_t row, int64_t at_s,
                              enum tlc_event_status status)
{
    return (struct tlc_event){.trip_id = tlc_tripid_make(source, row),
                              .at_s = at_s,
                              .zone_id = 74,
                              .vendor_id = 2,
                              .status = (uint8_t)status};
}

static void add_event(struct batch *b, int32_t partition, int64_t offset, struct tlc_event e)
{
    struct tlc_err err;
    struct tlc_str value = {text, tlc_json_encode(&e, text)};
    struct tlc_kafka_message m = message(partition, offset, value);
    assert_int_equal(batch_add(b, &m, offset, &err), TLC_OK);
}

static const struct batch_group *group_of(const struct batch *b, int32_t source,
                                          enum tlc_event_status status)
{
    for (size_t i = 0; i < b->groups_n; i++) {
        if (b->groups[i]->source == source && b->groups[i]->status == status) {
            return b->groups[i];
        }
    }
    fail();
    return NULL;
}

static void encode(struct batch *b)
{
    struct tlc_err err;
    assert_int_equal(batch_encode(b, &err), TLC_OK);
}

static bool has_day(const struct batch_group *g, int day)
{
    return (g->days[day / 64] >> (day % 64) & 1) != 0;
}

static void add__events_of_two_sources__four_groups(void **state)
{
    (void)state;
    struct batch b;
    batch_init(&b);
    assert_true(batch_empty(&b));
    for (int i = 0; i < 10; i++) {
        int32_t source = i % 2 ? GREEN : YELLOW;
        add_event(&b, 0, 2 * i, event(source, i + 1, JANUARY_S, TLC_START));
        add_event(&b, 1, 2 * i + 1, event(source, i + 1, JANUARY_S + 60, TLC_END));
    }
    assert_int_equal(b.groups_n, 4);
    assert_int_equal(b.rows_n, 20);
    assert_int_equal(b.parts_n, 2);
    encode(&b);
    const struct batch_group *g = group_of(&b, GREEN, TLC_END);
    assert_int_equal(g->rows, 5);
    /* the header and each row by itself */
    struct tlc_buf want;
    tlc_buf_init(&want, 10000);
    assert_true(copy_encode_header(&want));
    for (int i = 1; i < 10; i += 2) {
        struct tlc_event e = event(GREEN, i + 1, JANUARY_S + 60, TLC_END);
        assert_true(copy_encode_event(&want, &e));
    }
    assert_int_equal(g->copy.n, want.n);
    assert_memory_equal(g->copy.p, want.p, want.n);
    tlc_buf_release(&want);
    batch_release(&b);
}

/* Ascending within a group whatever the order of arrival; equal ids stay in that order. */
static void encode__any_order__rows_by_id(void **state)
{
    (void)state;
    static const int64_t rows[] = {999999999, 1, 1048576, 1024, 1, 1023, 5, 1073741, 2, 1048575};
    static const int64_t sorted[] = {1, 1, 2, 5, 1023, 1024, 1048575, 1048576, 1073741, 999999999};
    struct batch b;
    struct tlc_buf want;
    batch_init(&b);
    tlc_buf_init(&want, 10000);
    for (int round = 0; round < 2; round++) { /* and again after more came */
        tlc_buf_reset(&want);
        assert_true(copy_encode_header(&want));
        for (size_t i = 0; i < TLC_COUNT(rows); i++) {
            struct tlc_event e = event(GREEN, rows[i], JANUARY_S + rows[i] % 1000, TLC_START);
            add_event(&b, 0, round * 10 + (int64_t)i, e);
            for (int copies = 0; copies <= round; copies++) {
                e = event(GREEN, sorted[i], JANUARY_S + sorted[i] % 1000, TLC_START);
                assert_true(copy_encode_event(&want, &e));
            }
        }
        encode(&b);
        const struct batch_group *g = group_of(&b, GREEN, TLC_START);
        assert_int_equal(g->copy.n, want.n);
        assert_memory_equal(g->copy.p, want.p, want.n);
    }
    tlc_buf_release(&want);
    batch_release(&b);
}

static void add__part__spans_what_was_read(void **state)
{
    (void)state;
    struct batch b;
    batch_init(&b);
    add_text(&b, 3, 10, 7, "not json"); /* 7 to 9 were nothing for us */
    add_event(&b, 3, 11, event(GREEN, 1, JANUARY_S, TLC_START));
    add_text(&b, 3, 15, 12, "{\"Source\":2202401,\"Status\":\"closed\"}");
    const struct batch_part *p = batch_part_find(&b, 3);
    assert_non_null(p);
    assert_int_equal(p->from, 7);
    assert_int_equal(p->to, 16);
    assert_int_equal(p->read, 3);
    assert_int_equal(p->rows, 1);
    assert_int_equal(p->refused, 1);
    assert_int_equal(p->marks, 1);
    assert_true(batch_part_pending(p));
    assert_null(batch_part_find(&b, 0));
    assert_int_equal(b.marks[0].source, GREEN);
    assert_int_equal(b.refused[0].offset, 10);
    assert_int_equal(b.refused[0].rule, TLC_RULE_NOT_JSON);
    assert_int_equal(b.refused[0].payload.n, 8);
    batch_release(&b);
}

static void add__refused__by_the_rule_that_says_why(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum tlc_rule rule;
    } cases[] = {
        {"", TLC_RULE_NOT_JSON},
        {"[]", TLC_RULE_NOT_JSON},
        {"{}", TLC_RULE_MISSING_KEY},
        {"{\"Source\":1,\"Status\":\"closed\"}", TLC_RULE_BAD_MARK},
        {"{\"TripID\":2202401000000001,\"VendorID\":2,\"Datetime\":\"2024-01-01T00:00:00-05:00\","
         "\"Status\":\"start\",\"ZoneID\":266}",
         TLC_RULE_BAD_ZONE},
        {"{\"TripID\":2202401000000001,\"VendorID\":2,\"Datetime\":\"2024-02-04T00:00:00-05:00\","
         "\"Status\":\"start\",\"ZoneID\":1}",
         TLC_RULE_OUTSIDE_MONTH},
        /* by Kafka's timestamp, in November 2023 */
        {"{\"TripID\":9000000000000001,\"VendorID\":2,\"Datetime\":\"2024-01-01T00:00:00-05:00\","
         "\"Status\":\"start\",\"ZoneID\":1}",
         TLC_RULE_IN_THE_FUTURE},
    };
    struct batch b;
    batch_init(&b);
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        add_text(&b, 0, (int64_t)i, 0, cases[i].value);
        assert_int_equal(b.refused[i].rule, cases[i].rule);
    }
    assert_int_equal(b.rows_n, 0);
    batch_release(&b);
}

static void add__tombstone__refused_without_payload(void **state)
{
    (void)state;
    struct batch b;
    struct tlc_err err;
    batch_init(&b);
    struct tlc_kafka_message m = message(0, 0, (struct tlc_str){NULL, 0});
    assert_int_equal(batch_add(&b, &m, 0, &err), TLC_OK);
    assert_int_equal(b.refused_n, 1);
    assert_null(b.refused[0].payload.p);
    batch_release(&b);
}

static void add__huge_refused_messages__cut_and_soon_full(void **state)
{
    (void)state;
    struct batch b;
    struct tlc_err err;
    static char huge[1 << 20];
    memset(huge, 'x', sizeof(huge));
    batch_init(&b);
    int64_t n = 0;
    while (!batch_full(&b, 1000000)) {
        struct tlc_kafka_message m = message(0, n++, (struct tlc_str){huge, sizeof(huge)});
        assert_int_equal(batch_add(&b, &m, 0, &err), TLC_OK);
    }
    assert_int_equal(n, BATCH_PAYLOADS_FULL / BATCH_PAYLOAD_MAX);
    assert_int_equal(b.refused[0].payload.n, BATCH_PAYLOAD_MAX);
    assert_true(b.payloads.total <= BATCH_PAYLOADS_MAX);
    batch_release(&b);
}

static void add__days__on_new_yorks_calendar(void **state)
{
    (void)state;
    static const struct {
        int32_t month;
        int64_t at_s;
        int day; /* since 2007-01-01 */
    } cases[] = {
        {202401, JANUARY_S, JANUARY_DAY},
        {202401, JANUARY_S + 86399, JANUARY_DAY},
        {202401, JANUARY_S + 86400, JANUARY_DAY + 1},
        {202401, JANUARY_S - 1, JANUARY_DAY - 1},
        {202403, 1710043199, JANUARY_DAY + 68}, /* 2024-03-09T22:59:59-05:00 */
        {202403, 1710129599, JANUARY_DAY + 69}, /* 2024-03-10T23:59:59-04:00, a day of 23 hours */
        {202403, 1710129600, JANUARY_DAY + 70},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct batch b;
        batch_init(&b);
        int32_t source = tlc_source_make(TLC_GREEN, cases[i].month);
        add_event(&b, 0, 0, event(source, 1, cases[i].at_s, TLC_START));
        const struct batch_group *g = group_of(&b, source, TLC_START);
        for (int day = JANUARY_DAY - 2; day < JANUARY_DAY + 100; day++) {
            assert_int_equal(has_day(g, day), day == cases[i].day);
        }
        batch_release(&b);
    }
}

static void add__hour_after_hour__every_day_marked(void **state)
{
    (void)state;
    struct batch b;
    batch_init(&b);
    int32_t source = tlc_source_make(TLC_GREEN, 202411); /* November 3 has 25 hours */
    int64_t from_s = 1730433600;                         /* 2024-11-01T00:00:00-04:00 */
    for (int64_t i = 0; i < 5 * 24 * 4; i++) {
        add_event(&b, 0, i, event(source, i + 1, from_s + i * 900, TLC_START));
    }
    const struct batch_group *g = group_of(&b, source, TLC_START);
    int marked = 0;
    for (int day = 0; day < BATCH_DAYS; day++) {
        marked += has_day(g, day);
    }
    assert_int_equal(marked, 5);
    assert_true(has_day(g, JANUARY_DAY + 305));
    batch_release(&b);
}

static void drop__one_partition__the_other_stays_whole(void **state)
{
    (void)state;
    struct batch b;
    struct tlc_err err;
    batch_init(&b);
    for (int i = 0; i < 8; i++) {
        add_event(&b, i % 2, i, event(GREEN, i + 1, JANUARY_S, TLC_START));
    }
    add_text(&b, 0, 8, 0, "x");
    add_text(&b, 1, 9, 0, "y");
    add_text(&b, 1, 10, 0, "{\"Source\":2202401,\"Status\":\"closed\"}");
    encode(&b); /* as in the sink, when a part is found fenced */
    assert_int_equal(batch_drop(&b, 1, BATCH_FENCED, &err), TLC_OK);
    assert_int_equal(b.rows_n, 4);
    assert_int_equal(b.refused_n, 1);
    assert_int_equal(b.marks_n, 0);
    const struct batch_part *p = batch_part_find(&b, 1);
    assert_int_equal(p->read, 0);
    assert_int_equal(p->outcome, BATCH_FENCED);
    assert_false(batch_part_pending(p));
    const struct batch_group *g = group_of(&b, GREEN, TLC_START);
    assert_int_equal(g->rows, 4);
    struct tlc_buf want;
    tlc_buf_init(&want, 10000);
    assert_true(copy_encode_header(&want));
    for (int i = 0; i < 8; i += 2) {
        struct tlc_event e = event(GREEN, i + 1, JANUARY_S, TLC_START);
        assert_true(copy_encode_event(&want, &e));
    }
    assert_int_equal(g->copy.n, want.n);
    assert_memory_equal(g->copy.p, want.p, want.n);
    tlc_buf_release(&want);
    batch_release(&b);
}

static void drop__partition_comes_back__begins_anew(void **state)
{
    (void)state;
    struct batch b;
    struct tlc_err err;
    batch_init(&b);
    add_text(&b, 0, 5, 5, "x");
    assert_int_equal(batch_drop(&b, 0, BATCH_OPEN, &err), TLC_OK);
    add_text(&b, 0, 3, 3, "y");
    const struct batch_part *p = batch_part_find(&b, 0);
    assert_int_equal(p->from, 3);
    assert_int_equal(p->to, 4);
    assert_int_equal(p->read, 1);
    assert_int_equal(b.parts_n, 1);
    batch_release(&b);
}

static void reset__memory_kept__content_gone(void **state)
{
    (void)state;
    struct batch b;
    batch_init(&b);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 200; i++) {
            add_event(&b, 0, i, event(GREEN, i + 1, JANUARY_S + i, TLC_START));
        }
        assert_int_equal(b.rows_n, 200);
        assert_int_equal(group_of(&b, GREEN, TLC_START)->rows, 200);
        const struct batch_row *rows = b.rows;
        batch_reset(&b);
        assert_true(batch_empty(&b));
        assert_int_equal(b.groups_n, 0);
        assert_ptr_equal(b.rows, rows);
    }
    batch_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add__events_of_two_sources__four_groups),
        cmocka_unit_test(encode__any_order__rows_by_id),
        cmocka_unit_test(add__part__spans_what_was_read),
        cmocka_unit_test(add__refused__by_the_rule_that_says_why),
        cmocka_unit_test(add__tombstone__refused_without_payload),
        cmocka_unit_test(add__huge_refused_messages__cut_and_soon_full),
        cmocka_unit_test(add__days__on_new_yorks_calendar),
        cmocka_unit_test(add__hour_after_hour__every_day_marked),
        cmocka_unit_test(drop__one_partition__the_other_stays_whole),
        cmocka_unit_test(drop__partition_comes_back__begins_anew),
        cmocka_unit_test(reset__memory_kept__content_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
