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
        /* Azure Open Data */
        {"vendorID,lpepPickupDatetime,lpepDropoffDatetime,passengerCount,tripDistance,"
         "puLocationId,doLocationId,pickupLongitude,pickupLatitude,dropoffLongitude,"
         "dropoffLatitude,rateCodeID,storeAndFwdFlag,paymentType,fareAmount,extra,mtaTax,"
         "improvementSurcharge,tipAmount,tollsAmount,ehailFee,totalAmount,tripType,puYear,puMonth",
         TLC_GREEN, TIMES | ZONES | POINTS | METER | MONEY},
        {"dispatchBaseNum,pickupDateTime,dropOffDateTime,puLocationId,doLocationId,srFlag,puYear,"
         "puMonth",
         TLC_FHV, TIMES | ZONES | B(COL_BASE)},
        /* BigQuery's public tables */
        {"vendor_id,pickup_datetime,dropoff_datetime,passenger_count,trip_distance,rate_code,"
         "store_and_fwd_flag,payment_type,fare_amount,extra,mta_tax,tip_amount,tolls_amount,"
         "imp_surcharge,airport_fee,total_amount,pickup_location_id,dropoff_location_id,"
         "data_file_year,data_file_month",
         0, TIMES | ZONES | METER | MONEY},
        /* NYC Open Data, and R's janitor */
        {"Trip_Pickup_DateTime,Trip Dropoff DateTime,trip.distance,start lon,StartLat,end_lon,"
         "EndLat",
         0, TIMES | POINTS | B(COL_DISTANCE)},
        {"vendor_id,tpep_pickup_datetime,tpep_dropoff_datetime,pu_location_id,do_location_id",
         TLC_YELLOW, TIMES | ZONES | B(COL_VENDOR)},
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
        const enum tlc_dataset d =
            cases[i].dataset ? (enum tlc_dataset)cases[i].dataset : TLC_YELLOW;
        struct column_traits traits;
        columns_traits(names, n, &traits);
        assert_int_equal(columns_dataset(&traits), cases[i].dataset);
        columns_find(names, n, (int)d, &c);
        assert_int_equal(c.has, cases[i].has);
        assert_int_equal(c.fields_n, n);
        assert_int_equal(c.twins_n, 0);
        assert_int_equal(columns_check(&c, d, names, n, &err), 0);
    }
}

/* What a column is taken for does not hang on where it stands. */
static void find__several_fit__by_rank(void **state)
{
    static const struct {
        const char *header;
        enum tlc_dataset dataset;
        enum column column;
        int field, twins;
    } cases[] = {
        {"LocationID,tpep_pickup_datetime,PULocationID", TLC_YELLOW, COL_PU_ZONE, 2, 0},
        {"PULocationID,tpep_pickup_datetime,LocationID", TLC_YELLOW, COL_PU_ZONE, 0, 0},
        {"LocationID,tpep_pickup_datetime", TLC_YELLOW, COL_PU_ZONE, -1, 0},
        {"dispatching_base_num,pickup_date,locationID", TLC_FHV, COL_PU_ZONE, 2, 0},
        {"locationID,PUlocationID", TLC_FHV, COL_PU_ZONE, 1, 0},
        {"pickup_date,tpep_pickup_datetime", TLC_YELLOW, COL_PICKUP, 1, 0},
        {"pickup_date,dropoff", TLC_YELLOW, COL_PICKUP, -1, 0},
        {"pickup_datetime,tpep_pickup_datetime", TLC_YELLOW, COL_PICKUP, 1, 0},
        {"tpep_pickup_datetime,lpep_pickup_datetime", TLC_GREEN, COL_PICKUP, 1, 0},
        {"tpep_pickup_datetime,lpep_pickup_datetime", TLC_YELLOW, COL_PICKUP, 0, 0},
        {"fare,base_passenger_fare,fare_amount,Fare_Amt", TLC_YELLOW, COL_FARE, 2, 0},
        {"tip,tips", TLC_YELLOW, COL_TIP, 1, 0},
        {"fare_amount,fare,Fare Amount", TLC_GREEN, COL_FARE, 0, 1},
        {"tips,Tip,tip", TLC_GREEN, COL_TIP, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct tlc_str names[COLUMNS_FIELDS_MAX];
        struct columns c;
        columns_find(names, split(cases[i].header, names), (int)cases[i].dataset, &c);
        if (c.field[cases[i].column] != cases[i].field || c.twins_n != cases[i].twins) {
            fail_msg("%s: field %d, %d twins", cases[i].header, c.field[cases[i].column],
                     c.twins_n);
        }
    }
}

static void find__empty_names_at_the_end__not_counted(void **state)
{
    struct tlc_str names[COLUMNS_FIELDS_MAX];
    struct columns c;
    (void)state;
    columns_find(names, split(",a,b,,", names), TLC_YELLOW, &c);
    assert_int_equal(c.fields_n, 3);
}

static void check__missing__says_what_is_there(void **state)
{
    struct tlc_str names[COLUMNS_FIELDS_MAX];
    struct columns c;
    struct tlc_err err = {0};
    (void)state;
    const int n = split("pickup_datetime,dropoff_datetime,PULocationID,\"we\x1b[31mird\"", names);
    columns_find(names, n, TLC_GREEN, &c);
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
        cmocka_unit_test(find__several_fit__by_rank),
        cmocka_unit_test(find__empty_names_at_the_end__not_counted),
        cmocka_unit_test(check__missing__says_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
