#include "tests/support/unit.h"

#include "common/event/tripid.h"
#include "preprocess/naming.h"

static void read__names_of_files__dataset_month_synthetic(void **state)
{
    static const struct {
        const char *name;
        int dataset;
        int32_t month;
        bool synthetic;
    } cases[] = {
        {"green_tripdata_2024-01.parquet", TLC_GREEN, 202401, false},
        {"yellow_tripdata_2013-08.csv.gz", TLC_YELLOW, 201308, false},
        {"fhv_tripdata_2015-01.csv", TLC_FHV, 201501, false},
        {"fhvhv_tripdata_2019-02.csv", TLC_FHVHV, 201902, false},
        {"synthetic_yellow_tripdata_2024-05.csv", TLC_YELLOW, 202405, true},
        {"yellow_2019-08_gx10k.csv", TLC_YELLOW, 201908, false},
        {"yellow_2010-2013_sample.csv.gz", TLC_YELLOW, 0, false},
        {"yellow_2019-13.csv", TLC_YELLOW, 0, false},
        {"yellow_2019-00.csv", TLC_YELLOW, 0, false},
        {"yellow_12019-01.csv", TLC_YELLOW, 0, false},
        {"live_2019-01.csv", 0, 201901, false},
        {"greenish_2019-01.csv", 0, 201901, false},
        {"train.csv", 0, 0, false},
        {"synthetic_", 0, 0, true},
        /* other people's */
        {"2025-05-01_export_yellow_tripdata_2024-01.csv", TLC_YELLOW, 202401, false},
        {"green_2024-01_of_2025-05-01.csv", TLC_GREEN, 202401, false},
        {"2025-05-01_green_2024-01.csv", 0, 202401, false},
        {"yellow_2024-01-05.csv", TLC_YELLOW, 202401, false},
        {"Yellow_Tripdata_2024-01.csv", TLC_YELLOW, 202401, false},
        {"data/green/part-0.parquet", 0, 0, false},
        {"year=2024/month=01/part-0.parquet", 0, 202401, false},
        {"a/year=2024/month=1/part-0.parquet", 0, 202401, false},
        {"puYear=2018/puMonth=12/part-0.parquet", 0, 201812, false},
        {"month=2024-03/part-0.parquet", 0, 202403, false},
        {"year=2024/part-0.parquet", 0, 0, false},
        {"year=2024/month=13/part-0.parquet", 0, 0, false},
        {"year=2023/month=12/yellow_tripdata_2024-01.csv", TLC_YELLOW, 202401, false},
        {"", 0, 0, false},
    };
    (void)state;
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct naming n;
        naming_read(cases[i].name, &n);
        if (n.dataset != cases[i].dataset || n.month != cases[i].month ||
            n.synthetic != cases[i].synthetic) {
            fail_msg("%s: dataset %d month %d", cases[i].name, n.dataset, n.month);
        }
    }
}

static void read__folders__a_second_opinion(void **state)
{
    struct naming n;
    (void)state;
    naming_read("data/green/year=2023/month=12/yellow_tripdata_2024-01.csv", &n);
    assert_int_equal(n.dataset, TLC_YELLOW);
    assert_int_equal(n.folder_dataset, TLC_GREEN);
    assert_int_equal(n.month, 202401);
    assert_int_equal(n.folder_month, 202312);
    naming_read("taxi=fhvhv/part-0.parquet", &n);
    assert_int_equal(n.dataset, 0);
    assert_int_equal(n.folder_dataset, TLC_FHVHV);
}

static void base__path__behind_the_last_slash(void **state)
{
    (void)state;
    assert_true(tlc_str_eq(naming_base("a/b.csv"), TLC_STR("b.csv")));
    assert_true(tlc_str_eq(naming_base("b.csv"), TLC_STR("b.csv")));
    assert_true(tlc_str_eq(naming_base("a/"), TLC_STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read__names_of_files__dataset_month_synthetic),
        cmocka_unit_test(read__folders__a_second_opinion),
        cmocka_unit_test(base__path__behind_the_last_slash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
