#include "tests/support/unit.h"

#include <endian.h>

#include "consumer-store/copy.h"

#define SECOND_2000 INT64_C(946684800)

/* Reads what PostgreSQL's documentation calls a tuple. */
struct reader {
    const char *p;
};

static int16_t read_16(struct reader *r)
{
    uint16_t be;
    memcpy(&be, r->p, sizeof(be));
    r->p += sizeof(be);
    return (int16_t)be16toh(be);
}

static int32_t read_32(struct reader *r)
{
    uint32_t be;
    memcpy(&be, r->p, sizeof(be));
    r->p += sizeof(be);
    return (int32_t)be32toh(be);
}

static int64_t read_64(struct reader *r)
{
    uint64_t be;
    memcpy(&be, r->p, sizeof(be));
    r->p += sizeof(be);
    return (int64_t)be64toh(be);
}

static int64_t field(struct reader *r, int32_t length)
{
    assert_int_equal(read_32(r), length);
    return length == 2 ? read_16(r) : length == 4 ? read_32(r) : read_64(r);
}

static void null(struct reader *r)
{
    assert_int_equal(read_32(r), -1);
}

static void encode_header__as_documented(void **state)
{
    (void)state;
    struct tlc_buf b;
    tlc_buf_init(&b, 1000);
    assert_true(copy_encode_header(&b));
    assert_int_equal(b.n, 19);
    assert_memory_equal(b.p, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
    tlc_buf_release(&b);
}

static void encode_event__start__seven_fields(void **state)
{
    (void)state;
    struct tlc_event e = {
        .trip_id = 2202401000000001,
        .at_s = SECOND_2000 + 5,
        .zone_id = 265,
        .vendor_id = 32767,
        .status = TLC_START,
        .has = TLC_HAS_PASSENGERS,
        .passengers = 255,
    };
    struct tlc_buf b;
    tlc_buf_init(&b, 1000);
    assert_true(copy_encode_event(&b, &e));
    struct reader r = {b.p};
    assert_int_equal(read_16(&r), 7);
    assert_int_equal(field(&r, 8), 2202401000000001);
    assert_int_equal(field(&r, 8), 5000000);
    assert_int_equal(field(&r, 2), 265);
    assert_int_equal(field(&r, 2), 32767);
    assert_int_equal(field(&r, 2), 255);
    null(&r);
    null(&r);
    assert_ptr_equal(r.p, b.p + b.n);
    tlc_buf_release(&b);
}

static void encode_event__end_with_all__eleven_fields(void **state)
{
    (void)state;
    struct tlc_event e = {
        .trip_id = 1,
        .at_s = SECOND_2000 - 1,
        .zone_id = 1,
        .status = TLC_END,
        .has = TLC_HAS_OF_END,
        .distance_cmi = 150,
        .payment = 6,
        .fare_cents = -999999999,
        .tip_cents = 0,
        .total_cents = 999999999,
        .lon_e6 = -73985130,
        .lat_e6 = 40758896,
    };
    struct tlc_buf b;
    tlc_buf_init(&b, 1000);
    assert_true(copy_encode_event(&b, &e));
    struct reader r = {b.p};
    assert_int_equal(read_16(&r), 11);
    assert_int_equal(field(&r, 8), 1);
    assert_int_equal(field(&r, 8), -1000000);
    assert_int_equal(field(&r, 2), 1);
    assert_int_equal(field(&r, 2), 0);
    int32_t bits = (int32_t)field(&r, 4);
    float distance;
    memcpy(&distance, &bits, sizeof(distance));
    assert_true(distance == 1.5F);
    assert_int_equal(field(&r, 2), 6);
    assert_int_equal(field(&r, 4), -999999999);
    assert_int_equal(field(&r, 4), 0);
    assert_int_equal(field(&r, 4), 999999999);
    int64_t wide = field(&r, 8);
    double degrees;
    memcpy(&degrees, &wide, sizeof(degrees));
    assert_true(degrees == -73.98513);
    wide = field(&r, 8);
    memcpy(&degrees, &wide, sizeof(degrees));
    assert_true(degrees == 40.758896);
    assert_ptr_equal(r.p, b.p + b.n);
    assert_true(b.n <= COPY_ROW_MAX);
    tlc_buf_release(&b);
}

static void encode_staged__two_more_in_front(void **state)
{
    (void)state;
    struct tlc_event e = {.trip_id = 7, .at_s = SECOND_2000, .zone_id = 1, .status = TLC_END};
    struct tlc_buf b;
    tlc_buf_init(&b, 1000);
    assert_true(copy_encode_staged(&b, &e, 70000, 3));
    struct reader r = {b.p};
    assert_int_equal(read_16(&r), 13);
    assert_int_equal(field(&r, 4), 70000);
    assert_int_equal(field(&r, 2), 3);
    assert_int_equal(field(&r, 8), 7);
    tlc_buf_release(&b);
}

static void put__null_and_time(void **state)
{
    (void)state;
    struct tlc_buf b;
    tlc_buf_init(&b, 1000);
    copy_put_fields(&b, 3);
    copy_put_bytes(&b, (struct tlc_str){NULL, 0});
    copy_put_time_ms(&b, -1);
    copy_put_time_ms(&b, SECOND_2000 * 1000 + 1);
    struct reader r = {b.p};
    assert_int_equal(read_16(&r), 3);
    null(&r);
    null(&r);
    assert_int_equal(field(&r, 8), 1000);
    tlc_buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encode_header__as_documented),
        cmocka_unit_test(encode_event__start__seven_fields),
        cmocka_unit_test(encode_event__end_with_all__eleven_fields),
        cmocka_unit_test(encode_staged__two_more_in_front),
        cmocka_unit_test(put__null_and_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
