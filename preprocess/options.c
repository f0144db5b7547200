#include "preprocess/options.h"

#define TLC_OPT_STRUCT struct preprocess_options
static const struct tlc_opt rows[] = {PREPROCESS_OPTIONS(TLC_OPT_ROW)};

const struct tlc_program preprocess_program = {
    .name = "preprocess",
    .summary = "Turns TLC trip files into one stream of start and end events, sorted by time.",
    .arguments = "FILE...",
    .details =
        "FILE is CSV, CSV.gz, Parquet or - for CSV on standard input. Columns are found by name; "
        "dataset and\n"
        "month by the file's name.\n\n"
        "  preprocess green_tripdata_2024-01.parquet -o out\n"
        "  preprocess yellow_tripdata_2013-0*.csv.gz --zones taxi_zones.geojson -o out\n"
        "  zcat green.csv.gz | preprocess - --dataset green --month 2019-03 --output - | head\n",
    .opts = rows,
    .opts_n = TLC_COUNT(rows),
    .args_min = 0, /* --rules needs none; preprocess.c asks for files otherwise */
    .args_max = TLC_OPT_LIST_MAX,
};
