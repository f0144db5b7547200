#include "tests/support/unit.h"

#include "common/event/csv.h"
#include "preprocess/columns.h"

static int split(const char *header, struct tlc_str names[COLUMNS_FIELDS_MAX])
{
    return tlc_csv_split(tlc_str_from(header), ',', names, COLUMNS_FIELDS_MAX);
}

struct header_case {
    const char *header;
    int dataset; /* that the header tells; 0 when it does not */
    uint32_t has;
};

#define B(c) (1U << (c))
#define TIMES (B(COL_PICKUP) | B(COL_DROPOFF))
#define ZONES (B(COL_PU_ZONE) | B(COL_DO_ZONE))
#define POINTS (B(COL_PU_LON) | B(COL_PU_LAT) | B(COL_DO_LON) | B(COL_DO_LAT))
#define METER (B(COL_VENDOR) | B(COL_PASSENGERS) | B(COL_DISTANCE))
#define MONEY (B(COL_PAYMENT) | B(COL_FARE) | B(COL_TIP) | B(COL_TOTAL))

static void find__headers_of_every_generation__right_columns(void **state)
{
    static const struct header_case cases[] = {
        {"vendor_name,Trip_Pickup_DateTime,Trip_Dropoff_DateTime,Passenger_Count,Trip_Distance,"
         "Start_Lon,Start_Lat,Rate_Code,store_and_forward,End_Lon,End_Lat,Payment_Type,Fare_Amt,"
         "surcharge,mta_tax,Tip_Amt,Tolls_Amt,Total_Amt",
         0, TIMES | POINTS | METER | MONEY},
        {"vendor_id, pickup_datetime, dropoff_datetime, passenger_count, trip_distance, "
         "pickup_longitude, pickup_latitude, rate_code, store_and_fwd_flag, dropoff_longitude, "
         "dropoff_latitude, payment_type, fare_amount, surcharge, mta_tax, tip_amount, "
         "tolls_amount, total_amount",
         0, TIMES | POINTS | METER | MONEY},
        {"VendorID,tpep_pickup_datetime,tpep_dropoff_datetime,passenger_count,trip_distance,"
         "RatecodeID,store_and_fwd_flag,PULocationID,DOLocationID,payment_type,fare_amount,extra,"
         "mta_tax,tip_amount,tolls_amount,improvement_surcharge,total_amount",
         TLC_YELLOW, TIMES | ZONES | METER | MONEY},
        {"VendorID,lpep_pickup_datetime,Lpep_dropoff_datetime,Store_and_fwd_flag,RateCodeID,"
         "Pickup_longitude,Pickup_latitude,Dropoff_longitude,Dropoff_latitude,Passenger_count,"
         "Trip_distance,Fare_amount,Extra,MTA_tax,Tip_amount,Tolls_amount,Ehail_fee,Total_amount,"
         "Payment_type,Trip_type ",
         TLC_GREEN, TIMES | POINTS | METER | MONEY},
        {"Dispatching_base_num,Pickup_date,locationID", TLC_FHV,
         B(COL_PICKUP) | B(COL_PU_ZONE) | B(COL_BASE)},
        {"\"Pickup_DateTime\",\"DropOff_datetime\",\"PUlocationID\",\"DOlocationID\",\"SR_Flag\","
         "\"Dispatching_base_number\",\"Dispatching_base_num\"",
         TLC_FHV, TIMES | ZONES | B(COL_BASE) | B(COL_BASE_2)},
        {"hvfhs_license_num,dispatching_base_num,pickup_datetime,dropoff_datetime,PULocationID,"
         "DOLocationID,SR_Flag",
         TLC_FHVHV, TIMES | ZONES | B(COL_HVFHS) | B(COL_BASE)},
        {"id,vendor_id,pickup_datetime,dropoff_datetime,passenger_count,pickup_longitude,"
         "pickup_latitude,dropoff_longitude,dropoff_latitude,store_and_fwd_flag,trip_duration",
         TLC_OTHER, TIMES | POINTS | B(COL_VENDOR) | B(COL_PASSENGERS)},
    };
    (void)state;
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct tlc_str names[COLUMNS_FIELDS_MAX];
        struct columns c;
        struct tlc_err err = {0};
        const int n = split(cases[i].header, names);
        columns_find(names, n, &c);
        assert_int_equal(columns_dataset(&c), cases[i].dataset);
        assert_int_equal(c.has, cases[i].has);
        assert_int_equal(c.fields_n, n);
        const enum tlc_dataset d =
            cases[i].dataset ? (enum tlc_dataset)cases[i].dataset : TLC_YELLOW;
        assert_int_equal(columns_check(&c, d, names, n, &err), 0);
    }
}

static void find__same_column_twice__the_first(void **state)
{
    struct tlc_str names[COLUMNS_FIELDS_MAX];
    struct columns c;
    (void)state;
    columns_find(names, split("tip_amount,tips,Tip_Amt", names), &c);
    assert_int_equal(c.field[COL_TIP], 0);
}

static void find__empty_names_at_the_end__not_counted(void **state)
{
    struct tlc_str names[COLUMNS_FIELDS_MAX];
    struct columns c;
    (void)state;
    columns_find(names, split(",a,b,,", names), &c);
    assert_int_equal(c.fields_n, 3);
}

static void check__missing__says_what_is_there(void **state)
{
    struct tlc_str names[COLUMNS_FIELDS_MAX];
    struct columns c;
    struct tlc_err err = {0};
    (void)state;
    const int n = split("pickup_datetime,dropoff_datetime,PULocationID,\"we\x1b[31mird\"", names);
    columns_find(names, n, &c);
    assert_int_equal(columns_check(&c, TLC_GREEN, names, n, &err), TLC_FATAL);
    assert_int_equal(tlc_err_exit_code(&err), TLC_EXIT_DATA);
    assert_non_null(strstr(err.text, "zones or coordinates"));
    assert_non_null(strstr(err.text, "\"we?[31mird\"")); /* nothing that a terminal obeys */
    assert_int_equal(columns_check(&c, TLC_FHV, names, n, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(find__headers_of_every_generation__right_columns),
        cmocka_unit_test(find__same_column_twice__the_first),
        cmocka_unit_test(find__empty_names_at_the_end__not_counted),
        cmocka_unit_test(check__missing__says_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
